//! The calls of the contract, and the deeds that are about a call as a whole.

#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    reason = "generated from the contract: the canonical ABI hands over raw pointers"
)]
mod generated {
    wit_bindgen::generate!({ world: "plugin", path: "../../../wit/v0.2" });

    export!(Actor with_types_in self);

    pub(super) struct Actor;
}

use std::{cell::RefCell, hint::black_box};

pub(crate) use generated::exports::glassbox::siem::types;
use generated::{Actor, exports::glassbox::siem::detector::Guest};
use types::{
    Batch, Class, ConfigureError, Description, EventTime, ExplainError, Explanation, FieldPlace, JudgeError, Logsource,
    Notes, Origin, Outcome, PackSummary, ReadError, Reading, RecordView, Restored, Sequence, Settings, StateError,
    Suppressed, Undecided, Unscored, UnscoredReason, View, Within,
};

use crate::{
    deed::Deed,
    finding::{Judged, at_end, findings},
    note::{Note, place},
};

/// The maps of records that are text, and of those that are JSON.
const MAPS: [&str; 2] = ["text", "json"];
/// More than the host takes.
const HUGE_BYTES: usize = 3 << 20;
/// Names nothing.
const UNKNOWN: u32 = 1 << 20;
/// The class of an unscored record.
const NO_CLASS: u32 = u32::MAX;

/// What is carried from note to note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    /// Records judged.
    judged: u64,
    /// The sequence and time of the last one.
    last: Option<(Sequence, EventTime)>,
    /// The record that asked for a deed at the end of input, and its note.
    at_end: Option<(Sequence, Vec<u8>)>,
}

thread_local! {
    static STATE: RefCell<State> = const { RefCell::new(State { judged: 0, last: None, at_end: None }) };
}

impl State {
    fn encode(&self) -> Vec<u8> {
        let (last, time) = self.last.unwrap_or_default();
        let (end, note) = self.at_end.clone().unwrap_or_default();
        let mut bytes = self.judged.to_le_bytes().to_vec();
        bytes.extend([u8::from(self.last.is_some()), u8::from(self.at_end.is_some())]);
        bytes.extend([last, time as u64, end].into_iter().flat_map(u64::to_le_bytes));
        bytes.extend(note);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (judged, bytes) = bytes.split_first_chunk::<8>()?;
        let (&[has_last, has_end], bytes) = bytes.split_first_chunk::<2>()?;
        let (numbers, note) = bytes.split_first_chunk::<24>()?;
        let number = |at: usize| Some(u64::from_le_bytes(*numbers.get(at * 8..)?.first_chunk()?));
        let (last, time, end) = (number(0)?, number(1)? as EventTime, number(2)?);
        Some(Self {
            judged: u64::from_le_bytes(*judged),
            last: (has_last != 0).then_some((last, time)),
            at_end: (has_end != 0).then(|| (end, note.to_vec())),
        })
    }
}

impl Guest for Actor {
    fn describe() -> Description {
        let maps = MAPS.map(str::to_owned).to_vec();
        Description { name: "actor".into(), version: "1".into(), maps, pack_format_max: u32::MAX }
    }

    fn configure(_pack: Vec<u8>, _settings: Settings) -> Result<PackSummary, ConfigureError> {
        Ok(PackSummary { digest: vec![0; 32], rules: 0, fields: 0, predicates: 0, filters: 0, terms: 0 })
    }

    fn read(batch: Batch) -> Result<Reading, ReadError> {
        let mut reading = Reading {
            classes: Vec::new(),
            class_of: Vec::new(),
            times: Vec::new(),
            unscored: Vec::new(),
            outside: Vec::new(),
            noted: Vec::new(),
            notes: Notes { bytes: Vec::new(), ends: Vec::new() },
            suppressed: Vec::new(),
            undecided: Vec::new(),
        };
        for (index, record) in (0..).zip(records(&batch)) {
            let note = Note::of(record);
            if matches!(note.deed, Deed::Unscored | Deed::UnscoredAfterEnd) {
                let at = if note.deed == Deed::Unscored { 0 } else { record.len() as u32 + 1 };
                reading.unscored.push(Unscored { index, reason: UnscoredReason::Malformed, at });
                reading.class_of.push(NO_CLASS);
                reading.times.push(0);
                continue;
            }
            reading.class_of.push(class_position(&mut reading.classes, record, &note));
            reading.times.push(note.time.unwrap_or(0));
            match note.deed {
                Deed::Large if batch.ends.len() > 1 => return Err(ReadError::ReadingTooLarge),
                Deed::Outside => reading.outside.push(index),
                deed => {
                    reading.noted.push(index);
                    reading.notes.bytes.extend(note.encode());
                    reading.notes.ends.push(reading.notes.bytes.len() as u32);
                    read(&mut reading, index, deed);
                }
            }
        }
        Ok(reading)
    }

