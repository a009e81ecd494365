//! Which rules a predicate announces.
//!
//! The compiler chose, for each rule, a small set of predicates of which one must hold if the rule does. A rule is looked
//! at only when one of them was found; a rule without any is looked at for every event of its logsource.

use glassbox_rules::RuleSet;

/// Triggers of all rules.
#[derive(Debug)]
pub(crate) struct Triggers {
    /// For each predicate where its rules begin in `rules`; one more at the end.
    starts: Vec<u32>,
    rules: Vec<u32>,
    untriggered: Vec<bool>,
}

impl Triggers {
    pub(crate) fn new(set: &RuleSet) -> Self {
        let mut starts = vec![0_u32; set.predicates.len() + 1];
        for &predicate in set.rules.iter().flat_map(|rule| &rule.triggers) {
            starts[predicate as usize + 1] += 1;
        }
        for position in 1..starts.len() {
            starts[position] += starts[position - 1];
        }
        let mut next = starts.clone();
        let mut rules = vec![0; starts.last().map_or(0, |&count| count as usize)];
        for (position, rule) in set.rules.iter().enumerate() {
            for &predicate in &rule.triggers {
                rules[next[predicate as usize] as usize] = position as u32;
                next[predicate as usize] += 1;
            }
        }
        let untriggered = set.rules.iter().map(|rule| rule.triggers.is_empty()).collect();
        Self { starts, rules, untriggered }
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
