//! Inputs: what the user names, read whole into memory before anything is measured, one record a line.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};

use super::{
    lane::InputFacts,
    pass::{facts, records},
};
use crate::{
    limits::Limits,
    source::{self, Ledger, Records},
    starter,
};

/// Bytes of one record that an input may hold. Longer ones than a plugin is given are kept: they are unscored, and other
/// engines read them.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// An input in memory, and in a file for lanes of other processes.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) note: Option<String>,
    pub(super) bytes: Arc<Vec<u8>>,
    pub(super) facts: InputFacts,
    pub(super) file: PathBuf,
}

impl Input {
    /// Reads a file, or all files of a folder as one input.
    pub(super) fn read(path: &Path, limits: &Limits, folder: &Path) -> anyhow::Result<Self> {
        let plan = source::plan(&[path.to_owned()]);
        if let Some(problem) = plan.problems.first() {
            bail!("{}: {}", problem.source, problem.what);
        }
        let ledger = Arc::new(Ledger::default());
        let bytes = lines(Records::new(plan.inputs, RECORD_BYTES_MAX, Arc::clone(&ledger)))?;
        if let Some(problem) = ledger.problems().first() {
            bail!("{}: {}", problem.source, problem.what);
        }
        Self::new(short_name(path), bytes, None, limits, folder)
    }

    /// The sample day.
    pub(super) fn starter(limits: &Limits, folder: &Path) -> anyhow::Result<Self> {
        let bytes = lines(Records::new(starter::records(), RECORD_BYTES_MAX, Arc::default()))?;
        Self::new("sample day".to_owned(), bytes, None, limits, folder)
    }

    pub(super) fn new(
        name: String,
        bytes: Vec<u8>,
        note: Option<String>,
        limits: &Limits,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let facts = facts(&bytes, limits)?;
        if facts.records == 0 {
            bail!("{name} holds no records; there is nothing to measure");
        }
        let file = folder.join(format!("{}.ndjson", name.replace(|it: char| !it.is_ascii_alphanumeric(), "-")));
        if file.exists() {
            bail!("two inputs are called {name}; name one of them otherwise, so that rows can be told apart");
        }
        fs::write(&file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(Self { name, note, bytes: Arc::new(bytes), facts, file })
    }

    /// The length of each record.
    pub(super) fn record_bytes(&self) -> anyhow::Result<Vec<u64>> {
        Ok(records(&self.bytes, RECORD_BYTES_MAX)?.map(|record| record.bytes.len() as u64).collect())
    }

    /// The file of the first so many records.
    pub(super) fn sample(&self, count: u64, folder: &Path) -> anyhow::Result<PathBuf> {
        if count >= self.facts.records {
            return Ok(self.file.clone());
        }
        let records = records(&self.bytes, RECORD_BYTES_MAX)?;
        let bytes = records.take(count as usize).flat_map(|record| [record.bytes, b"\n".to_vec()]).flatten();
        let name = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let file = folder.join(format!("{name}.{count}.ndjson"));
        fs::write(&file, bytes.collect::<Vec<u8>>())
            .with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(file)
    }

    /// The records at these places, in order, as an input of their own.
    pub(super) fn some(
        &self,
        name: String,
        note: String,
        places: &[usize],
        limits: &Limits,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        for (place, record) in records(&self.bytes, RECORD_BYTES_MAX)?.enumerate() {
            if places.binary_search(&place).is_ok() {
                bytes.extend_from_slice(&record.bytes);
                bytes.push(b'\n');
            }
        }
        Self::new(name, bytes, Some(note), limits, folder)
    }
}

/// Records one a line.
fn lines(records: Records) -> anyhow::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for record in records {
        // Inside of a JSON value a line end is white space, since no string holds one; and other records have none.
        lines.extend(record?.bytes.into_iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
        lines.push(b'\n');
    }
    Ok(lines)
}

/// A file's name without what says how it is written.
fn short_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let plain = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(&name);
    let known = source::EXTENSIONS.iter().find_map(|extension| plain.strip_suffix(extension)?.strip_suffix('.'));
    known.unwrap_or(plain).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(bytes: &str) -> (tempfile::TempDir, Input) {
        let folder = tempfile::tempdir().expect("a folder");
        let input = Input::new("day 1".to_owned(), bytes.into(), None, &Limits::default(), folder.path());
        (folder, input.expect("it has records"))
    }

    #[test]
    fn names_are_short() {
        for (path, expected) in
            [("a/b.ndjson.zst", "b"), ("b.json", "b"), ("b.log.gz", "b"), ("x/b", "b"), ("b.tar.gz", "b.tar")]
        {
            assert_eq!(short_name(Path::new(path)), expected);
        }
    }

    #[test]
    fn records_of_other_frames_become_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("two.json");
        fs::write(&path, "[{\"a\":\n 1}, {\"b\": 2}]").expect("it can be written");
        let input = Input::read(&path, &Limits::default(), folder.path()).expect("it has records");
        assert_eq!(input.facts.records, 2);
        assert_eq!(String::from_utf8_lossy(&input.bytes), "{\"a\":  1}\n{\"b\": 2}\n");
        assert_eq!(fs::read(&input.file).expect("it was written"), *input.bytes);
    }

    #[test]
    fn a_sample_is_the_beginning_and_some_are_where_they_stand() {
        let (folder, input) = input("{}\n{\"a\":1}\n{\"b\":1}\n");
        let limits = Limits::default();
        let sample = input.sample(2, folder.path()).expect("it can be written");
        assert_eq!(fs::read_to_string(sample).expect("it was written"), "{}\n{\"a\":1}\n");
        assert_eq!(input.sample(3, folder.path()).expect("it is the file itself"), input.file);
        let some = input.some("s".to_owned(), String::new(), &[0, 2], &limits, folder.path()).expect("records");
        assert_eq!(String::from_utf8_lossy(&some.bytes), "{}\n{\"b\":1}\n");
    }

    #[test]
    fn nothing_is_no_input() {
        let folder = tempfile::tempdir().expect("a folder");
        let input = Input::new("x".to_owned(), b"\n \n".to_vec(), None, &Limits::default(), folder.path());
        assert!(input.err().expect("no records").to_string().contains("holds no records"));
    }
}
