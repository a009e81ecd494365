//! The paths that a reader looks for, as a trie of key segments.
//!
//! Not a general map: its keys are ours, from pack and tables, never a record's. A record's key is only looked up, and
//! the longest search is settled when the trie is built; so no record can make it slow.

use std::borrow::Cow;

use glassbox_finding::Encoding;
use glassbox_maps::{CONTAINERS, Container, Place};
use memchr::memchr;

use crate::sink::{Key, NONE};

const CONTAINER_SHIFT: u32 = 28;
const NODE_MASK: u32 = (1 << CONTAINER_SHIFT) - 1;

/// The number of the container whose members a state is among.
pub(crate) fn container_of(state: u32) -> u8 {
    (state >> CONTAINER_SHIFT) as u8
}

/// The node of a state.
pub(crate) fn node_of(state: u32) -> usize {
    (state & NODE_MASK) as usize
}

fn state_of(container: u8, node: u32) -> u32 {
    u32::from(container) << CONTAINER_SHIFT | node
}

/// The record itself.
const ROOT: u8 = Container::Root as u8;

#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    parent: u32,
    ends: Ends,
    segment: Box<[u8]>,
    /// It is this container: members are looked up from the top; 0 is none.
    enter: u8,
    /// Members, whatever their name, are this container; 0 is none.
    enter_any: u8,
    /// Bits of the markers that this place is one of.
    pub(crate) markers: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    child: u32,
}

const VACANT: Entry = Entry { hash: 0, child: NONE };

/// Paths of key segments; node 0 is the top of every container.
#[derive(Clone, Debug)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    /// Open addressing with linear probing, at most half full.
    table: Vec<Entry>,
    /// By node: whether values there are wanted, as bits. Apart from the nodes, to stay near the processor.
    wanted: Vec<u64>,
}

/// What was found for keys before: the same few come in one record after another, wanted or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent {
    /// By a hash of place and key; empty until the first key.
    children: Vec<Child>,
}

#[derive(Clone, Copy, Debug)]
struct Child {
    parent: u32,
    state: u32,
    key: Ends,
    /// Of the state, if it is in the record itself.
    markers: u64,
}

/// Keys remembered.
const RECENT: usize = 256;
/// Of longer keys the ends do not tell everything.
const RECENT_BYTES_MAX: usize = 16;

impl Recent {
    /// Forgets everything, as what was found is of one trie.
    pub(crate) fn clear(&mut self) {
        self.children.clear();
    }
}

impl Trie {
    pub(crate) fn new() -> Self {
        let mut trie = Self { nodes: vec![Node::default()], table: vec![VACANT; 64], wanted: Vec::new() };
        for row in CONTAINERS {
            let state = trie.insert(row.path);
            let node = trie.node_mut(state);
            *(if row.any_member { &mut node.enter_any } else { &mut node.enter }) = row.container as u8;
        }
        trie
    }

    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    #[inline]
    pub(crate) fn node(&self, state: u32) -> &Node {
        &self.nodes[node_of(state)]
    }

    /// Wants the values in a state.
    pub(crate) fn want(&mut self, state: u32) {
        self.want_node(node_of(state));
    }

    /// Wants the values at a node, below every container.
    pub(crate) fn want_node(&mut self, node: usize) {
        self.wanted.resize(self.wanted.len().max(node / 64 + 1), 0);
        self.wanted[node / 64] |= 1 << (node % 64);
    }

    /// Whether values in a state are wanted.
    #[inline]
    pub(crate) fn wants(&self, state: u32) -> bool {
        let node = node_of(state);
        self.wanted.get(node / 64).is_some_and(|bits| bits >> (node % 64) & 1 == 1)
    }

    pub(crate) fn node_mut(&mut self, state: u32) -> &mut Node {
        &mut self.nodes[node_of(state)]
    }

    /// The state of a path of segments with dots between; made where it is not there yet.
    pub(crate) fn insert(&mut self, path: &str) -> u32 {
        let place = Place::of_path(path);
        // A path is a place in one container: its bit is the container's number.
        state_of(place.containers().bits().trailing_zeros() as u8, self.insert_place(&place))
    }

    /// The node of a place, the same below every container that the place is in; made where it is not there yet.
    pub(crate) fn insert_place(&mut self, place: &Place<'_>) -> u32 {
        place.keys().fold(0, |parent, key| match self.find(parent, key.as_bytes()) {
            NONE => self.add(parent, key.as_bytes()),
            child => child,
        })
    }

    /// Where the members of an object in this state are looked up: the container and the parent node.
    #[inline]
    fn from(&self, state: u32) -> (u8, u32) {
        let (container, node) = (container_of(state), state & NODE_MASK);
        let enter = self.nodes[node as usize].enter;
        if enter != 0 && container == ROOT { (enter, 0) } else { (container, node) }
    }

    fn add(&mut self, parent: u32, segment: &[u8]) -> u32 {
        let child = self.nodes.len() as u32;
        self.nodes.push(Node { parent, ends: Ends::of(segment), segment: segment.into(), ..Node::default() });
        if self.nodes.len() * 2 > self.table.len() {
            self.table = vec![VACANT; self.table.len() * 2];
            for node in 1..self.nodes.len() {
                self.place(node as u32);
            }
        } else {
            self.place(child);
        }
        child
    }

