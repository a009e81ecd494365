//! What was found in values before: logs repeat themselves, and a value that was seen needs no second look.
//!
//! What a value satisfies depends on nothing but its bytes, how they are written, its field and the rules considered;
//! so remembering changes no result, only the time. Entries are compared in full, never trusted by their hash; a record
//! made to collide makes others be forgotten and nothing worse.
//!
//! Invariant: bounded in bytes; when it is full, all of it is forgotten.

use std::ops::Range;

use glassbox_finding::Encoding;

/// Slots of the table.
const SLOTS: usize = 8_192;
/// Bytes of values that are remembered together.
const BYTES_MAX: usize = 3 << 20;
/// Bytes of the longest value remembered.
const VALUE_BYTES_MAX: usize = 32 << 10;
/// Positions of predicates and rules that are remembered together.
const POSITIONS_MAX: usize = 256 << 10;

/// Values by content.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    /// Empty until the first value comes.
    slots: Vec<Slot>,
    /// The values remembered, one after another.
    bytes: Vec<u8>,
    /// For each value the predicates that hold of it, then the rules that these announce.
    positions: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Of value and asker; 0 is vacant.
    hash: u64,
    asker: u64,
    bytes: (u32, u32),
    /// Start, end of the predicates, end of the rules.
    positions: (u32, u32, u32),
}

/// What holds of a value.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Where the predicates stand among the positions.
    pub(crate) predicates: Range<usize>,
    /// Where the rules that they announce stand.
    pub(crate) rules: Range<usize>,
}

/// A value to be looked up, and who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'v> {
    bytes: &'v [u8],
    asker: u64,
    hash: u64,
}

impl<'v> Question<'v> {
    /// A question about a value's bytes on behalf of a route and a field.
    #[inline]
    pub(crate) fn new(route: u16, slot: usize, bytes: &'v [u8], encoding: Encoding) -> Self {
        let asker = u64::from(route) << 40 | (slot as u64) << 2 | encoding as u64;
        Self { bytes, asker, hash: hash(bytes, asker) | 1 }
    }
}

impl Memo {
    /// What is known of a value.
    #[inline]
    pub(crate) fn get(&self, question: Question<'_>) -> Option<Found> {
        let slot = self.slots.get(place(question.hash))?;
        let known = slot.hash == question.hash
            && slot.asker == question.asker
            && self.bytes[slot.bytes.0 as usize..slot.bytes.1 as usize] == *question.bytes;
        known.then(|| slot.found())
    }

    /// Predicates and rules, by `Found`.
    #[inline]
    pub(crate) fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.bytes.clear();
        self.positions.clear();
    }

    /// Remembers what holds of a value.
    pub(crate) fn insert(&mut self, question: Question<'_>, predicates: &[u32], rules: &[u32]) {
        let Question { bytes, asker, hash } = question;
        let positions = predicates.len() + rules.len();
        if bytes.len() > VALUE_BYTES_MAX || positions > POSITIONS_MAX {
            return;
        }
        let full = self.bytes.len() + bytes.len() > BYTES_MAX || self.positions.len() + positions > POSITIONS_MAX;
        if full || self.slots.is_empty() {
            self.clear();
            self.slots.resize(SLOTS, Slot::default());
        }
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        let first = self.positions.len() as u32;
        self.positions.extend_from_slice(predicates);
        let middle = self.positions.len() as u32;
        self.positions.extend_from_slice(rules);
        self.slots[place(hash)] = Slot {
            hash,
            asker,
            bytes: (start, self.bytes.len() as u32),
            positions: (first, middle, self.positions.len() as u32),
        };
    }
}

impl Slot {
    fn found(&self) -> Found {
        let (first, middle, last) = self.positions;
        Found { predicates: first as usize..middle as usize, rules: middle as usize..last as usize }
    }
}

#[inline]
fn place(hash: u64) -> usize {
    (hash >> 40) as usize % SLOTS
}

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// Bytes that are hashed whole; of a longer value its beginning, its end and words between: it is compared as a whole
/// anyway.
const HASHED_WHOLE_BYTES_MAX: usize = 2 << 10;

