//! One pass over JSON text: structure is checked strictly, values are told to a sink, nothing is built.
//!
//! Not a JSON library: no numbers are computed and no strings decoded. More lenient than the standard in two things:
//! strings may hold raw control characters, and unknown escapes stand for themselves. Duplicate keys all count.
//!
//! Invariants: no recursion; time linear in the length.

use glassbox_finding::{Encoding, Span, UnscoredReason};
use glassbox_predicate::whole_number;

use crate::{
    Kind, Unreadable,
    buffers::{Buffers, Frame},
    limits::DEPTH_MAX,
    sink::{Key, NONE, ROOT, Sink},
    strings::Strings,
    syntax::Syntax,
};

/// One JSON text, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json {
    start: usize,
}

impl Syntax for Json {
    fn recognise(record: &[u8], start: usize) -> Option<Self> {
        let begins = match &record[start..] {
            [b'{', ..] => true,
            // A line may begin with a bracket too; an array of records holds more brackets, or strings.
            [b'[', rest @ ..] => matches!(rest.trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b']')),
            _ => false,
        };
        begins.then_some(Self { start })
    }

    #[inline]
    fn walk<S: Sink>(self, record: &[u8], buffers: &mut Buffers, sink: &mut S) -> Result<(), Unreadable> {
        walk(record, self.start, buffers, sink)
    }
}

/// Walks the JSON text that begins at `start` and reaches to the end of the record.
fn walk<S: Sink>(record: &[u8], start: usize, buffers: &mut Buffers, sink: &mut S) -> Result<(), Unreadable> {
    let Buffers { frames, strings } = buffers;
    frames.clear();
    strings.find(record);
    let mut walker = Walker { record, at: start, frames, strings, sink };
    let mut state = ROOT;
    loop {
        let opened = walker.value(state)?;
        match opened {
            Opened::Nothing => {}
            Opened::Object => {
                if walker.skip_blanks() != Some(b'}') {
                    state = walker.key()?;
                    continue;
                }
            }
            Opened::Array => {
                if walker.skip_blanks() != Some(b']') {
                    continue;
                }
            }
        }
        match walker.next(matches!(opened, Opened::Nothing))? {
            Some(next) => state = next,
            None => return Ok(()),
        }
    }
}

#[derive(Clone, Copy)]
enum Opened {
    Nothing,
    Object,
    Array,
}

struct Walker<'r, 's, S> {
    record: &'r [u8],
    at: usize,
    frames: &'s mut Vec<Frame>,
    strings: &'s Strings,
    sink: &'s mut S,
}

impl<S: Sink> Walker<'_, '_, S> {
    fn malformed(&self) -> Unreadable {
        Unreadable { reason: UnscoredReason::Malformed, at: self.at as u32 }
    }

