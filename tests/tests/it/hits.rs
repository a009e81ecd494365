//! How many hits a finding has: those that filters take away are counted and give no points, and however many rules a
//! record hits, it is a finding.

use std::collections::BTreeMap;

use glassbox::starter;
use glassbox_deployment::Deployment;
use glassbox_finding::limits::{FURTHER_HITS_MAX, HITS_FULL_MAX};
use glassbox_packs::NamedFile;
use glassbox_report::Position;
use glassbox_rules::compile::RuleFile;
use glassbox_run::RunOptions;
use glassbox_tests::runs;

/// The plugin with rules and filters, each a file, and the starter's model.
fn deployment(files: &[String]) -> Deployment {
    let file = |(number, text): (usize, &String)| {
        let path = format!("{number:04}.yml");
        NamedFile { name: path.clone(), file: RuleFile { path, text: text.clone() } }
    };
    let files: Vec<NamedFile> = files.iter().enumerate().map(file).collect();
    let built = glassbox_packs::build(&files[..], starter::MODEL.as_bytes(), None, &[]).expect("it is sound");
    assert_eq!(built.rejected().count(), 0, "{:?}", built.rejected().collect::<Vec<_>>());
    runs::deployment(runs::plugin(), &built.bytes)
}

/// The id of a rule.
fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A rule that asks for text in a command line.
fn rule(number: usize, level: &str, text: &str) -> String {
    format!(
        "title: Rule {number}\nid: {}\nstatus: test\nlevel: {level}\n\
         logsource: {{category: process_creation, product: windows}}\n\
         detection:\n  selection:\n    CommandLine|contains: '{text}'\n  condition: selection\n",
        id(number)
    )
}

/// A filter on a rule, for a user.
fn filter(title: &str, number: usize, user: &str) -> String {
    format!(
        "title: {title}\nid: {}\ndescription: Made for a test.\nlogsource: {{category: process_creation, product: windows}}\n\
         filter:\n  rules: ['{}']\n  selection:\n    User: '{user}'\n  condition: not selection\n",
        id(9_000 + number),
        id(number)
    )
}

/// A process start with a command line.
fn process(user: &str, command: &str) -> String {
    let record = serde_json::json!({
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS-1",
        "Provider_Name": "Microsoft-Windows-Sysmon", "UtcTime": "2026-05-04 09:14:07.250", "User": user,
        "Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": command,
    });
    record.to_string()
}

#[test]
fn filtered_hits_are_counted_by_filter_and_give_no_points() {
    let rules = [rule(1, "critical", "alpha"), rule(2, "low", "beta")];
    let filters = [filter("Backup account", 1, "ACME\\backup"), filter("Scanner", 1, "ACME\\scan")];
    let filtered = deployment(&[&rules[..], &filters[..]].concat());
    let low_alone = deployment(&rules[1..]);
    let lines = [
        process("ACME\\backup", "alpha beta"),
        process("ACME\\scan", "alpha"),
        process("ACME\\anna", "gamma"),
        process("ACME\\backup", "alpha"),
        process("ACME\\anna", "alpha beta"),
    ];
    let records = runs::records(lines.iter().map(String::as_str));
    let told = runs::run(&filtered, runs::options(), None, &records).expect("the run ends");
    let summary = &told.end.summary;
    assert_eq!((summary.findings, summary.quiet, summary.suppressed), (2, 3, 3), "{summary:?}");
    let by_filter = BTreeMap::from([("Backup account".to_owned(), 2), ("Scanner".to_owned(), 1)]);
    assert_eq!(summary.suppressed_by_filter, by_filter);
    let [low, both] = told.found.as_slice() else { panic!("{:?}", told.found) };
    let rules = |found: &glassbox_report::StoredFinding| -> Vec<String> {
        found.finding.hits.iter().map(|hit| hit.rule.clone()).collect()
    };
    assert_eq!((rules(low), rules(both)), (vec![id(2)], vec![id(1), id(2)]));
    // In JSON the finding names what was taken away, and by which filter; a summary has the counts.
    let json = serde_json::to_value(low).expect("plain data");
    let expected = serde_json::json!([{ "rule": id(1), "filter": "Backup account" }]);
    assert_eq!(json["finding"]["suppressed"], expected);
    let json = serde_json::to_value(summary).expect("plain data");
    assert_eq!(json["suppressed_by_filter"]["Scanner"], 1);
    // As many points as without the rule.
    let alone = runs::run(&low_alone, runs::options(), None, &records[..1]).expect("the run ends");
    assert_eq!(low.finding.points, alone.found[0].finding.points);
    assert!(both.finding.points > low.finding.points);
}

/// Rules of the generated pack.
const RULES: usize = 320;

/// A command line that hits the first rules.
fn hits(count: usize) -> String {
    let words: Vec<String> = (0..count).map(|number| format!("w{number:03}")).collect();
    process("ACME\\anna", &words.join(" "))
}

fn many() -> Deployment {
    let rules: Vec<String> = (0..RULES).map(|number| rule(number, "medium", &format!("w{number:03}"))).collect();
    deployment(&rules)
}

#[test]
fn however_many_rules_a_record_hits_it_is_a_finding() {
    let deployment = many();
    for count in [1, 16, 17, 160, 161, 165, 255, 256, 257, 300, RULES] {
        let told = runs::run(&deployment, runs::options(), None, &runs::records([hits(count)])).expect("the run ends");
        assert!(told.end.summary.faults.is_empty(), "{count}: {:?}", told.end.summary.faults);
        let [found] = told.found.as_slice() else { panic!("{count}: {:?}", told.unscored) };
        let finding = &found.finding;
        assert_eq!(finding.hits_total as usize, count);
        assert_eq!(finding.hits.len(), count.min(HITS_FULL_MAX), "{count}");
        let further = count.saturating_sub(HITS_FULL_MAX).min(FURTHER_HITS_MAX);
        assert_eq!(finding.further_hits.len(), further, "{count}");
        assert!(finding.hits.iter().all(|hit| !hit.evidence.is_empty()), "{count}");
    }
}

#[test]
fn records_that_hit_everything_do_not_end_the_service() {
    let deployment = many();
    let mut lines: Vec<String> = (0..50).map(|_| process("ACME\\anna", "nothing")).collect();
    for at in [10, 20, 30] {
        lines[at] = hits(RULES);
    }
    lines[45] = hits(1);
    for batch_records_max in [1, 10, 1_000] {
        let options = RunOptions { batch_records_max, faithful_batches: 1, ..runs::options() };
        let told = runs::run(&deployment, options, None, &runs::records(lines.iter().map(String::as_str)));
        let told = told.expect("the run ends");
        assert_eq!((told.end.out_of_service.as_deref(), told.unscored.len()), (None, 0));
        assert!(told.end.summary.faults.is_empty(), "{:?}", told.end.summary.faults);
        let found: Vec<Position> = told.found.iter().map(|found| found.position).collect();
        assert_eq!(found, [11, 21, 31, 46].map(Position::Line), "batches of {batch_records_max}");
    }
}
