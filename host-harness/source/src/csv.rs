//! CSV with a header, and lines below `#fields`: every row is a record as it is written, the header is its frame.
//!
//! Text with commas in it is text. A file is taken for CSV when its first line can only be names of columns and the next
//! row has as many columns.

use std::{io::Read, sync::Arc};

use super::{framing::Framer, window::Window};
use glassbox_report::{Frame, FrameKind};

/// Bytes in which a header and the first row must show themselves.
const HEADER_BYTES_MAX: usize = 64 << 10;
/// Bytes of the name of a column.
const NAME_BYTES_MAX: usize = 128;
/// What may stand between two columns, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// What lines of a header with `#` begin with: Zeek's and W3C's.
const HASH_WORDS: [&[u8]; 6] = [b"#separator", b"#fields", b"#Fields:", b"#Software:", b"#Version:", b"#Date:"];
/// The line with the names of the columns.
const HASH_FIELDS: [&[u8]; 2] = [b"#fields", b"#Fields:"];

/// A CSV file's form.
#[derive(Debug)]
pub(super) struct Csv {
    delimiter: u8,
    /// The line with the names.
    header: Vec<u8>,
    frame: Arc<Frame>,
}

/// What comes next in a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// A record of so many bytes, its line end too.
    Record(usize),
    /// The header once more, as in files that were put together.
    Header(usize),
    /// A quote that never ends: the line is a record by itself.
    Broken,
    /// No CSV any more.
    Other,
}

impl Csv {
    /// Whether a source begins with the header of a CSV file, which is then consumed.
    pub(super) fn find<R: Read>(input: &mut Window<R>) -> Option<Self> {
        let first = input.peek()?;
        if matches!(first, b'{' | b'[' | b'<' | 0) {
            return None;
        }
        let (mut at, mut separator) = (0, None);
        let line = line(input, at)?;
        let bytes = &input.bytes()[..line];
        if let Some(rest) = bytes.strip_prefix(b"sep=") {
            separator = rest.first().copied();
            at = line;
        } else if bytes.starts_with(b"#TYPE ") {
            at = line;
        }
        let end = self::line(input, at)?;
        let header = trimmed(&input.bytes()[at..end]).to_vec();
        let (delimiter, columns) = separator
            .map_or(DELIMITERS.as_slice(), |_| &[])
            .iter()
            .copied()
            .chain(separator)
            .filter_map(|delimiter| Some((delimiter, names(&header, delimiter)?)))
            .max_by_key(|(_, columns)| *columns)?;
        let row = loop {
            let bytes = &input.bytes()[end..];
            match row(bytes, delimiter) {
                Some(length) => break &bytes[..length],
                None if input.bytes().len() >= HEADER_BYTES_MAX => return None,
                None if !input.more() => break &input.bytes()[end..],
                None => {}
            }
        };
        let found = columns_of(trimmed(row), delimiter)?.len();
        // Some exports leave the last column without a name.
        let fits = found == columns || (found == columns + 1 && columns > 2);
        if !fits || trimmed(row).is_empty() {
            return None;
        }
        let bytes = input.bytes()[..end].to_vec();
        input.consume(end);
        let frame = Arc::new(Frame { kind: FrameKind::CsvHeader { delimiter }, bytes, whole: true });
        Some(Self { delimiter, header, frame })
    }

    pub(super) fn frame(&self) -> Arc<Frame> {
        Arc::clone(&self.frame)
    }

    /// The row that begins here.
    pub(super) fn row<R: Read>(&self, input: &mut Window<R>, hold_bytes: usize) -> Row {
        let begins = |input: &mut Window<R>, word: &[u8]| input.holds(word.len()) && input.bytes().starts_with(word);
        if begins(input, b"{\"") || begins(input, b"<Event") || begins(input, b"<?xml") {
            return Row::Other;
        }
        let mut quotes = Quotes::new(self.delimiter);
        let mut at = 0;
        loop {
            let limit = input.bytes().len().min(hold_bytes);
            if let Some(length) = quotes.feed(&input.bytes()[at..limit]) {
                let length = at + length;
                let is_header = trimmed(&input.bytes()[..length]) == self.header;
                return if is_header { Row::Header(length) } else { Row::Record(length) };
            }
            at = limit;
            if at >= hold_bytes {
                return Row::Broken;
            }
            if !input.more() {
                return if quotes.is_open { Row::Broken } else { Row::Record(at) };
            }
        }
    }
}

/// Follows a row to its end.
struct Quotes {
    delimiter: u8,
    is_open: bool,
    /// Whether the next byte begins a column.
    is_begin: bool,
    /// Whether the byte before is a quote in an open column.
    is_quote: bool,
}

