//! The plugin of this workspace keeps the contract, and a certificate can be repeated.

use glassbox_conformance::{
    certify::{Certificate, Subject, Verdict, certify},
    rule_test,
};
use glassbox_deployment::{Deployment, embedded};
use glassbox_finding::{Logsource, Origin};
use glassbox_packs::{KnownAnswer, NamedFile, RuleInputs};
use glassbox_rules::compile::RuleFile;
use glassbox_sandbox::{Interruption, LoadOptions, Plugin, Protections, limits::Profile};

const RULE: &str = "
title: Listing of users
id: 5d9c7e0a-3f0b-4a52-9c55-5c2f6f1f0a01
status: test
level: medium
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\net.exe', CommandLine|contains: ' user'}
  own: {User: 'backup'}
  condition: selection and not own
";

fn deployment() -> Deployment {
    let file = RuleFile { path: "users.yml".to_owned(), text: RULE.to_owned() };
    let rules = vec![NamedFile { name: "users.yml".to_owned(), file }];
    let built = rule_test::build(RuleInputs { rules, ..RuleInputs::default() }).expect("the model is sound");
    assert_eq!(built.metadata.len(), 1);
    let protections = Protections { interruption: Interruption::Fuel, ..Protections::default() };
    let options = LoadOptions { protections, ..LoadOptions::default() };
    let plugin = Plugin::load(embedded::PLUGIN, &options).expect("it is admitted");
    let known = KnownAnswer {
        name: "a listing".to_owned(),
        record: record(0, "net user").into_bytes(),
        hint: hint(),
        expect: vec!["5d9c7e0a-3f0b-4a52-9c55-5c2f6f1f0a01".to_owned()],
    };
    Deployment::new(plugin, built.bytes).expect("sound").with_known_answers(vec![known])
}

fn hint() -> Logsource {
    let part = |part: &str| Some(part.to_owned());
    Logsource { product: part("windows"), category: part("process_creation"), service: None }
}

fn record(second: usize, command: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        r#"{{"UtcTime":"2026-11-17 10:{minute:02}:{second:02}.000","Computer":"host-{}","User":"anna","Image":"C:\\net.exe","CommandLine":"{command} {second}"}}"#,
        second % 3
    )
}

fn records() -> Vec<Vec<u8>> {
    let command = |at: usize| if at.is_multiple_of(4) { "net user" } else { "net view" };
    let odd = ["", "{\"a\":", "plain text"].map(|record| record.as_bytes().to_vec());
    (0..120).map(|at| record(at, command(at)).into_bytes()).chain(odd).collect()
}

fn certificate(deployment: &Deployment, records: &[Vec<u8>]) -> Certificate {
    certify(&Subject {
        deployment,
        records,
        origin: Origin::hinted(&hint()),
        fuel_per_record_max: 10_000_000,
        profile: Profile::Standard,
        seed: 0x5eed,
    })
}

#[test]
fn the_plugin_of_this_workspace_is_certified_and_the_certificate_is_repeated() {
    let (deployment, records) = (deployment(), records());
    let first = certificate(&deployment, &records);
    let not_passed = first.properties.iter().filter(|property| !matches!(property.verdict, Verdict::Passed(_)));
    assert_eq!(not_passed.collect::<Vec<_>>(), Vec::<&glassbox_conformance::certify::Property>::new());
    assert!(first.certified);
    assert_eq!((first.findings, first.records, first.unchecked), (30, 123, 0));
    assert_eq!(first.seed, "00000000000000000000000000005eed");
    assert_eq!(certificate(&deployment, &records), first);
}
