//! The texts that a finding's places lie in, each read once: the record, its frame, other records, and what carriers hold.

use std::borrow::Cow;

use glassbox_finding::{Encoding, Sequence, Step, Within};

use crate::tree::Tree;

/// Texts of one finding that are kept at once.
const TEXTS_MAX: usize = 8;
/// Bytes that are kept for the next record.
const RETAINED_BYTES_MAX: usize = 1 << 20;

/// A record, and what is known about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordBytes<'r> {
    /// The record's bytes.
    pub bytes: &'r [u8],
    /// The frame of its origin.
    pub frame: &'r [u8],
    /// Its class's map: a position in the description's maps.
    pub map: u32,
}

/// What a finding is held to.
#[derive(Clone, Copy)]
pub struct RecordContext<'r> {
    /// The finding's own record; none where it comes from a tick.
    pub own: Option<RecordBytes<'r>>,
    /// Other records, by sequence; none where one is not available.
    pub others: &'r dyn Fn(Sequence) -> Option<RecordBytes<'r>>,
}

impl<'r> RecordContext<'r> {
    /// A record, without access to others.
    #[must_use]
    pub fn alone(bytes: &'r [u8], frame: &'r [u8], map: u32) -> Self {
        Self { own: Some(RecordBytes { bytes, frame, map }), others: &|_| None }
    }

    /// The bytes that `within` names and the map that they were read by; none where they are not available.
    pub(crate) fn base(&self, within: Within) -> Option<(&'r [u8], u32)> {
        match within {
            Within::Own => self.own.map(|own| (own.bytes, own.map)),
            Within::Frame => self.own.map(|own| (own.frame, own.map)),
            Within::Other(sequence) => (self.others)(sequence).map(|other| (other.bytes, other.map)),
        }
    }
}

impl std::fmt::Debug for RecordContext<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RecordContext").field("own", &self.own).finish_non_exhaustive()
    }
}

/// The steps that lead to a text: all of a place's but the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) within: Within,
    steps: [Step; WAY_STEPS_MAX],
    length: usize,
}

/// A place's steps but for the last.
const WAY_STEPS_MAX: usize = glassbox_finding::limits::STEPS_MAX - 1;
const NO_STEP: Step = Step { span: glassbox_finding::Span { start: 0, end: 0 }, encoding: Encoding::Raw };

impl Default for Way {
    fn default() -> Self {
        Self::to(Within::Own)
    }
}

impl Way {
    /// The way to the whole of what `within` names.
    pub(crate) fn to(within: Within) -> Self {
        Self { within, steps: [NO_STEP; WAY_STEPS_MAX], length: 0 }
    }

    /// One step further; none beyond the limit.
    pub(crate) fn with(mut self, step: Step) -> Option<Self> {
        *self.steps.get_mut(self.length)? = step;
        self.length += 1;
        Some(self)
    }

    /// The way without its last step, and that step; none where it has none.
    pub(crate) fn split_last(mut self) -> Option<(Self, Step)> {
        self.length = self.length.checked_sub(1)?;
        let last = std::mem::replace(&mut self.steps[self.length], NO_STEP);
        Some((self, last))
    }

    /// How many steps it has.
    pub(crate) fn len(&self) -> usize {
        self.length
    }
}

/// A text and its values.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) way: Way,
    /// What the steps gave; empty where there are none.
    pub(crate) decoded: String,
    pub(crate) tree: Tree,
    /// The position of the map.
    pub(crate) map: u32,
    /// Whether every step to it is the whole of a value of the text before.
    pub(crate) is_held: bool,
    /// Keys of the values that carry it.
    pub(crate) carrier: Vec<String>,
}

impl Text {
    /// Its bytes.
    pub(crate) fn bytes<'a, 'r: 'a>(&'a self, record: &RecordContext<'r>) -> &'a [u8] {
        match self.way.len() {
            0 => record.base(self.way.within).map_or(&[], |(bytes, _)| bytes),
            _ => self.decoded.as_bytes(),
        }
    }

    /// What a step in it gives; none where the span lies outside.
    pub(crate) fn at<'a, 'r: 'a>(&'a self, step: Step, record: &RecordContext<'r>) -> Option<Cow<'a, str>> {
        step.read(self.bytes(record))
    }
}

/// The texts of one finding.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    texts: Vec<Text>,
    /// How many are of this finding; the others are buffers.
    used: usize,
    /// The one that gives way to the next.
    oldest: usize,
}

impl Texts {
    /// Forgets the texts of the finding before.
    pub(crate) fn begin(&mut self) {
        self.used = 0;
        self.oldest = 0;
        let bytes = |text: &Text| text.decoded.capacity() + text.tree.capacity_bytes();
        if self.texts.iter().map(bytes).sum::<usize>() > RETAINED_BYTES_MAX {
            self.texts.clear();
        }
    }

    /// The text at the end of a way, if it was read.
    pub(crate) fn find(&self, way: Way) -> Option<usize> {
        self.texts[..self.used].iter().position(|text| text.way == way)
    }

    /// A place for another text, with the buffers of an old one.
    pub(crate) fn take(&mut self) -> usize {
        if self.used < TEXTS_MAX {
            if self.texts.len() == self.used {
                self.texts.push(Text::default());
            }
            self.used += 1;
            return self.used - 1;
        }
        self.oldest = (self.oldest + 1) % TEXTS_MAX;
        self.oldest
    }

    pub(crate) fn get(&self, at: usize) -> &Text {
        &self.texts[at]
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> &mut Text {
        &mut self.texts[at]
    }
}
