//! `glassbox completions`: a completion script, made from the same definition as the help.

use clap::CommandFactory;

use super::print;
use crate::{
    cli::Cli,
    exit::{Exit, Failure},
};

pub(super) fn run(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "glassbox", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
