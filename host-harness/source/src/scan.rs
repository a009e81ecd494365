//! Follows one JSON value to its end, and finds where it stops being one.
//!
//! Knows brackets, quotes and the order of parts, never what a value says. Numbers and words are taken by their letters
//! alone, and a string by its quotes: what is not quite JSON stays one value and is refused by whoever reads it.

use super::envelope;

/// Containers inside containers whose kind is known. Deeper ones are followed by their brackets alone.
const KNOWN_DEPTH: usize = 256;
/// Bytes of a key that are kept: longer than every key that an envelope is known by.
const KEY_BYTES_MAX: usize = 40;

/// Why a scan stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The bytes are used up and the value goes on.
    More,
    /// The value ends with the last byte taken.
    End,
    /// The next byte cannot belong to the value.
    Stray,
    /// A line ended inside a string. The line end is taken.
    LineEndInString,
    /// What may be the array of an envelope begins with the last byte taken; only when asked for.
    Opened,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// Inside a number or a word.
    Scalar,
    /// Whatever: the kind of the container is not known.
    Any,
}

/// An array that may hold the records of an envelope and has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// Bytes of the value up to and with its bracket.
    pub(super) length: u64,
    /// Objects around it.
    pub(super) objects: usize,
}

/// The state of a scan, which takes a value in as many pieces as there are.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    depth: usize,
    /// Of each known level, whether it is an array.
    arrays: [u64; KNOWN_DEPTH / 64],
    arrays_open: usize,
    expect: Expect,
    in_string: bool,
    is_key: bool,
    escaped: bool,
    key: Vec<u8>,
    taken: u64,
    line_ends: u64,
    at_margin: bool,
    open: Option<Open>,
    suspect: bool,
    stop_at_opens: bool,
}

impl Scan {
    /// A scan of the value that begins with the next byte.
    pub(super) fn new() -> Self {
        Self {
            depth: 0,
            arrays: [0; KNOWN_DEPTH / 64],
            arrays_open: 0,
            expect: Expect::Value,
            in_string: false,
            is_key: false,
            escaped: false,
            key: Vec::new(),
            taken: 0,
            line_ends: 0,
            at_margin: false,
            open: None,
            suspect: false,
            stop_at_opens: false,
        }
    }

    /// A scan that begins behind a member of the innermost of so many objects.
    pub(super) fn inside(objects: usize) -> Self {
        Self { depth: objects, expect: Expect::CommaOrEnd, ..Self::new() }
    }

    /// From here on, stops at whatever may be the array of an envelope.
    pub(super) fn stop_at_opens(&mut self) {
        self.stop_at_opens = true;
    }

    /// Line ends taken so far, between the parts of the value.
    pub(super) fn line_ends(&self) -> u64 {
        self.line_ends
    }

    /// Whether the last byte taken ends a line.
    pub(super) fn at_margin(&self) -> bool {
        self.at_margin
    }

    /// Whether something in it has the key of an envelope.
    pub(super) fn is_suspect(&self) -> bool {
        self.suspect
    }

    /// The array that may be an envelope's and has not ended.
    pub(super) fn open(&self) -> Option<Open> {
        self.open
    }

