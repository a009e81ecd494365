//! Whether a field is absent from a record: a small walk of its own over the bytes, apart from how plugins read them.
//!
//! A record that begins with `{` is JSON: a name is a path of keys with dots between, `*` is any one key, a key may hold
//! dots itself, and arrays are looked through. Objects count for what lies in them, empty arrays for nothing.
//!
//! In a line of auditd's a name stands before its value, `name=value`; in Windows' XML the last part of it is the
//! attribute `Name` of an element with content. Other text, and what stands behind a syslog header, gives nothing a name
//! that can be relied on, so nothing is looked for in it.

use std::borrow::Cow;

use glassbox_predicate::{Encoding, Span, decode};

use super::{
    json::{self, Visitor},
    markup,
    values::Value,
};
use crate::limits::{ABSENT_NAMES_MAX, NAME_BYTES_MAX};

/// Why a field cannot be called absent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbsenceFault {
    /// There is a value.
    #[error("`{name}` is said to be absent and has a value at byte {at}")]
    Present {
        /// The name.
        name: String,
        /// Where its value begins.
        at: usize,
    },
    /// No names, or names beyond the limits.
    #[error("absence is claimed of {count} names; 1 to {ABSENT_NAMES_MAX} of at most {NAME_BYTES_MAX} bytes can be")]
    Names {
        /// How many.
        count: usize,
    },
    /// The record is not JSON that the walk can follow.
    #[error("the record cannot be followed at byte {at}, so nothing can be seen to be absent")]
    Unreadable {
        /// Where.
        at: usize,
    },
}

/// Checks that no value lies under any of the names.
pub(super) fn check(record: &[u8], names: &[String], null_is_absent: bool) -> Result<(), AbsenceFault> {
    let long = |name: &String| name.is_empty() || name.len() > NAME_BYTES_MAX;
    if names.is_empty() || names.len() > ABSENT_NAMES_MAX || names.iter().any(long) {
        return Err(AbsenceFault::Names { count: names.len() });
    }
    let start = json::content_start(record);
    if record.get(start) == Some(&b'{') {
        let wanted = (0..names.len()).map(|name| (name, 0)).collect::<Vec<_>>();
        return json::walk(record, start, &wanted, &mut Search { record, null_is_absent, names });
    }
    let told = names_in_text(record, start);
    names.iter().try_for_each(|name| {
        // In XML an event's data have no path.
        let last = if record.get(start) == Some(&b'<') { name.rsplit('.').next().unwrap_or(name) } else { name };
        match told.iter().find(|(told, _)| told == last) {
            Some(&(_, at)) => Err(AbsenceFault::Present { name: name.clone(), at }),
            None => Ok(()),
        }
    })
}

/// A name and how many of its bytes the keys so far have matched.
type Wanted = (usize, usize);

/// Looks for values under the names.
struct Search<'r> {
    record: &'r [u8],
    null_is_absent: bool,
    names: &'r [String],
}

impl Search<'_> {
    /// What is still wanted of a name below this key; none where the key leads elsewhere.
    fn wanted_below(&self, (name, matched): Wanted, key: &str) -> Option<Wanted> {
        let whole = self.names[name].as_str();
        let wanted = &whole[matched..];
        if wanted.is_empty() {
            return None;
        }
        let any = wanted.strip_prefix('*').filter(|rest| rest.is_empty() || rest.starts_with('.'));
        let rest = any.or_else(|| wanted.strip_prefix(key))?;
        match rest.strip_prefix('.') {
            Some(more) => Some((name, whole.len() - more.len())),
            None => rest.is_empty().then_some((name, whole.len())),
        }
    }
}

impl Visitor for Search<'_> {
    /// The names that are still wanted.
    type Path = Vec<Wanted>;
    type Stop = AbsenceFault;

    fn below(&self, path: &Vec<Wanted>, key: &str) -> Vec<Wanted> {
        path.iter().filter_map(|&name| self.wanted_below(name, key)).collect()
    }

    /// A value, if a name ends here.
    fn scalar(&mut self, path: &Vec<Wanted>, span: Span, string: bool) -> Result<(), AbsenceFault> {
        let null = !string && span.of(self.record) == Some(b"null");
        let ended = path.iter().find(|(name, matched)| *matched == self.names[*name].len());
        match ended {
            Some((name, _)) if !(null && self.null_is_absent) => {
                let at = span.start as usize - usize::from(string);
                Err(AbsenceFault::Present { name: self.names[*name].clone(), at })
            }
            _ => Ok(()),
        }
    }

    fn container(&mut self, _: Span) {}

    fn unreadable(&self, at: usize) -> AbsenceFault {
        AbsenceFault::Unreadable { at }
    }
}

/// The names that a text record gives a value, each with where the value or the name stands.
///
/// Only where the record begins with the markup: in the message behind a header, whoever wrote the message may have
/// written anything, and a plugin that reads a message as text would be blamed for what it looks like.
fn names_in_text(record: &[u8], start: usize) -> Vec<(Cow<'_, str>, usize)> {
    let content = &record[start..];
    if markup::begins_xml(content) {
        let name = |span: Span| {
            let name = decode(span.of(record).unwrap_or_default(), Encoding::XmlText);
            (name, span.end as usize)
        };
        return markup::xml_names(record, start).unwrap_or_default().into_iter().map(name).collect();
    }
    if markup::begins_audit(content) {
        let told = markup::audit_names(record, start).into_iter().filter(|(_, value)| !is_nothing(record, value));
        return told.map(|(name, value)| (String::from_utf8_lossy(name), value.span.start as usize)).collect();
    }
    Vec::new()
}

/// Whether `name=` is followed by nothing, or by what auditd writes for nothing.
fn is_nothing(record: &[u8], value: &Value) -> bool {
    let quoted =
        record[..value.span.start as usize].ends_with(b"\"") || record[..value.span.start as usize].ends_with(b"'");
    !quoted && matches!(value.span.of(record), None | Some(b"" | b"(null)"))
}
