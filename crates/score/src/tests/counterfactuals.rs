//! What would have changed the outcome: held against trying everything.

use glassbox_finding::{Contribution, FeatureValue, Finding, Logsource, Verdict};
use proptest::prelude::*;

use super::*;

/// A finding whose terms fell into these bins.
fn finding(model: &Model, bins: &[Option<u32>]) -> Finding {
    let contributions = bins.iter().enumerate().map(|(term, &bin)| {
        let points = points(model, term, bin);
        Contribution { term: term as u32, bin, value: FeatureValue::Shown, points, evidence: Vec::new() }
    });
    let contributions: Vec<_> = contributions.collect();
    let points = model.base() + contributions.iter().map(|contribution| contribution.points).sum::<i32>();
    let missing = contributions.iter().filter(|contribution| contribution.bin.is_none()).map(|contribution| {
        let (points_worst, points_best) = model.terms()[contribution.term as usize].range();
        glassbox_finding::Missing {
            term: contribution.term,
            absence: glassbox_finding::Absence::Field,
            points_best,
            points_worst,
        }
    });
    let missing: Vec<_> = missing.collect();
    let Probability { likely, low, high } = model.probability(points);
    Finding {
        index: 0,
        time: None,
        schema: "s".into(),
        logsource: Logsource::default(),
        entities: Vec::new(),
        fields: Vec::new(),
        hits: Vec::new(),
        further_hits: Vec::new(),
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
        let Some(found) = model.counterfactual(&finding) else {
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
