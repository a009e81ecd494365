//! Selections and conditions to nodes.

use super::{
    Rejection,
    detection::{Detection, Detections, Part, Selection},
    grammar::Expression,
    item::{self, RawItem},
};
use crate::{
    metadata::Alternatives,
    set::{Node, limits},
};

/// A condition with its items, before anything is shared between rules.
pub(super) struct Lowered {
    pub(super) selections: Vec<String>,
    pub(super) items: Vec<RawItem>,
    pub(super) nodes: Vec<Node>,
    /// The node of the rule's own condition.
    pub(super) root: u32,
    /// The number of each filter, and its node; without those of which pipelines left nothing.
    pub(super) filters: Vec<(usize, u32)>,
    /// Selections none of which holds where the rule hits.
    pub(super) exceptions: Vec<String>,
    /// Groups of selections of which some are enough.
    pub(super) alternatives: Vec<Alternatives>,
}

/// Compiles what a rule looks for.
pub(super) fn lower(detections: &Detections) -> Result<Lowered, Rejection> {
    let mut builder = Builder { detections, lowered: Lowered::empty(), compiled: Vec::new() };
    let mut roots = Vec::new();
    for condition in &detections.conditions {
        let node = builder.expression(&condition.expression, 0);
        roots.extend(node.map_err(|rejection| rejection.or_at(condition.line))?);
    }
    let line = detections.conditions.first().map_or(1, |condition| condition.line);
    if roots.is_empty() {
        return Err(Rejection::at(line, "nothing is left of the condition after pipelines dropped lines"));
    }
    builder.lowered.root = builder.any(roots);
    for filter in &detections.filters {
        let node = builder.expression(&filter.expression, 0).map_err(|rejection| rejection.or_at(line))?;
        if let Some(node) = node {
            builder.lowered.filters.push((filter.number, node));
        }
    }
    // Of several conditions each suffices, so none rules anything out for the others.
    if let [condition] = detections.conditions.as_slice() {
        let mut names = Vec::new();
        exceptions(&condition.expression, false, &mut names);
        detections.filters.iter().for_each(|filter| exceptions(&filter.expression, false, &mut names));
        names.retain(|name| builder.compiled.iter().any(|(compiled, node)| compiled == name && node.is_some()));
        builder.lowered.exceptions = names.into_iter().map(str::to_owned).collect();
    }
    let mut groups = Vec::new();
    for condition in &detections.conditions {
        alternatives(&condition.expression, false, &mut groups);
    }
    let is_left = |name: &String| builder.compiled.iter().any(|(compiled, node)| compiled == name && node.is_some());
    for group in &mut groups {
        group.selections.retain(is_left);
    }
    groups.retain(|group| group.selections.len() > 1);
    builder.lowered.alternatives = groups;
    Ok(builder.lowered)
}

/// Collects the selections that must not hold if the expression is to hold, or, where it is ruled out, not to hold; each
/// once. One of several that may do is not among them.
fn exceptions<'d>(expression: &'d Expression, is_ruled_out: bool, names: &mut Vec<&'d str>) {
    let found: &[String] = match (expression, is_ruled_out) {
        (Expression::All(parts), false) | (Expression::Any(parts), true) => {
            return parts.iter().for_each(|part| exceptions(part, is_ruled_out, names));
        }
        (Expression::Not(part), _) => return exceptions(part, !is_ruled_out, names),
        (Expression::Name(name), true) => std::slice::from_ref(name),
        (Expression::AtLeast(1, _, list), true) => list,
        (Expression::Every(list), true) if list.len() == 1 => list,
        _ => &[],
    };
    for name in found {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
}

/// Collects the groups of selections of which some are enough.
fn alternatives(expression: &Expression, negated: bool, groups: &mut Vec<Alternatives>) {
    match expression {
        Expression::Any(parts) => {
            let name = |part: &Expression| match part {
                Expression::Name(name) => Some(name.clone()),
                _ => None,
            };
            match parts.iter().map(name).collect::<Option<Vec<_>>>() {
                Some(selections) => {
                    groups.push(Alternatives { written: selections.join(" or "), at_least: 1, selections, negated });
                }
                None => parts.iter().for_each(|part| alternatives(part, negated, groups)),
            }
        }
        Expression::All(parts) => parts.iter().for_each(|part| alternatives(part, negated, groups)),
        Expression::Not(part) => alternatives(part, !negated, groups),
        Expression::AtLeast(at_least, pattern, names) => groups.push(Alternatives {
            written: format!("{at_least} of {pattern}"),
            at_least: *at_least,
            selections: names.clone(),
            negated,
        }),
        Expression::Name(_) | Expression::Every(_) => {}
    }
}

struct Builder<'d> {
    detections: &'d Detections,
    lowered: Lowered,
    /// Selections compiled so far and their nodes: each is compiled once, however often it is named.
    compiled: Vec<(&'d str, Option<u32>)>,
}

