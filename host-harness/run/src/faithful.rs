//! Whether an explanation is faithful: whether a finding changes as its contributions say when the evidence that they
//! rest on is taken away.
//!
//! A piece of evidence is taken away by writing something neutral over its bytes. Judged against the same state, the record
//! must then differ only in terms that rest on those bytes, and the points by exactly what those terms differ. A record that
//! becomes another one altogether (of another kind, without a finding, hit by a rule that only its own exception had
//! kept away) says nothing about terms: such pieces are counted and set aside.
//!
//! This sees a term that rests on more than it says, and points that the terms do not explain. It is one-sided: a term that
//! names evidence which it does not rest on passes, as taking that away changes nothing. And it says nothing of findings
//! that were cut to their limits, whose terms no longer tell all that they rest on: those are counted as skipped.

use std::collections::{BTreeMap, BTreeSet};

use glassbox_finding::{Contribution, Encoding, Evidence, Finding, Logsource, Place, Span, TextPlace};
use glassbox_sandbox::{Fault, Instance};
use glassbox_score::Model;

/// What was checked of one finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faithful {
    /// Pieces of evidence that were taken away, one at a time.
    pub taken_away: u32,
    /// Those without which the record is another one.
    pub set_aside: u32,
    /// Findings that were not checked at all, as they were cut to their limits: 0 or 1.
    pub skipped: u32,
}

/// How an explanation is not faithful.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfaithful {
    /// Explained just before it was judged, the record has another finding.
    #[error("explained in the state before it, the record has not the finding that it was judged to have")]
    OtherFinding,
    /// A term changed that does not rest on what was taken away.
    #[error("without evidence {evidence} {term} changed, which does not rest on it")]
    DoesNotRest {
        /// The evidence taken away.
        evidence: usize,
        /// The term.
        term: String,
    },
    /// The points changed by something else than the terms did.
    #[error("without evidence {evidence} the points changed by {points}, and the terms by {terms}")]
    Sum {
        /// The evidence taken away.
        evidence: usize,
        /// What the points changed by.
        points: i64,
        /// What the terms changed by.
        terms: i64,
    },
}

/// Checks a finding with an instance that is in the state just before its record. A finding that was cut to its limits is
/// not checked but counted as skipped: what its terms rest on is not all told.
///
/// # Errors
/// A fault; or inside, how the explanation is not faithful.
pub fn check_faithful(
    instance: &mut Instance,
    record: &[u8],
    hint: &Logsource,
    finding: &Finding,
    model: Option<&Model>,
) -> Result<Result<Faithful, Unfaithful>, Fault> {
    let mut done = Faithful::default();
    let is_cut =
        !finding.further_hits.is_empty() || finding.size_bytes() > glassbox_finding::limits::FINDING_BYTES_MAX * 7 / 8;
    if is_cut {
        done.skipped = 1;
        return Ok(Ok(done));
    }
    let Some(before) = explain(instance, record, hint)? else { return Ok(Err(Unfaithful::OtherFinding)) };
    if before != (Finding { index: 0, ..finding.clone() }) {
        return Ok(Err(Unfaithful::OtherFinding));
    }
    let mut seen = BTreeSet::new();
    for (number, evidence) in finding.evidence.iter().enumerate() {
        for place in places(evidence).filter(|place| seen.insert((place.span.start, place.span.end))) {
            done.taken_away += 1;
            let without = explain(instance, &masked(record, place), hint)?;
            match without.filter(|without| is_same_kind(&before, without)) {
                Some(without) => {
                    if let Err(unfaithful) = compare(number, place.span, &before, &without, model) {
                        return Ok(Err(unfaithful));
                    }
                }
                None => done.set_aside += 1,
            }
        }
    }
    Ok(Ok(done))
}

fn explain(instance: &mut Instance, record: &[u8], hint: &Logsource) -> Result<Option<Finding>, Fault> {
    Ok(instance.explain(record, hint)?.ok().and_then(|explanation| explanation.finding))
}

