//! Serving records as a run does, one plugin at a time and on one thread, to compare one way of serving with another.

use glassbox_check::{Checker, Depth, RecordBytes, RecordContext};
use glassbox_finding::{Batch, EventTime, Notes, Sequence};
use glassbox_sandbox::{
    Fault, Instance,
    account::{self as calls, Judged, Unjudged},
    broken,
};

use super::{
    CertifyOptions, Measures,
    account::{Account, Numbering, Served},
};

/// How records are served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Records of a batch.
    pub(super) batch_records: usize,
    /// None where each batch is judged as soon as it is read, by the same instance. Otherwise another instance reads all
    /// records first, in reverse order, and then this many notes are judged at a time.
    pub(super) notes_apart: Option<usize>,
    /// After this many calls of judge a fresh instance goes on with the saved state.
    pub(super) restore_every: Option<usize>,
    /// The sequences of the records.
    pub(super) numbering: Numbering,
}

/// Serves all records, then says that the input has ended. A fault is reported with the records at which it occurred.
pub(super) fn serve(subject: &CertifyOptions<'_>, way: Way, measures: &mut Measures) -> Result<Served, String> {
    let mut server = Server {
        subject,
        way,
        judge: configured(subject)?,
        reader: if way.notes_apart.is_some() { Some(configured(subject)?) } else { None },
        checker: subject.deployment.checker(),
        served: Served { accounts: vec![Account::default(); subject.records.len()], ..Served::default() },
        judged: 0,
        notes_bytes: 0,
    };
    let places = 0..subject.records.len();
    match way.notes_apart {
        None => {
            for batch in batches(subject, places, way.batch_records) {
                let (read, judged) = (server.read(&batch)?, server.judge(&batch)?);
                measures.records_fuel += read + judged;
                if let [place] = batch[..] {
                    server.measure(place, read, judged, measures)?;
                }
            }
        }
        Some(notes) => {
            for batch in batches(subject, places.clone().rev(), way.batch_records) {
                server.read(&batch)?;
            }
            let all: Vec<usize> = places.collect();
            for together in all.chunks(notes.max(1)) {
                server.judge(together)?;
            }
        }
    }
    server.end(None)?;
    let reader_bytes = server.reader.as_ref().map_or(0, Instance::memory_bytes_peak);
    let held = server.judge.memory_bytes_peak().max(reader_bytes);
    measures.memory_bytes_greatest = measures.memory_bytes_greatest.max(held);
    measures.reading_bytes_greatest = measures.reading_bytes_greatest.max(server.notes_bytes);
    Ok(server.served)
}

/// A fresh instance with the pack. That it says what it loaded is a property of its own.
pub(super) fn configured(subject: &CertifyOptions<'_>) -> Result<Instance, String> {
    let mut instance = subject.deployment.plugin().start().map_err(|fault| fault.to_string())?;
    let answer =
        instance.configure(subject.deployment.pack(), subject.settings()).map_err(|fault| fault.to_string())?;
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

/// Positions of records, batch by batch, as a run would cut them.
pub(super) fn batches(
    subject: &CertifyOptions<'_>,
    places: impl IntoIterator<Item = usize>,
    records_max: usize,
) -> Vec<Vec<usize>> {
    let bytes_max = subject.deployment.plugin().limits().batch_bytes_max;
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for place in places {
        let length = subject.records[place].len();
        match batches.last_mut() {
            Some(last) if last.len() < records_max && bytes + length <= bytes_max => last.push(place),
            _ => {
                bytes = 0;
                batches.push(vec![place]);
            }
        }
        bytes += length;
    }
    batches
}

/// The records at these positions as a batch.
pub(super) fn batch_of(subject: &CertifyOptions<'_>, places: &[usize]) -> Batch {
    let mut batch = Batch::of(subject.origin.clone());
    places.iter().for_each(|&place| batch.push(&subject.records[place]));
    batch
}

/// Which records a message is about.
pub(super) fn at(places: &[usize]) -> String {
    match (places.iter().min(), places.iter().max()) {
        (Some(first), Some(last)) if first == last => format!("record {}", first + 1),
        (Some(first), Some(last)) => format!("records {} to {}", first + 1, last + 1),
        _ => "no records".to_owned(),
    }
}

struct Server<'s> {
    subject: &'s CertifyOptions<'s>,
    way: Way,
    judge: Instance,
    /// None where the judge reads as well.
    reader: Option<Instance>,
    checker: Checker,
    served: Served,
    /// Calls of judge.
    judged: usize,
    /// Bytes of the notes of the largest reading.
    notes_bytes: usize,
}

