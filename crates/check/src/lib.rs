//! What a plugin says, held to the record and the pack: independent of how plugins read records.
//!
//! - [`check_reading`] and [`check_outcome`]: every record is accounted for, every position exists, points add up, and the
//!   model gives the points and the probability.
//! - [`Checker::check_finding`]: every piece of evidence is of a predicate of the pack that holds at its place, the value at
//!   the place is one of the predicate's field by the map's names and the record's syntax, and the condition of every rule
//!   that hit follows from its evidence. With [`Depth::Negations`] also: no negated part and no filter evidently fails.
//! - [`Checker::check_explanation`] and [`Checker::check_view`]: the same for what else a plugin says of records.
//!
//! What the host cannot hold to the record is no violation: it is counted as unchecked ([`Checked::unchecked`]). That are
//! values of free text and syslog messages, of maps that the host does not know, of records that are not at hand, and what
//! is left when a finding took [`limits::FINDING_STEPS_MAX`] steps.
//!
//! Invariants: no input or output; knows no reader or matcher; what a plugin says decides neither how long checking takes
//! beyond the limits nor how much is kept.

mod audit;
mod claims;
mod condition;
mod explanation;
mod fault;
mod finding;
mod inspection;
mod json;
mod names;
mod outcome;
mod predicates;
mod reading;
mod shape;
mod texts;
mod tree;
mod value_names;
mod xml;

/// The limits of checking.
pub mod limits {
    pub use crate::{
        inspection::FINDING_STEPS_MAX,
        names::{NAMES_BYTES_MAX, PATH_BYTES_MAX},
        predicates::PREDICATES_BYTES_MAX,
    };
}

pub use fault::{At, PlaceFault};
pub use finding::{Checked, Checker, Depth, ViewFault, Violation};
pub use outcome::{Asked, OutcomeFault, check_outcome};
pub use reading::{ReadingFault, check_reading};
pub use shape::{ShapeFault, check_shape};
pub use texts::{RecordBytes, RecordContext};
pub use value_names::ValueNames;

#[cfg(test)]
mod tests;
