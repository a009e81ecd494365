//! The judge: follows the readings in record order with the one instance that carries state, and gives account of
//! every record.
//!
//! After a fault it goes on from the last checkpoint: a fresh instance takes over the saved state, and the notes since are
//! judged again. What they found was reported before and is not reported again.

mod account;
mod service;
mod tell;

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, atomic::AtomicBool, mpsc},
};

use glassbox_check::Checker;
use glassbox_deployment::StartError;
use glassbox_finding::{Class, EventTime, Finding, Notes, Reading, Restored, Sequence, Subject, Suppressed};
use glassbox_report::{Summary, WhyUnscored};
use glassbox_sandbox::{
    Fault, Instance,
    account::{self as calls, Judged, Unjudged},
};

use crate::{
    Event, Lane, RunEnd, RunError, Work,
    faithful::check_faithful,
    quarantine::Quarantine,
    reader::{Failure, Part, ReadWork},
};
use account::Tally;

/// The judge of one lane.
pub(super) struct Judge<'l> {
    lane: &'l Lane<'l>,
    instance: Option<Instance>,
    checker: Checker,
    /// The state to go on from, and what was judged since; none is a fresh instance's.
    checkpoint: Option<Arc<[u8]>>,
    since: Vec<Step>,
    faulted_in_a_row: u32,
    out_of_service: Option<String>,
    quarantine: Quarantine,
    /// Why the last quarantine began.
    secluded: Option<String>,
    refused: bool,
    /// Tells the readers that nothing the plugin says counts any more.
    stop: &'l AtomicBool,
    tally: Tally,
    restored: Restored,
    memory_bytes: u64,
    /// Batches with findings until an explanation is checked again.
    unsampled: usize,
}

/// What moved the state on.
enum Step {
    Notes(Notes, Vec<Sequence>),
    Advance(Sequence, Option<EventTime>),
}

/// What is known of one batch while it is judged.
struct Docket<'w> {
    work: &'w Work,
    first_sequence: Sequence,
    /// By index in the batch: what is said of the record; nothing of quiet ones.
    said: BTreeMap<usize, Said>,
    /// Findings about windows, by index of the record at which they were completed; behind all records, of a tick.
    windows: BTreeMap<usize, Vec<Found>>,
    /// The first fault met.
    faulted: Option<Failure>,
    faulted_calls: u32,
    /// Whether a fault was reported with the records that it cost.
    reported: bool,
    has_notes: bool,
}

enum Said {
    Found(Box<Found>),
    Unscored(WhyUnscored),
}

/// A finding with what joining it needs.
struct Found {
    finding: Finding,
    /// Pieces that could not be held to the record's syntax.
    unchecked: u32,
    class: Class,
    time: Option<EventTime>,
    suppressed: Vec<Suppressed>,
}

/// Notes of a part that are judged together, as positions in the reading's list.
struct Share<'r> {
    reading: &'r Reading,
    /// Where the part begins in the batch.
    start: usize,
}

impl<'l> Judge<'l> {
    /// Starts from a saved state, or from nothing; not at all after a refusal.
    pub(super) fn new(lane: &'l Lane<'l>, refusal: Option<String>, stop: &'l AtomicBool) -> Result<Self, RunError> {
        let mut judge = Self {
            lane,
            instance: None,
            checker: Checker::new(Arc::clone(lane.deployment.directory()), lane.deployment.maps()),
            checkpoint: lane.state.clone().map(Into::into),
            since: Vec::new(),
            faulted_in_a_row: 0,
            out_of_service: None,
            quarantine: Quarantine::default(),
            secluded: None,
            refused: false,
            stop,
            tally: Tally::new(Summary { threads: lane.options.threads.max(1), ..Summary::default() }),
            restored: Restored::default(),
            memory_bytes: 0,
            unsampled: 0,
        };
        let refusal = match (refusal, judge.begin()) {
            (None, Ok(())) => None,
            (Some(refusal), _) => Some(Failure { call: "configure", what: refusal }),
            (None, Err(StartError::Configure(error))) => return Err(error.into()),
            (None, Err(StartError::Restore(error))) => return Err(error.into()),
            (None, Err(error)) => Some(Failure::from(&error)),
        };
        if let Some(failure) = refusal {
            // For good, whatever the policy: time does not correct a wrong answer.
            judge.refused = true;
            judge.tally.report(&failure, 0);
            judge.give_up(failure.what);
        }
        Ok(judge)
    }

