//! Text of unknown origin, made safe to show: what moves a cursor, reorders or hides text is shown by its number.

use std::{borrow::Cow, fmt::Write as _};

pub use crate::sandbox::is_misleading;

/// The text with every misleading character shown as `\u{..}`.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_misleading) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_misleading(character) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The text cut to so many characters, the last one then an ellipsis.
#[must_use]
pub fn shorten(text: &str, characters_max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters_max) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept: String = text.chars().take(characters_max.saturating_sub(1)).collect();
            Cow::Owned(format!("{}…", kept.trim_end()))
        }
    }
}
