//! Findings: a good one, and what each deed changes in it.

use crate::{
    actor::types::{
        Absence, Alert, Claim, Contribution, Encoding, Entity, EntityKind, Evidence, FeatureValue, FieldPlace, Finding,
        Hit, Missing, Place, RuleItem, Sequence, Step, Subject, TextPlace, Verdict, Window, Within,
    },
    deed::Deed,
    note::{Note, place, span},
};

/// Beyond every record.
const FAR: usize = 1 << 20;
/// Names nothing.
const UNKNOWN: u32 = 1 << 20;
/// So many sequences later there is no record yet.
const LATER: Sequence = 1 << 40;

/// A note in judge order, with what came before it.
pub(crate) struct Judged<'n> {
    /// The note.
    pub(crate) note: &'n Note,
    /// Its sequence.
    pub(crate) at: Sequence,
    /// The sequence and time of the note judged before; its own where there is none.
    pub(crate) before: (Sequence, i64),
}

/// What becomes of a note. None where it is quiet.
pub(crate) fn findings(judged: &Judged<'_>) -> Vec<Finding> {
    match judged.note.deed {
        Deed::WindowAndFind => vec![good(judged), window(judged)],
        Deed::WindowBeforeFind => vec![window(judged), good(judged)],
        Deed::Window
        | Deed::WindowGroup
        | Deed::WindowGroupOutside
        | Deed::WindowBackwards
        | Deed::WindowLong
        | Deed::WindowUnknown
        | Deed::WindowUnordered
        | Deed::WindowCount => vec![window(judged)],
        deed if (Deed::Find as u8..Deed::End as u8).contains(&(deed as u8)) => vec![about_record(judged)],
        _ => Vec::new(),
    }
}

/// A finding that is correct for every record.
fn good(judged: &Judged<'_>) -> Finding {
    let note = judged.note;
    let value = note.steps.last().map_or(span(0, 0), |step| step.span);
    Finding {
        subject: Subject::Record(judged.at),
        at: judged.at,
        alert: None,
        same_act: None,
        entities: Vec::new(),
        fields: Vec::new(),
        hits: vec![Hit { rule: 0, evidence: vec![0], cut: false }],
        further_hits: Vec::new(),
        hits_total: 1,
        evidence: vec![Evidence { claim: item(0), place: Place::Text(note.place(value)) }],
        base: -200,
        contributions: vec![Contribution {
            term: 0,
            bin: Some(1),
            value: FeatureValue::Shown,
            points: 700,
            evidence: vec![0],
        }],
        points: 500,
        probability: 620_000,
        probability_low: 600_000,
        probability_high: 640_000,
        verdict: Verdict::Above,
        missing: Vec::new(),
    }
}

/// A finding about a record, with what the deed changes.
fn about_record(judged: &Judged<'_>) -> Finding {
    let mut finding = good(judged);
    score(&mut finding, judged.note.deed);
    names(&mut finding, judged.note);
    evidence(&mut finding, judged);
    subject(&mut finding, judged);
    finding
}

/// What deeds change in the score.
fn score(finding: &mut Finding, deed: Deed) {
    match deed {
        Deed::Sum => finding.points = 501,
        Deed::Base => (finding.base, finding.points) = (-100, 600),
        Deed::Points => (finding.contributions[0].points, finding.points) = (701, 501),
        Deed::Probability => finding.probability = 1_000_001,
        Deed::Interval => finding.probability_low = 620_001,
        Deed::Total => finding.hits_total = 2,
        Deed::UnknownTerm => finding.contributions[0].term = UNKNOWN,
        Deed::UnknownBin => finding.contributions[0].bin = Some(UNKNOWN),
        Deed::UnknownMissing => {
            finding.missing = vec![Missing { term: UNKNOWN, absence: Absence::Field, points_best: 0, points_worst: 0 }];
        }
        _ => {}
    }
}

/// What deeds change in the rules, entities and fields.
fn names(finding: &mut Finding, note: &Note) {
    match note.deed {
        Deed::Twice => {
            finding.hits.push(Hit { rule: 0, evidence: vec![0], cut: false });
            finding.hits_total = 2;
        }
        Deed::UnknownRule => {
            finding.hits[0].rule = UNKNOWN;
            finding.evidence[0].claim = item(UNKNOWN);
        }
        Deed::UnknownEvidence => finding.hits[0].evidence = vec![UNKNOWN],
        Deed::Rule | Deed::Absent => {
            finding.hits[0].rule = note.number;
            finding.evidence[0].claim = item(note.number);
        }
        Deed::Entity => finding.entities = vec![host(note.number, note.host_place())],
        Deed::EntityOutside => finding.entities = vec![host(note.number, outside(Within::Own))],
        Deed::UnknownField => finding.entities = vec![host(UNKNOWN, note.host_place())],
        Deed::Field => finding.fields = vec![FieldPlace { field: note.number, place: note.host_place() }],
        Deed::Role => {
            let place = Place::Text(note.host_place());
            finding.evidence.push(Evidence { claim: Claim::Role(note.number), place });
            finding.entities = vec![host(note.number, note.host_place())];
        }
        _ => {}
    }
}

