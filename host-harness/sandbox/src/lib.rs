//! The sandbox: admits a plugin by its bytes, compiles it once, calls it within limits, and checks what it answers.
//!
//! It never parses a record, never reads a pack, and never decides what a finding means. Generated bindings stay in
//! `bindings`, and `unsafe` code is in `cache` alone.
//!
//! A plugin imports nothing, so an instance is all there is: its memories, its tables, its stack and its time, each
//! bounded. Any fault of a call ends the instance; `Plugin::start` makes a fresh one in microseconds.

pub mod account;
mod admission;
mod ask;
mod bindings;
mod cache;
mod compile;
mod confine;
mod engine;
mod error;
mod instance;
mod limiter;
pub mod limits;
mod recording;
mod shape;

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::anyhow;
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

pub use account::{Detect, Judged, Terms, Unjudged, broken};
pub use admission::Facts;
pub use ask::{Answer, ask};
pub use compile::{CHILD_COMMAND, Compiler, compile_as_child};
pub use error::{Fault, LoadError};
/// Text that came from a guest, on one line and cut, before it reaches a terminal, a log or a page.
pub use glassbox_explain::clean::clean_line as clean;
pub use instance::Instance;
pub use recording::{Difference, Recorder, ReplayError, Replayed, replay};

use crate::limits::Limits;
use cache::{Cache, Lookup};
use instance::Guard;

/// How a plugin is loaded.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// What it may use.
    pub limits: Limits,
    /// Where compiled components are kept; none to compile it each time.
    pub cache: Option<PathBuf>,
    /// Where it is compiled.
    pub compiler: Compiler,
    /// What stands between it and the host.
    pub protections: Protections,
}

/// What stands between a plugin and the host. All of it, but where its cost is measured or a plugin is certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Protections {
    /// How a call that does not end is interrupted.
    pub interruption: Interruption,
    /// Whether memories and tables are counted. Without, an instance may take what its own declarations allow.
    pub limiter: bool,
}

/// How a call that does not end is interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interruption {
    /// By the clock of the thread that calls.
    #[default]
    Epoch,
    /// By counting what is executed: the same on every machine.
    Fuel,
    /// Not at all.
    None,
}

impl Default for Protections {
    fn default() -> Self {
        Self { interruption: Interruption::Epoch, limiter: true }
    }
}

/// What the cache of compiled components did for a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheUse {
    /// None was given.
    Off,
    /// The plugin was not compiled again.
    Hit,
    /// The plugin was compiled, and kept.
    Stored,
    /// What the cache had was refused; the plugin was compiled again, and kept.
    Rebuilt {
        /// Why it was refused.
        why: String,
        /// Entries of this cache that were ever refused, this one included.
        refused: u64,
    },
    /// The cache cannot be used; the plugin was compiled.
    Unusable(String),
}

/// An admitted, compiled plugin, ready to be started any number of times. A clone shares the compiled code.
#[derive(Clone)]
pub struct Plugin {
    pre: bindings::PluginPre<Guard>,
    limits: Arc<Limits>,
    protections: Protections,
    facts: Facts,
    cache_use: CacheUse,
    recorder: Option<Arc<Recorder>>,
}

/// Where compiled components are kept unless the user says otherwise: `glassbox` in the user's cache folder.
#[must_use]
pub fn default_cache_folder() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    Some(absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?.join("glassbox"))
}

impl Plugin {
    /// Reads what a component is, without compiling it. Whether it may run says `Facts::admissible`.
    ///
    /// # Errors
    /// When the bytes are no valid component.
    pub fn inspect(bytes: &[u8]) -> Result<Facts, LoadError> {
        let facts = Facts::read(bytes)?;
        admission::validate(bytes)?;
        Ok(facts)
    }

