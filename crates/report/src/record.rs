//! A record as a source gives it.

use std::sync::Arc;

use crate::Position;

/// A record as a source gives it: its bytes, where they came from, and what belongs to it and stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// Position of the source in the run's list of sources.
    pub source: u32,
    /// Where in the source.
    pub position: Position,
    /// The bytes, exactly as received, without the framing (line ends, commas of an array). Of a record that is longer
    /// than allowed, the first bytes, one more than allowed.
    pub bytes: Vec<u8>,
    /// How many bytes the record has in its source, those that `bytes` leaves out included.
    pub length: u64,
    /// What belongs to the record and stands beside it; shared by all records that it belongs to.
    pub frame: Option<Arc<Frame>>,
}

impl SourceRecord {
    /// A whole record without a frame.
    #[must_use]
    pub fn new(source: u32, position: Position, bytes: Vec<u8>) -> Self {
        Self { source, position, length: bytes.len() as u64, bytes, frame: None }
    }
}

/// What belongs to records and stands beside them, as it occurs in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// Its bytes as they occur. Of an envelope, the document with its records taken out.
    pub bytes: Vec<u8>,
    /// Whether this is all of it. Of a document that is too long to be held, only what comes before the records is
    /// known when they are given; and a frame that is too long is cut.
    pub whole: bool,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// The header of a CSV file: its first line with the names of the columns, and what comes before that line.
    CsvHeader {
        /// The byte between two columns.
        delimiter: u8,
    },
    /// Lines that begin with `#`, of which one has the names of the columns: `#fields` of Zeek, `#Fields:` of W3C.
    HashFields,
    /// A JSON document around the records.
    Envelope {
        /// Where in `bytes` the records were taken out.
        at: u32,
    },
    /// The line with an action before a document of Elasticsearch's `_bulk` interface.
    BulkAction,
}
