//! The model as it is written: terms, bins, calibration.

use std::fmt;

use glassbox_finding::{Contribution, Logsource};
use glassbox_predicate::{Operator, Predicate};
use serde::{Deserialize, Serialize};

use crate::{Feature, Knot, ModelError, Probability, calibration, check};

/// The format of the JSON.
pub const FORMAT: u32 = 1;
/// Bytes of a model's JSON.
pub const MODEL_BYTES_MAX: usize = 1 << 20;
/// Terms of a model: one contribution each, and a finding holds as many.
pub const TERMS_MAX: usize = glassbox_finding::limits::CONTRIBUTIONS_MAX;
/// Bins of one term.
pub const BINS_MAX: usize = 64;
/// Operands listed in all bins together.
pub const PREDICATES_MAX: usize = 4096;
/// The most points, up or down, of one bin or the base: thousandths of a log-odds unit.
pub const POINTS_MAX: i32 = 20_000;
/// The bin of a feature that could not be computed.
pub const MISSING: &str = "missing";

/// A checked model. It exists only by [`Model::parse`] and [`Model::open`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    format: u32,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    note: String,
    base: i32,
    threshold: u32,
    pub(crate) terms: Vec<Term>,
    pub(crate) calibration: Vec<Knot>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    calibration_is_fitted: bool,
    /// For each term that is a pair, its table; made on load.
    #[serde(skip)]
    pub(crate) pairs: Vec<Option<PairTable>>,
}

/// Which bin of a pair holds for two bins of its features.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PairTable {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) second_bins: usize,
    pub(crate) bins: Vec<u8>,
}

impl PairTable {
    /// The pair's bin for a bin of either term.
    pub(crate) fn cell(&self, first: usize, second: usize) -> usize {
        self.bins[first * self.second_bins + second].into()
    }
}

/// One feature and its table of points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Its name in contributions.
    pub name: String,
    /// What it is about, as a phrase for people.
    pub title: String,
    /// What is computed.
    pub feature: Feature,
    /// The logsources it is about: a record of any of them; every record where none is listed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub applies_to: Vec<Logsource>,
    /// How points follow the order of the bins, where they must.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub monotone: Option<Monotone>,
    /// The table. What divides values into bins depends on the feature.
    pub bins: Vec<Bin>,
    /// What it gives where it could not be computed; exactly for features that may be missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing: Option<MissingBin>,
    /// Whether the score leans on it: where it is missing and could have changed the side of the threshold, a person
    /// decides.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub abstain_when_missing: bool,
}

/// How points follow the order of bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Monotone {
    /// Never fewer points in a later bin.
    Increasing,
    /// Never more points in a later bin.
    Decreasing,
}

impl fmt::Display for Monotone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Increasing => "increasing",
            Self::Decreasing => "decreasing",
        })
    }
}

/// One line of a term's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// Its name in contributions.
    pub name: String,
    /// Thousandths of a log-odds unit.
    pub points: i32,
    /// What it means, as a phrase for people.
    pub phrase: String,
    /// The least number in this bin; it goes to the next bin's. The first bin has 0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_least: Option<u64>,
    /// The bin holds where any of these does.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub any: Vec<Choice>,
    /// The pairs of bins that belong here.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub cells: Vec<Cells>,
}

/// Predicates that share an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// How the value is compared.
    pub operator: Operator,
    /// With any of these.
    pub operands: Vec<String>,
    /// Whether upper and lower case differ.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cased: bool,
}

/// Every bin of `first` together with every bin of `second`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cells {
    /// Bins of the first term.
    pub first: Vec<String>,
    /// Bins of the second term.
    pub second: Vec<String>,
}

/// What a term gives where its feature could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingBin {
    /// Thousandths of a log-odds unit.
    pub points: i32,
    /// What it means, as a phrase for people.
    pub phrase: String,
}

impl Model {
    /// Reads a model and checks all of it.
    ///
    /// # Errors
    /// When it is not a model, or one whose points could not be explained: the error names the place and the way out.
    pub fn parse(json: &[u8]) -> Result<Self, ModelError> {
        let model = Self::open(json)?;
        check::check_predicates(&model.terms)?;
        Ok(model)
    }

    /// As `parse`, but without making its predicates ready, which takes longer than all else: one that cannot be used
    /// never holds. For the guest, whose host has parsed the same model.
    ///
    /// # Errors
    /// As `parse`, but for operands.
    pub fn open(json: &[u8]) -> Result<Self, ModelError> {
        if json.len() > MODEL_BYTES_MAX {
            return Err(ModelError::TooLarge { bytes: json.len() });
        }
        let mut model: Self = serde_json::from_slice(json).map_err(|error| ModelError::Json(error.to_string()))?;
        if model.format != FORMAT {
            return Err(ModelError::Format { found: model.format, supported: FORMAT });
        }
        check::check_points("the base", model.base)?;
        calibration::check_threshold(model.threshold)?;
        model.pairs = check::check_terms(&model.terms)?;
        calibration::check(&model.calibration)?;
        Ok(model)
    }

    /// The model as JSON that a person can read and compare.
    ///
    /// # Errors
    /// None in practice: every model can be written.
    pub fn to_json(&self) -> Result<String, ModelError> {
        serde_json::to_string_pretty(self).map_err(|error| ModelError::Json(error.to_string()))
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its points come from.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The points that every finding starts from.
    #[must_use]
    pub fn base(&self) -> i32 {
        self.base
    }

    /// The terms, in the order of their contributions.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The term of a name.
    #[must_use]
    pub fn term(&self, name: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.name == name)
    }

