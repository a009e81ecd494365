//! What would have changed the outcome, in closed form: the model is a sum, so the fewest changes that lower it by so much
//! are found by adding up, not by trying.
//!
//! Only what could have been is told. What hit lately counts the record itself, so no such count falls below what the record
//! brings along; and what the hits themselves say (level, tactics, how many) changes together with the hits or not at all.
//!
//! A term is in one pair at most (checked on load). So terms fall into ones and twos that do not touch each other, and the
//! most that `k` changes can take off is found by filling a table of `k` entries from one group after another.

use glassbox_finding::Contribution;

use crate::{Feature, Model, SoFar, Term, model::PairTable};

/// Changes that suffice alone and are told at most.
const ALONE_MAX: usize = 3;
/// The most changes that are looked for together.
const TOGETHER_MAX: usize = 8;

/// A term that would have had to fall into another bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The term's position in the model.
    pub term: usize,
    /// The bin that it would have had to fall into.
    pub bin: usize,
    /// What the points would have changed by, a pair's included.
    pub points: i32,
}

/// The smallest changes that would have put a finding below the threshold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counterfactual {
    /// By how many points it would have had to be lower.
    pub excess: i32,
    /// Changes each of which suffices, the smallest first.
    pub alone: Vec<Change>,
    /// Where none does: the fewest that suffice together, the largest first; empty where none do.
    pub together: Vec<Change>,
}

/// What a finding's terms fell into, and how far they could have fallen.
pub(crate) struct Held {
    /// The bin of each term; none where it could not be computed or does not apply.
    bins: Vec<Option<usize>>,
    /// The first bin of each term that this record could have fallen into.
    lowest: Vec<usize>,
}

/// A group of terms that no pair links to others: one, or two with their pair.
struct Group {
    /// The best that one change does.
    one: Option<Change>,
    /// The best that two changes do, where the group has two terms.
    two: Option<[Change; 2]>,
}

impl Model {
    /// The smallest changes that would have put a finding with these points, contributions and number of hits below the
    /// threshold; none where it is there already. Only what
    /// was computed can change, and only what the event or its past could have had otherwise: what was missing is told
    /// with what was missing, and what the rules are like is not the event's.
    #[must_use]
    pub fn counterfactual(&self, points: i32, contributions: &[Contribution], hits: u32) -> Option<Counterfactual> {
        let threshold = self.threshold_points()?;
        let excess = i64::from(points) - i64::from(threshold) + 1;
        if excess <= 0 {
            return None;
        }
        let excess = i32::try_from(excess).unwrap_or(i32::MAX);
        let held = self.held(contributions, hits);
        let mut alone: Vec<Change> = (0..self.terms.len())
            .filter_map(|term| {
                let sufficient = self.changes(term, &held).filter(|change| change.points <= -excess);
                sufficient.max_by_key(|change| (change.points, std::cmp::Reverse(change.bin)))
            })
            .collect();
        alone.sort_by_key(|change| (std::cmp::Reverse(change.points), change.term));
        alone.truncate(ALONE_MAX);
        let together = if alone.is_empty() { self.together(excess, &held) } else { Vec::new() };
        Some(Counterfactual { excess, alone, together })
    }

    /// What the terms fell into, and the first bins that they could have.
    pub(crate) fn held(&self, contributions: &[Contribution], hits: u32) -> Held {
        let mut held = Held { bins: self.bins_of(contributions), lowest: vec![0; self.terms.len()] };
        let number = |feature: &dyn Fn(&Feature) -> bool| {
            let values = contributions.iter().filter_map(|contribution| {
                let term = self.terms.get(contribution.term as usize).filter(|term| feature(&term.feature))?;
                term.feature.number(contribution.value).ok()
            });
            values.max()
        };
        let tactics = number(&|feature| matches!(feature, Feature::TacticCount {})).unwrap_or(0);
        for (term, lowest) in self.terms.iter().zip(&mut held.lowest) {
            let Feature::SoFar { count } = &term.feature else { continue };
            let own = match count {
                SoFar::Rules => hits.into(),
                SoFar::Tactics => tactics,
                SoFar::TacticsInOrder => tactics.min(1),
                SoFar::Detectors | SoFar::Hosts => 1,
            };
            // Hits of low level are not counted lately: the record brings along at most what was counted.
            let counted = number(&|feature| *feature == term.feature).unwrap_or(0);
            *lowest = term.bin_of(own.min(counted));
        }
        held
    }

    /// Every other bin of a term, with what that would change, its pair's part included. A pair itself only follows.
    /// None of a term that no event could have changed.
    pub(crate) fn changes(&self, term: usize, held: &Held) -> impl Iterator<Item = Change> {
        let Held { bins, lowest } = held;
        let held = self.changeable(term, bins);
        let possible = held.map_or(0..0, |_| lowest[term]..self.terms[term].bins.len());
        let held = held.unwrap_or(0);
        let pair = self.pair_of(term).and_then(|(pair, table)| {
            let partner = if table.first == term { table.second } else { table.first };
            Some((&self.terms[pair], table, bins.get(pair).copied().flatten()?, bins[partner]?))
        });
        possible.filter(move |&bin| bin != held).map(move |bin| {
            let own = points(&self.terms[term], bin) - points(&self.terms[term], held);
            let paired = pair.map_or(0, |(paired, table, before, partner)| {
                let after = if table.first == term { table.cell(bin, partner) } else { table.cell(partner, bin) };
                points(paired, after) - points(paired, before)
            });
            Change { term, bin, points: own + paired }
        })
    }

