//! Public data: where it lies, and its lines.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use crate::workspace;

/// The folder of public data; says so where there is none.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("GLASSBOX_DATA").map_or_else(|| workspace().join("../shared/data"), PathBuf::from);
    if data.join("corpus").is_dir() {
        return Some(data);
    }
    eprintln!("skipped: no data at {}; name its folder by GLASSBOX_DATA", data.display());
    None
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
