//! Text of unknown origin, made safe to show: what moves a cursor, reorders or hides text is shown by its number, line ends
//! and tabs by their usual names.

use std::{borrow::Cow, fmt::Write as _};

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

/// The text on one line, with every misleading character shown as `\u{..}`, cut to `bytes_max`.
#[must_use]
pub fn clean_line(text: &str, bytes_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(bytes_max));
    for character in text.trim().chars() {
        let before = out.len();
        match character {
            '\n' | '\t' => out.push(' '),
            _ if is_misleading(character) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "{}", character.escape_unicode());
            }
            _ => out.push(character),
        }
        if out.len() > bytes_max {
            out.truncate(before);
            out.push('…');
            break;
        }
    }
    out
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

/// Whether a terminal or reader could be misled by the character: it moves the cursor, reorders text or is not seen.
///
/// Control characters (C0, DEL, C1), the bidirectional controls, characters without width, tags, and line and
/// paragraph separators. The one list of them, for what guests say and for what records hold.
#[must_use]
pub fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::clean_line;

    #[test]
    fn guests_cannot_steer_a_terminal() {
        let check = |text: &str, expected: &str| assert_eq!(clean_line(text, 32), expected);
        check("plain text", "plain text");
        check("a\nb\tc", "a b c");
        check("\u{1b}[2Jgone", "\\u{1b}[2Jgone");
        check("\u{9b}31m\u{7}", "\\u{9b}31m\\u{7}");
        check("a\u{202e}b\u{200b}c", "a\\u{202e}b\\u{200b}c");
        check("é ü 漢", "é ü 漢");
        check(&"x".repeat(40), &format!("{}…", "x".repeat(32)));
        check(&"漢".repeat(20), &format!("{}…", "漢".repeat(10)));
    }
}
