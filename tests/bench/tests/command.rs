//! The benchmark's command line, through the binary: its lanes, its pages, and what it says when something is wrong.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A rule of ours for records that these tests make themselves.
const RULE: &str = "title: Tool of the test started
id: 11111111-2222-4333-8444-555555555555
status: test
level: high
description: A program that only this test starts.
tags: [attack.execution, attack.t1059.001]
falsepositives: [the test itself]
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\\evil.exe'
  selection_now:
    CommandLine|contains: '--now'
  condition: all of selection*
";

/// One that does not parse.
const BROKEN_RULE: &str = "title: Broken\nlogsource: {product: windows}\ndetection:\n  condition: selection and\n";

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glassbox-bench"));
    // The compiled plugin is kept among the build's own files, not in the user's.
    command.args(args).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    command
}

struct Said {
    code: i32,
    out: String,
    talk: String,
}

fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("glassbox writes UTF-8");
    Said { code: output.status.code().expect("it ends by itself"), out: text(output.stdout), talk: text(output.stderr) }
}

fn run(args: &[&str]) -> Said {
    said(command(args).output().expect("the benchmark starts"))
}

fn event(image: &str) -> String {
    let record = serde_json::json!({
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS-1",
        "Provider_Name": "Microsoft-Windows-Sysmon", "UtcTime": "2026-05-04 09:14:07.250",
        "TimeCreated": "2026-05-04T09:14:07.250Z", "User": "ACME\\anna",
        "Image": format!("C:\\Users\\anna\\{image}"), "CommandLine": format!("{image} --now"),
        "ParentImage": "C:\\Windows\\explorer.exe",
    });
    record.to_string()
}

/// A folder with a day of three records, one of them a hit, and the rule.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let day = [event("good.exe"), event("evil.exe"), "{\"broken".to_owned()].join("\n");
    write(folder.path(), "day.ndjson", day.as_bytes());
    write(folder.path(), "rule.yml", RULE.as_bytes());
    folder
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("the folder takes it");
    path.display().to_string()
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[track_caller]
fn check(said: &Said, code: i32, words: &[&str]) {
    assert_eq!(said.code, code, "out: {}\ntalk: {}", said.out, said.talk);
    for word in words {
        assert!(said.talk.contains(word) || said.out.contains(word), "{word:?} in\n{}\n{}", said.out, said.talk);
    }
}

/// A rule in a folder, a day with one hit, and the command that measures it.
fn bench(folder: &tempfile::TempDir, more: &[&str]) -> Said {
    let (day, rule) = (path(folder, "day.ndjson"), path(folder, "rule.yml"));
    let mut args = vec![&*day, "--rules", &rule, "--rounds", "2"];
    args.extend(more);
    run(&args)
}

#[test]
fn a_benchmark_measures_every_lane_and_compares_what_they_find() {
    let folder = folder();
    let lane = format!("served={} --serve", env!("CARGO_BIN_EXE_glassbox-bench"));
    let said = bench(&folder, &["--lane", &lane, "--format", "json"]);
    check(&said, 0, &[]);
    let report = json(&said.out);
    let rows = report["rows"].as_array().expect("rows");
    let lanes: Vec<&str> = rows.iter().filter_map(|row| row["lane"].as_str()).collect();
    for lane in ["framing only", "serde_json only", "glassbox, sandbox", "sandbox without all of these", "served"] {
        assert!(lanes.contains(&lane), "{lane} in {lanes:?}");
    }
    for row in rows {
        assert_eq!((&row["records"], &row["microseconds"]["rounds"]), (&3.into(), &2.into()), "{row}");
        assert!(row["microseconds"]["median"].as_f64().is_some_and(|median| median > 0.0), "{row}");
        let detects = row["digest"].as_str().is_some_and(|digest| !digest.is_empty());
        assert_eq!(row["hits"], u64::from(detects), "{row}");
    }
    let comparison = &report["comparisons"][0];
    assert_eq!((&comparison["common"], &comparison["differences"]), (&1.into(), &json("[]")), "{comparison}");
    let targets = report["targets"].as_array().expect("targets");
    let what: Vec<&str> = targets.iter().filter_map(|target| target["what"].as_str()).collect();
    for target in ["sandbox / serde_json only", "guest memory at its peak", "pack built from YAML"] {
        assert!(what.contains(&target), "{target} in {what:?}");
    }
    assert!(report["costs"]["first_verdict_milliseconds"]["median"].as_f64().is_some_and(|time| time > 0.0));
}

#[test]
fn a_benchmark_can_be_read_and_put_on_a_page() {
    let folder = folder();
    check(&bench(&folder, &[]), 0, &["day: 3 records", "glassbox, sandbox", "Targets", "at most 64 MiB"]);
    let said = bench(&folder, &["--format", "markdown", "--quiet"]);
    check(&said, 0, &["# Benchmarks", "## How to repeat it", "| glassbox, sandbox |", "## Machine and versions"]);
    assert_eq!(said.talk, "");
}

#[test]
fn a_benchmark_that_cannot_be_done_says_why() {
    let folder = folder();
    let check_with = |more: &[&str], code, words: &[&str]| check(&bench(&folder, more), code, words);
    check_with(&["--lane", "x=/nowhere/lane"], 1, &["lane x cannot be started", "/nowhere/lane"]);
    check_with(&["--lane", "x"], 2, &["NAME=VALUE"]);
    check_with(&["--sample", "x=10"], 1, &["--sample names lane x", "--lane"]);
    check(&run(&["--rounds", "0"]), 2, &["0 is not in"]);
    // `true` ends at once, before or after it is asked; `yes` says something else than a lane.
    check_with(&["--lane", "x=true"], 1, &["lane x", "its own words tell why"]);
    check_with(&["--lane", "x=yes"], 1, &["lane x does not speak the protocol"]);
    check(&run(&["/nowhere.ndjson"]), 3, &["/nowhere.ndjson"]);
    check(&run(&["--rules", "/nowhere"]), 4, &["/nowhere"]);
    let broken = write(folder.path(), "broken.yml", BROKEN_RULE.as_bytes());
    check(&run(&["--rules", &broken]), 4, &["no rule could be loaded"]);
    let empty = write(folder.path(), "empty.ndjson", b"\n");
    check(&run(&[&empty]), 3, &["holds no records"]);
}
