//! The limits of what a plugin may say. Guest and host keep the same ones.

/// Hits of one finding that are listed with their evidence.
pub const HITS_FULL_MAX: usize = 16;
/// Further hits of one finding that are listed.
pub const FURTHER_HITS_MAX: usize = 240;
/// Pieces of evidence of one hit.
pub const HIT_EVIDENCE_MAX: usize = 32;
/// Pieces of evidence of all hits of one finding; beyond it evidence is left out, from the last hit on.
pub const HITS_EVIDENCE_MAX: usize = 160;
/// Pieces of evidence of one finding: those of its hits, one a term, and one a role.
pub const EVIDENCE_MAX: usize = 256;
/// Contributions of one finding.
pub const CONTRIBUTIONS_MAX: usize = 64;
/// Entities of one finding.
pub const ENTITIES_MAX: usize = 16;
/// Quoted fields of one finding.
pub const FIELDS_MAX: usize = 16;
/// Steps of one place.
pub const STEPS_MAX: usize = 5;
/// Records that a window names.
pub const WINDOW_RECORDS_MAX: usize = 64;
/// Entities that a window's records have in common.
pub const WINDOW_GROUP_MAX: usize = 8;
/// Bytes of one quote.
pub const QUOTE_BYTES_MAX: usize = 256;
/// Bytes of one quoted field's text.
pub const FIELD_TEXT_BYTES_MAX: usize = 1024;
/// Values of an explanation.
pub const EXPLAINED_FIELDS_MAX: usize = 128;
/// Rules that came near, in an explanation.
pub const NEAR_MISSES_MAX: usize = 5;
/// Failed predicates of one of them.
pub const FAILED_PREDICATES_MAX: usize = 8;
/// A certain probability, in millionths.
pub const PROBABILITY_MAX: u32 = 1_000_000;
/// Categories of an explained record.
pub const CATEGORIES_MAX: usize = 16;
/// Classes of one batch.
pub const CLASSES_MAX: usize = 1_000;
/// Source maps that a plugin may read by.
pub const MAPS_MAX: usize = 4_096;
/// Fields that a view may be asked for.
pub const VIEW_FIELDS_MAX: usize = 64;
/// Values of one record in a view.
pub const VIEW_VALUES_MAX: usize = 64;
