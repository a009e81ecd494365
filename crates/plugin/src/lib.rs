//! The guest: wires the crates below behind the contract, and nothing more.
//!
//! `Detector` is the whole plugin as plain Rust, so it can be tested natively; `component` puts it behind the WIT and
//! exists only in the WebAssembly build. Invariants: imports nothing, does no input or output.

mod classes;
#[cfg(target_arch = "wasm32")]
mod component;
pub mod detector;
mod judge;
mod note;
mod observe;
mod past;
mod read;
mod state;

pub use detector::Detector;

// Its allocator and its comparison of memory are the guest's.
#[cfg(target_arch = "wasm32")]
use glassbox_guest_memory as _;