impl Quotes {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, is_open: false, is_begin: true, is_quote: false }
    }

    /// Takes bytes: how many up to and with the line end, if it is among them.
    fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.is_open {
                match (self.is_quote, byte) {
                    (false, b'"') => {
                        self.is_quote = true;
                        continue;
                    }
                    (false, _) => continue,
                    (true, b'"') => {
                        self.is_quote = false;
                        continue;
                    }
                    (true, _) => (self.is_open, self.is_quote) = (false, false),
                }
            }
            match byte {
                b'\n' => return Some(at + 1),
                b'"' if self.is_begin => self.is_open = true,
                _ => {}
            }
            self.is_begin = byte == self.delimiter;
        }
        // A quote at the very end closes its column.
        self.is_open &= !(self.is_quote && bytes.is_empty());
        None
    }
}

/// The bytes of the first row, its line end too; none when they do not hold all of it.
fn row(bytes: &[u8], delimiter: u8) -> Option<usize> {
    Quotes::new(delimiter).feed(bytes)
}

/// The columns of a row, quotes and all; none when a quote never ends.
fn columns_of(row: &[u8], delimiter: u8) -> Option<Vec<&[u8]>> {
    let mut columns = Vec::new();
    let mut rest = row;
    loop {
        let quoted = rest.first() == Some(&b'"');
        let mut at = usize::from(quoted);
        if quoted {
            loop {
                at += memchr::memchr(b'"', &rest[at..])? + 1;
                if rest.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
        }
        let end = memchr::memchr(delimiter, &rest[at..]);
        columns.push(&rest[..end.map_or(rest.len(), |end| at + end)]);
        match end {
            Some(end) => rest = &rest[at + end + 1..],
            None => return Some(columns),
        }
    }
}

/// How many columns a line names; none when it is not a header.
fn names(line: &[u8], delimiter: u8) -> Option<usize> {
    let columns = columns_of(line, delimiter)?;
    let unquoted = |column: &[u8]| {
        let inner = column.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
        (inner.unwrap_or(column).to_vec(), inner.is_some())
    };
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for column in &columns {
        let (name, is_quoted) = unquoted(column);
        // Two words with a comma between them are prose before they are a header.
        let is_plain = is_quoted || columns.len() > 2 || !name.contains(&b' ');
        if !is_name(&name) || !is_plain || seen.contains(&name) {
            return None;
        }
        seen.push(name);
    }
    (columns.len() >= 2).then_some(columns.len())
}

fn is_name(name: &[u8]) -> bool {
    let Some((first, rest)) = name.split_first() else { return false };
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80;
    let is_inner = |byte: &u8| is_letter(*byte) || byte.is_ascii_digit() || b"_ .-/()@[]#%$*".contains(byte);
    (is_letter(*first) || b"_@$#".contains(first))
        && rest.iter().all(is_inner)
        && name.last() != Some(&b' ')
        && name.len() <= NAME_BYTES_MAX
        && name.iter().filter(|byte| **byte == b' ').count() <= 4
}

/// The bytes up to and with the next line end from a byte on; none when it is too far or there is none.
fn line<R: Read>(input: &mut Window<R>, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let bytes = &input.bytes()[..input.bytes().len().min(HEADER_BYTES_MAX)];
        if let Some(found) = memchr::memchr(b'\n', &bytes[at.min(bytes.len())..]) {
            return Some(at + found + 1);
        }
        at = bytes.len();
        if at >= HEADER_BYTES_MAX || !input.more() {
            return None;
        }
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl<R: Read> Framer<R> {
    /// Lines that begin with `#`: the header of the lines below them, or text. False when they are text.
    pub(super) fn take_hash_lines(&mut self) -> bool {
        let begins = |bytes: &[u8], words: &[&[u8]]| words.iter().any(|word| bytes.starts_with(word));
        self.input.holds(16);
        let is_below = self.fields.is_some();
        if !is_below && !begins(self.input.bytes(), &HASH_WORDS) {
            return false;
        }
        let (mut at, mut has_fields) = (0, false);
        while let Some(end) = line(&mut self.input, at) {
            has_fields |= begins(&self.input.bytes()[at..end], &HASH_FIELDS);
            at = end;
            if self.input.bytes().len() == at && !self.input.more() {
                break;
            }
            if self.input.bytes()[at] != b'#' {
                break;
            }
        }
        if has_fields {
            let bytes = self.input.bytes()[..at].to_vec();
            self.fields = Some(Arc::new(Frame { kind: FrameKind::HashFields, bytes, whole: true }));
        }
        if at > 0 && (has_fields || is_below) {
            self.input.consume(at);
            return true;
        }
        if is_below && line(&mut self.input, 0).is_none() && self.input.bytes().len() < HEADER_BYTES_MAX {
            // The last line, without an end: `#close`.
            let length = self.input.bytes().len();
            self.input.consume(length);
            return true;
        }
        false
    }
}
