//! What cannot be kept exactly, with its reason and the line that says so.

use super::{compile_text, rule};

/// Lines count from the first of the detection.
fn check(detection: &str, line: u32, reason: &str) {
    let compiled = compile_text(&rule(detection));
    let account = &compiled.accounts[0];
    let rejection = account.rejection().unwrap_or_else(|| panic!("{detection}\nwas loaded"));
    assert!(rejection.contains(reason), "{detection}\n{rejection}");
    // What stands before the detection in the rule.
    assert_eq!(account.line, Some(line + 5), "{detection}\n{rejection}");
    assert!(compiled.set.rules.is_empty() && compiled.metadata.is_empty());
}

/// A line of the only selection.
fn check_line(line: &str, reason: &str) {
    check(&format!("sel:\n    {line}\ncondition: sel"), 2, reason);
}

#[test]
fn lines_that_no_value_can_have() {
    check_line("F|re: '(?=a)'", "look-around, which cannot be matched in linear time; write what must be there");
    check_line("F|re: '[[:alhpa:]]'", "`[:alhpa:]` at character 2 is not a class that is known");
    check_line("F|re: '(a'", "regular expression");
    check_line(
        "F|re: 'a(?:.{100}){1000}x'",
        "compiles to more than 4194304 bytes; give its repetitions smaller bounds",
    );
    check_line("F|re: 'a[ -~]{50000}x'", "states, and 22000 are allowed; give its repetitions smaller bounds");
    check_line("F|re: 'a[ -~]{6000}x0'", "may take 6002 steps for each character of a value, and 2500 are allowed");
    check_line("F|cidr: 10.0.0.0/40", "not a network");
    check_line("F|cidr: '192.168.*'", "not a network");
    check_line("F|gt: many", "`many` is not a number");
    check_line("F|gt: null", "takes a number, not null");
    check_line("F|gt: .inf", "is not a number that a value can be; quote it");
    check_line("F|contains: null", "`contains` takes text, and null can only be compared as a whole; remove");
    check_line("F|contains: 0x100", "`contains` takes text, and `0x100` without quotes is the number 256; quote it");
    check_line("F|startswith: 1.10", "`1.10` without quotes is the number 1.1; quote it");
    check_line("F|endswith: +5", "the number 5; quote it");
    check_line("F|exists: maybe", "true or false");
    check_line("F: 0777", "one number to YAML 1.1 and another, or text, to YAML 1.2; quote it");
    check_line("F: 1_000", "quote it");
    check_line("F: 12:30", "quote it");
    check_line("F: 0b11", "quote it");
    check_line("F: 1e5", "quote it");
    check_line("F: 1.5e3", "quote it");
    check_line("F: -.5", "quote it");
    check_line("F: -0x1F", "quote it");
    check_line("F: 0x1_0", "quote it");
    for word in ["yes", "No", "ON", "off"] {
        let reason = format!("`{word}` is a boolean to YAML 1.1 and text to YAML 1.2; quote it to mean the text");
        check_line(&format!("F: {word}"), &reason);
        check_line(&format!("F: [a, {word}]"), &reason);
        check_line(&format!("F|contains: {word}"), &reason);
    }
    check_line("F: 2026-01-31", "is a date to YAML; quote it");
    check_line("F: 12345678901234567890.5", "too large");
    check_line("F: {a: b}", "a value is a single value, not a mapping; a value that begins with `[` or `{` needs");
    check_line("F: [[a]]", "a value is a single value, not a list");
    check_line("F: []", "no value");
    check_line(
        "F: !secret a",
        "the YAML tag `!secret` means nothing here; a value that begins with `!` needs single quotes",
    );
    check_line("F: &calc.exe", "a value that begins with `&` needs single quotes");
}

