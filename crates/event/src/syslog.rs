//! Syslog headers: RFC 5424, RFC 3164, and the lines that daemons write to files with an ISO timestamp.
//!
//! Not for the year that RFC 3164 leaves out: such a line has no time. Not for the text behind the header, but for what
//! `sudo` puts there.

use glassbox_finding::{Encoding, Span};
use memchr::memchr;

use crate::{Unreadable, buffers::Buffers, sink::Sink, syntax::Syntax};

/// What a header says; empty spans where it does not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Header {
    /// Present only where it says the year.
    pub(crate) timestamp: Span,
    pub(crate) hostname: Span,
    pub(crate) program: Span,
    pub(crate) pid: Span,
    /// RFC 5424's structured data, with its brackets.
    pub(crate) structured: Span,
    pub(crate) message: Span,
}

impl Syntax for Header {
    fn recognise(record: &[u8], start: usize) -> Option<Self> {
        header(record, start)
    }

    fn walk<S: Sink>(self, record: &[u8], _: &mut Buffers, sink: &mut S) -> Result<(), Unreadable> {
        report(record, &self, sink);
        Ok(())
    }
}

/// The header that the line beginning at `start` has.
fn header(record: &[u8], start: usize) -> Option<Header> {
    let end = record.trim_ascii_end().len();
    let mut cursor = Cursor { record: &record[..end], at: start };
    let priority = cursor.priority();
    if priority && cursor.take(b"1 ") {
        return rfc5424(cursor);
    }
    let mut header = Header::default();
    if cursor.month_timestamp() {
        cursor.blanks();
    } else if let Some(timestamp) = cursor.iso_timestamp() {
        header.timestamp = timestamp;
    } else if !priority {
        return None;
    } else {
        header.message = cursor.rest();
        return Some(header);
    }
    header.hostname = cursor.word()?;
    cursor.blanks();
    cursor.tag(&mut header);
    header.message = cursor.rest();
    Some(header)
}

fn rfc5424(mut cursor: Cursor<'_>) -> Option<Header> {
    let mut header = Header::default();
    let mut words = [Span::default(); 5];
    for word in &mut words {
        *word = cursor.word()?;
        if !cursor.take(b" ") && cursor.at < cursor.record.len() {
            return None;
        }
        if word.of(cursor.record) == Some(b"-") {
            *word = Span::default();
        }
    }
    [header.timestamp, header.hostname, header.program, header.pid, _] = words;
    let start = cursor.at;
    if !cursor.take(b"-") {
        while cursor.take(b"[") {
            cursor.structured_element()?;
        }
        header.structured = cursor.span(start);
    }
    cursor.take(b" ");
    cursor.take(b"\xef\xbb\xbf");
    header.message = cursor.rest();
    Some(header)
}

