//! Modifiers: what the words behind a field's name do to its values, one after another, in the order written.

use glassbox_predicate::{Operator, TimePart};

use super::{
    scalar::Number,
    text::Text,
    value::{FieldReference, Regex, Value},
};

/// A modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modifier {
    All,
    Neq,
    Cased,
    Contains,
    StartsWith,
    EndsWith,
    Regex,
    /// One of `i`, `m`, `s`.
    RegexFlag(char),
    Cidr,
    Exists,
    Expand,
    FieldReference,
    /// `gt`, `gte`, `lt` or `lte`.
    Compare(Operator),
    TimePart(TimePart),
    Base64,
    Base64Offset,
    /// `wide` and `utf16le`.
    Utf16Little,
    Utf16Big,
    /// With a byte order mark.
    Utf16,
    WindowsDash,
}

/// Every name that a modifier goes by.
const NAMES: &[(&str, Modifier)] = &[
    ("all", Modifier::All),
    ("base64", Modifier::Base64),
    ("base64offset", Modifier::Base64Offset),
    ("cased", Modifier::Cased),
    ("cidr", Modifier::Cidr),
    ("contains", Modifier::Contains),
    ("day", Modifier::TimePart(TimePart::Day)),
    ("dotall", Modifier::RegexFlag('s')),
    ("endswith", Modifier::EndsWith),
    ("exists", Modifier::Exists),
    ("expand", Modifier::Expand),
    ("fieldref", Modifier::FieldReference),
    ("gt", Modifier::Compare(Operator::Greater)),
    ("gte", Modifier::Compare(Operator::GreaterOrEqual)),
    ("hour", Modifier::TimePart(TimePart::Hour)),
    ("i", Modifier::RegexFlag('i')),
    ("ignorecase", Modifier::RegexFlag('i')),
    ("lt", Modifier::Compare(Operator::Less)),
    ("lte", Modifier::Compare(Operator::LessOrEqual)),
    ("m", Modifier::RegexFlag('m')),
    ("minute", Modifier::TimePart(TimePart::Minute)),
    ("month", Modifier::TimePart(TimePart::Month)),
    ("multiline", Modifier::RegexFlag('m')),
    ("neq", Modifier::Neq),
    ("re", Modifier::Regex),
    ("s", Modifier::RegexFlag('s')),
    ("startswith", Modifier::StartsWith),
    ("utf16", Modifier::Utf16),
    ("utf16be", Modifier::Utf16Big),
    ("utf16le", Modifier::Utf16Little),
    ("week", Modifier::TimePart(TimePart::Week)),
    ("wide", Modifier::Utf16Little),
    ("windash", Modifier::WindowsDash),
    ("year", Modifier::TimePart(TimePart::Year)),
];

/// A modifier with its name as the rule writes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    pub(super) modifier: Modifier,
    pub(super) name: &'static str,
}

/// Reads the key of a line: a field, empty for a keyword, and modifiers.
///
/// # Errors
/// When there is no such modifier, or two of them exclude each other.
pub(super) fn parse_key(key: &str) -> Result<(Option<String>, Vec<Named>), String> {
    let mut parts = key.split('|');
    let field = parts.next().filter(|field| !field.is_empty()).map(str::to_owned);
    let modifiers = parts.map(parse).collect::<Result<Vec<_>, _>>()?;
    check(&modifiers, field.is_none())?;
    Ok((field, modifiers))
}

fn parse(name: &str) -> Result<Named, String> {
    if let Some(&(name, modifier)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Ok(Named { modifier, name });
    }
    if name == "not" {
        return Err("`not` is not a modifier; write `neq`, or negate a selection in the condition".into());
    }
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    Err(format!("there is no modifier `{name}`; there are {}", names.join(", ")))
}

/// What can be told without a value.
fn check(modifiers: &[Named], keyword: bool) -> Result<(), String> {
    let compares = |named: &Named| {
        use Modifier as M;
        matches!(named.modifier, M::Contains | M::StartsWith | M::EndsWith | M::Cidr | M::Exists | M::Compare(_))
    };
    let mut comparing = modifiers.iter().filter(|named| compares(named));
    // The same one again changes nothing.
    if let Some(first) = comparing.next()
        && let Some(second) = comparing.find(|second| second.name != first.name)
    {
        return Err(format!("modifiers `{}` and `{}` exclude each other; keep one", first.name, second.name));
    }
    for (position, named) in modifiers.iter().enumerate() {
        if position > 0 && matches!(named.modifier, Modifier::Regex | Modifier::Cidr | Modifier::Exists) {
            return Err(format!("`{}` comes first, as it takes the value as it is written; move it there", named.name));
        }
        let before = modifiers[..position].iter().find(|named| {
            !matches!(named.modifier, Modifier::All | Modifier::Neq | Modifier::Cased | Modifier::FieldReference)
        });
        if let (Modifier::FieldReference, Some(before)) = (named.modifier, before) {
            return Err(format!("`fieldref` takes the name of a field as it is written, without `{}`", before.name));
        }
        if keyword && matches!(named.modifier, Modifier::Exists | Modifier::FieldReference) {
            return Err(format!("`{}` needs a field before it, and keywords have none", named.name));
        }
    }
    Ok(())
}

/// Whether a keyword with these modifiers may stand anywhere in a value.
pub(super) fn anywhere(modifiers: &[Named]) -> bool {
    !modifiers.iter().any(|named| matches!(named.modifier, Modifier::StartsWith | Modifier::EndsWith))
}

/// Applies modifiers to a value.
///
/// # Errors
/// When one of them cannot take what it is given.
pub(super) fn apply(modifiers: &[Named], value: Value) -> Result<Value, String> {
    modifiers.iter().try_fold(value, |value, named| apply_one(*named, value))
}

