//! Measures held against their definitions by counting, tables against what makes them the best.

use proptest::prelude::*;

use super::*;

fn finding(group: u32, score: f64, is_true: bool) -> Labelled {
    Labelled { group, score, is_true }
}

fn findings() -> impl Strategy<Value = Vec<Labelled>> {
    let one = (0..6_u32, -5..5_i32, any::<bool>());
    proptest::collection::vec(one.prop_map(|(group, score, is_true)| finding(group, score.into(), is_true)), 1..60)
}

#[test]
fn orders_are_measured_as_by_hand() {
    let order = |labels: &[bool]| -> Vec<Labelled> {
        (0_u32..).zip(labels).map(|(place, &is_true)| finding(0, -f64::from(place), is_true)).collect()
    };
    let ranked = order(&[true, false, true, false]);
    assert_eq!(area_under_curve(&ranked), Some(0.75));
    assert_eq!(average_precision(&ranked), Some((1.0 + 2.0 / 3.0) / 2.0));
    assert_eq!((precision_at(&ranked, 1), precision_at(&ranked, 3)), (Some(1.0), Some(2.0 / 3.0)));
    assert_eq!((found_among_first(&ranked, 1), found_among_first(&order(&[false, true]), 1)), (Some(1.0), Some(0.0)));
    assert_eq!(found_among_first(&order(&[false]), 1), None);
    let tied: Vec<_> = ranked.iter().map(|it| Labelled { score: 0.0, ..*it }).collect();
    assert_eq!((area_under_curve(&tied), precision_at(&tied, 2)), (Some(0.5), Some(0.5)));
    // Of two true ones among four that tie, the first is true half the time, one of two five times of six.
    assert_eq!(found_among_first(&tied, 1), Some(0.5));
    assert!(found_among_first(&tied, 2).is_some_and(|share| (share - 5.0 / 6.0).abs() < 1e-9));
    assert_eq!(area_under_curve(&order(&[true])), None);
    assert_eq!(average_precision(&order(&[false])), None);
    assert_eq!(precision_at(&ranked, 5), None);
}

#[test]
fn a_table_rises_where_labels_do_not() {
    let labels = [false, false, true, false, true, true];
    let all: Vec<_> = (0_u32..).zip(labels).map(|(at, is_true)| finding(at, f64::from(at) * 100.0, is_true)).collect();
    let table = fit(&all).expect("both kinds");
    let steps: Vec<_> = table.knots.iter().map(|knot| (knot.points, knot.probability)).collect();
    assert_eq!(steps, [(0, 0), (100, 0), (200, 500_000), (300, 500_000), (400, 1_000_000), (500, 1_000_000)]);
    assert!((table.probability(250.0) - 0.5).abs() < 1e-9);
    assert!(table.knots.iter().all(|knot| knot.low <= knot.probability && knot.probability <= knot.high));
    assert_eq!(fit(&all[..2]), None);
}

#[test]
fn probabilities_are_measured_as_by_hand() {
    let all = [finding(0, 0.0, false), finding(0, 0.5, true), finding(1, 1.0, true), finding(1, 0.5, false)];
    assert_eq!(brier(&all), Some(0.125));
    assert_eq!(calibration_error(&all, 2), Some(0.25));
    assert_eq!(brier(&[]), None);
}

#[test]
fn an_interval_holds_the_value_and_draws_whole_groups() {
    let all: Vec<_> = (0..40_u32).map(|at| finding(at / 4, f64::from(at % 5), at % 3 == 0)).collect();
    let interval = bootstrap([&all], 400, 7, |[all]| area_under_curve(all)).expect("both kinds");
    assert!(interval.low <= interval.value && interval.value <= interval.high, "{interval:?}");
    assert_eq!(Some(interval), bootstrap([&all], 400, 7, |[all]| area_under_curve(all)), "the same chance");
    let one_group: Vec<_> = all.iter().map(|it| Labelled { group: 0, ..*it }).collect();
    let interval = bootstrap([&one_group], 100, 7, |[all]| area_under_curve(all)).expect("both kinds");
    assert_eq!((interval.low, interval.high), (interval.value, interval.value), "one group can only be drawn whole");
}

proptest! {
    #[test]
    fn the_area_is_the_share_of_pairs_in_order(all in findings()) {
        let pairs = all.iter().filter(|it| it.is_true).flat_map(|a| {
            all.iter().filter(|it| !it.is_true).map(move |b| match a.score.total_cmp(&b.score) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            })
        });
        let pairs: Vec<f64> = pairs.collect();
        match area_under_curve(&all) {
            None => prop_assert!(pairs.is_empty()),
            Some(area) => prop_assert!((area - pairs.iter().sum::<f64>() / pairs.len() as f64).abs() < 1e-9),
        }
        match average_precision(&all) {
            None => prop_assert!(!all.iter().any(|it| it.is_true)),
            Some(precision) => prop_assert!(precision > 0.0 && precision <= 1.0 + 1e-9),
        }
    }

    #[test]
    fn a_table_is_one_that_a_model_takes(all in findings()) {
        let has = |is_true: bool| all.iter().any(|it| it.is_true == is_true);
        let Some(table) = fit(&all) else {
            prop_assert!(!has(true) || !has(false));
            return Ok(());
        };
        prop_assert!(!table.knots.is_empty());
        for pair in table.knots.windows(2) {
            prop_assert!(pair[0].points < pair[1].points);
            prop_assert!(pair[0].probability <= pair[1].probability);
            prop_assert!(pair[0].low <= pair[1].low && pair[0].high <= pair[1].high);
        }
        let mean = all.iter().filter(|it| it.is_true).count() as f64 / all.len() as f64;
        let fitted = all.iter().map(|it| table.probability(it.score)).sum::<f64>() / all.len() as f64;
        prop_assert!((mean - fitted).abs() < 1e-5, "{} {}", mean, fitted);
        let predicted: Vec<_> = all.iter().map(|it| Labelled { score: table.probability(it.score), ..*it }).collect();
        let constant: Vec<_> = all.iter().map(|it| Labelled { score: mean, ..*it }).collect();
        prop_assert!(brier(&predicted) <= brier(&constant).map(|worst| worst + 1e-9));
    }
}
