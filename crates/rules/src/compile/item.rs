//! One line of a selection to predicates: the simplest that say what its values ask for.

use glassbox_predicate::{Glob, Operator, Predicate};

use super::{
    Interned, Rejection, detection,
    text::{Piece, Text},
    value::{Regex, Value},
};
use crate::set::{FieldPredicate, Item, RuleSet};

/// A line of a selection: all of these must hold.
pub(super) struct Line {
    pub(super) items: Vec<RawItem>,
    /// Holds when the items do not.
    pub(super) negated: bool,
}

/// An item whose field and predicates are not shared yet.
pub(super) struct RawItem {
    selection: u32,
    /// The line of the file.
    pub(super) line: u32,
    field: Option<String>,
    values: u32,
    all: bool,
    /// Predicate, the other field of a comparison, and the value it comes from.
    predicates: Vec<(Predicate, Option<String>, u32)>,
}

impl RawItem {
    /// How many predicates it has.
    pub(super) fn predicates(&self) -> usize {
        self.predicates.len()
    }

    /// The regular expressions it holds.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &str> {
        let expressions = self.predicates.iter().filter(|(predicate, ..)| predicate.operator == Operator::Regex);
        expressions.map(|(predicate, ..)| predicate.operand.as_str())
    }

    /// Replaces names and predicates by positions in what the rules share.
    pub(super) fn intern(self, interned: &mut Interned, set: &mut RuleSet) -> Item {
        let field = self.field.map(|name| interned.field(&name, set));
        let predicates = self
            .predicates
            .into_iter()
            .map(|(predicate, other, value)| {
                let other = other.map(|name| interned.field(&name, set));
                (interned.predicate(FieldPredicate { field, predicate, other }, set), value)
            })
            .collect();
        Item { selection: self.selection, values: self.values, all: self.all, predicates }
    }
}

/// A predicate with the other field that it compares with, if it does.
type Alternative = (Predicate, Option<String>);

/// Compiles a line.
pub(super) fn lower(selection: u32, item: &detection::Item) -> Result<Line, Rejection> {
    let values = item.values.len() as u32;
    if values == 0 {
        return Err(Rejection::at(item.line, format!("{}: pipelines left it no value", item.label())));
    }
    let mut predicates: Vec<Vec<(Predicate, Option<String>, u32)>> = Vec::new();
    for (position, placed) in item.values.iter().enumerate() {
        let because = |reason: String| Rejection::at(placed.line, format!("{}: {reason}", item.label()));
        let mut alternatives = Vec::new();
        alternatives_of(&placed.value, item.anywhere, &mut alternatives).map_err(because)?;
        for (predicate, other) in &alternatives {
            // What the plugin could not use must not reach it.
            predicate.compile_existence().map_err(|error| because(error.to_string()))?;
            if item.field.is_none() && other.is_some() {
                return Err(because("`fieldref` needs a field before it, and keywords have none".into()));
            }
        }
        let position = position as u32;
        predicates.push(alternatives.into_iter().map(|(predicate, other)| (predicate, other, position)).collect());
    }
    let all = item.all && values > 1;
    let raw = |predicates| RawItem { selection, line: item.line, field: item.field.clone(), values, all, predicates };
    let items = match item.all {
        true => predicates.into_iter().map(raw).collect(),
        false => vec![raw(predicates.concat())],
    };
    Ok(Line { items, negated: item.negated })
}

