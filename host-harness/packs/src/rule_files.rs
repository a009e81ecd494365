//! Files of rules, read from where the operator says.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use glassbox_rules::compile::{PipelineError, RuleFile};

use crate::{folder::yaml_files_below, limits::Limits};

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
    #[error(
        "{path} has {bytes} bytes, and a file of rules may have {bytes_max} (rule_file_bytes_max); split it, or raise the limit"
    )]
    TooLarge {
        /// Where it is.
        path: String,
        /// Bytes that it has.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
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
    read_rule_files_within(paths, &Limits::default())
}

/// As [`read_rule_files`], within these limits.
///
/// # Errors
/// As `read_rule_files`.
pub fn read_rule_files_within(paths: &[PathBuf], limits: &Limits) -> Result<Vec<NamedFile>, RuleFilesError> {
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
    found
        .into_iter()
        .map(|(name, path)| Ok(NamedFile { name, file: read_rule_file(&path, limits.rule_file_bytes_max)? }))
        .collect()
}

/// The folder's own name and the way from there.
fn name_in(folder: &Path, file: &Path) -> String {
    let way = file.strip_prefix(folder).unwrap_or(file);
    let parts = folder.file_name().into_iter().chain(way.iter());
    parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_rule_file(path: &Path, bytes_max: u64) -> Result<RuleFile, RuleFilesError> {
    let name = path.display().to_string();
    let unreadable = |error| RuleFilesError::Unreadable { path: name.clone(), error };
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > bytes_max {
        return Err(RuleFilesError::TooLarge { path: name, bytes, bytes_max });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    // What is not UTF-8 is for the compiler to judge: it may be in a comment.
    Ok(RuleFile { path: name, text: String::from_utf8_lossy(&bytes).into_owned() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::read_rule_files_within;
    use crate::limits::Limits;

    #[test]
    fn a_large_file_of_rules_is_refused_with_its_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rule.yml");
        fs::write(&path, "#".repeat(2_000)).expect("the folder takes it");
        let read = |set: &str| {
            let mut limits = Limits::default();
            limits.set(set).unwrap_or_else(|error| panic!("{error}"));
            read_rule_files_within(std::slice::from_ref(&path), &limits).map(|files| files.len())
        };
        assert_eq!(read("rule_file_bytes_max=2000").expect("it is not larger"), 1);
        let said = read("rule_file_bytes_max=1999").expect_err("it is larger").to_string();
        assert!(said.contains("2000 bytes") && said.contains("1999 (rule_file_bytes_max)"), "{said}");
    }
}
