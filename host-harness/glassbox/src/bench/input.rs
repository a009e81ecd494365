//! Inputs: what the user names, read whole into memory before anything is measured, one record a line.

use std::{path::Path, sync::Arc};

use anyhow::bail;
use glassbox_sandbox::limits::Limits;
use glassbox_source::{self as source, Ledger, Records};

use super::pass::{InputSize, records, size};
use crate::starter;

/// Bytes of one record that an input may hold. Records longer than a plugin is given are kept: they are unscored, and other
/// engines read them.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// An input in memory.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// One record a line.
    pub bytes: Arc<Vec<u8>>,
    /// How much it holds.
    pub size: InputSize,
}

impl Input {
    /// Reads a file, or all files of a folder as one input.
    ///
    /// # Errors
    /// When one cannot be read, or there are no records.
    pub fn read(path: &Path, limits: &Limits) -> anyhow::Result<Self> {
        let plan = source::plan(&[path.to_owned()]);
        if let Some(problem) = plan.problems.first() {
            bail!("{}: {}", problem.source, problem.what);
        }
        let ledger = Arc::new(Ledger::default());
        let bytes = lines(Records::new(plan.inputs, RECORD_BYTES_MAX, Arc::clone(&ledger)))?;
        if let Some(problem) = ledger.problems().first() {
            bail!("{}: {}", problem.source, problem.what);
        }
        Self::new(short_name(path), bytes, limits)
    }

    /// The sample day.
    ///
    /// # Errors
    /// When the starter is broken, which a test rules out.
    pub fn starter(limits: &Limits) -> anyhow::Result<Self> {
        let bytes = lines(Records::new(starter::records(), RECORD_BYTES_MAX, Arc::default()))?;
        Self::new("sample day".to_owned(), bytes, limits)
    }

    /// An input of records, one a line.
    ///
    /// # Errors
    /// When there are none.
    pub fn new(name: String, bytes: Vec<u8>, limits: &Limits) -> anyhow::Result<Self> {
        let size = size(&bytes, limits)?;
        if size.records == 0 {
            bail!("{name} holds no records; there is nothing to measure");
        }
        Ok(Self { name, bytes: Arc::new(bytes), size })
    }

    /// The records' bytes, in order.
    ///
    /// # Errors
    /// Never, as it was framed before.
    pub fn records(&self) -> anyhow::Result<impl Iterator<Item = Vec<u8>> + '_> {
        Ok(records(&self.bytes, RECORD_BYTES_MAX)?.map(|record| record.bytes))
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
    use std::fs;

    use super::*;

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
        let input = Input::read(&path, &Limits::default()).expect("it has records");
        assert_eq!(input.size.records, 2);
        assert_eq!(String::from_utf8_lossy(&input.bytes), "{\"a\":  1}\n{\"b\": 2}\n");
    }

    #[test]
    fn nothing_is_no_input() {
        let input = Input::new("x".to_owned(), b"\n \n".to_vec(), &Limits::default());
        assert!(input.expect_err("no records").to_string().contains("holds no records"));
    }
}
