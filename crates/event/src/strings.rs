//! Where strings begin and end in a JSON record: its quotes as bits, found 64 bytes at a time before anything else is
//! looked at. What is escaped is told by arithmetic on the same bits (Langdale and Lemire, "Parsing gigabytes of JSON
//! per second", 2019).
//!
//! Quotes are paired by whoever walks the structure; outside strings these bits mean nothing.

use wide::u8x16;

/// Bytes looked at together.
const BLOCK: usize = 64;

/// How a record writes the letters of its values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Letters {
    /// As they are: all bytes are ASCII, and no escape may stand for a letter.
    Shown,
    /// The same, but for bytes beyond ASCII.
    Foreign,
    /// In a way that is not looked at.
    Hidden,
}

/// A record's quotes and backslashes, a bit a byte, lowest bit first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strings {
    /// Quotes that no backslash escapes.
    quotes: Vec<u64>,
    backslashes: Vec<u64>,
    unicode_escape: bool,
    ascii: bool,
}

impl Strings {
    /// Looks at a record.
    pub(crate) fn find(&mut self, record: &[u8]) {
        let (blocks, rest) = record.as_chunks::<BLOCK>();
        self.quotes.clear();
        self.backslashes.clear();
        let words = blocks.len() + usize::from(!rest.is_empty());
        self.quotes.reserve(words);
        self.backslashes.reserve(words);
        self.unicode_escape = false;
        self.ascii = true;
        let mut escaping = false;
        for block in blocks {
            self.block(block, &mut escaping);
        }
        if !rest.is_empty() {
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            self.block(&block, &mut escaping);
        }
    }

    #[inline]
    fn block(&mut self, block: &[u8; BLOCK], escaping: &mut bool) {
        let lanes = lanes(block);
        self.ascii &= (lanes[0] | lanes[1] | lanes[2] | lanes[3]).to_bitmask() == 0;
        let quotes = positions(&lanes, b'"');
        let backslashes = positions(&lanes, b'\\');
        let mut escaped = u64::from(*escaping);
        if backslashes == 0 {
            *escaping = false;
        } else {
            escaped = escaped_by(backslashes, escaping);
            self.unicode_escape |= escaped & positions(&lanes, b'u') != 0;
        }
        self.quotes.push(quotes & !escaped);
        self.backslashes.push(backslashes);
    }

    /// The first quote at `from` or behind it.
    #[inline]
    pub(crate) fn quote(&self, from: usize) -> Option<usize> {
        let mut word = from / BLOCK;
        let mut bits = self.quotes.get(word)? & u64::MAX << (from % BLOCK);
        while bits == 0 {
            word += 1;
            bits = *self.quotes.get(word)?;
        }
        Some(word * BLOCK + bits.trailing_zeros() as usize)
    }

    /// Whether a backslash stands in a range of the record.
    #[inline]
    pub(crate) fn has_backslash(&self, start: usize, end: usize) -> bool {
        if start >= end {
            return false;
        }
        let (first, last) = (start / BLOCK, (end - 1) / BLOCK);
        let from_start = u64::MAX << (start % BLOCK);
        let to_end = u64::MAX >> (BLOCK - 1 - (end - 1) % BLOCK);
        // Nearly every key lies within one word.
        if first == last {
            return self.backslashes.get(first).is_some_and(|only| only & from_start & to_end != 0);
        }
        let Some([head, inner @ .., tail]) = self.backslashes.get(first..=last) else { return false };
        head & from_start != 0 || tail & to_end != 0 || inner.iter().any(|&bits| bits != 0)
    }

    /// Whether all bytes are ASCII.
    pub(crate) fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// Whether a `\u` escape stands anywhere.
    pub(crate) fn has_unicode_escape(&self) -> bool {
        self.unicode_escape
    }
}

#[inline]
fn lanes(block: &[u8; BLOCK]) -> [u8x16; 4] {
    let (lanes, _) = block.as_chunks::<16>();
    [u8x16::new(lanes[0]), u8x16::new(lanes[1]), u8x16::new(lanes[2]), u8x16::new(lanes[3])]
}

/// A bit for each byte that is `byte`.
#[inline]
fn positions(lanes: &[u8x16; 4], byte: u8) -> u64 {
    let byte = u8x16::splat(byte);
    let bits = |lane: u8x16| u64::from(lane.simd_eq(byte).to_bitmask());
    bits(lanes[0]) | bits(lanes[1]) << 16 | bits(lanes[2]) << 32 | bits(lanes[3]) << 48
}

/// A bit for each byte that a backslash escapes; `escaping` is whether the last byte of a block is a backslash that
/// escapes the first one of the next.
#[inline]
fn escaped_by(backslashes: u64, escaping: &mut bool) -> u64 {
    const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
    let before = u64::from(*escaping);
    let may_escape = backslashes & !before;
    // Subtracting from every second bit carries through a run of backslashes and ends on the byte behind it.
    let toggled = (may_escape << 1 | ODD).wrapping_sub(may_escape) ^ ODD;
    *escaping = (toggled & backslashes) >> (BLOCK - 1) != 0;
    toggled ^ (backslashes | before)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Byte by byte.
    fn naive(record: &[u8]) -> (Vec<usize>, bool) {
        let (mut quotes, mut unicode, mut escaped) = (Vec::new(), false, false);
        for (at, &byte) in record.iter().enumerate() {
            if byte == b'"' && !escaped {
                quotes.push(at);
            }
            unicode |= escaped && byte == b'u';
            escaped = byte == b'\\' && !escaped;
        }
        (quotes, unicode)
    }

    proptest! {
        #[test]
        fn bits_are_those_of_a_walk(
            record in prop::collection::vec(prop::sample::select(&b"\\\\\\\"ua"[..]), 0..300),
            foreign in prop::option::of(0..600_usize),
            range in (0..300_usize, 0..300_usize),
        ) {
            let mut record = record;
            if let Some(byte) = foreign.and_then(|at| record.get_mut(at)) {
                *byte = 0x80;
            }
            let mut strings = Strings::default();
            strings.find(b"\"\\left over from before\\");
            strings.find(&record);
            let (quotes, unicode) = naive(&record);
            let mut found = Vec::new();
            while let Some(at) = strings.quote(found.last().map_or(0, |last| last + 1)) {
                found.push(at);
            }
            prop_assert_eq!(found, quotes);
            prop_assert_eq!(strings.is_ascii(), record.is_ascii());
            prop_assert_eq!(strings.has_unicode_escape(), unicode);
            let (start, end) = (range.0.min(record.len()), range.1.min(record.len()));
            let expected = start < end && record[start..end].contains(&b'\\');
            prop_assert_eq!(strings.has_backslash(start, end), expected);
        }
    }
}
