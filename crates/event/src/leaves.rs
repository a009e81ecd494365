//! Every scalar of a record under its canonical name: a second walk, for keywords and explanations.

use glassbox_finding::{Encoding, Span, Step};
use glassbox_maps::{Containers, Schema, Variant, rank};
use memchr::memchr;

use crate::{
    Kind, Leaf,
    buffers::Buffers,
    form,
    limits::LEAVES_MAX,
    parts::Parts,
    sink::{Key, NONE, Sink},
};

/// The longest name made of a path.
const NAME_BYTES_MAX: usize = 256;

pub(crate) fn of(parts: &Parts<'_>, variant: Option<Variant>) -> Vec<Leaf> {
    let mut leaves = Leaves { parts: *parts, nodes: vec![Node::default()], found: Vec::new() };
    // It was walked once already: no error is to come.
    let _ = form::scan(parts.record, parts.form, &mut Buffers::default(), &mut leaves);
    let Leaves { nodes, found, .. } = leaves;
    let mut names: Vec<Option<String>> = vec![None; nodes.len()];
    let leaf = |found: &Found| {
        let bytes = found.place.span.of(parts.record).unwrap_or_default();
        let name = names[found.node as usize].get_or_insert_with(|| name(parts, variant, &nodes, found.node)).clone();
        let text = glassbox_predicate::decode(bytes, found.place.encoding).into_owned();
        Leaf { name, text, kind: found.kind, place: found.place }
    };
    found.iter().filter(|found| found.node != NONE).map(leaf).collect()
}

/// A place in the document.
#[derive(Clone, Debug, Default)]
struct Node {
    parent: u32,
    /// The key, decoded.
    key: String,
    /// The reader's state, or `NONE`.
    state: u32,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    node: u32,
    kind: Kind,
    place: Step,
}

struct Leaves<'a> {
    parts: Parts<'a>,
    nodes: Vec<Node>,
    found: Vec<Found>,
}

impl Leaves<'_> {
    fn state(&self, node: u32) -> u32 {
        self.nodes[node as usize].state
    }
}

impl Sink for Leaves<'_> {
    fn child(&mut self, parent: u32, key: Key<'_>) -> u32 {
        let encoding = if key.escaped { Encoding::JsonString } else { Encoding::Raw };
        let decoded = glassbox_predicate::decode(key.bytes, encoding);
        let state = self.state(parent);
        let state = if state == NONE { NONE } else { self.parts.layout.trie.child(state, key) };
        if decoded == "#text" && (state == NONE || state == self.state(parent)) {
            return parent;
        }
        let key = decoded.into_owned();
        self.nodes.push(Node { parent, key, state });
        self.nodes.len() as u32 - 1
    }

    fn value(&mut self, node: u32, span: Span, kind: Kind, encoding: Encoding) {
        if self.found.len() < LEAVES_MAX {
            self.found.push(Found { node, kind, place: Step { span, encoding } });
        }
    }

    fn container(&mut self, _: u32, _: Span) {}

    fn mark(&self) -> usize {
        self.found.len()
    }

    /// A name and a text are one leaf.
    fn close(&mut self, node: u32, mark: usize) {
        let pairs = &self.parts.layout.pairs;
        if self.state(node) != pairs.pair {
            return;
        }
        let states: Vec<u32> = self.found[mark..].iter().map(|found| self.state(found.node)).collect();
        let Some(named) = states.iter().position(|state| pairs.names.contains(state)) else { return };
        let place = self.found[mark + named].place;
        let key = place.read(self.parts.record).unwrap_or_default().into_owned();
        let parent = self.nodes[node as usize].parent;
        let state = self.parts.layout.trie.child(self.state(parent), Key::plain(key.as_bytes()));
        let new = self.nodes.len() as u32;
        self.nodes.push(Node { parent, key, state });
        for (found, state) in self.found[mark..].iter_mut().zip(states) {
            if pairs.is_text(state) {
                found.node = new;
            }
        }
        self.found[mark + named].node = NONE;
    }
}

/// The canonical name: in Windows events, audit records as JSON and the common schema that of the slot which took the
/// value from a place of another name, else the path, without what is before all fields.
fn name(parts: &Parts<'_>, variant: Option<Variant>, nodes: &[Node], node: u32) -> String {
    let (layout, schema) = (parts.layout, parts.schema);
    let has_data = schema.containers() != Containers::ROOT;
    let state = nodes[node as usize].state;
    if state != NONE && (has_data || matches!(schema, Schema::WindowsFlat | Schema::Ecs)) {
        let took = layout.targets_of(state).iter().filter(|target| {
            let slot = parts.plan.links(target.slot as usize).first();
            target.slot as usize != layout.own.time
                && !rank::is_own_name(target.rank)
                && target.takes(state, schema, variant)
                && slot.is_some_and(|slot| slot.rank == target.rank)
        });
        if let Some(target) = took.min_by_key(|target| target.rank) {
            return layout.names[target.slot as usize].clone();
        }
    }
    let mut keys: Vec<&str> = Vec::new();
    let (mut at, mut bytes) = (node, 0);
    // Of a longer path the end is given: else one long key above many leaves would be repeated for each of them.
    while at != 0 && bytes < NAME_BYTES_MAX {
        let key = &nodes[at as usize].key;
        keys.push(&key[key.ceil_char_boundary(key.len().saturating_sub(NAME_BYTES_MAX))..]);
        bytes += key.len();
        at = nodes[at as usize].parent;
    }
    keys.reverse();
    let path = keys.join(".");
    let path = &path[path.ceil_char_boundary(path.len().saturating_sub(NAME_BYTES_MAX))..];
    if has_data { strip(path).to_owned() } else { path.to_owned() }
}

fn strip(path: &str) -> &str {
    let path = path.strip_prefix("Event.").unwrap_or(path);
    if let Some(rest) = path.strip_prefix("UserData.") {
        return memchr(b'.', rest.as_bytes()).map_or(rest, |dot| &rest[dot + 1..]);
    }
    ["EventData.", "System.", "winlog.event_data.", "winlog.user_data.", "event_data.", "auditd.data."]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix))
        .unwrap_or(path)
}
