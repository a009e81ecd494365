//! What a run over files begins with: sources found, a state read, settings; and the inputs that come of them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use glassbox_deployment::{
    Deployment,
    state_file::{StateFile, StateFileError},
};
use glassbox_finding::{EventTime, GuestLimits, Logsource, Origin, Settings};
use glassbox_report::SourceRecord;
use glassbox_source::{self as source, Ledger, Plan, Records};

use crate::{Input, RunOptions, SourceInfo, Tick, limits};

/// The seed of runs that keep no state: fixed, so that the same records give the same bytes.
const SEED_WITHOUT_STATE: u128 = 0x676c_6173_7362_6f78;
/// Batches between two findings whose explanation is checked for faithfulness: some hundred thousand records.
const FAITHFUL_BATCHES: usize = 256;

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
    /// What the operator says produced the records.
    pub hint: Logsource,
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
    /// Whether the state is kept: then another run goes on, and the end of these inputs is not the end of input.
    pub goes_on: bool,
    /// Readers.
    pub threads: usize,
    /// What the operator says produced the records.
    pub hint: Logsource,
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
        let settings = Settings { seed, from, to, limits: GuestLimits::default() };
        let mut opened = Self {
            settings,
            goes_on: options.state.is_some(),
            state,
            hint: options.hint.clone(),
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
        let ledger = Arc::new(Ledger::of(&plan));
        let settings = Settings { seed: SEED_WITHOUT_STATE, ..Settings::default() };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let (hint, source_limits, limits) = Default::default();
        Self { plan, ledger, settings, state: None, goes_on: false, threads, hint, source_limits, limits }
    }

    /// How the run goes.
    #[must_use]
    pub fn options(&self) -> RunOptions {
        RunOptions {
            threads: self.threads,
            faithful_batches: FAITHFUL_BATCHES,
            limits: self.limits.clone(),
            ..RunOptions::new(self.settings)
        }
    }

    /// Where the records come from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::hinted(&self.hint)
    }

    /// The records of all sources, within the limits of the plugin that gets them.
    #[must_use]
    pub fn records(&self, deployment: &Deployment) -> Records {
        let record_bytes_max = deployment.plugin().limits().record_bytes_max;
        let records = Records::new(self.plan.inputs.clone(), record_bytes_max, Arc::clone(&self.ledger));
        records.within(&self.source_limits)
    }

    /// These records, each source registered before its first record: files in archives are found on the way. At their end
    /// the input ends, unless the state is kept.
    pub fn inputs<R>(&self, mut records: R) -> impl Iterator<Item = anyhow::Result<Input>> + use<R>
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
        .chain((!self.goes_on).then_some(Ok(Input::Tick(Tick::End))))
    }
}
