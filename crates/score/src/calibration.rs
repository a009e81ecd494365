//! From points to a probability: a table of knots, straight lines between them, the ends held.

use glassbox_finding::limits::PROBABILITY_MAX;
use serde::{Deserialize, Serialize};

use crate::ModelError;

/// One line of the calibration table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knot {
    /// Thousandths of a log-odds unit.
    pub points: i32,
    /// Millionths.
    pub probability: u32,
}

/// The most knots of a table.
pub(crate) const KNOTS_MAX: usize = 256;

/// Checks that more points never mean a lower or the same probability from one knot to the next.
pub(crate) fn check(knots: &[Knot]) -> Result<(), ModelError> {
    let wrong = |reason: String| Err(ModelError::Calibration { reason });
    if !(2..=KNOTS_MAX).contains(&knots.len()) {
        return wrong(format!("it has {} knots; give 2 to {KNOTS_MAX}", knots.len()));
    }
    if let Some(knot) = knots.iter().find(|knot| knot.probability > PROBABILITY_MAX) {
        return wrong(format!("{} is no probability in millionths; give at most {PROBABILITY_MAX}", knot.probability));
    }
    for pair in knots.windows(2) {
        if pair[0].points >= pair[1].points || pair[0].probability >= pair[1].probability {
            return wrong(format!(
                "the knot at {} points does not rise above the one at {}; make points and probability both ascend",
                pair[1].points, pair[0].points
            ));
        }
    }
    Ok(())
}

/// The probability of some points, in millionths. The table must have been checked.
pub(crate) fn probability(knots: &[Knot], points: i32) -> u32 {
    let after = knots.partition_point(|knot| knot.points <= points);
    let (Some(high), Some(low)) = (knots.get(after), after.checked_sub(1).and_then(|at| knots.get(at))) else {
        let end = if after == 0 { knots.first() } else { knots.last() };
        return end.map_or(0, |knot| knot.probability);
    };
    let distance = |to: i32| i64::from(to) - i64::from(low.points);
    let rise = i64::from(high.probability) - i64::from(low.probability);
    (i64::from(low.probability) + rise * distance(points) / distance(high.points)) as u32
}
