//! The judging half: bins from hits, history, context and content, then points, contributions and what was missing.

use glassbox_finding::{
    Absence, Claim, Contribution, Evidence, FeatureValue, History, Missing, Place, TermBin, TextPlace, Verdict,
};

use crate::{
    Content, ContentFeatures, Criticality, Fact, Feature, Found, Level, Model, Probability, RuleRecord, SoFar, Status,
    Term,
};

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
    /// How its hits were disposed of, where the pack says so.
    pub record: Option<RuleRecord>,
    /// Whether it names a technique that the organisation fears most.
    pub is_feared: bool,
    /// Positions of its evidence in the finding; empty for a hit that is told by id alone.
    pub evidence: &'h [u32],
}

/// What is asked of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// How often and where a fact was seen.
    Seen(Fact),
    /// How often the rarest rule hits in this hour, and usually.
    Rate,
    /// What the entity does at this hour.
    Hour,
    /// How regular connections are; nothing from fewer intervals than these.
    Beacon(u32),
    /// What hit on the entity lately, this record included.
    SoFar(SoFar),
    /// How many ancestors were hit.
    AncestorHits,
}

/// What the past answers, and what of the record the answer rests on.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The value, or why there is none.
    pub value: Result<FeatureValue, Absence>,
    /// Which hits it is about.
    pub hits: About,
    /// Positions of evidence that it rests on besides.
    pub grounds: Grounds,
}

/// Which hits something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// None.
    None,
    /// One of them.
    One(usize),
    /// All of them.
    All,
}

/// Up to four positions of evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grounds {
    positions: [u32; 4],
    count: u8,
}

impl Grounds {
    /// Adds a position where there is one, and room for it.
    pub fn push(&mut self, position: Option<u32>) {
        if let (Some(position), Some(place)) = (position, self.positions.get_mut(usize::from(self.count))) {
            *place = position;
            self.count += 1;
        }
    }

    /// The positions.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        &self.positions[..usize::from(self.count)]
    }
}

/// What was before a record: the state of judge, asked about this record.
pub trait Past {
    /// Answers one question.
    fn answer(&self, question: Question) -> Answer;
}

/// What the pack's context says of a record, or why it does not.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'c> {
    /// How critical the host is.
    pub criticality: Result<Criticality, Absence>,
    /// What the host is for.
    pub role: Result<&'c str, Absence>,
    /// Whether it is the work of a known administration tool.
    pub is_tool: Result<bool, Absence>,
    /// Whether it happened in a maintenance window.
    pub is_maintenance: Result<bool, Absence>,
    /// Whether the organisation names techniques that it fears.
    pub knows_fears: bool,
    /// The evidence for the host.
    pub host: Grounds,
    /// The evidence for what a tool is known by.
    pub tool: Grounds,
}

/// Those of a pack that says nothing.
impl Default for Circumstances<'_> {
    fn default() -> Self {
        Self {
            criticality: Err(Absence::Context),
            role: Err(Absence::Context),
            is_tool: Err(Absence::Context),
            is_maintenance: Err(Absence::Context),
            knows_fears: false,
            host: Grounds::default(),
            tool: Grounds::default(),
        }
    }
}

/// Everything a score is made of.
#[derive(Clone, Copy)]
pub struct Inputs<'i> {
    /// The rules that hit, those told in full first.
    pub hits: &'i [HitFacts<'i>],
    /// What reading found.
    pub content: &'i ContentFeatures,
    /// What was before.
    pub past: &'i dyn Past,
    /// What the pack says.
    pub circumstances: Circumstances<'i>,
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
    /// Of the points.
    pub probability: Probability,
    /// Which side of the threshold.
    pub verdict: Verdict,
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
    /// Why, and what of the record it rests on that there is no value.
    Missing(Absence, Vec<u32>),
    Bin {
        bin: usize,
        value: FeatureValue,
        evidence: Vec<u32>,
    },
}

