//! A finding explained in full, as words: what text, JSON and HTML all say.
//!
//! It is made of the finding and of what the pack tells; the plugin is never asked again. Every text in it is clean: it
//! can go to a terminal or a page as it is, once that page's own marks are escaped.

use std::collections::{BTreeMap, BTreeSet};

use glassbox_finding::{Absence, TextPlace};
use glassbox_pack::{sha256, to_hex};
use glassbox_report::StoredFinding;
use glassbox_report::{Evidence, Finding, Place, QuotedField};
use glassbox_score::Feature;
use serde::Serialize;

use crate::{
    Knowledge, RuleNote,
    clean::{clean, shorten},
    headline,
    knowledge::in_matrix_order,
    numbers::percent,
    predicate, reason, time, values, words,
};

/// Characters of a value shown on each side of the part that a predicate held on.
const AROUND_CHARACTERS_MAX: usize = 60;
/// Characters of the part of a value that a predicate held on.
const QUOTE_CHARACTERS_MAX: usize = 160;
/// Characters of a quoted field.
const FIELD_CHARACTERS_MAX: usize = 300;
/// Where a finding would have been larger than findings may be.
const LEFT_OUT: &str = "Some evidence was left out to keep the size limit of a finding.";
/// The name of the first step.
const BASE: &str = "base";

/// A finding in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// What happened, why it scored, and the verdict.
    pub headline: String,
    /// Which side of the threshold, and who decides; the end of the headline.
    pub verdict: String,
    /// The rule of the highest level, or what there is instead.
    pub title: String,
    /// Its level; empty where it states none.
    pub level: String,
    /// The probability in per cent.
    pub probability: String,
    /// The rules that hit, the weightiest first, with their evidence.
    pub rules: Vec<ExplainedRule>,
    /// Titles and ids of further rules.
    pub further_rules: Vec<String>,
    /// Rules whose hit a filter took away, with the filter, as sentences.
    pub suppressed: Vec<String>,
    /// How the points add up, the weightiest first.
    pub steps: Vec<Step>,
    /// What the points mean as a probability, as a sentence.
    pub calibration: String,
    /// That evidence is not all told, as a sentence; empty where it is.
    pub left_out: String,
    /// What would have put it below the threshold, as a sentence.
    pub counterfactual: String,
    /// The changes that the sentence speaks of.
    pub changes: Vec<String>,
    /// ATT&CK.
    pub attack: Attack,
    /// What the score could have been had nothing been missing, as a sentence; empty where nothing would have changed it.
    pub missing_range: String,
    /// What could not be computed and would have mattered, by reason.
    pub missing: Vec<Lacks>,
    /// Values of the record.
    pub fields: Vec<(String, String)>,
    /// Where it comes from: names and values.
    pub provenance: Vec<(String, String)>,
}

/// A rule that hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedRule {
    /// Its title.
    pub title: String,
    /// Level, status, id and file, as far as they are known.
    pub facts: Vec<String>,
    /// What it looks for.
    pub description: String,
    /// What its authors know to look the same and be harmless.
    pub false_positives: Vec<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// Why it hit.
    pub evidence: Vec<ExplainedEvidence>,
    /// What kept it from being an exception, as a sentence; empty for a rule without exceptions.
    pub exceptions: String,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedEvidence {
    /// What held: `Image ends with “\cmd.exe”`.
    pub predicate: String,
    /// The selection, which of the rule's values, where in the record.
    pub notes: String,
    /// The value before the part that it held on; none where it held in an absence.
    pub value: Option<Marked>,
}

/// A value with the part marked that a predicate held on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Marked {
    /// What stands before it.
    pub before: String,
    /// The part.
    pub part: String,
    /// What stands after it.
    pub after: String,
}

/// One step on the way from nothing to the points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The term; `base` for the model's base.
    pub term: String,
    /// The bin; empty for the base.
    pub bin: String,
    /// What it means.
    pub phrase: String,
    /// The value, with the counts or bytes behind it.
    pub value: String,
    /// Its points.
    pub points: i32,
    /// The sum so far; after the last step, the finding's points.
    pub sum: i64,
    /// Whether the value could be computed.
    pub is_known: bool,
    /// The finding's evidence that it rests on.
    pub evidence: Vec<u32>,
}

