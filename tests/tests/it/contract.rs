//! Properties of contract 0.2 that no single call shows: notes are cut by record and can be judged in any order, deployments
//! side by side do not disturb each other, what is settled can be continued from, and identities outlive packs.

use std::{collections::BTreeMap, fs, sync::OnceLock};

use glassbox_deployment::Deployment;
use glassbox_finding::{Batch, Class, EventTime, Finding, Notes, Origin, Reading, Sequence, Subject};
use glassbox_pack::to_hex;
use glassbox_report::{SourceRecord, StoredFinding};
use glassbox_run::{Input, Lane, RunOptions, SourceInfo, Tick, run_lanes};
use glassbox_sandbox::Instance;
use glassbox_tests::{
    runs::{self, Kept, Told},
    starter, workspace,
};
use sha2::{Digest, Sha256};

/// The starter's plugin with half of its rules and another model.
fn other() -> &'static Deployment {
    static DEPLOYMENT: OnceLock<Deployment> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| {
        let rules: Vec<_> = glassbox::starter::rule_files().into_iter().step_by(2).collect();
        let mut model: serde_json::Value = serde_json::from_str(glassbox::starter::MODEL).expect("JSON");
        model["name"] = "other".into();
        model["base"] = (model["base"].as_i64().expect("a number") - 500).into();
        let built = glassbox_packs::build(&rules[..], model.to_string().as_bytes(), None, &[]).expect("it is sound");
        runs::deployment(runs::plugin(), &built.bytes)
    })
}

fn configured(deployment: &Deployment) -> Instance {
    deployment.start(runs::settings()).expect("it starts")
}

// ---- notes ----

/// Every seventh record of the day, so that all sources are there, with some that are not scored between them.
fn picked() -> Vec<&'static [u8]> {
    let records = starter::records().iter().step_by(7).map(|record| record.bytes.as_slice());
    let mut picked: Vec<&[u8]> = records.take(260).collect();
    picked.insert(3, b"");
    picked.insert(100, b"{\"EventID\":");
    picked
}

fn read(instance: &mut Instance, records: &[&[u8]]) -> Reading {
    let mut batch = Batch::of(Origin::default());
    records.iter().for_each(|record| batch.push(record));
    instance.read(&batch).expect("no fault").expect("a good batch")
}

/// What a reading says of one record, wherever in the batch the record is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Said {
    class: Option<Class>,
    time: EventTime,
    note: Option<Vec<u8>>,
    unscored: Option<String>,
    suppressed: Vec<(u32, u32)>,
    undecided: Vec<u32>,
}

fn by_record(reading: &Reading) -> Vec<Said> {
    let mut said: Vec<Said> = (0..reading.class_of.len())
        .map(|index| Said { class: reading.class(index).cloned(), time: reading.times[index], ..Said::default() })
        .collect();
    for (&index, note) in reading.noted.iter().zip(reading.notes.iter()) {
        said[index as usize].note = Some(note.to_vec());
    }
    for unscored in &reading.unscored {
        said[unscored.index as usize].unscored = Some(format!("{:?} at {}", unscored.reason, unscored.at));
    }
    for hit in &reading.suppressed {
        said[hit.index as usize].suppressed.push((hit.rule, hit.filter));
    }
    reading.undecided.iter().for_each(|hit| said[hit.index as usize].undecided.push(hit.rule));
    said
}

#[test]
fn batches_cut_anywhere_say_the_same_of_each_record() {
    let mut instance = configured(runs::starter());
    let records = picked();
    let whole = by_record(&read(&mut instance, &records));
    assert!(whole.iter().filter(|said| said.note.is_some()).count() > records.len() / 2);
    assert_eq!(whole.iter().filter(|said| said.unscored.is_some()).count(), 2);
    for at in 0..=records.len() {
        let (before, after) = records.split_at(at);
        let mut said = by_record(&read(&mut instance, before));
        said.extend(by_record(&read(&mut instance, after)));
        let differs = whole.iter().zip(&said).position(|(whole, said)| whole != said);
        assert_eq!((differs, said.len()), (None, whole.len()), "cut at {at}");
    }
}

