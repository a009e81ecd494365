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
    /// Compressions and archives inside each other that are opened.
    unpacked_layers_max: usize = 4, 4, [0, 16];
    /// Files of one archive that are read.
    archive_members_max: u64 = 100_000, 100_000, [0, 100_000_000];
    /// Bytes of a zip archive that comes as a stream or inside another archive: it is copied to a temporary file first.
    archive_spooled_bytes_max: u64 = GIB, GIB, [0, 1 << 40];
}
