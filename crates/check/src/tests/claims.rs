//! Claims of evidence: what exists in the pack, what holds at a place, and what is absent.

use super::*;

const RECORD: &str = r#"{"Image":"C:\\Windows\\System32\\cmd.exe","ParentImage":"C:\\excel.exe","CommandLine":"cmd \/c WHOAMI","User":"a","Target":"A","Id":1,"Time":"2026-01-02T03:04:05Z","Ip":"10.1.2.3","Gone":null,"List":[]}"#;

fn place(encoding: Encoding, text: &str) -> TextPlace {
    let start = RECORD.find(text).expect("in the record") as u32;
    TextPlace::from(Step { span: Span { start, end: start + text.len() as u32 }, encoding })
}

fn image() -> Place {
    Place::Text(place(JSON, r"C:\\Windows\\System32\\cmd.exe"))
}

fn check_evidence(directory: &Arc<Directory>, evidence: Evidence, expected: Expected<'_>) {
    let what = format!("{evidence:?}");
    let finding = Finding { evidence: vec![evidence], ..blank() };
    let context = RecordContext::alone(RECORD.as_bytes(), b"", map("windows-flat"));
    compare(checker(directory).check_finding(context, &finding, Depth::Claims), expected, &what);
}

/// Checks the first predicate of a rule with this one line at a place.
fn check(line: &str, place: Place, expected: Expected<'_>) {
    let directory = directory(&[&format!("sel:\n    {line}\ncondition: sel")]);
    check_evidence(&directory, Evidence { claim: item(0, 0, 0), place }, expected);
}

