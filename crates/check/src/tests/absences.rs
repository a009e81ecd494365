//! Fields that are absent, and claims of absence that are not true.

use super::*;

fn check(record: &str, name: &str, operator: Operator, expected: bool) {
    let evidence = evidence(operator, "", Place::Absent(vec![name.to_owned()]), "");
    let found = check_evidence(record.as_bytes(), &evidence);
    assert_eq!(found.is_ok(), expected, "{name} in {record}: {found:?}");
}

#[test]
fn json_is_followed_by_paths_of_keys() {
    let table = [
        (r#"{"a":1}"#, "b", true),
        (r#"{"a":1}"#, "a", false),
        (r#" {"a":{"b":{"c":"x"}}}"#, "a.b.c", false),
        (r#"{"a":{"b":{"c":"x"}}}"#, "a.b", true),
        (r#"{"a":{"b":{"c":"x"}}}"#, "a.c", true),
        (r#"{"a":{"b":{"c":"x"}}}"#, "c", true),
        (r#"{"a.b":{"c":"x"}}"#, "a.b.c", false),
        (r#"{"a":{"b.c":"x"}}"#, "a.b.c", false),
        (r#"{"a.b.c":"x"}"#, "a.b.c", false),
        (r#"{"a":[{"b":1},{"c":[[2]]}]}"#, "a.c", false),
        (r#"{"a":[{"b":1}]}"#, "a.c", true),
        (r#"{"a":[]}"#, "a", true),
        (r#"{"a":[1]}"#, "a", false),
        (r#"{"ab":1}"#, "a", true),
        (r#"{"a":{"":1}}"#, "a", true),
        (r#"{"a":0,"b":"","a":null}"#, "a", false),
        (r#"{"\u0061":"x"}"#, "a", false),
        (r#"{"x":"\"a\":1"}"#, "a", true),
        (r#"{"Event":{"EventData":{"Image":"x"}}}"#, "Event.EventData.Image", false),
        (r#"{"Event":{"EventData":{"Image":"x"}}}"#, "Event.EventData.User", true),
        (r#"{"Event":{"UserData":{"Any":{"Image":"x"}}}}"#, "Event.UserData.*.Image", false),
        (r#"{"Event":{"UserData":{"Any":{"Image":"x"}}}}"#, "Event.UserData.*.User", true),
        (r#"{"Event":{"UserData":{"Image":"x"}}}"#, "Event.UserData.*.Image", true),
        (r#"{"a":{"b":1}}"#, "a.*", false),
    ];
    for (record, name, absent) in table {
        check(record, name, Operator::Absent, absent);
        check(record, name, Operator::Null, absent);
    }
}

#[test]
fn an_explicit_null_is_null_and_not_absent() {
    for record in [r#"{"a":null}"#, r#"{"a":[null, null]}"#] {
        check(record, "a", Operator::Null, true);
        check(record, "a", Operator::Absent, false);
    }
    check(r#"{"a":"null"}"#, "a", Operator::Null, false);
}

#[test]
fn json_that_cannot_be_followed_shows_nothing_to_be_absent() {
    let deep = "{\"x\":".repeat(200) + "1" + &"}".repeat(200);
    for record in ["{", "{\"a\"", "{\"b\":", "{\"b\":1", "{b:1}", "{\"b\" 1}", "{\"b\":[1}", r#"{"b":"x\"}"#, &deep] {
        check(record, "a", Operator::Absent, false);
    }
}

#[test]
fn text_is_searched_for_names_with_values() {
    let execve = "type=EXECVE msg=audit(1.2:3): argc=3 a0=\"ls a2=x\" msg='op=login acct=\"root\"'";
    let nothing = "type=SYSCALL msg=audit(1.2:3): auid=0 key=(null) tty=";
    let xml = "<Event><Data Name=\"Image\">/bin/ls</Data><Data Name=\"User\"></Data><Data Name=\"Group\"/></Event>";
    let table = [
        (execve, "a0", false),
        (execve, "a1", true),
        (execve, "a2", true),
        (execve, "acct", false),
        (execve, "type", false),
        (nothing, "uid", true),
        (nothing, "auid", false),
        (nothing, "key", true),
        (nothing, "tty", true),
        (xml, "Event.EventData.Image", false),
        (xml, "Image", false),
        (xml, "Event.EventData.User", true),
        (xml, "Group", true),
        (xml, "Event.EventData.CommandLine", true),
        ("sshd: user=root", "user", true),
        // What a value looks like is no name.
        ("type=USER msg=audit(1.2:3): uid=Channel=1 exe=\"x\"", "Channel", true),
        ("<Event><Data Name=\"A\">Name=\"Image\">x</Data></Event>", "Image", true),
        ("<Event><!-- <Data Name=\"Image\">x</Data> --></Event>", "Image", true),
        ("<Event><Data xName=\"Image\">x</Data><Data Name = 'User'>x</Data></Event>", "Image", true),
        ("<Event><Data xName=\"Image\">x</Data><Data Name = 'User'>x</Data></Event>", "User", false),
        ("<34>1 - web sshd - - - user type=x msg=audit(1:1): key=1", "key", true),
        ("sshd: user <Event><Data Name=\"Image\">x</Data></Event>", "Image", true),
        ("", "a", true),
    ];
    for (record, name, absent) in table {
        check(record, name, Operator::Absent, absent);
    }
}

#[test]
fn names_are_held_to_their_limits() {
    for names in [vec![], vec![String::new()], vec!["x".repeat(513)], vec!["x".to_owned(); 33]] {
        let evidence = evidence(Operator::Absent, "", Place::Absent(names), "");
        let fault = check_evidence(b"{}", &evidence).expect_err("limits");
        assert!(matches!(fault, EvidenceFault::Absence(AbsenceFault::Names { .. })), "{fault}");
    }
    let all = vec!["x".to_owned(), "User".to_owned()];
    let evidence = evidence(Operator::Absent, "", Place::Absent(all), "");
    let fault = check_evidence(RECORD, &evidence).expect_err("one is there").to_string();
    assert!(fault.contains("`User` is said to be absent"), "{fault}");
}

proptest! {
    #[test]
    fn any_nesting_is_followed_as_a_json_reader_does(keys in proptest::collection::vec("[ab.\"\\\\é]{1,3}", 1..5), arrays: u8) {
        let mut value = serde_json::json!(1);
        for (depth, key) in keys.iter().enumerate().rev() {
            value = serde_json::json!({ "other": [null, {}], key.as_str(): value });
            if arrays >> depth & 1 == 1 && depth > 0 {
                value = serde_json::json!([true, value]);
            }
        }
        let record = value.to_string();
        check(&record, &keys.join("."), Operator::Absent, false);
        check(&record, &(keys.join(".") + ".c"), Operator::Absent, true);
    }
}
