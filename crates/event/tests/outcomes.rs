//! Records as no honest producer writes them: each has a defined outcome.

use glassbox_event::{Reader, Schema, Scratch, limits};
use glassbox_finding::{Logsource, UnscoredReason};

/// Reads one record and gives the values of field `a`, or why it is unreadable and where.
fn read(record: &[u8]) -> Result<Vec<String>, (UnscoredReason, u32)> {
    let reader = Reader::new(&["a", "a.b"]);
    let (mut scratch, hint) = (Scratch::default(), Logsource::default());
    let event = reader.read(record, &hint, &mut scratch).map_err(|error| (error.reason, error.at))?;
    for value in event.values(0).chain(event.values(1)) {
        assert_eq!(value.place.read(record).expect("within the record"), value.text());
    }
    Ok(event.values(0).map(|value| value.text().into_owned()).collect())
}

fn check(record: impl AsRef<[u8]>, expected: &[&str]) {
    let record = record.as_ref();
    let shown = String::from_utf8_lossy(record);
    assert_eq!(read(record).expect(&shown), expected, "{shown}");
}

fn check_unreadable(record: impl AsRef<[u8]>, reason: UnscoredReason, at: usize) {
    let record = record.as_ref();
    assert_eq!(read(record), Err((reason, at as u32)), "{}", String::from_utf8_lossy(record));
}

