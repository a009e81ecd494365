//! One table an operator: operand, value, and what was found.

use super::*;

fn check(operator: Operator, operand: &str, text: &str, expected: Option<&str>) {
    let test = Predicate::new(operator, operand).compile().expect("a usable predicate");
    let found = test.find(text).map(|range| &text[range]);
    assert_eq!(found, expected, "{operator:?} {operand:?} on {text:?}");
}

#[test]
fn literals_ignore_case_and_give_the_original_bytes() {
    check(Operator::Equals, "cmd.exe", "CMD.EXE", Some("CMD.EXE"));
    check(Operator::Equals, "cmd.exe", "cmd.exe ", None);
    check(Operator::Equals, "", "", Some(""));
    check(Operator::Contains, "-ENC", "powershell -enc AAAA", Some("-enc"));
    check(Operator::Contains, "ÄRGER", "kein ärger hier", Some("ärger"));
    check(Operator::Contains, "hier", "K\u{212A}ein Ärger hier", Some("hier"));
    check(Operator::StartsWith, "C:\\", "c:\\windows", Some("c:\\"));
    check(Operator::EndsWith, "\\CMD.exe", "C:\\Windows\\cmd.EXE", Some("\\cmd.EXE"));
    check(Operator::EndsWith, "longer than the text", "text", None);
    check(Operator::NotEquals, "a", "b", Some("b"));
    check(Operator::NotEquals, "a", "A", None);
}

#[test]
fn cased_literals_differ_by_case() {
    let test =
        Predicate { operator: Operator::Contains, operand: "Ab".into(), cased: true }.compile().expect("literal");
    assert_eq!(test.find("xAb"), Some(1..3));
    assert_eq!(test.find("xab"), None);
}

#[test]
fn a_character_that_folds_to_more_bytes_keeps_offsets_right() {
    // U+0130 is two bytes and folds to one-byte `i`; U+2C62 is three bytes and folds to two-byte U+026B.
    check(Operator::Contains, "x", "\u{130}\u{2C62}X!", Some("X"));
    check(Operator::Contains, "\u{26B}", "\u{130}\u{2C62}X!", Some("\u{2C62}"));
}

#[test]
fn patterns() {
    let table: [(&str, &str, bool); 17] = [
        ("*", "", true),
        ("?", "", false),
        ("?", "é", true),
        ("a*c", "ABBC", true),
        ("a*c", "abcd", false),
        ("*a*b*", "xxaxxbxx", true),
        ("*a*b*", "xxbxxaxx", false),
        ("a\\*c", "a*c", true),
        ("a\\*c", "abc", false),
        ("a\\?c", "a?c", true),
        ("c:\\windows\\\\*", "C:\\Windows\\x", true),
        ("c:\\windows\\*", "C:\\Windows*", true),
        ("c:\\windows\\*", "C:\\Windows\\x", false),
        ("*aab", "aaaab", true),
        ("**a", "ba", true),
        ("*\\\\\\\\*", "\\\\server", true),
        ("a?c*", "abcdef", true),
    ];
    for (pattern, text, expected) in table {
        check(Operator::Like, pattern, text, expected.then_some(text));
    }
}

#[test]
fn patterns_with_letter_case() {
    let test = Predicate { operator: Operator::Like, operand: "A*".into(), cased: true }.compile().expect("a pattern");
    assert_eq!(test.find("Ab"), Some(0..2));
    assert_eq!(test.find("ab"), None);
    assert!(Glob::parse("A", true).cased() && !Glob::parse("A", false).cased());
}

#[test]
fn a_pattern_keeps_its_parts_but_for_repeated_stars() {
    let parts = [Part::Any, Part::One, Part::Literal("a".into()), Part::One, Part::Any];
    assert_eq!(Glob::parse("**?A?***", false).parts(), parts);
}

#[test]
fn values_are_the_same_with_and_without_letter_case() {
    let same = |value: &str, other: &str, cased| compare_fields(Operator::SameAs, value, other, cased);
    assert!(same("Ann", "ANN", false) && same("Ann", "Ann", true));
    assert!(!same("Ann", "ANN", true) && !same("Ann", "Anna", false));
}

#[test]
fn escaped_literals_parse_back() {
    for literal in ["a*b", "?", "\\\\server\\share", "\\*", "plain"] {
        let glob = Glob::parse(&Glob::escape(literal), true);
        assert_eq!(glob.parts(), [Part::Literal(literal.into())]);
    }
}

