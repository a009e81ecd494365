//! Records on their way into a file: sorted by time, numbered, and the intrusion's among them labelled.
//!
//! Knows nothing of what a record says.

use crate::clock::Moment;

/// Ground truth of one record of the intrusion.
#[derive(Clone, Copy)]
pub(crate) struct Label {
    /// An ATT&CK tactic, spelled as in Sigma's tags.
    pub(crate) stage: &'static str,
    /// An ATT&CK technique.
    pub(crate) technique: &'static str,
    /// One short sentence.
    pub(crate) note: &'static str,
}

/// Something that happened at a moment.
pub(crate) struct Entry<T> {
    pub(crate) moment: Moment,
    pub(crate) label: Option<Label>,
    pub(crate) body: T,
}

/// Entries in the order of writing.
pub(crate) struct Feed<T>(Vec<Entry<T>>);

impl<T> Feed<T> {
    pub(crate) fn new() -> Self {
        Feed(Vec::new())
    }

    pub(crate) fn push(&mut self, moment: Moment, label: Option<Label>, body: T) {
        self.0.push(Entry { moment, label, body });
    }

    /// The entries by time; those of the same moment stay in the order of writing.
    pub(crate) fn sorted(mut self) -> Vec<Entry<T>> {
        self.0.sort_by_key(|entry| entry.moment);
        self.0
    }
}

/// How the records of a file are set apart.
#[derive(Clone, Copy)]
pub(crate) enum Framing {
    /// One record a line.
    Lines,
    /// One array, one element a line.
    Array,
    /// CloudTrail's object around its array.
    Records,
}

/// A file of the day, with the rows it adds to the labels.
pub(crate) struct DayFile {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) labels: String,
}

impl DayFile {
    /// Puts entries, already in order, into a file.
    pub(crate) fn new(name: &'static str, framing: Framing, entries: &[Entry<Vec<u8>>]) -> Self {
        let (head, between, tail): (&str, &str, &str) = match framing {
            Framing::Lines => ("", "\n", "\n"),
            Framing::Array => ("[\n", ",\n", "\n]\n"),
            Framing::Records => ("{\"Records\":[", ",", "]}\n"),
        };
        let mut bytes = head.as_bytes().to_vec();
        let mut labels = String::new();
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                bytes.extend_from_slice(between.as_bytes());
            }
            bytes.extend_from_slice(&entry.body);
            if let Some(label) = entry.label {
                let position = index + 1;
                let Label { stage, technique, note } = label;
                labels.push_str(&format!("{name}\t{position}\t{stage}\t{technique}\t{note}\n"));
            }
        }
        bytes.extend_from_slice(tail.as_bytes());
        DayFile { name, bytes, labels }
    }
}
