//! Other engines, asked the same thing: rules as text, an event as JSON, ids of rules that hit.
//!
//! They know neither field maps nor schemas: what is given to them is an event under canonical names.

use std::collections::BTreeSet;

use glassbox_event::{Kind, Reader, Scratch};
use glassbox_finding::Logsource;
use rsigma_eval::{Engine, event::JsonEvent};
use serde_json::Value as Json;

/// rsigma-eval.
pub struct Rsigma {
    engine: Engine,
    /// Ids of the rules that it took.
    pub loaded: BTreeSet<String>,
}

impl Rsigma {
    /// The engine with those of the rules that it takes.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let parsed = texts.into_iter().filter_map(|text| rsigma_parser::parse_sigma_yaml(text).ok());
        let rules: Vec<_> = parsed.flat_map(|collection| collection.rules).filter(|rule| rule.id.is_some()).collect();
        let mut engine = Engine::new();
        let refused: BTreeSet<usize> = engine.add_rules(&rules).into_iter().map(|(number, _)| number).collect();
        let taken = rules.iter().enumerate().filter(|(number, _)| !refused.contains(number));
        let loaded = taken.filter_map(|(_, rule)| rule.id.clone()).collect();
        Self { engine, loaded }
    }

    /// The rules that an event satisfies, whatever their logsource.
    #[must_use]
    pub fn hits(&self, event: &Json) -> BTreeSet<String> {
        self.engine.evaluate(&JsonEvent::borrow(event)).into_iter().filter_map(|result| result.header.rule_id).collect()
    }
}

/// sigma-rust.
pub struct SigmaRust {
    rules: Vec<(String, sigma_rust::Rule)>,
}

impl SigmaRust {
    /// The engine with those of the rules that it takes.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let parsed = texts.into_iter().filter_map(|text| sigma_rust::rule_from_yaml(text).ok());
        Self { rules: parsed.filter_map(|rule| Some((rule.id.clone()?, rule))).collect() }
    }

    /// Ids of the rules that it took.
    #[must_use]
    pub fn loaded(&self) -> BTreeSet<String> {
        self.rules.iter().map(|(id, _)| id.clone()).collect()
    }

    /// The rules that an event satisfies, whatever their logsource; none where the event is no object.
    #[must_use]
    pub fn hits(&self, event: &Json) -> BTreeSet<String> {
        let Ok(event) = sigma_rust::Event::try_from(event.clone()) else { return BTreeSet::new() };
        self.rules.iter().filter(|(_, rule)| rule.is_match(&event)).map(|(id, _)| id.clone()).collect()
    }
}

/// A rule's text with the one logsource of all rules; `engine::everywhere` makes every event of it, so that every rule is
/// compared on every event.
#[must_use]
pub fn without_logsource(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        inside = line.starts_with("logsource:") || inside && (line.starts_with([' ', '#']) || line.trim().is_empty());
        if line.starts_with("logsource:") {
            kept.push_str("logsource:\n    category: any\n");
        } else if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Events under canonical names: what other engines are given.
pub struct Canonical {
    reader: Reader,
    scratch: Scratch,
    fields: Vec<String>,
}

impl Canonical {
    /// For rules that read these fields.
    #[must_use]
    pub fn new(fields: Vec<String>) -> Self {
        Self { reader: Reader::new(&fields), scratch: Scratch::default(), fields }
    }

    /// A JSON record as it is, and beside what it holds each field that our maps read from another place. None for a
    /// record that is no JSON object.
    #[must_use]
    pub fn event(&mut self, record: &[u8]) -> Option<Json> {
        let mut event: Json = serde_json::from_slice(record).ok()?;
        let members = event.as_object_mut()?;
        let hint = Logsource::default();
        let read = self.reader.read(record, &hint, &mut self.scratch).ok()?;
        for slot in read.present_slots() {
            let field = &self.fields[slot];
            let mapped = !members.contains_key(field) && !field.contains('.');
            let values = read.values(slot).filter(|_| mapped).map(|value| match value.kind {
                Kind::Text => Json::from(value.text().into_owned()),
                _ => serde_json::from_str(&value.text()).unwrap_or(Json::Null),
            });
            let mut values: Vec<Json> = values.collect();
            match values.len() {
                0 => None,
                1 => members.insert(field.clone(), values.remove(0)),
                _ => members.insert(field.clone(), Json::Array(values)),
            };
        }
        Some(event)
    }
}
