//! A window on a stream that grows when more must be seen at once, and a record of bounded size.

use std::io::{self, Read};

/// Bytes asked of a source at a time, at least.
const CHUNK_BYTES: usize = 64 << 10;

/// What has been read of a stream and not consumed.
pub(super) struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The first byte not consumed.
    start: usize,
    /// The byte behind the last one read.
    end: usize,
    ended: bool,
    failure: Option<io::Error>,
    consumed: u64,
    line_ends: u64,
    last: Option<u8>,
}

impl<R: Read> Window<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            failure: None,
            consumed: 0,
            line_ends: 0,
            last: None,
        }
    }

    /// What has been read and not consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Bytes of memory in use.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.buffer.len()
    }

    /// Whether nothing comes after `bytes`.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Bytes consumed so far.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The number of the line that the next byte is in, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line_ends + 1
    }

    /// Whether the next byte is the first of its line.
    pub(super) fn at_line_start(&self) -> bool {
        matches!(self.last, None | Some(b'\n'))
    }

    /// The error that ended the stream, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Skips a mark before the first line.
    pub(super) fn skip_mark(&mut self, bytes: usize) {
        self.start += bytes;
        self.consumed += bytes as u64;
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        let taken = &self.bytes()[..bytes];
        self.line_ends += memchr::memchr_iter(b'\n', taken).count() as u64;
        self.advance(bytes);
    }

    /// Consumes bytes whose only line end is the last byte.
    pub(super) fn consume_line(&mut self, bytes: usize) {
        self.line_ends += 1;
        self.advance(bytes);
    }

    fn advance(&mut self, bytes: usize) {
        if bytes > 0 {
            self.last = Some(self.buffer[self.start + bytes - 1]);
        }
        self.start += bytes;
        self.consumed += bytes as u64;
    }

    /// The next byte; none at the end.
    pub(super) fn peek(&mut self) -> Option<u8> {
        if self.start == self.end && !self.more() {
            return None;
        }
        self.bytes().first().copied()
    }

    /// Whether the window holds at least so many bytes, reading on as needed.
    pub(super) fn holds(&mut self, bytes: usize) -> bool {
        while self.bytes().len() < bytes {
            if !self.more() {
                return false;
            }
        }
        true
    }

    /// Reads on; false at the end. An error is kept and ends the stream.
    pub(super) fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.buffer.len() - self.end < CHUNK_BYTES {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.buffer.len() - self.end < CHUNK_BYTES {
                self.buffer.resize(self.end + 2 * CHUNK_BYTES, 0);
            }
        }
        let read = loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let taken = read.unwrap_or_else(|error| {
            self.failure = Some(error);
            0
        });
        self.end += taken;
        self.ended = taken == 0;
        !self.ended
    }
}

/// The bytes of a record, no more than one beyond what is allowed, and how many there are.
pub(super) struct Capped {
    bytes: Vec<u8>,
    bytes_max: usize,
    seen: u64,
}

impl Capped {
    pub(super) fn new(record_bytes_max: usize) -> Self {
        Self { bytes: Vec::new(), bytes_max: record_bytes_max.saturating_add(1), seen: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
        let room = self.bytes_max - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The bytes and their number, without this end.
    pub(super) fn finish(mut self, is_end: impl Fn(u8) -> bool) -> (Vec<u8>, u64) {
        if self.seen == self.bytes.len() as u64 {
            let kept = self.bytes.iter().rposition(|byte| !is_end(*byte)).map_or(0, |last| last + 1);
            self.seen -= (self.bytes.len() - kept) as u64;
            self.bytes.truncate(kept);
        }
        (self.bytes, self.seen)
    }

    /// The bytes and their number, without one carriage return at the end.
    pub(super) fn finish_line(mut self) -> (Vec<u8>, u64) {
        if self.seen == self.bytes.len() as u64 && self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
            self.seen -= 1;
        }
        (self.bytes, self.seen)
    }
}
