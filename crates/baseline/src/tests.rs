//! Counting, forgetting, merging, saving; two shards held against one pass.

use proptest::prelude::*;

use super::*;

const SEED: Seed = Seed(0x0123_4567_89ab_cdef_0011_2233_4455_6677);

/// Noon on 17 November 2026, UTC.
const NOON: u32 = 1_794_916_800;

fn moment(second: u32) -> Moment {
    Moment::of_second(NOON + second).expect("within the century")
}

#[test]
fn a_fact_is_told_with_what_it_was_seen_among() {
    let mut baseline = Baseline::new(SEED);
    let keys = KeyMaker::new(SEED);
    let host = |number: u8| keys.entity("host", &[number]);
    let fact = |name: &str| keys.fact(Kind::Image, &[name.as_bytes()]);
    for number in 0..40 {
        baseline.observe(Kind::Image, fact("usual"), Some(host(number % 4)), Some(moment(u32::from(number))));
    }
    baseline.observe(Kind::Image, fact("once"), Some(host(9)), Some(moment(86_400)));
    let history = baseline.history(Kind::Image, fact("usual"), None);
    assert_eq!((history.times, history.hosts, history.among, history.among_hosts, history.days), (40, 4, 41, 5, 2));
    assert_eq!((history.since, history.low_by), (Some(i64::from(NOON) * 1_000_000), 0));
    assert_eq!(history.last, Some(i64::from(NOON) * 1_000_000), "to the hour");
    let never = baseline.history(Kind::Image, fact("never"), None);
    assert_eq!((never.times, never.hosts, never.among, never.last), (0, 0, 41, None));
    assert_eq!(baseline.history(Kind::Domain, fact("usual"), None), History::default(), "of another kind");
}

#[test]
fn a_fact_about_an_entity_is_told_among_what_it_did() {
    let mut baseline = Baseline::new(SEED);
    let keys = KeyMaker::new(SEED);
    let (host, fact) = (keys.entity("host", b"h"), keys.fact(Kind::UserOnHost, &[b"u", b"h"]));
    for day in 0..3 {
        baseline.see_entity(host, Some(moment(day * 86_400)));
    }
    baseline.observe(Kind::UserOnHost, fact, Some(host), Some(moment(0)));
    let history = baseline.history(Kind::UserOnHost, fact, Some(host));
    assert_eq!((history.times, history.among, history.days, history.among_hosts), (1, 3, 3, 1));
}

#[test]
fn keys_differ_by_seed_kind_and_how_their_parts_are_cut() {
    let keys = KeyMaker::new(SEED);
    let fact = |parts: &[&[u8]]| keys.fact(Kind::Image, parts);
    assert_ne!(fact(&[b"ab", b"c"]), fact(&[b"a", b"bc"]));
    assert_ne!(fact(&[b"a", b""]), fact(&[b"a"]));
    assert_ne!(fact(&[b"a"]), keys.fact(Kind::Domain, &[b"a"]));
    assert_ne!(fact(&[b"a"]), KeyMaker::new(Seed(1)).fact(Kind::Image, &[b"a"]));
    assert_ne!(keys.entity("host", b"a"), keys.entity("user", b"a"));
    assert_eq!(format!("{SEED:?}"), "Seed(..)");
    // A saved state from one machine must mean the same on another, and natively what it means in the sandbox.
    assert_eq!(fact(&[b"a", b"b"]).0, KEY_OF_A_AND_B);
}

const KEY_OF_A_AND_B: u64 = 13_521_588_186_195_966_611;

#[test]
fn times_that_cannot_be_are_none() {
    let of = |year_start: i64| Moment::of(year_start * 1_000_000).map(Moment::second);
    assert_eq!(of(946_684_799), None);
    assert_eq!(of(946_684_800), Some(946_684_800));
    assert_eq!(of(4_102_444_799), Some(4_102_444_799));
    assert_eq!(of(4_102_444_800), None);
    // The year 9999, and what no calendar has.
    assert_eq!(of(253_402_300_799), None);
    assert_eq!(Moment::of(i64::MAX), None);
    assert_eq!(Moment::of(i64::MIN), None);
}

