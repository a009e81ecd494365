//! The benchmark that the command carries: what scoring one's own records with one's own rules costs in the sandbox, and what
//! each protection takes of it.
//!
//! Every round runs every lane once, one after another (a b c a b c ...), so that what disturbs the machine disturbs all
//! of them; figures are medians with their spread, and ratios are taken round by round. Only one lane works at a time, on
//! one thread. Comparing with other engines is the work of a tool of its own, `tests/bench`, which uses these parts.

pub mod input;
mod machine;
pub mod pass;
pub mod sandboxed;
mod spread;
mod text;

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use glassbox_deployment::embedded;
use glassbox_packs::{self as packs, Built, NamedFile, RuleInputs};
use glassbox_sandbox::{Interruption, LoadOptions, Plugin, Protections};
use serde::Serialize;

pub use input::Input;
pub use machine::Machine;
pub use sandboxed::Sandboxed;
pub use spread::Spread;
pub use text::text;

use crate::{
    exit::{Exit, Failure, OrExit},
    starter,
};
use pass::Passed;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Files and folders of records, each an input; none for the sample day.
    pub inputs: Vec<PathBuf>,
    /// Files and folders of rules; none for the starter's.
    pub rules: Vec<PathBuf>,
    /// Rounds.
    pub rounds: u32,
    /// Where compiled components are kept.
    pub cache: Option<PathBuf>,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where and with what.
    pub machine: Machine,
    /// Rounds of every figure.
    pub rounds: u32,
    /// Files of rules.
    pub rule_files: u64,
    /// Rules loaded from them.
    pub rules: u64,
    /// Bytes of the pack.
    pub pack_bytes: u64,
    /// Inputs, in order, each with every lane.
    pub inputs: Vec<Measured>,
}

/// What one input costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// Records.
    pub records: u64,
    /// Bytes, uncompressed, one record a line.
    pub bytes: u64,
    /// The lanes, the one with all protections first.
    pub lanes: Vec<Row>,
}

/// What one lane takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The protections that are on.
    pub lane: &'static str,
    /// Microseconds a record.
    pub microseconds: Spread,
    /// The time by that of all protections, round by round.
    pub of_all: Spread,
    /// Parts of the time, in microseconds a record.
    pub stages: Vec<(&'static str, Spread)>,
    /// Findings.
    pub findings: u64,
    /// The most memory that the guest held, in bytes; none where nothing counted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_memory_bytes_peak: Option<u64>,
}

/// Which protections are on.
#[derive(Clone, Copy, Debug)]
struct Lane {
    name: &'static str,
    interrupted: bool,
    limiter: bool,
    checked: bool,
}

const LANES: [Lane; 5] = [
    Lane { name: "all protections", interrupted: true, limiter: true, checked: true },
    Lane { name: "without interruption", interrupted: false, limiter: true, checked: true },
    Lane { name: "without limiter", interrupted: true, limiter: false, checked: true },
    Lane { name: "without contract checks", interrupted: true, limiter: true, checked: false },
    Lane { name: "without any of these", interrupted: false, limiter: false, checked: false },
];

/// Measures.
///
/// # Errors
/// When something named cannot be used, or the plugin fails.
pub fn measure(plan: &Plan, progress: &mut dyn FnMut(&str)) -> Result<Report, Failure> {
    let files = rule_files(&plan.rules).or_exit(Exit::Pack)?;
    let built = build(&files).or_exit(Exit::Pack)?;
    let mut lanes = Vec::new();
    for lane in LANES {
        let mut sandboxed = Sandboxed::new(plugin(lane, plan.cache.clone()).or_exit(Exit::Plugin)?, lane.checked);
        sandboxed.load(&built.bytes).or_exit(Exit::Pack)?;
        lanes.push(sandboxed);
    }
    let plugin = lanes[0].plugin();
    let digest = plugin.digest().to_owned();
    let inputs = match plan.inputs.as_slice() {
        [] => Input::starter(plugin.limits()).map(|input| vec![input]),
        paths => paths.iter().map(|path| Input::read(path, plugin.limits())).collect(),
    };
    let mut measured = Vec::new();
    for input in inputs.or_exit(Exit::Unread)? {
        progress(&format!("measuring {}", input.name));
        measured.push(measure_input(&mut lanes, &input, plan.rounds).or_exit(Exit::Faulted)?);
    }
    Ok(Report {
        machine: Machine::here(&digest),
        rounds: plan.rounds,
        rule_files: files.len() as u64,
        rules: built.metadata.len() as u64,
        pack_bytes: built.bytes.len() as u64,
        inputs: measured,
    })
}