    /// Moves to the next byte that is not blank, and gives it.
    #[inline]
    fn skip_blanks(&mut self) -> Option<u8> {
        while let Some(&byte) = self.record.get(self.at) {
            if byte > b' ' || !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes one scalar, or the opening of an object or array.
    #[inline]
    fn value(&mut self, state: u32) -> Result<Opened, Unreadable> {
        let start = self.at;
        let first = self.record.get(start);
        // Most values are strings: no need to go through all that it could be.
        if first == Some(&b'"') {
            let end = self.string_end(start + 1)?;
            self.at = end + 1;
            if state != NONE {
                let span = Span { start: start as u32 + 1, end: end as u32 };
                self.sink.value(state, span, Kind::Text, Encoding::JsonString);
            }
            return Ok(Opened::Nothing);
        }
        let mut length = None;
        let kind = match first {
            Some(b'{') => return self.open(state, false),
            Some(b'[') => return self.open(state, true),
            Some(b't') => self.literal(b"true", Kind::Bool)?,
            Some(b'f') => self.literal(b"false", Kind::Bool)?,
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            Some(b'-' | b'0'..=b'9') => {
                let kind = self.number()?;
                length = Some(whole_number(&self.record[start..self.at]).len());
                kind
            }
            _ => return Err(self.malformed()),
        };
        if state != NONE {
            let end = length.map_or(self.at, |length| start + length);
            self.sink.value(state, Span { start: start as u32, end: end as u32 }, kind, Encoding::Raw);
        }
        Ok(Opened::Nothing)
    }

    fn open(&mut self, state: u32, array: bool) -> Result<Opened, Unreadable> {
        if self.frames.len() == DEPTH_MAX {
            return Err(Unreadable { reason: UnscoredReason::TooDeep, at: self.at as u32 });
        }
        let mark = self.sink.mark() as u32;
        self.frames.push(Frame { state, start: self.at as u32, mark, array, special: false });
        self.at += 1;
        Ok(if array { Opened::Array } else { Opened::Object })
    }

    /// Goes on after a value: closes what ends here, and gives the state of the next value; none at the end.
    /// `comma` is whether a comma may follow: not directly after an opening bracket.
    #[inline]
    fn next(&mut self, comma: bool) -> Result<Option<u32>, Unreadable> {
        let mut comma = comma;
        loop {
            let byte = self.skip_blanks();
            let Some(&frame) = self.frames.last() else {
                return if byte.is_none() { Ok(None) } else { Err(self.malformed()) };
            };
            match byte {
                Some(b',') if comma => {
                    self.at += 1;
                    self.skip_blanks();
                    return if frame.array { Ok(Some(frame.state)) } else { self.key().map(Some) };
                }
                Some(b'}') if !frame.array => self.close(frame),
                Some(b']') if frame.array => self.close(frame),
                _ => return Err(self.malformed()),
            }
            comma = true;
        }
    }

    fn close(&mut self, frame: Frame) {
        self.at += 1;
        self.frames.pop();
        if !frame.array && frame.state != NONE {
            self.sink.close(frame.state, frame.mark as usize);
        }
        // Objects inside an array are told as the array that holds them, once.
        if frame.array == frame.special {
            if let Some(parent) = self.frames.last_mut().filter(|parent| parent.array) {
                parent.special = true;
            } else if frame.state != NONE {
                self.sink.container(frame.state, Span { start: frame.start, end: self.at as u32 });
            }
        }
    }

    /// Takes a key and its colon; gives the state of the member.
    #[inline]
    fn key(&mut self) -> Result<u32, Unreadable> {
        if self.record.get(self.at) != Some(&b'"') {
            return Err(self.malformed());
        }
        let start = self.at + 1;
        let end = self.string_end(start)?;
        self.at = end + 1;
        if self.skip_blanks() != Some(b':') {
            return Err(self.malformed());
        }
        self.at += 1;
        self.skip_blanks();
        let Some(frame) = self.frames.last_mut() else { return Ok(NONE) };
        if frame.state == NONE {
            return Ok(NONE);
        }
        let key = Key { bytes: &self.record[start..end], escaped: self.strings.has_backslash(start, end) };
        let child = self.sink.child(frame.state, key);
        frame.special |= child == frame.state;
        Ok(child)
    }

    /// The position of the quote that ends the string whose text begins at `from`.
    #[inline]
    fn string_end(&self, from: usize) -> Result<usize, Unreadable> {
        self.strings.quote(from).ok_or(Unreadable { reason: UnscoredReason::Malformed, at: self.record.len() as u32 })
    }

    fn literal(&mut self, literal: &[u8], kind: Kind) -> Result<Kind, Unreadable> {
        let rest = &self.record[self.at..];
        let same = rest.iter().zip(literal).take_while(|(found, expected)| found == expected).count();
        self.at += same;
        if same == literal.len() { Ok(kind) } else { Err(self.malformed()) }
    }

    fn number(&mut self) -> Result<Kind, Unreadable> {
        if self.record[self.at] == b'-' {
            self.at += 1;
        }
        if self.record.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.record.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.record.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.record.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Kind::Number)
    }

    fn digits(&mut self) -> Result<(), Unreadable> {
        let start = self.at;
        while self.record.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(self.malformed()) } else { Ok(()) }
    }
}
