//! Every limit is reached by something, and what is said then names it.

use std::{collections::BTreeSet, path::PathBuf};

use glassbox::limits::HostLimits;
use glassbox_finding::{Origin, Settings};
use glassbox_report::WhyUnscored;
use glassbox_run::RunOptions;
use glassbox_sandbox::{Compiler, LoadOptions, Plugin};
use glassbox_tests::{
    ACTOR, hostile, packs,
    runs::{self, Told},
    workspace,
};

fn limits(set: &str) -> HostLimits {
    let mut limits = HostLimits::default();
    limits.set_all(set).unwrap_or_else(|error| panic!("{error}"));
    limits
}

fn load(bytes: &[u8], set: &str) -> Result<Plugin, String> {
    let options = LoadOptions { limits: limits(set).sandbox, ..LoadOptions::default() };
    Plugin::load(bytes, &options).map_err(|error| error.to_string())
}

/// What is said when a component is loaded under these limits, in a child where that is where they hold.
fn said_of_loading(bytes: &[u8], set: &str, compiler: Compiler) -> String {
    let options = LoadOptions { limits: limits(set).sandbox, compiler, ..LoadOptions::default() };
    match Plugin::load(bytes, &options) {
        Ok(_) => panic!("it is admitted under {set}"),
        Err(error) => error.to_string(),
    }
}

fn here(bytes: &[u8], set: &str) -> String {
    said_of_loading(bytes, set, Compiler::Here)
}

fn child(bytes: &[u8], set: &str) -> String {
    said_of_loading(bytes, set, Compiler::Child(PathBuf::from(env!("CARGO_BIN_EXE_under_attack"))))
}

/// What an instance says when it is started, configured, and asked everything, in words: the first fault.
fn said_of_calls(bytes: &[u8], set: &str) -> String {
    let plugin = load(bytes, set).unwrap_or_else(|error| panic!("{error}"));
    let ask = || -> Result<(), glassbox_sandbox::Fault> {
        let mut instance = plugin.start()?;
        instance.describe()?;
        let configured = instance.configure(b"GLASSBOX", Settings::default())?;
        if let Err(error) = configured {
            panic!("{error}");
        }
        let _ = instance.explain(b"!x", &Origin::default())?;
        instance.save()?.map(|_| ()).unwrap_or_default();
        let mut batch = glassbox_finding::Batch::default();
        batch.push(b"!x");
        let notes = instance.read(&batch)?.map(|reading| reading.notes).unwrap_or_default();
        let sequences: Vec<u64> = (1..=notes.len() as u64).collect();
        let _ = instance.judge(&notes, &sequences)?;
        Ok(())
    };
    ask().err().unwrap_or_else(|| panic!("no fault under {set}")).to_string()
}

fn run(bytes: &[u8], set: &str, records: &[String]) -> Told {
    let plugin = load(bytes, set).unwrap_or_else(|error| panic!("{error}"));
    let deployment = runs::deployment(&plugin, &packs::misbehaving().bytes);
    let records = runs::records(records.iter().map(String::as_str));
    let options = RunOptions { limits: limits(set).run, ..runs::options() };
    runs::run(&deployment, options, None, &records).expect("the run ends")
}

/// A hostile guest's core, changed: what it returns from a call is so large.
fn wat_guest(name: &str) -> &'static [u8] {
    hostile::ALL.iter().find(|guest| guest.name == name).expect("there is one").bytes
}

type Reach = fn() -> String;

