//! Text of unknown origin, made safe to show: what moves a cursor, reorders or hides text is shown by its number, line ends
//! and tabs by their usual names.

use std::{borrow::Cow, fmt::Write as _};

pub use crate::sandbox::is_misleading;

/// The text with every misleading character shown as `\u{..}`, `\r`, `\n` or `\t`.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_misleading) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if let Some(escape) = escape(character) {
            shown.push_str(escape);
        } else if is_misleading(character) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn escape(character: char) -> Option<&'static str> {
    Some(match character {
        '\r' => "\\r",
        '\n' => "\\n",
        '\t' => "\\t",
        _ => return None,
    })
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
