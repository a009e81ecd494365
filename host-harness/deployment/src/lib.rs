//! What can be in service: a plugin together with a pack, its model and its known answers; the plugin that is built with
//! this workspace; and the file that keeps a plugin's state from run to run.
//!
//! It never reads records, never runs anything, and knows neither the command line nor its words: errors are values.

mod detector;
pub mod embedded;
mod error;
mod signed;
pub mod state_file;

use glassbox_explain::Knowledge;
use glassbox_pack::{KnownAnswer, Pack, RULES, sha256, to_hex};
use glassbox_packs::{ContentError, knowledge};
use glassbox_sandbox::Plugin;

pub use detector::{PackSource, PluginSource, Sourced, child_compiler, find_pack, find_plugin, load};
pub use error::DeployError;
pub use signed::{Verified, installed, read_plugin, read_signed_kind, read_verified};

/// A plugin and a pack, with what the pack says: everything that a run needs besides records.
pub struct Deployment {
    /// The plugin.
    pub plugin: Plugin,
    /// The pack's bytes.
    pub pack: Vec<u8>,
    /// What the pack says of its rules and its model, by which findings are explained.
    pub knowledge: Knowledge,
    /// What the pack says must be found, and what must not.
    pub known: Vec<KnownAnswer>,
    /// The digest of the rule set, in hexadecimal.
    pub ruleset_digest: String,
}

impl Deployment {
    /// Puts a plugin and a pack together. Whether the plugin takes the pack shows when it starts.
    ///
    /// # Errors
    /// When the pack is damaged, or one of its sections cannot be used.
    pub fn new(plugin: Plugin, pack: Vec<u8>) -> Result<Self, ContentError> {
        let parsed = Pack::parse(&pack)?;
        let known = parsed.known_answers()?;
        let ruleset_digest = to_hex(&sha256(parsed.require(RULES)?));
        let knowledge = knowledge(&parsed, plugin.digest())?;
        Ok(Self { plugin, pack, knowledge, known, ruleset_digest })
    }
}
