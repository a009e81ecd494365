//! Tests of rules: records, and what rules must say of them. Read from files, asked of the plugin, told as verdicts.
//!
//! Two kinds of file are read: vectors, described in `tests/vectors/README.md`, and SigmaHQ's regression data, an
//! `info.yml` beside its records. What a verdict looks like on a page is the business of `output`.
//!
//! Invariants: a test is passed, failed or skipped, never dropped; what a rule says comes from the plugin in its sandbox.

mod regression;
mod run;
mod suite;
mod vectors;

use std::fmt;

use glassbox_explain::numbers::{counted, grouped};
use glassbox_finding::{Logsource, Operator};
use glassbox_report::{Evidence, NearMiss, Place, SourceRecord};
use serde::{Deserialize, Serialize};

pub use run::{Given, Options, RuleTestError, build, run};
pub use suite::{Suite, SuiteError, read};

/// Records of one kind, and what rules must say of them.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTest {
    /// The file that it is from, as the user named it.
    pub file: String,
    /// The line where it begins, from 1.
    pub line: u64,
    /// Its name, unique in its file where the file is one of vectors.
    pub name: String,
    /// The rules that it is about.
    pub subject: TestedRules,
    /// What produced the records, where the test says so; else what its rule is about fills what they leave open.
    pub logsource: Option<Logsource>,
    /// What the records are called: the file that they are from.
    pub source: String,
    /// The records, in order.
    pub records: Vec<SourceRecord>,
    /// What the rules must say.
    pub expected: Expected,
    /// Why the only record must hit, where the test says so.
    pub evidence: Option<Vec<ExpectedEvidence>>,
}

/// The rules that a test is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestedRules {
    /// The rule with this id, in lower case, among those that are given.
    Given(String),
    /// Rules that the test brings along: a position in the suite's rule texts.
    Inline(usize),
}

/// What rules must say of a test's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The rule does not load.
    Rejected,
    /// Every rule hits at least this many of the records, and at least one.
    Hit(u64),
    /// No rule hits any record.
    Quiet,
    /// Of the rules brought along, exactly those with these titles hit.
    Titles(Vec<String>),
}

/// Why a predicate must hold, in terms that any engine can give.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedEvidence {
    /// The field; none for a keyword.
    #[serde(default)]
    pub field: Option<String>,
    /// How its value is compared.
    pub operator: String,
    /// What it is compared with; none where the operator takes nothing.
    #[serde(default)]
    pub operand: Option<String>,
    /// The text that held: of `contains` the part, else the whole value; none for an absent field.
    #[serde(default)]
    pub text: Option<String>,
}

impl From<&Evidence> for ExpectedEvidence {
    fn from(evidence: &Evidence) -> Self {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let operator = evidence.predicate.operator;
        let absent = matches!(evidence.place, Place::Absent(_));
        let operand = &evidence.predicate.operand;
        let (operator, operand) = match operator {
            Operator::Exists | Operator::Absent | Operator::Null => (operator_name(operator), None),
            // `hour = 22` is the modifier `hour` with its number.
            Operator::TimePart => {
                let (part, number) = operand.split_once(' ').unwrap_or((operand, ""));
                (part, Some(number.trim_start_matches("= ").to_owned()))
            }
            _ => (operator_name(operator), Some(operand.clone())),
        };
        Self {
            field: filled(&evidence.field),
            operator: operator.to_owned(),
            operand,
            text: (!absent).then(|| evidence.quote.clone()),
        }
    }
}

/// An operator in the words of vectors: Sigma's own where it has one.
#[must_use]
pub fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "equals",
        Operator::Contains => "contains",
        Operator::StartsWith => "startswith",
        Operator::EndsWith => "endswith",
        Operator::Like => "like",
        Operator::Regex => "re",
        Operator::Cidr => "cidr",
        Operator::Less => "lt",
        Operator::LessOrEqual => "lte",
        Operator::Greater => "gt",
        Operator::GreaterOrEqual => "gte",
        Operator::NotEquals => "neq",
        Operator::Exists => "exists",
        Operator::Absent => "absent",
        Operator::Null => "null",
        Operator::SameAs => "fieldref",
        Operator::LengthAtLeast => "length",
        Operator::ContainsField => "fieldref|contains",
        Operator::StartsWithField => "fieldref|startswith",
        Operator::EndsWithField => "fieldref|endswith",
        // The operand names the part.
        Operator::TimePart => "time",
    }
}

/// A rule text that tests bring along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// The file that it is from.
    pub file: String,
    /// Sigma rules, as a rule file would hold them.
    pub sigma: String,
    /// A processing pipeline that changes them.
    pub pipeline: Option<String>,
}

