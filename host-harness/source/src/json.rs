//! JSON values in a stream: on a line each, over several lines, side by side, in arrays and in envelopes.
//!
//! A value is held until its end shows what it is. One that is longer than a record may be is opened where the array of
//! an envelope begins, and the array's elements are taken one after another.

use std::{io::Read, sync::Arc};

use super::{
    array::Level,
    document::{self, Opened, skip_white},
    envelope::{self, Follows},
    framing::{Framer, LineEnd, Start},
    scan::{Scan, Stop},
    window::Capped,
};
use glassbox_report::{Frame, FrameKind};

/// Arrays inside arrays that are opened.
pub(super) const LEVELS_MAX: usize = 64;
/// Bytes of a key, with its quotes, that are looked back at.
const KEY_BYTES_MAX: usize = 48;
/// What a value that is held came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It has so many bytes.
    Whole(usize),
    /// It breaks at this byte; whether a line ended inside a string there.
    Broken(usize, bool),
    /// It is longer than what is held.
    Long,
    /// The source ends inside it.
    Cut,
}

impl<R: Read> Framer<R> {
    /// Takes the object that begins behind these blanks. False, and nothing is consumed, when it is none.
    pub(super) fn take_object(&mut self, blanks: usize) -> bool {
        let start = self.start_behind(blanks);
        if start.line.is_some()
            && let Some((end, line)) = self.whole_line(blanks)
        {
            let frame = self.action.take();
            let length = end - blanks;
            let kept = length.min(self.record_bytes_max.saturating_add(1));
            let bytes = self.input.bytes()[blanks..blanks + kept].to_vec();
            if self.input.bytes().get(line - 1) == Some(&b'\n') {
                self.input.consume_line(line);
            } else {
                self.input.consume(line);
            }
            self.give(start, true, bytes, length as u64, frame);
            self.after_value = true;
            return true;
        }
        self.take_value_at_top(start, blanks)
    }

    /// Enters the array that begins behind these blanks. False when text begins so: `[1234.5] usb 1-1: ...`.
    pub(super) fn take_array(&mut self, blanks: usize) -> bool {
        let Some(inside) = self.next_significant(blanks + 1) else { return false };
        let is_array = match self.input.bytes()[inside] {
            b'{' => true,
            b']' => {
                let behind = self.next_in_line(inside + 1);
                behind.is_none_or(|behind| self.input.bytes()[behind] == b'\n')
            }
            _ => false,
        };
        if is_array {
            let is_one_line = self.input.at_line_start();
            self.input.consume(blanks + 1);
            self.levels.push(Level::new(0, None, is_one_line));
        }
        is_array
    }

    /// The line that begins here, when it can only be one object and no envelope: where the object ends, and where the
    /// line does. Looks at brackets alone; what is told by them is enough for nearly all lines.
    fn whole_line(&mut self, from: usize) -> Option<(usize, usize)> {
        let mut at = from + 1;
        loop {
            let bytes = self.input.bytes();
            for found in memchr::memchr3_iter(b'\n', b'{', b'[', &bytes[at..]) {
                let found = at + found;
                if bytes[found] == b'\n' {
                    let end = closing_brace(&bytes[from..found])?;
                    return Some((from + end, found + 1));
                }
                if is_unclear(bytes, from, found) {
                    return None;
                }
            }
            at = bytes.len();
            if at - from >= self.hold_bytes {
                return None;
            }
            if !self.input.more() {
                let end = closing_brace(&self.input.bytes()[from..])?;
                return Some((from + end, at));
            }
        }
    }

    /// Follows the value that begins at a byte as far as is held.
    pub(super) fn hold(&mut self, from: usize) -> (Scan, Held) {
        let (mut scan, mut at) = (Scan::new(), from);
        let limit = from + self.hold_bytes;
        loop {
            let bytes = self.input.bytes();
            let (length, stop) = scan.feed(&bytes[at..bytes.len().min(limit)]);
            at += length;
            let held = match stop {
                Stop::End => Held::Whole(at - from),
                Stop::Stray => Held::Broken(at - from, false),
                Stop::LineEndInString => Held::Broken(at - from, true),
                Stop::More | Stop::Opened if at == limit => Held::Long,
                Stop::More | Stop::Opened if !self.input.more() => Held::Cut,
                Stop::More | Stop::Opened => continue,
            };
            return (scan, held);
        }
    }

