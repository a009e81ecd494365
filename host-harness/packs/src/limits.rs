//! The limits of building packs.

use glassbox_limits::{GIB, KIB, MIB};

glassbox_limits::limits! {
    /// What a pack may be built from.
    pub struct Limits;
    /// Bytes of one file of rules, filters or a pipeline.
    rule_file_bytes_max: u64 = 4 * MIB, 4 * MIB, [KIB, GIB];
    /// Bytes of a package of rules (zip, tar), as it is and unpacked.
    rule_package_bytes_max: u64 = 256 * MIB, 256 * MIB, [KIB, 4 * GIB];
    /// Rule files in a package of rules.
    rule_package_files_max: usize = 200_000, 200_000, [1, 10_000_000];
}
