//! Records and hits in, contributions out: the sums, the evidence, and what was missing.

use glassbox_finding::{
    Absence, Claim, Evidence, FeatureValue, History, Operator, Place, Predicate, Span, TermBin, Verdict,
};
use proptest::prelude::*;

use super::*;

const HIGH: HitFacts<'_> = HitFacts {
    level: Some(Level::High),
    status: Some(Status::Test),
    tactics: 0b101,
    techniques: &[1_059_001, 1_059_003],
    record: None,
    is_feared: false,
    evidence: &[0, 1],
};
const LOW: HitFacts<'_> = HitFacts {
    level: Some(Level::Low),
    status: None,
    tactics: 0b1,
    techniques: &[1_027_000],
    record: None,
    is_feared: false,
    evidence: &[2],
};

/// A past in which the rule of the second hit was seen so often.
struct Seen(History);

impl Past for Seen {
    fn answer(&self, question: Question) -> Answer {
        let value = match question {
            Question::Seen(_) => Ok(FeatureValue::Seen(self.0)),
            _ => Err(Absence::Field),
        };
        Answer { value, hits: About::One(1), grounds: Grounds::default() }
    }
}

fn seen(times: u64) -> Seen {
    Seen(History { times, among: 12_000, days: 9, ..History::default() })
}

fn claimed(model: &Model, evidence: &Evidence) -> Predicate {
    let Claim::Bin(TermBin { term, bin, predicate, .. }) = evidence.claim else { panic!("{evidence:?}") };
    let predicate = predicate.map(|position| position as usize);
    model.terms()[term as usize].claimed(bin as usize, predicate).expect("a predicate")
}

/// The predicate that a piece of evidence claims, and the place's bytes.
fn shown(evidence: &Evidence) -> (Predicate, Option<u32>, Span) {
    let model = parse(&small()).expect("a model");
    let Claim::Bin(TermBin { predicate, .. }) = evidence.claim else { panic!("{evidence:?}") };
    let Place::Text(place) = &evidence.place else { panic!("{evidence:?}") };
    (claimed(&model, evidence), predicate, place.step.span)
}

fn score(values: &[(&str, &str)], origin: Origin<'_>, hits: &[HitFacts<'_>], past: &dyn Past) -> Scored {
    let model = parse(&small()).expect("a model");
    let (extractor, record) = Record::new(&model, values);
    let content = extractor.extract(&record.bytes, origin, &record);
    assert!(content.fits(&model));
    let circumstances = Circumstances { criticality: Ok(Criticality::High), ..Circumstances::default() };
    let scored = model.score(&Inputs { hits, content: &content, past, circumstances, evidence_before: 3 });
    let sum: i32 = scored.contributions.iter().map(|contribution| contribution.points).sum();
    assert_eq!(scored.base + sum, scored.points);
    assert_eq!(scored.probability, model.probability(scored.points));
    assert_eq!(scored.verdict, model.verdict(scored.points, &scored.missing));
    for evidence in &scored.evidence {
        let Place::Text(place) = &evidence.place else { panic!("{evidence:?}") };
        let text = place.read(&record.bytes).expect("within");
        let claimed = claimed(&model, evidence);
        assert!(claimed.compile().expect("usable").find(&text).is_some(), "{evidence:?} on {text}");
    }
    scored
}

/// Each contribution by the names of its term and bin.
fn told(scored: &Scored) -> Vec<(String, String, i32, &[u32])> {
    let model = parse(&small()).expect("a model");
    let told = scored.contributions.iter().map(|c| {
        let term = &model.terms()[c.term as usize];
        (term.name.clone(), term.bin_name(c.bin).expect("it is there").to_owned(), c.points, c.evidence.as_slice())
    });
    told.collect()
}

/// The bin of a term, and the contribution.
fn of<'s>(scored: &'s Scored, term: &str) -> (String, &'s glassbox_finding::Contribution) {
    let at = told(scored).iter().position(|(name, ..)| name == term).expect("it applies");
    (told(scored)[at].1.clone(), &scored.contributions[at])
}

