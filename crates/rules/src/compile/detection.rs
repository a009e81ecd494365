//! Selections: what stands under `detection`, with every modifier applied and every line number kept.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Rejection,
    grammar::{self, Expression},
    modifier::{self, Modifier, Named},
    scalar::Scalar,
    text::Text,
    value::{Placed, Value},
    yaml::{Kind, Node},
};
use crate::metadata::Origin;

/// What a rule or filter looks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Detections {
    /// In the order of the file.
    pub(super) selections: Vec<Selection>,
    /// Any of these must hold.
    pub(super) conditions: Vec<Condition>,
    /// Filters on the rule: each must hold too, or else it takes the hit away.
    pub(super) filters: Vec<FilterCondition>,
}

/// A named part of a rule.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) name: String,
    pub(super) detection: Detection,
    /// The filter or pipeline that it comes from; none if it is the rule's own.
    pub(super) origin: Option<Arc<SelectionOrigin>>,
}

/// The filter or pipeline that a selection comes from.
#[derive(Clone, Debug)]
pub(super) struct SelectionOrigin {
    /// Its title and file, for the reasons of rejections.
    pub(super) place: String,
    /// For explanations.
    pub(super) origin: Origin,
}

/// A condition over selections.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) line: u32,
    pub(super) expression: Expression,
}

/// The condition of a filter on a rule.
#[derive(Clone, Debug)]
pub(super) struct FilterCondition {
    /// The filter's number among those given, from 0.
    pub(super) number: usize,
    pub(super) expression: Expression,
}

/// Lines and groups of lines that belong together.
#[derive(Clone, Debug)]
pub(super) struct Detection {
    pub(super) line: u32,
    pub(super) parts: Vec<Part>,
    /// Whether any part is enough, or all are needed.
    pub(super) any: bool,
}

/// A part of a selection.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Detection(Detection),
    Item(Item),
}

/// A line of a selection: a field with the values that it may or must have.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) line: u32,
    /// None for keywords.
    pub(super) field: Option<String>,
    pub(super) values: Vec<Placed>,
    /// Whether all values are needed, or any is enough.
    pub(super) all: bool,
    /// Whether it holds when the values do not.
    pub(super) negated: bool,
    /// Whether its values may stand anywhere, as keywords do.
    pub(super) anywhere: bool,
    /// Ids of the pipeline steps that changed it.
    pub(super) applied: BTreeSet<String>,
}

impl Item {
    /// What the line is about, for people.
    pub(super) fn label(&self) -> String {
        match &self.field {
            None => "keywords".into(),
            Some(name) => format!("field `{name}`"),
        }
    }
}

impl Detection {
    /// Every line, in order.
    pub(super) fn items(&self) -> Vec<&Item> {
        let mut items = Vec::new();
        for part in &self.parts {
            match part {
                Part::Item(item) => items.push(item),
                Part::Detection(detection) => items.extend(detection.items()),
            }
        }
        items
    }
}

/// Reads `detection`: named selections and the condition over them.
pub(super) fn read(node: &Node) -> Result<Detections, Rejection> {
    let Kind::Mapping(entries) = &node.kind else {
        return Err(Rejection::at(node.line, format!("`detection` is a mapping of selections, not {}", node.what())));
    };
    let mut detections = Detections::default();
    for entry in entries {
        let name = entry.key.text.as_str();
        match name {
            // A time alone counts nothing; an aggregation that would is refused in the condition.
            "condition" | "timeframe" => {}
            _ => {
                let detection = read_detection(entry.line, &entry.value)
                    .map_err(|rejection| rejection.within(format_args!("selection `{name}`")))?;
                detections.selections.push(Selection { name: name.to_owned(), detection, origin: None });
            }
        }
    }
    let Some(entry) = node.entry("condition") else {
        return Err(Rejection::at(node.line, "the rule has no condition"));
    };
    let conditions = match &entry.value.kind {
        Kind::Sequence(nodes) => nodes.iter().collect(),
        _ => vec![&entry.value],
    };
    for condition in conditions {
        detections.conditions.push(read_condition(condition, &detections.selections)?);
    }
    if detections.conditions.is_empty() {
        return Err(Rejection::at(entry.line, "the rule has no condition"));
    }
    Ok(detections)
}

