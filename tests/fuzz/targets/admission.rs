//! Any bytes against admission: as they stand, and inside what looks like a plugin from outside.

#![no_main]

#[allow(dead_code, reason = "the other targets use the rest")]
#[path = "../../src/components.rs"]
mod components;

use glassbox_sandbox::Plugin;
use components::{dressed, options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = options().limits;
    for bytes in [bytes.to_vec(), dressed(bytes)] {
        if let Ok(facts) = Plugin::inspect(&bytes) {
            let _ = Plugin::admissible(&bytes, &facts, &limits);
        }
    }
});
