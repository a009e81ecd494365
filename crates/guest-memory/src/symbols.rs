//! `memcmp` and `bcmp`, which the compiler calls by name. They take the place of the compiler's own, which are weak
//! symbols so that others may.

#![allow(unsafe_code, reason = "the compiler calls these by name, with pointers")]

use core::slice;

use crate::compare::compare;

/// Whether and how two stretches of memory differ, as C has it.
///
/// # Safety
/// Both pointers must be good for reading `count` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
    if count == 0 {
        // C allows any pointer here, a slice does not.
        return 0;
    }
    // SAFETY: the caller vouches for both; nothing writes to them meanwhile, as a guest has one thread.
    unsafe { compare(slice::from_raw_parts(left, count), slice::from_raw_parts(right, count)) }
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
