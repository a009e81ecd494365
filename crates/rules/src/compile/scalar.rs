//! What a YAML scalar means: null, a boolean, a number or text.
//!
//! As SigmaHQ's tooling reads it, which is YAML 1.1: `yes` and `off` are booleans. Numbers that YAML 1.1 and 1.2 read
//! differently are refused rather than guessed.

use std::fmt;

/// A scalar as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// Written without quotes.
    pub(super) plain: bool,
    pub(super) tag: Option<ScalarTag>,
}

/// What a tag says about a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarTag {
    /// `!!str`: it is text, however it looks.
    Text,
    /// `!!int`, `!!bool` and their like: it is what it looks like, even in quotes.
    Plain,
}

/// A scalar's meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
}

/// Below this every integer is a float of its own.
const FLOAT_EXACT_MAX: f64 = (1_u64 << 53) as f64;

impl Scalar {
    /// Text in quotes.
    pub(super) fn quoted(text: impl Into<String>) -> Self {
        Self { text: text.into(), plain: false, tag: None }
    }

    fn looks_count(&self) -> bool {
        match self.tag {
            Some(ScalarTag::Text) => false,
            Some(ScalarTag::Plain) => true,
            None => self.plain,
        }
    }

    /// Whether it is null.
    pub(super) fn is_null(&self) -> bool {
        self.looks_count() && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Whether it is the key that merges mappings.
    pub(super) fn is_merge(&self) -> bool {
        self.looks_count() && self.text == "<<"
    }

    /// What it means.
    ///
    /// # Errors
    /// When YAML 1.1 and 1.2 would read different numbers, or it is a number that cannot be kept.
    pub(super) fn meaning(&self) -> Result<Meaning, String> {
        if self.is_null() {
            return Ok(Meaning::Null);
        }
        if !self.looks_count() {
            return Ok(Meaning::Text(self.text.clone()));
        }
        let text = self.text.as_str();
        Ok(match text {
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Meaning::Bool(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Meaning::Bool(false),
            _ if is_date(text) => return Err(format!("`{text}` is a date to YAML; quote it to mean the text")),
            _ => match number(text)? {
                Some(number) => Meaning::Number(number),
                None => Meaning::Text(self.text.clone()),
            },
        })
    }
}

/// A number, as the texts that records may hold for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    texts: Vec<String>,
}

impl Number {
    /// The number in its plainest form.
    pub(super) fn text(&self) -> &str {
        &self.texts[0]
    }

    /// Every text that stands for it: `1.0` is also `1`.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Its value where it is a whole number of ordinary size.
    pub(super) fn whole(&self) -> Option<i64> {
        self.text().parse().ok()
    }

    /// Reads a number as people write it in quotes; none for other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        number(text.trim()).ok().flatten()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

/// Reads a plain scalar as a number; none for text.
fn number(text: &str) -> Result<Option<Number>, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let negative = text.starts_with('-');
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return Err(format!("`{text}` is no number that a value can be"));
    }
    if let Some(hex) = unsigned.strip_prefix("0x") {
        if hex.is_empty() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let value = u128::from_str_radix(hex, 16).map_err(|_| too_large(text))?;
        return Ok(Some(Number { texts: vec![signed(&value.to_string(), negative)] }));
    }
    if reads_differently(unsigned) {
        return Err(format!("`{text}` is one number to YAML 1.1 and another, or text, to YAML 1.2; quote it"));
    }
    // No octal number, and no decimal one to YAML 1.1: text, such as `00000429`.
    if digits(unsigned) && unsigned.len() > 1 && unsigned.starts_with('0') {
        return Ok(None);
    }
    if digits(unsigned) {
        return Ok(Some(Number { texts: vec![signed(unsigned, negative)] }));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let Some((whole, fraction)) = mantissa.split_once('.') else { return Ok(None) };
    let is_exponent = |text: &str| text.strip_prefix(['-', '+']).is_some_and(digits);
    let is_float = (digits(whole) || (whole.is_empty() && text == unsigned && digits(fraction)))
        && (fraction.is_empty() || digits(fraction))
        && exponent.is_none_or(is_exponent);
    if !is_float {
        return Ok(None);
    }
    let value: f64 = text.parse().map_err(|_| too_large(text))?;
    if value.abs() >= FLOAT_EXACT_MAX {
        return Err(too_large(text));
    }
    let mut texts = Vec::new();
    if value.fract() == 0.0 {
        texts.push(format!("{}", value as i64));
    }
    // With the point that makes it a fraction, as JSON writes it, and as the rule writes it.
    texts.extend([format!("{value:?}"), text.trim_start_matches('+').to_owned()]);
    let mut seen = Vec::new();
    texts.retain(|text| {
        !seen.contains(text) && {
            seen.push(text.clone());
            true
        }
    });
    Ok(Some(Number { texts }))
}

fn too_large(text: &str) -> String {
    format!("the number `{text}` is too large to be kept exactly; quote it")
}

fn signed(digits: &str, negative: bool) -> String {
    if negative && digits.bytes().any(|digit| digit != b'0') { format!("-{digits}") } else { digits.to_owned() }
}

/// Octal, binary and base-60 numbers and digits in groups, which YAML 1.2 no longer has or writes in another way.
fn reads_differently(unsigned: &str) -> bool {
    let bytes = unsigned.as_bytes();
    let octal = bytes.len() > 1 && bytes[0] == b'0' && bytes[1..].iter().all(|byte| matches!(byte, b'0'..=b'7' | b'_'));
    let prefixed = (unsigned.starts_with("0b") || unsigned.starts_with("0o"))
        && bytes.len() > 2
        && bytes[2..].iter().all(|byte| byte.is_ascii_digit() || *byte == b'_');
    let grouped = bytes.first().is_some_and(u8::is_ascii_digit)
        && bytes.contains(&b'_')
        && bytes.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'.'));
    let mut sixties = unsigned.split(':');
    let base_60 = sixties.next().is_some_and(
        |first| matches!(first.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit)),
    ) && unsigned.contains(':')
        && sixties.all(|part| {
            let whole = part.split('.').next().unwrap_or_default();
            matches!(whole.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
                && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        });
    octal || prefixed || grouped || base_60
}

/// `2024-01-01`, alone or with a time behind it.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (day, time) = match rest.find(['T', 't', ' ', '\t']) {
        Some(at) => (&rest[..at], rest[at + 1..].trim_start()),
        None => (rest, ""),
    };
    let has_time = time.len() >= 7 && time.contains(':') && time.starts_with(|first: char| first.is_ascii_digit());
    number(year, 4..=4)
        && if has_time {
            number(month, 1..=2) && number(day, 1..=2)
        } else {
            number(month, 2..=2) && number(day, 2..=2)
        }
        && (has_time || time.is_empty() && !rest.contains(['T', 't', ' ', '\t']))
}