#[test]
fn few_hosts_are_exact_and_many_are_within_the_stated_error() {
    let keys = KeyMaker::new(SEED);
    let hosts = |count: u32, number: u32| {
        let mut baseline = Baseline::new(SEED);
        for host in 0..count {
            let host = keys.entity("host", &(number * 10_000 + host).to_le_bytes());
            baseline.observe(Kind::Image, Key(1), Some(host), None);
        }
        let history = baseline.history(Kind::Image, Key(1), None);
        (history.hosts, history.among_hosts)
    };
    let mean = |count: u32| {
        let errors: (u32, u32) = (0..40)
            .map(|number| hosts(count, number))
            .fold((0, 0), |sum, (few, many)| (sum.0 + few.abs_diff(count), sum.1 + many.abs_diff(count)));
        (f64::from(errors.0) / 40.0 / f64::from(count), f64::from(errors.1) / 40.0 / f64::from(count))
    };
    for count in [1, 3, 8, 32] {
        assert_eq!(mean(count), (0.0, 0.0), "{count}");
    }
    assert!(mean(100).0 < 0.05, "{:?}", mean(100));
    assert_eq!(mean(1_000).1, 0.0);
    assert!(mean(1_000).0 < 0.05, "{:?}", mean(1_000));
    assert!(mean(5_000).1 < 0.02, "{:?}", mean(5_000));
}

#[test]
fn a_flood_of_rare_facts_does_not_push_out_the_common_ones() {
    let mut baseline = Baseline::new(SEED);
    let capacity = fact::capacity(Kind::Port) as u64;
    for _ in 0..50 {
        baseline.observe(Kind::Port, Key(u64::MAX), None, None);
    }
    for flood in 0..capacity * 3 {
        baseline.observe(Kind::Port, Key(flood), None, None);
    }
    let history = baseline.history(Kind::Port, Key(u64::MAX), None);
    assert!(history.low_by > 0 && history.times <= 50, "{history:?}");
    assert!(history.times + u64::from(history.low_by) >= 50, "{history:?}");
    let decoded = Baseline::decode(&baseline.encode(), SEED).expect("its own bytes");
    assert_eq!(decoded.baseline, baseline);
}

#[test]
fn rates_halve_with_each_day() {
    let mut rate = Rate::default();
    assert_eq!(rate.at(moment(0)), None);
    for hour in 0..48 {
        for minute in 0..4 {
            rate.see(moment(hour * 3_600 + minute * 60));
        }
    }
    let (now, usual) = rate.at(moment(47 * 3_600 + 600)).expect("two days");
    assert_eq!(now, 4);
    assert!(usual.abs_diff(4_000) < 200, "{usual}");
    // A week later nothing is usual any more.
    let (now, usual) = rate.at(moment(9 * 86_400)).expect("seen before");
    assert!((now, usual) < (1, 60), "{now} {usual}");
}

#[test]
fn connections_at_set_times_stand_out() {
    let (mut clockwork, mut people) = (Interval::default(), Interval::default());
    let mut second = 0;
    for number in 0..40_u32 {
        clockwork.see(moment(number * 300 + number * 7_919 % 30));
        // Gaps from seconds to hours.
        second += 1 << (number * 7 % 13);
        people.see(moment(second));
    }
    assert_eq!(clockwork.count(), 39);
    assert!(clockwork.regularity_thousandths() >= 950, "{}", clockwork.regularity_thousandths());
    assert!(people.regularity_thousandths() < 600, "{}", people.regularity_thousandths());
}

#[test]
fn tactics_that_follow_each_other_are_told_from_those_that_do_not() {
    let rows = |tactics: &[u32]| {
        let mut recent = Periods::default();
        for (number, &tactic) in tactics.iter().enumerate() {
            let mark = Mark { rules: &[Key(number as u64)], tactics: 1 << tactic, detector: Key(1), host: None };
            recent.mark(moment(number as u32 * 60), &mark);
        }
        recent.at(moment(0)).tactics_in_order_with(0)
    };
    assert_eq!(rows(&[1, 3, 5, 9]), 4);
    assert_eq!(rows(&[9, 5, 3, 1]), 1);
    assert_eq!(rows(&[9, 1, 3, 2, 5]), 3);
    assert_eq!(rows(&[3, 3, 3]), 1);
    let mut recent = Periods::default();
    let mark = |tactics| Mark { rules: &[Key(1)], tactics, detector: Key(1), host: None };
    recent.mark(moment(0), &mark(0b11));
    assert_eq!(recent.at(moment(0)).tactics_in_order_with(0), 1, "those of one record do not follow each other");
    assert_eq!(recent.at(moment(0)).tactics_with(0b100), 3);
    // In the next half day it is still known, after that no more.
    assert_eq!(recent.at(moment(12 * 3_600)).tactics_with(0), 2);
    assert_eq!(recent.at(moment(24 * 3_600)).tactics_with(0), 0);
    assert_eq!(recent.at(moment(24 * 3_600)).tactics_in_order_with(0), 0);
}

