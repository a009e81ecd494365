//! What a run over files begins with: sources found, a state read, settings.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use glassbox_deployment::{
    Deployment,
    state_file::{StateFile, StateFileError},
};
use glassbox_finding::{EventTime, Settings};
use glassbox_source::{self as source, Ledger, Plan, Records};

use crate::{Service, limits};

/// The seed of runs that keep no state: fixed, so that the same records give the same bytes.
const SEED_WITHOUT_STATE: u128 = 0x676c_6173_7362_6f78;
/// Readings between two findings whose explanation is checked for faithfulness: some hundred thousand records.
const FAITHFUL_READINGS: usize = 256;

/// What a run over files is asked for.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions<'o> {
    /// Files and folders; `-` is standard input.
    pub paths: &'o [PathBuf],
    /// The file of the state to go on from; a fresh state where there is no such file.
    pub state: Option<&'o Path>,
    /// Records before this time are left out.
    pub from: Option<EventTime>,
    /// Records at this time and after are left out.
    pub to: Option<EventTime>,
    /// Readers; as many as there are cores where it is not said.
    pub threads: Option<usize>,
    /// What a source may become.
    pub source_limits: glassbox_source::limits::Limits,
    /// How often the plugin may fail, and what is done again.
    pub limits: limits::Limits,
}

/// Why a run does not begin.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The time window holds no time.
    #[error("the time window is empty: it must begin before it ends")]
    EmptyWindow,
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateFileError),
}

/// Sources found and a state read.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What there is to read.
    pub plan: Plan,
    /// What reading comes to.
    pub ledger: Arc<Ledger>,
    /// Seed and time window.
    pub settings: Settings,
    /// The state to go on from; none to begin with a fresh one.
    pub state: Option<Vec<u8>>,
    /// Readers.
    pub threads: usize,
    /// What a source may become.
    pub source_limits: glassbox_source::limits::Limits,
    /// How often the plugin may fail, and what is done again.
    pub limits: limits::Limits,
}

impl Opened {
    /// Looks at everything before anything is scored.
    ///
    /// # Errors
    /// When the time window is empty, or the state cannot be used. Sources that cannot be read are noted in the ledger.
    pub fn new(options: &OpenOptions<'_>) -> Result<Self, OpenError> {
        let &OpenOptions { paths, state, from, to, threads, .. } = options;
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(OpenError::EmptyWindow);
        }
        let (seed, state) = match state {
            None => (SEED_WITHOUT_STATE, None),
            Some(path) => {
                let file = match StateFile::read(path)? {
                    Some(file) => file,
                    None => StateFile::fresh()?,
                };
                (file.seed, file.state.filter(|state| !state.is_empty()))
            }
        };
        let settings = Settings { seed, from, to };
        let mut opened = Self {
            settings,
            state,
            source_limits: options.source_limits.clone(),
            limits: options.limits.clone(),
            ..Self::of_plan(source::plan(paths))
        };
        if let Some(threads) = threads {
            opened.threads = threads;
        }
        Ok(opened)
    }

    /// A plan alone: without a state, with as many readers as there are cores.
    #[must_use]
    pub fn of_plan(plan: Plan) -> Self {
        let ledger = Arc::new(Ledger::default());
        for problem in &plan.problems {
            ledger.note(&problem.source, problem.what.clone());
        }
        let settings = Settings { seed: SEED_WITHOUT_STATE, from: None, to: None };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let (source_limits, limits) = Default::default();
        Self { plan, ledger, settings, state: None, threads, source_limits, limits }
    }

    /// The names of the sources, in order.
    #[must_use]
    pub fn source_names(&self) -> Vec<String> {
        self.plan.inputs.iter().map(|input| input.name().to_owned()).collect()
    }

    /// The records of all sources, within the limits of the plugin that gets them.
    #[must_use]
    pub fn records(&self, deployment: &Deployment) -> Records {
        let record_bytes_max = deployment.plugin.limits().record_bytes_max;
        let records = Records::new(self.plan.inputs.clone(), record_bytes_max, Arc::clone(&self.ledger));
        records.within(&self.source_limits)
    }

    /// A service of a deployment over these sources.
    #[must_use]
    pub fn service<'d>(&self, deployment: &'d Deployment) -> Service<'d> {
        Service {
            threads: self.threads,
            limits: self.limits.clone(),
            known: &deployment.known,
            source_names: self.source_names(),
            ruleset_digest: deployment.ruleset_digest.clone(),
            model: deployment.knowledge.model.as_ref(),
            faithful_readings: FAITHFUL_READINGS,
            ..Service::new(&deployment.plugin, &deployment.pack, self.settings)
        }
    }
}
