//! Findings as comma-separated values (RFC 4180), one row each, in record order.
//!
//! Spreadsheets run cells that begin like a formula: text cells that do get an apostrophe before them. Terminals obey
//! characters that are not seen: all text of records and plugins is cleaned.

use std::{borrow::Cow, io};

use glassbox_explain::{
    Knowledge,
    clean::clean,
    headline::{actor, entity, what_happened},
    numbers::fraction,
    reason, time,
};
use glassbox_finding::EntityKind;
use glassbox_report::StoredFinding;

use super::{
    format::{FindingWriter, Format, Out},
    json::SummaryView,
};

/// `--format csv`.
pub const FORMAT: Format = Format {
    name: "csv",
    about: "One finding a row in record order, while reading",
    streams: true,
    open: |out, _| Ok(Box::new(CsvWriter::new(out)?)),
};

/// The columns.
pub const HEADER: [&str; 12] =
    ["id", "time", "probability", "points", "level", "host", "user", "what", "rules", "rule_ids", "source", "position"];

/// Writes findings as rows.
pub struct CsvWriter<W: io::Write> {
    rows: csv::Writer<W>,
}

impl<W: io::Write> CsvWriter<W> {
    /// Begins with the header.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(out: W) -> io::Result<Self> {
        let mut rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        rows.write_record(HEADER)?;
        Ok(Self { rows })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, found: &StoredFinding, knowledge: &Knowledge) -> io::Result<()> {
        let finding = &found.finding;
        let ids = knowledge.rules_of(finding);
        let titles: Vec<_> = ids.iter().map(|id| knowledge.title(id)).collect();
        let titles = titles.join("; ");
        let row: [Cow<'_, str>; 12] = [
            Cow::Borrowed(&found.id),
            finding.time.map(time::rfc3339).unwrap_or_default().into(),
            fraction(finding.probability).into(),
            // A number of ours, which may well begin with a minus.
            finding.points.to_string().into(),
            safe(knowledge.top_level(finding)),
            safe(&entity(finding, EntityKind::Host).unwrap_or_default()),
            safe(&actor(finding).unwrap_or_default()),
            safe(&what_happened(finding)),
            safe(&titles),
            safe(&ids.join("; ")),
            safe(&found.source),
            reason::position(found.position).into(),
        ];
        self.rows.write_record(row.iter().map(|cell| cell.as_bytes()))?;
        Ok(())
    }

    /// Passes on what is still held.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

impl FindingWriter for CsvWriter<Out> {
    fn found(&mut self, found: StoredFinding, knowledge: &Knowledge) -> io::Result<()> {
        self.write(&found, knowledge)
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::flush(self)
    }

    fn finish(mut self: Box<Self>, _knowledge: &Knowledge, _summary: SummaryView<'_>) -> io::Result<()> {
        Self::flush(&mut self)
    }
}

/// A cell that steers neither a terminal nor a spreadsheet.
fn safe(text: &str) -> Cow<'static, str> {
    guarded(Cow::Owned(clean(text).into_owned()))
}

/// A cell that no spreadsheet takes for a formula.
#[must_use]
pub fn guarded(cell: Cow<'_, str>) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        cell
    }
}