impl Outcome {
    fn bin(&self) -> Option<usize> {
        match self {
            Self::Bin { bin, .. } => Some(*bin),
            Self::NotApplicable | Self::Missing(..) => None,
        }
    }
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
        let bins: Vec<Option<usize>> = outcomes.iter().map(Outcome::bin).collect();
        let mut points = self.base();
        let mut contributions = Vec::with_capacity(outcomes.len());
        let mut missing = Vec::new();
        for ((number, term), outcome) in self.terms.iter().enumerate().zip(outcomes) {
            let contribution = match outcome {
                Outcome::NotApplicable => continue,
                Outcome::Missing(absence, evidence) => {
                    let (points_worst, points_best) = self.range_of(number, |term| bins[term]);
                    missing.push(Missing { term: number as u32, absence, points_best, points_worst });
                    let points = term.missing.as_ref().map_or(0, |missing| missing.points);
                    let value = FeatureValue::Shown;
                    Contribution { term: number as u32, bin: None, value, points, evidence }
                }
                Outcome::Bin { bin, value, evidence } => {
                    let points = term.bins[bin].points;
                    Contribution { term: number as u32, bin: Some(bin as u32), value, points, evidence }
                }
            };
            // At most 64 terms of at most 20,000 points each: the sum stays far within an i32.
            points += contribution.points;
            contributions.push(contribution);
        }
        let probability = self.probability(points);
        let verdict = self.verdict(points, &missing);
        Scored { base: self.base(), points, probability, verdict, contributions, missing, evidence }
    }

    /// Which side of the threshold points are on, or why a person must decide.
    #[must_use]
    pub fn verdict(&self, points: i32, missing: &[Missing]) -> Verdict {
        let (mut worst, mut best) = (i64::from(points), i64::from(points));
        for missing in missing {
            let Some(term) = self.terms.get(missing.term as usize).filter(|term| term.abstain_when_missing) else {
                continue;
            };
            let given = term.missing.as_ref().map_or(0, |missing| missing.points);
            worst += i64::from(missing.points_worst) - i64::from(given);
            best += i64::from(missing.points_best) - i64::from(given);
        }
        let reaches = |points: i64| {
            let points = points.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
            self.probability(points).likely >= self.threshold()
        };
        let Probability { likely, low, high } = self.probability(points);
        match (reaches(worst), reaches(best)) {
            (false, true) => Verdict::DataMissing,
            _ if low < self.threshold() && self.threshold() <= high => Verdict::TooClose,
            _ if likely >= self.threshold() => Verdict::Above,
            _ => Verdict::Below,
        }
    }

    /// What a term that is no pair comes to.
    fn resolve(&self, at: usize, inputs: &Inputs<'_>, evidence: &mut Vec<Evidence>) -> Outcome {
        let term = &self.terms[at];
        if inputs.content.applies >> at & 1 == 0 {
            return Outcome::NotApplicable;
        }
        let (hits, circumstances) = (inputs.hits, &inputs.circumstances);
        match &term.feature {
            Feature::Pair { .. } => Outcome::NotApplicable,
            Feature::RuleLevel {} => {
                let hit = highest(hits);
                named(hit.and_then(|hit| hit.level).map_or(0, |level| level as usize + 1), hit_evidence(hit))
            }
            Feature::RuleStatus {} => {
                let hit = highest(hits);
                named(hit.and_then(|hit| hit.status).map_or(0, |status| status as usize + 1), hit_evidence(hit))
            }
            Feature::HitCount {} => count(term, hits.len() as u64, evidence_of(hits, |_| true)),
            Feature::TacticCount {} => {
                let all = hits.iter().fold(0, |all, hit| all | hit.tactics);
                count(term, all.count_ones().into(), evidence_of(hits, |hit| hit.tactics != 0))
            }
            Feature::TechniqueCount {} => {
                let number = distinct_techniques(hits);
                count(term, number, evidence_of(hits, |hit| !hit.techniques.is_empty()))
            }
            Feature::RuleRecord {} => {
                let known = hits.iter().filter_map(|hit| Some((hit.record?.true_thousandths()?, hit)));
                match known.max_by_key(|(thousandths, _)| *thousandths) {
                    Some((thousandths, hit)) => count(term, thousandths.into(), hit.evidence.to_vec()),
                    None => Outcome::Missing(Absence::Context, Vec::new()),
                }
            }
            Feature::FearedTechnique {} if !circumstances.knows_fears => Outcome::Missing(Absence::Context, Vec::new()),
            Feature::FearedTechnique {} => {
                let any = hits.iter().any(|hit| hit.is_feared);
                named(any.into(), evidence_of(hits, |hit| hit.is_feared == any))
            }
            Feature::AssetCriticality {} => {
                stated(circumstances.criticality.map(|criticality| criticality as usize), &circumstances.host)
            }
            Feature::AssetRole {} => {
                let last = term.bins.len() - 1;
                let bin = |role: &str| term.bins[..last].iter().position(|bin| bin.name == role).unwrap_or(last);
                stated(circumstances.role.map(bin), &circumstances.host)
            }
            Feature::AdministrationTool {} => stated(circumstances.is_tool.map(usize::from), &circumstances.tool),
            Feature::MaintenanceWindow {} => stated(circumstances.is_maintenance.map(usize::from), &Grounds::default()),
            Feature::FieldClass { .. }
            | Feature::FieldLength { .. }
            | Feature::FieldEntropy { .. }
            | Feature::GeneratedName { .. } => self.resolve_content(at, inputs, evidence),
            Feature::SeenBefore { fact, .. } | Feature::SeenOnHosts { fact, .. } => {
                answered(term, inputs, Question::Seen(*fact))
            }
            Feature::Burst {} => answered(term, inputs, Question::Rate),
            Feature::HourHabit { .. } => answered(term, inputs, Question::Hour),
            Feature::Beacon { intervals } => answered(term, inputs, Question::Beacon(*intervals)),
            Feature::SoFar { count } => answered(term, inputs, Question::SoFar(*count)),
            Feature::AncestorHits {} => answered(term, inputs, Question::AncestorHits),
        }
    }

    /// What reading found for a term.
    fn resolve_content(&self, at: usize, inputs: &Inputs<'_>, evidence: &mut Vec<Evidence>) -> Outcome {
        let term = &self.terms[at];
        let found = inputs.content.found.iter().find(|content| usize::from(content.term) == at);
        let Some(content) = found.filter(|content| usize::from(content.bin) < term.bins.len()) else {
            return Outcome::Missing(Absence::Field, Vec::new());
        };
        let mut positions = Vec::new();
        if let Some(found) = &content.found {
            positions.push(inputs.evidence_before + evidence.len() as u32);
            evidence.push(ground(content, found));
        }
        Outcome::Bin { bin: content.bin.into(), value: content.value, evidence: positions }
    }

    /// What a pair comes to; none for a term that is no pair.
    fn resolve_pair(&self, at: usize, outcomes: &[Outcome]) -> Option<Outcome> {
        let table = self.pairs.get(at)?.as_ref()?;
        Some(match (&outcomes[table.first], &outcomes[table.second]) {
            (Outcome::NotApplicable, _) | (_, Outcome::NotApplicable) => Outcome::NotApplicable,
            (Outcome::Missing(absence, left), other) | (other, Outcome::Missing(absence, left)) => {
                let (Outcome::Missing(_, right) | Outcome::Bin { evidence: right, .. }) = other else {
                    return Some(Outcome::NotApplicable);
                };
                Outcome::Missing(*absence, united(left, right))
            }
            (Outcome::Bin { bin: a, evidence: left, .. }, Outcome::Bin { bin: b, evidence: right, .. }) => {
                let bin = table.cell(*a, *b);
                Outcome::Bin { bin, value: FeatureValue::Shown, evidence: united(left, right) }
            }
        })
    }
}

