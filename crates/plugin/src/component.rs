//! The plugin behind the contract: generated bindings, their conversion to and from the plain types, and the one
//! configured detector of an instance. Generated types go no further than this file.

#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    reason = "generated from the contract: the canonical ABI hands over raw pointers"
)]
mod generated {
    wit_bindgen::generate!({ world: "plugin", path: "../../wit/v0.2" });

    export!(Component with_types_in self);

    pub(super) struct Component;
}

use std::cell::RefCell;

use generated::{
    Component,
    exports::glassbox::siem::{detector, types as wit},
};
use glassbox_finding as plain;

use crate::Detector;

thread_local! {
    /// An instance has one thread and is configured once; a fresh pack comes to a fresh instance.
    static DETECTOR: RefCell<Option<Detector>> = const { RefCell::new(None) };
}

/// Runs `call` on the configured detector.
fn configured<T, E>(not_configured: E, call: impl FnOnce(&mut Detector) -> Result<T, E>) -> Result<T, E> {
    DETECTOR.with_borrow_mut(|detector| detector.as_mut().map_or(Err(not_configured), call))
}

impl detector::Guest for Component {
    fn describe() -> wit::Description {
        Detector::describe().into()
    }

    fn configure(pack: Vec<u8>, settings: wit::Settings) -> Result<wit::PackSummary, wit::ConfigureError> {
        let (detector, summary) = Detector::configure(&pack, &settings.into())?;
        DETECTOR.set(Some(detector));
        Ok(summary.into())
    }

    fn read(batch: wit::Batch) -> Result<wit::Reading, wit::ReadError> {
        let reading = configured(plain::ReadError::NotConfigured, |detector| detector.read(&batch.into()))?;
        Ok(reading.into())
    }

    fn judge(notes: wit::Notes, sequences: Vec<wit::Sequence>) -> Result<wit::Outcome, wit::JudgeError> {
        let judge = |detector: &mut Detector| detector.judge(&notes.into(), &sequences);
        Ok(configured(plain::JudgeError::NotConfigured, judge)?.into())
    }

    fn advance(at: wit::Sequence, to: Option<wit::EventTime>) -> Result<wit::Outcome, wit::JudgeError> {
        let outcome = configured(plain::JudgeError::NotConfigured, |detector| detector.advance(at, to))?;
        Ok(outcome.into())
    }

    fn explain(bytes: Vec<u8>, origin: wit::Origin) -> Result<wit::Explanation, wit::ExplainError> {
        let origin = origin.into();
        let explained = configured(plain::ExplainError::NotConfigured, |detector| detector.explain(&bytes, &origin))?;
        Ok(explained.into())
    }

    fn view(batch: wit::Batch, fields: Vec<u32>) -> Result<wit::View, wit::ReadError> {
        let view = |detector: &mut Detector| detector.view(&batch.into(), &fields);
        Ok(configured(plain::ReadError::NotConfigured, view)?.into())
    }

    fn save() -> Result<Vec<u8>, wit::StateError> {
        Ok(configured(plain::StateError::NotConfigured, |detector| detector.save())?)
    }

    fn restore(state: Vec<u8>) -> Result<wit::Restored, wit::StateError> {
        Ok(configured(plain::StateError::NotConfigured, |detector| detector.restore(&state))?.into())
    }
}

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
                // Aliases, as a path to a variant cannot be made of a path and an identifier here.
                use $from as From_;
                match from { $(From_::$variant => Self::$variant,)* }
            }
        }
    };
}

// In: what the host gives.

same!(wit::Logsource => plain::Logsource { product, category, service });
same!(wit::ZoneOffset => plain::ZoneOffset { from, seconds });
same!(wit::Origin => plain::Origin { hint, frame, received } each { zone });
same!(wit::Batch => plain::Batch { bytes, ends, origin_of } each { origins });
same!(wit::Notes => plain::Notes { bytes, ends });
same!(wit::Limits => plain::GuestLimits {
    batch_records_max, batch_bytes_max, record_bytes_max, notes_bytes_max, record_steps_max
});

