//! Whether a field is absent from a record: a small walk of its own over the bytes, apart from how plugins read them.
//!
//! A record that begins with `{` is JSON: a name is a path of keys with dots between, `*` is any one key, a key may hold
//! dots itself, and arrays are looked through. Objects count for what lies in them, empty arrays for nothing.
//!
//! In any other record a name stands as auditd writes it, `name=value` outside double quotes, or as the last part of
//! the name in Windows' XML, `Name="name"`. Other text gives nothing a name, so nothing is looked for in it.

use glassbox_predicate::Span;

use super::json::{self, Visitor};
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
    names.iter().try_for_each(|name| match find_in_text(record, name) {
        Some(at) => Err(AbsenceFault::Present { name: name.clone(), at }),
        None => Ok(()),
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

/// Where a text record gives the name a value.
fn find_in_text(record: &[u8], name: &str) -> Option<usize> {
    if find(record, b"msg=audit(").is_some() {
        find_in_audit(record, name.as_bytes())
    } else if find(record, b"<Event").is_some() {
        find_in_xml(record, name.rsplit('.').next().unwrap_or(name).as_bytes())
    } else {
        None
    }
}

fn find_in_audit(record: &[u8], name: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in record.iter().enumerate() {
        let begins_a_word = at == 0 || !(record[at - 1].is_ascii_alphanumeric() || b"_-".contains(&record[at - 1]));
        if !quoted
            && begins_a_word
            && let Some(value) = record[at..].strip_prefix(name).and_then(|rest| rest.strip_prefix(b"="))
            && !is_nothing(value)
        {
            return Some(at + name.len() + 1);
        }
        quoted ^= *byte == b'"';
    }
    None
}

fn find_in_xml(record: &[u8], name: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = find(&record[from..], b"Name=\"") {
        let start = from + found + b"Name=\"".len();
        if let Some(value) = record[start..].strip_prefix(name).and_then(|rest| rest.strip_prefix(b"\""))
            && !value.starts_with(b"/>")
            && !value.starts_with(b"></")
        {
            return Some(start + name.len() + 1);
        }
        from = start;
    }
    None
}

/// Whether `name=` is followed by nothing, or by what auditd writes for nothing.
fn is_nothing(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"(null)").unwrap_or(value);
    value.first().is_none_or(u8::is_ascii_whitespace)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    // Two steps, as most bytes are not the first of the name.
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(found) = haystack.get(from..)?.iter().position(|&byte| byte == first) {
        if haystack[from + found..].starts_with(needle) {
            return Some(from + found);
        }
        from += found + 1;
    }
    None
}
