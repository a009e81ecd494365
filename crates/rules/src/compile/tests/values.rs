//! Lines to predicates.

use super::{check, predicates};

#[test]
fn plain_values_become_the_simplest_predicate() {
    check("F: a", &["F Equals a"]);
    check("F: '*a'", &["F EndsWith a"]);
    check("F: 'a*'", &["F StartsWith a"]);
    check("F: '*a*'", &["F Contains a"]);
    check("F: '*'", &["F Contains "]);
    check("F: 'a*b'", &["F Like a*b"]);
    check("F: 'a?b*'", &["F Like a?b*"]);
    check("F: 4688", &["F Equals 4688"]);
    check("F: 1.0", &["F Equals 1.0"]);
    check("F: 0.25", &["F Equals 0.25"]);
    check("F: true", &["F Equals true"]);
    check("F: null", &["F Null "]);
    check("F: ''", &["F Equals "]);
    check("F: [a, 2]", &["F Equals a", "F Equals 2"]);
}

#[test]
fn escapes_and_backslashes() {
    check(r"F: 'C:\Windows\*'", &[r"F Equals C:\Windows*"]);
    check(r"F: 'C:\Windows\\*'", &[r"F StartsWith C:\Windows\"]);
    check(r"F: '\\\\*\share\\*'", &[r"F Like \\\\*\\share\\*"]);
    check(r"F: 'a\?b'", &["F Equals a?b"]);
    check(r"F|contains: 'a\?b?c'", &[r"F Like *a\?b?c*"]);
    check(r"F|endswith: '\cmd.exe'", &[r"F EndsWith \cmd.exe"]);
}

#[test]
fn modifiers() {
    check("F|contains: a", &["F Contains a"]);
    check("F|contains|cased: Ab", &["F Contains! Ab"]);
    check("F|startswith: 'a?'", &["F Like a?*"]);
    check("F|re: 'a+'", &["F Regex! a+"]);
    check("F|re|i|m: 'a+'", &["F Regex! (?im)a+"]);
    check("F|cidr: 10.0.0.0/8", &["F Cidr 10.0.0.0/8"]);
    check("F|gte: 10", &["F GreaterOrEqual 10"]);
    check("F|exists: true", &["F Exists "]);
    check("F|exists: false", &["F Absent "]);
    check("F|fieldref: G", &["F SameAs G"]);
    check("F|neq: a", &["F NotEquals a"]);
    check("'F[x].y': a", &["F[x].y Equals a"]);
    check("F|base64|contains: foobar", &["F Contains! Zm9vYmFy"]);
    check("F|wide|base64|contains: ab", &["F Contains! YQBiAA=="]);
    check("F|base64offset|contains: foobar", &["F Contains! Zm9vYmFy", "F Contains! Zvb2Jhc", "F Contains! mb29iYX"]);
}

#[test]
fn windash_stands_for_every_dash_that_begins_a_word() {
    let made = predicates("sel:\n    F|windash|contains: ' -a b-c'\ncondition: sel");
    assert_eq!(made.len(), 5);
    assert!(made.contains(&"F Contains  /a b-c".to_owned()), "{made:?}");
    assert_eq!(predicates("sel:\n    F|windash|contains: '-a -b'\ncondition: sel").len(), 25);
}

#[test]
fn keywords_are_found_anywhere() {
    assert_eq!(predicates("k:\n    - one\n    - 'two*three'\ncondition: k"), ["* Contains one", "* Like *two*three*"]);
    assert_eq!(predicates("k:\n    '|all':\n        - one\n        - two\ncondition: k").len(), 2);
}

