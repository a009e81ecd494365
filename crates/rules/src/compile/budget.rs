//! What the regular expressions of all rules may cost together.

use std::collections::{BTreeSet, HashMap};

use glassbox_finding::Logsource;
use glassbox_predicate::{ExpressionCost, regex_cost};

use super::{Rejection, condition::Lowered, logsources};

/// Bytes that the automata of all regular expressions of a rule set may take together: a plugin has 64 MiB, and its
/// matcher, its records and its state need most of them.
pub const REGEXES_BYTES_MAX: usize = 16 << 20;
/// Steps that one character of a record may take in the regular expressions of all rules that are for its logsource. A step
/// takes about three nanoseconds, so a record of 64 KiB that is made to cost as much as it can takes at most about one
/// second, which is what a batch may take by default.
pub const LOGSOURCE_STEPS_MAX: usize = 5_000;

/// What was spent so far.
#[derive(Default)]
pub(super) struct Budget {
    /// The position of each distinct regular expression in `costs`.
    known: HashMap<String, usize>,
    costs: Vec<ExpressionCost>,
    bytes: usize,
    /// Expressions of the rules of each logsource.
    logsources: HashMap<Logsource, BTreeSet<usize>>,
}

impl Budget {
    /// Takes what a rule's regular expressions cost, each and together with those of the rules before.
    pub(super) fn take(&mut self, condition: &Lowered, logsource: &Logsource) -> Result<(), Rejection> {
        if condition.items.iter().all(|item| item.expressions().next().is_none()) {
            return Ok(());
        }
        let mut met = self.met(logsource);
        let (mut bytes, mut steps) =
            (self.bytes, met.iter().map(|&position| self.costs[position].steps).sum::<usize>());
        let mut own = BTreeSet::new();
        let mut added: Vec<(&str, ExpressionCost)> = Vec::new();
        for item in &condition.items {
            for expression in item.expressions() {
                let is_this = |(_, (known, _)): &(usize, &(&str, _))| *known == expression;
                let new = added.iter().enumerate().find(is_this).map(|(at, _)| self.costs.len() + at);
                let position = match self.known.get(expression).copied().or(new) {
                    Some(position) => position,
                    None => {
                        let cost =
                            regex_cost(expression).map_err(|error| Rejection::at(item.line, error.to_string()))?;
                        bytes += cost.bytes;
                        added.push((expression, cost));
                        self.costs.len() + added.len() - 1
                    }
                };
                own.insert(position);
                if met.insert(position) {
                    steps += self.costs.get(position).unwrap_or_else(|| &added[position - self.costs.len()].1).steps;
                }
            }
            over(bytes, steps, logsource).map_err(|reason| Rejection::at(item.line, reason))?;
        }
        let first = self.costs.len();
        self.bytes = bytes;
        self.costs.extend(added.iter().map(|(_, cost)| *cost));
        self.known.extend((first..).zip(added).map(|(position, (expression, _))| (expression.to_owned(), position)));
        self.logsources.entry(logsource.clone()).or_default().extend(own);
        Ok(())
    }

    /// Expressions of all rules that a record of this logsource may meet.
    fn met(&self, logsource: &Logsource) -> BTreeSet<usize> {
        let beside = self.logsources.iter().filter(|(other, _)| logsources::meet(other, logsource));
        beside.flat_map(|(_, expressions)| expressions.iter().copied()).collect()
    }
}

/// Why so much is too much.
fn over(bytes: usize, steps: usize, logsource: &Logsource) -> Result<(), String> {
    if bytes > REGEXES_BYTES_MAX {
        return Err(format!(
            "with it, the regular expressions of all rules take {bytes} bytes, and {REGEXES_BYTES_MAX} are allowed; leave out \
             rules, or give repetitions in their expressions smaller bounds"
        ));
    }
    if steps > LOGSOURCE_STEPS_MAX {
        let logsource = logsources::describe(logsource);
        return Err(format!(
            "with it, the regular expressions of rules for {logsource} may take {steps} steps for each character of a record, \
             and {LOGSOURCE_STEPS_MAX} are allowed; give the repetitions in this one smaller bounds, or leave out rules"
        ));
    }
    Ok(())
}
