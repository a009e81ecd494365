//! Why something that a plugin says of a record is not so.

use std::fmt;

use glassbox_finding::{Operator, Span, Within};
use glassbox_predicate::PredicateError;

/// Where a place is: whose bytes, behind how many steps, and which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Whose bytes.
    pub within: Within,
    /// How many steps lead to the text.
    pub steps: usize,
    /// The bytes of that text.
    pub span: Span,
}

impl fmt::Display for At {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { start, end } = self.span;
        write!(out, "bytes {start} to {end} of ")?;
        if self.steps > 0 {
            write!(out, "the text that step {} gives in ", self.steps)?;
        }
        match self.within {
            Within::Own => out.write_str("the record"),
            Within::Frame => out.write_str("the record's frame"),
            Within::Other(sequence) => write!(out, "the record with sequence {sequence}"),
        }
    }
}

/// Why what a plugin says of a place is not so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceFault {
    /// The claim names a rule, item, predicate, term, bin or field that the pack does not have, or that do not belong
    /// together.
    #[error("the pack has no {0}")]
    NoSuchClaim(String),
    /// A place in the finding's own record, where it has none.
    #[error("it lies in the finding's own record, and the finding comes from a tick, which has no record")]
    NoRecord,
    /// More steps than a place may have.
    #[error("it has {count} steps, more than {limit}")]
    TooManySteps {
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The span lies outside the text.
    #[error("{at} lie outside it: it has {bytes} bytes")]
    Outside {
        /// The place.
        at: At,
        /// The text's length.
        bytes: usize,
    },
    /// The place is not the whole of a value, and must be.
    #[error("{at} are not the whole of a value, read as the syntax writes it")]
    NotAValue {
        /// The place.
        at: At,
    },
    /// The place reaches over the end of a value, splits an escape, or is in none.
    #[error("{at} are not a part of one value that splits no escape")]
    NotInAValue {
        /// The place.
        at: At,
    },
    /// The value is another field's.
    #[error("{at} are a value of `{path}`, and the map does not call `{field}` so")]
    OtherField {
        /// The place.
        at: At,
        /// The keys to the value, with dots between.
        path: String,
        /// The field that it is said to be of.
        field: String,
    },
    /// The value is null, and must not be, or is not, and must be.
    #[error("{at} are {}null", if *.is_null { "" } else { "not " })]
    Null {
        /// The place.
        at: At,
        /// Whether it is null.
        is_null: bool,
    },
    /// The predicate does not hold on the text there.
    #[error("the predicate does not hold at {at}: the text there is `{text}`")]
    DoesNotHold {
        /// The place.
        at: At,
        /// The text, cut.
        text: String,
    },
    /// The place of `contains` is more than what matched.
    #[error("{at} are more than the part that contains the operand: the text there is `{text}`")]
    NotThePart {
        /// The place.
        at: At,
        /// The text, cut.
        text: String,
    },
    /// This operator is never decided in such a place.
    #[error("operator {operator:?} is not decided in such a place")]
    WrongPlace {
        /// The operator.
        operator: Operator,
    },
    /// The predicate cannot be used.
    #[error("the predicate cannot be used: {0}")]
    Unusable(PredicateError),
    /// A field that is said to be absent has a value.
    #[error("field `{field}` is said to be absent, and {at} are a value of it")]
    Present {
        /// The field.
        field: String,
        /// Where its value is.
        at: At,
    },
}
