//! Records and hits in, contributions out: the sums, the evidence, and what was missing.

use glassbox_finding::{Operator, Place};
use proptest::prelude::*;

use super::*;

const HIGH: HitFacts<'_> = HitFacts {
    level: Some(Level::High),
    status: Some(Status::Test),
    tactics: 0b101,
    techniques: &[1_059_001, 1_059_003],
    evidence: &[0, 1],
};
const LOW: HitFacts<'_> =
    HitFacts { level: Some(Level::Low), status: None, tactics: 0b1, techniques: &[1_027_000], evidence: &[2] };

fn score(values: &[(&str, &str)], origin: Origin<'_>, hits: &[HitFacts<'_>], repetition: Option<Repetition>) -> Scored {
    let model = parse(&small()).expect("a model");
    let (extractor, record) = Record::new(&model, values);
    let content = extractor.extract(&record.bytes, origin, &record);
    assert!(content.fits(&model));
    let scored = model.score(&Inputs { hits, content: &content, repetition, evidence_before: 3 });
    let sum: i32 = scored.contributions.iter().map(|contribution| contribution.points).sum();
    assert_eq!(scored.base + sum, scored.points);
    assert_eq!(scored.probability, model.probability(scored.points));
    for evidence in &scored.evidence {
        let Place::Text(place) = &evidence.place else { panic!("{evidence:?}") };
        let text = place.read(&record.bytes).expect("within");
        assert!(evidence.predicate.compile().expect("usable").find(&text).is_some(), "{evidence:?} on {text}");
        assert_eq!(evidence.quote, glassbox_finding::quote(&text));
    }
    scored
}

fn bins(scored: &Scored) -> Vec<(&str, &str, &str, i32, &[u32])> {
    scored
        .contributions
        .iter()
        .map(|c| (c.term.as_str(), c.bin.as_str(), c.value.as_str(), c.points, c.evidence.as_slice()))
        .collect()
}

#[test]
fn every_term_tells_its_bin_value_and_evidence() {
    let values = [("ParentImage", r"C:\Office\WINWORD.EXE"), ("CommandLine", "powershell -ENC AAAA and more")];
    let repetition = Some(Repetition { hit: 1, times: 41, records: 12_000 });
    let scored = score(&values, PROCESS, &[HIGH, LOW], repetition);
    let expected: [(&str, &str, &str, i32, &[u32]); 10] = [
        ("level", "high", "high", 1000, &[0, 1]),
        ("repetition", "often", "41 times in 12000 records", -300, &[2]),
        ("parent", "office", r"C:\Office\WINWORD.EXE", 500, &[3]),
        ("command", "encoded", "-ENC", 700, &[4]),
        ("length", "long", "29 characters", 40, &[5]),
        ("pair", "both", "office + encoded", 900, &[3, 4]),
        ("hits", "more", "2", 100, &[0, 2]),
        ("techniques", "more", "2", 50, &[0, 2]),
        ("tactics", "more", "2", 60, &[0, 2]),
        ("status", "test", "test", 9, &[0, 1]),
    ];
    assert_eq!(bins(&scored), expected);
    assert_eq!(scored.missing, []);
    assert_eq!(scored.evidence[0].predicate.operand, r"\winword.exe");
    assert_eq!((scored.evidence[0].value, scored.evidence[0].values), (0, 2));
    assert_eq!(scored.evidence[1].quote, "-ENC");
    assert_eq!((scored.evidence[1].value, scored.evidence[1].values), (1, 2));
    assert_eq!(scored.evidence[2].predicate.operator, Operator::LengthAtLeast);
}

