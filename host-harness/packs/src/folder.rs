//! YAML files in folders.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Folders inside folders that are followed.
const FOLDER_DEPTH_MAX: usize = 64;

/// Why a folder cannot be searched.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system does not give it.
    #[error("{path} cannot be read")]
    Unreadable {
        /// The folder.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// Folders nest deeper than is followed.
    #[error("{path} is more than {limit} folders deep; name it by itself")]
    TooDeep {
        /// The folder.
        path: String,
        /// The limit.
        limit: usize,
    },
}

/// Whether a file's name ends as a YAML file's does.
pub(crate) fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yml") || it.eq_ignore_ascii_case("yaml"))
}

/// Every YAML file below a folder, sorted by path. Links to folders are followed, each real folder once.
///
/// # Errors
/// When a folder cannot be read, or lies too deep.
pub fn yaml_files_below(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let mut walk = Walk { seen: BTreeSet::new(), links: Vec::new(), found: Vec::new() };
    walk.folder(folder, 0)?;
    // Links come last: a folder that is also there without one is found under its own name.
    while !walk.links.is_empty() {
        walk.links.sort();
        let (link, depth) = walk.links.remove(0);
        walk.folder(&link, depth)?;
    }
    walk.found.sort();
    Ok(walk.found)
}

/// A search that goes on.
struct Walk {
    /// Real folders that were read.
    seen: BTreeSet<PathBuf>,
    links: Vec<(PathBuf, usize)>,
    found: Vec<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), FolderError> {
        if depth > FOLDER_DEPTH_MAX {
            return Err(FolderError::TooDeep { path: folder.display().to_string(), limit: FOLDER_DEPTH_MAX });
        }
        if !self.seen.insert(fs::canonicalize(folder).map_err(unreadable(folder))?) {
            return Ok(());
        }
        for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            if !path.is_dir() {
                self.found.extend(Some(path).filter(|path| is_yaml(path)));
            } else if path.is_symlink() {
                self.links.push((path, depth + 1));
            } else {
                self.folder(&path, depth + 1)?;
            }
        }
        Ok(())
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.display().to_string();
    move |error| FolderError::Unreadable { path, error }
}
