//! Events in XML, as Windows event logs are exported: each `<Event>` is a record, whatever lines it is on.
//!
//! Around events only what exports write there is passed over: declarations, `<Events>`, comments. Other XML is text.

use std::io::Read;

use super::{framing::Framer, window::Capped};

/// Bytes in which a tag must show its name.
const TAG_BYTES_MAX: usize = 128;
/// Bytes of a declaration, a comment or an opening `<Events>` that are passed over.
const AROUND_BYTES_MAX: usize = 16 << 10;

/// What begins with a `<`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Markup {
    /// An event, and its name with the prefix.
    Event(Vec<u8>),
    /// So many bytes around events.
    Around(usize),
    /// No event.
    Other,
}

/// A tag, or what is written like one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tag {
    /// An event, by its name with the prefix.
    Event(Vec<u8>),
    /// What comes before events, and what it ends with.
    Begins(&'static [u8]),
    /// What comes behind events, and what it ends with.
    Ends(&'static [u8]),
    Other,
}

/// Why the scan of an event stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    More,
    End,
    /// The next event begins before this one ended.
    Torn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Text,
    Tag {
        quote: Option<u8>,
        begins: bool,
    },
    /// A closing tag of the event's name.
    Close,
    Comment,
    Cdata,
}

/// Follows one event to its end.
struct EventScan {
    name: Vec<u8>,
    within: Within,
    /// The byte before, inside a tag.
    last: u8,
    begun: bool,
    at_margin: bool,
}

impl EventScan {
    fn new(name: Vec<u8>) -> Self {
        Self { name, within: Within::Text, last: 0, begun: false, at_margin: false }
    }

    /// Takes bytes: how many, and why it stopped. With `ended`, no more will come.
    fn feed(&mut self, bytes: &[u8], ended: bool) -> (usize, Stop) {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let (length, stop) = match self.within {
                Within::Text => self.text(rest, ended),
                Within::Tag { quote, begins } => self.inside_tag(rest, quote, begins),
                Within::Close => match memchr::memchr(b'>', rest) {
                    Some(end) => return (at + end + 1, Stop::End),
                    None => (rest.len(), Some(Stop::More)),
                },
                Within::Comment => self.until(rest, b"-->", ended),
                Within::Cdata => self.until(rest, b"]]>", ended),
            };
            at += length;
            if length > 0 {
                self.at_margin = bytes[at - 1] == b'\n';
            }
            if let Some(stop) = stop {
                return (at, stop);
            }
        }
        (at, Stop::More)
    }

    /// Bytes of a tag that must be seen to tell it.
    fn needed(&self, tag: &[u8]) -> usize {
        match tag.get(1) {
            None => 2,
            Some(b'!') => b"<![CDATA[".len(),
            Some(b'/') => 3 + self.name.len(),
            Some(_) => 2 + self.name.len(),
        }
    }

    fn text(&mut self, bytes: &[u8], ended: bool) -> (usize, Option<Stop>) {
        let Some(open) = memchr::memchr(b'<', bytes) else { return (bytes.len(), None) };
        let tag = &bytes[open..];
        if tag.len() < self.needed(tag) && !ended {
            return (open, Some(Stop::More));
        }
        if let Some(close) = tag.strip_prefix(b"</") {
            if names(close, &self.name) {
                self.within = Within::Close;
            }
            return (open + 2, None);
        }
        if tag.starts_with(b"<!--") {
            self.within = Within::Comment;
            return (open + 4, None);
        }
        if tag.starts_with(b"<![CDATA[") {
            self.within = Within::Cdata;
            return (open + 9, None);
        }
        let is_event = names(&tag[1..], &self.name);
        if is_event && self.begun {
            return (open, Some(Stop::Torn));
        }
        self.within = Within::Tag { quote: None, begins: is_event };
        self.begun = true;
        self.last = 0;
        (open + 1, None)
    }

    fn inside_tag(&mut self, bytes: &[u8], quote: Option<u8>, begins: bool) -> (usize, Option<Stop>) {
        for (at, &byte) in bytes.iter().enumerate() {
            match (byte, quote) {
                // No value holds this: the tag was cut off.
                (b'<', _) => {
                    self.within = Within::Text;
                    return (at, None);
                }
                (b'\'' | b'"', None) => {
                    self.within = Within::Tag { quote: Some(byte), begins };
                    return (at + 1, None);
                }
                (_, Some(open)) if byte == open => {
                    self.within = Within::Tag { quote: None, begins };
                    self.last = 0;
                    return (at + 1, None);
                }
                (b'>', None) => {
                    self.within = Within::Text;
                    let is_empty = begins && self.last == b'/';
                    return (at + 1, is_empty.then_some(Stop::End));
                }
                _ => self.last = byte,
            }
        }
        (bytes.len(), None)
    }

    /// Skips to the end of a comment or of character data; one that never ends is cut off where an event begins.
    fn until(&mut self, bytes: &[u8], end: &[u8], ended: bool) -> (usize, Option<Stop>) {
        let found = memchr::memchr2(end[0], b'<', bytes);
        let Some(found) = found else { return (bytes.len(), None) };
        let rest = &bytes[found..];
        let needed = if rest[0] == b'<' { self.needed(rest) } else { end.len() };
        if rest.len() < needed && !ended {
            return (found, Some(Stop::More));
        }
        let at_margin = if found == 0 { self.at_margin } else { bytes[found - 1] == b'\n' };
        if rest.starts_with(end) {
            self.within = Within::Text;
            return (found + end.len(), None);
        }
        let is_event = rest[0] == b'<' && names(&rest[1..], &self.name);
        if is_event && at_margin {
            return (found, Some(Stop::Torn));
        }
        (found + 1, None)
    }
}

