//! A deployment: what is in service, by digest.

use std::sync::Arc;

use glassbox_check::Checker;
use glassbox_explain::Knowledge;
use glassbox_finding::{ConfigureError, Settings, StateError};
use glassbox_pack::{Directory, KnownAnswer, Pack, PackError, sha256, to_hex};
use glassbox_packs::{ContentError, KnownAnswerError, check_known_answers, knowledge};
use glassbox_sandbox::{Fault, Instance, Plugin, Terms};

/// A plugin with a pack: together they decide what is found.
pub struct Deployment {
    plugin: Plugin,
    pack: Vec<u8>,
    directory: Arc<Directory>,
    knowledge: Knowledge,
    /// The names of the maps that the plugin reads by.
    maps: Vec<String>,
    known: Vec<KnownAnswer>,
}

/// Why a pack and a plugin cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// The pack cannot be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// What the pack says of its rules, its model or its context cannot be used.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The plugin does not say who it is.
    #[error("the plugin cannot be asked who it is: {0}")]
    Describe(#[from] Fault),
}

/// Why a fresh instance does not serve.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The plugin failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The plugin refuses the pack or the settings.
    #[error(transparent)]
    Configure(#[from] ConfigureError),
    /// The plugin refuses the state.
    #[error(transparent)]
    Restore(#[from] StateError),
}

impl Deployment {
    /// A plugin with a pack, whose sections are read and checked; the pack's own known answers are asked before the plugin
    /// serves.
    ///
    /// # Errors
    /// When the pack cannot be used, or the plugin fails to say who it is.
    pub fn new(plugin: Plugin, pack: Vec<u8>) -> Result<Self, DeploymentError> {
        let parsed = Pack::parse(&pack)?;
        let directory = Arc::new(Directory::open(&parsed)?);
        let known = parsed.known_answers()?;
        let knowledge = knowledge(&parsed, plugin.digest())?;
        let maps = plugin.start()?.describe()?.maps;
        Ok(Self { plugin, pack, directory, knowledge, maps, known })
    }

    /// The same with other known answers than the pack's.
    #[must_use]
    pub fn with_known_answers(self, known: Vec<KnownAnswer>) -> Self {
        Self { known, ..self }
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// The plugin, to have its calls recorded.
    pub fn plugin_mut(&mut self) -> &mut Plugin {
        &mut self.plugin
    }

    /// The pack's bytes.
    #[must_use]
    pub fn pack(&self) -> &[u8] {
        &self.pack
    }

    /// SHA-256 of the pack's bytes, in hexadecimal.
    #[must_use]
    pub fn pack_digest(&self) -> String {
        to_hex(&sha256(&self.pack))
    }

    /// What positions in findings refer to.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// What the pack says of its rules and its model, by which findings are explained.
    #[must_use]
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// The names of the maps that the plugin reads by.
    #[must_use]
    pub fn maps(&self) -> &[String] {
        &self.maps
    }

    /// The known answers.
    #[must_use]
    pub fn known_answers(&self) -> &[KnownAnswer] {
        &self.known
    }

    /// What the plugin's answers are held to beside the records.
    #[must_use]
    pub fn terms(&self) -> Terms<'_> {
        Terms { directory: &self.directory, maps: self.maps.len() }
    }

    /// What findings are checked with; one for each thread that judges.
    #[must_use]
    pub fn checker(&self) -> Checker {
        Checker::new(Arc::clone(&self.directory), &self.maps)
    }

    /// A fresh instance with the pack and these settings.
    ///
    /// # Errors
    /// When the plugin fails, or refuses the pack or the settings.
    pub fn start(&self, settings: Settings) -> Result<Instance, StartError> {
        let mut instance = self.plugin.start()?;
        instance.configure(&self.pack, settings)??;
        Ok(instance)
    }

    /// Asks a configured instance every known answer. Its state afterwards is of no use.
    ///
    /// # Errors
    /// The first answer that is not the known one.
    pub fn check_known_answers(&self, instance: &mut Instance) -> Result<(), KnownAnswerError> {
        check_known_answers(instance, &mut self.checker(), self.terms(), &self.known)
    }
}