/// Every lane once untimed, to be warm; then the rounds.
fn measure_input(lanes: &mut [Sandboxed], input: &Input, rounds: u32) -> anyhow::Result<Measured> {
    let first: Vec<Passed> = lanes.iter_mut().map(|lane| lane.run(&input.bytes)).collect::<anyhow::Result<_>>()?;
    let mut passes: Vec<Vec<Passed>> = vec![Vec::new(); lanes.len()];
    for _ in 0..rounds {
        for (place, lane) in lanes.iter_mut().enumerate() {
            let passed = lane.run(&input.bytes)?;
            if passed.found != first[place].found {
                bail!("the plugin found different things in different rounds over {}; this is a bug", input.name);
            }
            passes[place].push(Passed { found: Vec::new(), ..passed });
        }
    }
    let all = passes[0].clone();
    let row = |place: usize| row(LANES[place].name, &passes[place], &all, first[place].found.len(), &lanes[place]);
    Ok(Measured {
        name: input.name.clone(),
        records: input.size.records,
        bytes: input.size.bytes,
        lanes: (0..lanes.len()).map(row).collect(),
    })
}

fn row(lane: &'static str, passes: &[Passed], all: &[Passed], findings: usize, sandboxed: &Sandboxed) -> Row {
    let a_record = |passed: &Passed, nanoseconds: f64| nanoseconds / 1_000.0 / passed.records.max(1) as f64;
    let times = |passed: &Passed| a_record(passed, passed.nanoseconds as f64);
    let parts = passes.first().map(|passed| passed.times.keys().copied().collect::<Vec<_>>()).unwrap_or_default();
    let stage = |part: pass::PassStep| {
        let time =
            |passed: &Passed| passed.times.get(&part).map_or(0.0, |time| a_record(passed, time.as_nanos() as f64));
        (part.name(), Spread::of(passes.iter().map(time)))
    };
    let ratio = |(passed, all): (&Passed, &Passed)| passed.nanoseconds as f64 / (all.nanoseconds as f64).max(1.0);
    Row {
        lane,
        microseconds: Spread::of(passes.iter().map(times)),
        of_all: Spread::of(passes.iter().zip(all).map(ratio)),
        stages: parts.into_iter().map(stage).collect(),
        findings: findings as u64,
        guest_memory_bytes_peak: Some(sandboxed.memory_bytes_peak()).filter(|bytes| *bytes > 0),
    }
}

/// The plugin inside, with the protections of a lane.
fn plugin(lane: Lane, cache: Option<PathBuf>) -> anyhow::Result<Arc<Plugin>> {
    let interruption = if lane.interrupted { Interruption::Epoch } else { Interruption::None };
    let protections = Protections { interruption, limiter: lane.limiter };
    let options = LoadOptions { cache, protections, ..LoadOptions::default() };
    Ok(Arc::new(Plugin::load(embedded::PLUGIN, &options)?))
}

/// The rules named, else the starter's.
fn rule_files(paths: &[PathBuf]) -> anyhow::Result<Vec<NamedFile>> {
    Ok(if paths.is_empty() { starter::rule_files() } else { packs::read_rule_files(paths)? })
}

/// A pack of these rules with the starter's model.
///
/// # Errors
/// When no rule can be loaded.
pub fn build(files: &[NamedFile]) -> anyhow::Result<Built> {
    let built = packs::build(RuleInputs::from(files), starter::MODEL.as_bytes(), None, &[]).context("the pack")?;
    let first = built.rejected().next().and_then(|account| account.rejection());
    if let (true, Some(reason)) = (built.metadata.is_empty(), first) {
        bail!("no rule could be loaded, so there is nothing to measure; the first: {reason}");
    }
    Ok(built)
}
