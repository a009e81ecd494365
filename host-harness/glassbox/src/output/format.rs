//! What a format of `glassbox score` is.
//!
//! A new format is a file beside this one, with an implementation of [`FindingWriter`] and a [`Format`] that opens it, and
//! one line in [`FORMATS`](super::formats::FORMATS). The values and the help of `--format` are made from that list.

use std::{fmt, io};

use glassbox_explain::Knowledge;
use glassbox_report::{StoredFinding, UnscoredRecord};

use super::{Terminal, json::SummaryView};

/// Where a format writes to.
pub type Out = Box<dyn io::Write>;

/// A format.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, as the help says it.
    pub about: &'static str,
    /// Whether it writes while records are read, in their order. Otherwise it writes at the end, the first in rank first.
    pub streams: bool,
    /// Begins to write.
    pub open: fn(Out, Layout) -> io::Result<Box<dyn FindingWriter>>,
}

/// What a format for people needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The terminal, or what takes its place.
    pub terminal: Terminal,
    /// Findings listed at most.
    pub listed_max: usize,
}

/// Writes what a run says in one format.
pub trait FindingWriter {
    /// Takes a finding, in record order.
    ///
    /// # Errors
    /// When it cannot be written.
    fn found(&mut self, found: StoredFinding, knowledge: &Knowledge) -> io::Result<()>;

    /// Takes a record that was not scored, in record order. Formats of findings alone leave it out.
    ///
    /// # Errors
    /// When it cannot be written.
    fn unscored(&mut self, _record: UnscoredRecord) -> io::Result<()> {
        Ok(())
    }

    /// Passes on what is held back, so that it is seen while the run goes on.
    ///
    /// # Errors
    /// When it cannot be written.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Writes what had to wait for the end of the run.
    ///
    /// # Errors
    /// When it cannot be written.
    fn finish(self: Box<Self>, knowledge: &Knowledge, summary: SummaryView<'_>) -> io::Result<()>;
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.name).finish()
    }
}
