//! Texts cut to their limits, the same way wherever a finding is made or checked.

use crate::limits::QUOTE_BYTES_MAX;

/// The beginning of a text: at most so many bytes, ending between characters.
#[must_use]
pub fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// What a piece of evidence quotes of a text.
#[must_use]
pub fn quote(text: &str) -> &str {
    cut(text, QUOTE_BYTES_MAX)
}
