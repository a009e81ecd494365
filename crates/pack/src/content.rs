//! The sections whose content is this crate's own: where a pack came from, and what it must find.

use std::collections::BTreeMap;

use glassbox_finding::Logsource;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Builder, KNOWN_ANSWERS, PROVENANCE, Pack, PackError, to_hex};

/// Where a pack came from.
///
/// It holds no time and no path: the same sources make the same bytes wherever and whenever they are built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The program that built it.
    pub built_by: String,
    /// That program's version.
    pub version: String,
    /// What it was built from, in order of name.
    pub sources: Vec<Source>,
    /// How much of what there is, such as `rules` and `rejected`.
    pub counts: BTreeMap<String, u64>,
}

/// A file that a pack was built from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, relative to what the operator gave.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub digest: String,
}

/// A record with its known answer. A pack or plugin that answers otherwise is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredAnswer", into = "StoredAnswer")]
pub struct KnownAnswer {
    /// What people call it in a message.
    pub name: String,
    /// The record's bytes.
    pub record: Vec<u8>,
    /// What produced it.
    pub hint: Logsource,
    /// Ids of rules that must hit, among others; empty for a record that must stay quiet.
    pub expect: Vec<String>,
}

/// How a known answer is written: text where the record is UTF-8, hexadecimal digits where it is not.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAnswer {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    record_hex: Option<String>,
    #[serde(default)]
    hint: Logsource,
    expect: Vec<String>,
}

impl From<KnownAnswer> for StoredAnswer {
    fn from(answer: KnownAnswer) -> Self {
        let KnownAnswer { name, record, hint, expect } = answer;
        let (record, record_hex) = match String::from_utf8(record) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(to_hex(error.as_bytes()))),
        };
        Self { name, record, record_hex, hint, expect }
    }
}

impl TryFrom<StoredAnswer> for KnownAnswer {
    type Error = String;

    fn try_from(stored: StoredAnswer) -> Result<Self, String> {
        let StoredAnswer { name, record, record_hex, hint, expect } = stored;
        let record = match (record, record_hex) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(digits)) => from_hex(&digits)
                .ok_or_else(|| format!("`record_hex` of `{name}` is not pairs of hexadecimal digits"))?,
            _ => return Err(format!("known answer `{name}` needs either `record` or `record_hex`")),
        };
        Ok(Self { name, record, hint, expect })
    }
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(pair[0])? << 4 | digit(*pair.get(1)?)?) as u8)).collect()
}

impl Pack<'_> {
    /// Where the pack came from.
    ///
    /// # Errors
    /// When the section is absent or is not a provenance.
    pub fn provenance(&self) -> Result<Provenance, PackError> {
        self.json(PROVENANCE)
    }

    /// The known answers; none where the pack has no such section.
    ///
    /// # Errors
    /// When the section is not a list of known answers.
    pub fn known_answers(&self) -> Result<Vec<KnownAnswer>, PackError> {
        if self.section(KNOWN_ANSWERS).is_none() {
            return Ok(Vec::new());
        }
        self.json(KNOWN_ANSWERS)
    }

    fn json<T: DeserializeOwned>(&self, section: &str) -> Result<T, PackError> {
        serde_json::from_slice(self.require(section)?).map_err(|error| PackError::invalid(section, error))
    }
}

impl Builder {
    /// Sets where the pack came from.
    ///
    /// # Errors
    /// None in practice: every provenance can be written.
    pub fn provenance(&mut self, provenance: &Provenance) -> Result<&mut Self, PackError> {
        self.json(PROVENANCE, provenance)
    }

    /// Sets the known answers.
    ///
    /// # Errors
    /// None in practice: every list of answers can be written.
    pub fn known_answers(&mut self, answers: &[KnownAnswer]) -> Result<&mut Self, PackError> {
        self.json(KNOWN_ANSWERS, answers)
    }

    fn json<T: Serialize + ?Sized>(&mut self, section: &str, content: &T) -> Result<&mut Self, PackError> {
        let bytes = serde_json::to_vec_pretty(content).map_err(|error| PackError::invalid(section, error))?;
        self.section(section, bytes)
    }
}
