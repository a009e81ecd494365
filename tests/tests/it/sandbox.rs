//! Plugins that misbehave: the host says what happened and finishes the job with every record accounted for.
//!
//! `guests/actor` does what a record tells it. Each deed stands among good records, whose fate must not change.

use std::{fs, sync::OnceLock};

use glassbox_deployment::{Deployment, embedded};
use glassbox_finding::Origin;
use glassbox_report::{Position, SourceRecord, WhyUnscored};
use glassbox_run::RunOptions;
use glassbox_sandbox::{CacheUse, LoadError, LoadOptions, Plugin, limits::Limits};
use glassbox_tests::{
    ACTOR, packs,
    runs::{self, Told},
};
use wasmparser::{Parser, Payload};

/// Short, so that endless loops end soon; counted in time of computing, so that a busy machine fails nobody.
const BATCH_MS_MAX: u64 = 60;

fn limits() -> Limits {
    Limits { batch_ms_max: BATCH_MS_MAX, clock_factor_max: 100, ..Limits::default() }
}

fn actor() -> &'static Plugin {
    static PLUGIN: OnceLock<Plugin> = OnceLock::new();
    PLUGIN.get_or_init(|| {
        let options = LoadOptions { limits: limits(), ..LoadOptions::default() };
        Plugin::load(ACTOR, &options).expect("its deeds do not show before it runs")
    })
}

fn act(records: &[SourceRecord], batch_records_max: usize, threads: usize) -> Told {
    let deployment = runs::deployment(actor(), &packs::misbehaving().bytes);
    // Checkpoints are frequent, so that faults meet fresh ones and older ones.
    let options = RunOptions { batch_records_max, threads, checkpoint_batches: 3, ..runs::options() };
    let told = runs::run(&deployment, options, None, records).expect("the run ends");
    let summary = &told.end.summary;
    assert_eq!(summary.records as usize, records.len());
    assert_eq!(summary.findings + summary.quiet + summary.unscored + summary.outside, summary.records);
    assert_eq!((summary.findings as usize, summary.unscored as usize), (told.found.len(), told.unscored.len()));
    assert!(told.end.memory_bytes_peak <= 64 << 20);
    told
}

/// Fifty good records, two of them worth a finding, and the bad ones after the 25th.
fn among_good_ones(bad: &[&str]) -> Vec<SourceRecord> {
    let good = |number| if number == 20 || number == 30 { "!find".to_owned() } else { format!("good {number}") };
    let before = (0..25).map(good);
    let after = (25..50).map(good);
    runs::records(before.chain(bad.iter().map(|&bad| bad.to_owned())).chain(after))
}

/// What the actor counted as judged.
fn judged(told: &Told) -> u64 {
    glassbox_tests::judged_by_actor(&told.end.state)
}

/// One bad record: it alone is unscored, for this reason, and the summary tells the fault.
fn check(bad: &str, call: &str, reason: &str) {
    for (batch_records, threads) in [(1000, 1), (7, 2)] {
        let told = act(&among_good_ones(&[bad]), batch_records, threads);
        let way = format!("{bad} in batches of {batch_records}");
        assert_eq!(told.end.out_of_service, None, "{way}");
        let [unscored] = told.unscored.as_slice() else { panic!("{way}: {:?}", told.unscored) };
        assert_eq!(unscored.position, Position::Line(26), "{way}");
        let WhyUnscored::Fault(why) = &unscored.why else { panic!("{way}: {unscored:?}") };
        assert!(why.contains(reason), "{way}: {why:?} does not say {reason:?}");
        assert_eq!(told.end.summary.unscored_by_reason, [("fault".to_owned(), 1)].into(), "{way}");
        let [fault] = told.end.summary.faults.as_slice() else { panic!("{way}: {:?}", told.end.summary.faults) };
        assert_eq!((fault.call, fault.records), (call, 1), "{way}");
        assert!(fault.what.contains(reason), "{way}: {fault:?}");
        let found: Vec<_> = told.found.iter().map(|found| found.position).collect();
        assert_eq!(found, [Position::Line(21), Position::Line(32)], "{way}");
        assert_eq!(told.end.summary.quiet, 48, "{way}");
        // After faults the judge went on from its last checkpoint, and no record counted twice or not at all.
        assert_eq!(judged(&told), 50, "{way}");
    }
}

