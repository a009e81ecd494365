//! What of a finding the pack decides, without its record: counts, positions, ranges, the sum, the model's table.

use glassbox_finding::{
    Claim, Evidence, Finding, Hit, Sequence, Subject, TextPlace, Window, Within,
    limits::{
        CONTRIBUTIONS_MAX, ENTITIES_MAX, EVIDENCE_MAX, FIELDS_MAX, HIT_EVIDENCE_MAX, HITS_EVIDENCE_MAX,
        PROBABILITY_MAX, STEPS_MAX, WINDOW_GROUP_MAX, WINDOW_RECORDS_MAX,
    },
    listed_hits,
};
use glassbox_pack::directory::Directory;
use glassbox_score::Disagreement;

/// Why a finding is not well-formed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeFault {
    /// More of something than there may be.
    #[error("it has {count} {what}, more than {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// Hits are not listed as their number asks.
    #[error(
        "of {total} hits it lists {full} in full and {further} further ones, and must list {expected_full} and {expected_further}"
    )]
    Listed {
        /// How many there are in all.
        total: u32,
        /// How many are listed in full.
        full: usize,
        /// How many further ones.
        further: usize,
        /// How many must be listed in full.
        expected_full: usize,
        /// How many further ones must be.
        expected_further: usize,
    },
    /// Neither a hit nor an alert.
    #[error("it has neither a hit nor an alert")]
    NoCause,
    /// A position that does not exist.
    #[error("{what} {number} names {target} {position}, and there are {count}")]
    NoSuch {
        /// What names it.
        what: &'static str,
        /// Which one.
        number: usize,
        /// What it names.
        target: &'static str,
        /// The position.
        position: u32,
        /// How many there are.
        count: usize,
    },
    /// A list that does not ascend.
    #[error("{what} do not ascend at {number}; list each once, in the directory's order")]
    NotAscending {
        /// Which list.
        what: &'static str,
        /// The position in the list.
        number: usize,
    },
    /// A rule in both lists of hits.
    #[error("rule {0} is listed in full and among the further hits")]
    Twice(u32),
    /// Evidence under a hit of another rule, or that is not of a rule.
    #[error("hit {hit} of rule {rule} names evidence {position}, which is not of an item of this rule")]
    ForeignEvidence {
        /// The hit.
        hit: usize,
        /// Its rule.
        rule: u32,
        /// The evidence.
        position: u32,
    },
    /// A hit whose evidence was cut below the limits.
    #[error("the evidence of hit {hit} is cut, and neither it nor that of all hits is at its limit")]
    Cut {
        /// The hit.
        hit: usize,
    },
    /// Evidence of a bin that the term's contribution does not name.
    #[error(
        "evidence {number} is of bin {bin} of term {term}, and the term's contribution names another bin or is missing"
    )]
    OtherBin {
        /// The evidence.
        number: usize,
        /// The term.
        term: u32,
        /// The bin.
        bin: u32,
    },
    /// Base and contributions do not add up to the points.
    #[error("base and contributions add up to {actual} points and the finding says {stated}")]
    Sum {
        /// The points it says.
        stated: i32,
        /// The points there are.
        actual: i64,
    },
    /// Not a probability.
    #[error("{0} is not a probability in millionths")]
    Probability(u32),
    /// The probability lies outside its interval.
    #[error("the probability {probability} lies outside its own interval {low} to {high}")]
    Interval {
        /// The probability.
        probability: u32,
        /// The least that it may be.
        low: u32,
        /// The most that it may be.
        high: u32,
    },
    /// What is missing is not what the contributions leave out.
    #[error("what is missing is not what the contributions have no bin for, in their order")]
    Missing,
    /// A missing feature is worse at best than at worst.
    #[error("term {term} could have given {best} points at best and {worst} at worst")]
    Range {
        /// The term.
        term: u32,
        /// At best.
        best: i32,
        /// At worst.
        worst: i32,
    },
    /// The model gives something else.
    #[error("{0}")]
    Model(Disagreement),
    /// A window's numbers contradict each other.
    #[error("its window {0}")]
    Window(&'static str),
    /// A record that comes later than the finding.
    #[error("{what} names the record with sequence {sequence}, which does not come before {at}")]
    Later {
        /// What names it.
        what: &'static str,
        /// The record.
        sequence: Sequence,
        /// The finding's own record.
        at: Sequence,
    },
}

