//! Places that are values, and those that a plugin would have to make up.

use super::*;

/// The place of a text in a record: `text` stands between `«` and `»`, which are not part of the record.
fn marked(marked: &str, encoding: Encoding) -> (String, TextPlace) {
    let start = marked.find('«').expect("a beginning");
    let end = marked.find('»').expect("an end") - '«'.len_utf8();
    let span = Span { start: start as u32, end: end as u32 };
    (marked.replace(['«', '»'], ""), TextPlace { span, encoding })
}

/// Whether `exists` holds at the place, which it does on any whole value.
fn check_whole(record: &str, encoding: Encoding, expected: bool) {
    let (text, place) = marked(record, encoding);
    let quoted = place.read(text.as_bytes()).expect("within").into_owned();
    let evidence = evidence(Operator::Exists, "", Place::Text(place), quote(&quoted));
    match check_evidence(text.as_bytes(), &evidence) {
        Ok(()) => assert!(expected, "{record}"),
        Err(EvidenceFault::NotAValue { .. }) => assert!(!expected, "{record}"),
        Err(fault) => panic!("{record}: {fault}"),
    }
}

/// Whether `contains` holds at the place, of which it needs no more than that it lies in a value.
fn check_part(record: &str, encoding: Encoding, expected: bool) {
    let (text, place) = marked(record, encoding);
    let quoted = place.read(text.as_bytes()).expect("within").into_owned();
    let evidence = evidence(Operator::Contains, &quoted, Place::Text(place), quote(&quoted));
    match check_evidence(text.as_bytes(), &evidence) {
        Ok(()) => assert!(expected, "{record}"),
        Err(EvidenceFault::NotInAValue { .. }) => assert!(!expected, "{record}"),
        Err(fault) => panic!("{record}: {fault}"),
    }
}

const RAW: Encoding = Encoding::Raw;
const JSON: Encoding = Encoding::JsonString;
const XML: Encoding = Encoding::XmlText;

