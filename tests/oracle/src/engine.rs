//! The engine as tests ask it: rules as text, records as bytes, ids of rules that hit. Native, without the sandbox, and
//! with the checks of the host.

use std::{collections::BTreeSet, sync::Arc};

use glassbox_check::{Asked, Checker, Depth, RecordBytes, RecordContext, check_outcome, check_reading};
use glassbox_finding::{
    Batch, ConfigureError, Explanation, Finding, Logsource, Origin, Reading, Sequence, Settings, Suppressed,
};
use glassbox_pack::{Builder, Directory, MODEL, Pack, RULES};
use glassbox_plugin::Detector;
use glassbox_report::Joined;
use glassbox_rules::compile::{Compiled, RuleFile, compile};

/// The most records of a batch.
pub const BATCH_RECORDS_MAX: usize = 1_000;

/// The plugin as plain Rust with a pack, and what its answers are held to.
#[derive(Debug)]
pub struct Engine {
    /// The plugin.
    pub detector: Detector,
    directory: Arc<Directory>,
    maps: Vec<String>,
    checker: Checker,
}

/// A finding as it crosses the boundary, and as people get it.
#[derive(Clone, Debug)]
pub struct Found {
    /// With positions.
    pub finding: Finding,
    /// With names and texts.
    pub joined: glassbox_report::Finding,
    /// The position of the map that the record was read by.
    pub map: u32,
}

/// What was said of a batch: the reading, and for each record its finding.
#[derive(Debug)]
pub struct Judged {
    /// The reading.
    pub reading: Reading,
    /// One for each record.
    pub found: Vec<Option<Found>>,
}

/// The starter's model with its first term alone. What is scored is of no interest here, but a pack has a model, and
/// loading all of its terms takes a hundred times longer than loading a rule.
///
/// # Panics
/// When the starter's model has another form.
#[must_use]
pub fn small_model() -> Vec<u8> {
    let starter = include_bytes!("../../../host-harness/glassbox/starter/model.json");
    let mut model: serde_json::Value = serde_json::from_slice(starter).expect("a model in JSON");
    model["terms"].as_array_mut().expect("a list of terms").truncate(1);
    serde_json::to_vec(&model).expect("it can be written")
}

/// A pack of encoded rules and a model.
///
/// # Panics
/// Never: both sections are known.
#[must_use]
pub fn pack(rules: Vec<u8>, model: Vec<u8>) -> Vec<u8> {
    let mut builder = Builder::new();
    builder.section(RULES, rules).expect("a known section");
    builder.section(MODEL, model).expect("a known section");
    builder.build()
}

impl Engine {
    /// The plugin with a pack.
    ///
    /// # Errors
    /// When the plugin refuses the pack.
    ///
    /// # Panics
    /// When the plugin takes a pack that the host cannot open.
    pub fn new(pack: &[u8], settings: &Settings) -> Result<Self, ConfigureError> {
        let (detector, summary) = Detector::configure(pack, settings)?;
        let pack = Pack::parse(pack).expect("the plugin took it");
        let directory = Arc::new(Directory::open(&pack).expect("the plugin took it"));
        assert_eq!(summary, directory.summary(pack.digest()), "guest and host count the same");
        let maps = Detector::describe().maps;
        let checker = Checker::new(Arc::clone(&directory), &maps);
        Ok(Self { detector, directory, maps, checker })
    }

    /// What positions refer to.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The names of the plugin's maps.
    #[must_use]
    pub fn maps(&self) -> &[String] {
        &self.maps
    }

    /// The checks of the host.
    pub fn checker(&mut self) -> &mut Checker {
        &mut self.checker
    }

