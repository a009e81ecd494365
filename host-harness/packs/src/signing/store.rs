//! Installed plugins and packs: verified once when they come, and again whenever they are used.
//!
//! ```text
//! <store>/plugins/NAME/installed.json      the line of versions: which is in service, the greatest serial ever seen
//! <store>/plugins/NAME/7-0a1b2c3d4e5f.wasm          and its signature beside it
//! ```
//!
//! A version comes into service only when everything about it holds; until then the last good one stays. An older
//! serial than the greatest one ever installed is refused, also after going back: going back is for the operator alone.

use std::{
    env, fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Installable, Manifest, SIGNATURE_SUFFIX, is_name};

/// Versions of one name that are kept, the one in service and those before it.
const VERSIONS_MAX: usize = 5;
const INDEX: &str = "installed.json";

/// A folder of installed files.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// The installed versions of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installed {
    /// Their name.
    pub name: String,
    /// The serial of the version in service.
    pub in_service: u64,
    /// The greatest serial that was ever installed: no lesser one comes in.
    pub serial_greatest: u64,
    /// What is kept, by serial.
    pub versions: Vec<Version>,
}

/// One installed version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Its serial.
    pub serial: u64,
    /// Its version, for people.
    pub version: String,
    /// Its digest.
    pub sha256: String,
    /// The name of its file in the folder.
    pub file: String,
}

/// Why a version does not come into service.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An older one than was seen.
    #[error(
        "{name} {version} has serial {serial}, and serial {greatest} was installed before: an older version does not \
         come in; to go back, use `glassbox {kind} rollback {name}`"
    )]
    Downgrade {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Its version.
        version: String,
        /// Its serial.
        serial: u64,
        /// The greatest one seen.
        greatest: u64,
    },
    /// Two files claim one place.
    #[error("serial {serial} of {name} is another file already: its maker must give the new one a greater serial")]
    SerialTaken {
        /// The name.
        name: String,
        /// The serial.
        serial: u64,
    },
    /// There is none of this name.
    #[error("no {kind} `{name}` is installed ({}); see `glassbox {kind} list`", installed(.present))]
    Absent {
        /// What it would be.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What there is.
        present: Vec<String>,
    },
    /// There is nothing to go back to.
    #[error("there is no version of {0} before the one in service to go back to")]
    NothingBefore(String),
    /// The list cannot be read.
    #[error("{0} is damaged: {1}; remove its folder and install the versions again")]
    Damaged(String, String),
    /// A file cannot be read or written.
    #[error("{0} cannot be read or written")]
    File(String, #[source] io::Error),
}

fn installed(present: &[String]) -> String {
    if present.is_empty() { "there is nothing".to_owned() } else { format!("there is {}", present.join(", ")) }
}

/// Where installed files are kept unless the user says otherwise: `glassbox` in the user's data folder.
#[must_use]
pub fn default_store_folder() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    Some(absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))?.join("glassbox"))
}

impl Installed {
    /// The version in service.
    #[must_use]
    pub fn current(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.serial == self.in_service)
    }
}

impl Store {
    /// A store in a folder; it is made when something is installed.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Every name with its versions, in order of name.
    ///
    /// # Errors
    /// When a list cannot be read.
    pub fn list(&self, kind: Installable) -> Result<Vec<Installed>, StoreError> {
        self.names(kind)?.iter().map(|name| self.find(kind, name)).collect()
    }

    /// The versions of a name.
    ///
    /// # Errors
    /// When there are none, or their list cannot be read.
    pub fn find(&self, kind: Installable, name: &str) -> Result<Installed, StoreError> {
        match self.read(kind, name)? {
            Some(installed) => Ok(installed),
            None => Err(StoreError::Absent { kind: kind.name(), name: name.to_owned(), present: self.names(kind)? }),
        }
    }

    /// The file of a version, and its signature's.
    #[must_use]
    pub fn paths(&self, kind: Installable, name: &str, version: &Version) -> (PathBuf, PathBuf) {
        let file = self.folder_of(kind, name).join(&version.file);
        let signature = with_suffix(&file);
        (file, signature)
    }

