//! Tables: detection to predicates, condition to nodes, and everything that is rejected with its reason.

use super::*;
use crate::set::{Node, limits};

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

fn check_rejected(detection: &str, reason: &str) {
    let compiled = compile_text(&rule(detection));
    let rejection = compiled.accounts[0].rejection();
    assert!(rejection.is_some_and(|seen| seen.contains(reason)), "{detection}: {rejection:?}");
    assert!(compiled.set.rules.is_empty() && compiled.metadata.is_empty());
}

#[test]
fn plain_values_become_the_simplest_predicate() {
    check("F: a", &["F Equals a"]);
    check("F: '*a'", &["F EndsWith a"]);
    check("F: 'a*'", &["F StartsWith a"]);
    check("F: '*a*'", &["F Contains a"]);
    check("F: '*'", &["F Contains "]);
    check("F: 'a*b'", &["F Like a*b"]);
    check("F: 'a?b*'", &["F Like a?b*"]);
    check("F: 4688", &["F Equals 4688"]);
    check("F: 1.0", &["F Equals 1.0"]);
    check("F: 0.25", &["F Equals 0.25"]);
    check("F: true", &["F Equals true"]);
    check("F: null", &["F Null "]);
    check("F: ''", &["F Equals "]);
    check("F: [a, 2]", &["F Equals a", "F Equals 2"]);
}

