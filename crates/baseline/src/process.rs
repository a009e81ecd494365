//! Who started whom, and which processes were hit by rules.

use crate::{BaselineError, Key, Moment, bytes::Reader, table::Sketch};

/// Ancestors of a process that are followed.
pub const ANCESTORS_MAX: u32 = 8;

/// A process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Who started it; 0 for unknown.
    parent: u64,
    hits: u32,
    last_hour: u32,
}

impl Process {
    pub(crate) fn see(&mut self, parent: Option<Key>, moment: Option<Moment>) {
        self.parent = parent.map_or(self.parent, |parent| parent.0);
        self.touch(moment);
    }

    pub(crate) fn mark(&mut self, moment: Option<Moment>) {
        self.hits = self.hits.saturating_add(1);
        self.touch(moment);
    }

    fn touch(&mut self, moment: Option<Moment>) {
        self.last_hour = self.last_hour.max(moment.map_or(0, Moment::hour));
    }

    /// Who started it, if that is known.
    #[must_use]
    pub fn parent(&self) -> Option<Key> {
        (self.parent != 0).then_some(Key(self.parent))
    }

    /// How many of its records rules hit.
    #[must_use]
    pub fn hits(&self) -> u32 {
        self.hits
    }
}

impl Sketch for Process {
    const BYTES_MAX: usize = 16;
    const IS_COUNT: bool = false;

    fn weight(&self) -> u32 {
        self.last_hour
    }

    fn merge(&mut self, other: &Self) {
        // Both saw the same process, so both know the same parent if they know one.
        self.parent = self.parent.max(other.parent);
        self.hits = self.hits.saturating_add(other.hits);
        self.last_hour = self.last_hour.max(other.last_hour);
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.parent.to_le_bytes());
        bytes.extend(self.hits.to_le_bytes());
        bytes.extend(self.last_hour.to_le_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        Ok(Self { parent: reader.u64()?, hits: reader.u32()?, last_hour: reader.u32()? })
    }
}
