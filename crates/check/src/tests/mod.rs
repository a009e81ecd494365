//! A finding that holds, and what each change to it or its record is answered with.

mod absences;
mod accounts;
mod sizes;
mod values;

use glassbox_predicate::{Encoding, Operator, Place, Predicate, Span, TextPlace};
use proptest::prelude::*;

use super::*;
use crate::*;

const RECORD: &[u8] = br#"{"Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd \/c WHOAMI","User":"a","Target":"A","Id":1,"Gone":null}"#;

/// The place of a JSON string's content, or of another piece of the record as it stands.
fn place(encoding: Encoding, text: &str) -> TextPlace {
    place_in(RECORD, encoding, text)
}

fn place_in(record: &[u8], encoding: Encoding, text: &str) -> TextPlace {
    let at = record.windows(text.len()).position(|window| window == text.as_bytes()).expect("in the record");
    TextPlace { span: Span { start: at as u32, end: (at + text.len()) as u32 }, encoding }
}

fn evidence(operator: Operator, operand: &str, place: Place, quote: &str) -> Evidence {
    Evidence {
        selection: "selection".into(),
        field: "Image".into(),
        predicate: Predicate::new(operator, operand),
        value: 0,
        values: 1,
        place,
        quote: quote.into(),
    }
}

fn image(operator: Operator, operand: &str) -> Evidence {
    let place = Place::Text(place(Encoding::JsonString, r"C:\\Windows\\System32\\cmd.exe"));
    evidence(operator, operand, place, r"C:\Windows\System32\cmd.exe")
}

fn contribution(term: u32, points: i32, evidence: &[u32]) -> Contribution {
    Contribution { term, bin: Some(1), value: FeatureValue::Number(7), points, evidence: evidence.to_vec() }
}

fn finding() -> Finding {
    let whoami = Place::Text(place(Encoding::JsonString, "WHOAMI"));
    let quoted = place(Encoding::JsonString, r"cmd \/c WHOAMI");
    Finding {
        index: 0,
        time: Some(i64::MAX),
        schema: "windows-flat".into(),
        logsource: Logsource { product: Some("windows".into()), ..Logsource::default() },
        entities: vec![Entity { kind: EntityKind::User, name: "a".into() }],
        fields: vec![QuotedField {
            name: "CommandLine".into(),
            text: "cmd /c WHOAMI".into(),
            cut: false,
            place: quoted,
        }],
        hits: vec![Hit { rule: "1".into(), evidence: vec![0, 1] }],
        further_hits: vec!["2".into()],
        evidence: vec![
            image(Operator::EndsWith, r"\CMD.exe"),
            evidence(Operator::Contains, "whoami", whoami, "WHOAMI"),
        ],
        base: -3000,
        contributions: vec![
            contribution(0, 1700, &[0]),
            Contribution { bin: None, value: FeatureValue::Shown, ..contribution(4, -50, &[]) },
        ],
        points: -1350,
        probability: 200_000,
        probability_low: 150_000,
        probability_high: 300_000,
        verdict: Verdict::Below,
        missing: vec![Missing { term: 4, absence: Absence::Field, points_best: 1, points_worst: -1 }],
    }
}

#[test]
fn a_right_finding_holds() {
    assert_eq!(check(RECORD, &finding()), Ok(()));
}

