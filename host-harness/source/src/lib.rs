//! Where records come from: files, folders and standard input, unpacked, decoded, framed, one record after another.
//!
//! A source knows how records are told apart and nothing of what they say. What cannot be read becomes a `Problem`
//! in the ledger; the other sources are still read, and what had been read before the trouble is still given.
//!
//! Invariants: memory is bounded whatever the input; no byte of a record is dropped in silence; in a folder, nothing is
//! opened but regular files of that folder.

mod account;
mod archive;
mod array;
mod content;
mod csv;
mod document;
mod envelope;
mod folder;
mod framing;
mod json;
pub mod limits;
mod open;
mod plan;
mod scan;
mod transcode;
mod unpack;
mod window;
mod xml;

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use archive::{Archive, Holds};
use content::{Ahead, Content};
use unpack::{Raw, Unpacked, Unpacker, Unpacking};

use glassbox_report::SourceRecord;
use limits::Limits;

pub use account::{Decoded, Ledger, PassedOver, Problem, SourceAccount, WhyPassedOver};
pub use framing::{Framed, Framer, Gaps};
pub use plan::{EXTENSIONS, Plan, plan};
pub use transcode::{CodePage, UnknownCodePage};

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
    /// A file that was found in a folder. It is opened as a regular file below that folder, or not at all.
    Found {
        /// The folder as given and the way from there.
        name: String,
        /// The folder.
        root: Arc<Path>,
        /// The way from there.
        inside: PathBuf,
        /// Its bytes when it was found.
        bytes: u64,
    },
    /// Standard input.
    StandardInput,
    /// Bytes in memory.
    Bytes {
        /// What to call them.
        name: String,
        /// The bytes, as a file would hold them.
        bytes: Arc<[u8]>,
    },
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
            Self::File { name, .. }
            | Self::Found { name, .. }
            | Self::Bytes { name, .. }
            | Self::Memory { name, .. } => name,
            Self::StandardInput => "stdin",
        }
    }

    /// Bytes to be read, where that is known beforehand.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::File { path, .. } => path.metadata().ok().filter(std::fs::Metadata::is_file).map(|it| it.len()),
            Self::Found { bytes, .. } => Some(*bytes),
            Self::Bytes { bytes, .. } => Some(bytes.len() as u64),
            Self::Memory { bytes, .. } => Some(bytes.len() as u64),
            Self::StandardInput => None,
        }
    }

    fn open(&self) -> io::Result<Raw> {
        Ok(match self {
            Self::File { path, .. } => {
                let file = File::open(path)?;
                if file.metadata()?.is_file() { Raw::Seekable(Box::new(file)) } else { Raw::Stream(Box::new(file)) }
            }
            Self::Found { root, inside, .. } => Raw::Seekable(Box::new(open::regular_file(root, inside)?)),
            Self::StandardInput => Raw::Stream(Box::new(io::stdin())),
            Self::Bytes { bytes, .. } => Raw::Seekable(Box::new(Cursor::new(Arc::clone(bytes)))),
            Self::Memory { bytes, .. } => Raw::Seekable(Box::new(Cursor::new(*bytes))),
        })
    }
}

/// A source that is being read.
struct Open {
    framer: Framer<Box<dyn Read + Send>>,
    number: u32,
    name: String,
}

/// An archive that is being read.
struct OpenArchive {
    archive: Box<dyn Archive>,
    unpacker: Unpacker,
    name: String,
}

/// The records of all inputs, in order.
pub struct Records {
    inputs: Vec<Input>,
    /// The number of the first input among all sources of the ledger.
    first_number: u32,
    /// The input to open next.
    next: usize,
    open: Option<Open>,
    /// Archives inside archives.
    archives: Vec<OpenArchive>,
    record_bytes_max: usize,
    unpacking: Unpacking,
    code_page: Option<CodePage>,
    ledger: Arc<Ledger>,
}

impl Records {
    /// Reads `inputs` one after another. A record longer than `record_bytes_max` is given by its first
    /// `record_bytes_max + 1` bytes, so that whoever takes it sees that it is too long.
    ///
    /// Inputs are numbered in order. A file in an archive is a source of its own, numbered behind all inputs, and called
    /// by the archive's name and its own; `Ledger::name` knows every source's name by its number.
    #[must_use]
    pub fn new(inputs: Vec<Input>, record_bytes_max: usize, ledger: Arc<Ledger>) -> Self {
        let numbers: Vec<_> = inputs.iter().map(|input| ledger.add_name(input.name())).collect();
        Self {
            first_number: numbers.first().copied().unwrap_or_default(),
            inputs,
            next: 0,
            open: None,
            archives: Vec::new(),
            record_bytes_max,
            unpacking: Unpacking::of(&Limits::default()),
            code_page: None,
            ledger,
        }
    }

    /// Holds what is unpacked to these limits instead of the default ones.
    #[must_use]
    pub fn within(self, limits: &Limits) -> Self {
        Self { unpacking: Unpacking::of(limits), ..self }
    }

