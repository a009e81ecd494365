//! Bytes to rules: what is not UTF-8 is decoded, refused or warned of.

use super::*;

const RULE: &str = "title: Größe\nid: first\nauthor: Jörg\nlogsource: {product: x}\n# Änderung\ndetection:\n    \
                    s: {F: 'für'}\n    condition: s\n";

fn compiled(bytes: &[u8]) -> Compiled {
    compile(&[RuleFile::decode("rule.yml", bytes)])
}

/// The text in a code page of one byte a character.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).expect("a character of the code page")).collect()
}

#[test]
fn unicode_is_decoded() {
    let utf16 = |mark: &str, big_endian: bool| -> Vec<u8> {
        let units = format!("{mark}{RULE}").encode_utf16().collect::<Vec<u16>>().into_iter();
        units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let files = [
        RULE.as_bytes().to_vec(),
        format!("\u{FEFF}{RULE}").into_bytes(),
        utf16("\u{FEFF}", false),
        utf16("\u{FEFF}", true),
        utf16("", false),
        utf16("", true),
    ];
    for bytes in files {
        let compiled = compiled(&bytes);
        assert_eq!(compiled.accounts[0].rejection(), None, "{:?}", &bytes[..4]);
        assert_eq!(compiled.accounts[0].warnings, Vec::<String>::new());
        assert_eq!(compiled.set.predicates[0].predicate.operand, "für");
        assert_eq!(compiled.metadata[0].title, "Größe");
    }
}

#[test]
fn what_matching_needs_is_refused_in_a_code_page() {
    let check = |text: &str, line: u32| {
        let compiled = compiled(&latin(text));
        let account = &compiled.accounts[0];
        assert_eq!(account.rejection(), Some("the line is not UTF-8; save the file as UTF-8"), "{text}");
        assert_eq!(account.line, Some(line), "{text}");
        assert!(compiled.set.rules.is_empty());
    };
    let ascii = RULE.replace(['ö', 'ß', 'Ä'], "o");
    check(&ascii, 7);
    check(&ascii.replace("für", "fur").replace("F:", "Fü:"), 7);
    check(&ascii.replace("für", "fur").replace("{product: x}", "{product: xü}"), 4);
    check(&ascii.replace("für", "fur").replace("id: first", "id: fürst"), 2);
    check(&ascii.replace("für", "fur").replace("condition: s", "condition: sü"), 8);
}

#[test]
fn what_is_for_people_is_warned_of_in_a_code_page() {
    let check = |text: &str, line: u32| {
        let compiled = compiled(&latin(text));
        let account = &compiled.accounts[0];
        assert_eq!(account.rejection(), None, "{text}");
        assert_eq!(account.warnings, [format!("line {line} is not UTF-8; save the file as UTF-8")], "{text}");
        assert!(!format!("{:?}", compiled.metadata).contains('\u{FDD0}'), "{text}");
    };
    let ascii = RULE.replace(['ö', 'ß', 'Ä', 'ü'], "o");
    check(&ascii.replace("title: Groo", "title: Gröo"), 1);
    check(&ascii.replace("Jorg", "Jörg"), 3);
    check(&ascii.replace("# o", "# ö"), 5);
}

#[test]
fn half_a_character_is_not_text() {
    let mut bytes: Vec<u8> = RULE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.pop();
    let account = &compiled(&bytes).accounts[0];
    assert!(account.rejection().is_some() || !account.warnings.is_empty(), "{account:?}");
}
