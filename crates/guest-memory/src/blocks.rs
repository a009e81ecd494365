//! Which block an allocation gets: small ones come from lists of free blocks of their size, everything else from the
//! target's standard allocator.
//!
//! A reading makes and drops thousands of short texts. The standard allocator of the guest's target looks for the best
//! block and joins free neighbours each time; a list needs neither. A block that is given back serves its own size only,
//! so at worst the guest holds what each size needed at its peak; how much that may be is the host's limit.
//!
//! Blocks are addresses here, and [`Memory`] reads and writes what they hold: the guest's memory in the guest, an array
//! in tests.

/// Small blocks are multiples of this, and lie at multiples of it.
pub const STEP_BYTES: usize = 16;
/// Sizes of small blocks.
pub const SIZES: usize = 32;
/// What is asked of the standard allocator at a time, to be cut into small blocks.
pub const CHUNK_BYTES: usize = 64 << 10;

/// What holds the blocks.
pub trait Memory {
    /// The address that was written to a free block.
    fn read(&self, block: usize) -> usize;

    /// Writes an address to a free block.
    fn write(&mut self, block: usize, address: usize);

    /// The address of [`CHUNK_BYTES`] at a multiple of [`STEP_BYTES`], other than 0; none where no memory is left.
    fn chunk(&mut self) -> Option<usize>;
}

/// The size of a small block: its position among all sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(usize);

impl Size {
    /// The smallest size that holds this many bytes at this alignment; none where the block is not a small one.
    #[inline]
    #[must_use]
    pub fn of(bytes: usize, align: usize) -> Option<Self> {
        let position = bytes.wrapping_sub(1) / STEP_BYTES;
        (position < SIZES && align <= STEP_BYTES).then_some(Self(position))
    }

    /// Bytes of a block.
    #[inline]
    #[must_use]
    pub fn bytes(self) -> usize {
        (self.0 + 1) * STEP_BYTES
    }
}

/// How a block changes its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// The standard allocator does it: neither size is a small one.
    Standard,
    /// The block has room already.
    InPlace,
    /// The content moves to another block.
    Move,
}

impl Resize {
    /// From one size to another, none for what is not small.
    #[inline]
    #[must_use]
    pub fn of(from: Option<Size>, to: Option<Size>) -> Self {
        match (from, to) {
            (None, None) => Self::Standard,
            (Some(from), Some(to)) if from == to => Self::InPlace,
            _ => Self::Move,
        }
    }
}

/// The free blocks.
#[derive(Debug)]
pub struct Blocks {
    /// The first free block of each size, 0 for none; each holds the address of the next.
    lists: [usize; SIZES],
    /// Where what is left of the last chunk begins and ends.
    chunk: (usize, usize),
}

impl Blocks {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { lists: [0; SIZES], chunk: (0, 0) }
    }

    /// A block of this size; none where no memory is left.
    #[inline]
    pub fn take(&mut self, memory: &mut impl Memory, size: Size) -> Option<usize> {
        match self.lists[size.0] {
            0 => self.cut(memory, size.bytes()),
            block => {
                self.lists[size.0] = memory.read(block);
                Some(block)
            }
        }
    }

    /// Takes back a block that `take` gave out for this size.
    #[inline]
    pub fn give_back(&mut self, memory: &mut impl Memory, size: Size, block: usize) {
        memory.write(block, self.lists[size.0]);
        self.lists[size.0] = block;
    }

    /// Cuts a block off the chunk, or off a new one where what is left of it is too short.
    #[cold]
    fn cut(&mut self, memory: &mut impl Memory, bytes: usize) -> Option<usize> {
        if self.chunk.1 - self.chunk.0 < bytes {
            let chunk = memory.chunk()?;
            self.chunk = (chunk, chunk + CHUNK_BYTES);
        }
        let block = self.chunk.0;
        self.chunk.0 += bytes;
        Some(block)
    }
}

impl Default for Blocks {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Memory that is an array, from address `STEP_BYTES` on.
    struct Arena {
        bytes: Vec<u8>,
        chunks_max: usize,
    }

    impl Arena {
        fn new(chunks_max: usize) -> Self {
            Self { bytes: vec![0; STEP_BYTES], chunks_max }
        }

        fn chunks(&self) -> usize {
            self.bytes.len() / CHUNK_BYTES
        }
    }

    impl Memory for Arena {
        fn read(&self, block: usize) -> usize {
            let bytes = self.bytes[block..].first_chunk().expect("a block has room for an address");
            usize::from_ne_bytes(*bytes)
        }

        fn write(&mut self, block: usize, address: usize) {
            self.bytes[block..block + size_of::<usize>()].copy_from_slice(&address.to_ne_bytes());
        }

        fn chunk(&mut self) -> Option<usize> {
            let address = self.bytes.len();
            (self.chunks() < self.chunks_max).then(|| {
                self.bytes.resize(address + CHUNK_BYTES, 0xee);
                address
            })
        }
    }

    /// A block in use: its size, its bytes and what they were filled with.
    type Used = BTreeMap<usize, (Size, usize, u8)>;

