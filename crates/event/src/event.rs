//! A record read: a view of canonical fields over its bytes.

use std::borrow::Cow;

use glassbox_finding::{Entity, EventTime, Logsource, TextPlace};
use memchr::memmem;

use crate::{
    Kind, Leaf, Schema, Source, Value,
    collect::Collected,
    entity,
    form::Form,
    leaves,
    plan::Plan,
    reader::Reader,
    source::{self, Origin},
};

/// What reading begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) reader: &'a Reader,
    pub(crate) record: &'a [u8],
    pub(crate) schema: Schema,
    pub(crate) form: Form,
    pub(crate) hint: &'a Logsource,
    /// The values found, in record order.
    pub(crate) values: &'a [Collected],
    /// Which slots take them.
    pub(crate) plan: &'a Plan,
}

/// How a record writes the letters of its values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Letters {
    /// As they are: it is all ASCII, without an escape that may stand for one.
    Shown,
    /// The same, but for bytes beyond ASCII.
    Foreign,
    /// In a way that is not looked into.
    Hidden,
}

/// A record read.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub(crate) parts: Parts<'a>,
    pub(crate) origin: Origin,
    /// Of a JSON record: what its strings told of its letters.
    pub(crate) letters: Letters,
}

impl<'a> Parts<'a> {
    /// The collected values of a slot.
    #[inline]
    fn collected(&self, slot: usize) -> impl Iterator<Item = &'a Collected> + use<'a> {
        let values = self.values;
        self.plan.links(slot).iter().map(move |link| &values[link.value as usize])
    }

    /// A value's bytes, as they stand in the record.
    #[inline]
    fn bytes(&self, value: &Collected) -> &'a [u8] {
        value.span.of(self.record).unwrap_or_default()
    }

    fn text(&self, value: &Collected) -> Cow<'a, str> {
        glassbox_predicate::decode(self.bytes(value), value.encoding)
    }

    /// The texts of a slot's values.
    pub(crate) fn texts(&self, slot: usize) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let parts = *self;
        self.collected(slot).map(move |value| parts.text(value))
    }

    /// The text of a slot's first scalar.
    pub(crate) fn first_text(&self, slot: usize) -> Option<Cow<'a, str>> {
        let scalar = |value: &&Collected| !matches!(value.kind, Kind::Null | Kind::Object);
        self.collected(slot).find(scalar).map(|value| self.text(value))
    }

    /// As `first_text`, where the text stands in the record as it is.
    pub(crate) fn first_plain_text(&self, slot: usize) -> Option<&'a str> {
        match self.first_text(slot)? {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }
}

impl<'a> Event<'a> {
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
        source::complete(&self.parts, &self.origin)
    }

    /// When it happened, if the record says so: the first of the schema's times that can be read.
    #[must_use]
    pub fn time(&self) -> Option<EventTime> {
        self.parts.texts(self.parts.reader.own.time).find_map(|text| glassbox_predicate::parse_time(&text))
    }

    /// The values of a slot, in record order: arrays are flattened, and every one of several equal keys counts.
    #[inline]
    pub fn values(&self, slot: usize) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let parts = self.parts;
        let slot = if slot < parts.reader.fields { slot } else { usize::MAX };
        parts.collected(slot).map(move |value| Value {
            bytes: parts.bytes(value),
            kind: value.kind,
            place: TextPlace { span: value.span, encoding: value.encoding },
        })
    }

    /// Whether a slot has a value.
    #[must_use]
    pub fn has_values(&self, slot: usize) -> bool {
        slot < self.parts.reader.fields && !self.parts.plan.links(slot).is_empty()
    }

    /// The slots that have a value, ascending.
    pub fn present_slots(&self) -> impl Iterator<Item = usize> + use<'a> {
        let words = self.parts.plan.present();
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

    /// Whether all texts are known to be ASCII.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        matches!(self.letters, Letters::Shown)
    }

    /// Whether each letter of ASCII that a folded value holds stands as such in the record's bytes, in either case. Only
    /// of JSON is that ever known.
    #[must_use]
    pub fn shows_letters(&self) -> bool {
        match self.letters {
            Letters::Shown => true,
            Letters::Hidden => false,
            // These two hide one: they fold to `i` and `k`.
            Letters::Foreign => {
                let hides = |hidden: &str| memmem::find(self.parts.record, hidden.as_bytes()).is_some();
                !hides("\u{130}") && !hides("\u{212A}")
            }
        }
    }
}
