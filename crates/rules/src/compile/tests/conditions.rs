//! Conditions to nodes.

use super::{compile_text, rule};
use crate::set::{Node, Rule};

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