fn apply_one(named: Named, value: Value) -> Result<Value, String> {
    use Modifier as M;
    if let Value::AnyOf(values) = value {
        return values.into_iter().map(|value| apply_one(named, value)).collect::<Result<_, _>>().map(Value::AnyOf);
    }
    Ok(match named.modifier {
        // These speak of the whole line.
        M::All | M::Neq => value,
        M::Contains | M::StartsWith | M::EndsWith => open(named, value)?,
        M::Cased => match value {
            Value::Field(reference) => Value::Field(FieldReference { cased: true, ..reference }),
            value => Value::Text(Text { cased: true, ..text(named, value)? }),
        },
        M::Regex => Value::Regex(Regex::new(text(named, value)?)),
        M::RegexFlag(flag) => match value {
            Value::Regex(mut regex) => {
                if !regex.flags.contains(flag) {
                    regex.flags.push(flag);
                }
                Value::Regex(regex)
            }
            _ => return Err("modifiers `i`, `m` and `s` need `re` before them".into()),
        },
        M::Cidr => Value::Network(text(named, value)?.written()),
        M::Exists => match value {
            Value::Bool(exists) => Value::Exists(exists),
            _ => return Err("`exists` takes true or false".into()),
        },
        M::Expand if matches!(&value, Value::Network(network) if network.contains('%')) => {
            let way_out = "list the networks in the rule, or let a pipeline set the value";
            return Err(format!("`cidr` takes no placeholder; {way_out}"));
        }
        M::Expand => match value {
            Value::Text(text) => Value::Text(text.with_placeholders()),
            Value::Regex(regex) => Value::Regex(Regex { pattern: regex.pattern.with_placeholders(), ..regex }),
            value => value,
        },
        M::FieldReference => match value {
            Value::Text(text) => {
                let name = text.as_plain().ok_or("`fieldref` takes the name of a field, without wildcards")?;
                Value::Field(FieldReference { name, operator: Operator::SameAs, cased: text.cased })
            }
            _ => return Err("`fieldref` takes the name of a field".into()),
        },
        M::Compare(operator) => match value {
            Value::TimePart(part, number) => Value::Compare { operator, number, part: Some(part) },
            value => Value::Compare { operator, number: number(named, value)?, part: None },
        },
        M::TimePart(part) => time_part(part, number(named, value)?)?,
        M::Base64 => Value::Text(text(named, value)?.base64()?),
        M::Base64Offset => Value::AnyOf(text(named, value)?.base64_offsets()?.into_iter().map(Value::Text).collect()),
        M::Utf16Little => Value::Text(text(named, value)?.utf16(false, false)?),
        M::Utf16Big => Value::Text(text(named, value)?.utf16(true, false)?),
        M::Utf16 => Value::Text(text(named, value)?.utf16(false, true)?),
        M::WindowsDash => Value::AnyOf(text(named, value)?.dashes()?.into_iter().map(Value::Text).collect()),
    })
}

/// `contains`, `startswith` and `endswith`: of text, of an expression, of another field's value.
fn open(named: Named, value: Value) -> Result<Value, String> {
    let (start, end) = match named.modifier {
        Modifier::Contains => (true, true),
        Modifier::StartsWith => (false, true),
        _ => (true, false),
    };
    Ok(match value {
        Value::Regex(regex) => Value::Regex(Regex { at_start: !start, at_end: !end, ..regex }),
        Value::Field(reference) => {
            let operator = match named.modifier {
                Modifier::Contains => Operator::ContainsField,
                Modifier::StartsWith => Operator::StartsWithField,
                _ => Operator::EndsWithField,
            };
            Value::Field(FieldReference { operator, ..reference })
        }
        value => {
            let mut text = text(named, value)?;
            if start {
                text.open_start();
            }
            if end {
                text.open_end();
            }
            Value::Text(text)
        }
    })
}

/// A value as text. Numbers and booleans are what they look like.
fn text(named: Named, value: Value) -> Result<Text, String> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Number(number) if number.text() != number.written() => Err(format!(
            "`{}` takes text, and `{}` without quotes is the number {number}; quote it",
            named.name,
            number.written()
        )),
        Value::Number(number) => Ok(Text::plain(number.text())),
        Value::Bool(flag) => Ok(Text::plain(flag.to_string())),
        Value::Null => {
            Err(format!("`{}` takes text, and null can only be compared as a whole; remove the modifier", named.name))
        }
        other => Err(format!("`{}` takes text, and the modifier before it makes {}", named.name, other.what())),
    }
}

/// A value as a number, quoted or not.
fn number(named: Named, value: Value) -> Result<Number, String> {
    match value {
        Value::Number(number) => Ok(number),
        Value::Text(text) => {
            let written = text.written();
            Number::parse(&written)
                .ok_or_else(|| format!("`{}` takes a number, and `{written}` is not a number", named.name))
        }
        other => Err(format!("`{}` takes a number, not {}", named.name, other.what())),
    }
}

fn time_part(part: TimePart, number: Number) -> Result<Value, String> {
    let range = match part {
        TimePart::Minute => 0..=59,
        TimePart::Hour => 0..=23,
        TimePart::Day => 1..=31,
        TimePart::Week => 1..=53,
        TimePart::Month => 1..=12,
        TimePart::Year => 1..=9999,
    };
    if number.whole().is_some_and(|whole| range.contains(&whole)) {
        return Ok(Value::TimePart(part, number));
    }
    let (from, to) = (range.start(), range.end());
    Err(format!("a {} is a whole number from {from} to {to}, and `{number}` is not", part.name()))
}
