//! The judging half: bins from hits, history and content, then points, contributions and what was missing.

use glassbox_finding::{Contribution, Evidence, Missing, Operator, Place, Predicate};

use crate::{Content, ContentFeatures, Feature, Found, Level, MISSING, Model, Status, Term};

/// What the model needs to know of one rule that hit.
#[derive(Clone, Copy, Debug, Default)]
pub struct HitFacts<'h> {
    /// The rule's level, if it states one.
    pub level: Option<Level>,
    /// The rule's status, if it states one.
    pub status: Option<Status>,
    /// The tactics it names: one bit each.
    pub tactics: u32,
    /// The techniques it names, as numbers: a thousand times the technique's plus the sub-technique's, so that
    /// T1059.001 is 1059001.
    pub techniques: &'h [u32],
    /// Positions of its evidence in the finding; empty for a hit that is told by id alone.
    pub evidence: &'h [u32],
}

/// How often the rarest of the rules that hit was seen on this entity before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// Which of the hits.
    pub hit: usize,
    /// How often.
    pub times: u64,
    /// In how many records altogether.
    pub records: u64,
}

/// Everything a score is made of.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'i> {
    /// The rules that hit, those told in full first.
    pub hits: &'i [HitFacts<'i>],
    /// What reading found.
    pub content: &'i ContentFeatures,
    /// The history of the hits; none where the record names no entity.
    pub repetition: Option<Repetition>,
    /// How much evidence the finding has already: the model's own is appended after it.
    pub evidence_before: u32,
}

/// A score and all its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// The model's base.
    pub base: i32,
    /// Base plus contributions.
    pub points: i32,
    /// Millionths.
    pub probability: u32,
    /// One for each term that applies, in the model's order.
    pub contributions: Vec<Contribution>,
    /// Features that could not be computed.
    pub missing: Vec<Missing>,
    /// Evidence to append to the finding's.
    pub evidence: Vec<Evidence>,
}

/// What a term came to.
#[derive(Clone, Debug)]
enum Outcome {
    NotApplicable,
    Missing,
    Bin { bin: usize, value: String, evidence: Vec<u32> },
}

impl Model {
    /// Scores one record. The content features must be of this model, see [`ContentFeatures::fits`]; what does not fit
    /// counts as missing.
    #[must_use]
    pub fn score(&self, inputs: &Inputs<'_>) -> Scored {
        let mut evidence = Vec::new();
        let mut outcomes: Vec<Outcome> =
            (0..self.terms.len()).map(|at| self.resolve(at, inputs, &mut evidence)).collect();
        for at in 0..self.terms.len() {
            if inputs.content.applies >> at & 1 == 1
                && let Some(outcome) = self.resolve_pair(at, &outcomes)
            {
                outcomes[at] = outcome;
            }
        }
        let mut scored = Scored {
            base: self.base(),
            points: self.base(),
            probability: 0,
            contributions: Vec::with_capacity(outcomes.len()),
            missing: Vec::new(),
            evidence,
        };
        for (term, outcome) in self.terms.iter().zip(outcomes) {
            let contribution = match outcome {
                Outcome::NotApplicable => continue,
                Outcome::Missing => {
                    scored.missing.push(self.missing(term));
                    let points = term.missing.as_ref().map_or(0, |missing| missing.points);
                    contribution(term, MISSING, String::new(), points, Vec::new())
                }
                Outcome::Bin { bin, value, evidence } => {
                    let bin = &term.bins[bin];
                    contribution(term, &bin.name, value, bin.points, evidence)
                }
            };
            // At most 64 terms of at most 20,000 points each: the sum stays far within an i32.
            scored.points += contribution.points;
            scored.contributions.push(contribution);
        }
        scored.probability = self.probability(scored.points);
        scored
    }

    /// What a term that is no pair comes to.
    fn resolve(&self, at: usize, inputs: &Inputs<'_>, evidence: &mut Vec<Evidence>) -> Outcome {
        let term = &self.terms[at];
        if inputs.content.applies >> at & 1 == 0 {
            return Outcome::NotApplicable;
        }
        let hits = inputs.hits;
        match &term.feature {
            Feature::Pair { .. } => Outcome::NotApplicable,
            Feature::RuleLevel {} => {
                let hit = highest(hits);
                let level = hit.and_then(|hit| hit.level);
                named(level.map(|level| level as usize), level.map(Level::name), hit)
            }
            Feature::RuleStatus {} => {
                let hit = highest(hits);
                let status = hit.and_then(|hit| hit.status);
                named(status.map(|status| status as usize), status.map(Status::name), hit)
            }
            Feature::HitCount {} => count(term, hits.len() as u64, first_evidence(hits, |_| true)),
            Feature::TacticCount {} => {
                let all = hits.iter().fold(0, |all, hit| all | hit.tactics);
                count(term, all.count_ones().into(), first_evidence(hits, |hit| hit.tactics != 0))
            }
            Feature::TechniqueCount {} => {
                let mut techniques: Vec<u32> =
                    hits.iter().flat_map(|hit| hit.techniques).map(|technique| technique / 1000).collect();
                techniques.sort_unstable();
                techniques.dedup();
                count(term, techniques.len() as u64, first_evidence(hits, |hit| !hit.techniques.is_empty()))
            }
            Feature::RuleRepetition { .. } => {
                let Some(Repetition { hit, times, records }) = inputs.repetition else { return Outcome::Missing };
                let evidence = hits.get(hit).map(|hit| hit.evidence.to_vec()).unwrap_or_default();
                let value = format!("{times} times in {records} records");
                Outcome::Bin { bin: bin_of(term, times), value, evidence }
            }
            Feature::FieldClass { .. } | Feature::FieldLength { .. } => {
                let found = inputs.content.found.iter().find(|content| usize::from(content.term) == at);
                let Some(content) = found.filter(|content| usize::from(content.bin) < term.bins.len()) else {
                    return Outcome::Missing;
                };
                let bin = usize::from(content.bin);
                let mut positions = Vec::new();
                if let Some(ground) = content.found.as_ref().and_then(|found| ground(term, content, found)) {
                    positions.push(inputs.evidence_before + position(evidence, ground));
                }
                Outcome::Bin { bin, value: content.value.clone(), evidence: positions }
            }
        }
    }