struct Cursor<'r> {
    record: &'r [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, expected: &[u8]) -> bool {
        let found = self.record[self.at..].starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    fn span(&self, start: usize) -> Span {
        Span { start: start as u32, end: self.at as u32 }
    }

    fn rest(&self) -> Span {
        Span { start: self.at as u32, end: self.record.len() as u32 }
    }

    fn blanks(&mut self) {
        while self.record.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Option<Span> {
        let start = self.at;
        while self.record.get(self.at).is_some_and(|byte| !byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        (self.at > start).then(|| self.span(start))
    }

    /// `<0>` to `<191>`.
    fn priority(&mut self) -> bool {
        let Some(rest) = self.record[self.at..].strip_prefix(b"<") else { return false };
        let digits = rest.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
        let found = digits > 0 && rest.get(digits) == Some(&b'>');
        if found {
            self.at += digits + 2;
        }
        found
    }

    /// `Jul  1 12:00:00`, also with a year or a fraction.
    fn month_timestamp(&mut self) -> bool {
        const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
        let rest = &self.record[self.at..];
        if rest.len() < 15 || rest[3] != b' ' || !MONTHS.chunks(3).any(|month| rest.starts_with(month)) {
            return false;
        }
        let start = self.at;
        self.at += 4;
        self.blanks();
        let day = self.digits();
        self.blanks();
        let mut number = self.digits();
        if number == 4 {
            self.blanks();
            number = self.digits();
        }
        let time = (1..=2).contains(&day)
            && number == 2
            && self.take(b":")
            && self.digits() == 2
            && self.take(b":")
            && self.digits() == 2;
        if time && self.take(b".") {
            self.digits();
        }
        if !time || self.record.get(self.at) != Some(&b' ') {
            self.at = start;
        }
        self.at != start
    }

    fn digits(&mut self) -> usize {
        let count = self.record[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    /// An RFC 3339 timestamp and the blank behind it.
    fn iso_timestamp(&mut self) -> Option<Span> {
        let start = self.at;
        if !self.record.get(start).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let span = self.word().filter(|_| self.record.get(self.at) == Some(&b' '));
        let found = span.filter(|span| {
            let text = span.of(self.record).and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.is_some_and(|text| text.contains('T') && glassbox_predicate::parse_time(text).is_some())
        });
        self.at = if found.is_some() { self.at + 1 } else { start };
        found
    }

    /// `sshd[123]: ` or `kernel: `; nothing is taken where there is no such tag.
    fn tag(&mut self, header: &mut Header) {
        let start = self.at;
        let is_tag = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./()@".contains(byte);
        self.at += self.record[self.at..].iter().take_while(|byte| is_tag(byte)).count();
        let program = self.span(start);
        let mut pid = Span::default();
        if self.take(b"[") {
            let from = self.at;
            self.at += self.record[self.at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            pid = self.span(from);
            if !self.take(b"]") {
                self.at = start;
                return;
            }
        }
        if program.start == program.end || !self.take(b":") {
            self.at = start;
            return;
        }
        self.take(b" ");
        (header.program, header.pid) = (program, pid);
    }

    /// The rest of `[id name="value" ...]`, in whose values a backslash escapes.
    fn structured_element(&mut self) -> Option<()> {
        let mut quoted = false;
        while let Some(&byte) = self.record.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' if quoted => self.at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => return Some(()),
                _ => {}
            }
        }
        None
    }
}

/// Reports the header's parts and the message.
pub(crate) fn report<S: Sink>(record: &[u8], header: &Header, sink: &mut S) {
    for (key, span) in [
        ("timestamp", header.timestamp),
        ("hostname", header.hostname),
        ("program", header.program),
        ("pid", header.pid),
    ] {
        if span.end > span.start {
            sink.field(key.as_bytes(), span, Encoding::Raw);
        }
    }
    report_structured(record, header.structured, sink);
    if header.message.end > header.message.start {
        sink.field(b"message", header.message, Encoding::Raw);
        if header.program.of(record) == Some(b"sudo") {
            report_sudo(record, header.message, sink);
        }
    }
}

/// `[id name="value"]`: each value under its name.
fn report_structured<S: Sink>(record: &[u8], span: Span, sink: &mut S) {
    let Some(bytes) = span.of(record) else { return };
    let mut at = 0;
    while let Some(equals) = memchr(b'=', &bytes[at..]).map(|found| at + found) {
        let name = bytes[..equals].rsplit(|&byte| byte == b' ' || byte == b'[').next().unwrap_or_default();
        let mut end = equals + 2;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if bytes.get(equals + 1) == Some(&b'"') && end < bytes.len() {
            let value = Span { start: span.start + equals as u32 + 2, end: span.start + end as u32 };
            sink.field(name, value, Encoding::JsonString);
        }
        at = end.min(bytes.len());
    }
}

/// `pi : TTY=pts/0 ; PWD=/home/pi ; USER=root ; COMMAND=/bin/sh -c ...`: the command is the rest of the line.
fn report_sudo<S: Sink>(record: &[u8], message: Span, sink: &mut S) {
    let Some(bytes) = message.of(record) else { return };
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr(b';', &bytes[at..]).map_or(bytes.len(), |found| at + found);
        let part = &bytes[at..end];
        let from = part.iter().position(|&byte| byte == b'=').filter(|&equals| {
            let name = part[..equals].rsplit(|&byte| byte == b' ').next().unwrap_or_default();
            !name.is_empty() && name.iter().all(u8::is_ascii_uppercase)
        });
        if let Some(equals) = from {
            let name = part[..equals].rsplit(|&byte| byte == b' ').next().unwrap_or_default();
            let start = at + equals + 1;
            let last = name == b"COMMAND";
            let value = if last { &bytes[start..] } else { part[equals + 1..].trim_ascii_end() };
            let start = message.start + start as u32;
            sink.field(name, Span { start, end: start + value.len() as u32 }, Encoding::Raw);
            if last {
                return;
            }
        }
        at = end + 1;
    }
}
