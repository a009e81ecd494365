//! What a contribution's value was, in words: counts, bytes of the record, or what the pack's context says.
//!
//! Every form of output says these same words. They are made of the finding and of what the pack tells.

use std::{collections::BTreeSet, ops::Range};

use glassbox_finding::{Contribution, Encoding, FeatureValue, History, Role, TextPlace};
use glassbox_maps::roles::role_of;
use glassbox_report::{Evidence, Finding, Hit, Place};
use glassbox_score::{Fact, Feature, Model, SoFar};

use crate::{
    Knowledge,
    clean::{clean, shorten},
    numbers::{counted, grouped},
    time,
};

/// Characters of a piece of evidence quoted as a value.
const QUOTE_CHARACTERS_MAX: usize = 60;
/// Characters of a value shown on each side of the part that decided.
const AROUND_CHARACTERS_MAX: usize = 20;

/// What a contribution's value was, with what is behind it: the counts of a history, or the bytes of the record.
#[must_use]
pub fn value(contribution: &Contribution, finding: &Finding, knowledge: &Knowledge) -> String {
    let Some(model) = &knowledge.model else { return String::new() };
    let Some(term) = model.terms().get(contribution.term as usize) else { return String::new() };
    let subject = |fact: Fact| subject(fact, contribution, finding, knowledge);
    match (contribution.value, &term.feature) {
        (_, _) if contribution.bin.is_none() => String::new(),
        (FeatureValue::Seen(history), Feature::SeenOnHosts { fact, .. }) => on_hosts(*fact, &subject(*fact), &history),
        (FeatureValue::Seen(history), Feature::SeenBefore { fact, .. }) => seen(*fact, &subject(*fact), &history),
        (FeatureValue::Seen(history), _) => seen(Fact::Rule, &subject(Fact::Rule), &history),
        (FeatureValue::Rate { now, usual_thousandths }, _) => format!(
            "{}: {} in this hour, where {} an hour are usual",
            subject(Fact::RuleOnEntity),
            times(now.into()),
            thousandths(usual_thousandths.into())
        ),
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
        (FeatureValue::Shown, feature) if feature.fields().is_empty() => {
            let bin = term.bin_name(contribution.bin).unwrap_or_default();
            match decided(contribution, finding, feature, knowledge).filter(|_| bin != "no") {
                Some(decided) => format!("{bin}: {decided}"),
                None => bin.to_owned(),
            }
        }
        (FeatureValue::Shown, _) => quoted(contribution, finding),
    }
}

/// The evidence that a contribution rests on.
pub(super) fn evidence_of<'f>(
    contribution: &'f Contribution,
    finding: &'f Finding,
) -> impl Iterator<Item = &'f Evidence> {
    contribution.evidence.iter().filter_map(|&at| finding.evidence.get(at as usize))
}

/// What a fact is about. Of several rules that hit, the one is named whose evidence the contribution rests on.
fn subject(fact: Fact, contribution: &Contribution, finding: &Finding, knowledge: &Knowledge) -> String {
    if !fact.is_of_rules() || finding.hits_total < 2 {
        return fact.subject().to_owned();
    }
    let rests_on = |hit: &&Hit| {
        !hit.evidence.is_empty() && hit.evidence.iter().all(|evidence| contribution.evidence.contains(evidence))
    };
    // The evidence of one rule may be a part of another's.
    let hit = finding.hits.iter().filter(rests_on).max_by_key(|hit| hit.evidence.len());
    let rule =
        hit.map_or_else(|| "one of the rules".to_owned(), |hit| format!("“{}”", clean(knowledge.title(&hit.rule))));
    if fact == Fact::RuleOnEntity { format!("{rule} here") } else { rule }
}

/// What of the record and of the pack's context decided a bin that a name stands for.
fn decided(contribution: &Contribution, finding: &Finding, feature: &Feature, knowledge: &Knowledge) -> Option<String> {
    let context = &knowledge.context;
    match feature {
        Feature::AssetCriticality {} | Feature::AssetRole {} => evidence_of(contribution, finding).next().map(named),
        Feature::MaintenanceWindow {} => {
            context.maintenance(finding.time?).map(|window| format!("“{}”", clean(&window.name)))
        }
        Feature::FearedTechnique {} => {
            let notes = knowledge.rules_of(finding).into_iter().filter_map(|id| knowledge.rule(id));
            let ids = notes.flat_map(|note| &note.techniques).map(|technique| technique.id.as_str());
            let feared: BTreeSet<&str> = ids.filter(|id| context.is_feared_id(id)).collect();
            (!feared.is_empty()).then(|| clean(&feared.into_iter().collect::<Vec<_>>().join(", ")).into_owned())
        }
        Feature::AdministrationTool {} => {
            let evidence = || evidence_of(contribution, finding);
            let text = |role: Role| evidence().find(|it| role_of(&it.field) == Some(role)).map(|it| &*it.quote);
            let (host, user) = (text(Role::Host), text(Role::User));
            let programs: Vec<&Evidence> = evidence().filter(|it| is_program(it)).collect();
            let tool = programs.iter().find_map(|it| Some((context.tool(&it.quote, host, user)?, *it)));
            match tool {
                Some((tool, program)) => Some(format!("“{}”, by {}", clean(&tool.name), named(program))),
                // The quote may be cut.
                None if programs.is_empty() => None,
                None => Some(programs.into_iter().map(named).collect::<Vec<_>>().join(", ")),
            }
        }
        _ => None,
    }
}

