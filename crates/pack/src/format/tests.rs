//! What is built parses back; what is damaged anywhere is refused.

use glassbox_finding::{ConfigureError, Logsource};
use proptest::prelude::*;

use super::*;
use crate::{KNOWN_ANSWERS, KnownAnswer, METADATA, MODEL, PROVENANCE, Provenance, RULES, Source};

fn small_pack() -> Vec<u8> {
    let mut builder = Builder::new();
    builder.section(MODEL, b"{}".to_vec()).expect("known");
    builder.section(RULES, vec![1, 2, 3]).expect("known");
    builder.section(METADATA, Vec::new()).expect("known");
    builder.build()
}

fn answers() -> Vec<KnownAnswer> {
    let hint = Logsource { product: Some("linux".into()), ..Logsource::default() };
    vec![
        KnownAnswer { name: "a \"hit\"".into(), record: b"sudo\n".to_vec(), hint, expect: vec!["1".into()] },
        KnownAnswer { name: "not text".into(), record: vec![0xff, 0], hint: Logsource::default(), expect: vec![] },
    ]
}

#[test]
fn sections_come_back_in_canonical_order() {
    let bytes = small_pack();
    let pack = Pack::parse(&bytes).expect("a pack");
    let sections: Vec<_> = pack.sections().collect();
    assert_eq!(sections, [(RULES, &[1, 2, 3][..]), (METADATA, &[]), (MODEL, b"{}")]);
    assert_eq!(pack.section(MODEL), Some(&b"{}"[..]));
    let mut other = Builder::new();
    other.section(RULES, vec![1, 2, 4]).expect("known").section(METADATA, Vec::new()).expect("known");
    let other = other.section(MODEL, b"{}".to_vec()).expect("known").build();
    assert_ne!(pack.digest(), Pack::parse(&other).expect("a pack").digest(), "the digest tells of every section");
    assert_eq!(pack.require(PROVENANCE), Err(PackError::MissingSection(PROVENANCE.into())));
    assert!(matches!(Builder::new().section("signature", Vec::new()), Err(PackError::Table(_))));
}

#[test]
fn a_section_that_nobody_requires_delays_nobody() {
    let mut bytes = small_pack();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(matches!(Pack::parse(&bytes), Err(PackError::Damaged(_))));
    let pack = Pack::parse_table(&bytes).expect("its structure is sound");
    assert_eq!(pack.require(RULES), Ok(&[1, 2, 3][..]));
    assert!(matches!(pack.require(MODEL), Err(PackError::Damaged(section)) if section == MODEL));
}

#[test]
fn the_same_contents_make_the_same_bytes_in_any_order() {
    let mut builder = Builder::new();
    builder.section(METADATA, Vec::new()).expect("known").section(RULES, vec![1, 2, 3]).expect("known");
    builder.section(MODEL, b"{}".to_vec()).expect("known");
    assert_eq!(builder.build(), small_pack());
    assert_eq!(to_hex(&[0, 0xaf, 9]), "00af09");
}

#[test]
fn typed_content_comes_back() {
    let source = Source { name: "rules/a.yml".into(), digest: "00".into() };
    let counts = [("rules".to_owned(), 7)].into();
    let provenance = Provenance { built_by: "glassbox".into(), version: "0.1.0".into(), sources: vec![source], counts };
    let mut builder = Builder::new();
    builder.provenance(&provenance).expect("writes").known_answers(&answers()).expect("writes");
    let bytes = builder.build();
    let pack = Pack::parse(&bytes).expect("a pack");
    assert_eq!(pack.provenance(), Ok(provenance));
    assert_eq!(pack.known_answers(), Ok(answers()));
    let empty = Builder::new().build();
    assert_eq!(Pack::parse(&empty).expect("a pack").known_answers(), Ok(Vec::new()));
}

#[test]
fn wrong_typed_content_is_named() {
    let wrong: [&[u8]; 4] = [
        br#"[{"name":"n","expect":[]}]"#,
        br#"[{"name":"n","record":"","record_hex":"","expect":[]}]"#,
        br#"[{"name":"n","record_hex":"0","expect":[]}]"#,
        br#"[{"name":"n","record":"","expect":[],"extra":1}]"#,
    ];
    for content in wrong {
        let mut builder = Builder::new();
        let bytes = builder.section(KNOWN_ANSWERS, content.to_vec()).expect("known").build();
        let error = Pack::parse(&bytes).expect("structure").known_answers().expect_err("refused");
        assert!(matches!(&error, PackError::InvalidSection { section, .. } if section == KNOWN_ANSWERS), "{error}");
    }
}

