//! The types that cross the boundary. Field by field they mirror the contract.

use glassbox_predicate::{Place, Predicate, TextPlace};
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
pub type EventTime = i64;

/// What produced a record, in Sigma's terms; an absent part is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Logsource {
    /// Such as `windows`.
    #[serde(default)]
    pub product: Option<String>,
    /// Such as `process_creation`.
    #[serde(default)]
    pub category: Option<String>,
    /// Such as `security`.
    #[serde(default)]
    pub service: Option<String>,
}

/// Why a record was not scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnscoredReason {
    /// No bytes but white space.
    Empty,
    /// Begins like a structured record and does not parse as one.
    Malformed,
    /// Nests deeper than the reader follows.
    TooDeep,
    /// Longer than the reader accepts.
    TooLarge,
}

/// A record that was not scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unscored {
    /// Position in the batch.
    pub index: u32,
    /// Why.
    pub reason: UnscoredReason,
    /// The byte of the record at which reading stopped.
    pub at: u32,
}

/// Records of one schema in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaCount {
    /// The schema's name.
    pub schema: String,
    /// How many.
    pub records: u32,
}

/// What read took from a batch, and the account of every record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Positions of records that judge decides on, ascending.
    pub noted: Vec<u32>,
    /// Records not scored, ascending.
    pub unscored: Vec<Unscored>,
    /// Positions of records outside the time window, ascending.
    pub outside: Vec<u32>,
    /// All other records.
    pub quiet: u32,
    /// The latest event time of the batch.
    pub latest: Option<EventTime>,
    /// Records by schema, in order of name.
    pub schemas: Vec<SchemaCount>,
    /// Records that no rule was considered for.
    pub unrouted: u32,
    /// What judge needs, opaque to the host.
    pub body: Vec<u8>,
}

/// Why a predicate held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The rule's selection, or empty for a feature of the model.
    pub selection: String,
    /// The canonical field, or empty for a keyword.
    pub field: String,
    /// What held.
    pub predicate: Predicate,
    /// Which of the rule's values, from 0.
    pub value: u32,
    /// How many values the rule lists.
    pub values: u32,
    /// Where it held.
    pub place: Place,
    /// The text there, cut to `QUOTE_BYTES_MAX`.
    pub quote: String,
}

/// A rule that the record satisfied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The rule's id.
    pub rule: String,
    /// Positions in the finding's evidence.
    pub evidence: Vec<u32>,
}

/// How often something was seen before, and among how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// How often it was seen; where counters were full and `low_by` is not 0, it may have been up to that much more.
    pub times: u64,
    /// On how many hosts, estimated.
    pub hosts: u32,
    /// Sightings of anything of the kind.
    pub among: u64,
    /// On how many hosts those were, estimated.
    pub among_hosts: u32,
    /// Of the last 32 days with sightings, how many had any.
    pub days: u32,
    /// When the first of the kind was seen.
    pub since: Option<EventTime>,
    /// When it was last seen itself, to the hour.
    pub last: Option<EventTime>,
    /// By how much `times` may be too low.
    pub low_by: u32,
}

/// What a feature's value was; the model says what it counts, and in which unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureValue {
    /// The bin says it all, or the evidence shows it.
    Shown,
    /// A number.
    Number(u64),
    /// A history.
    Seen(History),
    /// How often in this hour, and how often an hour usually.
    Rate {
        /// In this hour so far, this time included.
        now: u32,
        /// Usually in an hour, in thousandths.
        usual_thousandths: u32,
    },
    /// How much of what an entity does falls into this hour of the day and those beside it.
    Hour {
        /// The hour, UTC, 0 to 23.
        hour: u32,
        /// Sightings in it and beside it.
        times: u32,
        /// All its sightings.
        among: u32,
        /// On how many days.
        days: u32,
    },
}

/// One term's part of the points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    /// The term's position in the pack's model.
    pub term: u32,
    /// The position of the bin that the value fell into; none where it could not be computed.
    pub bin: Option<u32>,
    /// The value.
    pub value: FeatureValue,
    /// Thousandths of a log-odds unit.
    pub points: i32,
    /// Positions in the finding's evidence.
    pub evidence: Vec<u32>,
}

/// Why a feature could not be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absence {
    /// The record has none of the fields.
    Field,
    /// The record has no time, or none between the years 2000 and 2100.
    Time,
    /// Too little was seen so far; what there is.
    History(History),
    /// The pack says nothing about it.
    Context,
}

/// A feature that could not be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The term's position in the pack's model.
    pub term: u32,
    /// Why.
    pub absence: Absence,
    /// The most points it could have given.
    pub points_best: i32,
    /// The fewest points it could have given.
    pub points_worst: i32,
}

