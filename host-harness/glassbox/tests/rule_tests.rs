//! `glassbox test` as a detection engineer meets it: through the binary, on rules that are right and wrong, and on broken
//! files of cases.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

const ID: &str = "11111111-2222-4333-8444-555555555555";

const RULE: &str = "title: Tool of the test started
id: 11111111-2222-4333-8444-555555555555
status: test
level: high
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\\evil.exe'
    CommandLine|contains: '--now'
  filter:
    User: 'ACME\\tester'
  condition: selection and not filter
";

const OTHER_RULE: &str = "title: Nobody tests this
id: 99999999-2222-4333-8444-555555555555
logsource: {product: windows}
detection:
  selection:
    Image: x
  condition: selection
";

const CASES: &str = "construct: the tool of the test
cases:
  - rule: 11111111-2222-4333-8444-555555555555
    vectors:
      - name: the tool itself
        event: {Image: 'C:\\evil.exe', CommandLine: evil --now}
        expect: match
        evidence:
          - {field: Image, operator: endswith, operand: '\\evil.exe', text: 'C:\\evil.exe'}
          - {field: CommandLine, operator: contains, operand: --now, text: --now}
      - name: run by its tester
        event: {Image: 'C:\\evil.exe', CommandLine: evil --now, User: 'ACME\\tester'}
        expect: no-match
  - sigma: |
      title: brought along
      logsource: {category: test}
      detection: {selection: {A: 1}, condition: selection}
    vectors:
      - name: brought along
        event: {A: 1}
        expect: [brought along]
";

struct Said {
    code: i32,
    out: String,
    talk: String,
}

fn run(args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glassbox"));
    command.args(args).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).env_remove("NO_COLOR").stdin(Stdio::null());
    let output = command.output().expect("glassbox starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("glassbox writes UTF-8");
    Said { code: output.status.code().expect("it ends by itself"), out: text(output.stdout), talk: text(output.stderr) }
}

