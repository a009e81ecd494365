//! What a run says: findings with their provenance, records that were not scored, faults, and the summary.
//!
//! These are the types that output formats write and that a store keeps. Nothing here reads or writes, or knows how a plugin
//! is run.

pub mod rank;

use std::collections::BTreeMap;

use glassbox_finding::{EventTime, Finding, UnscoredReason};
use serde::Serialize;

/// A record as a source gives it: its bytes and where they came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// Position of the source in the run's list of sources.
    pub source: u32,
    /// Where in the source.
    pub position: Position,
    /// The bytes, exactly as received, without the framing (line ends, commas of an array).
    pub bytes: Vec<u8>,
}

/// Where a record stands in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// A 1-based line number.
    Line(u64),
    /// A 1-based position in an array or in a run of JSON values.
    Element(u64),
}

/// A finding with its identity and provenance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// SHA-256 of source name, position, record bytes and rule set, in hexadecimal.
    pub id: String,
    /// The name of the source.
    pub source: String,
    /// Where in the source.
    pub position: Position,
    /// SHA-256 of the record's bytes, in hexadecimal.
    pub record_digest: String,
    /// What the plugin said.
    pub finding: Finding,
}

/// Why a record has no score.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyUnscored {
    /// The plugin could not read it; the reason and the byte at which reading stopped.
    Unreadable(UnscoredReason, u32),
    /// The host did not hand it over: it is longer than a record may be.
    TooLarge {
        /// Bytes seen.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// The plugin failed on it; what happened.
    Fault(String),
    /// The plugin had been taken out of service before; what for.
    OutOfService(String),
}

/// A record that was not scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnscoredRecord {
    /// The name of the source.
    pub source: String,
    /// Where in the source.
    pub position: Position,
    /// Why.
    pub why: WhyUnscored,
}

/// Something that went wrong with the plugin, and what the host did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultReport {
    /// The call: `configure`, `read`, `judge`, ...
    pub call: &'static str,
    /// What happened, cleaned for a terminal.
    pub what: String,
    /// Records that became unscored by it.
    pub records: u64,
}

/// The account of a run. Every record is in exactly one of `findings`, `quiet`, `unscored` and `outside`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Records handed to the run.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records with a finding.
    pub findings: u64,
    /// Records with nothing to say.
    pub quiet: u64,
    /// Records that were not scored.
    pub unscored: u64,
    /// Records outside `--from` and `--to`.
    pub outside: u64,
    /// Records that no loaded rule is about.
    pub unrouted: u64,
    /// Records by schema.
    pub schemas: BTreeMap<String, u64>,
    /// Unscored records by reason.
    pub unscored_by_reason: BTreeMap<String, u64>,
    /// Findings by rule id.
    pub hits_by_rule: BTreeMap<String, u64>,
    /// What went wrong, in order.
    pub faults: Vec<FaultReport>,
    /// The latest event time seen.
    pub latest: Option<EventTime>,
    /// Readers used. Not written: what is written does not depend on it.
    #[serde(skip)]
    pub threads: usize,
}

/// Where a run puts what it finds, in record order.
pub trait Sink {
    /// A finding.
    ///
    /// # Errors
    /// When it cannot be written; the run stops.
    fn found(&mut self, found: Found) -> anyhow::Result<()>;

    /// A record that was not scored.
    ///
    /// # Errors
    /// When it cannot be written; the run stops.
    fn unscored(&mut self, record: UnscoredRecord) -> anyhow::Result<()>;

    /// Called now and then with the number of records and bytes done.
    fn progress(&mut self, records: u64, bytes: u64);
}
