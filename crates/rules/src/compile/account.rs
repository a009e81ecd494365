//! What became of each rule, filter and file that was given.

use std::fmt;

use serde::Serialize;

/// What became of one rule or filter, or of a file that holds neither.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleAccount {
    /// The file.
    pub file: String,
    /// The line, from 1: of what a rejected rule was rejected for, else where the rule begins.
    pub line: Option<u32>,
    /// The rule's id, if it got so far.
    pub id: Option<String>,
    /// The rule's title, if it got so far.
    pub title: Option<String>,
    /// Loaded, or why not.
    pub outcome: RuleOutcome,
    /// What was not understood and matching does not need.
    pub warnings: Vec<String>,
}

/// Loaded, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum RuleOutcome {
    /// In the rule set.
    Loaded,
    /// A filter, put upon rules.
    Filter {
        /// How many.
        rules: u32,
    },
    /// Not in the rule set.
    Rejected {
        /// Why, in a clause.
        reason: String,
    },
    /// Not meant as a rule: a file of another kind among the rules.
    Other {
        /// What it is instead, in a clause.
        reason: String,
    },
}

impl RuleAccount {
    /// Why the rule was rejected; none if it was loaded.
    #[must_use]
    pub fn rejection(&self) -> Option<&str> {
        match &self.outcome {
            RuleOutcome::Rejected { reason } => Some(reason),
            _ => None,
        }
    }

    /// Upon how many rules the filter was put; none if it is not a filter.
    #[must_use]
    pub fn filtered(&self) -> Option<u32> {
        match self.outcome {
            RuleOutcome::Filter { rules } => Some(rules),
            _ => None,
        }
    }

    /// Why the file was passed over; none if it holds rules or filters.
    #[must_use]
    pub fn passed_over(&self) -> Option<&str> {
        match &self.outcome {
            RuleOutcome::Other { reason } => Some(reason),
            _ => None,
        }
    }

    /// Whether it is of a rule, or of what should have been one.
    #[must_use]
    pub fn is_rule(&self) -> bool {
        matches!(self.outcome, RuleOutcome::Loaded | RuleOutcome::Rejected { .. })
    }

    /// The file, and behind a colon the line.
    #[must_use]
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

/// Why one rule cannot be compiled, and which line says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) line: Option<u32>,
    pub(super) reason: String,
}

impl Rejection {
    pub(super) fn at(line: u32, reason: impl Into<String>) -> Self {
        Self { line: Some(line), reason: reason.into() }
    }

    /// For code that does not know the line: its caller does.
    pub(super) fn nowhere(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into() }
    }

    pub(super) fn or_at(self, line: u32) -> Self {
        Self { line: self.line.or(Some(line)), ..self }
    }

    pub(super) fn within(self, what: fmt::Arguments<'_>) -> Self {
        Self { reason: format!("{what}: {}", self.reason), ..self }
    }

    /// The line is one of another file.
    pub(super) fn from(self, origin: &str) -> Self {
        let line = self.line.map(|line| format!(", line {line}")).unwrap_or_default();
        Self { line: None, reason: format!("{origin}{line}: {}", self.reason) }
    }
}
