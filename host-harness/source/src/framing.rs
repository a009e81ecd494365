//! Bytes to records, as a stream: lines, arrays, CloudTrail's wrapper, values one after another.
//!
//! One record at a time is held, and of a record that is too long only its beginning. Whatever is broken is given as
//! it stands, for the plugin to refuse with a reason: an array that breaks off gives the elements before the break,
//! then the rest as one record.

use std::io::{self, Read};

use glassbox_report::Position;

use super::{
    SNIFF_BYTES_MAX,
    sniff::{self, Framing, Scan, Step},
};

/// Bytes asked of a source at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// A record and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed {
    /// The line, or the element.
    pub position: Position,
    /// The record without its framing; too long by one byte or more when it was longer than allowed.
    pub bytes: Vec<u8>,
}

/// Where the framer stands among JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// Between values.
    Top,
    /// In an array of records.
    Array,
    /// In the array of a wrapper.
    Wrapped,
}

/// Takes a source apart into records.
pub struct Framer<R> {
    input: Window<R>,
    framing: Framing,
    level: Level,
    /// Lines or elements begun so far.
    count: u64,
    record_bytes_max: usize,
    cut_short: bool,
}

impl<R: Read> Framer<R> {
    /// Looks at the first bytes and makes ready.
    ///
    /// # Errors
    /// When they cannot be read, or are of a form that is known and not read, such as UTF-16.
    pub fn open(reader: R, record_bytes_max: usize) -> io::Result<Self> {
        let mut input = Window::new(reader);
        // The longest mark that a form is refused by has 15 bytes.
        while input.bytes().len() < 16 && input.more() {}
        sniff::refuse(input.bytes())?;
        if input.bytes().starts_with(b"\xef\xbb\xbf") {
            input.consume(3);
        }
        let framing = loop {
            if let Some(framing) = sniff::framing(input.bytes(), false) {
                break framing;
            }
            if input.bytes().len() >= SNIFF_BYTES_MAX || !input.more() {
                // What failed before the first byte failed to open.
                if let (true, Some(error)) = (input.bytes().is_empty(), input.failure.take()) {
                    return Err(error);
                }
                break sniff::framing(input.bytes(), true).unwrap_or(Framing::Lines);
            }
        };
        Ok(Self { input, framing, level: Level::Top, count: 0, record_bytes_max, cut_short: false })
    }

