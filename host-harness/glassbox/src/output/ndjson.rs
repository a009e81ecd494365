//! Findings and records without a score as JSON, one object a line, in record order.

use std::io::{self, Write as _};

use glassbox_explain::Knowledge;
use glassbox_report::{StoredFinding, UnscoredRecord};

use super::{
    format::{FindingWriter, Format, Out},
    json::{FindingView, SummaryView, UnscoredView, write_line},
};

/// `--format ndjson`.
pub const FORMAT: Format = Format {
    name: "ndjson",
    about: "One object a line in record order, while reading: findings and unscored records, by `kind`",
    streams: true,
    open: |out, _| Ok(Box::new(LineWriter { out })),
};

/// Writes as findings come.
struct LineWriter {
    out: Out,
}

impl FindingWriter for LineWriter {
    fn found(&mut self, found: StoredFinding, knowledge: &Knowledge) -> io::Result<()> {
        write_line(&mut self.out, &FindingView::new(&found, knowledge, None))
    }

    fn unscored(&mut self, record: UnscoredRecord) -> io::Result<()> {
        write_line(&mut self.out, &UnscoredView::from(&record))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(mut self: Box<Self>, _knowledge: &Knowledge, _summary: SummaryView<'_>) -> io::Result<()> {
        self.out.flush()
    }
}
