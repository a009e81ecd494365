//! Files that are used only with a signature that a trusted key made, named or installed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use glassbox_finding::EventTime;
use glassbox_pack::FORMAT;
use glassbox_packs::{
    read_pack,
    signing::{Installable, SIGNATURE_SUFFIX, SignatureError, Signed, Store, TrustedKeys},
};
use glassbox_sandbox::Plugin;

use crate::error::DeployError;

/// A file whose signature counts.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// The text of its signature.
    pub signature: String,
    /// What was signed, and by whom.
    pub signed: Signed,
}

/// A plugin's bytes from a file.
///
/// # Errors
/// When it cannot be read.
pub fn read_plugin(path: &Path) -> Result<Vec<u8>, DeployError> {
    fs::read(path).map_err(|error| DeployError::PluginUnreadable { path: path.display().to_string(), error })
}

/// The bytes of a file, and what it says of its world: a plugin's contract, a pack's format.
///
/// # Errors
/// When it cannot be read, or is something else.
pub fn read_signed_kind(kind: Installable, path: &Path) -> Result<(Vec<u8>, String), DeployError> {
    match kind {
        Installable::Plugin => {
            let bytes = read_plugin(path)?;
            let name = || path.display().to_string();
            let facts = Plugin::inspect(&bytes).map_err(|error| DeployError::Plugin { name: name(), error })?;
            let world = facts.version.ok_or_else(|| DeployError::NotAPlugin { path: name() })?;
            Ok((bytes, world))
        }
        Installable::Pack => Ok((read_pack(path)?, FORMAT.to_string())),
    }
}

/// Reads a file with its signature, which lies beside it, and verifies it with these keys.
///
/// # Errors
/// When the file or its signature cannot be read, or no trusted key made the signature.
pub fn read_verified(kind: Installable, path: &Path, trusted: &TrustedKeys) -> Result<Verified, DeployError> {
    let (bytes, world) = read_signed_kind(kind, path)?;
    let mut signature_path = path.as_os_str().to_owned();
    signature_path.push(SIGNATURE_SUFFIX);
    let signature_path = PathBuf::from(signature_path);
    let signature = fs::read_to_string(&signature_path).map_err(|error| {
        let error = match error.kind() {
            io::ErrorKind::NotFound => SignatureError::Unsigned(path.display().to_string()),
            _ => SignatureError::File(signature_path.display().to_string(), error),
        };
        DeployError::SignatureFile { kind, error }
    })?;
    let signed = trusted.verify(kind, &bytes, &signature, &world, now());
    let signed = signed.map_err(|error| DeployError::Signature { kind, path: path.display().to_string(), error })?;
    Ok(Verified { bytes, signature, signed })
}

/// The file in service under a name, verified once more.
///
/// # Errors
/// When none is, or it does not pass any more.
pub fn installed(kind: Installable, name: &str, store: &Store, trusted: &TrustedKeys) -> Result<Verified, DeployError> {
    let line = store.find(kind, name).map_err(|error| DeployError::Store { kind, error })?;
    let version = line.current().ok_or(DeployError::NoneInService { kind })?;
    let (path, _) = store.paths(kind, name, version);
    let verified = read_verified(kind, &path, trusted).map_err(|error| DeployError::NoLongerValid {
        kind,
        name: name.to_owned(),
        error: Box::new(error),
    })?;
    let manifest = &verified.signed.manifest;
    if manifest.name != name || manifest.serial != line.in_service {
        let (signed, serial) = (manifest.name.clone(), manifest.serial);
        return Err(DeployError::OtherName { kind, name: name.to_owned(), signed, serial });
    }
    Ok(verified)
}

fn now() -> EventTime {
    jiff::Timestamp::now().as_microsecond()
}
