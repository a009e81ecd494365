//! Inputs: what the user names, in memory, and in a file for lanes of other processes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use glassbox::bench::{self, pass::InputSize};
use glassbox_sandbox::limits::Limits;

/// An input in memory, and in a file for lanes of other processes.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) note: Option<String>,
    pub(super) bytes: Arc<Vec<u8>>,
    pub(super) size: InputSize,
    pub(super) file: PathBuf,
    inner: bench::Input,
}

impl Input {
    /// Reads a file, or all files of a folder as one input.
    pub(super) fn read(path: &Path, limits: &Limits, folder: &Path) -> anyhow::Result<Self> {
        Self::new(bench::Input::read(path, limits)?, None, folder)
    }

    /// The sample day.
    pub(super) fn starter(limits: &Limits, folder: &Path) -> anyhow::Result<Self> {
        Self::new(bench::Input::starter(limits)?, None, folder)
    }

    fn new(inner: bench::Input, note: Option<String>, folder: &Path) -> anyhow::Result<Self> {
        let name = inner.name.clone();
        let file = folder.join(format!("{}.ndjson", name.replace(|it: char| !it.is_ascii_alphanumeric(), "-")));
        if file.exists() {
            bail!("two inputs are called {name}; rename one of them, so that rows can be told apart");
        }
        fs::write(&file, inner.bytes.as_slice()).with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(Self { name, note, bytes: Arc::clone(&inner.bytes), size: inner.size, file, inner })
    }

    /// The records' bytes, in order.
    pub(super) fn records(&self) -> anyhow::Result<impl Iterator<Item = Vec<u8>> + '_> {
        self.inner.records()
    }

    /// The length of each record.
    pub(super) fn record_bytes(&self) -> anyhow::Result<Vec<u64>> {
        Ok(self.records()?.map(|record| record.len() as u64).collect())
    }

    /// The file of the first records, at most `count`.
    pub(super) fn sample(&self, count: u64, folder: &Path) -> anyhow::Result<PathBuf> {
        if count >= self.size.records {
            return Ok(self.file.clone());
        }
        let bytes = self.records()?.take(count as usize).flat_map(|record| [record, b"\n".to_vec()]).flatten();
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
        for (place, record) in self.records()?.enumerate() {
            if places.binary_search(&place).is_ok() {
                bytes.extend_from_slice(&record);
                bytes.push(b'\n');
            }
        }
        Self::new(bench::Input::new(name, bytes, limits)?, Some(note), folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(bytes: &str) -> (tempfile::TempDir, Input) {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = bench::Input::new("day 1".to_owned(), bytes.into(), &Limits::default()).expect("it has records");
        let input = Input::new(inner, None, folder.path()).expect("the folder takes it");
        (folder, input)
    }

    #[test]
    fn a_sample_is_the_beginning_and_some_are_where_they_occur() {
        let (folder, input) = input("{}\n{\"a\":1}\n{\"b\":1}\n");
        let limits = Limits::default();
        assert_eq!(fs::read(&input.file).expect("it was written"), *input.bytes);
        let sample = input.sample(2, folder.path()).expect("it can be written");
        assert_eq!(fs::read_to_string(sample).expect("it was written"), "{}\n{\"a\":1}\n");
        assert_eq!(input.sample(3, folder.path()).expect("it is the file itself"), input.file);
        let some = input.some("s".to_owned(), String::new(), &[0, 2], &limits, folder.path()).expect("records");
        assert_eq!(String::from_utf8_lossy(&some.bytes), "{}\n{\"b\":1}\n");
    }

    #[test]
    fn two_inputs_of_one_name_are_refused() {
        let (folder, _input) = input("{}\n");
        let inner = bench::Input::new("day-1".to_owned(), b"{}".to_vec(), &Limits::default()).expect("it has records");
        let said = Input::new(inner, None, folder.path()).err().expect("the name is taken").to_string();
        assert!(said.contains("two inputs are called day-1"), "{said}");
    }
}
