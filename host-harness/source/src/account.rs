//! What reading sources has come to: bytes, problems, what was passed over and why, what was decoded.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Plan, framing::Gaps};

/// Things of one kind that an account names one by one; the rest is counted.
const NAMED_MAX: usize = 1_000;

/// A source that could not be read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The source's name.
    pub source: String,
    /// What is wrong and the way out, in a sentence.
    pub what: String,
}

/// Why a file in a folder or an archive was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyPassedOver {
    /// It holds no byte.
    Empty,
    /// It holds no text.
    Binary,
    /// It has a form that is known and holds no records that are read.
    KnownForm,
    /// It was met before, under another name.
    MetBefore,
    /// It is a link that leads nowhere or out of its folder.
    Link,
    /// It is a pipe, a socket or a device.
    Special,
    /// It may not be read.
    Unreadable,
    /// It lies in more folders than are followed.
    TooDeep,
}

/// A file that was passed over.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PassedOver {
    /// Its name.
    pub source: String,
    /// Why.
    pub why: WhyPassedOver,
    /// The same in words.
    pub what: String,
}

/// A source whose text was decoded: its records are what came of it, not the bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Decoded {
    /// The source's name.
    pub source: String,
    /// The name of the encoding, as the WHATWG's standard has it, such as `UTF-16LE` or `windows-1252`.
    pub encoding: &'static str,
}

/// What there is to say of all sources once they were read. Lists name the first thousand; numbers count all.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct SourceAccount {
    /// Bytes read, before decompression.
    pub bytes: u64,
    /// Sources that were opened; each member of an archive is one.
    pub sources: u64,
    /// Files in folders and archives that were passed over, by reason.
    pub passed_over: BTreeMap<WhyPassedOver, u64>,
    /// The same, one by one.
    pub passed_over_files: Vec<PassedOver>,
    /// Sources whose text was decoded.
    pub decoded: Vec<Decoded>,
    /// Bytes of NUL between records, such as holes that log rotation leaves.
    pub hole_bytes: u64,
    /// Values that broke off, each of which was given as a record.
    pub broken: u64,
    /// What is worth saying and no problem.
    pub notes: Vec<Problem>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// The account so far, shared between the reader and those that display it.
#[derive(Debug, Default)]
pub struct Ledger {
    bytes: AtomicU64,
    account: Mutex<SourceAccount>,
    names: Mutex<Vec<Arc<str>>>,
}

impl Ledger {
    /// A ledger that knows what a plan says.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let ledger = Self::default();
        for problem in &plan.problems {
            ledger.note(&problem.source, problem.what.clone());
        }
        for note in &plan.notes {
            ledger.say(&note.source, note.what.clone());
        }
        for passed in &plan.passed_over {
            ledger.pass_over(passed.clone());
        }
        ledger
    }

    /// Bytes read from the sources, before decompression.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The problems met so far, in order.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.account().problems.clone()
    }

    /// Everything so far.
    #[must_use]
    pub fn snapshot(&self) -> SourceAccount {
        SourceAccount { bytes: self.bytes(), ..self.account().clone() }
    }

    /// The name of a source, by the number that its records carry.
    #[must_use]
    pub fn name(&self, source: u32) -> Option<Arc<str>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).get(source as usize).cloned()
    }

    /// Notes a problem.
    pub fn note(&self, source: &str, what: impl Into<String>) {
        self.account().problems.push(Problem { source: source.to_owned(), what: what.into() });
    }

    /// Notes what is worth saying and no problem.
    pub(super) fn say(&self, source: &str, what: impl Into<String>) {
        let notes = &mut self.account().notes;
        if notes.len() < NAMED_MAX {
            notes.push(Problem { source: source.to_owned(), what: what.into() });
        }
    }

    pub(super) fn pass_over(&self, passed: PassedOver) {
        let mut account = self.account();
        *account.passed_over.entry(passed.why).or_default() += 1;
        if account.passed_over_files.len() < NAMED_MAX {
            account.passed_over_files.push(passed);
        }
    }

    pub(super) fn decode(&self, source: &str, encoding: &'static str) {
        let decoded = &mut self.account().decoded;
        if decoded.len() < NAMED_MAX {
            decoded.push(Decoded { source: source.to_owned(), encoding });
        }
    }

    pub(super) fn count(&self, gaps: Gaps) {
        let mut account = self.account();
        account.hole_bytes += gaps.hole_bytes;
        account.broken += gaps.broken;
    }

    pub(super) fn count_source(&self) {
        self.account().sources += 1;
    }

    pub(super) fn count_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives a source its number.
    pub(super) fn add_name(&self, name: &str) -> u32 {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.push(name.into());
        (names.len() - 1) as u32
    }

    fn account(&self) -> MutexGuard<'_, SourceAccount> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
