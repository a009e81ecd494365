//! Whether a field is absent from a record: a small walk of its own over the bytes, apart from how plugins read them.
//!
//! A record that begins with `{` is JSON: a name is a path of keys with dots between, `*` is any one key, a key may hold
//! dots itself, and arrays are looked through. Objects count for what lies in them, empty arrays for nothing.
//!
//! In any other record a name stands as auditd writes it, `name=value` outside double quotes, or as the last part of
//! the name in Windows' XML, `Name="name"`. Other text gives nothing a name, so nothing is looked for in it.

use glassbox_predicate::{Encoding, decode};

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

/// How deep the walk follows; deeper records are not scored.
const DEPTH_MAX: usize = 128;

/// Checks that no value lies under any of the names.
pub(super) fn check(record: &[u8], names: &[String], null_is_absent: bool) -> Result<(), AbsenceFault> {
    let long = |name: &String| name.is_empty() || name.len() > NAME_BYTES_MAX;
    if names.is_empty() || names.len() > ABSENT_NAMES_MAX || names.iter().any(long) {
        return Err(AbsenceFault::Names { count: names.len() });
    }
    let record_start = if record.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut walk = Walk { record, at: record_start, null_is_absent, names };
    walk.skip_blanks();
    if walk.peek() == Some(b'{') {
        let wanted = (0..names.len()).map(|name| (name, 0)).collect::<Vec<_>>();
        return walk.value(&wanted, 0);
    }
    names.iter().try_for_each(|name| match find_in_text(record, name) {
        Some(at) => Err(AbsenceFault::Present { name: name.clone(), at }),
        None => Ok(()),
    })
}

/// A name and how many of its bytes the keys so far have matched.
type Wanted = (usize, usize);

/// A walk over JSON that checks no more than it needs to find its way.
struct Walk<'r> {
    record: &'r [u8],
    at: usize,
    null_is_absent: bool,
    names: &'r [String],
}

impl<'r> Walk<'r> {
    fn peek(&self) -> Option<u8> {
        self.record.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn unreadable<T>(&self) -> Result<T, AbsenceFault> {
        Err(AbsenceFault::Unreadable { at: self.at })
    }

    /// Walks one value under which these names are still wanted.
    fn value(&mut self, wanted: &[Wanted], depth: usize) -> Result<(), AbsenceFault> {
        if depth > DEPTH_MAX {
            return self.unreadable();
        }
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => self.members(b'}', |walk| {
                let key = walk.string()?;
                let key = decode(key, Encoding::JsonString);
                walk.skip_blanks();
                if walk.peek() != Some(b':') {
                    return walk.unreadable();
                }
                walk.at += 1;
                let below: Vec<Wanted> = wanted.iter().filter_map(|&name| walk.below(name, &key)).collect();
                walk.value(&below, depth + 1)
            }),
            Some(b'[') => self.members(b']', |walk| walk.value(wanted, depth + 1)),
            Some(_) => self.scalar(wanted),
            None => self.unreadable(),
        }
    }

    /// What is still wanted of a name below this key; none where the key leads elsewhere.
    fn below(&self, (name, matched): Wanted, key: &str) -> Option<Wanted> {
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

    fn members(
        &mut self,
        end: u8,
        mut member: impl FnMut(&mut Self) -> Result<(), AbsenceFault>,
    ) -> Result<(), AbsenceFault> {
        self.at += 1;
        self.skip_blanks();
        while self.peek() != Some(end) {
            member(self)?;
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == end => {}
                _ => return self.unreadable(),
            }
            self.skip_blanks();
        }
        self.at += 1;
        Ok(())
    }

    /// The bytes between the quotes.
    fn string(&mut self) -> Result<&'r [u8], AbsenceFault> {
        if self.peek() != Some(b'"') {
            return self.unreadable();
        }
        let start = self.at + 1;
        let mut at = start;
        loop {
            match self.record.get(at) {
                Some(b'"') => break,
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
                None => return self.unreadable(),
            }
        }
        self.at = at + 1;
        Ok(&self.record[start..at])
    }

    /// A string, number or literal: a value, if a name ends here.
    fn scalar(&mut self, wanted: &[Wanted]) -> Result<(), AbsenceFault> {
        let start = self.at;
        if self.peek() == Some(b'"') {
            self.string()?;
        } else {
            while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
                self.at += 1;
            }
            if self.at == start {
                return self.unreadable();
            }
        }
        let null = &self.record[start..self.at] == b"null";
        let ended = wanted.iter().find(|(name, matched)| *matched == self.names[*name].len());
        match ended {
            Some((name, _)) if !(null && self.null_is_absent) => {
                Err(AbsenceFault::Present { name: self.names[*name].clone(), at: start })
            }
            _ => Ok(()),
        }
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