    /// Whether a version may come in.
    ///
    /// # Errors
    /// When a later one was seen, or another file has its serial.
    pub fn admits(&self, manifest: &Manifest) -> Result<(), StoreError> {
        let Manifest { kind, name, version, serial, sha256, .. } = manifest;
        let Some(installed) = self.read(*kind, name)? else { return Ok(()) };
        let same = installed.versions.iter().find(|version| version.serial == *serial);
        match same {
            Some(same) if same.sha256 == *sha256 => Ok(()),
            Some(_) => Err(StoreError::SerialTaken { name: name.clone(), serial: *serial }),
            None if *serial <= installed.serial_greatest => Err(StoreError::Downgrade {
                kind: kind.name(),
                name: name.clone(),
                version: version.clone(),
                serial: *serial,
                greatest: installed.serial_greatest,
            }),
            None => Ok(()),
        }
    }

    /// Puts a version into service whose signature was verified and that was tried.
    ///
    /// # Errors
    /// When it may not come in, or cannot be written; then what was in service stays there.
    pub fn install(&self, manifest: &Manifest, bytes: &[u8], signature: &str) -> Result<Installed, StoreError> {
        self.admits(manifest)?;
        let Manifest { kind, name, serial, .. } = manifest;
        let folder = self.folder_of(*kind, name);
        let file = format!("{serial}-{}.{}", manifest.sha256.get(..12).unwrap_or_default(), kind.extension());
        let version = Version {
            serial: *serial,
            version: manifest.version.clone(),
            sha256: manifest.sha256.clone(),
            file: file.clone(),
        };
        fs::create_dir_all(&folder).map_err(|error| StoreError::File(folder.display().to_string(), error))?;
        write_whole(&folder.join(&file), bytes)?;
        write_whole(&with_suffix(&folder.join(&file)), signature.as_bytes())?;
        let mut installed = self.read(*kind, name)?.unwrap_or_else(|| Installed {
            name: name.clone(),
            in_service: *serial,
            serial_greatest: *serial,
            versions: Vec::new(),
        });
        installed.versions.retain(|present| present.serial != *serial);
        installed.versions.push(version);
        installed.versions.sort_by_key(|version| version.serial);
        installed.serial_greatest = installed.serial_greatest.max(*serial);
        installed.in_service = *serial;
        let surplus = installed.versions.len().saturating_sub(VERSIONS_MAX);
        let removed: Vec<Version> = installed.versions.drain(..surplus).collect();
        self.write(*kind, &installed)?;
        for version in removed {
            let (file, signature) = self.paths(*kind, name, &version);
            // What stays is not in the list, and so not in use.
            let _ = fs::remove_file(file).and_then(|()| fs::remove_file(signature));
        }
        Ok(installed)
    }

    /// Puts the version before the one in service there.
    ///
    /// # Errors
    /// When there is none.
    pub fn roll_back(&self, kind: Installable, name: &str) -> Result<Installed, StoreError> {
        let mut installed = self.find(kind, name)?;
        let before = installed.versions.iter().rev().find(|version| version.serial < installed.in_service);
        installed.in_service = before.ok_or_else(|| StoreError::NothingBefore(name.to_owned()))?.serial;
        self.write(kind, &installed)?;
        Ok(installed)
    }

    fn folder_of(&self, kind: Installable, name: &str) -> PathBuf {
        self.folder.join(format!("{}s", kind.name())).join(name)
    }

    fn names(&self, kind: Installable) -> Result<Vec<String>, StoreError> {
        let folder = self.folder.join(format!("{}s", kind.name()));
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| StoreError::File(folder.display().to_string(), error))?,
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> =
            names.filter(|name| is_name(name) && folder.join(name).join(INDEX).is_file()).collect();
        names.sort();
        Ok(names)
    }

    fn read(&self, kind: Installable, name: &str) -> Result<Option<Installed>, StoreError> {
        // What is no name lies in no folder, and must not lead into one.
        if !is_name(name) {
            return Ok(None);
        }
        let path = self.folder_of(kind, name).join(INDEX);
        let shown = path.display().to_string();
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| StoreError::File(shown.clone(), error))?,
        };
        let damaged = |what: String| StoreError::Damaged(shown.clone(), what);
        let installed: Installed = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if installed.current().is_none() {
            return Err(damaged("the version in service is not among those kept".to_owned()));
        }
        if installed.name != name || installed.versions.iter().any(|version| !is_name(&version.file)) {
            return Err(damaged("its names are not those of its files".to_owned()));
        }
        Ok(Some(installed))
    }

    fn write(&self, kind: Installable, installed: &Installed) -> Result<(), StoreError> {
        let path = self.folder_of(kind, &installed.name).join(INDEX);
        let text = serde_json::to_vec_pretty(installed)
            .map_err(|error| StoreError::Damaged(path.display().to_string(), error.to_string()))?;
        write_whole(&path, &text)
    }
}

