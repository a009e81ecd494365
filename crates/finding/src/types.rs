//! The types that cross the boundary. Field by field they mirror the contract, which describes each with its unit.

mod batch;
mod finding;
mod place;
mod reading;
mod score;

pub use batch::*;
pub use finding::*;
pub use place::*;
pub use reading::*;
pub use score::*;

use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
pub type EventTime = i64;

/// The number of a record, or of a tick, in its tenant's stream.
pub type Sequence = u64;

/// What produced a record, in Sigma's terms; an absent part is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Logsource {
    /// Such as `windows`.
    #[serde(default)]
    pub product: Option<String>,
    /// Such as `process_creation`.
    #[serde(default)]
    pub category: Option<String>,
    /// Such as `security`.
    #[serde(default)]
    pub service: Option<String>,
}

/// Who a plugin says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// A short name.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// The source maps it reads records by.
    pub maps: Vec<String>,
    /// The newest pack format it loads.
    pub pack_format_max: u32,
}

/// What a loaded pack holds: its identity, and the length of each list of its directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackSummary {
    /// SHA-256 of the pack's table.
    pub digest: Vec<u8>,
    /// Rules loaded.
    pub rules: u32,
    /// Distinct fields that rules, model and roles read.
    pub fields: u32,
    /// Distinct predicates of rules.
    pub predicates: u32,
    /// Filters.
    pub filters: u32,
    /// Terms of the model.
    pub terms: u32,
}

/// What became of a saved state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Sections taken over.
    pub kept: Vec<String>,
    /// Sections dropped.
    pub dropped: Vec<String>,
}

/// What the host sets for one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Keys every hash of log-derived text.
    pub seed: u128,
    /// First instant inside the window.
    pub from: Option<EventTime>,
    /// First instant outside the window.
    pub to: Option<EventTime>,
    /// The limits that the plugin acts on.
    pub limits: GuestLimits,
}

/// The limits that a plugin acts on; the host enforces the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestLimits {
    /// Records of one batch.
    pub batch_records_max: u32,
    /// Bytes of all records of one batch.
    pub batch_bytes_max: u32,
    /// Bytes of one record.
    pub record_bytes_max: u32,
    /// Bytes of all notes of one reading.
    pub notes_bytes_max: u32,
    /// Steps of all rules on one record.
    pub record_steps_max: u64,
}

impl GuestLimits {
    /// The limits where nothing else is said.
    pub const DEFAULT: Self = Self {
        batch_records_max: 1_000,
        batch_bytes_max: 1 << 20,
        record_bytes_max: 1 << 20,
        notes_bytes_max: 2 << 20,
        record_steps_max: 1 << 26,
    };
}

impl Default for GuestLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
