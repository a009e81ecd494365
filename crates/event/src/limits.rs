//! The limits of what is read as one record.

/// Bytes of one record.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
/// Objects and arrays open at once, and XML elements open at once.
pub const DEPTH_MAX: usize = 64;
/// Leaves of one record that are listed, for keywords and explanations: as many as a record of 256 KiB can hold, a value
/// and what parts it from the next at least, so that nothing hides behind a long list.
pub const LEAVES_MAX: usize = 128 << 10;
