//! A baseline as canonical bytes: the same one always makes the same bytes, and only those are read back.
//!
//! All numbers are little-endian: `BASE`, format (4 bytes), check of the seed (8), number of sections (4); each section
//! with the length of its name (1), its name, the length of its content (4) and the content; and a keyed hash of
//! everything before (8). A section whose name is not known here counts what is defined differently now: it is dropped,
//! and named.

use std::hash::Hasher;

use crate::{
    Baseline, ENTITIES_MAX, INTERVALS_MAX, Interval, Kind, PROCESSES_MAX, Process, RATES_MAX, Rate, Seed, entity,
    fact::{Facts, section},
    recent::Periods,
    table::{Sketch, Table},
};

/// The format written, and the newest one read.
pub const FORMAT: u32 = 1;
const MAGIC: [u8; 4] = *b"BASE";
const CHECK_BYTES: usize = 8;
/// Sections of a state, those counted that are not known here.
const SECTIONS_MAX: u32 = 64;
/// Bytes around the content of all sections.
const FRAME_BYTES_MAX: usize = 4 << 10;

/// Bytes of a saved baseline whose every section is full.
pub const STATE_BYTES_MAX: usize = {
    let mut bytes = FRAME_BYTES_MAX
        + entity::bytes_max(ENTITIES_MAX)
        + Table::<Periods>::bytes_max(ENTITIES_MAX)
        + Table::<Rate>::bytes_max(RATES_MAX)
        + Table::<Interval>::bytes_max(INTERVALS_MAX)
        + Table::<Process>::bytes_max(PROCESSES_MAX);
    let mut kind = 0;
    while kind < Kind::COUNT {
        bytes += Facts::bytes_max(Kind::ALL[kind]);
        kind += 1;
    }
    bytes
};

// A plugin that follows a whole organisation stays within what a host takes as a state. Few facts are seen on more than a
// handful of hosts, so a state is usually far smaller.
const _: () = assert!(STATE_BYTES_MAX < 31 << 20);

/// Why bytes are refused as a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// They do not begin as a baseline does.
    #[error("this is no saved baseline")]
    NotABaseline,
    /// A newer format.
    #[error("the baseline has format {found} and this version reads up to {supported}; use a newer version")]
    Newer {
        /// The format found.
        found: u32,
        /// The newest format supported.
        supported: u32,
    },
    /// Cut short or changed.
    #[error("the baseline is damaged or cut short at byte {at}; restore an earlier one")]
    Damaged {
        /// Where it stopped making sense.
        at: usize,
    },
    /// Kept under another seed.
    #[error("the baseline was kept under another seed; give the seed that belongs to it")]
    ForeignSeed,
}

/// A baseline read back, and what became of its sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The baseline.
    pub baseline: Baseline,
    /// Sections taken over.
    pub kept: Vec<String>,
    /// Sections dropped, as what they count is defined differently now.
    pub dropped: Vec<String>,
}

/// A part of a baseline that is saved under a name of its own.
trait Section {
    fn write(&self, bytes: &mut Vec<u8>);
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), BaselineError>;
}

impl Section for Facts {
    fn write(&self, bytes: &mut Vec<u8>) {
        Facts::write(self, bytes);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), BaselineError> {
        Facts::read(self, reader)
    }
}

impl<S: Sketch> Section for Table<S> {
    fn write(&self, bytes: &mut Vec<u8>) {
        Table::write(self, bytes);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), BaselineError> {
        Table::read(self, reader)
    }
}

fn seed_check(seed: Seed) -> u64 {
    seed.hasher("seed").finish()
}

fn check(seed: Seed, bytes: &[u8]) -> u64 {
    let mut hasher = seed.hasher("check");
    hasher.write(bytes);
    hasher.finish()
}