#[test]
fn good_records_alone() {
    let told = act(&among_good_ones(&[]), 7, 2);
    assert_eq!((told.found.len(), told.unscored.len()), (2, 0));
    assert!(told.end.summary.faults.is_empty());
    assert_eq!(judged(&told), 50);
}

#[test]
fn read_loops_forever() {
    check("!loop", "read", &format!("did not finish read within {BATCH_MS_MAX} ms"));
}

#[test]
fn read_eats_memory() {
    check("!eat", "read", "bytes of memory in read, and may have 67108864");
}

#[test]
fn read_traps() {
    check("!trap", "read", "trapped in read");
}

#[test]
fn read_recurses() {
    check("!recurse", "read", "used up its stack of 524288 bytes in read");
    check("!recurse-wide", "read", "trapped in read: out of bounds memory access");
}

#[test]
fn read_returns_too_much() {
    check("!huge", "read", "returned more than");
}

#[test]
fn read_miscounts() {
    check("!nonsense-account", "read", "broke the contract in read");
}

#[test]
fn judge_does_not_add_up() {
    check("!nonsense-sum", "judge", "add up");
}

#[test]
fn judge_names_evidence_outside_the_record() {
    check("!nonsense-evidence", "judge", "lie outside");
}

#[test]
fn judge_names_evidence_that_does_not_hold() {
    check("!nonsense-place", "judge", "evidence 0");
}

#[test]
fn judge_is_more_than_certain() {
    check("!nonsense-probability", "judge", "1000001 is not a probability");
}

#[test]
fn judge_traps() {
    check("!judge-trap", "judge", "trapped in judge");
}

#[test]
fn judge_loops_forever() {
    check("!judge-loop", "judge", &format!("did not finish judge within {BATCH_MS_MAX} ms"));
}

#[test]
fn judge_loses_a_record() {
    check("!judge-lose", "judge", "broke the contract in judge");
}

#[test]
fn several_deeds_in_one_batch_are_told_apart() {
    let told = act(&among_good_ones(&["!trap", "!judge-trap", "still good", "!recurse"]), 1000, 1);
    assert_eq!(told.end.out_of_service, None);
    let unscored: Vec<_> = told.unscored.iter().map(|record| record.position).collect();
    assert_eq!(unscored, [26, 27, 29].map(Position::Line));
    let calls: Vec<_> = told.end.summary.faults.iter().map(|fault| (fault.call, fault.records)).collect();
    assert_eq!(told.end.summary.faults.len(), 3, "{calls:?}");
    assert!(calls.iter().all(|(_, records)| *records == 1), "{calls:?}");
    assert_eq!((told.found.len(), judged(&told)), (2, 51));
}

#[test]
fn what_is_too_much_at_once_is_asked_for_in_parts() {
    for batch_records in [1000, 7] {
        let told = act(&among_good_ones(&["!large", "!judge-large", "good", "!judge-large"]), batch_records, 2);
        assert_eq!((told.end.out_of_service.as_ref(), told.end.summary.faults.as_slice()), (None, [].as_slice()));
        let found: Vec<_> = told.found.iter().map(|found| found.position).collect();
        assert_eq!(found, [21, 27, 29, 35].map(Position::Line));
        assert_eq!((told.end.summary.quiet, told.unscored.len(), judged(&told)), (50, 0, 54));
    }
}

#[test]
fn after_three_bad_batches_in_a_row_it_is_out_of_service() {
    let bad = (0..50).map(|_| "!trap".to_owned());
    let records =
        runs::records((0..10).map(|_| "good".to_owned()).chain(bad).chain((0..40).map(|_| "!find".to_owned())));
    for threads in [1, 2] {
        let told = act(&records, 10, threads);
        let why = told.end.out_of_service.clone().expect("it is out of service");
        assert!(why.contains("3 batches in a row") && why.contains("trapped in read"), "{why}");
        assert!(!told.end.refused);
        assert_eq!((told.end.summary.quiet, told.found.len(), told.unscored.len()), (10, 0, 90));
        let faulted = told.unscored.iter().filter(|record| matches!(record.why, WhyUnscored::Fault(_))).count();
        assert_eq!(faulted, 30);
        assert!(told.unscored[30..].iter().all(|record| record.why == WhyUnscored::OutOfService(why.clone())));
    }
}

