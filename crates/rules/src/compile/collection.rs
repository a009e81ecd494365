//! Files to rules and filters: documents, and the actions that join them.

use std::collections::HashMap;

use super::{
    Rejection,
    correlation::{self, Correlation},
    encoding::{self, NOT_TEXT, SAVE_AS_UTF8},
    filter::{self, Filter},
    rule,
    rule::{Header, Rule},
    yaml::{self, Kind, Node},
};

/// A document of a file.
#[derive(Debug)]
pub(super) enum Document {
    Rule(Box<Rule>),
    Filter(Box<Filter>),
    Correlation(Box<Correlation>),
    /// Something that cannot be used, with what it says about itself.
    Rejected {
        header: Box<Header>,
        rejection: Rejection,
    },
    /// The file is not meant to hold rules; what it is instead.
    Other(String),
}

/// Reads a file: at least one document, rejected or passed over if nothing else.
pub(super) fn read(text: &str) -> Vec<Document> {
    let (nodes, error) = yaml::documents(text);
    let nodes: Vec<Node> = nodes.into_iter().filter(|node| !node.is_null()).collect();
    if !nodes.iter().any(is_meant) && !error.as_ref().is_some_and(|_| looks_meant(text)) {
        let other = match (&error, nodes.first()) {
            (Some(error), _) => format!("no rule begins in it, and in line {} {}", error.line, error.reason),
            (None, None) => "the file is empty".to_owned(),
            (None, Some(_)) => "no document in it has `detection`, `logsource`, `correlation` or `filter`".to_owned(),
        };
        return vec![Document::Other(other)];
    }
    let mut reader = Reader::default();
    for node in nodes {
        reader.document(node);
    }
    if let Some(error) = error {
        let reason = format!("{}; nothing behind it in this file was read", error.reason);
        reader.reject(Header::default(), Rejection::at(error.line, reason));
    }
    if reader.read.is_empty() {
        reader.reject(
            Header::default(),
            Rejection::at(1, "the file has a template (`action: global`) and no rule for it"),
        );
    }
    reader.warn_of_no_text(&encoding::lines_of_no_text(text));
    reader.read
}

/// Whether a document is meant as a rule, filter or correlation, or as a part of one, however wrong it is.
fn is_meant(node: &Node) -> bool {
    const OF_RULES: [&str; 11] = [
        "id",
        "status",
        "level",
        "filter",
        "action",
        "tags",
        "falsepositives",
        "sigma-version",
        "detection",
        "detections",
        "logsource",
    ];
    let has = |wanted: &str| node.entries().iter().any(|entry| entry.key.text.eq_ignore_ascii_case(wanted));
    let action = node.get("action").and_then(Node::text);
    action.is_some_and(|it| matches!(it, "global" | "repeat" | "reset"))
        || ["detection", "logsource", "correlation"].iter().any(|key| node.entry(key).is_some())
        || has("title") && OF_RULES.iter().any(|key| has(key))
}

/// Whether a text that is not YAML begins a rule somewhere.
fn looks_meant(text: &str) -> bool {
    let begins = |line: &str| ["title:", "detection:", "logsource:"].iter().any(|key| line.starts_with(key));
    text.trim_start_matches('\u{FEFF}').lines().any(begins)
}

#[derive(Default)]
struct Reader {
    read: Vec<Document>,
    /// What goes into every rule that follows.
    global: Option<Node>,
    /// The rule before, for those that repeat it.
    previous: Option<Node>,
    /// How many rules took each id from the collection that they are part of.
    shared: HashMap<String, u32>,
}

impl Reader {
    fn reject(&mut self, header: Header, rejection: Rejection) {
        self.read.push(Document::Rejected { header: Box::new(header), rejection });
    }

