//! The contract as the host sees it: generated bindings, and their conversion to and from the plain types. Generated
//! types go no further than the sandbox.

#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    reason = "generated from the contract: the canonical ABI reads a guest's memory"
)]
mod generated {
    wasmtime::component::bindgen!({
        world: "plugin",
        path: "../../wit",
        // What the host gives is lent, not copied: a batch is a megabyte.
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use generated::exports::glassbox::siem::types as wit;
pub(super) use generated::{Plugin as PluginBindings, PluginPre};
use glassbox_finding as plain;

/// The versions of the contract that this host runs.
pub(super) const VERSIONS: [&str; 1] = ["0.1.0"];

/// Conversion of each element.
fn all<T: Into<U>, U>(values: Vec<T>) -> Vec<U> {
    values.into_iter().map(Into::into).collect()
}

/// Conversion between two structs or enums whose parts have the same names.
macro_rules! same {
    ($from:ty => $to:path { $($part:ident),* } $(each { $($list:ident),* })?) => {
        impl From<$from> for $to {
            fn from(from: $from) -> Self {
                Self { $($part: from.$part.into(),)* $($($list: all(from.$list),)*)? }
            }
        }
    };
    (enum $from:path => $to:path { $($variant:ident),* }) => {
        impl From<$from> for $to {
            fn from(from: $from) -> Self {
                // An alias, as a path to a variant cannot be made of a path and an identifier here.
                use $from as Source;
                match from { $(Source::$variant => Self::$variant,)* }
            }
        }
    };
}

// In: what the host gives.

impl<'p> From<&'p plain::Logsource> for wit::LogsourceParam<'p> {
    fn from(from: &'p plain::Logsource) -> Self {
        Self { product: from.product.as_deref(), category: from.category.as_deref(), service: from.service.as_deref() }
    }
}

impl<'p> From<&'p plain::Batch> for wit::Batch<'p> {
    fn from(from: &'p plain::Batch) -> Self {
        Self { bytes: &from.bytes, ends: &from.ends, hint: (&from.hint).into() }
    }
}

impl From<plain::Settings> for wit::Settings {
    fn from(from: plain::Settings) -> Self {
        Self {
            seed: wit::Seed { high: (from.seed >> 64) as u64, low: from.seed as u64 },
            window: wit::TimeWindow { from: from.from, to: from.to },
        }
    }
}

// Out: what the plugin says.

same!(wit::LogsourceResult => plain::Logsource { product, category, service });
same!(wit::Description => plain::Description { name, version, schemas, pack_format_max });
same!(wit::PackSummary => plain::PackSummary { digest, rules, fields, terms });
same!(wit::Restored => plain::Restored { kept, dropped });
same!(wit::Unscored => plain::Unscored { index, reason, at });
same!(wit::SchemaCount => plain::SchemaCount { schema, records });
same!(wit::Reading => plain::Reading { noted, outside, quiet, latest, unrouted, body } each { unscored, schemas });
same!(wit::Outcome => plain::Outcome { quiet } each { findings });
same!(wit::Finding => plain::Finding {
    index, time, schema, logsource, further_hits, base, points, probability, probability_low, probability_high, verdict
} each { entities, fields, hits, evidence, contributions, missing });
same!(wit::Entity => plain::Entity { kind, name });
same!(wit::QuotedField => plain::QuotedField { name, text, cut, place });
same!(wit::Hit => plain::Hit { rule, evidence });
same!(wit::Evidence => plain::Evidence { selection, field, predicate, value, values, place, quote });
same!(wit::Contribution => plain::Contribution { term, bin, value, points, evidence });
same!(wit::Missing => plain::Missing { term, absence, points_best, points_worst });
same!(wit::History => plain::History { times, hosts, among, among_hosts, days, since, last, low_by });
same!(wit::Predicate => plain::Predicate { operator, operand, cased });
same!(wit::TextPlace => plain::TextPlace { span, encoding });
same!(wit::Span => plain::Span { start, end });
same!(wit::FailedPredicate => plain::FailedPredicate { selection, field, predicate, values, found });
same!(wit::NearMiss => plain::NearMiss { rule, held, needed, other_logsource } each { failed });

same!(enum wit::UnscoredReason => plain::UnscoredReason { Empty, Malformed, TooDeep, TooLarge });
same!(enum wit::Encoding => plain::Encoding { Raw, JsonString, XmlText, Hex });
same!(enum wit::EntityKind => plain::EntityKind { Host, User, Process, Address, Domain, Account });
same!(enum wit::Verdict => plain::Verdict { Above, Below, TooClose, DataMissing });
same!(enum wit::Operator => plain::Operator {
    Equals, Contains, StartsWith, EndsWith, Like, Regex, Cidr, Less, LessOrEqual, Greater, GreaterOrEqual, NotEquals,
    Exists, Absent, Null, SameAs, LengthAtLeast, ContainsField, StartsWithField, EndsWithField, TimePart
});

impl From<wit::Place> for plain::Place {
    fn from(from: wit::Place) -> Self {
        match from {
            wit::Place::Text(place) => Self::Text(place.into()),
            wit::Place::Pair((one, other)) => Self::Pair(one.into(), other.into()),
            wit::Place::Absent(names) => Self::Absent(names),
        }
    }
}

impl From<wit::FeatureValue> for plain::FeatureValue {
    fn from(from: wit::FeatureValue) -> Self {
        match from {
            wit::FeatureValue::Shown => Self::Shown,
            wit::FeatureValue::Number(number) => Self::Number(number),
            wit::FeatureValue::Seen(history) => Self::Seen(history.into()),
            wit::FeatureValue::Rate(wit::HourlyRate { now, usual_thousandths }) => {
                Self::Rate { now, usual_thousandths }
            }
            wit::FeatureValue::Hour(wit::HourHabit { hour, times, among, days }) => {
                Self::Hour { hour, times, among, days }
            }
        }
    }
}

impl From<wit::Absence> for plain::Absence {
    fn from(from: wit::Absence) -> Self {
        match from {
            wit::Absence::Field => Self::Field,
            wit::Absence::Time => Self::Time,
            wit::Absence::History(history) => Self::History(history.into()),
            wit::Absence::Context => Self::Context,
        }
    }
}

impl From<wit::Explanation> for plain::Explanation {
    fn from(from: wit::Explanation) -> Self {
        Self {
            schema: from.schema,
            logsource: from.logsource.into(),
            categories: from.categories,
            time: from.time,
            fields: all(from.fields),
            considered: from.considered,
            other_logsource: from.other_logsource,
            finding: from.finding.map(Into::into),
            near_misses: all(from.near_misses),
        }
    }
}

impl From<wit::ConfigureError> for plain::ConfigureError {
    fn from(from: wit::ConfigureError) -> Self {
        match from {
            wit::ConfigureError::NotAPack => Self::NotAPack,
            wit::ConfigureError::Truncated(wit::Truncation { promised, present }) => {
                Self::Truncated { promised, present }
            }
            wit::ConfigureError::Newer(wit::NewerFormat { found, supported }) => Self::Newer { found, supported },
            wit::ConfigureError::Damaged(section) => Self::Damaged(section),
            wit::ConfigureError::MissingSection(section) => Self::MissingSection(section),
            wit::ConfigureError::InvalidSection(wit::InvalidSection { section, reason }) => {
                Self::InvalidSection { section, reason }
            }
            wit::ConfigureError::EmptyWindow => Self::EmptyWindow,
        }
    }
}

impl From<wit::ReadError> for plain::ReadError {
    fn from(from: wit::ReadError) -> Self {
        match from {
            wit::ReadError::NotConfigured => Self::NotConfigured,
            wit::ReadError::BadEnds(at) => Self::BadEnds(at),
            wit::ReadError::BatchTooLarge => Self::BatchTooLarge,
            wit::ReadError::ReadingTooLarge => Self::ReadingTooLarge,
        }
    }
}

impl From<wit::JudgeError> for plain::JudgeError {
    fn from(from: wit::JudgeError) -> Self {
        match from {
            wit::JudgeError::NotConfigured => Self::NotConfigured,
            wit::JudgeError::Malformed(at) => Self::Malformed(at),
            wit::JudgeError::Foreign => Self::Foreign,
            wit::JudgeError::OutcomeTooLarge => Self::OutcomeTooLarge,
        }
    }
}

impl From<wit::StateError> for plain::StateError {
    fn from(from: wit::StateError) -> Self {
        match from {
            wit::StateError::NotConfigured => Self::NotConfigured,
            wit::StateError::NotAState => Self::NotAState,
            wit::StateError::Newer(wit::NewerFormat { found, supported }) => Self::Newer { found, supported },
            wit::StateError::Damaged(at) => Self::Damaged(at),
            wit::StateError::ForeignSeed => Self::ForeignSeed,
        }
    }
}

impl From<wit::ExplainError> for plain::ExplainError {
    fn from(from: wit::ExplainError) -> Self {
        match from {
            wit::ExplainError::NotConfigured => Self::NotConfigured,
            wit::ExplainError::Unscored(unscored) => Self::Unscored(unscored.into()),
        }
    }
}
