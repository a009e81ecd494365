//! Transformations of a line's values, and of lines as a whole.

use std::collections::BTreeMap;

use glassbox_predicate::compile_regex;
use regex_automata::meta;

use super::{
    Step,
    apply::mark,
    replace::{self, names},
    transformation::{Case, HashesFields, Transformation},
};
use crate::compile::{
    Rejection,
    detection::{Detection, Item, Part},
    scalar::{Meaning, Number},
    text::{Piece, Text},
    value::{Placed, Regex, Value},
};

/// Values that the placeholders of one value may make.
const FILLED_MAX: usize = 10_000;

/// Applies a step to a line that its conditions hold of; none if the line is dropped.
pub(super) fn transform(step: &Step, vars: &BTreeMap<String, Vec<String>>, item: Item) -> Result<Option<Part>, String> {
    let texts = |item: Item, change: &mut dyn FnMut(Text) -> Option<Vec<Value>>| {
        change_values(item, &mut |value| {
            Ok(match value {
                Value::Text(text) => change(text.clone()).unwrap_or_else(|| vec![Value::Text(text)]),
                other => vec![other],
            })
        })
    };
    let before = item.values.clone();
    let mut part = match &step.transformation {
        Transformation::DropItem => return Ok(None),
        Transformation::ItemFailure(message) => return Err(message.clone()),
        Transformation::HashesFields(hashes) => hashes_fields(hashes, item)?,
        Transformation::ExtractFields { pattern, prefix, keep_others } => {
            extract_fields(pattern, prefix.as_deref(), *keep_others, item)?
        }
        Transformation::WildcardPlaceholders(which) => Part::Item(change_values(item, &mut |value| {
            filled_by(value, &mut |name, is_regex| {
                let any = if is_regex { Text::plain(".*") } else { Text::parse("*") };
                Ok(which.includes(name).then(|| vec![any]))
            })
        })?),
        Transformation::ValuePlaceholders(which) => Part::Item(change_values(item, &mut |value| {
            filled(value, &mut |name| match (which.includes(name), vars.get(name)) {
                (false, _) => Ok(None),
                (true, Some(values)) => Ok(Some(values)),
                (true, None) => Err(format!("there is no variable for placeholder `%{name}%`")),
            })
        })?),
        Transformation::ReplaceString { pattern, template, skip_special, interpret_special } => {
            Part::Item(change_values(item, &mut |value| {
                let text = match value {
                    Value::Text(text) => text,
                    Value::Number(number) => Text::plain(number.text()),
                    other => return Ok(vec![other]),
                };
                let replaced = match skip_special {
                    true => replace::in_literals(&text, pattern, template, *interpret_special),
                    false => replace::in_written(&text, pattern, template),
                };
                Ok(vec![Value::Text(replaced)])
            })?)
        }
        Transformation::MapString(mapping) => Part::Item(texts(item, &mut |text| {
            let cased = text.cased;
            let new = mapping.get(&text.written())?;
            Some(new.iter().map(|new| Value::Text(Text { cased, ..Text::parse(new) })).collect())
        })?),
        Transformation::Regex { ignore_case } => {
            Part::Item(texts(item, &mut |text| Some(vec![Value::Regex(to_regex(&text, *ignore_case)?)]))?)
        }
        Transformation::SetValue(meaning) => {
            Part::Item(change_values(item, &mut |_| Ok(vec![Value::from(meaning.clone())]))?)
        }
        Transformation::ConvertType { to_number } => {
            Part::Item(change_values(item, &mut |value| convert(value, *to_number).map(|value| vec![value]))?)
        }
        Transformation::Case(case) => {
            Part::Item(texts(item, &mut |text| Some(vec![Value::Text(in_case(text, *case))]))?)
        }
        _ => Part::Item(item),
    };
    let is_same = matches!(&part, Part::Item(item) if item.values == before);
    if !is_same {
        mark(&mut part, step.id.as_ref());
    }
    Ok(Some(part))
}

/// Gives the values of a line to `change`, with a rejection that names the value's line.
pub(super) fn change(
    mut item: Item,
    change: &mut impl FnMut(Value) -> Result<Vec<Value>, String>,
) -> Result<Part, Rejection> {
    let mut values = Vec::new();
    for Placed { line, value } in std::mem::take(&mut item.values) {
        let changed = value.map_each(change);
        let changed = changed.map_err(|reason| Rejection::at(line, format!("{}: {reason}", item.label())))?;
        values.extend(changed.into_iter().map(|value| Placed { line, value }));
    }
    Ok(Part::Item(Item { values, ..item }))
}

