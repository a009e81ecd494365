//! Labels and findings to numbers: how well an order puts true findings before others, how far a probability can be
//! believed, each with an interval; and from labelled findings a calibration table.
//!
//! A *label* is ground truth of a data set, never an analyst's disposition. Findings come in groups (a simulation, a day)
//! within which they hang together: intervals are made by drawing whole groups again, and a table is tested on groups that
//! it was not fitted on.
//!
//! Not a place for gates or reports: numbers only. Floating point is used, for nothing here crosses the boundary or enters
//! a state; sums are made in a fixed order, so that the same input gives the same digits.
//!
//! Invariants: no input or output, no clock; chance comes from the caller's seed.

mod bootstrap;
mod calibrate;
mod order;

pub use bootstrap::{Interval, bootstrap};
pub use calibrate::{Calibration, brier, calibration_error, fit, leave_one_group_out};
pub use order::{area_under_curve, average_precision, found_among_first, precision_at};

/// A finding with its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    /// What it belongs to.
    pub group: u32,
    /// What it is ordered by: the higher, the earlier.
    pub score: f64,
    /// Whether it is true.
    pub is_true: bool,
}

#[cfg(test)]
mod tests;
