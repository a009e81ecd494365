//! The judge: follows the readings in record order with the one instance that carries state, and gives account of
//! every record.
//!
//! After a fault it goes on from the last checkpoint: a fresh instance takes over the saved state, and the readings
//! since are judged again. What they found was told before and is not told again.

mod counts;
mod service;

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{atomic::AtomicBool, mpsc},
};

use glassbox_finding::{Checker, Finding, Outcome, Reading, Restored, limits::SCHEMAS_MAX};
use glassbox_pack::to_hex;
use glassbox_report::{FaultReport, Found, Position, Summary, UnscoredRecord, WhyUnscored};
use glassbox_sandbox::{
    Fault, Instance,
    account::{self, Unjudged},
};
use sha2::{Digest, Sha256};

use crate::{
    Event, RunEnd, RunError, Service, StartError,
    batch::Work,
    faithful::check_faithful,
    quarantine::Quarantine,
    reader::{Failure, Part, ReadWork},
};

/// Different faults that a summary tells; further ones are added up in one.
const FAULTS_TOLD_MAX: usize = 100;
/// Different rules whose hits a summary counts, several times what public rule sets hold; further ones are added up.
const RULES_COUNTED_MAX: usize = 20_000;

/// The judge of one run.
pub(super) struct Judge<'s> {
    service: &'s Service<'s>,
    instance: Option<Instance>,
    checker: Checker,
    /// The state to go on from, and what was judged since; none is a fresh instance's.
    checkpoint: Option<Vec<u8>>,
    since: Vec<Vec<u8>>,
    faulted_in_a_row: u32,
    out_of_service: Option<String>,
    quarantine: Quarantine,
    /// Why the last quarantine began.
    secluded: Option<String>,
    refused: bool,
    /// Tells the readers that nothing the plugin says counts any more.
    stop: &'s AtomicBool,
    summary: Summary,
    restored: Restored,
    memory_bytes: u64,
    /// Readings until an explanation is checked again.
    readings_unsampled: usize,
}

/// What is known of one batch while it is judged.
struct Docket<'w> {
    work: &'w Work,
    /// By index in the batch: what is told of the record; nothing of quiet ones.
    told: BTreeMap<usize, Told>,
    /// The first fault met.
    faulted: Option<Failure>,
    faulted_calls: u32,
    /// Whether a fault was reported with the records that it cost.
    reported: bool,
}

enum Told {
    Found(Box<Finding>),
    Unscored(WhyUnscored),
}

impl<'s> Judge<'s> {
    /// Starts from a saved state, or from nothing; not at all after a refusal.
    pub(super) fn new(
        service: &'s Service<'s>,
        state: Option<Vec<u8>>,
        refusal: Option<String>,
        stop: &'s AtomicBool,
    ) -> Result<Self, RunError> {
        let mut judge = Self {
            service,
            instance: None,
            checker: service.expressions.clone().map_or_else(Checker::default, Checker::with_expressions),
            checkpoint: state,
            since: Vec::new(),
            faulted_in_a_row: 0,
            out_of_service: None,
            quarantine: Quarantine::default(),
            secluded: None,
            refused: false,
            stop,
            summary: Summary { threads: service.threads.max(1), ..Summary::default() },
            restored: Restored::default(),
            memory_bytes: 0,
            readings_unsampled: 0,
        };
        let refusal = match (refusal, judge.begin()) {
            (None, Ok(())) => None,
            (Some(refusal), _) => Some(Failure { call: "configure", what: refusal }),
            (None, Err(StartError::Configure(error))) => return Err(error.into()),
            (None, Err(StartError::Restore(error))) => return Err(error.into()),
            (None, Err(error)) => Some(Failure::from(&error)),
        };
        if let Some(failure) = refusal {
            // For good, whatever the policy: time mends no wrong answer.
            judge.refused = true;
            judge.report(&failure, 0);
            judge.give_up(failure.what);
        }
        Ok(judge)
    }

    fn begin(&mut self) -> Result<(), StartError> {
        let mut instance = self.service.start(self.service.settings)?;
        if let Some(state) = &self.checkpoint {
            self.restored = instance.restore(state)??;
        }
        self.instance = Some(instance);
        Ok(())
    }

