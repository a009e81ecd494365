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
    /// By rule, where its nodes begin.
    starts: Vec<u32>,
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
        let mut programs = Self { nodes: Vec::new(), parts: Vec::new(), starts: Vec::with_capacity(set.rules.len()) };
        for rule in &set.rules {
            programs.starts.push(programs.nodes.len() as u32);
            programs.rule(rule, sought);
        }
        programs
    }

    fn rule(&mut self, rule: &Rule, sought: &[Sought]) {
        let first = self.nodes.len() as u32;
        // What deciding a node takes: tests on demand, then looks.
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
    }

    /// Whether a node of a rule's conditions holds, given whether a predicate does. Its depth is bounded by the rule
    /// set's check.
    pub(crate) fn holds(&self, rule: u32, node: u32, holds: &mut impl FnMut(u32) -> bool) -> bool {
        self.node_holds(self.starts[rule as usize] + node, holds)
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

#[cfg(test)]
mod tests {
    use glassbox_rules::Item;

    use super::*;

    /// A rule with an item for each list of predicates, and these nodes after those of the items.
    fn rule(items: &[&[u32]], nodes: &[Node]) -> Rule {
        let item = |predicates: &&[u32]| Item {
            selection: 0,
            all: false,
            values: 1,
            predicates: predicates.iter().map(|&predicate| (predicate, 0)).collect(),
        };
        Rule {
            id: String::new(),
            logsource: 0,
            level: None,
            status: None,
            tactics: 0,
            techniques: Vec::new(),
            selections: vec![String::new()],
            items: items.iter().map(item).collect(),
            nodes: (0..items.len() as u32).map(Node::Item).chain(nodes.iter().cloned()).collect(),
            root: (items.len() + nodes.len()) as u32 - 1,
            filters: Vec::new(),
            triggers: Vec::new(),
        }
    }

    /// Whether a rule, the second of two, holds with these predicates, and what was asked to tell it.
    fn check(items: &[&[u32]], nodes: &[Node], held: &[u32], expected: bool, expected_asked: &[u32]) {
        let first = rule(&[&[9], &[8]], &[Node::Not(0), Node::AtLeast(2, vec![1, 2])]);
        let set = RuleSet { rules: vec![first, rule(items, nodes)], ..RuleSet::default() };
        // Only predicates from 5 on are looked for in every value.
        let other = |predicate| if predicate % 2 == 0 { Sought::OnDemand } else { Sought::Untold };
        let sought: Vec<Sought> =
            (0..10).map(|predicate| if predicate >= 5 { Sought::Always } else { other(predicate) }).collect();
        let mut asked = Vec::new();
        let holds = Programs::new(&set, &sought).holds(1, set.rules[1].root, &mut |predicate| {
            asked.push(predicate);
            held.contains(&predicate)
        });
        assert_eq!((holds, &*asked), (expected, expected_asked), "{:?} with {held:?}", set.rules[1]);
    }

    #[test]
    fn what_decides_soonest_is_asked_first_and_nothing_in_vain() {
        check(&[&[1, 5, 2, 6]], &[], &[2], true, &[5, 6, 1, 2]);
        check(&[&[1, 5, 2, 6]], &[], &[6], true, &[5, 6]);
        check(&[&[5]], &[Node::Not(0)], &[5], false, &[5]);
        check(&[&[5]], &[Node::Not(0)], &[6], true, &[5]);
        let all = [Node::AtLeast(3, vec![0, 1, 2])];
        check(&[&[1], &[5, 6], &[7]], &all, &[1, 6, 7], true, &[7, 5, 6, 1]);
        check(&[&[1], &[5, 6], &[7]], &all, &[1, 5, 6], false, &[7]);
        let two = [Node::AtLeast(2, vec![0, 1, 2, 3])];
        let four: [&[u32]; 4] = [&[5], &[6], &[7], &[8]];
        check(&four, &two, &[5, 6, 7, 8], true, &[5, 6]);
        check(&four, &two, &[7, 8], true, &[5, 6, 7, 8]);
        check(&four, &two, &[7], false, &[5, 6, 7, 8]);
        check(&four, &two, &[], false, &[5, 6, 7]);
        // The part that takes no test comes first, however much it must look at.
        let nested = [Node::AtLeast(1, vec![1, 2]), Node::Not(0), Node::AtLeast(2, vec![3, 4])];
        check(&[&[1], &[5], &[6]], &nested, &[6], true, &[5, 6, 1]);
        check(&[&[1], &[5], &[6]], &nested, &[1, 6], false, &[5, 6, 1]);
        check(&[&[1], &[5], &[6]], &nested, &[], false, &[5, 6]);
    }
}