impl Lowered {
    fn empty() -> Self {
        Self {
            selections: Vec::new(),
            items: Vec::new(),
            nodes: Vec::new(),
            root: 0,
            filters: Vec::new(),
            exceptions: Vec::new(),
            alternatives: Vec::new(),
        }
    }
}

impl<'d> Builder<'d> {
    fn push(&mut self, node: Node) -> u32 {
        self.lowered.nodes.push(node);
        self.lowered.nodes.len() as u32 - 1
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

    /// The node of an expression; none if pipelines left nothing of it.
    fn expression(&mut self, expression: &'d Expression, depth: u32) -> Result<Option<u32>, Rejection> {
        if depth > limits::CONDITION_DEPTH_MAX || self.lowered.nodes.len() >= limits::CONDITION_NODES_MAX {
            let (nodes, depth) = (limits::CONDITION_NODES_MAX, limits::CONDITION_DEPTH_MAX);
            let reason = format!("the condition is larger than {nodes} nodes or nests deeper than {depth} levels");
            return Err(Rejection::nowhere(reason));
        }
        let each = |builder: &mut Self, parts: &'d [Expression]| -> Result<Vec<u32>, Rejection> {
            let nodes = parts.iter().map(|part| builder.expression(part, depth + 1));
            Ok(nodes.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        };
        let named = |builder: &mut Self, names: &'d [String]| -> Result<Vec<u32>, Rejection> {
            let nodes = names.iter().map(|name| builder.selection(name));
            Ok(nodes.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        };
        Ok(match expression {
            Expression::All(parts) => {
                let nodes = each(self, parts)?;
                (!nodes.is_empty()).then(|| self.all(nodes))
            }
            Expression::Any(parts) => {
                let nodes = each(self, parts)?;
                (!nodes.is_empty()).then(|| self.any(nodes))
            }
            Expression::Not(part) => self.expression(part, depth + 1)?.map(|node| self.push(Node::Not(node))),
            Expression::Name(name) => self.selection(name)?,
            Expression::Every(names) => {
                let nodes = named(self, names)?;
                (!nodes.is_empty()).then(|| self.all(nodes))
            }
            Expression::AtLeast(count, _, names) => {
                let nodes = named(self, names)?;
                if !nodes.is_empty() && nodes.len() < *count as usize {
                    let left = nodes.len();
                    let reason = format!("the condition asks for {count} selections, and pipelines left {left}");
                    return Err(Rejection::nowhere(reason));
                }
                (!nodes.is_empty()).then(|| self.at_least(*count, nodes))
            }
        })
    }

    fn selection(&mut self, name: &'d str) -> Result<Option<u32>, Rejection> {
        if let Some(&(_, node)) = self.compiled.iter().find(|(compiled, _)| *compiled == name) {
            return Ok(node);
        }
        let Some(selection) = self.detections.selections.iter().find(|selection| selection.name == name) else {
            return Err(Rejection::nowhere(format!("the condition names `{name}`, and there is no such selection")));
        };
        let position = self.lowered.selections.len() as u32;
        self.lowered.selections.push(name.to_owned());
        let node = self.detection(position, &selection.detection, 0);
        let node = node.map_err(|rejection| from_origin(rejection, selection))?;
        self.compiled.push((name, node));
        Ok(node)
    }

    fn detection(&mut self, selection: u32, detection: &Detection, depth: u32) -> Result<Option<u32>, Rejection> {
        if depth > limits::CONDITION_DEPTH_MAX / 4 {
            return Err(Rejection::at(detection.line, "it nests deeper than the limit"));
        }
        let mut nodes = Vec::new();
        for part in &detection.parts {
            nodes.extend(match part {
                Part::Item(item) => {
                    let line = item::lower(selection, item)?;
                    Some(self.item(line))
                }
                Part::Detection(detection) => self.detection(selection, detection, depth + 1)?,
            });
        }
        Ok((!nodes.is_empty()).then(|| if detection.any { self.any(nodes) } else { self.all(nodes) }))
    }

    /// One node for a line of a selection: any of its values, or all of them.
    fn item(&mut self, line: item::Line) -> u32 {
        let nodes = line
            .items
            .into_iter()
            .map(|item| {
                self.lowered.items.push(item);
                let position = self.lowered.items.len() as u32 - 1;
                self.push(Node::Item(position))
            })
            .collect();
        let node = self.all(nodes);
        if line.negated { self.push(Node::Not(node)) } else { node }
    }
}

/// Says where a line comes from that is not the rule's own.
fn from_origin(rejection: Rejection, selection: &Selection) -> Rejection {
    match &selection.origin {
        None => rejection,
        Some(origin) => rejection.from(&origin.place),
    }
}