#[test]
fn every_operator_is_looked_at_where_it_holds() {
    const FALSE: Expected<'_> = Err("does not hold");
    check(r"Image: c:\windows\system32\cmd.exe", image(), Ok(0));
    check(r"Image: c:\windows\system32\pmd.exe", image(), FALSE);
    check(r"Image|startswith: C:\Windows\", image(), Ok(0));
    check(r"Image|endswith: \CMD.exe", image(), Ok(0));
    check(r"Image|endswith|cased: \CMD.exe", image(), FALSE);
    check(r"Image: 'C:\\*\cmd.e?e'", image(), Ok(0));
    check(r"Image|re: '^C:.*\\cmd\.exe$'", image(), Ok(0));
    check(r"Image|re: '^D:'", image(), FALSE);
    check("Image|exists: true", image(), Ok(0));
    check("Id|lt: 2", Place::Text(place_of_id()), Ok(0));
    check("Id|gt: 2", Place::Text(place_of_id()), FALSE);
    check("Ip|cidr: 10.0.0.0/8", Place::Text(place(JSON, "10.1.2.3")), Ok(0));
    check("Ip|cidr: 11.0.0.0/8", Place::Text(place(JSON, "10.1.2.3")), FALSE);
    check("Time|hour: 3", Place::Text(place(JSON, "2026-01-02T03:04:05Z")), Ok(0));
    check("CommandLine|contains: whoami", Place::Text(place(JSON, "WHOAMI")), Ok(0));
    check("CommandLine|contains: whoami", Place::Text(place(JSON, r"\/c WHOAMI")), Err("more than the part"));
    check("Image|contains: whoami", Place::Text(place(JSON, "WHOAMI")), Err("does not call `Image`"));
    check(r"Image|endswith: \cmd.exe", Place::Text(place(JSON, r"\\cmd.exe")), Err("not the whole of a value"));
    check(r"ParentImage|endswith: \cmd.exe", image(), Err("`Image`, and the map does not call `ParentImage` so"));
}

/// The place of the number.
fn place_of_id() -> TextPlace {
    let TextPlace { step, .. } = place(RAW, "\"Id\":1");
    TextPlace::from(Step { span: Span { start: step.span.end - 1, ..step.span }, ..step })
}

#[test]
fn pairs_of_fields() {
    let pair = |one: &str, other: &str| {
        let at = |name: &str| {
            let start = RECORD.find(&format!("\"{name}\":\"")).expect("a member") as u32 + name.len() as u32 + 4;
            let end = start + RECORD[start as usize..].find('"').expect("an end") as u32;
            TextPlace::from(Step { span: Span { start, end }, encoding: JSON })
        };
        Place::Pair(at(one), at(other))
    };
    check("User|fieldref: Target", pair("User", "Target"), Ok(0));
    check("User|fieldref: Target", pair("User", "User"), Err("does not call `Target`"));
    check("User|fieldref: Target", pair("Target", "User"), Err("does not call `User`"));
    check("User|fieldref: Ip", pair("User", "Ip"), Err("does not hold"));
    check("Ip|fieldref: Target", pair("Ip", "Target"), Err("does not hold"));
    check("Image|exists: true", pair("Image", "User"), Err("Exists is not decided in such a place"));
    check("User|fieldref: Target", image(), Err("SameAs is not decided in such a place"));
}

#[test]
fn absences() {
    let null = || Place::Text(place(RAW, "null"));
    check("Other: null", Place::Absent, Ok(0));
    check("Gone: null", Place::Absent, Ok(0));
    check("Gone: null", null(), Ok(0));
    check("User: null", null(), Err("does not call `User`"));
    check("User: null", Place::Text(place(JSON, "WHOAMI")), Err("not the whole of a value"));
    check("Image: null", image(), Err("are not null"));
    check("Image: null", Place::Absent, Err("field `Image` is said to be absent, and bytes 10 to 40"));
    check("List|exists: false", Place::Absent, Ok(0));
    check("Gone|exists: false", Place::Absent, Err("`Gone` is said to be absent"));
    check("Other|exists: false", Place::Absent, Ok(0));
    check("Other|exists: false", image(), Err("Absent is not decided in such a place"));
    check("Other|exists: true", Place::Absent, Err("Exists is not decided in such a place"));
    check("Image: x", Place::Absent, Err("Equals is not decided in such a place"));
}

#[test]
fn absences_by_the_names_of_maps() {
    let check = |map_name: &str, record: &str, field: &str, expected: Expected<'_>| {
        let directory = directory(&[&format!("sel:\n    '{field}': null\ncondition: sel")]);
        let evidence = Evidence { claim: item(0, 0, 0), place: Place::Absent };
        let finding = Finding { evidence: vec![evidence], ..blank() };
        let context = RecordContext::alone(record.as_bytes(), b"", map(map_name));
        compare(checker(&directory).check_finding(context, &finding, Depth::Claims), expected, record);
    };
    const PRESENT: Expected<'_> = Err("is said to be absent");
    check("windows-flat/process-audit", r#"{"NewProcessName":"x"}"#, "Image", PRESENT);
    check("windows-flat", r#"{"NewProcessName":"x"}"#, "Image", Ok(0));
    check("windows-nested", r#"{"Event":{"EventData":{"Image":"x"}}}"#, "Image", PRESENT);
    check("windows-nested", r##"{"Event":{"EventData":{"Data":[{"@Name":"Image","#text":"x"}]}}}"##, "Image", PRESENT);
    check("windows-nested", r##"{"Event":{"EventData":{"Data":[{"@Name":"User","#text":"x"}]}}}"##, "Image", Ok(0));
    check("windows-nested", "<Event><EventData><Data Name='Image'>x</Data></EventData></Event>", "Image", PRESENT);
    check("windows-nested", "<Event><EventData><Data Name='Image'/></EventData></Event>", "Image", PRESENT);
    check("windows-nested", "<Event><EventData><Data Name='User'>Image</Data></EventData></Event>", "Image", Ok(0));
    check("json", r#"{"a":{"b":{"c":1}}}"#, "a.b.c", PRESENT);
    check("json", r#"{"a":{"b":{"c":1}}}"#, "a.b", PRESENT);
    check("json", r#"{"a":{"b":{"c":1}}}"#, "b", Ok(0));
    check("json", r#"{"a":{"b":[]}}"#, "a.b", Ok(0));
    check("json", r#"{"a":{"b":[null]}}"#, "a.b", Ok(0));
    check("auditd", "type=A msg=audit(1.2:3): exe=\"/bin/ls\"", "exe", PRESENT);
    check("auditd", "type=A msg=audit(1.2:3): exe=(null)", "exe", Ok(0));
    check("auditd", "type=A msg=audit(1.2:3): comm=\"exe\"", "exe", Ok(0));
    check("auditd", "Jan  2 03:04:05 h a: type=A msg=audit(1.2:3): uid=0", "exe", Ok(1));
    check("syslog", "<34>1 - host sshd: Failed", "Message", Ok(1));
    check("text", "anything", "Message", PRESENT);
    check("text", "anything", "User", Ok(0));
}

#[test]
fn claims_that_the_pack_does_not_have() {
    let directory = directory(&["sel:\n    Image|endswith: \\cmd.exe\n    User: [a, b]\ncondition: sel"]);
    let claim = |claim: Claim, expected| check_evidence(&directory, Evidence { claim, place: image() }, expected);
    claim(item(0, 0, 0), Ok(0));
    claim(item(0, 1, 1), Err("does not call `User`"));
    claim(item(1, 0, 0), Err("no predicate 0 of item 0 of rule 1"));
    claim(item(0, 2, 0), Err("no predicate 0 of item 2 of rule 0"));
    claim(item(0, 0, 1), Err("no predicate 1 of item 0 of rule 0"));
    claim(item(u32::MAX, u32::MAX, u32::MAX), Err("the pack has no"));
    let field = |name: &str| directory.field_position(name).expect("a field");
    claim(Claim::Role(field("Image")), Ok(0));
    claim(Claim::Role(field("ParentImage")), Err("does not call `ParentImage`"));
    claim(Claim::Role(9_999), Err("no field 9999"));
    let bin = |term, bin, predicate, field| Claim::Bin(TermBin { term, bin, predicate, field });
    let parent = Place::Text(place(JSON, r"C:\\excel.exe"));
    let at_parent = |claim, expected| check_evidence(&directory, Evidence { claim, place: parent.clone() }, expected);
    at_parent(bin(0, 0, Some(1), field("ParentImage")), Ok(0));
    at_parent(bin(0, 0, Some(0), field("ParentImage")), Err("does not hold"));
    at_parent(bin(0, 1, None, field("ParentImage")), Ok(0));
    at_parent(bin(0, 1, Some(0), field("ParentImage")), Err("the pack has no"));
    at_parent(bin(0, 0, Some(2), field("ParentImage")), Err("the pack has no"));
    at_parent(bin(0, 2, None, field("ParentImage")), Err("the pack has no"));
    at_parent(bin(9, 0, None, field("ParentImage")), Err("the pack has no"));
    at_parent(bin(0, 0, Some(1), field("Image")), Err("the pack has no term 0 that reads field"));
    let command = Place::Text(place(JSON, r"cmd \/c WHOAMI"));
    let at_command = |claim, expected| check_evidence(&directory, Evidence { claim, place: command.clone() }, expected);
    at_command(bin(1, 0, None, field("CommandLine")), Ok(0));
    at_command(bin(1, 1, None, field("CommandLine")), Err("does not hold"));
}

#[test]
fn entities_alerts_and_groups_are_whole_values() {
    let directory = directory(&["sel:\n    User: a\ncondition: sel"]);
    let field = directory.field_position("User").expect("a field");
    let user = || place(JSON, "a\",\"Target").clone();
    let user =
        || TextPlace::from(Step { span: Span { end: user().step.span.start + 1, ..user().step.span }, encoding: JSON });
    let image = || place(JSON, r"C:\\Windows\\System32\\cmd.exe");
    let entity = |place| Entity { kind: EntityKind::User, field, place };
    let window =
        |place| Subject::Window(Window { group: vec![entity(place)], from: 0, to: 0, records: vec![7], count: 1 });
    let alert = |name, severity| Some(Alert { name, severity: Some(severity) });
    let check = |finding: Finding, expected| {
        let context = RecordContext::alone(RECORD.as_bytes(), b"", map("windows-flat"));
        let what = format!("{finding:?}");
        compare(checker(&directory).check_finding(context, &finding, Depth::Claims), expected, &what);
    };
    check(Finding { entities: vec![entity(user())], ..blank() }, Ok(0));
    check(Finding { entities: vec![entity(image())], ..blank() }, Err("entity 0: bytes"));
    check(Finding { subject: window(user()), ..blank() }, Ok(0));
    check(Finding { subject: window(image()), ..blank() }, Err("entity 0 of the window's group"));
    check(Finding { alert: alert(image(), user()), ..blank() }, Ok(0));
    check(Finding { alert: alert(place(JSON, "WHOAMI"), user()), ..blank() }, Err("the alert's name: bytes"));
    check(Finding { alert: alert(user(), place(JSON, "WHOAMI")), ..blank() }, Err("the alert's severity: bytes"));
    check(Finding { alert: alert(user(), place(RAW, "null")), ..blank() }, Err("are null"));
}