/// Judges notes in this order, so many a call, on a fresh instance; the findings without what a sequence is part of, and
/// the state.
fn judge(notes: &[&[u8]], sequences: &[Sequence], at_once: usize) -> (Vec<(usize, Finding)>, Vec<u8>) {
    let mut instance = configured(runs::starter());
    let mut findings = Vec::new();
    for (part, sequences_of_part) in notes.chunks(at_once).zip(sequences.chunks(at_once)) {
        let mut notes = Notes::default();
        part.iter().for_each(|note| notes.push(note));
        let outcome = instance.judge(&notes, sequences_of_part).expect("no fault").expect("its own notes");
        assert_eq!(outcome.findings.len() + outcome.quiet as usize, part.len());
        for finding in outcome.findings {
            assert_eq!(finding.subject, Subject::Record(finding.at));
            let place = sequences.iter().position(|&sequence| sequence == finding.at).expect("it was given");
            findings.push((place, Finding { subject: Subject::Record(0), at: 0, ..finding }));
        }
    }
    (findings, instance.save().expect("no fault").expect("it has a state"))
}

#[test]
fn notes_judged_in_parts_and_under_other_sequences_come_out_the_same() {
    let reading = read(&mut configured(runs::starter()), &picked());
    let notes: Vec<&[u8]> = reading.notes.iter().collect();
    let one_by_one: Vec<Sequence> = (1..=notes.len() as Sequence).collect();
    let whole = judge(&notes, &one_by_one, usize::MAX);
    assert!(whole.0.len() > 5, "{} findings", whole.0.len());
    assert!(judge(&notes, &one_by_one, 1) == whole, "one by one");
    let far_apart: Vec<Sequence> = one_by_one.iter().map(|number| (1 << 40) + number * number).collect();
    assert!(judge(&notes, &far_apart, usize::MAX) == whole, "under other sequences");
    assert!(judge(&notes, &far_apart, 13) == whole, "under other sequences, thirteen a call");
}

#[test]
fn notes_judged_in_another_order_are_records_read_in_that_order() {
    let mut instance = configured(runs::starter());
    let records: Vec<&[u8]> = picked();
    let reading = read(&mut instance, &records);
    let notes: BTreeMap<u32, &[u8]> = reading.noted.iter().copied().zip(reading.notes.iter()).collect();
    let reversed: Vec<u32> = (0..records.len() as u32).rev().collect();
    let rotated: Vec<u32> = (0..records.len() as u32).cycle().skip(91).take(records.len()).collect();
    for order in [reversed, rotated] {
        let reordered: Vec<&[u8]> = order.iter().filter_map(|index| notes.get(index).copied()).collect();
        let records: Vec<&[u8]> = order.iter().map(|&index| records[index as usize]).collect();
        let read_again = read(&mut instance, &records);
        assert!(reordered == read_again.notes.iter().collect::<Vec<_>>(), "the notes are the same bytes");
        let sequences: Vec<Sequence> = (1..=reordered.len() as Sequence).collect();
        let again: Vec<&[u8]> = read_again.notes.iter().collect();
        assert!(judge(&reordered, &sequences, usize::MAX) == judge(&again, &sequences, 50));
    }
}

