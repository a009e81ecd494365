//! Rule and record to outcome: one construct a table, the traps that engines fall into among them.

use glassbox_event::{Reader, Scratch as EventScratch};
use glassbox_finding::{Claim, Evidence, Logsource, NearMiss, Place, RuleItem, TextPlace};
use glassbox_rules::compile::{RuleFile, compile};

use super::*;

/// What matching one record with some rules came to.
struct Matched {
    hits: Vec<String>,
    evidence: Vec<ShownEvidence>,
    nearest: Vec<ShownMiss>,
    considered: Considered,
}

/// Evidence with the names and texts behind its positions.
#[derive(Debug)]
struct ShownEvidence {
    selection: String,
    field: String,
    value: u32,
    values: u32,
    place: Place,
    quote: String,
    /// Whether the predicate holds on the text at the place, tested apart from the matcher.
    holds: bool,
}

/// A rule that came near, with the names and texts behind its positions.
struct ShownMiss {
    rule: String,
    held: u32,
    needed: u32,
    other_logsource: bool,
    failed: Vec<ShownFailure>,
}

struct ShownFailure {
    selection: String,
    field: String,
    operand: String,
    found: Option<String>,
}

fn text(place: &TextPlace, record: &str) -> String {
    place.read(record.as_bytes()).expect("within the record").into_owned()
}

/// The selection's and field's names of an item's predicate, its value, how many there are, and the predicate.
fn named(at: RuleItem, set: &RuleSet) -> (String, String, u32, u32, &FieldPredicate) {
    let rule = &set.rules[at.rule as usize];
    let item = &rule.items[at.item as usize];
    let (predicate, value) = item.predicates[at.predicate as usize];
    let predicate = &set.predicates[predicate as usize];
    let field = predicate.field.map_or("", |field| &set.fields[field as usize]);
    (rule.selections[item.selection as usize].clone(), field.to_owned(), value, item.values, predicate)
}

fn shown_evidence(evidence: Evidence, set: &RuleSet, record: &str) -> ShownEvidence {
    let Claim::Item(at) = evidence.claim else { panic!("not of a rule: {evidence:?}") };
    let (selection, field, value, values, predicate) = named(at, set);
    let quote = evidence.place.texts().next().map(|place| text(place, record)).unwrap_or_default();
    let FieldPredicate { predicate, .. } = predicate;
    let holds = match (&evidence.place, predicate.operator) {
        (Place::Absent, operator) => matches!(operator, Operator::Absent | Operator::Null),
        (Place::Pair(one, other), operator) => {
            let (one, other) = (text(one, record), text(other, record));
            glassbox_predicate::compare_fields(operator, &one, &other, predicate.cased)
        }
        (Place::Text(_), Operator::Null) => quote == "null",
        (Place::Text(_), operator) => {
            let found = predicate.compile_existence().expect("usable").find(&quote);
            found.is_some_and(|part| operator != Operator::Contains || part == (0..quote.len()))
        }
    };
    ShownEvidence { selection, field, value, values, place: evidence.place, quote, holds }
}