#[test]
fn a_pack_cut_anywhere_is_refused_and_says_how_much_is_there() {
    let bytes = small_pack();
    for length in 1..bytes.len() {
        let promised = if length < FIXED_BYTES { FIXED_BYTES } else { bytes.len() } as u64;
        let expected = PackError::Truncated { promised, present: length as u64 };
        assert_eq!(Pack::parse(&bytes[..length]).expect_err("cut"), expected);
    }
    assert_eq!(Pack::parse(b"").expect_err("empty"), PackError::NotAPack);
    assert_eq!(Pack::parse(b"GLASSB0X").expect_err("other"), PackError::NotAPack);
}

#[test]
fn a_pack_that_goes_on_is_refused() {
    let mut bytes = small_pack();
    let promised = bytes.len() as u64;
    bytes.push(0);
    let error = Pack::parse(&bytes).expect_err("too long");
    assert_eq!(error, PackError::TrailingBytes { promised, present: promised + 1 });
    let error = ConfigureError::from(error);
    assert!(matches!(&error, ConfigureError::InvalidSection { section, .. } if section == "table"), "{error}");
}

#[test]
fn a_flip_of_any_bit_is_refused() {
    let bytes = small_pack();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let error = Pack::parse(&flipped).expect_err("flipped");
            assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn a_newer_format_is_refused_with_both_numbers() {
    let mut bytes = small_pack();
    bytes[8] = 9;
    assert_eq!(Pack::parse(&bytes).expect_err("newer"), PackError::Newer { found: 9, supported: FORMAT });
}

/// A header with right digests and wrong entries: each entry a name, a length and the digest of nothing.
fn crafted(entries: &[(&str, u64)], count: u32, content: &[u8]) -> Vec<u8> {
    let table: usize = entries.iter().map(|(name, _)| 1 + name.len() + 8 + DIGEST_BYTES).sum();
    let length = FIXED_BYTES + table + DIGEST_BYTES + content.len();
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend((length as u64).to_le_bytes());
    bytes.extend(count.to_le_bytes());
    for (name, length) in entries {
        bytes.push(name.len() as u8);
        bytes.extend(name.as_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(sha256(b""));
    }
    let digest = sha256(&bytes);
    bytes.extend(digest);
    bytes.extend(content);
    bytes
}

#[test]
fn a_well_digested_table_with_wrong_entries_is_refused() {
    let check = |bytes: Vec<u8>, expected: &str| {
        let error = Pack::parse(&bytes).expect_err("wrong").to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(crafted(&[(RULES, 0), (RULES, 0)], 2, b""), "twice or out of order");
    check(crafted(&[(MODEL, 0), (RULES, 0)], 2, b""), "twice or out of order");
    check(crafted(&[("later", 0)], 1, b""), "knows no section `later`");
    check(crafted(&[(RULES, u64::MAX)], 1, b""), "goes beyond the end");
    check(crafted(&[(RULES, 1)], 1, b""), "goes beyond the end");
    check(crafted(&[(RULES, 0)], 1, b"x"), "1 bytes belong to no section");
    check(crafted(&[], u32::MAX, b""), "4294967295 sections");
    check(crafted(&[], 1, b""), "table");
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_are_exactly_what_a_builder_makes(tail: Vec<u8>, with_magic: bool) {
        let mut bytes = if with_magic { MAGIC.to_vec() } else { Vec::new() };
        bytes.extend(tail);
        prop_assert!(Pack::parse(&bytes).is_err());
    }

    #[test]
    fn what_is_built_parses_back(contents: [Option<Vec<u8>>; 5]) {
        let mut builder = Builder::new();
        for (name, content) in SECTIONS.iter().zip(&contents) {
            if let Some(content) = content {
                builder.section(name, content.clone()).expect("known");
            }
        }
        let bytes = builder.build();
        let pack = Pack::parse(&bytes).expect("a pack");
        for (name, content) in SECTIONS.iter().zip(&contents) {
            prop_assert_eq!(pack.section(name), content.as_deref());
        }
    }
}
