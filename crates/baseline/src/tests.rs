//! Counting, forgetting, merging, saving.

use proptest::prelude::*;

use super::*;

const SEED: Seed = Seed(0x0123_4567_89ab_cdef_0011_2233_4455_6677);

fn observation(rule: &str, host: &str) -> Observation {
    Observation::new(SEED, Kind::RuleOnEntity, &[rule, host])
}

fn counted(observations: &[u64]) -> Counters {
    let mut counters = Counters::new(SEED);
    for &number in observations {
        counters.observe(Observation(number));
    }
    counters.see_records(observations.len() as u64, observations.first().map(|&number| number as i64));
    counters
}

#[test]
fn observing_says_how_often_before() {
    let mut counters = Counters::new(SEED);
    let fact = observation("rule", "host");
    assert_eq!((0..4).map(|_| counters.observe(fact)).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(counters.times(fact), 4);
    assert_eq!(counters.times(observation("rule", "other")), 0);
    counters.see_records(10, Some(7));
    counters.see_records(5, None);
    counters.see_records(5, Some(3));
    assert_eq!((counters.records(), counters.since(), counters.len()), (20, Some(3), 1));
}

#[test]
fn facts_differ_by_seed_and_by_how_their_parts_are_cut() {
    assert_ne!(observation("ab", "c"), observation("a", "bc"));
    assert_ne!(observation("a", ""), Observation::new(SEED, Kind::RuleOnEntity, &["a"]));
    assert_ne!(observation("a", "b"), Observation::new(Seed(1), Kind::RuleOnEntity, &["a", "b"]));
    assert_eq!(format!("{SEED:?}"), "Seed(..)");
}

#[test]
fn the_hash_is_the_same_everywhere() {
    // A saved state from one machine must mean the same on another, and natively what it means in the sandbox.
    assert_eq!(observation("rule", "host").0, HASH_OF_RULE_AND_HOST);
}

const HASH_OF_RULE_AND_HOST: u64 = 10_329_011_202_203_526_341;

#[test]
fn when_full_the_rare_are_forgotten_and_the_common_stay() {
    let mut counters = Counters::new(SEED);
    for _ in 0..9 {
        counters.observe(Observation(u64::MAX));
    }
    for number in 0..ENTRIES_MAX as u64 - 1 {
        counters.observe(Observation(number));
    }
    assert_eq!((counters.len(), counters.halvings()), (ENTRIES_MAX, 0));
    assert_eq!(counters.observe(Observation(1 << 40)), 0);
    assert_eq!((counters.len(), counters.halvings()), (2, 1));
    assert_eq!((counters.times(Observation(u64::MAX)), counters.times(Observation(5))), (4, 0));
}

#[test]
fn when_all_are_common_halving_goes_on_until_there_is_room() {
    let mut counters = Counters::new(SEED);
    for _ in 0..4 {
        for number in 0..ENTRIES_MAX as u64 {
            counters.observe(Observation(number));
        }
    }
    counters.observe(Observation(u64::MAX));
    assert_eq!((counters.len(), counters.halvings()), (1, 3));
}

#[test]
fn merging_more_than_fits_forgets_too() {
    let mut left = counted(&(0..40_000).collect::<Vec<_>>());
    let mut right = counted(&(40_000..80_000).collect::<Vec<_>>());
    right.observe(Observation(79_999));
    left.merge(&right).expect("one seed");
    assert_eq!((left.len(), left.times(Observation(79_999)), left.halvings()), (1, 1, 1));
    assert_eq!(left.merge(&Counters::new(Seed(1))), Err(BaselineError::ForeignSeed));
}

#[test]
fn bytes_that_are_not_exactly_counters_are_refused() {
    let bytes = counted(&[1, 2, 2, 3]).encode();
    for length in 0..bytes.len() {
        assert!(Counters::decode(&bytes[..length], SEED).is_err(), "{length}");
    }
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(Counters::decode(&flipped, SEED).is_err(), "{at}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(matches!(Counters::decode(&longer, SEED), Err(BaselineError::Damaged { .. })));
    assert_eq!(Counters::decode(&bytes, Seed(1)), Err(BaselineError::ForeignSeed));
    let mut newer = bytes.clone();
    newer[4] = 2;
    assert_eq!(Counters::decode(&newer, SEED), Err(BaselineError::Newer { found: 2, supported: FORMAT }));
    assert_eq!(Counters::decode(b"", SEED), Err(BaselineError::NotABaseline));
}

proptest! {
    #[test]
    fn merging_is_one_pass_over_both(
        left in proptest::collection::vec(0_u64..50, 0..200), right in proptest::collection::vec(0_u64..50, 0..200)
    ) {
        let mut once = counted(&left);
        for &number in &right {
            once.observe(Observation(number));
        }
        once.see_records(right.len() as u64, right.first().map(|&number| number as i64));
        let mut merged = counted(&left);
        merged.merge(&counted(&right)).expect("one seed");
        let mut turned = counted(&right);
        turned.merge(&counted(&left)).expect("one seed");
        prop_assert_eq!(&merged, &once);
        prop_assert_eq!(&turned, &once);
        prop_assert_eq!(turned.encode(), once.encode());
    }

    #[test]
    fn what_is_saved_comes_back(observations in proptest::collection::vec(any::<u64>(), 0..100)) {
        let counters = counted(&observations);
        let bytes = counters.encode();
        let decoded = Counters::decode(&bytes, SEED).expect("just encoded");
        prop_assert_eq!(&decoded, &counters);
        prop_assert_eq!(decoded.encode(), bytes);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(tail: Vec<u8>, whole: bool) {
        let mut bytes = if whole { counted(&[1, 2]).encode() } else { Vec::new() };
        bytes.extend(&tail);
        prop_assert!(tail.is_empty() && whole || Counters::decode(&bytes, SEED).is_err());
    }
}
