//! One piece of evidence against the record: the text at its place, the predicate on it, and the quote.

use std::borrow::Cow;

use glassbox_predicate::{Encoding, Operator, Place, PredicateError, Span, Test, TextPlace, compare_fields};

use super::{Checker, absence, absence::AbsenceFault, expression_bytes, values::Values};
use crate::{Evidence, QuotedField, quote};

/// Why evidence does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceFault {
    /// The span lies outside the record.
    #[error("bytes {start} to {end} lie outside the record of {record_bytes}")]
    OutsideRecord {
        /// The span's start.
        start: u32,
        /// The span's end.
        end: u32,
        /// The record's length.
        record_bytes: usize,
    },
    /// The predicate does not hold on the text there.
    #[error("the predicate does not hold on the text `{text}`")]
    DoesNotHold {
        /// The text, cut.
        text: String,
    },
    /// The place of `contains` is more than what matched.
    #[error("the place `{text}` is more than the part that matched")]
    NotThePart {
        /// The text, cut.
        text: String,
    },
    /// The place is not the whole of a value, and the predicate is about a whole value.
    #[error("bytes {start} to {end} are not the whole of any value of the record")]
    NotAValue {
        /// The span's start.
        start: u32,
        /// The span's end.
        end: u32,
    },
    /// The place is outside every value, reaches over one's end, or splits an escape.
    #[error("bytes {start} to {end} are no part of any value of the record")]
    NotInAValue {
        /// The span's start.
        start: u32,
        /// The span's end.
        end: u32,
    },
    /// The quote is not the text at the place.
    #[error("the quote is `{quote}` and the text there is `{text}`")]
    Quote {
        /// What it says.
        quote: String,
        /// What is there, cut.
        text: String,
    },
    /// This operator is never found in such a place.
    #[error("operator {operator:?} is not decided in such a place")]
    WrongPlace {
        /// The operator.
        operator: Operator,
    },
    /// The predicate cannot be used.
    #[error("{0}")]
    Unusable(PredicateError),
    /// A regular expression that is none of the pack's.
    #[error("the regular expression is none of the pack's")]
    ForeignExpression,
    /// A field is there, or its absence cannot be seen.
    #[error("{0}")]
    Absence(AbsenceFault),
    /// Testing the finding's predicates would take too long.
    #[error("testing its predicates would take more than {limit} steps")]
    TooCostly {
        /// The limit, in steps.
        limit: u64,
    },
}

/// Steps for the evidence of one finding: far above what real rules on records of 64 KiB take.
const STEPS_MAX: u64 = 1 << 30;

/// What is left for the evidence of one finding.
pub(super) struct Budget {
    steps: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: STEPS_MAX }
    }
}

impl Budget {
    fn take(&mut self, steps: u64) -> Result<(), EvidenceFault> {
        self.steps = self.steps.checked_sub(steps).ok_or(EvidenceFault::TooCostly { limit: STEPS_MAX })?;
        Ok(())
    }
}

/// How many steps a test may take on a text, by a generous estimate.
fn steps(test: &Test, operand_bytes: usize, text_bytes: usize) -> u64 {
    let text = text_bytes as u64 + 1;
    match test {
        Test::Like(_) => text * (1 + operand_bytes as u64 / 8),
        Test::Regex(_) => text * (1 + expression_bytes(test) as u64 / 1024),
        _ => text,
    }
}

impl Checker {
    pub(super) fn evidence_within(
        &mut self,
        values: &Values<'_>,
        evidence: &Evidence,
        budget: &mut Budget,
    ) -> Result<(), EvidenceFault> {
        let record = values.record();
        let Evidence { predicate, place, .. } = evidence;
        let wrong_place = || Err(EvidenceFault::WrongPlace { operator: predicate.operator });
        match place {
            Place::Text(place) => {
                let text = read(record, *place)?;
                match predicate.operator {
                    Operator::Absent => return wrong_place(),
                    operator if operator.compares_fields() => return wrong_place(),
                    Operator::Null if place.encoding == Encoding::Raw && text == "null" => {}
                    Operator::Null => return does_not_hold(&text),
                    operator => {
                        let test = self.test(predicate)?;
                        budget.take(steps(test, predicate.operand.len(), text.len()))?;
                        match test.find(&text) {
                            None => return does_not_hold(&text),
                            Some(part) if operator == Operator::Contains && part != (0..text.len()) => {
                                return Err(EvidenceFault::NotThePart { text: quote(&text).to_owned() });
                            }
                            Some(_) => {}
                        }
                    }
                }
                match predicate.operator {
                    Operator::Contains => lies_in_value(values, *place)?,
                    _ => is_value(values, *place)?,
                }
                check_quote(&evidence.quote, &text)
            }
            Place::Pair(left_place, right_place) => {
                if !predicate.operator.compares_fields() {
                    return wrong_place();
                }
                let (left, right) = (read(record, *left_place)?, read(record, *right_place)?);
                budget.take((left.len() + right.len()) as u64)?;
                if !compare_fields(predicate.operator, &left, &right, predicate.cased) {
                    return does_not_hold(&left);
                }
                is_value(values, *left_place)?;
                is_value(values, *right_place)?;
                check_quote(&evidence.quote, &left)
            }
            Place::Absent(names) => {
                if !matches!(predicate.operator, Operator::Absent | Operator::Null) {
                    return wrong_place();
                }
                budget.take(record.len() as u64 * (1 + names.len() as u64))?;
                let null_is_absent = predicate.operator == Operator::Null;
                absence::check(record, names, null_is_absent).map_err(EvidenceFault::Absence)?;
                check_quote(&evidence.quote, "")
            }
        }
    }
}

/// Checks that a quoted field is a value of the record, or the beginning of one.
pub(super) fn check_field(values: &Values<'_>, field: &QuotedField) -> Result<(), EvidenceFault> {
    let text = read(values.record(), field.place)?;
    let told = match field.cut {
        true => text.len() > field.text.len() && text.starts_with(&field.text),
        false => text == field.text,
    };
    if !told {
        return Err(EvidenceFault::Quote { quote: quote(&field.text).to_owned(), text: quote(&text).to_owned() });
    }
    is_value(values, field.place)
}

fn is_value(values: &Values<'_>, place: TextPlace) -> Result<(), EvidenceFault> {
    let Span { start, end } = place.span;
    if values.has_whole(place) { Ok(()) } else { Err(EvidenceFault::NotAValue { start, end }) }
}

fn lies_in_value(values: &Values<'_>, place: TextPlace) -> Result<(), EvidenceFault> {
    let Span { start, end } = place.span;
    if values.has_part(place) { Ok(()) } else { Err(EvidenceFault::NotInAValue { start, end }) }
}

fn read(record: &[u8], place: TextPlace) -> Result<Cow<'_, str>, EvidenceFault> {
    let (start, end) = (place.span.start, place.span.end);
    place.read(record).ok_or(EvidenceFault::OutsideRecord { start, end, record_bytes: record.len() })
}

fn does_not_hold(text: &str) -> Result<(), EvidenceFault> {
    Err(EvidenceFault::DoesNotHold { text: quote(text).to_owned() })
}

fn check_quote(quoted: &str, text: &str) -> Result<(), EvidenceFault> {
    if quoted == quote(text) {
        return Ok(());
    }
    Err(EvidenceFault::Quote { quote: quote(quoted).to_owned(), text: quote(text).to_owned() })
}
