//! Places that are values of a field, and those that a plugin would have to make up.

use super::*;

/// Checks that a marked place is, or is not, the whole of a value of `field` in a record of a map.
fn check_field(map_name: &str, record: &str, encoding: Encoding, field: &str, expected: Expected<'_>) {
    let directory = directory(&[&format!("sel:\n    '{field}|exists': true\ncondition: sel")]);
    let (text, place) = marked(record, encoding);
    let field = directory.field_position(field).expect("a field");
    let finding = Finding { fields: vec![FieldPlace { field, place }], ..blank() };
    let context = RecordContext::alone(text.as_bytes(), b"", map(map_name));
    compare(checker(&directory).check_finding(context, &finding, Depth::Negations), expected, record);
}

/// Checks that a marked place is, or is not, in some value, by a keyword that is just its text.
fn check_part(record: &str, encoding: Encoding, expected: Expected<'_>) {
    check_part_in("json", record, encoding, expected);
}

fn check_part_in(map_name: &str, record: &str, encoding: Encoding, expected: Expected<'_>) {
    let (text, place) = marked(record, encoding);
    let keyword = place.read(text.as_bytes()).expect("within").replace('\\', "\\\\").replace('\'', "''");
    let directory = directory(&[&format!("keywords:\n    - '{keyword}'\ncondition: keywords")]);
    let evidence = Evidence { claim: item(0, 0, 0), place: Place::Text(place) };
    let finding = Finding { evidence: vec![evidence], ..blank() };
    let context = RecordContext::alone(text.as_bytes(), b"", map(map_name));
    compare(checker(&directory).check_finding(context, &finding, Depth::Claims), expected, record);
}

const NOT_WHOLE: Expected<'_> = Err("not the whole of a value");
const NOT_PART: Expected<'_> = Err("not a part of one value");
const OTHER: Expected<'_> = Err("does not call");