fn shown_miss(near: NearMiss, set: &RuleSet, record: &str) -> ShownMiss {
    let NearMiss { rule, held, needed, other_logsource, failed } = near;
    let failed = failed.into_iter().map(|failed| {
        let (selection, field, _, _, predicate) = named(failed.item, set);
        let operand = predicate.predicate.operand.clone();
        let selection = if failed.negated { format!("not {selection}") } else { selection };
        ShownFailure { selection, field, operand, found: failed.found.map(|place| text(&place, record)) }
    });
    let rule = set.rules[rule as usize].id.clone();
    ShownMiss { rule, held, needed, other_logsource, failed: failed.collect() }
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
    let evidence = rules.iter().flat_map(|&rule| matcher.evidence(&event, &mut scratch, rule).pieces);
    let evidence = evidence.map(|evidence| shown_evidence(evidence, matcher.set(), record)).collect();
    let nearest = matcher.nearest(&event, &mut scratch).into_iter();
    let nearest = nearest.map(|near| shown_miss(near, matcher.set(), record)).collect();
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
        assert!(evidence.holds, "{evidence:?}\n{detection}\non {members}");
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
    // No literal is in these expressions.
    check_condition("k:\n    '|re': '[qz]{3}'\ncondition: k", r#""F":["zz","xqzqx"]"#, true);
    check_condition("k:\n    '|re': '[qz]{3}'\ncondition: k", r#""F":["zz","q"]"#, false);
    check_condition("k:\n    '|re': '[ln][ul][ln]'\ncondition: k", r#""F":null"#, false);
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
        ("2 of them", r#""F":1,"G":1,"H":1"#, true),
        ("1 of them", r#""F":1,"G":1,"H":1"#, true),
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
    assert_eq!(matched.considered, Considered { considered: 3, other_logsource: 3, blind: false });
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
    let span = place.step.span;
    assert_eq!(&record[span.start as usize..span.end as usize], " -ENC ");
    assert_eq!(matched.evidence[2].place, Place::Absent);
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

/// A matcher of these rules.
fn matcher(rules: &[&str]) -> Matcher {
    let files = rules.iter().enumerate();
    let files = files.map(|(number, text)| RuleFile { path: format!("{number}.yml"), text: (*text).to_owned() });
    Matcher::new(compile(&files.collect::<Vec<_>>()).set)
}

/// Matches records one after another in the same scratch, and gives the hits of each and the scratch.
fn run_all(matcher: &Matcher, scratch: &mut Scratch, records: &[String]) -> Vec<Vec<u32>> {
    let reader = Reader::new(&matcher.set().fields);
    let mut event_scratch = EventScratch::default();
    let hint = Logsource::default();
    let mut hits = Vec::new();
    for record in records {
        let event = reader.read(record.as_bytes(), &hint, &mut event_scratch).expect("a readable record");
        matcher.run(&event, scratch);
        hits.push(scratch.hits().to_vec());
    }
    hits
}

#[test]
fn what_is_remembered_of_a_value_announces_the_same_rules() {
    let matcher = matcher(&[&windows_rule("s:\n    F|contains: a\n    G|contains: b\ncondition: s")]);
    let mut scratch = Scratch::default();
    let records = [r#""F":"xa","G":"b""#, r#""F":"xa","G":"c""#, r#""F":"xa","G":"b""#, r#""G":"b""#];
    let records = records.map(windows_record);
    for _ in 0..2 {
        let hits = run_all(&matcher, &mut scratch, &records);
        assert_eq!(hits, [vec![0], vec![], vec![0], vec![]]);
        assert!(!scratch.memo.positions().is_empty());
        scratch.forget();
        assert!(scratch.memo.positions().is_empty());
    }
}

#[test]
fn a_scratch_serves_one_rule_set_after_another() {
    let first = matcher(&[&windows_rule("s:\n    F|contains: a\ncondition: s")]);
    let other = windows_rule("s:\n    F|contains: b\ncondition: s").replace("id: rule", "id: other");
    let second = matcher(&[&other, &other.replace("id: other", "id: third").replace("windows", "linux")]);
    let mut scratch = Scratch::default();
    let records = [windows_record(r#""F":"a""#), windows_record(r#""F":"b""#)];
    for _ in 0..2 {
        assert_eq!(run_all(&first, &mut scratch, &records), [vec![0], vec![]]);
        assert_eq!(run_all(&second, &mut scratch, &records), [vec![], vec![0]]);
    }
}

#[test]
fn a_predicate_is_found_once_a_value_and_only_where_it_is_asked_for() {
    let asked = windows_rule("s:\n    F|contains|cased: ab\ncondition: s");
    let unasked = windows_rule("s:\n    F|contains: abab\ncondition: s").replace("windows", "linux");
    let matcher = matcher(&[&asked, &unasked.replace("id: rule", "id: other")]);
    let mut scratch = Scratch::default();
    assert_eq!(run_all(&matcher, &mut scratch, &[windows_record(r#""F":"abababab""#)]), [vec![0]]);
    assert_eq!((scratch.longest.predicates.len(), scratch.longest.rules.len()), (1, 1));
}

#[test]
fn what_an_index_finds_is_not_tested() {
    let matcher = matcher(&[&windows_rule("s:\n    F: ab\n    G|endswith: [x, y]\ncondition: s")]);
    let mut scratch = Scratch::default();
    assert_eq!(run_all(&matcher, &mut scratch, &[windows_record(r#""F":"ab","G":"y""#)]), [vec![0]]);
    assert!(matcher.tests.iter().all(|test| test.get().is_none()));
}

#[test]
fn what_announces_no_rule_is_tested_when_a_condition_asks() {
    let matcher = matcher(&[&windows_rule("s:\n    F|contains: [ab, cd]\n    G|endswith: xyzxyz\ncondition: s")]);
    let mut scratch = Scratch::default();
    let tested = || matcher.tests.iter().filter(|test| test.get().is_some()).count();
    assert_eq!(run_all(&matcher, &mut scratch, &[windows_record(r#""F":"ab","G":"xyz""#)]), [vec![]]);
    assert_eq!(tested(), 0, "nothing announced the rule");
    assert_eq!(run_all(&matcher, &mut scratch, &[windows_record(r#""F":"xABx","G":"xyzxyz""#)]), [vec![0]]);
    assert_eq!(tested(), 1, "the first that holds is enough");
    assert_eq!(run_all(&matcher, &mut scratch, &[windows_record(r#""F":["","CD"],"G":"xyzxyz""#)]), [vec![0]]);
    assert_eq!(run_all(&matcher, &mut scratch, &[windows_record(r#""F":"ac","G":"xyzxyz""#)]), [vec![]]);
}

#[test]
fn many_predicates_that_a_condition_asks_for_are_looked_for_at_once() {
    let words: Vec<String> = (0..200).map(|number| format!("'word-{number:03}'")).collect();
    let selection = format!("s:\n    F|contains: [{}]\n    G|endswith: xyzxyz\ncondition: s", words.join(", "));
    let matcher = matcher(&[&windows_rule(&selection)]);
    let mut scratch = Scratch::default();
    let record = |text: &str| windows_record(&format!(r#""F":{text},"G":"xyzxyz""#));
    let records = [r#""word-x199""#, r#"["a","WORD-199"]"#, r#""word-003""#, "null", r#""word-2""#].map(record);
    assert_eq!(run_all(&matcher, &mut scratch, &records), [vec![], vec![0], vec![0], vec![], vec![]]);
    let tested = matcher.tests.iter().filter(|test| test.get().is_some()).count();
    assert!((1..=TESTED_MAX as usize).contains(&tested), "{tested}");
}

#[test]
fn the_longest_value_is_decoded_once_and_no_other_is_taken_for_it() {
    // Of one field: a predicate that announces the rule, and one that is tested then.
    let matcher =
        matcher(&[&windows_rule("s:\n    F|endswith: longlong\nt:\n    F|contains|cased: Ab\ncondition: s and t")]);
    let check = |records: &[&str], expected: &[bool]| {
        let records: Vec<String> = records.iter().map(|members| windows_record(members)).collect();
        let expected: Vec<Vec<u32>> = expected.iter().map(|&hit| if hit { vec![0] } else { vec![] }).collect();
        assert_eq!(run_all(&matcher, &mut Scratch::default(), &records), expected, "{records:?}");
    };
    check(&[r#""F":"Ab longlong""#, r#""F":"ab longlong""#, r#""F":"Ab longlong""#], &[true, false, true]);
    check(&[r#""F":["ab longlong","Ab"]"#, r#""F":["Ab","-------- longlong"]"#], &[true, true]);
    check(&[r#""F":"\u00e9Ab\u00c9 LONGLONG""#, r#""F":"\u00e9ab\u00c9 LONGLONG""#], &[true, false]);
    check(&[r#""F":"Ab longlong","G":"------------------------""#, r#""F":"""#], &[true, false]);
}

#[test]
fn fields_without_an_index_are_told_apart() {
    let selection = "F|re: '[a-c]{2}'\n    G|re: '[x-z]{2}'\n    H|gt: 5";
    check(selection, r#""F":"ab","G":"xy","H":6"#, true);
    check(selection, r#""F":"ab","G":"ab","H":6"#, false);
    check(selection, r#""F":"xy","G":"xy","H":6"#, false);
    check("F|re: '[ln][ul][ln]'", r#""F":null"#, false);
}

#[test]
fn a_value_that_must_not_be_asks_for_a_value() {
    for (members, expected) in
        [(r#""F":"b""#, true), (r#""F":"A""#, false), ("", false), (r#""F":null"#, false), (r#""F":["b","a"]"#, false)]
    {
        let mut set = matcher(&[&windows_rule("s:\n    F|gt: 1\ncondition: s")]).set;
        let predicate = &mut set.predicates[0].predicate;
        (predicate.operator, predicate.operand) = (Operator::NotEquals, "a".to_owned());
        let hits = run_all(&Matcher::new(set), &mut Scratch::default(), &[windows_record(members)]);
        assert_eq!(!hits[0].is_empty(), expected, "{members}");
    }
}

#[test]
fn evidence_of_each_kind() {
    let check = |detection: &str, members: &str, expected: &[(&str, &str, &str)]| {
        let record = windows_record(members);
        let matched = run(&[&windows_rule(detection)], &record);
        let at = |place: &TextPlace| record[place.step.span.start as usize..place.step.span.end as usize].to_owned();
        let told: Vec<(String, String, String)> = matched
            .evidence
            .iter()
            .map(|evidence| {
                let place = match &evidence.place {
                    Place::Text(place) => at(place),
                    Place::Pair(place, other) => format!("{} and {}", at(place), at(other)),
                    Place::Absent => "absent".to_owned(),
                };
                (evidence.field.clone(), evidence.quote.clone(), place)
            })
            .collect();
        let told: Vec<(&str, &str, &str)> =
            told.iter().map(|(field, quote, place)| (&**field, &**quote, &**place)).collect();
        assert_eq!(told, expected, "{detection}\non {members}");
    };
    check("k:\n    - needle\ncondition: k", r#""F":[null,"a Needle\t"]"#, &[("", "Needle", "Needle")]);
    check("k:\n    '|re': '[ln][ul]+'\ncondition: k", r#""F":[null,"xnul"]"#, &[("", "xnul", "xnul")]);
    check("s:\n    F: null\ncondition: s", r#""F":["a",null]"#, &[("F", "null", "null")]);
    check("s:\n    F: null\ncondition: s", "", &[("F", "", "absent")]);
    check("s:\n    F|exists: true\ncondition: s", r#""F":["a","b"]"#, &[("F", "a", "a")]);
    check("s:\n    F|exists: true\ncondition: s", r#""F":[null,"b"]"#, &[("F", "null", "null")]);
    check("s:\n    F|exists: false\ncondition: s", "", &[("F", "", "absent")]);
    check("s:\n    F|gt: 5\ncondition: s", r#""F":[null,4,6,7]"#, &[("F", "6", "6")]);
    check(
        "s:\n    F|fieldref: G\ncondition: s",
        r#""F":[null,"x","Null","a"],"G":["b",null,"A"]"#,
        &[("F", "a", "a and A")],
    );
    check(
        "s:\n    F|fieldref|contains: G\ncondition: s",
        r#""F":["x","xAx"],"G":["b","a"]"#,
        &[("F", "xAx", "xAx and a")],
    );
}

#[test]
fn evidence_is_what_a_shortest_proof_needs() {
    let detection = |condition: &str| {
        format!("a1:\n    F: 1\na2:\n    G: 1\na3:\n    H: 1\na4:\n    I: 1\nb:\n    J: 1\ncondition: {condition}")
    };
    let of = |condition: &str, members: &[&str]| {
        let members: Vec<String> = members.iter().map(|field| format!("\"{field}\":1")).collect();
        let matched = run(&[&windows_rule(&detection(condition))], &windows_record(&members.join(",")));
        matched.evidence.into_iter().map(|evidence| evidence.field).collect::<String>()
    };
    assert_eq!(of("b or 2 of a*", &["F", "H", "I"]), "FH");
    assert_eq!(of("b or 2 of a*", &["H", "I"]), "HI");
    assert_eq!(of("b or 2 of a*", &["F", "J"]), "J");
    assert_eq!(of("b and (a1 or a2)", &["F", "G", "J"]), "JF");
    assert_eq!(of("b or all of a*", &["F", "G", "H", "I"]), "FGHI");
    assert_eq!(of("b and not (a1 and a2)", &["F", "J"]), "J");
    assert_eq!(of("(a1 and not a2) or a3", &["F", "G", "H"]), "H");
    assert_eq!(of("1 of a*", &["J"]), "");
}

#[test]
fn nearest_rules_are_those_that_lack_least() {
    let rule = |id: &str, logsource: &str, detection: &str| {
        windows_rule(detection).replace("id: rule", &format!("id: {id}")).replace("windows", logsource)
    };
    let all = |fields: &str| {
        let items: String = fields.chars().map(|field| format!("\n    {field}: a")).collect();
        format!("s:{items}\ncondition: s")
    };
    let rules = [
        rule("held-1-of-3", "windows", &all("FXY")),
        rule("held-1-of-2", "windows", &all("FX")),
        rule("held-none", "windows", &all("X")),
        rule("held-2-of-3", "windows", &all("FGX")),
        rule("hit", "windows", &all("F")),
        rule("elsewhere", "linux", &all("FK")),
        rule("elsewhere-not", "linux", &all("FX")),
        rule("elsewhere-always", "linux", "s:\n    X: null\ncondition: s"),
        rule("best-of", "windows", "s:\n    X: a\n    Y: a\n    Z: a\nt:\n    X: a\n    F: a\ncondition: s or t"),
    ];
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let matched = run(&rules, &windows_record(r#""F":"a","G":"a","K":"a","X":"x""#));
    assert_eq!(matched.hits, ["hit"]);
    let told: Vec<(&str, u32, u32, bool)> =
        matched.nearest.iter().map(|near| (&*near.rule, near.held, near.needed, near.other_logsource)).collect();
    let expected = [
        ("elsewhere", 2, 2, true),
        ("held-2-of-3", 2, 3, false),
        ("held-1-of-2", 1, 2, false),
        ("best-of", 1, 2, false),
        ("held-1-of-3", 1, 3, false),
    ];
    assert_eq!(told, expected);
    let failed = |rule: &str| {
        let near = matched.nearest.iter().find(|near| near.rule == rule).expect("near");
        near.failed.iter().map(|failed| (&*failed.field, failed.found.as_deref())).collect::<Vec<_>>()
    };
    assert_eq!(failed("elsewhere"), []);
    assert_eq!(failed("held-2-of-3"), [("X", Some("x"))]);
    assert_eq!(failed("held-1-of-3"), [("X", Some("x")), ("Y", None)]);
    assert_eq!(failed("best-of"), [("X", Some("x"))]);
}

#[test]
fn what_a_negation_failed_by_is_told() {
    let rule = windows_rule(
        "s:\n    F: a\nf1:\n    G: z\n    H: z\nf2:\n    H: z\n    I: [y, z]\ncondition: s and not 1 of f*",
    );
    let matched = run(&[&rule], &windows_record(r#""F":"a","G":"z","H":"z","I":"z""#));
    let told = |matched: &Matched| {
        let failed = &matched.nearest[0].failed;
        failed.iter().map(|it| format!("{} {} {}", it.selection, it.field, it.operand)).collect::<Vec<_>>()
    };
    assert_eq!(told(&matched), ["not f1 G z"]);
    let matched = run(&[&rule], &windows_record(r#""F":"a","G":"y","H":"z","I":"z""#));
    assert_eq!(told(&matched), ["not f2 H z"]);
    assert_eq!((matched.nearest[0].held, matched.nearest[0].needed), (1, 2));
}

#[test]
fn a_failed_rule_is_told_by_so_many_predicates_at_most() {
    let items: String = (0..40).map(|number| format!("\n    F{number}: a")).collect();
    let rule = windows_rule(&format!("s:\n    F: a{items}\ncondition: s"));
    let matched = run(&[&rule], &windows_record(r#""F":"a""#));
    assert_eq!(matched.nearest[0].failed.len(), glassbox_finding::limits::FAILED_PREDICATES_MAX);
    assert_eq!((matched.nearest[0].held, matched.nearest[0].needed), (1, 41));
}

#[test]
fn bits_are_told_apart_and_emptied() {
    let mut bits = Bits::default();
    for positions in [&[0, 63, 64, 127, 130, 199][..], &[1, 65], &[]] {
        bits.begin(200);
        assert!((0..200).all(|position| !bits.get(position)));
        for &position in positions {
            bits.set(position);
            bits.set(position);
        }
        assert!((0..200).all(|position| bits.get(position) == positions.contains(&position)));
        let words: std::collections::BTreeSet<u32> = positions.iter().map(|position| position / 64).collect();
        assert_eq!(bits.touched.len(), words.len(), "each word is emptied once");
    }
}

#[test]
fn records_that_cannot_hold_a_keyword_are_not_walked() {
    let matcher = matcher(&[&windows_rule("k:\n    - kelvin\n    - needle\ncondition: k")]);
    for (members, hits, walked) in [
        (r#""F":"nothing""#, 0, false),
        (r#""F":"café""#, 0, false),
        (r#""F":"Kelvin""#, 1, true),
        ("\"F\":\"\u{212A}elvin\"", 1, true),
        ("\"F\":\"\u{130}\"", 0, true),
        (r#""F":"\u006beedle""#, 0, true),
        (r#""F":"\u006eeedle""#, 1, true),
    ] {
        for record in [windows_record(members), format!("\n {}", windows_record(members))] {
            let mut scratch = Scratch::default();
            assert_eq!(run_all(&matcher, &mut scratch, &[record])[0].len(), hits, "{members}");
            assert_eq!(scratch.leaves.is_some(), walked, "{members}");
        }
    }
}
