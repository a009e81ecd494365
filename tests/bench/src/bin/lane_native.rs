//! Glassbox without the sandbox, as a lane of the benchmark: the same crates, the same steps, the same checks.
//!
//! Here and not in the host, which never links what runs in the sandbox.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use glassbox::bench::pass::{Held, Pass};
use glassbox_bench::{
    lane::{self, EngineFacts, InputFacts, Lane, Ran, RecordHits},
    own::{NATIVE_NAME, facts, own_facts, pack_of, ran, with_rules},
};
use glassbox_check::Checker;
use glassbox_finding::{Batch, JudgeError, Notes, Outcome, ReadError, Reading, Sequence};
use glassbox_pack::{Directory, Pack};
use glassbox_plugin::Detector;
use glassbox_sandbox::{Detect, Fault, Terms, limits::Limits};
use glassbox_tests::runs;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The plugin's own detector. It faults by a panic, which ends the lane.
struct NativeDetector(Detector);

impl Detect for NativeDetector {
    fn read(&mut self, batch: &Batch) -> Result<Result<Reading, ReadError>, Fault> {
        Ok(self.0.read(batch))
    }

    fn judge(&mut self, notes: &Notes, sequences: &[Sequence]) -> Result<Result<Outcome, JudgeError>, Fault> {
        Ok(self.0.judge(notes, sequences))
    }
}

#[derive(Default)]
struct NativeLane {
    limits: Limits,
    loaded: Option<Loaded>,
    input: Arc<Vec<u8>>,
    hits: Vec<RecordHits>,
}

/// A detector with a pack, the state that every run begins with, and what answers are held to.
struct Loaded {
    detector: NativeDetector,
    fresh_state: Vec<u8>,
    directory: Arc<Directory>,
    checker: Checker,
    maps: usize,
}

impl Loaded {
    fn new(pack: &[u8]) -> anyhow::Result<Self> {
        let directory = Arc::new(Directory::open(&Pack::parse(pack)?)?);
        let (detector, _) = Detector::configure(pack, &runs::settings())?;
        let maps = Detector::describe().maps;
        let checker = Checker::new(Arc::clone(&directory), &maps);
        let fresh_state = detector.save()?;
        Ok(Self { detector: NativeDetector(detector), fresh_state, directory, checker, maps: maps.len() })
    }
}

impl Lane for NativeLane {
    fn rules(&mut self, files: &[PathBuf]) -> Result<EngineFacts, String> {
        let built = pack_of(files)?;
        self.loaded = Some(Loaded::new(&built.bytes).map_err(|error| format!("{error:#}"))?);
        Ok(with_rules(own_facts(NATIVE_NAME, "without the sandbox"), &built))
    }

    fn input(&mut self, bytes: Arc<Vec<u8>>) -> Result<InputFacts, String> {
        self.input = bytes;
        facts(&self.input, &self.limits)
    }

    fn run(&mut self) -> Result<Ran, String> {
        let Some(loaded) = &mut self.loaded else { return Err("rules come before a run".to_owned()) };
        let Loaded { detector, fresh_state, directory, checker, maps } = loaded;
        // The same state at the start of every run: all runs do the same work.
        detector.0.restore(fresh_state).map_err(|error| error.to_string())?;
        let held = Held { terms: Terms { directory, maps: *maps }, checker };
        let passed = Pass::new(&self.limits, Some(held)).run(detector, &self.input);
        let (ran, hits) = ran(passed.map_err(|error| error.to_string())?, directory);
        self.hits = hits;
        Ok(ran)
    }

    fn hits(&self) -> Vec<RecordHits> {
        self.hits.clone()
    }
}

fn main() -> ExitCode {
    match lane::serve(&mut NativeLane::default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lane_native: {error}");
            ExitCode::FAILURE
        }
    }
}