fn change_values(mut item: Item, change: &mut impl FnMut(Value) -> Result<Vec<Value>, String>) -> Result<Item, String> {
    let mut values = Vec::new();
    for Placed { line, value } in std::mem::take(&mut item.values) {
        values.extend(value.map_each(change)?.into_iter().map(|value| Placed { line, value }));
    }
    Ok(Item { values, ..item })
}

/// A value with what `values` gives in the place of its placeholders.
pub(super) fn filled<'v>(
    value: Value,
    values: &mut impl FnMut(&str) -> Result<Option<&'v Vec<String>>, String>,
) -> Result<Vec<Value>, String> {
    filled_by(value, &mut |name, is_regex| {
        let read = |text: &String| if is_regex { Text::plain(text.as_str()) } else { Text::parse(text) };
        Ok(values(name)?.map(|values| values.iter().map(read).collect()))
    })
}

fn filled_by(
    value: Value,
    values: &mut impl FnMut(&str, bool) -> Result<Option<Vec<Text>>, String>,
) -> Result<Vec<Value>, String> {
    match value {
        Value::Text(text) if text.placeholders().next().is_some() => {
            let texts = text.filled(FILLED_MAX, &mut |name| values(name, false))?;
            Ok(texts.into_iter().map(Value::Text).collect())
        }
        Value::Regex(regex) if regex.pattern.placeholders().next().is_some() => {
            let patterns = regex.pattern.filled(FILLED_MAX, &mut |name| values(name, true))?;
            Ok(patterns.into_iter().map(|pattern| Value::Regex(Regex { pattern, ..regex.clone() })).collect())
        }
        other => Ok(vec![other]),
    }
}

/// A whole value as an expression.
fn to_regex(text: &Text, ignore_case: bool) -> Option<Regex> {
    let mut pattern = String::new();
    for piece in &text.pieces {
        match piece {
            Piece::Plain(plain) => pattern.push_str(&escaped(plain)),
            Piece::Many => pattern.push_str(".*"),
            Piece::One => pattern.push('.'),
            // Not known yet: the line stays text.
            Piece::Placeholder(_) | Piece::Bytes(_) => return None,
        }
    }
    // A wildcard stands for line ends, too.
    let flags = if ignore_case { "is" } else { "s" };
    Some(Regex { pattern: Text::plain(pattern), flags: flags.into(), at_start: true, at_end: true })
}

fn escaped(plain: &str) -> String {
    let escape = |character: char| match character {
        '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '#' | '&' | '-' | '~' => {
            format!("\\{character}")
        }
        character => character.to_string(),
    };
    plain.chars().map(escape).collect()
}

fn convert(value: Value, to_number: bool) -> Result<Value, String> {
    Ok(match value {
        Value::Number(number) if !to_number => Value::Text(Text::plain(number.text())),
        Value::Text(text) if to_number => {
            let written = text.written();
            let number = Number::parse(&written).ok_or_else(|| format!("the value `{written}` is not a number"))?;
            Value::Number(number)
        }
        other => other,
    })
}

fn in_case(text: Text, case: Case) -> Text {
    let change = |plain: String| match case {
        Case::Lower => plain.to_lowercase(),
        Case::Upper => plain.to_uppercase(),
        Case::Snake => {
            let mut snake = String::new();
            for (position, character) in plain.chars().enumerate() {
                if position > 0 && character.is_ascii_uppercase() {
                    snake.push('_');
                }
                snake.extend(character.to_lowercase());
            }
            snake
        }
    };
    let pieces = text.pieces.into_iter().map(|piece| match piece {
        Piece::Plain(plain) => Piece::Plain(change(plain)),
        other => other,
    });
    Text { pieces: pieces.collect(), cased: text.cased }
}

/// A line that is looked for in a field of its own, whole.
fn whole(line: u32, field: String, values: Vec<Value>) -> Item {
    Item {
        line,
        field: Some(field),
        values: values.into_iter().map(|value| Placed { line, value }).collect(),
        all: false,
        negated: false,
        anywhere: false,
        applied: Default::default(),
    }
}

