//! Findings, and what explains why there is none.

use serde::{Deserialize, Serialize};

use super::{Class, Contribution, EventTime, Evidence, Missing, RuleItem, Sequence, Suppressed, TextPlace, Verdict};
use crate::limits::{FURTHER_HITS_MAX, HITS_FULL_MAX};

/// A rule that the record satisfied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The rule.
    pub rule: u32,
    /// Positions in the finding's evidence.
    pub evidence: Vec<u32>,
    /// Whether evidence was left out.
    pub cut: bool,
}

/// The kinds of thing that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntityKind {
    /// A computer.
    Host,
    /// A user on a host or in a directory.
    User,
    /// A running program.
    Process,
    /// A network address.
    Address,
    /// A domain name.
    Domain,
    /// An account of a cloud or service.
    Account,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entity {
    /// Its kind.
    pub kind: EntityKind,
    /// The field that names it.
    pub field: u32,
    /// Where its name stands.
    pub place: TextPlace,
}

/// A value of the record that is worth quoting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldPlace {
    /// The field.
    pub field: u32,
    /// Where its value stands.
    pub place: TextPlace,
}

/// A window of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// What its records have in common.
    pub group: Vec<Entity>,
    /// The time of its first record.
    pub from: EventTime,
    /// The time of its last record.
    pub to: EventTime,
    /// Sequences of records that took part, ascending.
    pub records: Vec<Sequence>,
    /// How many records took part in all.
    pub count: u64,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A record.
    Record(Sequence),
    /// A window of records.
    Window(Window),
}

/// An event that another detector already raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its name, or the name of the detector's rule.
    pub name: TextPlace,
    /// Its severity, as the detector writes it.
    pub severity: Option<TextPlace>,
}

/// What the plugin says about a record or a window that deserves attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// The sequence of the note or tick that it comes from: the finding's own record.
    pub at: Sequence,
    /// The alert that caused it; otherwise rules did.
    pub alert: Option<Alert>,
    /// An earlier record with a finding of the same act.
    pub same_act: Option<Sequence>,
    /// What it is about, by names in the record.
    pub entities: Vec<Entity>,
    /// Values worth quoting.
    pub fields: Vec<FieldPlace>,
    /// Rules satisfied, with evidence, in the directory's order.
    pub hits: Vec<Hit>,
    /// Further rules satisfied, in the directory's order.
    pub further_hits: Vec<u32>,
    /// How many rules were satisfied in all.
    pub hits_total: u32,
    /// Why each claim holds.
    pub evidence: Vec<Evidence>,
    /// The model's base.
    pub base: i32,
    /// One a term.
    pub contributions: Vec<Contribution>,
    /// Base plus contributions.
    pub points: i32,
    /// Calibrated probability, in millionths.
    pub probability: u32,
    /// The least that the probability may be, in millionths.
    pub probability_low: u32,
    /// The most that the probability may be, in millionths.
    pub probability_high: u32,
    /// Which side of the threshold, or abstained.
    pub verdict: Verdict,
    /// Features that could not be computed.
    pub missing: Vec<Missing>,
}

impl Finding {
    /// The rules that are listed, those with evidence first.
    pub fn rules(&self) -> impl Iterator<Item = u32> {
        self.hits.iter().map(|hit| hit.rule).chain(self.further_hits.iter().copied())
    }

    /// How many rules are listed.
    #[must_use]
    pub fn hits_listed(&self) -> usize {
        self.hits.len() + self.further_hits.len()
    }
}

/// What judge decided on the notes that it was given, or on a tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// In the order of `at`.
    pub findings: Vec<Finding>,
    /// How many of the notes have no finding about their record.
    pub quiet: u32,
}

/// A predicate that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedPredicate {
    /// The rule's item, with the first predicate that failed; where it is negated, the one that held.
    pub item: RuleItem,
    /// Whether the item must not hold, and did.
    pub negated: bool,
    /// Where the value stands; none where the field is absent.
    pub found: Option<TextPlace>,
}

/// A rule that came near.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearMiss {
    /// The rule.
    pub rule: u32,
    /// Required parts of the condition that held.
    pub held: u32,
    /// Required parts of the condition.
    pub needed: u32,
    /// Whether the rule is about another logsource.
    pub other_logsource: bool,
    /// What failed.
    pub failed: Vec<FailedPredicate>,
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadValue {
    /// The field; none where nothing reads it.
    pub field: Option<u32>,
    /// Where its value stands.
    pub place: TextPlace,
}

/// Everything the plugin can say about one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What kind of record this is.
    pub class: Class,
    /// When it happened; 0 where the class is not timed.
    pub time: EventTime,
    /// All categories of the record.
    pub categories: Vec<String>,
    /// Every value that was read.
    pub fields: Vec<ReadValue>,
    /// Rules considered.
    pub considered: u32,
    /// Rules about another logsource.
    pub other_logsource: u32,
    /// The finding, where any rule hit.
    pub finding: Option<Finding>,
    /// Hits that filters took away.
    pub suppressed: Vec<Suppressed>,
    /// The nearest rules, nearest first.
    pub near_misses: Vec<NearMiss>,
}

/// How many of so many hits a finding lists with evidence, and how many further ones. The plugin lists by it, and the
/// host checks by it.
#[must_use]
pub fn listed_hits(total: usize) -> (usize, usize) {
    let full = total.min(HITS_FULL_MAX);
    (full, (total - full).min(FURTHER_HITS_MAX))
}
