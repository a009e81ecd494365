//! For each rule a small set of predicates of which one must hold if the rule does: its triggers.
//!
//! The matcher looks at a rule only when one of its triggers was found. A rule without any, such as one that is all
//! negation, is looked at for every event of its logsource. Chosen here, on the host, as it takes long and needs to be
//! done once.

use glassbox_predicate::{Operator, Placed};

use super::everyday;
use crate::set::{Node, Rule, RuleSet};

/// How often a set of predicates is expected to announce its rule, in arbitrary units: less is better.
type Cost = u64;

/// Chooses the triggers of all rules.
pub(super) fn choose(set: &mut RuleSet) {
    let costs: Vec<Option<Cost>> = (0..set.predicates.len()).map(|position| cost(set, position)).collect();
    for rule in &mut set.rules {
        let mut triggers = necessary(rule, &costs).map(|(_, predicates)| predicates).unwrap_or_default();
        triggers.sort_unstable();
        triggers.dedup();
        rule.triggers = triggers;
    }
}

/// The cheapest set of predicates of which one must hold if the rule's own condition does: filters are asked afterwards.
fn necessary(rule: &Rule, costs: &[Option<Cost>]) -> Option<(Cost, Vec<u32>)> {
    let mut found: Vec<Option<(Cost, Vec<u32>)>> = Vec::with_capacity(rule.nodes.len());
    for node in &rule.nodes {
        let set = match node {
            Node::Item(item) => any_of(
                rule.items[*item as usize]
                    .predicates
                    .iter()
                    .map(|&(predicate, _)| costs[predicate as usize].map(|cost| (cost, vec![predicate]))),
            ),
            Node::Not(_) => None,
            Node::AtLeast(count, children) => {
                let mut sets: Vec<_> = children.iter().map(|&child| found[child as usize].clone()).collect();
                // If so many must hold, this many may fail: one of any larger number of them holds.
                let spare = (children.len() + 1).saturating_sub(*count as usize);
                sets.sort_by_key(|set| set.as_ref().map_or(Cost::MAX, |(cost, _)| *cost));
                sets.truncate(spare);
                if *count == 0 { None } else { any_of(sets.into_iter()) }
            }
        };
        found.push(set);
    }
    found.swap_remove(rule.root as usize)
}

/// One of these holds: every one of them needs a set.
fn any_of(sets: impl Iterator<Item = Option<(Cost, Vec<u32>)>>) -> Option<(Cost, Vec<u32>)> {
    let mut together: (Cost, Vec<u32>) = (0, Vec::new());
    for set in sets {
        let (cost, predicates) = set?;
        together.0 = together.0.saturating_add(cost);
        together.1.extend(predicates);
    }
    (!together.1.is_empty()).then_some(together)
}

/// A guess at how often a predicate holds: of ordinary values, and the more often the less it says.
fn cost(set: &RuleSet, position: usize) -> Option<Cost> {
    let predicate = &set.predicates[position].predicate;
    let field = set.predicates[position].field;
    let of_few_values = match field.map_or("", |field| set.fields[field as usize].as_str()) {
        "Provider_Name" | "Channel" | "eventSource" | "type" => 4_096,
        "EventType" | "Initiated" | "LogonType" | "IntegrityLevel" | "Company" | "Product" => 256,
        _ => 1,
    };
    let literals = set.literals(position as u32);
    let says = literals.iter().map(|literal| literal.text.len()).min()?.min(8) as u32;
    let base = if predicate.operator == Operator::Equals { 1 } else { 1 + (256 >> says) };
    let everyday: Cost = everyday::TEXTS
        .iter()
        .filter(|(text, _)| literals.iter().any(|literal| literal.stands_in(text)))
        .map(|(_, weight)| weight)
        .sum();
    // An expression takes longer than a look, and what is short and may stand anywhere takes a look at every position.
    let looks = if predicate.operator == Operator::Regex { 4 } else { 1 };
    let positions = if literals.iter().any(|literal| literal.place == Placed::Anywhere) && says < 4 { 8 } else { 1 };
    Some(of_few_values * looks * positions * (base + everyday))
}