/// What became of one test.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The rules say what they must.
    Passed {
        /// Records that hit, where more do than the test states.
        more: Option<u64>,
    },
    /// They do not.
    Failed(Box<TestFailure>),
    /// The test's rule is not among those given.
    Skipped,
}

/// How a test failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum TestFailure {
    /// Too few records hit.
    Missed {
        /// The rule.
        rule: RuleName,
        /// Records that hit.
        hits: u64,
        /// Records that must.
        wanted: u64,
        /// What the record lacks that came nearest, where that can be told.
        nearest: Option<Box<Nearest>>,
    },
    /// More records hit than the test states, and the run is strict.
    TooMany {
        /// The rule.
        rule: RuleName,
        /// Records that hit.
        hits: u64,
        /// Records that must.
        wanted: u64,
    },
    /// A record hit that must stay quiet.
    Unexpected {
        /// The rule.
        rule: RuleName,
        /// The first record that hit.
        record: String,
        /// Why it hit.
        evidence: Vec<Evidence>,
    },
    /// The rules that hit are others than those expected.
    OtherRules {
        /// Titles of rules that hit.
        hit: Vec<String>,
        /// Titles of rules that must.
        wanted: Vec<String>,
    },
    /// The rule hit for other reasons than those expected.
    OtherEvidence {
        /// Why it hit.
        evidence: Vec<ExpectedEvidence>,
        /// Why it must.
        wanted: Vec<ExpectedEvidence>,
    },
    /// A record stayed quiet only because no rule is about its logsource, and the test is not about that.
    NotConsidered {
        /// What produced the record.
        record: String,
    },
    /// The rule was rejected.
    RuleRejected {
        /// Why.
        reason: String,
    },
    /// The rule was loaded and must not be.
    RuleLoaded,
    /// The rule is not among those given, and the run is strict.
    NotGiven {
        /// Its id.
        id: String,
    },
    /// A record was not scored.
    Unscored {
        /// The record.
        record: String,
        /// Why.
        reason: String,
    },
    /// The plugin failed.
    Fault {
        /// What happened.
        what: String,
    },
}

/// A rule as people know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleName {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// The record that came nearest to a hit, and what it lacks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearest {
    /// The record.
    pub record: String,
    /// What produced the record.
    pub logsource: Logsource,
    /// Whether the rule is about what produced it.
    pub considered: bool,
    /// Filters that took the rule's hit away, by title; then the record lacks nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed_by: Vec<String>,
    /// What it lacks; none where no part of the rule held.
    pub miss: Option<NearMiss>,
    /// The rule's fields and what the record has there, where no part held.
    pub fields: Vec<FieldFound>,
}

/// A field of a rule, and its first value in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFound {
    /// The field.
    pub name: String,
    /// The value; none where the record has no such field.
    pub text: Option<String>,
}

impl fmt::Display for TestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records = |count: u64| counted(count, "record");
        let titles = |titles: &[String]| match titles {
            [] => "no rule".to_owned(),
            titles => format!("“{}”", titles.join("”, “")),
        };
        match self {
            Self::Missed { rule, hits: 0, wanted: 1, .. } => write!(f, "“{}” must hit and does not", rule.title),
            Self::Missed { rule, hits, wanted, .. } => {
                write!(f, "“{}” must hit {} and hits {}", rule.title, records(*wanted), grouped(*hits))
            }
            Self::TooMany { rule, hits, wanted } => {
                write!(f, "“{}” must hit {} and hits {}", rule.title, records(*wanted), grouped(*hits))
            }
            Self::Unexpected { rule, record, .. } => write!(f, "“{}” must stay quiet and hits {record}", rule.title),
            Self::OtherRules { hit, wanted } => write!(f, "{} must hit, and {} does", titles(wanted), titles(hit)),
            Self::OtherEvidence { .. } => f.write_str("the rule hits, but for other reasons (- expected, + found)"),
            Self::NotConsidered { record } => write!(
                f,
                "{record} is quiet only as its logsource is another than the rule's; say what wrote it by `logsource`"
            ),
            Self::RuleRejected { reason } => write!(f, "the rule was rejected: {reason}"),
            Self::RuleLoaded => f.write_str("the rule must be rejected and was loaded"),
            Self::NotGiven { id } => write!(f, "there is no rule {id} among those given"),
            Self::Unscored { record, reason } => write!(f, "{record} was not scored: {reason}"),
            Self::Fault { what } => write!(f, "the plugin failed: {what}"),
        }
    }
}

impl fmt::Display for ExpectedEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field.as_deref().unwrap_or("any value"))?;
        write!(f, " {}", self.operator)?;
        if let Some(operand) = &self.operand {
            write!(f, " “{operand}”")?;
        }
        match &self.text {
            Some(text) => write!(f, ", by “{text}”"),
            None => f.write_str(", by its absence"),
        }
    }
}