    /// The error that ended the source before its end. What had been read was given.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.input.failure.take()
    }

    /// Whether the source ended inside an array.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.cut_short
    }

    fn next_line(&mut self) -> Option<Framed> {
        loop {
            self.input.peek()?;
            self.count += 1;
            let mut record = Capped::new(self.record_bytes_max);
            self.take_line(&mut record);
            let bytes = record.without_carriage_return();
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Some(Framed { position: Position::Line(self.count), bytes });
            }
        }
    }

    /// Takes the rest of the line, its end too, which is not kept.
    fn take_line(&mut self, record: &mut Capped) {
        while self.input.peek().is_some() {
            let bytes = self.input.bytes();
            if let Some(end) = memchr::memchr(b'\n', bytes) {
                record.push(&bytes[..end]);
                self.input.consume(end + 1);
                return;
            }
            record.push(bytes);
            self.input.consume_all();
        }
    }

    fn next_value(&mut self) -> Option<Framed> {
        loop {
            let Some(byte) = self.peek_significant() else {
                self.cut_short |= self.level != Level::Top;
                return None;
            };
            let bytes = match (self.level, byte) {
                (Level::Top, b'[') => {
                    self.input.consume(1);
                    self.level = Level::Array;
                    continue;
                }
                (Level::Top, b'{') if self.enter_wrapper() => continue,
                (Level::Array | Level::Wrapped, b']') => {
                    self.input.consume(1);
                    self.leave_array();
                    continue;
                }
                (_, b'{' | b'[' | b'"') => self.take_value(),
                (Level::Top, _) => {
                    let mut record = Capped::new(self.record_bytes_max);
                    self.take_line(&mut record);
                    record.trimmed()
                }
                _ => self.take_scalar(),
            };
            self.count += 1;
            return Some(Framed { position: Position::Element(self.count), bytes });
        }
    }

    /// The next byte that is neither white space nor a comma between values.
    fn peek_significant(&mut self) -> Option<u8> {
        loop {
            self.input.peek()?;
            let bytes = self.input.bytes();
            let skip = bytes.iter().take_while(|byte| sniff::is_white(**byte) || **byte == b',').count();
            let found = bytes.get(skip).copied();
            self.input.consume(skip);
            if found.is_some() {
                return found;
            }
        }
    }

    /// Enters the array of a wrapper object, if one begins here.
    fn enter_wrapper(&mut self) -> bool {
        loop {
            match sniff::wrapper(self.input.bytes(), self.input.ended) {
                Some(Some(length)) => {
                    self.input.consume(length);
                    self.level = Level::Wrapped;
                    return true;
                }
                Some(None) => return false,
                None => {
                    self.input.more();
                }
            }
        }
    }

    /// What a wrapper says beside its records is no record: it is passed over to the closing brace.
    fn leave_array(&mut self) {
        if self.level == Level::Wrapped {
            let mut scan = Scan::inside();
            while self.input.peek().is_some() {
                let (taken, step) = scan.feed(self.input.bytes(), false);
                self.input.consume(taken);
                if step == Step::End {
                    break;
                }
            }
        }
        self.level = Level::Top;
    }

    /// An object, array or string.
    fn take_value(&mut self) -> Vec<u8> {
        let mut record = Capped::new(self.record_bytes_max);
        let mut scan = Scan::default();
        while self.input.peek().is_some() {
            let bytes = self.input.bytes();
            let (taken, step) = scan.feed(bytes, false);
            record.push(&bytes[..taken]);
            self.input.consume(taken);
            match step {
                Step::End => return record.bytes,
                Step::Broken => {
                    self.take_broken(&mut record);
                    break;
                }
                Step::More | Step::LineEnd => {}
            }
        }
        record.trimmed()
    }

    /// A value broke: nothing inside an array can be told apart any more, and outside the next line that begins with a
    /// brace is taken for a new value.
    fn take_broken(&mut self, record: &mut Capped) {
        while let Some(byte) = self.input.peek() {
            if self.level == Level::Top && byte == b'{' {
                return;
            }
            self.take_line(record);
            record.push(b"\n");
        }
    }

    /// A number, a word or rubbish in an array.
    fn take_scalar(&mut self) -> Vec<u8> {
        let mut record = Capped::new(self.record_bytes_max);
        while self.input.peek().is_some() {
            let bytes = self.input.bytes();
            let end = bytes.iter().position(|&byte| sniff::is_white(byte) || matches!(byte, b',' | b']'));
            record.push(&bytes[..end.unwrap_or(bytes.len())]);
            match end {
                Some(end) => {
                    self.input.consume(end);
                    break;
                }
                None => self.input.consume_all(),
            }
        }
        record.bytes
    }
}

impl<R: Read> Iterator for Framer<R> {
    type Item = Framed;

    fn next(&mut self) -> Option<Framed> {
        match self.framing {
            Framing::Lines => self.next_line(),
            Framing::Values => self.next_value(),
        }
    }
}

/// The bytes of a record, no more than one beyond what is allowed.
struct Capped {
    bytes: Vec<u8>,
    bytes_max: usize,
    seen: u64,
}

impl Capped {
    fn new(record_bytes_max: usize) -> Self {
        Self { bytes: Vec::new(), bytes_max: record_bytes_max + 1, seen: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
        let room = self.bytes_max - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn is_whole(&self) -> bool {
        self.seen == self.bytes.len() as u64
    }

    fn without_carriage_return(mut self) -> Vec<u8> {
        if self.is_whole() && self.bytes.ends_with(b"\r") {
            self.bytes.pop();
        }
        self.bytes
    }

    fn trimmed(mut self) -> Vec<u8> {
        if self.is_whole() {
            self.bytes.truncate(self.bytes.trim_ascii_end().len());
        }
        self.bytes
    }
}

/// A window on a source that grows when more must be seen at once.
struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The first byte not consumed.
    start: usize,
    ended: bool,
    failure: Option<io::Error>,
}

impl<R: Read> Window<R> {
    fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, ended: false, failure: None }
    }

    /// What has been read and not consumed.
    fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    fn consume_all(&mut self) {
        self.start = self.buffer.len();
    }

    /// The next byte; none at the end.
    fn peek(&mut self) -> Option<u8> {
        if self.start == self.buffer.len() && !self.more() {
            return None;
        }
        self.bytes().first().copied()
    }

    /// Reads on; false at the end. An error is kept and ends the source.
    fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let held = self.buffer.len();
        self.buffer.resize(held + CHUNK_BYTES, 0);
        let read = loop {
            match self.reader.read(&mut self.buffer[held..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let taken = read.unwrap_or_else(|error| {
            self.failure = Some(error);
            0
        });
        self.buffer.truncate(held + taken);
        self.ended = taken == 0;
        !self.ended
    }
}
