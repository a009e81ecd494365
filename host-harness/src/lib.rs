//! The SIEM runtime around a detection plugin, and the `glassbox` command.
//!
//! It owns all input and output, and knows no rule: what it reports came through the component.
//!
//! Invariants: never links the matcher, the record reader or the plugin; generated bindings stay in
//! `sandbox::bindings`; `unsafe` is written in `sandbox::cache` alone.

pub mod bench;
pub mod certify;
pub mod cli;
pub mod commands;
pub mod embedded;
pub mod exit;
pub mod limits;
pub mod output;
pub mod packs;
pub mod report;
pub mod rule_files;
pub mod rule_inputs;
pub mod rule_test;
pub mod run;
pub mod sandbox;
pub mod signing;
pub mod source;
pub mod starter;
pub mod state_file;
pub mod time;

/// The allocator of the `glassbox` command, and of the lanes that it is compared with.
pub const ALLOCATOR_NAME: &str = "mimalloc";

/// The compiler that this was built with.
pub const COMPILER: &str = env!("GLASSBOX_RUSTC");

/// The version of the WebAssembly runtime.
pub const WASMTIME_VERSION: &str = env!("GLASSBOX_WASMTIME");
