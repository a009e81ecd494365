//! The values of records that are no JSON and yet mark where a value begins and ends: Windows' XML, auditd's lines.

use glassbox_predicate::Span;

use super::values::{Value, Written};

/// Whether an event in XML begins here.
pub(super) fn begins_xml(content: &[u8]) -> bool {
    let event = content.strip_prefix(b"<Event").and_then(<[u8]>::first);
    content.starts_with(b"<?xml") || event.is_some_and(|&byte| byte.is_ascii_whitespace() || b">/".contains(&byte))
}

/// Whether an audit line begins here: at `type=` or at `node=`, with a time stamp behind it.
pub(super) fn begins_audit(content: &[u8]) -> bool {
    let behind_word = |bytes: &'_ [u8]| bytes.iter().position(|&byte| byte == b' ').map(|blank| blank + 1);
    let line = match content.starts_with(b"node=") {
        true => behind_word(content).map_or(content, |start| &content[start..]),
        false => content,
    };
    line.starts_with(b"type=") && behind_word(line).is_some_and(|start| line[start..].starts_with(b"msg=audit("))
}

/// The values of an event in XML, ascending; none where a tag, comment or section does not end.
pub(super) fn xml(record: &[u8], start: usize) -> Option<Vec<Value>> {
    Some(Xml::scan(record, start)?.values)
}

/// The names that elements with content have by their attribute `Name`, as they are written; none as for `xml`.
pub(super) fn xml_names(record: &[u8], start: usize) -> Option<Vec<Span>> {
    Some(Xml::scan(record, start)?.names)
}

/// The values of an audit line, ascending, and the line itself.
pub(super) fn audit(record: &[u8], start: usize) -> Vec<Value> {
    let end = record.trim_ascii_end().len();
    let mut values = vec![audit_value(start, end)];
    audit_fields(record, start, end, true, &mut |_, value| values.push(value));
    values
}

/// The names of an audit line's fields, each with its value.
pub(super) fn audit_names(record: &[u8], start: usize) -> Vec<(&[u8], Value)> {
    let mut names = Vec::new();
    audit_fields(record, start, record.trim_ascii_end().len(), true, &mut |name, value| names.push((name, value)));
    names
}

/// A scan over XML that checks no more than it needs to find its way.
struct Xml<'r> {
    record: &'r [u8],
    at: usize,
    values: Vec<Value>,
    names: Vec<Span>,
}

impl<'r> Xml<'r> {
    fn scan(record: &'r [u8], start: usize) -> Option<Self> {
        let mut xml = Self { record, at: start, values: Vec::new(), names: Vec::new() };
        while xml.at < record.len() {
            xml.step()?;
        }
        Some(xml)
    }

    fn tell(&mut self, start: usize, end: usize, written: Written) {
        self.values.push(Value { span: Span { start: start as u32, end: end as u32 }, written });
    }

    /// The position of the next `wanted`.
    fn next(&self, wanted: &[u8]) -> Option<usize> {
        let rest = &self.record[self.at..];
        rest.windows(wanted.len()).position(|window| window == wanted).map(|found| self.at + found)
    }

    fn step(&mut self) -> Option<()> {
        let rest = &self.record[self.at..];
        if rest[0] != b'<' {
            let end = self.next(b"<").unwrap_or(self.record.len());
            self.tell(self.at, end, Written::Escaped(b'&'));
            self.at = end;
        } else if rest.starts_with(b"<?") {
            self.at = self.next(b"?>")? + 2;
        } else if rest.starts_with(b"<!--") {
            self.at = self.next(b"-->")? + 3;
        } else if rest.starts_with(b"<![CDATA[") {
            let end = self.next(b"]]>")?;
            self.tell(self.at + b"<![CDATA[".len(), end, Written::Plain);
            self.at = end + 3;
        } else {
            self.tag()?;
        }
        Some(())
    }

    /// A tag: the values of its attributes, and the empty value before one that ends an element.
    fn tag(&mut self) -> Option<()> {
        if self.record[self.at..].starts_with(b"</") {
            self.tell(self.at, self.at, Written::Escaped(b'&'));
        }
        let mut name = None;
        loop {
            self.at += 1;
            match *self.record.get(self.at)? {
                b'>' => break,
                b'/' => self.tell(self.at, self.at, Written::Escaped(b'&')),
                quote @ (b'"' | b'\'') => {
                    let is_name = is_attribute(&self.record[..self.at], b"Name");
                    self.at += 1;
                    let end = self.next(&[quote])?;
                    self.tell(self.at, end, Written::Escaped(b'&'));
                    if is_name {
                        name = Some(Span { start: self.at as u32, end: end as u32 });
                    }
                    self.at = end;
                }
                _ => {}
            }
        }
        let is_empty = self.record[self.at - 1] == b'/' || self.record[self.at + 1..].starts_with(b"</");
        self.names.extend(name.filter(|_| !is_empty));
        self.at += 1;
        Some(())
    }
}

/// Whether what stands here is the value of an attribute of this name.
fn is_attribute(before: &[u8], name: &[u8]) -> bool {
    let rest = before.trim_ascii_end().strip_suffix(b"=").map(<[u8]>::trim_ascii_end);
    let rest = rest.and_then(|rest| rest.strip_suffix(name));
    rest.and_then(<[u8]>::last).is_some_and(u8::is_ascii_whitespace)
}

fn audit_value(start: usize, end: usize) -> Value {
    Value { span: Span { start: start as u32, end: end as u32 }, written: Written::Plain }
}

/// Tells the values behind each `name=` between two offsets; those inside single quotes as well, once.
fn audit_fields<'r>(record: &'r [u8], start: usize, end: usize, outer: bool, tell: &mut dyn FnMut(&'r [u8], Value)) {
    let bytes = &record[..end];
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t' | 0x1d);
    let until = |from: usize, wanted: u8| {
        bytes[from..].iter().position(|&byte| byte == wanted).map_or(end, |found| from + found)
    };
    let mut at = start;
    while at < end {
        let name_start = at;
        while at < end && bytes[at] != b'=' && !is_blank(bytes[at]) {
            at += 1;
        }
        if bytes.get(at) != Some(&b'=') {
            at += 1;
            continue;
        }
        let (name, from) = (&bytes[name_start..at], at + 1);
        let quoted = bytes.get(from).copied().filter(|&byte| byte == b'"' || byte == b'\'' && outer);
        at = match quoted {
            Some(quote) => {
                let close = until(from + 1, quote);
                tell(name, audit_value(from + 1, close));
                if quote == b'\'' {
                    audit_fields(record, from + 1, close, false, tell);
                }
                close + 1
            }
            None if bytes[from..].starts_with(b"audit(") => {
                let close = (until(from, b')') + 1).min(end);
                tell(name, audit_value(from, close));
                close + usize::from(bytes.get(close) == Some(&b':'))
            }
            None => {
                let length = bytes[from..].iter().take_while(|&&byte| !is_blank(byte)).count();
                tell(name, audit_value(from, from + length));
                from + length
            }
        };
    }
}
