//! Version 0.2 of the contract as the host sees it: generated bindings, and their conversion to and from the plain types.
//! Generated types go no further than the sandbox.

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
        path: "../../wit/v0.2",
        // What the host gives is lent, not copied: a batch is a megabyte.
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use generated::exports::glassbox::siem::types as wit;
pub(crate) use generated::{Plugin as PluginBindings, PluginPre};
use glassbox_finding as plain;

/// The version, as component names have it.
pub(super) const VERSION: &str = "0.2.0";

/// Conversion of each element.
fn all<T: Into<U>, U>(values: Vec<T>) -> Vec<U> {
    values.into_iter().map(Into::into).collect()
}

/// Conversion between two structs or enums whose parts have the same names: parts as they are, then lists, then options.
macro_rules! same {
    ($from:ty => $to:path { $($part:ident),* } $(each { $($list:ident),* })? $(maybe { $($option:ident),* })?) => {
        impl From<$from> for $to {
            fn from(from: $from) -> Self {
                Self {
                    $($part: from.$part.into(),)*
                    $($($list: all(from.$list),)*)?
                    $($($option: from.$option.map(Into::into),)*)?
                }
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

/// Origins as they cross: the lists inside them must outlive the call.
pub(crate) struct Origins<'p>(Vec<OriginParts<'p>>);

struct OriginParts<'p> {
    from: &'p plain::Origin,
    zone: Vec<wit::ZoneOffset>,
}

impl<'p> Origins<'p> {
    pub(crate) fn new(origins: &'p [plain::Origin]) -> Self {
        let zone = |from: &plain::Origin| {
            from.zone.iter().map(|&plain::ZoneOffset { from, seconds }| wit::ZoneOffset { from, seconds }).collect()
        };
        Self(origins.iter().map(|from| OriginParts { from, zone: zone(from) }).collect())
    }

    /// The origins, borrowed.
    pub(crate) fn params(&'p self) -> Vec<wit::Origin<'p>> {
        let param = |parts: &'p OriginParts<'p>| wit::Origin {
            hint: (&parts.from.hint).into(),
            frame: &parts.from.frame,
            received: parts.from.received,
            zone: &parts.zone,
        };
        self.0.iter().map(param).collect()
    }
}

/// A batch with its origins as they cross.
pub(crate) fn batch<'p>(from: &'p plain::Batch, origins: &'p [wit::Origin<'p>]) -> wit::Batch<'p> {
    wit::Batch { bytes: &from.bytes, ends: &from.ends, origins, origin_of: &from.origin_of }
}

impl<'p> From<&'p plain::Notes> for wit::NotesParam<'p> {
    fn from(from: &'p plain::Notes) -> Self {
        Self { bytes: &from.bytes, ends: &from.ends }
    }
}

impl From<plain::Settings> for wit::Settings {
    fn from(from: plain::Settings) -> Self {
        let plain::GuestLimits {
            batch_records_max,
            batch_bytes_max,
            record_bytes_max,
            notes_bytes_max,
            record_steps_max,
        } = from.limits;
        Self {
            seed: wit::Seed { high: (from.seed >> 64) as u64, low: from.seed as u64 },
            window: wit::TimeWindow { from: from.from, to: from.to },
            limits: wit::Limits {
                batch_records_max,
                batch_bytes_max,
                record_bytes_max,
                notes_bytes_max,
                record_steps_max,
            },
        }
    }
}

// Out: what the plugin says.

