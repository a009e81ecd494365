//! The values of a line once its modifiers are applied: what pipelines change and predicates are made of.

use glassbox_predicate::{Operator, TimePart};

use super::{
    scalar::{Meaning, Number},
    text::Text,
};

/// A value with the line it stands on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) line: u32,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    Regex(Regex),
    /// A network in CIDR notation.
    Network(String),
    /// A comparison with a number, of the value or of a part of the time that it is.
    Compare {
        operator: Operator,
        number: Number,
        part: Option<TimePart>,
    },
    /// A part of the time that the value is.
    TimePart(TimePart, Number),
    /// The value of another field.
    Field(FieldReference),
    /// Whether the field is there.
    Exists(bool),
    /// Any of these: what one value of the rule stands for after `windash` and `base64offset`.
    AnyOf(Vec<Value>),
}

/// A regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Regex {
    /// The expression: literals and placeholders.
    pub(super) pattern: Text,
    /// Of `i`, `m` and `s` those that were asked for.
    pub(super) flags: String,
    /// Whether a match must begin where the value does.
    pub(super) at_start: bool,
    /// Whether a match must end where the value does.
    pub(super) at_end: bool,
}

impl Regex {
    pub(super) fn new(pattern: Text) -> Self {
        Self { pattern, flags: String::new(), at_start: false, at_end: false }
    }
}

/// Another field, and how its value must stand in this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldReference {
    pub(super) name: String,
    pub(super) operator: Operator,
    pub(super) cased: bool,
}

impl From<Meaning> for Value {
    fn from(meaning: Meaning) -> Self {
        match meaning {
            Meaning::Null => Self::Null,
            Meaning::Bool(flag) => Self::Bool(flag),
            Meaning::Number(number) => Self::Number(number),
            Meaning::Text(text) => Self::Text(Text::parse(&text)),
        }
    }
}

impl Value {
    /// Gives every text and expression inside to `change`, which may put others in its place.
    ///
    /// # Errors
    /// When `change` fails.
    pub(super) fn map_each(
        self,
        change: &mut impl FnMut(Self) -> Result<Vec<Self>, String>,
    ) -> Result<Vec<Self>, String> {
        match self {
            Self::AnyOf(values) => {
                let mut changed = Vec::new();
                for value in values {
                    changed.extend(value.map_each(change)?);
                }
                Ok(if changed.is_empty() { changed } else { vec![Self::AnyOf(changed)] })
            }
            value => change(value),
        }
    }

    /// The text that the value is, or holds as an expression.
    pub(super) fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Regex(regex) => Some(&regex.pattern),
            _ => None,
        }
    }

    /// The first placeholder in it that has no value.
    pub(super) fn placeholder(&self) -> Option<&str> {
        match self {
            Self::AnyOf(values) => values.iter().find_map(Self::placeholder),
            value => value.text()?.placeholders().next(),
        }
    }

    /// What the value is, for people.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Regex(_) => "a regular expression",
            Self::Network(_) => "a network",
            Self::Compare { .. } => "a comparison",
            Self::TimePart(..) => "a part of a time",
            Self::Field(_) => "a field",
            Self::Exists(_) => "a question of presence",
            Self::AnyOf(_) => "several values",
        }
    }
}
