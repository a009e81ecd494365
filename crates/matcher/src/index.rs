//! Finds all literals of one field in a value at once.
//!
//! - Whole values by hash.
//! - Endings that begin with the value's last path separator (`\name.exe`) by hash: the commonest kind of all.
//! - Everything else by a window of four bytes (of as many as a shorter literal has) that is rare among the literals: at
//!   each position of the value a mark says whether any literal has this window, and only then it is compared.
//!
//! Values and literals are compared folded. What hashes can bring together is only literals of the rule set, so no value
//! can make a lookup long.

use glassbox_rules::{Literal, Placed, RuleSet};

/// Literals of one field.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The folded literals, one after another.
    text: Vec<u8>,
    needles: Vec<Needle>,
    whole: Table,
    tails: Table,
    four: Windows,
    three: Windows,
    two: Windows,
    one: Windows,
    /// The longest literal looked up as a whole value, in bytes.
    whole_bytes_max: usize,
}

#[derive(Debug)]
struct Needle {
    predicate: u32,
    start: u32,
    length: u32,
    /// Where the window stands in the literal.
    window: u32,
    place: Placed,
    /// Whether the literal is only a part of what must hold, or its case counts.
    needs_test: bool,
}

/// Of each of these keywords a part that stands in the raw bytes of a JSON record without `\u` escapes as it does in the
/// value, in lower case. None where a keyword has no such part.
pub(crate) fn plain_parts(set: &RuleSet, keywords: &[u32]) -> Option<Vec<Vec<u8>>> {
    let part = |literal: Literal| {
        let parts = literal.text.split(|character: char| {
            !character.is_ascii() || character.is_ascii_control() || matches!(character, '"' | '\\' | '/')
        });
        let longest = parts.max_by_key(|part| part.len()).filter(|part| !part.is_empty())?;
        Some(longest.as_bytes().to_vec())
    };
    keywords.iter().flat_map(|&position| set.literals(position)).map(part).collect()
}

impl Index {
    /// An index of these predicates of the set, each of which it must find.
    pub(crate) fn new(set: &RuleSet, predicates: &[u32]) -> Self {
        let of = |&position: &u32| set.literals(position).into_iter().map(move |literal| (position, literal));
        let literals: Vec<(u32, Literal)> = predicates.iter().flat_map(of).collect();
        let mut index = Self::default();
        let (mut whole, mut tails) = (Vec::new(), Vec::new());
        let mut windows: [Vec<(u32, u32)>; 4] = Default::default();
        let counts = count_windows(literals.iter().map(|(_, literal)| (literal.text.as_bytes(), literal.place)));
        for (predicate, Literal { text, place, needs_test }) in literals {
            let needle = index.needles.len() as u32;
            let start = index.text.len() as u32;
            index.text.extend_from_slice(text.as_bytes());
            let bytes = text.as_bytes();
            let mut window = 0;
            if place == Placed::Whole {
                whole.push((hash(bytes), needle));
                index.whole_bytes_max = index.whole_bytes_max.max(bytes.len());
            } else if place == Placed::End && is_tail(bytes) {
                tails.push((hash(bytes), needle));
            } else {
                let width = window_width(bytes.len());
                window = rarest_window(bytes, width, &counts);
                windows[WIDTHS.iter().position(|&known| known == width).unwrap_or(0)]
                    .push((window_at(bytes, window, width), needle));
            }
            let length = bytes.len() as u32;
            index.needles.push(Needle { predicate, start, length, window: window as u32, place, needs_test });
        }
        let [four, three, two, one] = windows;
        index.whole = Table::new(whole);
        index.tails = Table::new(tails);
        index.four = Windows::new(four);
        index.three = Windows::new(three);
        index.two = Windows::new(two);
        index.one = Windows::new(one);
        index
    }

    /// Whether there is nothing to find.
    pub(crate) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Gives each predicate whose literal stands in `folded` where it must; with whether it must still be tested. One
    /// predicate may be given more than once.
    pub(crate) fn scan(&self, folded: &[u8], found: &mut impl FnMut(u32, bool)) {
        if folded.len() <= self.whole_bytes_max {
            self.look_up(&self.whole, folded, found);
        }
        if !self.tails.is_empty() {
            for separator in [b'\\', b'/'] {
                if let Some(at) = memchr::memrchr(separator, folded) {
                    self.look_up(&self.tails, &folded[at..], found);
                }
            }
        }
        self.four.scan::<4>(folded, |window, at| self.compare_all(&self.four, window, at, folded, found));
        self.three.scan::<3>(folded, |window, at| self.compare_all(&self.three, window, at, folded, found));
        self.two.scan::<2>(folded, |window, at| self.compare_all(&self.two, window, at, folded, found));
        self.one.scan::<1>(folded, |window, at| self.compare_all(&self.one, window, at, folded, found));
    }

    fn look_up(&self, table: &Table, bytes: &[u8], found: &mut impl FnMut(u32, bool)) {
        for &needle in table.get(hash(bytes)) {
            let needle = &self.needles[needle as usize];
            if self.literal(needle) == bytes {
                found(needle.predicate, needle.needs_test);
            }
        }
    }