    /// The bin of a term that an event could have changed.
    fn changeable(&self, term: usize, bins: &[Option<usize>]) -> Option<usize> {
        let feature = &self.terms[term].feature;
        let is_fixed = matches!(feature, Feature::Pair { .. }) || feature.is_of_rules_alone();
        bins.get(term).copied().flatten().filter(|_| !is_fixed)
    }

    fn pair_of(&self, term: usize) -> Option<(usize, &PairTable)> {
        let mut tables = self.pairs.iter().enumerate().filter_map(|(pair, table)| Some((pair, table.as_ref()?)));
        tables.find(|(_, table)| table.first == term || table.second == term)
    }

    /// The best of a group.
    fn group(&self, term: usize, held: &Held) -> Group {
        let Held { bins, lowest } = held;
        let best = |term| self.changes(term, held).min_by_key(|change| change.points).filter(|it| it.points < 0);
        let Some((pair, table)) = self.pair_of(term) else { return Group { one: best(term), two: None } };
        let (first, second) = (table.first, table.second);
        let one = [best(first), best(second)].into_iter().flatten().min_by_key(|change| change.points);
        let two = || {
            let (a, b) = (self.changeable(first, bins)?, self.changeable(second, bins)?);
            let before = bins[pair]?;
            let both = (lowest[first]..self.terms[first].bins.len())
                .flat_map(|x| (lowest[second]..self.terms[second].bins.len()).map(move |y| (x, y)))
                .filter(|&(x, y)| x != a && y != b);
            let change = |(x, y): (usize, usize)| {
                let paired = points(&self.terms[pair], table.cell(x, y)) - points(&self.terms[pair], before);
                let left = points(&self.terms[first], x) - points(&self.terms[first], a) + paired;
                let right = points(&self.terms[second], y) - points(&self.terms[second], b);
                [Change { term: first, bin: x, points: left }, Change { term: second, bin: y, points: right }]
            };
            let both = both.map(change).min_by_key(|[left, right]| left.points + right.points)?;
            (both[0].points + both[1].points < one.map_or(0, |one| one.points)).then_some(both)
        };
        Group { one, two: two() }
    }

    /// The fewest changes that take off so much together; empty where [`TOGETHER_MAX`] do not.
    fn together(&self, excess: i32, held: &Held) -> Vec<Change> {
        // By number of changes: the lowest sum, and the changes that make it.
        let mut best: Vec<Option<(i32, Vec<Change>)>> = vec![None; TOGETHER_MAX + 1];
        best[0] = Some((0, Vec::new()));
        for term in 0..self.terms.len() {
            // Each pair once, from its first term.
            if self.pair_of(term).is_some_and(|(_, table)| table.first != term) {
                continue;
            }
            let Group { one, two } = self.group(term, held);
            let options = [one.map(|one| vec![one]), two.map(|two| two.to_vec())];
            for count in (1..=TOGETHER_MAX).rev() {
                for option in options.iter().flatten().filter(|option| option.len() <= count) {
                    let Some((sum, changes)) = &best[count - option.len()] else { continue };
                    let sum = sum + option.iter().map(|change| change.points).sum::<i32>();
                    if best[count].as_ref().is_none_or(|(known, _)| sum < *known) {
                        best[count] = Some((sum, [changes.as_slice(), option].concat()));
                    }
                }
            }
        }
        let found = best.into_iter().flatten().find(|(sum, _)| *sum <= -excess);
        let mut changes = found.map(|(_, changes)| changes).unwrap_or_default();
        self.soften(excess, held, &mut changes);
        changes.sort_by_key(|change| (change.points, change.term));
        changes
    }

    /// Makes each of the changes as small as the others allow, the largest first. Two that share a pair stay: what one of
    /// them does depends on the other.
    fn soften(&self, excess: i32, held: &Held, changes: &mut [Change]) {
        changes.sort_by_key(|change| (change.points, change.term));
        let changed: Vec<usize> = changes.iter().map(|change| change.term).collect();
        for at in 0..changes.len() {
            let change = changes[at];
            let partner = self.pair_of(change.term).map(|(_, table)| table.first + table.second - change.term);
            if partner.is_some_and(|partner| changed.contains(&partner)) {
                continue;
            }
            let others = changes.iter().map(|change| change.points).sum::<i32>() - change.points;
            let enough = self.changes(change.term, held).filter(|other| others + other.points <= -excess);
            if let Some(smallest) = enough.max_by_key(|other| (other.points, std::cmp::Reverse(other.bin))) {
                changes[at] = smallest;
            }
        }
    }
}

fn points(term: &Term, bin: usize) -> i32 {
    term.bins.get(bin).map_or(0, |bin| bin.points)
}
