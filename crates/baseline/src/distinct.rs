//! How many different keys there were: linear counting (Whang, Vander-Zanden and Taylor, "A linear-time probabilistic
//! counting algorithm for database applications", ACM TODS 1990).
//!
//! Each key sets one bit; from the bits that are still clear follows the estimate. With 64 bits one to three keys come out
//! right nearly always and a hundred within a fifth; with 1,024 bits a thousand come out within a twentieth. A full sketch
//! says the most that it can tell. Merging is exact: the bits of one pass are those of both.

use glassbox_finding::log2_65536ths;

use crate::Key;

/// A set of keys in 64 times `WORDS` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Distinct<const WORDS: usize>(pub(crate) [u64; WORDS]);

impl<const WORDS: usize> Default for Distinct<WORDS> {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl<const WORDS: usize> Distinct<WORDS> {
    const BITS: u64 = 64 * WORDS as u64;

    pub(crate) fn see(&mut self, key: Key) {
        let bit = key.0 % Self::BITS;
        self.0[(bit / 64) as usize] |= 1 << (bit % 64);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    /// The estimate.
    pub(crate) fn count(&self) -> u32 {
        let set: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        match WORDS {
            1 => FEW[set as usize],
            16 => MANY[set as usize],
            _ => estimate(Self::BITS, set.into()),
        }
    }
}

/// The estimates of a sketch of 64 bits, by how many are set, and of one of 1,024: every history asks for both.
static FEW: [u32; 65] = estimates(64);
static MANY: [u32; 1_025] = estimates(1_024);

const fn estimates<const COUNT: usize>(bits: u64) -> [u32; COUNT] {
    let mut estimates = [0; COUNT];
    let mut set = 0;
    while set < COUNT {
        estimates[set] = estimate(bits, set as u64);
        set += 1;
    }
    estimates
}

/// Bits times the natural logarithm of bits by clear bits.
const fn estimate(bits: u64, set: u64) -> u32 {
    /// The natural logarithm of 2, in millionths.
    const LN_2_MILLIONTHS: u64 = 693_147;
    let clear = if set < bits { bits - set } else { 1 };
    // Of the quotient's logarithm as a difference: both terms are whole numbers' logarithms.
    let log2 = (log2_65536ths(bits) - log2_65536ths(clear)) as u64;
    let estimate = ((bits * log2 * LN_2_MILLIONTHS / 1_000_000) + (1 << 15)) >> 16;
    // No fewer keys than bits.
    if estimate > set { estimate as u32 } else { set as u32 }
}