#[test]
fn a_finding_comes_back_from_json() {
    let json = serde_json::to_string(&finding()).expect("writes");
    assert_eq!(serde_json::from_str::<Finding>(&json).expect("reads"), finding());
    assert!(json.contains(r#""operator":"ends-with""#) && json.contains(r#""encoding":"json-string""#), "{json}");
}

#[test]
fn what_is_wrong_in_a_finding_is_named() {
    let check = |change: fn(&mut Finding), expected: &str| {
        let mut finding = finding();
        change(&mut finding);
        let violation = check(RECORD, &finding).expect_err(expected).to_string();
        assert!(violation.contains(expected), "{violation}");
    };
    check(|finding| finding.points += 1, "add up to -1350 points and the finding says -1349");
    check(|finding| finding.contributions[0].points = i32::MIN, "add up to -2147486698");
    check(|finding| finding.probability = 1_000_001, "no probability");
    check(|finding| finding.hits[0].evidence.push(2), "hit 0 names evidence 2, and there are 2");
    check(|finding| finding.contributions[1].evidence.push(9), "contribution 1 names evidence 9");
    check(|finding| finding.further_hits.push("1".into()), "rule `1` is there twice");
    check(|finding| finding.contributions[1].term = 0, "term `0` is there twice");
    check(|finding| finding.missing.clear(), "what is missing is not what the contributions leave out");
    check(|finding| finding.probability_low = 200_001, "outside its own interval");
    check(|finding| finding.probability_high = 1_000_001, "no probability");
    check(|finding| finding.hits[0].rule.clear(), "rule 0 has no name");
    check(|finding| finding.evidence[0].value = 1, "beyond those that the rule lists");
    check(|finding| finding.missing[0].points_best = -2, "worse at best");
    check(|finding| finding.hits = vec![finding.hits[0].clone(); 17], "17 hits in full are more than 16");
    check(|finding| finding.schema = "x".repeat(9000), "more than 8192");
    check(|finding| finding.fields[0].text.push('x'), "field 0: the quote is `cmd /c WHOAMIx`");
    check(|finding| finding.fields[0].cut = true, "field 0");
    check(|finding| finding.evidence[1].quote = "whoami".into(), "evidence 1: the quote is `whoami`");
    check(|finding| finding.evidence[0].predicate.operand = r"\pmd.exe".into(), "evidence 0: the predicate does not");
}

#[test]
fn a_cut_field_is_the_beginning_of_its_text() {
    let mut finding = finding();
    finding.fields[0] = QuotedField { text: "cmd".into(), cut: true, ..finding.fields[0].clone() };
    assert_eq!(check(RECORD, &finding), Ok(()));
    finding.fields[0].cut = false;
    assert!(check(RECORD, &finding).is_err());
}

fn check_one(evidence: &Evidence, expected: Result<(), &str>) {
    match (check_evidence(RECORD, evidence), expected) {
        (Ok(()), Ok(())) => {}
        (Err(fault), Err(expected)) if fault.to_string().contains(expected) => {}
        (found, expected) => panic!("{evidence:?}: {found:?} and not {expected:?}"),
    }
}

#[test]
fn every_operator_is_looked_at_where_it_holds() {
    use Operator as O;
    let whole = [
        (O::Equals, r"c:\windows\system32\cmd.exe"),
        (O::StartsWith, r"C:\Windows\"),
        (O::EndsWith, r"\cmd.exe"),
        (O::Like, r"C:\\*\\cmd.e?e"),
        (O::Regex, r"^C:.*\\cmd\.exe$"),
        (O::NotEquals, "explorer.exe"),
        (O::LengthAtLeast, "27"),
        (O::Exists, ""),
    ];
    for (operator, operand) in whole {
        check_one(&image(operator, operand), Ok(()));
    }
    check_one(&image(O::Regex, "^cmd"), Err("does not hold"));
    check_one(&image(O::LengthAtLeast, "28"), Err("does not hold"));
    check_one(&image(O::Contains, r"\System32\"), Err("more than the part that matched"));
    check_one(&image(O::Regex, "("), Err("cannot be used"));
    check_one(&image(O::Null, ""), Err("does not hold"));
    check_one(&image(O::Absent, ""), Err("not decided in such a place"));
    let number = |operand| evidence(O::Less, operand, Place::Text(place(Encoding::Raw, "1")), "1");
    check_one(&number("2"), Ok(()));
    check_one(&number("1"), Err("does not hold"));
    let null = evidence(O::Null, "", Place::Text(place(Encoding::Raw, "null")), "null");
    check_one(&null, Ok(()));
}

#[test]
fn pairs_and_places_outside() {
    let quoted = |text: &str| {
        let TextPlace { span: Span { start, end }, encoding } = place(Encoding::JsonString, text);
        TextPlace { span: Span { start: start + 1, end: end - 1 }, encoding }
    };
    let pair = |second: &str| evidence(Operator::SameAs, "Target", Place::Pair(quoted("\"a\""), quoted(second)), "a");
    check_one(&pair("\"A\""), Ok(()));
    check_one(&pair("\"User\""), Err("does not hold"));
    check_one(&Evidence { predicate: Predicate::new(Operator::Equals, "a"), ..pair("\"A\"") }, Err("such a place"));
    let beyond = TextPlace { span: Span { start: 3, end: 1 << 30 }, encoding: Encoding::Raw };
    check_one(&evidence(Operator::Exists, "", Place::Text(beyond), ""), Err("lie outside the record"));
}

#[test]
fn regular_expressions_can_be_held_to_those_of_the_pack() {
    let mut checker = Checker::with_expressions(["exe$".to_owned()]);
    assert_eq!(checker.check_evidence(RECORD, &image(Operator::Regex, "exe$")), Ok(()));
    assert_eq!(checker.check_evidence(RECORD, &image(Operator::Regex, "e$")), Err(EvidenceFault::ForeignExpression));
}

#[test]
fn what_would_take_too_long_is_refused() {
    let record = "a".repeat(64 << 10);
    let place = Place::Text(TextPlace { span: Span { start: 0, end: 64 << 10 }, encoding: Encoding::Raw });
    let operand = "*".to_owned() + &"a".repeat(2000) + "*";
    let costly = evidence(Operator::Like, &operand, place, quote(&record));
    let mut finding = finding();
    finding.fields.clear();
    finding.evidence = vec![costly; 3];
    assert_eq!(Checker::default().check_evidence(record.as_bytes(), &finding.evidence[0]), Ok(()));
    let mut budget = evidence::Budget::default();
    let mut checker = Checker::default();
    let refused = (0..100).any(|_| {
        let checked = checker.evidence_within(&Values::of(record.as_bytes()), &finding.evidence[0], &mut budget);
        matches!(checked, Err(EvidenceFault::TooCostly { .. }))
    });
    assert!(refused);
}

#[test]
fn explanations_are_held_to_their_limits() {
    let explanation = || Explanation {
        schema: "windows-flat".into(),
        logsource: Logsource::default(),
        categories: vec!["process_creation".into()],
        time: None,
        fields: finding().fields,
        considered: 1,
        other_logsource: 0,
        finding: Some(finding()),
        near_misses: vec![NearMiss { rule: "3".into(), held: 1, needed: 2, other_logsource: false, failed: vec![] }],
    };
    assert_eq!(check_explanation(RECORD, &explanation()), Ok(()));
    let check = |change: fn(&mut Explanation), expected: &str| {
        let mut explanation = explanation();
        change(&mut explanation);
        let violation = check_explanation(RECORD, &explanation).expect_err(expected).to_string();
        assert!(violation.contains(expected), "{violation}");
    };
    check(|explanation| explanation.near_misses[0].held = 3, "more parts held");
    check(|explanation| explanation.near_misses = vec![explanation.near_misses[0].clone(); 6], "6 near misses");
    check(|explanation| explanation.fields = vec![explanation.fields[0].clone(); 129], "129 explained fields");
    check(|explanation| explanation.fields[0].text = "x".into(), "field 0");
    check(|explanation| explanation.finding.as_mut().expect("there").index = 1, "another index than 0");
    check(|explanation| explanation.finding.as_mut().expect("there").points = 0, "the finding says 0");
}

proptest! {
    #[test]
    fn a_change_of_any_byte_under_the_evidence_is_seen(at in 0_usize..6, byte in b'0'..=b'z') {
        let evidence = finding().evidence[1].clone();
        let Place::Text(place) = &evidence.place else { panic!("text") };
        let mut record = RECORD.to_vec();
        let changed = &mut record[place.span.start as usize + at];
        prop_assume!(*changed != byte);
        *changed = byte;
        prop_assert!(check_evidence(&record, &evidence).is_err());
    }

    #[test]
    fn whatever_is_found_in_any_text_holds_and_elsewhere_does_not(
        text in "\\PC{1,40}", from in 0_usize..40, characters in 1_usize..4, shift in 1_u32..5
    ) {
        let record = format!("\u{1}\u{1}\u{1}\u{1}\u{1}{text}\u{1}\u{1}\u{1}\u{1}\u{1}");
        let whole = place_in(record.as_bytes(), Encoding::Raw, &text);
        let from = from % text.chars().count();
        let operand: String = text.chars().skip(from).take(characters).collect();
        let predicate = Predicate::new(Operator::Contains, operand.as_str());
        let found = predicate.compile().expect("literal").find(&text);
        let part = whole.part(record.as_bytes(), found.expect("it is there"));
        let quoted = part.read(record.as_bytes()).expect("within").into_owned();
        let evidence = evidence(Operator::Contains, &operand, Place::Text(part), &quoted);
        prop_assert_eq!(check_evidence(record.as_bytes(), &evidence), Ok(()));
        let beyond = TextPlace { span: Span { end: part.span.end + shift, ..part.span }, ..part };
        let wider = Evidence { place: Place::Text(beyond), ..evidence };
        prop_assert!(check_evidence(record.as_bytes(), &wider).is_err());
    }

    #[test]
    fn no_place_in_any_bytes_makes_the_check_panic(
        record: Vec<u8>, start: u32, end in 0_u32..200, encoding in 0_usize..4, operator in 0_usize..17, operand in "\\PC{0,5}"
    ) {
        let encoding = [Encoding::Raw, Encoding::JsonString, Encoding::XmlText, Encoding::Hex][encoding];
        let place = TextPlace { span: Span { start: start % 100, end }, encoding };
        let evidence = evidence(OPERATORS[operator], &operand, Place::Text(place), "");
        let _ = check_evidence(&record, &evidence);
        let _ = check_evidence(&record, &Evidence { place: Place::Pair(place, place), ..evidence.clone() });
        let _ = check_evidence(&record, &Evidence { place: Place::Absent(vec![operand]), ..evidence });
    }
}

const OPERATORS: [Operator; 21] = [
    Operator::Equals,
    Operator::Contains,
    Operator::StartsWith,
    Operator::EndsWith,
    Operator::Like,
    Operator::Regex,
    Operator::Cidr,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
    Operator::NotEquals,
    Operator::Exists,
    Operator::Absent,
    Operator::Null,
    Operator::SameAs,
    Operator::LengthAtLeast,
    Operator::ContainsField,
    Operator::StartsWithField,
    Operator::EndsWithField,
    Operator::TimePart,
];