#[test]
fn hits_on_ancestors_are_found() {
    let mut baseline = Baseline::new(SEED);
    for process in 1..12 {
        baseline.see_process(Key(process), Some(Key(process - 1)).filter(|_| process > 1), Some(moment(0)));
    }
    baseline.mark_process(Key(2), Some(moment(0)));
    baseline.mark_process(Key(4), Some(moment(0)));
    assert_eq!(baseline.ancestors(Some(Key(5)), None), (4, 2));
    assert_eq!(baseline.ancestors(None, Some(Key(4))), (4, 2));
    assert_eq!(baseline.ancestors(Some(Key(99)), None), (0, 0));
    assert_eq!(baseline.ancestors(Some(Key(11)), None).0, ANCESTORS_MAX);
    // A circle, as forged ids can make one, ends too.
    baseline.see_process(Key(1), Some(Key(3)), None);
    assert_eq!(baseline.ancestors(Some(Key(3)), None).0, ANCESTORS_MAX);
}

/// What a stream may hold.
#[derive(Clone, Debug)]
struct Step {
    kind: usize,
    fact: u64,
    host: u64,
    second: u32,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..Kind::COUNT, 0..40_u64, 0..6_u64, 0..3 * 86_400_u32);
    let step = step.prop_map(|(kind, fact, host, second)| Step { kind, fact, host, second });
    // In order of time, as records of a source come.
    proptest::collection::vec(step, 0..300).prop_map(|mut steps| {
        steps.sort_by_key(|step| step.second);
        steps
    })
}

fn follow(steps: impl Iterator<Item = Step>) -> Baseline {
    let mut baseline = Baseline::new(SEED);
    for Step { kind, fact, host, second } in steps {
        let (fact, host, moment) = (Key(fact), Key(host << 32 | 7), moment(second));
        baseline.observe(Kind::ALL[kind], fact, Some(host), Some(moment));
        baseline.see_entity(host, Some(moment));
        baseline.see_rate(fact, moment);
        baseline.see_interval(fact, moment);
        baseline.see_process(fact, Some(Key(fact.0 + 1)), Some(moment));
        let mark = Mark { rules: &[fact], tactics: 1 << (fact.0 % 14), detector: Key(host.0 % 3), host: Some(host) };
        baseline.mark(host, moment, &mark);
    }
    baseline
}

