//! Tells whether any of a few literals stands in a record, fast enough to ask it of every record.
//!
//! Each literal is looked for by two neighbouring bytes of it, chosen so that few pairs serve all literals and that
//! they are rare; sixteen positions of the record are compared with a pair at once. Where a pair stands, its literals
//! are compared in full.

use std::{cmp::Reverse, collections::BTreeMap};

use glassbox_predicate::index::commonness;
use wide::u8x16;

/// Pairs looked for at most: each costs a few instructions for every sixteen bytes of every record.
const PAIRS_MAX: usize = 4;
/// The bit that tells upper from lower case in ASCII letters. Other bytes that differ in it alone are taken for equal
/// until they are compared in full.
const CASE: u8 = 0x20;

/// Literals, in lower case, and the pairs that announce them.
#[derive(Debug)]
pub(crate) struct Pairs {
    pairs: Vec<[u8; 2]>,
    /// By pair the literals that it announces, and where it stands in each.
    literals: Vec<Vec<(Vec<u8>, usize)>>,
}

impl Pairs {
    /// Pairs for these literals of lower-case ASCII; none where a literal is too short or too many pairs would be needed.
    pub(crate) fn new(literals: &[Vec<u8>]) -> Option<Self> {
        let mut open: Vec<&Vec<u8>> = literals.iter().collect();
        let mut chosen = Self { pairs: Vec::new(), literals: Vec::new() };
        while !open.is_empty() {
            let mut covered: BTreeMap<[u8; 2], usize> = BTreeMap::new();
            for literal in &open {
                let mut pairs: Vec<[u8; 2]> = literal.array_windows().copied().collect();
                pairs.sort_unstable();
                pairs.dedup();
                pairs.into_iter().for_each(|pair| *covered.entry(pair).or_default() += 1);
            }
            let weight = |&(pair, covered): &([u8; 2], usize)| {
                let common = pair.iter().map(|&byte| commonness(byte)).product::<u32>();
                (covered.pow(2) * 1_000 / common as usize, Reverse(pair))
            };
            let full = chosen.pairs.len() == PAIRS_MAX;
            let (pair, _) = covered.into_iter().max_by_key(weight).filter(|_| !full)?;
            let mut announced = Vec::new();
            open.retain(|literal| {
                let at = literal.windows(2).position(|it| it == pair);
                announced.extend(at.map(|at| ((*literal).clone(), at)));
                at.is_none()
            });
            chosen.pairs.push(pair.map(|byte| byte | CASE));
            chosen.literals.push(announced);
        }
        Some(chosen)
    }

    /// Whether any of the literals stands in the text, whatever the case of its ASCII letters.
    pub(crate) fn any_in(&self, text: &[u8]) -> bool {
        let mut pairs = [[u8x16::splat(0); 2]; PAIRS_MAX];
        for (splat, pair) in pairs.iter_mut().zip(&self.pairs) {
            *splat = pair.map(u8x16::splat);
        }
        let pairs = &pairs[..self.pairs.len()];
        let mut at = 0;
        while let Some(block) = text[at..].first_chunk::<33>() {
            let (front, back) = (Neighbours::of(block, 0), Neighbours::of(block, 16));
            let mut found = u8x16::splat(0);
            for pair in pairs {
                found |= front.are(pair) | back.are(pair);
            }
            if found.to_bitmask() != 0 {
                let mut positions = 0;
                for pair in pairs {
                    positions |= front.are(pair).to_bitmask() | back.are(pair).to_bitmask() << 16;
                }
                let positions = (0..32).filter(|offset| positions >> offset & 1 == 1);
                if self.any_at(text, positions.map(|offset| at + offset)) {
                    return true;
                }
            }
            at += 32;
        }
        self.any_at(text, at..text.len())
    }