/// What ATT&CK calls it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attack {
    /// The version of ATT&CK.
    pub version: String,
    /// Names of tactics, in the order of the matrix.
    pub tactics: Vec<String>,
    /// Ids and names of techniques, with the id that a rule says where it has moved.
    pub techniques: Vec<(String, String)>,
}

/// What could not be computed for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lacks {
    /// Why; ends with a colon, or with a full stop where that is all.
    pub why: String,
    /// What could not be computed, and what it could have changed.
    pub what: Vec<String>,
}

impl Explained {
    /// Everything there is to say of a finding. `state` is the plugin's after the run that found it.
    #[must_use]
    pub fn new(found: &StoredFinding, knowledge: &Knowledge, state: Option<&[u8]>) -> Self {
        let finding = &found.finding;
        let ids = knowledge.rules_of(finding);
        let model = knowledge.model.as_ref();
        let (counterfactual, changes) = model.map(|model| words::counterfactual(finding, model)).unwrap_or_default();
        let is_left_out = model.is_some_and(|model| words::is_evidence_left_out(finding, model));
        Self {
            headline: headline::headline(finding, knowledge),
            verdict: model.map(|model| words::verdict(finding, model)).unwrap_or_default(),
            title: ids.first().map_or_else(|| "A finding without a rule".into(), |id| cleaned(knowledge.title(id))),
            level: cleaned(knowledge.top_level(finding)),
            probability: percent(finding.probability),
            rules: knowledge
                .hits_of(finding)
                .into_iter()
                .map(|hit| rule(&hit.rule, &hit.evidence, finding, knowledge))
                .collect(),
            further_rules: finding
                .further_hits
                .iter()
                .map(|id| format!("{} ({})", clean(knowledge.title(id)), clean(id)))
                .collect(),
            suppressed: finding.suppressed.iter().map(|it| words::suppressed(it, knowledge)).collect(),
            steps: steps(finding, knowledge),
            calibration: words::calibration(finding, model),
            left_out: if is_left_out { LEFT_OUT.to_owned() } else { String::new() },
            counterfactual,
            changes,
            attack: attack(&ids, knowledge),
            missing_range: model.map(|model| words::whole_range(finding, model)).unwrap_or_default(),
            missing: missing(finding, knowledge),
            fields: finding.fields.iter().map(field).collect(),
            provenance: provenance(found, knowledge, state),
        }
    }
}

fn cleaned(text: &str) -> String {
    clean(text).into_owned()
}

/// The base, then the contributions, the largest first whatever their sign.
#[must_use]
pub fn steps(finding: &Finding, knowledge: &Knowledge) -> Vec<Step> {
    let mut sorted: Vec<_> = finding.contributions.iter().collect();
    sorted.sort_by_key(|it| (std::cmp::Reverse(it.points.unsigned_abs()), it.term));
    let mut sum = i64::from(finding.base);
    let base = Step {
        term: BASE.to_owned(),
        bin: String::new(),
        phrase: "where every finding starts".to_owned(),
        value: String::new(),
        points: finding.base,
        sum,
        is_known: true,
        evidence: Vec::new(),
    };
    let rest = sorted.into_iter().map(|it| {
        sum += i64::from(it.points);
        let (term, bin) = knowledge.names(it);
        let value = values::value(it, finding, knowledge);
        let (phrase, is_known) = (knowledge.phrase(it), it.bin.is_some());
        Step { term, bin, phrase, value, points: it.points, sum, is_known, evidence: it.evidence.clone() }
    });
    std::iter::once(base).chain(rest).collect()
}