proptest! {
    #[test]
    fn a_baseline_comes_back_from_its_bytes_and_from_no_others(
        steps in steps(), at: prop::sample::Index, flip in 1_u8..=255
    ) {
        let baseline = follow(steps.into_iter());
        let bytes = baseline.encode();
        let decoded = Baseline::decode(&bytes, SEED).expect("its own bytes");
        prop_assert_eq!(&decoded.baseline, &baseline);
        prop_assert_eq!(decoded.kept.len(), Baseline::section_names().count());
        prop_assert_eq!(decoded.baseline.encode(), bytes.clone());
        let mut other = bytes.clone();
        let at = at.index(bytes.len());
        other[at] ^= flip;
        prop_assert!(Baseline::decode(&other, SEED).is_err(), "byte {} changed", at);
        prop_assert!(Baseline::decode(&bytes[..at], SEED).is_err(), "cut at {}", at);
        prop_assert_eq!(Baseline::decode(&bytes, Seed(1)), Err(BaselineError::ForeignSeed));
    }

    #[test]
    fn two_shards_merged_are_one_pass_within_the_stated_error(steps in steps(), shards: u64) {
        let all = follow(steps.iter().cloned());
        let whole = &all;
        let in_shard = |number: usize, shard: u64| shards >> (number % 64) & 1 == shard;
        let shard = |shard: u64| {
            follow(steps.iter().enumerate().filter(|(number, _)| in_shard(*number, shard)).map(|(_, step)| step.clone()))
        };
        let (mut one, other) = (shard(0), shard(1));
        let mut reversed = other.clone();
        one.merge(&other).expect("one seed");
        reversed.merge(&shard(0)).expect("one seed");
        prop_assert_eq!(&one, &reversed, "in either order");
        // Exact, as nothing was ever full.
        prop_assert_eq!(&one.facts, &all.facts);
        prop_assert_eq!(&one.entities, &all.entities);
        prop_assert_eq!(&one.processes, &all.processes);
        let end = moment(3 * 86_400);
        for step in &steps {
            let (now, usual) = whole.rate(Key(step.fact)).and_then(|rate| rate.at(end)).unwrap_or_default();
            let (merged_now, merged) = one.rate(Key(step.fact)).and_then(|rate| rate.at(end)).unwrap_or_default();
            prop_assert_eq!(now, merged_now);
            // One part in 256 of an event for each event of an hour.
            prop_assert!(usual.abs_diff(merged) <= 1 + steps.len() as u32 * 1_000 / 256, "{} {}", usual, merged);
            let host = Key(step.host << 32 | 7);
            let (whole, merged) = (whole.recent(host, end), one.recent(host, end));
            prop_assert_eq!(whole.tactics_with(0), merged.tactics_with(0));
            prop_assert_eq!(whole.rules_with(&[]), merged.rules_with(&[]));
            prop_assert_eq!(whole.detectors_with(None), merged.detectors_with(None));
            // A row that goes through both shards is told in parts: never shorter than in either, never longer than it was.
            let parts = [shard(0), shard(1)].map(|shard| shard.recent(host, end).tactics_in_order_with(0));
            let (merged, whole) = (merged.tactics_in_order_with(0), whole.tactics_in_order_with(0));
            prop_assert!(parts.into_iter().max() <= Some(merged) && merged <= whole, "{:?} {} {}", parts, merged, whole);
        }
        for fact in 0..40 {
            let count = |baseline: &Baseline| baseline.interval(Key(fact)).map_or(0, Interval::count);
            let seen = steps.iter().filter(|step| step.fact == fact).count() as u32;
            // One interval is lost, the one between the shards; one more is told only for sightings in the same second.
            let (merged, whole) = (count(&one), count(&all));
            prop_assert!(whole <= merged + 1 && merged < seen.max(1), "{} of {} in {}", merged, whole, seen);
        }
    }

    #[test]
    fn once_full_counts_are_low_by_no_more_than_they_say(
        common in proptest::collection::vec(0..64_u64, 0..2_000), flood in 0..30_000_u64, cut: prop::sample::Index
    ) {
        let mut observations: Vec<u64> = common.iter().copied().chain((0..flood).map(|rare| 1_000 + rare)).collect();
        // Mixed, and the same every time.
        observations.sort_by_key(|&fact| (fact.wrapping_mul(0x9e37_79b9_7f4a_7c15)).rotate_left(17));
        let follow = |observations: &[u64]| {
            let mut baseline = Baseline::new(SEED);
            observations.iter().for_each(|&fact| baseline.observe(Kind::Port, Key(fact), None, None));
            baseline
        };
        let (left, right) = observations.split_at(cut.index(observations.len().max(1)));
        let mut merged = follow(left);
        merged.merge(&follow(right)).expect("one seed");
        for baseline in [follow(&observations), merged] {
            for fact in 0..64 {
                let truth = common.iter().filter(|&&it| it == fact).count() as u64;
                let history = baseline.history(Kind::Port, Key(fact), None);
                prop_assert!(history.times <= truth && truth <= history.times + u64::from(history.low_by));
            }
            prop_assert_eq!(baseline.history(Kind::Port, Key(0), None).among, observations.len() as u64);
        }
    }
}

/// What a stream with names may hold: which of a few facts, hosts, rules and kinds of sources.
fn named_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..Kind::COUNT, 0..24_u64, 0..16_u64, 0..86_400_u32);
    let step = step.prop_map(|(kind, fact, host, second)| Step { kind, fact, host, second });
    proptest::collection::vec(step, 0..120).prop_map(|mut steps| {
        steps.sort_by_key(|step| step.second);
        steps
    })
}

