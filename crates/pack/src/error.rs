//! Why bytes are refused as a pack.

use glassbox_finding::ConfigureError;

/// Why a pack was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The bytes do not begin as a pack does.
    #[error("this is not a pack: it does not begin with GLASSBOX; make one with `glassbox pack build`")]
    NotAPack,
    /// The file ends before the byte it promises.
    #[error("the pack is cut short: it promises {promised} bytes and has {present}; copy or build it again")]
    Truncated {
        /// Bytes that the pack says it has, as far as it got to say so.
        promised: u64,
        /// Bytes that there are.
        present: u64,
    },
    /// The file goes on after its end.
    #[error("the pack says it has {promised} bytes and {present} are there; copy or build it again")]
    TrailingBytes {
        /// Bytes that the pack says it has.
        promised: u64,
        /// Bytes that there are.
        present: u64,
    },
    /// The format is newer than this version reads.
    #[error(
        "the pack has format {found} and this version reads up to {supported}; use a newer Glassbox, or build the \
         pack again with this one"
    )]
    Newer {
        /// The format found.
        found: u32,
        /// The newest format supported.
        supported: u32,
    },
    /// The table of sections is not as this format has it.
    #[error("the pack's table of sections is damaged: {0}; copy or build it again")]
    Table(String),
    /// A section's content does not have the digest that the table states.
    #[error("the pack is damaged in section `{0}`: its digest is another; copy or build it again")]
    Damaged(String),
    /// A section is absent.
    #[error("the pack has no section `{0}`; build it again with `glassbox pack build`")]
    MissingSection(String),
    /// A section has the right digest and a wrong content.
    #[error("section `{section}` of the pack cannot be used: {reason}; fix its source and build the pack again")]
    InvalidSection {
        /// The section's name.
        section: String,
        /// What is wrong, in a clause.
        reason: String,
    },
}

impl PackError {
    /// A section whose content is wrong.
    #[must_use]
    pub fn invalid(section: &str, reason: impl ToString) -> Self {
        Self::InvalidSection { section: section.to_owned(), reason: reason.to_string() }
    }
}

/// The name under which the contract's errors speak of the header and the table of sections.
const TABLE: &str = "table";

impl From<PackError> for ConfigureError {
    fn from(error: PackError) -> Self {
        match error {
            PackError::NotAPack => Self::NotAPack,
            PackError::Truncated { promised, present } => Self::Truncated { promised, present },
            PackError::TrailingBytes { promised, present } => Self::InvalidSection {
                section: TABLE.to_owned(),
                reason: format!("it promises {promised} bytes and {present} are there"),
            },
            PackError::Newer { found, supported } => Self::Newer { found, supported },
            PackError::Table(reason) => Self::InvalidSection { section: TABLE.to_owned(), reason },
            PackError::Damaged(section) => Self::Damaged(section),
            PackError::MissingSection(section) => Self::MissingSection(section),
            PackError::InvalidSection { section, reason } => Self::InvalidSection { section, reason },
        }
    }
}
