//! A lane of the benchmark: one engine in a process of its own, asked over lines of JSON.
//!
//! `glassbox-bench --lane NAME=COMMAND` starts the command, writes one request a line to its standard input and reads
//! one answer a line from its standard output. Only one lane works at a time. What a lane needs lies in its memory before
//! the clock starts, and it is the lane that looks at the clock, so neither disks nor pipes are measured.
//!
//! ```text
//! {"rules":{"files":["a.yml","b.yml"]}}  ->  {"rules":{"name":"...","version":"...","rules":2,"rejected":[],...}}
//! {"input":{"file":"day.ndjson"}}        ->  {"input":{"records":100,"bytes":230000}}
//! "run"                                  ->  {"run":{"nanoseconds":900000,"records":100,"bytes":230000,"hits":3,...}}
//! "hits"                                 ->  {"hits":[{"record":17,"rules":["7d1a..."]}]}
//!                                        ->  {"error":"what is wrong"}
//! ```
//!
//! The end of standard input ends the lane. This file is the protocol's only definition: lanes outside the workspace
//! include it by its path. So it depends on `serde`, `serde_json` and `sha2` alone.

use std::{
    fmt::Write as _,
    fs,
    io::{self, BufRead, Write},
    path::PathBuf,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a lane is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Make an engine of these rules, in place of the one before. An input that was loaded before stays.
    Rules {
        /// Files of Sigma rules.
        files: Vec<PathBuf>,
    },
    /// Load an input, in place of the one before.
    Input {
        /// An uncompressed file, one record a line. A line of white space is no record.
        file: PathBuf,
    },
    /// Work through the whole input once, on one thread, and measure it.
    Run,
    /// Say what hit in the last run.
    Hits,
}

/// What a lane answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// To `rules`.
    Rules(EngineFacts),
    /// To `input`.
    Input(InputFacts),
    /// To `run`.
    Run(Ran),
    /// To `hits`.
    Hits(Vec<RecordHits>),
    /// It could not be done.
    Error(String),
}

/// What an engine is, and what it made of the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineFacts {
    /// The engine's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How it is set up, in a few words.
    pub settings: String,
    /// The allocator of the process.
    pub allocator: String,
    /// The compiler that the process was built with.
    pub compiler: String,
    /// Rules loaded.
    pub rules: u64,
    /// Rules that the engine does not take.
    pub rejected: Vec<RejectedRule>,
}

/// A rule that an engine does not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRule {
    /// Its file.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// What an input holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFacts {
    /// Records.
    pub records: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// One run over the whole input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Time by a monotonic clock, from the file's bytes in memory to hits in memory.
    pub nanoseconds: u64,
    /// Records worked through.
    pub records: u64,
    /// Bytes worked through.
    pub bytes: u64,
    /// Pairs of record and rule that hit.
    pub hits: u64,
    /// The digest of all hits, as [`digest`] makes it. Two engines with the same digest found the same.
    pub digest: String,
    /// What parts of the time went where, by name, for lanes that know.
    #[serde(default)]
    pub stages: Vec<Stage>,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its time.
    pub nanoseconds: u64,
}

/// The rules that one record hit.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordHits {
    /// The record's place in the input, counted from 0.
    pub record: u64,
    /// Ids of rules, sorted, each once.
    pub rules: Vec<String>,
}

impl RecordHits {
    /// Hits of one record in the form that can be compared.
    #[must_use]
    pub fn new(record: u64, mut rules: Vec<String>) -> Self {
        rules.sort_unstable();
        rules.dedup();
        Self { record, rules }
    }
}

/// Pairs of record and rule.
#[must_use]
pub fn count(hits: &[RecordHits]) -> u64 {
    hits.iter().map(|hits| hits.rules.len() as u64).sum()
}

/// SHA-256 in hexadecimal over a line for each hit, in record order: the record's place, a tab, the rule.
#[must_use]
pub fn digest(hits: &[RecordHits]) -> String {
    let mut digest = Sha256::new();
    for hits in hits {
        for rule in &hits.rules {
            digest.update(format!("{}\t{rule}\n", hits.record));
        }
    }
    digest.finalize().iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// An engine that runs as a lane.
pub trait Lane {
    /// Makes an engine of these rules.
    ///
    /// # Errors
    /// In words, when no engine can be made. A rule that is not taken is no error.
    fn rules(&mut self, files: &[PathBuf]) -> Result<EngineFacts, String>;

    /// Takes an input.
    ///
    /// # Errors
    /// In words, when it is no input.
    fn input(&mut self, bytes: Arc<Vec<u8>>) -> Result<InputFacts, String>;

    /// Works through the input once.
    ///
    /// # Errors
    /// In words, when there is no engine or no input, or the engine fails.
    fn run(&mut self) -> Result<Ran, String>;

    /// What hit in the last run, in record order.
    fn hits(&self) -> Vec<RecordHits>;
}

/// Answers requests from standard input until its end.
///
/// # Errors
/// When standard input or output fails.
pub fn serve(lane: &mut dyn Lane) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = serde_json::from_str(&line?)
            .map_err(|error| format!("this is no request of the protocol: {error}"))
            .and_then(|request| answer(lane, request));
        serde_json::to_writer(&mut out, &answer.unwrap_or_else(Answer::Error))?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(lane: &mut dyn Lane, request: Request) -> Result<Answer, String> {
    match request {
        Request::Rules { files } => lane.rules(&files).map(Answer::Rules),
        Request::Input { file } => {
            let bytes = fs::read(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            lane.input(Arc::new(bytes)).map(Answer::Input)
        }
        Request::Run => lane.run().map(Answer::Run),
        Request::Hits => Ok(Answer::Hits(lane.hits())),
    }
}
