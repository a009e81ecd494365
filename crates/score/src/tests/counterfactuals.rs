//! What would have changed the outcome: held against trying everything.

use glassbox_finding::{Contribution, FeatureValue, Finding, History, Subject as About, Verdict};
use proptest::prelude::*;

use super::*;

/// A finding whose terms fell into these bins.
fn finding(model: &Model, bins: &[Option<u32>]) -> Finding {
    let contributions = bins.iter().enumerate().map(|(term, &bin)| {
        let points = points(model, term, bin);
        let value = bin.map_or(FeatureValue::Shown, |bin| value(&model.terms()[term], bin));
        Contribution { term: term as u32, bin, value, points, evidence: Vec::new() }
    });
    let contributions: Vec<_> = contributions.collect();
    let points = model.base() + contributions.iter().map(|contribution| contribution.points).sum::<i32>();
    let missing = contributions.iter().filter(|contribution| contribution.bin.is_none()).map(|contribution| {
        let held = |term: usize| bins[term].map(|bin| bin as usize);
        let (points_worst, points_best) = model.range_of(contribution.term as usize, held);
        glassbox_finding::Missing {
            term: contribution.term,
            absence: glassbox_finding::Absence::Field,
            points_best,
            points_worst,
        }
    });
    let missing: Vec<_> = missing.collect();
    let counted = contributions.iter().find_map(|it| match (&model.terms()[it.term as usize].feature, it.value) {
        (Feature::HitCount {}, FeatureValue::Number(number)) => Some(number),
        _ => None,
    });
    let Probability { likely, low, high } = model.probability(points);
    Finding {
        subject: About::Record(0),
        at: 0,
        alert: None,
        same_act: None,
        entities: Vec::new(),
        fields: Vec::new(),
        hits: Vec::new(),
        further_hits: Vec::new(),
        hits_total: counted.unwrap_or(0) as u32,
        evidence: Vec::new(),
        base: model.base(),
        points,
        probability: likely,
        probability_low: low,
        probability_high: high,
        verdict: model.verdict(points, &missing),
        missing,
        contributions,
    }
}

fn held(model: &Model, bins: &[Option<u32>]) -> counterfactual::Held {
    let finding = finding(model, bins);
    model.held(&finding.contributions, finding.hits_total)
}

fn counterfactual(model: &Model, bins: &[Option<u32>]) -> Option<Counterfactual> {
    let finding = finding(model, bins);
    model.counterfactual(finding.points, &finding.contributions, finding.hits_total)
}

/// The least value of a bin.
fn value(term: &Term, bin: u32) -> FeatureValue {
    let Some(least) = term.bins[bin as usize].at_least else { return FeatureValue::Shown };
    match term.feature {
        Feature::SeenBefore { .. } => {
            FeatureValue::Seen(History { times: least, among: 12_000, days: 9, ..History::default() })
        }
        _ => FeatureValue::Number(least),
    }
}

fn points(model: &Model, term: usize, bin: Option<u32>) -> i32 {
    let term = &model.terms()[term];
    bin.map_or_else(|| term.missing.as_ref().map_or(0, |it| it.points), |bin| term.bins[bin as usize].points)
}

/// The pair of `parent` (2) and `command` (3).
const PAIR: usize = 5;

/// All bins with the pair's as it follows.
fn followed(mut bins: Vec<Option<u32>>) -> Vec<Option<u32>> {
    bins[PAIR] = match (bins[2], bins[3]) {
        (Some(0), Some(0)) => Some(0),
        (Some(_), Some(_)) => Some(1),
        _ => None,
    };
    bins
}

fn bins() -> impl Strategy<Value = Vec<Option<u32>>> {
    let model = parse(&small()).expect("a model");
    let bin = |term: &Term| {
        let count = term.bins.len() as u32;
        let known = (0..count).prop_map(Some).boxed();
        if term.missing.is_some() { prop_oneof![4 => known, 1 => Just(None)].boxed() } else { known }
    };
    model.terms().iter().map(bin).collect::<Vec<_>>().prop_map(followed)
}

/// The points after these changes, each with what follows of it.
fn changed(model: &Model, bins: &[Option<u32>], changes: &[Change]) -> i32 {
    let mut bins = bins.to_vec();
    for change in changes {
        bins[change.term] = Some(change.bin as u32);
    }
    finding(model, &followed(bins)).points
}

