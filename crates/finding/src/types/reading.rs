//! What reading says of a batch, and what a record has.

use serde::{Deserialize, Serialize};

use super::{EventTime, FieldPlace, Logsource};

/// The class of an unscored record: none.
pub const NO_CLASS: u32 = u32::MAX;

/// What kind of record this is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Class {
    /// The source map it was read by: a position in the description's maps.
    pub map: u32,
    /// What produced it; of several categories the most specific.
    pub logsource: Logsource,
    /// Whether rules for its logsource were considered.
    pub routed: bool,
    /// Whether rules were considered and not one field that they read was present.
    pub blind: bool,
    /// Whether it has an event time.
    pub timed: bool,
}

/// Why a record was not scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnscoredReason {
    /// No bytes but white space.
    Empty,
    /// Begins like a structured record and does not parse as one.
    Malformed,
    /// Nests deeper than the reader follows.
    TooDeep,
    /// Longer than the reader accepts.
    TooLarge,
}

impl UnscoredReason {
    /// The name under which it is counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Malformed => "malformed",
            Self::TooDeep => "too-deep",
            Self::TooLarge => "too-large",
        }
    }
}

/// A record that was not scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unscored {
    /// Position in the batch.
    pub index: u32,
    /// Why.
    pub reason: UnscoredReason,
    /// The byte of the record at which reading stopped.
    pub at: u32,
}

/// A rule hit that a filter took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// Position in the batch.
    pub index: u32,
    /// The rule.
    pub rule: u32,
    /// The filter.
    pub filter: u32,
}

/// A rule that was not decided on a record, as its steps were spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    /// Position in the batch.
    pub index: u32,
    /// The rule.
    pub rule: u32,
}

/// Notes one after another, opaque to the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// The notes' bytes.
    pub bytes: Vec<u8>,
    /// For each note, one past its last byte.
    pub ends: Vec<u32>,
}

impl Notes {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The notes in order. `ends` must be ascending and within `bytes`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| {
            let start = if index == 0 { 0 } else { self.ends[index - 1] };
            &self.bytes[start as usize..self.ends[index] as usize]
        })
    }

    /// Appends a note.
    pub fn push(&mut self, note: &[u8]) {
        self.bytes.extend_from_slice(note);
        self.ends.push(self.bytes.len() as u32);
    }

    /// The first position whose end is not ascending or not within the bytes, or the last where the ends do not end with
    /// the bytes.
    #[must_use]
    pub fn first_bad_end(&self) -> Option<usize> {
        first_bad_end(&self.ends, self.bytes.len())
    }
}

/// The first of `ends` that is below the one before or beyond `bytes`; the last one where they do not end with the bytes.
#[must_use]
pub fn first_bad_end(ends: &[u32], bytes: usize) -> Option<usize> {
    let mut before = 0;
    for (position, &end) in ends.iter().enumerate() {
        if end < before || end as usize > bytes {
            return Some(position);
        }
        before = end;
    }
    (before as usize != bytes).then(|| ends.len().saturating_sub(1))
}

/// What read took from a batch, and the account of every record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The distinct classes of the records.
    pub classes: Vec<Class>,
    /// For each record its position in `classes`; [`NO_CLASS`] for an unscored record.
    pub class_of: Vec<u32>,
    /// For each record its event time; 0 where it has none.
    pub times: Vec<EventTime>,
    /// Records not scored, ascending.
    pub unscored: Vec<Unscored>,
    /// Positions of records outside the time window, ascending.
    pub outside: Vec<u32>,
    /// Positions of records with a note, ascending.
    pub noted: Vec<u32>,
    /// Their notes.
    pub notes: Notes,
    /// Hits that filters took away, by ascending record.
    pub suppressed: Vec<Suppressed>,
    /// Rules left undecided, by ascending record.
    pub undecided: Vec<Undecided>,
}

impl Reading {
    /// The class of a record; none for an unscored one.
    #[must_use]
    pub fn class(&self, index: usize) -> Option<&Class> {
        self.classes.get(*self.class_of.get(index)? as usize)
    }

    /// The event time of a record, where it has one.
    #[must_use]
    pub fn time(&self, index: usize) -> Option<EventTime> {
        self.class(index).filter(|class| class.timed)?;
        self.times.get(index).copied()
    }
}

/// Which values a record has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordView {
    /// Its position in the view's classes; [`NO_CLASS`] for an unscored record.
    pub class: u32,
    /// Its event time; 0 where it has none.
    pub time: EventTime,
    /// The values of the fields asked for.
    pub values: Vec<FieldPlace>,
}

/// Which map, logsource, time and fields the records of a batch have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct View {
    /// The distinct classes of the records.
    pub classes: Vec<Class>,
    /// One for each record.
    pub records: Vec<RecordView>,
}
