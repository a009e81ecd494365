//! YAML as a tree that knows the line of everything: what rules, filters and pipelines are read from.
//!
//! Mapping keys keep their order and may not repeat: other parsers drop all but the last, and with it a part of the
//! rule. Scalars are resolved in `scalar`.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::scalar::{Scalar, ScalarTag};

/// Nodes of one file, those that aliases repeat included.
pub(super) const NODES_MAX: usize = 1_000_000;
/// How deep nodes may nest.
pub(super) const DEPTH_MAX: usize = 64;

/// A value with the line that it begins on, from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) line: u32,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: Scalar,
    pub(super) line: u32,
    pub(super) value: Node,
}

/// Why a text is no YAML that can be used, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct YamlError {
    pub(super) line: u32,
    pub(super) reason: String,
}

impl Node {
    /// The node as text, if it is a scalar other than null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) if !scalar.is_null() => Some(&scalar.text),
            _ => None,
        }
    }

    /// The value of a key, if the node is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key with its value, if the node is a mapping that has it.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key.text == key)
    }

    /// The entries of a mapping; none of anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// Whether the node is null.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.is_null())
    }

    /// Text, or a list of texts; what is no text is left out.
    pub(super) fn texts(&self) -> Vec<String> {
        match &self.kind {
            Kind::Sequence(nodes) => nodes.iter().filter_map(|node| node.text().map(str::to_owned)).collect(),
            _ => self.text().map(str::to_owned).into_iter().collect(),
        }
    }

    /// What the node is, for people.
    pub(super) fn what(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(scalar) if scalar.is_null() => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }
}

/// Reads the documents of a text, in order. An error ends the reading: what follows could mean something else without
/// the document that is broken.
pub(super) fn documents(text: &str) -> (Vec<Node>, Option<YamlError>) {
    let mut builder = Builder::default();
    let error = Parser::new_from_str(text).find_map(|next| {
        let result = match next {
            Ok((event, span)) => builder.event(event, line_of(span.start.line())),
            Err(error) => Err(broken(&error, text)),
        };
        result.err()
    });
    (builder.documents, error)
}

fn line_of(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX).max(1)
}

fn broken(error: &ScanError, text: &str) -> YamlError {
    let line = line_of(error.marker().line());
    let written = text.lines().nth(line as usize - 1).unwrap_or_default();
    YamlError {
        line,
        reason: format!("the YAML is broken: {}; {}", error.info(), way_out(error.info().as_ref(), written)),
    }
}

/// What to do about a line that is not YAML.
fn way_out(reason: &str, line: &str) -> String {
    let value = value_of(line);
    if line.contains('\0') {
        return "the file is not text; save it as UTF-8".to_owned();
    }
    if let Some(first) = value.chars().next().filter(|first| "*&%@!|>{[`,]}".contains(*first)) {
        return format!("a value that begins with `{first}` needs single quotes, as in '{value}'");
    }
    if reason.contains("escape") || value.starts_with('"') && value.contains('\\') {
        return "a backslash in double quotes begins an escape: use single quotes".to_owned();
    }
    if line.len() != line.trim_start_matches('\t').len() || line.trim_start_matches(' ').starts_with('\t') {
        return "indent by blanks, not by tabs".to_owned();
    }
    if !value.starts_with(['\'', '"']) && (value.contains(": ") || value.ends_with(':') || value.contains(" #")) {
        return "a value that holds `: ` or ` #` needs single quotes".to_owned();
    }
    "check the quotes and the indentation there and in the lines before".to_owned()
}

/// What a line holds behind its key and dashes.
fn value_of(line: &str) -> &str {
    let mut rest = line.trim();
    while let Some(behind) = rest.strip_prefix("- ") {
        rest = behind.trim_start();
    }
    match rest.split_once(": ") {
        Some((key, value)) if !key.contains(['\'', '"']) => value.trim_start(),
        _ => rest,
    }
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    /// Collections that are open, outermost first.
    open: Vec<Open>,
    /// Anchored nodes of this document with their size and depth.
    anchors: HashMap<usize, (Node, usize, usize)>,
    nodes: usize,
}

struct Open {
    line: u32,
    anchor: usize,
    kind: OpenKind,
    /// Nodes counted before this one.
    nodes_before: usize,
    /// The depth of the deepest node inside, from here.
    depth: usize,
}

