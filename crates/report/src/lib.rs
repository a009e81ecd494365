//! What a run says: findings with their provenance, records that were not scored, faults, and the summary.
//!
//! These are the types that output formats write and that a store keeps. Nothing here reads or writes, or knows how a plugin
//! is run.

mod finding;
pub mod rank;
mod record;

use std::collections::BTreeMap;

pub use finding::*;
use glassbox_finding::{EventTime, Sequence, UnscoredReason};
pub use record::{Frame, FrameKind, SourceRecord};
use serde::Serialize;

/// Where a record stands in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// A 1-based line number.
    Line(u64),
    /// A 1-based position in an array or in a run of JSON values.
    Element(u64),
}

/// A finding with its identity and provenance, as it is written and kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredFinding {
    /// What it is known by: SHA-256 of the tenant, the record (or window) and its place, in hexadecimal. It does not
    /// depend on pack, plugin or model, nor on the source's name.
    pub id: String,
    /// The name of the source.
    pub source: String,
    /// Where in the source.
    pub position: Position,
    /// The record's sequence in its tenant's stream.
    pub sequence: Sequence,
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
    /// Records that rules were considered for, of which not one field that they read was present.
    pub blind: u64,
    /// Records without an event time.
    pub untimed: u64,
    /// Records by source map.
    pub maps: BTreeMap<String, u64>,
    /// Unscored records by reason.
    pub unscored_by_reason: BTreeMap<String, u64>,
    /// Findings by rule id.
    pub hits_by_rule: BTreeMap<String, u64>,
    /// Findings about windows of records; they are no records, and not among `findings`.
    pub window_findings: u64,
    /// Findings some of whose pieces could not be held to the record's syntax.
    pub unchecked: u64,
    /// Hits that filters took away.
    pub suppressed: u64,
    /// These by the filter's title.
    pub suppressed_by_filter: BTreeMap<String, u64>,
    /// Rules left undecided on a record, by rule id.
    pub undecided_by_rule: BTreeMap<String, u64>,
    /// What went wrong, in order.
    pub faults: Vec<FaultReport>,
    /// The latest event time seen.
    pub latest: Option<EventTime>,
    /// Readers used. Not written: what is written does not depend on it.
    #[serde(skip)]
    pub threads: usize,
}

/// How far a run has come for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled<'s> {
    /// Up to here everything is judged and was handed over.
    pub sequence: Sequence,
    /// A state to go on from with the next sequence, where one was taken here.
    pub checkpoint: Option<&'s [u8]>,
}

impl WhyUnscored {
    /// The name under which it is counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unreadable(reason, _) => reason.name(),
            Self::TooLarge { .. } => UnscoredReason::TooLarge.name(),
            Self::Fault(_) => "fault",
            Self::OutOfService(_) => "out-of-service",
        }
    }
}

/// Where a run puts what it finds, in record order.
pub trait Sink {
    /// A finding, with the bytes of its record; empty for one of a tick.
    ///
    /// # Errors
    /// When it cannot be written; the run stops.
    fn found(&mut self, finding: StoredFinding, record: &[u8]) -> anyhow::Result<()>;

    /// A record that was not scored.
    ///
    /// # Errors
    /// When it cannot be written; the run stops.
    fn unscored(&mut self, record: UnscoredRecord) -> anyhow::Result<()>;

    /// Everything up to a sequence is judged and was handed over.
    ///
    /// # Errors
    /// When it cannot be kept; the run stops.
    fn settled(&mut self, _settled: Settled<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    /// Called now and then with the number of records and bytes done.
    fn progress(&mut self, records: u64, bytes: u64);
}