/// Positions of either, each once.
fn united(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut all = [left, right].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// What the past answers for a term.
fn answered(term: &Term, inputs: &Inputs<'_>, question: Question) -> Outcome {
    let Answer { value, hits, grounds } = inputs.past.answer(question);
    let mut evidence = match hits {
        About::None => Vec::new(),
        About::One(hit) => inputs.hits.get(hit).map(|hit| hit.evidence.to_vec()).unwrap_or_default(),
        About::All => evidence_of(inputs.hits, |_| true),
    };
    evidence.extend(grounds.as_slice());
    match value.and_then(|value| Ok((value, term.feature.number(value)?))) {
        Ok((value, number)) => Outcome::Bin { bin: term.bin_of(number), value, evidence },
        Err(absence) => Outcome::Missing(absence, evidence),
    }
}

/// The first hit of the highest level.
fn highest<'h>(hits: &'h [HitFacts<'h>]) -> Option<&'h HitFacts<'h>> {
    hits.iter().rev().max_by_key(|hit| hit.level)
}

fn hit_evidence(hit: Option<&HitFacts<'_>>) -> Vec<u32> {
    hit.map(|hit| hit.evidence.to_vec()).unwrap_or_default()
}

/// A bin that its name alone decides.
fn named(bin: usize, evidence: Vec<u32>) -> Outcome {
    Outcome::Bin { bin, value: FeatureValue::Shown, evidence }
}

/// A bin that the pack's context decides.
fn stated(bin: Result<usize, Absence>, grounds: &Grounds) -> Outcome {
    let grounds = grounds.as_slice().to_vec();
    match bin {
        Ok(bin) => named(bin, grounds),
        Err(absence) => Outcome::Missing(absence, grounds),
    }
}

/// The evidence of the hits that something rests on.
fn evidence_of(hits: &[HitFacts<'_>], counted: impl Fn(&HitFacts<'_>) -> bool) -> Vec<u32> {
    hits.iter().filter(|hit| counted(hit)).flat_map(|hit| hit.evidence.iter().copied()).collect()
}

fn distinct_techniques(hits: &[HitFacts<'_>]) -> u64 {
    let mut techniques: Vec<u32> = hits.iter().flat_map(|hit| hit.techniques).map(|it| it / 1_000).collect();
    techniques.sort_unstable();
    techniques.dedup();
    techniques.len() as u64
}

fn count(term: &Term, number: u64, evidence: Vec<u32>) -> Outcome {
    Outcome::Bin { bin: term.bin_of(number), value: FeatureValue::Number(number), evidence }
}

/// The evidence for what a content feature found.
fn ground(content: &Content, found: &Found) -> Evidence {
    let claim = Claim::Bin(TermBin {
        term: content.term.into(),
        bin: content.bin.into(),
        predicate: found.predicate.map(Into::into),
        field: found.field,
    });
    Evidence { claim, place: Place::Text(TextPlace::from(found.place)) }
}

/// A past that knows nothing: every answer is missing for want of history.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPast;

impl Past for NoPast {
    fn answer(&self, _question: Question) -> Answer {
        let value = Err(Absence::History(History::default()));
        Answer { value, hits: About::None, grounds: Grounds::default() }
    }
}
