//! The same input gives the same bytes: run again, with more readers, with other batches, cut in two by a saved state,
//! and without the sandbox.

use std::sync::OnceLock;

use glassbox_deployment::{Deployment, embedded};
use glassbox_finding::{Batch, Logsource, Origin, ReadError, Settings};
use glassbox_oracle::engine::{Engine, Found};
use glassbox_report::{Finding, SourceRecord, StoredFinding};
use glassbox_run::{RunOptions, SourceInfo};
use glassbox_sandbox::{LoadOptions, Plugin, limits::Limits};
use glassbox_tests::{
    data, native, packs,
    runs::{self, Told},
    starter,
};

/// Records, the pack that they are run with, and the names of their sources.
struct Case {
    deployment: &'static Deployment,
    records: Vec<SourceRecord>,
    source_names: Vec<String>,
    hint: Logsource,
    /// Findings that there are at least, so that the comparison says something.
    findings_min: usize,
    /// Readers and the records of a batch, beyond the first run's.
    ways: &'static [(usize, usize)],
}

impl Case {
    fn run(&self, threads: usize, batch_records_max: usize, state: Option<Vec<u8>>, records: &[SourceRecord]) -> Told {
        self.run_from(1, threads, batch_records_max, state, records)
    }

    /// The first record has this sequence.
    fn run_from(
        &self,
        first_sequence: u64,
        threads: usize,
        batch_records_max: usize,
        state: Option<Vec<u8>>,
        records: &[SourceRecord],
    ) -> Told {
        let options = RunOptions { threads, batch_records_max, first_sequence, ..runs::options() };
        let origin = Origin::hinted(&self.hint);
        let source = |name: &String| SourceInfo { name: name.clone(), origin: origin.clone() };
        let sources = self.source_names.iter().map(source).collect();
        let told = runs::run_sources(self.deployment, options, state, sources, records).expect("the run ends");
        assert_eq!(told.end.out_of_service, None);
        assert!(told.end.summary.faults.is_empty(), "{:?}", told.end.summary.faults);
        told
    }
}

/// The starter's day; it is small enough for every way.
fn starter_case() -> Case {
    Case {
        deployment: runs::starter(),
        records: starter::records().to_vec(),
        source_names: starter::source_names(),
        hint: Logsource::default(),
        findings_min: 100,
        ways: &[(1, 1000), (1, 7), (2, 1000), (4, 7), (2, 1)],
    }
}

/// Some records of public data sets, of several shapes, with all public rules.
fn public_case() -> &'static Case {
    static CASE: OnceLock<Case> = OnceLock::new();
    static DEPLOYMENT: OnceLock<Deployment> = OnceLock::new();
    CASE.get_or_init(|| {
        let data = data::folder();
        let sets = [("evtx-all", 23), ("splunk", 97), ("nested/bench20k", 211), ("cloudtrail", 37)];
        let mut records = Vec::new();
        for (source, (name, every)) in sets.iter().enumerate() {
            let picked = runs::records(data::corpus(&data, name)).into_iter().step_by(*every);
            records.extend(picked.map(|record| SourceRecord { source: source as u32, ..record }));
        }
        Case {
            deployment: DEPLOYMENT.get_or_init(|| runs::deployment(runs::plugin(), &packs::sigma(&data).bytes)),
            records,
            source_names: sets.iter().map(|(name, _)| (*name).to_owned()).collect(),
            hint: Logsource::default(),
            findings_min: 50,
            ways: &[(2, 1000), (4, 7)],
        }
    })
}

fn check_ways(case: &Case) {
    let first = case.run(1, 1000, None, &case.records);
    assert!(first.found.len() >= case.findings_min, "{} findings", first.found.len());
    let (findings, state) = (first.json(), &first.end.state);
    for &(threads, batch_records) in case.ways {
        let told = case.run(threads, batch_records, None, &case.records);
        let way = format!("{threads} readers, batches of {batch_records}");
        assert!(told.json() == findings, "other findings with {way}");
        assert_eq!(told.unscored, first.unscored, "{way}");
        assert!(told.end.state == *state, "another state with {way}");
        let mut summary = told.end.summary;
        summary.threads = first.end.summary.threads;
        assert_eq!(summary, first.end.summary, "{way}");
    }
}

/// The findings as JSON, with their provenance and without their ids.
fn without_ids(told: &Told) -> String {
    let without = |found: &StoredFinding| {
        let found = StoredFinding { id: String::new(), ..found.clone() };
        serde_json::to_string(&found).expect("plain data") + "\n"
    };
    told.found.iter().map(without).collect()
}

fn check_cut_in_two(case: &Case) {
    let whole = case.run(2, 1000, None, &case.records);
    assert!(whole.found.len() >= case.findings_min, "{} findings", whole.found.len());
    for at in [1, case.records.len() / 2, case.records.len() - 1] {
        let (before, after) = case.records.split_at(at);
        let one = case.run(1, 64, None, before);
        let other = case.run_from(at as u64 + 1, 2, 50, Some(one.end.state.clone()), after);
        assert!(other.end.restored.kept.iter().any(|section| section.starts_with("rule-on-entity/")));
        assert!(other.end.restored.dropped.is_empty(), "{:?}", other.end.restored.dropped);
        // What a source is known by is its first record, and the second run begins in the middle of one: so the ids of that
        // source's findings are others.
        let said = without_ids(&one) + &without_ids(&other);
        assert!(said == without_ids(&whole), "other findings when cut at {at}");
        assert!(other.end.state == whole.end.state, "another state when cut at {at}");
    }
}

