//! The starter: made by its generator, loaded whole, and worth its first impression.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use glassbox_deployment::Deployment;
use glassbox_finding::Settings;
use glassbox_pack::Pack;
use glassbox_report::StoredFinding;
use glassbox_run::RunOptions;
use glassbox_tests::{
    golden, packs,
    runs::{self, Told},
    starter, workspace,
};
use serde_json::json;

fn day() -> Told {
    run(runs::options())
}

fn run(options: RunOptions) -> Told {
    let sources = runs::sources(starter::source_names());
    runs::run_sources(runs::starter(), options, None, sources, starter::records()).expect("the starter runs")
}

fn is_labelled(labels: &BTreeMap<(String, u64), String>, found: &StoredFinding) -> bool {
    labels.contains_key(&(found.source.clone(), starter::number(found.position)))
}

#[test]
fn the_generator_writes_the_committed_records() {
    let folder = tempfile::tempdir().expect("a folder");
    glassbox_starter_day::write_day(folder.path()).expect("the folder takes it");
    let committed = workspace().join("host-harness/glassbox/starter");
    let names = |folder: &std::path::Path| -> BTreeSet<_> {
        fs::read_dir(folder.join("records")).expect("a folder").map(|file| file.expect("a file").file_name()).collect()
    };
    assert_eq!(names(folder.path()), names(&committed));
    let files = names(&committed).into_iter().map(|name| std::path::Path::new("records").join(name));
    for file in files.chain(["labels.tsv".into()]) {
        let (made, kept) = (fs::read(folder.path().join(&file)), fs::read(committed.join(&file)));
        assert!(made.expect("it was made") == kept.expect("it is kept"), "{} differs", file.display());
    }
}

#[test]
fn every_rule_loads_and_every_known_answer_holds() {
    let built = packs::starter();
    let rejected: Vec<_> = built.rejected().collect();
    assert!(rejected.is_empty(), "{rejected:?}");
    let warned: Vec<_> = built.accounts.iter().filter(|account| !account.warnings.is_empty()).collect();
    assert!(warned.is_empty(), "{warned:?}");
    assert!(built.metadata.len() >= 40, "{} rules", built.metadata.len());
    let pack = Pack::parse(&built.bytes).expect("a sound pack");
    let known = pack.known_answers().expect("a sound section");
    assert!(
        known.iter().any(|answer| answer.expect.is_empty()) && known.iter().any(|answer| !answer.expect.is_empty())
    );
    let mut instance = runs::plugin().start().expect("it starts");
    let summary = instance.configure(&built.bytes, runs::settings()).expect("no fault").expect("the pack is taken");
    assert_eq!(summary.rules as usize, built.metadata.len());
    assert_eq!(summary.digest, pack.digest());
    let deployment = Deployment::new(runs::plugin().clone(), built.bytes.clone()).expect("they go together");
    assert_eq!(deployment.known_answers(), known);
    deployment.check_known_answers(&mut instance).expect("all hold");
}

#[test]
fn the_day_comes_out_as_it_did() {
    let told = day();
    let (labels, summary) = (starter::labels(), &told.end.summary);
    assert_eq!(summary.findings + summary.quiet + summary.unscored + summary.outside, summary.records);
    assert_eq!(summary.records as usize, starter::records().len());
    assert_eq!((summary.findings as usize, summary.unscored as usize), (told.found.len(), told.unscored.len()));
    assert_eq!((summary.outside, summary.faults.len()), (0, 0));
    let labelled = told.found.iter().filter(|found| is_labelled(&labels, found)).count();
    let stages = |all: &mut dyn Iterator<Item = &String>| {
        let mut counts = BTreeMap::<String, u64>::new();
        all.for_each(|stage| *counts.entry(stage.clone()).or_default() += 1);
        counts
    };
    let found =
        told.found.iter().filter_map(|found| labels.get(&(found.source.clone(), starter::number(found.position))));
    // By file: people know a rule by it.
    let files: BTreeMap<_, _> = packs::starter().metadata.iter().map(|rule| (&rule.id, &rule.file)).collect();
    let hits: BTreeMap<_, _> = summary.hits_by_rule.iter().map(|(rule, count)| (files[rule], count)).collect();
    let totals = json!({
        "records": summary.records,
        "findings": summary.findings,
        "quiet": summary.quiet,
        "unscored": summary.unscored_by_reason,
        "unrouted": summary.unrouted,
        "maps": summary.maps,
        "labelled": { "records": labels.len(), "with a finding": labelled },
        "not labelled": { "records": starter::records().len() - labels.len(), "with a finding": told.found.len() - labelled },
        "labelled records by stage": stages(&mut labels.values()),
        "labelled records with a finding by stage": stages(&mut { found }),
        "hits by rule": hits,
        "points": told.found.iter().map(|found| i64::from(found.finding.points)).sum::<i64>(),
    });
    golden::check("starter-day.json", &(serde_json::to_string_pretty(&totals).expect("plain data") + "\n"));
}

#[test]
fn most_of_the_intrusion_is_found_and_stands_on_top() {
    let (told, labels) = (day(), starter::labels());
    let labelled = told.found.iter().filter(|found| is_labelled(&labels, found)).count();
    assert!(labelled * 2 > labels.len(), "{labelled} of {} labelled records have a finding", labels.len());
    let mut ranked: Vec<&StoredFinding> = told.found.iter().collect();
    ranked.sort_by_key(|found| std::cmp::Reverse((found.finding.probability, found.finding.points)));
    let top = ranked.iter().take(10).filter(|found| is_labelled(&labels, found)).count();
    eprintln!("{labelled} of {} labelled records have a finding; {top} of the first 10 are labelled", labels.len());
    assert!(top >= 8, "{top} of the first 10 belong to the intrusion");
}

#[test]
fn a_time_window_leaves_nothing_unaccounted() {
    let whole = day().end.summary;
    // The hour in which the mailed document is opened: 17 November 2026, 10:00 to 11:00 UTC.
    let from = 1_794_909_600_000_000;
    let settings = Settings { from: Some(from), to: Some(from + 3_600_000_000), ..runs::settings() };
    let summary = run(RunOptions::new(settings)).end.summary;
    assert_eq!(summary.findings + summary.quiet + summary.unscored + summary.outside, summary.records);
    assert_eq!((summary.records, summary.unscored), (whole.records, whole.unscored));
    assert!(summary.outside > summary.records / 2 && summary.findings > 0 && summary.findings < whole.findings);
}
