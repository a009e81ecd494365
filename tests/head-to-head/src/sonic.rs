//! A record as rsigma-eval may read it with the least copying: parsed by sonic-rs into one arena, and looked up there.

use std::borrow::Cow;

use rsigma_eval::event::{Event, EventValue};
use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait, Value};

use crate::routing::{Alias, Counts};

/// A parsed record.
pub struct SonicEvent<'d> {
    fields: Vec<(&'d str, &'d Value)>,
    document: &'d Value,
}

impl<'d> SonicEvent<'d> {
    /// Takes a document that is an object; any other has no fields.
    #[must_use]
    pub fn new(document: &'d Value) -> Self {
        Self { fields: document.as_object().into_iter().flat_map(|object| object.iter()).collect(), document }
    }

    /// Gives fields the names that rules use, as Glassbox does.
    pub fn rename(&mut self, aliases: &[Alias]) {
        for &(field, place, counts) in aliases {
            let Some(value) = self.get(place) else { continue };
            match self.fields.iter_mut().find(|(name, _)| *name == field) {
                Some(own) if counts == Counts::Before => own.1 = value,
                Some(_) => {}
                None => self.fields.push((field, value)),
            }
        }
    }

    /// The value of a key of the outermost object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'d Value> {
        // Few keys, and most differ in length: faster than hashing them all.
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }
}

fn value(value: &Value) -> EventValue<'_> {
    match value.get_type() {
        JsonType::String => EventValue::Str(Cow::Borrowed(value.as_str().unwrap_or_default())),
        JsonType::Number => match value.as_i64() {
            Some(number) => EventValue::Int(number),
            None => EventValue::Float(value.as_f64().unwrap_or(f64::NAN)),
        },
        JsonType::Boolean => EventValue::Bool(value.as_bool().unwrap_or_default()),
        JsonType::Null => EventValue::Null,
        JsonType::Array => EventValue::Array(value.as_array().into_iter().flatten().map(self::value).collect()),
        JsonType::Object => EventValue::Map(
            value
                .as_object()
                .into_iter()
                .flat_map(|object| object.iter())
                .map(|(key, value)| (Cow::Borrowed(key), self::value(value)))
                .collect(),
        ),
    }
}

/// Every value at the end of a dotted path; a path through an array goes through each of its elements.
fn follow<'d>(from: &'d Value, path: &str, found: &mut Vec<EventValue<'d>>) {
    if let Some(elements) = from.as_array() {
        elements.iter().for_each(|element| follow(element, path, found));
        return;
    }
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let Some(next) = from.as_object().and_then(|object| object.get(&key)) else { return };
    match rest {
        Some(rest) => follow(next, rest, found),
        None => found.push(value(next)),
    }
}

fn any(value: &Value, is: &dyn Fn(&str) -> bool) -> bool {
    match value.get_type() {
        JsonType::String => value.as_str().is_some_and(is),
        JsonType::Number => is(&value.to_string()),
        JsonType::Array => value.as_array().into_iter().flatten().any(|element| any(element, is)),
        JsonType::Object => value.as_object().into_iter().flat_map(|object| object.iter()).any(|(_, it)| any(it, is)),
        JsonType::Boolean | JsonType::Null => false,
    }
}

fn visit(value: &Value, each: &mut dyn FnMut(&str)) {
    match value.get_type() {
        JsonType::String => each(value.as_str().unwrap_or_default()),
        JsonType::Number => each(&value.to_string()),
        JsonType::Array => value.as_array().into_iter().flatten().for_each(|element| visit(element, each)),
        JsonType::Object => {
            value.as_object().into_iter().flat_map(|object| object.iter()).for_each(|(_, it)| visit(it, each));
        }
        JsonType::Boolean | JsonType::Null => {}
    }
}

impl Event for SonicEvent<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        if let Some(found) = self.get(path) {
            return Some(value(found));
        }
        let (root, _) = path.split_once('.')?;
        self.get(root)?;
        let mut found = Vec::new();
        follow(self.document, path, &mut found);
        match found.len() {
            0 | 1 => found.pop(),
            _ => Some(EventValue::Array(found)),
        }
    }

    fn any_string_value(&self, is: &dyn Fn(&str) -> bool) -> bool {
        any(self.document, is)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut values = Vec::new();
        visit(self.document, &mut |value| values.push(Cow::Owned(value.to_owned())));
        values
    }

    fn visit_string_values(&self, each: &mut dyn FnMut(&str)) {
        visit(self.document, each);
    }

    fn to_json(&self) -> serde_json::Value {
        EventValue::to_json(&value(self.document))
    }

    fn visit_top_level_keys(&self, each: &mut dyn FnMut(&str)) -> bool {
        self.fields.iter().for_each(|(name, _)| each(name));
        self.document.is_object()
    }
}
