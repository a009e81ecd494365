//! A record read: a view of canonical fields over its bytes.

use glassbox_finding::{EventTime, Step};
use glassbox_maps::{MapId, Schema, logsource::Origin};
use memchr::memmem;

use crate::{Leaf, Source, Value, leaves, parts::Parts, source, strings::Letters};

/// A record read.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub(crate) parts: Parts<'a>,
    pub(crate) origin: Origin,
    /// Of a JSON record: what its strings told of its letters.
    pub(crate) letters: Letters,
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

    /// The map that its fields were found by.
    #[must_use]
    pub fn map(&self) -> MapId {
        MapId::with(self.parts.schema, self.origin.variant)
    }

    /// What produced the record.
    #[must_use]
    pub fn source(&self) -> Source<'a> {
        source::complete(&self.parts, &self.origin)
    }

    /// When it happened, if the record says so: the first of the schema's times that can be read.
    #[must_use]
    pub fn time(&self) -> Option<EventTime> {
        self.parts.texts(self.parts.layout.own.time).find_map(|text| glassbox_predicate::parse_time(&text))
    }

    /// The values of a slot, in record order: arrays are flattened, and every one of several equal keys counts.
    #[inline]
    pub fn values(&self, slot: usize) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let parts = self.parts;
        let slot = if slot < parts.layout.fields { slot } else { usize::MAX };
        parts.collected(slot).map(move |value| Value {
            bytes: parts.bytes(value),
            kind: value.kind,
            place: Step { span: value.span, encoding: value.encoding },
        })
    }

    /// Whether a slot has a value.
    #[must_use]
    pub fn has_values(&self, slot: usize) -> bool {
        slot < self.parts.layout.fields && !self.parts.plan.links(slot).is_empty()
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
        leaves::of(&self.parts, self.origin.variant)
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
