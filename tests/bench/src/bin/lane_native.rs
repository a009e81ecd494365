//! Glassbox without the sandbox, as a lane of the benchmark: the same crates, the same steps, the same checks.
//!
//! Here and not in the host, which never links what runs in the sandbox.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use glassbox::bench::pass::Pass;
use glassbox_bench::{
    lane::{self, EngineFacts, InputFacts, Lane, Ran, RecordHits},
    own::{NATIVE_NAME, facts, own_facts, pack_of, ran, with_rules},
};
use glassbox_finding::{Batch, JudgeError, Outcome, ReadError, Reading};
use glassbox_plugin::Detector;
use glassbox_sandbox::{Detect, Fault, limits::Limits};
use glassbox_tests::native;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The plugin's own detector. It faults by a panic, which ends the lane.
struct NativeDetector(Detector);

impl Detect for NativeDetector {
    fn read(&mut self, batch: &Batch) -> Result<Result<Reading, ReadError>, Fault> {
        Ok(self.0.read(batch))
    }

    fn judge(&mut self, body: &[u8]) -> Result<Result<Outcome, JudgeError>, Fault> {
        Ok(self.0.judge(body, None))
    }
}

#[derive(Default)]
struct NativeLane {
    limits: Limits,
    detector: Option<NativeDetector>,
    fresh_state: Vec<u8>,
    input: Arc<Vec<u8>>,
    hits: Vec<RecordHits>,
}

impl Lane for NativeLane {
    fn rules(&mut self, files: &[PathBuf]) -> Result<EngineFacts, String> {
        let built = pack_of(files)?;
        let detector = native::detector(&built.bytes);
        self.fresh_state = detector.save().map_err(|error| error.to_string())?;
        self.detector = Some(NativeDetector(detector));
        Ok(with_rules(own_facts(NATIVE_NAME, "without the sandbox"), &built))
    }

    fn input(&mut self, bytes: Arc<Vec<u8>>) -> Result<InputFacts, String> {
        self.input = bytes;
        facts(&self.input, &self.limits)
    }

    fn run(&mut self) -> Result<Ran, String> {
        let Some(detector) = &mut self.detector else { return Err("rules come before a run".to_owned()) };
        // The same state at the start of every run: all runs do the same work.
        detector.0.restore(&self.fresh_state).map_err(|error| error.to_string())?;
        let passed = Pass::new(&self.limits, true).run(detector, &self.input).map_err(|error| error.to_string())?;
        let (ran, hits) = ran(passed);
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
