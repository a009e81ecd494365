//! Files in folders.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders inside folders that are followed.
const FOLDER_DEPTH_MAX: usize = 64;

/// Every YAML file below a folder, sorted by path. Links to folders are not followed: they may lead in circles.
///
/// # Errors
/// When a folder cannot be read.
pub fn yaml_files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    walk(folder, 0, &mut files)?;
    files.sort();
    Ok(files)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.is_symlink() && depth < FOLDER_DEPTH_MAX {
                walk(&path, depth + 1, files)?;
            }
        } else if path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yml") || it.eq_ignore_ascii_case("yaml")) {
            files.push(path);
        }
    }
    Ok(())
}
