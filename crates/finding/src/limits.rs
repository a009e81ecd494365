//! The limits of what a finding may hold. Guest and host keep the same ones.

/// Rules told with their evidence; further ones by id.
pub const HITS_FULL_MAX: usize = 16;
/// Contributions of one finding.
pub const CONTRIBUTIONS_MAX: usize = 64;
/// Bytes of one finding, its texts and lists counted.
pub const FINDING_BYTES_MAX: usize = 8 << 10;
/// Bytes of one quote.
pub const QUOTE_BYTES_MAX: usize = 256;
/// Bytes of one quoted field's text.
pub const FIELD_TEXT_BYTES_MAX: usize = 1024;
/// Quoted fields of an explanation.
pub const EXPLAINED_FIELDS_MAX: usize = 128;
/// Rules that came near, in an explanation.
pub const NEAR_MISSES_MAX: usize = 5;
/// Failed predicates told of one of them.
pub const FAILED_PREDICATES_MAX: usize = 8;
/// A certain probability, in millionths.
pub const PROBABILITY_MAX: u32 = 1_000_000;
/// Names of which one piece of evidence may say that they are absent.
pub const ABSENT_NAMES_MAX: usize = 32;
/// Bytes of a field's name, where a finding's size does not hold it already.
pub const NAME_BYTES_MAX: usize = 512;
/// Categories of an explained record.
pub const CATEGORIES_MAX: usize = 16;
/// Schemas that a plugin may tell apart.
pub const SCHEMAS_MAX: usize = 64;
