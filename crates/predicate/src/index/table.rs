//! Needles by hash or by window.

/// Needles by key.
#[derive(Debug)]
pub(super) struct Table<K, N> {
    /// Open addressing; a slot with an empty range is free.
    slots: Vec<Slot<K>>,
    needles: Vec<N>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot<K> {
    key: K,
    start: u32,
    length: u32,
}

/// What needles are kept by.
pub(super) trait Key: Copy + Default + Ord {
    /// A place in a table, before it is cut to the table's size.
    fn place(self) -> usize;
}

/// A hash of bytes is a place already.
impl Key for u64 {
    #[inline]
    fn place(self) -> usize {
        self as usize
    }
}

/// A window: up to four bytes as they stand.
impl Key for u32 {
    #[inline]
    fn place(self) -> usize {
        let hash = u64::from(self).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (hash ^ hash >> 32) as usize
    }
}

impl<K, N> Default for Table<K, N> {
    fn default() -> Self {
        Self { slots: Vec::new(), needles: Vec::new() }
    }
}

impl<K: Key, N: Copy> Table<K, N> {
    pub(super) fn new(mut pairs: Vec<(K, N)>) -> Self {
        pairs.sort_unstable_by_key(|&(key, _)| key);
        let mut table = Self { slots: Vec::new(), needles: pairs.iter().map(|&(_, needle)| needle).collect() };
        if pairs.is_empty() {
            return table;
        }
        table.slots = vec![Slot::default(); (pairs.len() * 2).next_power_of_two()];
        let mask = table.slots.len() - 1;
        let mut start = 0;
        for group in pairs.chunk_by(|left, right| left.0 == right.0) {
            let key = group[0].0;
            let mut at = key.place() & mask;
            while table.slots[at].length != 0 {
                at = (at + 1) & mask;
            }
            table.slots[at] = Slot { key, start, length: group.len() as u32 };
            start += group.len() as u32;
        }
        table
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    #[inline]
    pub(super) fn get(&self, key: K) -> &[N] {
        if self.slots.is_empty() {
            return &[];
        }
        let mask = self.slots.len() - 1;
        let mut at = key.place() & mask;
        loop {
            let slot = &self.slots[at];
            if slot.length == 0 {
                return &[];
            }
            if slot.key == key {
                return &self.needles[slot.start as usize..(slot.start + slot.length) as usize];
            }
            at = (at + 1) & mask;
        }
    }
}
