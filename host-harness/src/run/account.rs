//! Calls whose answers are checked: every record is accounted for, every finding holds on the record's own bytes.
//!
//! An answer that does not hold is a fault like a trap: nothing of it is used, and the instance is dropped.

use glassbox_finding::{Batch, Checker, JudgeError, Outcome, ReadError, Reading};
use glassbox_score::Model;

use crate::sandbox::{Fault, Instance, clean};

/// Bytes of what a check says that are kept.
const WHAT_BYTES_MAX: usize = 512;

/// Reads a batch that keeps the contract. None where the reading of several records would be too large, says the
/// plugin: with fewer of them it goes on.
pub(super) fn read(instance: &mut Instance, batch: &Batch) -> Result<Option<Reading>, Fault> {
    let reading = match instance.read(batch)? {
        Err(ReadError::ReadingTooLarge) if batch.ends.len() > 1 => return Ok(None),
        Err(error) => return Err(broken("read", &format!("a good batch was refused: {error}"))),
        Ok(reading) => reading,
    };
    reading.check(batch).map_err(|error| broken("read", &error.to_string()))?;
    Ok(Some(reading))
}

/// Why a reading was not judged.
pub(super) enum Unjudged {
    /// The instance is of no use any more.
    Fault(Fault),
    /// The outcome would be too large, says the plugin: with fewer records it goes on.
    TooLarge,
}

impl Unjudged {
    pub(super) fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::TooLarge => broken("judge", &JudgeError::OutcomeTooLarge.to_string()),
        }
    }
}

/// Judges a reading made by `read` of the same plugin and pack.
pub(super) fn judge<'r>(
    instance: &mut Instance,
    checker: &mut Checker,
    model: Option<&Model>,
    reading: &Reading,
    record: impl Fn(usize) -> &'r [u8],
) -> Result<Outcome, Unjudged> {
    // No watermark: records come in the order of their sources, and nothing says that an earlier event is not to come.
    let outcome = match instance.judge(&reading.body, None) {
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

pub(super) fn broken(call: &'static str, what: &str) -> Fault {
    Fault::ContractBroken { call, what: clean(what, WHAT_BYTES_MAX) }
}
