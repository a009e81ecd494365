//! The `glassbox` command as a user meets it: through the binary, with its exit codes, on good and bad input.

#[path = "command/plugins.rs"]
mod plugins;

use std::{
    fs,
    io::Write,
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

fn glassbox(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glassbox"));
    // The compiled plugin is kept among the build's own files, not in the user's.
    command.args(args).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).env_remove("NO_COLOR").stdin(Stdio::null());
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
    said(glassbox(args).output().expect("glassbox starts"))
}

fn run_with(args: &[&str], input: &[u8]) -> Said {
    let mut child = glassbox(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("glassbox starts");
    let mut stdin = child.stdin.take().expect("it was asked for");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("glassbox ends");
    writer.join().expect("the writer ends");
    said(output)
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

#[test]
fn the_tour_finds_the_intrusion_of_the_sample_day() {
    let said = run(&[]);
    check(&said, 0, &["sample day", "Rules that hit", "How the", "glassbox score PATH", "records/s"]);
    assert!(!said.out.contains('\x1b'), "no colours in a pipe");
}

#[test]
fn help_has_examples_and_exit_codes() {
    check(&run(&["--help"]), 0, &["Examples:", "Exit codes:", "6  the plugin failed"]);
    for command in [&["score"][..], &["explain"], &["pack", "build"], &["pack", "show"], &["inspect"], &["completions"]]
    {
        check(&run(&[command, &["--help"]].concat()), 0, &["Examples:"]);
    }
    check(&run(&["completions", "bash"]), 0, &["_glassbox"]);
}

#[test]
fn a_command_line_without_sense_ends_with_2() {
    check(&run(&["score"]), 2, &["<PATH>"]);
    check(&run(&["scroe"]), 2, &["score"]);
    check(&run(&["score", "x", "--from", "yesterday"]), 2, &["2026-05-04T09:14:07"]);
    check(&run(&["score", "x", "--from", "2026-05-05", "--to", "2026-05-04"]), 2, &["--from must be earlier"]);
    check(&run(&["score", "x", "--min-score", "2"]), 2, &["0.5 or 50%"]);
    check(&run(&["score", "x", "--logsource", "windows"]), 2, &["product="]);
    check(&run(&["explain", "x", "--id", "12"]), 2, &["hexadecimal"]);
}

#[test]
fn every_format_tells_the_same_finding() {
    let folder = folder();
    let (day, rule) = (path(&folder, "day.ndjson"), path(&folder, "rule.yml"));
    let score = |format: &str| run(&["score", &day, "--rules", &rule, "--format", format]);

    let table = score("table");
    check(&table, 0, &["Tool of the test started", "day.ndjson:2", "3 records", "1 finding", "1 quiet", "1 unscored"]);

    let document = json(&score("json").out);
    assert_eq!(document["summary"]["records"], 3);
    assert_eq!(document["findings"][0]["rank"], 1);
    assert_eq!(document["findings"][0]["position"]["line"], 2);
    assert_eq!(document["findings"][0]["time"], "2026-05-04T09:14:07.25Z");
    assert_eq!(document["unscored"][0]["position"]["line"], 3);

    let lines = score("ndjson").out;
    let lines: Vec<_> = lines.lines().map(json).collect();
    assert_eq!(lines.iter().map(|line| line["kind"].as_str()).collect::<Vec<_>>(), [Some("finding"), Some("unscored")]);
    assert_eq!(lines[0]["finding"], document["findings"][0]["finding"]);
    assert_eq!(lines[0]["id"], document["findings"][0]["id"]);

    let rows = score("csv").out;
    assert_eq!(rows.matches("\r\n").count(), 2, "{rows}");
    assert!(rows.contains("Tool of the test started") && rows.contains(",line 2\r\n"), "{rows}");
}

#[test]
fn the_number_of_readers_changes_no_byte() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/starter/records");
    for format in ["json", "ndjson", "csv", "table"] {
        let score = |threads: &str| run(&["score", sample, "--threads", threads, "--format", format]);
        let (one, three) = (score("1"), score("3"));
        check(&one, 0, &[]);
        assert!(one.out == three.out, "{format}");
    }
}

#[test]
fn a_score_too_low_is_counted_and_not_listed() {
    let folder = folder();
    let (day, rule) = (path(&folder, "day.ndjson"), path(&folder, "rule.yml"));
    let said = run(&["score", &day, "--rules", &rule, "--min-score", "1", "--format", "json"]);
    let document = json(&said.out);
    assert_eq!(document["findings"].as_array().map(Vec::len), Some(0));
    assert_eq!((&document["summary"]["findings"], &document["summary"]["below_min_score"]), (&1.into(), &1.into()));
}

#[test]
fn records_outside_the_window_are_accounted_for() {
    let folder = folder();
    let (day, rule) = (path(&folder, "day.ndjson"), path(&folder, "rule.yml"));
    let outside = |args: &[&str]| {
        let args = [&["score", &day, "--rules", &rule, "--format", "json"], args].concat();
        json(&run(&args).out)["summary"]["outside"].clone()
    };
    assert_eq!(outside(&["--from", "2026-05-04", "--to", "2026-05-05"]), 0);
    assert_eq!(outside(&["--from", "2026-05-05"]), 2);
    assert_eq!(outside(&["--to", "2026-05-04T09:14:07.25Z"]), 2);
}

#[test]
fn standard_input_is_scored_in_any_framing() {
    let folder = folder();
    let rule = path(&folder, "rule.yml");
    let evil = event("evil.exe");
    let wrapped = format!("{{\"Records\":[{evil}]}}");
    for input in [evil.clone(), format!("[{evil}]"), wrapped, format!("\u{feff}{evil}\r\n")] {
        let said = run_with(&["score", "-", "--rules", &rule, "--format", "json"], input.as_bytes());
        check(&said, 0, &[]);
        assert_eq!(json(&said.out)["findings"][0]["source"], "stdin", "{input}");
    }
}

#[test]
fn sources_that_cannot_be_read_end_with_3_and_the_others_are_scored() {
    let folder = folder();
    let (day, rule) = (path(&folder, "day.ndjson"), path(&folder, "rule.yml"));
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    let bad = [
        ("absent.json", "no such file"),
        ("empty", "holds no records"),
        ("Security.evtx", "evtx_dump"),
        ("cut.json.gz", "damaged or cut short"),
        ("rule.yml", "--rules"),
    ];
    write(folder.path(), "Security.evtx", b"ElfFile\0");
    write(folder.path(), "cut.json.gz", b"\x1f\x8b\x08\0\0\0");
    for (name, word) in bad {
        let said = run(&["score", &path(&folder, name), &day, "--rules", &rule, "--format", "json"]);
        check(&said, 3, &[word]);
        let document = json(&said.out);
        assert_eq!(document["summary"]["findings"], 1, "{name}: the other file is scored");
        assert_eq!(document["summary"]["sources"]["problems"].as_array().map(Vec::len), Some(1), "{name}");
    }
}

#[test]
fn packs_and_rules_that_cannot_be_used_end_with_4() {
    let folder = folder();
    let day = path(&folder, "day.ndjson");
    let broken = write(folder.path(), "broken.yml", BROKEN_RULE.as_bytes());
    let pack = path(&folder, "site.pack");
    check(&run(&["pack", "build", &path(&folder, "rule.yml"), "-o", &pack]), 0, &["1 loaded, 0 rejected"]);
    let whole = fs::read(&pack).expect("it was built");
    let cut = write(folder.path(), "cut.pack", &whole[..whole.len() - 1]);
    let mut newer = whole.clone();
    newer[8] = 99;
    let newer = write(folder.path(), "newer.pack", &newer);
    let mut flipped = whole;
    *flipped.last_mut().expect("it is not empty") ^= 1;
    let flipped = write(folder.path(), "flipped.pack", &flipped);
    for (pack, word) in [(&day, "not a pack"), (&cut, "cut short"), (&newer, "format 99"), (&flipped, "damaged")] {
        check(&run(&["score", &day, "--pack", pack]), 4, &[word]);
        check(&run(&["pack", "show", pack]), 4, &[word]);
    }
    check(&run(&["score", &day, "--rules", &broken]), 4, &["no rule could be loaded", "broken.yml"]);
    check(&run(&["score", &day, "--rules", &path(&folder, "absent")]), 4, &["absent cannot be read"]);
}

#[test]
fn every_rule_is_accounted_for_when_a_pack_is_built() {
    let folder = folder();
    let rule = path(&folder, "rule.yml");
    let broken = write(folder.path(), "broken.yml", BROKEN_RULE.as_bytes());
    let pack = path(&folder, "site.pack");

    let said = run(&["pack", "build", &rule, &broken, "-o", &pack]);
    check(&said, 7, &["1 loaded, 1 rejected", "broken.yml", "windows"]);
    check(
        &run(&["pack", "show", &pack]),
        0,
        &[
            "provenance",
            "known-answers",
            "1 rules",
            "1 rejected",
            "sha256",
            "made from rule",
            "a record of nothing: stays quiet",
        ],
    );
    check(&run(&["score", &path(&folder, "day.ndjson"), "--pack", &pack]), 0, &["Tool of the test started"]);

    let strict = path(&folder, "strict.pack");
    check(&run(&["pack", "build", &rule, &broken, "-o", &strict, "--strict"]), 4, &["no pack was written"]);
    check(&run(&["pack", "build", &broken, "-o", &strict]), 4, &["no rule could be loaded"]);
    assert!(!Path::new(&strict).exists());

    let account = json(&run(&["pack", "build", &rule, &broken, "-o", &pack, "--format", "json"]).out);
    assert_eq!((&account["loaded"], &account["rejected"]), (&1.into(), &1.into()));
}

#[test]
fn pipelines_filters_and_placeholders_go_with_the_rules() {
    let folder = folder();
    let day = path(&folder, "day.ndjson");
    // An organisation's own names, and a placeholder.
    let rule = RULE
        .replace("Image|endswith", "proc.path|endswith")
        .replace("CommandLine|contains: '--now'", "CommandLine|expand|contains: '%switch%'");
    let rule = write(folder.path(), "own.yml", rule.as_bytes());
    let pipeline = "name: own\npriority: 10\ntransformations:\n  - type: field_name_mapping\n    \
                    mapping: {proc.path: Image}\n";
    let pipeline = write(folder.path(), "pipeline.yml", pipeline.as_bytes());
    let given = ["--rules", &rule, "--pipeline", &pipeline, "--placeholder", "switch=--later,--now"];
    let score = |more: &[&str]| {
        let mut args = vec!["score", &day];
        args.extend(more);
        run(&args)
    };
    check(&score(&given), 0, &["Tool of the test started"]);
    check(&score(&given[..4]), 4, &["own.yml:13", "placeholder `%switch%` has no value", "--placeholder switch=VALUE"]);

    let filter = "title: Anna may\nlogsource: {product: windows}\nfilter:\n  rules: any\n  anna: {User|endswith: '\\anna'}\n  \
                  condition: not anna\n";
    let filter = write(folder.path(), "filter.yml", filter.as_bytes());
    let filtered = score(&[&given[..], &["--filter", &filter, "--format", "json"]].concat());
    assert_eq!(json(&filtered.out)["summary"]["findings"], 0, "{}", filtered.out);

    let pack = path(&folder, "site.pack");
    let build = [
        "pack",
        "build",
        &rule,
        "--pipeline",
        &pipeline,
        "--placeholder",
        "switch=--now",
        "--filter",
        &filter,
        "-o",
        &pack,
    ];
    check(&run(&build), 0, &["1 rule: 1 loaded, 0 rejected", "filter Anna may: put upon 1 rule"]);
    let account = json(&run(&[&build[..], &["--format", "json"]].concat()).out);
    assert_eq!(account["rules"][0]["line"], 1);
    assert_eq!(account["rules"][1]["outcome"], serde_json::json!({"outcome": "filter", "rules": 1}));
    let shown = json(&run(&["pack", "show", &pack, "--format", "json"]).out);
    let sources = shown["provenance"]["sources"].as_array().expect("a list");
    let names: Vec<&str> = sources.iter().filter_map(|source| source["name"].as_str()).collect();
    assert_eq!(names, ["filter.yml", "own.yml", "pipeline.yml", "placeholder switch"]);

    let broken = write(folder.path(), "broken-pipeline.yml", b"transformations:\n  - type: teleport\n");
    check(
        &score(&["--rules", &rule, "--pipeline", &broken]),
        4,
        &["broken-pipeline.yml:2: there is no transformation"],
    );
    check(&score(&["--pipeline", &pipeline]), 2, &["--rules"]);
    check(&score(&["--rules", &rule, "--placeholder", "switch"]), 2, &["NAME=VALUE"]);
}

#[test]
fn the_same_rules_make_the_same_pack_from_another_folder() {
    let (one, other) = (folder(), folder());
    let build = |folder: &tempfile::TempDir| {
        fs::create_dir(folder.path().join("rules")).expect("a folder");
        fs::rename(folder.path().join("rule.yml"), folder.path().join("rules/rule.yml")).expect("the rule");
        let pack = path(folder, "site.pack");
        check(&run(&["pack", "build", &path(folder, "rules"), "-o", &pack]), 0, &[]);
        fs::read(pack).expect("it was built")
    };
    assert_eq!(build(&one), build(&other));
}

#[test]
fn a_pack_that_fails_its_known_answers_or_has_a_bad_context_is_not_written() {
    let folder = folder();
    let (rule, pack) = (path(&folder, "rule.yml"), path(&folder, "site.pack"));
    let answers = serde_json::json!([
        {"name": "the test's tool", "record": event("evil.exe"), "expect": ["11111111-2222-4333-8444-555555555555"]},
        {"name": "a good tool", "record": event("good.exe"), "expect": ["11111111-2222-4333-8444-555555555555"]},
    ]);
    let known = write(folder.path(), "known.json", answers.to_string().as_bytes());
    check(&run(&["pack", "build", &rule, "-o", &pack, "--known", &known]), 4, &["a good tool", "must hit rule"]);
    assert!(!Path::new(&pack).exists());
    let context = path(&folder, "context.json");
    let with_context = || run(&["pack", "build", &rule, "-o", &pack, "--context", &context]);
    write(folder.path(), "context.json", br#"{"format":1,"feared_techniques":["1003"]}"#);
    check(&with_context(), 4, &["entry 1 of `feared_techniques` of the context", "write T1003"]);
    write(folder.path(), "context.json", br#"{"format":1,"feared_techniques":["T1059"]}"#);
    check(&with_context(), 0, &["1 loaded"]);
}

#[test]
fn plugins_that_are_none_end_with_5() {
    let folder = folder();
    let day = path(&folder, "day.ndjson");
    let core = write(folder.path(), "core.wasm", b"\0asm\x01\0\0\0");
    for (plugin, word) in [(&core, "core WebAssembly module"), (&day, "not a WebAssembly component")] {
        check(&run(&["score", &day, "--plugin", plugin]), 5, &[word]);
        check(&run(&["inspect", plugin]), 5, &[word]);
    }
    check(&run(&["inspect", &path(&folder, "absent.wasm")]), 5, &["cannot be read"]);
}

#[test]
fn the_plugin_inside_imports_nothing() {
    check(&run(&["inspect"]), 0, &["imports    nothing", "memory_bytes_max", "sha256"]);
    let facts = json(&run(&["inspect", "--format", "json"]).out);
    assert_eq!(facts["facts"]["imports"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_state_carries_on_and_a_foreign_file_ends_with_8() {
    let folder = folder();
    let (day, rule, state) = (path(&folder, "day.ndjson"), path(&folder, "rule.yml"), path(&folder, "state"));
    for _ in 0..2 {
        check(&run(&["score", &day, "--rules", &rule, "--state", &state]), 0, &["1 finding"]);
    }
    check(&run(&["score", &day, "--rules", &rule, "--state", &day]), 8, &["not a state file"]);
    let mut bytes = fs::read(&state).expect("it was written");
    bytes.push(0);
    let damaged = write(folder.path(), "damaged", &bytes);
    check(&run(&["score", &day, "--rules", &rule, "--state", &damaged]), 8, &["damaged"]);
}

/// Kept by an earlier release, which counted hosts in another way and looked for users in other fields.
#[test]
fn what_is_dropped_of_a_state_is_named() {
    let folder = folder();
    let (day, rule) = (path(&folder, "day.ndjson"), path(&folder, "rule.yml"));
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/earlier.state");
    let state = write(folder.path(), "state", &fs::read(kept).expect("it is there"));
    let args = ["score", &day, "--rules", &rule, "--state", &state];
    let dropped = "these were dropped as their definition changed: rule/1, ";
    let first = run(&args);
    check(&first, 0, &["1 finding"]);
    assert!(first.talk.contains(dropped), "{}", first.talk);
    // Once it is saved anew, nothing is out of date.
    let second = run(&args);
    check(&second, 0, &["1 finding"]);
    assert!(!second.talk.contains("dropped"), "{}", second.talk);
}

#[test]
fn a_record_is_explained_with_its_finding_or_why_there_is_none() {
    let folder = folder();
    let (day, rule) = (path(&folder, "day.ndjson"), path(&folder, "rule.yml"));
    let explain = |args: &[&str]| run(&[&["explain", &day, "--rules", &rule], args].concat());
    check(
        &explain(&["--line", "2"]),
        0,
        &[
            "Tool of the test started (high)",
            "On WS-1, ACME\\anna ran",
            "ends with “\\evil.exe”",
            "«\\evil.exe»",
            "T1059.001 PowerShell",
            "the test itself",
            "rule.yml",
            "day.ndjson:2",
        ],
    );
    check(
        &explain(&["--line", "1"]),
        0,
        &["No rule hit", "1 rule was considered", "Tool of the test started", "good.exe"],
    );
    check(&explain(&["--line", "3"]), 0, &["was not scored"]);
    check(&explain(&["--line", "4"]), 9, &["no record at line 4"]);
    check(&explain(&[]), 0, &["No rule hit", "«\\evil.exe»", "was not scored"]);
    check(&explain(&["--rank", "1"]), 0, &["«\\evil.exe»"]);
    check(&explain(&["--rank", "2"]), 9, &["no finding of rank 2"]);
    let found = json(&explain(&["--rank", "1", "--format", "json"]).out);
    let id = found["id"].as_str().expect("an id").to_owned();
    check(&explain(&["--id", &id[..12]]), 0, &["«\\evil.exe»", &id]);
    check(&explain(&["--id", "ffffffffffff"]), 9, &["no finding has an id"]);
    let last = found["explanation"]["steps"].as_array().and_then(|steps| steps.last()).expect("steps");
    assert_eq!(last["sum"], found["finding"]["points"], "the running sum ends at the points");
    check(&explain(&["--rank", "1", "--format", "html"]), 0, &["<!doctype html>", "<mark>\\evil.exe</mark>", &id]);
    check(&explain(&["--line", "1", "--format", "html"]), 0, &["<!doctype html>", "No rule hit"]);
    check(&explain(&["--line", "3", "--format", "html"]), 0, &["<!doctype html>", "was not scored"]);
    let piped = run_with(&["explain", "-", "--rules", &rule], event("evil.exe").as_bytes());
    check(&piped, 0, &["stdin:1"]);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = glassbox(&["score", "-", "--format", "ndjson", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("glassbox starts");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("it was asked for");
    // Unscored records alone are more than a pipe holds.
    let input = "{\"broken\n".repeat(20_000);
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let said = said(child.wait_with_output().expect("glassbox ends"));
    writer.join().expect("the writer ends");
    assert_eq!((said.code, said.talk.as_str()), (0, ""));
}

/// A rule in a folder and a day with one hit.
fn bench(folder: &tempfile::TempDir, more: &[&str]) -> Said {
    let (day, rule) = (path(folder, "day.ndjson"), path(folder, "rule.yml"));
    let mut args = vec!["bench", &day, "--rules", &rule, "--rounds", "2"];
    args.extend(more);
    run(&args)
}

#[test]
fn a_benchmark_measures_every_protection() {
    let folder = folder();
    let said = bench(&folder, &["--format", "json", "--quiet"]);
    check(&said, 0, &[]);
    assert_eq!(said.talk, "");
    let report = json(&said.out);
    assert_eq!((&report["rules"], &report["rounds"]), (&1.into(), &2.into()), "{report}");
    let input = &report["inputs"][0];
    assert_eq!((&input["name"], &input["records"]), (&"day".into(), &3.into()), "{input}");
    let lanes = input["lanes"].as_array().expect("lanes");
    let names: Vec<&str> = lanes.iter().filter_map(|row| row["lane"].as_str()).collect();
    assert_eq!(names.first(), Some(&"all protections"));
    assert!(names.contains(&"without contract checks") && names.contains(&"without any of these"), "{names:?}");
    for row in lanes {
        assert_eq!((&row["findings"], &row["microseconds"]["rounds"]), (&1.into(), &2.into()), "{row}");
        assert!(row["microseconds"]["median"].as_f64().is_some_and(|median| median > 0.0), "{row}");
    }
    check(&bench(&folder, &[]), 0, &["day: 3 records", "all protections", "without any of these"]);
}

#[test]
fn a_benchmark_that_cannot_be_done_says_why() {
    let folder = folder();
    check(&run(&["bench", "--rounds", "0"]), 2, &["0 is not in"]);
    check(&run(&["bench", "/nowhere.ndjson"]), 3, &["/nowhere.ndjson"]);
    check(&run(&["bench", "--rules", "/nowhere"]), 4, &["/nowhere"]);
    let broken = write(folder.path(), "broken.yml", BROKEN_RULE.as_bytes());
    check(&run(&["bench", "--rules", &broken]), 4, &["no rule could be loaded"]);
    let empty = write(folder.path(), "empty.ndjson", b"\n");
    check(&run(&["bench", &empty]), 3, &["holds no records"]);
}
