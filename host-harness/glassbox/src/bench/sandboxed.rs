//! Glassbox in the sandbox on one thread, to be measured again and again.

use std::sync::Arc;

use anyhow::Context;
use glassbox_check::Checker;
use glassbox_finding::{GuestLimits, Settings};
use glassbox_pack::{Directory, Pack};
use glassbox_sandbox::{Instance, Plugin, Terms};

use super::pass::{Held, Pass, Passed};

/// The seed of every measured tenant; any would do.
pub const SETTINGS: Settings = Settings { seed: 0x6265_6e63, from: None, to: None, limits: GuestLimits::DEFAULT };

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
    checker: Checker,
    maps: usize,
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
        let maps = instance.describe()?.maps;
        instance.configure(pack, SETTINGS)??;
        let fresh_state = instance.save()??;
        let checker = Checker::new(Arc::new(Directory::open(&Pack::parse(pack)?)?), &maps);
        self.loaded = Some(Loaded { instance, fresh_state, checker, maps: maps.len() });
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
        let Loaded { instance, checker, maps, .. } = loaded;
        let directory = Arc::clone(checker.directory());
        let held = Held { terms: Terms { directory: &directory, maps: *maps }, checker };
        Ok(Pass::new(self.plugin.limits(), self.checked.then_some(held)).run(instance, input)?)
    }

    /// The most memory that the instance held, in bytes.
    #[must_use]
    pub fn memory_bytes_peak(&self) -> u64 {
        self.loaded.as_ref().map_or(0, |loaded| loaded.instance.memory_bytes_peak())
    }
}
