//! Sketches by key, with a capacity.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::{BaselineError, Key, bytes::Reader};

/// A key is a keyed hash already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("keys are hashed as numbers")
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// What a table holds of one key.
pub(crate) trait Sketch: Clone + Default {
    /// The most bytes when saved, the key not counted.
    const BYTES_MAX: usize;
    /// Whether a full table keeps what has most rather than what is newest.
    const IS_COUNT: bool;

    /// The count, or the hour of the last sighting.
    fn weight(&self) -> u32;

    /// Takes something off a count.
    fn lower(&mut self, _by: u32) {}

    /// Takes over what a sketch of the same key saw.
    fn merge(&mut self, other: &Self);

    /// Bytes when saved, the key not counted.
    fn size(&self) -> usize {
        Self::BYTES_MAX
    }

    fn write(&self, bytes: &mut Vec<u8>);

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError>;
}

/// Sketches by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table<S> {
    entries: HashMap<u64, S, BuildHasherDefault<AsItIs>>,
    capacity: usize,
    /// What was taken off counts to make room.
    low_by: u32,
    /// Keys forgotten to make room.
    forgotten: u64,
}

impl<S: Sketch> Table<S> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::default(), capacity, low_by: 0, forgotten: 0 }
    }

    pub(crate) fn get(&self, key: Key) -> Option<&S> {
        self.entries.get(&key.0)
    }

    /// The sketch of a key, a new one where there is none yet.
    pub(crate) fn entry(&mut self, key: Key) -> &mut S {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key.0) {
            self.make_room();
        }
        self.entries.entry(key.0).or_default()
    }

    pub(crate) fn low_by(&self) -> u32 {
        self.low_by
    }

    /// Forgets about half of the keys: those with the lowest counts, or those seen longest ago.
    fn make_room(&mut self) {
        let before = self.entries.len();
        let mut ranks: Vec<(u32, u64)> = self.entries.iter().map(|(key, sketch)| (sketch.weight(), *key)).collect();
        // The median of all, so the order of the map does not matter.
        let middle = ranks.len() / 2;
        let (_, &mut (weight, key), _) = ranks.select_nth_unstable(middle);
        if S::IS_COUNT {
            let by = weight.max(1);
            self.entries.retain(|_, sketch| {
                let kept = sketch.weight() > by;
                sketch.lower(by);
                kept
            });
            self.low_by = self.low_by.saturating_add(by);
        } else {
            self.entries.retain(|other, sketch| (sketch.weight(), *other) > (weight, key));
        }
        self.forgotten = self.forgotten.saturating_add((before - self.entries.len()) as u64);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (key, sketch) in &other.entries {
            self.entries.entry(*key).or_default().merge(sketch);
        }
        self.low_by = self.low_by.saturating_add(other.low_by);
        self.forgotten = self.forgotten.saturating_add(other.forgotten);
        while self.entries.len() > self.capacity {
            self.make_room();
        }
    }

    /// The most bytes of a saved table of this capacity.
    pub(crate) const fn bytes_max(capacity: usize) -> usize {
        Self::bytes_max_of(capacity, S::BYTES_MAX)
    }

    /// The same where no sketch is larger than this.
    pub(crate) const fn bytes_max_of(capacity: usize, sketch_bytes_max: usize) -> usize {
        16 + capacity * (8 + sketch_bytes_max)
    }

    /// Numbers of what was forgotten, the number of keys, then each key with its sketch, by ascending key.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.low_by.to_le_bytes());
        bytes.extend(self.forgotten.to_le_bytes());
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        let mut keys: Vec<u64> = self.entries.keys().copied().collect();
        keys.sort_unstable();
        bytes.reserve(self.entries.values().map(|sketch| 8 + sketch.size()).sum());
        for key in keys {
            bytes.extend(key.to_le_bytes());
            self.entries[&key].write(bytes);
        }
    }

    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), BaselineError> {
        self.low_by = reader.u32()?;
        self.forgotten = reader.u64()?;
        let count = reader.u32()? as usize;
        if count > self.capacity {
            return Err(reader.damaged());
        }
        self.entries.reserve(count);
        let mut earlier = None;
        for _ in 0..count {
            let key = reader.u64()?;
            if earlier.is_some_and(|earlier| key <= earlier) {
                return Err(reader.damaged());
            }
            earlier = Some(key);
            self.entries.insert(key, S::read(reader)?);
        }
        Ok(())
    }
}
