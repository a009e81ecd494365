//! A rule as it is read: what it says about itself, what it is about, and what it looks for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Rejection,
    detection::{self, Detections},
    encoding::NOT_TEXT,
    yaml::{Entry, Kind, Node},
};
use crate::metadata::{Level, Status};

/// A rule before pipelines and filters.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Where its document begins.
    pub(super) line: u32,
    pub(super) header: Header,
    /// Which of the rules of a collection that share an id, from 1.
    pub(super) number: u32,
    pub(super) source: LogSource,
    /// The other logsources that it is also for.
    pub(super) more_sources: Vec<LogSource>,
    pub(super) detections: Detections,
    /// Ids of the pipeline steps that were applied to it.
    pub(super) applied: BTreeSet<String>,
}

/// What a rule, filter or correlation says about itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) title: String,
    pub(super) level: Option<Level>,
    pub(super) status: Option<Status>,
    pub(super) description: String,
    pub(super) author: String,
    pub(super) date: String,
    pub(super) modified: String,
    pub(super) references: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) false_positives: Vec<String>,
    pub(super) fields: Vec<String>,
    /// Other attributes that hold a single value, as pipelines may ask for them.
    pub(super) custom: BTreeMap<String, String>,
    /// What was not understood and matching does not need.
    pub(super) warnings: Vec<String>,
}

/// What a rule is about, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogSource {
    pub(super) line: u32,
    pub(super) product: Option<String>,
    pub(super) category: Option<String>,
    pub(super) service: Option<String>,
    /// Attributes that no record can be told by.
    pub(super) custom: BTreeMap<String, String>,
}

/// Logsources that a list of values may stand for.
const SOURCES_MAX: usize = 64;

impl LogSource {
    /// Whether this logsource says all that `wider` does.
    pub(super) fn is_within(&self, wider: &Self) -> bool {
        let agrees = |wide: &Option<String>, own: &Option<String>| wide.is_none() || wide == own;
        agrees(&wider.product, &self.product)
            && agrees(&wider.category, &self.category)
            && agrees(&wider.service, &self.service)
            && wider.custom.iter().all(|(name, value)| self.custom.get(name) == Some(value))
    }
}

/// Reads a rule.
pub(super) fn read(node: &Node) -> Result<Rule, Rejection> {
    let mut header = read_header(node);
    if header.title.is_empty() {
        return Err(Rejection::at(node.line, "the rule has no title; add `title:`"));
    }
    // Later versions give brackets in the names of fields a meaning that would be lost here.
    if let Some(version) = node.entry("sigma-version") {
        let major = version.value.text().and_then(|text| text.split('.').next()?.parse::<u32>().ok());
        if major.is_none_or(|major| major > 2) {
            return Err(Rejection::at(
                version.line,
                "the rule is written for a version of Sigma other than 1 and 2; write it for version 2",
            ));
        }
    }
    let Some(detection) = node.get("detection") else {
        return Err(Rejection::at(node.line, "the rule has no `detection`"));
    };
    let detections = detection::read(detection)?;
    if let Some(entry) = detection.entry("timeframe") {
        header.warnings.push(format!("line {}: `timeframe` is not used, as the condition counts nothing", entry.line));
    }
    let mut more_sources = read_sources(node, "rule", &mut header.warnings)?;
    let source = more_sources.remove(0);
    Ok(Rule { line: node.line, header, number: 1, source, more_sources, detections, applied: BTreeSet::new() })
}

/// Reads what a document says about itself.
pub(super) fn read_header(node: &Node) -> Header {
    const KNOWN: [&str; 20] = [
        "title",
        "id",
        "name",
        "level",
        "status",
        "description",
        "author",
        "date",
        "modified",
        "references",
        "tags",
        "falsepositives",
        "fields",
        "detection",
        "logsource",
        "filter",
        "correlation",
        "action",
        "related",
        "custom_attributes",
    ];
    let readable = |text: &str| text.replace(NOT_TEXT, "\u{FFFD}");
    let text = |key: &str| readable(node.get(key).and_then(Node::text).unwrap_or_default().trim());
    let optional = |key: &str| Some(text(key)).filter(|text| !text.is_empty());
    let list = |key: &str| -> Vec<String> {
        let texts = node.get(key).map(Node::texts).unwrap_or_default();
        texts.iter().map(|text| readable(text)).collect()
    };
    let mut header = Header {
        id: optional("id"),
        name: optional("name"),
        title: text("title"),
        description: text("description"),
        author: text("author"),
        date: text("date"),
        modified: text("modified"),
        references: list("references"),
        tags: list("tags"),
        false_positives: list("falsepositives"),
        fields: list("fields"),
        ..Header::default()
    };
    read_standing(node, &mut header);
    let custom = node.entries().iter().filter(|entry| !KNOWN.contains(&entry.key.text.as_str()));
    let explicit = node.get("custom_attributes").map(Node::entries).unwrap_or_default();
    for entry in custom.chain(explicit) {
        if let Some(text) = entry.value.text() {
            header.custom.insert(entry.key.text.clone(), text.to_owned());
        }
    }
    header
}

