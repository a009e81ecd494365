//! A syntax that records are written in.
//!
//! A new one (comma-separated values, `key=value`, W3C) is one module and one variant of [`Form`](crate::form::Form):
//!
//! - The module has a type for what recognising found, such as where the content begins, and implements [`Syntax`] for it.
//! - `form::of` asks it in its turn, before the syntaxes that accept more; `form::scan` and `Reader::recognise`, which names
//!   the schema, get an arm: the compiler asks for both.
//! - The keys that the walk reports are those that the maps go by: what a key is in which syntax is in the table at the head
//!   of `glassbox_maps::path`, which gets a row.
//! - A value is a span of the record with an encoding. What has no span is not reported.

use crate::{Unreadable, buffers::Buffers, sink::Sink};

/// What recognising a record of a syntax found, from which it can be walked.
pub(crate) trait Syntax: Copy {
    /// Whether the record is of this syntax, from the bytes at `start`, where its content begins. Must take time linear in
    /// the record's length at most, and may claim a record that turns out to be malformed.
    fn recognise(record: &[u8], start: usize) -> Option<Self>;

    /// Reports every key and value to a sink. Must not recurse and must take time linear in the record's length.
    ///
    /// # Errors
    /// When the record is malformed or nested too deeply; what was reported before is then not used.
    fn walk<S: Sink>(self, record: &[u8], buffers: &mut Buffers, sink: &mut S) -> Result<(), Unreadable>;
}