    #[cold]
    fn compare_all(&self, windows: &Windows, window: u32, at: usize, folded: &[u8], found: &mut impl FnMut(u32, bool)) {
        for &needle in windows.table.get(hash_window(window)) {
            let needle = &self.needles[needle as usize];
            let Some(start) = at.checked_sub(needle.window as usize) else { continue };
            let end = start + needle.length as usize;
            let stands = match needle.place {
                Placed::Whole => start == 0 && end == folded.len(),
                Placed::Start => start == 0,
                Placed::End => end == folded.len(),
                Placed::Anywhere => true,
            };
            if stands && folded.get(start..end) == Some(self.literal(needle)) {
                found(needle.predicate, needle.needs_test);
            }
        }
    }

    fn literal(&self, needle: &Needle) -> &[u8] {
        &self.text[needle.start as usize..(needle.start + needle.length) as usize]
    }
}

/// Whether a literal begins with a path separator and has no other of its kind.
fn is_tail(literal: &[u8]) -> bool {
    matches!(literal.first(), Some(&separator @ (b'\\' | b'/')) if memchr::memchr(separator, &literal[1..]).is_none())
}

const WIDTHS: [usize; 4] = [4, 3, 2, 1];

fn window_width(length: usize) -> usize {
    length.min(4)
}

fn window_at(bytes: &[u8], at: usize, width: usize) -> u32 {
    bytes[at..at + width].iter().rev().fold(0, |window, &byte| window << 8 | u32::from(byte))
}

/// How many literals have each window of four bytes, by the bit that stands for it: near enough to choose by.
fn count_windows<'l>(literals: impl Iterator<Item = (&'l [u8], Placed)>) -> Vec<u16> {
    let mut counts = vec![0_u16; 1 << MARK_BITS_MAX];
    for (literal, place) in literals {
        if place == Placed::Whole || (place == Placed::End && is_tail(literal)) || literal.len() < 4 {
            continue;
        }
        for at in 0..=literal.len() - 4 {
            let count = &mut counts[mark_of(window_at(literal, at, 4), 32 - MARK_BITS_MAX)];
            *count = count.saturating_add(1);
        }
    }
    counts
}

/// The position of the window that the fewest literals have, and of those the one of the rarest letters.
fn rarest_window(literal: &[u8], width: usize, counts: &[u16]) -> usize {
    (0..=literal.len() - width)
        .min_by_key(|&at| {
            let shared =
                if width == 4 { u32::from(counts[mark_of(window_at(literal, at, 4), 32 - MARK_BITS_MAX)]) } else { 0 };
            let common: u32 = literal[at..at + width].iter().map(|&byte| commonness(byte)).sum();
            common * 4 + shared
        })
        .unwrap_or(0)
}

/// How common a byte is in paths and command lines, coarsely.
pub(crate) fn commonness(byte: u8) -> u32 {
    match byte {
        b'e' | b's' | b't' | b'i' | b'o' | b'r' | b'n' | b'a' | b'\\' | b'm' | b'd' | b'w' => 8,
        b'c' | b'l' | b'p' | b'u' | b'.' | b' ' | b'0' | b'-' | b'x' | b'3' | b'2' | b'y' | b'f' | b'g' => 5,
        b'a'..=b'z' | b'0'..=b'9' | b'/' | b'_' | b':' => 3,
        _ => 1,
    }
}

/// Needles by hash.
#[derive(Debug, Default)]
struct Table {
    /// Open addressing; a slot with an empty range is free.
    slots: Vec<Slot>,
    needles: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u64,
    start: u32,
    length: u32,
}

impl Table {
    fn new(mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.sort_unstable();
        let mut table = Self { slots: Vec::new(), needles: pairs.iter().map(|&(_, needle)| needle).collect() };
        if pairs.is_empty() {
            return table;
        }
        table.slots = vec![Slot::default(); (pairs.len() * 2).next_power_of_two()];
        let mask = table.slots.len() - 1;
        let mut start = 0;
        for group in pairs.chunk_by(|left, right| left.0 == right.0) {
            let hash = group[0].0;
            let mut at = hash as usize & mask;
            while table.slots[at].length != 0 {
                at = (at + 1) & mask;
            }
            table.slots[at] = Slot { hash, start, length: group.len() as u32 };
            start += group.len() as u32;
        }
        table
    }

    fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn get(&self, hash: u64) -> &[u32] {
        if self.slots.is_empty() {
            return &[];
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = &self.slots[at];
            if slot.length == 0 {
                return &[];
            }
            if slot.hash == hash {
                return &self.needles[slot.start as usize..(slot.start + slot.length) as usize];
            }
            at = (at + 1) & mask;
        }
    }
}

/// Needles by window, behind a mark for each window that any has.
#[derive(Debug, Default)]
struct Windows {
    /// Bits, set where some needle's window falls, by `mark_of`; as many as keep most of them clear.
    marks: Vec<u64>,
    shift: u32,
    table: Table,
}

