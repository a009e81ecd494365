//! What a benchmark says: every figure with what it was measured on.

use serde::Serialize;

use glassbox::bench::{Machine, Spread};

use super::lane::EngineFacts;

/// Everything that one run measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where and with what.
    pub machine: Machine,
    /// Rounds of every figure, unless a row says another number.
    pub rounds: u32,
    /// What was read.
    pub inputs: Vec<InputRow>,
    /// The rules, fewest first. The last set has all of them.
    pub rule_sets: Vec<RuleSetRow>,
    /// What was measured, as each says of itself with all rules.
    pub lanes: Vec<LaneRow>,
    /// Time for each input, rule set and lane.
    pub rows: Vec<Row>,
    /// Where hits differ.
    pub comparisons: Vec<Comparison>,
    /// What happens once, not for each record.
    pub costs: Costs,
    /// What is aimed at, and what is reached.
    pub targets: Vec<Target>,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InputRow {
    /// Its name.
    pub name: String,
    /// Records.
    pub records: u64,
    /// Bytes, uncompressed, one record a line.
    pub bytes: u64,
    /// What it is, where its name does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A set of rules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleSetRow {
    /// Files of rules given.
    pub files: u64,
    /// Rules that Glassbox loaded from them.
    pub rules: u64,
    /// Bytes of the pack.
    pub pack_bytes: u64,
}

/// A lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaneRow {
    /// Its name in this report.
    pub lane: String,
    /// What it is, as it says itself.
    pub engine: EngineFacts,
    /// Records at the beginning of each input that it is measured on; none for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_records: Option<u64>,
}

/// A measurement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The input's name.
    pub input: String,
    /// Files of rules.
    pub rule_files: u64,
    /// The lane's name.
    pub lane: String,
    /// Threads that worked.
    pub threads: u32,
    /// Microseconds a record.
    pub microseconds: Spread,
    /// Records of a round.
    pub records: u64,
    /// Bytes of a round.
    pub bytes: u64,
    /// Pairs of record and rule that hit.
    pub hits: u64,
    /// The digest of the hits.
    pub digest: String,
    /// Parts of the time in the median, in microseconds a record.
    pub stages: Vec<(String, Spread)>,
    /// The most memory that the guest held, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_memory_bytes_peak: Option<u64>,
}

/// Two lanes' hits on the same records with the same rules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The input's name.
    pub input: String,
    /// Files of rules.
    pub rule_files: u64,
    /// One lane: Glassbox in the sandbox.
    pub one: String,
    /// The other.
    pub other: String,
    /// Records that both worked through.
    pub records: u64,
    /// Hits that both have.
    pub common: u64,
    /// Hits that only one of them has, by rule.
    pub differences: Vec<Difference>,
}

/// A rule that hits other records in one lane than in the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// The rule's id.
    pub rule: String,
    /// Its file.
    pub file: String,
    /// Records that it hits in the first lane only.
    pub only_one: u64,
    /// Records that it hits in the other lane only.
    pub only_other: u64,
    /// The first such record's line in the input, counted from 1.
    pub line: u64,
    /// Why, as far as that can be told without looking into records.
    pub reason: Reason,
}

/// Why two lanes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The other engine does not take the rule.
    RejectedByOther,
    /// Glassbox does not take the rule.
    RejectedByOne,
    /// The records are longer than Glassbox hands over to a plugin.
    RecordTooLong,
    /// None of these.
    Unexplained,
}

impl Reason {
    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::RejectedByOther => "the other engine does not take the rule",
            Self::RejectedByOne => "Glassbox does not take the rule",
            Self::RecordTooLong => "records longer than Glassbox hands over are unscored",
            Self::Unexplained => "unexplained",
        }
    }
}

/// What happens once, with the rules that `--pack-rules` names, else with all rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Costs {
    /// Files of rules.
    pub rule_files: u64,
    /// Rules loaded.
    pub rules: u64,
    /// Bytes of the pack.
    pub pack_bytes: u64,
    /// Reading YAML, compiling rules, writing the pack: milliseconds.
    pub build_milliseconds: Spread,
    /// A fresh instance without a pack: milliseconds.
    pub instantiate_milliseconds: Spread,
    /// A fresh instance with the pack, ready to read: milliseconds, instantiation included.
    pub ready_milliseconds: Spread,
    /// From starting the command to the first finding it writes, with the compiled plugin in the cache: milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_verdict_milliseconds: Option<Spread>,
    /// The most memory that a guest held with this pack over the first input, the pack's own bytes included.
    pub guest_memory_bytes_peak: u64,
    /// Records of the first input a second: two readers of one run, and two processes with one thread each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_threads: Option<TwoThreads>,
    /// What judging records of the first input costs; none where none of them is hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judging: Option<Judging>,
}

/// What judging costs, in microseconds a record, and a finding's text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Judging {
    /// Of records with a finding, with all its contributions.
    pub finding: Spread,
    /// Of records with observations alone.
    pub observed: Spread,
    /// Of any other record.
    pub quiet: Spread,
    /// The full text of a finding, written on demand outside the sandbox.
    pub text: Spread,
}

/// Two threads against two processes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TwoThreads {
    /// Records a second of one run with two readers.
    pub threads_records_per_second: Spread,
    /// Records a second of two processes side by side, together.
    pub processes_records_per_second: Spread,
    /// The first by the second, round by round.
    pub ratio: Spread,
}

/// Something aimed at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// What is measured.
    pub what: String,
    /// On which input; none where it is on none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// What was measured: a ratio, unless the unit says otherwise.
    pub measured: Spread,
    /// The unit, such as `ms`; empty for ratios.
    pub unit: &'static str,
    /// Whether the measured value should be at least or at most the aim.
    pub aim: Aim,
    /// Whether the median is.
    pub is_met: bool,
}

/// What is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// This much or more.
    AtLeast(f64),
    /// This much or less.
    AtMost(f64),
}

impl Aim {
    /// Whether a value is as aimed.
    #[must_use]
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Aim;

    #[test]
    fn an_aim_itself_is_met() {
        assert!(Aim::AtLeast(8.0).is_met(8.0) && !Aim::AtLeast(8.0).is_met(7.9));
        assert!(Aim::AtMost(1.5).is_met(1.5) && !Aim::AtMost(1.5).is_met(1.6));
    }
}
