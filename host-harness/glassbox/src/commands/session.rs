//! What scoring and explaining begin with: a plugin admitted, a pack loaded, sources found, a state read.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::Context;
use glassbox_deployment::{Deployment, DeploymentError, state_file::StateFile};
use glassbox_explain::{Knowledge, clean::clean, numbers::counted};
use glassbox_finding::{GuestLimits, Logsource, Origin, Settings};
use glassbox_pack::Pack;
use glassbox_packs::{self as packs, Built, RuleInputs};
use glassbox_report::SourceRecord;
use glassbox_run::{Input, RunEnd, RunError, RunOptions, SourceInfo};
use glassbox_sandbox::Plugin;
use glassbox_source::{self as source, Ledger, Plan, Records};

use super::{
    load::{load_detector, load_plugin, named_pack},
    say,
};
use crate::{
    cli::{Detector, RuleOptions, SandboxArgs, Sources, Talk},
    exit::{Exit, Failure, OrExit},
    starter,
};

/// The seed of runs that keep no state: fixed, so that the same records give the same bytes.
const SEED_WITHOUT_STATE: u128 = 0x676c_6173_7362_6f78;
/// Batches between two findings whose explanation is checked for faithfulness: some hundred thousand records.
const FAITHFUL_BATCHES: usize = 256;
/// Rejected rules named one by one where a pack is built in passing.
const REJECTED_NAMED_MAX: usize = 3;

/// A plugin with a pack.
pub(super) struct Session {
    pub(super) deployment: Deployment,
    pub(super) knowledge: Knowledge,
}

impl Session {
    /// Loads what the user named, else what the binary carries.
    pub(super) fn open(detector: &Detector, talk: Talk) -> Result<Self, Failure> {
        let pack = match (named_pack(detector, talk)?, detector.rules.as_slice()) {
            (Some(pack), _) => pack,
            (None, []) => starter::pack().or_exit(Exit::Pack)?.bytes,
            (None, rules) => {
                let inputs = read_inputs(rules, &detector.options)?;
                let inside = load_plugin(None, &SandboxArgs::default(), talk)?;
                let built = packs::build_with_specimens(inputs, starter::MODEL.as_bytes(), None, &inside)
                    .or_exit(Exit::Pack)?;
                tell_rejected(&built, talk)?;
                built.bytes
            }
        };
        Self::with_pack(pack, load_detector(detector, talk)?)
    }

    /// Puts a plugin and a pack together.
    pub(super) fn with_pack(pack: Vec<u8>, plugin: Plugin) -> Result<Self, Failure> {
        let parsed = Pack::parse(&pack).or_exit(Exit::Pack)?;
        let knowledge = packs::knowledge(&parsed, plugin.digest()).or_exit(Exit::Pack)?;
        let deployment = deployment_of(plugin, pack)?;
        Ok(Self { deployment, knowledge })
    }
}

/// A plugin with a pack.
pub(super) fn deployment_of(plugin: Plugin, pack: Vec<u8>) -> Result<Deployment, Failure> {
    Deployment::new(plugin, pack).map_err(|error| {
        let exit = if matches!(error, DeploymentError::Describe(_)) { Exit::Plugin } else { Exit::Pack };
        Failure { exit, error: error.into() }
    })
}

/// Everything that rules are compiled from.
pub(super) fn read_inputs(rules: &[PathBuf], options: &RuleOptions) -> Result<RuleInputs, Failure> {
    let RuleOptions { pipelines, filters, placeholders } = options;
    RuleInputs::read(rules, filters, pipelines, placeholders).or_exit(Exit::Pack)
}

/// A pack's bytes, whole and undamaged.
pub(super) fn read_pack(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = path.display().to_string();
    let bytes = fs::read(path).with_context(|| format!("the pack {name} cannot be read")).or_exit(Exit::Pack)?;
    Pack::parse(&bytes).with_context(|| name).or_exit(Exit::Pack)?;
    Ok(bytes)
}

/// Rules that did not make it into a pack built in passing. Without any rule there is nothing to score with.
pub(super) fn tell_rejected(built: &Built, talk: Talk) -> Result<(), Failure> {
    let rejected: Vec<_> = built.rejected().collect();
    let named = rejected.iter().take(if talk.verbose { usize::MAX } else { REJECTED_NAMED_MAX });
    let named: Vec<_> = named
        .map(|account| format!("  {}: {}", clean(&account.place()), clean(account.rejection().unwrap_or_default())))
        .collect();
    if built.metadata.is_empty() {
        let others = built.accounts.iter().filter_map(|account| Some((account, account.passed_over()?)));
        let others = others.map(|(account, reason)| format!("  {}: {}", clean(&account.place()), clean(reason)));
        let named: Vec<_> = named.into_iter().chain(others.take(REJECTED_NAMED_MAX)).collect();
        let message = format!("no rule could be loaded; fix the rules or name others\n{}", named.join("\n"));
        // The lines are clean already, and their ends are meant.
        say(format!("glassbox: {message}"));
        return Err(Failure::new(Exit::Pack, "there is nothing to score with"));
    }
    if !rejected.is_empty() && !talk.quiet {
        let total = counted(built.rules() as u64, "rule");
        say(format!("{} of {total} rejected; `glassbox pack build` names each:\n{}", rejected.len(), named.join("\n")));
    }
    let warned = built.accounts.iter().filter(|account| !account.warnings.is_empty()).count();
    if warned > 0 && !talk.quiet {
        say(format!("{} loaded with warnings; `glassbox pack build` shows them", counted(warned as u64, "rule")));
    }
    Ok(())
}