    fn judge(notes: Notes, sequences: Vec<Sequence>) -> Result<Outcome, JudgeError> {
        let mut outcome = Outcome { findings: Vec::new(), quiet: 0 };
        let mut state = STATE.with_borrow(State::clone);
        let mut start = 0;
        for (position, (&end, &at)) in (0..).zip(notes.ends.iter().zip(&sequences)) {
            let bytes = notes.bytes.get(start..end as usize).ok_or(JudgeError::Malformed(position))?;
            let note = Note::decode(bytes).ok_or(JudgeError::Malformed(position))?;
            start = end as usize;
            match note.deed {
                Deed::JudgeTrap => panic!("told to"),
                Deed::JudgeLoop => forever(),
                Deed::JudgeLarge if notes.ends.len() > 1 => {
                    return Err(JudgeError::OutcomeTooLarge);
                }
                Deed::End | Deed::EndOwn | Deed::EndTrap | Deed::EndLoop | Deed::EndQuiet => {
                    state.at_end = Some((at, bytes.to_vec()));
                }
                _ => {}
            }
            let own = (at, note.time.unwrap_or(0));
            let found = findings(&Judged { note: &note, at, before: state.last.unwrap_or(own) });
            let about_record = found.iter().any(|finding| matches!(finding.subject, types::Subject::Record(_)));
            match note.deed {
                Deed::JudgeLose => {}
                Deed::JudgeQuiet => {
                    outcome.findings.extend(found);
                    outcome.quiet += 1;
                }
                _ => {
                    outcome.findings.extend(found);
                    outcome.quiet += u32::from(!about_record);
                }
            }
            (state.judged, state.last) = (state.judged + 1, Some(own));
        }
        STATE.set(state);
        Ok(outcome)
    }

    fn advance(at: Sequence, to: Option<EventTime>) -> Result<Outcome, JudgeError> {
        let mut outcome = Outcome { findings: Vec::new(), quiet: 0 };
        let asked = if to.is_none() { STATE.with_borrow_mut(|state| state.at_end.take()) } else { None };
        let Some((sequence, note)) = asked else { return Ok(outcome) };
        let note = Note::decode(&note).ok_or(JudgeError::Malformed(0))?;
        match note.deed {
            Deed::EndTrap => panic!("told to"),
            Deed::EndLoop => forever(),
            Deed::EndQuiet => outcome.quiet = 1,
            _ => outcome.findings.push(at_end(at, &note, sequence)),
        }
        Ok(outcome)
    }

    fn explain(_bytes: Vec<u8>, _origin: Origin) -> Result<Explanation, ExplainError> {
        Err(ExplainError::Unscored(Unscored { index: 0, reason: UnscoredReason::Malformed, at: 0 }))
    }

    fn view(batch: Batch, fields: Vec<u32>) -> Result<View, ReadError> {
        let mut view = View { classes: Vec::new(), records: Vec::new() };
        let mut missing = 0;
        for record in records(&batch) {
            let note = Note::of(record);
            let mut values: Vec<FieldPlace> = Vec::new();
            let host = note.host.map(|step| place(Within::Own, &[step]));
            values.extend(
                fields.iter().zip(host.iter().cycle()).map(|(&field, host)| FieldPlace { field, place: host.clone() }),
            );
            match note.deed {
                Deed::ViewMissing => missing = 1,
                Deed::ViewOutside => {
                    let field = fields.first().copied().unwrap_or(0);
                    let step =
                        types::Step { span: crate::note::span(1 << 20, 1 << 21), encoding: types::Encoding::Raw };
                    values.insert(0, FieldPlace { field, place: place(Within::Own, &[step]) });
                }
                _ => {}
            }
            let class = class_position(&mut view.classes, record, &note);
            view.records.push(RecordView { class, time: note.time.unwrap_or(0), values });
        }
        view.records.truncate(view.records.len() - missing);
        Ok(view)
    }

    fn save() -> Result<Vec<u8>, StateError> {
        Ok(STATE.with_borrow(State::encode))
    }

