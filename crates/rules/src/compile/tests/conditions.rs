//! Conditions to nodes.

use super::{compile_text, rule};
use crate::{
    compile::grammar::{Parsed, Quantity},
    set::{Node, Rule},
};

/// The condition's nodes; items by their selection's name.
fn nodes(condition: &str) -> String {
    let text = rule(&format!("a:\n    F: 1\nb_1:\n    F: 2\nb_2:\n    F: 3\n_c:\n    F: 4\ncondition: {condition}"));
    let compiled = compile_text(&text);
    assert_eq!(compiled.accounts[0].rejection(), None, "{condition}");
    compiled.set.check().expect("a sound set");
    let rule = &compiled.set.rules[0];
    write_all(rule)
}

/// The rule's own condition; with filters, both that must hold.
pub(super) fn write_all(rule: &Rule) -> String {
    let own = write(rule, rule.root);
    if rule.filters.is_empty() {
        return own;
    }
    let filters: Vec<String> = rule.filters.iter().map(|filter| write(rule, filter.node)).collect();
    format!("{}({own} {})", 1 + filters.len(), filters.join(" "))
}

pub(super) fn write(rule: &Rule, node: u32) -> String {
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
        ("not a and b_1", "2(!a b_1)"),
        ("not (a or b_1)", "!1(a b_1)"),
        ("a or b_1 and b_2", "1(a 2(b_1 b_2))"),
        ("(a)", "a"),
        ("((a) and (b_1))", "2(a b_1)"),
        ("any of b_*", "1(b_1 b_2)"),
        ("1 of b_1", "b_1"),
        ("2 of them", "2(a b_1 b_2)"),
        ("2 of b_*", "2(b_1 b_2)"),
        ("1 of *_1", "b_1"),
        ("all of b*1", "b_1"),
        ("1 of *_*", "1(b_1 b_2)"),
        ("not 1 of b_* and a", "2(!1(b_1 b_2) a)"),
        ("a\tor  b_1", "1(a b_1)"),
        ("a and _c", "2(a _c)"),
    ];
    for (condition, expected) in table {
        assert_eq!(nodes(condition), expected, "{condition}");
    }
}

#[test]
fn exceptions_are_what_a_hit_rules_out() {
    let check = |condition: &str, expected: &[&str]| {
        let text = rule(&format!("a:\n    F: 1\nb_1:\n    F: 2\nb_2:\n    F: 3\ncondition: {condition}"));
        assert_eq!(compile_text(&text).metadata[0].exceptions, expected, "{condition}");
    };
    check("a", &[]);
    check("a and not b_1", &["b_1"]);
    check("a and not 1 of b_*", &["b_1", "b_2"]);
    check("a and not b_1 and not (b_2 or b_1)", &["b_1", "b_2"]);
    check("not (not a or b_1)", &["b_1"]);
    // One of them may hold.
    check("a and not all of b_*", &[]);
    check("a and not (b_1 and b_2)", &[]);
    check("a or not b_1", &[]);
    check("b_1 or (a and not b_2)", &[]);
}

#[test]
fn a_list_of_maps_is_any_of_them_and_all_means_every_value() {
    let compiled = compile_text(&rule("sel:\n    - F: 1\n      G: 2\n    - H|contains|all: [x, y]\ncondition: sel"));
    let rule = &compiled.set.rules[0];
    assert_eq!(write_all(rule), "1(2(sel sel) 2(sel sel))");
    let values: Vec<(u32, u32)> = rule.items.iter().map(|item| (item.predicates[0].1, item.values)).collect();
    assert_eq!(values, [(0, 1), (0, 1), (0, 2), (1, 2)]);
}

#[test]
fn names_that_look_like_operators_are_names() {
    let text =
        rule("and_filter:\n    F: 1\nnotepad:\n    F: 2\nof-1:\n    F: 3\ncondition: and_filter or notepad or of-1");
    let compiled = compile_text(&text);
    assert_eq!(compiled.accounts[0].rejection(), None);
    let rule = &compiled.set.rules[0];
    assert_eq!(write_all(rule), "1(and_filter notepad of-1)");
}

