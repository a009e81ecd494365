//! The lanes that the command runs itself: framing alone, parsing alone, and Glassbox in the sandbox.

use std::{hint::black_box, path::PathBuf, sync::Arc, time::Instant};

use glassbox::{
    ALLOCATOR_NAME, COMPILER,
    bench::{
        Sandboxed,
        pass::{InputSize, Passed, records, size},
    },
    starter,
};
use glassbox_pack::{Directory, Pack};
use glassbox_packs::{self as packs, Built};
use glassbox_sandbox::{Plugin, limits::Limits};

use super::lane::{self, EngineFacts, InputFacts, Lane, Ran, RecordHits, RejectedRule, Stage};

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
        facts(&self.input, &self.limits)
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
pub struct SandboxedLane {
    inner: Sandboxed,
    directory: Option<Directory>,
    settings: &'static str,
    input: Arc<Vec<u8>>,
    hits: Vec<RecordHits>,
}

impl SandboxedLane {
    /// A lane without rules and input as yet. `checked` is whether the contract is checked.
    #[must_use]
    pub fn new(plugin: Arc<Plugin>, settings: &'static str, checked: bool) -> Self {
        let inner = Sandboxed::new(plugin, checked);
        Self { inner, directory: None, settings, input: Arc::default(), hits: Vec::new() }
    }

    /// Takes a pack instead of rules.
    ///
    /// # Errors
    /// In words, when the plugin does not take it.
    pub fn load(&mut self, pack: &[u8]) -> Result<(), String> {
        let directory = Pack::parse(pack).and_then(|pack| Directory::open(&pack));
        self.directory = Some(directory.map_err(|error| error.to_string())?);
        self.inner.load(pack).map_err(|error| format!("{error:#}"))
    }

    /// The most memory that the instance held, in bytes.
    #[must_use]
    pub fn memory_bytes_peak(&self) -> u64 {
        self.inner.memory_bytes_peak()
    }
}

impl Lane for SandboxedLane {
    fn rules(&mut self, files: &[PathBuf]) -> Result<EngineFacts, String> {
        let built = pack_of(files)?;
        self.load(&built.bytes)?;
        Ok(with_rules(own_facts(SANDBOXED_NAME, self.settings), &built))
    }

    fn input(&mut self, bytes: Arc<Vec<u8>>) -> Result<InputFacts, String> {
        self.input = bytes;
        facts(&self.input, self.inner.plugin().limits())
    }

    fn run(&mut self) -> Result<Ran, String> {
        let passed = self.inner.run(&self.input).map_err(|error| format!("{error:#}"))?;
        let Some(directory) = &self.directory else { return Err("rules come before a run".to_owned()) };
        let (ran, hits) = ran(passed, directory);
        self.hits = hits;
        Ok(ran)
    }

    fn hits(&self) -> Vec<RecordHits> {
        self.hits.clone()
    }
}

/// How much an input holds, as a lane answers it.
///
/// # Errors
/// In words, when it cannot be framed.
pub fn facts(input: &[u8], limits: &Limits) -> Result<InputFacts, String> {
    let InputSize { records, bytes } = size(input, limits).map_err(|error| error.to_string())?;
    Ok(InputFacts { records, bytes })
}

/// A pass as a lane answers it: rules are named by id.
#[must_use]
pub fn ran(passed: Passed, directory: &Directory) -> (Ran, Vec<RecordHits>) {
    let hits: Vec<RecordHits> = passed
        .found
        .into_iter()
        .map(|(record, finding)| {
            let rules = finding.rules().filter_map(|rule| directory.rule(rule)).map(|rule| rule.id.clone());
            RecordHits::new(record, rules.collect())
        })
        .collect();
    let stages = passed.times.into_iter();
    let stages = stages.map(|(part, time)| Stage { name: part.name().to_owned(), nanoseconds: time.as_nanos() as u64 });
    let ran = Ran {
        nanoseconds: passed.nanoseconds,
        records: passed.records,
        bytes: passed.bytes,
        hits: lane::count(&hits),
        digest: lane::digest(&hits),
        stages: stages.collect(),
    };
    (ran, hits)
}
