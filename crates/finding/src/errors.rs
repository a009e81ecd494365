//! The errors that cross the boundary, variant for variant as the contract has them. Each message names the place and
//! the way out.

use crate::{Unscored, UnscoredReason};

/// Why a pack or the settings were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigureError {
    /// The bytes are not a pack.
    #[error("this is not a pack: it does not begin with GLASSBOX; make one with `glassbox pack build`")]
    NotAPack,
    /// The pack ends before the byte it promises.
    #[error("the pack is cut short: it promises {promised} bytes and has {present}; copy or build it again")]
    Truncated {
        /// Bytes that the pack says it has.
        promised: u64,
        /// Bytes that there are.
        present: u64,
    },
    /// The pack's format is newer than this plugin reads.
    #[error(
        "the pack has format {found} and this plugin reads up to {supported}; use a newer plugin, or build the pack with the version of glassbox that this plugin belongs to"
    )]
    Newer {
        /// The format found.
        found: u32,
        /// The newest format supported.
        supported: u32,
    },
    /// A section's bytes do not have the digest that the pack states for it. The section's name.
    #[error("the pack is damaged in section `{0}`: its digest differs; copy or build it again")]
    Damaged(String),
    /// A section that this plugin needs is absent. The section's name.
    #[error("the pack has no section `{0}`, which this plugin needs; build it again with `glassbox pack build`")]
    MissingSection(String),
    /// A section has the right digest and a wrong content.
    #[error("section `{section}` of the pack cannot be used: {reason}; fix its source and build the pack again")]
    InvalidSection {
        /// The section's name.
        section: String,
        /// What is wrong, in a clause.
        reason: String,
    },
    /// The time window ends before it begins.
    #[error("the time window ends before it begins: give a `to` later than `from`")]
    EmptyWindow,
}

/// Why a batch was refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// `configure` has not succeeded on this instance.
    #[error("the plugin has no pack yet: call configure before read")]
    NotConfigured,
    /// `ends` is not ascending or does not end with the bytes. The first offending position.
    #[error("the batch's end number {0} is below the one before, is beyond the bytes, or does not end with them")]
    BadEnds(u32),
    /// `origin_of` does not name an origin for each record. The first offending position.
    #[error("record {0} of the batch names no origin of the batch")]
    BadOrigin(u32),
    /// More records or bytes than a batch may have.
    #[error("the batch has more records or bytes than a batch may have: give the records in smaller batches")]
    BatchTooLarge,
    /// The reading would be larger than may be returned.
    #[error("the reading would be larger than may be returned: give fewer records at a time")]
    ReadingTooLarge,
}

/// Why notes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgeError {
    /// `configure` has not succeeded on this instance.
    #[error("the plugin has no pack yet: call configure before judge")]
    NotConfigured,
    /// A note is not one that `read` made. Its position.
    #[error("note {0} is damaged: give judge the notes exactly as read returned them")]
    Malformed(u32),
    /// A note was made under another pack, seed or plugin. Its position.
    #[error("note {0} was made under another pack, seed or plugin: read the record again under this one")]
    Foreign(u32),
    /// There is not one sequence for each note, or they do not ascend. The first offending position.
    #[error("sequence {0} is missing or does not ascend: give one ascending sequence for each note")]
    BadSequence(u32),
    /// The outcome would be larger than may be returned.
    #[error("the outcome would be larger than may be returned: give fewer notes at a time")]
    OutcomeTooLarge,
}

/// Why state was refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// `configure` has not succeeded on this instance.
    #[error("the plugin has no pack yet: call configure before restore or save")]
    NotConfigured,
    /// The bytes are not a state.
    #[error("this is not a saved state: give a file that a run saved, or start without one")]
    NotAState,
    /// The state's format is newer than this plugin reads.
    #[error(
        "the state has format {found} and this plugin reads up to {supported}; use a newer plugin, or start without one"
    )]
    Newer {
        /// The format found.
        found: u32,
        /// The newest format supported.
        supported: u32,
    },
    /// The bytes are damaged or cut short. The byte at which they stopped making sense.
    #[error("the state is damaged or cut short at byte {0}: restore an earlier one, or start without one")]
    Damaged(u32),
    /// The state was kept under another seed.
    #[error("the state was kept under another seed: give the seed that belongs to it, or start without one")]
    ForeignSeed,
}

/// Why a record could not be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// `configure` has not succeeded on this instance.
    #[error("the plugin has no pack yet: call configure before explain")]
    NotConfigured,
    /// The record cannot be read; `index` is 0.
    #[error("the record cannot be read: {} at byte {}", .0.reason, .0.at)]
    Unscored(Unscored),
}

impl std::fmt::Display for UnscoredReason {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Empty => "it is empty",
            Self::Malformed => "it begins like a structured record and does not parse as one",
            Self::TooDeep => "it nests deeper than the reader follows",
            Self::TooLarge => "it is longer than the reader accepts",
        })
    }
}