impl From<wit::Settings> for plain::Settings {
    fn from(from: wit::Settings) -> Self {
        Self {
            seed: u128::from(from.seed.high) << 64 | u128::from(from.seed.low),
            from: from.window.from,
            to: from.window.to,
            limits: from.limits.into(),
        }
    }
}

// Out: what the plugin says.

same!(plain::Logsource => wit::Logsource { product, category, service });
same!(plain::Description => wit::Description { name, version, maps, pack_format_max });
same!(plain::PackSummary => wit::PackSummary { digest, rules, fields, predicates, filters, terms });
same!(plain::Restored => wit::Restored { kept, dropped });
same!(plain::Class => wit::Class { map, logsource, routed, blind, timed });
same!(plain::Unscored => wit::Unscored { index, reason, at });
same!(plain::Suppressed => wit::Suppressed { index, rule, filter });
same!(plain::Undecided => wit::Undecided { index, rule });
same!(plain::Notes => wit::Notes { bytes, ends });
same!(plain::Reading => wit::Reading { class_of, times, outside, noted, notes } each {
    classes, unscored, suppressed, undecided
});
same!(plain::Outcome => wit::Outcome { quiet } each { findings });
same!(plain::Finding => wit::Finding {
    subject, at, same_act, further_hits, hits_total, base, points, probability, probability_low, probability_high, verdict
} each { entities, fields, hits, evidence, contributions, missing } maybe { alert });
same!(plain::Window => wit::Window { from, to, records, count } each { group });
same!(plain::Alert => wit::Alert { name } maybe { severity });
same!(plain::Entity => wit::Entity { kind, field, place });
same!(plain::FieldPlace => wit::FieldPlace { field, place });
same!(plain::Hit => wit::Hit { rule, evidence, cut });
same!(plain::Evidence => wit::Evidence { claim, place });
same!(plain::RuleItem => wit::RuleItem { rule, item, predicate });
same!(plain::TermBin => wit::TermBin { term, bin, predicate, field });
same!(plain::TextPlace => wit::TextPlace { within, step } each { further });
same!(plain::Step => wit::Step { span, encoding });
same!(plain::Span => wit::Span { start, end });
same!(plain::Contribution => wit::Contribution { term, bin, value, points, evidence });
same!(plain::Missing => wit::Missing { term, absence, points_best, points_worst });
same!(plain::History => wit::History { times, hosts, among, among_hosts, days, since, last, low_by });
same!(plain::FailedPredicate => wit::FailedPredicate { item, negated } maybe { found });
same!(plain::NearMiss => wit::NearMiss { rule, held, needed, other_logsource } each { failed });
same!(plain::ReadValue => wit::ReadValue { field, place });
same!(plain::Explanation => wit::Explanation { class, time, categories, considered, other_logsource } each {
    fields, suppressed, near_misses
} maybe { finding });
same!(plain::RecordView => wit::RecordView { class, time } each { values });
same!(plain::View => wit::View {} each { classes, records });

same!(enum plain::UnscoredReason => wit::UnscoredReason { Empty, Malformed, TooDeep, TooLarge });
same!(enum plain::Encoding => wit::Encoding {
    Raw, JsonString, XmlText, Hex, CsvField, Backslash, Percent, Base64, Utf16Le, Utf16Be
});
same!(enum plain::EntityKind => wit::EntityKind { Host, User, Process, Address, Domain, Account });
same!(enum plain::Verdict => wit::Verdict { Above, Below, TooClose, DataMissing });

impl From<plain::Within> for wit::Within {
    fn from(from: plain::Within) -> Self {
        match from {
            plain::Within::Own => Self::Own,
            plain::Within::Frame => Self::Frame,
            plain::Within::Other(sequence) => Self::Other(sequence),
        }
    }
}

impl From<plain::Place> for wit::Place {
    fn from(from: plain::Place) -> Self {
        match from {
            plain::Place::Text(place) => Self::Text(place.into()),
            plain::Place::Pair(one, other) => Self::Pair((one.into(), other.into())),
            plain::Place::Absent => Self::Absent,
        }
    }
}

impl From<plain::Claim> for wit::Claim {
    fn from(from: plain::Claim) -> Self {
        match from {
            plain::Claim::Item(item) => Self::Item(item.into()),
            plain::Claim::Bin(bin) => Self::Bin(bin.into()),
            plain::Claim::Role(field) => Self::Role(field),
        }
    }
}

