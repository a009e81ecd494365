//! Paths as the user gives them, to the list of things to read.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use super::{Input, Problem, plain_error, sniff};

/// The extensions read in a folder, each also with `.gz` or `.zst` behind it. A file that is named itself is read
/// whatever its extension.
pub const EXTENSIONS: [&str; 4] = ["json", "ndjson", "jsonl", "log"];

/// Folders inside folders that are followed.
const FOLDER_DEPTH_MAX: usize = 64;

/// What there is to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order given; what a folder holds is sorted by path.
    pub inputs: Vec<Input>,
    /// Files in folders that were passed over, as their extension is another.
    pub skipped: u64,
    /// Paths that cannot be read.
    pub problems: Vec<Problem>,
}

impl Plan {
    /// Bytes to be read, where all are known beforehand.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.inputs.iter().map(Input::bytes).sum()
    }

    fn note(&mut self, path: &Path, what: impl Into<String>) {
        self.problems.push(Problem { source: name_of(path), what: what.into() });
    }

    fn add_file(&mut self, path: PathBuf) {
        if has_extension(&path, "evtx") {
            return self.note(&path, sniff::EVTX);
        }
        // A shell's `--rules rules/*.yml` gives all but the first of them as records.
        if has_extension(&path, "yml") || has_extension(&path, "yaml") {
            return self.note(
                &path,
                "is YAML, which no records are written in; Sigma rules are given with --rules, each or by folder",
            );
        }
        self.inputs.push(Input::File { name: name_of(&path), path });
    }

    fn add_folder(&mut self, folder: &Path) {
        let mut found = Found::default();
        if let Err(error) = walk(folder, 0, &mut found) {
            return self.note(folder, plain_error(&error));
        }
        for (path, error) in found.unreadable {
            self.note(&path, plain_error(&error));
        }
        self.skipped += found.others;
        if found.event_logs > 0 {
            let number = found.event_logs;
            self.note(folder, format!("holds {number} .evtx file(s), each of which {}", sniff::EVTX));
        }
        if found.files.is_empty() && found.event_logs == 0 {
            let others = found.others;
            let extensions = EXTENSIONS.map(|extension| format!(".{extension}")).join(", ");
            self.note(
                folder,
                format!(
                    "holds no records: no file in it ends in {extensions} (or these with .gz or .zst); \
                     {others} other file(s) were passed over. Name a file itself to have it read"
                ),
            );
        }
        found.files.sort();
        self.inputs.extend(found.files.into_iter().map(|path| Input::File { name: name_of(&path), path }));
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
            Ok(metadata) if metadata.is_dir() => plan.add_folder(path),
            Ok(_) => plan.add_file(path.clone()),
            Err(error) => plan.note(path, plain_error(&error)),
        }
    }
    plan
}

#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    others: u64,
    event_logs: u64,
    unreadable: Vec<(PathBuf, io::Error)>,
}

/// Links to files are followed, links to folders are not: they may lead in circles.
fn walk(folder: &Path, depth: usize, found: &mut Found) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_link = path.is_symlink();
        if path.is_dir() {
            let below = if is_link || depth >= FOLDER_DEPTH_MAX { Ok(()) } else { walk(&path, depth + 1, found) };
            if let Err(error) = below {
                found.unreadable.push((path, error));
            }
        } else if is_record_file(&path) {
            found.files.push(path);
        } else if has_extension(&path, "evtx") {
            found.event_logs += 1;
        } else {
            found.others += 1;
        }
    }
    Ok(())
}

fn is_record_file(path: &Path) -> bool {
    let plain = if has_extension(path, "gz") || has_extension(path, "zst") {
        Path::new(path.file_stem().unwrap_or_default())
    } else {
        path
    };
    EXTENSIONS.iter().any(|extension| has_extension(plain, extension))
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|it| it.eq_ignore_ascii_case(extension))
}

/// A path that is not UTF-8 is shown with replacement characters; it is opened as it is.
fn name_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