/// Checks all of a finding that needs no record: limits, positions, ranges, the sum and the model's table.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn check_shape(finding: &Finding, directory: &Directory) -> Result<(), ShapeFault> {
    at_most("entities", finding.entities.len(), ENTITIES_MAX)?;
    at_most("fields", finding.fields.len(), FIELDS_MAX)?;
    at_most("pieces of evidence", finding.evidence.len(), EVIDENCE_MAX)?;
    at_most("contributions", finding.contributions.len(), CONTRIBUTIONS_MAX)?;
    check_subject(finding)?;
    check_hits(finding, directory)?;
    check_places(finding)?;
    check_points(finding)?;
    check_bins(finding)?;
    directory.model().verify(finding).map_err(ShapeFault::Model)
}

fn check_subject(finding: &Finding) -> Result<(), ShapeFault> {
    let at = finding.at;
    if let Some(sequence) = finding.same_act.filter(|&sequence| sequence >= at) {
        return Err(ShapeFault::Later { what: "`same-act`", sequence, at });
    }
    match &finding.subject {
        Subject::Record(_) if finding.hits_total == 0 && finding.alert.is_none() => Err(ShapeFault::NoCause),
        Subject::Record(_) => Ok(()),
        Subject::Window(window) => check_window(window, at),
    }
}

fn check_window(window: &Window, at: Sequence) -> Result<(), ShapeFault> {
    at_most("entities in its window's group", window.group.len(), WINDOW_GROUP_MAX)?;
    at_most("records in its window", window.records.len(), WINDOW_RECORDS_MAX)?;
    if window.from > window.to {
        return Err(ShapeFault::Window("ends before it begins"));
    }
    if !window.records.is_sorted_by(|earlier, later| earlier < later) {
        return Err(ShapeFault::Window("lists records that do not ascend"));
    }
    if let Some(&sequence) = window.records.last().filter(|&&last| last > at) {
        return Err(ShapeFault::Later { what: "its window", sequence, at });
    }
    let listed = window.records.len() as u64;
    if window.count < listed {
        return Err(ShapeFault::Window("lists more records than it counts"));
    }
    if window.count > listed && window.records.len() < WINDOW_RECORDS_MAX {
        return Err(ShapeFault::Window("counts more records than it lists, and lists fewer than it may"));
    }
    Ok(())
}

fn check_hits(finding: &Finding, directory: &Directory) -> Result<(), ShapeFault> {
    let (full, further) = (finding.hits.len(), finding.further_hits.len());
    let (expected_full, expected_further) = listed_hits(finding.hits_total as usize);
    if (full, further) != (expected_full, expected_further) {
        let total = finding.hits_total;
        return Err(ShapeFault::Listed { total, full, further, expected_full, expected_further });
    }
    let count = directory.set().rules.len();
    ascending("hits", finding.hits.iter().map(|hit| hit.rule), count)?;
    ascending("further hits", finding.further_hits.iter().copied(), count)?;
    let in_full = finding.hits.iter().map(|hit| hit.rule);
    for rule in in_full {
        if finding.further_hits.binary_search(&rule).is_ok() {
            return Err(ShapeFault::Twice(rule));
        }
    }
    let of_all: usize = finding.hits.iter().map(|hit| hit.evidence.len()).sum();
    at_most("pieces of evidence of hits", of_all, HITS_EVIDENCE_MAX)?;
    for (number, hit) in finding.hits.iter().enumerate() {
        check_hit(number, hit, &finding.evidence)?;
        if hit.cut && hit.evidence.len() < HIT_EVIDENCE_MAX && of_all < HITS_EVIDENCE_MAX {
            return Err(ShapeFault::Cut { hit: number });
        }
    }
    Ok(())
}

fn check_hit(number: usize, hit: &Hit, evidence: &[Evidence]) -> Result<(), ShapeFault> {
    at_most("pieces of evidence of one hit", hit.evidence.len(), HIT_EVIDENCE_MAX)?;
    for &position in &hit.evidence {
        let no_such = ShapeFault::NoSuch { what: "hit", number, target: "evidence", position, count: evidence.len() };
        let piece = evidence.get(position as usize).ok_or(no_such)?;
        if !matches!(piece.claim, Claim::Item(at) if at.rule == hit.rule) {
            return Err(ShapeFault::ForeignEvidence { hit: number, rule: hit.rule, position });
        }
    }
    Ok(())
}

