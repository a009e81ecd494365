//! What a YAML scalar means: null, a boolean, a number or text.
//!
//! What YAML 1.1 and 1.2 read differently is refused rather than guessed: `yes` is a boolean to one and text to the other.

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

    /// The boolean that it is where nothing but one can be meant, in any of YAML's spellings.
    pub(super) fn flag(&self) -> Option<bool> {
        boolean(&self.text).filter(|_| self.looks_count())
    }

    /// What it means.
    ///
    /// # Errors
    /// When YAML 1.1 and 1.2 would read different things, or it is a number that cannot be kept.
    pub(super) fn meaning(&self) -> Result<Meaning, String> {
        if self.is_null() {
            return Ok(Meaning::Null);
        }
        if !self.looks_count() {
            return Ok(Meaning::Text(self.text.clone()));
        }
        let text = self.text.as_str();
        Ok(match text {
            "true" | "True" | "TRUE" => Meaning::Bool(true),
            "false" | "False" | "FALSE" => Meaning::Bool(false),
            _ if boolean(text).is_some() => {
                return Err(format!(
                    "`{text}` is a boolean to YAML 1.1 and text to YAML 1.2; quote it to mean the text"
                ));
            }
            _ if is_date(text) => return Err(format!("`{text}` is a date to YAML; quote it to mean the text")),
            _ => match number(text)? {
                Some(number) => Meaning::Number(number),
                None => Meaning::Text(self.text.clone()),
            },
        })
    }
}

/// The booleans of YAML 1.1 that its parsers know.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// A number, as the texts that records may hold for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    texts: Vec<String>,
    /// As the rule writes it.
    written: String,
}

impl Number {
    /// The number in its plainest form.
    pub(super) fn text(&self) -> &str {
        &self.texts[0]
    }

    /// As the rule writes it.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Every text that stands for it: `1.0` is also `1`, and `0x10` also `16`.
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
        return Err(format!("`{text}` is not a number that a value can be; quote it to mean the text"));
    }
    if let Some(hex) = unsigned.strip_prefix("0x") {
        if reads_differently(unsigned) {
            return Err(read_differently(text));
        }
        if hex.is_empty() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        if unsigned != text {
            return Err(read_differently(text));
        }
        let value = u128::from_str_radix(hex, 16).map_err(|_| too_large(text))?;
        return Ok(Some(Number { texts: vec![value.to_string(), text.to_owned()], written: text.to_owned() }));
    }
    if reads_differently(unsigned) {
        return Err(read_differently(text));
    }
    // No octal number, and no decimal one to YAML 1.1: text, such as `00000429`.
    if digits(unsigned) && unsigned.len() > 1 && unsigned.starts_with('0') {
        return Ok(None);
    }
    if digits(unsigned) {
        return Ok(Some(Number { texts: vec![signed(unsigned, negative)], written: text.to_owned() }));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_signed = |text: &str| text.strip_prefix(['-', '+']).is_some_and(digits);
    // As YAML 1.2 has floats, and as YAML 1.1 does: with a point, a sign in the exponent, and none before a point.
    let is_float = (digits(whole) || whole.is_empty() && digits(fraction))
        && (fraction.is_empty() || digits(fraction))
        && exponent.is_none_or(|exponent| is_signed(exponent) || digits(exponent));
    let is_float_to_both =
        is_float && mantissa.contains('.') && exponent.is_none_or(is_signed) && !(whole.is_empty() && text != unsigned);
    if !is_float {
        return Ok(None);
    }
    if !is_float_to_both {
        return Err(read_differently(text));
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
    Ok(Some(Number { texts, written: text.to_owned() }))
}

fn read_differently(text: &str) -> String {
    format!("`{text}` is one number to YAML 1.1 and another, or text, to YAML 1.2; quote it")
}

fn too_large(text: &str) -> String {
    format!("the number `{text}` is too large to be kept exactly; quote it")
}

fn signed(digits: &str, negative: bool) -> String {
    if negative && digits.bytes().any(|digit| digit != b'0') { format!("-{digits}") } else { digits.to_owned() }
}

/// Octal, binary and base-60 numbers and digits in groups, which YAML 1.2 does not have or writes in another way.
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
    let hex_grouped = unsigned
        .strip_prefix("0x")
        .is_some_and(|hex| hex.contains('_') && hex.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_'));
    octal || prefixed || grouped || base_60 || hex_grouped
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
