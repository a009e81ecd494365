//! How points come about: values, contributions, what was missing, the verdict.

use serde::{Deserialize, Serialize};

use super::EventTime;

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
    /// Days with sightings, of the last 32.
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
    /// The term's position in the pack's directory.
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
    /// It does not apply to a subject of this kind.
    NotApplicable,
    /// What is known of the past lies later than the record.
    Disorder,
}

/// A feature that could not be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The term's position in the pack's directory.
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
