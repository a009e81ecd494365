//! The additive model: named features, one table of integer points each, and a calibration. The explanation of a score
//! is the model itself: base plus contributions, nothing hidden.
//!
//! A model is readable JSON, parsed and checked as a whole by [`Model::parse`]. Scoring is split as reading and judging
//! are: [`Extractor`] computes what needs the record's text, [`Model::score`] adds what needs hits and history.
//!
//! # What points mean
//!
//! A point is a thousandth of a log-odds unit: 693 points double the odds. The points of the starter model are set by
//! hand from a detection engineer's sense of what matters; they are not learned from data, and its calibration is the
//! plain logistic curve, not fitted either. Its probabilities rank; they are not measured frequencies.
//!
//! # Rules of the tables
//!
//! Every term that applies to a record gives exactly one contribution. Where its fields are absent that is its own
//! `missing` points, under the bin `missing`, and the score says what it could have been at best and at worst. A term
//! that does not apply to the record's logsource gives none.
//!
//! Invariants: integers only; no input or output; no prose but the model's own phrases.

mod calibration;
mod check;
mod context;
mod counterfactual;
mod error;
mod extract;
mod feature;
mod measure;
mod model;
mod score;
mod verify;

pub use calibration::{KNOTS_MAX, Knot, Probability};
pub use context::{
    Asset, CONTEXT_BYTES_MAX, CONTEXT_ENTRIES_MAX, CONTEXT_FORMAT, Context, ContextError, Criticality,
    DISPOSITIONS_MIN, Day, Maintenance, RuleRecord, Tool,
};
pub use counterfactual::{Change, Counterfactual};
pub use error::ModelError;
pub use extract::{Content, ContentFeatures, Extractor, FieldValues, Found, Origin};
pub use feature::{Feature, Need, SoFar, WarmUp};
/// The facts that rarity is about.
pub use glassbox_finding::Fact;
/// What values are given as.
pub use glassbox_predicate::Subject;
pub use glassbox_rules::{Level, Status};
pub use measure::generated_name;
pub use model::{
    BINS_MAX, Bin, Cells, Choice, FORMAT, MISSING, MODEL_BYTES_MAX, MissingBin, Model, Monotone, POINTS_MAX,
    PREDICATES_MAX, TERMS_MAX, Term,
};
pub use score::{About, Answer, Circumstances, Grounds, HitFacts, Inputs, NoPast, Past, Question, Scored};
pub use verify::Disagreement;

#[cfg(test)]
mod tests;