    /// Judges everything that is read, in record order, until no reader is left.
    pub(super) fn follow(
        mut self,
        reads: &mpsc::Receiver<ReadWork>,
        leave: &mpsc::Sender<()>,
        events: &mpsc::SyncSender<Vec<Event>>,
        memory_bytes: u64,
    ) -> Result<RunEnd, RunError> {
        self.memory_bytes = self.memory_bytes.max(memory_bytes);
        let mut early = BTreeMap::new();
        let mut next = 0;
        for read in reads {
            early.insert(read.work.number, read);
            while let Some(read) = early.remove(&next) {
                next += 1;
                // Where nobody listens any more, the run has failed elsewhere.
                if events.send(self.batch(read)).is_err() {
                    return Ok(self.end());
                }
                let _ = leave.send(());
            }
        }
        Ok(self.end())
    }

    fn end(mut self) -> RunEnd {
        // Also out of service: what was judged before is kept, as long as the plugin gives it.
        if !self.refused && self.instance.is_some() {
            let mut failure = None;
            self.save(&mut failure);
            if let Some(failure) = failure {
                self.report(&failure, 0);
            }
        }
        self.note_memory();
        RunEnd {
            summary: self.summary,
            state: self.checkpoint.unwrap_or_default(),
            restored: self.restored,
            out_of_service: self.out_of_service,
            refused: self.refused,
            memory_bytes_peak: self.memory_bytes,
        }
    }

    /// One batch, as it was read, to what is told of its records.
    fn batch(&mut self, read: ReadWork) -> Vec<Event> {
        let ReadWork { work, parts, fault, faulted_calls, memory_bytes } = read;
        self.memory_bytes = self.memory_bytes.max(memory_bytes);
        let skipped = parts.is_empty() && !work.batch.ends.is_empty();
        self.end_quarantine();
        let mut docket = Docket { work: &work, told: BTreeMap::new(), faulted: fault, faulted_calls, reported: false };
        let secluded = self.secluded.clone().filter(|_| skipped);
        if let Some(why) = self.out_of_service.clone().or(secluded) {
            // Whatever a reader may have read of it before it was told to stop, and what it did not read as it was only
            // told to go on when the quarantine was over.
            docket.fail(0..work.batch.ends.len(), &WhyUnscored::OutOfService(why));
            return self.tell(docket);
        }
        let asked = !parts.is_empty();
        for Part { range, read } in parts {
            match read {
                Ok(reading) => self.part(range, reading, &mut docket),
                Err(failure) => self.fail(range, &failure, &mut docket),
            }
        }
        if asked && self.out_of_service.is_none() {
            self.checkpoint_if_due(&mut docket);
        }
        self.count_fault(asked, &docket);
        self.tell(docket)
    }

    /// Records that were read together.
    fn part(&mut self, range: Range<usize>, reading: Reading, docket: &mut Docket<'_>) {
        if let Some(why) = self.out_of_service.clone() {
            // Taken out of service in the middle of this batch.
            docket.fail(range, &WhyUnscored::OutOfService(why));
            return;
        }
        let Some(instance) = &mut self.instance else { unreachable!("in service, there is an instance") };
        let judged = account::judge(instance, &mut self.checker, self.service.model, &reading, |index| {
            docket.work.record(range.start + index)
        });
        let (failure, too_large) = match judged {
            Ok(outcome) => match self.sample(&range, &outcome, docket) {
                Ok(()) => {
                    self.settle(&range, &reading, outcome, docket);
                    self.since.push(reading.body);
                    return;
                }
                Err(fault) => {
                    let failure = Failure::from(&fault);
                    self.recover(&failure);
                    (failure, false)
                }
            },
            // A plugin that says so has not moved on: the same instance judges the halves.
            Err(Unjudged::TooLarge) => (Failure::from(&Unjudged::TooLarge.into_fault()), true),
            Err(Unjudged::Fault(fault)) => {
                let too_large = matches!(fault, Fault::OutputTooLarge { .. });
                let failure = Failure::from(&fault);
                self.recover(&failure);
                (failure, too_large)
            }
        };
        let faulted = !too_large || range.len() == 1;
        if faulted {
            docket.faulted_calls += 1;
            docket.faulted.get_or_insert_with(|| failure.clone());
        }
        let spent = docket.faulted_calls >= self.service.limits.faulted_calls_per_batch_max;
        if range.len() == 1 || spent || self.out_of_service.is_some() {
            self.leave_out(&range, &reading, &failure, docket);
        } else {
            let middle = range.start + range.len() / 2;
            for half in [range.start..middle, middle..range.end] {
                self.read_again(half, docket);
            }
        }
    }