/// The predicates that a value stands for; any of them satisfies it.
fn alternatives_of(value: &Value, anywhere: bool, made: &mut Vec<Alternative>) -> Result<(), String> {
    if let Some(name) = value.placeholder() {
        return Err(format!("placeholder `%{name}%` has no value; give it with `--placeholder {name}=VALUE`"));
    }
    let one = |operator: Operator, operand: &str| (Predicate::new(operator, operand), None);
    match value {
        Value::AnyOf(values) => {
            for value in values {
                alternatives_of(value, anywhere, made)?;
            }
        }
        Value::Null => made.push(one(Operator::Null, "")),
        Value::Bool(flag) => made.push((compare(&Text::plain(flag.to_string()), anywhere)?, None)),
        Value::Number(number) => {
            for text in number.texts() {
                made.push((compare(&Text::plain(text.as_str()), anywhere)?, None));
            }
        }
        Value::Text(text) => made.push((compare(text, anywhere)?, None)),
        Value::Regex(regex) => made.push((expression(regex)?, None)),
        Value::Network(network) => made.push(one(Operator::Cidr, network)),
        Value::Compare { operator, number, part: None } => made.push(one(*operator, number.text())),
        Value::Compare { operator, number, part: Some(part) } => {
            let sign = match operator {
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Greater => ">",
                _ => ">=",
            };
            made.push(one(Operator::TimePart, &format!("{} {sign} {number}", part.name())));
        }
        Value::TimePart(part, number) => {
            made.push(one(Operator::TimePart, &format!("{} = {number}", part.name())));
        }
        Value::Field(reference) => {
            let predicate =
                Predicate { operator: reference.operator, operand: reference.name.clone(), cased: reference.cased };
            made.push((predicate, Some(reference.name.clone())));
        }
        Value::Exists(true) => made.push(one(Operator::Exists, "")),
        Value::Exists(false) => made.push(one(Operator::Absent, "")),
    }
    Ok(())
}

fn expression(regex: &Regex) -> Result<Predicate, String> {
    let pattern = regex.pattern.as_plain().ok_or("the regular expression is not text")?;
    let mut operand = String::new();
    if !regex.flags.is_empty() {
        operand = format!("(?{})", regex.flags);
    }
    let (start, end) = (if regex.at_start { "\\A" } else { "" }, if regex.at_end { "\\z" } else { "" });
    if regex.at_start || regex.at_end {
        operand.push_str(&format!("{start}(?:{pattern}){end}"));
    } else {
        operand.push_str(&pattern);
    }
    Ok(Predicate { operator: Operator::Regex, operand, cased: true })
}

/// The simplest predicate for a text with wildcards: a literal where the wildcards stand only at its ends.
fn compare(text: &Text, anywhere: bool) -> Result<Predicate, String> {
    let text = marked(text)?;
    let (pieces, cased) = (&text.pieces[..], text.cased);
    let many = |piece: Option<&Piece>| piece == Some(&Piece::Many);
    let open_start = anywhere || many(pieces.first());
    let open_end = anywhere || many(pieces.last());
    let inner = {
        let start = pieces.iter().take_while(|piece| many(Some(piece))).count();
        let end = pieces[start..].iter().rev().take_while(|piece| many(Some(piece))).count();
        &pieces[start..pieces.len() - end]
    };
    let literal: Option<String> = inner
        .iter()
        .map(|piece| match piece {
            Piece::Plain(plain) => Some(plain.as_str()),
            _ => None,
        })
        .collect();
    if let Some(operand) = literal {
        let operator = match (open_start, open_end) {
            (false, false) => Operator::Equals,
            (false, true) => Operator::StartsWith,
            (true, false) => Operator::EndsWith,
            (true, true) => Operator::Contains,
        };
        return Ok(Predicate { operator, operand, cased });
    }
    let mut pattern = String::from(if open_start { "*" } else { "" });
    for piece in inner {
        match piece {
            Piece::Plain(plain) => pattern.push_str(&Glob::escape(plain)),
            Piece::One => pattern.push('?'),
            _ => pattern.push('*'),
        }
    }
    if open_end {
        pattern.push('*');
    }
    Ok(Predicate { operator: Operator::Like, operand: pattern, cased })
}

/// Text alone: a byte order mark is the character U+FEFF, and other bytes need base64.
fn marked(text: &Text) -> Result<Text, String> {
    let pieces = text.pieces.iter().map(|piece| match piece {
        Piece::Bytes(bytes) if bytes == b"\xFF\xFE" => Ok(Piece::Plain("\u{FEFF}".into())),
        Piece::Bytes(_) => Err("the encoded value is not text; put `base64` behind it"),
        piece => Ok(piece.clone()),
    });
    Ok(Text { pieces: pieces.collect::<Result<_, _>>()?, cased: text.cased }.joined())
}
