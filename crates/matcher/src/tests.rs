//! Rule and record to outcome: one construct a table, the traps that engines fall into among them.

use glassbox_event::{Reader, Scratch as EventScratch};
use glassbox_finding::{Evidence, Logsource, NearMiss, Place};
use glassbox_rules::compile::{RuleFile, compile};

use super::*;

/// What matching one record with some rules came to.
struct Matched {
    hits: Vec<String>,
    evidence: Vec<Evidence>,
    nearest: Vec<NearMiss>,
    considered: Considered,
}

fn run(rules: &[&str], record: &str) -> Matched {
    let files: Vec<RuleFile> = rules
        .iter()
        .enumerate()
        .map(|(position, text)| RuleFile { path: format!("{position}.yml"), text: (*text).to_owned() })
        .collect();
    let compiled = compile(&files);
    assert!(compiled.accounts.iter().all(|account| account.rejection().is_none()), "{:?}", compiled.accounts);
    let matcher = Matcher::new(compiled.set);
    let reader = Reader::new(&matcher.set().fields);
    let (mut event_scratch, mut scratch) = (EventScratch::default(), Scratch::default());
    let hint = Logsource::default();
    let event = reader.read(record.as_bytes(), &hint, &mut event_scratch).expect("a readable record");
    let considered = matcher.run(&event, &mut scratch);
    let rules = scratch.hits().to_vec();
    let evidence = rules.iter().flat_map(|&rule| matcher.evidence(&reader, &event, &mut scratch, rule)).collect();
    let nearest = matcher.nearest(&event, &mut scratch);
    assert_eq!(scratch.hits(), rules, "an explanation changes no hits");
    let hits = rules.iter().map(|&rule| matcher.set().rules[rule as usize].id.clone()).collect();
    Matched { hits, evidence, nearest, considered }
}

fn windows_rule(detection: &str) -> String {
    let indented: String = detection.lines().map(|line| format!("    {line}\n")).collect();
    format!("title: T\nid: rule\nlogsource:\n    product: windows\ndetection:\n{indented}")
}

/// A flat Windows record with these members besides what makes it one.
fn windows_record(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational"{comma}{members}}}"#)
}

fn check(selection: &str, members: &str, expected: bool) {
    check_condition(&format!("sel:\n    {selection}\ncondition: sel"), members, expected);
}

fn check_condition(detection: &str, members: &str, expected: bool) {
    let matched = run(&[&windows_rule(detection)], &windows_record(members));
    assert_eq!(!matched.hits.is_empty(), expected, "{detection}\non {members}");
    for evidence in &matched.evidence {
        glassbox_finding::check_evidence(windows_record(members).as_bytes(), evidence)
            .unwrap_or_else(|fault| panic!("{fault:?}: {evidence:?}\n{detection}\non {members}"));
    }
}

