//! A reader: reads batches with an instance of its own, and finds the records at fault where that fails.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use glassbox_deployment::StartError;
use glassbox_finding::Reading;
use glassbox_sandbox::{Fault, Instance, account};

use crate::{Lane, Work};

/// A batch as it was read.
pub(super) struct ReadWork {
    pub(super) work: Arc<Work>,
    /// In record order, together all records of the batch.
    pub(super) parts: Vec<Part>,
    /// The first fault met, even where every record could be read in the end.
    pub(super) fault: Option<Failure>,
    /// Calls that faulted.
    pub(super) faulted_calls: u32,
    /// The most memory that the reader's instances held, in bytes.
    pub(super) memory_bytes: u64,
}

/// Some records of a batch, read together or failed together.
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) read: Result<Reading, Failure>,
}

/// What happened, ready to be reported.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) call: &'static str,
    pub(super) what: String,
}

impl From<&Fault> for Failure {
    fn from(fault: &Fault) -> Self {
        Self { call: fault.call(), what: fault.to_string() }
    }
}

impl From<&StartError> for Failure {
    fn from(error: &StartError) -> Self {
        match error {
            StartError::Fault(fault) => fault.into(),
            StartError::Configure(error) => Self { call: "configure", what: error.to_string() },
            StartError::Restore(error) => Self { call: "restore", what: error.to_string() },
        }
    }
}

/// Reads batches, one after another.
pub(super) struct Reader<'l> {
    lane: &'l Lane<'l>,
    instance: Option<Instance>,
    memory_bytes: u64,
}

impl<'l> Reader<'l> {
    /// A reader that may begin with an instance that was configured as it needs it.
    pub(super) fn new(lane: &'l Lane<'l>, instance: Option<Instance>) -> Self {
        Self { lane, instance, memory_bytes: 0 }
    }

    /// Reads a batch. After `stop` it does not: nothing that the plugin says counts any more.
    pub(super) fn read(&mut self, work: Arc<Work>, stop: &AtomicBool) -> ReadWork {
        let mut done = ReadWork { parts: Vec::new(), fault: None, faulted_calls: 0, memory_bytes: 0, work };
        let records = done.work.batch.len();
        if records > 0 && !stop.load(Ordering::Relaxed) {
            let reread_batches = self.lane.options.limits.reread_batches;
            let twice = reread_batches > 0 && done.work.number % reread_batches == reread_batches - 1;
            self.bisect(0..records, twice, &mut done);
        }
        done.memory_bytes = self.memory_bytes;
        done
    }

    /// Reads the records of a range; where that fails, its halves, until the records at fault are alone or the budget
    /// of faulted calls is spent. What is read twice must be read the same.
    fn bisect(&mut self, range: Range<usize>, twice: bool, done: &mut ReadWork) {
        let faulted_calls_max = self.lane.options.limits.faulted_calls_per_batch_max;
        let spent = done.faulted_calls >= faulted_calls_max;
        let read = match (spent, &done.fault) {
            (true, Some(fault)) => Err(fault.clone()),
            _ => self.read_range(range.clone(), twice, done),
        };
        match read {
            Ok(None) => self.halves(range, twice, done),
            Ok(Some(reading)) => done.parts.push(Part { range, read: Ok(reading) }),
            Err(failure) if !spent => {
                done.faulted_calls += 1;
                done.fault.get_or_insert_with(|| failure.clone());
                if range.len() > 1 && done.faulted_calls < faulted_calls_max {
                    self.halves(range, twice, done);
                } else {
                    done.parts.push(Part { range, read: Err(failure) });
                }
            }
            Err(failure) => done.parts.push(Part { range, read: Err(failure) }),
        }
    }

    fn halves(&mut self, range: Range<usize>, twice: bool, done: &mut ReadWork) {
        let middle = range.start + range.len() / 2;
        self.bisect(range.start..middle, twice, done);
        self.bisect(middle..range.end, twice, done);
    }

    /// None where the plugin asks for fewer records.
    fn read_range(&mut self, range: Range<usize>, twice: bool, done: &ReadWork) -> Result<Option<Reading>, Failure> {
        let Lane { deployment, options, .. } = self.lane;
        let start = || deployment.start(options.settings).map_err(|error| Failure::from(&error));
        let mut instance = match self.instance.take() {
            Some(instance) => instance,
            None => start()?,
        };
        let whole = range.len() == done.work.batch.len();
        let part = (!whole).then(|| done.work.part(range));
        let batch = part.as_ref().unwrap_or(&done.work.batch);
        let read = account::read(&mut instance, batch, deployment.terms());
        self.memory_bytes = self.memory_bytes.max(instance.memory_bytes_peak());
        let reading = read.map_err(|fault| Failure::from(&fault))?;
        if twice {
            let mut fresh = start()?;
            let again = account::read_again(&mut fresh, batch, deployment.terms(), reading.as_ref());
            self.memory_bytes = self.memory_bytes.max(fresh.memory_bytes_peak());
            again.map_err(|fault| Failure::from(&fault))?;
        }
        // Kept only after an answer that holds.
        self.instance = Some(instance);
        Ok(reading)
    }
}