#[test]
fn a_view_agrees_with_what_is_read() {
    let deployment = runs::starter();
    let (mut instance, mut checker) = (configured(deployment), deployment.checker());
    let fields: Vec<u32> = (0..deployment.directory().fields_len() as u32).collect();
    let mut values = 0;
    for records in picked().chunks(50) {
        let mut batch = Batch::of(Origin::default());
        records.iter().for_each(|record| batch.push(record));
        let reading = read(&mut instance, records);
        for fields in fields.chunks(64) {
            let view = instance.view(&batch, fields).expect("no fault").expect("a good batch");
            checker.check_view(&batch, fields, &view).unwrap_or_else(|fault| panic!("{fault}"));
            for (index, record) in view.records.iter().enumerate() {
                assert_eq!(view.classes.get(record.class as usize), reading.class(index), "record {index}");
                assert_eq!(record.time, reading.times[index], "record {index}");
                values += record.values.len();
            }
        }
    }
    assert!(values > 1_000, "{values} values");
}

// ---- runs ----

fn sources() -> Vec<SourceInfo> {
    runs::sources(starter::source_names())
}

fn day(deployment: &Deployment, options: RunOptions) -> Told {
    runs::run_sources(deployment, options, None, sources(), starter::records()).expect("the run ends")
}

#[test]
fn deployments_side_by_side_do_not_disturb_each_other() {
    let options = |threads| RunOptions { threads, batch_records_max: 100, ..runs::options() };
    let alone = [day(runs::starter(), options(1)), day(other(), options(1))];
    assert!(alone[0].json() != alone[1].json(), "they find different things");
    for threads in [[1, 1], [2, 1]] {
        let (mut one, mut two) = (Kept::default(), Kept::default());
        let lane = |deployment, threads| Lane { deployment, options: options(threads), state: None };
        let lanes = vec![lane(runs::starter(), threads[0]), lane(other(), threads[1])];
        let inputs = glassbox_run::inputs(sources(), starter::records().iter().cloned().map(Ok));
        let ends = run_lanes(lanes, inputs, &mut [&mut one, &mut two]).expect("the run ends");
        for ((kept, end), alone) in [one, two].into_iter().zip(ends).zip(&alone) {
            let mut told = kept.into_told(end);
            told.end.summary.threads = alone.end.summary.threads;
            assert!(told.json() == alone.json(), "the findings are the same");
            assert_eq!(told.end.summary, alone.end.summary);
            assert!(told.end.state == alone.end.state, "the state is the same");
        }
    }
}

fn records(records: &[SourceRecord]) -> impl Iterator<Item = Input> {
    records.iter().cloned().map(Input::Record)
}

fn begin() -> Vec<Input> {
    sources().into_iter().map(Input::Source).collect()
}

#[test]
fn what_is_settled_can_be_continued_from() {
    let all = starter::records();
    let options = || RunOptions { batch_records_max: 64, ..runs::options() };
    let whole = day(runs::starter(), options());
    // Where a source begins: what a source is known by is its first record.
    let at = all.iter().position(|record| record.source == 2).expect("there are three sources at least");
    let inputs = begin().into_iter().chain(records(&all[..at])).chain([Input::Checkpoint]);
    let first = runs::run_inputs(runs::starter(), options(), None, inputs.collect()).expect("the run ends");
    let settled = first.settled.iter().find_map(|(sequence, state)| Some((*sequence, state.clone()?)));
    let (sequence, state) = settled.expect("a checkpoint was asked for");
    assert_eq!(sequence, at as Sequence);
    let inputs = begin().into_iter().chain(records(&all[at..])).collect();
    let further = RunOptions { first_sequence: sequence + 1, ..options() };
    let second = runs::run_inputs(runs::starter(), further, Some(state), inputs).expect("the run ends");
    assert!(first.json() + &second.json() == whole.json(), "findings and ids are the same");
    assert!(second.end.state == whole.end.state, "the state at the end is the same");
    assert_eq!(second.settled.last().map(|(sequence, _)| *sequence), Some(all.len() as Sequence));
}

