//! Opens a regular file below a folder: no link is followed, nothing else is opened, and nothing waits.

use std::{
    fs::File,
    io,
    path::{Component, Path},
};

/// The file that is this way from a folder.
///
/// # Errors
/// When it cannot be opened, there is a link on the way, or it is no regular file.
#[cfg(unix)]
pub(super) fn regular_file(root: &Path, inside: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, openat};

    let common = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut names = Vec::new();
    for component in inside.components() {
        let Component::Normal(name) = component else { return Err(not_regular()) };
        names.push(name);
    }
    let Some((last, folders)) = names.split_last() else { return Err(not_regular()) };
    let mut folder = File::open(root)?;
    for name in folders {
        folder = openat(&folder, *name, common | OFlags::DIRECTORY, Mode::empty())?.into();
    }
    // Opening a pipe would wait for whoever writes to it.
    let file: File = openat(&folder, *last, common | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::empty())?.into();
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular()) }
}

/// The file that is this way from a folder.
///
/// # Errors
/// When it cannot be opened, or it is no regular file.
#[cfg(not(unix))]
pub(super) fn regular_file(root: &Path, inside: &Path) -> io::Result<File> {
    let path = root.join(inside);
    let is_plain = inside.components().all(|it| matches!(it, Component::Normal(_)));
    if !is_plain || !path.symlink_metadata()?.is_file() {
        return Err(not_regular());
    }
    File::open(path)
}

fn not_regular() -> io::Error {
    io::Error::other("is not a regular file of its folder any more; name it itself to have it read")
}
