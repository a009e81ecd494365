//! Transformations of the names of fields.

use super::{
    Step,
    apply::{each_item, mark},
    ask::State,
    transformation::Transformation,
};
use crate::compile::{
    detection::{Detection, Item, Part},
    rule::Rule,
    value::{FieldReference, Placed, Value},
};

/// Gives new names to the fields of a rule's lines, of the fields they are compared with, and of its list of fields.
pub(super) fn map(step: &Step, state: &mut State, rule: &mut Rule) {
    let listed = std::mem::take(&mut rule.header.fields);
    for field in listed {
        rule.header.fields.extend(renamed(step, state, &field));
    }
    // Names alone cannot fail.
    let _ = each_item(rule, &mut |item| Ok(Some(map_item(step, state, item))));
}

/// The new names of a field, if the step has some for it.
fn targets(transformation: &Transformation, field: Option<&str>) -> Option<Vec<String>> {
    match (transformation, field) {
        (Transformation::FieldMapping(mapping), field) => {
            mapping.iter().find(|(from, _)| from.as_deref() == field).map(|(_, to)| to.clone())
        }
        (Transformation::FieldPrefixMapping(mapping), Some(field)) => mapping.iter().find_map(|(from, to)| {
            let rest = field.strip_prefix(from.as_str())?;
            Some(to.iter().map(|prefix| format!("{prefix}{rest}")).collect())
        }),
        (Transformation::FieldPrefix(prefix), Some(field)) => Some(vec![format!("{prefix}{field}")]),
        (Transformation::FieldSuffix(suffix), Some(field)) => Some(vec![format!("{field}{suffix}")]),
        _ => None,
    }
}

/// The names that stand for a field afterwards, noted for conditions of later steps.
fn renamed(step: &Step, state: &mut State, field: &str) -> Vec<String> {
    let new = targets(&step.transformation, Some(field)).filter(|_| step.field.hold_of(Some(field), state));
    let Some(new) = new else { return vec![field.to_owned()] };
    note(step, state, field, &new);
    new
}

/// Notes which steps gave a field its names. The name before keeps its own: lines are asked after the list of fields.
fn note(step: &Step, state: &mut State, field: &str, new: &[String]) {
    let mut steps = state.field_steps.get(field).cloned().unwrap_or_default();
    steps.extend(step.id.clone());
    for name in new.iter().filter(|name| *name != field) {
        state.field_steps.entry(name.clone()).or_default().extend(steps.iter().cloned());
    }
}

fn map_item(step: &Step, state: &mut State, mut item: Item) -> Part {
    if !step.item.hold_of(&item, state) || !step.field.hold_of_item(&item, state) {
        return Part::Item(item);
    }
    let mut changed = false;
    let mut values = Vec::new();
    for Placed { line, value } in std::mem::take(&mut item.values) {
        match value {
            Value::Field(reference) if step.field.hold_of(Some(&reference.name), state) => {
                changed = true;
                let names = renamed(step, state, &reference.name);
                let references = names.into_iter().map(|name| FieldReference { name, ..reference.clone() });
                values.extend(references.map(|reference| Placed { line, value: Value::Field(reference) }));
            }
            value => values.push(Placed { line, value }),
        }
    }
    item.values = values;
    let field = item.field.clone();
    let new = targets(&step.transformation, field.as_deref()).filter(|_| step.field.hold_of(field.as_deref(), state));
    let Some(new) = new else {
        let mut part = Part::Item(item);
        if changed {
            mark(&mut part, step.id.as_ref());
        }
        return part;
    };
    if let Some(field) = &field {
        note(step, state, field, &new);
    }
    state.mapped.extend(field.clone());
    state.mapped.extend(new.iter().cloned());
    if field.is_none() {
        // What a keyword looks for, the field may hold anywhere.
        for placed in &mut item.values {
            if let Value::Text(text) = &mut placed.value {
                text.open_start();
                text.open_end();
            }
        }
        item.anywhere = false;
    }
    let mut items = new.into_iter().map(|name| Item { field: Some(name), ..item.clone() });
    let mut part = match (items.next(), items.len()) {
        (Some(only), 0) => Part::Item(only),
        (first, _) => {
            let parts = first.into_iter().chain(items).map(Part::Item).collect();
            // A line that holds when its values do not: they must stand in none of the fields.
            Part::Detection(Detection { line: item.line, parts, any: !item.negated })
        }
    };
    mark(&mut part, step.id.as_ref());
    part
}
