//! Files and folders of tests to a suite.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use glassbox_packs::{FolderError, yaml_files_below};
use glassbox_source::Problem;

use super::{RuleTest, RuleText, TestedRules, regression, vectors};

/// Bytes of one file of tests.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// What SigmaHQ calls the file that describes a rule's tests.
const INFO_NAME: &str = "info.yml";

/// Tests, from however many files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suite {
    /// The tests, in the order of their files.
    pub tests: Vec<RuleTest>,
    /// Rules that tests bring along.
    pub rule_texts: Vec<RuleText>,
    /// Files with tests.
    pub files: u64,
    /// `info.yml` files that name a rule and no test.
    pub without_tests: Vec<String>,
    /// Files that cannot be used, each with the place and the way out.
    pub problems: Vec<Problem>,
}

/// Why there are no tests.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Where it is.
        path: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// A folder cannot be searched.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There are none.
    #[error("there are no tests in {paths}; a test is an `{INFO_NAME}` beside its records, or YAML with `cases:`")]
    NoTests {
        /// What was named.
        paths: String,
    },
}

/// Reads tests: files that are named, and in folders every `info.yml` and every file of vectors, in order of path.
///
/// Other YAML in folders, such as rules, is passed over: a file of vectors is told by `cases:` at the beginning of a line.
///
/// # Errors
/// When a path cannot be read. A file that is wrong is no error: it is among the suite's problems.
pub fn read(paths: &[PathBuf], record_bytes_max: usize) -> Result<Suite, SuiteError> {
    let mut suite = Suite::default();
    for path in paths {
        let unreadable = |error| SuiteError::Unreadable { path: path.display().to_string(), error };
        if fs::metadata(path).map_err(unreadable)?.is_dir() {
            let files = yaml_files_below(path)?;
            files.iter().for_each(|file| suite.file(file, true, record_bytes_max));
        } else {
            suite.file(path, false, record_bytes_max);
        }
    }
    if suite.tests.is_empty() && suite.problems.is_empty() {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(SuiteError::NoTests { paths: paths.join(", ") });
    }
    Ok(suite)
}

/// What is wrong with a file of tests, and the line where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(super) struct FileError {
    /// From 1; none where it is about the whole file.
    pub(super) line: Option<u64>,
    /// What is wrong, and the way out.
    pub(super) what: String,
}

impl From<yaml_serde::Error> for FileError {
    fn from(error: yaml_serde::Error) -> Self {
        let line = error.location().map(|it| it.line() as u64);
        let what = error.to_string();
        // The place stands before the message already.
        let end = what.rfind(" at line ").filter(|_| line.is_some()).unwrap_or(what.len());
        Self { line, what: what[..end].to_owned() }
    }
}

impl Suite {
    fn file(&mut self, file: &Path, in_folder: bool, record_bytes_max: usize) {
        // All of a file or nothing of it.
        let (tests, rule_texts) = (self.tests.len(), self.rule_texts.len());
        match self.add(file, in_folder, record_bytes_max) {
            Ok(true) => self.files += 1,
            Ok(false) => {}
            Err(problem) => {
                self.tests.truncate(tests);
                self.rule_texts.truncate(rule_texts);
                self.problems.push(problem);
            }
        }
    }

    /// Whether the file is one of tests.
    fn add(&mut self, file: &Path, in_folder: bool, record_bytes_max: usize) -> Result<bool, Problem> {
        let name = file.display().to_string();
        let problem = |what: String| Problem { source: name.clone(), what };
        let unreadable = |error: io::Error| problem(format!("cannot be read: {error}"));
        let bytes = fs::metadata(file).map_err(unreadable)?.len();
        if bytes > FILE_BYTES_MAX {
            let what = format!("has {bytes} bytes, and a file of tests may have {FILE_BYTES_MAX}; split it");
            return Err(problem(what));
        }
        let bytes = fs::read(file).map_err(unreadable)?;
        let is_info = file.file_name().is_some_and(|name| name == INFO_NAME);
        let has_cases = bytes.split(|&byte| byte == b'\n').any(|line| line.starts_with(b"cases:"));
        if !is_info && !has_cases && in_folder {
            return Ok(false);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| problem("is not UTF-8; write it so".to_owned()))?;
        let added = match is_info {
            true => regression::read(self, file, text, record_bytes_max),
            false => vectors::read(self, &name, text),
        };
        let place = |line: Option<u64>| line.map_or_else(|| name.clone(), |line| format!("{name}:{line}"));
        added.map_err(|error| Problem { source: place(error.line), what: error.what })?;
        Ok(true)
    }

    /// Keeps the tests that a pattern is part of: of their file, name or rule's id, ignoring case.
    pub fn keep_only(&mut self, patterns: &[String]) {
        let patterns: Vec<String> = patterns.iter().map(|pattern| pattern.to_lowercase()).collect();
        if patterns.is_empty() {
            return;
        }
        self.tests.retain(|test| {
            let id = match &test.subject {
                TestedRules::Given(id) => id.as_str(),
                TestedRules::Inline(_) => "",
            };
            let texts = [test.file.to_lowercase(), test.name.to_lowercase(), id.to_owned()];
            patterns.iter().any(|pattern| texts.iter().any(|text| text.contains(pattern)))
        });
    }
}