    /// Whether a component may be compiled and run under these limits: what `load` asks before it does either.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn admissible(bytes: &[u8], facts: &Facts, limits: &Limits) -> Result<(), LoadError> {
        facts.admissible(limits)?;
        shape::check(bytes, limits)
    }

    /// Admits a component by its bytes, then compiles it or takes its compiled form from the cache.
    ///
    /// # Errors
    /// When it is not admitted, not valid, or not what it says it is.
    pub fn load(bytes: &[u8], options: &LoadOptions) -> Result<Self, LoadError> {
        let limits = &options.limits;
        limits.agree().map_err(|error| LoadError::Host(error.into()))?;
        admission::within_size(bytes.len(), limits)?;
        let facts = Facts::read(bytes)?;
        facts.admissible(limits)?;
        let engine = engine::engine(limits, options.protections).map_err(|error| LoadError::Host(anyhow!(error)))?;
        let key = Cache::key(&engine, &facts.digest, &shape::limits_looked_at(limits));
        let (cache, mut cache_use) = open(options.cache.as_deref(), limits);
        let made = |component: &Component, cache_use| {
            let pre = prepare(&engine, component)?;
            let limits = Arc::new(limits.clone());
            Ok(Self { pre, limits, protections: options.protections, facts: facts.clone(), cache_use, recorder: None })
        };
        if let Some(cache) = &cache {
            match cache.load(&engine, &key) {
                Lookup::Compiled(component) => return made(&component, CacheUse::Hit),
                Lookup::Refused(why) => cache_use = CacheUse::Rebuilt { why, refused: cache.count_refused() },
                Lookup::Absent => {}
            }
        }
        // What was compiled before has passed this under the same limits: they are part of the key.
        shape::check(bytes, limits)?;
        let code = options.compiler.compile(&engine, bytes, limits, options.protections)?;
        let component = cache::deserialize(&engine, &code);
        let component = component.map_err(|error| LoadError::Host(anyhow!("what the compiler made: {error:#}")))?;
        let mut plugin = made(&component, cache_use)?;
        // The types of its functions can only be asked of an instance. Any other fault is told when it counts.
        if let Err(Fault::ContractBroken { what, .. }) = plugin.start() {
            return Err(LoadError::WrongShape(what));
        }
        if let Some(Err(error)) = cache.map(|cache| cache.store(&key, &code)) {
            plugin.cache_use = CacheUse::Unusable(format!("{error:#}"));
        }
        Ok(plugin)
    }

    /// SHA-256 of its bytes, in hexadecimal: its identity.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.facts.digest
    }

    /// What its bytes say.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What it may use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What stands between it and the host.
    #[must_use]
    pub fn protections(&self) -> Protections {
        self.protections
    }

    /// What the cache did for it.
    #[must_use]
    pub fn cache_use(&self) -> &CacheUse {
        &self.cache_use
    }

    /// Writes down every call of every instance that is started from now on.
    pub fn record_to(&mut self, recorder: Arc<Recorder>) {
        self.recorder = Some(recorder);
    }

    /// A fresh instance. Start functions are guest code and run within limits, too.
    ///
    /// # Errors
    /// When they do not finish within them.
    pub fn start(&self) -> Result<Instance, Fault> {
        Instance::start(&self.pre, &self.limits, self.protections, self.recorder.as_ref())
    }
}

fn open(folder: Option<&Path>, limits: &Limits) -> (Option<Cache>, CacheUse) {
    let Some(folder) = folder else { return (None, CacheUse::Off) };
    match Cache::open(folder, limits.cache_entries_max) {
        Ok(cache) => (Some(cache), CacheUse::Stored),
        Err(error) => (None, CacheUse::Unusable(format!("{}: {error}", folder.display()))),
    }
}

/// Links a component: against nothing, as a plugin imports nothing.
fn prepare(engine: &Engine, component: &Component) -> Result<bindings::PluginPre<Guard>, LoadError> {
    let shape = |error: wasmtime::Error| LoadError::WrongShape(clean(&format!("{error:#}"), 300));
    let pre = Linker::new(engine).instantiate_pre(component).map_err(shape)?;
    bindings::PluginPre::new(pre).map_err(shape)
}
