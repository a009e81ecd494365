//! Files of rules: single ones, folders, and packages (zip, tar) as collections publish them. What a file means is for the
//! compiler to decide; here it becomes text with a name.

use std::{
    fs,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
};

use glassbox_rules::compile::{PipelineError, RuleFile};

use crate::{
    folder::{FolderError, is_yaml, yaml_files_below},
    limits::Limits,
};

/// A file of rules, with its name in the pack.
#[derive(Clone, Debug)]
pub struct NamedFile {
    /// Its name in the pack: relative to what the operator gave, with `/` on every system.
    pub name: String,
    /// Its path as the operator would write it, and its text.
    pub file: RuleFile,
}

/// Why files of rules cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RuleFileError {
    /// The system does not give it.
    #[error("{path} cannot be read")]
    Io {
        /// The file or folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// No rule file is in what was named.
    #[error(
        "there are no .yml or .yaml files in {paths}; name files, folders or packages (zip, tar, tar.gz, tar.zst) of Sigma rules"
    )]
    NoRules {
        /// What was named.
        paths: String,
    },
    /// A file is larger than a rule file may be.
    #[error(
        "{path} has {bytes} bytes, and a file of rules may have {limit} (rule_file_bytes_max); split it, or raise the limit"
    )]
    FileTooLarge {
        /// The file.
        path: String,
        /// Its bytes.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A package is larger than one may be.
    #[error(
        "{path} has more than {limit} {unit}, packed or unpacked, which is the most that a package of rules may have \
             ({name}); raise the limit, or unpack it and name the folder"
    )]
    PackageTooLarge {
        /// The package.
        path: String,
        /// The limit.
        limit: u64,
        /// Bytes or files.
        unit: &'static str,
        /// The limit's name.
        name: &'static str,
    },
    /// A package is damaged, or packed in a way that is not known.
    #[error("{path} is a package that cannot be opened: {reason}; unpack it and name the folder")]
    Package {
        /// The package.
        path: String,
        /// Why.
        reason: String,
    },
    /// A folder cannot be searched.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A pipeline cannot be used.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

/// Reads rule files: those named, every `.yml` and `.yaml` in folders, sorted by path, and in packages, sorted by name.
/// Links to folders are followed, each real folder once.
///
/// # Errors
/// When a path cannot be read or there are no rule files.
pub fn read_rule_files(paths: &[PathBuf]) -> Result<Vec<NamedFile>, RuleFileError> {
    read_rule_files_within(paths, &Limits::default())
}

/// As [`read_rule_files`], within these limits.
///
/// # Errors
/// As `read_rule_files`.
pub fn read_rule_files_within(paths: &[PathBuf], limits: &Limits) -> Result<Vec<NamedFile>, RuleFileError> {
    let mut found = Vec::new();
    for path in paths {
        let metadata = fs::metadata(path).map_err(unreadable(path))?;
        if metadata.is_dir() {
            for file in yaml_files_below(path)? {
                found.push(NamedFile { name: name_in(path, &file), file: read_file(&file, limits)? });
            }
        } else {
            read_named(path, metadata.len(), limits, &mut found)?;
        }
    }
    if found.is_empty() {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(RuleFileError::NoRules { paths: paths.join(", ") });
    }
    Ok(found)
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> RuleFileError {
    let path = path.display().to_string();
    move |source| RuleFileError::Io { path, source }
}

/// The folder's own name and the way from there.
fn name_in(folder: &Path, file: &Path) -> String {
    let way = file.strip_prefix(folder).unwrap_or(file);
    let parts = folder.file_name().into_iter().chain(way.iter());
    parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_file(path: &Path, limits: &Limits) -> Result<RuleFile, RuleFileError> {
    let bytes = fs::metadata(path).map_err(unreadable(path))?.len();
    if bytes > limits.rule_file_bytes_max {
        let path = path.display().to_string();
        return Err(RuleFileError::FileTooLarge { path, bytes, limit: limits.rule_file_bytes_max });
    }
    let bytes = fs::read(path).map_err(unreadable(path))?;
    Ok(RuleFile::decode(path.display().to_string(), &bytes))
}

/// Reads a file that was named: a package by what it begins with, anything else as rules.
fn read_named(path: &Path, bytes: u64, limits: &Limits, found: &mut Vec<NamedFile>) -> Result<(), RuleFileError> {
    let mut head = Vec::new();
    fs::File::open(path).and_then(|file| file.take(512).read_to_end(&mut head)).map_err(unreadable(path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(form) = Form::of(&head) else {
        found.push(NamedFile { name, file: read_file(path, limits)? });
        return Ok(());
    };
    if bytes > limits.rule_package_bytes_max {
        return Err(too_many_bytes(&path.display().to_string(), limits));
    }
    let bytes = fs::read(path).map_err(unreadable(path))?;
    let mut package = Package { path: path.display().to_string(), limits, files: Vec::new(), bytes: 0 };
    package.open(form, bytes)?;
    package.files.sort();
    for (inner, bytes) in package.files {
        let file = RuleFile::decode(format!("{}/{inner}", path.display()), &bytes);
        found.push(NamedFile { name: format!("{name}/{inner}"), file });
    }
    Ok(())
}

fn too_many_bytes(path: &str, limits: &Limits) -> RuleFileError {
    let (limit, name) = (limits.rule_package_bytes_max, "rule_package_bytes_max");
    RuleFileError::PackageTooLarge { path: path.to_owned(), limit, unit: "bytes", name }
}

/// How a package is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Zip,
    Tar,
    Gzip,
    Zstd,
}

impl Form {
    /// Told by the first bytes; none for what is not a package.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            _ => (head.get(257..262) == Some(b"ustar")).then_some(Self::Tar),
        }
    }
}

/// A package that is being opened.
struct Package<'l> {
    path: String,
    limits: &'l Limits,
    /// Names in the package with what the files hold.
    files: Vec<(String, Vec<u8>)>,
    bytes: u64,
}

