//! The `glassbox` command: what can be asked for on the command line, what a terminal shows, and the starter.
//!
//! All work is done by the packages below it; here arguments become calls, and results and errors become text and exit codes.
//! It never decides what a finding means, and nothing below it knows of it.

pub mod bench;
pub mod cli;
pub mod commands;
pub mod exit;
pub mod limits;
pub mod output;
pub mod starter;

/// The allocator of the `glassbox` command.
pub const ALLOCATOR_NAME: &str = "mimalloc";

/// The compiler that this was built with.
pub const COMPILER: &str = env!("GLASSBOX_RUSTC");

/// The version of the WebAssembly runtime.
pub const WASMTIME_VERSION: &str = env!("GLASSBOX_WASMTIME");
