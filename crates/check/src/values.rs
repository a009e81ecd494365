//! Where the values of a record lie, by the syntax that the record is written in.
//!
//! Evidence about a whole value must name the whole of one, and evidence about a part must lie inside one: so a plugin
//! can neither cut the end off a command line and call the rest the command line, nor find a word in a key.
//!
//! | record | a value |
//! |---|---|
//! | JSON: begins with `{`, or with `[` and one of `{["]` | a string's content, a number, a literal, or an object or array inside the outermost one |
//! | Windows' XML | a run of text between tags, a CDATA section, an attribute's value |
//! | auditd's line | what stands behind `name=`, in quotes or up to a blank; the line |
//! | other text, a syslog header before any of these too | any run of bytes that cuts no word at either end |
//!
//! What cannot be checked: that the value is of the field which the evidence names. A field's canonical name is often
//! not the record's own, and the maps between them are the plugin's; so only absence, where the plugin must say under
//! which names it looked, is checked by name.

use std::cell::OnceCell;

use glassbox_predicate::{Encoding, Span, TextPlace, decode};

use super::{
    json::{self, Visitor},
    markup,
};

/// The values of one record, found when they are first asked for.
pub(super) struct Values<'r> {
    record: &'r [u8],
    found: OnceCell<Found>,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// As it stands, whatever bytes it holds.
    Plain,
    /// As it stands, but for what begins with this byte: an escape or a reference.
    Escaped(u8),
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) span: Span,
    pub(super) written: Written,
}

/// The values that the record's syntax marks.
enum Found {
    /// These alone, ascending by start.
    Marked(Vec<Value>),
    /// Whatever cuts no word: no syntax marks where values end.
    Words,
    /// The record begins like one of a syntax and breaks it.
    Broken,
}

impl<'r> Values<'r> {
    pub(super) fn of(record: &'r [u8]) -> Self {
        Self { record, found: OnceCell::new() }
    }

    pub(super) fn record(&self) -> &'r [u8] {
        self.record
    }

    /// Whether a place within the record is the whole of a value.
    pub(super) fn has_whole(&self, place: TextPlace) -> bool {
        match self.found() {
            Found::Marked(values) => {
                let behind = values.partition_point(|value| value.span.start < place.span.start);
                let mut here = values[behind..].iter().take_while(|value| value.span.start == place.span.start);
                here.any(|value| value.span == place.span && self.reads_as(value, place))
            }
            Found::Words => cuts_no_word(self.record, place.span),
            Found::Broken => false,
        }
    }

    /// Whether a place within the record lies in a value and splits none of its escapes.
    pub(super) fn has_part(&self, place: TextPlace) -> bool {
        let holds = |value: &Value| {
            place.span.end <= value.span.end && self.reads_as(value, place) && self.is_aligned(value, place)
        };
        match self.found() {
            Found::Marked(values) => {
                let behind = values.partition_point(|value| value.span.start <= place.span.start);
                values[..behind].iter().rev().any(holds)
            }
            Found::Words => true,
            Found::Broken => false,
        }
    }

    fn found(&self) -> &Found {
        self.found.get_or_init(|| find(self.record))
    }

    /// Whether the place reads bytes as the value is written: escapes are decoded where there are any, and only there.
    fn reads_as(&self, value: &Value, place: TextPlace) -> bool {
        let escape = match value.written {
            Written::Plain => return matches!(place.encoding, Encoding::Raw | Encoding::Hex),
            Written::Escaped(escape) => escape,
        };
        place.encoding == decoding(escape) || !place.span.of(self.record).unwrap_or_default().contains(&escape)
    }

    /// Whether what stands before, in and behind the place reads the same apart as it does together.
    fn is_aligned(&self, value: &Value, place: TextPlace) -> bool {
        let whole = value.span.of(self.record).unwrap_or_default();
        let (before, rest) = whole.split_at((place.span.start - value.span.start) as usize);
        let (inside, behind) = rest.split_at((place.span.end - place.span.start) as usize);
        let reads_the_same = |encoding| {
            let apart = [before, inside, behind].map(|bytes| decode(bytes, encoding)).concat();
            decode(whole, encoding) == apart
        };
        let escapes = match value.written {
            Written::Escaped(escape) if whole.contains(&escape) => reads_the_same(decoding(escape)),
            _ => true,
        };
        escapes && (place.encoding != Encoding::Hex || reads_the_same(Encoding::Hex))
    }
}

/// How text with such escapes is decoded.
fn decoding(escape: u8) -> Encoding {
    if escape == b'&' { Encoding::XmlText } else { Encoding::JsonString }
}

fn find(record: &[u8]) -> Found {
    let start = json::content_start(record);
    let content = &record[start..];
    match content.first() {
        Some(b'{') => Collected::of(record, start).map_or(Found::Broken, Found::Marked),
        Some(b'[') if begins_array(content) => Collected::of(record, start).map_or(Found::Words, Found::Marked),
        _ if markup::begins_xml(content) => markup::xml(record, start).map_or(Found::Broken, Found::Marked),
        _ if markup::begins_audit(content) => Found::Marked(markup::audit(record, start)),
        _ => Found::Words,
    }
}

/// Whether an array begins here that holds more than numbers and literals: a line of text may begin with a bracket too.
fn begins_array(content: &[u8]) -> bool {
    matches!(content[1..].trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b']'))
}

/// The values of a JSON record.
#[derive(Default)]
struct Collected(Vec<Value>);

impl Collected {
    fn of(record: &[u8], start: usize) -> Option<Vec<Value>> {
        let mut collected = Self::default();
        json::walk(record, start, &(), &mut collected).ok()?;
        let Self(mut values) = collected;
        values.sort_by_key(|value| value.span.start);
        Some(values)
    }
}

impl Visitor for Collected {
    type Path = ();
    type Stop = ();

    fn below(&self, (): &(), _: &str) {}

    fn scalar(&mut self, (): &(), span: Span, string: bool) -> Result<(), ()> {
        let written = if string { Written::Escaped(b'\\') } else { Written::Plain };
        self.0.push(Value { span, written });
        Ok(())
    }

    fn container(&mut self, span: Span) {
        self.0.push(Value { span, written: Written::Plain });
    }

    fn unreadable(&self, _: usize) {}
}

/// Whether neither end of a span stands inside a word.
fn cuts_no_word(record: &[u8], span: Span) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    let is_word = |at: Option<usize>| {
        let byte = at.and_then(|at| record.get(at));
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
    };
    // A byte order mark is no letter.
    let marked = record[..start].ends_with(b"\xef\xbb\xbf");
    let cuts_start = !marked && is_word(start.checked_sub(1)) && is_word(Some(start));
    let cuts_end = is_word(end.checked_sub(1)) && is_word(Some(end));
    !cuts_start && !cuts_end
}
