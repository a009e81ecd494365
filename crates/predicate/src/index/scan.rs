//! Which positions of a text may hold a needle: marks tell, and most positions have none.

use super::{ByWidth, Entry, WIDTHS, table::Table, window_at};

/// Needles by windows of `WIDTH` bytes at every `STEP`th position of the text: of each needle the windows of a run of
/// `STEP` are known, and one of them stands at such a position wherever the needle does.
#[derive(Debug, Default)]
pub(super) struct Grams<const STEP: usize, const WIDTH: usize> {
    marks: Marks,
    table: Table<u32, Entry>,
}

/// Windows looked at together: a loop that turns back seldom is interrupted and checked seldom.
const GRAMS_BLOCK: usize = 8;

impl<const STEP: usize, const WIDTH: usize> Grams<STEP, WIDTH> {
    /// Bytes of the shortest needle that holds a run.
    pub(super) const BYTES_MIN: usize = STEP + WIDTH - 1;

    pub(super) fn new(windows: Vec<(u32, Entry)>) -> Self {
        Self { marks: Marks::new(&windows), table: Table::new(windows) }
    }

    /// The most needles that one window has.
    #[cfg(test)]
    pub(super) fn most_alike(&self) -> usize {
        self.table.most_alike()
    }

    /// Gives the needles of every window at a step, with its position.
    #[inline]
    pub(super) fn scan(&self, text: &[u8], mut found: impl FnMut(&[Entry], usize)) {
        if self.marks.bits.is_empty() {
            return;
        }
        let mut at = 0;
        // The longest block and a whole word behind it; `STEP` is at most four.
        while let Some(bytes) = text[at..].first_chunk::<{ 4 * GRAMS_BLOCK }>() {
            let window = |number: usize| window_at(bytes, STEP * number, 4) & MASKS[4 - WIDTH];
            let mut candidates = 0;
            for number in 0..GRAMS_BLOCK {
                candidates |= self.marks.get(window(number)) << number;
            }
            while candidates != 0 {
                let number = candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                found(self.table.get(window(number)), at + STEP * number);
            }
            at += STEP * GRAMS_BLOCK;
        }
        for at in (at..(text.len() + 1).saturating_sub(WIDTH)).step_by(STEP) {
            let window = window_at(text, at, WIDTH);
            if self.marks.get(window) != 0 {
                found(self.table.get(window), at);
            }
        }
    }
}

/// Needles that may stand anywhere, by window, behind a mark for each window that any has.
#[derive(Debug, Default)]
pub(super) struct Windows {
    marks: [Marks; 4],
    tables: [Table<u32, Entry>; 4],
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
/// Positions looked at together.
const BLOCK: usize = 8;

impl Marks {
    fn new(windows: &[(u32, Entry)]) -> Self {
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
    pub(super) fn new(windows: ByWidth) -> Self {
        let marks = windows.each_ref().map(|windows| Marks::new(windows));
        Self { marks, tables: windows.map(Table::new) }
    }

    /// Whether there is nothing to find.
    pub(super) fn is_empty(&self) -> bool {
        self.marks.iter().all(|marks| marks.bits.is_empty())
    }

    /// Gives the needles of every window, with its position.
    #[inline]
    pub(super) fn scan(&self, text: &[u8], found: impl FnMut(&[Entry], usize)) {
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
        mut found: impl FnMut(&[Entry], usize),
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
                    found(self.tables[number].get(window(offset) & MASKS[number]), at + offset);
                }
            }
            at += BLOCK;
        }
        for (number, width) in WIDTHS.into_iter().enumerate() {
            for (offset, bytes) in text[at..].windows(width).enumerate() {
                let window = window_at(bytes, 0, width);
                if self.marks[number].get(window) != 0 {
                    found(self.tables[number].get(window), at + offset);
                }
            }
        }
    }
}

/// The bits of a window, for each of `WIDTHS`.
const MASKS: [u32; 4] = [u32::MAX, 0xFF_FFFF, 0xFFFF, 0xFF];

#[inline]
pub(super) fn mark_of(window: u32, shift: u32) -> usize {
    (window.wrapping_mul(0x9E37_79B1) >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_a_mark_and_few_others_have() {
        let windows: Vec<(u32, Entry)> = (0..100).map(|window| (window, Entry::default())).collect();
        let marks = Marks::new(&windows);
        assert!((0..100).all(|window| marks.get(window) == 1));
        let marked: u32 = (100..10_100).map(|window| marks.get(window)).sum();
        assert!((1..1_000).contains(&marked), "{marked}");
    }
}
