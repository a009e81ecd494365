//! Comparison of memory, sixteen bytes at a time.
//!
//! What the compiler brings for this target compares byte by byte, in a loop that looks at the deadline at every turn;
//! and everything compares: texts, slices, keys of maps. These take the place of the compiler's, which is made for that:
//! its own are weak symbols.

#![allow(unsafe_code, reason = "the compiler calls these by name, with pointers")]

use core::arch::wasm32::{i8x16_bitmask, u8x16_ne, v128, v128_load};

/// Whether and how two stretches of memory differ, as C has it.
///
/// # Safety
/// Both pointers must be good for reading `count` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
    // SAFETY: every read lies within `count` bytes of both pointers: see each condition.
    unsafe {
        if count < 16 {
            return short(left, right, count);
        }
        let mut at = 0;
        while at + 16 <= count {
            let differing = differing(left.add(at), right.add(at));
            if differing != 0 {
                let at = at + differing.trailing_zeros() as usize;
                return i32::from(*left.add(at)) - i32::from(*right.add(at));
            }
            at += 16;
        }
        // The last sixteen: of those looked at twice none differ.
        let at = count - 16;
        match differing(left.add(at), right.add(at)) {
            0 => 0,
            differing => {
                let at = at + differing.trailing_zeros() as usize;
                i32::from(*left.add(at)) - i32::from(*right.add(at))
            }
        }
    }
}

/// Whether two stretches of memory differ: 0 where they do not.
///
/// # Safety
/// As `memcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
    // SAFETY: the same.
    unsafe { memcmp(left, right, count) }
}

/// Which of sixteen bytes differ, as bits.
///
/// # Safety
/// Both pointers must be good for reading sixteen bytes.
#[inline(always)]
unsafe fn differing(left: *const u8, right: *const u8) -> u16 {
    // SAFETY: a load of this kind needs no alignment.
    unsafe { i8x16_bitmask(u8x16_ne(v128_load(left.cast::<v128>()), v128_load(right.cast::<v128>()))) }
}

/// `memcmp` of fewer than sixteen bytes: their first and their last eight, four, or each.
///
/// # Safety
/// As `memcmp`.
#[inline(always)]
unsafe fn short(left: *const u8, right: *const u8, count: usize) -> i32 {
    // SAFETY: words are read only where there are as many bytes, at either end.
    unsafe {
        if count >= 8 {
            let word = |from: *const u8, at: usize| u64::from_be_bytes(*from.add(at).cast::<[u8; 8]>());
            let first = word(left, 0).cmp(&word(right, 0));
            return first.then_with(|| word(left, count - 8).cmp(&word(right, count - 8))) as i32;
        }
        if count >= 4 {
            let word = |from: *const u8, at: usize| u32::from_be_bytes(*from.add(at).cast::<[u8; 4]>());
            let first = word(left, 0).cmp(&word(right, 0));
            return first.then_with(|| word(left, count - 4).cmp(&word(right, count - 4))) as i32;
        }
        let mut at = 0;
        while at < count {
            let difference = i32::from(*left.add(at)) - i32::from(*right.add(at));
            if difference != 0 {
                return difference;
            }
            at += 1;
        }
        0
    }
}