    /// Decodes every source that does not show by its first bytes that it is UTF-8 or UTF-16.
    #[must_use]
    pub fn decoding(self, code_page: Option<CodePage>) -> Self {
        Self { code_page, ..self }
    }

    /// Opens what comes next; false when there is nothing.
    fn open_next(&mut self) -> bool {
        if let Some(open) = self.archives.last_mut() {
            match open.archive.next_member(&open.unpacker) {
                Ok(Some(member)) => {
                    let name = format!("{}/{}", open.name, member.name);
                    let unpacker = open.unpacker.clone();
                    self.open_member(&name, member.holds, unpacker);
                }
                Ok(None) => drop(self.archives.pop()),
                Err(error) => {
                    self.ledger.note(&open.name, plain_error(&error));
                    self.archives.pop();
                }
            }
            return true;
        }
        let Some(input) = self.inputs.get(self.next) else { return false };
        let (name, number) = (input.name().to_owned(), self.first_number + self.next as u32);
        self.next += 1;
        let unpacker = Unpacker::new(self.unpacking, Arc::clone(&self.ledger));
        let unpacked = input.open().and_then(|raw| {
            let raw = unpacker.count(raw);
            unpacker.unpack(raw, &name)
        });
        match unpacked {
            Ok(Unpacked::Plain(stream)) => self.begin(stream, name, Some(number)),
            Ok(Unpacked::Archive(archive, unpacker)) => self.archives.push(OpenArchive { archive, unpacker, name }),
            Err(error) => self.ledger.note(&name, plain_error(&error)),
        }
        true
    }

    fn open_member(&mut self, name: &str, holds: Holds, unpacker: Unpacker) {
        let unpacked = match holds {
            Holds::File(stream) => unpacker.unpack(Raw::Stream(stream), name),
            Holds::Unreadable(why) => return self.ledger.note(name, why),
            Holds::Special => {
                let what = "is a link, a device or a pipe in an archive, which holds no records".to_owned();
                return self.pass_over(name, WhyPassedOver::Special, what);
            }
        };
        let judged = unpacked.and_then(|unpacked| match unpacked {
            Unpacked::Archive(..) => Ok((Content::Text, unpacked)),
            Unpacked::Plain(mut stream) => {
                let (content, ahead) = content::judge(&mut stream)?;
                Ok((content, Unpacked::Plain(ahead.and_rest(stream))))
            }
        });
        match judged {
            Ok((Content::Text, Unpacked::Plain(stream))) => self.begin(stream, name.to_owned(), None),
            Ok((Content::Text, Unpacked::Archive(archive, unpacker))) => {
                self.archives.push(OpenArchive { archive, unpacker, name: name.to_owned() });
            }
            Ok((content, _)) => {
                let (why, what) = folder::why(content);
                if content == Content::Known(content::EVTX) {
                    self.ledger.note(name, content::EVTX);
                }
                self.pass_over(name, why, what.to_owned());
            }
            Err(error) => self.ledger.note(name, plain_error(&error)),
        }
    }

    /// Begins with a source's plain bytes.
    fn begin(&mut self, mut stream: Box<dyn Read + Send>, name: String, number: Option<u32>) {
        let ahead = match Ahead::read(&mut stream, content::PREFIX_BYTES) {
            Ok(ahead) => ahead,
            Err(error) => return self.ledger.note(&name, plain_error(&error)),
        };
        let encoding = transcode::encoding(&ahead.bytes, self.code_page);
        stream = ahead.and_rest(stream);
        if let Some(encoding) = encoding {
            self.ledger.decode(&name, encoding.name());
            stream = Box::new(transcode::Transcoded::new(stream, encoding));
        }
        match Framer::open(stream, self.record_bytes_max) {
            Ok(framer) => {
                self.ledger.count_source();
                let number = number.unwrap_or_else(|| self.ledger.add_name(&name));
                self.open = Some(Open { framer, number, name });
            }
            Err(error) => self.ledger.note(&name, plain_error(&error)),
        }
    }

    fn pass_over(&self, name: &str, why: WhyPassedOver, what: String) {
        self.ledger.pass_over(PassedOver { source: name.to_owned(), why, what });
    }

    fn close(&self, mut open: Open) {
        self.ledger.count(open.framer.gaps());
        if let Some(error) = open.framer.take_failure() {
            self.ledger.note(&open.name, format!("could not be read to its end: {}", plain_error(&error)));
        } else if open.framer.is_cut_short() {
            let what = "ends inside an array or an object, so it may be cut short; what comes before is scored";
            self.ledger.note(&open.name, what);
        }
    }
}

impl Iterator for Records {
    type Item = anyhow::Result<SourceRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(mut open) = self.open.take() {
                if let Some(framed) = open.framer.next() {
                    let Framed { position, bytes, length, offset: _, frame } = framed;
                    let source = open.number;
                    self.open = Some(open);
                    return Some(Ok(SourceRecord { source, position, bytes, length, frame }));
                }
                self.close(open);
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
