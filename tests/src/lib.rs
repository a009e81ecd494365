//! What the integration tests share: where data lies, packs, runs through the sandbox and without it, goldens.
//!
//! Nothing of it is part of Glassbox. Tests that need public data find it by the variable `GLASSBOX_DATA`; without
//! it they are ignored.

pub mod components;
pub mod data;
pub mod golden;
pub mod hostile;
pub mod native;
pub mod packs;
pub mod runs;
pub mod starter;

use std::path::{Path, PathBuf};

/// The plugin that misbehaves as its records tell it to; see `guests/actor`.
pub const ACTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/actor.wasm"));

/// How many records the actor judged, by its state.
///
/// # Panics
/// When the bytes are not a state of the actor.
#[must_use]
pub fn judged_by_actor(state: &[u8]) -> u64 {
    u64::from_le_bytes(*state.first_chunk().expect("the actor's state begins with a number of eight bytes"))
}

/// The seed of every test's tenant.
pub const SEED: u128 = 0x0123_4567_89ab_cdef_0011_2233_4455_6677;

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace").to_owned()
}
