//! The engine against the naive evaluation.

use arbitrary::{Arbitrary, Unstructured};
use glassbox_finding::Logsource;
use glassbox_rules::compile::RuleFile;

use crate::{engine, naive, sigma::Case};

/// Makes rules and events of the bytes, and compares what the engine finds with what the naive evaluation does.
///
/// # Panics
/// When they differ, or a rule is rejected.
pub fn matching(data: &[u8]) {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(data)) else { return };
    check(&case);
}

/// Compares what the engine finds with what the naive evaluation does.
///
/// # Panics
/// When they differ, or a rule is rejected.
pub fn check(case: &Case) {
    let texts: Vec<String> =
        case.rules.iter().enumerate().map(|(number, rule)| rule.to_yaml(&number.to_string())).collect();
    let files: Vec<RuleFile> =
        texts.iter().map(|text| RuleFile { path: "made.yml".to_owned(), text: text.clone() }).collect();
    let (mut engine, rejected) = engine::of_rules(&files);
    assert!(rejected.is_empty(), "{rejected:?}\n{}", texts.join("\n"));
    let hint = Logsource { category: Some(crate::sigma::CATEGORY.to_owned()), ..Logsource::default() };
    let records: Vec<String> = case.events.iter().map(ToString::to_string).collect();
    let bytes: Vec<&[u8]> = records.iter().map(String::as_bytes).collect();
    let found = engine.findings(&hint, &bytes);
    for ((event, record), finding) in case.events.iter().zip(&records).zip(&found) {
        let hits = engine::hits(finding.as_ref());
        for (number, rule) in case.rules.iter().enumerate() {
            let (expected, hit) = (naive::holds(rule, event), hits.contains(number.to_string().as_str()));
            assert!(expected == hit, "naive {expected}, engine {hit}\n{}\n{record}", texts[number]);
        }
    }
}
