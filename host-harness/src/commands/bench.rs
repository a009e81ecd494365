//! `glassbox bench`: measures, and writes what came of it.

use std::{io, sync::Arc};

use super::{load::load_plugin, print, say};
use crate::{
    bench::{self, Plan, lane, own::Sandboxed},
    cli::{BenchArgs, BenchFormat, SandboxArgs},
    exit::{Exit, Failure},
    output::{Terminal, clean::clean, json},
    sandbox::default_cache_folder,
};

pub(super) fn run_bench(args: &BenchArgs) -> Result<Exit, Failure> {
    if args.serve {
        let plugin = Arc::new(load_plugin(None, &SandboxArgs::default(), args.talk)?);
        lane::serve(&mut Sandboxed::new(plugin, "in the sandbox, all protections", true))?;
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
    let mut tell = |what: &str| {
        if !args.talk.quiet {
            say(clean(what));
        }
    };
    let report = bench::measure(&plan, &mut tell)?;
    match args.format {
        BenchFormat::Table => print(&bench::text(&report, &Terminal::of_stdout()))?,
        BenchFormat::Markdown => print(&bench::markdown(&report))?,
        BenchFormat::Json => json::write_pretty(&mut io::stdout().lock(), &report)?,
    }
    Ok(Exit::Done)
}
