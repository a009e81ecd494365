//! Calls whose answers are checked: every record is accounted for, every finding holds on the record's own bytes.
//!
//! An answer that does not hold is a fault like a trap: nothing of it is used, and the instance is dropped.

use glassbox_finding::{Batch, Checker, JudgeError, Outcome, ReadError, Reading};
use glassbox_score::Model;

use crate::{Fault, Instance, clean};

/// Bytes of what a check says that are kept.
const WHAT_BYTES_MAX: usize = 512;

/// The two calls that detection is made of. An instance in the sandbox answers them; so may the same detector natively,
/// which the benchmark measures the sandbox against.
pub trait Detect {
    /// Reads a batch.
    ///
    /// # Errors
    /// A fault, or why the batch is refused.
    fn read(&mut self, batch: &Batch) -> Result<Result<Reading, ReadError>, Fault>;

    /// Judges a reading's body.
    ///
    /// # Errors
    /// A fault, or why the reading is refused.
    fn judge(&mut self, body: &[u8]) -> Result<Result<Outcome, JudgeError>, Fault>;
}

impl Detect for Instance {
    fn read(&mut self, batch: &Batch) -> Result<Result<Reading, ReadError>, Fault> {
        Self::read(self, batch)
    }

    fn judge(&mut self, body: &[u8]) -> Result<Result<Outcome, JudgeError>, Fault> {
        // No watermark: records come in the order of their sources, and nothing says that an earlier event is not to
        // come.
        Self::judge(self, body, None)
    }
}

/// Reads a batch that keeps the contract. None where the reading of several records would be too large, says the
/// plugin: with fewer of them it goes on.
pub fn read(detector: &mut impl Detect, batch: &Batch) -> Result<Option<Reading>, Fault> {
    let reading = match detector.read(batch)? {
        Err(ReadError::ReadingTooLarge) if batch.ends.len() > 1 => return Ok(None),
        Err(error) => return Err(broken("read", &format!("a good batch was refused: {error}"))),
        Ok(reading) => reading,
    };
    reading.check(batch).map_err(|error| broken("read", &error.to_string()))?;
    Ok(Some(reading))
}

/// Reads a batch once more, on an instance that read nothing before, which must say the same.
pub fn read_again(fresh: &mut Instance, batch: &Batch, said: Option<&Reading>) -> Result<(), Fault> {
    let again = read(fresh, batch)?;
    if again.as_ref() == said {
        Ok(())
    } else {
        Err(broken("read", "a fresh instance read the same batch differently"))
    }
}

/// Why a reading was not judged.
pub enum Unjudged {
    /// The instance is of no use any more.
    Fault(Fault),
    /// The outcome would be too large, says the plugin: with fewer records it goes on.
    TooLarge,
}

impl Unjudged {
    /// As a fault, where no fewer records can be tried.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::TooLarge => broken("judge", &JudgeError::OutcomeTooLarge.to_string()),
        }
    }
}

/// Judges a reading made by `read` of the same plugin and pack.
pub fn judge<'r>(
    detector: &mut impl Detect,
    checker: &mut Checker,
    model: Option<&Model>,
    reading: &Reading,
    record: impl Fn(usize) -> &'r [u8],
) -> Result<Outcome, Unjudged> {
    let outcome = match detector.judge(&reading.body) {
        Err(fault) => return Err(Unjudged::Fault(fault)),
        Ok(Err(JudgeError::OutcomeTooLarge)) => return Err(Unjudged::TooLarge),
        Ok(Err(error)) => {
            return Err(Unjudged::Fault(broken("judge", &format!("its own reading was refused: {error}"))));
        }
        Ok(Ok(outcome)) => outcome,
    };
    let judged = |error: &dyn std::fmt::Display| Unjudged::Fault(broken("judge", &error.to_string()));
    outcome.check(&reading.noted).map_err(|error| judged(&error))?;
    for finding in &outcome.findings {
        checker.check(record(finding.index as usize), finding).map_err(|error| judged(&error))?;
        model.map(|model| model.verify(finding)).transpose().map_err(|error| judged(&error))?;
    }
    Ok(outcome)
}

/// A fault that says which rule of the contract an answer breaks.
#[must_use]
pub fn broken(call: &'static str, what: &str) -> Fault {
    Fault::ContractBroken { call, what: clean(what, WHAT_BYTES_MAX) }
}