#[test]
fn every_term_tells_its_bin_value_and_evidence() {
    let values = [("ParentImage", r"C:\Office\WINWORD.EXE"), ("CommandLine", "powershell -ENC AAAA and more")];
    let scored = score(&values, PROCESS, &[HIGH, LOW], &seen(41));
    let expected: [(&str, &str, i32, &[u32]); 12] = [
        ("level", "high", 1000, &[0, 1]),
        ("repetition", "often", -300, &[2]),
        ("parent", "office", 500, &[3]),
        ("command", "encoded", 700, &[4]),
        ("length", "long", 40, &[5]),
        ("pair", "both", 900, &[3, 4]),
        ("hits", "more", 100, &[0, 1, 2]),
        ("techniques", "more", 50, &[0, 1, 2]),
        ("tactics", "more", 60, &[0, 1, 2]),
        ("status", "test", 9, &[0, 1]),
        ("entropy", "high", 70, &[6]),
        ("criticality", "high", 1, &[]),
    ];
    let expected: Vec<_> = expected.iter().map(|(t, b, p, e)| ((*t).to_owned(), (*b).to_owned(), *p, *e)).collect();
    assert_eq!(told(&scored), expected);
    let FeatureValue::Seen(history) = of(&scored, "repetition").1.value else { panic!("a history") };
    assert_eq!((history.times, history.among), (41, 12_000));
    assert_eq!(of(&scored, "length").1.value, FeatureValue::Number(29));
    assert_eq!(of(&scored, "parent").1.value, FeatureValue::Shown);
    assert_eq!(scored.missing, []);
    let (predicate, position, _) = shown(&scored.evidence[0]);
    assert_eq!((predicate.operand.as_str(), position), (r"\winword.exe", Some(0)));
    let (predicate, position, span) = shown(&scored.evidence[1]);
    assert_eq!((predicate.operand.as_str(), position, span.end - span.start), ("-enc", Some(1), 4));
    assert_eq!(shown(&scored.evidence[2]).0.operator, Operator::LengthAtLeast);
}

#[test]
fn what_is_missing_has_its_own_points_and_says_what_it_could_have_been() {
    let scored = score(&[("ParentImage", "-"), ("CommandLine", "")], PROCESS, &[HIGH], &NoPast);
    let none = Absence::History(History::default());
    let missing: Vec<_> = scored.missing.iter().map(|m| (m.term, m.absence, m.points_best, m.points_worst)).collect();
    let field = Absence::Field;
    let expected = [
        (1, none, 300, -300),
        (2, field, 500, 0),
        (3, field, 700, -20),
        (4, field, 40, 0),
        (5, field, 900, 0),
        (10, field, 70, 0),
    ];
    assert_eq!(missing, expected);
    let given: i32 = scored.contributions.iter().filter(|c| c.bin.is_none()).map(|c| c.points).sum();
    assert_eq!(given, 11 + 1 + 3);
}

#[test]
fn a_pair_with_one_known_term_could_only_have_given_what_goes_with_it() {
    let range = |parent: &str| {
        let scored = score(&[("ParentImage", parent)], PROCESS, &[HIGH], &NoPast);
        let missing = scored.missing.iter().find(|missing| missing.term == 5).expect("the command is missing");
        (missing.points_worst, missing.points_best)
    };
    assert_eq!(range(r"C:\Office\WINWORD.EXE"), (0, 900));
    assert_eq!(range(r"C:\a.exe"), (0, 0), "a program that is no office program is in no pair");
}

#[test]
fn rarity_says_nothing_before_its_warm_up_is_over() {
    let check = |history: History, expected: &str| {
        let scored = score(&[], PROCESS, &[HIGH, LOW], &Seen(history));
        assert_eq!(of(&scored, "repetition").0, expected, "{history:?}");
        let missing = scored.missing.iter().find(|missing| missing.term == 1).map(|missing| missing.absence);
        assert_eq!(missing, (expected == MISSING).then_some(Absence::History(history)));
    };
    let history = |among, days| History { among, days, ..History::default() };
    check(history(99, 9), MISSING);
    check(history(1_000, 1), MISSING);
    check(history(100, 2), "never");
}

