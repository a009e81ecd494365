//! Any bytes against admission: they are refused, or found admissible, and nothing else happens.
//!
//! With real components among its seeds it goes deepest.

#![no_main]

use host_harness::{limits::Limits, sandbox::Plugin};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(facts) = Plugin::inspect(bytes) {
        let _ = Plugin::admissible(bytes, &facts, &limits);
    }
});