/// The most marks: more would not stay near the processor.
const MARK_BITS_MAX: u32 = 17;
const MARK_BITS_MIN: u32 = 10;
/// Marks for each needle.
const MARKS_PER_NEEDLE: usize = 12;
/// Positions looked at together: a loop that turns back seldom is interrupted and checked seldom.
const BLOCK: usize = 8;

impl Windows {
    fn new(windows: Vec<(u32, u32)>) -> Self {
        if windows.is_empty() {
            return Self::default();
        }
        let wanted = (windows.len() * MARKS_PER_NEEDLE).next_power_of_two().ilog2();
        let bits = wanted.clamp(MARK_BITS_MIN, MARK_BITS_MAX);
        let (mut marks, shift) = (vec![0; 1 << (bits - 6)], 32 - bits);
        for &(window, _) in &windows {
            let mark = mark_of(window, shift);
            marks[mark >> 6] |= 1 << (mark & 63);
        }
        let pairs = windows.into_iter().map(|(window, needle)| (hash_window(window), needle)).collect();
        Self { marks, shift, table: Table::new(pairs) }
    }

    /// Gives every window of so many bytes, at most four, that a needle may have, with its position.
    #[inline]
    fn scan<const WIDTH: usize>(&self, text: &[u8], mut found: impl FnMut(u32, usize)) {
        if self.marks.is_empty() {
            return;
        }
        let mask = u32::MAX >> (32 - 8 * WIDTH);
        let (marks, shift) = (&self.marks[..], self.shift);
        let mark = |window: u32| {
            let mark = mark_of(window, shift);
            (marks.get(mark >> 6).copied().unwrap_or_default() >> (mark & 63)) as u32 & 1
        };
        let mut at = 0;
        // Two words that overlap by half hold all windows of a block.
        while let Some(bytes) = text[at..].first_chunk::<{ BLOCK + 4 }>() {
            let word = |from: usize| {
                let mut word = [0; 8];
                word.copy_from_slice(&bytes[from..from + 8]);
                u64::from_le_bytes(word)
            };
            let (low, high) = (word(0), word(4));
            let window = |offset: usize| {
                let word = if offset < 4 { low >> (8 * offset) } else { high >> (8 * (offset - 4)) };
                word as u32 & mask
            };
            let mut candidates = 0;
            for offset in 0..BLOCK {
                candidates |= mark(window(offset)) << offset;
            }
            while candidates != 0 {
                let offset = candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                found(window(offset), at + offset);
            }
            at += BLOCK;
        }
        for (offset, bytes) in text[at..].windows(WIDTH).enumerate() {
            let window = bytes.iter().rev().fold(0, |window, &byte| window << 8 | u32::from(byte));
            if mark(window) != 0 {
                found(window, at + offset);
            }
        }
    }
}

#[inline]
fn mark_of(window: u32, shift: u32) -> usize {
    (window.wrapping_mul(0x9E37_79B1) >> shift) as usize
}

#[inline]
fn hash_window(window: u32) -> u64 {
    let hash = u64::from(window).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    hash ^ hash >> 32
}

/// Of the bytes; not for text that may be chosen to collide.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
        hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    for &byte in chunks.remainder() {
        hash = (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    //! The index against the plain test of each predicate.

    use glassbox_predicate::{Operator, Predicate, fold};
    use glassbox_rules::FieldPredicate;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_index_finds_what_each_test_finds(
            literals in prop::collection::vec(("[ab\\\\/*?É]{1,7}", 0..5_usize, any::<bool>()), 1..30),
            text in "[abAB\\\\/É]{0,24}",
        ) {
            let operators =
                [Operator::Equals, Operator::Contains, Operator::StartsWith, Operator::EndsWith, Operator::Like];
            let predicates: Vec<FieldPredicate> = literals
                .iter()
                .map(|(operand, operator, cased)| FieldPredicate {
                    field: Some(0),
                    predicate: Predicate { operator: operators[*operator], operand: operand.clone(), cased: *cased },
                    other: None,
                })
                .collect();
            let set = RuleSet { fields: vec!["F".into()], predicates, ..RuleSet::default() };
            let indexed: Vec<u32> =
                (0..set.predicates.len() as u32).filter(|&p| !set.literals(p).is_empty()).collect();
            let index = Index::new(&set, &indexed);
            let mut found = vec![false; set.predicates.len()];
            let tests: Vec<_> = set.predicates.iter().map(|p| p.predicate.compile().expect("usable")).collect();
            index.scan(fold(&text).text().as_bytes(), &mut |predicate, needs_test| {
                found[predicate as usize] |= !needs_test || tests[predicate as usize].find(&text).is_some();
            });
            for predicate in indexed {
                let expected = tests[predicate as usize].find(&text).is_some();
                prop_assert_eq!(found[predicate as usize], expected, "{:?}", set.predicates[predicate as usize]);
            }
        }
    }
}
