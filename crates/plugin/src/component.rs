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
    wit_bindgen::generate!({ world: "plugin", path: "../../wit" });

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

    fn judge(body: Vec<u8>, watermark: Option<wit::EventTime>) -> Result<wit::Outcome, wit::JudgeError> {
        let outcome = configured(plain::JudgeError::NotConfigured, |detector| detector.judge(&body, watermark))?;
        Ok(outcome.into())
    }

    fn explain(bytes: Vec<u8>, hint: wit::Logsource) -> Result<wit::Explanation, wit::ExplainError> {
        let hint = hint.into();
        let explained = configured(plain::ExplainError::NotConfigured, |detector| detector.explain(&bytes, &hint))?;
        Ok(explained.into())
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
                // Aliases, as a path to a variant cannot be made of a path and an identifier here.
                use $from as From_;
                match from { $(From_::$variant => Self::$variant,)* }
            }
        }
    };
}

// In: what the host gives.

same!(wit::Logsource => plain::Logsource { product, category, service });
same!(wit::Batch => plain::Batch { bytes, ends, hint });

impl From<wit::Settings> for plain::Settings {
    fn from(from: wit::Settings) -> Self {
        Self {
            seed: u128::from(from.seed.high) << 64 | u128::from(from.seed.low),
            from: from.window.from,
            to: from.window.to,
        }
    }
}

// Out: what the plugin says.

same!(plain::Logsource => wit::Logsource { product, category, service });
same!(plain::Description => wit::Description { name, version, schemas, pack_format_max });
same!(plain::PackSummary => wit::PackSummary { digest, rules, fields, terms });
same!(plain::Restored => wit::Restored { kept, dropped });
same!(plain::Unscored => wit::Unscored { index, reason, at });
same!(plain::SchemaCount => wit::SchemaCount { schema, records });
same!(plain::Reading => wit::Reading { noted, outside, quiet, latest, unrouted, body } each { unscored, schemas });
same!(plain::Outcome => wit::Outcome { quiet } each { findings });
same!(plain::Finding => wit::Finding {
    index, time, schema, logsource, further_hits, base, points, probability, probability_low, probability_high, verdict
} each { entities, fields, hits, evidence, contributions, missing });
same!(plain::Entity => wit::Entity { kind, name });
same!(plain::QuotedField => wit::QuotedField { name, text, cut, place });
same!(plain::Hit => wit::Hit { rule, evidence });
same!(plain::Evidence => wit::Evidence { selection, field, predicate, value, values, place, quote });
same!(plain::Contribution => wit::Contribution { term, bin, value, points, evidence });
same!(plain::Missing => wit::Missing { term, absence, points_best, points_worst });
same!(plain::History => wit::History { times, hosts, among, among_hosts, days, since, last, low_by });
same!(plain::Predicate => wit::Predicate { operator, operand, cased });
same!(plain::TextPlace => wit::TextPlace { span, encoding });
same!(plain::Span => wit::Span { start, end });
same!(plain::FailedPredicate => wit::FailedPredicate { selection, field, predicate, values, found });
same!(plain::NearMiss => wit::NearMiss { rule, held, needed, other_logsource } each { failed });

same!(enum plain::UnscoredReason => wit::UnscoredReason { Empty, Malformed, TooDeep, TooLarge });
same!(enum plain::Encoding => wit::Encoding { Raw, JsonString, XmlText, Hex });
same!(enum plain::EntityKind => wit::EntityKind { Host, User, Process, Address, Domain, Account });
same!(enum plain::Verdict => wit::Verdict { Above, Below, TooClose, DataMissing });
same!(enum plain::Operator => wit::Operator {
    Equals, Contains, StartsWith, EndsWith, Like, Regex, Cidr, Less, LessOrEqual, Greater, GreaterOrEqual, NotEquals,
    Exists, Absent, Null, SameAs, LengthAtLeast, ContainsField, StartsWithField, EndsWithField, TimePart
});

impl From<plain::Place> for wit::Place {
    fn from(from: plain::Place) -> Self {
        match from {
            plain::Place::Text(place) => Self::Text(place.into()),
            plain::Place::Pair(one, other) => Self::Pair((one.into(), other.into())),
            plain::Place::Absent(names) => Self::Absent(names),
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
        }
    }
}

impl From<plain::Explanation> for wit::Explanation {
    fn from(from: plain::Explanation) -> Self {
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
            plain::JudgeError::Foreign => Self::Foreign,
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
