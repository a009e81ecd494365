//! Where text lies in a record, and how its bytes become text.

use serde::{Deserialize, Serialize};

/// Byte offsets in a record: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// How text is written in a record's bytes: derivations that a host can repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8 as it stands; each byte that is not UTF-8 reads as U+FFFD.
    Raw,
    /// Inside a JSON string: backslash escapes are decoded; a lone surrogate reads as U+FFFD.
    JsonString,
    /// XML character data: entities and character references are decoded.
    XmlText,
    /// Hexadecimal digits of the text's bytes, as auditd writes; NUL reads as a blank.
    Hex,
}

/// Text in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TextPlace {
    /// The bytes.
    pub span: Span,
    /// How they become text.
    pub encoding: Encoding,
}

/// Where a predicate was found to hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In this text.
    Text(TextPlace),
    /// In both texts: a field and the field that it was compared with.
    Pair(TextPlace, TextPlace),
    /// In the absence of a field: no value lies under any of these names.
    Absent(Vec<String>),
}
