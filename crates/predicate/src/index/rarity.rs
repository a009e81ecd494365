//! Which part of a literal is rare, among the literals and in what logs say.

use std::ops::Range;

use super::{scan::mark_of, window_at};

/// How many literals have each window of a width, by the bits that stand for it: near enough to choose by.
pub(super) struct WindowCounts {
    counts: Vec<u16>,
    width: usize,
}

const COUNT_BITS: u32 = 16;
/// Fewer literals share too little to be counted; most fields have fewer.
const COUNTED_FROM: usize = 64;

/// Positions of a literal that a run may begin at: further ones are hardly rarer, and a pack has tens of thousands.
const RUN_STARTS: usize = 16;
/// Windows of the longest run.
const RUN_MAX: usize = 4;

impl WindowCounts {
    pub(super) fn of<'l>(literals: impl Iterator<Item = &'l [u8]> + Clone, width: usize) -> Self {
        let mut counts = Self { counts: Vec::new(), width };
        let long = literals.filter(|literal| literal.len() >= width);
        if long.clone().take(COUNTED_FROM).count() < COUNTED_FROM {
            return counts;
        }
        counts.counts.resize(1 << COUNT_BITS, 0);
        for literal in long {
            for at in 0..=(literal.len() - width).min(RUN_STARTS + RUN_MAX) {
                let count = &mut counts.counts[mark_of(window_at(literal, at, width), 32 - COUNT_BITS)];
                *count = count.saturating_add(1);
            }
        }
        counts
    }

    fn get(&self, literal: &[u8], at: usize) -> u32 {
        let mark = mark_of(window_at(literal, at, self.width), 32 - COUNT_BITS);
        self.counts.get(mark).copied().unwrap_or_default().into()
    }
}

/// The position of the window that the fewest literals have, and of those the one of the rarest letters.
pub(super) fn rarest_window(literal: &[u8], width: usize, counts: &WindowCounts) -> usize {
    let worth = |&at: &usize| {
        let shared = if width == counts.width { counts.get(literal, at) } else { 0 };
        letters(&literal[at..at + width]) * 4 + shared
    };
    (0..=literal.len() - width).min_by_key(worth).unwrap_or(0)
}

/// The positions of the run of so many windows, as wide as those counted, that the fewest literals share.
pub(super) fn rarest_run(literal: &[u8], windows: usize, counts: &WindowCounts) -> Range<usize> {
    let width = counts.width;
    let starts = (literal.len() + 2 - windows - width).min(RUN_STARTS);
    let mut worth = [0_u32; RUN_STARTS + RUN_MAX];
    for (at, worth) in worth[..starts + windows - 1].iter_mut().enumerate() {
        *worth = letters(&literal[at..at + width]) * 4 + counts.get(literal, at);
    }
    let start = (0..starts).min_by_key(|&at| worth[at..at + windows].iter().sum::<u32>()).unwrap_or(0);
    start..start + windows
}

fn letters(bytes: &[u8]) -> u32 {
    bytes.iter().map(|&byte| commonness(byte)).sum()
}

/// How common a byte is in paths and command lines, coarsely.
#[must_use]
pub fn commonness(byte: u8) -> u32 {
    COMMONNESS[usize::from(byte)].into()
}

const COMMONNESS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = match byte as u8 {
            b'e' | b's' | b't' | b'i' | b'o' | b'r' | b'n' | b'a' | b'\\' | b'm' | b'd' | b'w' => 8,
            b'c' | b'l' | b'p' | b'u' | b'.' | b' ' | b'0' | b'-' | b'x' | b'3' | b'2' | b'y' | b'f' | b'g' => 5,
            b'a'..=b'z' | b'0'..=b'9' | b'/' | b'_' | b':' => 3,
            _ => 1,
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;

    use super::*;

    /// Longer than a run reaches, and no window of it twice.
    const LITERAL: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn windows_of_many_literals_are_counted_as_far_as_a_run_reaches() {
        let counts = WindowCounts::of(repeat_n(LITERAL, COUNTED_FROM), 4);
        let reach = RUN_STARTS + RUN_MAX;
        for (at, expected) in [(0, 64), (reach - 2, 64), (reach, 64), (reach + 1, 0), (reach + 8, 0)] {
            assert_eq!(counts.get(LITERAL, at), expected, "at {at}");
        }
        assert_eq!(WindowCounts::of(repeat_n(&b"abcd"[..], COUNTED_FROM), 4).get(b"abcd", 0), 64);
        assert_eq!(WindowCounts::of(repeat_n(LITERAL, COUNTED_FROM - 1), 4).get(LITERAL, 0), 0);
        assert!(WindowCounts::of(repeat_n(&b"abc"[..], COUNTED_FROM), 4).counts.is_empty());
    }

    #[test]
    fn rare_letters_are_chosen() {
        let counts = WindowCounts::of(std::iter::empty(), 4);
        let check = |literal: &str, width, expected| {
            assert_eq!(rarest_window(literal.as_bytes(), width, &counts), expected, "{literal} by {width}");
        };
        check("eeee", 4, 0);
        check("eeee#e", 4, 1);
        check("eeee###", 3, 4);
        check("ec", 1, 1);
        check("ce", 1, 0);
        check("ck", 1, 1);
        check("k#", 1, 1);
        let check = |literal: &str, expected| {
            assert_eq!(rarest_run(literal.as_bytes(), 4, &counts).start, expected, "{literal}");
        };
        check("eeee###", 0);
        check("eeee####", 1);
        check("####eeee", 0);
        check("eeeeeeee#######eeeeeeee", 8);
        check("eeeeeeeeeeeeeeeeeeee#######", 15);
    }

    #[test]
    fn a_window_is_not_chosen_for_rare_letters_when_many_literals_share_it() {
        for (shared_by, expected) in [(19, 0), (21, 1)] {
            let counts = WindowCounts::of(repeat_n(&b"k###"[..], shared_by).chain(repeat_n(LITERAL, COUNTED_FROM)), 4);
            assert_eq!(rarest_window(b"k###e", 4, &counts), expected, "{shared_by}");
            assert_eq!(rarest_run(b"k######e", 4, &counts).start, expected, "{shared_by}");
        }
    }
}
