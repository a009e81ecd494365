//! auditd's own lines: `type=EXECVE msg=audit(1364481363.243:24287): argc=3 a0="ls" ...`.
//!
//! Not for putting the records of one event together: each line is an event.

use glassbox_finding::{Encoding, Span};
use memchr::{memchr, memmem};

use crate::{
    Unreadable,
    buffers::Buffers,
    sink::Sink,
    syntax::Syntax,
    syslog::{self, Header},
};

/// A line of auditd's, perhaps behind a syslog header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audit {
    start: usize,
    header: Option<Header>,
}

impl Audit {
    /// The line behind a syslog header.
    pub(crate) fn behind(record: &[u8], header: Header) -> Option<Self> {
        let start = header.message.start as usize;
        begins(record, start).then_some(Self { start, header: Some(header) })
    }
}

impl Syntax for Audit {
    fn recognise(record: &[u8], start: usize) -> Option<Self> {
        begins(record, start).then_some(Self { start, header: None })
    }

    fn walk<S: Sink>(self, record: &[u8], _: &mut Buffers, sink: &mut S) -> Result<(), Unreadable> {
        if let Some(header) = self.header {
            syslog::report(record, &Header { message: Span::default(), ..header }, sink);
        }
        report(record, self.start, sink);
        Ok(())
    }
}

/// Whether a line of auditd's begins here: at `type=` or at `node=`, with a time stamp behind it.
fn begins(record: &[u8], start: usize) -> bool {
    let line = &record[start..];
    let line = match line.strip_prefix(b"node=") {
        Some(rest) => memchr(b' ', rest).map_or(&[][..], |blank| &rest[blank + 1..]),
        None => line,
    };
    let Some(rest) = line.strip_prefix(b"type=") else { return false };
    let Some(blank) = memchr(b' ', rest) else { return false };
    rest[blank + 1..].starts_with(b"msg=audit(")
}

/// Reports every field of the line, those inside `msg='...'` and behind the enrichment's separator too.
fn report<S: Sink>(record: &[u8], start: usize, sink: &mut S) {
    let end = record.trim_ascii_end().len();
    let is_execve = [&b"type=EXECVE "[..], b"type=1309 "].iter().any(|kind| {
        let window = &record[start..end.min(start + 256)];
        window.starts_with(kind) || window.starts_with(b"node=") && memmem::find(window, kind).is_some()
    });
    let line = Line { record, is_execve };
    line.fields(start, end, true, sink);
    sink.field(b"message", Span { start: start as u32, end: end as u32 }, Encoding::Raw);
}

struct Line<'r> {
    record: &'r [u8],
    is_execve: bool,
}

impl Line<'_> {
    /// The fields between two offsets; those in single quotes are looked at once.
    fn fields<S: Sink>(&self, start: usize, end: usize, outer: bool, sink: &mut S) {
        let bytes = &self.record[..end];
        let mut at = start;
        while at < end {
            if is_separator(bytes[at]) {
                at += 1;
                continue;
            }
            let key_start = at;
            while at < end && bytes[at] != b'=' && !is_separator(bytes[at]) {
                at += 1;
            }
            if bytes.get(at) != Some(&b'=') {
                continue;
            }
            let key = &bytes[key_start..at];
            at = self.value(key, at + 1, end, outer, sink);
        }
    }

    /// Reports one value and gives the offset behind it.
    fn value<S: Sink>(&self, key: &[u8], start: usize, end: usize, outer: bool, sink: &mut S) -> usize {
        let bytes = &self.record[..end];
        let report = |from: usize, to: usize, encoding, sink: &mut S| {
            sink.field(key, Span { start: from as u32, end: to as u32 }, encoding);
        };
        let until = |from: usize, byte| memchr(byte, &bytes[from..]).map_or(end, |found| from + found);
        match bytes.get(start) {
            Some(b'"') => {
                let close = until(start + 1, b'"');
                report(start + 1, close, Encoding::Raw, sink);
                close + 1
            }
            Some(b'\'') if outer => {
                let close = until(start + 1, b'\'');
                report(start + 1, close, Encoding::Raw, sink);
                self.fields(start + 1, close, false, sink);
                close + 1
            }
            _ if bytes[start..].starts_with(b"audit(") => {
                let close = (until(start, b')') + 1).min(end);
                report(start, close, Encoding::Raw, sink);
                close + usize::from(bytes.get(close) == Some(&b':'))
            }
            _ => {
                let length = bytes[start..].iter().take_while(|&&byte| !is_separator(byte)).count();
                let value = &bytes[start..start + length];
                let hex = value.len() >= 2
                    && value.len().is_multiple_of(2)
                    && self.is_encoded(key)
                    && value.iter().all(u8::is_ascii_hexdigit);
                report(start, start + length, if hex { Encoding::Hex } else { Encoding::Raw }, sink);
                start + length
            }
        }
    }

    /// Whether auditd writes the field in hexadecimal digits where its text would need quotes. The arguments of a
    /// system call are numbers, those of a program are text.
    fn is_encoded(&self, key: &[u8]) -> bool {
        const ENCODED: [&[u8]; 26] = [
            b"acct",
            b"cmd",
            b"comm",
            b"cwd",
            b"data",
            b"device",
            b"dir",
            b"exe",
            b"file",
            b"grp",
            b"key",
            b"name",
            b"new-disk",
            b"new-fs",
            b"ocomm",
            b"old-disk",
            b"old-fs",
            b"path",
            b"proctitle",
            b"root_dir",
            b"sw",
            b"unit",
            b"vm",
            b"vm-ctx",
            b"watch",
            b"invalid_context",
        ];
        let is_argument = || {
            let digits = key.strip_prefix(b"a").unwrap_or_default();
            let digits = digits.split(|&byte| byte == b'[').next().unwrap_or_default();
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        };
        ENCODED.contains(&key) || self.is_execve && is_argument()
    }
}

/// A blank, or what separates the fields that were resolved to names.
fn is_separator(byte: u8) -> bool {
    byte == b' ' || byte == 0x1d || byte == b'\t'
}
