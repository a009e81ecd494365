//! Conditions: names of selections, `1 of`, `all of`, patterns, and/or/not, to nodes.

use rsigma_parser::{ConditionExpr, Detection, Detections, Quantifier, SelectorPattern};

use super::{
    Rejection,
    item::{self, RawItem},
};
use crate::set::{Node, limits};

/// A condition with its items, before anything is shared between rules.
pub(crate) struct Condition {
    pub(crate) selections: Vec<String>,
    pub(crate) items: Vec<RawItem>,
    pub(crate) nodes: Vec<Node>,
}

/// Compiles what a rule looks for.
pub(crate) fn compile(detections: &Detections) -> Result<Condition, Rejection> {
    let mut names: Vec<&String> = detections.named.keys().collect();
    names.sort_unstable();
    let mut builder = Builder { detections, names, condition: Condition::empty(), compiled: Vec::new() };
    let roots = detections
        .conditions
        .iter()
        .map(|condition| builder.expression(condition, 0))
        .collect::<Result<Vec<u32>, Rejection>>()?;
    if roots.is_empty() {
        return Err(Rejection::NoCondition);
    }
    let root = builder.any(roots);
    // The root is the last node; a selection compiled before it may be named last.
    if root as usize + 1 != builder.condition.nodes.len() {
        builder.push(Node::AtLeast(1, vec![root]));
    }
    Ok(builder.condition)
}

struct Builder<'d> {
    detections: &'d Detections,
    names: Vec<&'d String>,
    condition: Condition,
    /// Selections compiled so far and their nodes: each is compiled once, however often it is named.
    compiled: Vec<(&'d str, u32)>,
}

impl Condition {
    fn empty() -> Self {
        Self { selections: Vec::new(), items: Vec::new(), nodes: Vec::new() }
    }
}

impl<'d> Builder<'d> {
    fn push(&mut self, node: Node) -> u32 {
        self.condition.nodes.push(node);
        self.condition.nodes.len() as u32 - 1
    }

    fn any(&mut self, nodes: Vec<u32>) -> u32 {
        self.at_least(1, nodes)
    }

    fn all(&mut self, nodes: Vec<u32>) -> u32 {
        self.at_least(nodes.len() as u32, nodes)
    }

    fn at_least(&mut self, count: u32, nodes: Vec<u32>) -> u32 {
        match nodes[..] {
            [only] if count == 1 => only,
            _ => self.push(Node::AtLeast(count, nodes)),
        }
    }

    fn expression(&mut self, expression: &'d ConditionExpr, depth: u32) -> Result<u32, Rejection> {
        let too_large = Rejection::ConditionTooLarge(limits::CONDITION_NODES_MAX, limits::CONDITION_DEPTH_MAX);
        if depth > limits::CONDITION_DEPTH_MAX / 2 || self.condition.nodes.len() >= limits::CONDITION_NODES_MAX / 2 {
            return Err(too_large);
        }
        let each = |builder: &mut Self, parts: &'d [ConditionExpr]| {
            parts.iter().map(|part| builder.expression(part, depth + 1)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match expression {
            ConditionExpr::And(parts) => {
                let nodes = each(self, parts)?;
                self.all(nodes)
            }
            ConditionExpr::Or(parts) => {
                let nodes = each(self, parts)?;
                self.any(nodes)
            }
            ConditionExpr::Not(part) => {
                let node = self.expression(part, depth + 1)?;
                self.push(Node::Not(node))
            }
            ConditionExpr::Identifier(name) => self.selection(name)?,
            ConditionExpr::Selector { quantifier, pattern } => {
                let nodes = self.fitting(pattern)?;
                let count = match quantifier {
                    Quantifier::Any => 1,
                    Quantifier::All => nodes.len() as u32,
                    Quantifier::Count(count) => match u32::try_from(*count) {
                        Ok(wanted) if (1..=nodes.len()).contains(&(wanted as usize)) => wanted,
                        _ => return Err(Rejection::Count(*count, nodes.len())),
                    },
                };
                self.at_least(count, nodes)
            }
        })
    }

    fn fitting(&mut self, pattern: &SelectorPattern) -> Result<Vec<u32>, Rejection> {
        let text = match pattern {
            SelectorPattern::Them => "*",
            SelectorPattern::Pattern(pattern) => pattern,
        };
        let glob = glassbox_predicate::Glob::parse(text, true);
        // A name that begins with `_` is left out unless the pattern begins so too.
        let fits = |name: &str| glob.is_match(name) && (text.starts_with('_') || !name.starts_with('_'));
        let names: Vec<&'d String> = self.names.iter().copied().filter(|name| fits(name)).collect();
        if names.is_empty() {
            return Err(Rejection::EmptyPattern(pattern.to_string()));
        }
        names.into_iter().map(|name| self.selection(name)).collect()
    }

    fn selection(&mut self, name: &str) -> Result<u32, Rejection> {
        if let Some(&(_, node)) = self.compiled.iter().find(|(compiled, _)| *compiled == name) {
            return Ok(node);
        }
        let Some((name, detection)) = self.detections.named.get_key_value(name) else {
            return Err(Rejection::UnknownSelection(name.to_owned()));
        };
        let selection = self.condition.selections.len() as u32;
        self.condition.selections.push(name.clone());
        let node = self.detection(selection, name, detection, 0)?;
        self.compiled.push((name, node));
        Ok(node)
    }

    fn detection(&mut self, selection: u32, name: &str, detection: &Detection, depth: u32) -> Result<u32, Rejection> {
        let because = |reason: &str| Rejection::Selection(name.to_owned(), reason.to_owned());
        if depth > limits::CONDITION_DEPTH_MAX / 4 {
            return Err(because("it nests deeper than the limit"));
        }
        let nested = |builder: &mut Self, parts: &[Detection]| {
            parts.iter().map(|part| builder.detection(selection, name, part, depth + 1)).collect::<Result<Vec<_>, _>>()
        };
        let nodes = match detection {
            Detection::AllOf(items) => {
                let items = items.iter().map(|item| item::compile(selection, item)).collect::<Result<Vec<_>, _>>()?;
                items.into_iter().map(|item| self.item(item)).collect()
            }
            Detection::Keywords(values) => {
                let item = item::keywords(selection, values)?;
                vec![self.item(item)]
            }
            Detection::And(parts) => nested(self, parts)?,
            Detection::AnyOf(parts) => {
                let nodes = nested(self, parts)?;
                if nodes.is_empty() {
                    return Err(because("it is empty"));
                }
                return Ok(self.any(nodes));
            }
            Detection::ArrayMatch { .. } | Detection::Conditional { .. } => {
                return Err(because("blocks over the elements of an array are no part of Sigma 2.1"));
            }
        };
        if nodes.is_empty() {
            return Err(because("it is empty"));
        }
        Ok(self.all(nodes))
    }

    /// One node for a line of a selection: any of its values, or all of them.
    fn item(&mut self, line: item::Line) -> u32 {
        let nodes = line
            .items
            .into_iter()
            .map(|item| {
                self.condition.items.push(item);
                let position = self.condition.items.len() as u32 - 1;
                self.push(Node::Item(position))
            })
            .collect();
        let node = self.all(nodes);
        if line.negated { self.push(Node::Not(node)) } else { node }
    }
}