/// A hash of a value, in two streams that need not wait for each other.
#[inline]
fn hash(bytes: &[u8], asker: u64) -> u64 {
    let seed = (asker.rotate_left(24) ^ bytes.len() as u64).wrapping_mul(MIX);
    let mut streams = (seed, !seed);
    let mut mix = |pair: &[u8; 16]| {
        let pair = u128::from_le_bytes(*pair);
        streams.0 = (streams.0.rotate_left(23) ^ pair as u64).wrapping_mul(MIX);
        streams.1 = (streams.1.rotate_left(29) ^ (pair >> 64) as u64).wrapping_mul(MIX);
    };
    // Four pairs a turn: a loop that turns back seldom is interrupted and checked seldom.
    let (blocks, rest) = bytes.as_chunks::<64>();
    let stride = if bytes.len() <= HASHED_WHOLE_BYTES_MAX { 1 } else { bytes.len() / HASHED_WHOLE_BYTES_MAX + 1 };
    for block in blocks.iter().step_by(stride) {
        block.as_chunks::<16>().0.iter().for_each(&mut mix);
    }
    rest.as_chunks::<16>().0.iter().for_each(&mut mix);
    match bytes.last_chunk::<16>() {
        Some(last) => mix(last),
        None => {
            let mut short = [0; 16];
            short[..bytes.len()].copy_from_slice(bytes);
            mix(&short);
        }
    }
    streams.0.rotate_left(32) ^ streams.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(bytes: &[u8]) -> Question<'_> {
        Question::new(1, 2, bytes, Encoding::Raw)
    }

    fn known(memo: &Memo, question: Question<'_>) -> Option<(Vec<u32>, Vec<u32>)> {
        let found = memo.get(question)?;
        Some((memo.positions()[found.predicates].to_vec(), memo.positions()[found.rules].to_vec()))
    }

    #[test]
    fn only_the_same_value_of_the_same_field_is_known() {
        let mut memo = Memo::default();
        assert_eq!(known(&memo, ask(b"")), None);
        memo.insert(ask(b""), &[7], &[]);
        memo.insert(ask(b"abc"), &[1, 2], &[3]);
        assert_eq!(known(&memo, ask(b"")), Some((vec![7], vec![])));
        assert_eq!(known(&memo, ask(b"abc")), Some((vec![1, 2], vec![3])));
        assert_eq!(known(&memo, ask(b"abd")), None);
        assert_eq!(known(&memo, Question::new(1, 3, b"abc", Encoding::Raw)), None);
        assert_eq!(known(&memo, Question::new(2, 2, b"abc", Encoding::Raw)), None);
        assert_eq!(known(&memo, Question::new(0, 2 + (1 << 14), b"abc", Encoding::Raw)), None);
        assert_eq!(known(&memo, Question::new(1, 2, b"abc", Encoding::JsonString)), None);
        memo.insert(ask(b"abc"), &[4], &[]);
        assert_eq!(known(&memo, ask(b"abc")), Some((vec![4], vec![])));
    }

    #[test]
    fn values_that_hash_alike_are_told_apart() {
        for length in 0..400 {
            let mut memo = Memo::default();
            let value = vec![b'x'; length];
            memo.insert(ask(&value), &[1], &[]);
            assert_eq!(known(&memo, ask(&value)), Some((vec![1], vec![])));
            for at in 0..length {
                let mut other = value.clone();
                other[at] = b'y';
                assert_eq!(known(&memo, ask(&other)), None, "{length} bytes, another one at {at}");
            }
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut memo = Memo::default();
        for value in 0..2_000_u32 {
            let mut bytes = vec![b' '; 4_096];
            bytes[..4].copy_from_slice(&value.to_le_bytes());
            memo.insert(ask(&bytes), &[value], &[value]);
            assert_eq!(known(&memo, ask(&bytes)), Some((vec![value], vec![value])));
            assert!(memo.bytes.len() <= BYTES_MAX && memo.positions.len() <= POSITIONS_MAX);
        }
        let long = vec![b' '; VALUE_BYTES_MAX + 1];
        memo.insert(ask(&long), &[1], &[]);
        assert_eq!(known(&memo, ask(&long)), None);
    }

    /// A question whose hash is not that of its value.
    fn forged(bytes: &[u8], asker: u64, hash: u64) -> Question<'_> {
        Question { bytes, asker, hash }
    }

    #[test]
    fn a_hash_alone_is_not_believed() {
        let mut memo = Memo::default();
        memo.insert(forged(b"abc", 1, 7), &[1], &[]);
        assert_eq!(known(&memo, forged(b"abc", 1, 7)), Some((vec![1], vec![])));
        assert_eq!(known(&memo, forged(b"abd", 1, 7)), None);
        assert_eq!(known(&memo, forged(b"abc", 2, 7)), None);
        assert_eq!(known(&memo, forged(b"abc", 1, 9)), None, "of the same slot");
        assert_eq!(known(&memo, forged(b"abd", 2, 9)), None);
    }

    #[test]
    fn all_is_forgotten_when_one_more_is_too_much_and_not_before() {
        let fill = |bytes: usize, positions: usize, times: u64| {
            let mut memo = Memo::default();
            let (value, positions) = (vec![b' '; bytes], vec![5; positions]);
            let question = |number: u64| forged(&value, 1, number << 40 | 1);
            for number in 0..times {
                memo.insert(question(number), &positions, &[]);
            }
            assert!((0..times).all(|number| memo.get(question(number)).is_some()));
            memo.insert(question(times), &positions, &[]);
            assert!((0..times).all(|number| memo.get(question(number)).is_none()));
            assert!(memo.get(question(times)).is_some());
        };
        fill(VALUE_BYTES_MAX, 0, (BYTES_MAX / VALUE_BYTES_MAX) as u64);
        fill(1, POSITIONS_MAX / 4, 4);
        fill(0, POSITIONS_MAX, 1);
    }

    #[test]
    fn a_value_of_too_many_positions_is_not_remembered() {
        let mut memo = Memo::default();
        let positions = vec![5; POSITIONS_MAX];
        for (predicates, rules, expected) in [
            (&positions[..], &positions[..0], true),
            (&positions[..], &positions[..1], false),
            (&positions[..1], &positions[..], false),
        ] {
            memo.clear();
            memo.insert(ask(b"abc"), predicates, rules);
            assert_eq!(memo.get(ask(b"abc")).is_some(), expected, "{} and {}", predicates.len(), rules.len());
        }
        memo.insert(ask(b"ab"), &[], &positions);
        assert_eq!(known(&memo, ask(b"ab")).expect("known").1.len(), POSITIONS_MAX);
    }

    #[test]
    fn values_spread_over_all_slots() {
        let spread = |hash_of: &dyn Fn(u32) -> u64| {
            let places: std::collections::HashSet<usize> = (0..10_000).map(|number| place(hash_of(number))).collect();
            places.len()
        };
        // By chance 5,775 of them would be taken.
        for (length, at) in [(4, 0), (96, 0), (96, 8), (96, 16), (96, 40), (96, 64), (96, 80)] {
            let slots = spread(&|number| {
                let mut bytes = vec![b' '; length];
                bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
                hash(&bytes, 1)
            });
            assert!(slots > 5_000, "{slots} by {length} bytes that differ at {at}");
        }
        assert!(spread(&|slot| hash(b"value", u64::from(slot) << 2)) > 5_000);
        assert!(spread(&|route| hash(b"value", u64::from(route) << 40)) > 5_000);
    }

    #[test]
    fn a_long_value_is_hashed_in_parts_from_everywhere() {
        for length in [HASHED_WHOLE_BYTES_MAX, HASHED_WHOLE_BYTES_MAX + 100, 3_000, VALUE_BYTES_MAX] {
            let mut value = vec![b'x'; length];
            let whole = hash(&value, 1);
            let parts = (0..length).step_by(64).filter(|&at| {
                value[at] = b'y';
                let differs = hash(&value, 1) != whole;
                value[at] = b'x';
                differs
            });
            let parts = parts.count();
            assert!((HASHED_WHOLE_BYTES_MAX / 64 / 2..=HASHED_WHOLE_BYTES_MAX / 64 + 2).contains(&parts), "{parts}");
        }
    }
}
