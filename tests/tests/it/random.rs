//! Bytes that nobody wrote on purpose: random components, and real ones with parts changed. Whatever they are, they are
//! refused or run within limits; the host neither panics nor hangs.
//!
//! Everything is drawn from fixed seeds, so a failure comes again. `fuzz/` goes on from here for as long as one likes.

use glassbox_deployment::embedded;
use glassbox_tests::{
    ACTOR,
    components::{Came, dressed, options, random, random_plugin, try_all},
    hostile,
};

/// Random components tried.
const COMPONENTS: u64 = 300;
/// Random plugins tried.
const PLUGINS: u64 = 150;
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

#[test]
fn random_components() {
    let options = options();
    let (mut made, mut looked) = (0, 0);
    for seed in 0..COMPONENTS {
        let Some(component) = random(&Numbers(seed).bytes(8 << 10)) else { continue };
        made += 1;
        // As it is nobody would look at more of it than its exports.
        assert_eq!(try_all(&component, &options), Came::Refused, "it is no plugin");
        let came = try_all(&dressed(&component), &options);
        assert!(came <= Came::Looked, "inside, it is none either");
        looked += u64::from(came == Came::Looked);
    }
    assert!(made > COMPONENTS / 2, "only {made} components were made");
    assert!(looked > 0, "some are looked at by the compiler");
}

/// Plugins whose every export is there and of the right type, with random code behind it.
#[test]
fn random_plugins() {
    let options = options();
    let mut came: Vec<Came> = Vec::new();
    for seed in 0..PLUGINS {
        let Some(plugin) = random_plugin(&Numbers(seed).bytes(8 << 10)) else { continue };
        came.push(try_all(&plugin, &options));
    }
    let called = came.iter().filter(|&&came| came == Came::Called).count();
    assert!(called > 10, "{called} of {} are called", came.len());
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
            admitted += u32::from(try_all(&bytes, &options) >= Came::Admitted);
        }
    }
    assert!(admitted > 0, "some changes do not show before it runs");
}

#[test]
fn what_runs_can_be_inspected() {
    for guest in [hostile::HONEST, hostile::MEMORIES_TOGETHER, hostile::TABLE_BOMB, hostile::INDIRECT_RECURSION] {
        assert_eq!(try_all(guest.bytes, &options()), Came::Called, "{}", guest.name);
    }
}

/// The real plugin, cut at every so many bytes, is no plugin.
#[test]
fn cut_components() {
    let options = options();
    let step = embedded::PLUGIN.len() / 40;
    for end in (0..embedded::PLUGIN.len()).step_by(step) {
        assert_eq!(try_all(&embedded::PLUGIN[..end], &options), Came::Refused, "cut at {end}");
    }
}
