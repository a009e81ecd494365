//! The bodies of the fuzz targets on stable Rust: the seeds as they are, changed, and bytes of no kind.
//!
//! Changes are drawn from a seed of their own, so that each run is the same; `PROPTEST_CASES` asks for more of them.

use std::{fs, path::Path};

use glassbox_oracle::targets;
use proptest::{prelude::*, sample::Index, test_runner::RngSeed};

/// Pieces that records and rules are made of.
const PIECES: [&[u8]; 24] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"<",
    b">",
    b"&amp;",
    b"=",
    b"\n",
    b" ",
    b"*",
    b"?",
    b"null",
    b"\\u00",
    b"\\ud83d",
    b"-1e9",
    b"\xff",
    b"\xef\xbb\xbf",
    b"|all",
    b"not ",
];

/// One change of some bytes.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Insert(Index, &'static [u8]),
    Remove(Index, usize),
    Repeat(Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), proptest::sample::select(&PIECES[..])).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (any::<Index>(), 1..12_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let at = |index: &Index| index.index(bytes.len() + 1);
    match change {
        Change::Set(index, byte) => {
            let at = at(index);
            if let Some(changed) = bytes.get_mut(at) {
                *changed = *byte;
            }
        }
        Change::Insert(index, piece) => {
            let at = at(index);
            bytes.splice(at..at, piece.iter().copied());
        }
        Change::Remove(index, length) => {
            let at = at(index);
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Change::Repeat(index, length) => {
            let at = at(index);
            let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

/// The seeds of a target, in order of name.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|it| it.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a seed")).collect()
}

fn check(name: &str, cases: u32) {
    let (_, target) = targets::ALL.iter().find(|(known, _)| *known == name).expect("a target");
    let seeds = seeds(name);
    // A case of matching is made from any bytes.
    assert_eq!(seeds.is_empty(), name == "matching", "{} seeds of {name}", seeds.len());
    seeds.iter().for_each(|seed| target(seed));
    let any_bytes = prop::collection::vec(any::<u8>(), 0..1024);
    let changed = (any::<Index>(), prop::collection::vec(change(), 1..6)).prop_map(move |(seed, changes)| {
        let mut bytes = if seeds.is_empty() { Vec::new() } else { seeds[seed.index(seeds.len())].clone() };
        changes.iter().for_each(|change| apply(&mut bytes, change));
        bytes
    });
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let config =
        ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(0), ..ProptestConfig::default() };
    proptest!(config, |(bytes in prop_oneof![1 => any_bytes, 3 => changed])| target(&bytes));
}

#[test]
fn records() {
    check("record", 2_000);
}

#[test]
fn rules() {
    check("rules", 1_000);
}

#[test]
fn packs() {
    check("pack", 500);
}

#[test]
fn matching() {
    check("matching", 2_000);
}

#[test]
fn findings() {
    check("finding", 2_000);
}

#[test]
fn every_target_is_run_by_cargo_fuzz_and_here() {
    let targets: Vec<&str> = targets::ALL.iter().map(|(name, _)| *name).collect();
    let here = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets.rs")).expect("this file");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/Cargo.toml");
    let fuzz = fs::read_to_string(manifest).expect("the fuzz crate's manifest");
    for target in targets {
        assert!(here.contains(&format!("check(\"{target}\"")), "{target} is not run here");
        assert!(fuzz.contains(&format!("path = \"targets/{target}.rs\"")), "{target} has no binary in tests/fuzz");
    }
}
