//! A rule through the steps of pipelines, in order.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Pipeline, Step,
    ask::{State, fields},
    fields as names,
    transformation::{AddCondition, Transformation},
    values,
};
use crate::compile::{
    Rejection,
    detection::{self, Detection, Item, Part, Selection, SelectionOrigin},
    grammar::Expression,
    rule::{LogSource, Rule},
    yaml::{Entry, Kind, Node},
};
use crate::metadata::{Origin, OriginKind};

/// Applies pipelines to a rule, then gives placeholders that are left the operator's values.
pub(in crate::compile) fn apply(
    pipelines: &[&Pipeline],
    placeholders: &BTreeMap<String, Vec<String>>,
    rule: &mut Rule,
) -> Result<(), Rejection> {
    let mut vars = BTreeMap::new();
    for pipeline in pipelines {
        vars.extend(pipeline.vars.iter().map(|(name, values)| (name.clone(), values.clone())));
    }
    vars.extend(placeholders.iter().map(|(name, values)| (name.clone(), values.clone())));
    let mut run = Run { state: State::default(), vars, conditions: 0 };
    for pipeline in pipelines {
        run.steps(&pipeline.steps, pipeline, rule)?;
    }
    if placeholders.is_empty() {
        return Ok(());
    }
    each_item(rule, &mut |item| {
        values::change(item, &mut |value| values::filled(value, &mut |name| Ok(placeholders.get(name)))).map(Some)
    })
}

struct Run {
    state: State,
    /// Values of placeholders.
    vars: BTreeMap<String, Vec<String>>,
    /// Conditions added so far.
    conditions: usize,
}