#[test]
fn modifiers_that_do_not_go_together() {
    check_line("F|contains|startswith: a", "`contains` and `startswith` exclude each other");
    check_line("F|nonsense: a", "there is no modifier `nonsense`; there are all, base64,");
    check_line("F|not: a", "`not` is not a modifier; write `neq`");
    check_line("F|windash|re: ' -a'", "`re` comes first");
    check_line("F|contains|cidr: 10.0.0.0/8", "exclude each other");
    check_line("F|all|cidr: 10.0.0.0/8", "`cidr` comes first");
    check_line("F|i|re: a", "`re` comes first");
    check_line("F|i: a", "need `re` before them");
    check_line("F|re|cased: a", "the modifier before it makes a regular expression");
    check_line("F|re|base64: a", "the modifier before it makes a regular expression");
    check_line("F|cidr|expand: '%inside%'", "`cidr` takes no placeholder; list the networks in the rule");
    check_line("F|base64|fieldref: G", "without `base64`");
    check_line("F|fieldref: 'G*'", "without wildcards");
    check_line("F|fieldref: 1", "takes the name of a field");
    check_line("F|base64offset|contains: a", "too short");
    check_line("F|base64: 'a*'", "takes no wildcards");
    check_line("F|contains|wide|base64offset: ping", "put `contains` behind the encoding");
    check_line("F|wide: 'é'", "put `base64` behind");
    check_line("F|wide|wide: 'é'", "twice");
    check_line("F|expand|base64: '%x%'", "is not known when the value is encoded");
    check_line("F|windash|contains: '-a -b -c -d -e'", "1024");
    check_line("F|gte|hour: 3", "takes a number, not a comparison");
    check_line("F|hour: 24", "a whole number from 0 to 23");
    check_line("F|month: 0", "a whole number from 1 to 12");
    check_line("F|day: 1.5", "a whole number");
    check_line("'|exists': true", "needs a field before it");
    check_line("'|fieldref': G", "needs a field before it");
    check_line("'|contains': null", "null");
    check_line("'': null", "only be asked of a field");
}

#[test]
fn conditions_outside_the_grammar() {
    let table = [
        ("sel and other", "the condition names `other`"),
        ("1 of other_*", "`other_*` fits no selection"),
        ("sel | count() > 3", "pipes into `count`: aggregations"),
        ("sel | near sel", "pipes into `near`"),
        ("0 of sel*", "asks for 0 of 1"),
        ("2 of sel*", "asks for 2 of 1"),
        ("sel AND sel", "`AND` must be written `and`"),
        ("Not sel", "`Not` must be written `not`"),
        ("sel sel", "lacks `and` or `or` before `sel`"),
        ("sel and", "ends where the name of a selection is expected"),
        ("(sel", "does not close"),
        ("sel)", "did not open"),
        ("()", "`)` where the name of a selection"),
        ("sel and and sel", "`and` where the name of a selection"),
        ("sel*", "needs `1 of`, `any of` or `all of`"),
        ("some of sel*", "`some of` asks for no number"),
        ("1 of", "lacks `them` or a pattern"),
        ("sel & sel", "holds `&`"),
        ("''", "ends where"),
        ("{a: b}", "a condition is a text, not a mapping"),
        ("[]", "has no condition"),
    ];
    for (condition, reason) in table {
        let condition =
            if condition.starts_with(['\'', '{', '[']) { condition.to_owned() } else { format!("\"{condition}\"") };
        check(&format!("sel:\n    F: a\ncondition: {condition}"), 3, reason);
    }
    let nested = format!("{}sel{}", "(".repeat(40), ")".repeat(40));
    check(&format!("sel:\n    F: a\ncondition: {nested}"), 3, "nests deeper than 32");
    check(&format!("sel:\n    F: a\ncondition: {} sel", "not ".repeat(40)), 3, "nests deeper than 32");
    check(&format!("sel:\n    F: a\ncondition: {}sel", "sel or ".repeat(10_000)), 3, "bytes");
    check("sel:\n    F: a", 1, "has no condition");
}

#[test]
fn selections_that_say_nothing() {
    check("sel: {}\ncondition: sel", 1, "selection `sel`: it is empty");
    check("sel: []\ncondition: sel", 1, "selection `sel`: it is empty");
    check("sel:\ncondition: sel", 1, "null can only be asked of a field");
    check("sel:\n    F: a\ntimeframe: 5m\ncondition: sel | count() > 3", 4, "pipes into `count`");
    check("sel:\n    F: a\nsel:\n    G: b\ncondition: sel", 3, "key `sel` occurs here a second time");
    check("sel:\n    F: a\n    F: b\ncondition: sel", 3, "key `F` occurs here a second time");
    check("sel:\n    F:\n        - a\n        - b\n        - {c: d}\ncondition: sel", 5, "not a mapping");
    check("sel:\n    F|re:\n        - a\n        - '('\ncondition: sel", 4, "regular expression");
    check("sel:\n    F: a\n    ? [x]\n    : y\ncondition: sel", 3, "a key is a list");
    check("sel:\n    F: \"a\ncondition: sel", 2, "the YAML is broken");
}