impl From<plain::Subject> for wit::Subject {
    fn from(from: plain::Subject) -> Self {
        match from {
            plain::Subject::Record(sequence) => Self::Record(sequence),
            plain::Subject::Window(window) => Self::Window(window.into()),
        }
    }
}

impl From<plain::FeatureValue> for wit::FeatureValue {
    fn from(from: plain::FeatureValue) -> Self {
        match from {
            plain::FeatureValue::Shown => Self::Shown,
            plain::FeatureValue::Number(number) => Self::Number(number),
            plain::FeatureValue::Seen(history) => Self::Seen(history.into()),
            plain::FeatureValue::Rate { now, usual_thousandths } => {
                Self::Rate(wit::HourlyRate { now, usual_thousandths })
            }
            plain::FeatureValue::Hour { hour, times, among, days } => {
                Self::Hour(wit::HourHabit { hour, times, among, days })
            }
        }
    }
}

impl From<plain::Absence> for wit::Absence {
    fn from(from: plain::Absence) -> Self {
        match from {
            plain::Absence::Field => Self::Field,
            plain::Absence::Time => Self::Time,
            plain::Absence::History(history) => Self::History(history.into()),
            plain::Absence::Context => Self::Context,
            plain::Absence::NotApplicable => Self::NotApplicable,
            plain::Absence::Disorder => Self::Disorder,
        }
    }
}

impl From<plain::ConfigureError> for wit::ConfigureError {
    fn from(from: plain::ConfigureError) -> Self {
        match from {
            plain::ConfigureError::NotAPack => Self::NotAPack,
            plain::ConfigureError::Truncated { promised, present } => {
                Self::Truncated(wit::Truncation { promised, present })
            }
            plain::ConfigureError::Newer { found, supported } => Self::Newer(wit::NewerFormat { found, supported }),
            plain::ConfigureError::Damaged(section) => Self::Damaged(section),
            plain::ConfigureError::MissingSection(section) => Self::MissingSection(section),
            plain::ConfigureError::InvalidSection { section, reason } => {
                Self::InvalidSection(wit::InvalidSection { section, reason })
            }
            plain::ConfigureError::EmptyWindow => Self::EmptyWindow,
        }
    }
}

impl From<plain::ReadError> for wit::ReadError {
    fn from(from: plain::ReadError) -> Self {
        match from {
            plain::ReadError::NotConfigured => Self::NotConfigured,
            plain::ReadError::BadEnds(at) => Self::BadEnds(at),
            plain::ReadError::BadOrigin(at) => Self::BadOrigin(at),
            plain::ReadError::BatchTooLarge => Self::BatchTooLarge,
            plain::ReadError::ReadingTooLarge => Self::ReadingTooLarge,
        }
    }
}

impl From<plain::JudgeError> for wit::JudgeError {
    fn from(from: plain::JudgeError) -> Self {
        match from {
            plain::JudgeError::NotConfigured => Self::NotConfigured,
            plain::JudgeError::Malformed(at) => Self::Malformed(at),
            plain::JudgeError::Foreign(at) => Self::Foreign(at),
            plain::JudgeError::BadSequence(at) => Self::BadSequence(at),
            plain::JudgeError::OutcomeTooLarge => Self::OutcomeTooLarge,
        }
    }
}

impl From<plain::StateError> for wit::StateError {
    fn from(from: plain::StateError) -> Self {
        match from {
            plain::StateError::NotConfigured => Self::NotConfigured,
            plain::StateError::NotAState => Self::NotAState,
            plain::StateError::Newer { found, supported } => Self::Newer(wit::NewerFormat { found, supported }),
            plain::StateError::Damaged(at) => Self::Damaged(at),
            plain::StateError::ForeignSeed => Self::ForeignSeed,
        }
    }
}

impl From<plain::ExplainError> for wit::ExplainError {
    fn from(from: plain::ExplainError) -> Self {
        match from {
            plain::ExplainError::NotConfigured => Self::NotConfigured,
            plain::ExplainError::Unscored(unscored) => Self::Unscored(unscored.into()),
        }
    }
}
