//! The limits of building packs.

use glassbox_limits::{GIB, KIB, MIB};

glassbox_limits::limits! {
    /// What a pack may be built from.
    pub struct Limits;
    /// Bytes of one file of rules, filters or a pipeline.
    rule_file_bytes_max: u64 = 4 * MIB, 4 * MIB, [KIB, GIB];
}