/// Checks that no place has too many steps, or is in a record that comes later.
fn check_places(finding: &Finding) -> Result<(), ShapeFault> {
    let own = |place: &TextPlace| -> Result<(), ShapeFault> {
        at_most("steps of a place", place.further.len() + 1, STEPS_MAX)?;
        match place.within {
            Within::Other(sequence) if sequence >= finding.at => {
                Err(ShapeFault::Later { what: "a place", sequence, at: finding.at })
            }
            _ => Ok(()),
        }
    };
    finding.evidence.iter().flat_map(|evidence| evidence.place.texts()).try_for_each(own)?;
    finding.fields.iter().map(|field| &field.place).try_for_each(own)?;
    finding.entities.iter().map(|entity| &entity.place).try_for_each(own)?;
    if let Some(alert) = &finding.alert {
        std::iter::once(&alert.name).chain(&alert.severity).try_for_each(own)?;
    }
    if let Subject::Window(window) = &finding.subject {
        window.group.iter().map(|entity| &entity.place).try_for_each(own)?;
    }
    Ok(())
}

fn check_points(finding: &Finding) -> Result<(), ShapeFault> {
    let given = finding.contributions.iter().map(|contribution| i64::from(contribution.points));
    let actual = i64::from(finding.base) + given.sum::<i64>();
    if actual != i64::from(finding.points) {
        return Err(ShapeFault::Sum { stated: finding.points, actual });
    }
    let (probability, low, high) = (finding.probability, finding.probability_low, finding.probability_high);
    if let Some(&wrong) = [probability, low, high].iter().find(|&&it| it > PROBABILITY_MAX) {
        return Err(ShapeFault::Probability(wrong));
    }
    if !(low..=high).contains(&probability) {
        return Err(ShapeFault::Interval { probability, low, high });
    }
    if let Some(missing) = finding.missing.iter().find(|missing| missing.points_best < missing.points_worst) {
        let (best, worst) = (missing.points_best, missing.points_worst);
        return Err(ShapeFault::Range { term: missing.term, best, worst });
    }
    Ok(())
}

fn check_bins(finding: &Finding) -> Result<(), ShapeFault> {
    let terms = finding.contributions.iter().map(|contribution| contribution.term);
    // That terms exist the model says.
    ascending("contributions", terms, usize::MAX)?;
    let count = finding.evidence.len();
    for (number, contribution) in finding.contributions.iter().enumerate() {
        let beyond = contribution.evidence.iter().find(|&&position| position as usize >= count);
        if let Some(&position) = beyond {
            return Err(ShapeFault::NoSuch { what: "contribution", number, target: "evidence", position, count });
        }
    }
    let without_bin = finding.contributions.iter().filter(|contribution| contribution.bin.is_none());
    if !without_bin.map(|contribution| contribution.term).eq(finding.missing.iter().map(|missing| missing.term)) {
        return Err(ShapeFault::Missing);
    }
    for (number, evidence) in finding.evidence.iter().enumerate() {
        let Claim::Bin(claimed) = evidence.claim else { continue };
        let position = finding.contributions.binary_search_by_key(&claimed.term, |contribution| contribution.term);
        let bin = position.ok().and_then(|position| finding.contributions[position].bin);
        if bin != Some(claimed.bin) {
            return Err(ShapeFault::OtherBin { number, term: claimed.term, bin: claimed.bin });
        }
    }
    Ok(())
}

/// Checks that positions exist and ascend.
fn ascending(what: &'static str, positions: impl Iterator<Item = u32>, count: usize) -> Result<(), ShapeFault> {
    let mut next = 0;
    for (number, position) in positions.enumerate() {
        if position as usize >= count {
            return Err(ShapeFault::NoSuch { what, number, target: "position", position, count });
        }
        if u64::from(position) < next {
            return Err(ShapeFault::NotAscending { what, number });
        }
        next = u64::from(position) + 1;
    }
    Ok(())
}

pub(crate) fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), ShapeFault> {
    if count <= limit { Ok(()) } else { Err(ShapeFault::TooMany { what, count, limit }) }
}
