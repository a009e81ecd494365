//! What one pass over a record leaves: the wanted values' places, and which markers were seen.

use glassbox_finding::{Encoding, Span};
use glassbox_maps::pairs;

use crate::{
    Kind,
    sink::{Key, NONE, Sink},
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

/// The states of event data as pairs of name and text: see [`pairs`].
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    /// The object that pairs are members of.
    pub(crate) parent: u32,
    /// A pair.
    pub(crate) pair: u32,
    /// Where the name is.
    pub(crate) names: Vec<u32>,
    /// Where the text is, but for the pair itself.
    pub(crate) texts: Vec<u32>,
}

impl Pairs {
    pub(crate) fn new(trie: &mut Trie) -> Self {
        let mut wanted = |path: &str| {
            let state = trie.insert(path);
            trie.want(state);
            state
        };
        let pair = format!("{}.{}", pairs::PARENT, pairs::KEY);
        let names = pairs::NAMES.map(|name| wanted(&format!("{pair}.{name}"))).to_vec();
        let mut texts = pairs::TEXTS.map(|name| wanted(&format!("{pair}.{name}"))).to_vec();
        let pair = wanted(&pair);
        // The pair itself, unless a field has this very name.
        texts.push(trie.child(pair, Key::plain(b"#text")));
        Self { parent: trie.insert(pairs::PARENT), pair, names, texts }
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