impl Package<'_> {
    fn open(&mut self, form: Form, bytes: Vec<u8>) -> Result<(), RuleFileError> {
        match form {
            Form::Zip => self.zip(bytes),
            Form::Tar => self.tar(&bytes),
            Form::Gzip => self.compressed(flate2::read::MultiGzDecoder::new(&bytes[..])),
            Form::Zstd => {
                let decoder = zstd::Decoder::new(&bytes[..]).map_err(|error| self.broken(&error))?;
                self.compressed(decoder)
            }
        }
    }

    fn broken(&self, reason: &dyn std::fmt::Display) -> RuleFileError {
        RuleFileError::Package { path: self.path.clone(), reason: reason.to_string() }
    }

    /// A tar file, or a single file of rules.
    fn compressed(&mut self, unpacked: impl Read) -> Result<(), RuleFileError> {
        let mut bytes = Vec::new();
        unpacked
            .take(self.limits.rule_package_bytes_max.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| self.broken(&error))?;
        if bytes.len() as u64 > self.limits.rule_package_bytes_max {
            return Err(too_many_bytes(&self.path, self.limits));
        }
        if Form::of(&bytes) == Some(Form::Tar) {
            return self.tar(&bytes);
        }
        let name = Path::new(&self.path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !is_yaml(Path::new(&name)) {
            return Err(self.broken(&"what is compressed in it is not a tar file"));
        }
        self.file(&name, bytes.len() as u64, &bytes[..])
    }

    fn tar(&mut self, bytes: &[u8]) -> Result<(), RuleFileError> {
        let mut archive = tar::Archive::new(bytes);
        let entries = archive.entries().map_err(|error| self.broken(&error))?;
        for entry in entries {
            let entry = entry.map_err(|error| self.broken(&error))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if entry.header().entry_type().is_file() {
                let size = entry.size();
                self.file(&name, size, entry)?;
            }
        }
        Ok(())
    }

    fn zip(&mut self, bytes: Vec<u8>) -> Result<(), RuleFileError> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| self.broken(&error))?;
        for position in 0..archive.len() {
            let entry = archive.by_index(position).map_err(|error| self.broken(&error))?;
            if entry.is_file() {
                let name = entry.name().map_err(|error| self.broken(&error))?.into_owned();
                let size = entry.size();
                self.file(&name, size, entry)?;
            }
        }
        Ok(())
    }

    /// Takes a file of the package, if it is one of rules.
    fn file(&mut self, name: &str, size: u64, content: impl Read) -> Result<(), RuleFileError> {
        let name = name.replace('\\', "/");
        let name = name.trim_start_matches("./").to_owned();
        // macOS puts files of its own beside each.
        let base = name.rsplit('/').next().unwrap_or(&name);
        if !is_yaml(Path::new(&name)) || base.starts_with("._") || name.starts_with("__MACOSX/") {
            return Ok(());
        }
        let path = format!("{}/{name}", self.path);
        let bytes_max = self.limits.rule_file_bytes_max;
        if size > bytes_max {
            return Err(RuleFileError::FileTooLarge { path, bytes: size, limit: bytes_max });
        }
        let mut bytes = Vec::new();
        content.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| self.broken(&error))?;
        if bytes.len() as u64 > bytes_max {
            return Err(RuleFileError::FileTooLarge { path, bytes: bytes.len() as u64, limit: bytes_max });
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > self.limits.rule_package_bytes_max {
            return Err(too_many_bytes(&self.path, self.limits));
        }
        let files_max = self.limits.rule_package_files_max;
        if self.files.len() >= files_max {
            let (path, limit, name) = (self.path.clone(), files_max as u64, "rule_package_files_max");
            return Err(RuleFileError::PackageTooLarge { path, limit, unit: "files", name });
        }
        self.files.push((name, bytes));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
