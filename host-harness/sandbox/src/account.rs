//! Calls whose answers are checked: every record is accounted for, every finding holds on the record's own bytes.
//!
//! An answer that does not hold is a fault like a trap: nothing of it is used, and the instance is dropped.

use std::sync::OnceLock;

use glassbox_check::{Asked, Checker, Depth, RecordBytes, RecordContext, check_outcome, check_reading};
use glassbox_finding::{
    Batch, EventTime, Finding, JudgeError, Notes, Outcome, ReadError, Reading, Sequence, Subject, Verdict,
};
use glassbox_pack::Directory;

use crate::{Fault, Instance, clean};

/// Bytes of what a check says that are kept.
const WHAT_BYTES_MAX: usize = 512;
/// Of findings surely below the threshold, one in so many has its negated parts checked.
const NEGATIONS_ONE_IN: u64 = 16;

/// The calls that detection is made of. An instance in the sandbox answers them; so may the same detector natively,
/// which the benchmark measures the sandbox against.
pub trait Detect {
    /// Reads a batch.
    ///
    /// # Errors
    /// A fault, or why the batch is refused.
    fn read(&mut self, batch: &Batch) -> Result<Result<Reading, ReadError>, Fault>;

    /// Judges notes.
    ///
    /// # Errors
    /// A fault, or why the notes are refused.
    fn judge(&mut self, notes: &Notes, sequences: &[Sequence]) -> Result<Result<Outcome, JudgeError>, Fault>;
}

impl Detect for Instance {
    fn read(&mut self, batch: &Batch) -> Result<Result<Reading, ReadError>, Fault> {
        Self::read(self, batch)
    }

    fn judge(&mut self, notes: &Notes, sequences: &[Sequence]) -> Result<Result<Outcome, JudgeError>, Fault> {
        Self::judge(self, notes, sequences)
    }
}

/// What a plugin's answers are held to beside the records: the pack's directory and the plugin's own maps.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'t> {
    /// The pack's directory.
    pub directory: &'t Directory,
    /// How many maps the plugin names.
    pub maps: usize,
}

/// Reads a batch; the answer keeps the contract. None where the plugin says that the reading of several records would be
/// too large: with fewer of them it goes on.
///
/// # Errors
/// A fault; an answer that does not hold is one.
pub fn read(detector: &mut impl Detect, batch: &Batch, terms: Terms<'_>) -> Result<Option<Reading>, Fault> {
    let reading = match detector.read(batch)? {
        Err(ReadError::ReadingTooLarge) if batch.len() > 1 => return Ok(None),
        Err(error) => return Err(broken("read", &format!("a good batch was refused: {error}"))),
        Ok(reading) => reading,
    };
    check_reading(batch, &reading, terms.maps, terms.directory).map_err(|error| broken("read", &error.to_string()))?;
    Ok(Some(reading))
}

/// Reads a batch once more, on an instance that read nothing before, which must say the same.
///
/// # Errors
/// A fault; another answer is one.
pub fn read_again(
    fresh: &mut Instance,
    batch: &Batch,
    terms: Terms<'_>,
    said: Option<&Reading>,
) -> Result<(), Fault> {
    let again = read(fresh, batch, terms)?;
    if again.as_ref() == said {
        Ok(())
    } else {
        Err(broken("read", "a fresh instance read the same batch differently"))
    }
}

/// Why notes were not judged.
#[derive(Debug)]
pub enum Unjudged {
    /// The instance is of no use any more.
    Fault(Fault),
    /// The plugin says that the outcome would be too large: with fewer notes it goes on.
    TooLarge,
}

impl Unjudged {
    /// As a fault, where no fewer notes can be tried.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::TooLarge => broken("judge", &JudgeError::OutcomeTooLarge.to_string()),
        }
    }
}