    #[derive(Clone, Debug)]
    enum Step {
        Take { bytes: usize, fill: u8 },
        GiveBack(prop::sample::Index),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let take = (1..=SIZES * STEP_BYTES, 0_u8..=255).prop_map(|(bytes, fill)| Step::Take { bytes, fill });
        let give_back = any::<prop::sample::Index>().prop_map(Step::GiveBack);
        proptest::collection::vec(prop_oneof![3 => take, 2 => give_back], 0..1_500)
    }

    fn follow(blocks: &mut Blocks, arena: &mut Arena, steps: &[Step]) -> Used {
        let mut used = Used::new();
        for step in steps {
            match step {
                &Step::Take { bytes, fill } => {
                    let size = Size::of(bytes, 1).expect("a small one");
                    let block = blocks.take(arena, size).expect("the arena has room");
                    assert!(size.bytes() >= bytes && size.bytes() < bytes + STEP_BYTES, "{bytes} bytes in {size:?}");
                    assert!(block > 0 && block.is_multiple_of(STEP_BYTES), "{block}");
                    assert!(block + size.bytes() <= arena.bytes.len(), "{block} lies in a chunk");
                    let before = used.range(..=block).next_back();
                    assert!(
                        before.is_none_or(|(at, (size, ..))| at + size.bytes() <= block),
                        "{block} is given out once"
                    );
                    let after = used.range(block..).next();
                    assert!(after.is_none_or(|(&at, _)| block + size.bytes() <= at), "{block} is given out once");
                    arena.bytes[block..block + bytes].fill(fill);
                    used.insert(block, (size, bytes, fill));
                }
                Step::GiveBack(which) if !used.is_empty() => {
                    let block = *used.keys().nth(which.index(used.len())).expect("one of them");
                    give_back(blocks, arena, &mut used, block);
                }
                Step::GiveBack(_) => {}
            }
        }
        used
    }

    fn give_back(blocks: &mut Blocks, arena: &mut Arena, used: &mut Used, block: usize) {
        let (size, bytes, fill) = used.remove(&block).expect("in use");
        assert!(arena.bytes[block..block + bytes].iter().all(|&byte| byte == fill), "{block} was left alone");
        blocks.give_back(arena, size, block);
    }

    proptest! {
        #[test]
        fn blocks_are_apart_and_keep_what_they_hold(steps in steps()) {
            let (mut blocks, mut arena) = (Blocks::new(), Arena::new(64));
            let mut used = follow(&mut blocks, &mut arena, &steps);
            let sizes: Vec<Size> = used.values().map(|&(size, ..)| size).collect();
            for block in used.keys().copied().collect::<Vec<_>>() {
                give_back(&mut blocks, &mut arena, &mut used, block);
            }
            // What was given back serves again, so the same blocks need no more memory.
            let chunks = arena.chunks();
            sizes.into_iter().for_each(|size| assert!(blocks.take(&mut arena, size).is_some()));
            prop_assert_eq!(arena.chunks(), chunks);
        }

        #[test]
        fn when_memory_ends_it_is_said_and_what_was_given_back_still_serves(bytes in 1..=SIZES * STEP_BYTES) {
            let (mut blocks, mut arena) = (Blocks::new(), Arena::new(2));
            let size = Size::of(bytes, STEP_BYTES).expect("a small one");
            let taken: Vec<usize> = std::iter::from_fn(|| blocks.take(&mut arena, size)).collect();
            prop_assert_eq!(taken.len(), 2 * (CHUNK_BYTES / size.bytes()));
            blocks.give_back(&mut arena, size, taken[0]);
            blocks.give_back(&mut arena, size, taken[1]);
            prop_assert_eq!(blocks.take(&mut arena, size), Some(taken[1]));
            prop_assert_eq!(blocks.take(&mut arena, size), Some(taken[0]));
            prop_assert_eq!(blocks.take(&mut arena, size), None);
        }
    }

    #[test]
    fn only_small_blocks_come_from_lists() {
        let check = |bytes: usize, align: usize, expected: Option<usize>| {
            assert_eq!(Size::of(bytes, align).map(Size::bytes), expected, "{bytes} bytes at {align}");
        };
        check(0, 1, None);
        check(1, 1, Some(16));
        check(16, 16, Some(16));
        check(17, 8, Some(32));
        check(511, 1, Some(512));
        check(512, 16, Some(512));
        check(513, 1, None);
        check(1, 32, None);
        check(usize::MAX, 1, None);
    }

    #[test]
    fn a_block_moves_only_where_its_size_changes() {
        let check = |from: usize, to: usize, expected: Resize| {
            assert_eq!(Resize::of(Size::of(from, 8), Size::of(to, 8)), expected, "{from} to {to}");
        };
        check(3, 16, Resize::InPlace);
        check(40, 33, Resize::InPlace);
        check(16, 17, Resize::Move);
        check(512, 513, Resize::Move);
        check(513, 20, Resize::Move);
        check(513, 4_096, Resize::Standard);
    }
}
