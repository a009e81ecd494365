//! From points to a probability with its interval: a table of knots, straight lines between them, the ends held.

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
    /// The least that it may be, in millionths.
    pub low: u32,
    /// The most that it may be, in millionths.
    pub high: u32,
}

/// A probability with its interval, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probability {
    /// The likeliest.
    pub likely: u32,
    /// The least.
    pub low: u32,
    /// The most.
    pub high: u32,
}

/// The most knots of a table.
pub const KNOTS_MAX: usize = 256;

/// Checks that a threshold divides.
pub(crate) fn check_threshold(threshold: u32) -> Result<(), ModelError> {
    if (1..PROBABILITY_MAX).contains(&threshold) {
        return Ok(());
    }
    let last = PROBABILITY_MAX - 1;
    let reason = format!("the threshold {threshold} leaves nothing on one side; give 1 to {last} millionths");
    Err(ModelError::Calibration { reason })
}

/// Checks that points ascend, that more points never mean a lower probability or bound, and that every interval holds its
/// probability.
pub(crate) fn check(knots: &[Knot]) -> Result<(), ModelError> {
    let wrong = |reason: String| Err(ModelError::Calibration { reason });
    if !(2..=KNOTS_MAX).contains(&knots.len()) {
        return wrong(format!("it has {} knots; give 2 to {KNOTS_MAX}", knots.len()));
    }
    for knot in knots {
        let Knot { points, probability, low, high } = *knot;
        if high > PROBABILITY_MAX {
            return wrong(format!("{high} is no probability in millionths; give at most {PROBABILITY_MAX}"));
        }
        if !(low..=high).contains(&probability) {
            let reason = format!("at {points} points {probability} lies outside {low} to {high}; widen the interval");
            return wrong(reason);
        }
    }
    for pair in knots.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let falls = before.probability > after.probability || before.low > after.low || before.high > after.high;
        if before.points >= after.points || falls {
            return wrong(format!(
                "the knot at {} points does not rise above the one at {}; make points ascend, and let no probability \
                 or bound fall",
                after.points, before.points
            ));
        }
    }
    Ok(())
}

/// The probability of some points. The table must have been checked.
pub(crate) fn probability(knots: &[Knot], points: i32) -> Probability {
    let after = knots.partition_point(|knot| knot.points <= points);
    let held = |knot: &Knot| Probability { likely: knot.probability, low: knot.low, high: knot.high };
    let (Some(right), Some(left)) = (knots.get(after), after.checked_sub(1).and_then(|at| knots.get(at))) else {
        let end = if after == 0 { knots.first() } else { knots.last() };
        return end.map_or(Probability { likely: 0, low: 0, high: 0 }, held);
    };
    let distance = |to: i32| i64::from(to) - i64::from(left.points);
    let between = |from: u32, to: u32| {
        (i64::from(from) + (i64::from(to) - i64::from(from)) * distance(points) / distance(right.points)) as u32
    };
    Probability {
        likely: between(left.probability, right.probability),
        low: between(left.low, right.low),
        high: between(left.high, right.high),
    }
}

/// The fewest points whose probability reaches a threshold; none where none do.
pub(crate) fn points_of(knots: &[Knot], threshold: u32) -> Option<i32> {
    let (first, last) = (knots.first()?, knots.last()?);
    if last.probability < threshold {
        return None;
    }
    if first.probability >= threshold {
        return Some(i32::MIN);
    }
    // Probability never falls with points, so halving finds the first of them.
    let (mut below, mut above) = (i64::from(first.points), i64::from(last.points));
    while above - below > 1 {
        let middle = (below + above) / 2;
        if probability(knots, middle as i32).likely >= threshold { above = middle } else { below = middle }
    }
    Some(above as i32)
}
