//! What one pass over a record leaves: the wanted values' places, and which markers were seen.

use glassbox_finding::{Encoding, Span};

use crate::{
    Kind,
    json::{Key, NONE, Sink},
    trie::{Recent, Trie},
};

/// A value that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collected {
    pub(crate) state: u32,
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    pub(crate) encoding: Encoding,
}

/// The states of unnamed event data whose parts are a name and a text.
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    /// `Event.EventData`.
    pub(crate) parent: u32,
    /// `Event.EventData.Data`; its `#text` counts as itself.
    pub(crate) pair: u32,
    /// Where the name stands.
    pub(crate) names: Vec<u32>,
    /// Where the text stands, but for `#text`.
    pub(crate) texts: Vec<u32>,
}

impl Pairs {
    pub(crate) fn new(trie: &mut Trie) -> Self {
        let mut states = |paths: &[&str]| -> Vec<u32> {
            let states: Vec<u32> = paths.iter().map(|path| trie.insert(path)).collect();
            for &state in &states {
                trie.want(state);
            }
            states
        };
        let names = states(&[
            "Event.EventData.Data.#attributes.Name",
            "Event.EventData.Data.@Name",
            "Event.EventData.Data.Name",
            "Event.EventData.Data.$.Name",
        ]);
        let texts = states(&["Event.EventData.Data.Value", "Event.EventData.Data._", "Event.EventData.Data.text"]);
        let pair = states(&["Event.EventData.Data"])[0];
        Self { parent: trie.insert("Event.EventData"), pair, names, texts }
    }

    /// Whether this is the text of a pair.
    pub(crate) fn is_text(&self, state: u32) -> bool {
        state == self.pair || self.texts.contains(&state)
    }
}

/// Keeps what is wanted.
pub(crate) struct Collector<'a> {
    pub(crate) trie: &'a Trie,
    pub(crate) recent: &'a mut Recent,
    pub(crate) pairs: &'a Pairs,
    pub(crate) record: &'a [u8],
    pub(crate) values: &'a mut Vec<Collected>,
    pub(crate) seen: u64,
}

impl Sink for Collector<'_> {
    #[inline]
    fn child(&mut self, parent: u32, key: Key<'_>) -> u32 {
        let (state, markers) = self.trie.child_of(parent, key, self.recent);
        self.seen |= markers;
        state
    }

    #[inline]
    fn value(&mut self, state: u32, span: Span, kind: Kind, encoding: Encoding) {
        if self.trie.wants(state) {
            self.values.push(Collected { state, span, kind, encoding });
        }
    }

    fn container(&mut self, state: u32, span: Span) {
        self.value(state, span, Kind::Object, Encoding::Raw);
    }

    fn mark(&self) -> usize {
        self.values.len()
    }

    fn close(&mut self, state: u32, mark: usize) {
        if state != self.pairs.pair {
            return;
        }
        let own = &mut self.values[mark..];
        let Some(name) = own.iter().find(|value| self.pairs.names.contains(&value.state)) else { return };
        let Some(bytes) = name.span.of(self.record) else { return };
        let name = glassbox_predicate::decode(bytes, name.encoding);
        let named = self.trie.child(self.pairs.parent, Key::plain(name.as_bytes()));
        for value in own.iter_mut().filter(|value| self.pairs.is_text(value.state)) {
            // What nobody wants stays under a state that no slot has.
            value.state = if named == NONE { self.pairs.names[0] } else { named };
        }
    }
}
