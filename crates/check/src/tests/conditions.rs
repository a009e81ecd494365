//! Conditions: what follows from evidence, and negated parts and filters that fail.

use super::*;

const RECORD: &str = r#"{"Image":"a.exe","User":"u","Path":["x","y"],"Name":null,"Same":"U"}"#;

/// Evidence of items of rule 0, each at the value of a member of the record.
fn evidence(shown: &[(u32, u32, &str)]) -> Vec<Evidence> {
    let place = |name: &str| {
        let start = RECORD.find(&format!("\"{name}\":\"")).expect("a member") as u32 + name.len() as u32 + 4;
        let end = start + RECORD[start as usize..].find('"').expect("an end") as u32;
        Place::Text(TextPlace::from(Step { span: Span { start, end }, encoding: JSON }))
    };
    shown
        .iter()
        .map(|&(number, predicate, name)| Evidence { claim: item(0, number, predicate), place: place(name) })
        .collect()
}

fn check_with(detection: &str, filters: &[&str], finding: &Finding, expected: Expected<'_>) {
    let directory = directory_with(&[detection], filters);
    let context = RecordContext::alone(RECORD.as_bytes(), b"", map("json"));
    compare(checker(&directory).check_finding(context, finding, Depth::Negations), expected, detection);
}

fn hit(evidence: Vec<Evidence>, cut: bool) -> Finding {
    let positions = (0..evidence.len() as u32).collect();
    Finding { hits: vec![Hit { rule: 0, evidence: positions, cut }], hits_total: 1, evidence, ..blank() }
}

fn check(detection: &str, shown: &[(u32, u32, &str)], expected: Expected<'_>) {
    check_with(detection, &[], &hit(evidence(shown), false), expected);
}

const UNFULFILLED: Expected<'_> = Err("its evidence does not fulfil its condition");

#[test]
fn the_positive_part_follows_from_evidence() {
    let both = "one:\n    Image: a.exe\ntwo:\n    User: u\ncondition: one and two";
    check(both, &[(0, 0, "Image"), (1, 0, "User")], Ok(0));
    check(both, &[(0, 0, "Image")], UNFULFILLED);
    check(both, &[], UNFULFILLED);
    let either = "one:\n    Image: a.exe\ntwo:\n    User: u\ncondition: one or two";
    check(either, &[(1, 0, "User")], Ok(0));
    check(either, &[], UNFULFILLED);
    let some = "a1:\n    Image: a.exe\na2:\n    User: u\na3:\n    Same: u\ncondition: 2 of a*";
    check(some, &[(0, 0, "Image"), (2, 0, "Same")], Ok(0));
    check(some, &[(0, 0, "Image")], UNFULFILLED);
    let all = "one:\n    Image|contains|all: [a, exe]\ncondition: one";
    check(all, &[], UNFULFILLED);
    let negated = "one:\n    Image: a.exe\nnone:\n    User: root\ncondition: one and not none";
    check(negated, &[(0, 0, "Image")], Ok(0));
    let only = "none:\n    User: root\ncondition: not none";
    check(only, &[], Ok(0));
    // What is cut is not held to the condition; that it had to be cut is a matter of shape.
    check_with(both, &[], &hit(evidence(&[(0, 0, "Image")]), true), Ok(0));
    check_with(
        both,
        &[],
        &Finding { hits: vec![Hit { rule: 3, evidence: Vec::new(), cut: false }], ..blank() },
        UNFULFILLED,
    );
}

#[test]
fn evidence_of_another_rule_fulfils_nothing() {
    let rule = "one:\n    Image: a.exe\ncondition: one";
    let directory = directory(&[rule, rule]);
    let mut finding = hit(evidence(&[(0, 0, "Image")]), false);
    finding.evidence[0].claim = item(1, 0, 0);
    let context = RecordContext::alone(RECORD.as_bytes(), b"", map("json"));
    compare(checker(&directory).check_finding(context, &finding, Depth::Claims), UNFULFILLED, rule);
}