/// What deeds change in the evidence.
fn evidence(finding: &mut Finding, judged: &Judged<'_>) {
    let evidence = &mut finding.evidence[0];
    let before = Within::Other(judged.before.0);
    evidence.place = Place::Text(match judged.note.deed {
        Deed::UnknownItem => {
            evidence.claim = Claim::Item(RuleItem { rule: 0, item: UNKNOWN, predicate: 0 });
            return;
        }
        Deed::UnknownPredicate => {
            evidence.claim = Claim::Item(RuleItem { rule: 0, item: 0, predicate: UNKNOWN });
            return;
        }
        Deed::FalseAbsence | Deed::Absent => {
            evidence.place = Place::Absent;
            return;
        }
        // The letter after the mark.
        Deed::FalsePlace => {
            let at = judged.note.steps.last().map_or(0, |step| step.span.end as usize);
            judged.note.place(span(at, at + 1))
        }
        Deed::TooManySteps => {
            let first_byte = Step { span: span(0, 1), encoding: Encoding::Raw };
            let mut steps = judged.note.steps.clone();
            steps.resize(6, first_byte);
            place(Within::Own, &steps)
        }
        Deed::EvidenceOutside => outside(Within::Own),
        Deed::Frame => first_byte(Within::Frame),
        Deed::FrameOutside => outside(Within::Frame),
        Deed::Other => first_byte(before),
        Deed::OtherOutside => outside(before),
        Deed::OtherUnknown => first_byte(Within::Other(judged.at + LATER)),
        _ => return,
    });
}

/// What deeds change in what the finding is about, and what caused it.
fn subject(finding: &mut Finding, judged: &Judged<'_>) {
    match judged.note.deed {
        Deed::Subject => finding.subject = Subject::Record(judged.at + LATER),
        Deed::SameAct => finding.same_act = Some(judged.before.0),
        Deed::SameActSelf => finding.same_act = Some(judged.at),
        Deed::SameActLater => finding.same_act = Some(judged.at + LATER),
        Deed::Alert | Deed::AlertOutside => {
            let is_good = judged.note.deed == Deed::Alert;
            let name = if is_good { judged.note.place(judged.note.value) } else { outside(Within::Own) };
            finding.alert = Some(Alert { name, severity: None });
            (finding.hits, finding.hits_total) = (Vec::new(), 0);
            finding.evidence = Vec::new();
            finding.contributions[0].evidence = Vec::new();
        }
        _ => {}
    }
}

/// A finding about a window: the record judged before and the note's.
fn window(judged: &Judged<'_>) -> Finding {
    let note = judged.note;
    let time = note.time.unwrap_or(0);
    let mut records = vec![judged.before.0, judged.at];
    records.dedup();
    let mut window =
        Window { group: Vec::new(), from: judged.before.1, to: time, count: records.len() as u64, records };
    match note.deed {
        Deed::WindowGroup => window.group = vec![host(note.number, note.host_place())],
        Deed::WindowGroupOutside => window.group = vec![host(note.number, outside(Within::Own))],
        Deed::WindowBackwards => window.from = window.to + 1,
        Deed::WindowLong => {
            window.records = (0..65).map(|number| judged.at.saturating_sub(64) + number).collect();
            window.count = 65;
        }
        Deed::WindowUnknown => *window.records.last_mut().unwrap_or(&mut 0) = judged.at + LATER,
        Deed::WindowUnordered => {
            window.records.reverse();
            window.records.push(judged.at);
            window.count = 3;
        }
        Deed::WindowCount => window.count = 0,
        _ => {}
    }
    Finding { subject: Subject::Window(window), ..good(judged) }
}

/// A finding at a tick about a window of one record that was judged before.
pub(crate) fn at_end(tick: Sequence, note: &Note, sequence: Sequence) -> Finding {
    let time = note.time.unwrap_or(0);
    let judged = Judged { note, at: tick, before: (sequence, time) };
    let window = Window { group: Vec::new(), from: time, to: time, records: vec![sequence], count: 1 };
    let mut finding = Finding { subject: Subject::Window(window), ..good(&judged) };
    if note.deed == Deed::End {
        finding.evidence[0].place = Place::Text(place(Within::Other(sequence), &note.steps));
    }
    finding
}

/// The claim that rule N's item 0, predicate 0 holds.
fn item(rule: u32) -> Claim {
    Claim::Item(RuleItem { rule, item: 0, predicate: 0 })
}

fn host(field: u32, place: TextPlace) -> Entity {
    Entity { kind: EntityKind::Host, field, place }
}

fn first_byte(within: Within) -> TextPlace {
    place(within, &[Step { span: span(0, 1), encoding: Encoding::Raw }])
}

fn outside(within: Within) -> TextPlace {
    place(within, &[Step { span: span(FAR, FAR + 1), encoding: Encoding::Raw }])
}
