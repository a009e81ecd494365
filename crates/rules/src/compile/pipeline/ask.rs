//! Conditions of a pipeline's steps: on the rule, on a line of it, on the name of a field.

use std::collections::{BTreeMap, BTreeSet};

use glassbox_predicate::compare_numbers;
use regex_automata::meta;

use super::super::{
    detection::{Detection, Item},
    grammar::{Parsed, Quantity},
    rule::{LogSource, Rule},
    scalar::Meaning,
    value::Value,
};
use crate::metadata::{Level, Status};

/// Conditions of one kind, and how they are joined.
#[derive(Clone, Debug)]
pub(super) struct Questions<C> {
    pub(super) list: Vec<C>,
    pub(super) joined: Joined,
    pub(super) negated: bool,
}

/// How conditions are joined.
#[derive(Clone, Debug)]
pub(super) enum Joined {
    All,
    Any,
    /// By an expression over positions in the list.
    By(Expression),
}

/// An expression over conditions.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    One(usize),
}

/// A condition on a rule.
#[derive(Clone, Debug)]
pub(super) enum RuleCondition {
    Logsource(LogSource),
    ContainsItem {
        field: String,
        value: Meaning,
    },
    ContainsField(String),
    Applied(String),
    State(StateCondition),
    /// `is_sigma_rule` holds of every rule, and `is_sigma_correlation_rule` of none.
    Always(bool),
    Attribute {
        name: String,
        value: String,
        comparison: Comparison,
    },
    Tag(String),
}

/// A condition on a line.
#[derive(Clone, Debug)]
pub(super) enum ItemCondition {
    MatchString { pattern: meta::Regex, all: bool, negated: bool },
    MatchValue { value: Meaning, all: bool },
    ContainsWildcard { all: bool },
    IsNull { all: bool },
    Applied(String),
    State(StateCondition),
}

/// A condition on the name of a field.
#[derive(Clone, Debug)]
pub(super) enum FieldCondition {
    /// The name is one of these; excluded ones are not.
    Names {
        names: Vec<String>,
        excluded: bool,
    },
    /// An expression matches the beginning of the name.
    Patterns {
        patterns: Vec<meta::Regex>,
        excluded: bool,
    },
    Applied(String),
    State(StateCondition),
}

/// A condition on what earlier steps noted.
#[derive(Clone, Debug)]
pub(super) struct StateCondition {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) comparison: Comparison,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    AtLeast,
    Greater,
    AtMost,
    Less,
    /// Only of lists.
    In,
    /// Only of lists.
    NotIn,
}

impl Comparison {
    /// Every comparison by its name.
    pub(super) const NAMES: [(&str, Self); 8] = [
        ("eq", Self::Equal),
        ("ne", Self::NotEqual),
        ("gte", Self::AtLeast),
        ("gt", Self::Greater),
        ("lte", Self::AtMost),
        ("lt", Self::Less),
        ("in", Self::In),
        ("not_in", Self::NotIn),
    ];

    fn suits(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::Greater => order.is_gt(),
            Self::AtMost => order.is_le(),
            Self::Less => order.is_lt(),
            Self::In | Self::NotIn => false,
        }
    }

    /// Asks a list of its members. A list equals no single value.
    fn of_list(self, list: &[String], wanted: &str) -> bool {
        match self {
            Self::In => list.iter().any(|known| known == wanted),
            Self::NotIn => !list.iter().any(|known| known == wanted),
            Self::NotEqual => true,
            _ => false,
        }
    }

    /// Compares as numbers where both are some, else as texts.
    fn of_texts(self, one: &str, other: &str) -> bool {
        self.suits(compare_numbers(one, other).unwrap_or_else(|| one.cmp(other)))
    }
}

/// A value that a step notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    One(String),
    /// Equal to no single value; it is asked for its members.
    List(Vec<String>),
    /// A mapping, or a list that holds other than single values: equal to nothing that can be asked for.
    Other,
}

