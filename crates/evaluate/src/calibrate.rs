//! From labelled points to a calibration table, and how far a probability can be believed.

use std::collections::BTreeMap;

use glassbox_finding::limits::PROBABILITY_MAX;
use glassbox_score::{KNOTS_MAX, Knot};

use crate::Labelled;

/// A calibration table: a rising step for each range of points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calibration {
    /// As a model has them.
    pub knots: Vec<Knot>,
}

/// Findings that have the same probability.
#[derive(Clone, Copy, Debug)]
struct Block {
    first: f64,
    last: f64,
    true_ones: f64,
    all: f64,
}

/// Fits an isotonic table: the rising steps nearest to the labels, found by pooling neighbours that fall (Ayer and others,
/// "An empirical distribution function for sampling with incomplete information", 1955). Each step's interval is Wilson's
/// at 95 %, made rising from both sides. None without both kinds of findings.
#[must_use]
pub fn fit(findings: &[Labelled]) -> Option<Calibration> {
    let any = |is_true: bool| findings.iter().any(|finding| finding.is_true == is_true);
    if !any(true) || !any(false) {
        return None;
    }
    let blocks = thinned(pooled(findings));
    let mut steps: Vec<(f64, f64, f64)> = blocks.iter().map(wilson).collect();
    // A bound of few findings must not fall behind those before it, nor rise above those after it.
    for at in 1..steps.len() {
        steps[at].1 = steps[at].1.max(steps[at - 1].1);
    }
    for at in (1..steps.len()).rev() {
        steps[at - 1].2 = steps[at - 1].2.min(steps[at].2);
    }
    let mut knots: Vec<Knot> = Vec::new();
    for (block, (likely, low, high)) in blocks.iter().zip(steps) {
        let millionths = |share: f64| (share * f64::from(PROBABILITY_MAX)).round() as u32;
        let (low, high) = (low.min(likely), high.max(likely));
        for points in [block.first, block.last] {
            let points = points as i32;
            let (probability, low, high) = (millionths(likely), millionths(low), millionths(high));
            if knots.last().is_none_or(|last| last.points < points) {
                knots.push(Knot { points, probability, low, high });
            }
        }
    }
    if let [only] = knots[..] {
        knots.push(Knot { points: only.points.saturating_add(1), ..only });
    }
    Some(Calibration { knots })
}

/// Blocks of ascending shares.
fn pooled(findings: &[Labelled]) -> Vec<Block> {
    let mut sorted: Vec<&Labelled> = findings.iter().collect();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    let mut blocks: Vec<Block> = Vec::new();
    for finding in sorted {
        let true_ones = f64::from(u8::from(finding.is_true));
        match blocks.last_mut().filter(|block| block.last == finding.score) {
            Some(block) => {
                block.true_ones += true_ones;
                block.all += 1.0;
            }
            None => blocks.push(Block { first: finding.score, last: finding.score, true_ones, all: 1.0 }),
        }
    }
    let mut pooled: Vec<Block> = Vec::new();
    for block in blocks {
        pooled.push(block);
        while let [.., before, after] = pooled[..] {
            // Shares as products, so that equal ones are equal.
            if before.true_ones * after.all < after.true_ones * before.all {
                break;
            }
            pooled.truncate(pooled.len() - 2);
            pooled.push(joined(before, after));
        }
    }
    pooled
}

fn joined(before: Block, after: Block) -> Block {
    Block {
        first: before.first,
        last: after.last,
        true_ones: before.true_ones + after.true_ones,
        all: before.all + after.all,
    }
}

/// As many blocks as a table may have: the smallest is joined to its smaller neighbour, again and again.
fn thinned(mut blocks: Vec<Block>) -> Vec<Block> {
    while blocks.len() * 2 > KNOTS_MAX {
        let smallest = (0..blocks.len()).min_by(|&a, &b| blocks[a].all.total_cmp(&blocks[b].all)).unwrap_or(0);
        let left = smallest.checked_sub(1).map(|left| blocks[left].all);
        let right = blocks.get(smallest + 1).map(|right| right.all);
        let at = if right.is_none() || left.is_some_and(|left| right.is_some_and(|right| left < right)) {
            smallest - 1
        } else {
            smallest
        };
        let after = blocks.remove(at + 1);
        blocks[at] = joined(blocks[at], after);
    }
    blocks
}

/// The share of a block with Wilson's interval at 95 % (Wilson, JASA 1927).
fn wilson(block: &Block) -> (f64, f64, f64) {
    const Z: f64 = 1.959_964;
    let Block { true_ones, all, .. } = *block;
    let share = true_ones / all;
    let middle = (share + Z * Z / (2.0 * all)) / (1.0 + Z * Z / all);
    let spread = Z / (1.0 + Z * Z / all) * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    (share, (middle - spread).max(0.0), (middle + spread).min(1.0))
}

impl Calibration {
    /// The probability of some points.
    #[must_use]
    pub fn probability(&self, points: f64) -> f64 {
        let after = self.knots.partition_point(|knot| f64::from(knot.points) <= points);
        let share = |knot: &Knot| f64::from(knot.probability) / f64::from(PROBABILITY_MAX);
        match (after.checked_sub(1).and_then(|at| self.knots.get(at)), self.knots.get(after)) {
            (Some(left), Some(right)) => {
                let way = (points - f64::from(left.points)) / f64::from(right.points - left.points);
                share(left) + (share(right) - share(left)) * way
            }
            (Some(end), None) | (None, Some(end)) => share(end),
            (None, None) => 0.0,
        }
    }
}

/// For each finding the probability by a table that was fitted on the other groups; findings whose other groups cannot
/// make a table are left out. Each comes with its label.
#[must_use]
pub fn leave_one_group_out(findings: &[Labelled]) -> Vec<Labelled> {
    let mut groups: BTreeMap<u32, Vec<Labelled>> = BTreeMap::new();
    for finding in findings {
        groups.entry(finding.group).or_default().push(*finding);
    }
    let mut predicted = Vec::with_capacity(findings.len());
    for (&group, own) in &groups {
        let others: Vec<Labelled> = findings.iter().filter(|finding| finding.group != group).copied().collect();
        let Some(table) = fit(&others) else { continue };
        predicted.extend(own.iter().map(|finding| Labelled { score: table.probability(finding.score), ..*finding }));
    }
    predicted
}

/// The mean squared distance of probabilities from labels (Brier, 1950); 0 is best. None of no findings.
#[must_use]
pub fn brier(predicted: &[Labelled]) -> Option<f64> {
    let distance = |it: &Labelled| (it.score - f64::from(u8::from(it.is_true))).powi(2);
    (!predicted.is_empty()).then(|| predicted.iter().map(distance).sum::<f64>() / predicted.len() as f64)
}

/// The mean distance of probability and share of true ones over so many groups of equal size by probability; 0 is best.
/// None of fewer findings.
#[must_use]
pub fn calibration_error(predicted: &[Labelled], groups: usize) -> Option<f64> {
    if groups == 0 || predicted.len() < groups {
        return None;
    }
    let mut sorted: Vec<&Labelled> = predicted.iter().collect();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    let mut error = 0.0;
    for number in 0..groups {
        let part = &sorted[number * sorted.len() / groups..(number + 1) * sorted.len() / groups];
        let mean = part.iter().map(|it| it.score).sum::<f64>() / part.len() as f64;
        let share = part.iter().filter(|it| it.is_true).count() as f64 / part.len() as f64;
        error += (mean - share).abs() * part.len() as f64;
    }
    Some(error / predicted.len() as f64)
}
