//! The pack: one file that a plugin loads, holding compiled rules, the model, known answers and where they came from.
//!
//! It knows sections, lengths and digests, and the [`Directory`] of a pack: the lists that positions in findings refer
//! to. It reads and writes bytes in memory, never files.
//!
//! # The format
//!
//! All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `GLASSBOX` |
//! | 4 | format number, 1 |
//! | 8 | length of the whole file |
//! | 4 | number of sections |
//! | each section: 1 + n + 8 + 32 | length of its name, its name, length of its content, SHA-256 of its content |
//! | 32 | SHA-256 of everything before |
//! | | contents, one after another, in the order of the table |
//!
//! Sections stand in the order of [`SECTIONS`], each at most once, and contents follow each other without gaps: the
//! same contents always make the same bytes, and no two sections can overlap. A section that this version does not
//! know is refused, as ignoring it would change silently what is found; a new section is a new format.

mod content;
pub mod directory;
mod error;
mod format;

pub use content::{KnownAnswer, Provenance, Source};
pub use directory::Directory;
pub use error::PackError;
pub use format::{Builder, Pack, sha256, to_hex};

/// The first bytes of every pack.
pub const MAGIC: [u8; 8] = *b"GLASSBOX";
/// The format written, and the newest one read.
pub const FORMAT: u32 = 1;

/// Where the pack came from: JSON, [`Provenance`].
pub const PROVENANCE: &str = "provenance";
/// The compiled rule set.
pub const RULES: &str = "rules";
/// What people are told of the rules: titles, references, false positives.
pub const METADATA: &str = "metadata";
/// The additive model: JSON.
pub const MODEL: &str = "model";
/// Records that must hit and records that must stay quiet: JSON, a list of [`KnownAnswer`].
pub const KNOWN_ANSWERS: &str = "known-answers";
/// What the organisation says about itself, as JSON; a pack may lack it.
pub const CONTEXT: &str = "context";

/// Every section, in the order in which they stand in a file.
pub const SECTIONS: [&str; 6] = [PROVENANCE, RULES, METADATA, MODEL, KNOWN_ANSWERS, CONTEXT];