    fn begin(&mut self) -> Result<(), StartError> {
        let mut instance = self.lane.deployment.start(self.lane.options.settings)?;
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
        tell: &dyn Fn(Vec<Event>) -> bool,
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
                if !tell(self.batch(read)) {
                    return Ok(self.end(tell));
                }
                let _ = leave.send(());
            }
        }
        Ok(self.end(tell))
    }

    fn end(mut self, tell: &dyn Fn(Vec<Event>) -> bool) -> RunEnd {
        // Also out of service: what was judged before is kept, as long as the plugin gives it.
        if !self.refused && self.instance.is_some() {
            let mut failure = None;
            self.save(&mut failure);
            if let Some(failure) = failure {
                self.tally.report(&failure, 0);
            }
        }
        self.note_memory();
        let sequence = self.lane.options.first_sequence + self.tally.sequences;
        tell(vec![Event::Settled { sequence: sequence.saturating_sub(1), checkpoint: self.checkpoint.clone() }]);
        RunEnd {
            summary: self.tally.into_summary(),
            state: self.checkpoint.map(|state| state.to_vec()).unwrap_or_default(),
            restored: self.restored,
            out_of_service: self.out_of_service,
            refused: self.refused,
            memory_bytes_peak: self.memory_bytes,
        }
    }

    /// One batch, as it was read, to what is said of its records.
    fn batch(&mut self, read: ReadWork) -> Vec<Event> {
        let ReadWork { work, parts, fault, faulted_calls, memory_bytes } = read;
        self.memory_bytes = self.memory_bytes.max(memory_bytes);
        let skipped = parts.is_empty() && !work.batch.is_empty();
        self.end_quarantine();
        let mut docket = Docket {
            work: &work,
            first_sequence: self.lane.options.first_sequence,
            said: BTreeMap::new(),
            windows: BTreeMap::new(),
            faulted: fault,
            faulted_calls,
            reported: false,
            has_notes: false,
        };
        let secluded = self.secluded.clone().filter(|_| skipped);
        if let Some(why) = self.out_of_service.clone().or(secluded) {
            // Whatever a reader may have read of it before it was told to stop, and what it did not read as it was only
            // told to go on when the quarantine was over.
            docket.fail(0..work.batch.len(), &WhyUnscored::OutOfService(why));
            return self.tell(docket, None);
        }
        let asked = !parts.is_empty();
        for Part { range, read } in parts {
            match read {
                Ok(reading) => self.part(range, &reading, &mut docket),
                Err(failure) => self.fail(range, &failure, &mut docket),
            }
        }
        if let (Some(tick), None) = (work.then.tick, &self.out_of_service) {
            self.advance(docket.sequence_of_tick(), tick.to(), &mut docket);
        }
        let mut checkpoint = None;
        if self.out_of_service.is_none() && (asked || work.then != crate::batch::Then::default()) {
            checkpoint = self.checkpoint_if_due(&mut docket);
        }
        self.count_fault(asked, &docket);
        self.tell(docket, checkpoint)
    }

    /// Records that were read together.
    fn part(&mut self, range: Range<usize>, reading: &Reading, docket: &mut Docket<'_>) {
        if let Some(why) = self.out_of_service.clone() {
            // Taken out of service in the middle of this batch.
            docket.fail(range, &WhyUnscored::OutOfService(why));
            return;
        }
        docket.has_notes |= !reading.noted.is_empty();
        self.tally.account(&range, reading, self.lane.deployment, docket);
        let share = Share { reading, start: range.start };
        self.judge(&share, 0..reading.notes.len(), docket);
    }

    /// Judges some of a part's notes; where that fails, their halves, until the records at fault are alone or the budget
    /// of faulted calls is spent. Nothing is read again for it.
    fn judge(&mut self, share: &Share<'_>, notes: Range<usize>, docket: &mut Docket<'_>) {
        if notes.is_empty() {
            return;
        }
        if let Some(why) = self.out_of_service.clone() {
            docket.fail_notes(share, notes, &WhyUnscored::OutOfService(why));
            return;
        }
        let Some(instance) = &mut self.instance else { unreachable!("in service, there is an instance") };
        let (part, sequences) = (share.notes(notes.clone()), docket.sequences(share, notes.clone()));
        let Share { reading, start } = *share;
        let record = |sequence: Sequence| docket.record_bytes(reading, start, sequence);
        let judged = calls::judge(instance, &mut self.checker, &part, &sequences, &record);
        let (failure, too_large) = match judged {
            Ok(judged) => match self.sample(&judged, share, &notes, docket) {
                Ok(()) => {
                    self.settle(judged, share, docket);
                    self.since.push(Step::Notes(part, sequences));
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
        if !too_large || notes.len() == 1 {
            docket.faulted_calls += 1;
            docket.faulted.get_or_insert_with(|| failure.clone());
        }
        let spent = docket.faulted_calls >= self.lane.options.limits.faulted_calls_per_batch_max;
        if notes.len() == 1 || spent || self.out_of_service.is_some() {
            self.tally.report(&failure, notes.len() as u64);
            docket.reported = true;
            docket.fail_notes(share, notes, &WhyUnscored::Fault(failure.what));
        } else {
            let middle = notes.start + notes.len() / 2;
            self.judge(share, notes.start..middle, docket);
            self.judge(share, middle..notes.end, docket);
        }
    }

    /// Time passes without a record.
    fn advance(&mut self, at: Sequence, to: Option<EventTime>, docket: &mut Docket<'_>) {
        let Some(instance) = &mut self.instance else { return };
        match calls::advance(instance, &mut self.checker, at, to) {
            Ok(outcome) => {
                self.since.push(Step::Advance(at, to));
                // No record completed them, so no map read one.
                let class = Class { map: u32::MAX, ..Class::default() };
                let findings = outcome.findings.into_iter().map(|(finding, unchecked)| {
                    let class = class.clone();
                    Found { finding, unchecked, class, time: None, suppressed: Vec::new() }
                });
                docket.windows.entry(docket.work.entries.len()).or_default().extend(findings);
            }
            Err(fault) => {
                let failure = Failure::from(&fault);
                docket.faulted_calls += 1;
                docket.faulted.get_or_insert_with(|| failure.clone());
                self.recover(&failure);
            }
        }
    }

    /// Now and then checks whether the first finding's explanation is faithful, with an instance of its own in the state
    /// just before that record.
    fn sample(
        &mut self,
        judged: &Judged,
        share: &Share<'_>,
        notes: &Range<usize>,
        docket: &Docket<'_>,
    ) -> Result<(), Fault> {
        let every = self.lane.options.faithful_batches;
        let Some((finding, _)) = judged.about_records().next().filter(|_| every > 0 && self.unsampled == 0) else {
            self.unsampled = self.unsampled.saturating_sub(1);
            return Ok(());
        };
        self.unsampled = every;
        // An instance that cannot be had says nothing about the finding: the next fault will tell.
        let Ok(mut instance) = self.replay() else { return Ok(()) };
        let sequences = docket.sequences(share, notes.clone());
        let before = sequences.partition_point(|&sequence| sequence < finding.at);
        if before > 0 {
            let part = share.notes(notes.start..notes.start + before);
            if instance.judge(&part, &sequences[..before])?.is_err() {
                return Ok(());
            }
        }
        let Some(index) = docket.index(finding.at) else { return Ok(()) };
        let record = docket.work.batch.record(index);
        let Some(origin) = docket.work.batch.origin(index) else { return Ok(()) };
        match check_faithful(&mut instance, record, origin, finding, self.lane.deployment.directory())? {
            Ok(_) => Ok(()),
            Err(unfaithful) => Err(calls::broken("explain", &unfaithful.to_string())),
        }
    }

    /// What an outcome says of the records that were read together.
    fn settle(&mut self, judged: Judged, share: &Share<'_>, docket: &mut Docket<'_>) {
        self.tally.summary.quiet += u64::from(judged.quiet);
        for (finding, unchecked) in judged.findings {
            // Sequences were checked: there is such a record.
            let Some(index) = docket.index(finding.at) else { continue };
            let own = index - share.start;
            let class = share.reading.class(own).cloned().unwrap_or_default();
            let mut found = Found { finding, unchecked, class, time: share.reading.time(own), suppressed: Vec::new() };
            if matches!(found.finding.subject, Subject::Window(_)) {
                docket.windows.entry(docket.work.entry(index)).or_default().push(found);
                continue;
            }
            found.suppressed = share.reading.suppressed.iter().filter(|it| it.index as usize == own).copied().collect();
            docket.said.insert(index, Said::Found(Box::new(found)));
        }
    }

    /// Records that could not be read.
    fn fail(&mut self, range: Range<usize>, failure: &Failure, docket: &mut Docket<'_>) {
        self.tally.report(failure, range.len() as u64);
        docket.reported = true;
        docket.fail(range, &WhyUnscored::Fault(failure.what.clone()));
    }

    /// A fresh instance in the state before the notes at fault; if there is none, the plugin is out of service.
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
                Err(again) => self.tally.report(&again, 0),
            }
        }
        self.give_up(format!("it could not go on from its last checkpoint after this: {}", failure.what));
    }

    fn replay(&mut self) -> Result<Instance, Failure> {
        let Lane { deployment, options, .. } = self.lane;
        let mut instance = deployment.start(options.settings).map_err(|error| Failure::from(&error))?;
        if let Some(state) = &self.checkpoint {
            let restored = instance.restore(state).map_err(|fault| Failure::from(&fault))?;
            restored.map_err(|error| Failure { call: "restore", what: error.to_string() })?;
        }
        for step in &self.since {
            let (call, answer) = match step {
                Step::Notes(notes, sequences) => ("judge", instance.judge(notes, sequences)),
                Step::Advance(at, to) => ("advance", instance.advance(*at, *to)),
            };
            let answer = answer.map_err(|fault| Failure::from(&fault))?;
            answer.map_err(|error| Failure { call, what: error.to_string() })?;
        }
        Ok(instance)
    }

    /// Takes a checkpoint where one is due, and gives it.
    fn checkpoint_if_due(&mut self, docket: &mut Docket<'_>) -> Option<Arc<[u8]>> {
        let bytes: usize = self.since.iter().map(Step::bytes).sum();
        let due = self.since.len() >= self.lane.options.checkpoint_batches.max(1)
            || bytes > self.lane.options.limits.replay_bytes_max
            || docket.work.then.checkpoint;
        if !due {
            return None;
        }
        self.save(&mut docket.faulted);
        if self.since.is_empty() { self.checkpoint.clone() } else { None }
    }

    /// Takes a checkpoint. A plugin whose state cannot be had is out of service, as no fault of it could be recovered from.
    fn save(&mut self, faulted: &mut Option<Failure>) {
        for _ in 0..2 {
            let Some(instance) = &mut self.instance else { return };
            let failure = match instance.save() {
                Ok(Ok(state)) => {
                    self.checkpoint = Some(state.into());
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

    fn note_memory(&mut self) {
        let held = self.instance.as_ref().map_or(0, Instance::memory_bytes_peak);
        self.memory_bytes = self.memory_bytes.max(held);
    }
}

impl Step {
    fn bytes(&self) -> usize {
        match self {
            Self::Notes(notes, _) => notes.bytes.len(),
            Self::Advance(..) => 0,
        }
    }
}

impl Share<'_> {
    /// Some of the notes.
    fn notes(&self, range: Range<usize>) -> Notes {
        if range.len() == self.reading.notes.len() {
            return self.reading.notes.clone();
        }
        let mut part = Notes::default();
        self.reading.notes.iter().skip(range.start).take(range.len()).for_each(|note| part.push(note));
        part
    }
}

impl Docket<'_> {
    /// Sequences of some of a part's notes.
    fn sequences(&self, share: &Share<'_>, notes: Range<usize>) -> Vec<Sequence> {
        let sequence =
            |&index: &u32| self.work.sequence(self.first_sequence, self.work.entry(share.start + index as usize));
        share.reading.noted[notes].iter().map(sequence).collect()
    }

    fn sequence_of_tick(&self) -> Sequence {
        self.work.sequence(self.first_sequence, self.work.entries.len())
    }

    fn fail(&mut self, range: Range<usize>, why: &WhyUnscored) {
        self.said.extend(range.map(|index| (index, Said::Unscored(why.clone()))));
    }

    /// The records of some of a part's notes are unscored. What read said of the others stands.
    fn fail_notes(&mut self, share: &Share<'_>, notes: Range<usize>, why: &WhyUnscored) {
        for &index in &share.reading.noted[notes] {
            self.said.insert(share.start + index as usize, Said::Unscored(why.clone()));
        }
    }
}
