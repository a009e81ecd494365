//! Text that came from a guest, before it reaches a terminal, a log or a page.

use std::fmt::Write;

use glassbox_explain::clean::is_misleading;

/// The text on one line, with every misleading character shown as `\u{..}`, cut to `bytes_max`.
#[must_use]
pub fn clean(text: &str, bytes_max: usize) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_cannot_steer_a_terminal() {
        let check = |text: &str, expected: &str| assert_eq!(clean(text, 32), expected);
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
