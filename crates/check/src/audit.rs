//! The walk over an auditd line.

use glassbox_finding::Encoding;
use memchr::{memchr, memmem};

use crate::tree::{Key, Kind, ROOT, Tree, Written, span};

/// Whether an audit line begins here: at `type=` or at `node=`, with a time stamp behind it.
pub(crate) fn begins(content: &[u8]) -> bool {
    let behind_word = |bytes: &[u8]| memchr(b' ', bytes).map(|blank| blank + 1);
    let line = match content.starts_with(b"node=") {
        true => behind_word(content).map_or(content, |start| &content[start..]),
        false => content,
    };
    line.starts_with(b"type=") && behind_word(line).is_some_and(|start| line[start..].starts_with(b"msg=audit("))
}

/// Where an audit line begins behind a syslog header.
pub(crate) fn find(text: &[u8], start: usize) -> Option<usize> {
    let stamp = start + memmem::find(&text[start..], b"msg=audit(")?;
    let begins_word = |&at: &usize| at == start || matches!(text[at - 1], b' ' | b'\t');
    (start..stamp).filter(begins_word).find(|&at| begins(&text[at..]))
}

/// Reads the line that begins at `start`.
pub(crate) fn walk(text: &[u8], start: usize, tree: &mut Tree) {
    let end = text.trim_ascii_end().len();
    let line = tree.node(ROOT, Key::Implied("message"));
    tree.push(line, span(start, end), Kind::Scalar, Written::Plain);
    fields(&text[..end], start, true, tree);
}

/// Reads each `name=value` from `start` on; those inside single quotes as well, once.
fn fields(text: &[u8], start: usize, is_outer: bool, tree: &mut Tree) {
    let end = text.len();
    let until = |from: usize, wanted: u8| memchr(wanted, &text[from..]).map_or(end, |found| from + found);
    let mut at = start;
    while at < end {
        let name = at;
        while at < end && text[at] != b'=' && !is_blank(text[at]) {
            at += 1;
        }
        if text.get(at) != Some(&b'=') {
            at += 1;
            continue;
        }
        let from = at + 1;
        let node = tree.node(ROOT, Key::written(name, at, Encoding::Raw));
        let quote = text.get(from).copied().filter(|&byte| byte == b'"' || byte == b'\'' && is_outer);
        at = match quote {
            Some(quote) => {
                let close = until(from + 1, quote);
                tree.push(node, span(from + 1, close), Kind::Scalar, Written::Plain);
                if quote == b'\'' {
                    fields(&text[..close], from + 1, false, tree);
                }
                close + 1
            }
            None if text[from..].starts_with(b"audit(") => {
                let close = (until(from, b')') + 1).min(end);
                tree.push(node, span(from, close), Kind::Scalar, Written::Plain);
                close + usize::from(text.get(close) == Some(&b':'))
            }
            None => {
                let length = text[from..].iter().take_while(|&&byte| !is_blank(byte)).count();
                unquoted(&text[from..from + length], node, from, tree);
                from + length
            }
        };
    }
}

fn unquoted(value: &[u8], node: u32, start: usize, tree: &mut Tree) {
    let kind = if matches!(value, b"" | b"(null)") { Kind::Nothing } else { Kind::Scalar };
    let is_digits = !value.is_empty() && value.len().is_multiple_of(2) && value.iter().all(u8::is_ascii_hexdigit);
    let written = if is_digits { Written::Digits } else { Written::Plain };
    tree.push(node, span(start, start + value.len()), kind, written);
}

/// A blank, or what separates the fields that were resolved to names.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x1d)
}
