//! What a finding is about: entities by the tables of fields and roles, each with its place.

use glassbox_finding::{Batch, EntityKind, Logsource, Origin, Settings};
use glassbox_pack::{Builder, MODEL, RULES};
use glassbox_plugin::Detector;
use glassbox_rules::compile::{RuleFile, compile};

/// A rule that every record below hits.
const RULE: &str = "title: Any\nid: any\nlogsource: {category: any}\nlevel: low\n\
                    detection:\n  selection:\n    Image|exists: true\n  condition: selection\n";

/// The plugin with the rule, for records of every logsource.
fn detector() -> Detector {
    let mut compiled = compile(&[RuleFile { path: "any.yml".to_owned(), text: RULE.to_owned() }]);
    assert_eq!(compiled.set.rules.len(), 1, "{:?}", compiled.accounts);
    compiled.set.logsources.fill(Logsource::default());
    let mut builder = Builder::new();
    builder.section(RULES, compiled.set.encode()).expect("a known section");
    let model = include_bytes!("../../../tests/guests/pack/model.json");
    builder.section(MODEL, model.to_vec()).expect("a known section");
    Detector::configure(&builder.build(), &Settings::default()).expect("the pack is sound").0
}

fn check(record: &str, expected: &[(EntityKind, &str)]) {
    let mut detector = detector();
    let reading = detector.read(&Batch::of_one(record.as_bytes(), &Origin::default())).expect("a good batch");
    let outcome = detector.judge(&reading.notes, &[1]).expect("its own notes");
    let [finding] = outcome.findings.as_slice() else { panic!("{record}: {outcome:?}") };
    let entities = finding.entities.iter();
    let entities: Vec<_> = entities
        .map(|entity| (entity.kind, entity.place.read(record.as_bytes()).expect("within the record").into_owned()))
        .collect();
    let expected: Vec<_> = expected.iter().map(|&(kind, name)| (kind, name.to_owned())).collect();
    assert_eq!(entities, expected, "{record}");
}

#[test]
fn entities_are_named_once_by_the_fields_with_roles() {
    check(
        r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":3,"Hostname":"h","User":"D\\u",
        "Image":"C:\\a.exe","SourceIp":"10.0.0.1","DestinationIp":"10.0.0.2","DestinationHostname":"-","SourceUser":"d\\U"}"#,
        &[
            (EntityKind::Host, "h"),
            (EntityKind::User, "D\\u"),
            (EntityKind::Process, "C:\\a.exe"),
            (EntityKind::Address, "10.0.0.1"),
            (EntityKind::Address, "10.0.0.2"),
        ],
    );
    check(
        r#"{"@timestamp":"1970-01-01T00:00:01.000Z","ecs":{"version":"8"},"host":{"name":"h","hostname":"h"},
        "user":{"name":"bob"},"process":{"executable":"/bin/nc","name":"nc"},"destination":{"ip":"10.0.0.2"}}"#,
        &[
            (EntityKind::Host, "h"),
            (EntityKind::User, "bob"),
            (EntityKind::Process, "/bin/nc"),
            (EntityKind::Address, "10.0.0.2"),
        ],
    );
}

#[test]
fn what_names_nothing_is_no_entity() {
    check(
        r#"{"EventID":1,"Image":"a.exe","Computer":"-","User":{"name":"x"},"SourceIp":""}"#,
        &[(EntityKind::Process, "a.exe")],
    );
}
