//! What is signed with a file: what it is, which one of its line it is, and until when it is to be used.

use glassbox_explain::time;
use glassbox_finding::EventTime;
use serde::{Deserialize, Serialize};

/// Begins the trusted comment of a signature that carries a manifest.
const PREFIX: &str = "glassbox-manifest:";
/// Bytes of a trusted comment that are read.
const BYTES_MAX: usize = 4 << 10;
/// Bytes of a name or a version.
const NAME_BYTES_MAX: usize = 64;

/// What can be signed and installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Installable {
    /// A component.
    Plugin,
    /// A pack.
    Pack,
}

impl Installable {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Pack => "pack",
        }
    }

    /// The extension of an installed file.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Plugin => "wasm",
            Self::Pack => "pack",
        }
    }
}

/// What is signed with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What the file is.
    pub kind: Installable,
    /// The name of the line of versions that it belongs to.
    pub name: String,
    /// Its version, for people.
    pub version: String,
    /// The version of the contract that a plugin was built against; the format of a pack.
    pub world: String,
    /// Its place in the line: a later version has a greater one.
    pub serial: u64,
    /// The last instant at which it is to be used, in RFC 3339.
    pub expires: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Why a manifest does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The signature has none.
    #[error("the signature carries no manifest: sign the file with `glassbox {0} sign`")]
    Absent(&'static str),
    /// It cannot be read.
    #[error("the signed manifest cannot be read: {0}")]
    Malformed(String),
    /// A name that cannot be one of a folder.
    #[error(
        "`{0}` cannot be a name: use up to {NAME_BYTES_MAX} letters, digits, `-`, `_` and `.`, a letter or digit first"
    )]
    Name(String),
    /// It is about another kind of file.
    #[error("it was signed as a {signed}, and is used as a {used}")]
    Kind {
        /// What it was signed as.
        signed: &'static str,
        /// What it is used as.
        used: &'static str,
    },
    /// It is about another file.
    #[error("the manifest is about the file with SHA-256 {signed}, and this one has {found}")]
    OtherFile {
        /// The digest that was signed.
        signed: String,
        /// The digest of the file.
        found: String,
    },
    /// It was built against another contract than it says.
    #[error("the manifest says {signed} of its world, and the file says {found}")]
    World {
        /// What was signed.
        signed: String,
        /// What the file says.
        found: String,
    },
    /// It is not to be used any more.
    #[error("{name} {version} expired at {expires}; get a newer version from its maker")]
    Expired {
        /// Whose manifest it is.
        name: String,
        /// The version.
        version: String,
        /// When.
        expires: String,
    },
}

/// Whether a name can be one of a file or folder on every system.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

impl Manifest {
    /// The trusted comment that carries it.
    ///
    /// # Errors
    /// When a part cannot be said in one.
    pub(super) fn to_comment(&self) -> Result<String, ManifestError> {
        self.is_sound()?;
        let json = serde_json::to_string(self).map_err(|error| ManifestError::Malformed(error.to_string()))?;
        Ok(format!("{PREFIX}{json}"))
    }

    /// Reads a trusted comment, whose signature must have been verified.
    pub(super) fn from_comment(comment: &str, kind: Installable) -> Result<Self, ManifestError> {
        let json = comment.strip_prefix(PREFIX).ok_or(ManifestError::Absent(kind.name()))?;
        if json.len() > BYTES_MAX {
            return Err(ManifestError::Malformed(format!("it has {} bytes", json.len())));
        }
        let manifest: Self = serde_json::from_str(json).map_err(|error| ManifestError::Malformed(error.to_string()))?;
        manifest.is_sound()?;
        Ok(manifest)
    }

    fn is_sound(&self) -> Result<(), ManifestError> {
        for name in [&self.name, &self.version, &self.world] {
            if !is_name(name) {
                return Err(ManifestError::Name(name.clone()));
            }
        }
        self.expires().map(|_| ())
    }

    fn expires(&self) -> Result<EventTime, ManifestError> {
        time::parse(&self.expires).map_err(|error| ManifestError::Malformed(error.to_string()))
    }

    /// Whether it is about this file, used as this kind, at this instant.
    ///
    /// # Errors
    /// The first part that does not fit.
    pub fn fits(&self, kind: Installable, sha256: &str, world: &str, now: EventTime) -> Result<(), ManifestError> {
        if self.kind != kind {
            return Err(ManifestError::Kind { signed: self.kind.name(), used: kind.name() });
        }
        if self.sha256 != sha256 {
            return Err(ManifestError::OtherFile { signed: self.sha256.clone(), found: sha256.to_owned() });
        }
        if self.world != world {
            return Err(ManifestError::World { signed: self.world.clone(), found: world.to_owned() });
        }
        if now > self.expires()? {
            let Self { name, version, expires, .. } = self.clone();
            return Err(ManifestError::Expired { name, version, expires });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            kind: Installable::Plugin,
            name: "acme.detector".to_owned(),
            version: "1.2.3".to_owned(),
            world: "0.2.0".to_owned(),
            serial: 7,
            expires: "2027-01-01T00:00:00Z".to_owned(),
            sha256: "00ff".to_owned(),
        }
    }

    #[test]
    fn a_comment_carries_it_there_and_back() {
        let comment = manifest().to_comment().expect("it is sound");
        assert!(!comment.contains('\n'));
        assert_eq!(Manifest::from_comment(&comment, Installable::Plugin), Ok(manifest()));
        assert_eq!(Manifest::from_comment("timestamp:1", Installable::Pack), Err(ManifestError::Absent("pack")));
        assert!(matches!(Manifest::from_comment(&comment[..40], Installable::Pack), Err(ManifestError::Malformed(_))));
        let more = comment.replace("{\"", "{\"else\":1,\"");
        assert!(matches!(Manifest::from_comment(&more, Installable::Plugin), Err(ManifestError::Malformed(_))));
    }

    #[test]
    fn names_are_those_of_files() {
        for name in ["", ".", "..", "-rf", "a/b", "a\\b", "a b", "ä", "a\u{202e}", &"x".repeat(65)] {
            let bad = Manifest { name: name.to_owned(), ..manifest() };
            assert_eq!(bad.to_comment(), Err(ManifestError::Name(name.to_owned())));
        }
        assert!(is_name("A-1_b.c") && is_name(&"x".repeat(64)));
    }

    #[test]
    fn every_part_must_fit() {
        let now = time::parse("2026-12-31").expect("a time");
        let after = time::parse("2027-01-01T00:00:01").expect("a time");
        let fits = |kind, sha256: &str, world: &str, now| manifest().fits(kind, sha256, world, now);
        assert_eq!(fits(Installable::Plugin, "00ff", "0.2.0", now), Ok(()));
        assert!(matches!(fits(Installable::Pack, "00ff", "0.2.0", now), Err(ManifestError::Kind { .. })));
        assert!(matches!(fits(Installable::Plugin, "00fe", "0.2.0", now), Err(ManifestError::OtherFile { .. })));
        assert!(matches!(fits(Installable::Plugin, "00ff", "0.3.0", now), Err(ManifestError::World { .. })));
        assert!(matches!(fits(Installable::Plugin, "00ff", "0.2.0", after), Err(ManifestError::Expired { .. })));
    }
}