#[test]
fn bad_batches_now_and_then_do_not_end_the_service() {
    let line = |line| if line % 30 < 20 && line % 10 == 4 { "!trap".to_owned() } else { format!("good {line}") };
    let told = act(&runs::records((0..300).map(line)), 10, 2);
    assert_eq!(told.end.out_of_service, None);
    assert_eq!((told.unscored.len(), judged(&told)), (20, 280));
}

#[test]
fn quiet_to_everything_is_refused_by_known_answers() {
    let pack = packs::starter().bytes.clone();
    let deployment = Deployment::new(actor().clone(), pack).expect("the actor takes any pack");
    let known = deployment.known_answers();
    let told = runs::run(&deployment, runs::options(), None, &among_good_ones(&[])).expect("the run ends");
    assert!(told.end.refused);
    let why = told.end.out_of_service.expect("it is out of service");
    let first = known.iter().find(|answer| !answer.expect.is_empty()).expect("one that must hit");
    assert!(why.contains(&format!("known answer `{}` failed", first.name)), "{why}");
    assert!(why.contains(&first.expect[0]), "{why}");
    assert_eq!((told.found.len(), told.end.summary.quiet, told.unscored.len()), (0, 0, 50));
    assert!(told.unscored.iter().all(|record| matches!(record.why, WhyUnscored::OutOfService(_))));
}

#[test]
fn a_fault_ends_the_instance_and_no_other() {
    let mut good = actor().start().expect("it starts");
    let mut bad = actor().start().expect("it starts");
    let mut batch = glassbox_finding::Batch::default();
    batch.push(b"!trap");
    assert!(bad.read(&batch).is_err());
    let again = bad.save().expect_err("the instance is gone").to_string();
    assert!(again.contains("has met a fault before"), "{again}");
    assert_eq!(good.save().expect("no fault").map(|state| glassbox_tests::judged_by_actor(&state)), Ok(0));
    // An error that the guest itself returns is no fault.
    assert!(good.explain(b"x", &Origin::default()).expect("no fault").is_err());
    assert!(good.save().is_ok());
}

/// Bytes that are refused, and what the refusal says.
fn check_refused(bytes: &[u8], said: &[&str]) {
    let options = LoadOptions { limits: limits(), ..LoadOptions::default() };
    let error = match Plugin::load(bytes, &options) {
        Ok(_) => panic!("it must be refused: {said:?}"),
        Err(error) => error.to_string(),
    };
    for part in said {
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    }
    assert!(!error.contains('\n'), "{error:?} is one sentence");
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the test's text is WebAssembly")
}

/// A core module that no compiler takes: what stands beside it was refused before anything was compiled.
const POISON: &str = "(core module (func (result i32) i64.const 1))";

#[test]
fn what_is_no_plugin_is_refused() {
    check_refused(b"", &["not a WebAssembly component", "begin with"]);
    check_refused(b"MZ\x90\0 something else altogether", &["not a WebAssembly component"]);
    let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    check_refused(&noise, &["not a WebAssembly component"]);
    check_refused(&[b"\0asm", noise.as_slice()].concat(), &["damaged or not valid"]);
    check_refused(
        &wat("(module (func (export \"detect\")))"),
        &["core WebAssembly module", "glassbox plugin wrap MODULE -o PLUGIN"],
    );
    check_refused(&wat("(component)"), &["does not export `glassbox:siem/detector`", "exports nothing"]);
    check_refused(&vec![0; limits().component_bytes_max + 1], &["at most 8388608", "component_bytes_max"]);
}

