//! The JSON forms of findings, unscored records and explanations.
//!
//! Values are exact. Characters that could mislead a terminal are written as `\u` escapes, which mean the same to
//! every parser, so that the same bytes are right for a pipe and harmless on a screen.

use std::io;

use glassbox_explain::time;
use glassbox_explain::{Knowledge, RuleNote, clean, explained::Explained, headline::headline};
use glassbox_finding::Contribution;
use glassbox_report::{Explanation, Finding, NearMiss};
use glassbox_report::{Position, StoredFinding, Summary, UnscoredRecord};
use glassbox_source::SourceAccount;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

/// A finding as it is written.
#[derive(Serialize)]
pub struct FindingView<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<usize>,
    id: &'a str,
    source: &'a str,
    position: Position,
    sequence: u64,
    record_digest: &'a str,
    time: Option<String>,
    headline: String,
    level: &'a str,
    rules: Vec<RuleView<'a>>,
    contributions: Vec<ContributionView>,
    finding: &'a Finding,
}

/// A contribution by names; the finding has it by the positions of the model.
#[derive(Serialize)]
struct ContributionView {
    term: String,
    bin: String,
    points: i32,
}

/// A rule in short.
#[derive(Serialize)]
struct RuleView<'a> {
    id: &'a str,
    title: &'a str,
    level: &'a str,
}

impl<'a> FindingView<'a> {
    /// Joins a finding with what is known of its rules. `rank` counts from 1.
    #[must_use]
    pub fn new(found: &'a StoredFinding, knowledge: &'a Knowledge, rank: Option<usize>) -> Self {
        let rule = |id| RuleView { id, title: knowledge.title(id), level: knowledge.level(id) };
        Self {
            kind: "finding",
            rank,
            id: &found.id,
            source: &found.source,
            position: found.position,
            sequence: found.sequence,
            record_digest: &found.record_digest,
            time: found.finding.time.map(time::rfc3339),
            headline: headline(&found.finding, knowledge),
            level: knowledge.top_level(&found.finding),
            rules: knowledge.rules_of(&found.finding).into_iter().map(rule).collect(),
            contributions: found.finding.contributions.iter().map(|it| contribution(it, knowledge)).collect(),
            finding: &found.finding,
        }
    }
}

fn contribution(contribution: &Contribution, knowledge: &Knowledge) -> ContributionView {
    let (term, bin) = knowledge.names(contribution);
    ContributionView { term, bin, points: contribution.points }
}

/// An unscored record as it is written.
#[derive(Serialize)]
pub struct UnscoredView<'a> {
    kind: &'static str,
    #[serde(flatten)]
    record: &'a UnscoredRecord,
    reason: String,
}

impl<'a> From<&'a UnscoredRecord> for UnscoredView<'a> {
    fn from(record: &'a UnscoredRecord) -> Self {
        Self { kind: "unscored", record, reason: glassbox_explain::reason::why_unscored(&record.why) }
    }
}

/// A whole run as one document.
#[derive(Serialize)]
pub struct Document<'a> {
    /// The account of the run.
    pub summary: SummaryView<'a>,
    /// Ranked.
    pub findings: Vec<FindingView<'a>>,
    /// In record order.
    pub unscored: Vec<UnscoredView<'a>>,
}

/// The summary with what the host alone knows.
#[derive(Serialize)]
pub struct SummaryView<'a> {
    /// The account.
    #[serde(flatten)]
    pub summary: &'a Summary,
    /// Findings below `--min-score`, counted among the findings and not listed.
    pub below_min_score: u64,
    /// What reading the sources came to.
    pub sources: &'a SourceAccount,
    /// SHA-256 of the plugin.
    pub plugin_digest: &'a str,
    /// SHA-256 of the pack.
    pub pack_digest: &'a str,
}

/// A finding in full: what it is exactly, and the words that every form of output says.
#[derive(Serialize)]
pub struct ExplainedView<'a> {
    #[serde(flatten)]
    finding: FindingView<'a>,
    explanation: &'a Explained,
    rules_in_full: Vec<FullRule<'a>>,
}

#[derive(Serialize)]
struct FullRule<'a> {
    id: &'a str,
    #[serde(flatten)]
    note: &'a RuleNote,
}

impl<'a> ExplainedView<'a> {
    /// Joins a finding with everything known about it.
    #[must_use]
    pub fn new(
        found: &'a StoredFinding,
        explanation: &'a Explained,
        knowledge: &'a Knowledge,
        rank: Option<usize>,
    ) -> Self {
        let ids = knowledge.rules_of(&found.finding).into_iter();
        Self {
            rules_in_full: ids.filter_map(|id| Some(FullRule { id, note: knowledge.rule(id)? })).collect(),
            explanation,
            finding: FindingView::new(found, knowledge, rank),
        }
    }
}

/// Why a record has no finding.
#[derive(Serialize)]
pub struct WhyNotView<'a> {
    kind: &'static str,
    source: &'a str,
    position: Position,
    explanation: &'a Explanation,
    near_misses: Vec<NearMissView<'a>>,
}

#[derive(Serialize)]
struct NearMissView<'a> {
    title: &'a str,
    level: &'a str,
    #[serde(flatten)]
    miss: &'a NearMiss,
}

impl<'a> WhyNotView<'a> {
    /// Joins an explanation with what is known of the rules that came near.
    #[must_use]
    pub fn new(source: &'a str, position: Position, explanation: &'a Explanation, knowledge: &'a Knowledge) -> Self {
        let misses = explanation.near_misses.iter();
        let view = |miss: &'a NearMiss| NearMissView {
            title: knowledge.title(&miss.rule),
            level: knowledge.level(&miss.rule),
            miss,
        };
        Self { kind: "why-not", source, position, explanation, near_misses: misses.map(view).collect() }
    }
}

/// Writes one line.
///
/// # Errors
/// When it cannot be written.
pub fn write_line(out: &mut impl io::Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Safe(CompactFormatter)))?;
    out.write_all(b"\n")
}

/// Writes a document over several lines.
///
/// # Errors
/// When it cannot be written.
pub fn write_pretty(out: &mut impl io::Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Safe(PrettyFormatter::new())))?;
    out.write_all(b"\n")
}

/// A formatter that escapes what could mislead a terminal.
struct Safe<F>(F);

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, character) in fragment.char_indices().filter(|(_, character)| clean::is_misleading(*character)) {
            out.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = at + character.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[plain..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}
