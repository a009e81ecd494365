//! The limits of what is read as one record.

/// Bytes of one record.
pub const RECORD_BYTES_MAX: usize = 64 << 10;
/// Objects and arrays open at once, and XML elements open at once.
pub const DEPTH_MAX: usize = 64;
/// Leaves told of one record; further ones are left out.
pub const LEAVES_MAX: usize = 4096;