/// What steps note while a rule goes through them.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) values: BTreeMap<String, Noted>,
    /// Fields that were mapped, and what to.
    pub(super) mapped: BTreeSet<String>,
    /// Steps that were applied to field names of the rule's list of fields and of references.
    pub(super) field_steps: BTreeMap<String, BTreeSet<String>>,
}

impl<C> Questions<C> {
    /// No conditions: holds.
    pub(super) fn none() -> Self {
        Self { list: Vec::new(), joined: Joined::All, negated: false }
    }

    /// Whether the conditions hold, given whether each does.
    fn hold(&self, ask: impl Fn(&C) -> bool) -> bool {
        if self.list.is_empty() {
            return true;
        }
        let held = match &self.joined {
            Joined::All => self.list.iter().all(ask),
            Joined::Any => self.list.iter().any(ask),
            Joined::By(expression) => expression.holds(&|position| ask(&self.list[position])),
        };
        held != self.negated
    }
}

impl Expression {
    fn holds(&self, ask: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(ask)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(ask)),
            Self::Not(part) => !part.holds(ask),
            Self::One(position) => ask(*position),
        }
    }

    /// Puts positions in the place of names.
    pub(super) fn new(parsed: Parsed, names: &[String]) -> Result<Self, String> {
        let each = |parts: Vec<Parsed>| parts.into_iter().map(|part| Self::new(part, names)).collect::<Result<_, _>>();
        Ok(match parsed {
            Parsed::And(parts) => Self::All(each(parts)?),
            Parsed::Or(parts) => Self::Any(each(parts)?),
            Parsed::Not(part) => Self::Not(Box::new(Self::new(*part, names)?)),
            Parsed::Name(name) => match names.iter().position(|known| *known == name) {
                Some(position) => Self::One(position),
                None => return Err(format!("the expression names `{name}`, and there is no such condition")),
            },
            Parsed::Of(Quantity::All | Quantity::AtLeast(_), _) => {
                return Err("the expression joins conditions by `and`, `or` and `not` alone".into());
            }
        })
    }

    /// The positions that it names.
    pub(super) fn positions(&self, found: &mut BTreeSet<usize>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.positions(found)),
            Self::Not(part) => part.positions(found),
            Self::One(position) => {
                found.insert(*position);
            }
        }
    }
}

impl Questions<RuleCondition> {
    pub(super) fn hold_of(&self, rule: &Rule, state: &State) -> bool {
        self.hold(|condition| condition.holds(rule, state))
    }
}

impl Questions<ItemCondition> {
    pub(super) fn hold_of(&self, item: &Item, state: &State) -> bool {
        self.hold(|condition| condition.holds(item, state))
    }
}

impl Questions<FieldCondition> {
    /// Whether the conditions hold of a field's name; keywords have none.
    pub(super) fn hold_of(&self, name: Option<&str>, state: &State) -> bool {
        self.hold(|condition| condition.holds(name, state))
    }

    /// Whether the conditions hold of the line's field, or of a field that it is compared with.
    pub(super) fn hold_of_item(&self, item: &Item, state: &State) -> bool {
        self.hold(|condition| match condition {
            FieldCondition::Applied(step) => item.applied.contains(step),
            condition => {
                let referenced = |value: &Value| match value {
                    Value::Field(reference) => condition.holds(Some(&reference.name), state),
                    _ => false,
                };
                condition.holds(item.field.as_deref(), state)
                    || item.values.iter().any(|placed| referenced(&placed.value))
            }
        })
    }
}

impl StateCondition {
    fn holds(&self, state: &State) -> bool {
        state.values.get(&self.key).is_some_and(|noted| match noted {
            Noted::One(value) => self.comparison.of_texts(value, &self.value),
            Noted::List(values) => self.comparison.of_list(values, &self.value),
            Noted::Other => self.comparison == Comparison::NotEqual,
        })
    }
}