    fn document(&mut self, node: Node) {
        if !matches!(node.kind, Kind::Mapping(_)) {
            let reason = format!("a rule is a mapping, and this document is {}", node.what());
            return self.reject(Header::default(), Rejection::at(node.line, reason));
        }
        let action = node.entry("action").map(|entry| (entry.line, entry.value.text().unwrap_or_default().to_owned()));
        match action.as_ref().map(|(line, action)| (*line, action.as_str())) {
            None if node.entry("correlation").is_some() || node.entry("filter").is_some() => self.one(&node),
            None => {
                let node = match &self.global {
                    // The template goes first, as SigmaHQ's tooling has it.
                    Some(global) => merge(node, global.clone()),
                    None => node,
                };
                let number = self.number(&node, self.global.is_some());
                self.numbered(&node, number);
                self.previous = Some(node);
            }
            Some((_, "global")) => {
                self.previous = Some(node.clone());
                self.global = Some(node);
            }
            Some((_, "reset")) => self.global = None,
            Some((line, "repeat")) => match self.previous.take() {
                Some(previous) => {
                    let repeated = Node { line: node.line, ..merge(previous, node) };
                    let number = self.number(&repeated, true);
                    self.numbered(&repeated, number);
                    self.previous = Some(repeated);
                }
                None => self.reject(
                    rule::read_header(&node),
                    Rejection::at(line, "`action: repeat` has no rule before it to repeat; remove the document"),
                ),
            },
            Some((line, other)) => {
                let reason = format!("there is no action `{other}`; there are global, reset, repeat");
                self.reject(rule::read_header(&node), Rejection::at(line, reason));
            }
        }
    }

    /// Which of the rules with the same id this is, from 1. Rules of one collection share the id that the collection gives
    /// them; the first rule of a file that is repeated counts too.
    fn number(&mut self, node: &Node, is_collected: bool) -> u32 {
        let Some(id) = node.get("id").and_then(Node::text) else { return 1 };
        let count = self.shared.entry(id.trim().to_lowercase()).or_default();
        if is_collected || *count == 0 {
            *count += 1;
        }
        if is_collected { *count } else { 1 }
    }

    fn one(&mut self, node: &Node) {
        self.numbered(node, 1);
    }

    fn numbered(&mut self, node: &Node, number: u32) {
        let read = match unreadable(node) {
            Some(rejection) => Err(rejection),
            None if node.entry("correlation").is_some() => {
                correlation::read(node).map(|correlation| Document::Correlation(Box::new(correlation)))
            }
            None if node.entry("filter").is_some() => {
                filter::read(node).map(|filter| Document::Filter(Box::new(filter)))
            }
            None => rule::read(node).map(|rule| Document::Rule(Box::new(Rule { number, ..rule }))),
        };
        match read {
            Ok(document) => self.read.push(document),
            Err(rejection) => self.reject(rule::read_header(node), rejection),
        }
    }

    /// Tells of lines that are not text and that no rule needs. A rule that needs one was rejected for it.
    fn warn_of_no_text(&mut self, lines: &[u32]) {
        let [first, ..] = lines else { return };
        let warning = format!("line {first} {SAVE_AS_UTF8}");
        let header = self.read.iter_mut().find_map(|document| match document {
            Document::Rule(rule) => Some(&mut rule.header),
            Document::Filter(filter) => Some(&mut filter.header),
            Document::Correlation(correlation) => Some(&mut correlation.header),
            Document::Rejected { .. } | Document::Other(_) => None,
        });
        if let Some(header) = header {
            header.warnings.push(warning);
        }
    }
}

/// What a rule says about itself, for people: matching does not need it.
const FOR_PEOPLE: [&str; 10] =
    ["title", "description", "author", "references", "falsepositives", "date", "modified", "license", "fields", "tags"];

/// Why a document cannot be used whose bytes are not text where matching needs them.
fn unreadable(node: &Node) -> Option<Rejection> {
    let line = node.entries().iter().find_map(|entry| {
        if FOR_PEOPLE.contains(&entry.key.text.as_str()) {
            return None;
        }
        let key = entry.key.text.contains(NOT_TEXT).then_some(entry.line);
        key.or_else(|| encoding::first_of_no_text(&entry.value))
    })?;
    Some(Rejection::at(line, format!("the line {SAVE_AS_UTF8}")))
}

/// Puts the entries of `from` into `into`, mapping by mapping; where both have a value, that of `from` stays.
fn merge(mut into: Node, from: Node) -> Node {
    match (&mut into.kind, from.kind) {
        (Kind::Mapping(entries), Kind::Mapping(more)) => {
            for entry in more {
                match entries.iter_mut().find(|known| known.key.text == entry.key.text) {
                    Some(known) if matches!(entry.value.kind, Kind::Mapping(_)) => {
                        let own = std::mem::replace(&mut known.value, entry.value.clone());
                        known.value = merge(own, entry.value);
                    }
                    Some(known) => *known = entry,
                    None => entries.push(entry),
                }
            }
            into
        }
        (_, kind) => Node { line: from.line, kind },
    }
}
