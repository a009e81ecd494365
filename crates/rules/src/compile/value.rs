//! One value of a line to predicates: wildcards, encodings, dashes, numbers and null.

use base64::{Engine, engine::general_purpose::STANDARD};
use glassbox_predicate::{Glob, Operator, Predicate};
use rsigma_parser::{Modifier, SigmaString, SigmaValue, SpecialChar, StringPart};

/// The most predicates that one value may stand for.
const ALTERNATIVES_MAX: usize = 1_024;

/// Below this every integer is a float of its own.
const FLOAT_EXACT_MAX: f64 = (1_u64 << 53) as f64;

/// What is done to a value's text before it is compared.
pub(super) struct Transform<'a> {
    pub(super) cased: bool,
    pub(super) regex_flags: &'a str,
    pub(super) encodings: &'a [Modifier],
    pub(super) windash: bool,
}

/// The predicates that one value stands for; any of them satisfies it.
pub(super) fn predicates(
    value: &SigmaValue,
    operator: Operator,
    transform: &Transform<'_>,
) -> Result<Vec<Predicate>, String> {
    let text = match value {
        SigmaValue::String(text) => text.clone(),
        SigmaValue::Integer(number) => SigmaString::from_raw(&number.to_string()),
        // The parser reads integers beyond 64 bits as floats, which no longer hold every digit.
        SigmaValue::Float(number) if number.abs() >= FLOAT_EXACT_MAX => {
            return Err("the number is too large to be kept exactly; quote it".into());
        }
        // With the point that makes it a fraction, as JSON writes it: `1.0`.
        SigmaValue::Float(number) => SigmaString::from_raw(&format!("{number:?}")),
        SigmaValue::Bool(flag) => SigmaString::from_raw(&flag.to_string()),
        SigmaValue::Null if operator == Operator::Equals => return Ok(vec![Predicate::new(Operator::Null, "")]),
        SigmaValue::Null => return Err("null can only be compared as a whole".into()),
    };
    let made = match operator {
        Operator::Regex => {
            // The pattern is what stands in the rule: wildcards and escapes are the expression's own.
            let flags = transform.regex_flags;
            let operand = if flags.is_empty() { text.original } else { format!("(?{flags}){}", text.original) };
            vec![Predicate { operator, operand, cased: true }]
        }
        Operator::Cidr | Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            vec![Predicate { operator, operand: text.original, cased: transform.cased }]
        }
        _ => {
            let alternatives = if transform.windash { dashes(&text)? } else { vec![text] };
            let alternatives = encode_all(alternatives, transform.encodings)?;
            let cased = transform.cased || transform.encodings.iter().any(|encoding| is_base64(*encoding));
            alternatives.iter().map(|parts| compare(parts, operator, cased)).collect::<Result<_, _>>()?
        }
    };
    for predicate in &made {
        predicate.compile().map_err(|error| error.to_string())?;
    }
    Ok(made)
}

fn is_base64(modifier: Modifier) -> bool {
    matches!(modifier, Modifier::Base64 | Modifier::Base64Offset)
}

/// The simplest predicate for a text with wildcards: a literal where the wildcards stand only at its ends.
fn compare(text: &SigmaString, operator: Operator, cased: bool) -> Result<Predicate, String> {
    let parts = &text.parts[..];
    let any = |part: Option<&StringPart>| matches!(part, Some(StringPart::Special(SpecialChar::WildcardMulti)));
    let open_start = matches!(operator, Operator::Contains | Operator::EndsWith) || any(parts.first());
    let open_end = matches!(operator, Operator::Contains | Operator::StartsWith) || any(parts.last());
    let inner: Vec<&StringPart> = {
        let start = parts.iter().take_while(|part| any(Some(part))).count();
        let end = parts[start..].iter().rev().take_while(|part| any(Some(part))).count();
        parts[start..parts.len() - end].iter().collect()
    };
    let literal: Option<String> = inner
        .iter()
        .map(|part| match part {
            StringPart::Plain(plain) => Some(plain.as_str()),
            StringPart::Special(_) => None,
        })
        .collect();
    if operator == Operator::NotEquals {
        let operand = text.as_plain().ok_or("`neq` takes no wildcards")?;
        return Ok(Predicate { operator, operand, cased });
    }
    if let Some(operand) = literal {
        let operator = match (open_start, open_end) {
            (false, false) => Operator::Equals,
            (false, true) => Operator::StartsWith,
            (true, false) => Operator::EndsWith,
            (true, true) => Operator::Contains,
        };
        return Ok(Predicate { operator, operand, cased });
    }
    let mut pattern = String::new();
    if open_start {
        pattern.push('*');
    }
    for part in inner {
        match part {
            StringPart::Plain(plain) => pattern.push_str(&Glob::escape(plain)),
            StringPart::Special(SpecialChar::WildcardMulti) => pattern.push('*'),
            StringPart::Special(SpecialChar::WildcardSingle) => pattern.push('?'),
        }
    }
    if open_end {
        pattern.push('*');
    }
    Ok(Predicate { operator: Operator::Like, operand: pattern, cased })
}

