//! What a plugin may say by contract 0.2, and what it may not, through a real run: the deeds of `guests/actor`.

use std::sync::OnceLock;

use glassbox_deployment::Deployment;
use glassbox_finding::{Batch, EntityKind, Origin};
use glassbox_report::{Position, WhyUnscored, Window};
use glassbox_run::{Input, RunOptions, SourceInfo, Tick};
use glassbox_sandbox::{LoadOptions, Plugin, account};
use glassbox_tests::{
    ACTOR, packs,
    runs::{self, Told},
};

fn actor() -> &'static Deployment {
    static DEPLOYMENT: OnceLock<Deployment> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| {
        let plugin = Plugin::load(ACTOR, &LoadOptions::default()).expect("it is admitted");
        runs::deployment(&plugin, &packs::misbehaving().bytes)
    })
}

/// Runs records in batches of so many, behind a frame.
fn act_in(batch_records_max: usize, frame: &str, records: &[&str]) -> Told {
    let origin = Origin { frame: frame.into(), ..Origin::default() };
    let sources = vec![SourceInfo { name: "records".to_owned(), origin }];
    let options = RunOptions { batch_records_max, ..runs::options() };
    let told = runs::run_sources(actor(), options, None, sources, &runs::records(records.iter().copied()));
    let told = told.expect("the run ends");
    let summary = &told.end.summary;
    assert_eq!(summary.findings + summary.quiet + summary.unscored + summary.outside, records.len() as u64);
    told
}

/// A run in which nothing goes wrong.
fn act(records: &[&str]) -> Told {
    let told = act_in(100, "!head", records);
    assert_eq!((told.end.summary.faults.as_slice(), told.unscored.as_slice()), ([].as_slice(), [].as_slice()));
    told
}

#[test]
fn an_alert_is_a_finding_without_rules() {
    let told = act(&["good", "!alert"]);
    let [found] = told.found.as_slice() else { panic!("{:?}", told.found) };
    let alert = found.finding.alert.as_ref().expect("an alert caused it");
    assert_eq!((alert.name.as_str(), alert.severity.as_deref()), ("!alert", None));
    assert_eq!((found.finding.hits.len(), found.finding.hits_total, found.sequence), (0, 0, 2));
    assert!(told.end.summary.hits_by_rule.is_empty());
}

#[test]
fn evidence_may_lie_in_the_frame() {
    let told = act(&["!frame"]);
    assert_eq!(told.found[0].finding.evidence[0].quote, "!");
    // Behind another frame the same finding does not hold.
    let told = act_in(100, "head", &["!frame", "!find"]);
    assert_eq!((told.found.len(), told.unscored.len()), (1, 1));
}

#[test]
fn evidence_may_lie_in_an_earlier_record() {
    let told = act(&["!find", "!other"]);
    assert_eq!(told.found.iter().map(|found| found.finding.unchecked).collect::<Vec<_>>(), [0, 0]);
    // A record that is not at hand cannot be checked, and that is counted.
    let told = act_in(1, "", &["!find", "!other"]);
    assert_eq!(told.found.iter().map(|found| found.finding.unchecked > 0).collect::<Vec<_>>(), [false, true]);
    assert_eq!(told.end.summary.unchecked, 1);
    // At hand, it is read: its first byte must be the mark.
    let told = act_in(100, "", &["good", "!other"]);
    assert_eq!((told.found.len(), told.unscored.len()), (0, 1));
}

#[test]
fn a_finding_names_an_earlier_one_of_the_same_act() {
    let told = act(&["!find", "good", "!find", "!same-act"]);
    let named: Vec<_> = told.found.iter().map(|found| (found.sequence, found.finding.same_act)).collect();
    assert_eq!(named, [(1, None), (3, None), (4, Some(3))]);
}

#[test]
fn a_window_is_no_record() {
    let told = act(&["@1000 good", "@2000 !window", "!find"]);
    let summary = &told.end.summary;
    assert_eq!((summary.findings, summary.quiet, summary.window_findings), (1, 2, 1));
    let [window, find] = told.found.as_slice() else { panic!("{:?}", told.found) };
    let expected = Window { group: Vec::new(), from: 1000, to: 2000, records: vec![1, 2], count: 2 };
    assert_eq!(window.finding.window.as_ref(), Some(&expected));
    assert_eq!((window.sequence, window.position), (2, Position::Line(2)));
    assert!(window.id != find.id && find.finding.window.is_none());
    assert_eq!(told.records[0], b"@2000 !window");
}

