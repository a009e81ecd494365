//! Rules and events made from bytes, of alphabets so small that they collide: what an unbiased source would hardly ever
//! make satisfies a rule of this one in one of a few tries.
//!
//! Every rule made here is one that the compiler takes.

use arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::{Map, Value as Json, json};

/// Rules and the events to match them with.
#[derive(Clone, Debug)]
pub struct Case {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The events.
    pub events: Vec<Json>,
}

/// A rule: selections and a condition over their names.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its logsource's category.
    pub category: &'static str,
    /// By name.
    pub selections: Vec<(&'static str, Selection)>,
    /// What must hold of them.
    pub condition: Condition,
}

/// What a selection asks for.
#[derive(Clone, Debug)]
pub enum Selection {
    /// All items of any of these maps.
    Maps(Vec<Vec<Item>>),
    /// Any of these anywhere in the event, or all of them.
    Keywords {
        /// Whether all must be found.
        all: bool,
        /// What is looked for.
        values: Vec<Value>,
    },
}

/// A field with its values.
#[derive(Clone, Debug)]
pub struct Item {
    /// The field.
    pub field: &'static str,
    /// How values are compared.
    pub compare: Compare,
    /// Whether every value must hold, and not just any.
    pub all: bool,
    /// The values.
    pub values: Vec<Value>,
}

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// As text, with wildcards.
    Text {
        /// Which part of the field's value.
        part: Part,
        /// Whether letter case counts.
        cased: bool,
        /// Whether a dash that begins a word may be another one.
        windash: bool,
    },
    /// By a regular expression, perhaps ignoring case.
    Regex {
        /// Whether case is ignored.
        ignore_case: bool,
    },
    /// An address in a network.
    Cidr,
    /// A number below, at most, above, at least: `lt lte gt gte`.
    Number(&'static str),
    /// Whether the field is there.
    Exists,
    /// The value of another field.
    FieldRef,
    /// No value of the field is one of these.
    NotEquals,
}

/// Which part of a field's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// `contains`.
    Anywhere,
    /// `startswith`.
    Start,
    /// `endswith`.
    End,
}

