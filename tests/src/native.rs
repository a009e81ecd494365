//! The same crates without the sandbox: what a run through it must agree with.

use glassbox_finding::{Batch, Logsource, Origin, Sequence, Settings};
use glassbox_oracle::engine::{Engine, Found};

use crate::runs::settings;

/// The most bytes of a batch.
const BATCH_BYTES_MAX: usize = 1 << 20;

/// What the native plugin says of records.
#[derive(Debug, Default)]
pub struct Native {
    /// Each record's finding, if it has one. Records have the sequences from 1 on.
    pub findings: Vec<Option<Found>>,
    /// Records that were not scored, longer ones included.
    pub unscored: usize,
    /// The state at the end.
    pub state: Vec<u8>,
}

/// The engine with this pack.
///
/// # Panics
/// When the pack is refused.
#[must_use]
pub fn engine(pack: &[u8]) -> Engine {
    engine_under(settings().seed, pack)
}

/// The same for a tenant with another seed.
///
/// # Panics
/// When the pack is refused.
#[must_use]
pub fn engine_under(seed: u128, pack: &[u8]) -> Engine {
    Engine::new(pack, &Settings { seed, ..settings() }).expect("the pack is sound")
}

/// Reads and judges records in batches of so many.
///
/// # Panics
/// When a batch is refused, or an answer does not hold.
pub fn run<R: AsRef<[u8]>>(engine: &mut Engine, hint: &Logsource, records: &[R], batch_records: usize) -> Native {
    let record_bytes_max = glassbox_sandbox::limits::Limits::default().record_bytes_max;
    let mut native = Native { findings: vec![None; records.len()], ..Native::default() };
    let empty = || (Batch::of(Origin::hinted(hint)), Vec::new());
    let (mut batch, mut places) = empty();
    for (place, record) in records.iter().map(AsRef::as_ref).enumerate() {
        if record.len() > record_bytes_max {
            native.unscored += 1;
            continue;
        }
        if places.len() == batch_records || batch.bytes.len() + record.len() > BATCH_BYTES_MAX {
            native.batch(engine, &batch, &places);
            (batch, places) = empty();
        }
        batch.push(record);
        places.push(place);
    }
    native.batch(engine, &batch, &places);
    native.state = engine.detector.save().expect("a configured detector has a state");
    native
}

impl Native {
    fn batch(&mut self, engine: &mut Engine, batch: &Batch, places: &[usize]) {
        let sequences: Vec<Sequence> = places.iter().map(|&place| place as Sequence + 1).collect();
        let judged = engine.judge(batch, &sequences);
        self.unscored += judged.reading.unscored.len();
        for (found, &place) in judged.found.into_iter().zip(places) {
            self.findings[place] = found;
        }
    }
}
