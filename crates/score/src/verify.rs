//! What a host checks of a finding against the pack's model: by looking up and adding.

use glassbox_finding::Finding;

use crate::{Model, Probability};

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
            if contribution.points != expected {
                let (term, bin) = (term.name.clone(), term.bin_name(bin).unwrap_or_default().to_owned());
                return Err(Disagreement::Points { term, bin, stated: contribution.points, expected });
            }
        }
        for missing in &finding.missing {
            let Some(term) = self.terms.get(missing.term as usize) else { continue };
            if term.range() != (missing.points_worst, missing.points_best) {
                return Err(Disagreement::Range { term: term.name.clone(), expected: term.range() });
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
}