#[test]
fn a_record_and_a_window_can_both_be_found() {
    let told = act(&["@1000 good", "@2000 !window-and-find"]);
    let windows: Vec<bool> = told.found.iter().map(|found| found.finding.window.is_some()).collect();
    assert_eq!(windows, [false, true], "the finding about the record comes first");
    assert_ne!(told.found[0].id, told.found[1].id);
    let summary = &told.end.summary;
    assert_eq!((summary.findings, summary.quiet, summary.window_findings), (1, 1, 1));
}

#[test]
fn a_windows_group_is_named() {
    let told = act(&["good", r#"{"Computer":"HOST-1","a":"!window-group 0"}"#]);
    let window = told.found[0].finding.window.as_ref().expect("it is about a window");
    let group: Vec<_> = window.group.iter().map(|entity| (entity.kind, entity.name.as_str())).collect();
    assert_eq!(group, [(EntityKind::Host, "HOST-1")]);
    // Whose window it is, when it was and which rules hit is its identity: not where in the stream it was completed.
    let again = act(&["good", "good", r#"{"Computer":"HOST-1","a":"!window-group 0"}"#]);
    let other = act(&["good", r#"{"Computer":"HOST-2","a":"!window-group 0"}"#]);
    assert_eq!(told.found[0].id, again.found[0].id);
    assert_ne!(told.found[0].id, other.found[0].id);
}

#[test]
fn suppressed_and_undecided_hits_are_counted_by_name() {
    let told = act(&["!suppressed", "!undecided", "!suppressed"]);
    let summary = &told.end.summary;
    assert_eq!((summary.quiet, summary.suppressed), (3, 2));
    assert_eq!(summary.suppressed_by_filter, [("Not where a test says so".to_owned(), 2)].into());
    assert_eq!(summary.undecided_by_rule, [(packs::MARK.to_owned(), 1)].into());
}

#[test]
fn evidence_inside_a_carried_record_is_quoted() {
    for (record, steps) in [(r#"{"a":"!find"}"#, 1), (r#"{"a":"{\"a\":\"!find\"}"}"#, 2)] {
        let told = act(&[record]);
        let evidence = &told.found[0].finding.evidence[0];
        assert!(evidence.quote.starts_with('!'), "{record}: {evidence:?}");
        let glassbox_report::Place::Text(place) = &evidence.place else { panic!("{evidence:?}") };
        assert_eq!(place.steps().count(), steps, "{record}");
    }
}

/// Records that are good, each a finding.
const GOOD: &[&str] = &[
    "!find",
    "!alert",
    "!frame",
    "!same-act",
    "!rule 0",
    r#"{"Computer":"h","a":"!entity 0"}"#,
    r#"{"Computer":"h","a":"!field 0"}"#,
    r#"{"Computer":"h","a":"!role 0"}"#,
    r#"{"a":"!absent 1"}"#,
];

/// Records of which something false is said, and the call in which.
const BAD: &[(&str, &str)] = &[
    ("!nonsense-account", "read"),
    ("!nonsense-unscored", "read"),
    ("!class-of", "read"),
    ("!class-none", "read"),
    ("!class-map", "read"),
    ("!classes", "read"),
    ("!times", "read"),
    ("!note-ends", "read"),
    ("!note-missing", "read"),
    ("!suppressed-rule", "read"),
    ("!suppressed-filter", "read"),
    ("!suppressed-record", "read"),
    ("!undecided-rule", "read"),
    ("!judge-lose", "judge"),
    ("!judge-quiet", "judge"),
    ("!nonsense-sum", "judge"),
    ("!nonsense-base", "judge"),
    ("!nonsense-points", "judge"),
    ("!nonsense-probability", "judge"),
    ("!nonsense-interval", "judge"),
    ("!nonsense-evidence", "judge"),
    ("!nonsense-place", "judge"),
    ("!nonsense-absent", "judge"),
    ("!nonsense-steps", "judge"),
    ("!nonsense-subject", "judge"),
    ("!nonsense-total", "judge"),
    ("!twice", "judge"),
    ("!unknown-rule", "judge"),
    ("!unknown-item", "judge"),
    ("!unknown-predicate", "judge"),
    ("!unknown-term", "judge"),
    ("!unknown-bin", "judge"),
    (r#"{"Computer":"h","a":"!unknown-field"}"#, "judge"),
    ("!unknown-evidence", "judge"),
    ("!unknown-missing", "judge"),
    (r#"{"Computer":"h","a":"!absent 1"}"#, "judge"),
    ("!entity-outside", "judge"),
    ("!alert-outside", "judge"),
    ("!frame-outside", "judge"),
    ("!other-outside", "judge"),
    ("!same-act-self", "judge"),
    ("!same-act-later", "judge"),
    ("!window-before-find", "judge"),
    ("!window-group-outside", "judge"),
    ("!window-long", "judge"),
    ("!window-unknown", "judge"),
    ("!window-unordered", "judge"),
    ("!window-count", "judge"),
    // Ends before it begins: it came at 2000, and the record before it at 3000.
    ("@2000 !window-backwards", "judge"),
];

#[test]
fn what_is_true_is_found_and_what_is_false_costs_its_record_alone() {
    for good in GOOD {
        let told = act(&["!find", good, "good"]);
        assert_eq!(told.found.len(), 2, "{good}");
    }
    for (bad, call) in BAD {
        // Only windows that say when they were are held to the time of the record before.
        let before = if bad.starts_with('@') { "@3000 good" } else { "good" };
        let told = act_in(100, "!head", &[before, bad, "!find"]);
        let said: Vec<_> = told.unscored.iter().map(|record| record.position).collect();
        assert_eq!((said.as_slice(), told.found.len()), ([Position::Line(2)].as_slice(), 1), "{bad}: {told:?}");
        assert!(matches!(told.unscored[0].why, WhyUnscored::Fault(_)), "{bad}");
        let [fault] = told.end.summary.faults.as_slice() else { panic!("{bad}: {:?}", told.end.summary.faults) };
        assert_eq!((fault.call, fault.records), (*call, 1), "{bad}: {fault:?}");
        assert_eq!(told.end.out_of_service, None, "{bad}");
    }
}

/// What the end of input brings about, with the checks of a run.
fn at_end(record: &str) -> Result<Vec<(u64, bool)>, String> {
    let mut instance = actor().start(runs::settings()).expect("it starts");
    let mut checker = actor().checker();
    let reading = instance.read(&Batch::of_one(record.as_bytes(), &Origin::default())).expect("no fault");
    let notes = reading.expect("a good batch").notes;
    instance.judge(&notes, &[7]).expect("no fault").expect("its own notes");
    // An idle tick says nothing of it.
    let idle = account::advance(&mut instance, &mut checker, 8, Some(1_000)).expect("no fault");
    assert!(idle.findings.is_empty());
    let ended = account::advance(&mut instance, &mut checker, 9, None).map_err(|fault| fault.to_string())?;
    Ok(ended.findings.iter().map(|(finding, _)| (finding.at, finding.same_act.is_none())).collect())
}

#[test]
fn the_end_of_input_can_bring_windows() {
    assert_eq!(at_end("!end"), Ok(vec![(9, true)]));
    assert_eq!(at_end("good"), Ok(Vec::new()));
    for (record, said) in [("!end-own", "no record"), ("!end-trap", "trapped"), ("!end-quiet", "quiet")] {
        let fault = at_end(record).expect_err(record);
        assert!(fault.contains(said), "{record}: {fault}");
    }
}

#[test]
fn a_tick_has_a_sequence_of_its_own() {
    let record = |line, text: &str| {
        Input::Record(glassbox_report::SourceRecord::new(0, Position::Line(line), text.as_bytes().to_vec()))
    };
    let inputs = vec![
        record(1, "!find"),
        Input::Tick(Tick::Idle(5)),
        Input::Tick(Tick::Idle(6)),
        record(2, "!find"),
        Input::Checkpoint,
    ];
    let told = runs::run_inputs(actor(), runs::options(), None, inputs).expect("the run ends");
    assert_eq!(told.found.iter().map(|found| found.sequence).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(told.settled.last().map(|(sequence, _)| *sequence), Some(4));
    assert_eq!((told.end.summary.records, told.end.summary.findings), (2, 2));
}
