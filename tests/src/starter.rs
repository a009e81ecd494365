//! The starter's records and their labels.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, OnceLock},
};

use glassbox::starter;
use glassbox_report::{Position, SourceRecord};
use glassbox_sandbox::limits::Limits;
use glassbox_source::{Ledger, Records};

use crate::workspace;

/// The starter's records, framed as a run frames them.
#[must_use]
pub fn records() -> &'static [SourceRecord] {
    static RECORDS: OnceLock<Vec<SourceRecord>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let ledger = Arc::new(Ledger::default());
        let records = Records::new(starter::records(), Limits::default().record_bytes_max, Arc::clone(&ledger));
        let records = records.collect::<anyhow::Result<_>>().expect("the starter can be read");
        assert_eq!(ledger.problems(), [], "the starter is whole");
        records
    })
}

/// The names of the starter's files, as records count them.
#[must_use]
pub fn source_names() -> Vec<String> {
    starter::records().iter().map(|input| input.name().to_owned()).collect()
}

/// The records of the intrusion, by file and number: the stage of each.
///
/// # Panics
/// When the labels cannot be read.
#[must_use]
pub fn labels() -> BTreeMap<(String, u64), String> {
    let path = workspace().join("host-harness/glassbox/starter/labels.tsv");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let label = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let number = columns[1].parse().expect("positions are numbers");
        ((columns[0].to_owned(), number), columns[2].to_owned())
    };
    text.lines().skip(1).map(label).collect()
}

/// A line's or an element's number.
#[must_use]
pub fn number(position: Position) -> u64 {
    match position {
        Position::Line(number) | Position::Element(number) => number,
    }
}