#[test]
fn whole_values_of_json() {
    let table = [
        (r#"{"a":"«cmd.exe»"}"#, JSON, Ok(0)),
        (r#"{"a":"«cmd.exe»"}"#, RAW, Ok(0)),
        ("\u{feff} \n{\"a\" : [ \"«x»\" ] }", JSON, Ok(0)),
        (r#"{"a":["x",{"b":1},"«y»"]}"#, JSON, Ok(0)),
        (r#"{"a":"«cmd».exe"}"#, JSON, NOT_WHOLE),
        (r#"{"a":"cmd«.exe»"}"#, JSON, NOT_WHOLE),
        (r#"{"«a»":"cmd.exe"}"#, JSON, NOT_WHOLE),
        (r#"{"a":"x"«,»"b":"y"}"#, JSON, NOT_WHOLE),
        (r#"{"a«":"»x"}"#, JSON, NOT_WHOLE),
        (r#"{"a":"«»"}"#, JSON, Ok(0)),
        (r#"{"a":"x«»"}"#, JSON, NOT_WHOLE),
        (r#"{"a":"«C:\\x»"}"#, JSON, Ok(0)),
        (r#"{"a":"«C:\\x»"}"#, RAW, NOT_WHOLE),
        (r#"{"a":"«C:\\x»"}"#, XML, NOT_WHOLE),
        (r#"{"a":"«6C73»"}"#, Encoding::Hex, NOT_WHOLE),
        (r#"{"a":"«bHM=»"}"#, Encoding::Base64, NOT_WHOLE),
        (r#"{"a":"x\"«y»\"z"}"#, JSON, NOT_WHOLE),
        (r#"{"a":«4688»}"#, RAW, Ok(0)),
        (r#"{"a":«46»88}"#, RAW, NOT_WHOLE),
        (r#"{"a":«-1.5e+3»,"b":true}"#, RAW, Ok(0)),
        (r#"{"a":«true»}"#, RAW, Ok(0)),
        (r#"{"a":«null»}"#, RAW, Ok(0)),
        (r#"{"a":«{"b":[1,"]"]}»}"#, RAW, Ok(0)),
        (r#"{"a":«[1,{}]»}"#, RAW, Ok(0)),
        (r#"{"a":[«{}»]}"#, RAW, NOT_WHOLE),
        (r#"{"a":«["x"]»}"#, RAW, NOT_WHOLE),
        (r#"«{"a":1}»"#, RAW, NOT_WHOLE),
        (r#"[{"a":"«x»"}]"#, JSON, Ok(0)),
        (r#"{"a":"«x»""#, JSON, NOT_WHOLE),
        (r#"{"a":"«x»" "b":1}"#, JSON, NOT_WHOLE),
        (r#"{"b":"«x»"}"#, JSON, OTHER),
        (r#"{"b":{"a":"«x»"}}"#, JSON, OTHER),
        (r#"{"a":{"b":"«x»"}}"#, JSON, OTHER),
        (r#"{"b":[{"c":"«x»"}],"a":"x"}"#, JSON, OTHER),
        (r#"{"\u0061":"«x»"}"#, JSON, Ok(0)),
    ];
    for (record, encoding, expected) in table {
        check_field("json", record, encoding, "a", expected);
    }
    check_field("json", r#"{"a.b":{"c":"«x»"}}"#, JSON, "a.b.c", Ok(0));
    check_field("json", r#"{"a":{"b":{"c":"«x»"}}}"#, JSON, "a.b.c", Ok(0));
    check_field("json", r#"{"a":{"b":[{"c":"x"},{"c":"«y»"}]}}"#, JSON, "a.b.c", Ok(0));
    check_field("json", r#"{"a":{"c":{"b":"«x»"}}}"#, JSON, "a.b.c", OTHER);
    check_field("json", r##"{"a":{"#text":"«x»"}}"##, JSON, "a", Ok(0));
    check_field("json", r##"{"a":«{"#text":"x"}»}"##, RAW, "a", NOT_WHOLE);
}

#[test]
fn parts_of_json() {
    let table = [
        (r#"{"a":"x «whoami» y"}"#, JSON, Ok(0)),
        (r#"{"«whoami»":"x"}"#, JSON, NOT_PART),
        (r#"{"a":"«x","b»":"y"}"#, RAW, NOT_PART),
        (r#"{"a":"C:«\\»new"}"#, JSON, Ok(0)),
        (r#"{"a":"C:\«\»new"}"#, JSON, NOT_PART),
        (r#"{"a":"C:\\«new»"}"#, JSON, Ok(0)),
        (r#"{"a":"C:\\«new»"}"#, RAW, Ok(0)),
        (r#"{"a":"line\«n»ew"}"#, RAW, NOT_PART),
        (r#"{"a":"\u00«41»"}"#, JSON, NOT_PART),
        (r#"{"a":"\ud83d«\ude00»"}"#, JSON, NOT_PART),
        (r#"{"a":"«\ud83d\ude00»!"}"#, JSON, Ok(0)),
        (r#"{"a":46«8»8}"#, RAW, Ok(0)),
        (r#"{"a":46«8»8}"#, JSON, NOT_PART),
        (r#"{"a":{"b«":"»c"}}"#, RAW, NOT_PART),
        (r#"{"a":nu«ll»}"#, RAW, Err("null")),
    ];
    for (record, encoding, expected) in table {
        check_part(record, encoding, expected);
    }
}

#[test]
fn fields_of_windows_events() {
    let flat = "windows-flat";
    check_field(flat, r#"{"Image":"«a.exe»","ParentImage":"b.exe"}"#, JSON, "Image", Ok(0));
    check_field(flat, r#"{"Image":"a.exe","ParentImage":"«b.exe»"}"#, JSON, "Image", OTHER);
    check_field(flat, r#"{"NewProcessName":"«a.exe»"}"#, JSON, "Image", OTHER);
    check_field("windows-flat/process-audit", r#"{"NewProcessName":"«a.exe»"}"#, JSON, "Image", Ok(0));
    check_field("windows-flat/process-audit", r#"{"ParentProcessName":"«a.exe»"}"#, JSON, "Image", OTHER);
    let nested = "windows-nested";
    check_field(nested, r#"{"Event":{"EventData":{"Image":"«a.exe»"}}}"#, JSON, "Image", Ok(0));
    check_field(nested, r#"{"Event":{"System":{"Image":"«a.exe»"}}}"#, JSON, "Image", OTHER);
    check_field(nested, r##"{"Event":{"System":{"EventID":{"#text":«1»}}}}"##, RAW, "EventID", Ok(0));
    check_field(nested, r#"{"Event":{"UserData":{"Any":{"Image":"«a»"}}}}"#, JSON, "Image", Ok(0));
    check_field("windows-ecs", r#"{"winlog":{"event_data":{"Image":"«a»"}}}"#, JSON, "Image", Ok(0));
    check_field("windows-ecs", r#"{"winlog":{"other":{"Image":"«a»"}}}"#, JSON, "Image", OTHER);
}

#[test]
fn pairs_of_name_and_text() {
    let nested = "windows-nested";
    let table = [
        (
            r##"{"Event":{"EventData":{"Data":[{"@Name":"User","#text":"u"},{"@Name":"Image","#text":"«a.exe»"}]}}}"##,
            Ok(0),
        ),
        (r##"{"Event":{"EventData":{"Data":[{"#text":"«a.exe»","@Name":"Image"}]}}}"##, Ok(0)),
        (
            r##"{"Event":{"EventData":{"Data":[{"@Name":"User","#text":"«a.exe»"},{"@Name":"Image","#text":"b"}]}}}"##,
            OTHER,
        ),
        (r##"{"EventData.Data":[{"Name":"Image","Value":"«a.exe»"}]}"##, Ok(0)),
        (r##"{"EventData":{"Data":[{"#attributes":{"Name":"Image"},"#text":"«a.exe»"}]}}"##, Ok(0)),
        (r##"{"EventData":{"Data":[{"#attributes":{"Name":"«Image»"},"#text":"a.exe"}]}}"##, OTHER),
        (r##"{"EventData":{"Other":[{"@Name":"Image","#text":"«a.exe»"}]}}"##, OTHER),
    ];
    for (record, expected) in table {
        check_field(nested, record, JSON, "Image", expected);
    }
    let named = r##"{"EventData":{"Data":[{"@Name":"«Image»","#text":"a.exe"}]}}"##;
    check_part_in(nested, named, JSON, NOT_PART);
}

#[test]
fn fields_of_xml() {
    let nested = "windows-nested";
    let data =
        |inside: &str| format!("<Event><System><EventID>1</EventID></System><EventData>{inside}</EventData></Event>");
    let table = [
        (r#"<Data Name="Image">«/bin/ls»</Data>"#, RAW, Ok(0)),
        (r#"<Data Name="User">«/bin/ls»</Data>"#, RAW, OTHER),
        (r#"<Data Name="Image">/bin/«ls»</Data>"#, RAW, NOT_WHOLE),
        (r#"<Data Name="Image">a>«b»</Data>"#, RAW, NOT_WHOLE),
        (r#"<Data Name="«Image»">x</Data>"#, RAW, NOT_WHOLE),
        (r#"<«Data» Name="Image">x</Data>"#, RAW, NOT_WHOLE),
        (r#"<Data Name="Image">«a &amp; b»</Data>"#, XML, Ok(0)),
        (r#"<Data Name="Image">«a &amp; b»</Data>"#, RAW, NOT_WHOLE),
        (r#"<Data Name="Image"><![CDATA[«a &amp; <b>»]]></Data>"#, RAW, Ok(0)),
        (r#"<Data Name="Image"><![CDATA[«a &amp; <b>»]]></Data>"#, XML, NOT_WHOLE),
        (r#"<!-- <Data Name="Image">«x»</Data> -->"#, RAW, NOT_WHOLE),
        (r#"<Data Name="Image">«»</Data>"#, RAW, Ok(0)),
        (r#"<Data Name="Image"«»/>"#, RAW, Ok(0)),
        (r#"<Data Name="Image">« »</Data>"#, RAW, Ok(0)),
        (r#"<Image>«x»</Image>"#, RAW, Ok(0)),
        (r#"<Data Name="Im&#97;ge">«x»</Data>"#, RAW, Ok(0)),
        (r#"<Data Name="EventData"><Data Name="Image">«x»</Data></Data>"#, RAW, OTHER),
    ];
    for (inside, encoding, expected) in table {
        check_field(nested, &data(inside), encoding, "Image", expected);
        let behind = format!("<14>Jan  2 03:04:05 host sysmon: {}", data(inside));
        check_field("sysmon-linux", &behind, encoding, "Image", expected);
    }
    check_field(nested, r#"<Event><System><Provider Name="«x»"/></System></Event>"#, RAW, "Provider_Name", Ok(0));
    check_field(nested, r#"<Event><System><Provider Guid="«x»"/></System></Event>"#, RAW, "Provider_Name", OTHER);
    check_field(nested, r#"<Event><Data>«x»</Data"#, RAW, "Image", NOT_WHOLE);
    check_part_in(nested, "<Event><Data>x &«amp»; y</Data></Event>", XML, NOT_PART);
    check_part_in(nested, "<Event><Data>x «&amp;» y</Data></Event>", XML, Ok(0));
    check_part_in(nested, "<Event><«Data»>x</Data></Event>", XML, NOT_PART);
}

#[test]
fn fields_of_audit_lines() {
    let hex = Encoding::Hex;
    let table = [
        ("type=«EXECVE» msg=audit(1.2:3): argc=3", RAW, "type", Ok(0)),
        ("type=EXECVE msg=«audit(1.2:3)»: argc=3", RAW, "msg", Ok(0)),
        ("node=«web» type=EXECVE msg=audit(1.2:3): argc=3", RAW, "Hostname", Ok(0)),
        ("type=EXECVE msg=audit(1.2:3): a0=\"«ls a1=x»\"", RAW, "a0", Ok(0)),
        ("type=EXECVE msg=audit(1.2:3): a0=\"ls a1=«x»\"", RAW, "a1", NOT_WHOLE),
        ("type=EXECVE msg=audit(1.2:3): a0=\"ls «a1»=x\"", RAW, "a0", NOT_WHOLE),
        ("type=EXECVE msg=audit(1.2:3): a0=«6C73»", hex, "a0", Ok(0)),
        ("type=EXECVE msg=audit(1.2:3): a0=«6C73»", hex, "a1", OTHER),
        ("type=EXECVE msg=audit(1.2:3): a0=6C«73»", hex, "a0", NOT_WHOLE),
        ("type=EXECVE msg=audit(1.2:3): a0=«6C7»", hex, "a0", NOT_WHOLE),
        ("type=USER msg=audit(1.2:3): msg='«op=login acct=\"root\"»'", RAW, "msg", Ok(0)),
        ("type=USER msg=audit(1.2:3): msg='op=login acct=\"«root»\"'", RAW, "acct", Ok(0)),
        ("type=USER msg=audit(1.2:3): msg='op=«login» acct=\"root\"'", RAW, "acct", OTHER),
        ("type=USER msg=audit(1.2:3): uid=0\u{1d}UID=\"«root»\"", RAW, "UID", Ok(0)),
        ("«type=USER msg=audit(1.2:3): uid=0»\n", RAW, "message", Ok(0)),
        ("type=USER msg=audit(1.2:3): exe=«/bin/ls», x", RAW, "exe", NOT_WHOLE),
    ];
    for (record, encoding, field, expected) in table {
        check_field("auditd", record, encoding, field, expected);
        if !record.starts_with('«') {
            check_field("auditd", &format!("Jan  2 03:04:05 host audispd: {record}"), encoding, field, expected);
        }
    }
    // Nothing is known of a header.
    let behind = "Jan  2 03:04:05 «host» audispd: type=USER msg=audit(1.2:3): uid=0";
    check_field("auditd", behind, RAW, "Hostname", Ok(1));
    let line = "type=EXECVE msg=audit(1.2:3): a0=6C«7320»41";
    check_part_in("auditd", line, hex, Ok(0));
    check_part_in("auditd", "type=EXECVE msg=audit(1.2:3): a0=6«C732»041", hex, NOT_PART);
}

#[test]
fn what_marks_no_values_is_unchecked_and_cuts_no_word() {
    let table = [
        ("«Failed password for root»", Ok(1)),
        ("<34>1 - host sshd[«12»]: Failed", Ok(1)),
        ("<34>1 - host sshd[1«2»]: Failed", NOT_WHOLE),
        ("sudo: pi : USER=«root» ; COMMAND=/bin/sh", Ok(1)),
        ("sudo: pi : USER=«roo»t", NOT_WHOLE),
        ("<34>1 - - - - - - \u{feff}«message»", Ok(1)),
        ("caf«é»", NOT_WHOLE),
        ("[x] «y»", Ok(1)),
    ];
    for (record, expected) in table {
        check_field("syslog", record, RAW, "Message", expected);
    }
    check_part_in("syslog", "sudo: pi : USER=«roo»t", RAW, Ok(0));
    // Of plain text the whole is the message; what a plugin finds in it is its own.
    check_field("text", " «Failed password for root» \n", RAW, "Message", Ok(0));
    check_field("text", "Failed «password» for root", RAW, "Message", Ok(1));
    check_field("text", "«Failed password for root»", RAW, "User", Ok(1));
    check_field("text", "Failed «pass»word for root", RAW, "User", NOT_WHOLE);
}

#[test]
fn maps_that_are_not_known_are_unchecked() {
    let directory = directory(&["sel:\n    Image|exists: true\ncondition: sel"]);
    let mut checker = Checker::new(Arc::clone(&directory), &["other".to_owned(), "json".to_owned()]);
    let (record, place) = marked(r#"{"b":"«x»"}"#, JSON);
    let field = directory.field_position("Image").expect("a field");
    let finding = Finding { fields: vec![FieldPlace { field, place }], ..blank() };
    let mut check = |map: u32, expected| {
        let context = RecordContext::alone(record.as_bytes(), b"", map);
        compare(checker.check_finding(context, &finding, Depth::Claims), expected, &record);
    };
    check(0, Ok(1));
    check(1, OTHER);
    check(2, Ok(1));
}

#[test]
fn places_outside_their_text() {
    let directory = directory(&["sel:\n    a|exists: true\ncondition: sel"]);
    let field = directory.field_position("a").expect("a field");
    let check = |start: u32, end: u32, within: Within, expected| {
        let step = Step { span: Span { start, end }, encoding: RAW };
        let place = TextPlace { within, ..TextPlace::from(step) };
        let finding = Finding { fields: vec![FieldPlace { field, place }], ..blank() };
        let own = RecordBytes { bytes: br#"{"a":12}"#, frame: br#"{"a":345}"#, map: map("json") };
        let other = RecordBytes { bytes: br#"{"b":12}"#, frame: b"", map: map("json") };
        let others = |sequence| (sequence == 3).then_some(other);
        let context = RecordContext { own: Some(own), others: &others };
        let what = format!("{within:?} {start} {end}");
        compare(checker(&directory).check_finding(context, &finding, Depth::Claims), expected, &what);
        let tick = RecordContext { own: None, ..context };
        let expected = if matches!(within, Within::Other(_)) { expected } else { Err("has no record") };
        compare(checker(&directory).check_finding(tick, &finding, Depth::Claims), expected, &what);
    };
    check(5, 7, Within::Own, Ok(0));
    check(5, 9, Within::Own, Err("bytes 5 to 9 of the record lie outside it: it has 8 bytes"));
    check(7, 5, Within::Own, Err("lie outside"));
    check(u32::MAX, u32::MAX, Within::Own, Err("lie outside"));
    check(5, 8, Within::Frame, Ok(0));
    check(5, 7, Within::Frame, Err("bytes 5 to 7 of the record's frame are not the whole of a value"));
    check(5, 7, Within::Other(3), OTHER);
    check(5, 7, Within::Other(4), Ok(1));
}
