//! Files to rules and filters: documents, and the actions that join them.

use super::{
    Rejection,
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
    /// Something that cannot be used, with what it says about itself.
    Rejected {
        header: Box<Header>,
        rejection: Rejection,
    },
}

/// Reads a file: at least one document, rejected if nothing else.
pub(super) fn read(text: &str) -> Vec<Document> {
    let (nodes, error) = yaml::documents(text);
    let mut reader = Reader::default();
    for node in nodes.into_iter().filter(|node| !node.is_null()) {
        reader.document(node);
    }
    if let Some(error) = error {
        let reason = format!("{}; nothing behind it in this file was read", error.reason);
        reader.reject(Header::default(), Rejection::at(error.line, reason));
    }
    if reader.read.is_empty() {
        reader.reject(Header::default(), Rejection::at(1, "the file holds no rule"));
    }
    reader.read
}

#[derive(Default)]
struct Reader {
    read: Vec<Document>,
    /// What goes into every rule that follows.
    global: Option<Node>,
    /// The rule before, for those that repeat it.
    previous: Option<Node>,
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
                self.one(&node);
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
                    self.one(&repeated);
                    self.previous = Some(repeated);
                }
                None => self.reject(
                    rule::read_header(&node),
                    Rejection::at(line, "`action: repeat` stands before any rule that it could repeat"),
                ),
            },
            Some((line, other)) => {
                let reason = format!("there is no action `{other}`; there are global, reset, repeat");
                self.reject(rule::read_header(&node), Rejection::at(line, reason));
            }
        }
    }

    fn one(&mut self, node: &Node) {
        let read = if let Some(entry) = node.entry("correlation") {
            Err(Rejection::at(entry.line, "correlation rules are not read yet"))
        } else if node.entry("filter").is_some() {
            filter::read(node).map(|filter| Document::Filter(Box::new(filter)))
        } else {
            rule::read(node).map(|rule| Document::Rule(Box::new(rule)))
        };
        match read {
            Ok(document) => self.read.push(document),
            Err(rejection) => self.reject(rule::read_header(node), rejection),
        }
    }
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