    /// What a pair comes to; none for a term that is no pair.
    fn resolve_pair(&self, at: usize, outcomes: &[Outcome]) -> Option<Outcome> {
        let table = self.pairs.get(at)?.as_ref()?;
        Some(match (&outcomes[table.first], &outcomes[table.second]) {
            (Outcome::NotApplicable, _) | (_, Outcome::NotApplicable) => Outcome::NotApplicable,
            (Outcome::Missing, _) | (_, Outcome::Missing) => Outcome::Missing,
            (Outcome::Bin { bin: a, evidence: left, .. }, Outcome::Bin { bin: b, evidence: right, .. }) => {
                let name = |term: usize, bin: usize| &self.terms[term].bins[bin].name;
                let value = format!("{} + {}", name(table.first, *a), name(table.second, *b));
                let mut evidence = [left.as_slice(), right].concat();
                evidence.sort_unstable();
                evidence.dedup();
                Outcome::Bin { bin: table.bins[a * table.second_bins + b].into(), value, evidence }
            }
        })
    }

    fn missing(&self, term: &Term) -> Missing {
        let mut fields = term.feature.fields().to_vec();
        if let Feature::Pair { first, second } = &term.feature {
            for part in [first, second].into_iter().filter_map(|name| self.term(name)) {
                fields.extend_from_slice(part.feature.fields());
            }
        }
        let (points_worst, points_best) = term.range();
        Missing { feature: term.name.clone(), fields, points_best, points_worst }
    }
}

fn contribution(term: &Term, bin: &str, value: String, points: i32, evidence: Vec<u32>) -> Contribution {
    Contribution { term: term.name.clone(), bin: bin.to_owned(), value, points, evidence }
}

/// The first hit of the highest level.
fn highest<'h>(hits: &'h [HitFacts<'h>]) -> Option<&'h HitFacts<'h>> {
    hits.iter().rev().max_by_key(|hit| hit.level)
}

/// The bin of a level or status: the first is for none.
fn named(rank: Option<usize>, name: Option<&str>, hit: Option<&HitFacts<'_>>) -> Outcome {
    let evidence = hit.map(|hit| hit.evidence.to_vec()).unwrap_or_default();
    Outcome::Bin { bin: rank.map_or(0, |rank| rank + 1), value: name.unwrap_or("none").to_owned(), evidence }
}

/// One piece of evidence of each hit that a count rests on.
fn first_evidence(hits: &[HitFacts<'_>], counted: impl Fn(&HitFacts<'_>) -> bool) -> Vec<u32> {
    let mut evidence: Vec<u32> =
        hits.iter().filter(|hit| counted(hit)).filter_map(|hit| hit.evidence.first().copied()).collect();
    evidence.sort_unstable();
    evidence.dedup();
    evidence
}

fn count(term: &Term, number: u64, evidence: Vec<u32>) -> Outcome {
    Outcome::Bin { bin: bin_of(term, number), value: number.to_string(), evidence }
}

/// The last bin whose `at_least` is reached; the first has 0.
fn bin_of(term: &Term, number: u64) -> usize {
    term.bins.partition_point(|bin| bin.at_least.unwrap_or(0) <= number).saturating_sub(1)
}

/// The evidence for what a content feature found; none where positions do not fit the model.
fn ground(term: &Term, content: &Content, found: &Found) -> Option<Evidence> {
    let bin = term.bins.get(usize::from(content.bin))?;
    let predicate = match (found.predicate, &term.feature) {
        (Some(number), _) => bin.predicates().nth(usize::from(number))?,
        (None, Feature::FieldLength { .. }) => {
            Predicate::new(Operator::LengthAtLeast, bin.at_least.unwrap_or(0).to_string())
        }
        // The bin that takes the rest rests on the field being there.
        (None, _) => Predicate::new(Operator::Exists, ""),
    };
    Some(Evidence {
        selection: String::new(),
        field: term.feature.fields().get(usize::from(found.field))?.clone(),
        predicate,
        value: found.predicate.unwrap_or(0).into(),
        values: if found.predicate.is_some() { bin.predicate_count() as u32 } else { 1 },
        place: Place::Text(found.place),
        quote: found.quote.clone(),
    })
}

/// The evidence's position in the list; appended where it is not there yet.
fn position(evidence: &mut Vec<Evidence>, ground: Evidence) -> u32 {
    let known = evidence.iter().position(|known| *known == ground);
    known.unwrap_or_else(|| {
        evidence.push(ground);
        evidence.len() - 1
    }) as u32
}
