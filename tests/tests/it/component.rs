//! The component that the binary carries, by its bytes and before it is configured.

use std::fs;

use glassbox_deployment::embedded;
use glassbox_finding::{
    Batch, ExplainError, JudgeError, Notes, Origin, ReadError, Settings, StateError, UnscoredReason,
};
use glassbox_oracle::engine::Engine;
use glassbox_plugin::Detector;
use glassbox_sandbox::Instance;
use glassbox_tests::{native, packs, runs, starter, workspace};
use wasmparser::{Encoding, Parser, Payload};

/// The names of the outermost component's imports and exports.
fn surface(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.expect("the component is whole") {
            Payload::Version { encoding, .. } if depth == 0 => assert_eq!(encoding, Encoding::Component),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.expect("an import").name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.name.to_owned()));
            }
            _ => {}
        }
    }
    assert_eq!(depth, -1, "what was begun has ended");
    (imports, exports)
}

/// The version that the contract states.
fn contract_version() -> String {
    let text = fs::read_to_string(workspace().join("wit/v0.2/siem.wit")).expect("the contract");
    let stated = text.lines().find_map(|line| line.strip_prefix("package glassbox:siem@")?.strip_suffix(';'));
    stated.expect("the contract states its version").to_owned()
}

#[test]
fn it_imports_nothing_and_exports_the_contract() {
    let (imports, exports) = surface(embedded::PLUGIN);
    assert_eq!(imports, [""; 0]);
    let version = contract_version();
    assert_eq!(exports, [format!("glassbox:siem/types@{version}"), format!("glassbox:siem/detector@{version}")]);
}

#[test]
fn the_host_says_the_same_of_it() {
    let facts = runs::plugin().facts();
    let (imports, exports) = surface(embedded::PLUGIN);
    assert_eq!((&facts.imports, &facts.exports), (&imports, &exports));
    assert_eq!(facts.version, Some(contract_version()));
    assert_eq!(facts.size_bytes, embedded::PLUGIN.len());
}

#[test]
fn it_describes_itself_before_it_is_configured() {
    let mut instance = runs::plugin().start().expect("it starts");
    let description = instance.describe().expect("no fault");
    assert_eq!(description, Detector::describe());
    assert_eq!(description.name, "glassbox");
    assert_eq!(description.pack_format_max, glassbox_pack::FORMAT);
    assert!(description.maps.len() >= 9, "{:?}", description.maps);
}

#[test]
fn it_refuses_work_before_it_is_configured() {
    let mut instance = runs::plugin().start().expect("it starts");
    let mut batch = Batch::default();
    batch.push(b"{}");
    assert_eq!(instance.read(&batch).expect("no fault"), Err(ReadError::NotConfigured));
    assert_eq!(instance.view(&batch, &[]).expect("no fault"), Err(ReadError::NotConfigured));
    assert_eq!(instance.judge(&Notes::default(), &[]).expect("no fault"), Err(JudgeError::NotConfigured));
    assert_eq!(instance.advance(1, None).expect("no fault"), Err(JudgeError::NotConfigured));
    assert_eq!(instance.explain(b"{}", &Origin::default()).expect("no fault"), Err(ExplainError::NotConfigured));
    assert_eq!(instance.save().expect("no fault"), Err(StateError::NotConfigured));
    assert_eq!(instance.restore(&[]).expect("no fault"), Err(StateError::NotConfigured));
    // None of that was a fault.
    assert!(instance.describe().is_ok());
}

#[test]
fn it_names_no_path_of_the_machine_it_was_built_on() {
    let home = std::env::home_dir().expect("a home folder");
    for folder in [workspace(), home] {
        let folder = folder.display().to_string() + "/";
        let found = embedded::PLUGIN.windows(folder.len()).any(|bytes| bytes == folder.as_bytes());
        assert!(!found, "it holds {folder}");
    }
}

fn configured(settings: Settings) -> Instance {
    let mut instance = runs::plugin().start().expect("it starts");
    instance.configure(&packs::starter().bytes, settings).expect("no fault").expect("the pack is taken");
    instance
}

/// The instance and the native plugin, which must say the same.
fn pair() -> (Instance, Engine) {
    (configured(runs::settings()), native::engine(&packs::starter().bytes))
}

