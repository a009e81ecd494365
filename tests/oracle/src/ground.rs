//! The ground that another engine shares: rules and events changed so that nothing in them is among the constructs that
//! the engine is known to take otherwise (`differences` in its tests lists them, each with a case).

use serde_json::{Map, Value as Json};

use crate::sigma::{Case, Compare, Condition, Item, Part, Rule, Selection, Value};

/// What an engine takes as we do.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// Numbers compared with numbers, whichever way they are written.
    pub numbers: bool,
    /// Lists in events.
    pub lists: bool,
    /// Keywords that stand anywhere in a value.
    pub keywords: bool,
    /// `fieldref`.
    pub fieldref: bool,
}

/// The ground shared with rsigma-eval.
pub const RSIGMA: Ground = Ground { numbers: true, lists: true, keywords: true, fieldref: false };
/// The ground shared with rsigma-eval where fields are compared with each other: their values are single texts.
pub const RSIGMA_FIELDS: Ground = Ground { numbers: false, lists: false, keywords: true, fieldref: true };
/// The ground shared with sigma-rust.
pub const SIGMA_RUST: Ground = Ground { numbers: false, lists: false, keywords: false, fieldref: false };

impl Ground {
    /// The case on this ground.
    #[must_use]
    pub fn narrow(&self, case: &Case) -> Case {
        let events = case.events.iter().map(|event| self.event(event)).collect();
        Case { rules: case.rules.iter().map(|rule| self.rule(rule)).collect(), events }
    }

    fn rule(&self, rule: &Rule) -> Rule {
        let selection = |selection: &Selection| match selection {
            Selection::Maps(maps) => Selection::Maps(maps.iter().map(|map| self.map(map)).collect()),
            Selection::Keywords { values, .. } => {
                let value = |value: &Value| Value::Text(keyword(value, self.keywords));
                Selection::Keywords { all: false, values: values.iter().map(value).collect() }
            }
        };
        let selections = rule.selections.iter().map(|(name, it)| (*name, selection(it))).collect();
        Rule { category: rule.category, selections, condition: condition(&rule.condition) }
    }

    fn map(&self, items: &[Item]) -> Vec<Item> {
        let mut keys = Vec::new();
        let mut narrowed: Vec<Item> = items.iter().map(|item| self.item(item)).collect();
        narrowed.retain(|item| {
            !keys.contains(&item.key()) && {
                keys.push(item.key());
                true
            }
        });
        narrowed
    }

    fn item(&self, item: &Item) -> Item {
        let mut item = item.clone();
        let text = Compare::Text { part: Part::Whole, cased: false, windash: false };
        item.compare = match item.compare {
            Compare::Text { part, cased, .. } => Compare::Text { part, cased, windash: false },
            Compare::Regex { .. } => Compare::Regex { ignore_case: false },
            // What it says of an absent field is taken in two ways.
            Compare::NotEquals => text,
            Compare::Number(_) if !self.numbers => text,
            Compare::FieldRef if !self.fieldref => text,
            other => other,
        };
        match item.compare {
            Compare::Text { part, .. } => {
                let wildcards = matches!(part, Part::Whole | Part::Anywhere);
                item.values = item.values.iter().map(|value| Value::Text(plain(value, wildcards))).collect();
            }
            Compare::Cidr => item.values.retain(|value| *value != Value::Text("::ffff:10.0.0.0/104".to_owned())),
            Compare::FieldRef => item.values.truncate(1),
            _ => {}
        }
        if item.values.is_empty() {
            item.values.push(Value::Text("10.0.0.0/8".to_owned()));
        }
        item.all &= item.values.len() > 1;
        item
    }

    fn event(&self, event: &Json) -> Json {
        let members = event.as_object().into_iter().flatten();
        let narrowed = members.filter_map(|(field, value)| Some((field.clone(), self.value(value)?)));
        Json::Object(narrowed.collect::<Map<_, _>>())
    }

    /// The value; none where nothing of it is left.
    fn value(&self, value: &Json) -> Option<Json> {
        Some(match value {
            Json::Null => return None,
            Json::Array(elements) => {
                let mut elements: Vec<Json> = elements.iter().filter_map(|element| self.value(element)).collect();
                if self.lists && elements.len() > 1 {
                    // A list of objects is looked through for a path; one of scalars, for any of them.
                    return Some(Json::Array(elements));
                }
                elements.truncate(1);
                elements.pop()?
            }
            Json::Object(_) => self.event(value),
            Json::Number(number) if self.numbers => Json::Number(number.clone()),
            Json::String(text) => Json::from(told(text)),
            scalar => Json::from(told(&scalar.to_string())),
        })
    }
}

/// A text of an event. A character that folds to two, numbers that are no plain decimals and addresses with a zone or in
/// two families are taken in several ways.
fn told(text: &str) -> String {
    match text {
        "0x10" | "fe80::1%3" | "::ffff:10.1.0.9" => "x".to_owned(),
        _ => text.trim().replace('\u{130}', "b"),
    }
}

fn plain(value: &Value, wildcards: bool) -> String {
    let text = match value {
        Value::Text(text) => text.replace('\u{130}', "b"),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null => String::new(),
    };
    if wildcards { text } else { text.replace(['*', '?', '\\'], "a") }
}

/// A keyword that stands in no number, and in a pattern that spans the value where the engine looks for whole values only.
fn keyword(value: &Value, anywhere: bool) -> String {
    let text = plain(value, false).replace(['0', '1', '-'], "b");
    if anywhere { text } else { format!("*{text}*") }
}

/// `them` leaves out names that begin with an underscore.
fn condition(whole: &Condition) -> Condition {
    let inner = |inner: &Condition| Box::new(condition(inner));
    match whole {
        Condition::Of { all, .. } => Condition::Of { all: *all, prefix: "sel_" },
        Condition::Not(one) => Condition::Not(inner(one)),
        Condition::And(left, right) => Condition::And(inner(left), inner(right)),
        Condition::Or(left, right) => Condition::Or(inner(left), inner(right)),
        Condition::Name(name) => Condition::Name(name),
    }
}
