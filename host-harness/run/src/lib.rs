//! A run: records in, findings out, every record accounted for, whatever the plugin does.
//!
//! It never opens a file or a store and knows no command line: records come from an iterator and results go to a sink,
//! both the caller's.
//!
//! ```text
//! feeder ─► batches ─┬► readers (as many as threads) ─► judge (one, in order) ─► sink (the caller's thread)
//!    ▲               └► the same batches for each further lane
//!    └──────────────────────── leave to go on ◄────────────────┘
//! ```
//!
//! Only a bounded number of batches is under way: the judge gives leave for the next one when it is done with one.
//! Which batches meet a fault, and what follows from it, is decided by the judge in record order; so neither the number
//! of threads nor, for a plugin that keeps the contract, the size of batches changes a result.
//!
//! A *lane* is a deployment with its own readers, judge and state. Several lanes can follow one stream of batches; a
//! reading is never shared between them.

mod batch;
mod faithful;
mod feed;
mod ids;
mod judge;
pub mod limits;
mod opened;
mod options;
mod quarantine;
mod reader;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool, mpsc},
    thread,
};

pub use batch::{Batches, Work};
pub use faithful::{Faithful, Unfaithful, check_faithful};
use feed::LaneFeed;
pub use feed::{Input, SourceInfo, Tick, inputs};
use glassbox_deployment::{Deployment, StartError};
use glassbox_finding::{ConfigureError, Restored, Settings, StateError};
use glassbox_report::{Settled, Sink, StoredFinding, Summary, UnscoredRecord};
use glassbox_sandbox::Instance;
use judge::Judge;
pub use opened::{OpenError, OpenOptions, Opened};
pub use options::RunOptions;
pub use quarantine::{Clock, FaultPolicy, monotonic};
use reader::{ReadWork, Reader};

/// A deployment that follows the stream, and how.
pub struct Lane<'l> {
    /// What is in service.
    pub deployment: &'l Deployment,
    /// How it runs.
    pub options: RunOptions,
    /// The state to start from; none for a fresh one.
    pub state: Option<Vec<u8>>,
}

/// How a lane ended.
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

/// What a judge says, in record order.
enum Event {
    Found {
        finding: Box<StoredFinding>,
        record: Vec<u8>,
    },
    Unscored(UnscoredRecord),
    /// Everything up to a sequence was judged; with a checkpoint where one was taken there.
    Settled {
        sequence: u64,
        checkpoint: Option<Arc<[u8]>>,
    },
    /// Records and bytes done so far.
    Progress(u64, u64),
}

/// Runs one deployment over the records.
///
/// A plugin that fails does not end the run: its records become unscored, and after too many faults further ones do, as
/// the policy says. All of them do where it fails a known answer or does not start.
///
/// # Errors
/// When the plugin refuses pack or state, when records cannot be read on (those before are done), or when the sink
/// fails.
pub fn run(
    deployment: &Deployment,
    options: RunOptions,
    state: Option<Vec<u8>>,
    inputs: impl Iterator<Item = anyhow::Result<Input>> + Send,
    sink: &mut dyn Sink,
) -> Result<RunEnd, RunError> {
    let mut ends = run_lanes(vec![Lane { deployment, options, state }], inputs, &mut [sink])?;
    Ok(ends.swap_remove(0))
}

