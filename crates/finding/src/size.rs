//! How large a finding is, and what may be cut until it fits.

use crate::{
    Absence, Contribution, Evidence, FeatureValue, Finding, Hit, Missing, Place, cut,
    limits::{CONTRIBUTIONS_MAX, FIELD_TEXT_BYTES_MAX, FINDING_BYTES_MAX, HITS_FULL_MAX},
    quote,
};

/// What every number and every list's or text's length counts for.
const NUMBER_BYTES: usize = 4;
/// What the numbers of a finding that has nothing in its lists count for.
const FIXED_BYTES: usize = 64;
/// Lengths to which quoted fields are cut, one after another, before anything else is given up.
const FIELD_STEPS_BYTES: [usize; 4] = [FIELD_TEXT_BYTES_MAX, 256, 128, 64];

impl Finding {
    /// The size that the limit holds: its texts' bytes, and four for each number and each list's or text's length.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let logsource = [&self.logsource.product, &self.logsource.category, &self.logsource.service];
        FIXED_BYTES
            + text(&self.schema)
            + logsource.into_iter().flatten().map(|part| text(part)).sum::<usize>()
            + self.entities.iter().map(|entity| NUMBER_BYTES + text(&entity.name)).sum::<usize>()
            + self.fields.iter().map(|field| text(&field.name) + text(&field.text) + 4 * NUMBER_BYTES).sum::<usize>()
            + self.hits.iter().map(|hit| text(&hit.rule) + numbers(&hit.evidence)).sum::<usize>()
            + self.further_hits.iter().map(|rule| text(rule)).sum::<usize>()
            + self.evidence.iter().map(evidence_bytes).sum::<usize>()
            + self.contributions.iter().map(contribution_bytes).sum::<usize>()
            + self.missing.iter().map(missing_bytes).sum::<usize>()
    }
}

fn text(text: &str) -> usize {
    NUMBER_BYTES + text.len()
}

fn texts(list: &[String]) -> usize {
    NUMBER_BYTES + list.iter().map(|item| text(item)).sum::<usize>()
}

fn numbers(list: &[u32]) -> usize {
    NUMBER_BYTES * (1 + list.len())
}

fn evidence_bytes(evidence: &Evidence) -> usize {
    let place = match &evidence.place {
        Place::Text(_) => 3 * NUMBER_BYTES,
        Place::Pair(..) => 6 * NUMBER_BYTES,
        Place::Absent(names) => texts(names),
    };
    let Evidence { selection, field, predicate, quote, .. } = evidence;
    text(selection) + text(field) + text(&predicate.operand) + text(quote) + place + 5 * NUMBER_BYTES
}

/// The numbers of a history.
const HISTORY_BYTES: usize = 8 * NUMBER_BYTES;

fn contribution_bytes(contribution: &Contribution) -> usize {
    let value = match contribution.value {
        FeatureValue::Shown => 0,
        FeatureValue::Number(_) => NUMBER_BYTES,
        FeatureValue::Seen(_) => HISTORY_BYTES,
        FeatureValue::Rate { .. } => 2 * NUMBER_BYTES,
        FeatureValue::Hour { .. } => 4 * NUMBER_BYTES,
    };
    // Term, bin, points, and what kind of value.
    4 * NUMBER_BYTES + value + numbers(&contribution.evidence)
}

fn missing_bytes(missing: &Missing) -> usize {
    // Term, why, and two points.
    4 * NUMBER_BYTES + if matches!(missing.absence, Absence::History(_)) { HISTORY_BYTES } else { 0 }
}

// Contributions are never cut off: without evidence, as many as there may be leave room for what identifies a finding.
const _: () = assert!(CONTRIBUTIONS_MAX * (9 * NUMBER_BYTES + HISTORY_BYTES) <= FINDING_BYTES_MAX * 5 / 8);

