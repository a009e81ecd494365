//! The machine and the versions that a figure belongs to.

use std::{fs, thread};

use crate::{ALLOCATOR_NAME, COMPILER, WASMTIME_VERSION};
use serde::Serialize;

/// Where and with what something was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The processor's name; `unknown` where the system does not tell.
    pub processor: String,
    /// Threads that it runs at once.
    pub cores: u64,
    /// Bytes of memory; 0 where the system does not tell.
    pub memory_bytes: u64,
    /// The operating system and its architecture.
    pub system: String,
    /// The version of this command.
    pub glassbox: String,
    /// The digest of the plugin.
    pub plugin_digest: String,
    /// The version of the WebAssembly runtime.
    pub wasmtime: String,
    /// The compiler of this command and of the plugin.
    pub compiler: String,
    /// The allocator of this command.
    pub allocator: String,
}

impl Machine {
    /// This machine, with this plugin.
    #[must_use]
    pub fn here(plugin_digest: &str) -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kibibytes =
            value_of(&memory, "MemTotal").and_then(|it| it.trim_end_matches("kB").trim().parse::<u64>().ok());
        Self {
            processor: value_of(&processors, "model name").unwrap_or("unknown").to_owned(),
            cores: thread::available_parallelism().map_or(1, usize::from) as u64,
            memory_bytes: kibibytes.unwrap_or_default() * 1024,
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            glassbox: env!("CARGO_PKG_VERSION").to_owned(),
            plugin_digest: plugin_digest.to_owned(),
            wasmtime: WASMTIME_VERSION.to_owned(),
            compiler: COMPILER.to_owned(),
            allocator: ALLOCATOR_NAME.to_owned(),
        }
    }
}

/// The value in the first line `name : value`.
fn value_of<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}
