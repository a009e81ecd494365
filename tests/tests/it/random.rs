//! Bytes that nobody wrote on purpose: random components, and real ones with parts changed. Whatever they are, they are
//! refused or run within limits; the host neither panics nor hangs.
//!
//! Everything is drawn from fixed seeds, so a failure comes again. `fuzz/` goes on from here for as long as one likes.

use arbitrary::Unstructured;
use glassbox_finding::Batch;
use glassbox_tests::{ACTOR, hostile};
use host_harness::{
    embedded,
    limits::Limits,
    sandbox::{LoadOptions, Plugin},
};

/// Random components tried.
const COMPONENTS: u64 = 300;
/// Changed ones tried, of each real one.
const CHANGED: u64 = 400;

/// A sequence of numbers that looks random and is the same every time (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).take(length).collect()
    }
}

fn options() -> LoadOptions {
    let mut limits = Limits::default();
    limits.set_all("start_ms_max=50\nconfigure_ms_max=50\nbatch_ms_max=50\nstate_ms_max=50").expect("limits");
    limits.set("explain_ms_max=50").expect("a limit");
    LoadOptions { limits, ..LoadOptions::default() }
}

/// Looks at the bytes in every way there is, and calls what comes of them. Whether it was admitted.
fn try_all(bytes: &[u8], options: &LoadOptions) -> bool {
    let inspected = Plugin::inspect(bytes);
    if let Ok(facts) = &inspected {
        let said = Plugin::admissible(bytes, facts, &options.limits);
        assert!(said.is_ok() || Plugin::load(bytes, options).is_err(), "what is not admissible is not loaded");
    }
    let Ok(plugin) = Plugin::load(bytes, options) else { return false };
    assert!(inspected.is_ok(), "what is loaded can be inspected");
    let Ok(mut instance) = plugin.start() else { return true };
    // Each call on its own: after a fault the others say that the instance is gone.
    let _ = instance.describe();
    let _ = instance.configure(b"GLASSBOX", glassbox_finding::Settings::default());
    let mut batch = Batch::default();
    batch.push(b"!find");
    let body = instance.read(&batch).ok().and_then(Result::ok).map(|reading| reading.body).unwrap_or_default();
    let _ = instance.judge(&body, None);
    let _ = instance.save();
    true
}

#[test]
fn random_components() {
    let options = options();
    let config = wasm_smith::Config {
        max_nesting_depth: 4,
        max_components: 4,
        max_imports: 4,
        memory64_enabled: true,
        threads_enabled: true,
        ..wasm_smith::Config::default()
    };
    let (mut made, mut refused) = (0, 0);
    for seed in 0..COMPONENTS {
        let noise = Numbers(seed).bytes(8 << 10);
        let Ok(component) = wasm_smith::Component::new(config.clone(), &mut Unstructured::new(&noise)) else {
            continue;
        };
        made += 1;
        refused += u64::from(!try_all(&component.to_bytes(), &options));
    }
    assert!(made > COMPONENTS / 2, "only {made} components were made");
    assert_eq!(refused, made, "none of them is a plugin");
}

/// Real ones with some bytes changed, taken out, doubled or moved: most are damaged, some still run.
#[test]
fn changed_components() {
    let options = options();
    let mut admitted = 0;
    for (number, original) in (0..).zip([ACTOR, hostile::HONEST.bytes]) {
        for seed in 0..CHANGED {
            let mut numbers = Numbers(seed + (number << 32));
            let mut bytes = original.to_vec();
            for _ in 0..=numbers.below(3) {
                let at = numbers.below(bytes.len());
                let length = numbers.below(16).min(bytes.len() - at);
                match numbers.below(5) {
                    0 => bytes[at] ^= 1 << numbers.below(8),
                    1 => bytes[at] = numbers.next() as u8,
                    2 => {
                        bytes.drain(at..at + length);
                    }
                    3 => {
                        let part = bytes[at..at + length].to_vec();
                        let to = numbers.below(bytes.len());
                        bytes.splice(to..to, part);
                    }
                    // LEB128 of a large number, where lengths and counts stand.
                    _ => bytes[at..at + length].fill(0xff),
                }
            }
            admitted += u32::from(try_all(&bytes, &options));
        }
    }
    assert!(admitted > 0, "some changes do not show before it runs");
}

/// The real plugin, cut at every so many bytes, is no plugin.
#[test]
fn cut_components() {
    let options = options();
    let step = embedded::PLUGIN.len() / 40;
    for end in (0..embedded::PLUGIN.len()).step_by(step) {
        assert!(!try_all(&embedded::PLUGIN[..end], &options), "cut at {end}");
    }
}
