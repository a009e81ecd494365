//! Why something does not come into service.

use std::io;

use glassbox_packs::{
    ContentError,
    signing::{Installable, SignatureError, StoreError},
};
use glassbox_sandbox::LoadError;

/// Why a plugin or a pack does not come into service.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The plugin's file cannot be read.
    #[error("the plugin {path} cannot be read")]
    PluginUnreadable {
        /// Where it is.
        path: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The plugin inside was refused.
    #[error(transparent)]
    Inside(LoadError),
    /// A plugin was refused.
    #[error("{name}")]
    Plugin {
        /// Its file or name.
        name: String,
        /// Why.
        #[source]
        error: LoadError,
    },
    /// A component that states no version of the contract.
    #[error("{path} is a component and not a plugin")]
    NotAPlugin {
        /// Where it is.
        path: String,
    },
    /// The pack cannot be used.
    #[error(transparent)]
    Pack(#[from] ContentError),
    /// The signature cannot be read.
    #[error("{error}")]
    SignatureFile {
        /// What was to be verified.
        kind: Installable,
        /// Why not.
        error: SignatureError,
    },
    /// The signature does not count.
    #[error("{path}")]
    Signature {
        /// What was to be verified.
        kind: Installable,
        /// Its file.
        path: String,
        /// Why.
        #[source]
        error: SignatureError,
    },
    /// Nothing of this name is installed.
    #[error("{error}")]
    Store {
        /// What was asked for.
        kind: Installable,
        /// Why there is none.
        error: StoreError,
    },
    /// No version of this name is in service.
    #[error("no version is in service")]
    NoneInService {
        /// What was asked for.
        kind: Installable,
    },
    /// What is installed does not pass any more.
    #[error("{} {name} does not pass any more; `glassbox {0} rollback {name}` goes back", .kind.name())]
    NoLongerValid {
        /// What was asked for.
        kind: Installable,
        /// Its name.
        name: String,
        /// Why.
        #[source]
        error: Box<DeployError>,
    },
    /// What is installed was signed as something else.
    #[error("what is installed as {name} was signed as {signed}, serial {serial}")]
    OtherName {
        /// What was asked for.
        kind: Installable,
        /// Its name.
        name: String,
        /// The name that was signed.
        signed: String,
        /// The serial that was signed.
        serial: u64,
    },
    /// This program's own file is not known, so it cannot be started again to compile.
    #[error("this program does not know its own file, to start a compiler")]
    NoProgram(#[source] io::Error),
}

impl DeployError {
    /// What did not come into service; none where that is the host's fault.
    #[must_use]
    pub fn kind(&self) -> Option<Installable> {
        match self {
            Self::PluginUnreadable { .. } | Self::Inside(_) | Self::Plugin { .. } | Self::NotAPlugin { .. } => {
                Some(Installable::Plugin)
            }
            Self::Pack(_) => Some(Installable::Pack),
            Self::SignatureFile { kind, .. }
            | Self::Signature { kind, .. }
            | Self::Store { kind, .. }
            | Self::NoneInService { kind }
            | Self::OtherName { kind, .. } => Some(*kind),
            Self::NoLongerValid { error, .. } => error.kind(),
            Self::NoProgram(_) => None,
        }
    }
}
