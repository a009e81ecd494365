//! The guest's allocator: small blocks come from lists of free ones of their size, everything else from the standard one.
//!
//! A reading makes and drops thousands of short texts. The standard allocator of this target looks for the best block
//! and joins free neighbours each time; a list needs neither. What a list holds goes back to no other size, so at worst
//! the guest holds what each size needed at its peak; how much that is the host limits anyway.

#![allow(unsafe_code, reason = "an allocator hands out memory")]

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Allocator =
    Allocator { free: UnsafeCell::new(Free { lists: [ptr::null_mut(); SIZES], chunk: (0, 0) }) };

/// Small blocks are multiples of this.
const STEP_BYTES: usize = 16;
/// Sizes of small blocks.
const SIZES: usize = 32;
/// What is asked of the standard allocator at a time, to be cut into small blocks.
const CHUNK_BYTES: usize = 64 << 10;

struct Allocator {
    free: UnsafeCell<Free>,
}

// SAFETY: a guest has one thread: the engine is built without any.
unsafe impl Sync for Allocator {}

struct Free {
    /// The first free block of each size; each holds the address of the next.
    lists: [*mut u8; SIZES],
    /// Where what is left of the last chunk begins and ends.
    chunk: (usize, usize),
}

/// The list of blocks for a layout; none for a large one.
#[inline]
fn list(layout: Layout) -> Option<usize> {
    let list = layout.size().wrapping_sub(1) / STEP_BYTES;
    (list < SIZES && layout.align() <= STEP_BYTES).then_some(list)
}

// SAFETY: a block is given out only once until it is given back: it comes off the list of its size, off a chunk that
// only grows shorter, or from the standard allocator, and goes back where it came from, as its layout says.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: no other reference lives: nothing here calls back. Free blocks begin with an address.
        unsafe {
            let Some(list) = list(layout) else { return System.alloc(layout) };
            let free = &mut *self.free.get();
            let block = free.lists[list];
            if block.is_null() {
                return free.cut((list + 1) * STEP_BYTES);
            }
            free.lists[list] = block.cast::<*mut u8>().read();
            block
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above; a small block has room for an address.
        unsafe {
            let Some(list) = list(layout) else { return System.dealloc(block, layout) };
            let free = &mut *self.free.get();
            block.cast::<*mut u8>().write(free.lists[list]);
            free.lists[list] = block;
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the block has as many bytes.
        unsafe {
            if list(layout).is_none() {
                return System.alloc_zeroed(layout);
            }
            let block = self.alloc(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the caller vouches for the new layout; both blocks have the bytes that are copied.
        unsafe {
            let wanted = Layout::from_size_align_unchecked(bytes, layout.align());
            match (list(layout), list(wanted)) {
                (None, None) => return System.realloc(block, layout, bytes),
                (Some(old), Some(new)) if old == new => return block,
                _ => {}
            }
            let new = self.alloc(wanted);
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, layout.size().min(bytes));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

impl Free {
    /// Cuts a block off the chunk; null where there is no memory left.
    #[cold]
    fn cut(&mut self, bytes: usize) -> *mut u8 {
        if self.chunk.1 - self.chunk.0 < bytes {
            const LAYOUT: Layout = match Layout::from_size_align(CHUNK_BYTES, STEP_BYTES) {
                Ok(layout) => layout,
                Err(_) => unreachable!(),
            };
            // SAFETY: the layout has a size.
            let chunk = unsafe { System.alloc(LAYOUT) };
            if chunk.is_null() {
                return chunk;
            }
            self.chunk = (chunk as usize, chunk as usize + CHUNK_BYTES);
        }
        let block = self.chunk.0 as *mut u8;
        self.chunk.0 += bytes;
        block
    }
}