#[test]
fn what_is_missing_has_its_own_points_and_says_what_it_could_have_been() {
    let scored = score(&[("ParentImage", "-"), ("CommandLine", "")], PROCESS, &[HIGH], None);
    let missing: Vec<(&str, i32, i32)> =
        scored.missing.iter().map(|m| (m.feature.as_str(), m.points_best, m.points_worst)).collect();
    let expected =
        [("repetition", 300, -300), ("parent", 500, 0), ("command", 700, -20), ("length", 40, 0), ("pair", 900, 0)];
    assert_eq!(missing, expected);
    assert_eq!(scored.missing[4].fields, ["ParentImage", "CommandLine", "Script"]);
    let given: i32 = scored.contributions.iter().filter(|c| c.bin == MISSING).map(|c| c.points).sum();
    assert_eq!(given, -7 + 11 + 1 + 3);
}

#[test]
fn a_term_of_another_logsource_says_nothing() {
    let origin = Origin { product: Some("aws"), service: Some("cloudtrail"), categories: &[] };
    let scored = score(&[("Script", "plain")], origin, &[HIGH], None);
    let terms: Vec<&str> = scored.contributions.iter().map(|c| c.term.as_str()).collect();
    assert!(!terms.contains(&"parent") && !terms.contains(&"pair"), "{terms:?}");
    assert!(scored.missing.iter().all(|missing| missing.feature != "parent" && missing.feature != "pair"));
}

#[test]
fn fields_are_tried_in_order_and_the_first_bin_of_any_value_counts() {
    let scored = score(&[("Script", "x -enc"), ("Script", "a bbbbb")], PROCESS, &[HIGH], None);
    let command = scored.contributions.iter().find(|c| c.term == "command").expect("applies");
    assert_eq!((command.bin.as_str(), command.value.as_str()), ("encoded", "-enc"));
    let scored = score(&[("CommandLine", "plain"), ("Script", "x -enc")], PROCESS, &[HIGH], None);
    let command = scored.contributions.iter().find(|c| c.term == "command").expect("applies");
    assert_eq!((command.bin.as_str(), command.evidence.len()), ("plain", 1));
    assert!(scored.evidence.iter().any(|evidence| evidence.predicate.operator == Operator::Exists));
}

#[test]
fn a_level_that_no_rule_states_has_a_bin_of_its_own() {
    let scored = score(&[], PROCESS, &[HitFacts::default()], None);
    assert_eq!(scored.contributions[0].bin, "none");
    assert_eq!(scored.contributions.last().expect("status").bin, "none");
}

#[test]
fn features_of_another_model_do_not_fit_and_do_no_harm() {
    let model = parse(&small()).expect("a model");
    let content = |term, bin, field, predicate| ContentFeatures {
        applies: u64::MAX,
        found: vec![Content {
            term,
            bin,
            value: String::new(),
            found: Some(Found {
                field,
                predicate,
                place: TextPlace { span: Span { start: 0, end: 0 }, encoding: Encoding::Raw },
                quote: String::new(),
            }),
        }],
    };
    for foreign in [
        content(99, 0, 0, None),
        content(0, 0, 0, None),
        content(2, 9, 0, None),
        content(2, 0, 9, None),
        content(2, 0, 0, Some(9)),
    ] {
        assert!(!foreign.fits(&model), "{foreign:?}");
        let scored = model.score(&Inputs { hits: &[], content: &foreign, repetition: None, evidence_before: 0 });
        assert_eq!(scored.contributions.len(), model.terms().len());
    }
}

proptest! {
    #[test]
    fn any_text_scores_with_a_sum_and_evidence_that_hold(
        parent in "\\PC{0,90}", command in "(\\PC|-enc|bbbb){0,90}", times: u64, hits in 0_usize..3
    ) {
        let hits = [HIGH, LOW, HitFacts::default()][..hits].to_vec();
        let repetition = Some(Repetition { hit: 7, times, records: times });
        let scored = score(&[("ParentImage", &parent), ("CommandLine", &command)], PROCESS, &hits, repetition);
        for contribution in &scored.contributions {
            prop_assert!(contribution.value.len() <= VALUE_BYTES_MAX);
        }
    }
}
