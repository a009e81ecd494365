//! Where records come from: files, folders and standard input, decompressed, framed, one record after another.
//!
//! It never looks at what a record says, never drops a byte in silence, and starts no thread.
//!
//! A source knows how records are told apart and nothing of what they say. What cannot be read becomes a `Problem`
//! in the ledger; the other sources are still read, and what had been read before the trouble is still given.
//!
//! Invariants: memory is bounded whatever the input; no byte of a record is dropped in silence.

mod decompress;
mod framing;
pub mod limits;
mod plan;
mod sniff;

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use decompress::Unpacking;
use glassbox_report::SourceRecord;
use limits::Limits;

pub use framing::{Framed, Framer};
pub use plan::{EXTENSIONS, Plan, plan};

/// Bytes looked at to tell how a source is framed.
pub const SNIFF_BYTES_MAX: usize = 256 << 10;

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, under the name that the user gave it.
    File {
        /// As given; for a file found in a folder, the folder as given and the way from there.
        name: String,
        /// Where it is.
        path: PathBuf,
    },
    /// Standard input.
    StandardInput,
    /// Bytes that the program carries.
    Memory {
        /// What to call them.
        name: String,
        /// The bytes, as a file would hold them.
        bytes: &'static [u8],
    },
}

impl Input {
    /// What people and findings call it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::File { name, .. } | Self::Memory { name, .. } => name,
            Self::StandardInput => "stdin",
        }
    }

    /// Bytes to be read, where that is known beforehand.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::File { path, .. } => path.metadata().ok().filter(std::fs::Metadata::is_file).map(|it| it.len()),
            Self::Memory { bytes, .. } => Some(bytes.len() as u64),
            Self::StandardInput => None,
        }
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::File { path, .. } => Box::new(File::open(path)?),
            Self::StandardInput => Box::new(io::stdin()),
            Self::Memory { bytes, .. } => Box::new(Cursor::new(*bytes)),
        })
    }
}

/// A source that could not be read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The source's name.
    pub source: String,
    /// What is wrong and the way out, in a sentence.
    pub what: String,
}

/// What reading has come to so far; shared between the reader and whoever watches it.
#[derive(Debug, Default)]
pub struct Ledger {
    bytes: AtomicU64,
    problems: Mutex<Vec<Problem>>,
}

impl Ledger {
    /// Bytes read from the sources, before decompression.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The problems met so far, in order.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes a problem.
    pub fn note(&self, source: &str, what: impl Into<String>) {
        let problem = Problem { source: source.to_owned(), what: what.into() };
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }
}

/// The records of all inputs, in order.
pub struct Records {
    inputs: Vec<Input>,
    /// The input to open next.
    next: usize,
    open: Option<Framer<Box<dyn Read + Send>>>,
    record_bytes_max: usize,
    unpacking: Unpacking,
    ledger: Arc<Ledger>,
}

impl Records {
    /// Reads `inputs` one after another. A record longer than `record_bytes_max` is given by its first
    /// `record_bytes_max + 1` bytes, so that whoever takes it sees that it is too long.
    #[must_use]
    pub fn new(inputs: Vec<Input>, record_bytes_max: usize, ledger: Arc<Ledger>) -> Self {
        let unpacking = Unpacking::of(&Limits::default());
        Self { inputs, next: 0, open: None, record_bytes_max, unpacking, ledger }
    }

    /// Holds what is unpacked to these limits instead of the default ones.
    #[must_use]
    pub fn within(self, limits: &Limits) -> Self {
        Self { unpacking: Unpacking::of(limits), ..self }
    }

    fn open_next(&mut self) -> bool {
        let Some(input) = self.inputs.get(self.next) else { return false };
        self.next += 1;
        let opened = input.open().and_then(|raw| {
            decompress::decompress(raw, input.name(), self.unpacking, Arc::clone(&self.ledger))
                .and_then(|plain| Framer::open(plain, self.record_bytes_max))
        });
        match opened {
            Ok(framer) => self.open = Some(framer),
            Err(error) => self.ledger.note(input.name(), plain_error(&error)),
        }
        true
    }

    fn close(&mut self, framer: &mut Framer<Box<dyn Read + Send>>) {
        let name = self.inputs[self.next - 1].name();
        if let Some(error) = framer.take_failure() {
            let what = format!("could not be read to its end: {}", plain_error(&error));
            self.ledger.note(name, what);
        } else if framer.is_cut_short() {
            self.ledger
                .note(name, "ends inside its array, so it may be cut short; the records before the end are scored");
        }
    }
}

impl Iterator for Records {
    type Item = anyhow::Result<SourceRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(mut framer) = self.open.take() {
                if let Some(framed) = framer.next() {
                    self.open = Some(framer);
                    let source = (self.next - 1) as u32;
                    return Some(Ok(SourceRecord { source, position: framed.position, bytes: framed.bytes }));
                }
                self.close(&mut framer);
            }
            if !self.open_next() {
                return None;
            }
        }
    }
}

/// An input or output error in words for people.
fn plain_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; check the path".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "may not be read by this user; change its permissions or run as a user who may".to_owned()
        }
        io::ErrorKind::IsADirectory => "is a folder where a file was expected".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
