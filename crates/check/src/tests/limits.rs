//! What a plugin or a record may make the host do.

use super::*;
use crate::limits::{FINDING_STEPS_MAX, PATH_BYTES_MAX};

#[test]
fn below_a_path_that_is_too_long_nothing_is_checked() {
    let directory = directory(&["sel:\n    Image: null\ncondition: sel"]);
    let check = |key_bytes: usize, expected| {
        let record = format!(r#"{{"{}":{{"Image":"x"}}}}"#, "k".repeat(key_bytes));
        let evidence = vec![Evidence { claim: item(0, 0, 0), place: Place::Absent }];
        let context = RecordContext::alone(record.as_bytes(), b"", map("json"));
        let found = checker(&directory).check_finding(context, &Finding { evidence, ..blank() }, Depth::Claims);
        compare(found, expected, &format!("a key of {key_bytes} bytes"));
    };
    check(PATH_BYTES_MAX / 2, Ok(0));
    check(PATH_BYTES_MAX, Ok(1));
}

#[test]
fn steps_are_bounded_by_the_limit_and_one_piece() {
    let record = format!(r#"{{"Image":"{}"}}"#, "x".repeat(60_000));
    let directory = directory(&["sel:\n    Image|re: '[a-z]{2000}xx'\ncondition: sel"]);
    let step = Step { span: Span { start: 10, end: 60_010 }, encoding: JSON };
    let piece = Evidence { claim: item(0, 0, 0), place: Place::Text(TextPlace::from(step)) };
    let check = |pieces: usize, is_checked: bool| {
        let finding = Finding { evidence: vec![piece.clone(); pieces], ..blank() };
        let context = RecordContext::alone(record.as_bytes(), b"", map("json"));
        let checked = checker(&directory).check_finding(context, &finding, Depth::Claims).expect("it holds");
        assert_eq!(checked.unchecked == 0, is_checked, "{pieces} pieces: {checked:?}");
        assert!(checked.steps <= FINDING_STEPS_MAX, "{pieces} pieces: {checked:?}");
    };
    check(1, true);
    check(256, false);
}

#[test]
fn paths_that_are_forgotten_are_looked_up_again() {
    let directory = directory(&["sel:\n    Image|exists: true\n    Gone: null\ncondition: sel"]);
    let field = directory.field_position("Image").expect("a field");
    let mut checker = checker(&directory);
    // More distinct paths than are kept, as the absence looks at all of them.
    for round in 0..1_500_u32 {
        let members: String = (0..40).map(|member| format!("\"{round}-{member}\":{{\"Image\":\"a\"}},")).collect();
        let record = format!("{{{members}\"Image\":\"x\"}}");
        let mut is_taken = |start: usize| {
            let step = Step { span: Span { start: start as u32, end: start as u32 + 1 }, encoding: JSON };
            let fields = vec![FieldPlace { field, place: TextPlace::from(step) }];
            let evidence = vec![Evidence { claim: item(0, 1, 0), place: Place::Absent }];
            let context = RecordContext::alone(record.as_bytes(), b"", map("json"));
            checker.check_finding(context, &Finding { fields, evidence, ..blank() }, Depth::Claims).is_ok()
        };
        assert!(is_taken(record.len() - 3), "{record}");
        assert!(!is_taken(record.find("\"a\"").expect("a value") + 1), "{record}");
    }
}