/// Everything that a stream is told before each of its steps, under one seed.
fn answers(steps: &[Step], seed: Seed) -> Vec<(History, [u32; 5], (u32, u32))> {
    let (mut baseline, keys) = (Baseline::new(seed), KeyMaker::new(seed));
    let mut answers = Vec::new();
    for &Step { kind, fact, host, second } in steps {
        let (kind, moment, name) = (Kind::ALL[kind], moment(second), fact.to_le_bytes());
        let host = keys.entity("host", &host.to_le_bytes());
        let (rule, detector) = (keys.fact(Kind::Rule, &[&name]), keys.entity("detector", &[(fact % 16) as u8]));
        let (fact, process, parent) = (keys.fact(kind, &[&name]), keys.process(&name), keys.process(&[fact as u8 / 2]));
        let recent = baseline.recent(host, moment);
        let counts = [
            recent.rules_with(&[rule]),
            recent.detectors_with(Some(detector)),
            recent.hosts_with(Some(host)),
            recent.tactics_with(1),
            recent.tactics_in_order_with(1),
        ];
        answers.push((
            baseline.history(kind, fact, Some(host)),
            counts,
            baseline.ancestors(Some(process), Some(parent)),
        ));
        baseline.observe(kind, fact, Some(host), Some(moment));
        baseline.see_entity(host, Some(moment));
        baseline.see_process(process, Some(parent), Some(moment));
        baseline.mark_process(process, Some(moment));
        let mark = Mark { rules: &[rule], tactics: 1 << (name[0] % 14), detector, host: Some(host) };
        baseline.mark(host, moment, &mark);
        // A user who is seen on every host.
        baseline.mark(keys.entity("user", b"u"), moment, &mark);
    }
    answers
}

proptest! {
    #[test]
    fn what_is_told_does_not_depend_on_the_seed(steps in named_steps(), seeds: [u128; 20]) {
        let expected = answers(&steps, SEED);
        for seed in seeds {
            prop_assert_eq!(&answers(&steps, Seed(seed)), &expected, "under {:x}", seed);
        }
    }
}

#[test]
fn a_full_baseline_stays_within_the_stated_bytes() {
    let key = |number: u64| Key(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut baseline = Baseline::new(SEED);
    for kind in Kind::ALL {
        for number in 0..fact::capacity(kind) as u64 {
            // Each on more hosts than are counted exactly, and all of them on more, too.
            (0..34).for_each(|host| baseline.observe(kind, key(number), Some(key(number + host)), Some(moment(0))));
        }
    }
    for number in 0..PROCESSES_MAX as u64 {
        baseline.see_process(key(number), None, Some(moment(0)));
    }
    for number in 0..ENTITIES_MAX as u64 {
        let entity = key(number);
        baseline.see_entity(entity, Some(moment(0)));
        baseline.see_rate(entity, moment(0));
        baseline.see_interval(entity, moment(0));
        for (hour, other) in [0, 12].into_iter().flat_map(|hour| (0..34).map(move |other| (hour, other))) {
            let mark = Mark { rules: &[key(other)], tactics: 1, detector: key(other), host: Some(key(other)) };
            baseline.mark(entity, moment(hour * 3_600), &mark);
        }
    }
    let bytes = baseline.encode().len();
    assert!(bytes <= STATE_BYTES_MAX && bytes > STATE_BYTES_MAX / 100 * 99, "{bytes} of {STATE_BYTES_MAX}");
    let decoded = Baseline::decode(&baseline.encode(), SEED).expect("its own bytes");
    assert!(decoded.baseline == baseline);
}

#[test]
fn sections_that_are_defined_differently_now_are_dropped_and_named() {
    let baseline = follow((0..9).map(|fact| Step { kind: fact % Kind::COUNT, fact: fact as u64, host: 1, second: 5 }));
    let mut bytes = baseline.encode();
    let at = bytes.windows(7).position(|window| window == b"image/2").expect("its section");
    bytes[at + 6] = b'0';
    let content = bytes.len() - 8;
    let mut check = SEED.hasher("check");
    std::hash::Hasher::write(&mut check, &bytes[..content]);
    let check = std::hash::Hasher::finish(&check);
    bytes[content..].copy_from_slice(&check.to_le_bytes());
    let decoded = Baseline::decode(&bytes, SEED).expect("sound, and partly of no use");
    assert_eq!(decoded.dropped, ["image/0"]);
    assert!(!decoded.kept.iter().any(|name| name == "image/2"));
    assert_eq!(decoded.baseline.history(Kind::Image, Key(2), None).among, 0);
    assert_eq!(decoded.baseline.facts[Kind::Rule as usize], baseline.facts[Kind::Rule as usize]);
}
