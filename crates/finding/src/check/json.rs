//! A walk over JSON that checks no more than it needs to find its way: what the checks of places and of absence share.
//!
//! It is apart from how plugins read records, so that both would have to be wrong in the same way.

use std::borrow::Cow;

use glassbox_predicate::{Encoding, Span, decode, whole_number};

/// How deep the walk follows; deeper records are not scored.
const DEPTH_MAX: usize = 128;

/// What is told of a record.
pub(super) trait Visitor {
    /// What a value is known by: whatever the visitor makes of the keys above it.
    type Path;
    /// Why a visitor ends the walk.
    type Stop;

    /// The path of a member, below that of its object.
    fn below(&self, path: &Self::Path, key: &str) -> Self::Path;
    /// A string's content, or a number or literal as it is written; of a whole number without the fraction of zeros.
    fn scalar(&mut self, path: &Self::Path, span: Span, string: bool) -> Result<(), Self::Stop>;
    /// An object or array, told after what it holds; not the outermost one.
    fn container(&mut self, span: Span);
    /// The record cannot be followed here.
    fn unreadable(&self, at: usize) -> Self::Stop;
}

/// Where the record's content begins, behind a byte order mark and blanks.
pub(super) fn content_start(record: &[u8]) -> usize {
    let mark = if record.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    mark + record[mark..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Walks the JSON value that begins at `start`; what stands behind it is not looked at.
pub(super) fn walk<V: Visitor>(record: &[u8], start: usize, path: &V::Path, visitor: &mut V) -> Result<(), V::Stop> {
    Walk { record, at: start, visitor }.value(path, 0)
}

struct Walk<'r, 'v, V> {
    record: &'r [u8],
    at: usize,
    visitor: &'v mut V,
}

impl<'r, V: Visitor> Walk<'r, '_, V> {
    fn peek(&self) -> Option<u8> {
        self.record.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn unreadable<T>(&self) -> Result<T, V::Stop> {
        Err(self.visitor.unreadable(self.at))
    }

    fn value(&mut self, path: &V::Path, depth: usize) -> Result<(), V::Stop> {
        if depth > DEPTH_MAX {
            return self.unreadable();
        }
        self.skip_blanks();
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.members(b'}', |walk| {
                let key = walk.key()?;
                let below = walk.visitor.below(path, &key);
                walk.value(&below, depth + 1)
            })?,
            Some(b'[') => self.members(b']', |walk| walk.value(path, depth + 1))?,
            Some(_) => return self.scalar(path),
            None => return self.unreadable(),
        }
        if depth > 0 {
            self.visitor.container(Span { start: start as u32, end: self.at as u32 });
        }
        Ok(())
    }

    fn members(&mut self, end: u8, mut member: impl FnMut(&mut Self) -> Result<(), V::Stop>) -> Result<(), V::Stop> {
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

    /// A key, decoded, and its colon.
    fn key(&mut self) -> Result<Cow<'r, str>, V::Stop> {
        let span = self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return self.unreadable();
        }
        self.at += 1;
        Ok(decode(span.of(self.record).unwrap_or_default(), Encoding::JsonString))
    }

    /// What stands between the quotes.
    fn string(&mut self) -> Result<Span, V::Stop> {
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
        Ok(Span { start: start as u32, end: at as u32 })
    }

    fn scalar(&mut self, path: &V::Path) -> Result<(), V::Stop> {
        if self.peek() == Some(b'"') {
            let span = self.string()?;
            return self.visitor.scalar(path, span, true);
        }
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            self.at += 1;
        }
        if self.at == start {
            return self.unreadable();
        }
        let length = whole_number(&self.record[start..self.at]).len();
        self.visitor.scalar(path, Span { start: start as u32, end: (start + length) as u32 }, false)
    }
}