/// Each limit with something that reaches it; what is said then.
const REACHED: &[(&str, Reach)] = &[
    ("component_bytes_max", || here(ACTOR, "component_bytes_max=1KiB")),
    ("core_modules_max", || here(&many("(core module)"), "core_modules_max=3")),
    ("nested_components_max", || here(&many("(component)"), "nested_components_max=3")),
    ("component_depth_max", || here(wat_guest("nested_component"), "component_depth_max=1")),
    ("functions_max", || here(ACTOR, "functions_max=3")),
    ("function_bytes_max", || here(ACTOR, "function_bytes_max=64")),
    ("function_locals_max", || here(ACTOR, "function_locals_max=1")),
    ("block_depth_max", || here(ACTOR, "block_depth_max=1")),
    ("branch_targets_max", || here(wat_guest("giant_branch_table"), "branch_targets_max=9\nfunction_bytes_max=7MiB")),
    ("compile_s_max", || child(wat_guest("slow_to_compile"), "compile_s_max=1\nclock_factor_max=100")),
    ("compile_memory_bytes_max", || child(wat_guest("slow_to_compile"), "compile_memory_bytes_max=48MiB")),
    ("compiled_bytes_max", || child(ACTOR, "compiled_bytes_max=1KiB")),
    ("memory_bytes_max", || here(ACTOR, "memory_bytes_max=64KiB")),
    ("memories_max", || here(wat_guest("many_memories"), "memories_max=2")),
    ("table_elements_max", || said_of_calls(wat_guest("table_bomb"), "table_elements_max=100")),
    ("tables_max", || here(&many("(core module (table 1 funcref))"), "tables_max=2")),
    ("core_instances_max", || here(&many("(core instance)"), "core_instances_max=2")),
    ("wasm_stack_bytes_max", || said_of_calls(wat_guest("deep_recursion"), "wasm_stack_bytes_max=32KiB")),
    ("thread_stack_bytes", || limits_said("wasm_stack_bytes_max=3MiB\nthread_stack_bytes=3MiB")),
    ("start_ms_max", || start_said(wat_guest("loop_in_start"), "start_ms_max=20")),
    ("configure_ms_max", || said_of_calls(wat_guest("loop_in_configure"), "configure_ms_max=20")),
    ("batch_ms_max", || said_of_calls(wat_guest("loop_in_read"), "batch_ms_max=20")),
    ("explain_ms_max", || said_of_calls(wat_guest("loop_in_explain"), "explain_ms_max=20")),
    ("state_ms_max", || said_of_calls(wat_guest("loop_in_save"), "state_ms_max=20")),
    ("explanation_bytes_max", || said_of_calls(wat_guest("huge_explanation"), "explanation_bytes_max=1KiB")),
    ("state_bytes_max", || said_of_calls(wat_guest("huge_state"), "state_bytes_max=1KiB")),
    ("reading_bytes_max", || said_of_calls(wat_guest("nested_amplification"), "reading_bytes_max=1KiB")),
    ("outcome_bytes_max", || said_of_calls(wat_guest("hundred_thousand_reasons"), "outcome_bytes_max=1KiB")),
    ("summary_bytes_max", || said_of_calls(wat_guest("huge_description"), "summary_bytes_max=1KiB")),
];

/// Limits that no message of a run names, as nobody is refused by them: each with the file and the name of a test that
/// shows that it is kept.
const KEPT: &[(&str, &str, &str)] = &[
    ("record_bytes_max", "tests/tests/it/limits.rs", "a_long_record_is_not_handed_over"),
    ("batch_bytes_max", "tests/tests/it/limits.rs", "batches_keep_their_limits"),
    ("batch_records_max", "tests/tests/it/limits.rs", "batches_keep_their_limits"),
    ("text_bytes_max", "tests/tests/it/limits.rs", "a_text_is_cut"),
    ("faulted_calls_per_batch_max", "tests/tests/it/limits.rs", "the_search_for_records_at_fault_ends"),
    ("faulted_batches_in_a_row_max", "tests/tests/it/limits.rs", "so_many_faulted_batches_end_the_service"),
    ("quarantine_faults_max", "tests/tests/it/quarantine.rs", "every_limit_of_quarantine_is_kept"),
    ("quarantine_window_ms", "tests/tests/it/quarantine.rs", "every_limit_of_quarantine_is_kept"),
    ("quarantine_ms_min", "tests/tests/it/quarantine.rs", "every_limit_of_quarantine_is_kept"),
    ("quarantine_ms_max", "tests/tests/it/quarantine.rs", "every_limit_of_quarantine_is_kept"),
    // A guest cannot wait, so none can show it.
    ("clock_factor_max", "host-harness/sandbox/src/engine.rs", "the_clock_ends_what_does_not_compute"),
    ("fuel_per_ms", "tests/tests/it/limits.rs", "fuel_interrupts_too"),
    ("reread_batches", "tests/tests/it/hostile.rs", "other_on_the_second_run"),
    ("replay_bytes_max", "tests/tests/it/limits.rs", "a_checkpoint_is_taken_when_readings_grow"),
    ("decompressed_bytes_max", "host-harness/source/src/tests.rs", "limits_of_unpacking_hold_for_every_form"),
    ("decompressed_ratio_max", "host-harness/source/src/tests.rs", "limits_of_unpacking_hold_for_every_form"),
    ("decompressed_bytes_free", "host-harness/source/src/tests.rs", "limits_of_unpacking_hold_for_every_form"),
    (
        "rule_file_bytes_max",
        "host-harness/packs/src/rule_files/tests.rs",
        "the_limits_of_rule_files_hold_and_are_named",
    ),
    (
        "rule_package_bytes_max",
        "host-harness/packs/src/rule_files/tests.rs",
        "the_limits_of_rule_files_hold_and_are_named",
    ),
    (
        "rule_package_files_max",
        "host-harness/packs/src/rule_files/tests.rs",
        "the_limits_of_rule_files_hold_and_are_named",
    ),
    ("unpacked_layers_max", "host-harness/source/src/tests/unpacking.rs", "limits_of_archives_are_named"),
    ("archive_members_max", "host-harness/source/src/tests/unpacking.rs", "limits_of_archives_are_named"),
    ("archive_spooled_bytes_max", "host-harness/source/src/tests/unpacking.rs", "limits_of_archives_are_named"),
    ("cache_entries_max", "host-harness/sandbox/src/cache.rs", "the_folder_stays_bounded"),
];