#[track_caller]
fn check(said: &Said, code: i32, words: &[&str]) {
    assert_eq!(said.code, code, "out: {}\ntalk: {}", said.out, said.talk);
    for word in words {
        assert!(said.talk.contains(word) || said.out.contains(word), "{word:?} in\n{}\n{}", said.out, said.talk);
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    fs::write(&path, text).expect("the folder takes it");
    path.display().to_string()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// SigmaHQ's layout: a test of the rule with records in JSON.
fn regression(folder: &Path, count: Option<u64>, records: &[&str]) -> String {
    let count = count.map_or_else(String::new, |count| format!("      match_count: {count}\n"));
    let info = format!(
        "id: 0\ndescription: N/A\nrule_metadata:\n    - id: {ID}\n      title: Tool\nregression_tests_info:\n    \
         - name: Positive Detection Test\n      type: evtx\n      provider: x\n{count}      \
         path: regression_data/tool/{ID}.evtx\n"
    );
    write(folder, &format!("regression_data/tool/{ID}.json"), &records.join("\n"));
    write(folder, "regression_data/tool/info.yml", &info)
}

fn record(command_line: &str) -> String {
    serde_json::json!({
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Provider_Name": "Microsoft-Windows-Sysmon",
        "Image": "C:\\evil.exe", "CommandLine": command_line,
    })
    .to_string()
}

#[test]
fn rules_that_are_right_pass() {
    let folder = folder();
    let rule = write(folder.path(), "rules/rule.yml", RULE);
    let cases = write(folder.path(), "cases/tool.yml", CASES);
    let cases_folder = folder.path().join("cases").display().to_string();
    check(&run(&["test", &rule, "--cases", &cases]), 0, &["3 tests of 1 file: 3 passed, 0 failed"]);
    check(&run(&["test", &rule, "--cases", &cases_folder, "-v"]), 0, &["✓", "tool.yml:5 the tool itself"]);
    let said = run(&["test", &rule, "--cases", &cases, "--format", "json"]);
    check(&said, 0, &[]);
    let report: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(report["summary"]["passed"], 3);
    assert_eq!(report["tests"][0]["verdict"], "passed");
    assert_eq!(report["tests"][0]["rule"], ID);
}

#[test]
fn a_rule_that_misses_tells_by_how_little() {
    let folder = folder();
    let rule = write(folder.path(), "rule.yml", &RULE.replace("--now", "--later"));
    let cases = write(folder.path(), "tool.yml", CASES);
    let junit = folder.path().join("report.xml").display().to_string();
    let said = run(&["test", &rule, "--cases", &cases, "--junit", &junit]);
    check(
        &said,
        10,
        &[
            "tool.yml:5 the tool itself",
            "“Tool of the test started” must hit and does not",
            "CommandLine contains “--later”",
            "it is: evil --now",
            "2 passed, 1 failed",
        ],
    );
    let xml = fs::read_to_string(junit).expect("it was written");
    for part in [
        "<testsuites name=\"glassbox test\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\">",
        "line=\"5\"",
        "<failure message=\"“Tool of the test started” must hit and does not\">",
        "it is: evil --now",
    ] {
        assert!(xml.contains(part), "{part} in\n{xml}");
    }
}

#[test]
fn a_rule_of_which_nothing_holds_tells_what_there_is() {
    let folder = folder();
    let other = RULE.replace("--now", "--later").replace("evil.exe", "good.exe").replace(" and not filter", "");
    let rule = write(folder.path(), "rule.yml", &other);
    let cases = write(folder.path(), "tool.yml", CASES);
    let said = run(&["test", &rule, "--cases", &cases]);
    check(&said, 10, &["no part held", "Image is: C:\\evil.exe", "CommandLine is: evil --now"]);
    // A record of another kind, and the rule alone is not to blame.
    let rule = write(folder.path(), "rule.yml", &RULE.replace("process_creation", "network_connection"));
    regression(folder.path(), Some(1), &[&record("evil --now")]);
    let cases = folder.path().join("regression_data").display().to_string();
    let said = run(&["test", &rule, "--cases", &cases]);
    check(&said, 10, &["category process_creation", "the rule is about another logsource"]);
}

#[test]
fn a_rule_that_hits_too_much_tells_why() {
    let folder = folder();
    let rule = write(folder.path(), "rule.yml", &RULE.replace(" and not filter", ""));
    let cases = write(folder.path(), "tool.yml", CASES);
    let said = run(&["test", &rule, "--cases", &cases]);
    check(&said, 10, &["must stay quiet and hits", "selection: Image ends with “\\evil.exe”", "1 failed"]);
    // The same hit by another way.
    let rule = write(folder.path(), "rule.yml", &RULE.replace("|contains: '--now'", ": 'evil --now'"));
    let said = run(&["test", &rule, "--cases", &cases]);
    check(&said, 10, &["for other reasons", "- CommandLine contains “--now”", "+ CommandLine equals “evil --now”"]);
}

#[test]
fn the_layout_of_sigmahq() {
    let folder = folder();
    let rule = write(folder.path(), "rule.yml", RULE);
    let cases = folder.path().join("regression_data").display().to_string();
    let (hit, miss) = (record("evil --now"), record("evil --never"));
    let strict =
        |wanted: i32, words: &[&str]| check(&run(&["test", &rule, "--cases", &cases, "--strict"]), wanted, words);
    let lenient = |wanted: i32, words: &[&str]| check(&run(&["test", &rule, "--cases", &cases]), wanted, words);

    regression(folder.path(), Some(1), &[&hit, &miss]);
    lenient(0, &["1 passed"]);
    strict(0, &["1 passed"]);
    // More than stated: SigmaHQ's own runner asks for one.
    regression(folder.path(), Some(1), &[&hit, &hit]);
    lenient(0, &["1 passed test has more records that hit than are stated"]);
    strict(10, &["must hit 1 record and hits 2"]);
    regression(folder.path(), Some(2), &[&hit, &miss]);
    lenient(10, &["must hit 2 records and hits 1", ".json:2", "CommandLine contains “--now”", "it is: evil --never"]);
    regression(folder.path(), None, &[&hit, &hit]);
    strict(0, &["1 passed"]);
    regression(folder.path(), None, &[&miss]);
    lenient(10, &["must hit and does not"]);
    regression(folder.path(), Some(0), &[&miss]);
    lenient(0, &["1 passed"]);
    regression(folder.path(), Some(0), &[&hit]);
    lenient(10, &["must stay quiet"]);
    regression(folder.path(), Some(1), &[&hit, "{\"broken"]);
    lenient(10, &[".json:2 was not scored"]);
}

#[test]
fn an_event_log_without_its_json_names_the_way_out() {
    let folder = folder();
    let rule = write(folder.path(), "rule.yml", RULE);
    let info = regression(folder.path(), Some(1), &[&record("evil --now")]);
    let json = folder.path().join(format!("regression_data/tool/{ID}.json"));
    fs::rename(&json, json.with_extension("evtx")).expect("renamed");
    check(
        &run(&["test", &rule, "--cases", &info]),
        3,
        &["info.yml:7: ", "evtx_dump -o jsonl", ".json", "1 file unusable"],
    );
    fs::remove_file(json.with_extension("evtx")).expect("removed");
    check(&run(&["test", &rule, "--cases", &info]), 3, &["neither below a folder above this file nor beside it"]);
    regression(folder.path(), Some(1), &[]);
    check(&run(&["test", &rule, "--cases", &info]), 3, &["info.yml:7: ", "holds no records"]);
    let text = fs::read_to_string(&info).expect("it is there").replace("match_count: 1", "match_count: often");
    fs::write(&info, text).expect("written");
    check(&run(&["test", &rule, "--cases", &info]), 3, &["info.yml:10: ", "match_count"]);
}

#[test]
fn records_that_are_no_event_log_are_what_the_rule_is_about() {
    let folder = folder();
    let text = "title: Port control\nid: 22222222-2222-4333-8444-555555555555\nlogsource: {product: cisco, service: aaa}\n\
                detection:\n  keywords: [no access-session]\n  condition: keywords\n";
    let rule = write(folder.path(), "rule.yml", text);
    let info = "rule_metadata:\n  - id: 22222222-2222-4333-8444-555555555555\nregression_tests_info:\n  - name: raw\n    \
                type: raw\n    match_count: 1\n    path: elsewhere/device.raw\n";
    let info = write(folder.path(), "test/info.yml", info);
    write(folder.path(), "test/device.raw", "6705: %PARSER-5: no access-session port-control\n");
    check(&run(&["test", &rule, "--cases", &info]), 0, &["1 passed"]);
}

#[test]
fn rules_that_are_not_given_and_rules_that_are_rejected() {
    let folder = folder();
    let other = write(folder.path(), "other.yml", OTHER_RULE);
    regression(folder.path(), Some(1), &[&record("evil --now")]);
    let cases = folder.path().join("regression_data").display().to_string();
    check(&run(&["test", &other, "--cases", &cases]), 9, &["1 skipped", "no test is about a rule that is given"]);
    check(&run(&["test", &other, "--cases", &cases, "--strict"]), 10, &["there is no rule 1111"]);
    let broken = write(folder.path(), "broken.yml", &RULE.replace("selection and not filter", "selection and missing"));
    check(&run(&["test", &broken, &other, "--cases", &cases]), 10, &["the rule was rejected", "missing"]);
    let no_yaml = write(folder.path(), "broken.yml", &RULE.replace("detection:", "detection: ["));
    check(&run(&["test", &no_yaml, &other, "--cases", &cases]), 10, &["the rule was rejected", "broken.yml"]);
    let rule = write(folder.path(), "rule.yml", RULE);
    let said = run(&["test", &rule, &other, "--cases", &cases, "--uncovered"]);
    check(&said, 0, &["99999999-2222-4333-8444-555555555555", "Nobody tests this", "1 rule without a test"]);
    assert!(!said.out.contains(ID), "{}", said.out);
}

#[test]
fn a_part_of_the_tests() {
    let folder = folder();
    let rule = write(folder.path(), "rule.yml", RULE);
    let cases = write(folder.path(), "tool.yml", CASES);
    let only = |text: &str| run(&["test", &rule, "--cases", &cases, "--only", text]);
    check(&only("TESTER"), 0, &["1 test of 1 file: 1 passed"]);
    check(&only(&ID[..8]), 0, &["2 tests"]);
    check(&only("tool.yml"), 0, &["3 tests"]);
    check(&only("nothing so"), 9, &["no test has “nothing so”"]);
}

#[test]
fn a_pack_is_tested_as_it_is() {
    let folder = folder();
    let rule = write(folder.path(), "rule.yml", RULE);
    let pack = folder.path().join("site.pack").display().to_string();
    check(&run(&["pack", "build", &rule, "-o", &pack]), 0, &[]);
    let cases = write(folder.path(), "tool.yml", CASES);
    check(&run(&["test", "--pack", &pack, "--cases", &cases]), 0, &["3 passed"]);
    let cases = write(folder.path(), "tool.yml", &CASES.replace("evil --now}", "evil --never}"));
    let said = run(&["test", "--pack", &pack, "--cases", &cases]);
    check(&said, 10, &["must hit and does not", "CommandLine contains “--now”", "it is: evil --never"]);
    check(&run(&["test", &rule, "--pack", &pack, "--cases", &cases]), 2, &["cannot be used with"]);
}

#[test]
fn broken_files_of_cases_name_line_and_way_out() {
    let folder = folder();
    let broken = |from: &str, to: &str, words: &[&str]| {
        let text = CASES.replacen(from, to, 1);
        assert_ne!(text, CASES, "{from}");
        let cases = write(folder.path(), "tool.yml", &text);
        let said = run(&["test", "--cases", &cases]);
        check(&said, 3, &[&["tool.yml", "1 file unusable"], words].concat());
    };
    broken("expect: match", "expect: yes", &["tool.yml:7: ", "`match`, `no-match`, `rejected`"]);
    broken("expect: match", "expects: match", &["tool.yml:7: ", "unknown field `expects`"]);
    broken("  - rule: 1", "  - rules: 1", &["tool.yml:3: ", "unknown field `rules`"]);
    broken("        event: {A: 1}\n", "", &["tool.yml:19: `brought along`: it needs an `event`"]);
    broken("event: {A: 1}", "event: {A: 1}\n        record: x", &["tool.yml:19: ", "both `event` and `record`"]);
    broken("expect: [brought along]", "expect: rejected", &["tool.yml:19: ", "takes no event"]);
    broken("expect: no-match", "expect: no-match\n        evidence: []", &["tool.yml:11: ", "expects no match"]);
    broken("name: run by its tester", "name: the tool itself", &["tool.yml:11: ", "another vector"]);
    broken("expect: no-match", "expect: [Tool of the test started]", &["tool.yml:5: ", "which rules of `sigma` match"]);
    broken("    vectors:", "    sigma: x\n    vectors:", &["tool.yml:6: ", "this one has both"]);
    broken(
        "  - rule: 11111111-2222-4333-8444-555555555555\n    vectors:",
        "  - vectors:",
        &["tool.yml:4: ", "needs its rule"],
    );
    broken("cases:", "cases: 5\nx:", &["tool.yml:2: "]);
    broken("    vectors:", "    pipeline: x\n    vectors:", &["tool.yml:6: ", "give it by --pipeline"]);
    check(&run(&["test", "--cases", "/nowhere/at/all"]), 3, &["/nowhere/at/all cannot be read"]);
    let empty = write(folder.path(), "empty/rule.yml", RULE);
    let empty_folder = Path::new(&empty).parent().expect("a folder").display().to_string();
    check(&run(&["test", "--cases", &empty_folder]), 3, &["there are no tests", "`cases:`"]);
    check(&run(&["test", "x.yml"]), 2, &["--cases <PATH>"]);
}

#[test]
fn rules_are_tested_with_what_changes_them() {
    let folder = folder();
    let rule = RULE.replace("User: 'ACME\\tester'", "User|expand: 'ACME\\%testers%'").replace("Image|", "exe|");
    let rule = write(folder.path(), "rules/rule.yml", &rule);
    let pipeline =
        "name: own names\ntransformations:\n  - id: names\n    type: field_name_mapping\n    mapping: {exe: Image}\n";
    let pipeline = write(folder.path(), "own/names.yml", pipeline);
    let filter = "title: not on the bench\nlogsource: {product: windows}\nfilter:\n  rules: any\n  selection:\n    \
                  Computer: bench\n  condition: not selection\n";
    let filter = write(folder.path(), "own/filter.yml", filter);
    let cases = write(folder.path(), "tool.yml", CASES);
    let with = ["--pipeline", &pipeline, "--filter", &filter, "--placeholder", "testers=tester"];
    check(&run(&[&["test", &rule, "--cases", &cases][..], &with].concat()), 0, &["3 passed"]);
    check(&run(&["test", &rule, "--cases", &cases, "--pipeline", &pipeline]), 4, &["%testers%"]);
    // What a rule alone lacks is told with all of it, too.
    let cases = write(folder.path(), "tool.yml", &CASES.replacen("evil --now}", "evil --now, Computer: bench}", 1));
    check(
        &run(&[&["test", &rule, "--cases", &cases][..], &with].concat()),
        10,
        &["it hits, and the filter “not on the bench” suppresses it"],
    );
    check(&run(&["test", "--cases", &cases, "--pipeline", &pipeline]), 2, &["RULES"]);
}

#[test]
fn quiet_for_the_wrong_reason_is_no_pass() {
    let folder = folder();
    let text = "cases:
  - sigma: |
      title: about test
      logsource: {category: process_creation, product: windows}
      detection: {selection: {A: 1}, condition: selection}
    vectors:
      - name: of another kind
        event: {EventID: 4624, Channel: Security, A: 2}
        expect: no-match
";
    let cases = write(folder.path(), "quiet.yml", text);
    check(&run(&["test", "--cases", &cases]), 10, &["quiet only as its logsource is another"]);
    let said_so = text.replace("expect:", "logsource: {product: windows}\n        expect:");
    let cases = write(folder.path(), "quiet.yml", &said_so);
    check(&run(&["test", "--cases", &cases]), 0, &["1 passed"]);
}

#[test]
fn help_has_examples() {
    check(&run(&["test", "--help"]), 0, &["Examples:", "--only", "--uncovered", "10 when some failed"]);
    check(&run(&["--help"]), 0, &["10  some tests of rules failed"]);
}