#[test]
fn a_pattern_of_many_stars_takes_no_exponential_time() {
    let pattern = "*a".repeat(60) + "b";
    assert!(!Glob::parse(&pattern, true).is_match(&"a".repeat(4_000)));
}

#[test]
fn regular_expressions_are_unanchored_and_cased_unless_flagged() {
    check(Operator::Regex, "b+", "abbc", Some("bb"));
    check(Operator::Regex, "B", "abc", None);
    check(Operator::Regex, "(?i)B", "abc", Some("b"));
    check(Operator::Regex, "^$", "", Some(""));
    let error = Predicate::new(Operator::Regex, "(?=a)").compile().expect_err("look-around");
    assert!(matches!(&error, PredicateError::RegexConstruct { construct, at: 1, .. } if construct == "(?="), "{error}");
    let error = Predicate::new(Operator::Regex, "(?:.{100}){1000}x").compile().expect_err("too large");
    assert!(matches!(error, PredicateError::RegexTooLarge { .. }), "{error}");
}

#[test]
fn networks() {
    check(Operator::Cidr, "10.0.0.0/8", "10.9.8.7", Some("10.9.8.7"));
    check(Operator::Cidr, "10.0.0.0/8", "11.0.0.1", None);
    check(Operator::Cidr, "10.0.0.0/8", "::ffff:10.1.1.1", Some("::ffff:10.1.1.1"));
    check(Operator::Cidr, "0.0.0.0/0", "1.2.3.4", Some("1.2.3.4"));
    check(Operator::Cidr, "::/0", "fe80::1", Some("fe80::1"));
    check(Operator::Cidr, "fe80::/10", "fe80::1", Some("fe80::1"));
    check(Operator::Cidr, "fe80::/10", "2001:db8::1", None);
    check(Operator::Cidr, "fe80::/10", "10.0.0.1", None);
    check(Operator::Cidr, "10.0.0.0/8", "not an address", None);
    check(Operator::Cidr, "fe80::/10", "fe80::1%11", Some("fe80::1%11"));
    check(Operator::Cidr, "10.0.0.0/8", "10.0.0.1%1", None);
    check(Operator::Cidr, "::ffff:0:0/96", "::ffff:10.1.1.1", Some("::ffff:10.1.1.1"));
    for wrong in ["10.0.0.0/33", "10.0.0", "", "10.0.0.0/-1"] {
        assert!(Predicate::new(Operator::Cidr, wrong).compile().is_err(), "{wrong}");
    }
}

#[test]
fn numbers_compare_exactly_and_only_when_they_are_numbers() {
    check(Operator::Greater, "9007199254740992", "9007199254740993", Some("9007199254740993"));
    check(Operator::Less, "1.5", "1", Some("1"));
    check(Operator::GreaterOrEqual, "16", "0x10", Some("0x10"));
    check(Operator::Less, "5", "5", None);
    check(Operator::LessOrEqual, "5", "5", Some("5"));
    check(Operator::LessOrEqual, "5", "6", None);
    check(Operator::Greater, "5", "5", None);
    check(Operator::GreaterOrEqual, "5", "5", Some("5"));
    check(Operator::GreaterOrEqual, "5", "4", None);
    check(Operator::LessOrEqual, "5", "1e999", None);
    check(Operator::Greater, "5", "1e999", None);
    check(Operator::Greater, "5", "nan", None);
    check(Operator::Greater, "5", "", None);
    assert!(Predicate::new(Operator::Less, "many").compile().is_err());
}

#[test]
fn lengths_count_characters() {
    check(Operator::LengthAtLeast, "3", "äöü", Some("äöü"));
    check(Operator::LengthAtLeast, "4", "äöü", None);
}

proptest::proptest! {
    #[test]
    fn contains_agrees_with_a_pattern_around_the_literal(literal in "[a-cA-C*?\\\\]{0,6}", text in "[a-cA-C*?\\\\É]{0,20}") {
        let contains = Predicate::new(Operator::Contains, literal.as_str()).compile().expect("literal");
        let like = Predicate::new(Operator::Like, format!("*{}*", Glob::escape(&literal))).compile().expect("pattern");
        proptest::prop_assert_eq!(contains.find(&text).is_some(), like.find(&text).is_some());
    }

    #[test]
    fn what_was_found_folds_to_the_operand(before in "\\PC{0,15}", literal in "\\PC{0,4}", after in "\\PC{0,15}") {
        let test = Predicate::new(Operator::Contains, literal.as_str()).compile().expect("literal");
        let text = format!("{before}{literal}{after}");
        let range = test.find(&text).expect("it is in the text");
        let found = fold(&text[range]);
        let operand = fold(&literal);
        proptest::prop_assert_eq!(found.text(), operand.text());
    }
}

