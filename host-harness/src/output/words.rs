//! The model's numbers in words: what a value was, why there is none, what would have changed the outcome.
//!
//! Every form of output says these same words. They are made of the finding and the pack's model alone.

use glassbox_finding::{Absence, Contribution, FeatureValue, Finding, History, Missing, Place, Verdict};
use glassbox_score::{Change, Counterfactual, Fact, Feature, Model, Term, WarmUp};

use super::{
    clean::{clean, shorten},
    numbers::{counted, grouped, percent, points},
};
use crate::time;

/// Characters of a piece of evidence quoted as a value.
const QUOTE_CHARACTERS_MAX: usize = 60;

/// What a contribution's value was, with what is behind it: the counts of a history, or the bytes of the record.
#[must_use]
pub fn value(contribution: &Contribution, finding: &Finding, model: &Model) -> String {
    let Some(term) = model.terms().get(contribution.term as usize) else { return String::new() };
    match (contribution.value, &term.feature) {
        (_, _) if contribution.bin.is_none() => String::new(),
        (FeatureValue::Seen(history), Feature::SeenOnHosts { fact, .. }) => on_hosts(*fact, &history),
        (FeatureValue::Seen(history), Feature::SeenBefore { fact, .. }) => seen(*fact, &history),
        (FeatureValue::Seen(history), _) => seen(Fact::Rule, &history),
        (FeatureValue::Rate { now, usual_thousandths }, _) => {
            format!(
                "{} in this hour, where {} an hour are usual",
                times(now.into()),
                thousandths(usual_thousandths.into())
            )
        }
        (FeatureValue::Hour { hour, times, among, days }, _) => format!(
            "{} of {} between {:02}:00 and {:02}:00 UTC, on {}",
            grouped(times.into()),
            counted(among.into(), "observation"),
            (hour + 23) % 24,
            (hour + 2) % 24,
            counted(days.into(), "day"),
        ),
        (FeatureValue::Number(number), feature) => measured(number, feature),
        (FeatureValue::Shown, Feature::Pair { first, second }) => both(finding, model, first, second),
        (FeatureValue::Shown, _) if term.feature.fields().is_empty() => {
            term.bin_name(contribution.bin).unwrap_or_default().to_owned()
        }
        (FeatureValue::Shown, _) => quoted(contribution, finding),
    }
}

/// How often a fact was seen: `this parent-child pair: never seen in 41,208 process starts on 31 hosts since 2 May 2026`.
fn seen(fact: Fact, history: &History) -> String {
    let often = match history.times {
        0 => "never seen".to_owned(),
        number => format!("seen {}", times(number)),
    };
    let last = history.last.map(|last| format!(", last on {}", time::day(last))).unwrap_or_default();
    format!("{}: {often}{} in {}{last}", fact.subject(), low_by(history), among(fact, history))
}

fn on_hosts(fact: Fact, history: &History) -> String {
    let number = if history.hosts == 0 { "none".to_owned() } else { grouped(history.hosts.into()) };
    let subject = fact.subject();
    let hosts = counted(history.among_hosts.into(), "host");
    let since = history.since.map(|since| format!(" since {}", time::day(since))).unwrap_or_default();
    format!("{subject}: on {number} of {hosts} in {} {}{since}", grouped(history.among), noun(fact, history.among))
}

fn noun(fact: Fact, number: u64) -> String {
    let plural = fact.among();
    if number != 1 {
        return plural.to_owned();
    }
    // The first word is the noun, unless it is an adjective of the second.
    let singular = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
    match plural.split_once(' ') {
        Some((noun, rest)) if noun.ends_with('s') && noun != "process" => format!("{} {rest}", singular(noun)),
        _ => singular(plural),
    }
}

/// What a fact was seen among.
fn among(fact: Fact, history: &History) -> String {
    let here = matches!(fact, Fact::RuleOnEntity | Fact::UserOnHost);
    let hosts = if here || history.among_hosts == 0 {
        String::new()
    } else {
        format!(" on {}", counted(history.among_hosts.into(), "host"))
    };
    let since = history.since.map(|since| format!(" since {}", time::day(since))).unwrap_or_default();
    format!("{} {}{hosts}{since}", grouped(history.among), noun(fact, history.among))
}

fn low_by(history: &History) -> String {
    match history.low_by {
        0 => String::new(),
        low_by => format!(" (or up to {} more: rare ones are forgotten when memory is full)", grouped(low_by.into())),
    }
}

fn times(number: u64) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        number => format!("{} times", grouped(number)),
    }
}

/// Thousandths as a number with one digit.
fn thousandths(number: u64) -> String {
    format!("{}.{}", grouped(number / 1_000), number % 1_000 / 100)
}

fn measured(number: u64, feature: &Feature) -> String {
    match feature {
        Feature::FieldEntropy { .. } => format!("{} bits a character", thousandths(number)),
        Feature::RuleRecord {} => format!("{} % of the rule's hits were true", thousandths(number * 100)),
        Feature::Beacon { .. } => format!("{} % of the intervals are alike", thousandths(number * 100)),
        Feature::GeneratedName { .. } => format!("{number} of 1,000"),
        feature => {
            let unit = feature.unit().unwrap_or_default();
            let unit = if number == 1 { unit.strip_suffix('s').unwrap_or(unit) } else { unit };
            format!("{} {unit}", grouped(number)).trim_end().to_owned()
        }
    }
}

