//! One oracle for every hostile guest, and what each one comes to.
//!
//! Whatever a guest tries: the host lives, an honest plugin beside it says the same bytes as without the attack, every
//! record is accounted for, memory grows by no more than one plugin's limit and 32 MiB, the fault is in what the run
//! reports, and the next healthy work succeeds. A guest without a test of its name does not compile.

use std::process::Command;

use glassbox_finding::Settings;
use glassbox_run::RunOptions;
use glassbox_sandbox::{LoadOptions, Plugin, limits::Limits};
use glassbox_tests::{
    hostile::{self, Hostile, Report},
    packs,
    runs::{self, Told},
};

macro_rules! has_a_test {
    ($($name:ident),+) => {
        $(#[allow(unused_imports, reason = "it need only exist")] use self::$name as _;)+
    };
}
glassbox_tests::for_each_hostile!(has_a_test);

/// What all attacks have in common, checked; what the host saw.
#[track_caller]
fn oracle(guest: Hostile) -> Report {
    let program = env!("CARGO_BIN_EXE_under_attack");
    let cache = format!("{}/cache-under-attack", env!("CARGO_TARGET_TMPDIR"));
    let output = Command::new(program).args([guest.name, &cache]).output().expect("the host starts");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the host did not survive {}: {} {talk}", guest.name, output.status);
    let report: Report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {talk}"));
    assert!(report.others_same, "{}: another plugin was disturbed", guest.name);
    assert!(report.healthy_after, "{}: nothing works any more", guest.name);
    assert_eq!(report.accounted, report.records, "{}: {report:?}", guest.name);
    let growth_max = (Limits::default().memory_bytes_max + (32 << 20)) as u64;
    assert!(report.growth_bytes <= growth_max, "{}: {} bytes", guest.name, report.growth_bytes);
    let said = report.refused.iter().chain(report.faults.iter().map(|(_, what)| what)).chain(&report.out_of_service);
    for text in said {
        assert!(!text.chars().any(glassbox_explain::clean::is_misleading), "{}: {text:?}", guest.name);
        assert!(text.len() < 4_096, "{}: {} bytes", guest.name, text.len());
    }
    report
}

/// A guest that is not admitted, and what the refusal says.
#[track_caller]
fn refused(guest: Hostile, parts: &[&str]) {
    let report = oracle(guest);
    let said = report.refused.clone().unwrap_or_else(|| panic!("{} was admitted: {report:?}", guest.name));
    for part in parts {
        assert!(said.contains(part), "{}: {said:?} does not say {part:?}", guest.name);
    }
}

/// A guest that faults in a call, and what the fault says.
#[track_caller]
fn faulted(guest: Hostile, call: &str, parts: &[&str]) -> Report {
    let report = oracle(guest);
    assert_eq!(report.refused, None, "{}", guest.name);
    let fault = report.faults.iter().find(|(at, what)| at == call && parts.iter().all(|part| what.contains(part)));
    assert!(fault.is_some(), "{}: no fault in {call} says {parts:?}: {report:?}", guest.name);
    report
}

/// A guest that faults at every record: nothing of what it says counts.
#[track_caller]
fn faulted_always(guest: Hostile, call: &str, parts: &[&str]) {
    let report = faulted(guest, call, parts);
    assert!(report.out_of_service.is_some(), "{}: {report:?}", guest.name);
    assert_eq!(report.findings, 0, "{}: {report:?}", guest.name);
}

/// A guest whose attempt comes to nothing: no fault, and every record as an honest one would have it.
#[track_caller]
fn nothing_came_of_it(guest: Hostile) -> Report {
    let report = oracle(guest);
    assert_eq!((report.refused.as_deref(), report.faults.as_slice()), (None, [].as_slice()), "{}", guest.name);
    assert_eq!((report.records, report.unscored), (60, 0), "{}", guest.name);
    report
}

#[test]
fn honest() {
    assert_eq!(nothing_came_of_it(hostile::HONEST).findings, 6);
}

// ---- time ----

#[test]
fn loop_in_read() {
    faulted_always(hostile::LOOP_IN_READ, "read", &["did not finish read within 60 ms (batch_ms_max)"]);
}

#[test]
fn loop_in_judge() {
    faulted_always(hostile::LOOP_IN_JUDGE, "judge", &["did not finish judge within 60 ms (batch_ms_max)"]);
}

#[test]
fn loop_in_advance() {
    faulted(hostile::LOOP_IN_ADVANCE, "advance", &["did not finish advance within 60 ms (batch_ms_max)"]);
}

#[test]
fn loop_in_view() {
    faulted(hostile::LOOP_IN_VIEW, "view", &["did not finish view within 60 ms (batch_ms_max)"]);
}

#[test]
fn loop_in_start() {
    refused(hostile::LOOP_IN_START, &["did not finish start within 200 ms (start_ms_max)"]);
}

#[test]
fn loop_in_allocation() {
    faulted_always(hostile::LOOP_IN_ALLOCATION, "configure", &["did not finish configure within 200 ms"]);
}

#[test]
fn loop_in_post_return() {
    refused(hostile::LOOP_IN_POST_RETURN, &["cannot be asked who it is", "did not finish describe within 200 ms"]);
}

#[test]
fn loop_in_configure() {
    faulted_always(hostile::LOOP_IN_CONFIGURE, "configure", &["within 200 ms (configure_ms_max)"]);
}

#[test]
fn loop_in_explain() {
    faulted(hostile::LOOP_IN_EXPLAIN, "explain", &["did not finish explain within 200 ms (explain_ms_max)"]);
}

#[test]
fn loop_in_save() {
    faulted(hostile::LOOP_IN_SAVE, "save", &["did not finish save within 200 ms (state_ms_max)"]);
}

// ---- space ----

#[test]
fn memory_bomb() {
    faulted_always(hostile::MEMORY_BOMB, "read", &["bytes of memory in read", "67108864 (memory_bytes_max)"]);
}

#[test]
fn many_memories() {
    refused(hostile::MANY_MEMORIES, &["the component has 21 memories", "memories_max"]);
}

#[test]
fn memories_together() {
    faulted_always(hostile::MEMORIES_TOGETHER, "read", &["bytes of memory in read", "memory_bytes_max"]);
}

#[test]
fn instances_multiplied() {
    // One memory of them is written down, forty would be made.
    refused(hostile::INSTANCES_MULTIPLIED, &["too many parts", "memories_max"]);
}

#[test]
fn table_bomb() {
    faulted_always(hostile::TABLE_BOMB, "read", &["table elements in read", "20000 (table_elements_max)"]);
}

#[test]
fn deep_recursion() {
    faulted_always(hostile::DEEP_RECURSION, "read", &["stack of 524288 bytes in read (wasm_stack_bytes_max)"]);
}

#[test]
fn indirect_recursion() {
    faulted_always(hostile::INDIRECT_RECURSION, "read", &["stack of 524288 bytes in read"]);
}

#[test]
fn names_without_end() {
    nothing_came_of_it(hostile::NAMES_WITHOUT_END);
    let records: Vec<String> = (0..200).map(|number| format!("!{number}")).collect();
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let summary = run(&load(hostile::NAMES_WITHOUT_END), &records, 1, 1).end.summary;
    // Maps have the names that the plugin gave before any record came.
    assert_eq!(summary.maps.values().copied().collect::<Vec<u64>>(), [200]);
}

#[test]
fn huge_state() {
    faulted(hostile::HUGE_STATE, "save", &["returned more than 33554432 bytes", "state_bytes_max"]);
}

#[test]
fn huge_description() {
    refused(hostile::HUGE_DESCRIPTION, &["returned more than 65536 bytes", "summary_bytes_max"]);
}

// ---- traps ----

#[test]
fn panic() {
    faulted_always(hostile::PANIC, "read", &["trapped in read", "unreachable"]);
}

#[test]
fn out_of_bounds() {
    faulted_always(hostile::OUT_OF_BOUNDS, "read", &["trapped in read", "out of bounds"]);
}

#[test]
fn divide_by_zero() {
    faulted_always(hostile::DIVIDE_BY_ZERO, "read", &["trapped in read", "divide by zero"]);
}

#[test]
fn trap_text() {
    faulted_always(hostile::TRAP_TEXT, "read", &["trapped in read", "unreachable"]);
}

#[test]
fn texts_that_steer() {
    // Data are exact, and cleaned where they are shown: `steering` has them shown in every form there is.
    assert_eq!(nothing_came_of_it(hostile::TEXTS_THAT_STEER).findings, 6);
}

#[test]
fn escape_sequences() {
    refused(hostile::ESCAPE_SEQUENCES, &["the plugin refuses the pack", "\\u{1b}[2J", "\\u{202e}"]);
}

// ---- answers that cannot be read ----

#[test]
fn giant_list() {
    faulted_always(hostile::GIANT_LIST, "read", &["broke the contract in read", "out of bounds"]);
}

#[test]
fn misaligned_list() {
    faulted_always(hostile::MISALIGNED_LIST, "read", &["broke the contract in read", "align"]);
}

#[test]
fn list_outside() {
    faulted_always(hostile::LIST_OUTSIDE, "read", &["broke the contract in read", "out of bounds"]);
}

#[test]
fn nested_amplification() {
    faulted_always(hostile::NESTED_AMPLIFICATION, "read", &["returned more than", "reading_bytes_max"]);
}

#[test]
fn invalid_utf8() {
    faulted_always(hostile::INVALID_UTF8, "read", &["broke the contract in read", "utf-8"]);
}

#[test]
fn bad_discriminant() {
    faulted_always(hostile::BAD_DISCRIMINANT, "read", &["broke the contract in read", "discriminant"]);
}

#[test]
fn bad_enum() {
    faulted_always(hostile::BAD_ENUM, "judge", &["broke the contract in judge", "discriminant"]);
}

#[test]
fn bad_bool() {
    // It is read as true, and the evidence was not cut.
    faulted_always(hostile::BAD_BOOL, "judge", &["the evidence of hit 0 is cut"]);
}

#[test]
fn bad_allocation() {
    faulted_always(hostile::BAD_ALLOCATION, "configure", &["broke the contract in configure", "beyond end of memory"]);
}

// ---- the contract ----

#[test]
fn wrong_count() {
    faulted_always(
        hostile::WRONG_COUNT,
        "judge",
        &["broke the contract in judge", "1 notes are said to be quiet, and 0 have no finding about their record"],
    );
}

#[test]
fn too_few() {
    faulted_always(
        hostile::TOO_FEW,
        "read",
        &["broke the contract in read", "`class-of` has 0 entries for a batch of 1 records"],
    );
}

#[test]
fn duplicate_index() {
    faulted_always(
        hostile::DUPLICATE_INDEX,
        "read",
        &["broke the contract in read", "`noted` does not ascend at record 0"],
    );
}

#[test]
fn reordered_indices() {
    // A single record has no order; what the whole batch did is in the reason that ended the service.
    let report = faulted(hostile::REORDERED_INDICES, "read", &["`noted` names record 1 of a batch of 1"]);
    assert!(report.out_of_service.is_some_and(|why| why.contains("`noted` does not ascend at record 0")));
}

#[test]
fn unknown_index() {
    faulted_always(
        hostile::UNKNOWN_INDEX,
        "read",
        &["broke the contract in read", "`noted` names record 4294967295 of a batch of 1"],
    );
}

#[test]
fn probability_above_one() {
    faulted_always(hostile::PROBABILITY_ABOVE_ONE, "judge", &["1000001 is not a probability"]);
}

#[test]
fn points_that_do_not_add_up() {
    faulted_always(hostile::POINTS_THAT_DO_NOT_ADD_UP, "judge", &["add up"]);
}

#[test]
fn contributions_cut_off() {
    faulted_always(hostile::CONTRIBUTIONS_CUT_OFF, "judge", &["add up"]);
}

#[test]
fn evidence_outside_the_record() {
    faulted_always(hostile::EVIDENCE_OUTSIDE_THE_RECORD, "judge", &["evidence 0", "lie outside"]);
}

#[test]
fn evidence_that_does_not_hold() {
    faulted_always(hostile::EVIDENCE_THAT_DOES_NOT_HOLD, "judge", &["evidence 0"]);
}

#[test]
fn field_cut_out_of_a_word() {
    faulted_always(hostile::FIELD_CUT_OUT_OF_A_WORD, "judge", &["field 0", "not the whole of a value"]);
}

#[test]
fn position_beyond_the_directory() {
    faulted_always(hostile::POSITION_BEYOND_THE_DIRECTORY, "judge", &["4294967295"]);
}

#[test]
fn unknown_class() {
    faulted_always(hostile::UNKNOWN_CLASS, "read", &["broke the contract in read", "class is 5"]);
}

#[test]
fn note_beyond_the_notes() {
    faulted_always(hostile::NOTE_BEYOND_THE_NOTES, "read", &["broke the contract in read", "the notes do not fit"]);
}

#[test]
fn million_steps() {
    // Whichever comes first on this machine: the deadline, or the limit of bytes.
    faulted_always(hostile::MILLION_STEPS, "judge", &["_max)"]);
}

#[test]
fn window_without_end() {
    faulted_always(hostile::WINDOW_WITHOUT_END, "judge", &["1000000 records in its window, more than 64"]);
}

#[test]
fn hundred_thousand_reasons() {
    faulted_always(hostile::HUNDRED_THOUSAND_REASONS, "judge", &["100000 contributions, more than 64"]);
}

#[test]
fn finding_lost() {
    faulted_always(
        hostile::FINDING_LOST,
        "judge",
        &["0 notes are said to be quiet, and 1 have no finding about their record"],
    );
}

#[test]
fn finding_about_another() {
    faulted_always(hostile::FINDING_ABOUT_ANOTHER, "judge", &["comes from sequence", "which was not given"]);
}

#[test]
fn huge_explanation() {
    faulted(hostile::HUGE_EXPLANATION, "explain", &["returned more than 1048576 bytes", "explanation_bytes_max"]);
}

#[test]
fn quiet_to_everything() {
    // Nothing shows in a run without known answers: a pack that carries some is what refuses it.
    assert_eq!(nothing_came_of_it(hostile::QUIET_TO_EVERYTHING).findings, 0);
    let known = glassbox_pack::KnownAnswer {
        name: "one that must hit".into(),
        record: b"!".to_vec(),
        hint: glassbox_finding::Logsource::default(),
        expect: vec![packs::MARK.into()],
    };
    for (guest, refused) in [(hostile::QUIET_TO_EVERYTHING, true), (hostile::HONEST, false)] {
        let deployment = runs::deployment(&load(guest), &packs::misbehaving().bytes);
        let deployment = deployment.with_known_answers(vec![known.clone()]);
        let told = runs::run(&deployment, runs::options(), None, &runs::records(["!a"])).expect("the run ends");
        assert_eq!(told.end.refused, refused, "{}: {:?}", guest.name, told.end.out_of_service);
    }
}

fn load(guest: Hostile) -> Plugin {
    Plugin::load(guest.bytes, &LoadOptions::default()).expect("it is admitted")
}

fn options(batch_records: usize, seed: u128) -> RunOptions {
    let settings = Settings { seed, ..Settings::default() };
    RunOptions { batch_records_max: batch_records, checkpoint_batches: 3, ..RunOptions::new(settings) }
}

fn run_with(plugin: &Plugin, options: RunOptions, records: &[&str]) -> Told {
    let deployment = runs::deployment(plugin, &packs::misbehaving().bytes);
    runs::run(&deployment, options, None, &runs::records(records.iter().copied())).expect("the run ends")
}

fn run(plugin: &Plugin, records: &[&str], batch_records: usize, seed: u128) -> Told {
    run_with(plugin, options(batch_records, seed), records)
}

#[test]
fn other_on_the_second_run() {
    nothing_came_of_it(hostile::OTHER_ON_THE_SECOND_RUN);
    // In service: of so many batches one is read again on a fresh instance.
    let plugin = load(hostile::OTHER_ON_THE_SECOND_RUN);
    let mut options = options(1, 1);
    options.limits.set("reread_batches=2").expect("a limit");
    let told = run_with(&plugin, options, &["!a", "!b", "!c", "!d"]);
    let faults = &told.end.summary.faults;
    assert!(faults.iter().any(|fault| fault.what.contains("read the same batch differently")), "{faults:?}");
    assert_eq!(told.end.summary.findings + told.end.summary.unscored, 4);
}

#[test]
fn other_with_other_borders() {
    // No single run can see it, so none may fault by it; `certified` shows that certification sees it.
    let report = oracle(hostile::OTHER_WITH_OTHER_BORDERS);
    assert_eq!((report.refused.as_deref(), report.faults.as_slice()), (None, [].as_slice()));
    let plugin = load(hostile::OTHER_WITH_OTHER_BORDERS);
    let unscored = |batch_records| run(&plugin, &["!a", "!b", "!c", "!d"], batch_records, 1).unscored.len();
    assert_eq!([unscored(1), unscored(2), unscored(4)], [0, 2, 1], "it does as it says");
}

#[test]
fn judge_dies() {
    nothing_came_of_it(hostile::JUDGE_DIES);
    let plugin = load(hostile::JUDGE_DIES);
    let honest = ["!a", "!b", "!c", "!d", "!e", "!f", "!g"];
    let unbroken = run(&plugin, &honest, 1, 1);
    let findings = |told: &Told| told.found.iter().map(|found| found.finding.clone()).collect::<Vec<_>>();
    // Both depend on every reading and on their order, so a reading lost, judged twice or out of turn would show.
    let (all, without) = (findings(&unbroken), run(&plugin, &honest[1..], 1, 1));
    assert_eq!((all.len(), unbroken.end.state.len()), (honest.len(), 4));
    assert_ne!(without.end.state, unbroken.end.state);
    assert_ne!(findings(&without), all[1..]);
    for at in 0..=honest.len() {
        let mut records = honest.to_vec();
        records.insert(at, "?dies");
        let told = run(&plugin, &records, 1, 1);
        assert_eq!((told.unscored.len(), told.end.out_of_service.as_deref()), (1, None), "at {at}");
        assert_eq!(told.end.state, unbroken.end.state, "at {at}");
        assert_eq!(findings(&told), all, "at {at}");
    }
}

#[test]
fn canary() {
    nothing_came_of_it(hostile::CANARY);
    let plugin = load(hostile::CANARY);
    let canary = "!canary of one";
    let one = run(&plugin, &[canary, "!x"], 1, 1);
    assert_eq!(one.end.state, canary.as_bytes(), "it carries what it saw as long as its tenant is served");
    // The same compiled plugin, another tenant, over and over: instances are fresh every time.
    for _ in 0..20 {
        let other = run(&plugin, &["!record of another"], 1, 2);
        assert_eq!(other.end.state, b"!record of anoth");
        assert!(!other.json().contains("canary"));
    }
}

#[test]
fn fresh_memory_not_zero() {
    nothing_came_of_it(hostile::FRESH_MEMORY_NOT_ZERO);
    // It fills all its memory as it looks, so an instance that took over another's would die at once.
    let plugin = load(hostile::FRESH_MEMORY_NOT_ZERO);
    for _ in 0..20 {
        assert!(plugin.start().is_ok());
    }
}

// ---- admission ----

#[test]
fn imports_a_file() {
    refused(hostile::IMPORTS_A_FILE, &["imports `wasi:filesystem/preopens@0.2.0`", "imports nothing"]);
}

#[test]
fn imports_a_socket() {
    refused(hostile::IMPORTS_A_SOCKET, &["imports `wasi:sockets/tcp@0.2.0`"]);
}

#[test]
fn imports_a_clock() {
    refused(hostile::IMPORTS_A_CLOCK, &["imports `wasi:clocks/wall-clock@0.2.0`"]);
}

#[test]
fn imports_the_unknown() {
    refused(hostile::IMPORTS_THE_UNKNOWN, &["imports `evil`"]);
}

#[test]
fn missing_export() {
    refused(hostile::MISSING_EXPORT, &["is not what the contract says"]);
}

#[test]
fn wrong_type() {
    refused(hostile::WRONG_TYPE, &["is not what the contract says"]);
}

#[test]
fn wrong_version() {
    refused(hostile::WRONG_VERSION, &["version 9.9.9", "runs `0.2.0`"]);
}

#[test]
fn no_plugin() {
    refused(hostile::NO_PLUGIN, &["does not export `glassbox:siem/detector`", "`evil:siem/detector@0.2.0`"]);
}

#[test]
fn nested_component() {
    refused(hostile::NESTED_COMPONENT, &["3 levels of components", "at most 2", "component_depth_max"]);
}

#[test]
fn many_components() {
    refused(hostile::MANY_COMPONENTS, &["17 nested components", "nested_components_max"]);
}

#[test]
fn deep_components() {
    refused(hostile::DEEP_COMPONENTS, &["levels of components", "component_depth_max"]);
}

#[test]
fn million_imports() {
    refused(hostile::MILLION_IMPORTS, &["the component imports `a`", "more", "imports nothing"]);
}

#[test]
fn resource() {
    refused(hostile::RESOURCE, &["type 0 of the component uses a resource"]);
}

#[test]
fn async_function() {
    refused(hostile::ASYNC_FUNCTION, &["type 0 of the component uses an async function"]);
}

#[test]
fn string_encoding() {
    refused(hostile::STRING_ENCODING, &["uses strings that are not UTF-8"]);
}

#[test]
fn huge_function() {
    refused(hostile::HUGE_FUNCTION, &["function 0 of core module 0 has 2000004 bytes", "function_bytes_max"]);
}

#[test]
fn million_functions() {
    refused(hostile::MILLION_FUNCTIONS, &["1000000 functions", "functions_max"]);
}

#[test]
fn deep_nesting() {
    refused(hostile::DEEP_NESTING, &["100000 levels of blocks", "block_depth_max"]);
}

#[test]
fn giant_branch_table() {
    refused(hostile::GIANT_BRANCH_TABLE, &["function 0 of core module 0 has", "function_bytes_max"]);
}

#[test]
fn many_locals() {
    refused(hostile::MANY_LOCALS, &["40000 locals", "function_locals_max"]);
}

#[test]
fn slow_to_compile() {
    refused(hostile::SLOW_TO_COMPILE, &["compiling the component takes longer than 3 s", "compile_s_max"]);
}

#[test]
fn truncated() {
    refused(hostile::TRUNCATED, &["damaged or not valid"]);
}

#[test]
fn bit_flipped() {
    refused(hostile::BIT_FLIPPED, &["damaged or not valid"]);
}

#[test]
fn core_module() {
    refused(hostile::CORE_MODULE, &["core WebAssembly module"]);
}

#[test]
fn there_are_enough_of_them_and_each_says_what_it_tries() {
    assert!(hostile::ALL.len() > 60, "{}", hostile::ALL.len());
    for guest in hostile::ALL {
        assert!(guest.tries.ends_with('.') && guest.tries.len() > 12, "{}: {}", guest.name, guest.tries);
    }
}