/// An outcome that was checked.
#[derive(Debug, Default)]
pub struct Judged {
    /// Each finding, with how many of its pieces could not be held to the record's syntax.
    pub findings: Vec<(Finding, u32)>,
    /// How many of the notes have no finding about their record.
    pub quiet: u32,
}

impl Judged {
    /// The findings about records.
    pub fn about_records(&self) -> impl Iterator<Item = &(Finding, u32)> {
        self.findings.iter().filter(|(finding, _)| matches!(finding.subject, Subject::Record(_)))
    }
}

/// Judges notes made by `read` of the same plugin and pack. `record` gives the record with a sequence, where it is at hand.
///
/// # Errors
/// A fault; an answer that does not hold is one.
pub fn judge<'r>(
    detector: &mut impl Detect,
    checker: &mut Checker,
    notes: &Notes,
    sequences: &[Sequence],
    record: &'r dyn Fn(Sequence) -> Option<RecordBytes<'r>>,
) -> Result<Judged, Unjudged> {
    let outcome = match detector.judge(notes, sequences) {
        Err(fault) => return Err(Unjudged::Fault(fault)),
        Ok(Err(JudgeError::OutcomeTooLarge)) => return Err(Unjudged::TooLarge),
        Ok(Err(error)) => {
            return Err(Unjudged::Fault(broken("judge", &format!("its own notes were refused: {error}"))));
        }
        Ok(Ok(outcome)) => outcome,
    };
    check("judge", checker, Asked::Notes(sequences), outcome, record).map_err(Unjudged::Fault)
}

/// Says that time has passed without a record.
///
/// # Errors
/// A fault; an answer that does not hold, or a refusal, is one.
pub fn advance(
    instance: &mut Instance,
    checker: &mut Checker,
    at: Sequence,
    to: Option<EventTime>,
) -> Result<Judged, Fault> {
    let outcome = instance.advance(at, to)?;
    let outcome = outcome.map_err(|error| broken("advance", &format!("a tick was refused: {error}")))?;
    check("advance", checker, Asked::Tick(at), outcome, &|_| None)
}

fn check<'r>(
    call: &'static str,
    checker: &mut Checker,
    asked: Asked<'_>,
    outcome: Outcome,
    record: &'r dyn Fn(Sequence) -> Option<RecordBytes<'r>>,
) -> Result<Judged, Fault> {
    check_outcome(asked, &outcome, checker.directory()).map_err(|error| broken(call, &error.to_string()))?;
    let mut findings = Vec::with_capacity(outcome.findings.len());
    for finding in outcome.findings {
        let context = RecordContext { own: record(finding.at), others: record };
        let checked = checker.check_finding(context, &finding, depth(&finding));
        let checked = checked.map_err(|error| broken(call, &error.to_string()))?;
        findings.push((finding, checked.unchecked));
    }
    Ok(Judged { findings, quiet: outcome.quiet })
}

/// Negated parts are checked of every finding that is not surely below the threshold, and of a share of the others that no
/// plugin can foresee. What a plugin that keeps the contract says does not depend on the draw.
fn depth(finding: &Finding) -> Depth {
    let drawn = (finding.at ^ draw_key()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let is_drawn = drawn.is_multiple_of(NEGATIONS_ONE_IN);
    if finding.verdict == Verdict::Below && !is_drawn { Depth::Claims } else { Depth::Negations }
}

/// What decides which findings are drawn: another number in each process.
fn draw_key() -> u64 {
    static KEY: OnceLock<u64> = OnceLock::new();
    *KEY.get_or_init(|| {
        let mut bytes = [0; 8];
        // Without randomness every plugin could foresee the draw, and findings at or above the threshold are checked anyway.
        let _ = getrandom::fill(&mut bytes);
        u64::from_le_bytes(bytes)
    })
}

/// A fault that says which rule of the contract an answer breaks.
#[must_use]
pub fn broken(call: &'static str, what: &str) -> Fault {
    Fault::ContractBroken { call, what: clean(what, WHAT_BYTES_MAX) }
}
