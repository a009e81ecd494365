//! Arrays in a stream, element by element, and how reading goes on behind an element that breaks.

use std::{io::Read, sync::Arc};

use super::{
    document::{self, Opened, is_white, skip_white},
    framing::{Framer, Start, Step},
    json::{Held, LEVELS_MAX},
    scan::{Scan, Stop},
    window::Capped,
};
use glassbox_report::Frame;

/// Bytes behind a brace in which the next element must begin for reading to go on there.
const RESUME_BYTES: usize = 256;

/// An array whose elements are taken one after another.
pub(super) struct Level {
    /// Objects around the array that end behind it.
    objects: usize,
    pub(super) frame: Option<Arc<Frame>>,
    /// Whether the document is on one line so far.
    is_one_line: bool,
    elements: u64,
    /// The first key of the element before.
    key: Vec<u8>,
    /// What stood between the two elements before.
    between: Vec<u8>,
}

impl Level {
    pub(super) fn new(objects: usize, frame: Option<Arc<Frame>>, is_one_line: bool) -> Self {
        Self { objects, frame, is_one_line, elements: 0, key: Vec::new(), between: Vec::new() }
    }

    /// Whether an element may begin behind a break, with this between it and the brace before.
    pub(super) fn resumes(&self, between: &[u8], element: &[u8]) -> bool {
        let like_before = between.contains(&b'\n') && between == self.between;
        self.elements == 0 || like_before || document::first_key(element).is_some_and(|key| key == self.key)
    }
}

impl<R: Read> Framer<R> {
    /// Takes the next element of the innermost array, or leaves the array.
    pub(super) fn step_in_array(&mut self) -> Step {
        let Some(byte) = self.next_in_array() else {
            self.gaps.is_cut_short = true;
            self.levels.clear();
            return Step::End;
        };
        match byte {
            b']' => {
                self.input.consume(1);
                let objects = self.levels.pop().map_or(0, |level| level.objects);
                if objects > 0 {
                    self.skip_remainder(objects);
                }
                self.after_value = true;
            }
            b'[' if self.levels.len() < LEVELS_MAX && self.array_of_objects() => {
                self.input.consume(1);
                self.levels.push(Level::new(0, None, false));
            }
            b'{' | b'[' | b'"' => self.take_element(),
            _ => self.take_scalar(),
        }
        Step::Again
    }

    /// Skips what stands between elements; then the next byte.
    fn next_in_array(&mut self) -> Option<u8> {
        let mut between = Vec::new();
        loop {
            self.input.peek()?;
            let bytes = self.input.bytes();
            let skip = bytes.iter().take_while(|byte| is_white(**byte) || matches!(**byte, b',' | 0)).count();
            let found = bytes.get(skip).copied();
            if between.len() < RESUME_BYTES {
                between.extend_from_slice(&bytes[..skip]);
            }
            let nuls = bytes[..skip].iter().filter(|byte| **byte == 0).count();
            self.gaps.hole_bytes += nuls as u64;
            self.input.consume(skip);
            if let Some(byte) = found {
                if let Some(level) = self.levels.last_mut() {
                    level.is_one_line &= !between.contains(&b'\n');
                    level.between = between;
                }
                return Some(byte);
            }
        }
    }

