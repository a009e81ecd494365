//! Who made a plugin or a pack, and which version of it is in service.
//!
//! A file is signed by a detached minisign signature beside it, `FILE.minisig`, whose trusted comment is the manifest: so
//! one signature covers both, and the `minisign` tool verifies and shows them as well as Glassbox does. A signature
//! counts when a key that the operator trusts made it. What a plugin says about itself counts for nothing.

mod keys;
mod manifest;
mod store;

pub use keys::{KeyPairText, TrustedKeys, default_trusted_folder, generate, sign};
pub use manifest::{Installable, Manifest, ManifestError, is_name};
pub use store::{Installed, Store, StoreError, Version, default_store_folder};

/// What is appended to a file's name for its signature.
pub const SIGNATURE_SUFFIX: &str = ".minisig";

/// A file whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Signed {
    /// What was signed with it.
    pub manifest: Manifest,
    /// The name of the trusted key that made the signature.
    pub key: String,
}

/// Why a signature does not count.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// There is none.
    #[error("{0} has no signature: {0}{SIGNATURE_SUFFIX} is missing; ask its maker for it")]
    Unsigned(String),
    /// It cannot be read as one.
    #[error("{0} is not a minisign signature; ask the file's maker for it again")]
    NotASignature(String),
    /// No key is trusted at all.
    #[error("no key is trusted yet: put the maker's public key into {0} with `glassbox plugin trust KEY.pub`")]
    NoKeys(String),
    /// None of the trusted keys made it.
    #[error(
        "the signature was made with a key that is not trusted (trusted are {0}); \
         if you trust its maker, add the key with `glassbox plugin trust KEY.pub`"
    )]
    UntrustedKey(String),
    /// A trusted key's signature over other bytes or another manifest.
    #[error("the signature of key `{0}` does not fit the file: one of them was changed; get both again from the maker")]
    Forged(String),
    /// The signed manifest is none, or says something else than the file.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A key's file is none.
    #[error("{name} is not a minisign {what}: {error}")]
    NotAKey {
        /// The file.
        name: String,
        /// Public or secret key.
        what: &'static str,
        /// What is wrong with it.
        error: String,
    },
    /// No key could be made, or nothing signed.
    #[error("signing failed: {0}")]
    Failed(String),
    /// A file cannot be read or written.
    #[error("{0} cannot be read or written")]
    File(String, #[source] std::io::Error),
}