    fn restore(state: Vec<u8>) -> Result<Restored, StateError> {
        STATE.set(State::decode(&state).ok_or(StateError::NotAState)?);
        Ok(Restored { kept: vec!["judged".into()], dropped: Vec::new() })
    }
}

/// The records of a batch, which the host has cut right.
fn records(batch: &Batch) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    batch.ends.iter().map(move |&end| {
        let record = &batch.bytes[start..end as usize];
        start = end as usize;
        record
    })
}

/// A class of records.
fn class(map: u32, timed: bool) -> Class {
    let logsource = Logsource { product: Some("test".into()), category: None, service: None };
    Class { map, logsource, routed: true, blind: false, timed }
}

/// The position of a record's class, which becomes one of the classes.
fn class_position(classes: &mut Vec<Class>, record: &[u8], note: &Note) -> u32 {
    let own = class(u32::from(record.first() == Some(&b'{')), note.time.is_some());
    let known = classes
        .iter()
        .position(|class| (class.map, class.timed) == (own.map, own.timed) && class.logsource.service.is_none());
    known.unwrap_or_else(|| {
        classes.push(own);
        classes.len() - 1
    }) as u32
}

/// Does what a noted record asks of `read`.
fn read(reading: &mut Reading, index: u32, deed: Deed) {
    match deed {
        Deed::Loop => forever(),
        Deed::Eat => eat(),
        Deed::Trap => panic!("told to"),
        Deed::Recurse => reading.times[0] = recurse(0) as EventTime,
        Deed::RecurseWide => reading.times[0] = recurse_wide(0) as EventTime,
        Deed::Huge => {
            reading.notes.bytes.resize(HUGE_BYTES, 0);
            *reading.notes.ends.last_mut().unwrap_or(&mut 0) = HUGE_BYTES as u32;
        }
        Deed::Account => reading.outside.push(index),
        Deed::ClassOf => *reading.class_of.last_mut().unwrap_or(&mut 0) = UNKNOWN,
        Deed::ClassNone => *reading.class_of.last_mut().unwrap_or(&mut 0) = NO_CLASS,
        Deed::ClassMap => {
            *reading.class_of.last_mut().unwrap_or(&mut 0) = reading.classes.len() as u32;
            reading.classes.push(class(UNKNOWN, false));
        }
        Deed::Classes => reading.classes.extend((reading.classes.len()..1_001).map(|number| {
            let mut class = class(0, false);
            class.logsource.service = Some(number.to_string());
            class
        })),
        Deed::Times => drop(reading.times.pop()),
        Deed::NoteEnds => *reading.notes.ends.last_mut().unwrap_or(&mut 0) = UNKNOWN,
        Deed::NoteMissing => {
            reading.notes.ends.pop();
            reading.notes.bytes.truncate(reading.notes.ends.last().copied().unwrap_or(0) as usize);
        }
        Deed::Suppressed => reading.suppressed.push(Suppressed { index, rule: 1, filter: 0 }),
        Deed::SuppressedRule => reading.suppressed.push(Suppressed { index, rule: UNKNOWN, filter: 0 }),
        Deed::SuppressedFilter => reading.suppressed.push(Suppressed { index, rule: 1, filter: UNKNOWN }),
        Deed::SuppressedRecord => reading.suppressed.push(Suppressed { index: UNKNOWN, rule: 1, filter: 0 }),
        Deed::Undecided => reading.undecided.push(Undecided { index, rule: 0 }),
        Deed::UndecidedRule => reading.undecided.push(Undecided { index, rule: UNKNOWN }),
        _ => {}
    }
}

fn forever() -> ! {
    loop {
        black_box(());
    }
}

fn eat() -> ! {
    let mut eaten = Vec::new();
    loop {
        eaten.push(black_box(vec![1_u8; 1 << 20]));
    }
}

/// Uses up the stack of calls. The result of each call is still worked on, so that this does not become a loop.
#[allow(unconditional_recursion, reason = "told to")]
fn recurse(depth: usize) -> usize {
    black_box(recurse(black_box(depth) + 1)) + 1
}

/// Uses up the stack of values, which lies in linear memory: each call keeps a page of them.
#[allow(unconditional_recursion, reason = "told to")]
fn recurse_wide(depth: usize) -> usize {
    let kept = black_box([depth as u8; 4096]);
    recurse_wide(depth + 1) + usize::from(black_box(kept)[depth % 4096])
}