fn rule(id: &str, evidence: &[u32], finding: &Finding, knowledge: &Knowledge) -> ExplainedRule {
    let nothing = RuleNote::default();
    let note = knowledge.rule(id);
    let known = note.unwrap_or(&nothing);
    let facts = [known.level.as_str(), known.status.as_str(), id, known.file.as_str()];
    let evidence = evidence.iter().filter_map(|&at| finding.evidence.get(at as usize));
    ExplainedRule {
        title: cleaned(knowledge.title(id)),
        // Where nothing is known of it, its title is its id already.
        facts: facts.into_iter().filter(|fact| note.is_some() && !fact.is_empty()).map(cleaned).collect(),
        description: running(&known.description),
        false_positives: known.false_positives.iter().map(|text| running(text)).collect(),
        references: known.references.iter().map(|text| cleaned(text)).collect(),
        evidence: evidence.map(|evidence| explained_evidence(evidence, finding, known)).collect(),
        exceptions: match known.exceptions.as_slice() {
            [] => String::new(),
            [one] => format!("and its exception did not hold: {}", known.selection(one)),
            all => {
                let all: Vec<_> = all.iter().map(|name| known.selection(name)).collect();
                format!("and none of its exceptions held: {}", all.join(", "))
            }
        },
    }
}

/// Text without line ends: those of a rule's description are where its author's editor broke lines.
fn running(text: &str) -> String {
    cleaned(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn explained_evidence(evidence: &Evidence, finding: &Finding, rule: &RuleNote) -> ExplainedEvidence {
    let field = if evidence.field.is_empty() { "any value".into() } else { clean(&evidence.field) };
    let mut notes = Vec::new();
    if !evidence.selection.is_empty() {
        notes.push(rule.selection(&evidence.selection));
    }
    if evidence.values > 1 {
        notes.push(format!("value {} of {}", u64::from(evidence.value) + 1, evidence.values));
    }
    let span = |place: &TextPlace| format!("bytes {}..{}", place.step.span.start, place.step.span.end);
    match &evidence.place {
        Place::Text(place) => notes.push(span(place)),
        Place::Pair(one, other) => notes.push(format!("{} and {}", span(one), span(other))),
        Place::Absent(names) => {
            let names: Vec<_> = names.iter().map(|name| clean(name)).collect();
            notes.push(format!("nothing under {}", names.join(", ")));
        }
    }
    let value = match &evidence.place {
        Place::Text(place) | Place::Pair(place, _) => Some(marked(evidence, place, finding)),
        Place::Absent(_) => None,
    };
    let predicate = format!("{field} {}", predicate::in_words(&evidence.predicate));
    ExplainedEvidence { predicate, notes: notes.join(", "), value }
}

/// The value with the part marked that the predicate held on.
fn marked(evidence: &Evidence, place: &TextPlace, finding: &Finding) -> Marked {
    let field = finding.fields.iter().find(|field| field.name == evidence.field && lies_in(place, &field.place));
    let around = field.and_then(|field| Some((field.text.as_str(), offset_in(field, place, &evidence.quote)?)));
    let (text, at) = around.unwrap_or((&evidence.quote, 0));
    // With some operators the place is the whole value. All of it where the part cannot be told, as the quote was cut.
    let test = evidence.predicate.compile().ok();
    let told = test.and_then(|test| test.find(&evidence.quote)).unwrap_or(0..evidence.quote.len());
    let (start, end) = (at + told.start, at + told.end);
    let before = &text[..start];
    let skip = before.chars().count().saturating_sub(AROUND_CHARACTERS_MAX);
    let before: String = before.chars().skip(skip).collect();
    let left = if skip > 0 { "…" } else { "" };
    Marked {
        before: format!("{left}{}", clean(&before)),
        part: cleaned(&shorten(&text[start..end], QUOTE_CHARACTERS_MAX)),
        after: cleaned(&shorten(&text[end..], AROUND_CHARACTERS_MAX)),
    }
}

fn lies_in(inner: &TextPlace, outer: &TextPlace) -> bool {
    let (inner_span, outer_span) = (inner.step.span, outer.step.span);
    (inner.within, inner.step.encoding) == (outer.within, outer.step.encoding)
        && outer_span.start <= inner_span.start
        && inner_span.end <= outer_span.end
}

/// Where in the field's text the quote stands: where the bytes say it, as near as escapes allow.
fn offset_in(field: &QuotedField, place: &TextPlace, quote: &str) -> Option<usize> {
    let guess = (place.step.span.start - field.place.step.span.start) as usize;
    if field.text.get(guess..).is_some_and(|rest| rest.starts_with(quote)) {
        return Some(guess);
    }
    // Escapes only make bytes longer than text, so the place lies before the guess: take the last one there.
    field.text.match_indices(quote).map(|(at, _)| at).filter(|at| *at <= guess).last()
}

fn attack(ids: &[&str], knowledge: &Knowledge) -> Attack {
    let notes = || ids.iter().filter_map(|id| knowledge.rule(id));
    let tactics = in_matrix_order(notes().flat_map(|note| &note.tactics).map(String::as_str));
    // Several rules may name the same technique, by an old id and by the new one.
    let mut techniques: BTreeMap<&str, (&str, BTreeSet<&str>)> = BTreeMap::new();
    for technique in notes().flat_map(|note| &note.techniques) {
        let known = techniques.entry(&technique.id).or_insert((&technique.name, BTreeSet::new()));
        known.1.extend(technique.was.as_deref());
    }
    let technique = |(id, (name, were)): (&str, (&str, BTreeSet<&str>))| {
        let name = if name.is_empty() { "not in this version of ATT&CK" } else { name };
        let were: Vec<_> = were.into_iter().collect();
        let moved = match were.is_empty() {
            true => String::new(),
            false => format!(" (the rule says {}, which moved)", were.join(", ")),
        };
        (cleaned(id), format!("{}{}", clean(name), clean(&moved)))
    };
    Attack {
        version: knowledge.attack_version.clone(),
        tactics: tactics.into_iter().map(cleaned).collect(),
        techniques: techniques.into_iter().map(technique).collect(),
    }
}

/// By reason, in the model's order. What the pack does not say is told in one sentence: it says nothing of the record.
fn missing(finding: &Finding, knowledge: &Knowledge) -> Vec<Lacks> {
    let mut unsaid = Vec::new();
    let mut by_reason: Vec<Lacks> = Vec::new();
    for missing in &finding.missing {
        let term = knowledge.model.as_ref().and_then(|model| model.terms().get(missing.term as usize));
        let Some((term, range)) = term.and_then(|term| Some((term, words::range(missing, term)?))) else { continue };
        if missing.absence == Absence::Context && !matches!(term.feature, Feature::Pair { .. }) {
            unsaid.push(format!("{} ({range})", clean(&term.title)));
            continue;
        }
        let why = format!("{}:", capitalised(&words::absence(missing, term, finding)));
        let what = format!("{}: {range}", clean(&term.title));
        match by_reason.iter_mut().find(|lacks| lacks.why == why) {
            Some(lacks) => lacks.what.push(what),
            None => by_reason.push(Lacks { why, what: vec![what] }),
        }
    }
    if !unsaid.is_empty() {
        let why = format!("The pack does not say {}.", unsaid.join("; "));
        by_reason.push(Lacks { why, what: Vec::new() });
    }
    by_reason
}

/// The text with its first letter raised.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// A quoted field's name and text, cleaned and cut.
#[must_use]
pub fn field(field: &QuotedField) -> (String, String) {
    let text = shorten(&field.text, FIELD_CHARACTERS_MAX);
    let cut = if field.cut { " (cut)" } else { "" };
    (cleaned(&field.name), format!("{}{cut}", clean(&text)))
}

fn provenance(found: &StoredFinding, knowledge: &Knowledge, state: Option<&[u8]>) -> Vec<(String, String)> {
    let known = |digest: &str| if digest.is_empty() { "unknown".to_owned() } else { format!("sha256:{digest}") };
    let rows = [
        ("record", reason::place(&found.source, found.position)),
        ("record digest", known(&found.record_digest)),
        ("finding", found.id.clone()),
        ("time", found.finding.time.map(time::rfc3339).unwrap_or_default()),
        ("map", cleaned(&found.finding.map)),
        ("pack", known(&knowledge.pack_digest)),
        ("plugin", known(&knowledge.plugin_digest)),
        ("model", cleaned(&knowledge.model_note())),
        ("model digest", known(&knowledge.model_digest)),
        ("state after", state.map(|state| known(&to_hex(&sha256(state)))).unwrap_or_default()),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    rows.map(|(name, value)| (name.to_owned(), value)).collect()
}