impl Run {
    fn steps(&mut self, steps: &[Step], pipeline: &Pipeline, rule: &mut Rule) -> Result<(), Rejection> {
        for step in steps {
            if !step.rule.hold_of(rule, &self.state) {
                continue;
            }
            self.step(step, pipeline, rule)?;
            rule.applied.extend(step.id.clone());
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, pipeline: &Pipeline, rule: &mut Rule) -> Result<(), Rejection> {
        let file = &pipeline.file;
        let because = |reason: &str| format!("pipeline {file}:{}: {reason}", step.line);
        match &step.transformation {
            Transformation::Nest(steps) => return self.steps(steps, pipeline, rule),
            Transformation::RuleFailure(message) => return Err(Rejection::at(rule.line, because(message))),
            Transformation::StrictFieldMapping => {
                let selections = rule.detections.selections.iter();
                let all = selections.flat_map(|selection| fields(&selection.detection));
                let mut unmapped: Vec<&str> = all.filter(|field| !self.state.mapped.contains(*field)).collect();
                unmapped.sort_unstable();
                unmapped.dedup();
                if !unmapped.is_empty() {
                    let reason = format!("these fields are not mapped: {}", unmapped.join(", "));
                    return Err(Rejection::at(rule.line, because(&reason)));
                }
            }
            Transformation::AddCondition(condition) => {
                self.conditions += 1;
                let number = self.conditions;
                add_condition(condition, number, step, pipeline, rule)
                    .map_err(|rejection| Rejection::at(rule.line, because(&rejection.reason)))?;
            }
            Transformation::ChangeLogsource(source) => {
                rule.source = LogSource { line: rule.source.line, ..source.clone() };
            }
            Transformation::AddFields(names) => rule.header.fields.extend(names.iter().cloned()),
            Transformation::RemoveFields(names) => rule.header.fields.retain(|field| !names.contains(field)),
            Transformation::SetFields(names) => rule.header.fields.clone_from(names),
            Transformation::SetState { key, value } => {
                self.state.values.insert(key.clone(), value.clone());
            }
            Transformation::SetAttribute { name, value } => {
                rule.header.custom.insert(name.clone(), value.clone());
            }
            Transformation::FieldMapping(_)
            | Transformation::FieldPrefixMapping(_)
            | Transformation::FieldPrefix(_)
            | Transformation::FieldSuffix(_) => names::map(step, &mut self.state, rule),
            _ => {
                let (state, vars) = (&self.state, &self.vars);
                each_item(rule, &mut |item| {
                    if !step.item.hold_of(&item, state) || !step.field.hold_of_item(&item, state) {
                        return Ok(Some(Part::Item(item)));
                    }
                    let line = item.line;
                    let changed = values::transform(step, vars, item);
                    changed.map_err(|reason| Rejection::at(line, because(&reason)))
                })?;
            }
        }
        Ok(())
    }
}

/// Gives every line of a rule to `change`, which says what stands in its place, if anything.
pub(super) fn each_item(
    rule: &mut Rule,
    change: &mut impl FnMut(Item) -> Result<Option<Part>, Rejection>,
) -> Result<(), Rejection> {
    for selection in &mut rule.detections.selections {
        in_detection(&mut selection.detection, change).map_err(|rejection| match &selection.origin {
            Some(origin) => rejection.from(&origin.place),
            None => rejection,
        })?;
    }
    Ok(())
}

fn in_detection(
    detection: &mut Detection,
    change: &mut impl FnMut(Item) -> Result<Option<Part>, Rejection>,
) -> Result<(), Rejection> {
    for part in std::mem::take(&mut detection.parts) {
        detection.parts.extend(match part {
            Part::Item(item) => change(item)?,
            Part::Detection(mut inner) => {
                in_detection(&mut inner, change)?;
                Some(Part::Detection(inner))
            }
        });
    }
    Ok(())
}

/// Notes on every line of a part that a step changed it.
pub(super) fn mark(part: &mut Part, id: Option<&String>) {
    match part {
        Part::Item(item) => item.applied.extend(id.cloned()),
        Part::Detection(detection) => detection.parts.iter_mut().for_each(|part| mark(part, id)),
    }
}

fn add_condition(
    condition: &AddCondition,
    number: usize,
    step: &Step,
    pipeline: &Pipeline,
    rule: &mut Rule,
) -> Result<(), Rejection> {
    let file = &pipeline.file;
    let mut entries = condition.conditions.clone();
    if condition.template {
        let source = rule.source.clone();
        entries.iter_mut().for_each(|entry| fill_template(&mut entry.value, &source));
    }
    let node = Node { line: condition.line, kind: Kind::Mapping(entries) };
    let mut detection = detection::read_detection(condition.line, &node)?;
    detection.parts.iter_mut().for_each(|part| mark(part, step.id.as_ref()));
    let name = condition.name.clone().unwrap_or_else(|| format!("_condition_{number}"));
    let origin = SelectionOrigin {
        place: format!("pipeline {file}"),
        origin: Origin { kind: OriginKind::Pipeline, title: pipeline.name.clone(), selection: condition.name.clone() },
    };
    let selections = &mut rule.detections.selections;
    selections.retain(|selection| selection.name != name);
    selections.push(Selection { name: name.clone(), detection, origin: Some(Arc::new(origin)) });
    for own in &mut rule.detections.conditions {
        let added = match condition.negated {
            true => Expression::Not(Box::new(Expression::Name(name.clone()))),
            false => Expression::Name(name.clone()),
        };
        let before = std::mem::replace(&mut own.expression, Expression::All(Vec::new()));
        own.expression = Expression::All(vec![added, before]);
    }
    Ok(())
}

/// Puts the parts of a logsource in the place of `$category`, `$product` and `$service`.
fn fill_template(node: &mut Node, source: &LogSource) {
    match &mut node.kind {
        Kind::Scalar(scalar) => {
            let parts = [("category", &source.category), ("product", &source.product), ("service", &source.service)];
            for (name, part) in parts {
                let part = part.as_deref().unwrap_or_default();
                scalar.text = scalar.text.replace(&format!("${{{name}}}"), part).replace(&format!("${name}"), part);
            }
            scalar.text = scalar.text.replace("$$", "$");
        }
        Kind::Sequence(nodes) => nodes.iter_mut().for_each(|node| fill_template(node, source)),
        Kind::Mapping(entries) => entries.iter_mut().for_each(|Entry { value, .. }| fill_template(value, source)),
    }
}
