//! The walk over an event in XML.
//!
//! It does not validate: an end tag ends the innermost element, whatever its name.

use glassbox_finding::Encoding;
use memchr::{memchr, memmem};

use crate::tree::{Key, Kind, Open, ROOT, Tree, Written, span};

/// How deep the walk follows: deeper than any record that is scored.
const DEPTH_MAX: usize = 128;

/// Of an open element: it is `EventData`.
const EVENT_DATA: u32 = 1;

/// Whether an event in XML begins here.
pub(crate) fn begins(content: &[u8]) -> bool {
    let event = content.strip_prefix(b"<Event").and_then(<[u8]>::first);
    content.starts_with(b"<?xml") || event.is_some_and(|&byte| byte.is_ascii_whitespace() || b">/".contains(&byte))
}

/// Where an event in XML begins behind a syslog header.
pub(crate) fn find(text: &[u8], start: usize) -> Option<usize> {
    memchr::memchr_iter(b'<', &text[start..]).map(|at| start + at).find(|&at| begins(&text[at..]))
}

/// Reads the elements from `start` on; false where a tag, comment or section does not end.
pub(crate) fn walk(text: &[u8], start: usize, tree: &mut Tree) -> bool {
    let mut walk = Walk { text, at: start, tree };
    while walk.at < text.len() {
        if walk.step().is_none() {
            return false;
        }
    }
    true
}

struct Walk<'t, 'n> {
    text: &'t [u8],
    at: usize,
    /// Of an open element, `value` says whether it is `EventData`, `is_array` that it is data in one, whose empty text is a
    /// value, and `is_special` that it has content.
    tree: &'n mut Tree,
}

impl Walk<'_, '_> {
    fn step(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        if rest[0] != b'<' {
            let length = memchr(b'<', rest).unwrap_or(rest.len());
            self.value(length, Written::Escaped(Encoding::XmlText));
            self.at += length;
        } else if rest.starts_with(b"<?") {
            self.at += memmem::find(rest, b"?>")? + 2;
        } else if rest.starts_with(b"<!--") {
            self.at += memmem::find(rest, b"-->")? + 3;
        } else if rest.starts_with(b"<![CDATA[") {
            self.at += b"<![CDATA[".len();
            let length = memmem::find(&self.text[self.at..], b"]]>")?;
            self.value(length, Written::Plain);
            self.at += length + 3;
        } else if rest.starts_with(b"</") {
            let length = memchr(b'>', rest)?;
            if let Some(element) = self.tree.open.pop() {
                self.end(element);
            }
            self.at += length + 1;
        } else {
            self.tag()?;
        }
        Some(())
    }

    /// Takes a run of text, unless it is the white space between elements.
    fn value(&mut self, length: usize, written: Written) {
        let is_blank = self.text[self.at..self.at + length].trim_ascii().is_empty();
        let Some(element) = self.tree.open.last_mut() else { return };
        if is_blank && (!element.is_array || element.is_special || length == 0) {
            return;
        }
        element.is_special = true;
        let node = element.node;
        self.tree.push(node, span(self.at, self.at + length), Kind::Scalar, written);
    }

    /// Ends an element here: named data without content has an empty text.
    fn end(&mut self, element: Open) {
        if element.is_array && !element.is_special {
            self.tree.push(element.node, span(self.at, self.at), Kind::Scalar, Written::Plain);
        }
    }

    fn tag(&mut self) -> Option<()> {
        let name = self.at + 1;
        self.at = name + self.name_length(name);
        if self.at == name || self.tree.open.len() == DEPTH_MAX {
            return None;
        }
        let key = &self.text[name..self.at];
        let (parent, is_in_event_data) = match self.tree.open.last_mut() {
            Some(parent) => {
                parent.is_special = true;
                (parent.node, parent.value == EVENT_DATA)
            }
            None => (ROOT, false),
        };
        let is_array = key == b"Data" && is_in_event_data;
        let value = if key == b"EventData" { EVENT_DATA } else { 0 };
        let mut node = self.tree.node(parent, Key::written(name, self.at, Encoding::Raw));
        let mut attributes = None;
        loop {
            self.blanks();
            match *self.text.get(self.at)? {
                b'>' => {
                    self.at += 1;
                    self.tree.open.push(Open { node, value, is_array, is_special: false });
                    return Some(());
                }
                b'/' => {
                    self.end(Open { node, value, is_array, is_special: false });
                    self.at += 1;
                    self.blanks();
                    if *self.text.get(self.at)? != b'>' {
                        return None;
                    }
                    self.at += 1;
                    return Some(());
                }
                _ => {}
            }
            let name = self.at;
            self.at += self.name_length(name);
            let name_end = self.at;
            let (start, end) = self.attribute_value()?;
            if name_end == name {
                return None;
            }
            if is_array && &self.text[name..name_end] == b"Name" {
                node = self.tree.node(parent, Key::written(start, end, Encoding::XmlText));
                continue;
            }
            let attributes = *attributes.get_or_insert_with(|| self.tree.node(node, Key::Implied("#attributes")));
            let at = self.tree.node(attributes, Key::written(name, name_end, Encoding::Raw));
            self.tree.push(at, span(start, end), Kind::Scalar, Written::Escaped(Encoding::XmlText));
        }
    }

    /// Takes `="value"`; gives where the value begins and ends.
    fn attribute_value(&mut self) -> Option<(usize, usize)> {
        self.blanks();
        if *self.text.get(self.at)? != b'=' {
            return None;
        }
        self.at += 1;
        self.blanks();
        let quote = self.text.get(self.at).copied().filter(|byte| matches!(byte, b'"' | b'\''))?;
        let start = self.at + 1;
        let end = start + memchr(quote, &self.text[start..])?;
        self.at = end + 1;
        Some((start, end))
    }

    fn name_length(&self, start: usize) -> usize {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_:-.".contains(byte) || *byte >= 0x80;
        self.text[start..].iter().take_while(|byte| is_name(byte)).count()
    }

    fn blanks(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}
