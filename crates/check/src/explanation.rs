//! What of explanations and views needs no record: counts, positions, order.

use glassbox_finding::{
    Class, Explanation, NO_CLASS, NearMiss, RecordView,
    limits::{CATEGORIES_MAX, EXPLAINED_FIELDS_MAX, FAILED_PREDICATES_MAX, NEAR_MISSES_MAX, VIEW_VALUES_MAX},
};
use glassbox_pack::directory::Directory;

use crate::{
    finding::{ViewFault, Violation},
    reading::{check_class, has_rule},
    shape::at_most,
};

pub(crate) fn check_shape(explanation: &Explanation, maps: usize, directory: &Directory) -> Result<(), Violation> {
    let wrong = |reason: String| Err(Violation::Explanation(reason));
    at_most("explained values", explanation.fields.len(), EXPLAINED_FIELDS_MAX).map_err(Violation::Shape)?;
    at_most("near misses", explanation.near_misses.len(), NEAR_MISSES_MAX).map_err(Violation::Shape)?;
    at_most("categories", explanation.categories.len(), CATEGORIES_MAX).map_err(Violation::Shape)?;
    if let Err(fault) = check_class(0, &explanation.class, maps) {
        return wrong(format!("has a class that cannot be: {fault}"));
    }
    if !explanation.class.timed && explanation.time != 0 {
        return wrong(format!("has time {} and a class without a time; give 0 there", explanation.time));
    }
    for suppressed in &explanation.suppressed {
        let (rule, filter) = (suppressed.rule, suppressed.filter);
        if suppressed.index != 0 || !has_rule(directory, rule, Some(filter)) {
            return wrong(format!("says that filter {filter} suppressed rule {rule}, and the pack has no such pair"));
        }
    }
    if !explanation.suppressed.is_sorted_by(|earlier, later| earlier.rule < later.rule) {
        return wrong("lists suppressed rules that do not ascend".to_owned());
    }
    for (number, near) in explanation.near_misses.iter().enumerate() {
        let earlier = &explanation.near_misses[..number];
        if !has_rule(directory, near.rule, None) || earlier.iter().any(|earlier| earlier.rule == near.rule) {
            return wrong(format!("has a near miss of rule {}, which does not exist or is there twice", near.rule));
        }
        check_near_miss(number, near)?;
    }
    Ok(())
}

fn check_near_miss(number: usize, near: &NearMiss) -> Result<(), Violation> {
    at_most("failed predicates of a near miss", near.failed.len(), FAILED_PREDICATES_MAX).map_err(Violation::Shape)?;
    if near.held > near.needed {
        let reason = format!("has near miss {number}, of which {} parts of {} needed held", near.held, near.needed);
        return Err(Violation::Explanation(reason));
    }
    if near.failed.iter().any(|failed| failed.item.rule != near.rule) {
        let reason = format!("has near miss {number} of rule {} with failed predicates of another rule", near.rule);
        return Err(Violation::Explanation(reason));
    }
    Ok(())
}

/// Checks one record of a view: at most so many values, of the fields asked for, in their order.
pub(crate) fn check_view_shape(
    index: usize,
    seen: &RecordView,
    classes: &[Class],
    fields: &[u32],
) -> Result<(), ViewFault> {
    let is_timed = classes.get(seen.class as usize).is_some_and(|class| class.timed);
    if seen.class == NO_CLASS && !seen.values.is_empty() || !is_timed && seen.time != 0 {
        return Err(ViewFault::Unscored(index));
    }
    if seen.values.len() > VIEW_VALUES_MAX {
        return Err(ViewFault::TooMany { index, count: seen.values.len(), limit: VIEW_VALUES_MAX });
    }
    let mut from = 0;
    for (number, value) in seen.values.iter().enumerate() {
        let position = fields[from..].iter().position(|&field| field == value.field);
        from += position.ok_or(ViewFault::Field { index, number, field: value.field })?;
    }
    Ok(())
}