same!(wit::LogsourceResult => plain::Logsource { product, category, service });
same!(wit::Description => plain::Description { name, version, maps, pack_format_max });
same!(wit::PackSummary => plain::PackSummary { digest, rules, fields, predicates, filters, terms });
same!(wit::Restored => plain::Restored { kept, dropped });
same!(wit::Class => plain::Class { map, logsource, routed, blind, timed });
same!(wit::Unscored => plain::Unscored { index, reason, at });
same!(wit::Suppressed => plain::Suppressed { index, rule, filter });
same!(wit::Undecided => plain::Undecided { index, rule });
same!(wit::NotesResult => plain::Notes { bytes, ends });
same!(wit::Reading => plain::Reading { class_of, times, outside, noted, notes } each {
    classes, unscored, suppressed, undecided
});
same!(wit::Outcome => plain::Outcome { quiet } each { findings });
same!(wit::Finding => plain::Finding {
    subject, at, same_act, further_hits, hits_total, base, points, probability, probability_low, probability_high, verdict
} each { entities, fields, hits, evidence, contributions, missing } maybe { alert });
same!(wit::Window => plain::Window { from, to, records, count } each { group });
same!(wit::Alert => plain::Alert { name } maybe { severity });
same!(wit::Entity => plain::Entity { kind, field, place });
same!(wit::FieldPlace => plain::FieldPlace { field, place });
same!(wit::Hit => plain::Hit { rule, evidence, cut });
same!(wit::Evidence => plain::Evidence { claim, place });
same!(wit::RuleItem => plain::RuleItem { rule, item, predicate });
same!(wit::TermBin => plain::TermBin { term, bin, predicate, field });
same!(wit::TextPlace => plain::TextPlace { within, step } each { further });
same!(wit::Step => plain::Step { span, encoding });
same!(wit::Span => plain::Span { start, end });
same!(wit::Contribution => plain::Contribution { term, bin, value, points, evidence });
same!(wit::Missing => plain::Missing { term, absence, points_best, points_worst });
same!(wit::History => plain::History { times, hosts, among, among_hosts, days, since, last, low_by });
same!(wit::FailedPredicate => plain::FailedPredicate { item, negated } maybe { found });
same!(wit::NearMiss => plain::NearMiss { rule, held, needed, other_logsource } each { failed });
same!(wit::ReadValue => plain::ReadValue { field, place });
same!(wit::Explanation => plain::Explanation { class, time, categories, considered, other_logsource } each {
    fields, suppressed, near_misses
} maybe { finding });
same!(wit::RecordView => plain::RecordView { class, time } each { values });
same!(wit::View => plain::View {} each { classes, records });

same!(enum wit::UnscoredReason => plain::UnscoredReason { Empty, Malformed, TooDeep, TooLarge });
same!(enum wit::Encoding => plain::Encoding {
    Raw, JsonString, XmlText, Hex, CsvField, Backslash, Percent, Base64, Utf16Le, Utf16Be
});
same!(enum wit::EntityKind => plain::EntityKind { Host, User, Process, Address, Domain, Account });
same!(enum wit::Verdict => plain::Verdict { Above, Below, TooClose, DataMissing });

impl From<wit::Within> for plain::Within {
    fn from(from: wit::Within) -> Self {
        match from {
            wit::Within::Own => Self::Own,
            wit::Within::Frame => Self::Frame,
            wit::Within::Other(sequence) => Self::Other(sequence),
        }
    }
}

impl From<wit::Place> for plain::Place {
    fn from(from: wit::Place) -> Self {
        match from {
            wit::Place::Text(place) => Self::Text(place.into()),
            wit::Place::Pair((one, other)) => Self::Pair(one.into(), other.into()),
            wit::Place::Absent => Self::Absent,
        }
    }
}

impl From<wit::Claim> for plain::Claim {
    fn from(from: wit::Claim) -> Self {
        match from {
            wit::Claim::Item(item) => Self::Item(item.into()),
            wit::Claim::Bin(bin) => Self::Bin(bin.into()),
            wit::Claim::Role(field) => Self::Role(field),
        }
    }
}

impl From<wit::Subject> for plain::Subject {
    fn from(from: wit::Subject) -> Self {
        match from {
            wit::Subject::Record(sequence) => Self::Record(sequence),
            wit::Subject::Window(window) => Self::Window(window.into()),
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
            wit::Absence::NotApplicable => Self::NotApplicable,
            wit::Absence::Disorder => Self::Disorder,
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
            wit::ReadError::BadOrigin(at) => Self::BadOrigin(at),
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
            wit::JudgeError::Foreign(at) => Self::Foreign(at),
            wit::JudgeError::BadSequence(at) => Self::BadSequence(at),
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
