//! Random components against the whole host: admission, compilation, and the calls of those that are plugins.

#![no_main]

use arbitrary::Unstructured;
use glassbox_finding::{Batch, Settings};
use host_harness::{
    limits::Limits,
    sandbox::{LoadOptions, Plugin},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|noise: &[u8]| {
    let config = wasm_smith::Config { max_nesting_depth: 4, max_components: 4, ..wasm_smith::Config::default() };
    let Ok(component) = wasm_smith::Component::new(config, &mut Unstructured::new(noise)) else { return };
    let mut limits = Limits::default();
    let short = "start_ms_max=50\nconfigure_ms_max=50\nbatch_ms_max=50\nexplain_ms_max=50\nstate_ms_max=50";
    limits.set_all(short).expect("they are limits");
    let options = LoadOptions { limits, ..LoadOptions::default() };
    let Ok(plugin) = Plugin::load(&component.to_bytes(), &options) else { return };
    let Ok(mut instance) = plugin.start() else { return };
    let _ = instance.describe();
    let _ = instance.configure(b"GLASSBOX", Settings::default());
    let mut batch = Batch::default();
    batch.push(b"!");
    let _ = instance.read(&batch);
});
