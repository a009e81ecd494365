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
use memchr::memmem;

/// Literals of one field.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The folded literals, one after another.
    text: Vec<u8>,
    needles: Vec<Needle>,
    whole: Table,
    tails: Table,
    /// By their first and by their last bytes, as many of them as `WIDTHS` says.
    starts: [Table; 4],
    ends: [Table; 4],
    /// Those that may stand anywhere: long ones, short ones, and those that only text beyond ASCII can hold.
    long: Grams,
    short: Windows,
    /// Entries of literals of one or two bytes, where there are so few that each is looked for by itself.
    tiny: Vec<u32>,
    foreign: Windows,
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
        let (mut starts, mut ends): (ByWidth, ByWidth) = Default::default();
        let (mut short, mut foreign, mut long): (ByWidth, ByWidth, Vec<(u32, u32)>) = Default::default();
        let mut tiny = Vec::new();
        let is_short = |literal: &Literal| literal.place == Placed::Anywhere && literal.text.len() < LONG_BYTES_MIN;
        let short_width = if literals.iter().filter(|(_, it)| is_short(it)).count() > SHORT_FEW { 4 } else { 3 };
        let counts = count_windows(literals.iter().map(|(_, literal)| (literal.text.as_bytes(), literal.place)));
        for (predicate, Literal { text, place, needs_test }) in literals {
            let entry = (index.needles.len() as u32) << STEP_BITS;
            let start = index.text.len() as u32;
            index.text.extend_from_slice(text.as_bytes());
            let bytes = text.as_bytes();
            let mut width = bytes.len().min(4);
            let mut window = 0;
            let by_width = match place {
                Placed::Whole => {
                    whole.push((hash(bytes), entry));
                    index.whole_bytes_max = index.whole_bytes_max.max(bytes.len());
                    None
                }
                Placed::End if is_tail(bytes) => {
                    tails.push((hash(bytes), entry));
                    None
                }
                Placed::Start => Some(&mut starts),
                Placed::End => {
                    window = bytes.len() - width;
                    Some(&mut ends)
                }
                Placed::Anywhere if bytes.is_ascii() && bytes.len() >= LONG_BYTES_MIN => {
                    window = rarest_run(bytes, &counts);
                    let windows = (0..STEP).map(|step| (window_at(bytes, window + step, 4), entry + step as u32));
                    long.extend(windows);
                    None
                }
                Placed::Anywhere if bytes.is_ascii() && bytes.len() <= 2 => {
                    tiny.push((window_at(bytes, 0, width), entry));
                    None
                }
                Placed::Anywhere => {
                    width = if bytes.is_ascii() { width.min(short_width) } else { width };
                    window = rarest_window(bytes, width, &counts);
                    Some(if bytes.is_ascii() { &mut short } else { &mut foreign })
                }
            };
            if let Some(by_width) = by_width {
                by_width[4 - width].push((window_at(bytes, window, width), entry));
            }
            let length = bytes.len() as u32;
            index.needles.push(Needle { predicate, start, length, window: window as u32, place, needs_test });
        }
        index.whole = Table::new(whole);
        index.tails = Table::new(tails);
        index.starts = starts.map(Table::of_windows);
        index.ends = ends.map(Table::of_windows);
        if tiny.len() > TINY_FEW {
            for (window, entry) in tiny {
                let length = index.needles[(entry >> STEP_BITS) as usize].length as usize;
                short[4 - length].push((window, entry));
            }
        } else {
            index.tiny = tiny.into_iter().map(|(_, entry)| entry).collect();
        }
        index.long = Grams::new(long);
        index.short = Windows::new(short);
        index.foreign = Windows::new(foreign);
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
        for (number, width) in WIDTHS.into_iter().enumerate() {
            if folded.len() < width {
                continue;
            }
            self.compare(&self.starts[number], window_at(folded, 0, width), 0, folded, found);
            let last = folded.len() - width;
            self.compare(&self.ends[number], window_at(folded, last, width), last, folded, found);
        }
        self.long.scan(folded, |window, at| self.compare(&self.long.table, window, at, folded, found));
        self.short.scan(folded, |number, window, at| {
            self.compare(&self.short.tables[number], window, at, folded, found);
        });
        for &entry in &self.tiny {
            let needle = &self.needles[(entry >> STEP_BITS) as usize];
            if memmem::find(folded, self.literal(needle)).is_some() {
                found(needle.predicate, needle.needs_test);
            }
        }
        if !folded.is_ascii() {
            self.foreign.scan(folded, |number, window, at| {
                self.compare(&self.foreign.tables[number], window, at, folded, found);
            });
        }
    }

    fn look_up(&self, table: &Table, bytes: &[u8], found: &mut impl FnMut(u32, bool)) {
        for &entry in table.get(hash(bytes)) {
            let needle = &self.needles[(entry >> STEP_BITS) as usize];
            if self.literal(needle) == bytes {
                found(needle.predicate, needle.needs_test);
            }
        }
    }

    /// Gives the needles that have this window and stand where it does.
    #[inline]
    fn compare(&self, table: &Table, window: u32, at: usize, folded: &[u8], found: &mut impl FnMut(u32, bool)) {
        for &entry in table.get(hash_window(window)) {
            let needle = &self.needles[(entry >> STEP_BITS) as usize];
            let offset = needle.window + (entry & (STEP as u32 - 1));
            let Some(start) = at.checked_sub(offset as usize) else { continue };
            let end = start + needle.length as usize;
            let stands = match needle.place {
                Placed::Whole => start == 0 && end == folded.len(),
                Placed::Start => start == 0,
                Placed::End => end == folded.len(),
                Placed::Anywhere => true,
            };
            // The ends tell most others apart.
            let literal = self.literal(needle);
            let bytes = folded.get(start..end).unwrap_or_default();
            if stands && bytes.first() == literal.first() && bytes.last() == literal.last() && bytes == literal {
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

/// Long literals are looked for at every fourth position: of each the four windows of a run are known, and one of them
/// stands at such a position wherever the literal does.
const STEP: usize = 4;
const STEP_BITS: u32 = 2;
/// Bytes of the shortest long literal.
const LONG_BYTES_MIN: usize = 4 + STEP - 1;

/// So many short literals tell enough by three bytes each, and then one look serves all of them.
const SHORT_FEW: usize = 512;
/// So many literals of one or two bytes are looked for one by one.
const TINY_FEW: usize = 8;

/// Bytes of a window: as many as the literal has, and four of a longer one.
const WIDTHS: [usize; 4] = [4, 3, 2, 1];

/// Windows and their needles, for each of `WIDTHS`.
type ByWidth = [Vec<(u32, u32)>; 4];

#[inline]
fn window_at(bytes: &[u8], at: usize, width: usize) -> u32 {
    if let Some(window) = bytes[at..].first_chunk::<4>().filter(|_| width == 4) {
        return u32::from_le_bytes(*window);
    }
    bytes[at..at + width].iter().rev().fold(0, |window, &byte| window << 8 | u32::from(byte))
}

/// How many literals have each window of four bytes, by the bit that stands for it: near enough to choose by.
fn count_windows<'l>(literals: impl Iterator<Item = (&'l [u8], Placed)>) -> Vec<u16> {
    let mut counts = vec![0_u16; 1 << MARK_BITS_MAX];
    for (literal, place) in literals {
        if place != Placed::Anywhere || literal.len() < 4 {
            continue;
        }
        for at in 0..=(literal.len() - 4).min(RUN_STARTS + STEP) {
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

/// Positions of a long literal that a run may begin at: further ones are hardly rarer, and a pack has tens of thousands.
const RUN_STARTS: usize = 16;

/// The position of the run of windows that the fewest long literals share.
fn rarest_run(literal: &[u8], counts: &[u16]) -> usize {
    let starts = (literal.len() - LONG_BYTES_MIN + 1).min(RUN_STARTS);
    let mut worth = [0_u32; RUN_STARTS + STEP];
    for (at, worth) in worth[..starts + STEP - 1].iter_mut().enumerate() {
        let common: u32 = literal[at..at + 4].iter().map(|&byte| commonness(byte)).sum();
        *worth = common * 4 + u32::from(counts[mark_of(window_at(literal, at, 4), 32 - MARK_BITS_MAX)]);
    }
    (0..starts).min_by_key(|&at| worth[at..at + STEP].iter().sum::<u32>()).unwrap_or(0)
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

    fn of_windows(windows: Vec<(u32, u32)>) -> Self {
        Self::new(windows.into_iter().map(|(window, needle)| (hash_window(window), needle)).collect())
    }

    fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    #[inline]
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

/// Long needles, by the windows of a run of each.
#[derive(Debug, Default)]
struct Grams {
    marks: Marks,
    table: Table,
}

/// Windows looked at together.
const GRAMS_BLOCK: usize = 8;

impl Grams {
    fn new(windows: Vec<(u32, u32)>) -> Self {
        Self { marks: Marks::new(&windows), table: Table::of_windows(windows) }
    }

    /// Gives every window at a fourth position that a needle may have, with its position.
    #[inline]
    fn scan(&self, text: &[u8], mut found: impl FnMut(u32, usize)) {
        if self.marks.bits.is_empty() {
            return;
        }
        let (blocks, rest) = text.as_chunks::<{ 4 * GRAMS_BLOCK }>();
        for (number, block) in blocks.iter().enumerate() {
            let windows = block.as_chunks::<4>().0;
            let window = |offset: usize| u32::from_le_bytes(windows[offset]);
            let mut candidates = 0;
            for offset in 0..GRAMS_BLOCK {
                candidates |= self.marks.get(window(offset)) << offset;
            }
            while candidates != 0 {
                let offset = candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                found(window(offset), 4 * (number * GRAMS_BLOCK + offset));
            }
        }
        let at = text.len() - rest.len();
        for (number, window) in rest.as_chunks::<4>().0.iter().enumerate() {
            let window = u32::from_le_bytes(*window);
            if self.marks.get(window) != 0 {
                found(window, at + 4 * number);
            }
        }
    }
}

/// Needles that may stand anywhere, by window, behind a mark for each window that any has.
#[derive(Debug, Default)]
struct Windows {
    marks: [Marks; 4],
    tables: [Table; 4],
}

/// Bits, set where some needle's window falls, by `mark_of`; as many as keep most of them clear. Empty where there is none.
#[derive(Debug, Default)]
struct Marks {
    bits: Vec<u64>,
    shift: u32,
}

/// The most marks: more would not stay near the processor.
const MARK_BITS_MAX: u32 = 17;
const MARK_BITS_MIN: u32 = 10;
/// Marks for each needle.
const MARKS_PER_NEEDLE: usize = 12;
/// Positions looked at together: a loop that turns back seldom is interrupted and checked seldom.
const BLOCK: usize = 8;

impl Marks {
    fn new(windows: &[(u32, u32)]) -> Self {
        if windows.is_empty() {
            return Self::default();
        }
        let wanted = (windows.len() * MARKS_PER_NEEDLE).next_power_of_two().ilog2();
        let wanted = wanted.clamp(MARK_BITS_MIN, MARK_BITS_MAX);
        let mut marks = Self { bits: vec![0; 1 << (wanted - 6)], shift: 32 - wanted };
        for &(window, _) in windows {
            let mark = mark_of(window, marks.shift);
            marks.bits[mark >> 6] |= 1 << (mark & 63);
        }
        marks
    }

    /// 1 where a needle may have the window, otherwise 0.
    #[inline]
    fn get(&self, window: u32) -> u32 {
        let mark = mark_of(window, self.shift);
        (self.bits.get(mark >> 6).copied().unwrap_or_default() >> (mark & 63)) as u32 & 1
    }
}

impl Windows {
    fn new(windows: ByWidth) -> Self {
        let marks = windows.each_ref().map(|windows| Marks::new(windows));
        Self { marks, tables: windows.map(Table::of_windows) }
    }

    /// Gives every window that a needle may have, with its width's number and its position.
    #[inline]
    fn scan(&self, text: &[u8], found: impl FnMut(usize, u32, usize)) {
        let [four, three, two, one] = self.marks.each_ref().map(|marks| !marks.bits.is_empty());
        // One pass serves all widths that there are.
        match (four, three, two || one) {
            (false, false, false) => {}
            (true, false, false) => self.scan_widths::<true, false, false>(text, found),
            (false, true, false) => self.scan_widths::<false, true, false>(text, found),
            (true, true, false) => self.scan_widths::<true, true, false>(text, found),
            (false, false, true) => self.scan_widths::<false, false, true>(text, found),
            (_, _, true) => self.scan_widths::<true, true, true>(text, found),
        }
    }

    #[inline]
    fn scan_widths<const FOUR: bool, const THREE: bool, const SHORT: bool>(
        &self,
        text: &[u8],
        mut found: impl FnMut(usize, u32, usize),
    ) {
        let [four, three, two, one] = &self.marks;
        let mut at = 0;
        // Two words that overlap by half hold all windows of a block.
        while let Some(bytes) = text[at..].first_chunk::<{ BLOCK + 4 }>() {
            let word = |from: usize| {
                let mut word = [0; 8];
                word.copy_from_slice(&bytes[from..from + 8]);
                u64::from_le_bytes(word)
            };
            let (low, high) = (word(0), word(4));
            let window =
                |offset: usize| if offset < 4 { low >> (8 * offset) } else { high >> (8 * (offset - 4)) } as u32;
            let mut candidates = [0_u32; 4];
            for offset in 0..BLOCK {
                let window = window(offset);
                if FOUR {
                    candidates[0] |= four.get(window) << offset;
                }
                if THREE {
                    candidates[1] |= three.get(window & MASKS[1]) << offset;
                }
                if SHORT {
                    candidates[2] |= two.get(window & MASKS[2]) << offset;
                    candidates[3] |= one.get(window & MASKS[3]) << offset;
                }
            }
            for (number, mut candidates) in candidates.into_iter().enumerate() {
                while candidates != 0 {
                    let offset = candidates.trailing_zeros() as usize;
                    candidates &= candidates - 1;
                    found(number, window(offset) & MASKS[number], at + offset);
                }
            }
            at += BLOCK;
        }
        for (number, width) in WIDTHS.into_iter().enumerate() {
            for (offset, bytes) in text[at..].windows(width).enumerate() {
                let window = window_at(bytes, 0, width);
                if self.marks[number].get(window) != 0 {
                    found(number, window, at + offset);
                }
            }
        }
    }
}

/// The bits of a window, for each of `WIDTHS`.
const MASKS: [u32; 4] = [u32::MAX, 0xFF_FFFF, 0xFFFF, 0xFF];

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
