//! What the host gives to `read`: records and where they come from.

use serde::{Deserialize, Serialize};

use super::{EventTime, Logsource};

/// From when on local times have this offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ZoneOffset {
    /// The first instant with this offset.
    pub from: EventTime,
    /// Seconds to add to UTC to get local time.
    pub seconds: i32,
}

/// Where records come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// What the operator says produced them.
    pub hint: Logsource,
    /// What belongs to the records and stands beside them: a CSV header, `#fields` lines, the rest of an envelope.
    #[serde(default)]
    pub frame: Vec<u8>,
    /// When they were received.
    #[serde(default)]
    pub received: Option<EventTime>,
    /// Offsets of local times without a zone, ascending; empty for UTC.
    #[serde(default)]
    pub zone: Vec<ZoneOffset>,
}

impl Origin {
    /// An origin of which only the logsource is known.
    #[must_use]
    pub fn hinted(hint: &Logsource) -> Self {
        Self { hint: hint.clone(), ..Self::default() }
    }
}

/// Records that cross the boundary together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The records' bytes, one after another.
    pub bytes: Vec<u8>,
    /// For each record, one past its last byte.
    pub ends: Vec<u32>,
    /// Where the records come from.
    pub origins: Vec<Origin>,
    /// For each record its position in `origins`.
    pub origin_of: Vec<u32>,
}

impl Batch {
    /// An empty batch whose records come from one origin.
    #[must_use]
    pub fn of(origin: Origin) -> Self {
        Self { origins: vec![origin], ..Self::default() }
    }

    /// A batch of one record.
    #[must_use]
    pub fn of_one(record: &[u8], origin: &Origin) -> Self {
        let mut batch = Self::of(origin.clone());
        batch.push(record);
        batch
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The records in order. `ends` must be ascending and within `bytes`.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| self.record(index))
    }

    /// One record, by its position. `ends` must be ascending and within `bytes`.
    #[must_use]
    pub fn record(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start as usize..self.ends[index] as usize]
    }

    /// Where a record comes from, by the record's position.
    #[must_use]
    pub fn origin(&self, index: usize) -> Option<&Origin> {
        self.origins.get(*self.origin_of.get(index)? as usize)
    }

    /// Appends a record of the origin that was given last.
    pub fn push(&mut self, record: &[u8]) {
        if self.origins.is_empty() {
            self.origins.push(Origin::default());
        }
        self.bytes.extend_from_slice(record);
        self.ends.push(self.bytes.len() as u32);
        self.origin_of.push(self.origins.len() as u32 - 1);
    }
}
