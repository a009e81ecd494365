//! For each rule a small set of predicates of which one must hold if the rule does: the rule's triggers.
//!
//! A rule is looked at only when one of its triggers was found. A rule without any, such as one that is all negation or
//! rests on regular expressions alone, is looked at for every event of its logsource.

use glassbox_predicate::Operator;
use glassbox_rules::{Node, Rule, RuleSet};

/// Triggers of all rules.
#[derive(Debug)]
pub(crate) struct Triggers {
    /// For each predicate where its rules begin in `rules`; one more at the end.
    starts: Vec<u32>,
    rules: Vec<u32>,
    untriggered: Vec<bool>,
}

/// How often a set of predicates is expected to announce its rule, in arbitrary units: less is better.
type Cost = u64;

impl Triggers {
    /// Chooses triggers among the predicates that an index finds.
    pub(crate) fn new(set: &RuleSet, indexed: &[bool]) -> Self {
        let costs: Vec<Option<Cost>> =
            (0..set.predicates.len()).map(|position| indexed[position].then(|| cost(set, position))).collect();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let mut untriggered = vec![false; set.rules.len()];
        for (position, rule) in set.rules.iter().enumerate() {
            match necessary(rule, &costs) {
                Some((_, predicates)) => {
                    pairs.extend(predicates.into_iter().map(|predicate| (predicate, position as u32)));
                }
                None => untriggered[position] = true,
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0_u32; set.predicates.len() + 1];
        for &(predicate, _) in &pairs {
            starts[predicate as usize + 1] += 1;
        }
        for position in 1..starts.len() {
            starts[position] += starts[position - 1];
        }
        Self { starts, rules: pairs.into_iter().map(|(_, rule)| rule).collect(), untriggered }
    }

    /// The rules that a predicate announces.
    pub(crate) fn of(&self, predicate: u32) -> &[u32] {
        &self.rules[self.starts[predicate as usize] as usize..self.starts[predicate as usize + 1] as usize]
    }

    /// Whether a rule has no triggers.
    pub(crate) fn is_untriggered(&self, rule: u32) -> bool {
        self.untriggered[rule as usize]
    }
}

/// The cheapest set of predicates of which one must hold if the rule does.
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
    found.pop().flatten()
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

/// A guess at how often a predicate holds: short literals and fields of few values hold often.
fn cost(set: &RuleSet, position: usize) -> Cost {
    let predicate = &set.predicates[position];
    let length = predicate.predicate.operand.len().min(12) as u32;
    let operator = match predicate.predicate.operator {
        Operator::Equals | Operator::EndsWith => 1,
        _ => 2,
    };
    let field = predicate.field.map_or("", |field| set.fields[field as usize].as_str());
    let of_few_values = match field {
        "EventID" | "Provider_Name" | "Channel" | "eventSource" | "type" => 4_096,
        "EventType" | "Initiated" | "LogonType" | "IntegrityLevel" | "Company" | "Product" => 256,
        _ => 1,
    };
    operator * of_few_values * (1 + (4_096 >> length))
}
