//! The form of a record: which scanner reads it.

use glassbox_finding::{Encoding, Span, UnscoredReason};

use crate::{
    Unreadable, auditd,
    json::{self, Buffers, Sink},
    syslog::{self, Header},
    xml,
};

/// How a record is written, and where its content begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// One JSON text.
    Json(usize),
    /// One XML element.
    Xml(usize),
    /// A line of auditd's, perhaps behind a syslog header.
    Auditd(usize, Option<Header>),
    /// A line with a syslog header.
    Syslog(Header),
    /// Any other text.
    Text(usize),
}

/// The form of a record.
pub(crate) fn of(record: &[u8]) -> Result<Form, Unreadable> {
    let content = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
    let content = content.trim_ascii_start();
    let start = record.len() - content.len();
    Ok(match content {
        [] => return Err(Unreadable { reason: UnscoredReason::Empty, at: record.len() as u32 }),
        [b'{', ..] => Form::Json(start),
        // A line may begin with a bracket too; an array of records holds more brackets, or strings.
        [b'[', rest @ ..] if matches!(rest.trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b']')) => {
            Form::Json(start)
        }
        _ if xml::begins(content) => Form::Xml(start),
        _ if auditd::begins(record, start) => Form::Auditd(start, None),
        _ => match syslog::header(record, start) {
            Some(header) => {
                let message = header.message.start as usize;
                if auditd::begins(record, message) {
                    Form::Auditd(message, Some(header))
                } else if xml::begins(&record[message..]) {
                    Form::Xml(message)
                } else {
                    Form::Syslog(header)
                }
            }
            None => Form::Text(start),
        },
    })
}

/// Tells a record of known form to a sink.
pub(crate) fn scan<S: Sink>(record: &[u8], form: Form, buffers: &mut Buffers, sink: &mut S) -> Result<(), Unreadable> {
    match form {
        Form::Json(start) => return json::walk(record, start, 0, buffers, sink),
        Form::Xml(start) => return xml::walk(record, start, sink),
        Form::Auditd(start, header) => {
            if let Some(header) = header {
                syslog::tell(record, &Header { message: Span::default(), ..header }, sink);
            }
            auditd::tell(record, start, sink);
        }
        Form::Syslog(header) => syslog::tell(record, &header, sink),
        Form::Text(start) => {
            let end = record.trim_ascii_end().len();
            let span = Span { start: start as u32, end: end as u32 };
            syslog::tell_one(b"message", span, Encoding::Raw, sink);
        }
    }
    Ok(())
}
