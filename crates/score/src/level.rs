//! What a rule's author says of it, in Sigma's words.

use serde::{Deserialize, Serialize};

/// How bad it is if the rule is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth noting only together with other things.
    Informational,
    /// Seldom worth a look alone.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a prompt look.
    High,
    /// Worth waking someone.
    Critical,
}

/// How far the rule has been tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Cannot be used as it stands.
    Unsupported,
    /// Replaced or no longer useful.
    Deprecated,
    /// May give many false positives.
    Experimental,
    /// Mostly right, to be tuned.
    Test,
    /// Tried in production.
    Stable,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Sigma's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["informational", "low", "medium", "high", "critical"][self as usize]
    }

    /// The level that Sigma calls so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

impl Status {
    /// Every status, least trusted first.
    pub const ALL: [Self; 5] = [Self::Unsupported, Self::Deprecated, Self::Experimental, Self::Test, Self::Stable];

    /// Sigma's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["unsupported", "deprecated", "experimental", "test", "stable"][self as usize]
    }

    /// The status that Sigma calls so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}