impl RuleCondition {
    fn holds(&self, rule: &Rule, state: &State) -> bool {
        let items = || rule.detections.selections.iter().flat_map(|selection| selection.detection.items());
        match self {
            Self::Logsource(wider) => rule.source.is_within(wider),
            Self::ContainsItem { field, value } => items().any(|item| {
                item.field.as_ref() == Some(field) && item.values.iter().any(|placed| is(&placed.value, value))
            }),
            Self::ContainsField(field) => items().any(|item| item.field.as_ref() == Some(field)),
            Self::Applied(step) => rule.applied.contains(step),
            Self::State(condition) => condition.holds(state),
            Self::Always(holds) => *holds,
            Self::Attribute { name, value, comparison } => attribute(rule, name, value, *comparison),
            Self::Tag(tag) => rule.header.tags.iter().any(|known| known.eq_ignore_ascii_case(tag)),
        }
    }
}

fn attribute(rule: &Rule, name: &str, wanted: &str, comparison: Comparison) -> bool {
    let header = &rule.header;
    let list = |list: &[String]| comparison.of_list(list, wanted);
    let text = |text: &str| comparison.of_texts(text, wanted);
    let optional = |known: &Option<String>| known.as_deref().is_some_and(text);
    match name {
        "title" => text(&header.title),
        "id" => optional(&header.id),
        "name" => optional(&header.name),
        "description" => text(&header.description),
        "author" => text(&header.author),
        "date" => text(&header.date),
        "modified" => text(&header.modified),
        "level" => {
            let wanted = Level::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(wanted));
            header.level.zip(wanted).is_some_and(|(own, wanted)| comparison.suits(own.cmp(&wanted)))
        }
        "status" => {
            let wanted = Status::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(wanted));
            header.status.zip(wanted).is_some_and(|(own, wanted)| comparison.suits(own.cmp(&wanted)))
        }
        "references" => list(&header.references),
        "tags" => list(&header.tags),
        "falsepositives" => list(&header.false_positives),
        "fields" => list(&header.fields),
        custom => header.custom.get(custom).is_some_and(|known| text(known)),
    }
}

impl ItemCondition {
    fn holds(&self, item: &Item, state: &State) -> bool {
        let values = |all: bool, holds: &dyn Fn(&Value) -> bool| {
            let mut values = item.values.iter().map(|placed| &placed.value);
            if all { values.all(holds) } else { values.any(holds) }
        };
        match self {
            Self::MatchString { pattern, all, negated } => values(*all, &|value| {
                let matches = matches!(value, Value::Text(text) if pattern.is_match(&text.written()));
                matches != *negated
            }),
            Self::MatchValue { value: wanted, all } => values(*all, &|value| is(value, wanted)),
            Self::ContainsWildcard { all } => {
                values(*all, &|value| matches!(value, Value::Text(text) if text.has_wildcards()))
            }
            Self::IsNull { all } => values(*all, &|value| *value == Value::Null),
            Self::Applied(step) => item.applied.contains(step),
            Self::State(condition) => condition.holds(state),
        }
    }
}

/// Whether a value is exactly this one.
fn is(value: &Value, wanted: &Meaning) -> bool {
    match (value, Value::from(wanted.clone())) {
        (Value::Text(text), Value::Text(wanted)) => text.pieces == wanted.pieces,
        (value, wanted) => *value == wanted,
    }
}

impl FieldCondition {
    fn holds(&self, name: Option<&str>, state: &State) -> bool {
        match self {
            Self::Names { names, excluded } => {
                name.is_some_and(|name| names.iter().any(|known| known == name)) != *excluded
            }
            Self::Patterns { patterns, excluded } => {
                name.is_some_and(|name| patterns.iter().any(|pattern| pattern.is_match(name))) != *excluded
            }
            Self::Applied(step) => {
                name.and_then(|name| state.field_steps.get(name)).is_some_and(|steps| steps.contains(step))
            }
            Self::State(condition) => condition.holds(state),
        }
    }
}

/// Every field that a detection asks of.
pub(super) fn fields(detection: &Detection) -> BTreeSet<&str> {
    detection.items().into_iter().filter_map(|item| item.field.as_deref()).collect()
}
