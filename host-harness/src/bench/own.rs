//! The lanes that the command runs itself: framing alone, parsing alone, and Glassbox in the sandbox.

use std::{hint::black_box, path::PathBuf, sync::Arc, time::Instant};

use glassbox_finding::Settings;

use super::{
    lane::{EngineFacts, InputFacts, Lane, Ran, RecordHits, RejectedRule},
    pass::{Pass, PassError, facts, records},
};
use crate::{
    ALLOCATOR_NAME, COMPILER,
    limits::Limits,
    packs::{self, Built},
    sandbox::{Instance, Plugin},
    starter,
};

/// The seed of every measured tenant; any would do.
const SETTINGS: Settings = Settings { seed: 0x6265_6e63, from: None, to: None };

/// What Glassbox is called as an engine in the sandbox.
pub const SANDBOXED_NAME: &str = "glassbox";
/// What Glassbox is called as an engine without the sandbox.
pub const NATIVE_NAME: &str = "glassbox-native";

/// What a lane of Glassbox says of itself.
#[must_use]
pub fn own_facts(name: &str, settings: &str) -> EngineFacts {
    EngineFacts {
        name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: settings.to_owned(),
        allocator: ALLOCATOR_NAME.to_owned(),
        compiler: COMPILER.to_owned(),
        ..EngineFacts::default()
    }
}

/// A pack of rule files with the starter's model, and the account of it as a lane gives it.
///
/// # Errors
/// In words, when files cannot be read.
pub fn pack_of(files: &[PathBuf]) -> Result<Built, String> {
    let files = packs::read_rule_files(files).map_err(|error| format!("{error:#}"))?;
    packs::build(&files, starter::MODEL.as_bytes(), None, &[]).map_err(|error| format!("{error:#}"))
}

/// The rules of a pack, loaded and rejected, added to what a lane says of itself.
#[must_use]
pub fn with_rules(facts: EngineFacts, built: &Built) -> EngineFacts {
    let rejected = built.rejected().map(|account| RejectedRule {
        file: account.file.clone(),
        reason: account.rejection().unwrap_or_default().to_owned(),
    });
    EngineFacts { rules: built.metadata.len() as u64, rejected: rejected.collect(), ..facts }
}

/// What lanes without an engine do with each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    /// Takes the bytes apart into records.
    Framing,
    /// Parses each into a document of serde_json; framing is by line ends alone.
    Parsing,
}

/// A lane that detects nothing: the floor of any engine.
pub(super) struct Floor {
    pub(super) does: Alone,
    pub(super) limits: Limits,
    pub(super) input: Arc<Vec<u8>>,
}

impl Lane for Floor {
    fn rules(&mut self, _files: &[PathBuf]) -> Result<EngineFacts, String> {
        Ok(match self.does {
            Alone::Framing => own_facts("framing", "as `score` does it"),
            Alone::Parsing => own_facts("serde_json", "into its own document"),
        })
    }

    fn input(&mut self, bytes: Arc<Vec<u8>>) -> Result<InputFacts, String> {
        self.input = bytes;
        facts(&self.input, &self.limits).map_err(|error| error.to_string())
    }

    fn run(&mut self) -> Result<Ran, String> {
        let began = Instant::now();
        let mut count = 0;
        match self.does {
            Alone::Framing => {
                let framed = records(&self.input, self.limits.record_bytes_max).map_err(|error| error.to_string())?;
                for record in framed {
                    black_box(record);
                    count += 1;
                }
            }
            Alone::Parsing => {
                for line in self.input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    // What is not JSON is refused early, and that is what parsing it costs.
                    let _ = black_box(serde_json::from_slice::<serde_json::Value>(black_box(line)));
                    count += 1;
                }
            }
        }
        let nanoseconds = began.elapsed().as_nanos() as u64;
        Ok(Ran { nanoseconds, records: count, bytes: self.input.len() as u64, ..Ran::default() })
    }

    fn hits(&self) -> Vec<RecordHits> {
        Vec::new()
    }
}

/// Glassbox in the sandbox, on one thread.
pub struct Sandboxed {
    plugin: Arc<Plugin>,
    settings: &'static str,
    checked: bool,
    instance: Option<Instance>,
    fresh_state: Vec<u8>,
    input: Arc<Vec<u8>>,
    hits: Vec<RecordHits>,
}

impl Sandboxed {
    /// A lane without rules and input as yet. `checked` is whether the contract is checked.
    #[must_use]
    pub fn new(plugin: Arc<Plugin>, settings: &'static str, checked: bool) -> Self {
        Self {
            plugin,
            settings,
            checked,
            instance: None,
            fresh_state: Vec::new(),
            input: Arc::default(),
            hits: Vec::new(),
        }
    }

    /// Takes a pack instead of rules.
    ///
    /// # Errors
    /// In words, when the plugin does not take it.
    pub fn load(&mut self, pack: &[u8]) -> Result<(), String> {
        let started = || -> anyhow::Result<_> {
            let mut instance = self.plugin.start()?;
            instance.configure(pack, SETTINGS)??;
            let state = instance.save()??;
            Ok((instance, state))
        };
        let (instance, state) = started().map_err(|error| format!("{error:#}"))?;
        (self.instance, self.fresh_state) = (Some(instance), state);
        Ok(())
    }

    /// The most memory that the instance held, in bytes.
    #[must_use]
    pub fn memory_bytes_peak(&self) -> u64 {
        self.instance.as_ref().map_or(0, Instance::memory_bytes_peak)
    }

    /// Nanoseconds that each record takes alone in a batch of its own, the least of some attempts.
    ///
    /// # Errors
    /// In words, when the detector fails.
    pub fn nanoseconds_by_record(&mut self, attempts: u32) -> Result<Vec<u64>, String> {
        let limits = self.plugin.limits();
        let Some(instance) = &mut self.instance else { return Err("rules come first".to_owned()) };
        let mut least = Vec::new();
        let records = records(&self.input, limits.record_bytes_max).map_err(|error| error.to_string())?;
        for record in records {
            let mut nanoseconds = u64::MAX;
            for _ in 0..attempts {
                let began = Instant::now();
                let pass = Pass::new(limits, true).run(instance, &record.bytes);
                pass.map_err(|error| error.to_string())?;
                nanoseconds = nanoseconds.min(began.elapsed().as_nanos() as u64);
            }
            least.push(nanoseconds);
        }
        Ok(least)
    }
}

impl Lane for Sandboxed {
    fn rules(&mut self, files: &[PathBuf]) -> Result<EngineFacts, String> {
        let built = pack_of(files)?;
        self.load(&built.bytes)?;
        Ok(with_rules(own_facts(SANDBOXED_NAME, self.settings), &built))
    }

    fn input(&mut self, bytes: Arc<Vec<u8>>) -> Result<InputFacts, String> {
        self.input = bytes;
        facts(&self.input, self.plugin.limits()).map_err(|error| error.to_string())
    }

    fn run(&mut self) -> Result<Ran, String> {
        let Some(instance) = &mut self.instance else { return Err("rules come before a run".to_owned()) };
        // Warm, as in service, but with the same state at the start of every run: all runs do the same work.
        let restored = instance.restore(&self.fresh_state).map_err(PassError::from);
        restored.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let pass = Pass::new(self.plugin.limits(), self.checked);
        let (ran, hits) = pass.run(instance, &self.input).map_err(|error| error.to_string())?;
        self.hits = hits;
        Ok(ran)
    }

    fn hits(&self) -> Vec<RecordHits> {
        self.hits.clone()
    }
}