fn check_nodes(detection: &str, expected: &str) {
    let compiled = compile_text(&rule(detection));
    assert_eq!(compiled.accounts[0].rejection(), None, "{detection}");
    compiled.set.check().expect("a sound set");
    let rule = &compiled.set.rules[0];
    assert_eq!(write_all(rule), expected, "{detection}");
}

#[test]
fn lists_of_conditions_and_kinds_of_selections() {
    check_nodes("a:\n    F: 1\nb:\n    F: 2\ncondition: [a, not b]", "1(a !b)");
    check_nodes("a:\n    - one\n    - F: 1\n    - [two, three]\ncondition: a", "1(a a a)");
    check_nodes("a:\n    F: [1, 2]\n    G: 3\ncondition: a", "2(a a)");
    check_nodes("a:\n    F|neq: 1\n    G: 3\ncondition: a", "2(!a a)");
    check_nodes("a:\n    F|contains|neq: [x, y]\ncondition: not a", "!!a");
    check_nodes("a:\n    F|contains|all|neq: [x, y]\ncondition: a", "!2(a a)");
    check_nodes("a:\n    '|neq': x\ncondition: a", "!a");
    check_nodes("a:\n    F|windash|contains|all: [' -a', ' -b']\ncondition: a", "2(a a)");
    check_nodes("a: &same\n    F: 1\nb: *same\ncondition: a and b", "2(a b)");
    check_nodes("a: &base\n    F: 1\nb:\n    <<: *base\n    G: 2\ncondition: b", "2(b b)");
}

proptest::proptest! {
    /// Conditions as the parser of another engine reads them.
    #[test]
    fn the_grammar_agrees_with_another_parser(text in condition(3)) {
        let ours = crate::compile::grammar::parse(&text).map(|parsed| told(&parsed));
        let theirs = rsigma_parser::parse_condition(&text).map(|parsed| told_by_other(&parsed));
        proptest::prop_assert_eq!(ours.ok(), theirs.ok(), "{}", text);
    }
}

fn condition(depth: u32) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just("a".to_owned()),
        Just("b_1".to_owned()),
        Just("1 of b_*".to_owned()),
        Just("all of them".to_owned()),
        Just("any of a*".to_owned()),
        Just("3 of them".to_owned()),
        Just("and".to_owned()),
    ];
    leaf.prop_recursive(depth, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.join(" and ")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.join(" or ")),
            inner.clone().prop_map(|part| format!("not {part}")),
            inner.prop_map(|part| format!("({part})")),
        ]
    })
}

/// A condition with every operator's operands side by side, however they were nested.
fn told(parsed: &Parsed) -> String {
    let each = |parts: &[Parsed]| parts.iter().map(told).collect::<Vec<_>>();
    match parsed {
        Parsed::And(parts) => joined("and", each(parts)),
        Parsed::Or(parts) => joined("or", each(parts)),
        Parsed::Not(part) => format!("not[{}]", told(part)),
        Parsed::Name(name) => name.clone(),
        Parsed::Of(Quantity::All, pattern) => format!("all:{pattern}"),
        Parsed::Of(Quantity::AtLeast(count), pattern) => format!("{count}:{pattern}"),
    }
}

fn joined(operator: &str, parts: Vec<String>) -> String {
    let flat = parts.into_iter().map(|part| {
        let inner = part.strip_prefix(operator).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
        inner.map_or(part.clone(), str::to_owned)
    });
    format!("{operator}[{}]", flat.collect::<Vec<_>>().join(" "))
}

fn told_by_other(parsed: &rsigma_parser::ConditionExpr) -> String {
    use rsigma_parser::{ConditionExpr, Quantifier};
    let each = |parts: &[ConditionExpr]| parts.iter().map(told_by_other).collect::<Vec<_>>();
    match parsed {
        ConditionExpr::And(parts) => joined("and", each(parts)),
        ConditionExpr::Or(parts) => joined("or", each(parts)),
        ConditionExpr::Not(part) => format!("not[{}]", told_by_other(part)),
        ConditionExpr::Identifier(name) => name.clone(),
        ConditionExpr::Selector { quantifier, pattern } => match quantifier {
            Quantifier::All => format!("all:{pattern}"),
            Quantifier::Any => format!("1:{pattern}"),
            Quantifier::Count(count) => format!("{count}:{pattern}"),
        },
    }
}