/// Sources found and a state read.
pub(super) struct Opened {
    pub(super) plan: Plan,
    pub(super) ledger: Arc<Ledger>,
    pub(super) settings: Settings,
    pub(super) state: Option<Vec<u8>>,
    pub(super) threads: usize,
    /// What the operator says produced the records.
    pub(super) hint: Logsource,
}

impl Opened {
    /// Looks at everything before anything is scored.
    pub(super) fn new(sources: &Sources) -> Result<Self, Failure> {
        if let (Some(from), Some(to)) = (sources.from, sources.to)
            && from >= to
        {
            return Err(Failure::new(Exit::Usage, "--from must be earlier than --to: the time window is empty"));
        }
        let (seed, state) = match &sources.state {
            None => (SEED_WITHOUT_STATE, None),
            Some(path) => {
                let file = match StateFile::read(path).or_exit(Exit::State)? {
                    Some(file) => file,
                    None => StateFile::fresh()?,
                };
                (file.seed, file.state.filter(|state| !state.is_empty()))
            }
        };
        let plan = source::plan(&sources.paths);
        let ledger = Arc::new(Ledger::default());
        for problem in &plan.problems {
            ledger.note(&problem.source, problem.what.clone());
        }
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let settings = Settings { seed, from: sources.from, to: sources.to, limits: GuestLimits::default() };
        let (hint, threads) = (sources.logsource.clone(), sources.threads.map_or(cores, usize::from));
        Ok(Self { plan, ledger, settings, state, threads, hint })
    }

    /// How the run goes.
    pub(super) fn options(&self) -> RunOptions {
        RunOptions { threads: self.threads, faithful_batches: FAITHFUL_BATCHES, ..RunOptions::new(self.settings) }
    }

    /// Where the records come from.
    pub(super) fn origin(&self) -> Origin {
        Origin::hinted(&self.hint)
    }

    /// The records of all sources.
    pub(super) fn records(&self, session: &Session) -> Records {
        let limits = session.deployment.plugin().limits();
        Records::new(self.plan.inputs.clone(), limits.record_bytes_max, Arc::clone(&self.ledger)).within(limits)
    }

    /// These records, each source registered before its first record: files in archives are found on the way.
    pub(super) fn inputs<R>(&self, mut records: R) -> impl Iterator<Item = anyhow::Result<Input>> + use<R>
    where
        R: Iterator<Item = anyhow::Result<SourceRecord>>,
    {
        let (ledger, origin) = (Arc::clone(&self.ledger), self.origin());
        let (mut registered, mut waiting) = (0, None);
        std::iter::from_fn(move || {
            let record = match waiting.take().or_else(|| records.next())? {
                Ok(record) => record,
                Err(error) => return Some(Err(error)),
            };
            if record.source < registered {
                return Some(Ok(Input::Record(record)));
            }
            let name = ledger.name(registered).unwrap_or_default();
            registered += 1;
            waiting = Some(Ok(record));
            Some(Ok(Input::Source(SourceInfo { name: name.to_string(), origin: origin.clone() })))
        })
    }
}

/// What a run that failed ends with.
pub(super) fn run_failure(error: RunError) -> Failure {
    let exit = match &error {
        RunError::Configure(_) => Exit::Pack,
        RunError::Restore(_) => Exit::State,
        RunError::Source(_) => Exit::Unread,
        RunError::Sink(_) | RunError::Host(_) => Exit::Failed,
    };
    match error {
        // As it is: a closed pipe must be told from a full disk.
        RunError::Sink(error) => Failure { exit, error },
        error => Failure { exit, error: error.into() },
    }
}

/// The worst that happened in a run that went to its end.
pub(super) fn exit_of(end: &RunEnd, ledger: &Ledger) -> Exit {
    if end.refused {
        Exit::Plugin
    } else if !end.summary.faults.is_empty() || end.out_of_service.is_some() {
        Exit::Faulted
    } else if !ledger.problems().is_empty() {
        Exit::Unread
    } else {
        Exit::Done
    }
}

/// What must be said of a run's end whatever the format.
pub(super) fn tell_end(end: &RunEnd, talk: Talk) {
    if let Some(why) = &end.out_of_service {
        let what = if end.refused { "the plugin was refused" } else { "the plugin was taken out of service" };
        say(format!("{what}: {}; records without a score go to people", clean(why)));
    }
    if !end.restored.dropped.is_empty() && !talk.quiet {
        let dropped: Vec<_> = end.restored.dropped.iter().map(|section| clean(section)).collect();
        say(format!("of the saved state, these were dropped as their definition changed: {}", dropped.join(", ")));
    }
}
