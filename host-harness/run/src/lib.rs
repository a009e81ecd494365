//! A run: records in, findings out, every record accounted for, whatever the plugin does.
//!
//! It never reads a source, never keeps anything beyond the run, and knows neither a store nor the command line.
//!
//! ```text
//! feeder ─► batches ─► readers (as many as threads) ─► judge (one, in record order) ─► sink (the caller's thread)
//!    ▲                                                   │
//!    └──────────────── leave to go on ◄──────────────────┘
//! ```
//!
//! Only a bounded number of batches is under way: the judge gives leave for the next one when it is done with one.
//! Which batches meet a fault, and what follows from it, is decided by the judge in record order; so neither the number
//! of threads nor, for a plugin that keeps the contract, the size of batches changes a result.

mod batch;
mod faithful;
mod judge;
pub mod limits;
mod opened;
mod quarantine;
mod reader;

use std::{
    sync::{Mutex, PoisonError, atomic::AtomicBool, mpsc},
    thread,
};

pub use faithful::{Faithful, Unfaithful, check_faithful};
use glassbox_finding::{ConfigureError, Logsource, Restored, Settings, StateError};
use glassbox_packs::{KnownAnswer, check_known_answers};
use glassbox_report::{Found, Sink, SourceRecord, Summary, UnscoredRecord};
use glassbox_sandbox::{Fault, Instance, Plugin};
use glassbox_score::Model;
pub use opened::{OpenError, OpenOptions, Opened};
pub use quarantine::{Clock, FaultPolicy, monotonic};

pub use batch::{Batches, Work};
use judge::Judge;
use reader::{ReadWork, Reader};

/// What a run runs with.
pub struct Service<'p> {
    /// The plugin.
    pub plugin: &'p Plugin,
    /// The pack's bytes.
    pub pack: &'p [u8],
    /// Seed and time window.
    pub settings: Settings,
    /// Readers that work side by side, at least 1.
    pub threads: usize,
    /// Records of a batch, at most what the limits allow.
    pub batch_records_max: usize,
    /// Bytes of a batch, at most what the limits allow. A larger record makes a batch of its own.
    pub batch_bytes_max: usize,
    /// Readings between two checkpoints.
    pub checkpoint_readings: usize,
    /// Readings between two findings whose explanation is checked for faithfulness; 0 for none.
    pub faithful_readings: usize,
    /// What the operator says produced the records.
    pub hint: Logsource,
    /// What follows when one batch after another meets a fault.
    pub fault_policy: FaultPolicy,
    /// What the pack says must be found, and what must not.
    pub known: &'p [KnownAnswer],
    /// The regular expressions of the pack's rules, the only ones that evidence may name; none to allow any.
    pub expressions: Option<Vec<String>>,
    /// How often the plugin may fail, and what is done again.
    pub limits: limits::Limits,
    /// The pack's model, against which every finding is checked; none where the plugin has another.
    pub model: Option<&'p Model>,
    /// The names of the sources, in the order that `SourceRecord::source` counts.
    pub source_names: Vec<String>,
    /// The digest of the rule set, in hexadecimal: part of every finding's id.
    pub ruleset_digest: String,
}

impl<'p> Service<'p> {
    /// A service with the limits' batches, one reader, and nothing known of the records.
    #[must_use]
    pub fn new(plugin: &'p Plugin, pack: &'p [u8], settings: Settings) -> Self {
        Self {
            plugin,
            pack,
            settings,
            threads: 1,
            batch_records_max: plugin.limits().batch_records_max,
            batch_bytes_max: plugin.limits().batch_bytes_max,
            checkpoint_readings: 64,
            faithful_readings: 0,
            hint: Logsource::default(),
            fault_policy: FaultPolicy::default(),
            known: &[],
            expressions: None,
            limits: limits::Limits::default(),
            model: None,
            source_names: Vec::new(),
            ruleset_digest: String::new(),
        }
    }

    /// A fresh instance with the pack and these settings.
    fn start(&self, settings: Settings) -> Result<Instance, StartError> {
        let mut instance = self.plugin.start()?;
        instance.configure(self.pack, settings)??;
        Ok(instance)
    }
}

/// Why a fresh instance does not serve.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Configure(#[from] ConfigureError),
    #[error(transparent)]
    Restore(#[from] StateError),
}

/// How a run ended.
#[derive(Debug)]
pub struct RunEnd {
    /// The account of every record.
    pub summary: Summary,
    /// The state after all records that were judged; the last checkpoint where the plugin could not give a newer one.
    pub state: Vec<u8>,
    /// What became of the state that the run started from.
    pub restored: Restored,
    /// Why the plugin was taken out of service, if it was. The records after that are unscored.
    pub out_of_service: Option<String>,
    /// Whether that happened before the first record: a known answer was wrong, or the plugin did not start.
    pub refused: bool,
    /// The most memory that an instance held, in bytes.
    pub memory_bytes_peak: u64,
}

