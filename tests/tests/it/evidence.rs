//! Evidence is true: through the component, every finding on public records holds on its record, whatever kind of place
//! its evidence names, and on a record that was changed under the evidence it does not.

use std::{collections::BTreeMap, sync::OnceLock};

use glassbox::starter;
use glassbox_check::{Checker, Depth, PlaceFault, RecordBytes, RecordContext, Violation};
use glassbox_deployment::Deployment;
use glassbox_finding::{Batch, Encoding, Finding, Operator, Origin, Place, Predicate, Sequence, Span, TextPlace};
use glassbox_maps::MapId;
use glassbox_pack::directory::Claimed;
use glassbox_packs::{NamedFile, build};
use glassbox_sandbox::account;
use glassbox_tests::{data, packs, runs};

/// Rules that rest on each kind of place; the records beside them are of each schema that has such places.
const RULES: &[(&str, &str)] = &[
    ("json text", "{product: windows, service: system}|{s: {EventID: 7045, ImagePath|contains: evil}}"),
    ("raw text", "{service: sshd}|{k: [Failed password, 'invalid*user']}"),
    ("xml", "{product: linux, category: process_creation}|{s: {CommandLine|contains: '\"id\" && ls', User: null}}"),
    ("hex", "{product: linux, service: auditd}|{s: {a2|contains: '-la', type: EXECVE, a1: '-c', cwd|exists: false}}"),
    ("pair", "{product: windows, service: security}|{s: {SubjectUserName|fieldref: TargetUserName, EventID: 4624}}"),
    (
        "absent",
        "{product: windows, service: security}|{s: {EventID: 4625, IpAddress: null, WorkstationName|exists: false}}",
    ),
    ("a null", "{product: windows, service: security}|{s: {EventID: 4634, LogonType: null}}"),
    (
        "object",
        "{product: aws, service: cloudtrail}|{s: {requestParameters|contains: '\"k\":\"a\"', eventName|re: '^Cre'}}",
    ),
    (
        "numbers",
        "{product: windows, service: security}|{s: {EventID: 5156, DestPort|gte: 1024, DestAddress|cidr: 10.0.0.0/8}}",
    ),
];

const RECORDS: &[&str] = &[
    r#"{"EventID":7045,"Channel":"System","ImagePath":"C:\\a\\evil.exe"}"#,
    "Nov 17 10:42:36 web sshd[99]: Failed password for invalid the user ann from 10.0.0.1 port 22",
    "<34>1 2026-11-17T10:42:36.003Z web sshd 12 - - Failed password for ann",
    r#"<Event><System><Provider Name="Linux-Sysmon"/><EventID>1</EventID><Channel>Linux-Sysmon/Operational</Channel></System><EventData><Data Name="CommandLine">sh -c &quot;id&quot; &amp;&amp; ls</Data></EventData></Event>"#,
    r#"type=EXECVE msg=audit(1763376156.123:4711): argc=3 a0="sh" a1="-c" a2=6C73202D6C61"#,
    r#"{"EventID":4624,"Channel":"Security","SubjectUserName":"Ann","TargetUserName":"ANN"}"#,
    r#"{"Event":{"System":{"EventID":4624,"Channel":"Security"},"EventData":{"SubjectUserName":"\u0041nn","TargetUserName":"ann"}}}"#,
    r#"{"EventID":4625,"Channel":"Security","TargetUserName":"ann"}"#,
    r#"{"Event":{"System":{"EventID":4625,"Channel":"Security"},"EventData":{"TargetUserName":"ann"}}}"#,
    r#"{"EventID":4634,"Channel":"Security","LogonType":null}"#,
    r#"{"eventVersion":"1.08","eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventType":"AwsApiCall","requestParameters":{"tags":[{"k":"a"}]}}"#,
    r#"{"EventID":5156,"Channel":"Security","DestPort":"0x1F90","DestAddress":"10.1.2.3"}"#,
];

fn own_pack() -> &'static [u8] {
    static PACK: OnceLock<Vec<u8>> = OnceLock::new();
    PACK.get_or_init(|| {
        let file = |(number, (title, rule)): (usize, &(&str, &str))| {
            let (logsource, selections) = rule.split_once('|').expect("a logsource and selections");
            let selections = selections.strip_suffix('}').expect("a map");
            let text = format!(
                "title: {title}\nid: own-{number}\nlogsource: {logsource}\n\
                 detection: {selections}, condition: 1 of them}}\nlevel: low\n"
            );
            let path = format!("{title}.yml");
            NamedFile { name: path.clone(), file: glassbox_rules::compile::RuleFile { path, text } }
        };
        let files: Vec<_> = RULES.iter().enumerate().map(file).collect();
        let built = build(&files[..], starter::MODEL.as_bytes(), None, &[]).expect("a pack");
        let rejected: Vec<_> = built.rejected().collect();
        assert!(rejected.is_empty(), "{rejected:?}");
        built.bytes
    })
}