fn many(part: &str) -> Vec<u8> {
    let export = "(instance $i) (export \"glassbox:siem/detector@0.2.0\" (instance $i))";
    wat::parse_str(format!("(component {} {export})", part.repeat(5))).expect("it is WebAssembly")
}

fn limits_said(set: &str) -> String {
    let options = LoadOptions { limits: limits(set).sandbox, ..LoadOptions::default() };
    Plugin::load(ACTOR, &options).err().expect("they do not go together").to_string()
}

fn start_said(bytes: &[u8], set: &str) -> String {
    let plugin = load(bytes, set).unwrap_or_else(|error| panic!("{error}"));
    plugin.start().err().expect("it does not start").to_string()
}

#[test]
fn every_limit_is_reached_and_named() {
    for (name, reach) in REACHED {
        let said = reach();
        assert!(said.contains(name), "{name} is not named: {said}");
    }
}

#[test]
fn no_limit_is_forgotten() {
    let told: BTreeSet<&str> =
        REACHED.iter().map(|(name, _)| *name).chain(KEPT.iter().map(|(name, ..)| *name)).collect();
    let limits = HostLimits::default().values();
    let all: BTreeSet<&str> = limits.iter().map(|(limit, _)| limit.name).collect();
    assert_eq!(told, all);
    assert_eq!(REACHED.len() + KEPT.len(), limits.len(), "each one once");
    for (limit, file, test) in KEPT {
        let text = std::fs::read_to_string(workspace().join(file)).expect("it is there");
        assert!(
            text.contains(&format!("#[test]\n    fn {test}()")) || text.contains(&format!("#[test]\nfn {test}()")),
            "{limit}: {test}"
        );
    }
}

#[test]
fn a_long_record_is_not_handed_over() {
    let told = run(hostile::HONEST.bytes, "record_bytes_max=10", &["!short".to_owned(), "!much too long".to_owned()]);
    let [unscored] = told.unscored.as_slice() else { panic!("{:?}", told.unscored) };
    assert_eq!(unscored.why, WhyUnscored::TooLarge { bytes: 14, bytes_max: 10 });
}

#[test]
fn batches_keep_their_limits() {
    // One finding a batch: the honest guest notes the first record of each.
    let records: Vec<String> = (0..100).map(|number| format!("!record {number:>4}")).collect();
    let found = |set: &str| run(hostile::HONEST.bytes, set, &records).found.len();
    assert_eq!(found("batch_records_max=1000"), 1);
    assert_eq!(found("batch_records_max=10"), 10);
    // Records of 12 bytes each.
    assert_eq!(found("record_bytes_max=20\nbatch_bytes_max=60"), 20);
}