/// The file of a file's signature.
fn with_suffix(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(SIGNATURE_SUFFIX);
    name.into()
}

/// As a whole or not at all: beside it first, then in its place.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| StoreError::File(path.display().to_string(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(serial: u64, sha256: &str) -> Manifest {
        Manifest {
            kind: Installable::Plugin,
            name: "acme".to_owned(),
            version: format!("1.{serial}"),
            world: "0.2.0".to_owned(),
            serial,
            expires: "2030-01-01".to_owned(),
            sha256: format!("{sha256:0>64}"),
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::new(folder.path().join("store"));
        (folder, store)
    }

    #[test]
    fn later_versions_come_in_and_older_ones_do_not() {
        let (_folder, store) = store();
        assert_eq!(store.list(Installable::Plugin).expect("it can be read"), []);
        for serial in [3, 5] {
            let installed = store.install(&manifest(serial, "a"), b"bytes", "signature").expect("it comes in");
            assert_eq!((installed.in_service, installed.serial_greatest), (serial, serial));
        }
        let refused = store.install(&manifest(4, "a"), b"bytes", "signature").expect_err("older").to_string();
        assert!(refused.contains("serial 4, and serial 5 was installed before"), "{refused}");
        assert!(refused.contains("glassbox plugin rollback acme"), "{refused}");
        let taken = store.install(&manifest(5, "b"), b"other", "signature").expect_err("another file");
        assert!(matches!(taken, StoreError::SerialTaken { serial: 5, .. }));
        // What was refused changed nothing.
        let installed = store.find(Installable::Plugin, "acme").expect("it is there");
        let (file, signature) =
            store.paths(Installable::Plugin, "acme", installed.current().expect("one is in service"));
        assert_eq!((installed.in_service, fs::read(file).expect("its file")), (5, b"bytes".to_vec()));
        assert_eq!(fs::read(signature).expect("its signature"), b"signature");
        assert_eq!(store.list(Installable::Pack).expect("it can be read"), []);
    }

    #[test]
    fn going_back_does_not_let_older_ones_in() {
        let (_folder, store) = store();
        for serial in [1, 2, 3] {
            store.install(&manifest(serial, "a"), b"bytes", "signature").expect("it comes in");
        }
        let back = || store.roll_back(Installable::Plugin, "acme").map(|installed| installed.in_service);
        assert_eq!((back().expect("there is one"), back().expect("there is one")), (2, 1));
        assert!(matches!(back(), Err(StoreError::NothingBefore(_))));
        assert!(store.admits(&manifest(0, "a")).is_err());
        // The one that was seen comes in again, as it is the same.
        let again = store.install(&manifest(3, "a"), b"bytes", "signature").expect("it comes in");
        assert_eq!(again.in_service, 3);
    }

    #[test]
    fn only_the_last_versions_are_kept() {
        let (_folder, store) = store();
        for serial in 1..=9 {
            store.install(&manifest(serial, "a"), b"bytes", "signature").expect("it comes in");
        }
        let installed = store.find(Installable::Plugin, "acme").expect("it is there");
        assert_eq!(installed.versions.iter().map(|it| it.serial).collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
        let folder = store.folder_of(Installable::Plugin, "acme");
        assert_eq!(fs::read_dir(folder).expect("it is there").count(), 2 * VERSIONS_MAX + 1);
    }

    #[test]
    fn a_name_leads_into_its_own_folder_only() {
        let (_folder, store) = store();
        store.install(&manifest(1, "a"), b"bytes", "signature").expect("it comes in");
        for name in ["../plugins/acme", "acme/../acme", "", "other"] {
            let refused = store.find(Installable::Plugin, name).expect_err("none").to_string();
            assert!(refused.contains("there is acme"), "{refused}");
        }
        let index = store.folder_of(Installable::Plugin, "acme").join(INDEX);
        let text = fs::read_to_string(&index).expect("it is there");
        for damaged in
            [text.replace("1-0000", "../0000"), text.replace("\"in_service\": 1", "\"in_service\": 2"), "{".into()]
        {
            fs::write(&index, damaged).expect("it can be written");
            assert!(matches!(store.find(Installable::Plugin, "acme"), Err(StoreError::Damaged(..))));
        }
    }
}
