//! What can be checked of a finding without its record: counts, lengths, positions, ranges, the sum.

use std::collections::BTreeSet;

use super::Violation;
use crate::{Explanation, Finding, NearMiss, limits::*};

/// Checks that base and contributions add up to the points.
///
/// # Errors
/// When they do not.
pub fn check_sum(finding: &Finding) -> Result<(), Violation> {
    let given = finding.contributions.iter().map(|contribution| i64::from(contribution.points));
    let actual = i64::from(finding.base) + given.sum::<i64>();
    if actual == i64::from(finding.points) {
        return Ok(());
    }
    Err(Violation::Sum { stated: finding.points, actual })
}

/// Checks limits, positions and ranges.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn check_shape(finding: &Finding) -> Result<(), Violation> {
    // First the whole: what follows takes time in proportion to it.
    let bytes = finding.size_bytes();
    if bytes > FINDING_BYTES_MAX {
        return Err(Violation::TooLarge { bytes, limit: FINDING_BYTES_MAX });
    }
    let (low, high) = (finding.probability_low, finding.probability_high);
    if let Some(&none) = [finding.probability, low, high].iter().find(|&&it| it > PROBABILITY_MAX) {
        return Err(Violation::Probability(none));
    }
    if !(low..=high).contains(&finding.probability) {
        return Err(Violation::Contradiction("the probability lies outside its own interval"));
    }
    at_most("hits in full", finding.hits.len(), HITS_FULL_MAX)?;
    at_most("contributions", finding.contributions.len(), CONTRIBUTIONS_MAX)?;
    for field in &finding.fields {
        short("a quoted field", &field.text, FIELD_TEXT_BYTES_MAX)?;
    }
    for evidence in &finding.evidence {
        short("a quote", &evidence.quote, QUOTE_BYTES_MAX)?;
        // An operator without operand, such as `exists`, may list no values.
        if evidence.value >= evidence.values.max(1) {
            return Err(Violation::Contradiction("evidence names a value beyond those that the rule lists"));
        }
    }
    let count = finding.evidence.len();
    for (number, hit) in finding.hits.iter().enumerate() {
        positions("hit", number, &hit.evidence, count)?;
    }
    for (number, contribution) in finding.contributions.iter().enumerate() {
        positions("contribution", number, &contribution.evidence, count)?;
    }
    let told = finding.hits.iter().map(|hit| &hit.rule);
    once("rule", told.chain(&finding.further_hits))?;
    check_terms(finding)?;
    if finding.missing.iter().any(|missing| missing.points_best < missing.points_worst) {
        return Err(Violation::Contradiction("a missing feature is worse at best than at worst"));
    }
    Ok(())
}

/// Checks that no term contributes twice, and that what is missing is just what has no bin.
fn check_terms(finding: &Finding) -> Result<(), Violation> {
    // Nearly always they come in the order of the model.
    let mut seen = BTreeSet::new();
    let ascending = finding.contributions.is_sorted_by(|left, right| left.term < right.term);
    for contribution in finding.contributions.iter().filter(|_| !ascending) {
        if !seen.insert(contribution.term) {
            return Err(Violation::Twice { what: "term", name: contribution.term.to_string() });
        }
    }
    let without_bin = finding.contributions.iter().filter(|contribution| contribution.bin.is_none());
    if !without_bin.map(|contribution| contribution.term).eq(finding.missing.iter().map(|missing| missing.term)) {
        return Err(Violation::Contradiction("what is missing is not what the contributions leave out"));
    }
    Ok(())
}

/// Checks counts and lengths of an explanation; its finding is checked as any other.
pub(super) fn check_explanation(explanation: &Explanation) -> Result<(), Violation> {
    at_most("explained fields", explanation.fields.len(), EXPLAINED_FIELDS_MAX)?;
    at_most("near misses", explanation.near_misses.len(), NEAR_MISSES_MAX)?;
    at_most("categories", explanation.categories.len(), CATEGORIES_MAX)?;
    for field in &explanation.fields {
        short("a quoted field", &field.text, FIELD_TEXT_BYTES_MAX)?;
        short("a field's name", &field.name, NAME_BYTES_MAX)?;
    }
    once("near miss", explanation.near_misses.iter().map(|near| &near.rule))?;
    explanation.near_misses.iter().try_for_each(check_near_miss)
}

fn check_near_miss(near: &NearMiss) -> Result<(), Violation> {
    at_most("failed predicates", near.failed.len(), FAILED_PREDICATES_MAX)?;
    if near.held > near.needed {
        return Err(Violation::Contradiction("of a near miss more parts held than are needed"));
    }
    for failed in &near.failed {
        short("a failed predicate's value", failed.found.as_deref().unwrap_or_default(), QUOTE_BYTES_MAX)?;
        short("a failed predicate's operand", &failed.predicate.operand, FINDING_BYTES_MAX)?;
        short("a field's name", &failed.field, NAME_BYTES_MAX)?;
        short("a selection's name", &failed.selection, NAME_BYTES_MAX)?;
    }
    Ok(())
}

fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), Violation> {
    if count <= limit { Ok(()) } else { Err(Violation::TooMany { what, count, limit }) }
}

fn short(what: &'static str, text: &str, limit: usize) -> Result<(), Violation> {
    if text.len() <= limit { Ok(()) } else { Err(Violation::TooLong { what, bytes: text.len(), limit }) }
}

fn positions(what: &'static str, number: usize, named: &[u32], count: usize) -> Result<(), Violation> {
    match named.iter().find(|&&position| position as usize >= count) {
        Some(&position) => Err(Violation::NoSuchEvidence { what, number, position, count }),
        None => Ok(()),
    }
}

/// Checks that names are there and differ.
fn once<'n>(what: &'static str, names: impl Iterator<Item = &'n String>) -> Result<(), Violation> {
    let mut seen = BTreeSet::new();
    for (number, name) in names.enumerate() {
        if name.is_empty() {
            return Err(Violation::Nameless { what, number });
        }
        if !seen.insert(name) {
            return Err(Violation::Twice { what, name: name.clone() });
        }
    }
    Ok(())
}
