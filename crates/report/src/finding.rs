//! Findings as people and stores have them: positions joined with the names of the pack's directory, places with the
//! texts that lie there.

use glassbox_finding::{
    self as raw, Class, Contribution, EntityKind, EventTime, Logsource, Missing, Predicate, Sequence, TextPlace,
    Verdict, cut, limits::FIELD_TEXT_BYTES_MAX, quote,
};
use glassbox_maps::MapId;
use glassbox_pack::Directory;
use serde::{Deserialize, Serialize};

/// A finding, joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// When it happened.
    pub time: Option<EventTime>,
    /// The source map that the record was read by.
    pub map: String,
    /// What produced the record.
    pub logsource: Logsource,
    /// The window that it is about; none for a finding about a record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub window: Option<Window>,
    /// The alert of another detector that caused it; otherwise rules did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alert: Option<Alert>,
    /// The sequence of an earlier record with a finding of the same act.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub same_act: Option<Sequence>,
    /// What it is about.
    pub entities: Vec<Entity>,
    /// Values of the record.
    pub fields: Vec<QuotedField>,
    /// Rules satisfied, with evidence.
    pub hits: Vec<Hit>,
    /// Ids of further rules satisfied.
    pub further_hits: Vec<String>,
    /// How many rules were satisfied in all.
    pub hits_total: u32,
    /// Rules whose hit a filter took away.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub suppressed: Vec<Suppressed>,
    /// Why each claim holds.
    pub evidence: Vec<Evidence>,
    /// Pieces of evidence, entities and fields that could not be held to the record's syntax.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub unchecked: u32,
    /// The model's base.
    pub base: i32,
    /// One a term.
    pub contributions: Vec<Contribution>,
    /// Base plus contributions.
    pub points: i32,
    /// Calibrated probability, in millionths.
    pub probability: u32,
    /// The least that the probability may be, in millionths.
    pub probability_low: u32,
    /// The most that the probability may be, in millionths.
    pub probability_high: u32,
    /// Which side of the threshold, or abstained.
    pub verdict: Verdict,
    /// Features that could not be computed.
    pub missing: Vec<Missing>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A window of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// What its records have in common.
    pub group: Vec<Entity>,
    /// The time of its first record.
    pub from: EventTime,
    /// The time of its last record.
    pub to: EventTime,
    /// Sequences of records that took part.
    pub records: Vec<Sequence>,
    /// How many took part in all.
    pub count: u64,
}

/// What another detector said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// Its severity, as the detector writes it.
    pub severity: Option<String>,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entity {
    /// Its kind.
    pub kind: EntityKind,
    /// Its name as the record has it.
    pub name: String,
}

/// A value of the record, quoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedField {
    /// The canonical field, or the record's own name for a value that is no field's.
    pub name: String,
    /// Its text, cut to `FIELD_TEXT_BYTES_MAX`.
    pub text: String,
    /// Whether it was cut.
    pub cut: bool,
    /// Where it lies.
    pub place: TextPlace,
}

/// A rule that the record satisfied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The rule's id.
    pub rule: String,
    /// Positions in the finding's evidence.
    pub evidence: Vec<u32>,
    /// Whether evidence was left out.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cut: bool,
}

/// A rule whose hit a filter took away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Suppressed {
    /// The rule's id.
    pub rule: String,
    /// The filter's title.
    pub filter: String,
}

/// Where a predicate was found to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In this text.
    Text(TextPlace),
    /// In both texts: a field and the field that it was compared with.
    Pair(TextPlace, TextPlace),
    /// In the absence of the field: no value lies under any of these names.
    Absent(Vec<String>),
}

/// Why a predicate held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The rule's selection, or empty for a feature of the model.
    pub selection: String,
    /// The canonical field, or empty for a keyword.
    pub field: String,
    /// What held.
    pub predicate: Predicate,
    /// Which of the values that the rule or bin lists, from 0.
    pub value: u32,
    /// How many values it lists.
    pub values: u32,
    /// Where it held.
    pub place: Place,
    /// The text there, cut to `QUOTE_BYTES_MAX`.
    pub quote: String,
}

/// What joining needs beside the finding.
#[derive(Clone, Copy, Debug)]
pub struct Joined<'j> {
    /// The finding's own record.
    pub record: &'j [u8],
    /// The frame of its origin.
    pub frame: &'j [u8],
    /// What kind of record it is.
    pub class: &'j Class,
    /// When it happened.
    pub time: Option<EventTime>,
    /// The names of the plugin's maps.
    pub maps: &'j [String],
    /// The pack's directory.
    pub directory: &'j Directory,
}

/// Names of an absent field that are listed; a map rarely has more.
const ABSENT_NAMES_MAX: usize = 32;