#[test]
fn negated_parts_that_evidently_hold() {
    let check_line = |none: &str, expected| {
        let detection = format!("one:\n    Image: a.exe\nnone:\n    {none}\ncondition: one and not none");
        check(&detection, &[(0, 0, "Image")], expected);
    };
    const HOLDS: Expected<'_> = Err("item 1, which must not hold, does");
    check_line("User: u", HOLDS);
    check_line("User: v", Ok(0));
    check_line("User|startswith: U", HOLDS);
    check_line("Path: y", HOLDS);
    check_line("Path|contains: z", Ok(0));
    check_line("User|exists: true", HOLDS);
    check_line("Other|exists: true", Ok(0));
    check_line("Other: null", HOLDS);
    check_line("Name: null", HOLDS);
    check_line("User: null", Ok(0));
    check_line("Other|exists: false", HOLDS);
    check_line("Name|exists: true", HOLDS);
    check_line("User|fieldref: Same", HOLDS);
    check_line("User|fieldref: Image", Ok(0));
    check_line("User: [v, u]", HOLDS);
    // A second line of the selection that does not hold.
    check_line("User: u\n    Image: b.exe", Ok(0));
    let keywords = "one:\n    Image: a.exe\nnone:\n    - a.ex\ncondition: one and not none";
    check(keywords, &[(0, 0, "Image")], HOLDS);
}

#[test]
fn double_negations_and_alternatives() {
    let outer =
        "one:\n    Image: a.exe\ntwo:\n    User: u\nthree:\n    User: v\ncondition: one and not (two and not three)";
    check(outer, &[(0, 0, "Image")], Ok(0));
    let either =
        "one:\n    Image: a.exe\ntwo:\n    User: u\nthree:\n    User: v\ncondition: one and not (two or three)";
    check(either, &[(0, 0, "Image")], Err("item 1, which must not hold"));
    let or_not = "one:\n    Image: a.exe\ntwo:\n    User: u\ncondition: one or not two";
    check(or_not, &[(0, 0, "Image")], Ok(0));
}

#[test]
fn only_the_values_that_count_first_decide() {
    let directory = directory(&["one:\n    User: u\nnone:\n    Image: b.exe\ncondition: one and not none"]);
    let finding = |record: &str| {
        let (_, place) = marked(record, JSON);
        hit(vec![Evidence { claim: item(0, 0, 0), place: Place::Text(place) }], false)
    };
    let check = |map_name: &str, record: &str, expected| {
        let text = record.replace(['«', '»'], "");
        let context = RecordContext::alone(text.as_bytes(), b"", map(map_name));
        compare(checker(&directory).check_finding(context, &finding(record), Depth::Negations), expected, record);
    };
    const HOLDS: Expected<'_> = Err("which must not hold, does");
    let audit = "windows-flat/process-audit";
    check(audit, r#"{"User":"«u»","NewProcessName":"b.exe"}"#, HOLDS);
    check(audit, r#"{"User":"«u»","Image":"a.exe","NewProcessName":"b.exe"}"#, Ok(0));
    check(audit, r#"{"User":"«u»","Image":null,"NewProcessName":"b.exe"}"#, HOLDS);
    check("windows-flat", r#"{"User":"«u»","NewProcessName":"b.exe"}"#, Ok(0));
    check("windows-nested", r#"{"Image":"b.exe","EventData":{"Image":"a.exe","User":"«u»"}}"#, Ok(0));
    check("windows-nested", r#"{"Image":"a.exe","EventData":{"Image":"b.exe","User":"«u»"}}"#, HOLDS);
}

#[test]
fn filters_that_take_a_hit_away() {
    let rule = "one:\n    Image: a.exe\ncondition: one";
    let filter = |line: &str| format!("selection:\n    {line}\ncondition: not selection");
    let finding = hit(evidence(&[(0, 0, "Image")]), false);
    check_with(rule, &[&filter("User: v")], &finding, Ok(0));
    check_with(rule, &[&filter("User: u")], &finding, Err("filter 0 takes the hit away"));
    check_with(rule, &[&filter("User: v"), &filter("Path: x")], &finding, Err("filter 1 takes the hit away"));
    // Further hits are held to it as well.
    let further = Finding { further_hits: vec![0], ..blank() };
    check_with(rule, &[&filter("User: u")], &further, Err("rule 0 is said to hit, and filter 0"));
}
