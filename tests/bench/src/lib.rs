//! The benchmark's tool: what scoring costs, in the sandbox, without it and beside other engines, measured in one run; and
//! what `BENCHMARKS.md` says of it. Nothing of it is part of the product; `glassbox bench` measures one's own records.
//!
//! Every round runs every lane once, one after another (a b c a b c ...), so that what disturbs the machine disturbs all
//! of them; figures are medians with their spread, and ratios are taken round by round. Only one lane works at a time.
//! The hits of all lanes are compared, so that a fast wrong answer shows.
//!
//! Glassbox in the sandbox, framing and parsing are measured in this process. Everything else is a lane in a process of
//! its own: the host never links what runs in the sandbox, and other engines want other toolchains. See [`lane`].

mod compare;
mod costs;
mod input;
mod judging;
pub mod lane;
mod markdown;
pub mod own;
mod process;
pub mod report;
mod rounds;
mod targets;
mod text;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::Context;
use glassbox::{
    bench::{
        Machine, build,
        pass::{Held, Pass},
        sandboxed::SETTINGS,
    },
    exit::{Exit, Failure, OrExit},
    starter,
};
use glassbox_deployment::{Deployment, embedded};
use glassbox_packs::{self as packs, Built, NamedFile};
use glassbox_sandbox::{Interruption, LoadOptions, Plugin, Protections};

use input::Input;
use report::{InputRow, Report, RuleSetRow};
use rounds::Bench;
use targets::Measured;

pub use markdown::markdown;
pub use text::text;

/// Records that an input must have for its slowest ones to be an input of their own.
const SLOWEST_FROM_RECORDS: u64 = 10_000;
/// Attempts at each record while the slowest are looked for; the least time counts.
const SLOWEST_ATTEMPTS: u32 = 3;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Files and folders of records, each an input; none for the sample day.
    pub inputs: Vec<PathBuf>,
    /// Files and folders of rules; none for the starter's.
    pub rules: Vec<PathBuf>,
    /// Files and folders of rules whose pack the costs are measured with; none for the same.
    pub pack_rules: Vec<PathBuf>,
    /// How many of the rule files; sets that are not smaller than all of them are left out, and all are always measured.
    pub rule_counts: Vec<usize>,
    /// Rounds.
    pub rounds: u32,
    /// Lanes of other processes: name and command.
    pub lanes: Vec<(String, String)>,
    /// Lanes that are measured on so many records only, once.
    pub samples: Vec<(String, u64)>,
    /// The slowest records of the first input, in per cent, that become an input of their own; 0 for none.
    pub slowest_percent: u32,
    /// Where compiled components are kept.
    pub cache: Option<PathBuf>,
}

/// Measures.
///
/// # Errors
/// When something named cannot be used, or a lane fails.
pub fn measure(plan: &Plan, tell: &mut dyn FnMut(&str)) -> Result<Report, Failure> {
    let folder = tempfile::tempdir().context("a folder for inputs cannot be made")?;
    let rules = rule_files(&plan.rules, folder.path()).or_exit(Exit::Pack)?;
    let all = build(&rules).or_exit(Exit::Pack)?;
    let plugins = Plugins::load(plan).or_exit(Exit::Plugin)?;
    let mut inputs = read_inputs(plan, &plugins, folder.path()).or_exit(Exit::Unread)?;
    if plan.slowest_percent > 0 && inputs[0].size.records >= SLOWEST_FROM_RECORDS {
        tell("looking for the slowest records");
        let slowest = slowest(plan, &inputs[0], &all, &plugins, folder.path())?;
        inputs.insert(1, slowest);
    }
    let mut bench = Bench::new(plan, &plugins, &inputs, folder.path())?;
    let mut rule_sets = Vec::new();
    for count in counts(&plan.rule_counts, rules.len()) {
        let files = spread_out(&rules, count);
        let built = if count == rules.len() { all.clone() } else { build(&files)? };
        rule_sets.push(RuleSetRow {
            files: count as u64,
            rules: built.metadata.len() as u64,
            pack_bytes: built.bytes.len() as u64,
        });
        bench.measure_set(&files, &built, count == rules.len(), tell)?;
    }
    tell("measuring what happens once");
    let pack_rules = match plan.pack_rules.as_slice() {
        [] => rules,
        paths => packs::read_rule_files(paths).or_exit(Exit::Pack)?,
    };
    let costs = costs::measure(plan, &plugins.all, &pack_rules, &inputs[0], folder.path())?;
    let measured = Measured {
        rounds: &bench.rounds,
        roles: &bench.roles,
        inputs: inputs.iter().map(|input| input.name.as_str()).collect(),
        costs: &costs,
    };
    let targets = targets::targets(&measured);
    let input = |input: &Input| InputRow {
        name: input.name.clone(),
        records: input.size.records,
        bytes: input.size.bytes,
        note: input.note.clone(),
    };
    Ok(Report {
        machine: Machine::here(plugins.all.digest()),
        rounds: plan.rounds,
        inputs: inputs.iter().map(input).collect(),
        rule_sets,
        lanes: bench.lanes,
        rows: bench.rows,
        comparisons: bench.comparisons,
        costs,
        targets,
    })
}

/// The plugin inside, with all protections and without some.
struct Plugins {
    all: Arc<Plugin>,
    no_interruption: Arc<Plugin>,
    no_limiter: Arc<Plugin>,
    none: Arc<Plugin>,
}

