//! Exit codes of the command, each for one thing that a script may want to tell apart, and which error ends with which. The
//! packages below know errors alone.

use std::{fmt, io, process::ExitCode};

use glassbox_deployment::{DeployError, DeploymentError, state_file::StateFileError};
use glassbox_packs::signing::Installable;
use glassbox_run::{OpenError, RunError};

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done, whatever was found.
    Done,
    /// Something failed that has no code of its own: writing a file, the host itself.
    Failed,
    /// The command line makes no sense. The code that the argument parser uses, too.
    Usage,
    /// Some sources could not be read, or not to their end. The others were scored.
    Unread,
    /// The pack or the rules were refused.
    Pack,
    /// The plugin was refused.
    Plugin,
    /// The plugin failed on some records, which are unscored.
    Faulted,
    /// The pack was built, without the rules that were rejected.
    Rejected,
    /// The state was refused.
    State,
    /// There is no such record, finding or test.
    NotFound,
    /// Some tests of rules failed.
    TestsFailed,
    /// What was to hold does not: a property of a plugin, a recorded answer.
    Differs,
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What `--help` says of the codes.
pub const HELP: &str = "Exit codes:
  0  done, whatever was found
  1  something else failed, such as writing a file
  2  the command line makes no sense
  3  some sources could not be read, or not to their end; the others were scored
  4  the pack or the rules were refused
  5  the plugin was refused
  6  the plugin failed on some records, which are unscored
  7  the pack was built without the rules that were rejected
  8  the state was refused
  9  there is no such record, finding or test
 10  some tests of rules failed
 11  a check failed: a certified property, or a recorded answer";

/// An error with the code to end with.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// What happened.
    pub error: anyhow::Error,
}

impl Failure {
    /// An error in words.
    pub fn new(exit: Exit, message: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Self {
        Self { exit, error: anyhow::Error::msg(message) }
    }

    /// Whether whoever read the output went away, which is no failure.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            let error = cause.downcast_ref::<io::Error>();
            let kind = error.map(io::Error::kind);
            // The JSON writer carries it inside an error of its own.
            let inside = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
            kind.or(inside) == Some(io::ErrorKind::BrokenPipe)
        })
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { exit: Exit::Failed, error }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { exit: Exit::Failed, error: error.into() }
    }
}

impl From<DeployError> for Failure {
    fn from(error: DeployError) -> Self {
        let exit = match error.kind() {
            Some(Installable::Plugin) => Exit::Plugin,
            Some(Installable::Pack) => Exit::Pack,
            None => Exit::Failed,
        };
        Self { exit, error: error.into() }
    }
}

impl From<DeploymentError> for Failure {
    fn from(error: DeploymentError) -> Self {
        let exit = match &error {
            DeploymentError::Pack(_) | DeploymentError::Content(_) => Exit::Pack,
            DeploymentError::Describe(_) => Exit::Plugin,
        };
        Self { exit, error: error.into() }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let exit = match &error {
            OpenError::EmptyWindow => {
                return Self::new(Exit::Usage, "--from must be earlier than --to: the time window is empty");
            }
            OpenError::State(StateFileError::NoSeed(_)) => Exit::Failed,
            OpenError::State(_) => Exit::State,
        };
        Self { exit, error: error.into() }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::Configure(_) => Exit::Pack,
            RunError::Restore(_) => Exit::State,
            RunError::Source(_) => Exit::Unread,
            RunError::Sink(_) | RunError::Host(_) => Exit::Failed,
        };
        match error {
            // As it is: a closed pipe must be told from a full disk.
            RunError::Sink(error) => Self { exit, error },
            error => Self { exit, error: error.into() },
        }
    }
}

/// Gives an error the code to end with.
pub trait OrExit<T> {
    /// Ends with `exit` on an error.
    ///
    /// # Errors
    /// The error, with the code.
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure { exit, error: error.into() })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Exit, HELP};
    use crate::cli::Cli;

    #[test]
    fn commands_that_find_a_difference_say_the_code_that_they_end_with() {
        let check = |command: &str, exit: Exit, says: fn(u8) -> String| {
            let mut cli = Cli::command();
            let command = cli.find_subcommand_mut(command).unwrap_or_else(|| panic!("there is a command {command}"));
            let help = command.render_long_help().to_string();
            // However it is wrapped.
            let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(help.contains(&says(exit.code())), "{help}");
        };
        check("certify", Exit::Differs, |code| format!("{code} when one does not"));
        check("replay", Exit::Differs, |code| format!("End with {code} at the first answer"));
        check("test", Exit::TestsFailed, |code| format!("{code} when some failed"));
    }

    #[test]
    fn every_code_is_in_the_help() {
        use Exit::{
            Differs, Done, Failed, Faulted, NotFound, Pack, Plugin, Rejected, State, TestsFailed, Unread, Usage,
        };
        let all = [Done, Failed, Usage, Unread, Pack, Plugin, Faulted, Rejected, State, NotFound, TestsFailed, Differs];
        for (number, exit) in all.into_iter().enumerate() {
            assert_eq!(usize::from(exit.code()), number);
            assert!(HELP.contains(&format!("\n{number:>3}  ")), "{number}");
        }
    }
}
