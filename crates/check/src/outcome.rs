//! The account of what `judge` and `advance` return.

use glassbox_finding::{Outcome, Sequence, Subject};
use glassbox_pack::directory::Directory;

use crate::shape::{ShapeFault, check_shape};

/// What the plugin was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked<'s> {
    /// `judge`: notes with these sequences, ascending.
    Notes(&'s [Sequence]),
    /// `advance`: a tick with this sequence.
    Tick(Sequence),
}

/// Why an outcome is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutcomeFault {
    /// A finding from a note or tick that was not given.
    #[error("finding {number} comes from sequence {at}, which was not given")]
    NotAsked {
        /// Which one.
        number: usize,
        /// The sequence it names.
        at: Sequence,
    },
    /// Findings out of order.
    #[error("finding {number} comes from sequence {at}, before the one ahead of it")]
    Order {
        /// Which one.
        number: usize,
        /// The sequence it names.
        at: Sequence,
    },
    /// A finding about a record that is not its own, or that is not the first of its own.
    #[error(
        "finding {number} from sequence {at} is about record {subject}: a finding about a record is about its own, and is the first from it"
    )]
    Subject {
        /// Which one.
        number: usize,
        /// The sequence it comes from.
        at: Sequence,
        /// The record it is about.
        subject: Sequence,
    },
    /// The count of quiet notes is not what is left.
    #[error("{quiet} notes are said to be quiet, and {expected} have no finding about their record")]
    Quiet {
        /// What the outcome says.
        quiet: u32,
        /// What is left.
        expected: usize,
    },
    /// A finding is not well-formed.
    #[error("finding {number}: {fault}")]
    Finding {
        /// Which one.
        number: usize,
        /// Why.
        fault: ShapeFault,
    },
}

/// Checks that an outcome accounts for every note, and that each of its findings is well-formed.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn check_outcome(asked: Asked<'_>, outcome: &Outcome, directory: &Directory) -> Result<(), OutcomeFault> {
    let mut earlier: Option<Sequence> = None;
    let mut about_records = 0;
    for (number, finding) in outcome.findings.iter().enumerate() {
        let at = finding.at;
        if earlier.is_some_and(|earlier| at < earlier) {
            return Err(OutcomeFault::Order { number, at });
        }
        let is_asked = match asked {
            Asked::Notes(sequences) => sequences.binary_search(&at).is_ok(),
            Asked::Tick(sequence) => at == sequence,
        };
        if !is_asked {
            return Err(OutcomeFault::NotAsked { number, at });
        }
        if let Subject::Record(subject) = finding.subject {
            let is_first = earlier != Some(at);
            if subject != at || !is_first || matches!(asked, Asked::Tick(_)) {
                return Err(OutcomeFault::Subject { number, at, subject });
            }
            about_records += 1;
        }
        earlier = Some(at);
        check_shape(finding, directory).map_err(|fault| OutcomeFault::Finding { number, fault })?;
    }
    let notes = match asked {
        Asked::Notes(sequences) => sequences.len(),
        Asked::Tick(_) => 0,
    };
    let expected = notes.saturating_sub(about_records);
    if outcome.quiet as usize != expected {
        return Err(OutcomeFault::Quiet { quiet: outcome.quiet, expected });
    }
    Ok(())
}
