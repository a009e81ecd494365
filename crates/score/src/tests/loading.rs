//! One wrong thing at a time, and what the refusal says of it.

use super::*;

fn check(pointer: &str, value: Value, expected: &str) {
    let mut model = small();
    *model.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
    let error = parse(&model).expect_err(pointer).to_string();
    assert!(error.contains(expected), "{pointer}: {error}");
}

#[test]
fn a_right_model_loads_and_comes_back() {
    let model = parse(&small()).expect("a model");
    let json = model.to_json().expect("writes");
    assert_eq!(Model::parse(json.as_bytes()), Ok(model));
}

#[test]
fn what_is_wrong_is_named() {
    check("/format", json!(2), "format 2 and this version reads 1");
    check("/base", json!(20_001), "the base gives 20001 points");
    check("/base", json!(1.5), "cannot be read");
    check("/terms", json!([]), "0 terms");
    check("/terms/0/feature/kind", json!("rule-lvl"), "unknown variant `rule-lvl`");
    check("/terms/0/feature", json!({"kind": "rule-level", "fields": []}), "unknown field");
    check("/terms/0/bins/4/points", json!(-20_001), "bin `high` of term `level`");
    check("/terms/0/bins/4/points", json!(4), "increasing and bin `high` after `medium` is not");
    check("/terms/0/bins/4/name", json!("severe"), "none, informational, low, medium, high, critical");
}

#[test]
fn names_and_texts_are_held_short() {
    check("/terms/1/name", json!("level"), "two terms are called `level`");
    check("/terms/1/name", json!("Has Blanks"), "`Has Blanks` is no name for a term");
    check("/terms/1/bins/0/name", json!("missing"), "no name for a bin of term `repetition`");
    check("/terms/1/bins/0/name", json!("often"), "another bin has this name");
    check("/terms/1/bins/0/phrase", json!(""), "the phrase of bin `never` of term `repetition`");
    check("/terms/2/title", json!("t".repeat(201)), "the title of term `parent` has 201 bytes");
    check("/terms/2/feature/fields", json!([]), "term `parent`: it lists 0 fields");
}

#[test]
fn bins_must_divide_the_values() {
    check("/terms/1/bins/0/at_least", json!(1), "begin with `at_least` 0");
    check("/terms/1/bins/1/at_least", json!(0), "overlaps the bin before");
    check("/terms/1/bins/1/at_least", Value::Null, "give `at_least`");
    check("/terms/1/bins/0/points", json!(-301), "decreasing and bin `often`");
    check("/terms/2/bins/0/any", json!([]), "only the last bin");
    check("/terms/2/bins/0/any/0/operands/1", json!("\\winword.exe"), "stands in this term twice");
    check("/terms/2/bins/0/any/0/operator", json!("exists"), "does not tell classes apart");
    check("/terms/3/bins/0/any/0/operands/0", json!("("), "bin `encoded` of term `command`: the regular expression");
    check("/terms/2/bins/1", json!({"name": "x", "points": 0, "phrase": "p", "at_least": 3}), "take the others out");
    check("/terms/5/bins/0/cells/0/second/0", json!("odd"), "term `command` has no bin `odd`");
    check("/terms/5/bins/0/cells/0/first", json!(["office", "office"]), "is taken");
    check("/terms/5/feature/first", json!("nothing"), "no term `nothing`");
    check("/terms/5/feature/first", json!("pair"), "`pair` is a pair itself");
    check("/terms/5/feature/first", json!("command"), "pairs a term with itself");
}

#[test]
fn missing_is_stated_exactly_where_it_can_be() {
    check("/terms/1/missing", Value::Null, "say in `missing`");
    check("/terms/2/missing/points", json!(30_000), "`missing` of term `parent` gives 30000");
    check("/terms/1/missing/points", json!(-7), "without enough history rarity must not change the score");
    let mut model = small();
    model["terms"][0]["missing"] = json!({"points": 0, "phrase": "p"});
    assert!(parse(&model).expect_err("never missing").to_string().contains("never missing"));
    let mut model = small();
    model["terms"][0]["abstain_when_missing"] = json!(true);
    assert!(parse(&model).expect_err("never missing").to_string().contains("take `abstain_when_missing` out"));
    let mut model = small();
    model["terms"][2]["monotone"] = json!("increasing");
    assert!(parse(&model).expect_err("no order").to_string().contains("no order"));
    let mut model = small();
    model["extra"] = json!(1);
    assert!(parse(&model).expect_err("unknown").to_string().contains("unknown field `extra`"));
}