/// On which side of the model's threshold a finding stands, or why a person must decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Surely at or above it.
    Above,
    /// Surely below it.
    Below,
    /// Abstained: the probability's interval holds the threshold.
    TooClose,
    /// Abstained: a term that the score leans on could not be computed, and could have changed the side.
    DataMissing,
}

impl Verdict {
    /// Whether a person must decide.
    #[must_use]
    pub fn is_abstained(self) -> bool {
        matches!(self, Self::TooClose | Self::DataMissing)
    }
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entity {
    /// Its kind.
    pub kind: EntityKind,
    /// Its name as the record has it.
    pub name: String,
}

/// A value of the record, quoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedField {
    /// The canonical field.
    pub name: String,
    /// Its text, cut to `FIELD_TEXT_BYTES_MAX`.
    pub text: String,
    /// Whether it was cut.
    pub cut: bool,
    /// Where it stands.
    pub place: TextPlace,
}

/// What the plugin says about a record that deserves attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The record's position in the batch.
    pub index: u32,
    /// When it happened.
    pub time: Option<EventTime>,
    /// The schema that was recognised.
    pub schema: String,
    /// What produced the record.
    pub logsource: Logsource,
    /// What it is about.
    pub entities: Vec<Entity>,
    /// Values worth quoting.
    pub fields: Vec<QuotedField>,
    /// Rules satisfied, at most `HITS_FULL_MAX`.
    pub hits: Vec<Hit>,
    /// Ids of further rules satisfied.
    pub further_hits: Vec<String>,
    /// Why each predicate held.
    pub evidence: Vec<Evidence>,
    /// The model's base.
    pub base: i32,
    /// One a term, at most `CONTRIBUTIONS_MAX`.
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

/// What judge decided on one reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// In record order.
    pub findings: Vec<Finding>,
    /// Noted records that deserve no attention, ascending.
    pub quiet: Vec<u32>,
}

/// A predicate that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedPredicate {
    /// The rule's selection.
    pub selection: String,
    /// The canonical field, or empty for a keyword.
    pub field: String,
    /// What did not hold: the first of the rule's values.
    pub predicate: Predicate,
    /// How many values the rule lists.
    pub values: u32,
    /// The field's value, cut to `QUOTE_BYTES_MAX`; none where absent.
    pub found: Option<String>,
}

/// A rule that came near.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearMiss {
    /// The rule's id.
    pub rule: String,
    /// Required parts of the condition that held.
    pub held: u32,
    /// Required parts of the condition.
    pub needed: u32,
    /// Whether the rule is about another logsource.
    pub other_logsource: bool,
    /// What failed, at most 8.
    pub failed: Vec<FailedPredicate>,
}

/// Everything the plugin can say about one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The schema that was recognised.
    pub schema: String,
    /// What produced the record.
    pub logsource: Logsource,
    /// All categories of the record.
    pub categories: Vec<String>,
    /// When it happened.
    pub time: Option<EventTime>,
    /// Every field that was read.
    pub fields: Vec<QuotedField>,
    /// Rules considered.
    pub considered: u32,
    /// Rules about another logsource.
    pub other_logsource: u32,
    /// The finding, where any rule hit.
    pub finding: Option<Finding>,
    /// The nearest rules, nearest first.
    pub near_misses: Vec<NearMiss>,
}

/// Who a plugin says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// A short name.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// The record schemas it reads.
    pub schemas: Vec<String>,
    /// The newest pack format it loads.
    pub pack_format_max: u32,
}

/// What a loaded pack holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackSummary {
    /// SHA-256 of the pack's bytes.
    pub digest: Vec<u8>,
    /// Rules loaded.
    pub rules: u32,
    /// Distinct fields read.
    pub fields: u32,
    /// Terms of the model.
    pub terms: u32,
}

/// What became of a saved state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Sections taken over.
    pub kept: Vec<String>,
    /// Sections dropped.
    pub dropped: Vec<String>,
}

/// What the host sets for one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Keys every hash of log-derived text.
    pub seed: u128,
    /// First instant inside the window.
    pub from: Option<EventTime>,
    /// First instant outside the window.
    pub to: Option<EventTime>,
}

/// Records that cross the boundary together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The records' bytes, one after another.
    pub bytes: Vec<u8>,
    /// For each record, one past its last byte.
    pub ends: Vec<u32>,
    /// What the operator says produced them.
    pub hint: Logsource,
}

impl Batch {
    /// The records in order. `ends` must be ascending and within `bytes`.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| {
            let start = if index == 0 { 0 } else { self.ends[index - 1] };
            &self.bytes[start as usize..self.ends[index] as usize]
        })
    }

    /// Appends one record.
    pub fn push(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.ends.push(self.bytes.len() as u32);
    }
}
