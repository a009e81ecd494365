//! What a walk over a record reports, whatever the record's syntax: keys, values, and where objects end.
//!
//! What walks: see [`Syntax`](crate::syntax::Syntax).

use glassbox_finding::{Encoding, Span};

use crate::Kind;

/// The state of a place that the sink has no interest in: nothing below it is reported.
pub(crate) const NONE: u32 = u32::MAX;
/// The state of the record itself.
pub(crate) const ROOT: u32 = 0;

/// What takes a walk's reports. A state is the sink's own number for a place in the record.
pub(crate) trait Sink {
    /// The state of a member of an object that is in state `parent`.
    fn child(&mut self, parent: u32, key: Key<'_>) -> u32;
    /// A scalar in this state.
    fn value(&mut self, state: u32, span: Span, kind: Kind, encoding: Encoding);
    /// An object, or the outermost array around objects, in this state. Reported after what it holds.
    fn container(&mut self, state: u32, span: Span);
    /// How many values were reported so far.
    fn mark(&self) -> usize;
    /// The end of an object in this state, at whose beginning `mark` values were reported.
    fn close(&mut self, state: u32, mark: usize);

    /// A text under a key of the record itself, as flat syntaxes have them.
    fn field(&mut self, key: &[u8], span: Span, encoding: Encoding) {
        let state = self.child(ROOT, Key::plain(key));
        if state != NONE {
            self.value(state, span, Kind::Text, encoding);
        }
    }
}

/// A key of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'r> {
    /// As written, without the quotes.
    pub(crate) bytes: &'r [u8],
    /// Whether it holds escapes, those of JSON.
    pub(crate) escaped: bool,
}

impl<'r> Key<'r> {
    /// A key without escapes.
    pub(crate) fn plain(bytes: &'r [u8]) -> Self {
        Self { bytes, escaped: false }
    }
}