#[test]
fn features_with_one_sense_must_state_it() {
    check("/terms/1/monotone", json!("increasing"), r#"only one sense; state `"monotone": "decreasing"`"#);
    check("/terms/1/monotone", Value::Null, r#"state `"monotone": "decreasing"`"#);
    check("/terms/6/monotone", json!("decreasing"), r#"state `"monotone": "increasing"`"#);
    check("/terms/11/bins/3/points", json!(0), "increasing and bin `critical` after `high` is not");
    check("/terms/11/bins/3/name", json!("huge"), "low, medium, high, critical");
}

#[test]
fn a_pair_does_not_turn_its_terms_round() {
    let pair = |first: &str, second: &str, bins: &[(&str, i32, &[&str], &[&str])]| {
        let mut model = small();
        let mut told: Vec<_> = bins
            .iter()
            .map(|(name, points, first, second)| {
                let cells = [json!({"first": first, "second": second})];
                json!({"name": name, "points": points, "phrase": "p", "cells": cells})
            })
            .collect();
        told.push(json!({"name": "ordinary", "points": 0, "phrase": "p"}));
        model["terms"].as_array_mut().expect("terms").push(json!({"name": "again", "title": "t",
            "feature": {"kind": "pair", "first": first, "second": second},
            "missing": {"points": 0, "phrase": "p"}, "bins": told}));
        parse(&model).map(|_| ()).map_err(|error| error.to_string())
    };
    // Seen often gives 600 points less by itself, and never less than that together.
    let all = ["informational", "low", "medium", "high", "critical"];
    assert_eq!(pair("level", "repetition", &[("usual", 600, &["high", "critical"], &["often"])]), Ok(()));
    let error = pair("level", "repetition", &[("usual", 601, &["high", "critical"], &["often"])]).expect_err("turned");
    let expected = "term `again`: with bin `high` of `level` it turns `repetition` round: bins `never` and `often` give 300 \
                    and 301 points with it, and they must be decreasing";
    assert!(error.contains(expected), "{error}");
    let error = pair("level", "repetition", &[("new", -2_000, &["high"], &["never"])]).expect_err("turned");
    assert!(error.contains("bins `medium` and `high` give 5 and -1000 points"), "{error}");
    // A level that is not stated is no rank, and terms without an order have none to keep.
    assert_eq!(pair("level", "repetition", &[("new", 600, &all, &["never"])]), Ok(()));
    assert_eq!(pair("status", "level", &[("odd", 10, &["unsupported"], &["none"])]), Ok(()));
}

#[test]
fn histories_are_stated_whole() {
    check("/terms/1/feature/fact", json!("rule-on-moon"), "unknown variant `rule-on-moon`");
    check("/terms/1/feature/warm_up/days", json!(33), "100 sightings on 33 days");
    check("/terms/1/feature/warm_up/sightings", json!(0), "give at least 1");
}

#[test]
fn a_term_is_in_one_pair() {
    let mut model = small();
    let mut pair = model["terms"][5].clone();
    pair["name"] = json!("again");
    pair["feature"]["first"] = json!("level");
    pair["bins"][0]["cells"][0]["first"] = json!(["high"]);
    model["terms"].as_array_mut().expect("terms").push(pair);
    let error = parse(&model).expect_err("paired twice").to_string();
    assert!(error.contains("`command` is in another pair already"), "{error}");
}

#[test]
fn the_calibration_must_not_fall() {
    check("/calibration/1/probability", json!(99_999), "lies outside");
    check("/calibration/1/low", json!(40_000), "the knot at 0 points does not rise");
    check("/calibration/2/high", json!(800_000), "lies outside");
    check("/calibration/1/points", json!(-2000), "does not rise above the one at -2000");
    check("/calibration/2/high", json!(1_000_001), "no probability in millionths");
    check("/calibration", json!([]), "0 knots");
    check("/threshold", json!(0), "the threshold 0 leaves nothing on one side");
    check("/threshold", json!(1_000_000), "the threshold 1000000 leaves nothing");
    let mut model = small();
    // A step, as isotonic tables have them.
    model["calibration"][1] = json!({"points": 0, "probability": 100_000, "low": 50_000, "high": 200_000});
    assert!(parse(&model).is_ok());
}

#[test]
fn a_model_of_too_much_is_refused() {
    let mut model = small();
    let term = model["terms"][9].clone();
    for number in model["terms"].as_array().expect("terms").len()..TERMS_MAX {
        let mut term = term.clone();
        term["name"] = json!(format!("term-{number}"));
        model["terms"].as_array_mut().expect("terms").push(term);
    }
    assert!(parse(&model).is_ok());
    model["terms"].as_array_mut().expect("terms").push(term);
    assert_eq!(parse(&model), Err(ModelError::Terms { count: 65 }));
    let error = Model::parse(&vec![b' '; MODEL_BYTES_MAX + 1]).expect_err("too large");
    assert!(matches!(error, ModelError::TooLarge { .. }));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
        proptest::prop_assert!(Model::parse(&bytes).is_err());
    }

    #[test]
    fn more_points_never_mean_a_lower_probability(left: i32, right: i32) {
        let model = parse(&small()).expect("a model");
        let (low, high) = (left.min(right), left.max(right));
        let (low, high) = (model.probability(low), model.probability(high));
        proptest::prop_assert!(low.likely <= high.likely && low.low <= high.low && low.high <= high.high);
        proptest::prop_assert!((low.low..=low.high).contains(&low.likely));
        proptest::prop_assert!((100_000..=900_000).contains(&low.likely));
    }
}

#[test]
fn probabilities_lie_on_straight_lines_between_knots() {
    let model = parse(&small()).expect("a model");
    for (points, expected) in
        [(i32::MIN, 100_000), (-2000, 100_000), (-1000, 300_000), (0, 500_000), (1, 500_200), (i32::MAX, 900_000)]
    {
        assert_eq!(model.probability(points).likely, expected, "{points}");
    }
    assert_eq!(model.probability(1000), Probability { likely: 700_000, low: 600_000, high: 775_000 });
}

#[test]
fn the_threshold_in_points_is_the_least_that_reaches_it() {
    for threshold in [1, 100_000, 100_001, 333_333, 500_000, 899_999, 900_000] {
        let mut model = small();
        model["threshold"] = json!(threshold);
        let model = parse(&model).expect("a model");
        let points = model.threshold_points().expect("reached");
        assert!(model.probability(points).likely >= threshold, "{threshold}: {points}");
        assert!(points == i32::MIN || model.probability(points - 1).likely < threshold, "{threshold}: {points}");
    }
    let mut model = small();
    model["threshold"] = json!(900_001);
    assert_eq!(parse(&model).expect("a model").threshold_points(), None);
}
