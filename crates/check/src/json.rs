//! The walk over JSON text.
//!
//! More lenient than the standard where that costs nothing: raw control characters in strings, any literal, whatever
//! follows the outermost value. Equal keys all count.

use glassbox_finding::{Encoding, Step};
use glassbox_maps::pairs::{self, Part};
use memchr::{memchr, memchr2};

use crate::tree::{Key, Kind, Node, Open, ROOT, Tree, Written, span};

/// How deep the walk follows: deeper than any record that is scored.
const DEPTH_MAX: usize = 128;

/// Whether an array begins here that holds more than numbers and literals: a line of text may begin with a bracket too.
pub(crate) fn begins_array(content: &[u8]) -> bool {
    matches!(content[1..].trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b']'))
}

/// Reads the value that begins at `start`; false where it cannot be followed.
pub(crate) fn walk(text: &[u8], start: usize, tree: &mut Tree) -> bool {
    Walk { text, at: start, tree }.run().is_some()
}

struct Walk<'t, 'n> {
    text: &'t [u8],
    at: usize,
    tree: &'n mut Tree,
}

impl Walk<'_, '_> {
    fn run(&mut self) -> Option<()> {
        let mut node = ROOT;
        loop {
            // Now at a value.
            let has_opened = self.value(node)?;
            let mut may_close = has_opened;
            let mut has_value = !has_opened;
            node = loop {
                let Some(&open) = self.tree.open.last() else { return Some(()) };
                let end = if open.is_array { b']' } else { b'}' };
                match self.peek() {
                    Some(byte) if byte == end && (has_value || may_close) => {
                        self.at += 1;
                        self.close(open);
                        (has_value, may_close) = (true, false);
                    }
                    Some(b',') if has_value => {
                        self.at += 1;
                        (has_value, may_close) = (false, true);
                    }
                    Some(_) if !has_value && open.is_array => break open.node,
                    Some(b'"') if !has_value => break self.key(open.node)?,
                    _ => return None,
                }
            };
        }
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes a scalar, or the opening of an object or array; tells whether it was an opening.
    fn value(&mut self, node: u32) -> Option<bool> {
        match self.peek()? {
            b'"' => {
                let (start, end) = self.string()?;
                let written = Written::Escaped(Encoding::JsonString);
                self.tree.push(node, span(start, end), Kind::Scalar, written);
                Some(false)
            }
            first @ (b'{' | b'[') => {
                if self.tree.open.len() == DEPTH_MAX {
                    return None;
                }
                let value = self.tree.values.len() as u32;
                self.tree.push(node, span(self.at, self.at), Kind::Hidden, Written::Plain);
                self.tree.open.push(Open { node, value, is_array: first == b'[', is_special: false });
                self.at += 1;
                Some(true)
            }
            _ => {
                let rest = &self.text[self.at..];
                let is_literal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                let length = rest.iter().take_while(|byte| is_literal(byte)).count();
                if length == 0 {
                    return None;
                }
                let kind = if &rest[..length] == b"null" { Kind::Null } else { Kind::Scalar };
                // Of a whole number written with a fraction, the value is what stands before it.
                let whole = glassbox_predicate::whole_number(&rest[..length]).len();
                self.tree.push(node, span(self.at, self.at + whole), kind, Written::Plain);
                self.at += length;
                Some(false)
            }
        }
    }

    /// Takes a key and its colon; gives the member's node.
    fn key(&mut self, parent: u32) -> Option<u32> {
        let (start, end) = self.string()?;
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        let bytes = &self.text[start..end];
        let is_escaped = memchr(b'\\', bytes).is_some();
        let encoding = if is_escaped { Encoding::JsonString } else { Encoding::Raw };
        if let Some(open) = self.tree.open.last_mut() {
            open.is_special |=
                if is_escaped { glassbox_predicate::decode(bytes, encoding) == "#text" } else { bytes == b"#text" };
        }
        Some(self.tree.node(parent, Key::written(start, end, encoding)))
    }

    /// Takes a string; gives where its content begins and ends.
    fn string(&mut self) -> Option<(usize, usize)> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += memchr2(b'"', b'\\', self.text.get(at..)?)?;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return Some((start, at));
            }
            at += 2;
        }
    }

    /// Ends an object or array: whether it is a value, and whether it is a pair of name and text.
    fn close(&mut self, open: Open) {
        self.tree.open.pop();
        let Open { node, value, is_array, is_special } = open;
        if !is_array {
            self.name_pair(node, value as usize + 1);
        }
        // Objects in an array are one value with it; an object with a `#text` is what its text is.
        if is_array != is_special {
            return;
        }
        match self.tree.open.last_mut() {
            Some(parent) if parent.is_array => parent.is_special = true,
            Some(_) => {
                let own = &mut self.tree.values[value as usize];
                own.kind = Kind::Container;
                own.span.end = self.at as u32;
            }
            None => {}
        }
    }

    /// Puts the texts of a pair under its name, if the object with the values from `first` on is one.
    fn name_pair(&mut self, node: u32, first: usize) {
        let key = self.tree.nodes[node as usize].key.bytes(self.text);
        // Nearly no object: only these can be, and keys with escapes.
        let may_be = key.ends_with(pairs::KEY.as_bytes()) || key.ends_with(b"#text") || memchr(b'\\', key).is_some();
        if !may_be || !self.part(node, pairs::may_be_pair) {
            return;
        }
        let part_of = |walk: &Self, at: usize| walk.part(walk.tree.values[at].node, pairs::part);
        let range = first..self.tree.values.len();
        let Some(name) = range.clone().find(|&at| part_of(self, at) == Part::Name) else { return };
        let value = self.tree.values[name];
        let encoding = match value.written {
            Written::Escaped(encoding) => encoding,
            Written::Plain | Written::Digits => Encoding::Raw,
        };
        let texts: Vec<usize> = range.filter(|&at| part_of(self, at) == Part::Text).collect();
        // All writings of the container are equal.
        let container = self.tree.node(ROOT, Key::Implied("EventData"));
        let named = self.tree.node(container, Key::Written(Step { span: value.span, encoding }));
        self.tree.values[name].kind = Kind::PairName;
        for text in texts {
            self.tree.values[text].node = named;
        }
    }

    fn part<T>(&self, node: u32, of: impl Fn(&[&str]) -> T) -> T {
        let path = self.tree.path(self.text, node);
        let keys: Vec<&str> = path.iter().map(|key| &**key).collect();
        of(&keys)
    }
}

// A node is small: one is made for each key.
const _: () = assert!(size_of::<Node>() <= 32);
