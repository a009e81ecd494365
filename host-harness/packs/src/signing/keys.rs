//! Keys: made, trusted, signed with, verified against. The formats are minisign's.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
};

use glassbox_finding::EventTime;
use minisign_verify::{Error as VerifyError, PublicKey, Signature};

use super::{Installable, Manifest, SignatureError, Signed};

/// Bytes of a key's or signature's file.
const FILE_BYTES_MAX: u64 = 16 << 10;

/// The public keys that the operator trusts, with their names.
#[derive(Clone)]
pub struct TrustedKeys {
    keys: Vec<(String, PublicKey)>,
    folder: String,
}

/// Where trusted keys are kept unless the user says otherwise: `glassbox/trusted-keys` in the user's configuration.
#[must_use]
pub fn default_trusted_folder() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let configuration = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(configuration.join("glassbox/trusted-keys"))
}

impl TrustedKeys {
    /// Every `.pub` in a folder. A folder that is not there holds none.
    ///
    /// # Errors
    /// When a file in it is no public key: rather none than fewer than the operator believes.
    pub fn read(folder: &Path) -> Result<Self, SignatureError> {
        let mut keys = Self { keys: Vec::new(), folder: folder.display().to_string() };
        let files = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keys),
            files => files.map_err(|error| SignatureError::File(keys.folder.clone(), error))?,
        };
        let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "pub")) {
            keys.add(path)?;
        }
        Ok(keys)
    }

    /// Trusts the key in a file, too.
    ///
    /// # Errors
    /// When it is no public key.
    pub fn add(&mut self, path: &Path) -> Result<(), SignatureError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let key = public_key(path, &read_small(path)?)?;
        self.keys.push((name, key));
        Ok(())
    }

    /// Keeps a public key in a folder of trusted ones, under its own name; says where.
    ///
    /// # Errors
    /// When it is no public key, or another one has the name.
    pub fn keep(folder: &Path, path: &Path) -> Result<PathBuf, SignatureError> {
        let text = read_small(path)?;
        public_key(path, &text)?;
        let kept = folder.join(path.file_stem().unwrap_or_default()).with_extension("pub");
        let failed = |error| SignatureError::File(kept.display().to_string(), error);
        fs::create_dir_all(folder).map_err(failed)?;
        match fs::read_to_string(&kept) {
            Ok(present) if present == text => return Ok(kept),
            Ok(_) => return Err(failed(io::Error::from(io::ErrorKind::AlreadyExists))),
            Err(_) => {}
        }
        fs::write(&kept, text).map_err(failed)?;
        Ok(kept)
    }

    /// Verifies a file with its signature and manifest.
    ///
    /// # Errors
    /// When no trusted key made the signature, or it does not fit.
    pub fn verify(
        &self,
        kind: Installable,
        bytes: &[u8],
        signature: &str,
        world: &str,
        now: EventTime,
    ) -> Result<Signed, SignatureError> {
        if self.keys.is_empty() {
            return Err(SignatureError::NoKeys(self.folder.clone()));
        }
        let signature = Signature::decode(signature)
            .map_err(|_| SignatureError::NotASignature(format!("what stands beside the {}", kind.name())))?;
        for (name, key) in &self.keys {
            // Old signatures are over the file itself, not its digest: no maker of today needs them.
            match key.verify(bytes, &signature, false) {
                Ok(()) => {
                    let manifest = Manifest::from_comment(signature.trusted_comment(), kind)?;
                    let sha256 = glassbox_pack::to_hex(&glassbox_pack::sha256(bytes));
                    manifest.fits(kind, &sha256, world, now)?;
                    return Ok(Signed { manifest, key: name.clone() });
                }
                Err(VerifyError::UnexpectedKeyId) => {}
                Err(_) => return Err(SignatureError::Forged(name.clone())),
            }
        }
        let names: Vec<_> = self.keys.iter().map(|(name, _)| format!("`{name}`")).collect();
        Err(SignatureError::UntrustedKey(names.join(", ")))
    }
}

fn public_key(path: &Path, text: &str) -> Result<PublicKey, SignatureError> {
    PublicKey::decode(text).map_err(|error| SignatureError::NotAKey {
        name: path.display().to_string(),
        what: "public key",
        error: error.to_string(),
    })
}

/// The text of a small file.
pub(super) fn read_small(path: &Path) -> Result<String, SignatureError> {
    let failed = |error| SignatureError::File(path.display().to_string(), error);
    if fs::metadata(path).map_err(failed)?.len() > FILE_BYTES_MAX {
        return Err(failed(io::Error::from(io::ErrorKind::FileTooLarge)));
    }
    fs::read_to_string(path).map_err(failed)
}

/// A new pair of keys, as their files' texts.
pub struct KeyPairText {
    /// The public key.
    pub public: String,
    /// The secret key, encrypted where there is a password.
    pub secret: String,
}

/// Makes a pair of keys.
///
/// # Errors
/// When the system gives no random bytes.
pub fn generate(password: Option<String>) -> Result<KeyPairText, SignatureError> {
    let made = || -> Result<KeyPairText, minisign::PError> {
        let pair = match password {
            Some(password) => minisign::KeyPair::generate_encrypted_keypair(Some(password))?,
            None => minisign::KeyPair::generate_unencrypted_keypair()?,
        };
        Ok(KeyPairText { public: pair.pk.to_box()?.into_string(), secret: pair.sk.to_box(None)?.into_string() })
    };
    made().map_err(|error| SignatureError::Failed(error.to_string()))
}

