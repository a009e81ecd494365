//! Public data: where it lies, and its lines.
//!
//! The variable `GLASSBOX_DATA` names its folder. Without it, tests that need it are ignored (`build/at_hand.rs`); with it,
//! whatever of it is missing is a failure.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};

/// The folder of public data.
///
/// # Errors
/// When the variable names none, or names one that is not absolute or lacks a part.
pub fn find() -> Result<PathBuf> {
    const PARTS: [&str; 4] = ["amides", "corpus", "domains", "sigma"];
    let data = std::env::var_os("GLASSBOX_DATA").map(PathBuf::from).unwrap_or_default();
    ensure!(!data.as_os_str().is_empty(), "there is no public data: name its folder in GLASSBOX_DATA");
    // Tests run in the folder of their package, and not where the variable was set.
    ensure!(data.is_absolute(), "GLASSBOX_DATA is {}: write an absolute path", data.display());
    for part in PARTS.map(|part| data.join(part)) {
        ensure!(part.is_dir(), "GLASSBOX_DATA is {}, and there is no folder {}", data.display(), part.display());
    }
    Ok(data)
}

/// The folder of public data, for tests that are ignored without it.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn folder() -> PathBuf {
    find().unwrap_or_else(|error| panic!("{error}"))
}

/// The lines of a file, decompressed where it is compressed.
///
/// # Panics
/// When the file cannot be read.
pub fn lines(path: &Path) -> impl Iterator<Item = Vec<u8>> + Send + use<> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader: Box<dyn BufRead + Send> = if path.extension().is_some_and(|extension| extension == "zst") {
        let mut decoder = zstd::Decoder::new(file).expect("a decoder");
        decoder.window_log_max(27).expect("a window");
        Box::new(BufReader::new(decoder))
    } else {
        Box::new(BufReader::new(file))
    };
    reader.split(b'\n').map(|line| line.expect("a line"))
}

/// The lines of a file of the corpus, named without `.ndjson.zst`.
#[must_use]
pub fn corpus(data: &Path, name: &str) -> Vec<Vec<u8>> {
    lines(&data.join("corpus").join(format!("{name}.ndjson.zst"))).collect()
}