#[test]
fn a_person_decides_near_the_threshold_and_where_data_could_change_the_side() {
    let model = parse(&small()).expect("a model");
    assert_eq!(model.verdict(2000, &[]), Verdict::Above);
    assert_eq!(model.verdict(-2000, &[]), Verdict::Below);
    assert_eq!(model.verdict(100, &[]), Verdict::TooClose);
    assert_eq!(model.verdict(-100, &[]), Verdict::TooClose);
    let missing = |term: u32| {
        let (points_worst, points_best) = model.range_of(term as usize, |_| None);
        [glassbox_finding::Missing { term, absence: Absence::Field, points_best, points_worst }]
    };
    // The parent gave 11 points, and could have given 0 to 500.
    assert_eq!(model.verdict(-100, &missing(2)), Verdict::DataMissing);
    assert_eq!(model.verdict(10, &missing(2)), Verdict::DataMissing);
    assert_eq!(model.verdict(-600, &missing(2)), Verdict::Below);
    // The score does not lean on the command.
    assert_eq!(model.verdict(-100, &missing(3)), Verdict::TooClose);
}

#[test]
fn a_term_of_another_logsource_says_nothing() {
    let origin = Origin { product: Some("aws"), service: Some("cloudtrail"), categories: &[] };
    let scored = score(&[("Script", "plain")], origin, &[HIGH], &NoPast);
    // The parent, and the pair that it is in.
    for term in [2, 5] {
        assert!(scored.contributions.iter().all(|contribution| contribution.term != term), "{:?}", told(&scored));
        assert!(scored.missing.iter().all(|missing| missing.term != term));
    }
}

#[test]
fn fields_are_tried_in_order_and_the_first_bin_of_any_value_counts() {
    let scored = score(&[("Script", "x -enc"), ("Script", "a bbbbb")], PROCESS, &[HIGH], &NoPast);
    let (bin, command) = of(&scored, "command");
    assert_eq!((bin.as_str(), command.evidence.len()), ("encoded", 1));
    assert_eq!(shown(&scored.evidence[0]).0.operand, "-enc");
    let scored = score(&[("CommandLine", "plain"), ("Script", "x -enc")], PROCESS, &[HIGH], &NoPast);
    let (bin, command) = of(&scored, "command");
    assert_eq!((bin.as_str(), command.evidence.len()), ("plain", 1));
    assert!(scored.evidence.iter().any(|evidence| shown(evidence).0.operator == Operator::Exists));
}

#[test]
fn a_level_that_no_rule_states_has_a_bin_of_its_own() {
    let scored = score(&[], PROCESS, &[HitFacts::default()], &NoPast);
    assert_eq!((of(&scored, "level").0.as_str(), of(&scored, "status").0.as_str()), ("none", "none"));
}

#[test]
fn features_of_another_model_do_not_fit_and_do_no_harm() {
    let model = parse(&small()).expect("a model");
    let content = |term, bin, field, predicate| ContentFeatures {
        applies: u64::MAX,
        found: vec![Content {
            term,
            bin,
            value: FeatureValue::Shown,
            found: Some(Found {
                field,
                predicate,
                place: Step { span: Span { start: 0, end: 0 }, encoding: Encoding::Raw },
            }),
        }],
    };
    for foreign in [content(99, 0, 0, None), content(0, 0, 0, None), content(2, 9, 0, None), content(2, 0, 0, Some(9))]
    {
        assert!(!foreign.fits(&model), "{foreign:?}");
        let circumstances = Circumstances::default();
        let inputs = Inputs { hits: &[], content: &foreign, past: &NoPast, circumstances, evidence_before: 0 };
        let scored = model.score(&inputs);
        assert_eq!(scored.contributions.len(), model.terms().len());
    }
}

proptest! {
    #[test]
    fn any_text_scores_with_a_sum_and_evidence_that_hold(
        parent in "\\PC{0,90}", command in "(\\PC|-enc|bbbb){0,90}", times: u64, hits in 0_usize..3
    ) {
        let hits = [HIGH, LOW, HitFacts::default()][..hits].to_vec();
        let past = Seen(History { times, among: times, days: 3, ..History::default() });
        let scored = score(&[("ParentImage", &parent), ("CommandLine", &command)], PROCESS, &hits, &past);
        prop_assert!(scored.contributions.iter().is_sorted_by_key(|contribution| contribution.term));
    }
}
