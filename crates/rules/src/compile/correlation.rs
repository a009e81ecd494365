//! Correlations: named and counted, and not read further yet. The rules that one refers to do not fire on their own unless it
//! says so.

use super::{
    Rejection, rule,
    rule::{Header, Rule},
    yaml::{Kind, Node},
};

/// A correlation.
#[derive(Clone, Debug)]
pub(super) struct Correlation {
    pub(super) line: u32,
    pub(super) header: Header,
    /// Such as `event_count`.
    kind: String,
    /// Ids and names of the rules that it counts.
    rules: Vec<String>,
    /// Whether those rules fire on their own as well.
    generates: bool,
}

/// Reads a correlation as far as other rules depend on it.
pub(super) fn read(node: &Node) -> Result<Correlation, Rejection> {
    let header = rule::read_header(node);
    let Some(entry) = node.entry("correlation") else {
        return Err(Rejection::at(node.line, "the correlation has no `correlation`"));
    };
    if !matches!(entry.value.kind, Kind::Mapping(_)) {
        return Err(Rejection::at(entry.line, format!("`correlation` is a mapping, not {}", entry.value.what())));
    }
    let text = |key: &str| entry.value.get(key).and_then(Node::text).unwrap_or_default().trim().to_owned();
    let flag = |node: &Node| matches!(&node.kind, Kind::Scalar(scalar) if scalar.flag() == Some(true));
    let generates = entry.value.get("generate").or_else(|| node.get("generate")).is_some_and(flag);
    let rules = entry.value.get("rules").map(Node::texts).unwrap_or_default();
    Ok(Correlation { line: entry.line, header, kind: text("type"), rules, generates })
}

impl Correlation {
    /// Why it is not in the rule set.
    pub(super) fn rejection(&self) -> String {
        let kind = if self.kind.is_empty() { String::new() } else { format!(" (type `{}`)", self.kind) };
        format!("correlations are not read yet{kind}; the rules that it refers to are kept for it")
    }

    /// Whether it refers to a rule, by id or name.
    pub(super) fn refers_to(&self, rule: &Rule) -> bool {
        let is = |known: &Option<String>, name: &str| known.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(name));
        self.rules.iter().any(|name| is(&rule.header.id, name) || is(&rule.header.name, name))
    }

    /// Whether the rules that it refers to fire on their own as well.
    pub(super) fn generates(&self) -> bool {
        self.generates
    }
}
