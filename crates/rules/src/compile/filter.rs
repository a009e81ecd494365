//! Global filters: conditions that are put upon rules of others, by logsource and id.

use std::sync::Arc;

use super::{
    Rejection, detection,
    detection::{Condition, Detections, FilterCondition, Selection, SelectionOrigin},
    rule::{self, Header, LogSource, Rule},
    yaml::{Kind, Node},
};
use crate::metadata::{Origin, OriginKind};

/// A filter.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) line: u32,
    pub(super) header: Header,
    /// It is for rules within any of them.
    sources: Vec<LogSource>,
    /// Ids and names of the rules that it is for; none for all of its logsource.
    rules: Option<Vec<String>>,
    detections: Detections,
}

/// Reads a filter.
pub(super) fn read(node: &Node) -> Result<Filter, Rejection> {
    let mut header = rule::read_header(node);
    if header.title.is_empty() {
        return Err(Rejection::at(node.line, "the filter has no title; add `title:`"));
    }
    // Rules say the same of themselves: a filter is for those that say all that it does.
    let sources = rule::read_sources(node, "filter", &mut Vec::new())?;
    if let Some(entry) = node.get("filter").and_then(|filter| filter.entry("timeframe")) {
        header.warnings.push(format!("line {}: `timeframe` is not used, as the condition counts nothing", entry.line));
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
    Ok(Filter { line: node.line, header, sources, rules, detections })
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
        self.sources.iter().any(|source| rule.source.is_within(source)) && self.rules.as_ref().is_none_or(named)
    }

    /// Puts the filter upon a rule. Its selections get names that no pattern of the rule means.
    pub(super) fn apply(&self, number: usize, file: &str, rule: &mut Rule) {
        let mut prefix = format!("_filter_{}_", number + 1);
        while rule.detections.selections.iter().any(|selection| selection.name.starts_with(&prefix)) {
            prefix.insert(0, '_');
        }
        let rename = |name: &str| format!("{prefix}{name}");
        let title = &self.header.title;
        for selection in &self.detections.selections {
            rule.detections.selections.push(Selection {
                name: rename(&selection.name),
                detection: selection.detection.clone(),
                origin: Some(Arc::new(SelectionOrigin {
                    place: format!("filter `{title}` of {file}"),
                    origin: Origin {
                        kind: OriginKind::Filter,
                        title: title.clone(),
                        selection: Some(selection.name.clone()),
                    },
                })),
            });
        }
        for Condition { expression, .. } in &self.detections.conditions {
            let mut expression = expression.clone();
            expression.rename(&rename);
            rule.detections.filters.push(FilterCondition { number, expression });
        }
    }
}