enum OpenKind {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, seen: HashSet<String>, key: Option<(Scalar, u32)> },
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: u32) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| scalar_tag(&tag, line)).transpose()?.flatten();
                let scalar = Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain, tag };
                if anchor != 0 && scalar.is_null() {
                    let reason = "a value that begins with `&` needs single quotes: without them it names an anchor";
                    return Err(YamlError { line, reason: reason.into() });
                }
                self.count(1, line)?;
                self.place(Node { line, kind: Kind::Scalar(scalar) }, anchor, 1, 1)?;
            }
            Event::SequenceStart(_, anchor, tag) => self.open(line, anchor, tag.as_deref(), "seq")?,
            Event::MappingStart(_, anchor, tag) => self.open(line, anchor, tag.as_deref(), "map")?,
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Alias(anchor) => {
                let Some((node, size, depth)) = self.anchors.get(&anchor) else {
                    return Err(YamlError {
                        line,
                        reason: "an alias occurs inside of what it repeats; remove it".into(),
                    });
                };
                let (size, depth) = (*size, *depth);
                let node = node.clone();
                self.count(size, line)?;
                self.place(node, 0, size, depth)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, line: u32) -> Result<(), YamlError> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX {
            return Err(YamlError { line, reason: format!("the file has more than {NODES_MAX} values; split it") });
        }
        Ok(())
    }

    fn open(&mut self, line: u32, anchor: usize, tag: Option<&Tag>, expected: &str) -> Result<(), YamlError> {
        if let Some(tag) = tag
            && core_suffix(tag) != Some(expected)
        {
            return Err(unknown_tag(tag, line));
        }
        let nodes_before = self.nodes;
        self.count(1, line)?;
        if self.open.len() >= DEPTH_MAX {
            return Err(too_deep(line));
        }
        let kind = match expected {
            "seq" => OpenKind::Sequence(Vec::new()),
            _ => OpenKind::Mapping { entries: Vec::new(), seen: HashSet::new(), key: None },
        };
        self.open.push(Open { line, anchor, kind, nodes_before, depth: 0 });
        Ok(())
    }

    fn close(&mut self) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let kind = match open.kind {
            OpenKind::Sequence(nodes) => Kind::Sequence(nodes),
            OpenKind::Mapping { entries, .. } => Kind::Mapping(merged(entries)?),
        };
        let size = self.nodes - open.nodes_before;
        self.place(Node { line: open.line, kind }, open.anchor, size, open.depth + 1)
    }

    /// Puts a whole node where it belongs.
    fn place(&mut self, node: Node, anchor: usize, size: usize, depth: usize) -> Result<(), YamlError> {
        let line = node.line;
        if self.open.len() + depth > DEPTH_MAX + 1 {
            return Err(too_deep(line));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size, depth));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.depth = open.depth.max(depth);
        match &mut open.kind {
            OpenKind::Sequence(nodes) => nodes.push(node),
            OpenKind::Mapping { entries, seen, key } => match key.take() {
                Some((key, line)) => entries.push(Entry { key, line, value: node }),
                None => {
                    let Kind::Scalar(scalar) = node.kind else {
                        return Err(YamlError {
                            line,
                            reason: "a key is a list or a mapping; write a text as key".into(),
                        });
                    };
                    if !seen.insert(scalar.text.clone()) {
                        let reason =
                            format!("key `{}` occurs here a second time; join the two or rename one", scalar.text);
                        return Err(YamlError { line, reason });
                    }
                    *key = Some((scalar, line));
                }
            },
        }
        Ok(())
    }
}

fn too_deep(line: u32) -> YamlError {
    YamlError { line, reason: format!("values nest deeper than {DEPTH_MAX} levels") }
}

/// Replaces a key `<<` by the entries of the mappings that it names; what stands in the mapping itself goes first.
fn merged(entries: Vec<Entry>) -> Result<Vec<Entry>, YamlError> {
    if !entries.iter().any(|entry| entry.key.is_merge()) {
        return Ok(entries);
    }
    let (merges, own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.key.is_merge());
    let mut all: Vec<Entry> = Vec::new();
    let mut known: HashSet<String> = own.iter().map(|entry| entry.key.text.clone()).collect();
    for merge in merges {
        let line = merge.line;
        let wrong = || YamlError { line, reason: "`<<` takes a mapping or a list of mappings".into() };
        let sources = match merge.value.kind {
            Kind::Sequence(nodes) => nodes,
            _ => vec![merge.value],
        };
        for source in sources {
            let Kind::Mapping(entries) = source.kind else { return Err(wrong()) };
            all.extend(entries.into_iter().filter(|entry| known.insert(entry.key.text.clone())));
        }
    }
    all.extend(own);
    Ok(all)
}

fn core_suffix(tag: &Tag) -> Option<&str> {
    (tag.handle() == "tag:yaml.org,2002:").then(|| tag.suffix())
}

fn scalar_tag(tag: &Tag, line: u32) -> Result<Option<ScalarTag>, YamlError> {
    // A lone `!` says that the scalar is text.
    if tag.handle().is_empty() && tag.suffix() == "!" {
        return Ok(Some(ScalarTag::Text));
    }
    match core_suffix(tag) {
        Some("str") => Ok(Some(ScalarTag::Text)),
        Some("int" | "float" | "bool" | "null") => Ok(Some(ScalarTag::Plain)),
        _ => Err(unknown_tag(tag, line)),
    }
}

fn unknown_tag(tag: &Tag, line: u32) -> YamlError {
    YamlError {
        line,
        reason: format!(
            "the YAML tag `{}{}` means nothing here; a value that begins with `!` needs single quotes",
            tag.handle(),
            tag.suffix()
        ),
    }
}