fn is_program(evidence: &Evidence) -> bool {
    matches!(role_of(&evidence.field), Some(Role::Image | Role::Parent))
}

/// A field and its text.
pub(super) fn named(evidence: &Evidence) -> String {
    format!("{} “{}”", clean(&evidence.field), clean(&shorten(evidence.quote.trim(), QUOTE_CHARACTERS_MAX)))
}

/// How often a fact was seen: `this parent-child pair: never seen in 41,208 process starts on 31 hosts since 2 May 2026`.
fn seen(fact: Fact, subject: &str, history: &History) -> String {
    let often = match history.times {
        0 => "never seen".to_owned(),
        number => format!("seen {}", times(number)),
    };
    let last = history.last.map(|last| format!(", last on {}", time::day(last))).unwrap_or_default();
    format!("{subject}: {often}{} in {}{last}", low_by(history), among(fact, history))
}

fn on_hosts(fact: Fact, subject: &str, history: &History) -> String {
    let number = if history.hosts == 0 { "none".to_owned() } else { grouped(history.hosts.into()) };
    let hosts = counted(history.among_hosts.into(), "host");
    let since = history.since.map(|since| format!(" since {}", time::day(since))).unwrap_or_default();
    format!("{subject}: on {number} of {hosts} in {} {}{since}", grouped(history.among), noun(fact, history.among))
}

pub(super) fn noun(fact: Fact, number: u64) -> String {
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
            let unit = match (number, feature) {
                (1, Feature::SoFar { count: SoFar::Detectors }) => "kind of source",
                (1, _) => unit.strip_suffix('s').unwrap_or(unit),
                _ => unit,
            };
            let included = if matches!(feature, Feature::SoFar { .. }) { ", counting this record's" } else { "" };
            format!("{} {unit}{included}", grouped(number)).trim_end().to_owned()
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

/// What in the record it is: the text with the part marked that decided, and where that stands.
fn quoted(contribution: &Contribution, finding: &Finding) -> String {
    let Some(evidence) = evidence_of(contribution, finding).next() else { return String::new() };
    let Place::Text(place) = &evidence.place else { return named(evidence) };
    let quote = evidence.quote.as_str();
    let part = evidence.predicate.compile().ok().and_then(|test| test.find(quote)).unwrap_or(0..quote.len());
    let bytes = place_of(place, &part, quote);
    let (before, after) = (ending(&quote[..part.start]), shorten(&quote[part.end..], AROUND_CHARACTERS_MAX));
    let told = shorten(&quote[part], QUOTE_CHARACTERS_MAX);
    let text = match (before.is_empty(), after.trim_end().is_empty()) {
        (true, true) => told.into_owned(),
        _ => format!("{before}«{told}»{}", after.trim_end()),
    };
    format!("{} “{}”, {bytes}", clean(&evidence.field), clean(text.trim()))
}

/// The end of a text, cut to what is shown of it.
fn ending(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(AROUND_CHARACTERS_MAX);
    let shown: String = text.chars().skip(skip).collect();
    if skip > 0 { format!("…{shown}") } else { shown }
}

/// Where a part of a quote stands: its own bytes where text and bytes run alike, else the bytes that it is within.
fn place_of(place: &TextPlace, part: &Range<usize>, quote: &str) -> String {
    let (start, end) = (place.step.span.start as usize, place.step.span.end as usize);
    let is_whole = *part == (0..quote.len());
    // Escapes make bytes longer than text: with as many of the one as of the other there are none. Raw bytes have none.
    if place.step.encoding == Encoding::Raw || end - start == quote.len() {
        return format!("bytes {}..{}", start + part.start, if is_whole { end } else { start + part.end });
    }
    let within = if is_whole { "" } else { "in " };
    format!("{within}bytes {start}..{end}")
}
