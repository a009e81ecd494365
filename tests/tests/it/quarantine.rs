//! Quarantine in a run that goes on and on: a plugin that keeps failing sits it out, and serves again afterwards.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use glassbox::limits::HostLimits;
use glassbox_report::WhyUnscored;
use glassbox_run::{Clock, FaultPolicy, RunOptions};
use glassbox_sandbox::{LoadOptions, Plugin};
use glassbox_tests::{
    ACTOR, packs,
    runs::{self, Told},
};

const BATCH_RECORDS: usize = 10;

fn options(clock: Clock) -> RunOptions {
    RunOptions { batch_records_max: BATCH_RECORDS, fault_policy: FaultPolicy::Quarantine(clock), ..runs::options() }
}

fn act(records: &[&str], limits: &str, clock: Clock) -> Told {
    let mut set = HostLimits::default();
    set.set_all(limits).unwrap_or_else(|error| panic!("{error}"));
    let plugin =
        Plugin::load(ACTOR, &LoadOptions { limits: set.sandbox, ..LoadOptions::default() }).expect("it is admitted");
    let deployment = runs::deployment(&plugin, &packs::misbehaving().bytes);
    let options = RunOptions { limits: set.run, ..options(clock) };
    let told = runs::run(&deployment, options, None, &runs::records(records.iter().copied()));
    let told = told.expect("the run ends");
    let summary = &told.end.summary;
    assert_eq!(summary.findings + summary.quiet + summary.unscored, records.len() as u64, "all are accounted for");
    told
}

/// Batches of bad records, then batches of good ones.
fn story(bad: usize, good: usize) -> Vec<&'static str> {
    let mut records = vec!["!trap"; bad * BATCH_RECORDS];
    records.extend(vec!["!find"; good * BATCH_RECORDS]);
    records
}

fn quarantines(told: &Told) -> usize {
    told.end.summary.faults.iter().filter(|fault| fault.call == "quarantine").count()
}

fn out_of_service(told: &Told) -> usize {
    told.unscored.iter().filter(|record| matches!(record.why, WhyUnscored::OutOfService(_))).count()
}

#[test]
fn a_plugin_serves_again_after_its_quarantine() {
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    // A second passes each time that somebody looks: at each fault, and at each batch while it lasts.
    let clock: Clock = || Duration::from_secs(SECONDS.fetch_add(1, Ordering::Relaxed));
    let told = act(&story(3, 40), "quarantine_ms_min=8s", clock);
    assert_eq!((quarantines(&told), told.end.out_of_service.as_deref()), (1, None), "{:?}", told.end.summary.faults);
    let lost = out_of_service(&told);
    // The batches of eight seconds, and those that were under way.
    assert!((5 * BATCH_RECORDS..20 * BATCH_RECORDS).contains(&lost), "{lost} records");
    assert_eq!(told.found.len(), 40 * BATCH_RECORDS - lost);
    let judged = glassbox_tests::judged_by_actor(&told.end.state);
    assert_eq!(judged as usize, told.found.len(), "it went on from where it was");
}

#[test]
fn a_plugin_that_fails_again_sits_longer() {
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    let clock: Clock = || Duration::from_secs(SECONDS.fetch_add(1, Ordering::Relaxed));
    let told = act(&story(120, 1), "quarantine_ms_min=2s\nquarantine_ms_max=1000s", clock);
    let lengths: Vec<_> = told
        .end
        .summary
        .faults
        .iter()
        .filter(|fault| fault.call == "quarantine")
        .filter_map(|fault| fault.what.split(' ').nth(2))
        .collect();
    assert!(lengths.len() >= 3, "{lengths:?}");
    assert_eq!(lengths[..3], ["2", "4", "8"]);
    assert_eq!(told.found.len() + told.unscored.len(), 121 * BATCH_RECORDS);
}

#[test]
fn faults_now_and_then_quarantine_nobody() {
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    let clock: Clock = || Duration::from_secs(SECONDS.fetch_add(31, Ordering::Relaxed));
    let records: Vec<&str> = (0..300).map(|line| if line % 20 == 4 { "!trap" } else { "!find" }).collect();
    let told = act(&records, "", clock);
    assert_eq!((quarantines(&told), out_of_service(&told), told.unscored.len()), (0, 0, 15));
}

/// What came of batches of bad records: how long each quarantine was, in seconds, in the words of the report.
fn lengths(bad: usize, limits: &str, clock: Clock) -> Vec<String> {
    let told = act(&story(bad, 1), limits, clock);
    let faults = told.end.summary.faults.iter().filter(|fault| fault.call == "quarantine");
    faults.filter_map(|fault| fault.what.split(' ').nth(2).map(str::to_owned)).collect()
}

#[test]
fn every_limit_of_quarantine_is_kept() {
    // All at one instant.
    let none: Clock = || Duration::ZERO;
    assert_eq!(lengths(2, "quarantine_faults_max=2\nquarantine_ms_min=7s", none), ["7"]);
    assert!(lengths(2, "quarantine_faults_max=3", none).is_empty());
    // Ten seconds from one fault to the next.
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    let slow: Clock = || Duration::from_secs(SECONDS.fetch_add(10, Ordering::Relaxed));
    let row = "faulted_batches_in_a_row_max=100";
    assert_eq!(lengths(3, &format!("{row}\nquarantine_window_ms=20s"), slow), ["60"]);
    assert!(lengths(3, &format!("{row}\nquarantine_window_ms=19s"), slow).is_empty());
    // Three in a row are enough, however slowly they come.
    assert_eq!(lengths(3, "quarantine_window_ms=19s", slow), ["60"]);
    let doubled = lengths(60, "quarantine_ms_min=20s\nquarantine_ms_max=50s", slow);
    assert_eq!(doubled[..3], ["20", "40", "50"]);
}

/// A plugin that fails at every record, and as late as it may, over a day: what it computes is what it takes from others
/// where all share one core, and it has to leave them 95 % of it.
#[test]
fn a_plugin_that_always_fails_leaves_the_others_their_time() {
    const DAY_S: u64 = 24 * 60 * 60;
    const STEP_S: u64 = 60;
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    let clock: Clock = || Duration::from_secs(SECONDS.fetch_add(STEP_S, Ordering::Relaxed));
    let plugin = Plugin::load(ACTOR, &LoadOptions::default()).expect("it is admitted");
    let limits = plugin.limits().clone();
    let mut deployment = runs::deployment(&plugin, &packs::misbehaving().bytes);
    let calls = runs::Calls::of(deployment.plugin_mut());
    // A batch a minute.
    let records = vec!["!trap"; (DAY_S / STEP_S) as usize * BATCH_RECORDS];
    let told = runs::run(&deployment, options(clock), None, &runs::records(records)).expect("the run ends");
    let passed = SECONDS.load(Ordering::Relaxed);
    assert!((DAY_S * 9 / 10..DAY_S * 11 / 10).contains(&passed), "{passed} s passed");
    assert_eq!(told.unscored.len() as u64, DAY_S / STEP_S * BATCH_RECORDS as u64, "all are accounted for");
    // Each call as long as it may last.
    let computed = calls.count("read") as u64 * limits.batch_ms_max / 1_000;
    assert!(computed > 60, "it was tried again and again: {computed} s");
    assert!(computed <= passed / 20, "{computed} s of {passed} s");
}