/// Why a run could not be done, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The plugin refuses the pack or the settings.
    #[error("the plugin refuses the pack: {0}")]
    Configure(#[from] ConfigureError),
    /// The plugin refuses the state.
    #[error("the plugin refuses the saved state: {0}")]
    Restore(#[from] StateError),
    /// The records cannot be read on.
    #[error("reading records failed: {0:#}")]
    Source(anyhow::Error),
    /// What was found cannot be written.
    #[error("writing the results failed: {0:#}")]
    Sink(anyhow::Error),
    /// The host cannot do it.
    #[error("the run cannot go on: {0}")]
    Host(#[from] std::io::Error),
}

/// What the judge says, in record order.
enum Event {
    Found(Box<Found>),
    Unscored(UnscoredRecord),
    /// Records and bytes done so far.
    Progress(u64, u64),
}

/// Runs the service over the records.
///
/// A plugin that fails does not end the run: its records become unscored, and after too many faults further ones do, as
/// the policy says. All of them do where it fails a known answer or does not start.
///
/// # Errors
/// When the plugin refuses pack or state, when records cannot be read on (those before are done), or when the sink
/// fails.
pub fn run(
    service: &Service<'_>,
    state: Option<Vec<u8>>,
    records: impl Iterator<Item = anyhow::Result<SourceRecord>> + Send,
    sink: &mut dyn Sink,
) -> Result<RunEnd, RunError> {
    let Prepared { reader, refusal, memory_bytes } = prepare(service)?;
    let threads = service.threads.max(1);
    let stop = AtomicBool::new(refusal.is_some());
    let (leave, leaves) = mpsc::channel();
    let (work, works) = mpsc::channel::<Work>();
    let (read, reads) = mpsc::channel::<ReadWork>();
    let (event, events) = mpsc::sync_channel::<Vec<Event>>(2);
    let works = Mutex::new(works);
    for _ in 0..threads * 2 + 2 {
        // Both ends are here.
        let _ = leave.send(());
    }
    thread::scope(|scope| {
        let stack = service.plugin.limits().thread_stack_bytes;
        let named = |name: &str| thread::Builder::new().name(name.to_owned()).stack_size(stack);
        let feeder = named("feeder").spawn_scoped(scope, move || feed(service, records, &leaves, &work))?;
        let mut reader = reader;
        for number in 0..threads {
            let (read, works, stop) = (read.clone(), &works, &stop);
            let mut reader = Reader::new(service, reader.take());
            named(&format!("reader {number}")).spawn_scoped(scope, move || {
                // The lock is held while waiting: whoever has it takes the next batch.
                while let Ok(work) = { works.lock().unwrap_or_else(PoisonError::into_inner).recv() } {
                    if read.send(reader.read(work, stop)).is_err() {
                        break;
                    }
                }
            })?;
        }
        drop(read);
        let stop = &stop;
        let judge = named("judge").spawn_scoped(scope, move || {
            Judge::new(service, state, refusal, stop)?.follow(&reads, &leave, &event, memory_bytes)
        })?;
        let written = drain(&events, sink);
        drop(events);
        let end = join(judge);
        let fed = join(feeder);
        written.map_err(RunError::Sink)?;
        let end = end?;
        fed.map_err(RunError::Source)?;
        Ok(end)
    })
}

/// What comes before the first record.
struct Prepared {
    /// The instance that was asked, to read with; none where it would read otherwise than it should, or has failed.
    reader: Option<Instance>,
    refusal: Option<String>,
    memory_bytes: u64,
}

/// Starts the plugin and asks it what must be known.
fn prepare(service: &Service<'_>) -> Result<Prepared, RunError> {
    // Known answers hold whatever window the operator asks for.
    let settings = Settings { from: None, to: None, ..service.settings };
    let asked = || {
        let mut instance = service.start(settings)?;
        let answered = check_known_answers(&mut instance, service.known);
        Ok((instance, answered))
    };
    let asked = thread::scope(|scope| {
        let stack = service.plugin.limits().thread_stack_bytes;
        Ok::<_, RunError>(join(thread::Builder::new().stack_size(stack).spawn_scoped(scope, asked)?))
    })?;
    match asked {
        Ok((instance, Ok(()))) => {
            let memory_bytes = instance.memory_bytes_peak();
            Ok(Prepared { reader: (settings == service.settings).then_some(instance), refusal: None, memory_bytes })
        }
        Ok((instance, Err(error))) => {
            let memory_bytes = instance.memory_bytes_peak();
            Ok(Prepared { reader: None, refusal: Some(error.to_string()), memory_bytes })
        }
        Err(StartError::Configure(error)) => Err(error.into()),
        Err(StartError::Restore(error)) => Err(error.into()),
        Err(StartError::Fault(fault)) => {
            Ok(Prepared { reader: None, refusal: Some(fault.to_string()), memory_bytes: 0 })
        }
    }
}

/// Makes batches of the records, one for each leave.
fn feed(
    service: &Service<'_>,
    records: impl Iterator<Item = anyhow::Result<SourceRecord>>,
    leaves: &mpsc::Receiver<()>,
    works: &mpsc::Sender<Work>,
) -> anyhow::Result<()> {
    let mut batches = Batches::new(service, records);
    // Without leave, or without a reader, the run is over.
    while leaves.recv().is_ok() {
        let Some(work) = batches.next() else { break };
        if works.send(work).is_err() {
            break;
        }
    }
    batches.end()
}

/// Hands everything to the sink.
fn drain(events: &mpsc::Receiver<Vec<Event>>, sink: &mut dyn Sink) -> anyhow::Result<()> {
    for event in events.iter().flatten() {
        match event {
            Event::Found(found) => sink.found(*found)?,
            Event::Unscored(record) => sink.unscored(record)?,
            Event::Progress(records, bytes) => sink.progress(records, bytes),
        }
    }
    Ok(())
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
