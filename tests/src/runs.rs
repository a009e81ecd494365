//! Runs through the sandbox, with everything that they tell.

use std::{
    fs,
    sync::{Arc, OnceLock},
};

use glassbox_deployment::embedded;
use glassbox_finding::Settings;
use glassbox_report::{Found, Position, Sink, SourceRecord, UnscoredRecord};
use glassbox_run::{self as run, RunEnd, RunError, Service};
use glassbox_sandbox::{LoadOptions, Plugin, Recorder};

use crate::SEED;

/// What a run told, in order, and how it ended.
#[derive(Debug)]
pub struct Told {
    /// Findings.
    pub found: Vec<Found>,
    /// Records that were not scored.
    pub unscored: Vec<UnscoredRecord>,
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
    Settings { seed: SEED, from: None, to: None }
}

/// The plugin that the binary carries, compiled once.
#[must_use]
pub fn plugin() -> &'static Plugin {
    static PLUGIN: OnceLock<Plugin> = OnceLock::new();
    PLUGIN.get_or_init(|| Plugin::load(embedded::PLUGIN, &LoadOptions::default()).expect("the plugin is admitted"))
}

/// Lines as records of one source, counted from 1.
pub fn records<R: Into<Vec<u8>>>(lines: impl IntoIterator<Item = R>) -> Vec<SourceRecord> {
    let record =
        |(line, bytes): (u64, R)| SourceRecord { source: 0, position: Position::Line(line), bytes: bytes.into() };
    (1..).zip(lines).map(record).collect()
}

/// Runs a service over records and keeps all that it tells.
///
/// # Errors
/// As the run itself.
pub fn run(service: &Service<'_>, state: Option<Vec<u8>>, records: &[SourceRecord]) -> Result<Told, RunError> {
    let mut kept = Kept::default();
    let end = run::run(service, state, records.iter().cloned().map(Ok), &mut kept)?;
    Ok(Told { found: kept.found, unscored: kept.unscored, end })
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

#[derive(Default)]
struct Kept {
    found: Vec<Found>,
    unscored: Vec<UnscoredRecord>,
}

impl Sink for Kept {
    fn found(&mut self, found: Found) -> anyhow::Result<()> {
        self.found.push(found);
        Ok(())
    }

    fn unscored(&mut self, record: UnscoredRecord) -> anyhow::Result<()> {
        self.unscored.push(record);
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}
