//! What goes into a run, and how it reaches the lanes.

use std::sync::{Arc, mpsc};

use glassbox_finding::{EventTime, Origin};
use glassbox_report::SourceRecord;

use crate::{Batches, Work};

/// What a caller hands in, in order. An endless iterator makes an endless run: it ends in good order when the iterator
/// does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A source is registered: the next number, from 0.
    Source(SourceInfo),
    /// A record of a source that was registered before.
    Record(SourceRecord),
    /// Time has passed without a record.
    Tick(Tick),
    /// What was handed in so far is to be judged and settled with a checkpoint.
    Checkpoint,
}

/// How time passes without a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// It is this instant, and nothing came.
    Idle(EventTime),
    /// The input has ended: nothing more comes, and what waits for more is decided now.
    End,
}

impl Tick {
    /// The instant that time has passed to; none for the end.
    #[must_use]
    pub fn to(self) -> Option<EventTime> {
        match self {
            Self::Idle(to) => Some(to),
            Self::End => None,
        }
    }
}

/// A source of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceInfo {
    /// Its name, as it is shown.
    pub name: String,
    /// What is known of where its records come from.
    pub origin: Origin,
}

/// The inputs of a run over sources that are known beforehand: the sources, then their records.
pub fn inputs<R>(sources: Vec<SourceInfo>, records: R) -> impl Iterator<Item = anyhow::Result<Input>> + use<R>
where
    R: Iterator<Item = anyhow::Result<SourceRecord>>,
{
    sources.into_iter().map(|source| Ok(Input::Source(source))).chain(records.map(|record| record.map(Input::Record)))
}

/// The way to one lane.
pub(super) struct LaneFeed {
    /// One for each batch that the lane takes.
    pub(super) leaves: mpsc::Receiver<()>,
    pub(super) works: mpsc::Sender<Arc<Work>>,
}

/// Makes batches and hands each to all lanes, when every lane has given leave.
pub(super) fn feed<I: Iterator<Item = anyhow::Result<Input>>>(
    mut batches: Batches<I>,
    lanes: &[LaneFeed],
) -> anyhow::Result<()> {
    // Without leave, or without readers, the run is over.
    while lanes.iter().all(|lane| lane.leaves.recv().is_ok()) {
        let Some(work) = batches.next() else { break };
        let work = Arc::new(work);
        if lanes.iter().any(|lane| lane.works.send(Arc::clone(&work)).is_err()) {
            break;
        }
    }
    batches.end()
}
