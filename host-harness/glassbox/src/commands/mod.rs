//! What the commands do: each asks the library for its work and writes what came of it.
//!
//! Standard output is data, standard error is talk.

mod bench;
mod certify;
mod completions;
mod explain;
mod inspect;
mod load;
mod new;
mod pack;
mod record;
mod score;
mod session;
mod signing;
mod test;
mod tour;
mod trust;

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use glassbox_explain::clean::clean;
use glassbox_sandbox::compile_as_child;

use crate::{
    cli::{Cli, Command, PackCommand},
    exit::{Exit, Failure},
};

/// The command, from its arguments to its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // A process for one thing, with few rights: it says what it has to say by itself.
    if let Some(Command::CompileComponent) = cli.command {
        return compile_as_child();
    }
    match dispatch(cli) {
        Ok(exit) => exit.into(),
        // Whoever read the output has seen enough.
        Err(failure) if failure.is_broken_pipe() => Exit::Done.into(),
        Err(failure) => {
            let Failure { exit, error } = failure;
            say(format!("glassbox: {}", clean(&format!("{error:#}"))));
            exit.into()
        }
    }
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        None => tour::run_tour(),
        Some(Command::Score(args)) => score::run_score(&args),
        Some(Command::Explain(args)) => explain::run_explain(&args),
        Some(Command::Test(args)) => test::run(&args),
        Some(Command::Pack(PackCommand::Build(args))) => pack::build(&args),
        Some(Command::Pack(PackCommand::Show { file, format })) => pack::show(&file, format),
        Some(Command::Pack(PackCommand::Signed(command))) => signing::run_pack(&command),
        Some(Command::Plugin(command)) => signing::run_plugin(&command),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Bench(args)) => bench::run_bench(&args),
        Some(Command::Certify(args)) => certify::run_certify(&args),
        Some(Command::Record(args)) => record::run_record(&args),
        Some(Command::Replay(args)) => record::run_replay(&args),
        Some(Command::New(args)) => new::run(&args),
        Some(Command::CompileComponent) => unreachable!("it was dealt with before"),
        Some(Command::Completions { shell }) => completions::run(shell),
    }
}

/// A line on standard error. Where nobody listens there, nothing is said.
fn say(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Text on standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