/// Signs a file with its manifest; the text of the signature's file. A key without encryption needs no password, and
/// `password` is asked for one only where it is needed.
///
/// # Errors
/// When the secret key cannot be read, or the manifest cannot be signed.
pub fn sign<E: fmt::Display>(
    bytes: &[u8],
    manifest: &Manifest,
    secret: &Path,
    password: impl FnOnce() -> Result<String, E>,
) -> Result<String, SignatureError> {
    let comment = manifest.to_comment().map_err(SignatureError::from)?;
    let not_a_key = |error: minisign::PError| SignatureError::NotAKey {
        name: secret.display().to_string(),
        what: "secret key",
        error: error.to_string(),
    };
    let text = read_small(secret)?;
    let sealed = || minisign::SecretKeyBox::from_string(&text);
    let key = match sealed().and_then(minisign::SecretKeyBox::into_unencrypted_secret_key) {
        Ok(key) => key,
        Err(_) => sealed()
            .and_then(|key| {
                let password =
                    password().map_err(|error| minisign::PError::new(minisign::ErrorKind::Io, error.to_string()))?;
                key.into_secret_key(Some(password))
            })
            .map_err(not_a_key)?,
    };
    let signature = minisign::sign(None, &key, bytes, Some(&comment), Some("signature of glassbox"));
    Ok(signature.map_err(|error| SignatureError::Failed(error.to_string()))?.into_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::ManifestError;
    use glassbox_explain::time;

    struct Maker {
        folder: tempfile::TempDir,
        secret: PathBuf,
    }

    fn maker(password: Option<&str>) -> Maker {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pair = generate(password.map(str::to_owned)).expect("random bytes");
        let secret = folder.path().join("maker.key");
        fs::write(&secret, pair.secret).expect("the folder takes it");
        fs::write(folder.path().join("maker.pub"), pair.public).expect("the folder takes it");
        Maker { folder, secret }
    }

    fn manifest(bytes: &[u8]) -> Manifest {
        Manifest {
            kind: Installable::Pack,
            name: "site".to_owned(),
            version: "3".to_owned(),
            world: "1".to_owned(),
            serial: 3,
            expires: "2030-01-01".to_owned(),
            sha256: glassbox_pack::to_hex(&glassbox_pack::sha256(bytes)),
        }
    }

    const NOW: EventTime = 1_790_000_000_000_000;

    #[test]
    fn a_signature_holds_for_its_file_key_and_manifest_alone() {
        let maker = maker(None);
        let trusted = TrustedKeys::read(maker.folder.path()).expect("its key");
        let no_password = || Err("none is needed");
        let signature = sign(b"bytes", &manifest(b"bytes"), &maker.secret, no_password).expect("it signs");
        let signed = trusted.verify(Installable::Pack, b"bytes", &signature, "1", NOW).expect("it holds");
        assert_eq!((signed.key.as_str(), signed.manifest.serial), ("maker", 3));
        let refused = |bytes: &[u8], signature: &str| {
            trusted.verify(Installable::Pack, bytes, signature, "1", NOW).expect_err("it must not hold").to_string()
        };
        assert!(refused(b"other", &signature).contains("does not fit the file"));
        // Another serial under the same signature.
        assert!(refused(b"bytes", &signature.replace("\"serial\":3", "\"serial\":9")).contains("does not fit"));
        assert!(refused(b"bytes", "no signature").contains("not a minisign signature"));
        let kind = trusted.verify(Installable::Plugin, b"bytes", &signature, "1", NOW);
        assert!(matches!(kind, Err(SignatureError::Manifest(ManifestError::Kind { .. }))));
        let late = time::parse("2030-01-02").expect("a time");
        let late = trusted.verify(Installable::Pack, b"bytes", &signature, "1", late);
        assert!(matches!(late, Err(SignatureError::Manifest(ManifestError::Expired { .. }))));
    }

    #[test]
    fn only_trusted_keys_count() {
        let (ours, theirs) = (maker(None), maker(None));
        let none = tempfile::tempdir().expect("a temporary folder");
        let signature =
            sign(b"b", &manifest(b"b"), &theirs.secret, || Ok::<_, String>(String::new())).expect("it signs");
        let verify = |folder: &Path| {
            let trusted = TrustedKeys::read(folder).expect("keys");
            trusted.verify(Installable::Pack, b"b", &signature, "1", NOW).map(|signed| signed.key)
        };
        assert!(matches!(verify(none.path()), Err(SignatureError::NoKeys(_))));
        assert!(matches!(verify(ours.folder.path()), Err(SignatureError::UntrustedKey(names)) if names == "`maker`"));
        assert_eq!(verify(theirs.folder.path()).expect("it holds"), "maker");
        // Both keys are called the same: the second one does not take the first one's place.
        let kept = TrustedKeys::keep(none.path(), &theirs.folder.path().join("maker.pub")).expect("a key");
        assert_eq!(kept, none.path().join("maker.pub"));
        assert!(TrustedKeys::keep(none.path(), &ours.folder.path().join("maker.pub")).is_err());
        assert!(TrustedKeys::keep(none.path(), &ours.secret).is_err());
    }

    #[test]
    fn an_encrypted_key_needs_its_password() {
        let maker = maker(Some("open"));
        let sign = |password: &str| sign(b"b", &manifest(b"b"), &maker.secret, || Ok::<_, String>(password.to_owned()));
        assert!(sign("open").is_ok());
        assert!(format!("{:#}", sign("shut").expect_err("wrong")).contains("secret key"));
    }
}