impl Server<'_> {
    /// Notes what a record took alone. One beyond the budget is read once more: what a plugin makes ready for the first record
    /// of a kind is there then.
    fn measure(&mut self, place: usize, read: u64, judged: u64, measures: &mut Measures) -> Result<(), String> {
        let number = place as u64 + 1;
        let mut fuel = read + judged;
        if fuel > self.subject.fuel_per_record_max {
            if fuel > measures.first_record_fuel_greatest {
                (measures.first_record_fuel_greatest, measures.first_record_costliest) = (fuel, number);
            }
            fuel = self.read(&[place])? + judged;
        }
        if fuel > measures.record_fuel_greatest {
            (measures.record_fuel_greatest, measures.record_costliest) = (fuel, number);
        }
        Ok(())
    }

    /// Reads records; gives the fuel that it took.
    fn read(&mut self, places: &[usize]) -> Result<u64, String> {
        let batch = batch_of(self.subject, places);
        let reader = self.reader.as_mut().unwrap_or(&mut self.judge);
        let reading = calls::read(reader, &batch, self.subject.deployment.terms());
        let reading = reading.map_err(|fault| format!("{}: {fault}", at(places)))?;
        let fuel = reader.fuel_burnt().unwrap_or_default();
        let Some(reading) = reading else {
            // It asks for fewer at a time.
            let (first, second) = places.split_at(places.len() / 2);
            return Ok(fuel + self.read(first)? + self.read(second)?);
        };
        self.notes_bytes = self.notes_bytes.max(reading.notes.bytes.len());
        for (&place, account) in places.iter().zip(Account::of(&reading)) {
            self.served.accounts[place] = account;
        }
        Ok(fuel)
    }

    /// Judges the notes of records that were read; gives the fuel that it took.
    fn judge(&mut self, places: &[usize]) -> Result<u64, String> {
        let has_note = |place: &usize| self.served.accounts[*place].note.is_some();
        let noted: Vec<usize> = places.iter().copied().filter(has_note).collect();
        let fuel = self.judge_notes(&noted)?;
        self.judged += 1;
        if self.way.restore_every.is_some_and(|every| self.judged.is_multiple_of(every)) {
            let state = saved(&mut self.judge)?;
            self.judge = restored(self.subject, &state)?;
        }
        Ok(fuel)
    }

    fn judge_notes(&mut self, noted: &[usize]) -> Result<u64, String> {
        if noted.is_empty() {
            return Ok(0);
        }
        let Self { subject, way, judge, checker, served, .. } = self;
        let mut notes = Notes::default();
        noted.iter().filter_map(|&place| served.accounts[place].note.as_deref()).for_each(|note| notes.push(note));
        let sequences: Vec<Sequence> = noted.iter().map(|&place| way.numbering.sequence(place)).collect();
        let last = noted.last().copied().unwrap_or_default();
        let accounts = &served.accounts;
        let record = |sequence| record_bytes(subject, accounts, way.numbering, last, sequence);
        let judged = calls::judge(judge, checker, &notes, &sequences, &record);
        let fuel = judge.fuel_burnt().unwrap_or_default();
        match judged {
            Ok(judged) => {
                let unchecked = check_negations(checker, &judged, &record);
                served.unchecked += unchecked.map_err(|error| format!("{}: {error}", at(noted)))?;
                keep(served, way.numbering, judged);
                Ok(fuel)
            }
            Err(Unjudged::TooLarge) if noted.len() > 1 => {
                let (first, second) = noted.split_at(noted.len() / 2);
                Ok(fuel + self.judge_notes(first)? + self.judge_notes(second)?)
            }
            Err(error) => Err(format!("{}: {}", at(noted), error.into_fault())),
        }
    }

    /// Says that time has passed, or that the input has ended, and keeps the state.
    fn end(&mut self, to: Option<EventTime>) -> Result<(), String> {
        let Self { subject, way, judge, checker, served, .. } = self;
        let tick = way.numbering.sequence(subject.records.len());
        let judged = calls::advance(judge, checker, tick, to);
        let judged = judged.map_err(|fault: Fault| format!("at the end of input: {fault}"))?;
        keep(served, way.numbering, judged);
        served.state = saved(judge)?;
        Ok(())
    }
}

/// The record with a sequence, where it was judged or is being judged.
fn record_bytes<'r>(
    subject: &'r CertifyOptions<'_>,
    accounts: &[Account],
    numbering: Numbering,
    last: usize,
    sequence: Sequence,
) -> Option<RecordBytes<'r>> {
    let place = numbering.place(sequence).filter(|&place| place <= last)?;
    let map = accounts.get(place)?.class.as_ref()?.map;
    Some(RecordBytes { bytes: &subject.records[place], frame: &subject.origin.frame, map })
}

/// Checks what is checked of some findings only in service: their negated parts. Gives how many pieces are unchecked.
fn check_negations<'r>(
    checker: &mut Checker,
    judged: &Judged,
    record: &'r dyn Fn(Sequence) -> Option<RecordBytes<'r>>,
) -> Result<u64, String> {
    let mut unchecked = 0;
    for (finding, _) in &judged.findings {
        let context = RecordContext { own: record(finding.at), others: record };
        let checked = checker.check_finding(context, finding, Depth::Negations);
        unchecked += u64::from(checked.map_err(|error| broken("judge", &error.to_string()).to_string())?.unchecked);
    }
    Ok(unchecked)
}

fn keep(served: &mut Served, numbering: Numbering, judged: Judged) {
    served.findings.extend(judged.findings.into_iter().map(|(finding, _)| {
        // Sequences were checked: a finding comes from a record or tick that was given.
        let place = numbering.place(finding.at).unwrap_or_default();
        (place, numbering.without_sequences(finding))
    }));
}
