//! Where text lies in a record, and how its bytes become text.

use std::{borrow::Cow, ops::Range};

use memchr::memchr;
use serde::{Deserialize, Serialize};

/// Byte offsets in a record: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes of the record; none where the span lies outside.
    #[must_use]
    pub fn of<'r>(&self, record: &'r [u8]) -> Option<&'r [u8]> {
        record.get(self.start as usize..self.end as usize)
    }
}

/// How text is written in a record's bytes: derivations that a host can repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8 as it stands; what is not UTF-8 reads as U+FFFD.
    Raw,
    /// Inside a JSON string: backslash escapes are decoded; a lone surrogate reads as U+FFFD.
    JsonString,
    /// XML character data: entities and character references are decoded.
    XmlText,
    /// Hexadecimal digits of the text's bytes, as auditd writes; NUL reads as a blank.
    Hex,
    /// Inside a quoted CSV field: two quotation marks read as one.
    CsvField,
    /// A backslash and the character that it stands for: `\n`, `\t`, `\r`, `\xHH`, or the character itself.
    Backslash,
    /// `%HH` is a byte of UTF-8; a plus sign stands for itself.
    Percent,
    /// Base64 of UTF-8, standard or URL alphabet, padded or not, up to the first character that is neither.
    Base64,
    /// UTF-16, little-endian; half a unit at the end reads as U+FFFD.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
}

/// Text in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TextPlace {
    /// The bytes.
    pub span: Span,
    /// How they become text.
    pub encoding: Encoding,
}

impl TextPlace {
    /// The text; none where the span lies outside the record.
    #[must_use]
    pub fn read<'r>(&self, record: &'r [u8]) -> Option<Cow<'r, str>> {
        self.span.of(record).map(|bytes| decode(bytes, self.encoding))
    }

    /// The place of a part of this text, given by its byte range in the decoded text.
    ///
    /// The range must lie on character boundaries within the text, and the span within the record. Base64 has no places of
    /// parts: there it is the place of the whole, and the part is a further step in its text.
    #[must_use]
    pub fn part(&self, record: &[u8], range: Range<usize>) -> Self {
        let Some(bytes) = self.span.of(record).filter(|_| self.encoding != Encoding::Base64) else { return *self };
        let at = |offset: usize| self.span.start + offset as u32;
        if self.encoding == Encoding::Raw && std::str::from_utf8(bytes).is_ok() {
            return Self { span: Span { start: at(range.start), end: at(range.end) }, encoding: self.encoding };
        }
        let start = raw_offset(bytes, self.encoding, range.start);
        let end = start + raw_offset(&bytes[start..], self.encoding, range.end.saturating_sub(range.start));
        Self { span: Span { start: at(start), end: at(end) }, encoding: self.encoding }
    }
}

/// Bytes looked at together: what is broken at every other byte must not be looked at as a whole each time.
const PLAIN_BYTES: usize = 256;

/// Where in `bytes` the decoded text has come to a byte offset.
fn raw_offset(bytes: &[u8], encoding: Encoding, decoded: usize) -> usize {
    let escape = escape_of(encoding);
    let (mut left, mut from) = (decoded, 0);
    while left > 0 && from < bytes.len() {
        // Up to the next escape, text that is UTF-8 stands as it is.
        if let Some(escape) = escape {
            let window = &bytes[from..bytes.len().min(from + left.min(PLAIN_BYTES))];
            let window = &window[..memchr(escape, window).unwrap_or(window.len())];
            let plain = std::str::from_utf8(window).map_or_else(|error| error.valid_up_to(), str::len);
            if plain > 0 {
                left -= plain;
                from += plain;
                continue;
            }
        }
        let (character, length) = next(&bytes[from..], encoding);
        left = left.saturating_sub(character.len_utf8());
        from += length;
    }
    from
}

/// Whether a byte offset in `bytes` lies between two characters of the text that they stand for, so that it splits no
/// escape. Takes time linear in the offset.
#[must_use]
pub fn is_boundary(bytes: &[u8], encoding: Encoding, offset: usize) -> bool {
    let escape = escape_of(encoding);
    let mut from = 0;
    while from < offset.min(bytes.len()) {
        if let Some(escape) = escape {
            match memchr(escape, &bytes[from..offset.min(bytes.len())]) {
                Some(plain) => from += plain,
                None => return is_character_start(bytes, offset),
            }
        } else if encoding == Encoding::Raw {
            return is_character_start(bytes, offset);
        }
        from += next(&bytes[from..], encoding).1;
    }
    from == offset && (escape.is_none() || is_character_start(bytes, offset))
}

