//! A file of rules: compiled, encoded, loaded, matched.

use glassbox_finding::Logsource;
use glassbox_rules::{
    RuleSet,
    compile::{RuleFile, compile, specimen},
};

use crate::engine;

/// The most bytes of a file; what is larger shows nothing that less would not.
const FILE_BYTES_MAX: usize = 16 << 10;

/// Compiles the bytes as a file of rules.
///
/// # Panics
/// When a rule is not accounted for, or what was loaded is not sound.
pub fn rules(data: &[u8]) {
    let text = String::from_utf8_lossy(&data[..data.len().min(FILE_BYTES_MAX)]).into_owned();
    let compiled = compile(&[RuleFile { path: "file.yml".to_owned(), text }]);
    let loaded = compiled
        .accounts
        .iter()
        .filter(|account| account.outcome == glassbox_rules::compile::RuleOutcome::Loaded)
        .count();
    assert_eq!(loaded, compiled.set.rules.len());
    assert_eq!(loaded, compiled.metadata.len());
    for account in &compiled.accounts {
        assert!(account.rejection().is_none_or(|reason| !reason.trim().is_empty()));
    }
    compiled.set.check().expect("what is loaded is sound");
    let bytes = compiled.set.encode();
    assert_eq!(RuleSet::decode(&bytes).expect("it survives its encoding"), compiled.set);
    let mut engine = engine::of_encoded(&bytes).expect("what is sound is loaded");
    for rule in &compiled.set.rules {
        let Some(specimen) = specimen(&compiled.set, rule) else { continue };
        let record = serde_json::to_vec(&specimen).expect("it can be written");
        let logsource: &Logsource = &compiled.set.logsources[rule.logsource as usize];
        engine.findings(logsource, &[&record]);
    }
}
