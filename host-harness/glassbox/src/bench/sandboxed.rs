//! Glassbox in the sandbox on one thread, to be measured again and again.

use std::sync::Arc;

use anyhow::Context;
use glassbox_finding::Settings;
use glassbox_sandbox::{Instance, Plugin};

use super::pass::{Pass, Passed};

/// The seed of every measured tenant; any would do.
pub const SETTINGS: Settings = Settings { seed: 0x6265_6e63, from: None, to: None };

/// A plugin with a pack.
pub struct Sandboxed {
    plugin: Arc<Plugin>,
    checked: bool,
    loaded: Option<Loaded>,
}

/// An instance with a pack, and the state that every run begins with.
struct Loaded {
    instance: Instance,
    fresh_state: Vec<u8>,
}

impl Sandboxed {
    /// Without a pack as yet. `checked` is whether the contract is checked.
    #[must_use]
    pub fn new(plugin: Arc<Plugin>, checked: bool) -> Self {
        Self { plugin, checked, loaded: None }
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Takes a pack.
    ///
    /// # Errors
    /// When the plugin does not take it.
    pub fn load(&mut self, pack: &[u8]) -> anyhow::Result<()> {
        let mut instance = self.plugin.start()?;
        instance.configure(pack, SETTINGS)??;
        let fresh_state = instance.save()??;
        self.loaded = Some(Loaded { instance, fresh_state });
        Ok(())
    }

    /// Works through an input once.
    ///
    /// # Errors
    /// When there is no pack, or the plugin fails.
    pub fn run(&mut self, input: &[u8]) -> anyhow::Result<Passed> {
        let loaded = self.loaded.as_mut().context("rules come before a run")?;
        // Warm, as in service, but with the same state at the start of every run: all runs do the same work.
        loaded.instance.restore(&loaded.fresh_state)??;
        Ok(Pass::new(self.plugin.limits(), self.checked).run(&mut loaded.instance, input)?)
    }

    /// The most memory that the instance held, in bytes.
    #[must_use]
    pub fn memory_bytes_peak(&self) -> u64 {
        self.loaded.as_ref().map_or(0, |loaded| loaded.instance.memory_bytes_peak())
    }
}
