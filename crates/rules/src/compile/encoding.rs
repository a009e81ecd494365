//! Bytes of a file to its text. Sigma is written in UTF-8; UTF-16 is what some shells write.
//!
//! Bytes that are not text are kept apart, not replaced: a rule that needs them is rejected, and one that has them in a
//! comment or its author's name is loaded with a warning.

use super::{
    RuleFile,
    yaml::{Kind, Node},
};

/// Takes the place of a byte that is not text. Unicode keeps this code for the use inside of a program.
pub(super) const NOT_TEXT: char = '\u{FDD0}';

/// Where a file is not text, and what to do about it.
pub(super) const SAVE_AS_UTF8: &str = "is not UTF-8; save the file as UTF-8";

impl RuleFile {
    /// Reads a file's bytes: UTF-8, or UTF-16 with or without a byte order mark. What is neither is known to the compiler,
    /// which rejects what needs it.
    #[must_use]
    pub fn decode(path: impl Into<String>, bytes: &[u8]) -> Self {
        let text = match utf16(bytes) {
            Some(big_endian) => decode_utf16(bytes, big_endian),
            None => decode_utf8(bytes),
        };
        Self { path: path.into(), text }
    }
}

/// Whether the bytes are UTF-16, and if so, whether the high byte comes first.
fn utf16(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xFF, 0xFE, ..] => Some(false),
        [0xFE, 0xFF, ..] => Some(true),
        // YAML begins with a character of ASCII.
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some(false),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some(true),
        _ => None,
    }
}

fn decode_utf16(bytes: &[u8], big_endian: bool) -> String {
    let pairs = bytes.chunks(2).map(|pair| match (pair, big_endian) {
        (&[first, second], false) => u16::from_le_bytes([first, second]),
        (&[first, second], true) => u16::from_be_bytes([first, second]),
        // Half a character at the end.
        _ => 0xD800,
    });
    let text: String = char::decode_utf16(pairs).map(|character| character.unwrap_or(NOT_TEXT)).collect();
    text.trim_start_matches('\u{FEFF}').to_owned()
}

fn decode_utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| NOT_TEXT));
    }
    text
}

/// The lines of a file that are not text.
pub(super) fn lines_of_no_text(text: &str) -> Vec<u32> {
    let lines = (1..).zip(text.split('\n'));
    lines.filter(|(_, line)| line.contains(NOT_TEXT)).map(|(number, _)| number).collect()
}

/// The line of the first key or value that is not text, in a node.
pub(super) fn first_of_no_text(node: &Node) -> Option<u32> {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.contains(NOT_TEXT).then_some(node.line),
        Kind::Sequence(nodes) => nodes.iter().find_map(first_of_no_text),
        Kind::Mapping(entries) => entries.iter().find_map(|entry| {
            let key = entry.key.text.contains(NOT_TEXT).then_some(entry.line);
            key.or_else(|| first_of_no_text(&entry.value))
        }),
    }
}
