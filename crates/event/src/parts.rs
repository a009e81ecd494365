//! The values of a record, before anything is made of them.

use std::borrow::Cow;

use glassbox_finding::Logsource;
use glassbox_maps::Schema;

use crate::{Kind, collect::Collected, form::Form, layout::Layout, plan::Plan};

/// What one pass over a record found, and what the record was recognised as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) record: &'a [u8],
    pub(crate) schema: Schema,
    pub(crate) form: Form,
    pub(crate) hint: &'a Logsource,
    /// The values found, in record order.
    pub(crate) values: &'a [Collected],
    /// Which slots take them.
    pub(crate) plan: &'a Plan,
}

impl<'a> Parts<'a> {
    /// The collected values of a slot.
    #[inline]
    pub(crate) fn collected(&self, slot: usize) -> impl Iterator<Item = &'a Collected> + use<'a> {
        let values = self.values;
        self.plan.links(slot).iter().map(move |link| &values[link.value as usize])
    }

    /// A value's bytes, as they stand in the record.
    #[inline]
    pub(crate) fn bytes(&self, value: &Collected) -> &'a [u8] {
        value.span.of(self.record).unwrap_or_default()
    }

    pub(crate) fn text(&self, value: &Collected) -> Cow<'a, str> {
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

    /// As `first_text`, where the record has the text as it is.
    pub(crate) fn first_plain_text(&self, slot: usize) -> Option<&'a str> {
        match self.first_text(slot)? {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }
}