    fn place(&mut self, child: u32) {
        let node = &self.nodes[child as usize];
        let hash = node.ends.hash(node.parent);
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        while self.table[at].child != NONE {
            at = (at + 1) & mask;
        }
        self.table[at] = Entry { hash, child };
    }

    #[inline]
    fn find(&self, parent: u32, segment: &[u8]) -> u32 {
        let ends = Ends::of(segment);
        let hash = ends.hash(parent);
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let entry = self.table[at];
            if entry.child == NONE {
                return NONE;
            }
            if entry.hash == hash {
                let node = &self.nodes[entry.child as usize];
                // The ends of a short segment are all of it.
                if node.parent == parent && node.ends == ends && (ends.length <= 16 || *node.segment == *segment) {
                    return entry.child;
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// As `child`, with the state's markers.
    #[inline]
    pub(crate) fn child_of(&self, parent: u32, key: Key<'_>, recent: &mut Recent) -> (u32, u64) {
        if key.escaped || key.bytes.len() > RECENT_BYTES_MAX {
            return self.marked(self.child(parent, key));
        }
        let ends = Ends::of(key.bytes);
        if recent.children.is_empty() {
            // No key is as long.
            let none = Child { parent: NONE, state: NONE, key: Ends { length: usize::MAX, ..ends }, markers: 0 };
            recent.children.resize(RECENT, none);
        }
        let known = &mut recent.children[ends.hash(parent) as usize % RECENT];
        if known.parent != parent || known.key != ends {
            let (state, markers) = self.marked(self.child(parent, key));
            *known = Child { parent, state, key: ends, markers };
        }
        (known.state, known.markers)
    }

    fn marked(&self, state: u32) -> (u32, u64) {
        let is_of_record = state != NONE && container_of(state) == ROOT;
        (state, if is_of_record { self.node(state).markers } else { 0 })
    }

    /// The state of a member of an object in state `parent`; `NONE` where nothing is wanted there.
    #[inline]
    pub(crate) fn child(&self, parent: u32, key: Key<'_>) -> u32 {
        if key.escaped {
            let decoded = glassbox_predicate::decode(key.bytes, Encoding::JsonString);
            return self.step_path(parent, decoded.as_bytes());
        }
        let (container, node) = self.from(parent);
        let child = self.find(node, key.bytes);
        if child != NONE {
            return state_of(container, child);
        }
        if memchr(b'.', key.bytes).is_some() {
            self.step_path(parent, key.bytes)
        } else {
            self.unnamed(parent, key.bytes)
        }
    }

    /// As `child`, for a key that may hold dots, each of which is a step down.
    fn step_path(&self, parent: u32, key: &[u8]) -> u32 {
        let (mut state, mut rest) = (parent, key);
        while let Some(dot) = memchr(b'.', rest) {
            state = self.step(state, &rest[..dot]);
            if state == NONE {
                return NONE;
            }
            rest = &rest[dot + 1..];
        }
        self.step(state, rest)
    }

    fn step(&self, parent: u32, segment: &[u8]) -> u32 {
        let (container, node) = self.from(parent);
        let child = self.find(node, segment);
        if child != NONE { state_of(container, child) } else { self.unnamed(parent, segment) }
    }

    /// The state of a member that is not looked for by its name.
    fn unnamed(&self, parent: u32, segment: &[u8]) -> u32 {
        let any = self.node(parent).enter_any;
        if any != 0 && self.from(parent).0 == ROOT {
            return state_of(any, 0);
        }
        // XML turned into JSON: the text of an element that has attributes too.
        if segment == b"#text" { parent } else { NONE }
    }

    /// The path of a node, with dots; of the wanted ones every segment is text.
    pub(crate) fn path(&self, node: usize) -> String {
        let mut segments: Vec<Cow<'_, str>> = Vec::new();
        let mut node = node;
        while node != 0 {
            segments.push(String::from_utf8_lossy(&self.nodes[node].segment));
            node = self.nodes[node].parent as usize;
        }
        segments.reverse();
        segments.join(".")
    }
}

/// The first and the last eight bytes of a segment, or of a shorter one all of it, and its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    length: usize,
}

impl Ends {
    #[inline]
    fn of(segment: &[u8]) -> Self {
        let (first, last) = if let (Some(first), Some(last)) = (segment.first_chunk(), segment.last_chunk()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (segment.first_chunk(), segment.last_chunk()) {
            (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
        } else {
            let byte = |at: usize| segment.get(at).copied().map_or(0, u64::from);
            (byte(0) | byte(1) << 8 | byte(2) << 16, 0)
        };
        Self { first, last, length: segment.len() }
    }

    /// Segments that agree in their ends share a chain; they are ours, so that is settled when the trie is built.
    #[inline]
    fn hash(self, parent: u32) -> u32 {
        let seed = (u64::from(parent) << 8 ^ self.length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.first ^ seed).wrapping_mul(0xff51_afd7_ed55_8ccd) ^ self.last.rotate_left(32);
        (mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 32) as u32
    }
}
