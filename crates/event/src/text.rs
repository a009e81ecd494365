//! A line of text that no other syntax claims: the whole of it is its message.

use glassbox_finding::{Encoding, Span};

use crate::{Unreadable, buffers::Buffers, sink::Sink, syntax::Syntax};

/// A line, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    start: usize,
}

impl Line {
    /// Any text is a line.
    pub(crate) fn at(start: usize) -> Self {
        Self { start }
    }
}

impl Syntax for Line {
    fn recognise(_: &[u8], start: usize) -> Option<Self> {
        Some(Self::at(start))
    }

    fn walk<S: Sink>(self, record: &[u8], _: &mut Buffers, sink: &mut S) -> Result<(), Unreadable> {
        let end = record.trim_ascii_end().len();
        sink.field(b"message", Span { start: self.start as u32, end: end as u32 }, Encoding::Raw);
        Ok(())
    }
}
