//! Logarithms without floating point: the same digits natively and in the sandbox.

/// Binary digits after the point.
const DIGITS: u32 = 16;

/// Logarithms of small numbers, which are asked for most.
const SMALL: [u32; 256] = {
    let mut logarithms = [0; 256];
    let mut number = 0;
    while number < logarithms.len() {
        logarithms[number] = log2_65536ths(number as u64);
        number += 1;
    }
    logarithms
};

/// The logarithm to base 2 of a number from 1, in thousandths, rounded down; 0 for 0.
#[must_use]
pub fn log2_thousandths(number: u64) -> u32 {
    let fine = usize::try_from(number)
        .ok()
        .and_then(|number| SMALL.get(number))
        .copied()
        .unwrap_or_else(|| log2_65536ths(number));
    ((u64::from(fine) * 1_000) >> DIGITS) as u32
}

/// The logarithm to base 2 of a number from 1, in 65,536ths, rounded down; 0 for 0.
///
/// Squaring gives one binary digit after the point at a time (Knuth, "The Art of Computer Programming", 1.2.2).
#[must_use]
pub const fn log2_65536ths(number: u64) -> u32 {
    let Some(whole) = number.checked_ilog2() else { return 0 };
    // The number divided by its power of two, with 31 digits after the point: from 1 to below 2.
    let mut rest = if whole >= 31 { number >> (whole - 31) } else { number << (31 - whole) };
    let mut fraction = 0;
    let mut digit = 0;
    while digit < DIGITS {
        digit += 1;
        rest = (rest * rest) >> 31;
        fraction <<= 1;
        if rest >> 32 != 0 {
            fraction |= 1;
            rest >>= 1;
        }
    }
    (whole << DIGITS) + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_their_last_digit() {
        for number in (1..5_000).chain([1 << 32, (1 << 32) + 12_345, u64::MAX / 3, u64::MAX]) {
            let exact = (number as f64).log2();
            let (fine, coarse) = (f64::from(log2_65536ths(number)), f64::from(log2_thousandths(number)));
            assert!((exact * 65_536.0 - fine).abs() < 2.0, "{number}: {exact} and {fine}");
            assert!((exact * 1_000.0 - coarse).abs() < 1.1, "{number}: {exact} and {coarse}");
        }
        assert_eq!((log2_thousandths(0), log2_thousandths(1), log2_thousandths(8)), (0, 0, 3_000));
    }
}