/// Whether no character of UTF-8 goes on at an offset.
fn is_character_start(bytes: &[u8], offset: usize) -> bool {
    offset == bytes.len() || bytes.get(offset).is_some_and(|byte| !(0x80..0xC0).contains(byte))
}

/// The byte that begins what is not written as it stands; none where nothing is.
fn escape_of(encoding: Encoding) -> Option<u8> {
    match encoding {
        Encoding::JsonString => Some(b'\\'),
        Encoding::XmlText => Some(b'&'),
        Encoding::CsvField => Some(b'"'),
        Encoding::Backslash => Some(b'\\'),
        Encoding::Percent => Some(b'%'),
        Encoding::Raw | Encoding::Hex | Encoding::Base64 | Encoding::Utf16Le | Encoding::Utf16Be => None,
    }
}

/// The text that `bytes` stand for. Every byte sequence stands for some text.
#[must_use]
pub fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    let is_plain = match escape_of(encoding) {
        Some(escape) => memchr(escape, bytes).is_none(),
        None => encoding == Encoding::Raw,
    };
    if is_plain {
        return match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        };
    }
    let mut text = String::with_capacity(bytes.len());
    decode_into(bytes, encoding, &mut text);
    Cow::Owned(text)
}

/// As `decode`, appended to a buffer that can be used again.
pub fn decode_into(bytes: &[u8], encoding: Encoding, text: &mut String) {
    let Some(escape) = escape_of(encoding) else {
        return match encoding {
            Encoding::Raw => push_lossy(bytes, text),
            Encoding::Base64 => push_lossy(&base64_bytes(bytes), text),
            _ => push_slowly(bytes, encoding, text),
        };
    };
    let Ok(mut rest) = std::str::from_utf8(bytes) else { return decode_broken_into(bytes, escape, encoding, text) };
    while let Some(plain) = memchr(escape, rest.as_bytes()) {
        text.push_str(&rest[..plain]);
        let (character, length) = next(&rest.as_bytes()[plain..], encoding);
        text.push(character);
        rest = &rest[plain + length..];
    }
    text.push_str(rest);
}

/// As `decode_into`, for bytes that are not all UTF-8.
fn decode_broken_into(bytes: &[u8], escape: u8, encoding: Encoding, text: &mut String) {
    let mut rest = bytes;
    while let Some(plain) = memchr(escape, rest) {
        push_lossy(&rest[..plain], text);
        let (character, length) = next(&rest[plain..], encoding);
        text.push(character);
        rest = &rest[plain + length..];
    }
    push_lossy(rest, text);
}

/// Appends bytes as text; what is not UTF-8 reads as U+FFFD.
fn push_lossy(bytes: &[u8], text: &mut String) {
    match std::str::from_utf8(bytes) {
        Ok(plain) => text.push_str(plain),
        Err(_) => text.push_str(&String::from_utf8_lossy(bytes)),
    }
}

fn push_slowly(mut bytes: &[u8], encoding: Encoding, text: &mut String) {
    while !bytes.is_empty() {
        let (character, length) = next(bytes, encoding);
        text.push(character);
        bytes = &bytes[length..];
    }
}

/// The first character of non-empty `bytes` and how many bytes it takes.
fn next(bytes: &[u8], encoding: Encoding) -> (char, usize) {
    match (encoding, bytes[0]) {
        (Encoding::JsonString, b'\\') => next_json_escape(bytes),
        (Encoding::XmlText, b'&') => next_xml_reference(bytes),
        (Encoding::CsvField, b'"') => ('"', 1 + usize::from(bytes.get(1) == Some(&b'"'))),
        (Encoding::Backslash, b'\\') => next_backslash(bytes),
        (Encoding::Percent, b'%') => next_percent(bytes),
        (Encoding::Hex, _) => next_hex(bytes),
        (Encoding::Utf16Le, _) => next_utf16(bytes, u16::from_le_bytes),
        (Encoding::Utf16Be, _) => next_utf16(bytes, u16::from_be_bytes),
        _ => next_utf8(bytes),
    }
}

