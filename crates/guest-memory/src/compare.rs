//! How two stretches of memory differ, sixteen bytes at a time.
//!
//! What the compiler brings for the guest's target compares byte by byte, in a loop that checks the deadline at every
//! turn; and everything compares: texts, slices, keys of maps.
//!
//! Nothing here compares slices with `==` or `cmp`: the compiler turns those into calls of `memcmp`, which is this.

/// Bytes that are compared at a time.
const BLOCK_BYTES: usize = 16;

/// Less than, equal to or greater than 0 as the left bytes come before, are, or come after the right ones: C's `memcmp`.
/// Of two stretches that are not of one length the longer one's rest is left out.
#[inline]
#[must_use]
pub fn compare(left: &[u8], right: &[u8]) -> i32 {
    let count = if left.len() < right.len() { left.len() } else { right.len() };
    let (left, right) = (&left[..count], &right[..count]);
    // Both or none of them have sixteen bytes.
    let (Some(left_end), Some(right_end)) = (left.last_chunk(), right.last_chunk()) else {
        return short(left, right);
    };
    let (left, right) = (left.as_chunks::<BLOCK_BYTES>().0, right.as_chunks::<BLOCK_BYTES>().0);
    for (left, right) in left.iter().zip(right) {
        let differing = differing(left, right);
        if differing != 0 {
            return at_first(left, right, differing);
        }
    }
    // The last sixteen: none of those that were compared already differ.
    match differing(left_end, right_end) {
        0 => 0,
        differing => at_first(left_end, right_end, differing),
    }
}

/// The difference at the first of the differing bytes.
#[inline(always)]
fn at_first(left: &[u8; BLOCK_BYTES], right: &[u8; BLOCK_BYTES], differing: u16) -> i32 {
    let at = differing.trailing_zeros() as usize % BLOCK_BYTES;
    i32::from(left[at]) - i32::from(right[at])
}

/// Which of sixteen bytes differ, as bits.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[allow(unsafe_code, reason = "loads sixteen bytes into a register")]
#[inline(always)]
fn differing(left: &[u8; BLOCK_BYTES], right: &[u8; BLOCK_BYTES]) -> u16 {
    use core::arch::wasm32::{i8x16_bitmask, u8x16_ne, v128, v128_load};
    // SAFETY: there are sixteen bytes to be read; a load of this kind needs no alignment.
    let load = |bytes: &[u8; BLOCK_BYTES]| unsafe { v128_load(bytes.as_ptr().cast::<v128>()) };
    i8x16_bitmask(u8x16_ne(load(left), load(right)))
}

/// The same where there is no such instruction.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn differing(left: &[u8; BLOCK_BYTES], right: &[u8; BLOCK_BYTES]) -> u16 {
    (0..BLOCK_BYTES).fold(0, |bits, at| bits | u16::from(left[at] != right[at]) << at)
}

/// Fewer than sixteen bytes: their first and their last eight, four, or each. Words are big-endian, so that they come one
/// after another as their bytes do.
#[inline(always)]
fn short(left: &[u8], right: &[u8]) -> i32 {
    if let (Some(&left_start), Some(&right_start), Some(&left_end), Some(&right_end)) =
        (left.first_chunk(), right.first_chunk(), left.last_chunk(), right.last_chunk())
    {
        let start = u64::from_be_bytes(left_start).cmp(&u64::from_be_bytes(right_start));
        return start.then_with(|| u64::from_be_bytes(left_end).cmp(&u64::from_be_bytes(right_end))) as i32;
    }
    if let (Some(&left_start), Some(&right_start), Some(&left_end), Some(&right_end)) =
        (left.first_chunk(), right.first_chunk(), left.last_chunk(), right.last_chunk())
    {
        let start = u32::from_be_bytes(left_start).cmp(&u32::from_be_bytes(right_start));
        return start.then_with(|| u32::from_be_bytes(left_end).cmp(&u32::from_be_bytes(right_end))) as i32;
    }
    for (left, right) in left.iter().zip(right) {
        let difference = i32::from(*left) - i32::from(*right);
        if difference != 0 {
            return difference;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    /// As slices of one length compare.
    fn check(left: &[u8], right: &[u8]) {
        let count = left.len().min(right.len());
        let expected = left[..count].cmp(&right[..count]);
        assert_eq!(compare(left, right).cmp(&0), expected, "{left:02x?} and {right:02x?}");
        let back: Ordering = compare(right, left).cmp(&0);
        assert_eq!(back, expected.reverse(), "{right:02x?} and {left:02x?}");
    }

    #[test]
    fn one_byte_differs_anywhere_at_any_length() {
        for count in 0..=70 {
            let left: Vec<u8> = (0..count).map(|at| (at * 37) as u8).collect();
            check(&left, &left);
            for at in 0..left.len() {
                for other in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut right = left.clone();
                    right[at] = other;
                    check(&left, &right);
                    // What comes later says nothing.
                    right[at + 1..].iter_mut().for_each(|byte| *byte = !*byte);
                    check(&left, &right);
                }
            }
        }
    }

    #[test]
    fn the_rest_of_a_longer_one_is_left_out() {
        check(b"abc", b"abcd");
        check(b"", b"a");
        check(&[7; 40], &[7; 17]);
    }

    proptest! {
        #[test]
        fn as_slices_compare(
            left in proptest::collection::vec(0_u8..4, 0..100), right in proptest::collection::vec(0_u8..4, 0..100),
            shared in 0..100_usize
        ) {
            check(&left, &right);
            let mut alike = right.clone();
            let shared = shared.min(left.len()).min(right.len());
            alike[..shared].copy_from_slice(&left[..shared]);
            check(&left, &alike);
        }
    }
}
