//! Global filters: conditions that are put upon rules of others, by logsource and id.

use std::sync::Arc;

use super::{
    Rejection, detection,
    detection::{Condition, Detections, FilterCondition, Selection},
    rule::{self, Header, LogSource, Rule},
    yaml::{Kind, Node},
};

/// A filter.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) line: u32,
    pub(super) header: Header,
    source: LogSource,
    /// Ids and names of the rules that it is for; none for all of its logsource.
    rules: Option<Vec<String>>,
    detections: Detections,
}

/// Reads a filter.
pub(super) fn read(node: &Node) -> Result<Filter, Rejection> {
    let header = rule::read_header(node);
    if header.title.is_empty() {
        return Err(Rejection::at(node.line, "the filter has no title"));
    }
    let source = rule::read_source(node, "filter")?;
    if let Some((name, line)) = &source.custom {
        return Err(Rejection::at(*line, format!("the logsource has `{name}`, which nothing can be routed by")));
    }
    let Some(entry) = node.entry("filter") else {
        return Err(Rejection::at(node.line, "the filter has no `filter`"));
    };
    let Kind::Mapping(entries) = &entry.value.kind else {
        return Err(Rejection::at(entry.line, format!("`filter` is a mapping, not {}", entry.value.what())));
    };
    let wanted = "the filter needs `rules`: `any`, or a list of ids and names of rules";
    let rules = match entries.iter().find(|entry| entry.key.text == "rules") {
        None => return Err(Rejection::at(entry.line, wanted)),
        Some(rules) => match &rules.value.kind {
            Kind::Sequence(nodes) => {
                let names = nodes.iter().map(|node| match node.text() {
                    Some(name) => Ok(name.trim().to_owned()),
                    None => Err(Rejection::at(node.line, wanted)),
                });
                let names = names.collect::<Result<Vec<_>, _>>()?;
                Some(names).filter(|names| !names.is_empty())
            }
            _ => match rules.value.text() {
                Some(any) if any.eq_ignore_ascii_case("any") => None,
                Some(name) => Some(vec![name.trim().to_owned()]),
                None => return Err(Rejection::at(rules.line, wanted)),
            },
        },
    };
    let selections = entries.iter().filter(|entry| entry.key.text != "rules").cloned().collect();
    let detections = detection::read(&Node { line: entry.line, kind: Kind::Mapping(selections) })?;
    if detections.conditions.len() != 1 {
        return Err(Rejection::at(entry.line, "a filter has one condition"));
    }
    Ok(Filter { line: node.line, header, source, rules, detections })
}

impl Filter {
    /// Whether the filter is for a rule.
    pub(super) fn is_for(&self, rule: &Rule) -> bool {
        let named = |names: &Vec<String>| {
            let is = |known: &Option<String>, name: &String| {
                known.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name))
            };
            names.iter().any(|name| is(&rule.header.id, name) || rule.header.name.as_ref() == Some(name))
        };
        rule.source.is_within(&self.source) && self.rules.as_ref().is_none_or(named)
    }

    /// Puts the filter upon a rule. Its selections get names of their own, which no pattern of the rule means.
    pub(super) fn apply(&self, number: usize, file: &str, rule: &mut Rule) {
        let mut prefix = format!("_filter_{}_", number + 1);
        while rule.detections.selections.iter().any(|selection| selection.name.starts_with(&prefix)) {
            prefix.insert(0, '_');
        }
        let rename = |name: &str| format!("{prefix}{name}");
        let origin: Arc<str> = format!("filter `{}` of {file}", self.header.title).into();
        for selection in &self.detections.selections {
            rule.detections.selections.push(Selection {
                name: rename(&selection.name),
                detection: selection.detection.clone(),
                origin: Some(Arc::clone(&origin)),
            });
        }
        for Condition { expression, .. } in &self.detections.conditions {
            let mut expression = expression.clone();
            expression.rename(&rename);
            rule.detections.filters.push(FilterCondition { number, expression });
        }
    }
}