#[test]
fn numbers_booleans_and_text_meet_as_text() {
    check("EventID: 1", "", true);
    check("EventID: '1'", "", true);
    check("Port: 443", r#""Port":"443""#, true);
    check("Port: 443", r#""Port":4430"#, false);
    check("Initiated: 'true'", r#""Initiated":true"#, true);
    check("Initiated: true", r#""Initiated":"True""#, true);
    check("Port|gte: 1024", r#""Port":"1024""#, true);
    check("Port|lt: 1024", r#""Port":1024"#, false);
    check("Port|gt: 5", r#""Port":"many""#, false);
}

#[test]
fn lists_in_records_and_in_rules() {
    check("F: b", r#""F":["a","b"]"#, true);
    check("F|contains|all: [a, b]", r#""F":["xa","xb"]"#, true);
    check("F|contains|all: [a, c]", r#""F":["xa","xb"]"#, false);
    check("F: [x, y]", r#""F":"y""#, true);
    check("F: b", r#""F":[]"#, false);
}

#[test]
fn absent_null_and_empty_differ() {
    check("F: null", "", true);
    check("F: null", r#""F":null"#, true);
    check("F: null", r#""F":"""#, false);
    check("F: ''", "", false);
    check("F: ''", r#""F":"""#, true);
    check("F: ''", r#""F":" ""#, false);
    check("F: 'null'", r#""F":null"#, false);
    check("F|exists: true", r#""F":null"#, true);
    check("F|exists: true", "", false);
    check("F|exists: false", "", true);
    check("F|exists: false", r#""F":"x""#, false);
    check("F: '*'", r#""F":"""#, true);
    check("F: '*'", "", false);
}

#[test]
fn an_absent_field_in_a_negated_filter_suppresses_nothing() {
    let detection = "sel:\n    F: a\nfilter:\n    G: b\ncondition: sel and not filter";
    check_condition(detection, r#""F":"a""#, true);
    check_condition(detection, r#""F":"a","G":"b""#, false);
    check_condition(detection, r#""F":"a","G":"c""#, true);
    let null = "sel:\n    F: a\nfilter:\n    G: null\ncondition: sel and not filter";
    check_condition(null, r#""F":"a""#, false);
    check_condition(null, r#""F":"a","G":"x""#, true);
}

#[test]
fn wildcards_backslashes_and_blanks() {
    check(r"F: 'C:\\*\x.exe'", r#""F":"C:\\a\\x.EXE""#, true);
    check(r"F: '\\\\*\share'", r#""F":"\\\\host\\share""#, true);
    check(r"F: 'a\?b'", r#""F":"a?b""#, true);
    check(r"F: 'a\?b'", r#""F":"axb""#, false);
    check("F: 'NtLmSsp '", r#""F":"NtLmSsp ""#, true);
    check("F: 'NtLmSsp '", r#""F":"NtLmSsp""#, false);
    check("'Threat Name|contains': mimi", r#""Threat Name":"Mimikatz""#, true);
    check(r"F|endswith: '\cmd.exe'", r#""F":"C:\\Windows\\CMD.EXE""#, true);
    check(r"F|endswith: '\cmd.exe'", r#""F":"C:\\Windows\\xcmd.exe""#, false);
    check(r"F|endswith: '\cmd.exe'", r#""F":"cmd.exe""#, false);
    check(r"F|endswith: '/sh'", r#""F":"/usr/bin/sh""#, true);
    check("F|contains: 'ß'", r#""F":"straße""#, true);
    check("F|contains: 'É'", r#""F":"caf\u00e9""#, true);
}

#[test]
fn case_counts_only_where_it_is_asked_for() {
    check("F: ABC", r#""F":"abc""#, true);
    check("F|cased: ABC", r#""F":"abc""#, false);
    check("F|contains|cased: BC", r#""F":"aBCd""#, true);
    check("F|re: 'B+'", r#""F":"abb""#, false);
    check("F|re|i: 'B+'", r#""F":"abb""#, true);
    check("F|startswith|cased: aB", r#""F":"aBc""#, true);
}

#[test]
fn parts_of_times_are_told_as_written() {
    check("F|hour: 22", r#""F":"2026-05-04T22:59:59Z""#, true);
    check("F|hour: 0", r#""F":"2026-05-05T00:59:59+02:00""#, true);
    check("F|hour: 22", r#""F":"2026-05-05T00:59:59+02:00""#, false);
    check("F|hour: 22", r#""F":"2026-05-04 23:00:00""#, false);
    check("F|hour|gte: 22", r#""F":"2026-05-04 23:00:00.250""#, true);
    check("F|hour|lt: 6", r#""F":"2026-05-04 05:59:59""#, true);
    check("F|minute: [0, 30]", r#""F":"2026-05-04 05:30:59""#, true);
    check("F|day: 4", r#""F":1777870800"#, true);
    check("F|week: 19", r#""F":"2026-05-04 05:30:59""#, true);
    check("F|month|neq: 5", r#""F":"2026-05-04 05:30:59""#, false);
    check("F|year|gt: 2025", r#""F":"2026-05-04 05:30:59""#, true);
    check("F|year: 2026", r#""F":"2026""#, false);
    check("F|year: 2026", r#""F":"yesterday""#, false);
    check("F|year: 2026", "", false);
}

#[test]
fn other_operators() {
    check("F|cidr: 10.0.0.0/8", r#""F":"10.1.2.3""#, true);
    check("F|cidr: 10.0.0.0/8", r#""F":"host""#, false);
    check("F|fieldref: G", r#""F":"A","G":"a""#, true);
    check("F|fieldref: G", r#""F":"A""#, false);
    check("F|neq: a", r#""F":"b""#, true);
    check("F|neq: a", r#""F":"A""#, false);
    check("F|neq: a", "", true);
    check("F|neq: a", r#""F":null"#, true);
    check("F|neq: a", r#""F":["b","a"]"#, false);
    check("F|contains|neq: [a, b]", r#""F":"xyz""#, true);
    check("F|contains|neq: [a, b]", r#""F":"xbz""#, false);
    check("F|neq|windash: ' -a'", r#""F":" -a""#, false);
    check("F|neq|windash: ' -a'", r#""F":" /a""#, false);
    check("F|neq|windash: ' -a'", r#""F":" +a""#, true);
    check("F|fieldref: G", r#""F":["x","A"],"G":["b",null,"a"]"#, true);
    check("F|fieldref|cased: G", r#""F":["x","A"],"G":["b","a"]"#, false);
    check("F|fieldref|contains: G", r#""F":"C:\\Users\\Anna\\x","G":"anna""#, true);
    check("F|fieldref|contains: G", r#""F":"C:\\Users\\Anna\\x","G":["bo","ANNA"]"#, true);
    check("F|fieldref|contains: G", r#""F":"anna","G":"anna1""#, false);
    check("F|fieldref|contains: G", r#""F":"anna""#, false);
    check("F|fieldref|startswith: G", r#""F":"Anna1","G":"anna""#, true);
    check("F|fieldref|startswith: G", r#""F":"1Anna","G":"anna""#, false);
    check("F|fieldref|endswith: G", r#""F":["x","1Anna"],"G":["b",null,"anna"]"#, true);
    check("F|fieldref|endswith: G", r#""F":"Anna1","G":"anna""#, false);
    check("F|fieldref|neq: G", r#""F":"a","G":"A""#, false);
    check("F|fieldref|neq: G", r#""F":"a","G":"b""#, true);
    check("F|windash|contains: ' -enc'", r#""F":"x /enc""#, true);
    check("F|base64offset|contains: 'whoami /all'", r#""F":"d2hvYW1pIC9hbGw=""#, true);
    check("F|re: '^a.c$'", r#""F":"abc""#, true);
}

#[test]
fn keywords_are_found_in_any_value_and_not_only_whole() {
    check_condition("k:\n    - needle\ncondition: k", r#""F":"a NEEDLE in hay""#, true);
    check_condition("k:\n    - needle\ncondition: k", r#""F":["x",{"G":"needle"}]"#, true);
    check_condition("k:\n    - needle\ncondition: k", r#""needle":"name only""#, false);
    check_condition("k:\n    '|all':\n        - a1\n        - b1\ncondition: k", r#""F":"xa1","G":"b1x""#, true);
    check_condition("k:\n    '|all':\n        - a1\n        - b1\ncondition: k", r#""F":"xa1""#, false);
    check_condition("k:\n    - ''\ncondition: k", r#""F":"x""#, true);
}

#[test]
fn conditions_count() {
    let detection = |condition: &str| format!("a:\n    F: 1\nb:\n    G: 1\nc:\n    H: 1\ncondition: {condition}");
    for (condition, members, expected) in [
        ("1 of them", r#""H":1"#, true),
        ("all of them", r#""F":1,"G":1"#, false),
        ("all of them", r#""F":1,"G":1,"H":1"#, true),
        ("2 of them", r#""F":1,"H":1"#, true),
        ("2 of them", r#""F":1"#, false),
        ("not 1 of them", "", true),
        ("a and not (b or c)", r#""F":1"#, true),
        ("a and not (b or c)", r#""F":1,"H":1"#, false),
    ] {
        check_condition(&detection(condition), members, expected);
    }
}

#[test]
fn rules_are_considered_for_their_logsource_alone() {
    let rule = |id: &str, logsource: &str| {
        format!("title: T\nid: {id}\nlogsource: {{{logsource}}}\ndetection: {{s: {{F: a}}, condition: s}}\n")
    };
    let rules = [
        rule("all-windows", "product: windows"),
        rule("creation", "product: windows, category: process_creation"),
        rule("registry", "product: windows, category: registry_set"),
        rule("security", "product: windows, service: security"),
        rule("sysmon", "product: windows, service: sysmon"),
        rule("linux", "product: linux"),
    ];
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let matched = run(&rules, &windows_record(r#""F":"a""#));
    assert_eq!(matched.hits, ["all-windows", "creation", "sysmon"]);
    assert_eq!(matched.considered, Considered { considered: 3, other_logsource: 3 });
    let others: Vec<&str> =
        matched.nearest.iter().filter(|near| near.other_logsource).map(|near| &*near.rule).collect();
    assert_eq!(others, ["registry", "security", "linux"]);
}

#[test]
fn evidence_names_selection_field_value_and_bytes() {
    let rule = windows_rule(
        "sel_image:\n    Image|endswith: ['\\cmd.exe', '\\powershell.exe']\nsel_line:\n    CommandLine|contains: ' -enc '\n\
         gone:\n    ParentImage: null\ncondition: all of sel_* and gone",
    );
    let record = windows_record(r#""Image":"C:\\Windows\\powershell.exe","CommandLine":"powershell -ENC AAAA""#);
    let matched = run(&[&rule], &record);
    let told: Vec<(&str, &str, u32, u32, &str)> = matched
        .evidence
        .iter()
        .map(|e| (e.selection.as_str(), e.field.as_str(), e.value, e.values, e.quote.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("sel_image", "Image", 1, 2, "C:\\Windows\\powershell.exe"),
            ("sel_line", "CommandLine", 0, 1, " -ENC "),
            ("gone", "ParentImage", 0, 1, ""),
        ]
    );
    let Place::Text(place) = &matched.evidence[1].place else { panic!("a place in the text") };
    assert_eq!(&record[place.span.start as usize..place.span.end as usize], " -ENC ");
    assert_eq!(matched.evidence[2].place, Place::Absent(vec!["ParentImage".into(), "ParentProcessName".into()]));
}

#[test]
fn the_nearest_rule_says_what_failed() {
    let near = windows_rule("sel:\n    F: a\n    G|contains: [x, y]\nfilter:\n    H: z\ncondition: sel and not filter");
    let matched = run(&[&near], &windows_record(r#""F":"a","G":"nothing","H":"z""#));
    let miss = &matched.nearest[0];
    assert_eq!((miss.rule.as_str(), miss.held, miss.needed), ("rule", 1, 3));
    let failed: Vec<(&str, Option<&str>)> =
        miss.failed.iter().map(|failed| (failed.selection.as_str(), failed.found.as_deref())).collect();
    assert_eq!(failed, [("sel", Some("nothing")), ("not filter", Some("z"))]);
}

#[test]
fn one_event_leaves_nothing_for_the_next() {
    let compiled =
        compile(&[RuleFile { path: "r.yml".into(), text: windows_rule("s:\n    F|contains: a\ncondition: s") }]);
    let matcher = Matcher::new(compiled.set);
    let reader = Reader::new(&matcher.set().fields);
    let (mut event_scratch, mut scratch) = (EventScratch::default(), Scratch::default());
    let hint = Logsource::default();
    for (members, expected) in [(r#""F":"a""#, 1), (r#""F":"b""#, 0), ("", 0), (r#""F":"ba""#, 1)] {
        let record = windows_record(members);
        let event = reader.read(record.as_bytes(), &hint, &mut event_scratch).expect("a readable record");
        matcher.run(&event, &mut scratch);
        assert_eq!(scratch.hits().len(), expected, "{members}");
    }
}
