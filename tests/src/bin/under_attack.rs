//! A host under attack: runs an honest plugin, then one hostile guest beside it, then the honest one again, and reports.
//!
//! The oracle of `tests/it/hostile.rs` starts one process a guest, as memory and survival are a process's.

use std::{fs, path::PathBuf, process::ExitCode, thread};

use anyhow::{Context, Result};
use glassbox_deployment::{Deployment, embedded};
use glassbox_finding::{Batch, Origin, Settings};
use glassbox_run::{Input, RunError, RunOptions, SourceInfo, Tick};
use glassbox_sandbox::{CHILD_COMMAND, Compiler, LoadOptions, Plugin, compile_as_child, limits::Limits};
use glassbox_tests::{
    hostile::{ALL, Report},
    packs,
    runs::{self, Told},
    starter,
};

/// Records that the guest is given, in batches of so many.
const RECORDS: usize = 60;
const BATCH_RECORDS: usize = 10;
/// Records of the starter that the honest plugin is given.
const HONEST_RECORDS: usize = 300;

fn main() -> ExitCode {
    // The `glassbox` command, for those who meet guests through it.
    if std::env::var_os("GLASSBOX_COMMAND").is_some() {
        return glassbox::commands::main();
    }
    let mut arguments = std::env::args().skip(1);
    let (first, second) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    if first == CHILD_COMMAND {
        return compile_as_child();
    }
    match attack(&first, PathBuf::from(second)) {
        Ok(report) => {
            let json = serde_json::to_string(&report).unwrap_or_default();
            // Not `println`: nothing else goes to standard output.
            let written = std::io::Write::write_all(&mut std::io::stdout(), json.as_bytes());
            if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn attack(name: &str, cache: PathBuf) -> Result<Report> {
    let guest = ALL.iter().find(|guest| guest.name == name).with_context(|| format!("there is no guest `{name}`"))?;
    let options = LoadOptions { cache: Some(cache), ..LoadOptions::default() };
    let honest = runs::deployment(&Plugin::load(embedded::PLUGIN, &options)?, &packs::starter().bytes);
    let expected = honest_run(&honest)?;
    // Twice: the second time nothing is made for the first time, and what the honest one takes is known.
    let mut begun = Memory::now()?;
    let again = honest_run(&honest)?;
    anyhow::ensure!(expected == again, "the honest plugin says the same without an attack");
    let honest_bytes = begun.growth()?;
    begun = Memory::now()?;
    let mut limits = Limits::default();
    limits.set_all("batch_ms_max=60\nstart_ms_max=200\nconfigure_ms_max=200\nexplain_ms_max=200\nstate_ms_max=200")?;
    limits.set_all("clock_factor_max=100\ncompile_s_max=3")?;
    let compiler = Compiler::Child(std::env::current_exe()?);
    let mut report = Report::default();
    let (attacked, others) = thread::scope(|scope| {
        let others = scope.spawn(|| honest_run(&honest));
        let options = LoadOptions { limits, compiler, ..LoadOptions::default() };
        let attacked = Plugin::load(guest.bytes, &options).map_err(|error| error.to_string()).map(|plugin| {
            let told = guest_run(&plugin);
            (told, outside_a_run(&plugin))
        });
        (attacked, others.join())
    });
    report.others_same = others.is_ok_and(|others| others.is_ok_and(|others| others == expected));
    match attacked {
        Err(refused) => report.refused = Some(refused),
        Ok((told, outside)) => tell(&mut report, told?, outside),
    }
    report.growth_bytes = begun.growth()?.saturating_sub(honest_bytes);
    report.healthy_after = honest_run(&honest)? == expected;
    Ok(report)
}

fn tell(report: &mut Report, told: Result<Told, String>, outside: Vec<(String, String)>) {
    let told = match told {
        Ok(told) => told,
        // Refused by the guest itself: no record was handed to it.
        Err(refused) => {
            report.refused = Some(refused);
            return;
        }
    };
    let summary = told.end.summary;
    report.faults = summary.faults.into_iter().map(|fault| (fault.call.to_owned(), fault.what)).collect();
    report.faults.extend(outside);
    report.out_of_service = told.end.out_of_service;
    report.records = summary.records;
    report.accounted = summary.findings + summary.quiet + summary.unscored + summary.outside;
    report.unscored = summary.unscored;
    report.findings = summary.findings;
}

/// Everything that the honest plugin says of the starter's records.
fn honest_run(honest: &Deployment) -> Result<Vec<u8>> {
    let told = runs::run(honest, runs::options(), None, &starter::records()[..HONEST_RECORDS])?;
    let mut said = told.json().into_bytes();
    said.extend(serde_json::to_vec(&told.unscored)?);
    said.extend(serde_json::to_vec(&told.end.summary)?);
    said.extend(told.end.state);
    Ok(said)
}

/// The inner error: the guest cannot be asked who it is, or refuses the pack or its state.
fn guest_run(plugin: &Plugin) -> Result<Result<Told, String>> {
    let records = runs::records((0..RECORDS).map(|number| format!("!record {number}")));
    let deployment = match Deployment::new(plugin.clone(), packs::misbehaving().bytes.clone()) {
        Ok(deployment) => deployment,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let options = RunOptions { batch_records_max: BATCH_RECORDS, ..RunOptions::new(Settings::default()) };
    let source = SourceInfo { name: "records".to_owned(), ..SourceInfo::default() };
    let records = records.into_iter().map(Input::Record);
    let inputs = std::iter::once(Input::Source(source)).chain(records).chain([Input::Tick(Tick::End)]);
    match runs::run_inputs(&deployment, options, None, inputs.collect()) {
        Ok(told) => Ok(Ok(told)),
        Err(error @ (RunError::Configure(_) | RunError::Restore(_))) => Ok(Err(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// The calls that no run makes.
fn outside_a_run(plugin: &Plugin) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let Ok(mut instance) = plugin.start() else { return faults };
    let mut ask = || {
        instance.describe()?;
        let _ = instance.configure(&packs::misbehaving().bytes, Settings::default())?;
        let _ = instance.explain(b"!record", &Origin::default())?;
        instance.view(&Batch::of_one(b"!record", &Origin::default()), &[0]).map(|_| ())
    };
    if let Err(fault) = ask() {
        faults.push((fault.call().to_owned(), fault.to_string()));
    }
    faults
}

/// The memory that this process holds, from which on it is watched.
struct Memory(u64);

impl Memory {
    /// Begins to watch: from now on the most that it ever held is what it holds now. What was held and given back before
    /// must not hide what an attack takes.
    fn now() -> Result<Self> {
        if cfg!(target_os = "linux") {
            fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be set back")?;
        }
        Ok(Self(status("VmRSS:")?))
    }

    /// Bytes by which the peak since lies above what was held then.
    fn growth(&self) -> Result<u64> {
        Ok(status("VmHWM:")?.saturating_sub(self.0))
    }
}

/// Bytes that the system says of this process; 0 where it says nothing.
fn status(name: &str) -> Result<u64> {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return Ok(0) };
    let value = status.lines().find_map(|line| line.strip_prefix(name)).context("what the process holds")?;
    Ok(value.trim().trim_end_matches("kB").trim().parse::<u64>()? << 10)
}
