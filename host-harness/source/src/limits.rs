//! The limits of reading sources.

use glassbox_limits::{GIB, KIB, MIB};

glassbox_limits::limits! {
    /// What a source may become.
    pub struct Limits;
    /// Bytes that one compressed source may become when it is unpacked; more is taken for a bomb.
    decompressed_bytes_max: u64 = 64 * GIB, 64 * GIB, [KIB, 1 << 50];
    /// How many times larger than its compressed bytes a source may become.
    decompressed_ratio_max: u64 = 1_000, 1_000, [1, 1_000_000];
    /// Bytes that a source may become before its ratio is looked at: small files of equal lines compress without bound.
    decompressed_bytes_free: u64 = 64 * MIB, 64 * MIB, [0, GIB];
}
