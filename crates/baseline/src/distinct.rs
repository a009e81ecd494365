//! How many different keys there were: exact while they are few, an estimate from then on.
//!
//! The first `EXACT_MAX` keys are kept in a list, each by 32 bits of it. One key more, and the list becomes a bitmap of as
//! many bytes: each key sets one bit, and the estimate follows from the bits that are still clear (linear counting: Whang,
//! Vander-Zanden and Taylor, "A linear-time probabilistic counting algorithm for database applications", ACM TODS 1990).
//! With 32 keys the bitmap has 1,024 bits: a hundred keys come out within a twentieth on average, a thousand too. A full
//! bitmap says the most that it can tell.
//!
//! Keys depend on the tenant's seed, and so does an estimate. A count up to `EXACT_MAX` does not, and neither does whether
//! a count exceeds `EXACT_MAX`: an estimate is never below what the list would have held. (Two of 32 keys agree in their
//! 32 bits once in eight million lists.)
//!
//! Merging is exact: the list or bitmap of one pass over both is the one that merging makes.

use glassbox_finding::log2_65536ths;

use crate::{BaselineError, Key, bytes::Reader};

/// A set of keys, counted exactly up to `EXACT_MAX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Distinct<const EXACT_MAX: usize> {
    /// All keys, ascending.
    Exact(Vec<u32>),
    /// One bit for each key, in `EXACT_MAX` words; and how many bits are set.
    Estimate { words: Box<[u32]>, set: u32 },
}

/// What a bitmap is led by when saved, where a list has the number of its keys.
const BITMAP: u16 = u16::MAX;

impl<const EXACT_MAX: usize> Default for Distinct<EXACT_MAX> {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

impl<const EXACT_MAX: usize> Distinct<EXACT_MAX> {
    /// The most bytes when saved.
    pub(crate) const BYTES_MAX: usize = Self::bytes(EXACT_MAX);
    const BITS: u32 = {
        assert!(EXACT_MAX < BITMAP as usize, "the number of keys is told apart from a bitmap");
        EXACT_MAX as u32 * u32::BITS
    };

    /// Bytes of a saved list of this many keys.
    pub(crate) const fn bytes(keys: usize) -> usize {
        2 + 4 * keys
    }

    pub(crate) fn see(&mut self, key: Key) {
        self.insert((key.0 ^ key.0 >> 32) as u32);
    }

    fn insert(&mut self, key: u32) {
        match self {
            Self::Exact(keys) => {
                let Err(place) = keys.binary_search(&key) else { return };
                if keys.len() < EXACT_MAX {
                    keys.insert(place, key);
                    return;
                }
                let keys = std::mem::take(keys);
                *self = Self::Estimate { words: vec![0; EXACT_MAX].into(), set: 0 };
                keys.into_iter().for_each(|key| self.insert(key));
                self.insert(key);
            }
            Self::Estimate { words, set } => {
                let bit = key % Self::BITS;
                let word = &mut words[(bit / u32::BITS) as usize];
                *set += u32::from(*word >> (bit % u32::BITS) & 1 == 0);
                *word |= 1 << (bit % u32::BITS);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (_, Self::Exact(keys)) => keys.iter().for_each(|&key| self.insert(key)),
            (Self::Exact(keys), Self::Estimate { .. }) => {
                let keys = std::mem::take(keys);
                *self = other.clone();
                keys.into_iter().for_each(|key| self.insert(key));
            }
            (Self::Estimate { words: mine, set }, Self::Estimate { words: theirs, .. }) => {
                mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine |= theirs);
                *set = mine.iter().map(|word| word.count_ones()).sum();
            }
        }
    }

    /// How many keys there were.
    pub(crate) fn count(&self) -> u32 {
        match self {
            Self::Exact(keys) => keys.len() as u32,
            Self::Estimate { set, .. } => estimate(Self::BITS, *set).max(EXACT_MAX as u32 + 1),
        }
    }

    /// Bytes when saved.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Exact(keys) => Self::bytes(keys.len()),
            Self::Estimate { .. } => Self::BYTES_MAX,
        }
    }

    /// The number of keys and each of them, or what says that it is a bitmap and its words.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let (head, numbers): (u16, &[u32]) = match self {
            Self::Exact(keys) => (keys.len() as u16, keys),
            Self::Estimate { words, .. } => (BITMAP, words),
        };
        bytes.extend(head.to_le_bytes());
        numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        let head = reader.u16()?;
        if head == BITMAP {
            let words: Vec<u32> = (0..EXACT_MAX).map(|_| reader.u32()).collect::<Result<_, _>>()?;
            let set = words.iter().map(|word| word.count_ones()).sum();
            return if set == 0 { Err(reader.damaged()) } else { Ok(Self::Estimate { words: words.into(), set }) };
        }
        if usize::from(head) > EXACT_MAX {
            return Err(reader.damaged());
        }
        let keys: Vec<u32> = (0..head).map(|_| reader.u32()).collect::<Result<_, _>>()?;
        if keys.is_sorted_by(|key, next| key < next) { Ok(Self::Exact(keys)) } else { Err(reader.damaged()) }
    }
}