/// Cuts what may be cut until the finding keeps its limits. The same finding is always cut the same way.
///
/// In this order: hits beyond `HITS_FULL_MAX` are told by id; quoted fields are shortened and then dropped from the
/// end; hits are told by id, from the last to the second; the evidence of contributions is dropped from the last;
/// ids of further hits are dropped from the end; the evidence of the first hit; entities. Contributions and what was
/// missing are never cut: they are numbers.
pub fn fit(finding: &mut Finding) {
    for evidence in &mut finding.evidence {
        evidence.quote.truncate(quote(&evidence.quote).len());
    }
    let mut further: Vec<String> =
        finding.hits.drain(finding.hits.len().min(HITS_FULL_MAX)..).map(|hit| hit.rule).collect();
    further.append(&mut finding.further_hits);
    finding.further_hits = further;
    drop_unused_evidence(finding);
    for bytes_max in FIELD_STEPS_BYTES {
        shorten_fields(finding, bytes_max);
        if fits(finding) {
            return;
        }
    }
    while !fits(finding) && give_up_one(finding) {
        drop_unused_evidence(finding);
    }
}

fn fits(finding: &Finding) -> bool {
    finding.size_bytes() <= FINDING_BYTES_MAX
}

fn shorten_fields(finding: &mut Finding, bytes_max: usize) {
    for field in &mut finding.fields {
        let kept = cut(&field.text, bytes_max).len();
        field.cut |= kept < field.text.len();
        field.text.truncate(kept);
    }
}

/// Gives up the next thing in order; false when there is nothing left to give up.
fn give_up_one(finding: &mut Finding) -> bool {
    if finding.fields.pop().is_some() {
        return true;
    }
    if finding.hits.len() > 1
        && let Some(Hit { rule, .. }) = finding.hits.pop()
    {
        finding.further_hits.insert(0, rule);
        return true;
    }
    let first: &[u32] = finding.hits.first().map_or(&[], |hit| &hit.evidence);
    let grounded = |contribution: &&mut Contribution| contribution.evidence.iter().any(|at| !first.contains(at));
    if let Some(contribution) = finding.contributions.iter_mut().rev().find(grounded) {
        contribution.evidence.clear();
        return true;
    }
    if finding.further_hits.pop().is_some() {
        return true;
    }
    if let Some(hit) = finding.hits.first_mut()
        && !hit.evidence.is_empty()
    {
        hit.evidence.clear();
        finding.contributions.iter_mut().for_each(|contribution| contribution.evidence.clear());
        return true;
    }
    finding.entities.pop().is_some()
}

/// Drops evidence that nothing names, merges what is there twice, and renumbers.
fn drop_unused_evidence(finding: &mut Finding) {
    let mut used = vec![false; finding.evidence.len()];
    let hits = finding.hits.iter().flat_map(|hit| &hit.evidence);
    for &at in hits.chain(finding.contributions.iter().flat_map(|contribution| &contribution.evidence)) {
        if let Some(used) = used.get_mut(at as usize) {
            *used = true;
        }
    }
    let all = std::mem::take(&mut finding.evidence);
    let mut renumbered: Vec<Option<u32>> = Vec::with_capacity(all.len());
    for (evidence, used) in all.into_iter().zip(used) {
        if !used {
            renumbered.push(None);
            continue;
        }
        // The place tells most apart.
        let known = finding.evidence.iter().position(|kept| kept.place == evidence.place && *kept == evidence);
        renumbered.push(Some(known.unwrap_or(finding.evidence.len()) as u32));
        if known.is_none() {
            finding.evidence.push(evidence);
        }
    }
    let lists = finding.hits.iter_mut().map(|hit| &mut hit.evidence);
    for list in lists.chain(finding.contributions.iter_mut().map(|contribution| &mut contribution.evidence)) {
        let mut kept = 0;
        for at in 0..list.len() {
            let Some(&Some(new)) = renumbered.get(list[at] as usize) else { continue };
            if !list[..kept].contains(&new) {
                list[kept] = new;
                kept += 1;
            }
        }
        list.truncate(kept);
    }
}