    /// Now and then checks whether the first finding's explanation is faithful, with an instance of its own in the state
    /// just before that record.
    fn sample(&mut self, range: &Range<usize>, outcome: &Outcome, docket: &Docket<'_>) -> Result<(), Fault> {
        let every = self.service.faithful_readings;
        let Some(finding) = outcome.findings.first().filter(|_| every > 0 && self.readings_unsampled == 0) else {
            self.readings_unsampled = self.readings_unsampled.saturating_sub(1);
            return Ok(());
        };
        self.readings_unsampled = every;
        // An instance that cannot be had says nothing about the finding: the next fault will tell.
        let Ok(mut instance) = self.replay() else { return Ok(()) };
        let at = range.start + finding.index as usize;
        if at > range.start {
            let Some(reading) = account::read(&mut instance, &docket.work.part(range.start..at))? else {
                return Ok(());
            };
            if instance.judge(&reading.body, None)?.is_err() {
                return Ok(());
            }
        }
        let Service { hint, model, .. } = self.service;
        match check_faithful(&mut instance, docket.work.record(at), hint, finding, *model)? {
            Ok(_) => Ok(()),
            Err(unfaithful) => Err(account::broken("explain", &unfaithful.to_string())),
        }
    }

    /// Reads some records of the batch with the judge's own instance, and judges them.
    fn read_again(&mut self, range: Range<usize>, docket: &mut Docket<'_>) {
        if let Some(why) = self.out_of_service.clone() {
            docket.fail(range, &WhyUnscored::OutOfService(why));
            return;
        }
        let Some(instance) = &mut self.instance else { unreachable!("in service, there is an instance") };
        match account::read(instance, &docket.work.part(range.clone())) {
            Ok(Some(reading)) => self.part(range, reading, docket),
            Ok(None) => {
                let middle = range.start + range.len() / 2;
                self.read_again(range.start..middle, docket);
                self.read_again(middle..range.end, docket);
            }
            Err(fault) => {
                let failure = Failure::from(&fault);
                docket.faulted_calls += 1;
                docket.faulted.get_or_insert_with(|| failure.clone());
                self.recover(&failure);
                self.fail(range, &failure, docket);
            }
        }
    }

    /// What an outcome says of the records that were read together.
    fn settle(&mut self, range: &Range<usize>, reading: &Reading, outcome: Outcome, docket: &mut Docket<'_>) {
        self.account(range, reading, docket);
        self.summary.quiet += outcome.quiet.len() as u64;
        for mut finding in outcome.findings {
            let index = range.start + finding.index as usize;
            // Where a record fell in a batch is nobody's business, and must not change what is told.
            finding.index = 0;
            docket.told.insert(index, Told::Found(Box::new(finding)));
        }
    }

    /// Judging failed for good: the noted records are unscored. What read said of the others stands.
    fn leave_out(&mut self, range: &Range<usize>, reading: &Reading, failure: &Failure, docket: &mut Docket<'_>) {
        self.account(range, reading, docket);
        self.report(failure, reading.noted.len() as u64);
        docket.reported = true;
        for &index in &reading.noted {
            docket.told.insert(range.start + index as usize, Told::Unscored(WhyUnscored::Fault(failure.what.clone())));
        }
    }

