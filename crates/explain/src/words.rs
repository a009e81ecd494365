//! What a finding comes to, in words: which side of the threshold, what would have changed that, what was missing and why.
//!
//! Every form of output says these same words. They are made of the finding and the pack's model alone.

use glassbox_finding::{Absence, History, Missing, Role, Verdict};
use glassbox_maps::roles::{role_of, usual_fields};
use glassbox_report::{Finding, Suppressed};
use glassbox_score::{Change, Counterfactual, Feature, Model, Need, SoFar, Term, WarmUp};

use crate::{
    Knowledge,
    clean::clean,
    numbers::{counted, grouped, percent, points},
    values::{self, noun},
};

/// A hit that a filter took away, as a sentence.
#[must_use]
pub fn suppressed(suppressed: &Suppressed, knowledge: &Knowledge) -> String {
    let Suppressed { rule, filter } = suppressed;
    format!("“{}” hits, and the filter “{}” suppresses it.", clean(knowledge.title(rule)), clean(filter))
}

/// Why a feature could not be computed.
#[must_use]
pub fn absence(missing: &Missing, term: &Term, finding: &Finding) -> String {
    if matches!(term.feature, Feature::Pair { .. }) {
        return "one of the two could not be computed".to_owned();
    }
    match missing.absence {
        Absence::Field => no_field(missing, term, finding),
        Absence::Time => "the record states no time with a year between 2000 and 2100".to_owned(),
        Absence::History(history) => not_enough(&history, &term.feature),
        Absence::Context => "the pack does not say".to_owned(),
        Absence::NotApplicable => "it does not apply here".to_owned(),
        Absence::Disorder => "what is known of the past lies later than the record".to_owned(),
    }
}

/// Which of the fields that a feature needs the record lacks: those without evidence that they are there.
fn no_field(missing: &Missing, term: &Term, finding: &Finding) -> String {
    let fields: Vec<_> = term.feature.fields().iter().map(|field| clean(field)).collect();
    if !fields.is_empty() {
        // Any of them will do.
        return format!("the record has no {}", fields.join(" or "));
    }
    let needs = term.feature.needs();
    if needs.is_empty() {
        return "a part of it is missing".to_owned();
    }
    let contribution = finding.contributions.iter().find(|contribution| contribution.term == missing.term);
    let there = || contribution.into_iter().flat_map(|it| values::evidence_of(it, finding));
    let of_role = |role: Role| there().find(|it| role_of(&it.field) == Some(role));
    // A user must be a person, unless a host will do as well.
    let is_person = |need: &Need| need.0 == [Role::User];
    let lacks = |need: &&Need| is_person(need) || need.0.iter().all(|&role| of_role(role).is_none());
    let lacking: Vec<&Need> = needs.iter().filter(lacks).collect();
    // A user may be there who is an account of the system. Where the host is missing, who they are was not asked.
    let user = of_role(Role::User);
    let lacking: Vec<String> = lacking
        .iter()
        .filter(|need| !(is_person(need) && user.is_some() && lacking.len() > 1))
        .map(|need| match user {
            Some(user) if is_person(need) => format!("{} is no person", values::named(user)),
            None if is_person(need) => "no field of the record names a user".to_owned(),
            _ => format!(
                "the record has no {}",
                need.0.iter().flat_map(|&role| usual_fields(role)).collect::<Vec<_>>().join(" or ")
            ),
        })
        .collect();
    lacking.join(", and ")
}

fn not_enough(history: &History, feature: &Feature) -> String {
    let short = |among: &str, warm_up: &WarmUp| {
        format!(
            "not enough history: {} of the {} {among} needed, on {} (at least {} needed)",
            grouped(history.among),
            grouped(warm_up.sightings),
            counted(history.days.into(), "day"),
            warm_up.days
        )
    };
    match feature {
        Feature::SeenBefore { fact, warm_up } | Feature::SeenOnHosts { fact, warm_up } => {
            short(&noun(*fact, warm_up.sightings), warm_up)
        }
        Feature::HourHabit { warm_up } => short("observations", warm_up),
        Feature::Beacon { intervals } => {
            format!("not enough history: {} of the {intervals} intervals needed", grouped(history.times))
        }
        Feature::Burst {} => "not enough history: it did not hit here in an earlier hour".to_owned(),
        Feature::AncestorHits {} => "none of the processes that led to it was seen".to_owned(),
        _ => "not enough history".to_owned(),
    }
}

/// The points that a missing feature could have added to what it gave, and taken off.
#[must_use]
pub fn leeway(missing: &Missing, term: &Term) -> (i32, i32) {
    let given = term.missing.as_ref().map_or(0, |missing| missing.points);
    ((missing.points_best - given).max(0), (given - missing.points_worst).max(0))
}

/// What a missing feature could have changed; none where it could have changed nothing.
#[must_use]
pub fn range(missing: &Missing, term: &Term) -> Option<String> {
    match leeway(missing, term) {
        (0, 0) => None,
        (more, 0) => Some(format!("it could have added up to {more}")),
        (0, less) => Some(format!("it could have taken off up to {less}")),
        (more, less) => Some(format!("it could have added up to {more} or taken off up to {less}")),
    }
}

/// What the score could have been at worst and at best, had nothing been missing; empty where nothing would have changed it.
#[must_use]
pub fn whole_range(finding: &Finding, model: &Model) -> String {
    let leeways = finding.missing.iter().filter_map(|missing| {
        let term = model.terms().get(missing.term as usize)?;
        let (more, less) = leeway(missing, term);
        Some((i64::from(more), i64::from(less)))
    });
    let (more, less) = leeways.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    if (more, less) == (0, 0) {
        return String::new();
    }
    let at = |points: i64| i32::try_from(points).unwrap_or(if points < 0 { i32::MIN } else { i32::MAX });
    let (worst, best) = (at(i64::from(finding.points) - less), at(i64::from(finding.points) + more));
    let told = |at: i32| percent(model.probability(at).likely);
    format!(
        "Had all of it been known, the score would lie between {} ({} points) and {} ({} points).",
        told(worst),
        points(worst),
        told(best),
        points(best)
    )
}

