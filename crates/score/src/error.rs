//! Why a model is refused.

use glassbox_predicate::PredicateError;

use crate::{BINS_MAX, MODEL_BYTES_MAX, Monotone, POINTS_MAX, PREDICATES_MAX, TERMS_MAX};

/// Why a model is refused: the place in the model, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Longer than a model may be.
    #[error("the model has {bytes} bytes; make it at most {MODEL_BYTES_MAX}")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON, or not a model's: an unknown feature or key, a number that is no integer.
    #[error("the model cannot be read: {0}")]
    Json(String),
    /// Written in a format that this version does not read.
    #[error("the model has format {found} and this version reads {supported}; convert it, or use the version for it")]
    Format {
        /// The format found.
        found: u32,
        /// The format supported.
        supported: u32,
    },
    /// No terms, or too many.
    #[error("the model has {count} terms; give 1 to {TERMS_MAX}")]
    Terms {
        /// How many.
        count: usize,
    },
    /// Too many predicates over all terms.
    #[error("the model lists {count} operands; give at most {PREDICATES_MAX}")]
    Predicates {
        /// How many.
        count: usize,
    },
    /// A name that is not short and lower-case.
    #[error("`{name}` is no name for {what}; use 1 to 40 of a-z, 0-9 and `-`, and not `missing`")]
    Name {
        /// The name.
        name: String,
        /// What it names, such as a bin of a term.
        what: String,
    },
    /// Two terms of one name.
    #[error("two terms are called `{term}`; rename one")]
    DuplicateTerm {
        /// The name.
        term: String,
    },
    /// A text that is empty or too long.
    #[error("{what} of term `{term}` has {bytes} bytes; write 1 to {limit}")]
    Text {
        /// The term.
        term: String,
        /// Which text.
        what: String,
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Points out of range.
    #[error("{place} gives {points} points; bring it between -{POINTS_MAX} and {POINTS_MAX}")]
    Points {
        /// The base, or the bin and its term.
        place: String,
        /// The points.
        points: i32,
    },
    /// Too few or too many bins.
    #[error("term `{term}` has {count} bins; give 1 to {BINS_MAX}")]
    BinCount {
        /// The term.
        term: String,
        /// How many.
        count: usize,
    },
    /// Bins that do not divide the feature's values: they overlap, leave a gap, or are of another feature.
    #[error("bin `{bin}` of term `{term}`: {reason}")]
    Bin {
        /// The term.
        term: String,
        /// The bin.
        bin: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A predicate that cannot be used.
    #[error("bin `{bin}` of term `{term}`: {error}")]
    Predicate {
        /// The term.
        term: String,
        /// The bin.
        bin: String,
        /// Why.
        error: Box<PredicateError>,
    },
    /// A stated constraint that the points break.
    #[error("term `{term}` is stated to be {monotone} and bin `{later}` after `{earlier}` is not; change its points")]
    Monotone {
        /// The term.
        term: String,
        /// The constraint.
        monotone: Monotone,
        /// The bin before.
        earlier: String,
        /// The bin that breaks it.
        later: String,
    },
    /// Something else about one term.
    #[error("term `{term}`: {reason}")]
    Term {
        /// The term.
        term: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A calibration table that does not ascend.
    #[error("the calibration: {reason}")]
    Calibration {
        /// What is wrong and what to do.
        reason: String,
    },
}