/// What may stand for a dash that begins a word.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Every way to write the dashes that begin a word.
///
/// A dash begins a word when a word character follows and none precedes, as the specification's `\B[-/]\b` says.
fn dashes(text: &SigmaString) -> Result<Vec<SigmaString>, String> {
    let is_word = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut alternatives: Vec<Vec<StringPart>> = vec![Vec::new()];
    for part in &text.parts {
        let StringPart::Plain(plain) = part else {
            alternatives.iter_mut().for_each(|parts| parts.push(part.clone()));
            continue;
        };
        let mut written: Vec<String> = vec![String::new()];
        let mut before = None;
        let mut characters = plain.chars().peekable();
        while let Some(character) = characters.next() {
            let begins_word = !is_word(before) && is_word(characters.peek().copied());
            before = Some(character);
            if matches!(character, '-' | '/') && begins_word {
                written = written.iter().flat_map(|text| DASHES.map(|dash| format!("{text}{dash}"))).collect();
                if written.len() > ALTERNATIVES_MAX {
                    return Err(format!("`windash` would make more than {ALTERNATIVES_MAX} alternatives"));
                }
            } else {
                written.iter_mut().for_each(|text| text.push(character));
            }
        }
        alternatives = alternatives
            .iter()
            .flat_map(|parts| {
                written.iter().map(|text| {
                    let mut parts = parts.clone();
                    parts.push(StringPart::Plain(text.clone()));
                    parts
                })
            })
            .collect();
        if alternatives.len() > ALTERNATIVES_MAX {
            return Err(format!("`windash` would make more than {ALTERNATIVES_MAX} alternatives"));
        }
    }
    Ok(alternatives.into_iter().map(|parts| SigmaString { parts, original: text.original.clone() }).collect())
}

fn encode_all(texts: Vec<SigmaString>, encodings: &[Modifier]) -> Result<Vec<SigmaString>, String> {
    if encodings.is_empty() {
        return Ok(texts);
    }
    let mut encoded = Vec::new();
    for text in texts {
        // Bytes cannot hold wildcards: what is encoded is a plain text.
        let plain = text.as_plain().ok_or("an encoded value takes no wildcards")?;
        let mut alternatives = vec![plain.into_bytes()];
        for &encoding in encodings {
            let mut next = Vec::new();
            for bytes in alternatives {
                next.extend(encode(bytes, encoding)?);
            }
            alternatives = next;
        }
        for bytes in alternatives {
            if bytes.is_empty() {
                // An empty text would be found in every value.
                return Err("the value is too short to be told in every encoding of it".into());
            }
            let text = String::from_utf8(bytes).map_err(|_| "the encoded value is no text; put `base64` behind")?;
            encoded.push(SigmaString::from_raw(&text));
        }
    }
    Ok(encoded)
}

fn encode(bytes: Vec<u8>, encoding: Modifier) -> Result<Vec<Vec<u8>>, String> {
    let wide = |bytes: &[u8], big_endian: bool, mark: bool| -> Result<Vec<u8>, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "UTF-16 modifiers come before `base64`")?;
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        Ok(units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect())
    };
    Ok(match encoding {
        Modifier::Wide => vec![wide(&bytes, false, false)?],
        Modifier::Utf16be => vec![wide(&bytes, true, false)?],
        Modifier::Utf16 => vec![wide(&bytes, false, true)?],
        Modifier::Base64 => vec![STANDARD.encode(&bytes).into_bytes()],
        _ => base64_offsets(&bytes),
    })
}

/// The text in base64 as it looks at each of the three offsets in a larger text: characters that depend on what stands
/// before or after are left out.
fn base64_offsets(bytes: &[u8]) -> Vec<Vec<u8>> {
    const FIRST_WHOLE: [usize; 3] = [0, 2, 3];
    const LEFT_OUT: [usize; 3] = [0, 3, 2];
    (0..3)
        .map(|offset| {
            let mut padded = vec![b' '; offset];
            padded.extend_from_slice(bytes);
            let encoded = STANDARD.encode(&padded).into_bytes();
            let end = encoded.len() - LEFT_OUT[padded.len() % 3];
            encoded[FIRST_WHOLE[offset]..end.max(FIRST_WHOLE[offset])].to_vec()
        })
        .collect()
}