/// A value of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text; wildcards where they mean something.
    Text(String),
    /// A number, as it is written.
    Number(serde_json::Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

/// A condition.
#[derive(Clone, Debug)]
pub enum Condition {
    /// A selection.
    Name(&'static str),
    /// `not`.
    Not(Box<Condition>),
    /// `and`.
    And(Box<Condition>, Box<Condition>),
    /// `or`.
    Or(Box<Condition>, Box<Condition>),
    /// `1 of` or `all of`, the beginning of names with `*`, or all names with an empty one: `them`.
    Of {
        /// Whether all, and not one.
        all: bool,
        /// The beginning of the names.
        prefix: &'static str,
    },
}

/// The category of events.
pub const CATEGORY: &str = "test";
/// Fields of rules.
pub const FIELDS: [&str; 4] = ["F", "G", "H.x", "Event Name"];
const NAMES: [&str; 4] = ["sel_a", "sel_b", "filter", "_c"];
const CHARACTERS: [char; 18] =
    ['a', 'b', 'A', 'B', 'a', '\\', '\\', '*', '?', '-', '/', ' ', '1', '0', 'é', 'É', '\u{130}', '\u{212A}'];
const EXPRESSIONS: [&str; 12] =
    ["a.*b", "^a", "b$", "[ab]{2}", "a|1", "A", "^$", r"a\\b", "(?i)é", "-[0-9A-Za-z_]", "(a|b)+ ", "k"];
const NETWORKS: [&str; 6] = ["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "fe80::/10", "::/0", "::ffff:10.0.0.0/104"];
const ADDRESSES: [&str; 7] =
    ["10.0.0.1", "10.1.2.3", "11.0.0.1", "fe80::1", "::ffff:10.1.0.9", "fe80::1%3", "10.0.0.1/8"];
const NUMBERS: [&str; 7] = ["0", "1", "10", "-1", "1.5", "1.0", "0x10"];

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(source: &mut Unstructured<'a>) -> Result<Self> {
        let rules = several(source, 3, rule)?;
        let events = several(source, 4, event)?;
        Ok(Self { rules, events })
    }
}

/// One to so many.
fn several<'a, T>(
    source: &mut Unstructured<'a>,
    max: usize,
    mut one: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = source.int_in_range(1..=max)?;
    (0..count).map(|_| one(source)).collect()
}

fn rule(source: &mut Unstructured<'_>) -> Result<Rule> {
    let count = source.int_in_range(1..=NAMES.len())?;
    let selections = NAMES[..count].iter().map(|&name| Ok((name, selection(source)?))).collect::<Result<Vec<_>>>()?;
    let condition = condition(source, count, 3)?;
    let category = if source.ratio(1, 8)? { "other" } else { CATEGORY };
    Ok(Rule { category, selections, condition })
}

fn selection(source: &mut Unstructured<'_>) -> Result<Selection> {
    if source.ratio(1, 6)? {
        let values = several(source, 3, |source| Ok(Value::Text(text(source, 1)?)))?;
        return Ok(Selection::Keywords { all: source.arbitrary()?, values });
    }
    let mut maps = several(source, 2, |source| several(source, 3, item))?;
    // A map has each key once.
    for map in &mut maps {
        let mut keys = Vec::new();
        map.retain(|item| {
            !keys.contains(&item.key()) && {
                keys.push(item.key());
                true
            }
        });
    }
    Ok(Selection::Maps(maps))
}

fn item(source: &mut Unstructured<'_>) -> Result<Item> {
    let field = *source.choose(&FIELDS)?;
    let compare = match source.int_in_range(0..=13_u8)? {
        0 => Compare::Regex { ignore_case: source.arbitrary()? },
        1 => Compare::Cidr,
        2 => Compare::Number(source.choose(&["lt", "lte", "gt", "gte"])?),
        3 => Compare::Exists,
        4 => Compare::FieldRef,
        5 => Compare::NotEquals,
        _ => {
            let part = *source.choose(&[Part::Whole, Part::Whole, Part::Anywhere, Part::Start, Part::End])?;
            Compare::Text { part, cased: source.ratio(1, 4)?, windash: source.ratio(1, 8)? }
        }
    };
    let value = |source: &mut Unstructured<'_>| value(source, compare);
    let values = match compare {
        Compare::Exists => vec![value(source)?],
        _ => several(source, 3, value)?,
    };
    let all = values.len() > 1 && !matches!(compare, Compare::NotEquals | Compare::Exists) && source.ratio(1, 4)?;
    Ok(Item { field, compare, all, values })
}

fn value(source: &mut Unstructured<'_>, compare: Compare) -> Result<Value> {
    Ok(match compare {
        Compare::Text { windash: true, .. } => Value::Text(text(source, 0)?),
        Compare::Text { part, cased, .. } => match source.int_in_range(0..=7_u8)? {
            // A modifier that takes text takes only numbers that are written in their plainest form.
            0 if part != Part::Whole || cased => Value::Number(plainest(source)?),
            0 => Value::Number(number(source)?),
            1 => Value::Bool(source.arbitrary()?),
            // A null has no case to be told apart.
            2 if part == Part::Whole && !cased => Value::Null,
            _ => Value::Text(text(source, 0)?),
        },
        Compare::Regex { .. } => Value::Text((*source.choose(&EXPRESSIONS)?).to_owned()),
        Compare::Cidr => Value::Text((*source.choose(&NETWORKS)?).to_owned()),
        Compare::Number(_) => Value::Number(number(source)?),
        Compare::Exists => Value::Bool(source.arbitrary()?),
        Compare::FieldRef => Value::Text((*source.choose(&FIELDS)?).to_owned()),
        Compare::NotEquals => {
            let plain = text(source, 0)?.replace(['*', '?', '\\'], "");
            Value::Text(plain)
        }
    })
}

fn text(source: &mut Unstructured<'_>, characters_min: usize) -> Result<String> {
    let count = source.int_in_range(characters_min..=4)?;
    (0..count).map(|_| source.choose(&CHARACTERS).copied()).collect()
}

/// A number as it is compared with text: a whole one without a point.
#[must_use]
pub fn number_text(number: &serde_json::Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn plainest(source: &mut Unstructured<'_>) -> Result<serde_json::Number> {
    let text = *source.choose(&NUMBERS[..5])?;
    Ok(text.parse().expect("a number"))
}

fn number(source: &mut Unstructured<'_>) -> Result<serde_json::Number> {
    let text = *source.choose(&NUMBERS[..6])?;
    Ok(text.parse().expect("a number"))
}

fn condition(source: &mut Unstructured<'_>, names: usize, depth: usize) -> Result<Condition> {
    let kind = source.int_in_range(0..=7_u8)?;
    if depth == 0 || kind < 2 {
        return Ok(Condition::Name(NAMES[source.int_in_range(0..=names - 1)?]));
    }
    let mut inner = || condition(source, names, depth - 1).map(Box::new);
    Ok(match kind {
        2 => Condition::Not(inner()?),
        3 | 4 => Condition::And(inner()?, inner()?),
        5 => Condition::Or(inner()?, inner()?),
        _ => Condition::Of { all: source.arbitrary()?, prefix: source.choose(&["sel_", ""])? },
    })
}

fn event(source: &mut Unstructured<'_>) -> Result<Json> {
    let mut event = Map::new();
    for field in FIELDS {
        match source.int_in_range(0..=5_u8)? {
            0 => {}
            1 => {
                event.insert(field.to_owned(), json!(several(source, 3, scalar)?));
            }
            2 if field == "H.x" => {
                let one = |source: &mut Unstructured<'_>| Ok(json!({ "x": scalar(source)?, "y": scalar(source)? }));
                let inner = if source.arbitrary()? { one(source)? } else { json!(several(source, 2, one)?) };
                event.insert("H".to_owned(), inner);
            }
            3 if source.ratio(1, 4)? => {
                event.insert(field.to_owned(), json!([]));
            }
            _ => {
                event.insert(field.to_owned(), scalar(source)?);
            }
        }
    }
    Ok(Json::Object(event))
}

fn scalar(source: &mut Unstructured<'_>) -> Result<Json> {
    Ok(match source.int_in_range(0..=9_u8)? {
        0 => Json::Null,
        1 => json!(source.arbitrary::<bool>()?),
        2 => Json::Number(number(source)?),
        3 => json!(source.choose(&ADDRESSES)?),
        4 => json!(source.choose(&NUMBERS)?),
        _ => json!(text(source, 0)?),
    })
}

impl Rule {
    /// The rule as YAML: as JSON, which is YAML in which nothing is left to guess.
    #[must_use]
    pub fn to_yaml(&self, id: &str) -> String {
        let mut detection = Map::new();
        for (name, selection) in &self.selections {
            detection.insert((*name).to_owned(), selection.to_json());
        }
        detection.insert("condition".to_owned(), json!(self.condition.to_string()));
        json!({
            "title": "made",
            "id": id,
            "logsource": { "category": self.category },
            "detection": detection,
        })
        .to_string()
    }
}

impl Selection {
    fn to_json(&self) -> Json {
        let map = |items: &Vec<Item>| {
            let member = |item: &Item| {
                let mut values: Vec<Json> = item.values.iter().map(Value::to_json).collect();
                let value = if values.len() == 1 { values.remove(0) } else { Json::Array(values) };
                (item.key(), value)
            };
            Json::Object(items.iter().map(member).collect())
        };
        match self {
            Self::Maps(maps) if maps.len() == 1 => map(&maps[0]),
            Self::Maps(maps) => maps.iter().map(map).collect(),
            Self::Keywords { all: false, values } => values.iter().map(Value::to_json).collect(),
            Self::Keywords { all: true, values } => {
                json!({ "|all": values.iter().map(Value::to_json).collect::<Vec<_>>() })
            }
        }
    }
}

impl Item {
    /// The field with its modifiers.
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = self.field.to_owned();
        let mut add = |modifier: &str, wanted: bool| {
            if wanted {
                key.push('|');
                key.push_str(modifier);
            }
        };
        match self.compare {
            Compare::Text { part, cased, windash } => {
                add("windash", windash);
                add("contains", part == Part::Anywhere);
                add("startswith", part == Part::Start);
                add("endswith", part == Part::End);
                add("cased", cased);
            }
            Compare::Regex { ignore_case } => {
                add("re", true);
                add("i", ignore_case);
            }
            Compare::Cidr => add("cidr", true),
            Compare::Number(order) => add(order, true),
            Compare::Exists => add("exists", true),
            Compare::FieldRef => add("fieldref", true),
            Compare::NotEquals => add("neq", true),
        }
        add("all", self.all);
        key
    }
}

impl Value {
    fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => Json::Number(number.clone()),
            Self::Bool(flag) => json!(flag),
            Self::Null => Json::Null,
        }
    }
}

impl Condition {
    /// How tightly it binds: `or`, `and`, `not`, a name.
    fn rank(&self) -> u8 {
        match self {
            Self::Or(..) => 0,
            Self::And(..) => 1,
            Self::Not(_) => 2,
            Self::Name(_) | Self::Of { .. } => 3,
        }
    }

    /// In parentheses only where it would be read otherwise without.
    fn within(&self, rank: u8) -> String {
        if self.rank() < rank { format!("({self})") } else { self.to_string() }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Not(inner) => write!(f, "not {}", inner.within(2)),
            Self::And(left, right) => write!(f, "{} and {}", left.within(1), right.within(1)),
            Self::Or(left, right) => write!(f, "{} or {}", left.within(0), right.within(0)),
            Self::Of { all, prefix } => {
                let count = if *all { "all" } else { "1" };
                if prefix.is_empty() { write!(f, "{count} of them") } else { write!(f, "{count} of {prefix}*") }
            }
        }
    }
}
