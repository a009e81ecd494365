//! What the binary carries: the plugin that the build script made.

/// The component that is built from this workspace's `crates/plugin`.
pub const PLUGIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plugin.wasm"));