    /// What a reading alone decides.
    fn account(&mut self, range: &Range<usize>, reading: &Reading, docket: &mut Docket<'_>) {
        self.summary.quiet += u64::from(reading.quiet);
        self.summary.outside += reading.outside.len() as u64;
        self.summary.unrouted += u64::from(reading.unrouted);
        self.summary.latest = self.summary.latest.max(reading.latest);
        for schema in &reading.schemas {
            counts::count(&mut self.summary.schemas, &schema.schema, schema.records.into(), SCHEMAS_MAX);
        }
        for unscored in &reading.unscored {
            let why = WhyUnscored::Unreadable(unscored.reason, unscored.at);
            docket.told.insert(range.start + unscored.index as usize, Told::Unscored(why));
        }
    }

    /// Records that could not be read.
    fn fail(&mut self, range: Range<usize>, failure: &Failure, docket: &mut Docket<'_>) {
        self.report(failure, range.len() as u64);
        docket.reported = true;
        docket.fail(range, &WhyUnscored::Fault(failure.what.clone()));
    }

    /// A fresh instance in the state before the reading at fault; if there is none, the plugin is out of service.
    fn recover(&mut self, failure: &Failure) {
        self.note_memory();
        self.instance = None;
        // Twice, as a busy host can make one attempt fail.
        for _ in 0..2 {
            match self.replay() {
                Ok(instance) => {
                    self.instance = Some(instance);
                    return;
                }
                Err(again) => self.report(&again, 0),
            }
        }
        self.give_up(format!("it could not go on from its last checkpoint after this: {}", failure.what));
    }

    fn replay(&mut self) -> Result<Instance, Failure> {
        let mut instance = self.service.start(self.service.settings).map_err(|error| Failure::from(&error))?;
        if let Some(state) = &self.checkpoint {
            let restored = instance.restore(state).map_err(|fault| Failure::from(&fault))?;
            restored.map_err(|error| Failure { call: "restore", what: error.to_string() })?;
        }
        for body in &self.since {
            let judged = instance.judge(body, None).map_err(|fault| Failure::from(&fault))?;
            judged.map_err(|error| Failure { call: "judge", what: error.to_string() })?;
        }
        Ok(instance)
    }

    fn checkpoint_if_due(&mut self, docket: &mut Docket<'_>) {
        let bytes: usize = self.since.iter().map(Vec::len).sum();
        let due = self.since.len() >= self.service.checkpoint_readings.max(1);
        if due || bytes > self.service.limits.replay_bytes_max {
            self.save(&mut docket.faulted);
        }
    }

    /// Takes a checkpoint. A plugin whose state cannot be had is out of service, as no fault of it could be mended.
    fn save(&mut self, faulted: &mut Option<Failure>) {
        for _ in 0..2 {
            let Some(instance) = &mut self.instance else { return };
            let failure = match instance.save() {
                Ok(Ok(state)) => {
                    self.checkpoint = Some(state);
                    self.since.clear();
                    return;
                }
                Ok(Err(error)) => Failure { call: "save", what: error.to_string() },
                Err(fault) => Failure::from(&fault),
            };
            faulted.get_or_insert_with(|| failure.clone());
            self.recover(&failure);
        }
        if let Some(failure) = faulted.as_ref().filter(|_| self.out_of_service.is_none()) {
            self.give_up(format!("its state could not be saved: {}", failure.what));
        }
    }

    fn report(&mut self, failure: &Failure, records: u64) {
        let faults = &mut self.summary.faults;
        if let Some(told) = faults.iter_mut().find(|told| told.call == failure.call && told.what == failure.what) {
            told.records += records;
        } else if faults.len() < FAULTS_TOLD_MAX {
            faults.push(FaultReport { call: failure.call, what: failure.what.clone(), records });
        } else {
            // Added up in one entry of its own, the last.
            let what = "further faults".to_owned();
            match faults.last_mut() {
                Some(last) if last.what == what => last.records += records,
                _ => faults.push(FaultReport { call: "further", what, records }),
            }
        }
    }

    fn note_memory(&mut self) {
        let held = self.instance.as_ref().map_or(0, Instance::memory_bytes_peak);
        self.memory_bytes = self.memory_bytes.max(held);
    }

