//! Windows events and those of Sysmon for Linux as XML: a small scanner that does not validate.
//!
//! Not an XML library: no document type, no entities but the predefined ones and character references, no namespaces.
//! It tells what it finds under the names that readers of event logs give it in JSON.
//!
//! Invariants: no recursion; time linear in the length.

use glassbox_finding::{Encoding, Span, UnscoredReason};
use memchr::{memchr, memmem};

use crate::{
    Kind, Unreadable,
    buffers::Buffers,
    limits::DEPTH_MAX,
    sink::{Key, NONE, ROOT, Sink},
    syntax::Syntax,
};

/// One XML element, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Xml {
    start: usize,
}

impl Syntax for Xml {
    fn recognise(record: &[u8], start: usize) -> Option<Self> {
        begins(&record[start..]).then_some(Self { start })
    }

    fn walk<S: Sink>(self, record: &[u8], _: &mut Buffers, sink: &mut S) -> Result<(), Unreadable> {
        walk(record, self.start, sink)
    }
}

/// Whether XML of an event begins here.
fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"<?xml")
        || bytes
            .strip_prefix(b"<Event")
            .is_some_and(|rest| matches!(rest.first(), Some(b'>' | b' ' | b'\t' | b'\r' | b'\n' | b'/')))
}

/// Walks the one element that begins at `start` and reaches to the end of the record.
fn walk<S: Sink>(record: &[u8], start: usize, sink: &mut S) -> Result<(), Unreadable> {
    let mut walker = Walker { record, at: start, open: Vec::with_capacity(8), rooted: false, sink };
    while walker.at < record.len() {
        walker.step()?;
    }
    if walker.rooted && walker.open.is_empty() { Ok(()) } else { Err(walker.malformed()) }
}

struct Element<'r> {
    name: &'r [u8],
    state: u32,
    /// Whether an empty text is a value, as it is for named data.
    data: bool,
    /// Whether it held an element or told a text.
    filled: bool,
}

struct Walker<'r, 's, S> {
    record: &'r [u8],
    at: usize,
    open: Vec<Element<'r>>,
    /// Whether the one outermost element has begun.
    rooted: bool,
    sink: &'s mut S,
}

