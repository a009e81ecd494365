//! What the regular expressions of all rules may cost together.

use std::collections::{HashMap, HashSet};

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
    /// The cost of each distinct regular expression.
    known: HashMap<String, ExpressionCost>,
    bytes: usize,
    /// Expressions of the rules of each logsource, with their steps together.
    logsources: HashMap<Logsource, (HashSet<String>, usize)>,
}

impl Budget {
    /// Takes what a rule's regular expressions cost, each and together with those of the rules before.
    pub(super) fn take(&mut self, condition: &Lowered, logsource: &Logsource) -> Result<(), Rejection> {
        let before = self.steps_beside(logsource);
        let mut added: HashMap<&str, ExpressionCost> = HashMap::new();
        let (mut bytes, mut steps) = (self.bytes, before);
        for item in &condition.items {
            for expression in item.expressions() {
                if added.contains_key(expression) {
                    continue;
                }
                let known = self.known.get(expression).copied();
                let cost = match known {
                    Some(cost) => cost,
                    None => regex_cost(expression).map_err(|error| Rejection::at(item.line, error.to_string()))?,
                };
                bytes += if known.is_none() { cost.bytes } else { 0 };
                let own = self.logsources.get(logsource);
                steps += if own.is_some_and(|(own, _)| own.contains(expression)) { 0 } else { cost.steps };
                added.insert(expression, cost);
            }
            if bytes > REGEXES_BYTES_MAX {
                return Err(Rejection::at(
                    item.line,
                    format!(
                        "with it, the regular expressions of all rules take {bytes} bytes, and {REGEXES_BYTES_MAX} are \
                         allowed; leave out rules, or give repetitions in their expressions smaller bounds"
                    ),
                ));
            }
            if steps > LOGSOURCE_STEPS_MAX && steps > before {
                return Err(Rejection::at(
                    item.line,
                    format!(
                        "with it, the regular expressions of rules for {} may take {steps} steps for each character of a \
                         record, and {LOGSOURCE_STEPS_MAX} are allowed; give the repetitions in this one smaller bounds, or \
                         leave out rules",
                        logsources::describe(logsource)
                    ),
                ));
            }
        }
        self.bytes = bytes;
        let (own, own_steps) = self.logsources.entry(logsource.clone()).or_default();
        *own_steps += steps - before;
        for (expression, cost) in added {
            own.insert(expression.to_owned());
            self.known.insert(expression.to_owned(), cost);
        }
        Ok(())
    }

    /// Steps of the rules that one record of this logsource may meet.
    fn steps_beside(&self, logsource: &Logsource) -> usize {
        let beside = self.logsources.iter().filter(|(other, _)| logsources::meet(other, logsource));
        beside.map(|(_, (_, steps))| steps).sum()
    }
}
