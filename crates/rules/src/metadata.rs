//! What a rule says about itself, for people: stays in the pack, never crosses the boundary.

use std::collections::BTreeMap;

use glassbox_finding::Logsource;
use serde::{Deserialize, Serialize};

/// How severe a rule's author holds a hit to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Enriches, is never an alert by itself.
    Informational,
    /// Notable, rarely an incident.
    Low,
    /// Should be reviewed.
    Medium,
    /// Should be reviewed soon.
    High,
    /// Should be reviewed at once.
    Critical,
}

/// How mature a rule's author holds it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// No longer kept up.
    Unsupported,
    /// Replaced or no longer right.
    Deprecated,
    /// May be noisy.
    Experimental,
    /// Mostly stable.
    Test,
    /// Ready for production.
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
}

impl Status {
    /// Every status, least trusted first.
    pub const ALL: [Self; 5] = [Self::Unsupported, Self::Deprecated, Self::Experimental, Self::Test, Self::Stable];

    /// Sigma's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["unsupported", "deprecated", "experimental", "test", "stable"][self as usize]
    }
}

/// What people read about a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleMetadata {
    /// The id that findings name.
    pub id: String,
    /// A short capitalised title.
    pub title: String,
    /// The file that it came from, as the user named it.
    pub file: String,
    /// How severe.
    pub level: Option<Level>,
    /// How mature.
    pub status: Option<Status>,
    /// What it looks for.
    pub description: String,
    /// Who wrote it.
    pub author: String,
    /// When it was written or last changed.
    pub date: String,
    /// Where to read more.
    pub references: Vec<String>,
    /// Tags as written, such as `attack.t1059.001`.
    pub tags: Vec<String>,
    /// What benign activity it is known to hit.
    pub false_positives: Vec<String>,
    /// What it is about.
    pub logsource: Logsource,
    /// Selections that its condition rules out, whatever else holds: where it hits, none of them holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
    /// Selections that the rule's author did not write, by their name in the rule set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, Origin>,
    /// Groups of selections of which some are enough, in the order of the condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternatives>,
}

/// Where a selection comes from that is not the rule's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What put it there.
    pub kind: OriginKind,
    /// The filter's title, or the pipeline's name.
    pub title: String,
    /// What the selection is called there; none if it has no name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<String>,
}

/// What puts selections into rules of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginKind {
    /// A filter.
    Filter,
    /// A step of a pipeline.
    Pipeline,
}

/// Selections of which some are enough, as the condition names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternatives {
    /// As the condition says it: `1 of sel_*`, or `sel_a or sel_b`.
    pub written: String,
    /// How many of them must hold.
    pub at_least: u32,
    /// Their names in the rule set, in the order in which they are tried.
    pub selections: Vec<String>,
    /// Whether the condition negates the group.
    pub negated: bool,
}
