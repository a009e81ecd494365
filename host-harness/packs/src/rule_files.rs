//! Files of rules, read from where the operator says.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use glassbox_rules::compile::{PipelineError, RuleFile};

use crate::folder::yaml_files_below;

/// Bytes of one rule file. A larger file holds no rules.
const RULE_FILE_BYTES_MAX: u64 = 4 << 20;

/// A file of rules, with its name in the pack.
#[derive(Clone, Debug)]
pub struct NamedFile {
    /// Its name in the pack: relative to what the operator gave, with `/` on every system.
    pub name: String,
    /// Its path as the operator would write it, and its text.
    pub file: RuleFile,
}

/// Why files of rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleFilesError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Where it is.
        path: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// A file is too large to hold rules.
    #[error("{path} has {bytes} bytes, and a file of rules may have {RULE_FILE_BYTES_MAX}; split it")]
    TooLarge {
        /// Where it is.
        path: String,
        /// Bytes that it has.
        bytes: u64,
    },
    /// There are no rules at all.
    #[error("there are no .yml or .yaml files in {paths}; name files or folders of Sigma rules")]
    NoFiles {
        /// What was named.
        paths: String,
    },
    /// A pipeline cannot be used.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

/// Reads rule files: those named, and every `.yml` and `.yaml` in folders, sorted by path.
///
/// # Errors
/// When a path cannot be read or there are no rule files.
pub fn read_rule_files(paths: &[PathBuf]) -> Result<Vec<NamedFile>, RuleFilesError> {
    let mut found = Vec::new();
    for path in paths {
        let unreadable = |error| RuleFilesError::Unreadable { path: path.display().to_string(), error };
        if fs::metadata(path).map_err(unreadable)?.is_dir() {
            let inside = yaml_files_below(path).map_err(unreadable)?;
            found.extend(inside.into_iter().map(|file| (name_in(path, &file), file)));
        } else {
            found.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), path.clone()));
        }
    }
    if found.is_empty() {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(RuleFilesError::NoFiles { paths: paths.join(", ") });
    }
    found.into_iter().map(|(name, path)| Ok(NamedFile { name, file: read_rule_file(&path)? })).collect()
}

/// The folder's own name and the way from there.
fn name_in(folder: &Path, file: &Path) -> String {
    let way = file.strip_prefix(folder).unwrap_or(file);
    let parts = folder.file_name().into_iter().chain(way.iter());
    parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_rule_file(path: &Path) -> Result<RuleFile, RuleFilesError> {
    let name = path.display().to_string();
    let unreadable = |error| RuleFilesError::Unreadable { path: name.clone(), error };
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > RULE_FILE_BYTES_MAX {
        return Err(RuleFilesError::TooLarge { path: name, bytes });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    // What is not UTF-8 is for the compiler to judge: it may be in a comment.
    Ok(RuleFile { path: name, text: String::from_utf8_lossy(&bytes).into_owned() })
}