    /// From which probability on, in millionths, a finding is above the threshold.
    #[must_use]
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// The calibrated probability of some points with its interval, in millionths.
    #[must_use]
    pub fn probability(&self, points: i32) -> Probability {
        calibration::probability(&self.calibration, points)
    }

    /// The fewest and the most points that a term could have given where it could not be computed: those of its bins; of a
    /// pair, those of the cells that remain where one of its two terms is known. `bin` tells the bin of a term, none where it
    /// could not be computed either.
    #[must_use]
    pub fn range_of(&self, term: usize, bin: impl Fn(usize) -> Option<usize>) -> (i32, i32) {
        let Some(Some(table)) = self.pairs.get(term) else {
            return self.terms.get(term).map_or((0, 0), Term::range);
        };
        let possible = |term: usize| match bin(term) {
            Some(bin) => bin..bin + 1,
            None => 0..self.terms[term].bins.len(),
        };
        let seconds = || possible(table.second).filter(|&second| second < table.second_bins);
        let firsts = possible(table.first).filter(|&first| first < self.terms[table.first].bins.len());
        let points = firsts.flat_map(|first| seconds().map(move |second| table.cell(first, second)));
        let points = points.filter_map(|cell| Some(self.terms[term].bins.get(cell)?.points));
        points
            .fold(None, |range, points| {
                let (worst, best) = range.unwrap_or((points, points));
                Some((points.min(worst), points.max(best)))
            })
            .unwrap_or((0, 0))
    }

    /// The bin of each term in a finding; none where it could not be computed or does not apply.
    pub(crate) fn bins_of(&self, contributions: &[Contribution]) -> Vec<Option<usize>> {
        let mut bins = vec![None; self.terms.len()];
        for contribution in contributions {
            if let Some(slot) = bins.get_mut(contribution.term as usize) {
                *slot = contribution.bin.map(|bin| bin as usize);
            }
        }
        bins
    }

    /// Whether the calibration was fitted to what became of findings. Where it was set by hand, probabilities rank and are
    /// no measured frequencies.
    #[must_use]
    pub fn calibration_is_fitted(&self) -> bool {
        self.calibration_is_fitted
    }

    /// The fewest points whose probability reaches the threshold; none where none do.
    #[must_use]
    pub fn threshold_points(&self) -> Option<i32> {
        calibration::points_of(&self.calibration, self.threshold)
    }
}

impl Term {
    /// The name of a bin, or of having none.
    #[must_use]
    pub fn bin_name(&self, bin: Option<u32>) -> Option<&str> {
        match bin {
            None => Some(MISSING),
            Some(bin) => self.bins.get(bin as usize).map(|bin| bin.name.as_str()),
        }
    }

    /// The phrase for a bin, or for having none.
    #[must_use]
    pub fn phrase(&self, bin: Option<u32>) -> Option<&str> {
        match bin {
            None => self.missing.as_ref().map(|missing| missing.phrase.as_str()),
            Some(bin) => self.bins.get(bin as usize).map(|bin| bin.phrase.as_str()),
        }
    }

    /// The bin of a number: the last whose `at_least` is reached; the first has 0.
    pub(crate) fn bin_of(&self, number: u64) -> usize {
        self.bins.partition_point(|bin| bin.at_least.unwrap_or(0) <= number).saturating_sub(1)
    }

    /// The fewest and the most points that its bins give.
    #[must_use]
    pub fn range(&self) -> (i32, i32) {
        let points = || self.bins.iter().map(|bin| bin.points);
        (points().min().unwrap_or(0), points().max().unwrap_or(0))
    }
}

impl Term {
    /// The predicate that evidence of a bin claims; none where there is no such bin or predicate. Evidence that names no
    /// predicate claims that the measure reaches the bin, or that the field is present.
    #[must_use]
    pub fn claimed(&self, bin: usize, predicate: Option<usize>) -> Option<Predicate> {
        let bin = self.bins.get(bin)?;
        match (predicate, &self.feature) {
            (Some(position), _) => bin.predicate(position),
            (None, Feature::FieldLength { .. }) => {
                Some(Predicate::new(Operator::LengthAtLeast, bin.at_least.unwrap_or(0).to_string()))
            }
            // The bin that takes the rest rests on the field being there, and so do measures.
            (None, _) => Some(Predicate::new(Operator::Exists, "")),
        }
    }
}

impl Bin {
    /// All predicates listed, in order.
    pub fn predicates(&self) -> impl Iterator<Item = Predicate> {
        self.any.iter().flat_map(|choice| {
            let Choice { operator, operands, cased } = choice;
            operands.iter().map(|operand| Predicate { operator: *operator, operand: operand.clone(), cased: *cased })
        })
    }

    /// One of them by its position; the others are not made for it.
    #[must_use]
    pub fn predicate(&self, position: usize) -> Option<Predicate> {
        let mut rest = position;
        for Choice { operator, operands, cased } in &self.any {
            match operands.get(rest) {
                Some(operand) => {
                    return Some(Predicate { operator: *operator, operand: operand.clone(), cased: *cased });
                }
                None => rest -= operands.len(),
            }
        }
        None
    }

    /// How many predicates are listed.
    #[must_use]
    pub fn predicate_count(&self) -> usize {
        self.any.iter().map(|choice| choice.operands.len()).sum()
    }
}