#[test]
fn escapes_and_backslashes() {
    check(r"F: 'C:\Windows\*'", &[r"F Equals C:\Windows*"]);
    check(r"F: 'C:\Windows\\*'", &[r"F StartsWith C:\Windows\"]);
    check(r"F: '\\\\*\share\\*'", &[r"F Like \\\\*\\share\\*"]);
    check(r"F: 'a\?b'", &["F Equals a?b"]);
    check(r"F|contains: 'a\?b?c'", &[r"F Like *a\?b?c*"]);
    check(r"F|endswith: '\cmd.exe'", &[r"F EndsWith \cmd.exe"]);
}

#[test]
fn modifiers() {
    check("F|contains: a", &["F Contains a"]);
    check("F|contains|cased: Ab", &["F Contains! Ab"]);
    check("F|startswith: 'a?'", &["F Like a?*"]);
    check("F|re: 'a+'", &["F Regex! a+"]);
    check("F|re|i|m: 'a+'", &["F Regex! (?im)a+"]);
    check("F|cidr: 10.0.0.0/8", &["F Cidr 10.0.0.0/8"]);
    check("F|gte: 10", &["F GreaterOrEqual 10"]);
    check("F|exists: true", &["F Exists "]);
    check("F|exists: false", &["F Absent "]);
    check("F|fieldref: G", &["F SameAs G"]);
    check("F|neq: a", &["F NotEquals a"]);
    check("'F[x].y': a", &["F[x].y Equals a"]);
    check("F|base64|contains: foobar", &["F Contains! Zm9vYmFy"]);
    check("F|wide|base64|contains: ab", &["F Contains! YQBiAA=="]);
    check("F|base64offset|contains: foobar", &["F Contains! Zm9vYmFy", "F Contains! Zvb2Jhc", "F Contains! mb29iYX"]);
}

#[test]
fn windash_stands_for_every_dash_that_begins_a_word() {
    let made = predicates("sel:\n    F|windash|contains: ' -a b-c'\ncondition: sel");
    assert_eq!(made.len(), 5);
    assert!(made.contains(&"F Contains  /a b-c".to_owned()), "{made:?}");
    assert_eq!(predicates("sel:\n    F|windash|contains: '-a -b'\ncondition: sel").len(), 25);
}

#[test]
fn keywords_are_found_anywhere() {
    assert_eq!(predicates("k:\n    - one\n    - 'two*three'\ncondition: k"), ["* Contains one", "* Like *two*three*"]);
    assert_eq!(predicates("k:\n    '|all':\n        - one\n        - two\ncondition: k").len(), 2);
}

/// The condition's nodes; items by their selection's name.
fn nodes(condition: &str) -> String {
    let text = rule(&format!("a:\n    F: 1\nb_1:\n    F: 2\nb_2:\n    F: 3\n_c:\n    F: 4\ncondition: {condition}"));
    let compiled = compile_text(&text);
    assert_eq!(compiled.accounts[0].rejection(), None, "{condition}");
    compiled.set.check().expect("a sound set");
    let rule = &compiled.set.rules[0];
    write(rule, rule.nodes.len() as u32 - 1)
}

fn write(rule: &Rule, node: u32) -> String {
    match &rule.nodes[node as usize] {
        Node::Item(item) => rule.selections[rule.items[*item as usize].selection as usize].clone(),
        Node::Not(child) => format!("!{}", write(rule, *child)),
        Node::AtLeast(count, children) => {
            let children: Vec<String> = children.iter().map(|&child| write(rule, child)).collect();
            format!("{count}({})", children.join(" "))
        }
    }
}

#[test]
fn conditions() {
    let table = [
        ("a", "a"),
        ("not a", "!a"),
        ("a and b_1 or b_2", "1(2(a b_1) b_2)"),
        ("a and (b_1 or b_2)", "2(a 1(b_1 b_2))"),
        ("a and not 1 of b_*", "2(a !1(b_1 b_2))"),
        ("all of b_*", "2(b_1 b_2)"),
        ("1 of them", "1(a b_1 b_2)"),
        ("all of them", "3(a b_1 b_2)"),
        ("any of _*", "_c"),
        ("not not a", "!!a"),
        ("a or a", "1(a a)"),
    ];
    for (condition, expected) in table {
        assert_eq!(nodes(condition), expected, "{condition}");
    }
}

#[test]
fn a_list_of_maps_is_any_of_them_and_all_means_every_value() {
    let compiled = compile_text(&rule("sel:\n    - F: 1\n      G: 2\n    - H|contains|all: [x, y]\ncondition: sel"));
    let rule = &compiled.set.rules[0];
    assert_eq!(write(rule, rule.nodes.len() as u32 - 1), "1(2(sel sel) 2(sel sel))");
    let values: Vec<(u32, u32)> = rule.items.iter().map(|item| (item.predicates[0].1, item.values)).collect();
    assert_eq!(values, [(0, 1), (0, 1), (0, 2), (1, 2)]);
}

#[test]
fn what_cannot_be_kept_exactly_is_rejected_with_its_reason() {
    check_rejected("sel:\n    F|re: '(?=a)'\ncondition: sel", "look-around");
    check_rejected("sel:\n    F|re: '(a'\ncondition: sel", "regular expression");
    check_rejected("sel:\n    F|cidr: 10.0.0.0/40\ncondition: sel", "not a network");
    check_rejected("sel:\n    F|gt: many\ncondition: sel", "not a number");
    check_rejected("sel:\n    F|expand: '%x%'\ncondition: sel", "placeholders");
    check_rejected("sel:\n    F|hour: 3\ncondition: sel", "parts of a time");
    check_rejected("sel:\n    F|contains: null\ncondition: sel", "null");
    check_rejected("sel:\n    F|contains|startswith: a\ncondition: sel", "exclude each other");
    check_rejected("sel:\n    F|nonsense: a\ncondition: sel", "nonsense");
    check_rejected("sel:\n    F: a\ncondition: sel and other", "other");
    check_rejected("sel:\n    F: a\ncondition: 1 of other_*", "other_*");
    check_rejected("sel:\n    F: a\ncondition: sel | count() > 3", "ondition");
    check_rejected("sel:\n    F: []\ncondition: sel", "no value");
    check_rejected("sel:\n    F: a\ntimeframe: 5m\ncondition: sel", "timeframe");
    check_rejected("sel:\n    F|windash|contains: '-a -b -c -d -e'\ncondition: sel", "1024");
    check_rejected("sel:\n    F: a\ncondition: 0 of sel*", "asks for 0 of 1");
    check_rejected("sel:\n    F: a\ncondition: 2 of sel*", "asks for 2 of 1");
    check_rejected("sel:\n    F: 18446744073709551615\ncondition: sel", "too large");
    check_rejected("sel:\n    F|windash|re: ' -a'\ncondition: sel", "windash");
    check_rejected("sel:\n    F|base64|fieldref: G\ncondition: sel", "encodings");
    check_rejected("sel:\n    F|base64offset|contains: a\ncondition: sel", "too short");
    check_rejected("sel:\n    '|neq': a\ncondition: sel", "speak of a field");
    check_rejected("sel:\n    '|exists': true\ncondition: sel", "speak of a field");
}

#[test]
fn a_rule_beyond_the_limits_costs_no_other_rule() {
    let values: Vec<String> = (0..=limits::CONDITION_NODES_MAX).map(|value| format!("v{value}")).collect();
    let large = format!("sel:\n    F|contains|all: [{}]\ncondition: sel", values.join(", "));
    check_rejected(&large, "larger than the limit");
    let small = rule("sel:\n    F: a\ncondition: sel").replace("first", "second");
    let files = [rule(&large), small].map(|text| RuleFile { path: "rule.yml".into(), text });
    let compiled = compile(&files);
    assert_eq!(compiled.set.rules.len(), 1);
    compiled.set.check().expect("a sound set");
}

#[test]
fn a_condition_that_unfolds_without_end_is_not_sound() {
    let mut set = compile_text(&rule("sel:\n    F: a\ncondition: sel")).set;
    for node in 0..60 {
        set.rules[0].nodes.push(Node::AtLeast(1, vec![node, node]));
    }
    assert!(matches!(set.check(), Err(crate::RuleSetError::UnsoundRule { reason, .. }) if reason.contains("steps")));
}

#[test]
fn an_empty_id_is_none() {
    let compiled = compile_text(&rule("sel:\n    F: a\ncondition: sel").replace("id: first", "id: ' '"));
    assert_eq!(compiled.set.rules[0].id, "rule.yml#1");
}

#[test]
fn every_rule_given_is_accounted_for() {
    let one = rule("sel:\n    F: a\ncondition: sel");
    let files = [
        RuleFile { path: "one.yml".into(), text: one.clone() },
        RuleFile { path: "again.yml".into(), text: one },
        RuleFile { path: "broken.yml".into(), text: "title: [".into() },
        RuleFile { path: "empty.yml".into(), text: String::new() },
        RuleFile {
            path: "two.yml".into(),
            text: "title: A\nlogsource: {product: x}\ndetection: {s: {F: 1}, condition: s}\n---\n\
                   title: B\nlogsource: {product: x}\ndetection: {s: {F: 1}, condition: s}\nlevel: grave\n"
                .into(),
        },
    ];
    let compiled = compile(&files);
    let accounts: Vec<(&str, bool)> =
        compiled.accounts.iter().map(|account| (account.file.as_str(), account.rejection().is_none())).collect();
    assert_eq!(
        accounts,
        [
            ("one.yml", true),
            ("again.yml", false),
            ("broken.yml", false),
            ("empty.yml", false),
            ("two.yml", true),
            ("two.yml", true),
        ]
    );
    assert_eq!(compiled.accounts[1].rejection(), Some("the id is already used by one.yml"));
    assert_eq!(compiled.accounts[4].id.as_deref(), Some("two.yml#1"));
    assert_eq!(compiled.accounts[4].warnings.len(), 1, "{:?}", compiled.accounts[4].warnings);
    assert_eq!(compiled.set.rules.len(), compiled.metadata.len());
    // What rules share is held once.
    assert_eq!(compiled.set.predicates.len(), 2);
    assert_eq!(compiled.set.logsources.len(), 2);
}

#[test]
fn a_set_survives_its_encoding_and_damage_is_noticed() {
    let compiled =
        compile_text(&rule("sel:\n    F|contains: [a, b]\nfilter:\n    G: null\ncondition: sel and not filter"));
    let bytes = compiled.set.encode();
    assert_eq!(RuleSet::decode(&bytes).expect("a set"), compiled.set);
    for end in 0..bytes.len() {
        assert!(RuleSet::decode(&bytes[..end]).is_err(), "cut at {end}");
    }
    for position in 0..bytes.len() {
        // A flipped byte may give another sound set; it must never give an unsound one.
        let mut flipped = bytes.clone();
        flipped[position] ^= 0xFF;
        if let Ok(set) = RuleSet::decode(&flipped) {
            set.check().expect("decoded sets are sound");
        }
    }
    let mut cyclic = compiled.set.clone();
    let last = cyclic.rules[0].nodes.len() as u32 - 1;
    cyclic.rules[0].nodes[0] = Node::Not(last);
    assert!(matches!(cyclic.check(), Err(crate::RuleSetError::UnsoundRule { .. })));
}

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