/// Of a pair, the bins of both terms.
fn both(finding: &Finding, model: &Model, first: &str, second: &str) -> String {
    let bin = |name: &str| {
        let at = model.terms().iter().position(|term| term.name == name)?;
        let contribution = finding.contributions.iter().find(|it| it.term as usize == at)?;
        model.terms()[at].bin_name(contribution.bin)
    };
    let bins: Vec<_> = [first, second].into_iter().filter_map(bin).collect();
    bins.join(" + ")
}

/// What in the record it is: the text and where it stands.
fn quoted(contribution: &Contribution, finding: &Finding) -> String {
    let Some(evidence) = contribution.evidence.first().and_then(|&at| finding.evidence.get(at as usize)) else {
        return String::new();
    };
    let quote = shorten(evidence.quote.trim(), QUOTE_CHARACTERS_MAX);
    let place = match &evidence.place {
        Place::Text(place) => format!(", bytes {}..{}", place.span.start, place.span.end),
        _ => String::new(),
    };
    format!("{} “{}”{place}", clean(&evidence.field), clean(&quote))
}

/// Why a feature could not be computed.
#[must_use]
pub fn absence(missing: &Missing, term: &Term) -> String {
    if matches!(term.feature, Feature::Pair { .. }) {
        return "one of the two could not be computed".to_owned();
    }
    match missing.absence {
        Absence::Field => {
            let needs = term.feature.needs();
            if needs.is_empty() {
                return "a part of it is missing".to_owned();
            }
            let needs: Vec<_> = needs.iter().map(|field| clean(field)).collect();
            // Fields of the record that any of will do, or parts that are all needed.
            let joined = if term.feature.fields().is_empty() { needs.join(", or no ") } else { needs.join(" or ") };
            format!("the record has no {joined}")
        }
        Absence::Time => "the record has no time, or one that is not between 2000 and 2100".to_owned(),
        Absence::History(history) => not_enough(&history, &term.feature),
        Absence::Context => "the pack does not say".to_owned(),
    }
}

fn not_enough(history: &History, feature: &Feature) -> String {
    let seen = |fact: Fact, warm_up: &WarmUp| {
        let so_far = format!("{} {} on {}", grouped(history.among), noun(fact, history.among), days(history.days));
        format!("not enough history: {so_far} so far, of {} on {}", grouped(warm_up.sightings), days(warm_up.days))
    };
    match feature {
        Feature::SeenBefore { fact, warm_up } | Feature::SeenOnHosts { fact, warm_up } => seen(*fact, warm_up),
        Feature::HourHabit { warm_up } => format!(
            "not enough history: {} on {} so far, of {} on {}",
            counted(history.among, "observation"),
            days(history.days),
            grouped(warm_up.sightings),
            days(warm_up.days)
        ),
        Feature::Beacon { intervals } => {
            format!("not enough history: {} so far, of {intervals}", counted(history.times, "interval"))
        }
        Feature::Burst {} => "not enough history: it did not hit here in an earlier hour".to_owned(),
        Feature::AncestorHits {} => "none of the processes that led to it was seen".to_owned(),
        _ => "not enough history".to_owned(),
    }
}

fn days(number: u32) -> String {
    counted(number.into(), "day")
}

/// What a missing feature could have given.
#[must_use]
pub fn range(missing: &Missing) -> String {
    format!("it could have given {} at best and {} at worst", points(missing.points_best), points(missing.points_worst))
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
    let threshold = percent(model.threshold());
    let Some(Counterfactual { excess, alone, together }) = model.counterfactual(finding) else {
        return (format!("It is below the threshold of {threshold} already."), Vec::new());
    };
    let change = |change: &Change| change_in_words(change, finding, model);
    let by = format!("{} points above the threshold of {threshold}", grouped((excess - 1).unsigned_abs().into()));
    match (alone.is_empty(), together.is_empty()) {
        (false, _) => {
            (format!("It is {by}. Any one of these would have put it below:"), alone.iter().map(change).collect())
        }
        (true, false) => {
            let number = grouped(together.len() as u64);
            let sentence =
                format!("It is {by}. No single change would have put it below; these {number} together would:");
            (sentence, together.iter().map(change).collect())
        }
        (true, true) => (format!("It is {by}. No few changes would have put it below."), Vec::new()),
    }
}

fn change_in_words(change: &Change, finding: &Finding, model: &Model) -> String {
    let Some(term) = model.terms().get(change.term) else { return String::new() };
    let held = finding.contributions.iter().find(|contribution| contribution.term as usize == change.term);
    let held = held.and_then(|held| term.phrase(held.bin)).unwrap_or_default();
    let other = term.phrase(Some(change.bin as u32)).unwrap_or_default();
    format!("{} ({}), where now {}", clean(other), points(change.points), clean(held))
}