#[test]
fn a_text_is_cut() {
    let plugin = load(hostile::ESCAPE_SEQUENCES.bytes, "text_bytes_max=32").expect("it is admitted");
    let answer = plugin.start().expect("it starts").configure(b"any", Settings::default()).expect("no fault");
    let said = answer.expect_err("it refuses the pack").to_string();
    assert!(said.contains("gone…`"), "cut after 32 bytes: {said}");
}

#[test]
fn the_search_for_records_at_fault_ends() {
    let bad: Vec<String> = (0..64).map(|_| "!trap".to_owned()).collect();
    let unscored = |set: &str| {
        let told = run(ACTOR, set, &bad);
        let whole: u64 = told.end.summary.faults.iter().map(|fault| fault.records).sum();
        (told.unscored.len(), whole)
    };
    assert_eq!(unscored("faulted_calls_per_batch_max=1"), (64, 64));
    assert_eq!(unscored("faulted_calls_per_batch_max=1000"), (64, 64));
    // With one call nothing is searched for: a good record among bad ones is lost, too; with many it is found.
    let mut mixed = bad;
    mixed[7] = "!find".to_owned();
    assert_eq!(run(ACTOR, "faulted_calls_per_batch_max=1", &mixed).found.len(), 0);
    assert_eq!(run(ACTOR, "faulted_calls_per_batch_max=1000", &mixed).found.len(), 1);
}

#[test]
fn fuel_interrupts_too() {
    use glassbox_sandbox::{Interruption, Protections};
    let protections = Protections { interruption: Interruption::Fuel, ..Protections::default() };
    let options = LoadOptions {
        limits: limits("batch_ms_max=7\nfuel_per_ms=1000").sandbox,
        protections,
        ..LoadOptions::default()
    };
    let plugin = Plugin::load(hostile::LOOP_IN_READ.bytes, &options).expect("it is admitted");
    let mut instance = plugin.start().expect("it starts");
    assert!(instance.configure(b"any", Settings::default()).expect("no fault").is_ok());
    let mut batch = glassbox_finding::Batch::default();
    batch.push(b"!x");
    let said = instance.read(&batch).expect_err("it does not end").to_string();
    assert_eq!(said, "the plugin did not finish read with 7000 units of fuel (batch_ms_max)");
    assert!(instance.fuel_burnt().expect("fuel is counted") >= 6_990);
}

#[test]
fn so_many_faulted_batches_end_the_service() {
    let bad: Vec<String> = (0..5_000).map(|_| "!trap".to_owned()).collect();
    let told_why = |set: &str| run(ACTOR, set, &bad).end.out_of_service;
    // Batches of a thousand records, five of them.
    assert!(told_why("faulted_batches_in_a_row_max=2").is_some_and(|why| why.starts_with("2 batches in a row")));
    assert!(told_why("faulted_batches_in_a_row_max=5").is_some_and(|why| why.starts_with("5 batches in a row")));
    assert_eq!(told_why("faulted_batches_in_a_row_max=6"), None);
}

#[test]
fn a_checkpoint_is_taken_when_readings_grow() {
    // What the guest is asked is written down.
    let records: Vec<String> = (0..20).map(|number| format!("!{number}")).collect();
    let saves = |set: &str| {
        let plugin = load(ACTOR, set).unwrap_or_else(|error| panic!("{error}"));
        let mut deployment = runs::deployment(&plugin, &packs::misbehaving().bytes);
        let calls = runs::Calls::of(deployment.plugin_mut());
        let limits = limits(set).run;
        let options = RunOptions { batch_records_max: 2, checkpoint_batches: 1_000, limits, ..runs::options() };
        let records = runs::records(records.iter().map(String::as_str));
        let told = runs::run(&deployment, options, None, &records).expect("it ends");
        assert_eq!(glassbox_tests::judged_by_actor(&told.end.state), 20, "{set}");
        calls.count("save")
    };
    // One at the end; with the small limit also one after each of ten batches.
    assert_eq!((saves("replay_bytes_max=16MiB"), saves("replay_bytes_max=0")), (1, 11));
}
