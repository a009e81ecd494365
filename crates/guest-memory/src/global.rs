//! The guest's global allocator: [`Blocks`] over the guest's own memory, and the standard allocator behind it.

#![allow(unsafe_code, reason = "an allocator hands out memory")]

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};
use std::alloc::System;

use crate::blocks::{Blocks, CHUNK_BYTES, Memory, Resize, STEP_BYTES, Size};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator { free: UnsafeCell::new(Blocks::new()) };

struct Allocator {
    free: UnsafeCell<Blocks>,
}

// SAFETY: a guest has one thread: the engine is built without any.
unsafe impl Sync for Allocator {}

/// The guest's memory.
struct Linear;

impl Memory for Linear {
    #[inline]
    fn read(&self, block: usize) -> usize {
        // SAFETY: `Blocks` names free blocks only, which are ours, aligned, and begin with an address.
        unsafe { ptr::with_exposed_provenance::<usize>(block).read() }
    }

    #[inline]
    fn write(&mut self, block: usize, address: usize) {
        // SAFETY: as above; the smallest block has room for an address.
        unsafe { ptr::with_exposed_provenance_mut::<usize>(block).write(address) }
    }

    fn chunk(&mut self) -> Option<usize> {
        let layout = Layout::from_size_align(CHUNK_BYTES, STEP_BYTES).ok()?;
        // SAFETY: the layout has a size.
        let chunk = unsafe { System.alloc(layout) };
        (!chunk.is_null()).then(|| chunk.expose_provenance())
    }
}

#[inline]
fn size(layout: Layout) -> Option<Size> {
    Size::of(layout.size(), layout.align())
}

// SAFETY: a block is given out only once until it is given back: it comes off the list of its size, off a chunk that
// only grows shorter, or from the standard allocator, and goes back where it came from, as its layout says.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: no other reference to the lists lives: nothing here calls back.
        unsafe {
            match size(layout) {
                Some(size) => {
                    let block = (*self.free.get()).take(&mut Linear, size);
                    block.map_or(ptr::null_mut(), ptr::with_exposed_provenance_mut)
                }
                None => System.alloc(layout),
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe {
            match size(layout) {
                Some(size) => (*self.free.get()).give_back(&mut Linear, size, block.expose_provenance()),
                None => System.dealloc(block, layout),
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the block has as many bytes.
        unsafe {
            if size(layout).is_none() {
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
            match Resize::of(size(layout), size(wanted)) {
                Resize::Standard => System.realloc(block, layout, bytes),
                Resize::InPlace => block,
                Resize::Move => {
                    let new = self.alloc(wanted);
                    if !new.is_null() {
                        ptr::copy_nonoverlapping(block, new, layout.size().min(bytes));
                        self.dealloc(block, layout);
                    }
                    new
                }
            }
        }
    }
}