fn check_native(case: &Case) {
    let told = case.run(2, 100, None, &case.records);
    assert!(told.found.len() >= case.findings_min, "{} findings", told.found.len());
    let records: Vec<&[u8]> = case.records.iter().map(|record| record.bytes.as_slice()).collect();
    let native = native::run(&mut native::engine(case.deployment.pack()), &case.hint, &records, 30);
    let mut found = told.found.iter();
    for (record, finding) in case.records.iter().zip(&native.findings) {
        let Some(finding) = finding else { continue };
        let sandboxed = found.next().expect("the sandbox finds as much");
        assert_eq!(case.source_names[record.source as usize], sandboxed.source);
        assert_eq!(record.position, sandboxed.position);
        assert_eq!(finding.joined, sandboxed.finding);
    }
    assert!(found.next().is_none(), "the sandbox finds more");
    assert_eq!(native.unscored, told.unscored.len());
    assert!(native.state == told.end.state, "another state without the sandbox");
}

#[test]
fn the_starter_in_every_way() {
    check_ways(&starter_case());
}

#[test]
fn the_starter_cut_in_two() {
    check_cut_in_two(&starter_case());
}

#[test]
fn the_starter_without_the_sandbox() {
    check_native(&starter_case());
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn public_records_in_every_way() {
    check_ways(public_case());
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn public_records_cut_in_two() {
    check_cut_in_two(public_case());
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn public_records_without_the_sandbox() {
    check_native(public_case());
}

#[test]
fn a_batch_with_much_to_say_is_given_in_parts() {
    let mut case = starter_case();
    // As many as a batch holds of the record with the most to say.
    let told = case.run(2, 1000, None, &case.records);
    let most = told.found.iter().max_by_key(|found| found.finding.evidence.len()).expect("there are findings");
    let is_most = |record: &&SourceRecord| {
        (&case.source_names[record.source as usize], record.position) == (&most.source, most.position)
    };
    let bytes = case.records.iter().find(is_most).expect("it is among them").bytes.clone();
    let count = ((1 << 20) / bytes.len()).min(1000);
    let mut batch = Batch::default();
    (0..count).for_each(|_| batch.push(&bytes));
    // Less than the notes of all of them.
    let limits = Limits { reading_bytes_max: 256 << 10, ..Limits::default() };
    let settings = Settings { limits: limits.of_guest(), ..runs::settings() };
    let refused = Engine::new(case.deployment.pack(), &settings).expect("sound").detector.read(&batch);
    assert_eq!(refused, Err(ReadError::ReadingTooLarge), "{count} records of {} bytes", bytes.len());
    let plugin = Plugin::load(embedded::PLUGIN, &LoadOptions { limits, ..LoadOptions::default() });
    let deployment = runs::deployment(&plugin.expect("it is admitted"), case.deployment.pack());
    case.deployment = Box::leak(Box::new(deployment));
    case.records = runs::records(vec![bytes; count]);
    case.findings_min = count;
    case.ways = &[(1, 10)];
    check_ways(&case);
}

#[test]
fn an_explanation_is_the_same_without_the_sandbox() {
    let case = starter_case();
    let mut instance = runs::plugin().start().expect("it starts");
    instance.configure(case.deployment.pack(), runs::settings()).expect("no fault").expect("the pack is taken");
    let mut engine = native::engine(case.deployment.pack());
    let origin = Origin::hinted(&case.hint);
    assert!(case.records.len() > 29 * 50, "{} records", case.records.len());
    for record in case.records.iter().step_by(29) {
        let sandboxed = instance.explain(&record.bytes, &origin).expect("no fault");
        assert_eq!(sandboxed, engine.detector.explain(&record.bytes, &origin), "{:?}", record.position);
    }
}

#[test]
fn findings_do_not_depend_on_the_seed() {
    let case = starter_case();
    let records: Vec<&[u8]> = case.records.iter().map(|record| record.bytes.as_slice()).collect();
    let pack = case.deployment.pack();
    // Read in halves below, so that sequences begin again there.
    let findings = |found: Vec<Option<Found>>| -> Vec<Option<Finding>> {
        found.into_iter().map(|found| found.map(|found| found.joined)).collect()
    };
    let whole = findings(native::run(&mut native::engine(pack), &case.hint, &records, 1_000).findings);
    assert!(whole.iter().flatten().count() >= case.findings_min);
    for number in 0..20_u128 {
        // Any numbers, the same every time.
        let seed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        // In two halves, so that what the first one saves is seen to be the same, too.
        let (morning, evening) = records.split_at(records.len() / 2);
        let first = native::run(&mut native::engine_under(seed, pack), &case.hint, morning, 1_000);
        let mut engine = native::engine_under(seed, pack);
        engine.detector.restore(&first.state).expect("its own state");
        let second = native::run(&mut engine, &case.hint, evening, 1_000);
        let halves = findings(first.findings.into_iter().chain(second.findings).collect());
        let differing = whole.iter().zip(&halves).position(|(whole, half)| whole != half);
        assert_eq!(differing, None, "under seed {seed:x}");
    }
}