impl Plugins {
    fn load(plan: &Plan) -> anyhow::Result<Self> {
        let load = |interrupted, limiter| -> anyhow::Result<_> {
            let interruption = if interrupted { Interruption::Epoch } else { Interruption::None };
            let protections = Protections { interruption, limiter };
            let options = LoadOptions { cache: plan.cache.clone(), protections, ..LoadOptions::default() };
            Ok(Arc::new(Plugin::load(embedded::PLUGIN, &options)?))
        };
        Ok(Self {
            all: load(true, true)?,
            no_interruption: load(false, true)?,
            no_limiter: load(true, false)?,
            none: load(false, false)?,
        })
    }
}

/// The rules named, else the starter's, which lanes find in a folder.
fn rule_files(paths: &[PathBuf], folder: &Path) -> anyhow::Result<Vec<NamedFile>> {
    if !paths.is_empty() {
        return Ok(packs::read_rule_files(paths)?);
    }
    let rules = folder.join("rules");
    for (name, text) in starter::RULES {
        let path = rules.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&rules))?;
        fs::write(&path, text)?;
    }
    Ok(packs::read_rule_files(&[rules])?)
}

fn read_inputs(plan: &Plan, plugins: &Plugins, folder: &Path) -> anyhow::Result<Vec<Input>> {
    let limits = plugins.all.limits();
    if plan.inputs.is_empty() {
        return Ok(vec![Input::starter(limits, folder)?]);
    }
    plan.inputs.iter().map(|path| Input::read(path, limits, folder)).collect()
}

/// The records that take longest in the sandbox, each alone in a batch: the least of some attempts. They are the hardest
/// for Glassbox, not for the engines that it is compared with.
fn slowest(plan: &Plan, input: &Input, built: &Built, plugins: &Plugins, folder: &Path) -> anyhow::Result<Input> {
    let limits = plugins.all.limits();
    let deployment = Deployment::new(Plugin::clone(&plugins.all), built.bytes.clone())?;
    let mut instance = deployment.start(SETTINGS)?;
    let mut checker = deployment.checker();
    let mut times = Vec::new();
    for record in input.records()? {
        let mut nanoseconds = u64::MAX;
        for _ in 0..SLOWEST_ATTEMPTS {
            let began = Instant::now();
            let held = Held { terms: deployment.terms(), checker: &mut checker };
            Pass::new(limits, Some(held)).run(&mut instance, &record)?;
            nanoseconds = nanoseconds.min(began.elapsed().as_nanos() as u64);
        }
        times.push(nanoseconds);
    }
    let count = (times.len() * plan.slowest_percent as usize).div_ceil(100);
    let mut places: Vec<usize> = (0..times.len()).collect();
    places.sort_by_key(|&place| std::cmp::Reverse(times[place]));
    places.truncate(count);
    places.sort_unstable();
    let percent = plan.slowest_percent;
    let name = format!("slowest {percent}% of {}", input.name);
    let note = format!(
        "the {count} records that take longest in the sandbox, each alone in a batch, the least of {SLOWEST_ATTEMPTS} times"
    );
    input.some(name, note, &places, plugins.all.limits(), folder)
}

/// Counts of rule files below all of them, and all of them.
fn counts(asked: &[usize], all: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = asked.iter().copied().filter(|&count| count > 0 && count < all).collect();
    counts.sort_unstable();
    counts.dedup();
    counts.push(all);
    counts
}

/// So many files, evenly spread over all: files are sorted by path, so every kind of rule has its share.
fn spread_out(files: &[NamedFile], count: usize) -> Vec<NamedFile> {
    (0..count).map(|number| files[number * files.len() / count].clone()).collect()
}

/// Paths of rule files, as lanes are given them.
fn paths(files: &[NamedFile]) -> Vec<PathBuf> {
    files.iter().map(|file| PathBuf::from(&file.file.path)).collect()
}

/// The file of each rule, by id.
fn files_by_rule(built: &Built, files: &[NamedFile]) -> BTreeMap<String, String> {
    // What rules say of their file is its name in the pack; lanes and accounts say its path.
    let paths: BTreeMap<&str, &str> = files.iter().map(|file| (file.name.as_str(), file.file.path.as_str())).collect();
    let path = |name: &str| paths.get(name).map_or_else(|| name.to_owned(), |path| (*path).to_owned());
    built.metadata.iter().map(|rule| (rule.id.clone(), path(&rule.file))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use glassbox_rules::compile::RuleFile;

    #[test]
    fn all_rules_are_always_measured() {
        assert_eq!(counts(&[500, 100, 100, 0], 300), [100, 300]);
        assert_eq!(counts(&[], 3), [3]);
        assert_eq!(counts(&[3], 3), [3]);
    }

    #[test]
    fn a_set_has_its_share_of_everything() {
        let file = |number: usize| NamedFile {
            name: number.to_string(),
            file: RuleFile { path: number.to_string(), text: String::new() },
        };
        let files: Vec<_> = (0..10).map(file).collect();
        let names = |count| spread_out(&files, count).into_iter().map(|file| file.name).collect::<Vec<_>>().join(" ");
        assert_eq!(names(3), "0 3 6");
        assert_eq!(names(10), "0 1 2 3 4 5 6 7 8 9");
    }
}
