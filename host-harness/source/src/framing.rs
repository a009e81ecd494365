//! Bytes to records, as a stream: lines, JSON values and what wraps them, events in XML, rows of CSV.
//!
//! How a record is told from the next is decided anew where each begins, so that files put together are read through.
//! At most one record that may still be taken in two ways is held; of a record that is too long, only its beginning. What
//! is broken is given as it is, for the plugin to refuse with a reason, and reading goes on behind it.
//!
//! Framing cuts and never decodes: a string that holds a record stays a string. Invariants: every byte is in one record,
//! in a frame, or between records; what is given never depends on how the bytes arrive.

use std::{
    collections::VecDeque,
    io::{self, Read},
    sync::Arc,
};

use super::{
    array::Level,
    content,
    csv::{Csv, Row},
    window::{Capped, Window},
};
use glassbox_report::{Frame, Position};

/// Bytes of a value that are held, at least, until it is known what it is.
const HOLD_BYTES_MIN: usize = 64 << 10;
/// NULs in a row that are a hole in a file and no part of a record: what is left where a file that was cut to nothing is
/// written on.
const HOLE_BYTES_MIN: usize = 4;

/// A record and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed {
    /// The line where the record is exactly one line of its source, otherwise its number among the source's records.
    pub position: Position,
    /// The record without its framing; too long by one byte when it was longer than allowed.
    pub bytes: Vec<u8>,
    /// The bytes of the record in its source.
    pub length: u64,
    /// The byte of the source that the record begins with, after decompression and decoding.
    pub offset: u64,
    /// What belongs to the record and stands beside it.
    pub frame: Option<Arc<Frame>>,
}

/// What a source held beside whole records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Bytes of NUL between records.
    pub hole_bytes: u64,
    /// Bytes around records that are in no frame: declarations and comments around events in XML, and what comes behind
    /// the records of a document that was opened as it came.
    pub around_bytes: u64,
    /// Values or events that broke off. Each was given as a record.
    pub broken: u64,
    /// Whether the source ended inside an array or an object.
    pub is_cut_short: bool,
}

/// What a step came to.
pub(super) enum Step {
    /// Something was consumed or decided.
    Again,
    /// The source has ended.
    End,
}

/// What a line ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    Newline,
    /// Some NULs.
    Hole,
    /// Nothing: the source ends.
    Source,
}

/// Takes a source apart into records.
pub struct Framer<R> {
    pub(super) input: Window<R>,
    pub(super) record_bytes_max: usize,
    /// Bytes of a value that are held until it is known what it is.
    pub(super) hold_bytes: usize,
    /// Arrays that the next byte is in, the innermost one last.
    pub(super) levels: Vec<Level>,
    pub(super) gaps: Gaps,
    /// Records given so far.
    given: u64,
    queue: VecDeque<Framed>,
    /// What the lines below `#fields` belong to.
    pub(super) fields: Option<Arc<Frame>>,
    /// What the next document of a `_bulk` file belongs to.
    pub(super) action: Option<Arc<Frame>>,
    csv: Option<Arc<Csv>>,
    begun: bool,
    /// Whether the last thing taken is a JSON value, so that a comma may follow.
    pub(super) after_value: bool,
    /// Up to here it is known that XML is text.
    pub(super) no_xml_before: u64,
}

impl<R: Read> Framer<R> {
    /// Looks at the first bytes.
    ///
    /// # Errors
    /// When they cannot be read, or are of a form that is known and holds no records that are read.
    pub fn open(reader: R, record_bytes_max: usize) -> io::Result<Self> {
        let mut input = Window::new(reader);
        input.holds(content::PREFIX_BYTES);
        // What failed before the first byte failed to open.
        if let (true, Some(error)) = (input.bytes().is_empty(), input.take_failure()) {
            return Err(error);
        }
        content::refuse(input.bytes())?;
        if input.bytes().starts_with(b"\xef\xbb\xbf") {
            input.skip_mark(3);
        }
        Ok(Self {
            input,
            record_bytes_max,
            hold_bytes: HOLD_BYTES_MIN.max(record_bytes_max.saturating_add(1)),
            levels: Vec::new(),
            gaps: Gaps::default(),
            given: 0,
            queue: VecDeque::new(),
            fields: None,
            action: None,
            csv: None,
            begun: false,
            after_value: false,
            no_xml_before: 0,
        })
    }