/// Whether a tag has this name.
fn names(tag: &[u8], name: &[u8]) -> bool {
    tag.strip_prefix(name).and_then(<[u8]>::first).is_some_and(|byte| is_name_end(*byte))
}

fn is_name_end(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/')
}

impl<R: Read> Framer<R> {
    /// Takes the event that begins behind these blanks, or passes over what is around events. False when it is neither.
    pub(super) fn take_xml(&mut self, blanks: usize) -> bool {
        match self.markup(blanks) {
            Markup::Other => false,
            Markup::Around(length) => {
                self.input.consume(blanks + length);
                self.gaps.around_bytes += length as u64;
                true
            }
            Markup::Event(name) => {
                self.take_event(blanks, name);
                true
            }
        }
    }

    /// Tells what begins with the `<` at a byte.
    fn markup(&mut self, from: usize) -> Markup {
        if self.input.consumed() < self.no_xml_before {
            return Markup::Other;
        }
        match self.tag_at(from) {
            Tag::Event(name) => Markup::Event(name),
            Tag::Ends(end) => self.end_of(from, end).map_or(Markup::Other, |end| Markup::Around(end - from)),
            Tag::Begins(_) => self.around(from),
            Tag::Other => Markup::Other,
        }
    }

    /// What tag begins at a byte.
    fn tag_at(&mut self, from: usize) -> Tag {
        self.input.holds(from + 1);
        let mut length = 0;
        // As many bytes as the name has, and no more: the next event may be long in coming.
        while self.input.holds(from + length + 1) && length < TAG_BYTES_MAX {
            let byte = self.input.bytes()[from + length];
            if length > 0 && (byte.is_ascii_whitespace() || matches!(byte, b'>' | b'<')) {
                break;
            }
            length += 1;
        }
        let bytes = &self.input.bytes()[from..];
        let is_whole = bytes.get(length).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'>');
        let Some(tag) = bytes[..length].strip_prefix(b"<") else { return Tag::Other };
        let closes = tag.starts_with(b"/");
        let name = tag.strip_prefix(b"/").unwrap_or(tag);
        let name = name.strip_suffix(b"/").unwrap_or(name);
        match name.rsplit(|byte| *byte == b':').next().unwrap_or_default() {
            b"Event" if is_whole && !closes => Tag::Event(name.to_vec()),
            b"Events" if is_whole && closes => Tag::Ends(b">"),
            b"Events" if is_whole => Tag::Begins(b">"),
            _ if tag.starts_with(b"?xml") => Tag::Begins(b"?>"),
            _ if tag.starts_with(b"!--") => Tag::Begins(b"-->"),
            _ => Tag::Other,
        }
    }

    /// Everything around events from a byte on, up to the event that follows; where none follows, it is text.
    fn around(&mut self, from: usize) -> Markup {
        let mut at = from;
        while at - from < AROUND_BYTES_MAX {
            let behind = match self.tag_at(at) {
                Tag::Event(_) => return Markup::Around(at - from),
                Tag::Begins(end) | Tag::Ends(end) => self.end_of(at, end),
                Tag::Other => None,
            };
            let Some(behind) = behind else { break };
            at = behind;
            while self.input.holds(at + 1) && self.input.bytes()[at].is_ascii_whitespace() {
                at += 1;
            }
        }
        self.no_xml_before = self.input.consumed() + (at - from) as u64;
        Markup::Other
    }

    /// The byte behind the first such end from a byte on.
    fn end_of(&mut self, from: usize, end: &[u8]) -> Option<usize> {
        let mut at = from;
        loop {
            let bytes = self.input.bytes();
            if let Some(found) = memchr::memmem::find(&bytes[at..], end) {
                return Some(at + found + end.len());
            }
            at = bytes.len().saturating_sub(end.len() - 1).max(from);
            if bytes.len() - from >= AROUND_BYTES_MAX || !self.input.more() {
                return None;
            }
        }
    }

    fn take_event(&mut self, blanks: usize, name: Vec<u8>) {
        let start = self.start_behind(blanks);
        self.input.consume(blanks);
        let line = self.input.line();
        let mut record = Capped::new(self.record_bytes_max);
        let mut scan = EventScan::new(name);
        let stop = loop {
            let (length, stop) = scan.feed(self.input.bytes(), self.input.ended());
            record.push(&self.input.bytes()[..length]);
            self.input.consume(length);
            if stop != Stop::More || !self.input.more() && self.input.bytes().is_empty() {
                break stop;
            }
        };
        let is_one_line = self.input.line() == line;
        let behind = self.next_in_line(0).map(|behind| self.input.bytes()[behind]);
        if stop != Stop::End {
            self.gaps.broken += 1;
        }
        let (bytes, length) = record.finish(|byte| byte.is_ascii_whitespace());
        self.give(start, is_one_line && matches!(behind, None | Some(b'\n')), bytes, length, None);
    }
}
