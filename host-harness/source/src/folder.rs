//! A folder, searched by what its files hold and not by what they are called.
//!
//! Folders of logs are written to by those who are watched: nothing is opened there but regular files, no link out of the
//! folder is followed, and nothing is waited for.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry, FileType},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Input, Limits, Plan, WhyPassedOver,
    account::Ledger,
    content::{self, Content},
    open, plain_error,
    plan::{identity, name_of},
    unpack::{Raw, Unpacked, Unpacker, Unpacking},
};

/// Folders inside folders that are followed.
const FOLDER_DEPTH_MAX: usize = 64;

/// Finds what there is to read in a folder.
pub(super) fn search(folder: &Path, plan: &mut Plan) {
    let root = match fs::canonicalize(folder) {
        Ok(root) => root,
        Err(error) => return plan.note(folder, plain_error(&error)),
    };
    let mut search = Search { folder, root: root.into(), plan, event_logs: 0, found: 0 };
    let passed_before = search.plan.skipped;
    if let Err(error) = search.walk(Path::new(""), 0) {
        return search.plan.note(folder, plain_error(&error));
    }
    let (event_logs, found) = (search.event_logs, search.found);
    if event_logs > 0 {
        plan.note(folder, format!("holds {event_logs} .evtx file(s), each of which {}", content::EVTX));
    }
    let passed = plan.skipped - passed_before;
    if found == 0 && event_logs == 0 {
        let what = format!("holds no records: there is no text in it; {passed} other file(s) were passed over");
        plan.note(folder, what);
    }
}

/// Why a file with this content is passed over.
pub(super) fn why(content: Content) -> (WhyPassedOver, &'static str) {
    match content {
        Content::Empty => (WhyPassedOver::Empty, "is empty"),
        Content::Known(what) => (WhyPassedOver::KnownForm, what),
        Content::Binary | Content::Text => (WhyPassedOver::Binary, "is not text; name it itself to have it read"),
    }
}

/// Whether a file is called as Sigma rules and settings are.
pub(super) fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|it| it.eq_ignore_ascii_case("yml") || it.eq_ignore_ascii_case("yaml"))
}

struct Search<'a> {
    /// As the user named it.
    folder: &'a Path,
    /// Where it is.
    root: Arc<Path>,
    plan: &'a mut Plan,
    event_logs: u64,
    found: u64,
}

impl Search<'_> {
    fn walk(&mut self, inside: &Path, depth: usize) -> io::Result<()> {
        let mut entries = fs::read_dir(self.root.join(inside))?.collect::<io::Result<Vec<DirEntry>>>()?;
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            let inside = inside.join(entry.file_name());
            let path = self.folder.join(&inside);
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(error) => {
                    self.unreadable(&path, &error);
                    continue;
                }
            };
            if kind.is_dir() && depth >= FOLDER_DEPTH_MAX {
                let what = format!("lies in more than {FOLDER_DEPTH_MAX} folders; name it itself to have it read");
                self.plan.pass_over(&path, WhyPassedOver::TooDeep, what.clone());
                self.plan.note(&path, what);
            } else if kind.is_dir() {
                if let Err(error) = self.walk(&inside, depth + 1) {
                    self.unreadable(&path, &error);
                }
            } else if kind.is_symlink() {
                self.link(&path);
            } else if kind.is_file() {
                self.file(path, inside);
            } else {
                let what =
                    format!("is {}, which is not read in a folder; name it itself to have it read", kind_of(kind));
                self.plan.pass_over(&path, WhyPassedOver::Special, what.clone());
                self.plan.note(&path, what);
            }
        }
        Ok(())
    }

    /// What a link in the folder leads to is found under its own name; what it leads to elsewhere is not read.
    fn link(&mut self, path: &Path) {
        match fs::canonicalize(path) {
            Ok(target) if target.starts_with(&self.root) => {
                let target = target.strip_prefix(&self.root).unwrap_or(&target);
                let what = format!("is a link to {}, which is read once", name_of(&self.folder.join(target)));
                self.plan.pass_over(path, WhyPassedOver::MetBefore, what);
            }
            Ok(_) => {
                let what = "is a link out of its folder, which is not followed; name it itself to have it read";
                self.plan.pass_over(path, WhyPassedOver::Link, what);
                self.plan.note(path, what);
            }
            Err(_) => self.plan.pass_over(path, WhyPassedOver::Link, "is a link that leads nowhere"),
        }
    }

    fn file(&mut self, path: PathBuf, inside: PathBuf) {
        if is_yaml(&path) {
            let what = "is YAML, which no records are written in; Sigma rules are given with --rules";
            return self.plan.pass_over(&path, WhyPassedOver::KnownForm, what);
        }
        let opened = open::regular_file(&self.root, &inside).and_then(|file| {
            let metadata = file.metadata()?;
            Ok((identity(&self.root.join(&inside), &metadata)?, metadata.len(), file))
        });
        let (identity, bytes, file) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.unreadable(&path, &error),
        };
        if let Some(name) = self.plan.met(identity, &path) {
            let what = format!("is the same file as {name}, which is read once");
            return self.plan.pass_over(&path, WhyPassedOver::MetBefore, what);
        }
        // What fails here fails when it is read, too, and is said then.
        match judge(file, &name_of(&path)).unwrap_or(Content::Text) {
            Content::Text => {
                self.found += 1;
                let (name, root) = (name_of(&path), Arc::clone(&self.root));
                self.plan.inputs.push(Input::Found { name, root, inside, bytes });
            }
            content => {
                self.event_logs += u64::from(content == Content::Known(content::EVTX));
                let (why, what) = why(content);
                self.plan.pass_over(&path, why, what);
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let what = plain_error(error);
        self.plan.pass_over(path, WhyPassedOver::Unreadable, what.clone());
        self.plan.note(path, what);
    }
}

/// What a file holds, unpacked; the files of an archive are judged when it is read.
fn judge(file: fs::File, name: &str) -> io::Result<Content> {
    let unpacker = Unpacker::new(Unpacking::of(&Limits::default()), Arc::new(Ledger::default()));
    let raw = unpacker.count(Raw::Seekable(Box::new(file)));
    match unpacker.unpack(raw, name)? {
        Unpacked::Plain(mut stream) => content::judge_to_first_text(&mut stream),
        Unpacked::Archive(..) => Ok(Content::Text),
    }
}

#[cfg(unix)]
fn kind_of(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;

    match kind {
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_block_device() || kind.is_char_device() => "a device",
        _ => "a special file",
    }
}

#[cfg(not(unix))]
fn kind_of(_: FileType) -> &'static str {
    "a special file"
}
