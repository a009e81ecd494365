//! Public rules on public data: SigmaHQ's rules, attack records, a reference engine's hits.
//!
//! Without the sandbox, for speed; that it makes no difference says `same_bytes`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use glassbox_check::{Depth, RecordContext};
use glassbox_finding::{Claim, Evidence, Finding, Logsource, Operator, Place};
use glassbox_oracle::engine::{Found, hits};
use glassbox_pack::Directory;
use glassbox_run::RunOptions;
use glassbox_tests::{
    data,
    native::{self, Native},
    packs, runs,
};

fn run(pack: &[u8], records: &[Vec<u8>]) -> Native {
    native::run(&mut native::engine(pack), &Logsource::default(), records, 1000)
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn at_most_one_public_rule_in_a_hundred_is_rejected() {
    let data = data::folder();
    let built = packs::sigma(&data);
    let rejected: Vec<_> = built.rejected().collect();
    eprintln!("{} rules loaded, {} rejected", built.metadata.len(), rejected.len());
    for account in &rejected {
        let file = Path::new(&account.file).file_name().unwrap_or_default().display().to_string();
        eprintln!("  {file}: {}", account.rejection().unwrap_or_default());
    }
    assert_eq!(built.metadata.len() + rejected.len(), built.accounts.len(), "every rule is accounted for");
    assert!(built.accounts.len() >= 3_100, "{} rules were given", built.accounts.len());
    assert!(rejected.len() * 100 <= built.accounts.len());
    assert!(rejected.iter().all(|account| account.rejection().is_some_and(|reason| reason.len() > 10)));
}

/// Hits of the reference engine on a file: line and rule.
fn reference(data: &Path, file: &str) -> BTreeSet<(usize, String, String)> {
    let lines = data::lines(&data.join("corpus/ALERTS.tsv.zst"));
    let hit = |line: Vec<u8>| {
        let line = String::from_utf8(line).expect("text");
        let columns: Vec<&str> = line.split('\t').collect();
        let number = (columns[0] == file).then(|| columns[1].parse::<usize>().expect("a number"))?;
        Some((number, columns[2].to_owned(), columns[3].to_owned()))
    };
    lines.filter_map(hit).collect()
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn attack_records_run_to_their_end_in_the_sandbox() {
    let data = data::folder();
    let pack = &packs::sigma(&data).bytes;
    let sets = ["evtx-hayabusa", "cloudtrail", "powershell_scriptblock", "mordor-other"];
    let lines: Vec<Vec<u8>> = sets.iter().flat_map(|name| data::corpus(&data, name)).collect();
    let records = runs::records(lines.iter().cloned());
    let options = RunOptions { threads: 2, ..runs::options() };
    let told = runs::run(&runs::deployment(runs::plugin(), pack), options, None, &records).expect("the run ends");
    let summary = &told.end.summary;
    assert_eq!((told.end.out_of_service, summary.faults.as_slice()), (None, [].as_slice()));
    assert_eq!(summary.findings + summary.quiet + summary.unscored + summary.outside, summary.records);
    assert_eq!(summary.records as usize, lines.len());
    let native = run(pack, &lines);
    assert_eq!(native.findings.iter().flatten().count(), told.found.len());
    assert_eq!(native.unscored, told.unscored.len());
    eprintln!("{} records: {} findings, {:?}", summary.records, summary.findings, summary.unscored_by_reason);
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn a_reference_engine_finds_no_more() {
    let data = data::folder();
    let pack = packs::sigma_all(&data);
    let known: BTreeSet<&str> = pack.metadata.iter().map(|rule| rule.id.as_str()).collect();
    let (mut given, mut missed, mut ours) = (0, BTreeMap::<String, usize>::new(), 0);
    for name in ["evtx-hayabusa", "evtx-sbousseaden", "evtx-sigma-regression"] {
        let native = run(&pack.bytes, &data::corpus(&data, name));
        ours += native.findings.iter().map(|finding| hits(finding.as_ref()).len()).sum::<usize>();
        for (line, rule, file) in reference(&data, &format!("{name}.ndjson")) {
            // The reference takes Sysmon's CreateKey events for deletions, which these two rules are about; the
            // taxonomy's category `registry_delete` is DeleteKey and DeleteValue.
            let create_key = ["registry_delete_removal_com_hijacking_registry_key.yml", "registry_delete_runmru.yml"];
            if create_key.contains(&file.as_str()) || !known.contains(rule.as_str()) {
                continue;
            }
            given += 1;
            if !hits(native.findings[line - 1].as_ref()).contains(rule.as_str()) {
                *missed.entry(file).or_default() += 1;
            }
        }
    }
    let missed_count: usize = missed.values().sum();
    eprintln!("{given} hits of the reference, {missed_count} not ours: {missed:?}; {ours} hits of ours");
    assert!(given > 1_900, "{given} hits of the reference");
    assert!(missed_count * 100 <= given, "{missed_count} of {given} are missed: {missed:?}");
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn nested_records_hit_as_flat_ones_do() {
    let data = data::folder();
    let pack = packs::sigma(&data);
    let flat = run(&pack.bytes, &data::corpus(&data, "bench20k"));
    let nested = run(&pack.bytes, &data::corpus(&data, "nested/bench20k"));
    assert_eq!(flat.findings.len(), nested.findings.len());
    let differ = |(_, (flat, nested)): &(usize, (BTreeSet<&str>, BTreeSet<&str>))| flat != nested;
    let pairs = flat.findings.iter().zip(&nested.findings);
    let pairs = pairs.map(|(flat, nested)| (hits(flat.as_ref()), hits(nested.as_ref())));
    let differing: Vec<_> = pairs.enumerate().filter(differ).take(10).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert!(flat.findings.iter().flatten().count() > 100);
}

/// The finding's pieces of evidence that no longer hold where one byte of the record is another, with that byte.
fn telling_bytes(finding: &Finding, directory: &Directory) -> Vec<(usize, usize)> {
    let telling = |(number, evidence): (usize, &Evidence)| {
        let Place::Text(place) = &evidence.place else { return None };
        let span = place.step.span;
        let operator = directory.claimed(evidence.claim)?.predicate.operator;
        let at = match (evidence.claim, operator) {
            // A role says of a value that it is there, whatever it is.
            (Claim::Role(_), _) => return None,
            (_, Operator::Equals | Operator::Contains | Operator::StartsWith) => span.start,
            (_, Operator::EndsWith) => span.end - 1,
            _ => return None,
        };
        (span.start < span.end).then_some((number, at as usize))
    };
    finding.evidence.iter().enumerate().filter_map(telling).collect()
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn every_finding_holds_on_its_record_and_on_no_other() {
    let data = data::folder();
    let pack = packs::sigma(&data);
    let (mut findings, mut changed) = (0, 0);
    for name in ["evtx-all", "nested/evtx-all", "cloudtrail"] {
        let records = data::corpus(&data, name);
        let mut engine = native::engine(&pack.bytes);
        let directory = engine.directory().clone();
        // Every finding was held to its record in the run.
        let native = native::run(&mut engine, &Logsource::default(), &records, 1000);
        for (record, found) in records.iter().zip(&native.findings) {
            let Some(Found { finding, map, .. }) = found else { continue };
            findings += 1;
            if findings % 10 != 0 {
                continue;
            }
            for (number, at) in telling_bytes(finding, &directory) {
                let mut other = record.clone();
                other[at] ^= 1;
                changed += 1;
                let context = RecordContext::alone(&other, &[], *map);
                let checked = engine.checker().check_finding(context, finding, Depth::Claims);
                assert!(checked.is_err(), "{name}: evidence {number} of {finding:?} at {at}");
            }
        }
    }
    eprintln!("{findings} findings hold; {changed} do not with one byte changed");
    assert!(findings > 2_000 && changed > 500, "{findings} findings, {changed} changes");
}
