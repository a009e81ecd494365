//! Conditions made ready to be decided: flat, and what decides soonest first.
//!
//! A program says what its rule's condition says; explanations walk the rule as it is written.

use std::cmp::Reverse;

use glassbox_rules::{Node, Rule, RuleSet};

use crate::Sought;

/// The conditions of all rules.
#[derive(Debug)]
pub(crate) struct Programs {
    nodes: Vec<Step>,
    /// Positions of nodes, or of predicates.
    parts: Vec<u32>,
    /// By rule.
    roots: Vec<u32>,
}

/// A node of a condition; its parts stand together.
#[derive(Clone, Copy, Debug)]
struct Step {
    what: What,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// Any of these predicates holds.
    Predicates,
    /// So many of these nodes hold.
    AtLeast(u32),
    /// The one node does not hold.
    Not,
}

impl Programs {
    pub(crate) fn new(set: &RuleSet, sought: &[Sought]) -> Self {
        let mut programs = Self { nodes: Vec::new(), parts: Vec::new(), roots: Vec::with_capacity(set.rules.len()) };
        for rule in &set.rules {
            let root = programs.rule(rule, sought);
            programs.roots.push(root);
        }
        programs
    }

    fn rule(&mut self, rule: &Rule, sought: &[Sought]) -> u32 {
        let first = self.nodes.len() as u32;
        // What deciding a node takes: tests without an index, then looks.
        let mut costs: Vec<(u32, u32)> = Vec::with_capacity(rule.nodes.len());
        for node in &rule.nodes {
            let start = self.parts.len() as u32;
            let (what, cost) = match node {
                Node::Item(item) => {
                    let mut predicates: Vec<u32> =
                        rule.items[*item as usize].predicates.iter().map(|&(predicate, _)| predicate).collect();
                    let is_known = |predicate: u32| sought[predicate as usize] == Sought::Always;
                    predicates.sort_by_key(|&predicate| Reverse(is_known(predicate)));
                    let tests = predicates.iter().filter(|&&predicate| !is_known(predicate)).count() as u32;
                    let looks = predicates.len() as u32;
                    self.parts.extend(predicates);
                    (What::Predicates, (tests, looks))
                }
                Node::Not(child) => {
                    self.parts.push(first + child);
                    (What::Not, costs[*child as usize])
                }
                Node::AtLeast(count, children) => {
                    let mut children = children.clone();
                    children.sort_by_key(|&child| costs[child as usize]);
                    let sum = children.iter().fold((0, 0), |sum: (u32, u32), &child| {
                        let cost = costs[child as usize];
                        (sum.0.saturating_add(cost.0), sum.1.saturating_add(cost.1))
                    });
                    self.parts.extend(children.into_iter().map(|child| first + child));
                    (What::AtLeast(*count), sum)
                }
            };
            self.nodes.push(Step { what, start, end: self.parts.len() as u32 });
            costs.push(cost);
        }
        self.nodes.len() as u32 - 1
    }

    /// Whether a rule's condition holds, given whether a predicate does. Its depth is bounded by the rule set's check.
    pub(crate) fn holds(&self, rule: u32, holds: &mut impl FnMut(u32) -> bool) -> bool {
        self.node_holds(self.roots[rule as usize], holds)
    }

    fn node_holds(&self, node: u32, holds: &mut impl FnMut(u32) -> bool) -> bool {
        let Step { what, start, end } = self.nodes[node as usize];
        let parts = &self.parts[start as usize..end as usize];
        match what {
            What::Predicates => parts.iter().any(|&predicate| holds(predicate)),
            What::Not => !self.node_holds(parts[0], holds),
            What::AtLeast(count) => {
                let mut wanted = count as usize;
                for (done, &part) in parts.iter().enumerate() {
                    if wanted == 0 || parts.len() - done < wanted {
                        break;
                    }
                    wanted -= usize::from(self.node_holds(part, holds));
                }
                wanted == 0
            }
        }
    }
}