    /// Reads and judges a batch; `sequences` has one for each record. The answers are checked as a host does.
    ///
    /// # Panics
    /// When an answer does not hold.
    pub fn judge(&mut self, batch: &Batch, sequences: &[Sequence]) -> Judged {
        let reading = self.detector.read(batch).expect("a good batch");
        check_reading(batch, &reading, self.maps.len(), &self.directory).expect("the reading keeps the contract");
        let noted: Vec<Sequence> = reading.noted.iter().map(|&index| sequences[index as usize]).collect();
        let outcome = self.detector.judge(&reading.notes, &noted).expect("its own notes");
        check_outcome(Asked::Notes(&noted), &outcome, &self.directory).expect("every note is decided on");
        let mut found = vec![None; batch.len()];
        for finding in outcome.findings {
            let index = sequences.iter().position(|&sequence| sequence == finding.at).expect("it was given");
            let (record, frame) = (batch.record(index), batch.origin(index).map_or(&[][..], |origin| &origin.frame));
            let class = reading.class(index).expect("the record is scored");
            let context = RecordContext::alone(record, frame, class.map);
            // Negated parts are checked, too, but how much of that is left unchecked is not counted in a finding.
            let checked = self.checker.check_finding(context, &finding, Depth::Claims);
            let checked = checked
                .and_then(|checked| self.checker.check_finding(context, &finding, Depth::Negations).map(|_| checked));
            let checked = checked.unwrap_or_else(|violation| {
                panic!("{violation}\nrecord: {}\n{finding:#?}", String::from_utf8_lossy(record));
            });
            let joined = Joined {
                record,
                frame,
                class,
                time: reading.time(index),
                maps: &self.maps,
                directory: &self.directory,
            };
            let suppressed: Vec<Suppressed> =
                reading.suppressed.iter().filter(|it| it.index as usize == index).copied().collect();
            let suppressed = joined.suppressed(suppressed.iter());
            let joined = glassbox_report::Finding { suppressed, ..joined.finding(&finding, checked.unchecked) };
            found[index] = Some(Found { map: class.map, finding, joined });
        }
        Judged { reading, found }
    }

    /// What the engine finds in each record. Answers are checked as a host does.
    ///
    /// # Panics
    /// When an answer does not hold.
    pub fn findings(&mut self, hint: &Logsource, records: &[&[u8]]) -> Vec<Option<Found>> {
        let mut batch = Batch::of(Origin::hinted(hint));
        records.iter().for_each(|record| batch.push(record));
        let sequences: Vec<Sequence> = (1..=records.len() as Sequence).collect();
        self.judge(&batch, &sequences).found
    }

    /// Checks an explanation of a record without a frame.
    ///
    /// # Panics
    /// When it does not hold.
    pub fn check_explanation(&mut self, record: &[u8], explanation: &Explanation) {
        let own = RecordBytes { bytes: record, frame: &[], map: explanation.class.map };
        let context = RecordContext { own: Some(own), others: &|_| None };
        let checked = self.checker.check_explanation(context, explanation);
        if let Err(violation) = checked {
            panic!("{violation}\nrecord: {}\n{explanation:#?}", String::from_utf8_lossy(record));
        }
    }

    /// The ids of the rules that a finding names.
    #[must_use]
    pub fn ids(&self, finding: Option<&Finding>) -> BTreeSet<String> {
        let rules = finding.into_iter().flat_map(Finding::rules);
        rules.map(|rule| self.directory.rule(rule).expect("it was checked").id.clone()).collect()
    }
}

/// The engine with these rules, and the reason for each that was rejected.
///
/// # Panics
/// When the engine refuses a pack that the compiler made.
#[must_use]
pub fn of_rules(files: &[RuleFile]) -> (Engine, Vec<String>) {
    of_compiled(compile(files))
}

/// What was compiled, with every event being of every rule's logsource.
#[must_use]
pub fn everywhere(mut compiled: Compiled) -> Compiled {
    compiled.set.logsources.fill(Logsource::default());
    compiled
}

/// As `of_rules`, for rules that were compiled.
///
/// # Panics
/// When the engine refuses a pack that the compiler made.
#[must_use]
pub fn of_compiled(compiled: Compiled) -> (Engine, Vec<String>) {
    let reason = |account: &glassbox_rules::compile::RuleAccount| {
        account.rejection().map(|reason| format!("{}: {reason}", account.file))
    };
    let rejected = compiled.accounts.iter().filter_map(reason).collect();
    let bytes = pack(compiled.set.encode(), small_model());
    (Engine::new(&bytes, &Settings::default()).expect("what was compiled is loaded"), rejected)
}

/// The engine with a rule set as bytes, if it takes it.
#[must_use]
pub fn of_encoded(rules: &[u8]) -> Option<Engine> {
    Engine::new(&pack(rules.to_vec(), small_model()), &Settings::default()).ok()
}

/// The ids of the rules that a finding names.
#[must_use]
pub fn hits(found: Option<&Found>) -> BTreeSet<&str> {
    let Some(Found { joined, .. }) = found else { return BTreeSet::new() };
    joined.hits.iter().map(|hit| &hit.rule).chain(&joined.further_hits).map(String::as_str).collect()
}
