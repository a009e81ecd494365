//! One pass over an input on one thread, from a file's bytes to checked findings: the steps of `score`, in a row.
//!
//! `score` does them side by side: it reads ahead, reads on several instances and judges on another. For a cost that
//! can be compared with other engines they are done one after another here, by the same code. What reads and judges is
//! either an instance in the sandbox or, in a lane of the benchmark's tool, the same detector natively.

use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};

use glassbox_check::{Checker, RecordBytes};
use glassbox_finding::{Batch, Finding, JudgeError, ReadError, Reading, Sequence};
use glassbox_report::SourceRecord;
use glassbox_run::{Batches, Input, Work};
use glassbox_sandbox::{Detect, Fault, Terms, Unjudged, account, limits::Limits};
use glassbox_source::Framer;

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

/// What answers are held to.
pub struct Held<'p> {
    /// The pack's directory, and the plugin's maps.
    pub terms: Terms<'p>,
    /// What findings are checked with.
    pub checker: &'p mut Checker,
}

/// A pass over one input.
pub struct Pass<'p> {
    limits: &'p Limits,
    held: Option<Held<'p>>,
    found: Vec<(u64, Finding)>,
    times: BTreeMap<PassStep, Duration>,
}

/// The records of an input, as `score` frames them.
///
/// # Errors
/// When the bytes are of a form that is known and not read.
pub fn records(input: &[u8], record_bytes_max: usize) -> Result<impl Iterator<Item = SourceRecord> + '_, PassError> {
    let framer = Framer::open(input, record_bytes_max)?;
    Ok(framer.map(|framed| SourceRecord {
        source: 0,
        position: framed.position,
        bytes: framed.bytes,
        length: framed.length,
        frame: framed.frame,
    }))
}

/// How much an input holds.
///
/// # Errors
/// As `records`.
pub fn size(input: &[u8], limits: &Limits) -> Result<InputSize, PassError> {
    let records = records(input, limits.record_bytes_max)?.count() as u64;
    Ok(InputSize { records, bytes: input.len() as u64 })
}

/// Batches of an input, as large as the limits allow.
///
/// # Errors
/// As `records`.
pub fn batches<'i>(
    input: &'i [u8],
    limits: &Limits,
) -> Result<Batches<impl Iterator<Item = anyhow::Result<Input>> + 'i>, PassError> {
    let records = records(input, limits.record_bytes_max)?.map(|record| Ok(Input::Record(record)));
    Ok(Batches::within(limits.batch_records_max, limits.batch_bytes_max, limits.record_bytes_max, records))
}

impl<'p> Pass<'p> {
    /// A pass that checks every answer as a run does; without `held` it believes them, to measure what checking costs.
    #[must_use]
    pub fn new(limits: &'p Limits, held: Option<Held<'p>>) -> Self {
        Self { limits, held, found: Vec::new(), times: BTreeMap::new() }
    }

    /// Works through the input and measures it.
    ///
    /// # Errors
    /// At the first fault.
    pub fn run(mut self, detector: &mut impl Detect, input: &[u8]) -> Result<Passed, PassError> {
        let began = Instant::now();
        let mut batches = batches(input, self.limits)?;
        let mut records = 0;
        while let Some(work) = self.timed(PassStep::Framing, |_| batches.next()) {
            self.part(detector, &work, 0..work.batch.len())?;
            records += work.entries.len() as u64;
        }
        let nanoseconds = began.elapsed().as_nanos() as u64;
        Ok(Passed { nanoseconds, records, bytes: input.len() as u64, found: self.found, times: self.times })
    }

    fn timed<T>(&mut self, part: PassStep, act: impl FnOnce(&mut Self) -> T) -> T {
        let began = Instant::now();
        let done = act(self);
        *self.times.entry(part).or_default() += began.elapsed();
        done
    }

    /// Reads and judges some records; where they are too many to read at once, their halves.
    fn part(&mut self, detector: &mut impl Detect, work: &Work, range: Range<usize>) -> Result<(), PassError> {
        if range.is_empty() {
            return Ok(());
        }
        let whole = range.len() == work.batch.len();
        let part = (!whole).then(|| work.part(range.clone()));
        let batch = part.as_ref().unwrap_or(&work.batch);
        let Some(reading) = self.read(detector, batch)? else {
            let middle = range.start + range.len() / 2;
            self.part(detector, work, range.start..middle)?;
            return self.part(detector, work, middle..range.end);
        };
        // The place in the input, counted from 0, is the sequence.
        let sequence = |index: &u32| work.sequence(0, work.entry(range.start + *index as usize));
        let sequences: Vec<Sequence> = reading.noted.iter().map(sequence).collect();
        let record = |sequence: Sequence| {
            let at = sequences.binary_search(&sequence).ok()?;
            let index = reading.noted[at] as usize;
            let frame = batch.origin(index).map_or(&[][..], |origin| &origin.frame);
            Some(RecordBytes { bytes: batch.record(index), frame, map: reading.class(index)?.map })
        };
        self.judge(detector, &reading, &sequences, &record)
    }

    /// None where the detector asks for fewer records.
    fn read(&mut self, detector: &mut impl Detect, batch: &Batch) -> Result<Option<Reading>, PassError> {
        self.timed(PassStep::Read, |pass| {
            if let Some(held) = &pass.held {
                return Ok(account::read(detector, batch, held.terms)?);
            }
            match detector.read(batch)? {
                Ok(reading) => Ok(Some(reading)),
                Err(ReadError::ReadingTooLarge) if batch.len() > 1 => Ok(None),
                Err(error) => Err(PassError::Refused(error.to_string())),
            }
        })
    }

    fn judge<'r>(
        &mut self,
        detector: &mut impl Detect,
        reading: &Reading,
        sequences: &[Sequence],
        record: &'r dyn Fn(Sequence) -> Option<RecordBytes<'r>>,
    ) -> Result<(), PassError> {
        let findings = self.timed(PassStep::Judge, |pass| {
            if let Some(held) = &mut pass.held {
                let judged = account::judge(detector, held.checker, &reading.notes, sequences, record)?;
                return Ok(judged.findings.into_iter().map(|(finding, _)| finding).collect());
            }
            let outcome = detector.judge(&reading.notes, sequences)?;
            let outcome = outcome.map_err(|error: JudgeError| PassError::Refused(error.to_string()))?;
            Ok::<Vec<Finding>, PassError>(outcome.findings)
        })?;
        self.found.extend(findings.into_iter().map(|finding| (finding.at, finding)));
        Ok(())
    }
}
