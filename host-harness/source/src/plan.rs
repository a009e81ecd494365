//! Paths as the user gives them, to the list of things to read.

use std::{
    collections::HashMap,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

use super::{Input, PassedOver, Problem, WhyPassedOver, folder, plain_error};

/// Endings that files of records often have. Nothing is told by them: a folder is searched by what its files hold.
pub const EXTENSIONS: [&str; 4] = ["json", "ndjson", "jsonl", "log"];

/// What there is to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order given; what a folder holds is sorted by path.
    pub inputs: Vec<Input>,
    /// Files in folders that were passed over: how many.
    pub skipped: u64,
    /// The same, one by one.
    pub passed_over: Vec<PassedOver>,
    /// What is worth saying and no problem.
    pub notes: Vec<Problem>,
    /// Paths that cannot be read.
    pub problems: Vec<Problem>,
    seen: HashMap<Identity, String>,
}

/// What tells a file from every other, whatever it is called.
#[cfg(unix)]
pub(super) type Identity = (u64, u64);
/// What tells a file from every other, whatever it is called.
#[cfg(not(unix))]
pub(super) type Identity = PathBuf;

impl Plan {
    /// Inputs that need no looking for.
    #[must_use]
    pub fn of(inputs: Vec<Input>) -> Self {
        Self { inputs, ..Self::default() }
    }

    /// Bytes to be read, where all are known beforehand.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.inputs.iter().map(Input::bytes).sum()
    }

    pub(super) fn note(&mut self, path: &Path, what: impl Into<String>) {
        self.problems.push(Problem { source: name_of(path), what: what.into() });
    }

    pub(super) fn pass_over(&mut self, path: &Path, why: WhyPassedOver, what: impl Into<String>) {
        self.skipped += 1;
        self.passed_over.push(PassedOver { source: name_of(path), why, what: what.into() });
    }

    /// The name under which a file was met before.
    pub(super) fn met(&mut self, identity: Identity, path: &Path) -> Option<String> {
        if let Some(name) = self.seen.get(&identity) {
            return Some(name.clone());
        }
        self.seen.insert(identity, name_of(path));
        None
    }

    fn add_file(&mut self, path: PathBuf, metadata: &Metadata) {
        // A shell's `--rules rules/*.yml` gives all but the first of them as records.
        if folder::is_yaml(&path) {
            return self.note(
                &path,
                "is YAML, which no records are written in; Sigma rules are given with --rules, each or by folder",
            );
        }
        if metadata.is_file()
            && let Ok(identity) = identity(&path, metadata)
            && let Some(name) = self.met(identity, &path)
        {
            let source = name_of(&path);
            return self.notes.push(Problem { source, what: format!("is the same file as {name} and is read once") });
        }
        self.inputs.push(Input::File { name: name_of(&path), path });
    }
}

/// Finds what there is to read under `paths`; `-` is standard input.
#[must_use]
pub fn plan(paths: &[PathBuf]) -> Plan {
    let mut plan = Plan::default();
    for path in paths {
        if path == Path::new("-") {
            if plan.inputs.contains(&Input::StandardInput) {
                plan.note(path, "is standard input, which can be read only once; name it once");
            } else {
                plan.inputs.push(Input::StandardInput);
            }
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => folder::search(path, &mut plan),
            Ok(metadata) => plan.add_file(path.clone(), &metadata),
            Err(error) => plan.note(path, plain_error(&error)),
        }
    }
    plan
}

/// What tells a file from every other.
#[cfg(unix)]
pub(super) fn identity(_: &Path, metadata: &Metadata) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;

    Ok((metadata.dev(), metadata.ino()))
}

/// What tells a file from every other.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path, _: &Metadata) -> io::Result<Identity> {
    fs::canonicalize(path)
}

/// A path that is not UTF-8 is shown with replacement characters; it is opened as it is.
pub(super) fn name_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
