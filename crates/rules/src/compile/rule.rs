//! A rule as it is read: what it says about itself, what it is about, and what it looks for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Rejection,
    detection::{self, Detections},
    yaml::{Kind, Node},
};
use crate::metadata::{Level, Status};

/// A rule before pipelines and filters.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Where its document begins.
    pub(super) line: u32,
    pub(super) header: Header,
    pub(super) source: LogSource,
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
    /// The first attribute that nothing can be routed by, with its line.
    pub(super) custom: Option<(String, u32)>,
}

impl LogSource {
    /// Whether this logsource says all that `wider` does.
    pub(super) fn is_within(&self, wider: &Self) -> bool {
        let agrees = |wide: &Option<String>, own: &Option<String>| wide.is_none() || wide == own;
        agrees(&wider.product, &self.product)
            && agrees(&wider.category, &self.category)
            && agrees(&wider.service, &self.service)
    }
}

/// Reads a rule.
pub(super) fn read(node: &Node) -> Result<Rule, Rejection> {
    let header = read_header(node);
    if header.title.is_empty() {
        return Err(Rejection::at(node.line, "the rule has no title"));
    }
    // Later versions give brackets in the names of fields a meaning that would be lost here.
    if let Some(version) = node.entry("sigma-version") {
        let major = version.value.text().and_then(|text| text.split('.').next()?.parse::<u32>().ok());
        if major.is_none_or(|major| major > 2) {
            return Err(Rejection::at(version.line, "the rule is written for a version of Sigma other than 1 and 2"));
        }
    }
    let Some(detection) = node.get("detection") else {
        return Err(Rejection::at(node.line, "the rule has no `detection`"));
    };
    let detections = detection::read(detection)?;
    let source = read_source(node, "rule")?;
    Ok(Rule { line: node.line, header, source, detections, applied: BTreeSet::new() })
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
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default().trim().to_owned();
    let optional = |key: &str| Some(text(key)).filter(|text| !text.is_empty());
    let list = |key: &str| node.get(key).map(Node::texts).unwrap_or_default();
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

/// Reads level and status. What is none of the known ones is warned of: matching does not need them.
fn read_standing(node: &Node, header: &mut Header) {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::trim);
    let warning = |key: &str, text: &str, names: &[&str]| {
        let line = node.entry(key).map_or(node.line, |entry| entry.line);
        format!("line {line}: `{text}` is no {key}; there are {}", names.join(", "))
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

/// Reads the logsource of a rule or filter.
pub(super) fn read_source(node: &Node, what: &str) -> Result<LogSource, Rejection> {
    let empty = format!("the {what} has no logsource; it needs a category, product or service");
    let Some(entry) = node.entry("logsource") else {
        return Err(Rejection::at(node.line, empty));
    };
    let Kind::Mapping(parts) = &entry.value.kind else {
        return Err(Rejection::at(entry.line, format!("`logsource` is a mapping, not {}", entry.value.what())));
    };
    let mut source = LogSource { line: entry.line, ..LogSource::default() };
    for part in parts {
        let name = part.key.text.as_str();
        if part.value.is_null() {
            continue;
        }
        let Some(text) = part.value.text().map(|text| text.trim().to_lowercase()) else {
            return Err(Rejection::at(part.line, format!("`{name}` is a text, not {}", part.value.what())));
        };
        match name {
            "product" => source.product = Some(text),
            "category" => source.category = Some(text),
            "service" => source.service = Some(text),
            // What must be set up so that the records are written at all: for people.
            "definition" => {}
            _ if source.custom.is_none() => source.custom = Some((name.to_owned(), part.line)),
            _ => {}
        }
    }
    if source.product.is_none() && source.category.is_none() && source.service.is_none() && source.custom.is_none() {
        return Err(Rejection::at(entry.line, empty));
    }
    Ok(source)
}