/// Reads level and status. Others than the known ones are warned of: matching does not need them.
fn read_standing(node: &Node, header: &mut Header) {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::trim);
    let warning = |key: &str, text: &str, names: &[&str]| {
        let line = node.entry(key).map_or(node.line, |entry| entry.line);
        format!("line {line}: `{text}` is not a {key}; there are {}", names.join(", "))
    };
    if let Some(level) = text("level") {
        header.level = Level::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(level));
        if header.level.is_none() {
            header.warnings.push(warning("level", level, &Level::ALL.map(Level::name)));
        }
    }
    if let Some(status) = text("status") {
        header.status = Status::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(status));
        if header.status.is_none() {
            header.warnings.push(warning("status", status, &Status::ALL.map(Status::name)));
        }
    }
}

/// Reads the logsource of a rule or filter: at least one, and several where a part is a list.
pub(super) fn read_sources(node: &Node, what: &str, warnings: &mut Vec<String>) -> Result<Vec<LogSource>, Rejection> {
    let empty = format!("the {what} has no logsource; it needs a category, product or service");
    let Some(entry) = node.entry("logsource") else {
        return Err(Rejection::at(node.line, empty));
    };
    let Kind::Mapping(parts) = &entry.value.kind else {
        return Err(Rejection::at(entry.line, format!("`logsource` is a mapping, not {}", entry.value.what())));
    };
    let mut sources = vec![LogSource { line: entry.line, ..LogSource::default() }];
    for part in parts {
        let name = part.key.text.as_str();
        // What must be set up so that the records are written at all: for people.
        if part.value.is_null() || name == "definition" {
            continue;
        }
        let values = part_values(part)?;
        let is_routed = matches!(name, "product" | "category" | "service");
        if !is_routed {
            let reason = "is not used: records are told apart by product, category and service";
            warnings.push(format!("line {}: the logsource's `{name}` {reason}", part.line));
        } else if values.len() > 1 {
            let reason = format!("the {what} is loaded once for each value of `{name}`");
            warnings.push(format!("line {}: {reason}", part.line));
        }
        if sources.len() * values.len() > SOURCES_MAX {
            let reason = format!("the lists stand for more than {SOURCES_MAX} logsources; split the {what}");
            return Err(Rejection::at(part.line, reason));
        }
        let with = |source: &LogSource, value: &String| {
            let mut source = source.clone();
            match name {
                "product" => source.product = Some(value.clone()),
                "category" => source.category = Some(value.clone()),
                "service" => source.service = Some(value.clone()),
                _ => drop(source.custom.insert(name.to_owned(), value.clone())),
            }
            source
        };
        sources = sources.iter().flat_map(|source| values.iter().map(|value| with(source, value))).collect();
    }
    if sources.iter().any(|source| *source == LogSource { line: entry.line, ..LogSource::default() }) {
        return Err(Rejection::at(entry.line, empty));
    }
    Ok(sources)
}

/// The values of a part of a logsource, in lower case, each once.
fn part_values(part: &Entry) -> Result<Vec<String>, Rejection> {
    let name = part.key.text.as_str();
    let nodes = match &part.value.kind {
        Kind::Sequence(nodes) => nodes.iter().collect(),
        _ => vec![&part.value],
    };
    let mut values = Vec::new();
    for node in nodes {
        let Some(text) = node.text().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()) else {
            let reason = format!("`{name}` is a text or a list of texts, and here is {}", node.what());
            return Err(Rejection::at(node.line, reason));
        };
        if !values.contains(&text) {
            values.push(text);
        }
    }
    if values.is_empty() {
        return Err(Rejection::at(part.line, format!("`{name}` lists no value; remove it or name one")));
    }
    Ok(values)
}
