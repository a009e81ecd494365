//! A record read: a view of canonical fields over its bytes.

use std::borrow::Cow;

use glassbox_finding::{Encoding, Entity, EventTime, Logsource, TextPlace};

use crate::{
    Kind, Leaf, Schema, Source, Value,
    collect::{Collected, NOT_DECODED},
    entity,
    form::Form,
    leaves,
    reader::{END, Reader, Scratch},
    source::{self, Origin},
    time,
};

/// What reading begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) reader: &'a Reader,
    pub(crate) record: &'a [u8],
    /// The record as text, where all of it is.
    pub(crate) text: Option<&'a str>,
    pub(crate) schema: Schema,
    pub(crate) form: Form,
    pub(crate) hint: &'a Logsource,
}

/// A record read.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub(crate) parts: Parts<'a>,
    pub(crate) scratch: &'a Scratch,
    pub(crate) origin: Origin,
}

impl<'a> Parts<'a> {
    /// The collected values of a slot, with their ranks.
    fn collected<'s>(&self, scratch: &'s Scratch, slot: usize) -> impl Iterator<Item = (&'s Collected, u8)> + use<'s> {
        let mut link = scratch.slot(slot).map_or(END, |state| state.first);
        std::iter::from_fn(move || {
            let current = scratch.links.get(link as usize)?;
            link = current.next;
            Some((&scratch.values[current.value as usize], current.rank))
        })
    }

    /// The text of a value, whether or not it is decoded yet.
    fn text(&self, value: &Collected) -> Cow<'a, str> {
        let bytes = value.span.of(self.record).unwrap_or_default();
        let as_it_is = self.text.and_then(|text| text.get(value.span.start as usize..value.span.end as usize));
        match (value.encoding, as_it_is) {
            (Encoding::Raw, Some(text)) => Cow::Borrowed(text),
            (Encoding::JsonString, Some(text)) if !bytes.contains(&b'\\') => Cow::Borrowed(text),
            _ => glassbox_predicate::decode(bytes, value.encoding),
        }
    }

    /// The texts of a slot's values.
    pub(crate) fn texts(&self, scratch: &Scratch, slot: usize) -> impl Iterator<Item = Cow<'a, str>> {
        self.collected(scratch, slot).map(|(value, _)| self.text(value))
    }

    /// The text of a slot's first scalar.
    pub(crate) fn first_text(&self, scratch: &Scratch, slot: usize) -> Option<Cow<'a, str>> {
        let scalar = |value: &Collected| !matches!(value.kind, Kind::Null | Kind::Object);
        self.collected(scratch, slot).find(|(value, _)| scalar(value)).map(|(value, _)| self.text(value))
    }

    /// As `first_text`, where the text stands in the record as it is.
    pub(crate) fn first_plain_text(&self, scratch: &Scratch, slot: usize) -> Option<&'a str> {
        match self.first_text(scratch, slot)? {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }
}

impl<'a> Event<'a> {
    pub(crate) fn new(parts: Parts<'a>, scratch: &'a Scratch, origin: Origin) -> Self {
        Self { parts, scratch, origin }
    }

    /// The record's bytes.
    #[must_use]
    pub fn record(&self) -> &'a [u8] {
        self.parts.record
    }

    /// The schema that was recognised.
    #[must_use]
    pub fn schema(&self) -> Schema {
        self.parts.schema
    }

    /// What produced the record.
    #[must_use]
    pub fn source(&self) -> Source<'a> {
        source::complete(&self.parts, self.scratch, &self.origin)
    }

    /// When it happened, if the record says so: the first of the schema's times that can be read.
    #[must_use]
    pub fn time(&self) -> Option<EventTime> {
        let times = self.parts.collected(self.scratch, self.parts.reader.own.time);
        let read = times.filter_map(|(value, rank)| Some((rank, time::parse(&self.parts.text(value))?)));
        // The first one of the lowest rank.
        read.min_by_key(|(rank, _)| *rank).map(|(_, time)| time)
    }

    /// The values of a slot, in record order: arrays are flattened, and every one of several equal keys counts.
    pub fn values(&self, slot: usize) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let Self { parts, scratch, .. } = *self;
        let slot = if scratch.is_present(slot) { slot } else { usize::MAX };
        parts.collected(scratch, slot).map(move |(value, _)| {
            let (text, span) = match (value.text, parts.text) {
                (NOT_DECODED, Some(text)) => (text, value.span),
                (decoded, _) => (scratch.arena.as_str(), decoded),
            };
            // Spans that the scanners make end at characters of ASCII, so they never cut one.
            let text = text.get(span.start as usize..span.end as usize).unwrap_or_default();
            Value { text, kind: value.kind, place: TextPlace { span: value.span, encoding: value.encoding } }
        })
    }

    /// Whether a slot has a value.
    #[must_use]
    pub fn has_values(&self, slot: usize) -> bool {
        self.scratch.is_present(slot)
    }

    /// The slots that have a value, ascending.
    pub fn present_slots(&self) -> impl Iterator<Item = usize> + use<'a> {
        let words = &self.scratch.present;
        words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(index * 64 + bit)
            })
        })
    }

    /// Every scalar of the record, under canonical names, in record order; at most `limits::LEAVES_MAX`.
    #[must_use]
    pub fn leaves(&self) -> Vec<Leaf> {
        leaves::of(self)
    }

    /// What the event is about, each thing once, in a fixed order of fields.
    #[must_use]
    pub fn entities(&self) -> Vec<Entity> {
        entity::of(self)
    }

    /// The texts of one of the reader's own slots.
    pub(crate) fn own_texts(&self, slot: usize) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let parts = self.parts;
        parts.collected(self.scratch, slot).map(move |(value, _)| parts.text(value))
    }
}