/// `Hashes: MD5=...` to a field for each kind of digest.
fn hashes_fields(hashes: &HashesFields, item: Item) -> Result<Part, String> {
    let is_theirs = item.field.as_ref().is_some_and(|field| hashes.fields.contains(field));
    let texts: Option<Vec<String>> = item
        .values
        .iter()
        .map(|placed| match &placed.value {
            Value::Text(text) => Some(text.written()),
            _ => None,
        })
        .collect();
    let Some(texts) = texts.filter(|_| is_theirs) else { return Ok(Part::Item(item)) };
    let mut by_field: Vec<(String, Vec<Value>)> = Vec::new();
    for text in &texts {
        let separator = if text.contains('|') { '|' } else { '=' };
        let parts: Vec<&str> = text.split(separator).collect();
        let (algorithm, digest) = match parts[..] {
            [algorithm, digest] => (algorithm.trim_start_matches('*').to_uppercase(), digest.trim_matches(['*', '?'])),
            _ => {
                let digest = parts[0].trim_matches(['*', '?']);
                let algorithm = match digest.chars().count() {
                    32 => "MD5",
                    40 => "SHA1",
                    64 => "SHA256",
                    128 => "SHA512",
                    _ => "",
                };
                (algorithm.to_owned(), digest)
            }
        };
        if !hashes.algorithms.contains(&algorithm) {
            // A rule that lost one of its digests would no longer say what its author meant.
            let known = hashes.algorithms.join(", ");
            return Err(format!("`{text}` is no digest of a kind that is listed; there are {known}"));
        }
        let field = match hashes.drop_algorithm {
            true => hashes.prefix.clone(),
            false => format!("{}{algorithm}", hashes.prefix),
        };
        let value = Value::Text(Text::parse(digest));
        match by_field.iter_mut().find(|(known, _)| *known == field) {
            Some((_, values)) => values.push(value),
            None => by_field.push((field, vec![value])),
        }
    }
    let items =
        by_field.into_iter().map(|(field, values)| Item { negated: item.negated, ..whole(item.line, field, values) });
    let any = !item.negated;
    Ok(Part::Detection(Detection { line: item.line, parts: items.map(Part::Item).collect(), any }))
}

/// Named groups of an expression to fields of their own.
fn extract_fields(pattern: &meta::Regex, prefix: Option<&str>, keep_others: bool, item: Item) -> Result<Part, String> {
    let mut parts = Vec::new();
    for placed in &item.values {
        let Value::Text(text) = &placed.value else { return Ok(Part::Item(item)) };
        let written = text.written();
        let mut captures = pattern.create_captures();
        pattern.captures(written.as_str(), &mut captures);
        if !captures.is_match() {
            if keep_others {
                parts.push(Part::Item(Item { values: vec![placed.clone()], ..item.clone() }));
            }
            continue;
        }
        let mut items = Vec::new();
        for name in names(pattern) {
            let group = captures.get_group_by_name(name).map_or("", |span| &written[span.range()]);
            if group.is_empty() {
                continue;
            }
            let field = prefix.map_or_else(|| name.to_owned(), |prefix| format!("{prefix}.{name}"));
            items.push(Part::Item(whole(placed.line, field, vec![extracted(group)])));
        }
        if !items.is_empty() {
            parts.push(Part::Detection(Detection { line: placed.line, parts: items, any: false }));
        }
    }
    if parts.is_empty() {
        return Ok(Part::Item(item));
    }
    if item.negated {
        return Err("`extract_fields` cannot take a line with `neq` apart".into());
    }
    Ok(Part::Detection(Detection { line: item.line, parts, any: !item.all }))
}

/// Null, a number, or text where a number would lose the zeros before it.
fn extracted(group: &str) -> Value {
    if matches!(group.to_lowercase().as_str(), "null" | "none") {
        return Value::Null;
    }
    let number = (group == "0" || !group.starts_with('0')).then(|| Number::parse(group)).flatten();
    number.map_or_else(|| Value::Text(Text::parse(group)), Value::Number)
}

/// An expression that must match where the text begins, as Python's `match` does.
pub(super) fn anchored(pattern: &str) -> Result<meta::Regex, String> {
    searched(pattern)?;
    compile_regex(&format!("\\A(?:{pattern})")).map_err(|error| error.to_string())
}

/// An expression that may match anywhere.
pub(super) fn searched(pattern: &str) -> Result<meta::Regex, String> {
    compile_regex(pattern).map_err(|error| error.to_string())
}

/// A value that a step sets, of the type that it asks for.
pub(super) fn forced(meaning: Meaning, force: Option<&str>) -> Result<Meaning, String> {
    let text = match &meaning {
        Meaning::Number(number) => number.text().to_owned(),
        Meaning::Text(text) => text.clone(),
        Meaning::Bool(_) | Meaning::Null if force.is_none() => return Ok(meaning),
        _ => return Err("`force_type` takes text or a number as value".into()),
    };
    match force {
        None => Ok(meaning),
        Some("str") => Ok(Meaning::Text(text)),
        Some("num") => {
            Number::parse(&text).map(Meaning::Number).ok_or_else(|| format!("the value `{text}` is not a number"))
        }
        Some(other) => Err(format!("there is no type `{other}`; there are str, num")),
    }
}