    fn take_value_at_top(&mut self, start: Start, from: usize) -> bool {
        let (scan, held) = self.hold(from);
        if let Held::Whole(length) = held {
            return self.take_whole_at_top(start, from, length, &scan);
        }
        if self.enter(start, from, &scan, held) {
            return true;
        }
        let is_one_line = scan.line_ends() == 0;
        match held {
            Held::Long => self.take_long(start, from, scan),
            // A line that breaks is one record, whatever it holds.
            _ if is_one_line => return false,
            Held::Broken(length, false) if scan.at_margin() => {
                let mut record = self.taken(from, length);
                self.gaps.broken += 1;
                self.give_trimmed(start, scan.line_ends() == 1, &mut record, None);
            }
            Held::Broken(length, in_string) => {
                let mut record = self.taken(from, length);
                self.take_broken_lines(&mut record, in_string);
                self.gaps.broken += 1;
                self.give_trimmed(start, false, &mut record, None);
            }
            Held::Cut | Held::Whole(_) => {
                let length = self.input.bytes().len() - from;
                let mut record = self.taken(from, length);
                self.gaps.is_cut_short = true;
                self.give_trimmed(start, false, &mut record, None);
            }
        }
        self.after_value = true;
        true
    }

    /// Takes a whole value, or what it wraps. False when text follows on its line: then the line is one record.
    fn take_whole_at_top(&mut self, start: Start, from: usize, length: usize, scan: &Scan) -> bool {
        let behind = self.next_in_line(from + length).map(|behind| self.input.bytes()[behind]);
        let is_alone = matches!(behind, None | Some(b'\n' | b',' | b'{' | b'[' | b'<' | 0));
        let opened =
            if scan.is_suspect() { document::open(&self.input.bytes()[from..from + length]) } else { Opened::Record };
        match opened {
            Opened::Record if !is_alone && scan.line_ends() == 0 => return false,
            Opened::Record => {
                let frame = self.action.take();
                let record = self.taken(from, length);
                let is_line = scan.line_ends() == 0 && matches!(behind, None | Some(b'\n'));
                let (bytes, length) = record.finish(|_| false);
                self.give(start, is_line, bytes, length, frame);
            }
            Opened::Envelope(pieces) => self.give_pieces(from, length, pieces, None),
            Opened::Action(follows) => {
                let bytes = self.input.bytes()[from..from + length].to_vec();
                self.input.consume(from + length);
                if follows == Follows::Document {
                    self.action = Some(Arc::new(Frame { kind: FrameKind::BulkAction, bytes, whole: true }));
                }
            }
        }
        self.after_value = true;
        true
    }

    /// Gives the records of a document of so many bytes.
    pub(super) fn give_pieces(
        &mut self,
        from: usize,
        length: usize,
        pieces: Vec<document::Piece>,
        outer: Option<&Arc<Frame>>,
    ) {
        let offset = self.input.consumed() + from as u64;
        for piece in pieces {
            let bytes = &self.input.bytes()[from..][piece.span.clone()];
            let kept = bytes[..bytes.len().min(self.record_bytes_max.saturating_add(1))].to_vec();
            let start = Start { offset: offset + piece.span.start as u64, line: None };
            let frame = piece.frame.or_else(|| outer.cloned());
            self.give(start, false, kept, piece.span.len() as u64, frame);
        }
        self.input.consume(from + length);
    }

    /// Enters the array of an envelope that is too long to be held, or breaks.
    pub(super) fn enter(&mut self, start: Start, from: usize, scan: &Scan, held: Held) -> bool {
        let Some(open) = scan.open() else { return false };
        let length = open.length as usize;
        let before = &self.input.bytes()[from..from + length];
        let is_envelope = held == Held::Long || !document::says_event(before, open.objects);
        let inside = skip_white(self.input.bytes(), from + length);
        if !is_envelope || self.levels.len() >= LEVELS_MAX || self.input.bytes().get(inside) != Some(&b'{') {
            return false;
        }
        let frame =
            (document::keys(before) > open.objects).then(|| document::envelope_frame(before.to_vec(), &[], false));
        let is_one_line = start.line.is_some() && !before.contains(&b'\n');
        self.input.consume(from + length);
        self.levels.push(Level::new(open.objects, frame, is_one_line));
        true
    }

