//! What happens once: building a pack, starting an instance, the first finding of a cold process; and two of everything.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Instant,
};

use anyhow::{Context, anyhow, bail};
use glassbox::bench::{Spread, pass::records};
use glassbox_deployment::Deployment;
use glassbox_finding::Settings;
use glassbox_packs::{self as packs, Built, NamedFile};
use glassbox_report::{Sink, StoredFinding, UnscoredRecord};
use glassbox_run::{RunOptions, SourceInfo, inputs, run};
use glassbox_sandbox::{CacheUse, Plugin};

use super::{
    Plan, build,
    input::Input,
    judging,
    lane::Lane,
    own::SandboxedLane,
    paths,
    process::Process,
    report::{Costs, TwoThreads},
};

/// Rounds of building a pack, which takes long and is done seldom.
const BUILD_ROUNDS_MAX: u32 = 3;

/// Measures with the pack of these rules.
pub(super) fn measure(
    plan: &Plan,
    plugin: &Arc<Plugin>,
    rules: &[NamedFile],
    input: &Input,
    folder: &Path,
) -> anyhow::Result<Costs> {
    let paths: Vec<PathBuf> = paths(rules);
    let built = build(rules)?;
    let build_times = (0..plan.rounds.min(BUILD_ROUNDS_MAX)).map(|_| {
        milliseconds(|| {
            let files = packs::read_rule_files(&paths)?;
            build(&files)
        })
    });
    let build_times = build_times.collect::<anyhow::Result<Vec<f64>>>()?;
    let starts = rounds(plan, || Ok(plugin.start()?))?;
    let ready = rounds(plan, || {
        let mut instance = plugin.start()?;
        instance.configure(&built.bytes, Settings::default())??;
        Ok(instance)
    })?;
    let mut lane = SandboxedLane::new(Arc::clone(plugin), "", true);
    lane.load(&built.bytes).map_err(|what| anyhow!(what))?;
    lane.input(Arc::clone(&input.bytes)).map_err(|what| anyhow!(what))?;
    lane.run().map_err(|what| anyhow!(what))?;
    let is_cached = matches!(plugin.cache_use(), CacheUse::Hit | CacheUse::Stored | CacheUse::Rebuilt { .. });
    let first_hit = lane.hits().first().map(|hits| hits.record).filter(|_| is_cached);
    Ok(Costs {
        rule_files: rules.len() as u64,
        rules: built.metadata.len() as u64,
        pack_bytes: built.bytes.len() as u64,
        build_milliseconds: Spread::of(build_times),
        instantiate_milliseconds: starts,
        ready_milliseconds: ready,
        first_verdict_milliseconds: first_hit.map(|hit| first_verdict(plan, &built, input, hit, folder)).transpose()?,
        guest_memory_bytes_peak: lane.memory_bytes_peak(),
        two_threads: two_threads(plan, plugin, &built, &paths, input)?,
        judging: judging::measure(plugin, &built, input, plan.rounds)?,
    })
}

/// The time of doing something.
fn milliseconds<T>(act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<f64> {
    let began = Instant::now();
    let done = act()?;
    let time = began.elapsed();
    drop(done);
    Ok(time.as_secs_f64() * 1_000.0)
}

/// The times of doing something in each round, after once untimed.
fn rounds<T>(plan: &Plan, mut act: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<Spread> {
    act()?;
    let times: anyhow::Result<Vec<f64>> = (0..plan.rounds).map(|_| milliseconds(&mut act)).collect();
    times.map(Spread::of)
}

/// `glassbox score` (this program is that command, too) on one record that hits, with a pack and with the compiled plugin in the user's cache, where this
/// command has just put it; from its start to the first line that it writes.
fn first_verdict(plan: &Plan, built: &Built, input: &Input, hit: u64, folder: &Path) -> anyhow::Result<Spread> {
    let record = input.records()?.nth(hit as usize).context("the record that hit is there")?;
    let (file, pack) = (folder.join("first.ndjson"), folder.join("first.pack"));
    fs::write(&file, record)?;
    fs::write(&pack, &built.bytes)?;
    rounds(plan, || {
        let mut command = Command::new(env::current_exe()?);
        command.arg("score").arg(&file).arg("--pack").arg(&pack).args(["--format", "ndjson", "--quiet"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().context("glassbox cannot be started a second time")?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        if !line.contains("finding") {
            bail!("scoring one record that hits gave no finding");
        }
        // Dropped after the clock was looked at, and so waited for.
        Ok(Reaped(child))
    })
}

/// A process that is waited for when it is dropped.
struct Reaped(std::process::Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.wait();
    }
}

/// Records that an input must have for two threads to be measured on it: with fewer it is their start that counts.
const TWO_THREADS_FROM_RECORDS: u64 = 10_000;

/// How often the input is gone through: what starting costs is measured apart.
const TWO_THREADS_TIMES: usize = 4;

/// A run with two readers, and two processes with one thread each, in turn. None on a machine that runs one thread at a
/// time, and with few records.
fn two_threads(
    plan: &Plan,
    plugin: &Arc<Plugin>,
    built: &Built,
    rules: &[PathBuf],
    input: &Input,
) -> anyhow::Result<Option<TwoThreads>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 || input.size.records < TWO_THREADS_FROM_RECORDS {
        return Ok(None);
    }
    let command = env::current_exe()?;
    let mut processes = Vec::new();
    for name in ["first process", "second process"] {
        let mut process = Process::spawn(name, &command, ["--serve"].into_iter())?;
        process.rules(rules)?;
        process.input(&input.file)?;
        process.run()?;
        processes.push(process);
    }
    let deployment = Deployment::new(Plugin::clone(plugin), built.bytes.clone())?;
    let options = RunOptions { threads: 2, ..RunOptions::new(Settings::default()) };
    let records_of_run = (TWO_THREADS_TIMES * input.size.records as usize) as f64;
    let framed = || records(&input.bytes, plugin.limits().record_bytes_max);
    let (mut threads, mut both) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let began = Instant::now();
        let all = (0..TWO_THREADS_TIMES).map(|_| framed()).collect::<Result<Vec<_>, _>>()?;
        let records = inputs(vec![SourceInfo::default()], all.into_iter().flatten().map(Ok));
        let end = run(&deployment, options.clone(), None, records, &mut Nowhere)?;
        if !end.summary.faults.is_empty() {
            bail!("the plugin failed in a run with two readers: {:?}", end.summary.faults);
        }
        threads.push(records_of_run / began.elapsed().as_secs_f64());
        let mut records_per_second = 0.0;
        for _ in 0..TWO_THREADS_TIMES {
            for process in &mut processes {
                process.begin_run()?;
            }
            for process in &mut processes {
                let ran = process.end_run()?;
                records_per_second += ran.records as f64 / (ran.nanoseconds as f64 / 1e9);
            }
        }
        both.push(records_per_second / TWO_THREADS_TIMES as f64);
    }
    let ratio = Spread::of(threads.iter().zip(&both).map(|(threads, processes)| threads / processes));
    Ok(Some(TwoThreads {
        threads_records_per_second: Spread::of(threads),
        processes_records_per_second: Spread::of(both),
        ratio,
    }))
}

/// Takes what a run says, and does nothing with it.
struct Nowhere;

impl Sink for Nowhere {
    fn found(&mut self, _found: StoredFinding, _record: &[u8]) -> anyhow::Result<()> {
        Ok(())
    }

    fn unscored(&mut self, _record: UnscoredRecord) -> anyhow::Result<()> {
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}
