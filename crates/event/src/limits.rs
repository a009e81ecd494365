//! The limits of what is read as one record.

/// Bytes of one record.
pub const RECORD_BYTES_MAX: usize = 64 << 10;
/// Objects and arrays open at once, and XML elements open at once.
pub const DEPTH_MAX: usize = 64;
/// Leaves told of one record: as many as its bytes can hold, a value and what parts it from the next at least, so that
/// nothing hides behind a long list.
pub const LEAVES_MAX: usize = RECORD_BYTES_MAX / 2;
