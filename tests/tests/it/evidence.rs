//! Evidence is true: through the component, every finding on public records holds on its record, whatever kind of place
//! its evidence names, and on a record that was changed under the evidence it does not.

use std::{collections::BTreeMap, sync::OnceLock};

use glassbox::starter;
use glassbox_finding::{
    Checker, Encoding, Evidence, EvidenceFault, Operator, Place, Predicate, Span, TextPlace, quote,
};
use glassbox_packs::{NamedFile, build};
use glassbox_report::{Found, Position};
use glassbox_run::Service;
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

/// The findings of the component with the record of each.
fn found<'r>(pack: &[u8], lines: &'r [Vec<u8>]) -> Vec<(&'r [u8], Found)> {
    let mut service = Service::new(runs::plugin(), pack, runs::settings());
    service.threads = 2;
    let told = runs::run(&service, None, &runs::records(lines.iter().cloned())).expect("the run ends");
    assert_eq!((told.end.out_of_service, told.end.summary.faults.as_slice()), (None, [].as_slice()));
    let record = |found: &Found| match found.position {
        Position::Line(line) => lines[line as usize - 1].as_slice(),
        Position::Element(_) => unreachable!("records are lines here"),
    };
    told.found.into_iter().map(|found| (record(&found), found)).collect()
}

/// The kind of a place, as it is counted.
fn kind(evidence: &Evidence) -> &'static str {
    match (&evidence.place, evidence.predicate.operator) {
        (Place::Absent(_), _) => "absent field",
        (Place::Pair(..), _) => "pair",
        (Place::Text(_), Operator::Null) => "null",
        (Place::Text(place), Operator::Contains) => match place.encoding {
            Encoding::Raw => "part, raw",
            Encoding::JsonString => "part, JSON string",
            Encoding::XmlText => "part, XML",
            Encoding::Hex => "part, hexadecimal",
        },
        (Place::Text(place), _) => match place.encoding {
            Encoding::Raw => "whole, raw",
            Encoding::JsonString => "whole, JSON string",
            Encoding::XmlText => "whole, XML",
            Encoding::Hex => "whole, hexadecimal",
        },
    }
}

/// Checks that a finding holds, and that none of its evidence does once the record is changed there; in how many ways it was
/// changed.
fn check(checker: &mut Checker, record: &[u8], found: &Found, kinds: &mut BTreeMap<&'static str, usize>) -> usize {
    let mut ways = 0;
    let finding = &found.finding;
    checker.check(record, finding).unwrap_or_else(|error| panic!("{error}\n{finding:#?}"));
    for evidence in &finding.evidence {
        *kinds.entry(kind(evidence)).or_default() += 1;
        for (changed, honest) in changes(record, evidence) {
            ways += 1;
            let holds = checker.check_evidence(&changed, &honest);
            let text = String::from_utf8_lossy(&changed);
            assert!(holds.is_err(), "{honest:?} still holds on {text}");
            // It is not only the quote that is wrong, nor the place.
            let because = holds.expect_err("it does not hold");
            let expected = matches!(
                because,
                EvidenceFault::DoesNotHold { .. } | EvidenceFault::NotThePart { .. } | EvidenceFault::Absence(_)
            );
            assert!(expected, "{because} for {honest:?} on {text}");
        }
    }
    ways
}

/// The record changed so that the predicate no longer holds there, with evidence that quotes what is there now: all that
/// is false is the claim. Empty where no change of the same length makes it false.
fn changes(record: &[u8], evidence: &Evidence) -> Vec<(Vec<u8>, Evidence)> {
    match &evidence.place {
        Place::Absent(names) => inserted(record, &names[0]).map(|it| (it, evidence.clone())).into_iter().collect(),
        Place::Pair(left, _) => overwritten(record, *left, evidence, |text| text != read(*left, record)),
        Place::Text(place) if evidence.predicate.operator == Operator::Null => {
            overwritten(record, *place, evidence, |text| text != "null")
        }
        Place::Text(place) => {
            let Predicate { operator, operand, .. } = &evidence.predicate;
            let is_negative = *operator == Operator::NotEquals;
            // What the presence of anything satisfies, no other text makes false.
            if *operator == Operator::Exists || is_negative && operand.len() != read(*place, record).len() {
                return Vec::new();
            }
            let test = evidence.predicate.compile().expect("it was used");
            overwritten(record, *place, evidence, |text| match operator {
                Operator::Contains => test.find(text) != Some(0..text.len()),
                _ => test.find(text).is_none(),
            })
        }
    }
}

fn read(place: TextPlace, record: &[u8]) -> String {
    place.read(record).expect("within the record").into_owned()
}

/// The place's bytes all replaced by one character, for the first few characters that make the predicate false.
fn overwritten(
    record: &[u8],
    place: TextPlace,
    evidence: &Evidence,
    makes_false: impl Fn(&str) -> bool,
) -> Vec<(Vec<u8>, Evidence)> {
    let Span { start, end } = place.span;
    let filled = |byte: u8| {
        let mut changed = record.to_vec();
        changed[start as usize..end as usize].fill(byte);
        let text = read(place, &changed);
        let honest = Evidence { quote: quote(&text).to_owned(), ..evidence.clone() };
        (start < end && makes_false(&text)).then_some((changed, honest))
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
    let (mut checker, mut kinds) = (Checker::default(), BTreeMap::new());
    let found = found(own_pack(), &lines);
    assert_eq!(found.len(), lines.len(), "each of the records is made to hit");
    let ways: usize = found.iter().map(|(record, found)| check(&mut checker, record, found, &mut kinds)).sum();
    assert!(ways >= found.len(), "{ways} changes of {} records", found.len());
    let seen: Vec<&str> = kinds.keys().copied().collect();
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
        assert!(seen.contains(&kind), "{kind} is not among {seen:?}");
    }
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn evidence_on_public_records_is_true() {
    let data = data::folder();
    let (mut checker, mut kinds) = (Checker::default(), BTreeMap::new());
    let mut lines = Vec::new();
    for (set, every) in
        [("evtx-all", 1), ("nested/evtx-all", 3), ("cloudtrail", 1), ("splunk", 5), ("process_creation", 3)]
    {
        lines.extend(data::corpus(&data, set).into_iter().step_by(every));
    }
    let found = found(&packs::sigma_all(&data).bytes, &lines);
    let ways: usize = found.iter().map(|(record, found)| check(&mut checker, record, found, &mut kinds)).sum();
    assert!(ways > 1_000, "{ways} changes");
    eprintln!("{} findings on {} records: {kinds:?}", found.len(), lines.len());
    assert!(found.len() > 3_000 && kinds.len() >= 5, "{} findings: {kinds:?}", found.len());
}
