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

    #[cfg(test)]
    pub(super) fn most_alike(&self) -> usize {
        self.slots.iter().map(|slot| slot.length as usize).max().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needles_are_found_by_key_also_where_keys_fall_together() {
        // Places that begin at the last slots, so that those who find them taken go on at the first.
        let pairs: Vec<(u64, u32)> =
            (0..8).flat_map(|key| [(key * 32 + 30, key as u32), (key * 32 + 30, 100)]).collect();
        let table = Table::new(pairs);
        assert_eq!(table.slots.len(), 32);
        for key in 0..8 {
            let mut needles = table.get(key * 32 + 30).to_vec();
            needles.sort_unstable();
            assert_eq!(needles, [key as u32, 100]);
        }
        assert!(table.get(8 * 32 + 30).is_empty() && table.get(3).is_empty());
        assert!(!table.is_empty());
    }

    #[test]
    fn an_empty_table_says_so() {
        assert!(Table::<u32, u32>::new(Vec::new()).is_empty() && Table::<u32, u32>::default().is_empty());
    }

    #[test]
    fn windows_that_differ_in_one_byte_fall_apart() {
        for byte in 0..4 {
            let mut places: Vec<usize> = (0..256_u32).map(|it| (it << (8 * byte)).place() % 512).collect();
            places.sort_unstable();
            places.dedup();
            assert!(places.len() > 150, "{} for byte {byte}", places.len());
        }
        assert_eq!(5_u64.place(), 5);
    }
}
