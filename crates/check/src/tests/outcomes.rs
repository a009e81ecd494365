//! Accounts of notes and ticks, and the shape of findings.

use super::*;

const RULE: &str = "one:\n    Image: a.exe\ncondition: one";

/// A finding about record 7 by rule 0, as the model has it.
fn finding() -> Finding {
    let place = Place::Text(TextPlace::from(Step { span: Span { start: 0, end: 1 }, encoding: RAW }));
    let contribution = |term, bin, value, points| Contribution { term, bin, value, points, evidence: Vec::new() };
    Finding {
        hits: vec![Hit { rule: 0, evidence: vec![0], cut: false }],
        hits_total: 1,
        evidence: vec![Evidence { claim: item(0, 0, 0), place }],
        contributions: vec![
            contribution(0, None, FeatureValue::Shown, 11),
            contribution(1, Some(1), FeatureValue::Number(30), 40),
            contribution(2, Some(0), FeatureValue::Number(1), 0),
        ],
        points: -2949,
        missing: vec![Missing { term: 0, absence: Absence::Field, points_best: 500, points_worst: 0 }],
        ..blank()
    }
}

fn check_change(change: impl FnOnce(&mut Finding), expected: Result<(), &str>) {
    let directory = directory(&[RULE; 300]);
    let mut finding = finding();
    change(&mut finding);
    let found = check_shape(&finding, &directory).map_err(|fault| fault.to_string());
    match expected {
        Ok(()) => assert_eq!(found, Ok(())),
        Err(expected) => {
            let fault = found.expect_err(expected);
            assert!(fault.contains(expected), "{fault}\nand not: {expected}");
        }
    }
}

/// A window about which the finding is.
fn window(change: impl FnOnce(&mut Window)) -> impl FnOnce(&mut Finding) {
    let mut window = Window { group: Vec::new(), from: 1, to: 2, records: vec![3, 7], count: 2 };
    change(&mut window);
    move |finding| finding.subject = Subject::Window(window)
}

#[test]
fn what_is_wrong_in_the_shape_of_a_finding_is_named() {
    check_change(|_| (), Ok(()));
    check_change(|it| it.points += 1, Err("add up to -2949 points and the finding says -2948"));
    check_change(|it| it.contributions[0].points = i32::MIN, Err("add up to -2147486608"));
    check_change(|it| it.probability = 1_000_001, Err("1000001 is not a probability"));
    check_change(|it| it.probability_low = 100_001, Err("100000 lies outside its own interval 100001"));
    check_change(|it| it.hits[0].evidence.push(2), Err("hit 0 names evidence 2, and there are 1"));
    check_change(|it| it.evidence[0].claim = item(1, 0, 0), Err("hit 0 of rule 0 names evidence 0, which is not of"));
    check_change(|it| it.evidence[0].claim = Claim::Role(0), Err("which is not of an item of this rule"));
    check_change(|it| it.hits[0].cut = true, Err("the evidence of hit 0 is cut, and neither"));
    check_change(|it| it.hits[0].evidence = vec![0; 33], Err("33 pieces of evidence of one hit, more than 32"));
    check_change(|it| (it.hits[0].evidence, it.hits[0].cut) = (vec![0; 32], true), Ok(()));
    check_change(|it| it.hits[0].rule = 300, Err("names position 300"));
    check_change(|it| it.hits_total = 0, Err("neither a hit nor an alert"));
    check_change(|it| it.hits_total = 2, Err("and must list 2 and 0"));
    check_change(|it| it.contributions[1].evidence.push(9), Err("contribution 1 names evidence 9"));
    check_change(|it| it.contributions[1].term = 0, Err("contributions do not ascend at 1"));
    check_change(|it| it.missing.clear(), Err("what is missing is not"));
    check_change(|it| it.missing[0].points_best = -1, Err("term 0 could have given -1 points at best and 0"));
    check_change(|it| it.base += 1, Err("add up"));
    check_change(|it| it.contributions[1].value = FeatureValue::Number(3), Err("term `length` has a value of bin"));
    check_change(|it| it.verdict = Verdict::Above, Err("by the model"));
    check_change(|it| it.evidence = vec![it.evidence[0].clone(); 257], Err("257 pieces of evidence, more than 256"));
    check_change(|it| it.same_act = Some(6), Ok(()));
    check_change(|it| it.same_act = Some(7), Err("`same-act` names the record with sequence 7"));
    check_change(|it| it.alert = None, Ok(()));
    let bin = |bin| Claim::Bin(TermBin { term: 1, bin, predicate: None, field: 0 });
    let with = move |claim| move |it: &mut Finding| it.evidence.push(Evidence { claim, ..it.evidence[0].clone() });
    check_change(with(bin(1)), Ok(()));
    check_change(with(bin(0)), Err("evidence 1 is of bin 0 of term 1"));
    let other = |sequence| {
        move |it: &mut Finding| {
            let place = TextPlace {
                within: Within::Other(sequence),
                ..TextPlace::from(Step { span: Span::default(), encoding: RAW })
            };
            it.fields = vec![FieldPlace { field: 0, place }];
        }
    };
    check_change(other(6), Ok(()));
    check_change(other(7), Err("a place names the record with sequence 7, which does not come before 7"));
}

