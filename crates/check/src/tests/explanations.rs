//! Explanations and views.

use super::*;

const RECORD: &str = r#"{"Image":"a.exe","User":"u","Id":1,"Other":null}"#;

fn place(text: &str) -> TextPlace {
    let start = RECORD.find(text).expect("in the record") as u32;
    TextPlace::from(Step { span: Span { start, end: start + text.len() as u32 }, encoding: RAW })
}

fn flat() -> Class {
    Class { map: map("windows-flat"), routed: true, ..Class::default() }
}

/// An explanation of why the rules did not hit.
fn explanation(directory: &Directory) -> Explanation {
    let field = |name: &str| directory.field_position(name);
    let at = |predicate| RuleItem { rule: 0, item: 0, predicate };
    Explanation {
        class: flat(),
        time: 0,
        categories: Vec::new(),
        fields: vec![
            ReadValue { field: field("Image"), place: place("a.exe") },
            ReadValue { field: None, place: place("1") },
            ReadValue { field: None, place: place("null") },
        ],
        considered: 1,
        other_logsource: 0,
        finding: None,
        suppressed: vec![Suppressed { index: 0, rule: 1, filter: 0 }],
        near_misses: vec![NearMiss {
            rule: 0,
            held: 0,
            needed: 1,
            other_logsource: false,
            failed: vec![
                FailedPredicate { item: at(0), negated: false, found: Some(place("a.exe")) },
                FailedPredicate { item: at(1), negated: false, found: None },
            ],
        }],
    }
}

#[test]
fn what_is_wrong_in_an_explanation_is_named() {
    let rule = "one:\n    Image: [b.exe, c.exe]\ncondition: one";
    let directory = directory_with(&[rule, rule], &["selection:\n    User: v\ncondition: not selection"]);
    let check = |change: fn(&mut Explanation), expected: Expected<'_>| {
        let mut explanation = explanation(&directory);
        change(&mut explanation);
        let context = RecordContext::alone(RECORD.as_bytes(), b"", map("windows-flat"));
        let what = format!("{explanation:?}");
        compare(checker(&directory).check_explanation(context, &explanation), expected, &what);
    };
    check(|_| (), Ok(0));
    check(|it| it.fields[0].place = place("u"), Err("value 0 of the explanation: bytes"));
    check(|it| it.fields[1].place = place("Id"), Err("value 1 of the explanation: bytes"));
    check(|it| it.fields = vec![it.fields[0].clone(); 129], Err("129 explained values, more than 128"));
    check(|it| it.near_misses[0].failed[0].found = Some(place("u")), Err("near miss 0, failed predicate 0: bytes"));
    check(|it| it.near_misses[0].failed[1].item.predicate = 2, Err("near miss 0, failed predicate 1: the pack has no"));
    check(|it| it.near_misses[0].failed[1].item.rule = 1, Err("failed predicates of another rule"));
    check(|it| it.near_misses[0].held = 2, Err("2 parts of 1 needed held"));
    check(|it| it.near_misses[0].rule = 2, Err("near miss of rule 2, which does not exist"));
    check(|it| it.near_misses.push(it.near_misses[0].clone()), Err("or is there twice"));
    check(|it| it.near_misses = vec![it.near_misses[0].clone(); 6], Err("6 near misses, more than 5"));
    check(|it| it.time = 1, Err("time 1 and a class without a time"));
    check(|it| it.class.map = 999, Err("names map 999"));
    check(|it| it.suppressed[0].filter = 1, Err("filter 1 suppressed rule 1"));
    check(|it| it.suppressed[0].index = 1, Err("the pack has no such pair"));
    check(|it| it.suppressed.push(it.suppressed[0]), Err("suppressed rules that do not ascend"));
    check(|it| it.finding = Some(blank()), Err("it has neither a hit nor an alert"));
}

#[test]
fn what_is_wrong_in_a_view_is_named() {
    let directory = directory(&["one:\n    Image: b.exe\n    User: u\n    Id: 1\ncondition: one"]);
    let field = |name: &str| directory.field_position(name).expect("a field");
    let asked = [field("User"), field("Image"), field("Id")];
    let value = |name: &str, text: &str| FieldPlace { field: field(name), place: place(text) };
    let mut batch = Batch::of(Origin::default());
    batch.push(RECORD.as_bytes());
    batch.push(b"");
    let check = |change: &dyn Fn(&mut View), expected: Expected<'_>| {
        let seen = RecordView { class: 0, time: 0, values: vec![value("User", "u"), value("Image", "a.exe")] };
        let unscored = RecordView { class: NO_CLASS, time: 0, values: Vec::new() };
        let mut view = View { classes: vec![flat()], records: vec![seen, unscored] };
        change(&mut view);
        compare(checker(&directory).check_view(&batch, &asked, &view), expected, &format!("{view:?}"));
    };
    check(&|_| (), Ok(0));
    check(&|it| it.records[0].values.push(value("Id", "1")), Ok(0));
    check(&|it| it.records[0].values.swap(0, 1), Err("value 1 of record 0 is of field"));
    check(&|it| it.records[0].values[0].place = place("a.exe"), Err("value 0 of record 0: bytes"));
    check(&|it| it.records[0].values[0].field = field("ParentImage"), Err("was not asked for"));
    check(&|it| it.records[0].values = vec![value("User", "u"); 65], Err("65 values, more than 64"));
    check(&|it| it.records[0].time = 1, Err("record 0 of the view has no class and has values or a time"));
    check(&|it| it.records[1].values = vec![value("User", "u")], Err("record 1 of the view has no class"));
    check(&|it| it.records[0].class = 1, Err("its class is 1"));
    check(&|it| it.records.truncate(1), Err("`class-of` has 1 entries for a batch of 2"));
    check(&|it| it.classes[0].map = 999, Err("names map 999"));
}