    /// Everything said of a batch's records, in their order.
    fn tell(&mut self, docket: Docket<'_>) -> Vec<Event> {
        let Docket { work, mut told, .. } = docket;
        let record_bytes_max = self.service.plugin.limits().record_bytes_max as u64;
        let mut events = Vec::with_capacity(told.len() + 1);
        let mut index = 0;
        for entry in &work.entries {
            self.summary.records += 1;
            self.summary.bytes += entry.bytes;
            let what = if entry.given {
                index += 1;
                told.remove(&(index - 1))
            } else {
                Some(Told::Unscored(WhyUnscored::TooLarge { bytes: entry.bytes, bytes_max: record_bytes_max }))
            };
            let source = self.source_name(entry.source);
            match what {
                None => {}
                Some(Told::Found(finding)) => {
                    let found = self.found(source, entry.position, work.record(index - 1), *finding);
                    events.push(Event::Found(Box::new(found)));
                }
                Some(Told::Unscored(why)) => {
                    self.summary.unscored += 1;
                    *self.summary.unscored_by_reason.entry(reason(&why)).or_default() += 1;
                    events.push(Event::Unscored(UnscoredRecord { source, position: entry.position, why }));
                }
            }
        }
        events.push(Event::Progress(self.summary.records, self.summary.bytes));
        events
    }

    fn source_name(&self, source: u32) -> String {
        let name = self.service.source_names.get(source as usize).cloned();
        name.unwrap_or_else(|| format!("source {source}"))
    }

    fn found(&mut self, source: String, position: Position, record: &[u8], finding: Finding) -> Found {
        self.summary.findings += 1;
        for rule in finding.hits.iter().map(|hit| &hit.rule).chain(&finding.further_hits) {
            counts::count(&mut self.summary.hits_by_rule, rule, 1, RULES_COUNTED_MAX);
        }
        let id = finding_id(&source, position, record, &self.service.ruleset_digest);
        Found { id, source, position, record_digest: to_hex(&Sha256::digest(record)), finding }
    }
}

impl Docket<'_> {
    fn fail(&mut self, range: Range<usize>, why: &WhyUnscored) {
        self.told.extend(range.map(|index| (index, Told::Unscored(why.clone()))));
    }
}

/// The name under which a reason is counted.
fn reason(why: &WhyUnscored) -> String {
    match why {
        WhyUnscored::Unreadable(reason, _) => match reason {
            glassbox_finding::UnscoredReason::Empty => "empty",
            glassbox_finding::UnscoredReason::Malformed => "malformed",
            glassbox_finding::UnscoredReason::TooDeep => "too-deep",
            glassbox_finding::UnscoredReason::TooLarge => "too-large",
        },
        WhyUnscored::TooLarge { .. } => "too-large",
        WhyUnscored::Fault(_) => "fault",
        WhyUnscored::OutOfService(_) => "out-of-service",
    }
    .to_owned()
}

/// The digest of source, position, record bytes and rule set, each with its length, so that no two of them run
/// together.
fn finding_id(source: &str, position: Position, record: &[u8], ruleset_digest: &str) -> String {
    let (kind, number) = match position {
        Position::Line(number) => ("line", number),
        Position::Element(number) => ("element", number),
    };
    let number = number.to_le_bytes();
    let mut id = Sha256::new();
    for part in [source.as_bytes(), kind.as_bytes(), &number, record, ruleset_digest.as_bytes()] {
        id.update((part.len() as u64).to_le_bytes());
        id.update(part);
    }
    to_hex(&id.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_all_its_parts_apart() {
        let base = finding_id("a", Position::Line(1), b"r", "d");
        assert_eq!(base.len(), 64);
        assert_eq!(base, finding_id("a", Position::Line(1), b"r", "d"));
        for other in [
            finding_id("b", Position::Line(1), b"r", "d"),
            finding_id("a", Position::Line(2), b"r", "d"),
            finding_id("a", Position::Element(1), b"r", "d"),
            finding_id("a", Position::Line(1), b"s", "d"),
            finding_id("a", Position::Line(1), b"r", "e"),
            finding_id("a", Position::Line(1), b"rd", ""),
        ] {
            assert_ne!(base, other);
        }
    }
}