/// Bits times the natural logarithm of bits by clear bits.
fn estimate(bits: u32, set: u32) -> u32 {
    /// The natural logarithm of 2, in millionths.
    const LN_2_MILLIONTHS: u64 = 693_147;
    let bits = u64::from(bits);
    let clear = (bits - u64::from(set)).max(1);
    // Of the quotient's logarithm as a difference: both terms are whole numbers' logarithms.
    let log2 = u64::from(log2_65536ths(bits) - log2_65536ths(clear));
    let estimate = ((bits * log2 * LN_2_MILLIONTHS / 1_000_000) + (1 << 15)) >> 16;
    // Not fewer keys than bits.
    (estimate as u32).max(set)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{KeyMaker, Seed};

    const EXACT_MAX: usize = 32;

    fn seen(keys: impl IntoIterator<Item = Key>) -> Distinct<EXACT_MAX> {
        let mut distinct = Distinct::default();
        keys.into_iter().for_each(|key| distinct.see(key));
        distinct
    }

    fn keys(seed: u128, count: u32) -> impl Iterator<Item = Key> {
        let keys = KeyMaker::new(Seed(seed));
        (0..count).map(move |number| keys.entity("host", &number.to_le_bytes()))
    }

    #[test]
    fn few_are_counted_exactly_under_every_seed() {
        for seed in 0..200 {
            for count in 0..=EXACT_MAX as u32 {
                assert_eq!(seen(keys(seed, count)).count(), count, "seed {seed}");
            }
            let more = seen(keys(seed, EXACT_MAX as u32 + 1)).count();
            assert!((33..40).contains(&more), "{more} under seed {seed}");
        }
    }

    #[test]
    fn many_are_estimated_within_the_stated_error() {
        for (count, percent) in [(100, 5), (1_000, 5), (3_000, 20)] {
            let errors: u32 = (0..40).map(|seed| seen(keys(seed, count)).count().abs_diff(count)).sum();
            assert!(errors * 100 <= 40 * count * percent, "{errors} in 40 counts of {count}");
        }
        let full = seen(keys(0, 1_000_000)).count();
        assert!((7_000..8_000).contains(&full), "the most that it can tell: {full}");
    }

    proptest! {
        #[test]
        fn merging_is_one_pass_and_bytes_come_back(
            left in proptest::collection::vec(0..80_u64, 0..60), right in proptest::collection::vec(40..120_u64, 0..60)
        ) {
            let of = |numbers: &[u64]| seen(numbers.iter().map(|&number| Key(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
            let (one, other) = (of(&left), of(&right));
            let whole = of(&[&left[..], &right[..]].concat());
            let (mut merged, mut reversed) = (one.clone(), other.clone());
            merged.merge(&other);
            reversed.merge(&one);
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(&reversed, &whole);
            let different = left.iter().chain(&right).collect::<BTreeSet<_>>().len();
            if different <= EXACT_MAX {
                prop_assert_eq!(whole.count() as usize, different);
            } else {
                prop_assert!(whole.count() as usize > EXACT_MAX);
            }
            let mut bytes = Vec::new();
            whole.write(&mut bytes);
            prop_assert_eq!(bytes.len(), whole.size());
            prop_assert!(bytes.len() <= Distinct::<EXACT_MAX>::BYTES_MAX);
            prop_assert_eq!(Distinct::read(&mut Reader::new(&bytes)), Ok(whole));
        }
    }

    #[test]
    fn only_what_write_makes_is_read() {
        let check = |numbers: &[u32], head: u16| {
            let mut bytes = head.to_le_bytes().to_vec();
            numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
            Distinct::<4>::read(&mut Reader::new(&bytes)).is_ok()
        };
        assert!(check(&[1, 2, 3], 3));
        assert!(check(&[1, 0, 0, 0], BITMAP));
        assert!(!check(&[1, 1, 3], 3), "twice the same");
        assert!(!check(&[2, 1, 3], 3), "not ascending");
        assert!(!check(&[1, 2, 3, 4, 5], 5), "more than are kept");
        assert!(!check(&[1, 2], 3), "cut short");
        assert!(!check(&[0; 4], BITMAP), "a bitmap of nothing");
    }
}
