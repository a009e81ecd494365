//! A whole run as one JSON document: the summary, the findings in rank, the records without a score.

use std::io::{self, Write as _};

use glassbox_explain::Knowledge;
use glassbox_report::{StoredFinding, UnscoredRecord, rank::Ranking};

use super::{
    format::{FindingWriter, Format, Out},
    json::{Document, FindingView, SummaryView, UnscoredView, write_pretty},
};

/// `--format json`.
pub const FORMAT: Format = Format {
    name: "json",
    about: "One document: summary, ranked findings, unscored records",
    streams: false,
    open: |out, _| Ok(Box::new(DocumentWriter { out, ranking: Ranking::new(None), unscored: Vec::new() })),
};

/// Keeps everything until the end.
struct DocumentWriter {
    out: Out,
    ranking: Ranking,
    unscored: Vec<UnscoredRecord>,
}

impl FindingWriter for DocumentWriter {
    fn found(&mut self, found: StoredFinding, _knowledge: &Knowledge) -> io::Result<()> {
        self.ranking.push(found);
        Ok(())
    }

    fn unscored(&mut self, record: UnscoredRecord) -> io::Result<()> {
        self.unscored.push(record);
        Ok(())
    }

    fn finish(mut self: Box<Self>, knowledge: &Knowledge, summary: SummaryView<'_>) -> io::Result<()> {
        let ranked = self.ranking.into_ranked();
        let findings = ranked.iter().enumerate();
        let findings = findings.map(|(at, found)| FindingView::new(found, knowledge, Some(at + 1))).collect();
        let unscored = self.unscored.iter().map(UnscoredView::from).collect();
        write_pretty(&mut self.out, &Document { summary, findings, unscored })?;
        self.out.flush()
    }
}
