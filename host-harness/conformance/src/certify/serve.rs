//! Serving records as a run does, one plugin at a time and on one thread, to compare one way of serving with another.

use std::ops::Range;

use glassbox_finding::{Batch, Checker, Finding, Unscored};
use glassbox_sandbox::{
    Fault, Instance,
    account::{self, Unjudged},
};

use super::{CertifyOptions, Measures, SETTINGS};

/// Everything that a plugin said of all records.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Served {
    /// The findings, each with the record's place among all; `index` is 0.
    pub(super) findings: Vec<(usize, Finding)>,
    /// Records not scored, with their places.
    pub(super) unscored: Vec<Unscored>,
    /// Places of records outside the window.
    pub(super) outside: Vec<u32>,
    /// All others.
    pub(super) quiet: u64,
    /// Records that no rule was considered for.
    pub(super) unrouted: u64,
    /// The state at the end.
    pub(super) state: Vec<u8>,
}

/// How records are served.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// Records of a batch.
    pub(super) batch_records: usize,
    /// Whether one instance reads and another one judges.
    pub(super) apart: bool,
    /// After so many batches judging goes on with a fresh instance and the saved state.
    pub(super) restore_every: Option<usize>,
}

/// Serves all records; any fault is told with the records at which it came.
pub(super) fn serve(subject: &CertifyOptions<'_>, way: Way, measures: &mut Measures) -> Result<Served, String> {
    let mut served = Served::default();
    let mut checker = subject.expressions.clone().map_or_else(Checker::default, Checker::with_expressions);
    let mut judge = configured(subject)?;
    let mut reader = if way.apart { Some(configured(subject)?) } else { None };
    for (number, range) in (1..).zip(batches(subject, way.batch_records)) {
        batch(subject, range, reader.as_mut(), &mut judge, &mut checker, &mut served, measures)?;
        if way.restore_every.is_some_and(|every| number % every == 0) {
            let state = saved(&mut judge)?;
            judge = restored(subject, &state)?;
        }
    }
    served.state = saved(&mut judge)?;
    let held = judge.memory_bytes_peak().max(reader.map_or(0, |reader| reader.memory_bytes_peak()));
    measures.memory_bytes_greatest = measures.memory_bytes_greatest.max(held);
    Ok(served)
}

/// A fresh instance with the pack.
pub(super) fn configured(subject: &CertifyOptions<'_>) -> Result<Instance, String> {
    let mut instance = subject.plugin.start().map_err(|fault| fault.to_string())?;
    let answer = instance.configure(subject.pack, SETTINGS).map_err(|fault| fault.to_string())?;
    answer.map_err(|error| format!("it refuses the pack: {error}"))?;
    Ok(instance)
}

/// A fresh instance in a saved state.
pub(super) fn restored(subject: &CertifyOptions<'_>, state: &[u8]) -> Result<Instance, String> {
    let mut instance = configured(subject)?;
    let answer = instance.restore(state).map_err(|fault| fault.to_string())?;
    answer.map_err(|error| format!("it refuses the state that it saved itself: {error}"))?;
    Ok(instance)
}

pub(super) fn saved(instance: &mut Instance) -> Result<Vec<u8>, String> {
    let answer = instance.save().map_err(|fault| fault.to_string())?;
    answer.map_err(|error| format!("it cannot save its state: {error}"))
}

/// The records' places, batch by batch, as a run would cut them.
pub(super) fn batches(subject: &CertifyOptions<'_>, records_max: usize) -> Vec<Range<usize>> {
    let bytes_max = subject.plugin.limits().batch_bytes_max;
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (place, record) in subject.records.iter().enumerate() {
        match ranges.last_mut() {
            Some(last) if last.len() < records_max && bytes + record.len() <= bytes_max => last.end = place + 1,
            _ => {
                bytes = 0;
                ranges.push(place..place + 1);
            }
        }
        bytes += record.len();
    }
    ranges
}

/// The records of a range as a batch.
pub(super) fn batch_of(subject: &CertifyOptions<'_>, range: Range<usize>) -> Batch {
    let mut batch = Batch { hint: subject.hint.clone(), ..Batch::default() };
    subject.records[range].iter().for_each(|record| batch.push(record));
    batch
}

/// Which records a message is about.
fn at(range: &Range<usize>) -> String {
    if range.len() == 1 {
        format!("record {}", range.end)
    } else {
        format!("records {} to {}", range.start + 1, range.end)
    }
}

fn batch(
    subject: &CertifyOptions<'_>,
    range: Range<usize>,
    mut reader: Option<&mut Instance>,
    judge: &mut Instance,
    checker: &mut Checker,
    served: &mut Served,
    measures: &mut Measures,
) -> Result<(), String> {
    let failed = |fault: &Fault| format!("{}: {fault}", at(&range));
    let batch_now = batch_of(subject, range.clone());
    let asked = match &mut reader {
        Some(reader) => account::read(&mut **reader, &batch_now),
        None => account::read(judge, &batch_now),
    };
    let reading = asked.map_err(|fault| failed(&fault))?;
    let burnt = reader.as_deref().unwrap_or(judge).fuel_burnt().unwrap_or_default();
    let outcome = match &reading {
        Some(reading) => {
            match account::judge(judge, checker, subject.model, reading, |index| {
                subject.records[range.start + index].as_slice()
            }) {
                Ok(outcome) => Some(outcome),
                Err(Unjudged::TooLarge) if range.len() > 1 => None,
                Err(error) => return Err(failed(&error.into_fault())),
            }
        }
        None => None,
    };
    let (Some(reading), Some(outcome)) = (reading, outcome) else {
        // It asks for fewer at a time.
        let middle = range.start + range.len() / 2;
        batch(subject, range.start..middle, reader.as_deref_mut(), judge, checker, served, measures)?;
        return batch(subject, middle..range.end, reader, judge, checker, served, measures);
    };
    let fuel = burnt + judge.fuel_burnt().unwrap_or_default();
    measures.records_fuel += fuel;
    if range.len() == 1 && fuel > measures.record_fuel_greatest {
        measures.record_fuel_greatest = fuel;
        measures.record_costliest = range.end as u64;
    }
    measures.reading_bytes_greatest = measures.reading_bytes_greatest.max(reading.body.len());
    let offset = u32::try_from(range.start).unwrap_or(u32::MAX);
    served.quiet += u64::from(reading.quiet) + outcome.quiet.len() as u64;
    served.unrouted += u64::from(reading.unrouted);
    served.outside.extend(reading.outside.iter().map(|index| index + offset));
    served.unscored.extend(reading.unscored.iter().map(|it| Unscored { index: it.index + offset, ..*it }));
    served.findings.extend(outcome.findings.into_iter().map(|mut finding| {
        let place = range.start + finding.index as usize;
        finding.index = 0;
        (place, finding)
    }));
    Ok(())
}