#[test]
fn many_hits_are_listed_as_their_number_asks() {
    let hits = |total: u32, full: u32, further: std::ops::Range<u32>| {
        move |it: &mut Finding| {
            it.hits = (0..full).map(|rule| Hit { rule, evidence: Vec::new(), cut: false }).collect();
            it.further_hits = further.collect();
            it.hits_total = total;
            it.contributions[2] = Contribution {
                bin: Some(1),
                value: FeatureValue::Number(total.into()),
                points: 100,
                ..it.contributions[2].clone()
            };
            it.points += 100;
        }
    };
    check_change(hits(2, 2, 0..0), Ok(()));
    check_change(hits(20, 16, 16..20), Ok(()));
    check_change(
        hits(20, 16, 16..19),
        Err("of 20 hits it lists 16 in full and 3 further ones, and must list 16 and 4"),
    );
    check_change(hits(20, 15, 15..20), Err("and must list 16 and 4"));
    check_change(hits(256, 16, 16..256), Ok(()));
    check_change(hits(300, 16, 16..256), Ok(()));
    check_change(hits(300, 16, 16..255), Err("and must list 16 and 240"));
    check_change(hits(20, 16, 15..19), Err("rule 15 is listed in full and among the further hits"));
    check_change(|it| (hits(20, 16, 16..20)(it), it.further_hits.swap(0, 1)).0, Err("further hits do not ascend at 1"));
    check_change(|it| (hits(20, 16, 16..20)(it), it.hits.swap(0, 1)).0, Err("hits do not ascend at 1"));
}

#[test]
fn windows_that_contradict_themselves() {
    check_change(window(|_| ()), Ok(()));
    check_change(window(|it| it.from = 3), Err("its window ends before it begins"));
    check_change(window(|it| it.records = vec![7, 3]), Err("do not ascend"));
    check_change(window(|it| it.records = vec![3, 8]), Err("its window names the record with sequence 8"));
    check_change(window(|it| it.count = 1), Err("lists more records than it counts"));
    check_change(window(|it| it.count = 3), Err("lists fewer than it may"));
    let many = |count| {
        move |it: &mut Finding| {
            window(|it| (it.records, it.count) = ((0..64).collect(), count))(it);
            (it.at, it.same_act) = (64, None);
        }
    };
    check_change(many(64), Ok(()));
    check_change(many(9_999), Ok(()));
    check_change(
        window(|it| (it.records, it.count) = ((0..65).collect(), 65)),
        Err("65 records in its window, more than 64"),
    );
    let entity = Entity {
        kind: EntityKind::Host,
        field: 0,
        place: TextPlace::from(Step { span: Span::default(), encoding: RAW }),
    };
    check_change(window(|it| it.group = vec![entity; 9]), Err("9 entities in its window's group, more than 8"));
}

#[test]
fn every_note_is_in_a_finding_or_quiet() {
    let directory = directory(&[RULE]);
    let about = |at: Sequence| Finding { subject: Subject::Record(at), at, ..finding() };
    let window = |at: Sequence| {
        let window = Window { group: Vec::new(), from: 0, to: 0, records: vec![at], count: 1 };
        Finding { subject: Subject::Window(window), at, ..finding() }
    };
    let check = |asked: Asked<'_>, findings: Vec<Finding>, quiet: u32, expected: &str| {
        let outcome = Outcome { findings, quiet };
        let found = check_outcome(asked, &outcome, &directory).map_err(|fault| fault.to_string());
        let found = found.err().unwrap_or_default();
        assert!(
            if expected.is_empty() { found.is_empty() } else { found.contains(expected) },
            "{found:?} {expected:?}"
        );
    };
    let notes = Asked::Notes(&[3, 5, 9]);
    check(notes, vec![], 3, "");
    check(notes, vec![about(3), about(9)], 1, "");
    check(notes, vec![about(3), window(3), window(3), about(5)], 1, "");
    check(notes, vec![window(9)], 3, "");
    check(notes, vec![], 2, "2 notes are said to be quiet, and 3 have no finding");
    check(notes, vec![about(3)], 3, "3 notes are said to be quiet, and 2");
    check(notes, vec![about(5), about(3)], 1, "finding 1 comes from sequence 3, before");
    check(notes, vec![about(4)], 2, "finding 0 comes from sequence 4, which was not given");
    check(notes, vec![about(3), about(3)], 1, "finding 1 from sequence 3 is about record 3");
    check(notes, vec![window(3), about(3)], 2, "finding 1 from sequence 3 is about record 3");
    check(notes, vec![Finding { subject: Subject::Record(3), ..about(5) }], 2, "is about record 3");
    check(notes, vec![Finding { points: 0, ..about(5) }], 2, "finding 0: base and contributions");
    check(Asked::Tick(4), vec![window(4), window(4)], 0, "");
    check(Asked::Tick(4), vec![about(4)], 0, "finding 0 from sequence 4 is about record 4");
    check(Asked::Tick(4), vec![window(5)], 0, "sequence 5, which was not given");
    check(Asked::Tick(4), vec![], 1, "1 notes are said to be quiet, and 0");
    let causeless = Finding { hits: vec![], hits_total: 0, ..finding() };
    check(Asked::Notes(&[7]), vec![causeless], 0, "neither a hit nor an alert");
}
