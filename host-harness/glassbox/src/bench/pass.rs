//! One pass over an input on one thread, from a file's bytes to checked findings: the steps of `score`, in a row.
//!
//! `score` does them side by side: it reads ahead, reads on several instances and judges on another. For a cost that
//! can be compared with other engines they are done one after another here, by the same code. What reads and judges is
//! either an instance in the sandbox or, in a lane of the benchmark's tool, the same detector natively.

use std::{
    collections::BTreeMap,
    sync::LazyLock,
    time::{Duration, Instant},
};

use crate::starter;
use glassbox_finding::{Batch, Checker, Finding, JudgeError, Logsource, Outcome, ReadError, Reading};
use glassbox_report::SourceRecord;
use glassbox_run::{Batches, Work};
use glassbox_sandbox::{Detect, Fault, Unjudged, account, limits::Limits};
use glassbox_score::Model;
use glassbox_source::Framer;

/// The model of every lane's pack, to check contributions by: the starter's, which a test holds to be sound. Parsed once,
/// as a pass may be over a single record.
static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| Model::parse(starter::MODEL.as_bytes()).ok());

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The input cannot be framed.
    #[error("the input cannot be read: {0}")]
    Input(#[from] std::io::Error),
    /// The detector failed. Only passes without a fault are measured.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The detector's own error about a good batch or its own reading.
    #[error("the detector refused its work: {0}")]
    Refused(String),
}

impl From<Unjudged> for PassError {
    fn from(unjudged: Unjudged) -> Self {
        Self::Fault(unjudged.into_fault())
    }
}

/// Where the time of a pass went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassStep {
    /// Bytes to records to batches.
    Framing,
    /// The calls of `read`.
    Read,
    /// The calls of `judge`.
    Judge,
}

impl PassStep {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Framing => "framing",
            Self::Read => "read",
            Self::Judge => "judge",
        }
    }
}

/// What a pass over an input came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Passed {
    /// Time from the input's bytes in memory to checked findings.
    pub nanoseconds: u64,
    /// Records worked through.
    pub records: u64,
    /// Bytes worked through.
    pub bytes: u64,
    /// Findings, each with its record's place in the input, counted from 0.
    pub found: Vec<(u64, Finding)>,
    /// Where the time went.
    pub times: BTreeMap<PassStep, Duration>,
}

/// How much an input holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputSize {
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A pass over one input.
pub struct Pass<'p> {
    limits: &'p Limits,
    hint: Logsource,
    checked: bool,
    checker: Checker,
    found: Vec<(u64, Finding)>,
    times: BTreeMap<PassStep, Duration>,
}

/// The records of an input, as `score` frames them.
///
/// # Errors
/// When the bytes are of a form that is known and not read.
pub fn records(input: &[u8], record_bytes_max: usize) -> Result<impl Iterator<Item = SourceRecord> + '_, PassError> {
    let framer = Framer::open(input, record_bytes_max)?;
    Ok(framer.map(|framed| SourceRecord { source: 0, position: framed.position, bytes: framed.bytes }))
}

/// How much an input holds.
///
/// # Errors
/// As `records`.
pub fn size(input: &[u8], limits: &Limits) -> Result<InputSize, PassError> {
    let records = records(input, limits.record_bytes_max)?.count() as u64;
    Ok(InputSize { records, bytes: input.len() as u64 })
}

impl<'p> Pass<'p> {
    /// A pass that checks every answer as a run does; without `checked` it believes them, to measure what checking costs.
    #[must_use]
    pub fn new(limits: &'p Limits, checked: bool) -> Self {
        Self {
            limits,
            hint: Logsource::default(),
            checked,
            checker: Checker::default(),
            found: Vec::new(),
            times: BTreeMap::new(),
        }
    }

    /// Works through the input and measures it.
    ///
    /// # Errors
    /// At the first fault.
    pub fn run(mut self, detector: &mut impl Detect, input: &[u8]) -> Result<Passed, PassError> {
        let began = Instant::now();
        let records = records(input, self.limits.record_bytes_max)?.map(Ok);
        let mut batches = Batches::within(self.limits, self.hint.clone(), records);
        let mut first = 0;
        while let Some(work) = self.timed(PassStep::Framing, |_| batches.next()) {
            let range = 0..work.batch.ends.len();
            if !range.is_empty() {
                let reading = self.read(detector, &work.batch)?;
                self.part(detector, &work, first, range, reading)?;
            }
            first += work.entries.len() as u64;
        }
        let nanoseconds = began.elapsed().as_nanos() as u64;
        Ok(Passed { nanoseconds, records: first, bytes: input.len() as u64, found: self.found, times: self.times })
    }

    fn timed<T>(&mut self, part: PassStep, act: impl FnOnce(&mut Self) -> T) -> T {
        let began = Instant::now();
        let done = act(self);
        *self.times.entry(part).or_default() += began.elapsed();
        done
    }

    /// Judges what was read of some records; where they were too many to read at once, reads the halves.
    fn part(
        &mut self,
        detector: &mut impl Detect,
        work: &Work,
        first: u64,
        range: std::ops::Range<usize>,
        reading: Option<Reading>,
    ) -> Result<(), PassError> {
        let Some(reading) = reading else {
            let middle = range.start + range.len() / 2;
            for half in [range.start..middle, middle..range.end] {
                let reading = self.read(detector, &work.part(half.clone()))?;
                self.part(detector, work, first, half, reading)?;
            }
            return Ok(());
        };
        let outcome = self.judge(detector, &reading, |index| work.record(range.start + index))?;
        for finding in outcome.findings {
            let place = work.place(range.start + finding.index as usize);
            self.found.push((first + place as u64, finding));
        }
        Ok(())
    }

    /// None where the detector asks for fewer records.
    fn read(&mut self, detector: &mut impl Detect, batch: &Batch) -> Result<Option<Reading>, PassError> {
        let checked = self.checked;
        self.timed(PassStep::Read, |_| {
            if checked {
                return Ok(account::read(detector, batch)?);
            }
            match detector.read(batch)? {
                Ok(reading) => Ok(Some(reading)),
                Err(ReadError::ReadingTooLarge) if batch.ends.len() > 1 => Ok(None),
                Err(error) => Err(PassError::Refused(error.to_string())),
            }
        })
    }

    fn judge<'r>(
        &mut self,
        detector: &mut impl Detect,
        reading: &Reading,
        record: impl Fn(usize) -> &'r [u8],
    ) -> Result<Outcome, PassError> {
        let checked = self.checked;
        self.timed(PassStep::Judge, |pass| {
            if checked {
                return Ok(account::judge(detector, &mut pass.checker, MODEL.as_ref(), reading, record)?);
            }
            detector.judge(&reading.body)?.map_err(|error: JudgeError| PassError::Refused(error.to_string()))
        })
    }
}
