//! Intervals by drawing whole groups again (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993): findings of
//! one group hang together, and drawing them one by one would make intervals too narrow.

use std::collections::BTreeMap;

use crate::Labelled;

/// A measure with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The measure on all findings.
    pub value: f64,
    /// Below it lie 2.5 % of the draws.
    pub low: f64,
    /// Above it lie 2.5 % of the draws.
    pub high: f64,
}

/// Numbers that look random: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * limit as u128) >> 64) as usize
    }
}

/// A measure on several columns of the same findings, such as a difference of two orders, with an interval from so many
/// draws of whole groups. Columns have the same groups and labels in the same order. None where the measure has no value
/// on all findings; draws on which it has none are left out.
#[must_use]
pub fn bootstrap<const COLUMNS: usize>(
    columns: [&[Labelled]; COLUMNS],
    draws: usize,
    seed: u64,
    measure: impl Fn([&[Labelled]; COLUMNS]) -> Option<f64>,
) -> Option<Interval> {
    let value = measure(columns)?;
    let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, finding) in columns.first()?.iter().enumerate() {
        groups.entry(finding.group).or_default().push(at);
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    let mut chance = Chance(seed);
    let mut values: Vec<f64> = Vec::with_capacity(draws);
    for _ in 0..draws {
        let drawn: Vec<&[usize]> = (0..groups.len()).map(|_| groups[chance.below(groups.len())].as_slice()).collect();
        // A group that is drawn twice is two groups.
        let column = |column: &[Labelled]| {
            let groups = (0_u32..).zip(&drawn).flat_map(|(group, places)| places.iter().map(move |&at| (group, at)));
            groups.filter_map(|(group, at)| Some(Labelled { group, ..*column.get(at)? })).collect::<Vec<_>>()
        };
        let columns = columns.map(column);
        values.extend(measure(std::array::from_fn(|column| columns[column].as_slice())));
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get(((values.len() as f64 - 1.0) * share).round().max(0.0) as usize).copied();
    Some(Interval { value, low: at(0.025).unwrap_or(value), high: at(0.975).unwrap_or(value) })
}
