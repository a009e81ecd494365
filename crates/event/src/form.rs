//! The form of a record: which syntax it is written in.

use glassbox_finding::UnscoredReason;

use crate::{
    Unreadable, auditd::Audit, buffers::Buffers, json::Json, sink::Sink, syntax::Syntax, syslog::Header, text::Line,
    xml::Xml,
};

/// How a record is written, and where its content begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// One JSON text.
    Json(Json),
    /// One XML element, perhaps behind a syslog header.
    Xml(Xml),
    /// A line of auditd's, perhaps behind a syslog header.
    Auditd(Audit),
    /// A line with a syslog header.
    Syslog(Header),
    /// Any other text.
    Text(Line),
}

/// The form of a record.
pub(crate) fn of(record: &[u8]) -> Result<Form, Unreadable> {
    let content = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
    let content = content.trim_ascii_start();
    let start = record.len() - content.len();
    if content.is_empty() {
        return Err(Unreadable { reason: UnscoredReason::Empty, at: record.len() as u32 });
    }
    let marked = Json::recognise(record, start).map(Form::Json);
    let marked = marked.or_else(|| Xml::recognise(record, start).map(Form::Xml));
    let marked = marked.or_else(|| Audit::recognise(record, start).map(Form::Auditd));
    Ok(marked.unwrap_or_else(|| match Header::recognise(record, start) {
        Some(header) => behind(record, header),
        None => Form::Text(Line::at(start)),
    }))
}

/// The form of a record with a syslog header: that of its message where it is marked.
fn behind(record: &[u8], header: Header) -> Form {
    let audit = Audit::behind(record, header).map(Form::Auditd);
    let marked = audit.or_else(|| Xml::recognise(record, header.message.start as usize).map(Form::Xml));
    marked.unwrap_or(Form::Syslog(header))
}

/// Reports a record of known form to a sink.
#[inline]
pub(crate) fn scan<S: Sink>(record: &[u8], form: Form, buffers: &mut Buffers, sink: &mut S) -> Result<(), Unreadable> {
    match form {
        Form::Json(json) => json.walk(record, buffers, sink),
        Form::Xml(xml) => xml.walk(record, buffers, sink),
        Form::Auditd(audit) => audit.walk(record, buffers, sink),
        Form::Syslog(header) => header.walk(record, buffers, sink),
        Form::Text(line) => line.walk(record, buffers, sink),
    }
}