/// The fewest changes that reach below the threshold, by trying all.
fn fewest(model: &Model, bins: &[Option<u32>], threshold: i32) -> Option<u32> {
    fn lowest(model: &Model, bins: &mut Vec<Option<u32>>, term: usize, left: u32, best: &mut i32) {
        if term == bins.len() {
            *best = (*best).min(finding(model, &followed(bins.clone())).points);
            return;
        }
        lowest(model, bins, term + 1, left, best);
        let held = bins[term];
        if left > 0 && held.is_some() && term != PAIR && !model.terms()[term].feature.is_of_rules_alone() {
            // Only the best bin of a term alone and of one in the pair matter, but all are tried.
            for bin in 0..model.terms()[term].bins.len() as u32 {
                if Some(bin) != held {
                    bins[term] = Some(bin);
                    lowest(model, bins, term + 1, left - 1, best);
                }
            }
            bins[term] = held;
        }
    }
    (1..=3).find(|&count| {
        let mut best = i32::MAX;
        lowest(model, &mut bins.to_vec(), 0, count, &mut best);
        best < threshold
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_smallest_changes_are_those_that_trying_finds(bins in bins(), base in -3000..3000_i32) {
        let mut model = small();
        model["base"] = json!(base);
        let model = parse(&model).expect("a model");
        let finding = finding(&model, &bins);
        prop_assert_eq!(model.verify(&finding), Ok(()));
        let threshold = model.threshold_points().expect("there is one");
        let Some(found) = model.counterfactual(finding.points, &finding.contributions, finding.hits_total) else {
            prop_assert!(finding.points < threshold);
            return Ok(());
        };
        prop_assert_eq!(found.excess, finding.points - threshold + 1);
        for change in &found.alone {
            prop_assert!(changed(&model, &bins, &[*change]) < threshold, "{:?}", change);
            prop_assert_eq!(changed(&model, &bins, &[*change]) - finding.points, change.points);
        }
        match fewest(&model, &bins, threshold) {
            Some(1) => prop_assert!(!found.alone.is_empty()),
            Some(count) => {
                prop_assert_eq!(found.together.len(), count as usize);
                prop_assert!(changed(&model, &bins, &found.together) < threshold);
            }
            None => prop_assert!(found.alone.is_empty() && found.together.len() != 1 && found.together.len() != 2),
        }
    }

    #[test]
    fn a_finding_that_the_model_does_not_give_is_refused(bins in bins(), at in 0_usize..12, by in 1..500_i32) {
        let model = parse(&small()).expect("a model");
        let right = finding(&model, &bins);
        let check = |change: &dyn Fn(&mut Finding)| {
            let mut wrong = right.clone();
            change(&mut wrong);
            model.verify(&wrong)
        };
        prop_assert_eq!(check(&|_| {}), Ok(()));
        prop_assert!(check(&|it| it.base += by).is_err());
        prop_assert!(check(&|it| it.contributions[at].points += by).is_err());
        prop_assert!(check(&|it| it.contributions[at].bin = Some(64)).is_err());
        prop_assert!(check(&|it| it.contributions[at].term = 64).is_err());
        prop_assert!(check(&|it| it.contributions.swap(0, at.max(1))).is_err());
        prop_assert!(check(&|it| it.probability += 1).is_err());
        prop_assert!(check(&|it| it.probability_high += 1).is_err());
        let other = if right.verdict == Verdict::Above { Verdict::Below } else { Verdict::Above };
        prop_assert!(check(&|it| it.verdict = other).is_err());
    }
}

/// The small model with what hit lately: tactics (12), rules (13), tactics in order (14), hosts (15).
fn with_lately() -> Model {
    let mut model = small();
    let terms = model["terms"].as_array_mut().expect("terms");
    let counts = ["tactics", "rules", "tactics-in-order", "hosts"];
    terms.extend(counts.map(|count| {
        json!({"name": format!("{count}-so-far"), "title": count, "monotone": "increasing",
            "feature": {"kind": "so-far", "count": count}, "missing": {"points": 0, "phrase": "p"}, "bins": [
                {"name": "none", "points": 0, "phrase": "p", "at_least": 0},
                {"name": "one", "points": 300, "phrase": "p", "at_least": 1},
                {"name": "two", "points": 600, "phrase": "p", "at_least": 2},
                {"name": "more", "points": 900, "phrase": "p", "at_least": 3}]})
    }));
    parse(&model).expect("a model")
}

#[test]
fn what_hit_lately_never_falls_below_what_the_record_brings_along() {
    let model = with_lately();
    // Two tactics of two rules; lately three tactics, three rules, three in order, three hosts.
    let mut bins: Vec<Option<u32>> = vec![Some(0); 16];
    (bins[PAIR], bins[6], bins[8]) = (Some(1), Some(1), Some(1));
    bins[12..].fill(Some(3));
    let least = |number: usize| {
        let held = held(&model, &bins);
        model.changes(number, &held).map(|change| change.bin).min()
    };
    assert_eq!([12, 13, 14, 15].map(least), [Some(2), Some(2), Some(1), Some(1)]);
    assert_eq!([0, 6, 7, 8, 9].map(least), [None; 5], "what the hits say changes with the hits");
    // What counts lately may be less than what hit: rules of low level are left out.
    bins[12] = Some(1);
    let held = held(&model, &bins);
    assert_eq!(model.changes(12, &held).map(|change| change.bin).min(), Some(2), "never fewer than there were");
}

#[test]
fn changes_together_are_no_larger_than_they_must_be() {
    let mut model = small();
    // Both must fall; the repetition need not fall all the way.
    model["terms"][1]["bins"] = json!([
        {"name": "never", "points": 300, "phrase": "p", "at_least": 0},
        {"name": "few", "points": -250, "phrase": "p", "at_least": 5},
        {"name": "often", "points": -3000, "phrase": "p", "at_least": 10}]);
    model["base"] = json!(2499);
    model["terms"][3]["bins"][1]["points"] = json!(-2500);
    let model = parse(&model).expect("a model");
    let bins = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0].map(Some);
    let found = counterfactual(&model, &bins).expect("above");
    assert_eq!((found.excess, found.alone.len()), (3499, 0), "{found:?}");
    let told: Vec<_> = found.together.iter().map(|change| (change.term, change.bin, change.points)).collect();
    assert_eq!(told, [(3, 1, -3200), (1, 1, -550)]);
}

#[test]
fn a_bin_that_its_value_does_not_fall_into_is_refused() {
    let model = with_lately();
    let mut bins: Vec<Option<u32>> = vec![Some(0); 16];
    (bins[PAIR], bins[2]) = (Some(1), Some(1));
    let right = finding(&model, &bins);
    assert_eq!(model.verify(&right), Ok(()));
    // A whole finding that adds up, with one value changed or one bin named for another.
    let check = |at: usize, change: &dyn Fn(&mut Contribution), expected: &str| {
        let mut wrong = right.clone();
        change(&mut wrong.contributions[at]);
        let contribution = &mut wrong.contributions[at];
        contribution.points = points(&model, at, contribution.bin);
        wrong.points = wrong.base + wrong.contributions.iter().map(|it| it.points).sum::<i32>();
        let Probability { likely, low, high } = model.probability(wrong.points);
        (wrong.probability, wrong.probability_low, wrong.probability_high) = (likely, low, high);
        wrong.verdict = model.verdict(wrong.points, &wrong.missing);
        let error = model.verify(&wrong).expect_err("it lies").to_string();
        assert!(error.contains(expected), "{error}");
    };
    let seen = |times, among| FeatureValue::Seen(History { times, among, days: 9, ..History::default() });
    check(
        1,
        &|it| it.value = seen(10, 12_000),
        "term `repetition` has a value of bin `often`, and the finding says `never`",
    );
    check(1, &|it| it.value = seen(0, 99), "term `repetition` has a value of bin `missing`");
    check(1, &|it| it.value = FeatureValue::Number(10), "term `repetition` has a value of bin `often`");
    check(4, &|it| it.bin = Some(1), "term `length` has a value of bin `short`, and the finding says `long`");
    check(4, &|it| it.value = FeatureValue::Shown, "term `length` has a value of bin `missing`");
    check(5, &|it| it.bin = Some(0), "term `pair` has a value of bin `ordinary`, and the finding says `both`");
    check(6, &|it| it.value = FeatureValue::Number(1), "term `hits` has a value of bin `missing`");
    check(3, &|it| it.value = FeatureValue::Number(1), "term `command` has a value of bin `missing`");
    check(12, &|it| it.value = FeatureValue::Number(3), "term `tactics-so-far` has a value of bin `more`");
    check(2, &|it| it.bin = Some(0), "term `pair` has a value of bin `both`, and the finding says `ordinary`");
}