#[test]
fn checkpoints_and_ticks_change_nothing() {
    let all = starter::records();
    let whole = day(runs::starter(), runs::options());
    let between = |every: usize, input: Input| -> Told {
        let inputs = all.chunks(every).flat_map(|part| records(part).chain([input.clone()]));
        let inputs = begin().into_iter().chain(inputs).collect();
        runs::run_inputs(runs::starter(), runs::options(), None, inputs).expect("the run ends")
    };
    let checkpoints = between(333, Input::Checkpoint);
    assert!(checkpoints.settled.iter().filter(|(_, state)| state.is_some()).count() >= all.len() / 333);
    assert!(checkpoints.json() == whole.json() && checkpoints.end.state == whole.end.state);
    assert_eq!(checkpoints.end.summary, whole.end.summary);
    // A tick takes a sequence, so the records after it have others; nothing else differs.
    let ticks = between(333, Input::Tick(Tick::Idle(1_794_909_600_000_000)));
    let without = |told: &Told| -> Vec<StoredFinding> {
        told.found.iter().map(|found| StoredFinding { sequence: 0, ..found.clone() }).collect()
    };
    assert!(without(&ticks) == without(&whole) && ticks.end.state == whole.end.state);
    assert_ne!(ticks.found.last().map(|found| found.sequence), whole.found.last().map(|found| found.sequence));
    assert!(ticks.settled.is_sorted_by_key(|(sequence, _)| *sequence));
}

#[test]
fn ids_depend_on_neither_names_nor_packs() {
    let ids = |told: &Told| -> BTreeMap<Sequence, String> {
        told.found.iter().map(|found| (found.sequence, found.id.clone())).collect()
    };
    let run = |deployment: &Deployment, tenant: &str, name: &dyn Fn(&str) -> String| {
        let sources = runs::sources(starter::source_names().iter().map(|it| name(it)));
        let options = RunOptions { tenant: tenant.to_owned(), ..runs::options() };
        ids(&runs::run_sources(deployment, options, None, sources, starter::records()).expect("the run ends"))
    };
    let plain = run(runs::starter(), "a", &|name| name.to_owned());
    let distinct: std::collections::BTreeSet<&String> = plain.values().collect();
    assert_eq!(distinct.len(), plain.len(), "each finding has an id of its own");
    assert!(plain.len() > 100);
    assert_eq!(run(runs::starter(), "a", &|name| format!("./{name}")), plain);
    assert_eq!(run(runs::starter(), "a", &|_| "standard input".to_owned()), plain);
    let by_other = run(other(), "a", &|name| name.to_owned());
    let common: Vec<_> = by_other.iter().filter(|(sequence, _)| plain.contains_key(sequence)).collect();
    assert!(common.len() > 20, "{} findings of both", common.len());
    assert!(common.into_iter().all(|(sequence, id)| plain[sequence] == *id), "another pack and model");
    let tenant = run(runs::starter(), "b", &|name| name.to_owned());
    assert!(tenant.iter().all(|(sequence, id)| plain[sequence] != *id), "another tenant");
}

// ---- the text ----

/// SHA-256 of the contract's files, one after another in order of name.
const CONTRACT: &str = "1adcaf9261d9bf2f535161c5a7987a3da32537554973f4c17c3ff2ee0a723c92";

#[test]
fn a_change_of_the_contract_is_in_the_changelog() {
    let folder = workspace().join("wit/v0.2");
    let mut files: Vec<_> =
        fs::read_dir(&folder).expect("it is there").map(|it| it.expect("an entry").path()).collect();
    files.sort();
    let mut digest = Sha256::new();
    for file in &files {
        digest.update(fs::read(file).expect("it can be read"));
    }
    let digest = to_hex(&digest.finalize());
    assert_eq!(
        digest,
        CONTRACT,
        "the contract in {} changed: say how in CHANGELOG.md, in a line with `contract {}`, and put this digest here",
        folder.display(),
        &digest[..12]
    );
    let changelog = fs::read_to_string(workspace().join("CHANGELOG.md")).expect("it can be read");
    let named = format!("contract {}", &CONTRACT[..12]);
    assert!(changelog.contains(&named), "CHANGELOG.md has no line with `{named}`: say there what changed");
}
