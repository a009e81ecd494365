//! Patterns with wildcards: `*` any run of characters, `?` any one character, `\` before `*`, `?` or `\` escapes it.
//!
//! A backslash before any other character stands for itself, as Sigma has it, so that `C:\Windows\*` needs no
//! doubling except before a wildcard.

use memchr::memmem;

use crate::fold::fold_char;

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These characters, folded unless the pattern is cased.
    Literal(String),
    /// Any one character.
    One,
    /// Any run of characters, the empty one too.
    Any,
}

/// A parsed pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    parts: Vec<Part>,
    cased: bool,
}

impl Glob {
    /// Parses a pattern; every text is one.
    #[must_use]
    pub fn parse(pattern: &str, cased: bool) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut characters = pattern.chars().peekable();
        while let Some(character) = characters.next() {
            let special = match (character, characters.peek()) {
                ('\\', Some('*' | '?' | '\\')) => {
                    literal.extend(characters.next());
                    continue;
                }
                ('*', _) => Part::Any,
                ('?', _) => Part::One,
                _ => {
                    literal.push(if cased { character } else { fold_char(character) });
                    continue;
                }
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            if special != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(special);
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Self { parts, cased }
    }

    /// Writes a literal so that it parses back as itself.
    #[must_use]
    pub fn escape(literal: &str) -> String {
        let mut pattern = String::with_capacity(literal.len());
        for character in literal.chars() {
            if matches!(character, '*' | '?' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern
    }

    /// The pieces in order; never two `Any` in a row.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether upper and lower case differ.
    #[must_use]
    pub fn cased(&self) -> bool {
        self.cased
    }

    /// Whether the whole text fits. The text must be folded unless the pattern is cased.
    ///
    /// Takes at most text length times pattern length steps: on a mismatch only the last `*` is tried again, as any
    /// earlier one can take no more than what the last one may.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        let (mut part, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let advanced = match self.parts.get(part) {
                None if at == text.len() => return true,
                None => None,
                Some(Part::Any) => {
                    if part + 1 == self.parts.len() {
                        return true;
                    }
                    retry = Some((part + 1, at));
                    Some(0)
                }
                Some(Part::One) => text[at..].chars().next().map(char::len_utf8),
                Some(Part::Literal(literal)) => text[at..].starts_with(literal.as_str()).then_some(literal.len()),
            };
            match (advanced, retry) {
                (Some(length), _) => {
                    part += 1;
                    at += length;
                }
                (None, Some((after, from))) => {
                    let Some(skipped) = text[from..].chars().next() else { return false };
                    let mut next = from + skipped.len_utf8();
                    // Only where the literal after the `*` stands is there anything to try.
                    if let Part::Literal(literal) = &self.parts[after]
                        && !text[next..].starts_with(literal.as_str())
                    {
                        let Some(ahead) = memmem::find(&text.as_bytes()[next..], literal.as_bytes()) else {
                            return false;
                        };
                        next += ahead;
                    }
                    retry = Some((after, next));
                    (part, at) = (after, next);
                }
                (None, None) => return false,
            }
        }
    }
}