#[test]
fn equal_keys_all_count() {
    check(r#"{"a":"1","a":"2","x":{"a":"3"},"a":"4"}"#, &["1", "2", "4"]);
}

#[test]
fn keys_are_what_they_spell() {
    check(r#"{"\u0061":"1"}"#, &["1"]);
    check(r#"{"\u0061\u002eb":"1","a":2}"#, &["2"]);
    check(r#"{"a\\":"1","a\"":"2","":"3",".":"4","a.":"5"}"#, &[]);
}

#[test]
fn strings() {
    check(r#"{"a":"\ud800x"}"#, &["\u{fffd}x"]);
    check(r#"{"a":"\ud83d\ude00"}"#, &["😀"]);
    check(r#"{"a":"C:\\x\\\"y\\"}"#, &["C:\\x\\\"y\\"]);
    check(r#"{"a":"\q\u12"}"#, &["\\q\\u12"]);
    check("{\"a\":\"tab\there\u{0}\"}", &["tab\there\u{0}"]);
    check(b"{\"a\":\"x\xff\xfey\",\"a\":\"plain\"}", &["x\u{fffd}\u{fffd}y", "plain"]);
    check(b"{\"\xff\":1,\"a\":\"\xc3\xa9\"}", &["é"]);
}

#[test]
fn other_values() {
    check(r#"{"a":1e999}"#, &["1e999"]);
    check(r#"{"a":-0.0e-1}"#, &["-0.0e-1"]);
    check(r#"{"a":[]}"#, &[]);
    check(r#"{"a":[1,[2,[3]],"4"]}"#, &["1", "2", "3", "4"]);
    check(r#"{"a":[[{}]]}"#, &["[[{}]]"]);
    check(r#"{"a":{"b":{}}}"#, &[r#"{"b":{}}"#]);
    check(r#"{"a":[{"b":1},2]}"#, &["2", r#"[{"b":1},2]"#]);
    check(" \n{ \"a\" :\t1 , \"x\" : [ ] }\r\n", &["1"]);
}

#[test]
fn a_byte_order_mark_is_skipped() {
    check("\u{feff}{\"a\":1}", &["1"]);
    check_unreadable("\u{feff} ", UnscoredReason::Empty, 4);
}

#[test]
fn nothing() {
    check_unreadable("", UnscoredReason::Empty, 0);
    check_unreadable(" \t\r\n", UnscoredReason::Empty, 4);
}

#[test]
fn malformed() {
    for (record, at) in [
        ("{", 1),
        ("{\"a\"", 4),
        ("{\"a\":", 5),
        ("{\"a\":1", 6),
        ("{\"a\":\"x", 7),
        ("{\"a", 3),
        ("{\"a\\\"", 5),
        ("{\"a\":\"x\\\"}", 10),
        ("{\"a\" 1}", 5),
        ("{\"a\":1 \"b\":2}", 7),
        ("{\"a\":1,}", 7),
        ("{,\"a\":1}", 1),
        ("{a:1}", 1),
        ("{\"a\":01}", 6),
        ("{\"a\":+1}", 5),
        ("{\"a\":-}", 6),
        ("{\"a\":1.}", 7),
        ("{\"a\":1e}", 7),
        ("{\"a\":.5}", 5),
        ("{\"a\":nul}", 8),
        ("{\"a\":True}", 5),
        ("{\"a\":NaN}", 5),
        ("{\"a\":truex}", 9),
        ("{\"a\":[1,]}", 8),
        ("{\"a\":[,1]}", 6),
        ("{\"a\":[1}]", 7),
        ("{\"a\":1]", 6),
        ("{\"a\":1}}", 7),
        ("{\"a\":1} x", 8),
        ("{\"a\":1}{\"a\":2}", 7),
        ("[{\"a\":1}", 8),
        ("<Event>", 7),
        ("<Event></Evnt>", 7),
        ("<Event></Event><Event/>", 15),
        ("<Event></Event>x", 15),
        ("<Event a></Event>", 8),
        ("<Event a='x></Event>", 9),
        ("<Event><!DOCTYPE x></Event>", 7),
        ("<?xml version='1.0'?>", 21),
        ("<Event><![CDATA[x</Event>", 16),
    ] {
        check_unreadable(record, UnscoredReason::Malformed, at);
    }
}

#[test]
fn depth() {
    let nested = |open: &str, close: &str, depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
    let deepest = limits::DEPTH_MAX;
    check(format!("{{\"a\":{}}}", nested("[", "]", deepest - 1)), &["1"]);
    check_unreadable(format!("{{\"a\":{}}}", nested("[", "]", deepest)), UnscoredReason::TooDeep, 4 + deepest);
    check_unreadable(nested("{\"a\":", "}", 10_000), UnscoredReason::TooDeep, 5 * deepest);
    check_unreadable("[".repeat(60_000), UnscoredReason::TooDeep, deepest);
    let xml = "<Event>".to_owned() + &"<x>".repeat(10_000);
    check_unreadable(xml, UnscoredReason::TooDeep, 7 + 3 * (deepest - 1));
}

#[test]
fn size() {
    let record = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    assert_eq!(record(100).len(), 100);
    check(record(limits::RECORD_BYTES_MAX), &[&"x".repeat(limits::RECORD_BYTES_MAX - 8)]);
    check_unreadable(record(limits::RECORD_BYTES_MAX + 1), UnscoredReason::TooLarge, limits::RECORD_BYTES_MAX);
}

#[test]
fn no_leaf_hides_behind_a_long_list() {
    let ones = limits::LEAVES_MAX - 3;
    let record = format!("[[1{}]]", ",1".repeat(ones - 1));
    let reader = Reader::new(&["a"]);
    let (mut scratch, hint) = (Scratch::default(), Logsource::default());
    let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect("a record");
    assert_eq!(event.leaves().len(), ones);
}

#[test]
fn one_scratch_serves_readers_of_different_fields() {
    let (one, other) = (Reader::new(&["a"]), Reader::new(&["b", "a"]));
    let (mut scratch, hint) = (Scratch::default(), Logsource::default());
    for _ in 0..3 {
        let event = one.read(br#"{"a":"\n1","b":2}"#, &hint, &mut scratch).expect("a record");
        assert_eq!(event.values(0).map(|value| value.text().into_owned()).collect::<Vec<_>>(), ["\n1"]);
        assert_eq!(event.values(1).count(), 0);
        let event = other.read(br#"{"b":2}"#, &hint, &mut scratch).expect("a record");
        assert_eq!(event.present_slots().collect::<Vec<_>>(), [0]);
        assert_eq!(event.values(1).count(), 0);
    }
}

#[test]
fn schemas_have_distinct_names() {
    let mut names = Schema::ALL.map(Schema::name).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Schema::ALL.len());
}
