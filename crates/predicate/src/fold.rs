//! Case folding: one lower-case character for each character, and the way back to the original bytes.
//!
//! A character whose lower-case form is several characters keeps the first of them, so that text and folded text
//! have as many characters.

use std::{borrow::Cow, cell::OnceCell, ops::Range};

use crate::ascii::{has_uppercase, is_ascii};

/// Text with its case folded.
#[derive(Debug)]
pub struct Folded<'t> {
    text: Cow<'t, str>,
    /// The original byte offset of each folded byte, and of the end; empty while both have the same offsets.
    offsets: Vec<u32>,
}

/// Folds `text`; borrows where nothing changes.
#[must_use]
pub fn fold(text: &str) -> Folded<'_> {
    if is_ascii(text.as_bytes()) {
        let folded = match has_uppercase(text.as_bytes()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
        return Folded { text: folded, offsets: Vec::new() };
    }
    let mut folded = String::with_capacity(text.len());
    let mut offsets = Vec::with_capacity(text.len() + 1);
    for (at, character) in text.char_indices() {
        folded.push(fold_char(character));
        offsets.resize(folded.len(), at as u32);
    }
    offsets.push(text.len() as u32);
    Folded { text: Cow::Owned(folded), offsets }
}

/// A text that many predicates are tested on: it is folded once, and only if one asks.
#[derive(Debug)]
pub struct Subject<'t> {
    text: Cow<'t, str>,
    /// None where folding changes nothing.
    folded: OnceCell<Option<Folded<'t>>>,
}

impl<'t> Subject<'t> {
    /// A text that nobody asked about yet.
    pub fn new(text: impl Into<Cow<'t, str>>) -> Self {
        Self { text: text.into(), folded: OnceCell::new() }
    }

    /// An ASCII text that was folded already.
    pub fn folded_as(text: impl Into<Cow<'t, str>>, folded: impl Into<Cow<'t, str>>) -> Self {
        let (text, folded) = (text.into(), folded.into());
        debug_assert!(text.is_ascii() && fold(&text).text() == folded);
        Self { text, folded: OnceCell::from(Some(Folded { text: folded, offsets: Vec::new() })) }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, folded.
    #[must_use]
    pub fn folded(&self) -> &str {
        self.folding().as_ref().map_or(self.text(), Folded::text)
    }

    /// Whether it is all ASCII.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        // Of any other text the offsets are known.
        self.folding().as_ref().is_none_or(|folded| folded.offsets.is_empty())
    }

    /// The byte range of the text behind a byte range of the folded text, as [`Folded::original`].
    #[must_use]
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        match self.folding() {
            Some(folded) => folded.original(range),
            None => range,
        }
    }

    fn folding(&self) -> &Option<Folded<'t>> {
        self.folded.get_or_init(|| match fold(&self.text) {
            Folded { text: Cow::Borrowed(_), .. } => None,
            Folded { text: Cow::Owned(text), offsets } => Some(Folded { text: Cow::Owned(text), offsets }),
        })
    }
}

/// The one lower-case character that stands for `character`.
#[must_use]
pub(crate) fn fold_char(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

impl<'t> Folded<'t> {
    /// The folded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The folded text, owned.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text.into_owned()
    }

    /// The byte range of the original text behind a byte range of the folded text.
    ///
    /// Both ends must lie on character boundaries of the folded text.
    #[must_use]
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        if self.offsets.is_empty() {
            return range;
        }
        self.offsets[range.start] as usize..self.offsets[range.end] as usize
    }
}