impl Joined<'_> {
    /// Joins a finding that was checked. What cannot be joined, as another record's text, is left empty.
    #[must_use]
    pub fn finding(&self, finding: &raw::Finding, unchecked: u32) -> Finding {
        let raw::Finding { base, points, probability, probability_low, probability_high, verdict, .. } = *finding;
        Finding {
            time: self.time,
            map: self.maps.get(self.class.map as usize).cloned().unwrap_or_default(),
            logsource: self.class.logsource.clone(),
            window: match &finding.subject {
                raw::Subject::Record(_) => None,
                raw::Subject::Window(window) => Some(self.window(window)),
            },
            alert: finding.alert.as_ref().map(|alert| Alert {
                name: self.text(&alert.name),
                severity: alert.severity.as_ref().map(|place| self.text(place)),
            }),
            same_act: finding.same_act,
            entities: finding.entities.iter().map(|entity| self.entity(entity)).collect(),
            fields: finding.fields.iter().map(|field| self.field(field.field, &field.place)).collect(),
            hits: finding
                .hits
                .iter()
                .map(|hit| Hit { rule: self.rule(hit.rule), evidence: hit.evidence.clone(), cut: hit.cut })
                .collect(),
            further_hits: finding.further_hits.iter().map(|&rule| self.rule(rule)).collect(),
            hits_total: finding.hits_total,
            suppressed: Vec::new(),
            evidence: finding.evidence.iter().map(|evidence| self.evidence(evidence)).collect(),
            unchecked,
            base,
            contributions: finding.contributions.clone(),
            points,
            probability,
            probability_low,
            probability_high,
            verdict,
            missing: finding.missing.clone(),
        }
    }

    /// Joins hits that filters took away.
    #[must_use]
    pub fn suppressed<'s>(&self, all: impl Iterator<Item = &'s raw::Suppressed>) -> Vec<Suppressed> {
        let filter = |position| self.directory.filter(position).map(|filter| filter.title.clone()).unwrap_or_default();
        all.map(|it| Suppressed { rule: self.rule(it.rule), filter: filter(it.filter) }).collect()
    }

    /// A rule's id.
    #[must_use]
    pub fn rule(&self, position: u32) -> String {
        self.directory.rule(position).map(|rule| rule.id.clone()).unwrap_or_default()
    }

    /// A value with its field's name.
    #[must_use]
    pub fn field(&self, field: u32, place: &TextPlace) -> QuotedField {
        self.quoted(self.directory.field(field).unwrap_or_default().to_owned(), place)
    }

    /// A value under a name.
    #[must_use]
    pub fn quoted(&self, name: String, place: &TextPlace) -> QuotedField {
        let text = self.text(place);
        let kept = cut(&text, FIELD_TEXT_BYTES_MAX);
        QuotedField { name, cut: kept.len() < text.len(), text: kept.to_owned(), place: place.clone() }
    }

    fn entity(&self, entity: &raw::Entity) -> Entity {
        Entity { kind: entity.kind, name: self.text(&entity.place).trim().to_owned() }
    }

    fn window(&self, window: &raw::Window) -> Window {
        Window {
            group: window.group.iter().map(|entity| self.entity(entity)).collect(),
            from: window.from,
            to: window.to,
            records: window.records.clone(),
            count: window.count,
        }
    }

    fn evidence(&self, evidence: &raw::Evidence) -> Evidence {
        let (selection, value, values) = match evidence.claim {
            raw::Claim::Item(at) => match self.directory.item(at) {
                Some(item) => (item.selection.to_owned(), item.value, item.item.values),
                None => (String::new(), 0, 1),
            },
            raw::Claim::Bin(raw::TermBin { term, bin, predicate, .. }) => {
                let bin = self.directory.term(term).and_then(|term| term.bins.get(bin as usize));
                let listed = bin.map_or(1, |bin| bin.predicate_count() as u32);
                (String::new(), predicate.unwrap_or(0), if predicate.is_some() { listed } else { 1 })
            }
            raw::Claim::Role(_) => (String::new(), 0, 1),
        };
        let claimed = self.directory.claimed(evidence.claim);
        let field = claimed.as_ref().and_then(|claimed| claimed.field).unwrap_or_default();
        let text = match &evidence.place {
            raw::Place::Text(place) | raw::Place::Pair(place, _) => self.text(place),
            raw::Place::Absent => String::new(),
        };
        Evidence {
            selection,
            field: field.to_owned(),
            place: match &evidence.place {
                raw::Place::Text(place) => Place::Text(place.clone()),
                raw::Place::Pair(one, other) => Place::Pair(one.clone(), other.clone()),
                raw::Place::Absent => Place::Absent(self.names(field)),
            },
            predicate: claimed
                .map_or_else(|| Predicate::new(raw::Operator::Exists, ""), |claimed| claimed.predicate.into_owned()),
            value,
            values,
            quote: quote(&text).to_owned(),
        }
    }

    /// What records of this map may call a field.
    #[must_use]
    pub fn names(&self, field: &str) -> Vec<String> {
        let map = self.maps.get(self.class.map as usize).and_then(|name| MapId::of_name(name));
        let names = map.into_iter().flat_map(|map| glassbox_maps::names(map, field)).map(|name| name.to_string());
        names.take(ABSENT_NAMES_MAX).collect()
    }

    /// The text at a place of the record or its frame; empty for another record's.
    #[must_use]
    pub fn text(&self, place: &TextPlace) -> String {
        let bytes = match place.within {
            raw::Within::Own => self.record,
            raw::Within::Frame => self.frame,
            raw::Within::Other(_) => return String::new(),
        };
        place.read(bytes).unwrap_or_default().into_owned()
    }
}

