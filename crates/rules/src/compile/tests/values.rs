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
    check("F: 1.0", &["F Equals 1", "F Equals 1.0"]);
    check("F: 0.250", &["F Equals 0.25", "F Equals 0.250"]);
    check("F: -0", &["F Equals 0"]);
    check("F: +7", &["F Equals 7"]);
    check("F: 0x1F", &["F Equals 31", "F Equals 0x1F"]);
    check("F: 18446744073709551615", &["F Equals 18446744073709551615"]);
    check("F: 00000429", &["F Equals 00000429"]);
    check("F|endswith|endswith: a", &["F EndsWith a"]);
    check("F: '0777'", &["F Equals 0777"]);
    check("F: !!str 7.0", &["F Equals 7.0"]);
    check("F: !!int '7'", &["F Equals 7"]);
    check("F: 'yes'", &["F Equals yes"]);
    check("F: y", &["F Equals y"]);
    check("F: ~", &["F Null "]);
    check("F:", &["F Null "]);
    check("F: 'null'", &["F Equals null"]);
    check("F: '2026-01-31'", &["F Equals 2026-01-31"]);
    check("F: [null, '']", &["F Null ", "F Equals "]);
    check("F: 'NtLmSsp '", &["F Equals NtLmSsp "]);
    check("Threat Name: a", &["Threat Name Equals a"]);
    check("a.b.c: x", &["a.b.c Equals x"]);
    check("4688: x", &["4688 Equals x"]);
    check("F: \"a\\tb\"", &["F Equals a\tb"]);
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
    check(r"F: 'a\\b'", &[r"F Equals a\b"]);
    check(r"F: 'a\\\\b'", &[r"F Equals a\\b"]);
    check(r"F: 'a\\\b'", &[r"F Equals a\\b"]);
    check(r"F: 'a\\\*'", &[r"F Equals a\*"]);
    check(r"F: 'a\\\\*'", &[r"F StartsWith a\\"]);
    check(r"F: 'a\\?'", &[r"F Like a\\?"]);
    check(r"F: 'a\'", &[r"F Equals a\"]);
    check(r"F|startswith: '\*'", &[r"F StartsWith *"]);
    check(r"F|re: '\*\\'", &[r"F Regex! \*\\"]);
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
    check("F|exists: yes", &["F Exists "]);
    check("F|fieldref: G", &["F SameAs G"]);
    check("F|cased|fieldref: G", &["F SameAs! G"]);
    check("F|fieldref|contains: G", &["F ContainsField G"]);
    check("F|fieldref|startswith: G", &["F StartsWithField G"]);
    check("F|fieldref|endswith: G", &["F EndsWithField G"]);
    check("F|re|startswith: 'a|b'", &["F Regex! \\A(?:a|b)"]);
    check("F|re|i|endswith: 'a'", &["F Regex! (?i)(?:a)\\z"]);
    check("F|re|contains: 'a'", &["F Regex! a"]);
    check("F|re|ignorecase|multiline|dotall: 'a'", &["F Regex! (?ims)a"]);
    check("F|cidr: 'fe80::/10'", &["F Cidr fe80::/10"]);
    check("F|gt: '10'", &["F Greater 10"]);
    check("F|contains: 10", &["F Contains 10"]);
    check("F|contains: ''", &["F Contains "]);
    check("F|minute: 5", &["F TimePart minute = 5"]);
    check("F|hour|gte: 22", &["F TimePart hour >= 22"]);
    check("F|day|lt: 2", &["F TimePart day < 2"]);
    check("F|week: 53", &["F TimePart week = 53"]);
    check("F|month|lte: 2", &["F TimePart month <= 2"]);
    check("F|year|gt: 2024", &["F TimePart year > 2024"]);
    check("F|utf16|base64: ab", &["F Equals! //5hAGIA"]);
    check("F|utf16be|base64: ab", &["F Equals! AGEAYg=="]);
    check("F|utf16le|base64: ab", &["F Equals! YQBiAA=="]);
    check("F|wide|base64: 'é'", &["F Equals! 6QA="]);
    check("F|wide: ab", &["F Equals a\0b\0"]);
    check("F|wide: 'a*b'", &["F Like a\0*b\0"]);
    check("F|utf16: a", &["F Equals \u{feff}a\0"]);
    check("F|wide|base64offset|contains: ab", &["F Contains! YQBiA", "F Contains! EAYg", "F Contains! hAGIA"]);
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
    assert_eq!(predicates("k: one\ncondition: k"), ["* Contains one"]);
    assert_eq!(predicates("k:\n    '': one\ncondition: k"), ["* Contains one"]);
    assert_eq!(predicates("k:\n    - 5\n    - true\ncondition: k"), ["* Contains 5", "* Contains true"]);
    assert_eq!(predicates("k:\n    '|startswith': one\ncondition: k"), ["* StartsWith one"]);
    assert_eq!(predicates("k:\n    '|cased': One\ncondition: k"), ["* Contains! One"]);
    assert_eq!(predicates("k:\n    '|re': 'o+'\ncondition: k"), ["* Regex! o+"]);
    assert_eq!(predicates("k:\n    '|all':\n        - one\n        - two\ncondition: k").len(), 2);
}
