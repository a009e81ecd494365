//! The engine as tests ask it: rules as text, records as bytes, ids of rules that hit. Native, without the sandbox.

use std::collections::BTreeSet;

use glassbox_finding::{Batch, Checker, Finding, Logsource, Settings};
use glassbox_pack::{Builder, MODEL, RULES};
use glassbox_plugin::Detector;
use glassbox_rules::compile::{Compiled, RuleFile, compile};

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

/// The engine with these rules, and the reason for each that was rejected.
///
/// # Panics
/// When the engine refuses a pack that the compiler made.
#[must_use]
pub fn of_rules(files: &[RuleFile]) -> (Detector, Vec<String>) {
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
pub fn of_compiled(compiled: Compiled) -> (Detector, Vec<String>) {
    let reason = |account: &glassbox_rules::compile::RuleAccount| {
        account.rejection().map(|reason| format!("{}: {reason}", account.file))
    };
    let rejected = compiled.accounts.iter().filter_map(reason).collect();
    let bytes = pack(compiled.set.encode(), small_model());
    let (detector, _) = Detector::configure(&bytes, &Settings::default()).expect("what was compiled is loaded");
    (detector, rejected)
}

/// The engine with a rule set as bytes, if it takes it.
#[must_use]
pub fn of_encoded(rules: &[u8]) -> Option<Detector> {
    let bytes = pack(rules.to_vec(), small_model());
    Detector::configure(&bytes, &Settings::default()).ok().map(|(detector, _)| detector)
}

/// What the engine finds in each record. Accounts and findings are checked as a host does.
///
/// # Panics
/// When an account or a finding does not hold.
pub fn findings(detector: &mut Detector, hint: &Logsource, records: &[&[u8]]) -> Vec<Option<Finding>> {
    let mut batch = Batch { hint: hint.clone(), ..Batch::default() };
    records.iter().for_each(|record| batch.push(record));
    let reading = detector.read(&batch).expect("a good batch");
    reading.check(&batch).expect("every record is accounted for");
    let outcome = detector.judge(&reading.body, None).expect("its own reading");
    outcome.check(&reading.noted).expect("every noted record is decided on");
    let mut found = vec![None; records.len()];
    let mut checker = Checker::default();
    for finding in outcome.findings {
        let record = records[finding.index as usize];
        checker.check(record, &finding).unwrap_or_else(|violation| {
            panic!("{violation}\nrecord: {}\n{finding:#?}", String::from_utf8_lossy(record));
        });
        let place = finding.index as usize;
        found[place] = Some(finding);
    }
    found
}

/// The rules that a finding names, in full or by id.
#[must_use]
pub fn hits(finding: Option<&Finding>) -> BTreeSet<String> {
    let Some(finding) = finding else { return BTreeSet::new() };
    finding.hits.iter().map(|hit| &hit.rule).chain(&finding.further_hits).cloned().collect()
}
