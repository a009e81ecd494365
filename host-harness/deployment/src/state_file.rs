//! The file that carries a plugin's state from run to run, with the seed that belongs to it.
//!
//! One line of JSON, then the plugin's own bytes:
//!
//! ```text
//! {"glassbox_state":1,"seed":"<32 hexadecimal digits>","bytes":<number>,"sha256":"<64 hexadecimal digits>"}
//! <bytes>
//! ```
//!
//! The seed keys every hash of log-derived text, so it is drawn once from the operating system, kept with the state
//! and readable by the owner alone.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use glassbox_pack::{sha256, to_hex};
use serde::{Deserialize, Serialize};

/// The format written, and the newest one read.
const FORMAT: u32 = 1;
/// Bytes of the first line.
const HEADER_BYTES_MAX: usize = 1 << 10;

/// A seed and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFile {
    /// The tenant's seed.
    pub seed: u128,
    /// The plugin's state; none before the first run.
    pub state: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    glassbox_state: u32,
    seed: String,
    bytes: u64,
    sha256: String,
}

/// Why a file is no state.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// It does not begin like one.
    #[error("{0} is not a state file of glassbox; give another file, or a new name to start without")]
    NotAState(String),
    /// A later version wrote it.
    #[error("{name} has format {found}, and this glassbox reads up to {FORMAT}; use a newer glassbox")]
    Newer {
        /// The file.
        name: String,
        /// Its format.
        found: u32,
    },
    /// Its bytes are not those that were written.
    #[error("{0} is damaged or cut short; restore it from a copy, or give a new name to start without")]
    Damaged(String),
    /// It cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(String, #[source] io::Error),
    /// It cannot be written.
    #[error("the state cannot be written to {0}")]
    Unwritable(String, #[source] io::Error),
    /// There is no seed for a fresh one.
    #[error("the operating system gives no random bytes for a seed")]
    NoSeed(#[source] getrandom::Error),
}

impl StateFile {
    /// A fresh one, with a seed from the operating system.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn fresh() -> Result<Self, StateFileError> {
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(StateFileError::NoSeed)?;
        Ok(Self { seed: u128::from_le_bytes(seed), state: None })
    }

    /// Reads a file; none where there is none yet.
    ///
    /// # Errors
    /// When it cannot be read, or is no whole state file.
    pub fn read(path: &Path) -> Result<Option<Self>, StateFileError> {
        let name = path.display().to_string();
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StateFileError::Unreadable(name, error)),
            Ok(bytes) => bytes,
        };
        let line_end = bytes.iter().take(HEADER_BYTES_MAX).position(|&byte| byte == b'\n');
        let header: Header = line_end
            .and_then(|end| serde_json::from_slice(&bytes[..end]).ok())
            .ok_or_else(|| StateFileError::NotAState(name.clone()))?;
        if header.glassbox_state != FORMAT {
            return Err(StateFileError::Newer { name, found: header.glassbox_state });
        }
        let state = &bytes[line_end.unwrap_or_default() + 1..];
        let seed = u128::from_str_radix(&header.seed, 16).ok().filter(|_| header.seed.len() == 32);
        match seed {
            Some(seed) if state.len() as u64 == header.bytes && to_hex(&sha256(state)) == header.sha256 => {
                Ok(Some(Self { seed, state: Some(state.to_vec()) }))
            }
            _ => Err(StateFileError::Damaged(name)),
        }
    }

    /// Writes the file as a whole or not at all: beside it first, then in its place.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), StateFileError> {
        let state = self.state.as_deref().unwrap_or_default();
        let header = Header {
            glassbox_state: FORMAT,
            seed: format!("{:032x}", self.seed),
            bytes: state.len() as u64,
            sha256: to_hex(&sha256(state)),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut file, &header)?;
            file.write_all(b"\n")?;
            file.write_all(state)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| StateFileError::Unwritable(path.display().to_string(), error))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{StateFile, StateFileError};

    #[test]
    fn a_state_comes_back_as_it_was() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state");
        assert!(matches!(StateFile::read(&path), Ok(None)));
        for state in [b"".as_slice(), b"\n{}\n\0bytes"] {
            let file = StateFile { seed: 7, state: Some(state.to_vec()) };
            file.write(&path).expect("the folder takes it");
            assert_eq!(StateFile::read(&path).expect("as written"), Some(file));
        }
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing is left beside it");
        assert_ne!(StateFile::fresh().expect("a seed").seed, StateFile::fresh().expect("a seed").seed);
    }

    #[test]
    fn what_is_no_whole_state_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state");
        StateFile { seed: 7, state: Some(b"bytes".to_vec()) }.write(&path).expect("the folder takes it");
        let whole = fs::read(&path).expect("as written");
        let read = |bytes: &[u8]| {
            fs::write(&path, bytes).expect("the folder takes it");
            StateFile::read(&path).expect_err("not a whole state")
        };
        assert!(matches!(read(b""), StateFileError::NotAState(_)));
        assert!(matches!(read(b"{}\nx"), StateFileError::NotAState(_)));
        assert!(matches!(read(&whole[..whole.len() - 1]), StateFileError::Damaged(_)));
        assert!(matches!(read(&[&whole[..], b"x"].concat()), StateFileError::Damaged(_)));
        let newer = String::from_utf8_lossy(&whole).replacen(":1,", ":2,", 1);
        assert!(matches!(read(newer.as_bytes()), StateFileError::Newer { found: 2, .. }));
    }
}