fn next_utf8(bytes: &[u8]) -> (char, usize) {
    let window = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or_default()
        }
        // As `from_utf8_lossy` does: one replacement for each longest beginning of a character.
        Err(error) => return (char::REPLACEMENT_CHARACTER, error.error_len().unwrap_or(window.len())),
    };
    let character = valid.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
    (character, character.len_utf8())
}

fn next_json_escape(bytes: &[u8]) -> (char, usize) {
    let simple = match bytes.get(1) {
        Some(b'u') => return next_json_unicode(bytes),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(&byte @ (b'"' | b'\\' | b'/')) => byte as char,
        // No escape of JSON: the backslash stands for itself.
        _ => return ('\\', 1),
    };
    (simple, 2)
}

fn next_json_unicode(bytes: &[u8]) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        let escape = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        escape.iter().try_fold(0, |unit, &digit| Some(unit << 4 | (digit as char).to_digit(16)?))
    };
    let Some(first) = unit(0) else { return ('\\', 1) };
    if let (0xD800..0xDC00, Some(second @ 0xDC00..0xE000)) = (first, unit(6)) {
        let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

/// The longest reference: `&#x10FFFF;`.
const XML_REFERENCE_BYTES_MAX: usize = 10;

fn next_xml_reference(bytes: &[u8]) -> (char, usize) {
    let window = &bytes[..bytes.len().min(XML_REFERENCE_BYTES_MAX)];
    let reference = window.iter().position(|&byte| byte == b';').and_then(|end| {
        let name = std::str::from_utf8(&window[1..end]).ok()?;
        let character = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        };
        Some((character, end + 1))
    });
    reference.unwrap_or(('&', 1))
}

fn next_backslash(bytes: &[u8]) -> (char, usize) {
    match bytes.get(1) {
        None => ('\\', 1),
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'x') => match (hex_digit(bytes, 2), hex_digit(bytes, 3)) {
            (Some(high), Some(low)) => (char::from((high << 4 | low) as u8), 4),
            _ => ('x', 2),
        },
        Some(_) => {
            let (character, length) = next_utf8(&bytes[1..]);
            (character, 1 + length)
        }
    }
}

/// One character of percent-encoded bytes; a sign that no two digits follow stands for itself.
fn next_percent(bytes: &[u8]) -> (char, usize) {
    let mut decoded = [0_u8; 4];
    let mut length = 0;
    while length < 4 && bytes.get(3 * length) == Some(&b'%') {
        let (Some(high), Some(low)) = (hex_digit(bytes, 3 * length + 1), hex_digit(bytes, 3 * length + 2)) else {
            break;
        };
        decoded[length] = (high << 4 | low) as u8;
        length += 1;
    }
    if length == 0 {
        return ('%', 1);
    }
    let (character, taken) = next_utf8(&decoded[..length]);
    (character, 3 * taken)
}

fn next_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (char, usize) {
    let unit = |at: usize| bytes.get(at..at + 2).map(|pair| unit([pair[0], pair[1]]));
    let Some(first) = unit(0) else { return (char::REPLACEMENT_CHARACTER, bytes.len()) };
    let decoded = char::decode_utf16([Some(first), unit(2)].into_iter().flatten()).next();
    match decoded {
        Some(Ok(character)) => (character, 2 * character.len_utf16()),
        _ => (char::REPLACEMENT_CHARACTER, 2),
    }
}

fn base64_bytes(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

fn hex_digit(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at).and_then(|&byte| (byte as char).to_digit(16))
}

fn next_hex(bytes: &[u8]) -> (char, usize) {
    let digit = |at: usize| hex_digit(bytes, at);
    let mut decoded = [0_u8; 4];
    let mut length = 0;
    while length < 4 {
        let (Some(high), Some(low)) = (digit(2 * length), digit(2 * length + 1)) else { break };
        decoded[length] = (high << 4 | low) as u8;
        length += 1;
    }
    if length == 0 {
        // An odd digit at the end, or no digit at all.
        return (char::REPLACEMENT_CHARACTER, next_utf8(bytes).1);
    }
    match next_utf8(&decoded[..length]) {
        ('\0', taken) => (' ', 2 * taken),
        (character, taken) => (character, 2 * taken),
    }
}
