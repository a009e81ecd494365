//! The lanes of the benchmark: the native one speaks the protocol, and finds what the sandbox finds.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
};

use glassbox::starter;
use glassbox_bench::{
    lane::{Answer, EngineFacts, InputFacts, Lane, Ran, RecordHits, Request},
    own::SandboxedLane,
};
use glassbox_deployment::embedded;
use glassbox_sandbox::{LoadOptions, Plugin};
use glassbox_tests::{data, workspace};

struct Native {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Native {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lane_native"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the lane starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("it was asked for"));
        Self { child, input, output: BufReader::new(output) }
    }

    fn ask(&mut self, line: &str) -> Answer {
        let input = self.input.as_mut().expect("it is open");
        writeln!(input, "{line}").expect("the lane listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the lane answers");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn request(&mut self, request: &Request) -> Answer {
        self.ask(&serde_json::to_string(request).expect("plain data"))
    }

    fn end(mut self) {
        drop(self.input.take());
        assert!(self.child.wait().expect("the lane ends with its input").success());
    }
}

/// What a lane says of rules, an input and a run.
type Said = (EngineFacts, InputFacts, Ran, Vec<RecordHits>);

fn native(rules: &[PathBuf], input: &Path) -> Said {
    let mut lane = Native::start();
    let Answer::Rules(facts) = lane.request(&Request::Rules { files: rules.to_vec() }) else { panic!("rules") };
    let Answer::Input(given) = lane.request(&Request::Input { file: input.to_owned() }) else { panic!("an input") };
    let Answer::Run(first) = lane.request(&Request::Run) else { panic!("a run") };
    let Answer::Run(again) = lane.request(&Request::Run) else { panic!("a run") };
    assert_eq!(first.digest, again.digest, "every run finds the same");
    let Answer::Hits(hits) = lane.request(&Request::Hits) else { panic!("hits") };
    lane.end();
    (facts, given, again, hits)
}

fn sandboxed(rules: &[PathBuf], input: &Path) -> Said {
    let plugin = Plugin::load(embedded::PLUGIN, &LoadOptions::default()).expect("the plugin is admitted");
    let mut lane = SandboxedLane::new(Arc::new(plugin), "in the sandbox", true);
    let facts = lane.rules(rules).expect("a pack");
    let given = lane.input(Arc::new(fs::read(input).expect("it is there"))).expect("records");
    let ran = lane.run().expect("a run");
    (facts, given, ran, lane.hits())
}

fn check(rules: &[PathBuf], input: &Path, hits_min: u64) {
    let (native_facts, native_input, native, native_hits) = native(rules, input);
    let (facts, given, ran, hits) = sandboxed(rules, input);
    assert_eq!((native_facts.rules, native_facts.rejected), (facts.rules, facts.rejected));
    assert_eq!(native_input, given);
    assert_eq!(native_hits, hits);
    let numbers = |ran: &Ran| (ran.records, ran.bytes, ran.hits, ran.digest.clone());
    assert_eq!(numbers(&native), numbers(&ran));
    assert_eq!((ran.records, ran.bytes), (given.records, given.bytes), "all of the input is worked through");
    assert!(ran.hits >= hits_min, "{} hits", ran.hits);
    assert!(native.nanoseconds > 0 && native.stages.iter().any(|stage| stage.name == "judge"));
}

#[test]
fn the_native_lane_finds_what_the_sandbox_finds() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("day.ndjson");
    let records =
        starter::RECORDS.iter().find(|(name, _)| *name == "windows-workstations.ndjson").expect("it is there");
    fs::write(&input, records.1).expect("the folder takes it");
    check(&[workspace().join("host-harness/glassbox/starter/rules")], &input, 20);
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn the_native_lane_finds_what_the_sandbox_finds_in_public_records() {
    let data = data::folder();
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("day.ndjson");
    let records: Vec<Vec<u8>> = data::corpus(&data, "process_creation").into_iter().step_by(17).collect();
    fs::write(&input, records.join(&b"\n"[..])).expect("the folder takes it");
    check(&[data.join("sigma/rules/windows/process_creation")], &input, 50);
}

#[test]
fn a_lane_says_what_is_wrong_and_goes_on() {
    let mut lane = Native::start();
    let mut error = |line: &str| match lane.ask(line) {
        Answer::Error(what) => what,
        other => panic!("{line} was answered with {other:?}"),
    };
    assert!(error("\"walk\"").contains("no request of the protocol"));
    assert_eq!(error("\"run\""), "rules come before a run");
    assert!(error("{\"input\":{\"file\":\"/nowhere/at/all\"}}").contains("/nowhere/at/all cannot be read"));
    assert!(error("{\"rules\":{\"files\":[\"/nowhere/at/all\"]}}").contains("/nowhere/at/all"));
    lane.end();
}