impl Baseline {
    /// The names of all sections, in their order.
    pub fn section_names() -> impl Iterator<Item = &'static str> {
        let others = ["entities/1", "recent/2", "rates/2", "intervals/1", "processes/1"];
        Kind::ALL.into_iter().map(section).chain(others)
    }

    fn sections(&self) -> impl Iterator<Item = &dyn Section> {
        let facts = self.facts.iter().map(|facts| facts as &dyn Section);
        let others: [&dyn Section; 5] = [&self.entities, &self.recent, &self.rates, &self.intervals, &self.processes];
        facts.chain(others)
    }

    fn section_mut(&mut self, name: &str) -> Option<&mut dyn Section> {
        let place = Self::section_names().position(|known| known == name)?;
        Some(match place.checked_sub(Kind::COUNT) {
            None => &mut self.facts[place],
            Some(0) => &mut self.entities,
            Some(1) => &mut self.recent,
            Some(2) => &mut self.rates,
            Some(3) => &mut self.intervals,
            Some(_) => &mut self.processes,
        })
    }

    /// The baseline as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(seed_check(self.seed).to_le_bytes());
        bytes.extend((Self::section_names().count() as u32).to_le_bytes());
        for (name, section) in Self::section_names().zip(self.sections()) {
            bytes.push(name.len() as u8);
            bytes.extend(name.as_bytes());
            let length_at = bytes.len();
            bytes.extend([0; 4]);
            section.write(&mut bytes);
            let length = (bytes.len() - length_at - 4) as u32;
            bytes[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
        }
        let check = check(self.seed, &bytes);
        bytes.extend(check.to_le_bytes());
        bytes
    }

    /// Reads a baseline that was kept under this seed.
    ///
    /// # Errors
    /// When the bytes are not exactly what `encode` made, of this or another version of the sections' definitions.
    pub fn decode(bytes: &[u8], seed: Seed) -> Result<Decoded, BaselineError> {
        let mut reader = Reader::new(bytes);
        if reader.take::<4>() != Ok(MAGIC) {
            return Err(BaselineError::NotABaseline);
        }
        match reader.u32()? {
            FORMAT => {}
            found if found > FORMAT => return Err(BaselineError::Newer { found, supported: FORMAT }),
            _ => return Err(BaselineError::Damaged { at: MAGIC.len() }),
        }
        if reader.u64()? != seed_check(seed) {
            return Err(BaselineError::ForeignSeed);
        }
        // Damage is told apart from older definitions: only sound bytes are called out of date.
        let content = bytes.len().saturating_sub(CHECK_BYTES);
        if bytes[content..] != check(seed, &bytes[..content]).to_le_bytes() {
            return Err(BaselineError::Damaged { at: content });
        }
        reader.bytes = &bytes[..content];
        let count = reader.u32()?;
        if count > SECTIONS_MAX {
            return Err(reader.damaged());
        }
        let mut decoded = Decoded { baseline: Self::new(seed), kept: Vec::new(), dropped: Vec::new() };
        for _ in 0..count {
            decoded.section(&mut reader)?;
        }
        if reader.at == content { Ok(decoded) } else { Err(reader.damaged()) }
    }
}

impl Decoded {
    fn section(&mut self, reader: &mut Reader<'_>) -> Result<(), BaselineError> {
        let [length] = reader.take()?;
        let name = std::str::from_utf8(reader.slice(length.into())?).map_err(|_| reader.damaged())?;
        if self.kept.iter().chain(&self.dropped).any(|known| known == name) {
            return Err(reader.damaged());
        }
        let length = reader.u32()? as usize;
        let start = reader.at;
        let content = reader.slice(length)?;
        let Some(section) = self.baseline.section_mut(name) else {
            self.dropped.push(name.to_owned());
            return Ok(());
        };
        let mut inner = Reader::new(content);
        // Where in the whole it stopped making sense.
        let damaged = |at: usize| BaselineError::Damaged { at: start + at };
        section.read(&mut inner).map_err(|_| damaged(inner.at))?;
        if inner.at != content.len() {
            return Err(damaged(inner.at));
        }
        self.kept.push(name.to_owned());
        Ok(())
    }
}

/// Takes numbers off bytes.
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn damaged(&self) -> BaselineError {
        BaselineError::Damaged { at: self.at }
    }

    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], BaselineError> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let taken = *taken.ok_or(BaselineError::Damaged { at: self.bytes.len() })?;
        self.at += N;
        Ok(taken)
    }

    fn slice(&mut self, length: usize) -> Result<&'b [u8], BaselineError> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..length));
        let taken = taken.ok_or(BaselineError::Damaged { at: self.bytes.len() })?;
        self.at += length;
        Ok(taken)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, BaselineError> {
        Ok(u16::from_le_bytes(self.take()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, BaselineError> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, BaselineError> {
        Ok(u64::from_le_bytes(self.take()?))
    }
}
