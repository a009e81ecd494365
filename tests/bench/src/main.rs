//! The benchmark's command line. With `score` as its first argument this program is the `glassbox` command, so that a
//! cold start can be measured in a process of its own.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Parser, ValueEnum};
use glassbox::{
    exit::{Exit, Failure, OrExit},
    output::{Terminal, json},
};
use glassbox_bench::{Plan, lane, own::SandboxedLane};
use glassbox_deployment::embedded;
use glassbox_explain::clean::clean;
use glassbox_sandbox::{LoadOptions, Plugin, default_cache_folder};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const EXAMPLES: &str = "Examples:
  glassbox-bench                                 the sample day and the starter rules
  glassbox-bench day.ndjson --rules sigma/rules/windows
  glassbox-bench day.ndjson --rules sigma/rules/windows --lane native=target/lane/lane_native \\
      --lane rsigma=tests/head-to-head/target/release/lane_rsigma --format markdown > BENCHMARKS.md";

/// Measures what scoring costs: in the sandbox, without it, and beside other engines.
#[derive(Debug, Parser)]
#[command(name = "glassbox-bench", version, max_term_width = 100, after_help = EXAMPLES)]
struct Args {
    /// Files or folders of records, each an input of its own, the ordinary mixture first [default: the sample day inside].
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// Sigma rules to measure with, a file or folder [default: the starter's]. May be given more than once.
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Rules whose pack is measured for memory and start [default: those of --rules]. May be given more than once.
    #[arg(long, value_name = "PATH")]
    pack_rules: Vec<PathBuf>,
    /// Sets of so many rule files, evenly spread, beside all of them.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "100,500,1000")]
    rule_counts: Vec<usize>,
    /// Rounds; each runs every lane once, one after another.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Another engine to measure in the same rounds: a command that speaks the lanes' protocol. May be given more than once.
    #[arg(long, value_name = "NAME=COMMAND", value_parser = named)]
    lane: Vec<(String, String)>,
    /// Run this lane on the first so many records of each input only, and once. May be given more than once.
    #[arg(long, value_name = "NAME=RECORDS", value_parser = sample)]
    sample: Vec<(String, u64)>,
    /// Make the slowest records of the first input, in per cent, an input of their own, if it has 10,000; 0 for none.
    #[arg(long, value_name = "PERCENT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=100))]
    slowest: u32,
    /// How to write it; markdown is what BENCHMARKS.md holds.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Be a lane: Glassbox in the sandbox, asked over standard input and output.
    #[arg(long)]
    serve: bool,
    /// Say nothing but errors.
    #[arg(short, long)]
    quiet: bool,
}

/// How a benchmark is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For a page.
    Markdown,
}

/// Reads `NAME=VALUE`.
fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(format!("`{text}` is not of the form NAME=VALUE")),
    }
}

/// Reads `NAME=RECORDS`.
fn sample(text: &str) -> Result<(String, u64), String> {
    let (name, records) = named(text)?;
    match records.parse() {
        Ok(records) if records > 0 => Ok((name, records)),
        _ => Err(format!("`{records}` is no number of records")),
    }
}

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == "score") {
        return glassbox::commands::main();
    }
    match run(&Args::parse()) {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_broken_pipe() => Exit::Done.into(),
        Err(Failure { exit, error }) => {
            eprintln!("glassbox-bench: {}", clean(&format!("{error:#}")));
            exit.into()
        }
    }
}

fn run(args: &Args) -> Result<Exit, Failure> {
    if args.serve {
        let options = LoadOptions { cache: default_cache_folder(), ..LoadOptions::default() };
        let plugin = Arc::new(Plugin::load(embedded::PLUGIN, &options).or_exit(Exit::Plugin)?);
        lane::serve(&mut SandboxedLane::new(plugin, "in the sandbox, all protections", true))?;
        return Ok(Exit::Done);
    }
    let plan = Plan {
        inputs: args.paths.clone(),
        rules: args.rules.clone(),
        pack_rules: args.pack_rules.clone(),
        rule_counts: args.rule_counts.clone(),
        rounds: args.rounds,
        lanes: args.lane.clone(),
        samples: args.sample.clone(),
        slowest_percent: args.slowest,
        cache: default_cache_folder(),
    };
    let mut progress = |what: &str| {
        if !args.quiet {
            eprintln!("{}", clean(what));
        }
    };
    let report = glassbox_bench::measure(&plan, &mut progress)?;
    let mut out = io::stdout().lock();
    match args.format {
        Format::Table => out.write_all(glassbox_bench::text(&report, &Terminal::of_stdout()).as_bytes())?,
        Format::Markdown => out.write_all(glassbox_bench::markdown(&report).as_bytes())?,
        Format::Json => json::write_pretty(&mut out, &report)?,
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Args, named, sample};

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn names_have_values() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let read = named(text).ok();
            let read = read.as_ref().map(|(name, value)| (name.as_str(), value.as_str()));
            assert_eq!(read, expected, "{text}");
        };
        check("rsigma=target/lane --bloom=yes", Some(("rsigma", "target/lane --bloom=yes")));
        check("rsigma", None);
        check("=x", None);
        check("x= ", None);
        assert_eq!(sample("slow=1000"), Ok(("slow".to_owned(), 1000)));
        assert!(sample("slow=0").is_err() && sample("slow=all").is_err());
    }
}