/// Runs several deployments over one stream of batches, each with its own readers, judge and state. Sinks and ends are in
/// the order of the lanes. Batches are as large as the limits of all lanes allow.
///
/// # Errors
/// As [`run`]; an error of one lane ends all.
///
/// # Panics
/// When there is not one sink for each lane.
pub fn run_lanes(
    lanes: Vec<Lane<'_>>,
    inputs: impl Iterator<Item = anyhow::Result<Input>> + Send,
    sinks: &mut [&mut dyn Sink],
) -> Result<Vec<RunEnd>, RunError> {
    assert_eq!(lanes.len(), sinks.len(), "one sink for each lane");
    let batches = Batches::new(&lanes, inputs);
    let prepared = lanes.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
    let stops: Vec<AtomicBool> = prepared.iter().map(|it| AtomicBool::new(it.refusal.is_some())).collect();
    let (event, events) = mpsc::sync_channel(2 * lanes.len());
    let (mut feeds, mut ways) = (Vec::new(), Vec::new());
    for lane in &lanes {
        let (work, works) = mpsc::channel::<Arc<Work>>();
        let (leave, leaves) = mpsc::channel();
        for _ in 0..lane.options.threads.max(1) * 2 + 2 {
            // Both ends are here.
            let _ = leave.send(());
        }
        feeds.push(LaneFeed { leaves, works: work });
        ways.push((Mutex::new(works), leave));
    }
    let (queues, leaves): (Vec<_>, Vec<_>) = ways.into_iter().unzip();
    let (lanes, queues, stops) = (&lanes, &queues, &stops);
    thread::scope(|scope| {
        let stack = lanes.iter().map(|lane| lane.deployment.plugin().limits().thread_stack_bytes).max();
        let named = |name: String| thread::Builder::new().name(name).stack_size(stack.unwrap_or(8 << 20));
        let feeder = named("feeder".to_owned()).spawn_scoped(scope, move || feed::feed(batches, &feeds))?;
        let mut judges = Vec::with_capacity(lanes.len());
        for (number, (prepared, leave)) in prepared.into_iter().zip(leaves).enumerate() {
            let (lane, queue, stop) = (&lanes[number], &queues[number], &stops[number]);
            let (read, reads) = mpsc::channel::<ReadWork>();
            let mut first = prepared.reader;
            for thread in 0..lane.options.threads.max(1) {
                let read = read.clone();
                let mut reader = Reader::new(lane, first.take());
                named(format!("reader {number}.{thread}")).spawn_scoped(scope, move || {
                    // The lock is held while waiting: the reader that holds it takes the next batch.
                    while let Ok(work) = { queue.lock().unwrap_or_else(PoisonError::into_inner).recv() } {
                        if read.send(reader.read(work, stop)).is_err() {
                            break;
                        }
                    }
                })?;
            }
            drop(read);
            let event = event.clone();
            judges.push(named(format!("judge {number}")).spawn_scoped(scope, move || {
                let tell = |events| event.send((number, events)).is_ok();
                Judge::new(lane, prepared.refusal, stop)?.follow(&reads, &leave, &tell, prepared.memory_bytes)
            })?);
        }
        drop(event);
        let written = drain(&events, sinks);
        drop(events);
        let ends: Vec<Result<RunEnd, RunError>> = judges.into_iter().map(join).collect();
        let fed = join(feeder);
        written.map_err(RunError::Sink)?;
        let ends = ends.into_iter().collect::<Result<Vec<_>, _>>()?;
        fed.map_err(RunError::Source)?;
        Ok(ends)
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
fn prepare(lane: &Lane<'_>) -> Result<Prepared, RunError> {
    let Lane { deployment, options, .. } = lane;
    // Known answers hold whatever window the operator asks for.
    let settings = Settings { from: None, to: None, ..options.settings };
    let asked = || {
        let mut instance = deployment.start(settings)?;
        let answered = deployment.check_known_answers(&mut instance);
        Ok((instance, answered))
    };
    let asked = thread::scope(|scope| {
        let stack = deployment.plugin().limits().thread_stack_bytes;
        Ok::<_, RunError>(join(thread::Builder::new().stack_size(stack).spawn_scoped(scope, asked)?))
    })?;
    match asked {
        Ok((instance, Ok(()))) => {
            let memory_bytes = instance.memory_bytes_peak();
            Ok(Prepared { reader: (settings == options.settings).then_some(instance), refusal: None, memory_bytes })
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

/// Hands everything to the sinks.
fn drain(events: &mpsc::Receiver<(usize, Vec<Event>)>, sinks: &mut [&mut dyn Sink]) -> anyhow::Result<()> {
    for (lane, events) in events {
        let sink = &mut *sinks[lane];
        for event in events {
            match event {
                Event::Found { finding, record } => sink.found(*finding, &record)?,
                Event::Unscored(record) => sink.unscored(record)?,
                Event::Settled { sequence, checkpoint } => {
                    sink.settled(Settled { sequence, checkpoint: checkpoint.as_deref() })?;
                }
                Event::Progress(records, bytes) => sink.progress(records, bytes),
            }
        }
    }
    Ok(())
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