#[test]
fn a_damaged_component_is_refused() {
    for end in [9, ACTOR.len() / 3, ACTOR.len() / 2, ACTOR.len() - 1] {
        check_refused(&ACTOR[..end], &["damaged or not valid", "copy or build it again"]);
    }
    // In the middle of the largest function: only the compiler sees it.
    let bodies = Parser::new(0).parse_all(ACTOR).filter_map(|payload| match payload.expect("the actor is whole") {
        Payload::CodeSectionEntry(body) => Some(body.range()),
        _ => None,
    });
    let largest = bodies.max_by_key(|body| body.end - body.start).expect("it has functions");
    let middle = (largest.start + largest.end) as usize / 2;
    let mut damaged = ACTOR.to_vec();
    damaged[middle..middle + 16].fill(0xff);
    check_refused(&damaged, &["damaged or not valid"]);
}

#[test]
fn imports_and_other_versions_are_refused_before_anything_is_compiled() {
    let export = |version| format!("(instance $i) (export \"glassbox:siem/detector@{version}\" (instance $i))");
    let import = "(import \"wasi:sockets/tcp@0.2.0\" (instance))";
    let other = wat(&format!("(component {import} {POISON} {})", export("0.2.0")));
    check_refused(&other, &["imports `wasi:sockets/tcp@0.2.0`", "a plugin imports nothing"]);
    let other = wat(&format!("(component {POISON} {})", export("0.9.0")));
    check_refused(&other, &["built against version 0.9.0", "this glassbox runs `0.2.0`"]);
    // The same poison is what is told once nothing else is wrong.
    check_refused(
        &wat(&format!("(component {POISON} {})", export("0.2.0"))),
        &["damaged or not valid", "type mismatch"],
    );
}

#[test]
fn the_right_name_with_another_shape_is_refused() {
    let shape = wat(r#"(component (instance $i) (export "glassbox:siem/detector@0.2.0" (instance $i)))"#);
    check_refused(&shape, &["is not what the contract says", "glassbox:siem"]);
}

#[test]
fn inspecting_says_what_loading_would() {
    let facts = Plugin::inspect(embedded::PLUGIN).expect("it is a component");
    assert_eq!(facts.digest, runs::plugin().digest());
    assert!(facts.admissible(&limits()).is_ok());
    let foreign = wat(r#"(component (import "wasi:clocks/now@0.2.0" (instance)))"#);
    let facts = Plugin::inspect(&foreign).expect("it is a component");
    assert!(matches!(facts.admissible(&limits()), Err(LoadError::Imports(_))));
    assert!(Plugin::inspect(&wat(&format!("(component {POISON})"))).is_err());
}

#[test]
fn a_tampered_cache_is_never_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = LoadOptions { limits: limits(), cache: Some(folder.path().to_owned()), ..LoadOptions::default() };
    let load = || {
        let plugin = Plugin::load(ACTOR, &options).expect("it is admitted");
        let mut instance = plugin.start().expect("it starts");
        assert_eq!(instance.describe().expect("no fault").name, "actor");
        plugin.cache_use().clone()
    };
    let entry = || {
        let files = fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
        files.filter(|path| path.extension().is_some_and(|it| it == "code")).collect::<Vec<_>>()
    };
    assert_eq!(load(), CacheUse::Stored);
    assert_eq!(load(), CacheUse::Hit);
    let [path] = entry().try_into().expect("one entry");
    let sound = fs::read(&path).expect("it is there");
    let mut flipped = sound.clone();
    flipped[sound.len() / 2] ^= 1;
    for (refused, tampered) in (1..).zip([flipped, sound[..sound.len() - 1].to_vec(), Vec::new()]) {
        fs::write(&path, tampered).expect("it can be written");
        let why = "its tag does not fit its content".to_owned();
        assert_eq!(load(), CacheUse::Rebuilt { why, refused }, "refused, counted, and built again");
        assert_eq!(load(), CacheUse::Hit);
    }
    // Another's secret: nothing that it vouched for counts.
    fs::write(folder.path().join("secret"), [7; 32]).expect("it can be written");
    assert!(matches!(load(), CacheUse::Rebuilt { refused: 4, .. }));
    assert_eq!(load(), CacheUse::Hit);
}