/// A finding of the component, with its record and the map that it was read by.
struct Found<'r> {
    record: &'r [u8],
    map: u32,
    finding: Finding,
}

/// The findings of the component.
fn found<'r>(deployment: &Deployment, lines: &'r [Vec<u8>]) -> Vec<Found<'r>> {
    let mut instance = deployment.start(runs::settings()).expect("it starts");
    let mut checker = deployment.checker();
    let mut found = Vec::new();
    for lines in lines.chunks(100) {
        let mut batch = Batch::of(Origin::default());
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).filter(|line| line.len() <= 64 << 10).collect();
        lines.iter().for_each(|line| batch.push(line));
        let reading = account::read(&mut instance, &batch, deployment.terms()).expect("no fault");
        let reading = reading.expect("it is not too much");
        let sequences: Vec<Sequence> = reading.noted.iter().map(|&index| index.into()).collect();
        let record = |sequence: Sequence| {
            let map = reading.class(sequence as usize)?.map;
            Some(RecordBytes { bytes: lines[sequence as usize], frame: &[], map })
        };
        let judged = account::judge(&mut instance, &mut checker, &reading.notes, &sequences, &record);
        for (finding, _) in judged.expect("no fault").findings {
            let index = finding.at as usize;
            let map = reading.class(index).expect("it is scored").map;
            found.push(Found { record: lines[index], map, finding });
        }
    }
    found
}

/// The kind of a place, as it is counted.
fn kind(place: &Place, operator: Operator) -> String {
    let encoding = |place: &TextPlace| match place.step.encoding {
        Encoding::Raw => "raw",
        Encoding::JsonString => "JSON string",
        Encoding::XmlText => "XML",
        Encoding::Hex => "hexadecimal",
        Encoding::CsvField => "CSV",
        Encoding::Backslash => "backslash",
        Encoding::Percent => "percent",
        Encoding::Base64 => "base64",
        Encoding::Utf16Le | Encoding::Utf16Be => "UTF-16",
    };
    match (place, operator) {
        (Place::Absent, _) => "absent field".to_owned(),
        (Place::Pair(..), _) => "pair".to_owned(),
        (Place::Text(_), Operator::Null) => "null".to_owned(),
        (Place::Text(place), Operator::Contains) => format!("part, {}", encoding(place)),
        (Place::Text(place), _) => format!("whole, {}", encoding(place)),
    }
}

/// Checks that none of a finding's evidence holds once the record is changed there; in how many ways it was changed. That it
/// holds on the record itself was checked when it was found.
fn check(
    deployment: &Deployment,
    checker: &mut Checker,
    found: &Found<'_>,
    kinds: &mut BTreeMap<String, usize>,
) -> usize {
    let mut ways = 0;
    let Found { record, map, finding } = found;
    for evidence in &finding.evidence {
        let claimed = deployment.directory().claimed(evidence.claim).expect("it was checked");
        *kinds.entry(kind(&evidence.place, claimed.predicate.operator)).or_default() += 1;
        // The piece alone: what else rests on these bytes must not be what is wrong.
        let alone = Finding {
            hits: Vec::new(),
            fields: Vec::new(),
            entities: Vec::new(),
            evidence: vec![evidence.clone()],
            ..finding.clone()
        };
        let map_id = MapId::of_name(&deployment.maps()[*map as usize]).expect("a map of this name");
        for changed in changes(record, map_id, &evidence.place, &claimed) {
            ways += 1;
            let context = RecordContext::alone(&changed, &[], *map);
            let checked = checker.check_finding(context, &alone, Depth::Claims);
            let text = String::from_utf8_lossy(&changed);
            let fault = match checked {
                Err(Violation::Evidence { fault, .. }) => fault,
                other => panic!("{evidence:?} still holds on {text}: {other:?}"),
            };
            // It is the claim that is wrong, and not only the place.
            let expected = matches!(
                fault,
                PlaceFault::DoesNotHold { .. }
                    | PlaceFault::NotThePart { .. }
                    | PlaceFault::Present { .. }
                    | PlaceFault::Null { .. }
            );
            // A part of an object or an array lies in syntax, which another byte breaks.
            let in_syntax = matches!(fault, PlaceFault::NotInAValue { .. }) && is_raw(&evidence.place);
            assert!(expected || in_syntax, "{fault} for {evidence:?} on {text}");
        }
    }
    ways
}

fn is_raw(place: &Place) -> bool {
    place.texts().all(|place| place.step.encoding == Encoding::Raw)
}

