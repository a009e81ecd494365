//! The same crates without the sandbox: what a run through it must agree with.

use std::collections::BTreeSet;

use glassbox_finding::{Batch, Finding, Logsource, Settings};
use glassbox_plugin::Detector;

use crate::runs::settings;

/// The most bytes of a batch.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// The most bytes of a record; the host hands no longer one over.
const RECORD_BYTES_MAX: usize = 64 << 10;

/// What the native plugin says of records.
#[derive(Debug, Default)]
pub struct Native {
    /// Each record's finding, if it has one; `index` is 0, as the host sets it.
    pub findings: Vec<Option<Finding>>,
    /// Records that were not scored, longer ones included.
    pub unscored: usize,
    /// The state at the end.
    pub state: Vec<u8>,
}

/// A detector with this pack.
///
/// # Panics
/// When the pack is refused.
#[must_use]
pub fn detector(pack: &[u8]) -> Detector {
    detector_under(settings().seed, pack)
}

/// The same for a tenant with another seed.
///
/// # Panics
/// When the pack is refused.
#[must_use]
pub fn detector_under(seed: u128, pack: &[u8]) -> Detector {
    Detector::configure(pack, &Settings { seed, ..settings() }).expect("the pack is sound").0
}

/// Reads and judges records in batches of so many.
///
/// # Panics
/// When a batch is refused.
pub fn run<R: AsRef<[u8]>>(detector: &mut Detector, hint: &Logsource, records: &[R], batch_records: usize) -> Native {
    let mut native = Native { findings: vec![None; records.len()], ..Native::default() };
    let empty = || (Batch { hint: hint.clone(), ..Batch::default() }, Vec::new());
    let (mut batch, mut places) = empty();
    for (place, record) in records.iter().map(AsRef::as_ref).enumerate() {
        if record.len() > RECORD_BYTES_MAX {
            native.unscored += 1;
            continue;
        }
        if places.len() == batch_records || batch.bytes.len() + record.len() > BATCH_BYTES_MAX {
            native.batch(detector, &batch, &places);
            (batch, places) = empty();
        }
        batch.push(record);
        places.push(place);
    }
    native.batch(detector, &batch, &places);
    native.state = detector.save().expect("a configured detector has a state");
    native
}

impl Native {
    fn batch(&mut self, detector: &mut Detector, batch: &Batch, places: &[usize]) {
        let reading = detector.read(batch).expect("a good batch");
        reading.check(batch).expect("every record is accounted for");
        let outcome = detector.judge(&reading.body, None).expect("its own reading");
        outcome.check(&reading.noted).expect("every noted record is decided on");
        self.unscored += reading.unscored.len();
        for mut finding in outcome.findings {
            let place = places[finding.index as usize];
            finding.index = 0;
            self.findings[place] = Some(finding);
        }
    }
}

/// The rules that a finding names, in full or by id.
#[must_use]
pub fn rules(finding: Option<&Finding>) -> BTreeSet<&str> {
    let Some(finding) = finding else { return BTreeSet::new() };
    finding.hits.iter().map(|hit| &hit.rule).chain(&finding.further_hits).map(String::as_str).collect()
}