    /// Takes a value that is longer than what is held: a record, by its beginning, unless an envelope shows itself.
    pub(super) fn take_long(&mut self, start: Start, from: usize, mut scan: Scan) {
        let mut record = self.taken(from, self.hold_bytes);
        scan.stop_at_opens();
        let stop = loop {
            if self.input.peek().is_none() {
                self.gaps.is_cut_short = true;
                break Stop::More;
            }
            let (length, stop) = scan.feed(self.input.bytes());
            record.push(&self.input.bytes()[..length]);
            self.input.consume(length);
            match stop {
                Stop::More => {}
                Stop::Opened => {
                    let Some(open) = scan.open().filter(|_| self.next_is_object()) else { continue };
                    let (before, _) = record.finish(|_| false);
                    let frame = document::envelope_frame(before, &[], false);
                    self.levels.push(Level::new(open.objects, Some(frame), false));
                    return;
                }
                stop => break stop,
            }
        };
        if matches!(stop, Stop::Stray | Stop::LineEndInString) {
            self.gaps.broken += 1;
            if self.levels.is_empty() {
                self.take_line_into(&mut record);
            } else {
                self.resume(&mut record);
            }
        }
        let frame = self.levels.last().and_then(|level| level.frame.clone());
        self.give_trimmed(start, false, &mut record, frame);
    }

    /// Behind a break in a value over several lines: takes the lines that still belong to it.
    fn take_broken_lines(&mut self, record: &mut Capped, in_string: bool) {
        let mut is_rest = true;
        while let Some(byte) = self.input.peek() {
            // The rest of the line that broke, and what a string goes on with on the next.
            let is_first = is_rest && (!in_string || byte != b'{');
            let goes_on = byte.is_ascii_whitespace() || matches!(byte, b'"' | b',' | b'}' | b']');
            if !is_first && !goes_on {
                return;
            }
            let ends = byte == b'}' && !is_rest;
            is_rest = false;
            let end = self.take_line_into(record);
            if end == LineEnd::Newline {
                record.push(b"\n");
            }
            if ends || end != LineEnd::Newline {
                return;
            }
        }
    }

    /// Consumes bytes up to the end of a record, and these of them as a record.
    pub(super) fn taken(&mut self, from: usize, length: usize) -> Capped {
        let mut record = Capped::new(self.record_bytes_max);
        record.push(&self.input.bytes()[from..from + length]);
        self.input.consume(from + length);
        record
    }

    pub(super) fn give_trimmed(&mut self, start: Start, is_line: bool, record: &mut Capped, frame: Option<Arc<Frame>>) {
        let record = std::mem::replace(record, Capped::new(0));
        let (bytes, length) = record.finish(|byte| byte.is_ascii_whitespace());
        self.give(start, is_line, bytes, length, frame);
    }

    pub(super) fn start_behind(&self, blanks: usize) -> Start {
        let start = self.start();
        Start { offset: start.offset + blanks as u64, ..start }
    }

    /// The place of the next byte that is no white space, from a place on, as far as is held.
    pub(super) fn next_significant(&mut self, mut at: usize) -> Option<usize> {
        loop {
            at = skip_white(self.input.bytes(), at);
            if at < self.input.bytes().len() {
                return Some(at);
            }
            if at >= self.hold_bytes || !self.input.more() {
                return None;
            }
        }
    }

    /// The place of the next byte that is no blank, from a place on. A line end is none.
    pub(super) fn next_in_line(&mut self, mut at: usize) -> Option<usize> {
        loop {
            let bytes = self.input.bytes();
            at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
            if at < bytes.len() {
                return Some(at);
            }
            if !self.input.more() {
                return None;
            }
        }
    }

    pub(super) fn next_is_object(&mut self) -> bool {
        self.next_significant(0).is_some_and(|at| self.input.bytes()[at] == b'{')
    }
}

/// The byte behind the brace that a line ends with; blanks may follow it.
fn closing_brace(line: &[u8]) -> Option<usize> {
    let last = line.iter().rposition(|byte| !byte.is_ascii_whitespace())?;
    (line[last] == b'}').then_some(last + 1)
}

/// Whether a bracket in a line says that the line may be more than one record: behind a brace, a hole, or the key of an
/// envelope.
fn is_unclear(bytes: &[u8], from: usize, bracket: usize) -> bool {
    let last = |end: usize| bytes[from..end].iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map(|at| from + at);
    let Some(before) = last(bracket) else { return false };
    match bytes[before] {
        b'}' | 0 => true,
        b':' => {
            let Some(quote) = last(before).filter(|at| bytes[*at] == b'"') else { return false };
            let reach = quote.saturating_sub(KEY_BYTES_MAX).max(from);
            let Some(begin) = memchr::memrchr(b'"', &bytes[reach..quote]) else { return false };
            let key = &bytes[reach + begin + 1..quote];
            let is_array = bytes[bracket] == b'[';
            envelope::may_open(key, is_array)
                && document::first_key(&bytes[from..])
                    .is_none_or(|first| envelope::may_open_behind(key, is_array, first))
        }
        _ => false,
    }
}
