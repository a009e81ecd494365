//! The checks that make a finding trustworthy: that it is well-formed, that its points add up, and that its evidence
//! holds on the record's own bytes.
//!
//! They look at the record, never at how the plugin read it. A predicate about a whole value must name the whole of
//! one, one about a part must lie in one (`values` says what that is, format by format). Which field a value belongs to
//! is not checked: the maps from a record's names to canonical ones are the plugin's.

mod absence;
mod account;
mod evidence;
mod json;
mod markup;
mod shape;
mod values;

use std::collections::{BTreeSet, HashMap};

use glassbox_predicate::{Operator, Predicate, PredicateError, Test};

use crate::{Evidence, Explanation, Finding, QuotedField};

pub use absence::AbsenceFault;
pub use account::AccountFault;
pub use evidence::EvidenceFault;
pub use shape::{check_shape, check_sum};

use values::Values;

/// Why a finding or explanation is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Base and contributions do not add up to the points.
    #[error("base and contributions add up to {actual} points and the finding says {stated}")]
    Sum {
        /// The points it says.
        stated: i32,
        /// The points there are.
        actual: i64,
    },
    /// No probability.
    #[error("{0} is no probability in millionths")]
    Probability(u32),
    /// More of something than there may be.
    #[error("{count} {what} are more than {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// A text longer than it may be.
    #[error("{what} has {bytes} bytes, more than {limit}")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The whole is larger than a finding may be.
    #[error("the finding takes {bytes} bytes, more than {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A position that points at no evidence.
    #[error("{what} {number} names evidence {position}, and there are {count} pieces")]
    NoSuchEvidence {
        /// A hit or a contribution.
        what: &'static str,
        /// Which one.
        number: usize,
        /// The position it names.
        position: u32,
        /// How much evidence there is.
        count: usize,
    },
    /// Something that must not repeat does.
    #[error("{what} `{name}` is there twice")]
    Twice {
        /// A rule or a term.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Something that must be named has no name.
    #[error("{what} {number} has no name")]
    Nameless {
        /// A hit or a contribution.
        what: &'static str,
        /// Which one.
        number: usize,
    },
    /// Numbers that contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
    /// A piece of evidence does not hold.
    #[error("evidence {number}: {fault}")]
    Evidence {
        /// Which one.
        number: usize,
        /// Why.
        fault: EvidenceFault,
    },
    /// A quoted field is not what stands in the record.
    #[error("field {number}: {fault}")]
    Field {
        /// Which one.
        number: usize,
        /// Why.
        fault: EvidenceFault,
    },
}

/// Checks findings, and keeps compiled predicates: the same rules hit again and again.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    /// Never walked through, so its order does not matter.
    tests: HashMap<Predicate, Result<Test, PredicateError>>,
    tests_bytes: usize,
    expressions: Option<BTreeSet<String>>,
}

/// Bytes of compiled predicates that a checker keeps; when they are more it starts afresh.
const TESTS_BYTES_MAX: usize = 64 << 20;
/// What a kept predicate takes beside a regular expression.
const TEST_BYTES: usize = 256;

impl Checker {
    /// A checker that takes no regular expressions but these: those of the pack.
    ///
    /// A hostile plugin could otherwise name expressions that take long to compile or match. What is checked without
    /// this list is bounded too, but generously.
    #[must_use]
    pub fn with_expressions(expressions: impl IntoIterator<Item = String>) -> Self {
        Self { expressions: Some(expressions.into_iter().collect()), ..Self::default() }
    }

    /// Checks a finding against its record: shape, sum, quoted fields and all evidence.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn check(&mut self, record: &[u8], finding: &Finding) -> Result<(), Violation> {
        check_shape(finding)?;
        check_sum(finding)?;
        let values = Values::of(record);
        check_fields(&values, &finding.fields)?;
        let mut budget = evidence::Budget::default();
        for (number, evidence) in finding.evidence.iter().enumerate() {
            let checked = self.evidence_within(&values, evidence, &mut budget);
            checked.map_err(|fault| Violation::Evidence { number, fault })?;
        }
        Ok(())
    }

    /// Checks one piece of evidence.
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn check_evidence(&mut self, record: &[u8], evidence: &Evidence) -> Result<(), EvidenceFault> {
        self.evidence_within(&Values::of(record), evidence, &mut evidence::Budget::default())
    }

    /// Checks an explanation and the finding in it.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn check_explanation(&mut self, record: &[u8], explanation: &Explanation) -> Result<(), Violation> {
        shape::check_explanation(explanation)?;
        check_fields(&Values::of(record), &explanation.fields)?;
        match &explanation.finding {
            Some(finding) if finding.index != 0 => {
                Err(Violation::Contradiction("the finding of an explanation has another index than 0"))
            }
            Some(finding) => self.check(record, finding),
            None => Ok(()),
        }
    }

    /// The compiled predicate.
    fn test(&mut self, predicate: &Predicate) -> Result<&Test, EvidenceFault> {
        if !self.tests.contains_key(predicate) {
            let foreign = |known: &BTreeSet<String>| !known.contains(&predicate.operand);
            if predicate.operator == Operator::Regex && self.expressions.as_ref().is_some_and(foreign) {
                return Err(EvidenceFault::ForeignExpression);
            }
            let compiled = predicate.compile_existence();
            let bytes = TEST_BYTES + 2 * predicate.operand.len() + compiled.as_ref().map_or(0, expression_bytes);
            if self.tests_bytes + bytes > TESTS_BYTES_MAX {
                self.tests.clear();
                self.tests_bytes = 0;
            }
            self.tests_bytes += bytes;
            self.tests.insert(predicate.clone(), compiled);
        }
        match self.tests.get(predicate) {
            Some(Ok(test)) => Ok(test),
            Some(Err(error)) => Err(EvidenceFault::Unusable(error.clone())),
            None => Err(EvidenceFault::ForeignExpression),
        }
    }
}

/// What a compiled regular expression takes.
fn expression_bytes(test: &Test) -> usize {
    match test {
        Test::Regex(regex) => regex.memory_usage(),
        _ => 0,
    }
}

/// Checks a finding with a checker of its own; for many findings keep a [`Checker`].
///
/// # Errors
/// The first thing that is not as it must be.
pub fn check(record: &[u8], finding: &Finding) -> Result<(), Violation> {
    Checker::default().check(record, finding)
}

/// Checks one piece of evidence with a checker of its own.
///
/// # Errors
/// Why it does not hold.
pub fn check_evidence(record: &[u8], evidence: &Evidence) -> Result<(), EvidenceFault> {
    Checker::default().check_evidence(record, evidence)
}

/// Checks an explanation with a checker of its own.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn check_explanation(record: &[u8], explanation: &Explanation) -> Result<(), Violation> {
    Checker::default().check_explanation(record, explanation)
}

fn check_fields(values: &Values<'_>, fields: &[QuotedField]) -> Result<(), Violation> {
    let all = fields.iter().enumerate();
    all.into_iter().try_for_each(|(number, field)| {
        evidence::check_field(values, field).map_err(|fault| Violation::Field { number, fault })
    })
}

#[cfg(test)]
mod tests;