fn check_place(encoding: Encoding, record: &str, text: &str) {
    let whole = TextPlace { span: Span { start: 0, end: record.len() as u32 }, encoding };
    assert_eq!(whole.read(record.as_bytes()).as_deref(), Some(text), "{encoding:?} {record:?}");
    let boundaries: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
    for (from, &start) in boundaries.iter().enumerate() {
        for &end in &boundaries[from..] {
            let part = whole.part(record.as_bytes(), start..end);
            assert_eq!(part.read(record.as_bytes()).as_deref(), Some(&text[start..end]), "{encoding:?} {record:?}");
        }
    }
}

#[test]
fn parts_of_a_place_read_as_parts_of_its_text() {
    check_place(Encoding::Raw, "héllo", "héllo");
    check_place(Encoding::JsonString, r"C:\\Temp\u00e9\ud83d\ude00\n", "C:\\Tempé😀\n");
    check_place(Encoding::JsonString, r#"\b\f\n\r\t\/\"\\"#, "\u{8}\u{c}\n\r\t/\"\\");
    check_place(Encoding::JsonString, r"lone \ud83d and \q", "lone \u{fffd} and \\q");
    check_place(Encoding::XmlText, "a &amp; b &#x41;&#66; &nope; &", "a & b AB &nope; &");
    check_place(Encoding::XmlText, "&lt;a b=&quot;c&quot;&gt;&apos;", "<a b=\"c\">'");
    check_place(Encoding::Hex, "6C7300C3A9", "ls é");
    check_place(Encoding::Hex, "6C7", "l\u{fffd}");
}

#[test]
fn a_span_outside_the_record_has_no_text() {
    for span in [Span { start: 0, end: 9 }, Span { start: 5, end: 2 }, Span { start: u32::MAX, end: u32::MAX }] {
        assert_eq!(TextPlace { span, encoding: Encoding::Raw }.read(b"record"), None);
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_decode_the_same_at_once_and_piece_by_piece(bytes: Vec<u8>) {
        for encoding in [Encoding::Raw, Encoding::JsonString, Encoding::XmlText, Encoding::Hex] {
            let place = TextPlace { span: Span { start: 0, end: bytes.len() as u32 }, encoding };
            let text = place.read(&bytes).expect("within");
            let mut appended = String::new();
            decode_into(&bytes, encoding, &mut appended);
            proptest::prop_assert_eq!(&*text, &appended);
            let whole = place.part(&bytes, 0..text.len()).read(&bytes).expect("within");
            proptest::prop_assert_eq!(&*whole, &*text);
        }
    }
}

#[test]
fn boundaries_split_no_escape() {
    let check = |encoding: Encoding, bytes: &[u8], expected: &[usize]| {
        let found: Vec<usize> = (0..=bytes.len() + 1).filter(|&at| is_boundary(bytes, encoding, at)).collect();
        assert_eq!(found, expected, "{encoding:?} {:?}", String::from_utf8_lossy(bytes));
    };
    check(Encoding::Raw, "aé\\".as_bytes(), &[0, 1, 3, 4]);
    check(Encoding::JsonString, br"a\n\\b", &[0, 1, 3, 5, 6]);
    check(Encoding::JsonString, br"\u0041x", &[0, 6, 7]);
    check(Encoding::JsonString, br"\ud83d\ude00", &[0, 12]);
    check(Encoding::JsonString, br"\q", &[0, 1, 2]);
    check(Encoding::JsonString, "\\\\é".as_bytes(), &[0, 2, 4]);
    check(Encoding::XmlText, b"&amp;&x", &[0, 5, 6, 7]);
    check(Encoding::Hex, b"6C73", &[0, 2, 4]);
    check(Encoding::Hex, b"C3A9", &[0, 4]);
    check(Encoding::Percent, b"%41b", &[0, 3, 4]);
    check(Encoding::Utf16Le, b"a\0b\0", &[0, 2, 4]);
    check(Encoding::CsvField, b"a\"\"b", &[0, 1, 3, 4]);
    check(Encoding::Raw, b"", &[0]);
}