#[test]
fn broken_yaml_says_the_way_out() {
    let check_value = |value: &str, reason: &str| check_line(&format!("F: {value}"), reason);
    check_value("*", "a value that begins with `*` needs single quotes, as in '*'");
    check_value(r"*\cmd.exe", r"a value that begins with `*` needs single quotes, as in '*\cmd.exe'");
    check_value(r"%TEMP%\a.exe", "a value that begins with `%` needs single quotes");
    check_value("@echo off", "a value that begins with `@` needs single quotes");
    check_value("`whoami`", "a value that begins with ``` needs single quotes");
    check_value("|whoami", "a value that begins with `|` needs single quotes");
    check_value(r#""C:\Windows\cmd.exe""#, "a backslash in double quotes begins an escape: use single quotes");
    check_value("a: b", "a value that holds `: ` or ` #` needs single quotes");
    check("sel:\n    F:\n        - *.exe\ncondition: sel", 3, "a value that begins with `*` needs single quotes");
}

/// The whole text of a rule.
fn check_text(text: &str, line: u32, reason: &str) {
    let account = &compile_text(text).accounts[0];
    let rejection = account.rejection().unwrap_or_else(|| panic!("{text}\nwas loaded"));
    assert!(rejection.contains(reason), "{text}\n{rejection}");
    assert_eq!(account.line, Some(line), "{text}\n{rejection}");
}

#[test]
fn documents_that_are_no_rules() {
    let good = rule("sel:\n    F: a\ncondition: sel");
    check_text(&good.replace("title: T", "name: T"), 1, "has no title");
    check_text(&good.replace("detection:", "detections:"), 1, "has no `detection`");
    check_text(&good.replace("logsource:\n    product: windows\n", ""), 1, "has no logsource");
    check_text(&good.replace("    product: windows\n", "    definition: x\n"), 3, "has no logsource");
    check_text(
        &good.replace("    product: windows\n", "    vendor: x\n"),
        3,
        "only `vendor`, which no record can be told by",
    );
    check_text(&good.replace("product: windows", "product: [a, {b: c}]"), 4, "`product` is a text or a list of texts");
    check_text(&good.replace("product: windows", "product: []"), 4, "`product` lists no value");
    check_text(&good.replace("id: first", "sigma-version: 3"), 2, "version of Sigma");
    check_text(
        &good.replace("id: first", &format!("id: {}", "x".repeat(300))),
        1,
        "300 bytes, and 256 are allowed; shorten it",
    );
    check_text(&format!("- a\n- b\n---\n{good}"), 1, "this document is a list");
    check_text("title: T\ncorrelation:\n    type: event_count\n", 2, "correlations are not read yet");
    check_text("title: T\ncorrelation: x\n", 2, "`correlation` is a mapping");
    check_text("title: T\naction: jump\n", 2, "there is no action `jump`; there are global, reset, repeat");
    check_text("title: T\naction: repeat\n", 2, "has no rule before it to repeat");
    check_text("title: &a [x, *a]\n", 1, "an alias occurs inside of what it repeats");
    check_text(&format!("title: {}x{}\n", "[".repeat(80), "]".repeat(80)), 1, "deeper than 64");
    check_text("title: *nowhere\n", 1, "the YAML is broken");
    check_text("action: global\ntitle: T\n", 1, "a template (`action: global`) and no rule for it");
}

#[test]
fn aliases_do_not_grow_without_end() {
    let mut bomb = String::from("title: T\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let account = &compile_text(&bomb).accounts[0];
    assert!(account.rejection().is_some_and(|reason| reason.contains("more than 1000000 values")), "{account:?}");
}
