//! Runs through the sandbox, with everything that they say.

use std::{
    fs,
    sync::{Arc, OnceLock},
};

use glassbox_deployment::{Deployment, embedded};
use glassbox_finding::{Sequence, Settings};
use glassbox_report::{Position, Settled, Sink, SourceRecord, StoredFinding, UnscoredRecord};
use glassbox_run::{self as run, Input, RunEnd, RunError, RunOptions, SourceInfo};
use glassbox_sandbox::{LoadOptions, Plugin, Recorder};

use crate::SEED;

/// What a run said, in order, and how it ended.
#[derive(Debug)]
pub struct Told {
    /// Findings.
    pub found: Vec<StoredFinding>,
    /// The bytes of the record of each finding.
    pub records: Vec<Vec<u8>>,
    /// Records that were not scored.
    pub unscored: Vec<UnscoredRecord>,
    /// Each sequence up to which everything was settled, and the checkpoint that was taken there.
    pub settled: Vec<(Sequence, Option<Vec<u8>>)>,
    /// The end.
    pub end: RunEnd,
}

impl Told {
    /// The findings as JSON, ids and provenance included.
    ///
    /// # Panics
    /// Never: findings can be written.
    #[must_use]
    pub fn json(&self) -> String {
        self.found.iter().map(|found| serde_json::to_string(found).expect("plain data") + "\n").collect()
    }
}

/// The settings of every test's tenant: no window.
#[must_use]
pub fn settings() -> Settings {
    Settings { seed: SEED, ..Settings::default() }
}

/// How every test's deployment runs, unless it says otherwise.
#[must_use]
pub fn options() -> RunOptions {
    RunOptions::new(settings())
}

/// The plugin that the binary carries, compiled once.
#[must_use]
pub fn plugin() -> &'static Plugin {
    static PLUGIN: OnceLock<Plugin> = OnceLock::new();
    PLUGIN.get_or_init(|| Plugin::load(embedded::PLUGIN, &LoadOptions::default()).expect("the plugin is admitted"))
}

/// A plugin with a pack. Its known answers are not asked: most runs here are short.
///
/// # Panics
/// When they do not go together.
#[must_use]
pub fn deployment(plugin: &Plugin, pack: &[u8]) -> Deployment {
    let deployment = Deployment::new(plugin.clone(), pack.to_vec());
    deployment.expect("plugin and pack go together").with_known_answers(Vec::new())
}

/// The plugin that the binary carries, with the starter pack.
#[must_use]
pub fn starter() -> &'static Deployment {
    static DEPLOYMENT: OnceLock<Deployment> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| deployment(plugin(), &crate::packs::starter().bytes))
}

/// Lines as records of one source, counted from 1.
pub fn records<R: Into<Vec<u8>>>(lines: impl IntoIterator<Item = R>) -> Vec<SourceRecord> {
    let record = |(line, bytes): (u64, R)| SourceRecord::new(0, Position::Line(line), bytes.into());
    (1..).zip(lines).map(record).collect()
}

/// Sources of these names, of which nothing else is known.
pub fn sources<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Vec<SourceInfo> {
    names.into_iter().map(|name| SourceInfo { name: name.into(), ..SourceInfo::default() }).collect()
}

/// Runs a deployment over records of one source and keeps all that it says.
///
/// # Errors
/// As the run itself.
pub fn run(
    deployment: &Deployment,
    options: RunOptions,
    state: Option<Vec<u8>>,
    records: &[SourceRecord],
) -> Result<Told, RunError> {
    run_sources(deployment, options, state, sources(["records"]), records)
}

/// Runs a deployment over records of these sources.
///
/// # Errors
/// As the run itself.
pub fn run_sources(
    deployment: &Deployment,
    options: RunOptions,
    state: Option<Vec<u8>>,
    sources: Vec<SourceInfo>,
    records: &[SourceRecord],
) -> Result<Told, RunError> {
    let mut kept = Kept::default();
    let inputs = run::inputs(sources, records.iter().cloned().map(Ok).collect::<Vec<_>>().into_iter());
    let end = run::run(deployment, options, state, inputs, &mut kept)?;
    Ok(kept.into_told(end))
}

/// Runs a deployment over anything that can be handed in.
///
/// # Errors
/// As the run itself.
pub fn run_inputs(
    deployment: &Deployment,
    options: RunOptions,
    state: Option<Vec<u8>>,
    inputs: Vec<Input>,
) -> Result<Told, RunError> {
    let mut kept = Kept::default();
    let end = run::run(deployment, options, state, inputs.into_iter().map(Ok), &mut kept)?;
    Ok(kept.into_told(end))
}

/// The calls that a plugin gets, written down as they are made.
pub struct Calls {
    folder: tempfile::TempDir,
    recorder: Arc<Recorder>,
}

impl Calls {
    /// Writes down what the plugin is asked from now on.
    ///
    /// # Panics
    /// When nothing can be written.
    #[must_use]
    pub fn of(plugin: &mut Plugin) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let recorder = Recorder::create(&folder.path().join("calls"), plugin.digest()).expect("the folder takes it");
        plugin.record_to(Arc::clone(&recorder));
        Self { folder, recorder }
    }

    /// How often it was asked this, from the beginning to now; nothing is written down any more.
    ///
    /// # Panics
    /// When something could not be written.
    #[must_use]
    pub fn count(self, call: &str) -> usize {
        self.recorder.finish().expect("it was written");
        let packed = fs::read(self.folder.path().join("calls")).expect("it is there");
        let lines = zstd::decode_all(packed.as_slice()).expect("it is zstd");
        let lines = lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let lines = lines.map(|line| serde_json::from_slice::<serde_json::Value>(line).expect("it is JSON"));
        let is_it = |asked: &serde_json::Value| asked.as_str() == Some(call) || asked.get(call).is_some();
        lines.filter(|line| line.pointer("/call/call").is_some_and(is_it)).count()
    }
}

/// A sink that keeps everything.
#[derive(Debug, Default)]
pub struct Kept {
    found: Vec<StoredFinding>,
    records: Vec<Vec<u8>>,
    unscored: Vec<UnscoredRecord>,
    settled: Vec<(Sequence, Option<Vec<u8>>)>,
}

impl Kept {
    /// What was kept, with the run's end.
    #[must_use]
    pub fn into_told(self, end: RunEnd) -> Told {
        let Self { found, records, unscored, settled } = self;
        Told { found, records, unscored, settled, end }
    }
}

impl Sink for Kept {
    fn found(&mut self, found: StoredFinding, record: &[u8]) -> anyhow::Result<()> {
        self.found.push(found);
        self.records.push(record.to_vec());
        Ok(())
    }

    fn unscored(&mut self, record: UnscoredRecord) -> anyhow::Result<()> {
        self.unscored.push(record);
        Ok(())
    }

    fn settled(&mut self, settled: Settled<'_>) -> anyhow::Result<()> {
        self.settled.push((settled.sequence, settled.checkpoint.map(<[u8]>::to_vec)));
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}