/// Where a piece of evidence lies.
fn places(evidence: &Evidence) -> impl Iterator<Item = TextPlace> {
    let (one, other) = match &evidence.place {
        Place::Text(place) => (Some(*place), None),
        Place::Pair(one, other) => (Some(*one), Some(*other)),
        Place::Absent(_) => (None, None),
    };
    one.into_iter().chain(other).filter(|place| place.span.start < place.span.end)
}

/// The record with something neutral of the same length in the place: nines where only digits stood, as a number must
/// stay one, else underscores.
fn masked(record: &[u8], place: TextPlace) -> Vec<u8> {
    let mut record = record.to_vec();
    let Some(bytes) = record.get_mut(place.span.start as usize..place.span.end as usize) else { return record };
    if place.encoding == Encoding::Hex {
        // The digits of underscores.
        bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = if at % 2 == 0 { b'5' } else { b'F' });
    } else if place.encoding == Encoding::Raw && bytes.iter().all(u8::is_ascii_digit) {
        let digit = if bytes.iter().all(|&byte| byte == b'9') { b'1' } else { b'9' };
        bytes.fill(digit);
    } else {
        bytes.fill(b'_');
    }
    record
}

/// Whether it is still about the same: of the same kind and time, and hit by no rule that did not hit before.
fn is_same_kind(before: &Finding, without: &Finding) -> bool {
    let known: BTreeSet<&str> = before.hits.iter().map(|hit| hit.rule.as_str()).collect();
    before.logsource == without.logsource
        && before.schema == without.schema
        && before.time == without.time
        && without.further_hits.is_empty()
        && without.hits.iter().all(|hit| known.contains(hit.rule.as_str()))
}

fn compare(
    evidence: usize,
    taken: Span,
    before: &Finding,
    without: &Finding,
    model: Option<&Model>,
) -> Result<(), Unfaithful> {
    let after: BTreeMap<u32, &Contribution> = without.contributions.iter().map(|it| (it.term, it)).collect();
    let overlaps = |at: &u32| {
        let places = before.evidence.get(*at as usize).into_iter().flat_map(places);
        places.into_iter().any(|place| place.span.start < taken.end && taken.start < place.span.end)
    };
    let mut terms = 0;
    for contribution in &before.contributions {
        let other = after.get(&contribution.term);
        let same = other.is_some_and(|other| (other.bin, other.points) == (contribution.bin, contribution.points));
        if same {
            continue;
        }
        if !contribution.evidence.iter().any(overlaps) {
            let term = model.and_then(|model| model.terms().get(contribution.term as usize));
            let term = term.map_or_else(|| format!("term {}", contribution.term), |term| format!("`{}`", term.name));
            return Err(Unfaithful::DoesNotRest { evidence, term });
        }
        terms += other.map_or(0, |other| i64::from(other.points)) - i64::from(contribution.points);
    }
    let points = i64::from(without.points) - i64::from(before.points);
    let bases = i64::from(without.base) - i64::from(before.base);
    if points != terms + bases || without.contributions.len() != before.contributions.len() {
        return Err(Unfaithful::Sum { evidence, points, terms });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_over_keeps_the_record_readable() {
        let record = br#"{"EventID":4688,"CommandLine":"cmd \/c \"x\"","n":999}"#;
        let check = |text: &str, encoding: Encoding, expected: &str| {
            let at = record.windows(text.len()).position(|window| window == text.as_bytes()).expect("in the record");
            let span = Span { start: at as u32, end: (at + text.len()) as u32 };
            let masked = masked(record, TextPlace { span, encoding });
            assert_eq!(masked.len(), record.len());
            assert_eq!(std::str::from_utf8(&masked[at..at + text.len()]), Ok(expected));
            serde_json::from_slice::<serde_json::Value>(&masked).expect("still JSON");
        };
        check("4688", Encoding::Raw, "9999");
        check("999", Encoding::Raw, "111");
        check(r#"cmd \/c \"x\""#, Encoding::JsonString, "_____________");
    }
}
