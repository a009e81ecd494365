//! Tables: text to predicates, nodes and accounts.

mod collections;
mod conditions;
mod encodings;
mod explanations;
mod filters;
mod kinds;
mod pipelines;
mod rejections;
mod sets;
mod specimens;
mod values;

use super::*;

fn rule(detection: &str) -> String {
    let indented: String = detection.lines().map(|line| format!("    {line}\n")).collect();
    format!("title: T\nid: first\nlogsource:\n    product: windows\ndetection:\n{indented}")
}

fn compile_text(text: &str) -> Compiled {
    compile(&[RuleFile { path: "rule.yml".into(), text: text.into() }])
}

/// The predicates of a rule as `field operator operand`, cased ones with a `!`.
fn predicates(detection: &str) -> Vec<String> {
    let compiled = compile_text(&rule(detection));
    assert_eq!(compiled.accounts[0].rejection(), None, "{detection}");
    compiled.set.check().expect("a sound set");
    let set = &compiled.set;
    set.predicates
        .iter()
        .map(|predicate| {
            let field = predicate.field.map_or("*", |field| set.fields[field as usize].as_str());
            let cased = if predicate.predicate.cased { "!" } else { "" };
            format!("{field} {:?}{cased} {}", predicate.predicate.operator, predicate.predicate.operand)
        })
        .collect()
}

fn check(line: &str, expected: &[&str]) {
    assert_eq!(predicates(&format!("sel:\n    {line}\ncondition: sel")), expected, "{line}");
}
