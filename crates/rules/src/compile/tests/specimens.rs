//! Records made from rules.

use super::{compile_text, rule};
use crate::compile::specimen;

fn check_specimen(detection: &str, expected: Option<&[(&str, &str)]>) {
    let compiled = compile_text(&rule(detection));
    let made = specimen(&compiled.set, &compiled.set.rules[0]);
    let expected =
        expected.map(|fields| fields.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect());
    assert_eq!(made, expected, "{detection}");
}

#[test]
fn specimens_satisfy_what_literals_ask_for() {
    check_specimen(
        "sel:\n    F|endswith: ['\\x.exe', y]\n    G|contains|all: [a, b]\nfilter:\n    H: c\ncondition: sel and not filter",
        Some(&[("F", "\\x.exe"), ("G", "a b ")]),
    );
    check_specimen("a:\n    F|re: x\nb:\n    G: 1\ncondition: a or b", Some(&[("G", "1")]));
    check_specimen("a:\n    F|startswith: x\n    F|endswith: z\ncondition: a", Some(&[("F", "xz")]));
    check_specimen("a:\n    F|re: x\ncondition: a", None);
    check_specimen("a:\n    F: x\nb:\n    F: y\ncondition: a and b", None);
    check_specimen("a:\n    - keyword\ncondition: a", None);
    check_specimen("a:\n    F: x\ncondition: not a", None);
}