    fn take_element(&mut self) {
        let start = Start { line: None, ..self.start() };
        let (scan, held) = self.hold(0);
        let Some(level) = self.levels.last_mut() else { return };
        let frame = level.frame.clone();
        if let Held::Whole(length) = held {
            let element = &self.input.bytes()[..length];
            level.elements += 1;
            level.key = document::first_key(element).unwrap_or_default().to_vec();
            let opened = if scan.is_suspect() { document::open(element) } else { Opened::Record };
            if let Opened::Envelope(pieces) = opened {
                return self.give_pieces(0, length, pieces, frame.as_ref());
            }
            let (bytes, length) = self.taken(0, length).finish(|_| false);
            return self.give(start, false, bytes, length, frame);
        }
        if self.enter(start, 0, &scan, held) {
            return;
        }
        let mut record = match held {
            Held::Long => return self.take_long(start, 0, scan),
            Held::Broken(length, in_string) => {
                let mut record = self.taken(0, length);
                self.gaps.broken += 1;
                let is_one_line = self.levels.last().is_some_and(|level| level.is_one_line);
                if is_one_line && (in_string || scan.at_margin()) && self.input.peek() == Some(b'{') {
                    self.leave_torn_document();
                } else {
                    self.resume(&mut record);
                }
                record
            }
            Held::Cut | Held::Whole(_) => {
                let length = self.input.bytes().len();
                self.taken(0, length)
            }
        };
        self.give_trimmed(start, false, &mut record, frame);
    }

    /// The line that a document is on was cut off, and another document begins.
    fn leave_torn_document(&mut self) {
        self.gaps.is_cut_short = true;
        self.levels.clear();
    }

    /// Behind a break in an element: takes everything up to where the next element begins.
    pub(super) fn resume(&mut self, record: &mut Capped) {
        loop {
            let bytes = self.input.bytes();
            let found = memchr::memchr2(b'}', b'\n', bytes).map(|at| (at, bytes[at]));
            let length = found.map_or(bytes.len(), |(at, _)| at + 1);
            record.push(&bytes[..length]);
            self.input.consume(length);
            if found.is_none() && !self.input.more() {
                self.gaps.is_cut_short = true;
                return;
            }
            let (Some((_, byte)), Some(level)) = (found, self.levels.last()) else { continue };
            if byte == b'\n' {
                if level.is_one_line && self.input.peek() == Some(b'{') {
                    return self.leave_torn_document();
                }
                continue;
            }
            self.input.holds(RESUME_BYTES);
            let bytes = self.input.bytes();
            let next = skip_white(bytes, 0);
            match bytes.get(next) {
                Some(b',') => {
                    let next = skip_white(bytes, next + 1);
                    if bytes.get(next) == Some(&b'{') && level.resumes(&bytes[..next], &bytes[next..]) {
                        return;
                    }
                }
                Some(b'{') if next > 0 && bytes[next - 1] == b'\n' => return self.leave_torn_document(),
                _ => {}
            }
        }
    }

    /// Skips what stands behind the array of an envelope, up to the end of its document.
    fn skip_remainder(&mut self, objects: usize) {
        let mut scan = Scan::inside(objects);
        scan.stop_at_opens();
        loop {
            if self.input.peek().is_none() {
                self.gaps.is_cut_short = true;
                return;
            }
            let (length, stop) = scan.feed(self.input.bytes());
            self.gaps.around_bytes += length as u64;
            self.input.consume(length);
            match stop {
                Stop::More => {}
                Stop::Opened => {
                    let Some(open) = scan.open().filter(|_| self.next_is_object()) else { continue };
                    self.levels.push(Level::new(open.objects, None, false));
                    return;
                }
                Stop::End => return,
                Stop::Stray | Stop::LineEndInString => {
                    self.gaps.broken += 1;
                    return;
                }
            }
        }
    }

    /// A number, a word or rubbish in an array.
    fn take_scalar(&mut self) {
        let start = Start { line: None, ..self.start() };
        let mut record = Capped::new(self.record_bytes_max);
        while self.input.peek().is_some() {
            let bytes = self.input.bytes();
            let end = bytes.iter().position(|&byte| is_white(byte) || matches!(byte, b',' | b']' | 0));
            let length = end.unwrap_or(bytes.len());
            record.push(&bytes[..length]);
            self.input.consume(length);
            if end.is_some() {
                break;
            }
        }
        let frame = self.levels.last().and_then(|level| level.frame.clone());
        self.give_trimmed(start, false, &mut record, frame);
    }

    fn array_of_objects(&mut self) -> bool {
        self.next_significant(1).is_some_and(|at| self.input.bytes()[at] == b'{')
    }
}
