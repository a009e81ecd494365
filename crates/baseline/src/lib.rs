//! What is normal here: how often small facts about events were observed, in bounded, mergeable counters.
//!
//! A fact is kept as a hash under the tenant's seed, never as text, so a saved state tells nobody what was in the logs,
//! and nobody can prepare texts that collide. Counters do not know what a fact means; they are asked by the same hash.
//!
//! # Bounds
//!
//! At most [`ENTRIES_MAX`] facts are kept. When another one comes, every count is halved (rounded down) and those that
//! reach zero are forgotten, again and again until there is room: what is rare goes first, what is common stays common,
//! and the outcome depends on nothing but the order of observations. How often this happened is told by
//! [`Counters::halvings`], so that an explanation can say "at least".
//!
//! Invariants: no input or output, no clock, no randomness; the same observations in the same order make the same
//! bytes.

mod bytes;

use std::{collections::BTreeMap, hash::Hasher};

use siphasher::sip::SipHasher13;

pub use bytes::{BaselineError, FORMAT};

/// Facts kept at most: some 800 KiB when saved.
pub const ENTRIES_MAX: usize = 65_536;

/// The tenant's seed, which keys every hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u128);

/// A seed is a secret: it is never written out.
impl std::fmt::Debug for Seed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seed(..)")
    }
}

/// The kinds of facts. A kind's name goes into the hash, so facts of different kinds never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A rule hit on an entity: the rule's id, the entity's kind and name.
    RuleOnEntity,
}

impl Kind {
    /// Every kind. What a saved state counts is defined by them.
    pub const ALL: [Self; 1] = [Self::RuleOnEntity];

    /// Its name, with the number of its definition: a fact made of other parts gets another number.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RuleOnEntity => "rule-on-entity/1",
        }
    }
}

/// A fact, as its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Observation(pub u64);

impl Observation {
    /// The fact of a kind with these parts: SipHash-1-3 under the seed, every part led by its length.
    #[must_use]
    pub fn new(seed: Seed, kind: Kind, parts: &[&str]) -> Self {
        let mut hasher = seed.hasher("observation");
        for part in [kind.name()].iter().chain(parts) {
            write_text(&mut hasher, part);
        }
        Self(hasher.finish())
    }
}

impl Seed {
    /// A hasher under this seed for one purpose.
    fn hasher(self, purpose: &str) -> SipHasher13 {
        let mut hasher = SipHasher13::new_with_keys((self.0 >> 64) as u64, self.0 as u64);
        write_text(&mut hasher, purpose);
        hasher
    }
}

fn write_text(hasher: &mut SipHasher13, text: &str) {
    hasher.write(&(text.len() as u64).to_le_bytes());
    hasher.write(text.as_bytes());
}

/// How often facts were observed, and over how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    seed: Seed,
    counts: BTreeMap<Observation, u32>,
    records: u64,
    since: Option<i64>,
    halvings: u32,
}

impl Counters {
    /// Counters that have seen nothing.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self { seed, counts: BTreeMap::new(), records: 0, since: None, halvings: 0 }
    }

    /// The seed under which observations are made.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Counts records, those without observations too, and the time of the earliest in microseconds.
    pub fn see_records(&mut self, records: u64, earliest: Option<i64>) {
        self.records = self.records.saturating_add(records);
        self.since = earlier(self.since, earliest);
    }

    /// Counts one observation; says how often it was seen before.
    pub fn observe(&mut self, observation: Observation) -> u32 {
        if let Some(count) = self.counts.get_mut(&observation) {
            let before = *count;
            *count = before.saturating_add(1);
            return before;
        }
        self.make_room(ENTRIES_MAX - 1);
        self.counts.insert(observation, 1);
        0
    }

    /// How often a fact was seen.
    #[must_use]
    pub fn times(&self, observation: Observation) -> u32 {
        self.counts.get(&observation).copied().unwrap_or(0)
    }

    /// How many records were seen.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The earliest event time seen, in microseconds since 1970.
    #[must_use]
    pub fn since(&self) -> Option<i64> {
        self.since
    }

    /// How many different facts are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether no facts are kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How often all counts were halved to make room. While it is 0, counts are exact.
    #[must_use]
    pub fn halvings(&self) -> u32 {
        self.halvings
    }

    /// Takes over what other counters saw. While neither was ever full and the union is not, the outcome is that of
    /// one pass over both, in any order.
    ///
    /// # Errors
    /// When the others were kept under another seed: their facts are other facts.
    pub fn merge(&mut self, other: &Self) -> Result<(), BaselineError> {
        if self.seed != other.seed {
            return Err(BaselineError::ForeignSeed);
        }
        for (observation, count) in &other.counts {
            let sum = self.counts.entry(*observation).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.records = self.records.saturating_add(other.records);
        self.since = earlier(self.since, other.since);
        self.halvings = self.halvings.max(other.halvings);
        self.make_room(ENTRIES_MAX);
        Ok(())
    }

    /// Halves all counts until at most so many facts are left.
    fn make_room(&mut self, entries_max: usize) {
        while self.counts.len() > entries_max {
            self.counts.retain(|_, count| {
                *count /= 2;
                *count > 0
            });
            self.halvings = self.halvings.saturating_add(1);
        }
    }
}

fn earlier(left: Option<i64>, right: Option<i64>) -> Option<i64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

#[cfg(test)]
mod tests;
