//! Random components against the whole host: admission, compilation, and the calls of those that are plugins.

#![no_main]

#[path = "../../src/components.rs"]
mod components;

use components::{dressed, options, random, random_plugin, try_all};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|noise: &[u8]| {
    let options = options();
    let inside = random(noise).map(|component| dressed(&component));
    for component in inside.into_iter().chain(random_plugin(noise)) {
        let _ = try_all(&component, &options);
    }
});