#[test]
fn a_batch_that_is_none_is_refused_as_it_is_without_the_sandbox() {
    let (mut instance, mut engine) = pair();
    let batch = |bytes: &[u8], ends: &[u32]| Batch {
        bytes: bytes.to_vec(),
        ends: ends.to_vec(),
        origins: vec![Origin::default()],
        origin_of: vec![0; ends.len()],
    };
    let mut check = |batch: Batch, expected: ReadError| {
        assert_eq!(instance.read(&batch).expect("a refusal is no fault"), Err(expected));
        assert_eq!(engine.detector.read(&batch), Err(expected));
        assert_eq!(instance.view(&batch, &[0]).expect("a refusal is no fault"), Err(expected));
        assert_eq!(engine.detector.view(&batch, &[0]), Err(expected));
    };
    check(batch(b"{}{}", &[2, 1, 4]), ReadError::BadEnds(1));
    check(batch(b"{}{}", &[2, 5]), ReadError::BadEnds(1));
    check(batch(b"{}{}", &[2, 3]), ReadError::BadEnds(1));
    check(batch(b"{}", &[]), ReadError::BadEnds(0));
    check(Batch { origin_of: vec![0, 1], ..batch(b"{}{}", &[2, 4]) }, ReadError::BadOrigin(1));
    check(Batch { origin_of: vec![0], ..batch(b"{}{}", &[2, 4]) }, ReadError::BadOrigin(1));
    check(Batch { origin_of: vec![0, 0, 0], ..batch(b"{}{}", &[2, 4]) }, ReadError::BadOrigin(2));
    check(Batch { origins: Vec::new(), ..batch(b"{}{}", &[2, 4]) }, ReadError::BadOrigin(0));
    check(batch(&[], &[0; 1001]), ReadError::BatchTooLarge);
    check(batch(&vec![b' '; (1 << 20) + 1], &[(1 << 20) + 1]), ReadError::BatchTooLarge);
    // None of these ended the instance, and the largest batch is accepted.
    let reading = instance.read(&batch(&[], &[0; 1000])).expect("no fault").expect("a good batch");
    assert_eq!(reading.unscored.len(), 1000);
    assert!(reading.unscored.iter().all(|unscored| unscored.reason == UnscoredReason::Empty));
}

#[test]
fn notes_that_are_none_are_refused_as_they_are_without_the_sandbox() {
    let (mut instance, mut engine) = pair();
    let mut batch = Batch::default();
    starter::records().iter().take(500).for_each(|record| batch.push(&record.bytes));
    let notes = instance.read(&batch).expect("no fault").expect("a good batch").notes;
    assert_eq!(notes, engine.detector.read(&batch).expect("a good batch").notes);
    let sequences: Vec<u64> = (1..=notes.len() as u64).collect();
    let mut refused = |notes: &Notes, sequences: &[u64]| {
        let error = instance.judge(notes, sequences).expect("a refusal is no fault").expect_err("it must be refused");
        assert_eq!(engine.detector.judge(notes, sequences), Err(error));
        error
    };
    // One note, cut at each byte; the notes around it are good.
    let longest = notes.iter().enumerate().max_by_key(|(_, note)| note.len()).expect("there are notes").0;
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut all = Notes::default();
        for (position, note) in notes.iter().enumerate() {
            let mut note = note.to_vec();
            if position == longest {
                change(&mut note);
            }
            all.push(&note);
        }
        all
    };
    let length = notes.iter().nth(longest).map_or(0, <[u8]>::len);
    for end in [0, 1, 3, length / 2, length - 1] {
        assert_eq!(refused(&changed(&|note| note.truncate(end)), &sequences), JudgeError::Malformed(longest as u32));
    }
    assert_eq!(refused(&changed(&|note| note.push(b'x')), &sequences), JudgeError::Malformed(longest as u32));
    assert_eq!(refused(&changed(&|note| note[0] ^= 1), &sequences), JudgeError::Foreign(longest as u32));
    // Ends that do not fit, and sequences that do not.
    let bad = Notes { ends: vec![notes.bytes.len() as u32 + 1], bytes: notes.bytes.clone() };
    assert_eq!(refused(&bad, &[1]), JudgeError::Malformed(0));
    assert_eq!(refused(&notes, &sequences[1..]), JudgeError::BadSequence(sequences.len() as u32 - 1));
    let mut twice = sequences.clone();
    twice[7] = twice[6];
    assert_eq!(refused(&notes, &twice), JudgeError::BadSequence(7));
    // Whatever else is done to a note, it is judged or refused, and never a fault.
    for at in (4..length).step_by(3) {
        let other = changed(&|note| note[at] ^= 0x40);
        assert!(instance.judge(&other, &sequences).is_ok(), "a fault with byte {at} changed");
    }
}

#[test]
fn a_state_that_is_none_is_refused_as_it_is_without_the_sandbox() {
    let (mut instance, mut engine) = pair();
    let state = instance.save().expect("no fault").expect("it has a state");
    assert_eq!(Ok(&state), engine.detector.save().as_ref());
    let mut check = |state: &[u8]| {
        let error = instance.restore(state).expect("a refusal is no fault").expect_err("it must be refused");
        assert_eq!(engine.detector.restore(state), Err(error));
        error
    };
    assert_eq!(check(b""), StateError::NotAState);
    assert_eq!(check(b"something else altogether, of some length"), StateError::NotAState);
    assert!(matches!(check(&state[..state.len() - 1]), StateError::Damaged(_)));
    let other = configured(Settings { seed: 1, ..runs::settings() }).save().expect("no fault").expect("a state");
    assert_eq!(check(&other), StateError::ForeignSeed);
    // What was refused changed nothing.
    assert_eq!(instance.save().expect("no fault"), Ok(state));
}