    /// The error that ended the source before its end. What had been read was given.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.input.take_failure()
    }

    /// Whether the source ended inside an array or an object.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.gaps.is_cut_short
    }

    /// What the source held beside whole records, as far as it was read.
    #[must_use]
    pub fn gaps(&self) -> Gaps {
        self.gaps
    }

    /// Bytes of memory in use for what was read and not given.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.input.memory()
    }

    fn step(&mut self) -> Step {
        if !self.levels.is_empty() {
            return self.step_in_array();
        }
        if !self.begun {
            self.begun = true;
            self.csv = Csv::find(&mut self.input).map(Arc::new);
        }
        match self.csv.clone() {
            Some(csv) if self.input.at_line_start() => self.step_in_csv(&csv),
            _ => self.step_at_top(),
        }
    }

    /// Takes what begins here, outside of every array.
    fn step_at_top(&mut self) -> Step {
        let Some(blanks) = self.skip_lines_of_blanks() else { return Step::End };
        let at_line_start = blanks == 0 && self.input.at_line_start();
        let taken = match self.input.bytes()[blanks] {
            b',' if self.after_value => {
                self.input.consume(blanks + 1);
                return Step::Again;
            }
            b'{' => self.take_object(blanks),
            b'[' => self.take_array(blanks),
            b'<' => self.take_xml(blanks),
            b'#' if at_line_start => self.take_hash_lines(),
            b'R' if at_line_start => self.skip_record_number(),
            _ => false,
        };
        if !taken {
            self.after_value = false;
            self.take_text_line(self.fields.clone());
        }
        Step::Again
    }

    /// Consumes blank lines and holes; then how many blanks come before the first byte of what follows. None at the end.
    fn skip_lines_of_blanks(&mut self) -> Option<usize> {
        let mut at = 0;
        loop {
            if self.input.bytes().len() == at && !self.input.more() {
                self.input.consume(at);
                return None;
            }
            match self.input.bytes()[at] {
                b'\n' => {
                    self.input.consume(at + 1);
                    at = 0;
                }
                0 => {
                    self.input.consume(at);
                    self.skip_hole();
                    at = 0;
                }
                // What blanks are there beyond those that are held belongs to no record.
                byte if byte.is_ascii_whitespace() && at >= self.hold_bytes => {
                    self.input.consume(at);
                    at = 0;
                }
                byte if byte.is_ascii_whitespace() => at += 1,
                _ => return Some(at),
            }
        }
    }

    pub(super) fn skip_hole(&mut self) {
        while self.input.peek() == Some(0) {
            let bytes = self.input.bytes();
            let length = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
            self.gaps.hole_bytes += length as u64;
            self.input.consume(length);
        }
    }

    /// Takes what is left of the line, up to a hole.
    fn take_text_line(&mut self, frame: Option<Arc<Frame>>) {
        let start = self.start();
        let mut record = Capped::new(self.record_bytes_max);
        let is_line = self.take_line_into(&mut record) != LineEnd::Hole;
        let (bytes, length) = record.finish_line();
        self.give(start, is_line, bytes, length, frame);
    }

    /// Takes what is left of the line; its end is consumed and not kept.
    pub(super) fn take_line_into(&mut self, record: &mut Capped) -> LineEnd {
        while self.input.peek().is_some() {
            let bytes = self.input.bytes();
            let Some(found) = memchr::memchr2(b'\n', 0, bytes) else {
                record.push(bytes);
                self.input.consume(bytes.len());
                continue;
            };
            record.push(&bytes[..found]);
            if bytes[found] == b'\n' {
                self.input.consume_line(found + 1);
                return LineEnd::Newline;
            }
            self.input.consume(found);
            self.input.holds(HOLE_BYTES_MIN);
            let nuls = self.input.bytes().iter().take_while(|byte| **byte == 0).count();
            if nuls >= HOLE_BYTES_MIN {
                self.skip_hole();
                return LineEnd::Hole;
            }
            record.push(&[0; HOLE_BYTES_MIN][..nuls]);
            self.input.consume(nuls);
        }
        LineEnd::Source
    }

    /// `Record 1` and the like, which some tools write before each event.
    fn skip_record_number(&mut self) -> bool {
        const NUMBER_BYTES_MAX: usize = 64;
        self.input.holds(NUMBER_BYTES_MAX);
        let bytes = self.input.bytes();
        let Some(rest) = bytes.strip_prefix(b"Record ") else { return false };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let blanks = rest[digits..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let begins = matches!(rest.get(digits + blanks), Some(b'<' | b'{'));
        if digits == 0 || !begins || !rest[digits..digits + blanks].contains(&b'\n') {
            return false;
        }
        self.input.consume(b"Record ".len() + digits + blanks);
        true
    }

    fn step_in_csv(&mut self, csv: &Csv) -> Step {
        if self.skip_lines_of_blanks().is_none() {
            return Step::End;
        }
        match csv.row(&mut self.input, self.hold_bytes) {
            Row::Record(length) => {
                let start = self.start();
                let mut record = Capped::new(self.record_bytes_max);
                record.push(&self.input.bytes()[..length]);
                self.input.consume(length);
                let (bytes, length) = record.finish(|byte| matches!(byte, b'\n' | b'\r'));
                self.give(start, true, bytes, length, Some(csv.frame()));
            }
            Row::Header(length) => self.input.consume(length),
            Row::Broken => self.take_text_line(Some(csv.frame())),
            Row::Other => self.csv = None,
        }
        Step::Again
    }

    /// Where a record begins that begins with the next byte.
    pub(super) fn start(&self) -> Start {
        Start { offset: self.input.consumed(), line: self.input.at_line_start().then(|| self.input.line()) }
    }

    /// Gives a record. It is called by its line when it is one from the first byte to the last.
    pub(super) fn give(&mut self, start: Start, is_line: bool, bytes: Vec<u8>, length: u64, frame: Option<Arc<Frame>>) {
        if bytes.is_empty() {
            return;
        }
        self.given += 1;
        let position = match start.line {
            Some(line) if is_line => Position::Line(line),
            _ => Position::Element(self.given),
        };
        self.queue.push_back(Framed { position, bytes, length, offset: start.offset, frame });
    }
}

/// Where a record begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) offset: u64,
    /// The line that it is the beginning of.
    pub(super) line: Option<u64>,
}

impl<R: Read> Iterator for Framer<R> {
    type Item = Framed;

    fn next(&mut self) -> Option<Framed> {
        loop {
            if let Some(framed) = self.queue.pop_front() {
                return Some(framed);
            }
            if let Step::End = self.step() {
                return None;
            }
        }
    }
}