fn read_condition(node: &Node, selections: &[Selection]) -> Result<Condition, Rejection> {
    let Some(text) = node.text() else {
        return Err(Rejection::at(node.line, format!("a condition is a text, not {}", node.what())));
    };
    let names: Vec<&str> = selections.iter().map(|selection| selection.name.as_str()).collect();
    let expression = grammar::parse(text).and_then(|expression| expression.resolve(&names));
    let expression = expression.map_err(|reason| Rejection::at(node.line, reason))?;
    Ok(Condition { line: node.line, expression })
}

/// Reads a selection: a mapping, a list of mappings or values, or a lone value.
pub(super) fn read_detection(line: u32, node: &Node) -> Result<Detection, Rejection> {
    let parts = match &node.kind {
        Kind::Mapping(entries) => entries
            .iter()
            .map(|entry| read_item(&entry.key, entry.line, &entry.value).map(Part::Item))
            .collect::<Result<Vec<_>, _>>()?,
        Kind::Scalar(_) => vec![Part::Item(read_item(&Scalar::quoted(""), line, node)?)],
        Kind::Sequence(nodes) if nodes.iter().all(|node| matches!(node.kind, Kind::Scalar(_))) && !nodes.is_empty() => {
            vec![Part::Item(read_item(&Scalar::quoted(""), line, node)?)]
        }
        Kind::Sequence(nodes) => {
            let parts = nodes
                .iter()
                .map(|node| read_detection(node.line, node).map(Part::Detection))
                .collect::<Result<Vec<_>, _>>()?;
            if parts.is_empty() {
                return Err(Rejection::at(line, "it is empty; remove it or put a field in it"));
            }
            return Ok(Detection { line, parts, any: true });
        }
    };
    if parts.is_empty() {
        return Err(Rejection::at(line, "it is empty; remove it or put a field in it"));
    }
    Ok(Detection { line, parts, any: false })
}

fn read_item(key: &Scalar, line: u32, node: &Node) -> Result<Item, Rejection> {
    let (field, modifiers) = modifier::parse_key(&key.text).map_err(|reason| {
        let label = key.text.split('|').next().filter(|name| !name.is_empty());
        let label = label.map_or_else(|| "keywords".to_owned(), |name| format!("field `{name}`"));
        Rejection::at(line, format!("{label}: {reason}"))
    })?;
    let has = |wanted: Modifier| modifiers.iter().any(|named| named.modifier == wanted);
    let mut item = Item {
        line,
        anywhere: field.is_none() && modifier::anywhere(&modifiers),
        field,
        values: Vec::new(),
        all: has(Modifier::All),
        negated: has(Modifier::Neq),
        applied: BTreeSet::new(),
    };
    let nodes = match &node.kind {
        Kind::Sequence(nodes) => nodes.iter().collect(),
        _ => vec![node],
    };
    if nodes.is_empty() {
        return Err(Rejection::at(line, format!("{}: it lists no value; name one or remove the line", item.label())));
    }
    for node in nodes {
        let value = read_value(node, &modifiers)
            .map_err(|reason| Rejection::at(node.line, format!("{}: {reason}", item.label())))?;
        if item.field.is_none() && value == Value::Null {
            return Err(Rejection::at(node.line, "keywords: null can only be asked of a field; remove it"));
        }
        item.values.push(Placed { line: node.line, value });
    }
    Ok(item)
}

fn read_value(node: &Node, modifiers: &[Named]) -> Result<Value, String> {
    let Kind::Scalar(scalar) = &node.kind else {
        return Err(format!(
            "a value is a single value, not {}; a value that begins with `[` or `{{` needs single quotes",
            node.what()
        ));
    };
    let is_expression = modifiers.first().is_some_and(|named| named.modifier == Modifier::Regex);
    let asks_presence = modifiers.first().is_some_and(|named| named.modifier == Modifier::Exists);
    let value = if is_expression && !scalar.is_null() {
        // Wildcards and escapes are the expression's own.
        Value::Text(Text::plain(scalar.text.as_str()))
    } else if let (true, Some(flag)) = (asks_presence, scalar.flag()) {
        Value::Bool(flag)
    } else {
        scalar.meaning()?.into()
    };
    modifier::apply(modifiers, value)
}
