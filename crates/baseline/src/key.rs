//! Keys: hashes of what is counted, under the tenant's seed.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::{Kind, fact::section};

/// The tenant's seed, which keys every hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u128);

/// A seed is a secret: it is never written out.
impl std::fmt::Debug for Seed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seed(..)")
    }
}

impl Seed {
    /// A hasher under this seed for one purpose.
    pub(crate) fn hasher(self, purpose: &str) -> SipHasher13 {
        let mut hasher = SipHasher13::new_with_keys((self.0 >> 64) as u64, self.0 as u64);
        write(&mut hasher, purpose.as_bytes());
        hasher
    }
}

fn write(hasher: &mut SipHasher13, part: &[u8]) {
    hasher.write(&(part.len() as u32).to_le_bytes());
    hasher.write(part);
}

/// What stands for a fact, an entity or a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u64);

/// Makes keys: SipHash-1-3 under the seed, every part led by its length, and of different kinds never the same.
#[derive(Clone, Debug)]
pub struct KeyMaker {
    facts: [SipHasher13; Kind::COUNT],
    entity: SipHasher13,
    process: SipHasher13,
    interval: SipHasher13,
}

impl KeyMaker {
    /// Makes keys under this seed.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self {
            facts: Kind::ALL.map(|kind| seed.hasher(section(kind))),
            entity: seed.hasher("entity"),
            process: seed.hasher("process"),
            interval: seed.hasher("interval"),
        }
    }

    /// The fact of a kind with these parts.
    #[must_use]
    pub fn fact(&self, kind: Kind, parts: &[&[u8]]) -> Key {
        finish(&self.facts[kind as usize], parts)
    }

    /// A host, user or other thing of this name.
    #[must_use]
    pub fn entity(&self, kind: &str, name: &[u8]) -> Key {
        finish(&self.entity, &[kind.as_bytes(), name])
    }

    /// A process by what identifies it.
    #[must_use]
    pub fn process(&self, id: &[u8]) -> Key {
        finish(&self.process, &[id])
    }

    /// Connections of these parts.
    #[must_use]
    pub fn interval(&self, parts: &[&[u8]]) -> Key {
        finish(&self.interval, parts)
    }
}

fn finish(begun: &SipHasher13, parts: &[&[u8]]) -> Key {
    let mut hasher = *begun;
    parts.iter().for_each(|part| write(&mut hasher, part));
    Key(hasher.finish())
}