/// The record changed so that the predicate no longer holds there. Empty where no change of the same length makes it false.
fn changes(record: &[u8], map: MapId, place: &Place, claimed: &Claimed<'_>) -> Vec<Vec<u8>> {
    let Claimed { field, predicate, .. } = claimed;
    match place {
        Place::Absent => {
            let name = glassbox_maps::names(map, field.expect("an absent field has a name")).next();
            name.and_then(|name| inserted(record, &name.to_string())).into_iter().collect()
        }
        Place::Pair(left, _) => overwritten(record, left, |text| text != read(left, record)),
        Place::Text(place) if predicate.operator == Operator::Null => overwritten(record, place, |text| text != "null"),
        Place::Text(place) => {
            let Predicate { operator, operand, .. } = predicate.as_ref();
            let is_negative = *operator == Operator::NotEquals;
            // What the presence of anything satisfies, no other text makes false.
            if *operator == Operator::Exists || is_negative && operand.len() != read(place, record).len() {
                return Vec::new();
            }
            let test = predicate.compile().expect("it was used");
            overwritten(record, place, |text| match operator {
                Operator::Contains => test.find(text) != Some(0..text.len()),
                _ => test.find(text).is_none(),
            })
        }
    }
}

fn read(place: &TextPlace, record: &[u8]) -> String {
    place.read(record).expect("within the record").into_owned()
}

/// The place's bytes all replaced by one character, for the first of a few characters that make the predicate false. Places
/// of several steps are left alone: what is inside them has other syntaxes.
fn overwritten(record: &[u8], place: &TextPlace, makes_false: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let Span { start, end } = place.step.span;
    let filled = |byte: u8| {
        let mut changed = record.to_vec();
        changed[start as usize..end as usize].fill(byte);
        let is_false = place.further.is_empty() && start < end && makes_false(&read(place, &changed));
        is_false.then_some(changed)
    };
    // Digits are what all encodings and a number can hold.
    [b'9', b'0', b'7'].into_iter().filter_map(filled).take(1).collect()
}

/// The record with a value under a name that was absent, in the record's own syntax.
fn inserted(record: &[u8], name: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(record).ok()?;
    let last = name.rsplit('.').next()?;
    let changed = if let Some(rest) = text.strip_prefix('{') {
        // Objects are opened anew for the path; keys that are there twice all count.
        let path: String = name.split('.').map(|key| format!("{{\"{key}\":")).collect();
        let close = "}".repeat(name.split('.').count() - 1);
        format!("{path}\"x\"{close},{rest}")
    } else if text.starts_with('<') {
        text.replacen("</EventData>", &format!("<Data Name=\"{last}\">x</Data></EventData>"), 1)
    } else {
        format!("{} {name}=x", text.trim_end())
    };
    (changed.len() > text.len() && text != "{}").then(|| changed.into_bytes())
}

#[test]
fn every_kind_of_place_holds_on_its_record_and_not_on_a_changed_one() {
    let lines: Vec<Vec<u8>> = RECORDS.iter().map(|record| record.as_bytes().to_vec()).collect();
    let deployment = runs::deployment(runs::plugin(), own_pack());
    let (mut checker, mut kinds) = (deployment.checker(), BTreeMap::new());
    let found = found(&deployment, &lines);
    assert_eq!(found.len(), lines.len(), "each of the records is made to hit");
    let mut check = |found| check(&deployment, &mut checker, found, &mut kinds);
    let ways: usize = found.iter().map(&mut check).sum();
    assert!(ways >= found.len(), "{ways} changes of {} records", found.len());
    let all = [
        "absent field",
        "null",
        "pair",
        "part, JSON string",
        "part, XML",
        "part, hexadecimal",
        "part, raw",
        "whole, JSON string",
        "whole, raw",
    ];
    for kind in all {
        assert!(kinds.contains_key(kind), "{kind} is not among {kinds:?}");
    }
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn evidence_on_public_records_is_true() {
    let data = data::folder();
    let deployment = runs::deployment(runs::plugin(), &packs::sigma_all(&data).bytes);
    let (mut checker, mut kinds) = (deployment.checker(), BTreeMap::new());
    let mut lines = Vec::new();
    for (set, every) in
        [("evtx-all", 1), ("nested/evtx-all", 3), ("cloudtrail", 1), ("splunk", 5), ("process_creation", 3)]
    {
        lines.extend(data::corpus(&data, set).into_iter().step_by(every));
    }
    let found = found(&deployment, &lines);
    let mut check = |found| check(&deployment, &mut checker, found, &mut kinds);
    let ways: usize = found.iter().map(&mut check).sum();
    assert!(ways > 1_000, "{ways} changes");
    eprintln!("{} findings on {} records: {kinds:?}", found.len(), lines.len());
    assert!(found.len() > 3_000 && kinds.len() >= 5, "{} findings: {kinds:?}", found.len());
}