    /// Whether a literal is announced at any of these positions and stands there.
    #[cold]
    fn any_at(&self, text: &[u8], mut positions: impl Iterator<Item = usize>) -> bool {
        positions.any(|at| {
            let Some(&[first, second]) = text[at..].first_chunk::<2>() else { return false };
            let found = [first | CASE, second | CASE];
            let announced = self.pairs.iter().zip(&self.literals).filter(|(pair, _)| **pair == found);
            announced.flat_map(|(_, literals)| literals).any(|(literal, offset)| {
                let bytes = at.checked_sub(*offset).and_then(|start| text.get(start..start + literal.len()));
                bytes.is_some_and(|bytes| bytes.eq_ignore_ascii_case(literal))
            })
        })
    }
}

/// Sixteen bytes and the one behind each, with the bit of their case set.
struct Neighbours(u8x16, u8x16);

impl Neighbours {
    #[inline]
    fn of(block: &[u8; 33], from: usize) -> Self {
        let lane = |from: usize| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&block[from..from + 16]);
            u8x16::new(bytes) | u8x16::splat(CASE)
        };
        Self(lane(from), lane(from + 1))
    }

    #[inline]
    fn are(&self, pair: &[u8x16; 2]) -> u8x16 {
        self.0.simd_eq(pair[0]) & self.1.simd_eq(pair[1])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_pairs_serve_many_literals() {
        let literals = ["privilege::debug", "sekurlsa::", "misc::x", "gentilkiwi"].map(Into::into);
        let pairs = Pairs::new(&literals).expect("pairs");
        assert_eq!(pairs.pairs.len(), 2, "{:?}", pairs.pairs);
        assert!(Pairs::new(&["a".into()]).is_none());
        assert!(Pairs::new(&["ab", "cd", "ef", "gh", "ij"].map(Into::into)).is_none());
    }

    #[test]
    fn a_literal_is_found_at_any_position_and_no_other_text_is() {
        let literals = ["needle", "xyz@", "q1"].map(|literal| literal.as_bytes().to_vec());
        let pairs = Pairs::new(&literals).expect("pairs");
        for before in 0..100 {
            for (text, expected) in
                [("neEdle", true), ("XYZ@", true), ("xyz`", false), ("Q1", true), ("needl", false), ("-yz@", false)]
            {
                let text = format!("{}{text}{}", "-".repeat(before), "-".repeat(100 - before));
                assert_eq!(pairs.any_in(text.as_bytes()), expected, "{text}");
                assert_eq!(pairs.any_in(text.trim_end_matches('-').as_bytes()), expected, "{text}");
            }
        }
    }

    #[test]
    fn two_literals_sixteen_bytes_apart_hide_nothing() {
        let pairs = Pairs::new(&["q1".into()]).expect("pairs");
        assert!(pairs.any_in(b"---q1--------------q1---------------------"));
    }

    #[test]
    fn a_pair_is_both_of_its_bytes() {
        let block = b"ab-aB-xb-ax-AB--ab---------------";
        let pair = [b'a', b'b'].map(u8x16::splat);
        assert_eq!(Neighbours::of(block, 0).are(&pair).to_bitmask(), 1 | 1 << 3 | 1 << 12);
        assert_eq!(Neighbours::of(block, 16).are(&pair).to_bitmask(), 1);
    }

    proptest! {
        #[test]
        fn any_is_found_as_one_by_one(
            literals in prop::collection::vec("[a-c:@]{2,5}", 1..4),
            text in "[a-cA-C:Z`@ ]{0,80}",
        ) {
            let literals: Vec<Vec<u8>> = literals.into_iter().map(String::into_bytes).collect();
            let pairs = Pairs::new(&literals).expect("a pair for each literal");
            let lower = text.to_ascii_lowercase().into_bytes();
            let expected = literals.iter().any(|literal| memchr::memmem::find(&lower, literal).is_some());
            prop_assert_eq!(pairs.any_in(text.as_bytes()), expected);
        }
    }
}