#[test]
fn values_of_json() {
    let table = [
        (r#"{"a":"«cmd.exe»"}"#, JSON, true),
        (r#"{"a":"«cmd.exe»"}"#, RAW, true),
        ("\u{feff} \n{\"a\" : [ \"«x»\" ] }", JSON, true),
        (r#"{"a":"«cmd».exe"}"#, JSON, false),
        (r#"{"a":"cmd«.exe»"}"#, JSON, false),
        (r#"{"«a»":"cmd.exe"}"#, JSON, false),
        (r#"{"a":"x"«,»"b":"y"}"#, JSON, false),
        (r#"{"a«":"»x"}"#, JSON, false),
        (r#"{"a":"«»"}"#, JSON, true),
        (r#"{"a":"x«»"}"#, JSON, false),
        (r#"{"a":"«C:\\x»"}"#, JSON, true),
        (r#"{"a":"«C:\\x»"}"#, RAW, false),
        (r#"{"a":"«C:\\x»"}"#, XML, false),
        (r#"{"a":"x\"«y»\"z"}"#, JSON, false),
        (r#"{"a":«4688»}"#, RAW, true),
        (r#"{"a":«46»88}"#, RAW, false),
        (r#"{"a":«-1.5e+3»,"b":true}"#, RAW, true),
        (r#"{"a":«true»}"#, RAW, true),
        (r#"{"a":«{"b":[1,"]"]}»}"#, RAW, true),
        (r#"{"a":{"b":«[1,{}]»}}"#, RAW, true),
        (r#"{"a":{"b":[«{}»]}}"#, RAW, true),
        (r#"«{"a":1}»"#, RAW, false),
        (r#"[{"a":"«x»"}]"#, JSON, true),
        (r#"{"a":"«x»""#, JSON, false),
    ];
    for (record, encoding, expected) in table {
        check_whole(record, encoding, expected);
    }
}

#[test]
fn parts_of_json() {
    let table = [
        (r#"{"a":"x «whoami» y"}"#, JSON, true),
        (r#"{"«whoami»":"x"}"#, JSON, false),
        (r#"{"a":"«x","b»":"y"}"#, RAW, false),
        (r#"{"a":"C:«\\»new"}"#, JSON, true),
        (r#"{"a":"C:\«\»new"}"#, JSON, false),
        (r#"{"a":"C:\«\n»ew"}"#, JSON, false),
        (r#"{"a":"C:\\«new»"}"#, JSON, true),
        (r#"{"a":"C:\\«new»"}"#, RAW, true),
        (r#"{"a":"line\«n»ew"}"#, RAW, false),
        (r#"{"a":"\u00«41»"}"#, JSON, false),
        (r#"{"a":"\ud83d«\ude00»"}"#, JSON, false),
        (r#"{"a":"«\ud83d\ude00»!"}"#, JSON, true),
        (r#"{"a":46«8»8}"#, RAW, true),
        (r#"{"a":«46»88}"#, JSON, false),
        (r#"{"a":{"b«":"»c"}}"#, RAW, true),
        (r#"{"a":"«»x"}"#, JSON, true),
    ];
    for (record, encoding, expected) in table {
        check_part(record, encoding, expected);
    }
}

#[test]
fn values_of_xml() {
    let table = [
        (r#"<Event><Data Name="Image">«/bin/ls»</Data></Event>"#, RAW, true),
        (r#"<Event><Data Name="Image">/bin/«ls»</Data></Event>"#, RAW, false),
        (r#"<Event><Data Name="Image">a>«b»</Data></Event>"#, RAW, false),
        (r#"<Event><Data Name="«Image»">x</Data></Event>"#, RAW, true),
        (r#"<Event><«Data» Name="Image">x</Data></Event>"#, RAW, false),
        (r#"<?xml version="1.0"?><Event a='«x"y>z»'/>"#, RAW, true),
        (r#"<Event><Data>«a &amp; b»</Data></Event>"#, XML, true),
        (r#"<Event><Data>«a &amp; b»</Data></Event>"#, RAW, false),
        (r#"<Event><Data><![CDATA[«a &amp; <b>»]]></Data></Event>"#, RAW, true),
        (r#"<Event><Data><![CDATA[«a &amp; <b>»]]></Data></Event>"#, XML, false),
        (r#"<Event><!-- <Data>«x»</Data> --></Event>"#, RAW, false),
        (r#"<Event><Data Name="a">«»</Data></Event>"#, RAW, true),
        (r#"<Event><Data Name="a"«»/></Event>"#, RAW, true),
        (r#"<Event><Data>«x»</Data"#, RAW, false),
    ];
    for (record, encoding, expected) in table {
        check_whole(record, encoding, expected);
    }
    check_part("<Event><Data>x &«amp»; y</Data></Event>", XML, false);
    check_part("<Event><Data>x «&amp;» y</Data></Event>", XML, true);
    check_part("<Event><«Data»>x</Data></Event>", XML, false);
}

#[test]
fn values_of_audit_lines() {
    let table = [
        ("type=«EXECVE» msg=audit(1.2:3): argc=3", RAW, true),
        ("type=EXECVE msg=«audit(1.2:3)»: argc=3", RAW, true),
        ("node=«web» type=EXECVE msg=audit(1.2:3): argc=3", RAW, true),
        ("type=EXECVE msg=audit(1.2:3): a0=\"«ls a1=x»\"", RAW, true),
        ("type=EXECVE msg=audit(1.2:3): a0=\"ls a1=«x»\"", RAW, false),
        ("type=EXECVE msg=audit(1.2:3): a0=\"ls «a1»=x\"", RAW, false),
        ("type=EXECVE msg=audit(1.2:3): a0=«6C73»", Encoding::Hex, true),
        ("type=EXECVE msg=audit(1.2:3): a0=6C«73»", Encoding::Hex, false),
        ("type=USER msg=audit(1.2:3): msg='«op=login acct=\"root\"»'", RAW, true),
        ("type=USER msg=audit(1.2:3): msg='op=login acct=\"«root»\"'", RAW, true),
        ("type=USER msg=audit(1.2:3): msg='op=«login» acct=\"root\"'", RAW, true),
        ("type=USER msg=audit(1.2:3): uid=0\u{1d}UID=\"«root»\"", RAW, true),
        ("«type=USER msg=audit(1.2:3): uid=0»\n", RAW, true),
        ("type=USER msg=audit(1.2:3): exe=«/bin/ls», x", RAW, false),
    ];
    for (record, encoding, expected) in table {
        check_whole(record, encoding, expected);
    }
    check_part("type=EXECVE msg=audit(1.2:3): a0=6C«7320»41", Encoding::Hex, true);
    check_part("type=EXECVE msg=audit(1.2:3): a0=6«C732»041", Encoding::Hex, false);
}

#[test]
fn values_of_other_text_cut_no_word() {
    let table = [
        ("«Failed password for root»", true),
        ("<34>1 - host sshd[«12»]: Failed", true),
        ("<34>1 - host sshd[1«2»]: Failed", false),
        ("sudo: pi : USER=«root» ; COMMAND=/bin/sh", true),
        ("sudo: pi : USER=«roo»t", false),
        ("<34>1 - - - - - - \u{feff}«message»", true),
        ("caf«é»", false),
        ("[x] «y»", true),
    ];
    for (record, expected) in table {
        check_whole(record, RAW, expected);
    }
}

#[test]
fn a_pair_is_of_values_and_a_field_is_one() {
    let record = br#"{"a":"x y","b":"x"}"#;
    let whole = place_in(record, JSON, "x\"}");
    let whole = TextPlace { span: Span { end: whole.span.start + 1, ..whole.span }, ..whole };
    let part = place_in(record, JSON, "x");
    for pair in [Place::Pair(whole, part), Place::Pair(part, whole)] {
        let fault = check_evidence(record, &evidence(Operator::SameAs, "b", pair, "x"));
        assert!(matches!(fault, Err(EvidenceFault::NotAValue { .. })), "{fault:?}");
    }
    let mut finding = finding();
    finding.fields[0].place = place(JSON, "cmd");
    finding.fields[0].text = "cmd".into();
    let fault = check(RECORD, &finding).expect_err("not the whole of a value").to_string();
    assert!(fault.contains("field 0") && fault.contains("not the whole"), "{fault}");
}
