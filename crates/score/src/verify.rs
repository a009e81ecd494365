//! What a host checks of a finding against the pack's model: by looking up and adding. That a value is true of the record
//! and its past is not checked here; that it falls into the bin that the finding names is.

use glassbox_finding::{Contribution, FeatureValue, Finding};

use crate::{Feature, Model, Probability, Term};

/// Why a finding is not what the model says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// Another base.
    #[error("the finding starts from {stated} points and the model from {expected}")]
    Base {
        /// What the finding says.
        stated: i32,
        /// What the model says.
        expected: i32,
    },
    /// A term or bin that the model does not have, or terms out of order.
    #[error("contribution {number} names term {term} and bin {bin:?}, and the model has no such one there")]
    NoSuchBin {
        /// Which contribution.
        number: usize,
        /// The term.
        term: u32,
        /// The bin.
        bin: Option<u32>,
    },
    /// Other points than the table's.
    #[error("term `{term}` gives {expected} points for bin `{bin}`, and the finding says {stated}")]
    Points {
        /// The term.
        term: String,
        /// The bin.
        bin: String,
        /// What the finding says.
        stated: i32,
        /// What the model says.
        expected: i32,
    },
    /// A value, or the bins of a pair's two terms, that another bin is for.
    #[error("term `{term}` has a value of bin `{expected}`, and the finding says `{stated}`")]
    Value {
        /// The term.
        term: String,
        /// The bin that the finding names.
        stated: String,
        /// The bin that the value falls into.
        expected: String,
    },
    /// Other best and worst points of what is missing.
    #[error("term `{term}` could have given {expected:?} points at worst and at best, and the finding says otherwise")]
    Range {
        /// The term.
        term: String,
        /// At worst, at best.
        expected: (i32, i32),
    },
    /// Another probability, interval or verdict than the calibration gives.
    #[error("{points} points are {expected} by the model, and the finding says {stated}")]
    Calibration {
        /// The points.
        points: i32,
        /// What the finding says.
        stated: String,
        /// What the model says.
        expected: String,
    },
}

impl Model {
    /// Checks that a finding's base, points, probability and verdict are what this model gives for the bins that it names.
    ///
    /// # Errors
    /// The first thing that is not.
    pub fn verify(&self, finding: &Finding) -> Result<(), Disagreement> {
        if finding.base != self.base() {
            return Err(Disagreement::Base { stated: finding.base, expected: self.base() });
        }
        let bins = self.bins_of(&finding.contributions);
        let mut next = 0;
        for (number, contribution) in finding.contributions.iter().enumerate() {
            let (position, bin) = (contribution.term, contribution.bin);
            let no_such = || Disagreement::NoSuchBin { number, term: position, bin };
            let term = self.terms.get(position as usize).filter(|_| position >= next).ok_or_else(no_such)?;
            next = position + 1;
            let expected = match bin {
                Some(bin) => term.bins.get(bin as usize).map(|bin| bin.points),
                None => term.missing.as_ref().map(|missing| missing.points),
            };
            let expected = expected.ok_or_else(no_such)?;
            self.verify_bin(term, contribution, finding, &bins)?;
            if contribution.points != expected {
                let (term, bin) = (term.name.clone(), term.bin_name(bin).unwrap_or_default().to_owned());
                return Err(Disagreement::Points { term, bin, stated: contribution.points, expected });
            }
        }
        for missing in &finding.missing {
            let Some(term) = self.terms.get(missing.term as usize) else { continue };
            let expected = self.range_of(missing.term as usize, |term| bins[term]);
            if expected != (missing.points_worst, missing.points_best) {
                return Err(Disagreement::Range { term: term.name.clone(), expected });
            }
        }
        let Probability { likely, low, high } = self.probability(finding.points);
        let expected = (likely, low, high, self.verdict(finding.points, &finding.missing));
        let stated = (finding.probability, finding.probability_low, finding.probability_high, finding.verdict);
        if stated != expected {
            let (stated, expected) = (format!("{stated:?}"), format!("{expected:?}"));
            return Err(Disagreement::Calibration { points: finding.points, stated, expected });
        }
        Ok(())
    }

    /// Checks that a contribution's value falls into its bin: a number by the table's thresholds, a pair by the bins of its
    /// two terms, the number of hits by the hits.
    fn verify_bin(
        &self,
        term: &Term,
        contribution: &Contribution,
        finding: &Finding,
        bins: &[Option<usize>],
    ) -> Result<(), Disagreement> {
        let stated = contribution.bin.map(|bin| bin as usize);
        let expected = match (self.pairs[contribution.term as usize].as_ref(), stated) {
            (Some(table), _) => match (bins[table.first], bins[table.second]) {
                (Some(first), Some(second)) if self.has_bins(table.first, first, table.second, second) => {
                    Some(table.cell(first, second))
                }
                _ => None,
            },
            // What could not be computed has no value, and what has a value could be computed.
            (None, None) => (contribution.value != FeatureValue::Shown).then_some(0),
            (None, Some(bin)) if term.feature.unit().is_none() => {
                (contribution.value == FeatureValue::Shown).then_some(bin)
            }
            (None, Some(_)) => {
                let hits = u64::from(finding.hits_total);
                let number = term.feature.number(contribution.value).ok();
                let number = number.filter(|&number| term.feature != Feature::HitCount {} || number == hits);
                number.map(|number| term.bin_of(number))
            }
        };
        if expected == stated {
            return Ok(());
        }
        let name = |bin: Option<usize>| term.bin_name(bin.map(|bin| bin as u32)).unwrap_or_default().to_owned();
        let (stated, expected) = (name(stated), name(expected));
        Err(Disagreement::Value { term: term.name.clone(), stated, expected })
    }

    fn has_bins(&self, first: usize, first_bin: usize, second: usize, second_bin: usize) -> bool {
        first_bin < self.terms[first].bins.len() && second_bin < self.terms[second].bins.len()
    }
}