/// What the probability is, and whether it was measured.
#[must_use]
pub fn calibration(finding: &Finding, model: Option<&Model>) -> String {
    let by_hand = match model {
        Some(model) if !model.calibration_is_fitted() => " (set by hand: not a measured frequency)",
        _ => "",
    };
    let (points, probability) = (points(finding.points), percent(finding.probability));
    format!("{points} points are {probability} by the model's calibration{by_hand}.")
}

/// Which side of the threshold a finding is on, and who decides.
#[must_use]
pub fn verdict(finding: &Finding, model: &Model) -> String {
    let threshold = percent(model.threshold());
    match finding.verdict {
        Verdict::Above => format!("It is above the threshold of {threshold}."),
        Verdict::Below => format!("It is below the threshold of {threshold}."),
        Verdict::TooClose => format!(
            "A person must decide: the probability lies between {} and {}, and the threshold of {threshold} is within.",
            percent(finding.probability_low),
            percent(finding.probability_high)
        ),
        Verdict::DataMissing => {
            let leaning = finding.missing.iter().filter_map(|missing| {
                let term = model.terms().get(missing.term as usize)?;
                term.abstain_when_missing.then(|| clean(&term.title).into_owned())
            });
            let leaning: Vec<_> = leaning.collect();
            format!(
                "A person must decide: what is missing could have changed the side of the threshold of {threshold} ({}).",
                leaning.join("; ")
            )
        }
    }
}

/// The smallest changes that would have put a finding below the threshold: a sentence, then one for each change.
#[must_use]
pub fn counterfactual(finding: &Finding, model: &Model) -> (String, Vec<String>) {
    let Some(Counterfactual { excess, alone, together }) =
        model.counterfactual(finding.points, &finding.contributions, finding.hits_total)
    else {
        return (below(finding, model), Vec::new());
    };
    let threshold = percent(model.threshold());
    // Some changes leave it so near that it still would not be decided by the score.
    let undecided = |points: i32| model.verdict(finding.points + points, &finding.missing) != Verdict::Below;
    let by = format!("{} points above the threshold of {threshold}", grouped((excess - 1).unsigned_abs().into()));
    let each = |change: &Change| {
        let still = if undecided(change.points) { "; a person would still decide" } else { "" };
        format!("{}{still}", change_in_words(change, finding, model))
    };
    match (alone.len(), together.len()) {
        (0, 0) => (format!("It is {by}. No few changes would have put it below."), Vec::new()),
        (0, number) => {
            let sum = together.iter().map(|change| change.points).sum();
            let still = if undecided(sum) { ", and a person would still decide" } else { "" };
            let sentence =
                format!("It is {by}. No single change would have put it below; these {number} together would{still}:");
            (sentence, together.iter().map(|change| change_in_words(change, finding, model)).collect())
        }
        (1, _) => (format!("It is {by}. This one change would have put it below:"), alone.iter().map(each).collect()),
        _ => (format!("It is {by}. Any one of these would have put it below:"), alone.iter().map(each).collect()),
    }
}

/// Where a finding is that needs no change to be below the threshold.
fn below(finding: &Finding, model: &Model) -> String {
    let threshold = percent(model.threshold());
    let Some(reached) = model.threshold_points() else {
        return format!("No number of points reaches the threshold of {threshold}.");
    };
    let lacking = grouped(i64::from(reached).abs_diff(finding.points.into()));
    match finding.verdict {
        Verdict::TooClose => {
            format!("It is {lacking} points below the threshold of {threshold}, too near to leave to the score.")
        }
        Verdict::DataMissing => {
            format!(
                "It is {lacking} points below the threshold of {threshold}; what is missing could have put it above."
            )
        }
        Verdict::Above | Verdict::Below => {
            format!("It is {lacking} points below the threshold of {threshold} already.")
        }
    }
}

fn change_in_words(change: &Change, finding: &Finding, model: &Model) -> String {
    let Some(term) = model.terms().get(change.term) else { return String::new() };
    let held = finding.contributions.iter().find(|contribution| contribution.term as usize == change.term);
    let held = held.and_then(|held| term.phrase(held.bin)).unwrap_or_default();
    let other = term.phrase(Some(change.bin as u32)).unwrap_or_default();
    format!("{} ({}), where now {}", clean(other), points(change.points), clean(held))
}

/// Whether evidence was left out to keep a finding's size: what a rule or a value of the record gave points for, and now
/// nothing says where.
#[must_use]
pub fn is_evidence_left_out(finding: &Finding, model: &Model) -> bool {
    let moved = finding.hits.iter().any(|hit| hit.cut);
    let ungrounded = finding.contributions.iter().any(|contribution| {
        let feature = model.terms().get(contribution.term as usize).map(|term| &term.feature);
        let is_of_record = match feature {
            Some(Feature::SeenBefore { fact, .. } | Feature::SeenOnHosts { fact, .. }) => !fact.is_of_rules(),
            Some(Feature::HourHabit { .. } | Feature::SoFar { count: SoFar::Hosts }) => true,
            Some(feature) => !feature.fields().is_empty() && contribution.points != 0,
            None => false,
        };
        is_of_record && contribution.bin.is_some() && contribution.evidence.is_empty()
    });
    moved || ungrounded
}