    /// Takes bytes up to the value's end: how many, and why it stopped.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> (usize, Stop) {
        let (length, stop) = self.follow(bytes);
        if self.stop_at_opens && stop == Stop::Opened {
            return (length, stop);
        }
        self.taken += length as u64;
        if length > 0 {
            self.at_margin = bytes[length - 1] == b'\n';
        }
        (length, stop)
    }

    fn follow(&mut self, bytes: &[u8]) -> (usize, Stop) {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                match self.string(&bytes[at..]) {
                    (length, Stop::More) if at + length == bytes.len() && self.in_string => {
                        return (bytes.len(), Stop::More);
                    }
                    (length, Stop::More) => {
                        at += length;
                        continue;
                    }
                    (length, stop) => return (at + length, stop),
                }
            }
            let byte = bytes[at];
            if self.expect == Expect::Scalar {
                if is_scalar(byte) {
                    at += 1;
                    continue;
                }
                self.expect = Expect::CommaOrEnd;
            }
            let margin = if at == 0 { self.at_margin } else { bytes[at - 1] == b'\n' };
            match byte {
                b' ' | b'\t' | b'\r' => {}
                b'\n' => self.line_ends += 1,
                b'"' => {
                    if !self.begin_string() {
                        return (at, Stop::Stray);
                    }
                }
                b'{' | b'[' => {
                    if !self.begin_container(byte == b'[', margin, self.taken + at as u64 + 1) {
                        return (at, Stop::Stray);
                    }
                    let length = self.taken + at as u64 + 1;
                    if self.stop_at_opens && self.open.is_some_and(|open| open.length == length) {
                        self.taken += at as u64 + 1;
                        self.at_margin = false;
                        return (at + 1, Stop::Opened);
                    }
                }
                b'}' | b']' => match self.end_container(byte == b']') {
                    None => return (at, Stop::Stray),
                    Some(true) => return (at + 1, Stop::End),
                    Some(false) => {}
                },
                b':' | b',' if self.expect == Expect::Any => {}
                b':' if self.expect == Expect::Colon => self.expect = Expect::Value,
                b',' if self.expect == Expect::CommaOrEnd => {
                    self.expect = if self.is_array() { Expect::Value } else { Expect::Key };
                }
                _ if !is_scalar(byte) || self.depth == 0 => return (at, Stop::Stray),
                _ if matches!(self.expect, Expect::Value | Expect::ValueOrEnd) => self.expect = Expect::Scalar,
                _ if self.expect == Expect::Any => {}
                _ => return (at, Stop::Stray),
            }
            at += 1;
        }
        (at, Stop::More)
    }

    /// Takes a piece of a string, its closing quote too.
    fn string(&mut self, bytes: &[u8]) -> (usize, Stop) {
        if self.escaped {
            self.escaped = false;
            self.keep(&bytes[..1]);
            return if bytes[0] == b'\n' { (1, Stop::LineEndInString) } else { (1, Stop::More) };
        }
        let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', bytes) else {
            self.keep(bytes);
            return (bytes.len(), Stop::More);
        };
        self.keep(&bytes[..found]);
        match bytes[found] {
            b'\n' => return (found + 1, Stop::LineEndInString),
            b'\\' => {
                self.keep(b"\\");
                self.escaped = true;
            }
            _ => {
                self.in_string = false;
                if self.depth == 0 {
                    return (found + 1, Stop::End);
                }
            }
        }
        (found + 1, Stop::More)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.is_key && self.key.len() < KEY_BYTES_MAX {
            let room = KEY_BYTES_MAX - self.key.len();
            self.key.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    fn begin_string(&mut self) -> bool {
        self.is_key = matches!(self.expect, Expect::Key | Expect::KeyOrEnd);
        self.expect = match self.expect {
            Expect::Key | Expect::KeyOrEnd => Expect::Colon,
            Expect::Value | Expect::ValueOrEnd => Expect::CommaOrEnd,
            Expect::Any => Expect::Any,
            Expect::Colon | Expect::CommaOrEnd | Expect::Scalar => return false,
        };
        if self.is_key {
            self.key.clear();
        }
        self.in_string = true;
        true
    }

    fn begin_container(&mut self, is_array: bool, margin: bool, length: u64) -> bool {
        if !matches!(self.expect, Expect::Value | Expect::ValueOrEnd | Expect::Any) {
            return false;
        }
        let is_member = self.depth > 0 && !self.is_array();
        // No member's value begins at the margin: the line before was cut off.
        if is_member && margin {
            return false;
        }
        if is_member && self.arrays_open == 0 && envelope::may_open(&self.key, is_array) {
            self.suspect = true;
            if is_array {
                self.open = Some(Open { length, objects: self.depth });
            }
        }
        if self.depth < KNOWN_DEPTH {
            let (word, bit) = (self.depth / 64, 1 << (self.depth % 64));
            if is_array {
                self.arrays[word] |= bit;
            } else {
                self.arrays[word] &= !bit;
            }
        }
        self.depth += 1;
        self.arrays_open += usize::from(is_array);
        self.expect = match is_array {
            _ if self.depth > KNOWN_DEPTH => Expect::Any,
            true => Expect::ValueOrEnd,
            false => Expect::KeyOrEnd,
        };
        true
    }

    /// Whether the value ends; none when this bracket cannot stand here.
    fn end_container(&mut self, is_array: bool) -> Option<bool> {
        let allowed = match self.expect {
            Expect::CommaOrEnd | Expect::Any => true,
            Expect::KeyOrEnd | Expect::Key => !is_array,
            Expect::ValueOrEnd | Expect::Value => is_array,
            _ => false,
        };
        if !allowed || self.depth == 0 || (self.depth <= KNOWN_DEPTH && self.is_array() != is_array) {
            return None;
        }
        self.depth -= 1;
        self.arrays_open = self.arrays_open.saturating_sub(usize::from(is_array));
        if is_array && self.arrays_open == 0 {
            self.open = None;
        }
        self.expect = if self.depth > KNOWN_DEPTH { Expect::Any } else { Expect::CommaOrEnd };
        Some(self.depth == 0)
    }

    /// Whether the innermost container is an array.
    fn is_array(&self) -> bool {
        let level = self.depth.saturating_sub(1);
        level < KNOWN_DEPTH && self.arrays[level / 64] & (1 << (level % 64)) != 0
    }
}

/// Letters of numbers and words.
fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}
