//! `glassbox bench`: measures, and writes what came of it.

use std::io;

use glassbox_explain::clean::clean;
use glassbox_sandbox::default_cache_folder;

use super::{print, say};
use crate::{
    bench::{self, Plan},
    cli::{BenchArgs, TextFormat},
    exit::{Exit, Failure},
    output::{Terminal, json},
};

pub(super) fn run_bench(args: &BenchArgs) -> Result<Exit, Failure> {
    let plan = Plan {
        inputs: args.paths.clone(),
        rules: args.rules.clone(),
        rounds: args.rounds,
        cache: default_cache_folder(),
    };
    let mut progress = |what: &str| {
        if !args.talk.quiet {
            say(clean(what));
        }
    };
    let report = bench::measure(&plan, &mut progress)?;
    match args.format {
        TextFormat::Text => print(&bench::text(&report, &Terminal::of_stdout()))?,
        TextFormat::Json => json::write_pretty(&mut io::stdout().lock(), &report)?,
    }
    Ok(Exit::Done)
}