/// A predicate that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedPredicate {
    /// The rule's selection.
    pub selection: String,
    /// Whether it must not hold, and did.
    pub negated: bool,
    /// The canonical field, or empty for a keyword.
    pub field: String,
    /// What did not hold: the first of the rule's values; where all are needed, the first one that did not hold.
    pub predicate: Predicate,
    /// Which of the values that the rule lists, from 0.
    pub value: u32,
    /// How many values the rule lists.
    pub values: u32,
    /// Whether all of them are needed; otherwise any is enough.
    pub all: bool,
    /// The field's value, cut to `QUOTE_BYTES_MAX`; none where absent.
    pub found: Option<String>,
}

/// A rule that came near.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearMiss {
    /// The rule's id.
    pub rule: String,
    /// Required parts of the condition that held.
    pub held: u32,
    /// Required parts of the condition.
    pub needed: u32,
    /// Whether the rule is about another logsource.
    pub other_logsource: bool,
    /// What failed.
    pub failed: Vec<FailedPredicate>,
}

/// Everything the plugin can say about one record, joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The source map that the record was read by.
    pub map: String,
    /// What produced the record.
    pub logsource: Logsource,
    /// Whether rules for its logsource were considered and not one field that they read was present.
    pub blind: bool,
    /// All categories of the record.
    pub categories: Vec<String>,
    /// When it happened.
    pub time: Option<EventTime>,
    /// Every value that was read.
    pub fields: Vec<QuotedField>,
    /// Rules considered.
    pub considered: u32,
    /// Rules about another logsource.
    pub other_logsource: u32,
    /// The finding, where any rule hit.
    pub finding: Option<Finding>,
    /// Rules whose hit a filter took away.
    pub suppressed: Vec<Suppressed>,
    /// The nearest rules, nearest first.
    pub near_misses: Vec<NearMiss>,
}

/// Joins an explanation that was checked. `name` gives the record's own name for a value that is no field's.
#[must_use]
pub fn join_explanation(
    explanation: &raw::Explanation,
    record: &[u8],
    maps: &[String],
    directory: &Directory,
    name: &dyn Fn(&TextPlace) -> String,
) -> Explanation {
    let time = explanation.class.timed.then_some(explanation.time);
    let joined = Joined { record, frame: &[], class: &explanation.class, time, maps, directory };
    let suppressed = joined.suppressed(explanation.suppressed.iter());
    let finding = explanation
        .finding
        .as_ref()
        .map(|finding| Finding { suppressed: suppressed.clone(), ..joined.finding(finding, 0) });
    Explanation {
        map: maps.get(explanation.class.map as usize).cloned().unwrap_or_default(),
        logsource: explanation.class.logsource.clone(),
        blind: explanation.class.blind,
        categories: explanation.categories.clone(),
        time,
        fields: explanation
            .fields
            .iter()
            .map(|value| match value.field {
                Some(field) => joined.field(field, &value.place),
                None => joined.quoted(name(&value.place), &value.place),
            })
            .collect(),
        considered: explanation.considered,
        other_logsource: explanation.other_logsource,
        finding,
        suppressed,
        near_misses: explanation.near_misses.iter().map(|near| near_miss(near, &joined)).collect(),
    }
}

fn near_miss(near: &raw::NearMiss, joined: &Joined<'_>) -> NearMiss {
    let failed = near.failed.iter().filter_map(|failed| {
        let item = joined.directory.item(failed.item)?;
        let field = item.predicate.field.and_then(|field| joined.directory.field(field)).unwrap_or_default();
        Some(FailedPredicate {
            selection: item.selection.to_owned(),
            negated: failed.negated,
            field: field.to_owned(),
            predicate: item.predicate.predicate.clone(),
            value: item.value,
            values: item.item.values,
            all: item.item.all,
            found: failed.found.as_ref().map(|place| quote(&joined.text(place)).to_owned()),
        })
    });
    NearMiss {
        rule: joined.rule(near.rule),
        held: near.held,
        needed: near.needed,
        other_logsource: near.other_logsource,
        failed: failed.collect(),
    }
}