impl<'r, S: Sink> Walker<'r, '_, S> {
    fn malformed(&self) -> Unreadable {
        Unreadable { reason: UnscoredReason::Malformed, at: self.at as u32 }
    }

    /// Takes one run of text or one tag.
    fn step(&mut self) -> Result<(), Unreadable> {
        let rest = &self.record[self.at..];
        if rest[0] != b'<' {
            let length = memchr(b'<', rest).unwrap_or(rest.len());
            let text = &rest[..length];
            if self.open.is_empty() && !text.trim_ascii().is_empty() {
                return Err(self.malformed());
            }
            self.text(length, if text.contains(&b'&') { Encoding::XmlText } else { Encoding::Raw });
            self.at += length;
            return Ok(());
        }
        if rest.starts_with(b"<?") {
            return self.skip_past(b"?>");
        }
        if rest.starts_with(b"<!--") {
            return self.skip_past(b"-->");
        }
        if rest.starts_with(b"<![CDATA[") && !self.open.is_empty() {
            self.at += b"<![CDATA[".len();
            let length = memmem::find(&self.record[self.at..], b"]]>").ok_or_else(|| self.malformed())?;
            self.text(length, Encoding::Raw);
            self.at += length + b"]]>".len();
            return Ok(());
        }
        if rest.starts_with(b"</") { self.end_tag() } else { self.start_tag() }
    }

    fn skip_past(&mut self, end: &[u8]) -> Result<(), Unreadable> {
        let found = memmem::find(&self.record[self.at..], end).ok_or_else(|| self.malformed())?;
        self.at += found + end.len();
        Ok(())
    }

    /// Tells text, unless it is the white space between elements.
    fn text(&mut self, length: usize, encoding: Encoding) {
        let (start, end) = (self.at as u32, (self.at + length) as u32);
        let blank = self.record[self.at..self.at + length].trim_ascii().is_empty();
        let Some(element) = self.open.last_mut() else { return };
        if blank && (!element.data || element.filled || length == 0) {
            return;
        }
        element.filled = true;
        if element.state != NONE {
            self.sink.value(element.state, Span { start, end }, Kind::Text, encoding);
        }
    }

    fn end_tag(&mut self) -> Result<(), Unreadable> {
        let start = self.at + 2;
        let length = memchr(b'>', &self.record[start..]).ok_or_else(|| self.malformed())?;
        let name = self.record[start..start + length].trim_ascii_end();
        let Some(element) = self.open.pop_if(|element| element.name == name) else { return Err(self.malformed()) };
        self.finish(&element, self.at as u32);
        self.at = start + length + 1;
        Ok(())
    }

    fn finish(&mut self, element: &Element<'r>, at: u32) {
        if element.data && !element.filled && element.state != NONE {
            self.sink.value(element.state, Span { start: at, end: at }, Kind::Text, Encoding::Raw);
        }
    }

    fn start_tag(&mut self) -> Result<(), Unreadable> {
        if self.open.len() == DEPTH_MAX {
            return Err(Unreadable { reason: UnscoredReason::TooDeep, at: self.at as u32 });
        }
        let name = self.name(self.at + 1).ok_or_else(|| self.malformed())?;
        if self.open.is_empty() && std::mem::replace(&mut self.rooted, true) {
            return Err(self.malformed());
        }
        self.at += 1 + name.len();
        let parent = self.open.last_mut().map_or(ROOT, |parent| {
            parent.filled = true;
            parent.state
        });
        let is_data = name == b"Data" && self.open.last().is_some_and(|parent| parent.name == b"EventData");
        let mut state = if parent == NONE { NONE } else { self.sink.child(parent, Key::plain(name)) };
        let attributes = if state == NONE { NONE } else { self.sink.child(state, Key::plain(b"#attributes")) };
        while let Some((attribute, value)) = self.attribute()? {
            let text = value.of(self.record).unwrap_or_default();
            if is_data && attribute == b"Name" {
                let named = glassbox_predicate::decode(text, Encoding::XmlText);
                state = if parent == NONE { NONE } else { self.sink.child(parent, Key::plain(named.as_bytes())) };
            } else if attributes != NONE {
                let at = self.sink.child(attributes, Key::plain(attribute));
                let encoding = if text.contains(&b'&') { Encoding::XmlText } else { Encoding::Raw };
                if at != NONE {
                    self.sink.value(at, value, Kind::Text, encoding);
                }
            }
        }
        let element = Element { name, state, data: is_data, filled: false };
        if self.record[self.at..].starts_with(b"/>") {
            self.finish(&element, self.at as u32);
            self.at += 2;
        } else if self.record[self.at..].starts_with(b">") {
            self.at += 1;
            self.open.push(element);
        } else {
            return Err(self.malformed());
        }
        Ok(())
    }

    /// The name that begins at `start`.
    fn name(&self, start: usize) -> Option<&'r [u8]> {
        let rest = &self.record[start..];
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_:-.".contains(byte) || *byte >= 0x80;
        let length = rest.iter().take_while(|byte| is_name(byte)).count();
        (length > 0 && !rest[0].is_ascii_digit()).then(|| &rest[..length])
    }

    /// The next attribute of the tag that is being read, with its value's place; none at the tag's end.
    fn attribute(&mut self) -> Result<Option<(&'r [u8], Span)>, Unreadable> {
        self.skip_blanks();
        if matches!(self.record.get(self.at), Some(b'>' | b'/') | None) {
            return Ok(None);
        }
        let name = self.name(self.at).ok_or_else(|| self.malformed())?;
        self.at += name.len();
        self.skip_blanks();
        if self.record.get(self.at) != Some(&b'=') {
            return Err(self.malformed());
        }
        self.at += 1;
        self.skip_blanks();
        let quote = self.record.get(self.at).copied().filter(|byte| matches!(byte, b'"' | b'\''));
        let quote = quote.ok_or_else(|| self.malformed())?;
        let start = self.at + 1;
        let length = memchr(quote, &self.record[start..]).ok_or_else(|| self.malformed())?;
        self.at = start + length + 1;
        Ok(Some((name, Span { start: start as u32, end: (start + length) as u32 })))
    }

    fn skip_blanks(&mut self) {
        while self.record.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}
