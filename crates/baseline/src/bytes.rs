//! Counters as canonical bytes: the same counters always make the same bytes, and only those are read back.
//!
//! All numbers are little-endian: `BASE`, format (4 bytes), digest of the definitions (8), check of the seed (8), records
//! (8), whether a first time is known (1) and that time or 0 (8), halvings (4), number of facts (4), each fact's hash
//! and count (8 + 4) in ascending order of the hash, and a keyed hash of everything before (8).

use std::hash::Hasher;

use crate::{Counters, ENTRIES_MAX, Kind, Observation, Seed, write_text};

/// The format written, and the newest one read.
pub const FORMAT: u32 = 1;
const MAGIC: [u8; 4] = *b"BASE";
const CHECK_BYTES: usize = 8;

/// Why bytes are refused as counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// They do not begin as counters do.
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
    /// It counts facts that are defined differently now; it is sound and of no use.
    #[error("the baseline counts facts that are defined differently now; it has to begin anew")]
    OtherDefinition,
}

/// What is counted and how, as a number: a state that was kept under another one is dropped.
fn definition() -> u64 {
    let mut hasher = Seed(0).hasher("definition");
    Kind::ALL.iter().for_each(|kind| write_text(&mut hasher, kind.name()));
    hasher.finish()
}

fn seed_check(seed: Seed) -> u64 {
    seed.hasher("seed").finish()
}

fn check(seed: Seed, bytes: &[u8]) -> u64 {
    let mut hasher = seed.hasher("check");
    hasher.write(bytes);
    hasher.finish()
}

impl Counters {
    /// The counters as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + 12 * self.counts.len());
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(definition().to_le_bytes());
        bytes.extend(seed_check(self.seed).to_le_bytes());
        bytes.extend(self.records.to_le_bytes());
        bytes.push(self.since.is_some().into());
        bytes.extend(self.since.unwrap_or(0).to_le_bytes());
        bytes.extend(self.halvings.to_le_bytes());
        bytes.extend((self.counts.len() as u32).to_le_bytes());
        for (observation, count) in &self.counts {
            bytes.extend(observation.0.to_le_bytes());
            bytes.extend(count.to_le_bytes());
        }
        let check = check(self.seed, &bytes);
        bytes.extend(check.to_le_bytes());
        bytes
    }

    /// Reads counters that were kept under this seed.
    ///
    /// # Errors
    /// When the bytes are not exactly what `encode` made.
    pub fn decode(bytes: &[u8], seed: Seed) -> Result<Self, BaselineError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take::<4>() != Ok(MAGIC) {
            return Err(BaselineError::NotABaseline);
        }
        match u32::from_le_bytes(reader.take()?) {
            FORMAT => {}
            found if found > FORMAT => return Err(BaselineError::Newer { found, supported: FORMAT }),
            _ => return Err(BaselineError::Damaged { at: MAGIC.len() }),
        }
        let stated_definition = u64::from_le_bytes(reader.take()?);
        if u64::from_le_bytes(reader.take()?) != seed_check(seed) {
            return Err(BaselineError::ForeignSeed);
        }
        // Damage is told apart from an older definition: only sound bytes are called out of date.
        let content = bytes.len().saturating_sub(CHECK_BYTES);
        if bytes[content..] != check(seed, &bytes[..content]).to_le_bytes() {
            return Err(BaselineError::Damaged { at: content });
        }
        if stated_definition != definition() {
            return Err(BaselineError::OtherDefinition);
        }
        let mut counters = Self::new(seed);
        reader.content(&mut counters)?;
        if reader.at != content {
            return Err(BaselineError::Damaged { at: reader.at });
        }
        Ok(counters)
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BaselineError> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let taken = *taken.ok_or(BaselineError::Damaged { at: self.bytes.len() })?;
        self.at += N;
        Ok(taken)
    }

    fn content(&mut self, counters: &mut Counters) -> Result<(), BaselineError> {
        counters.records = u64::from_le_bytes(self.take()?);
        let start = self.at;
        let [known] = self.take()?;
        let since = i64::from_le_bytes(self.take()?);
        counters.since = match (known, since) {
            (0, 0) => None,
            (1, since) => Some(since),
            _ => return Err(BaselineError::Damaged { at: start }),
        };
        counters.halvings = u32::from_le_bytes(self.take()?);
        let start = self.at;
        let entries = u32::from_le_bytes(self.take()?);
        if entries as usize > ENTRIES_MAX {
            return Err(BaselineError::Damaged { at: start });
        }
        let mut earlier = None;
        for _ in 0..entries {
            let start = self.at;
            let observation = Observation(u64::from_le_bytes(self.take()?));
            let count = u32::from_le_bytes(self.take()?);
            if count == 0 || earlier.is_some_and(|earlier| observation <= earlier) {
                return Err(BaselineError::Damaged { at: start });
            }
            earlier = Some(observation);
            counters.counts.insert(observation, count);
        }
        Ok(())
    }
}
