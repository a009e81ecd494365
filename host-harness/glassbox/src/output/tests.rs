mod words;

use std::{collections::BTreeMap, time::Duration};

use glassbox_explain::{
    Knowledge, RuleNote,
    clean::{clean, shorten},
    explained::{Explained, steps},
    headline,
    knowledge::Technique,
    numbers, reason,
};
use glassbox_finding::{
    Absence, Contribution, Encoding, EntityKind, FeatureValue, History, Logsource, Missing, Operator, Predicate, Span,
    Step, TextPlace, Verdict,
};
use glassbox_report::rank::Ranking;
use glassbox_report::{Entity, Evidence, Finding, Hit, Place, QuotedField};
use glassbox_report::{FaultReport, Position, StoredFinding, Summary, WhyUnscored};
use glassbox_score::Model;
use glassbox_source::{Decoded, PassedOver, Problem, SourceAccount, WhyPassedOver};
use serde_json::json;

use crate::output::{
    Terminal,
    csv::{CsvWriter, guarded},
    html, json, summary, table, text,
};

fn place(start: u32, end: u32) -> TextPlace {
    Step { span: Span { start, end }, encoding: Encoding::JsonString }.into()
}

/// `powershell -w hidden` from Word, as a plugin would tell it.
pub(crate) fn found() -> StoredFinding {
    let contribution = |term, bin, points| Contribution {
        term,
        bin: Some(bin),
        value: FeatureValue::Shown,
        points,
        evidence: Vec::new(),
    };
    StoredFinding {
        sequence: 11,
        id: "f00d".into(),
        source: "day.ndjson".into(),
        position: Position::Line(12),
        record_digest: "abcd".into(),
        finding: Finding {
            time: Some(1_777_886_047_250_000),
            map: "windows-flat".into(),
            logsource: Logsource {
                product: Some("windows".into()),
                category: Some("process_creation".into()),
                service: None,
            },
            window: None,
            alert: None,
            same_act: None,
            entities: vec![
                Entity { kind: EntityKind::Host, name: "WS-07".into() },
                Entity { kind: EntityKind::User, name: "ACME\\anna".into() },
            ],
            fields: vec![QuotedField {
                name: "CommandLine".into(),
                text: "powershell -w hidden".into(),
                cut: false,
                place: place(10, 30),
            }],
            hits: vec![Hit { rule: "rule-1".into(), evidence: vec![0], cut: false }],
            further_hits: vec!["rule-2".into()],
            hits_total: 2,
            suppressed: Vec::new(),
            evidence: vec![Evidence {
                selection: "selection".into(),
                field: "CommandLine".into(),
                predicate: Predicate::new(Operator::Contains, " -W Hidden"),
                value: 1,
                values: 3,
                place: Place::Text(place(20, 30)),
                quote: " -w hidden".into(),
            }],
            unchecked: 0,
            base: -2_000,
            contributions: vec![contribution(0, 4, -100), contribution(1, 4, 2_500)],
            points: 400,
            probability: 598_688,
            probability_low: 480_000,
            probability_high: 710_000,
            verdict: Verdict::TooClose,
            missing: Vec::new(),
        },
    }
}

fn model() -> Model {
    let bin = |name: &str, points: i32| json!({"name": name, "points": points, "phrase": format!("a rule of {name}")});
    let counts = [("one", -600), ("two", -500), ("three", -400), ("four", -300), ("five", -100)];
    let counts = (0_u32..).zip(counts).map(|(least, (name, points))| {
        json!({"name": name, "points": points, "phrase": format!("{name} ancestors hit"), "at_least": least})
    });
    let counts = counts.collect::<Vec<_>>();
    let levels = [("none", 0), ("informational", 0), ("low", 0), ("medium", 100), ("high", 2_500), ("critical", 3_000)];
    let levels = levels.map(|(name, points)| bin(name, points));
    let knot = |points: i32, probability: u32, low: u32, high: u32| json!({"points": points, "probability": probability, "low": low, "high": high});
    let model = json!({
        "format": 1, "name": "small", "base": -2_000, "threshold": 500_000,
        "terms": [
            {"name": "status", "title": "how many ancestors were hit", "feature": {"kind": "ancestor-hits"},
             "monotone": "increasing", "missing": {"points": 0, "phrase": "not seen"}, "bins": counts},
            {"name": "level", "title": "the rule's level", "feature": {"kind": "rule-level"},
             "monotone": "increasing", "bins": levels},
            {"name": "record", "title": "how the rule's hits were disposed of", "feature": {"kind": "rule-record"},
             "monotone": "increasing", "missing": {"points": 0, "phrase": "not said"}, "bins": [
                {"name": "false", "points": -1500, "phrase": "nearly all were false", "at_least": 0},
                {"name": "true", "points": 900, "phrase": "most were true", "at_least": 500}]},
            {"name": "hour", "title": "whether it is active at this hour", "feature":
                {"kind": "hour-habit", "warm_up": {"sightings": 500, "days": 5}},
             "monotone": "decreasing", "missing": {"points": 0, "phrase": "not known"}, "bins": [
                {"name": "never", "points": 300, "phrase": "hardly ever", "at_least": 0},
                {"name": "usual", "points": 0, "phrase": "often", "at_least": 50}]}],
        "calibration": [knot(-1_000, 100_000, 50_000, 200_000), knot(1_000, 900_000, 800_000, 950_000)],
    });
    Model::parse(model.to_string().as_bytes()).expect("a model")
}

fn knowledge() -> Knowledge {
    let technique = Technique { id: "T1564.003".into(), name: "Hidden Window".into(), was: Some("T1143".into()) };
    let rule = |title: &str, level: &str| RuleNote {
        title: title.into(),
        level: level.into(),
        status: "test".into(),
        file: "a.yml".into(),
        techniques: vec![technique.clone()],
        tactics: vec!["Stealth".into()],
        ..RuleNote::default()
    };
    Knowledge {
        rules: [
            ("rule-1".into(), rule("Hidden window", "medium")),
            ("rule-2".into(), rule("Office starts a shell", "high")),
        ]
        .into(),
        model: Some(model()),
        attack_version: "19.1".into(),
        ..Knowledge::default()
    }
}

fn explained(found: &StoredFinding) -> Explained {
    Explained::new(found, &knowledge(), Some(b"state"))
}

#[test]
fn misleading_characters_are_shown() {
    let check = |text: &str, expected: &str| assert_eq!(clean(text), expected);
    check("plain ünïcode 漢字 🦀", "plain ünïcode 漢字 🦀");
    check("\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m");
    check("a\r\nb\tc\x07\x7f", "a\\r\\nb\\tc\\u{7}\\u{7f}");
    check("\u{9b}2J", "\\u{9b}2J");
    check("invoice\u{202e}fdp.exe", "invoice\\u{202e}fdp.exe");
    check("pay\u{200b}pal\u{feff}\u{2066}", "pay\\u{200b}pal\\u{feff}\\u{2066}");
    check("\u{e0041}", "\\u{e0041}");
}

#[test]
fn texts_are_shortened_by_characters() {
    assert_eq!(shorten("äöü", 3), "äöü");
    assert_eq!(shorten("äöüß", 3), "äö…");
    assert_eq!(shorten("", 0), "");
}

#[test]
fn numbers_for_people() {
    let percents = [0, 1, 999, 1_000, 1_001, 499_999, 500_000, 999_999, 1_000_000].map(numbers::percent);
    assert_eq!(percents, ["0 %", "<0.1 %", "<0.1 %", "0.1 %", "0.2 %", "50.0 %", "50.0 %", "99.9 %", "100 %"]);
    assert_eq!([0, 999, 1_000, 1_234_567].map(numbers::grouped), ["0", "999", "1,000", "1,234,567"]);
    assert_eq!([0, 999, 1_000, 221_987_654].map(numbers::bytes), ["0 bytes", "999 bytes", "1.0 kB", "221.9 MB"]);
    assert_eq!(numbers::fraction(598_688), "0.598688");
    assert_eq!(numbers::counted(1, "record"), "1 record");
}

#[test]
fn cells_never_begin_like_a_formula() {
    for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
        assert_eq!(guarded(cell.into()), format!("'{cell}"));
    }
    assert_eq!(guarded("a=1".into()), "a=1");
    let mut found = found();
    found.finding.entities[0].name = "=cmd|'/c calc'!A1".into();
    found.source = "a,\"b\"\n.log".into();
    let mut out = Vec::new();
    let mut writer = CsvWriter::new(&mut out).expect("memory takes it");
    writer.write(&found, &knowledge()).expect("memory takes it");
    writer.flush().expect("memory takes it");
    drop(writer);
    let text = String::from_utf8(out).expect("UTF-8");
    let row = text.split_once("\r\n").expect("a header").1;
    assert!(row.contains(",'=cmd|'/c calc'!A1,"), "{row}");
    assert!(row.contains(",\"a,\"\"b\"\"\\n.log\",line 12\r\n"), "{row}");
    assert!(row.starts_with("f00d,2026-05-04T09:14:07.25Z,0.598688,400,high,"), "{row}");
}

#[test]
fn the_headline_says_who_did_what_and_why_it_scored() {
    assert_eq!(
        headline::headline(&found().finding, &knowledge()),
        "On WS-07, ACME\\anna ran `powershell -w hidden` at 2026-05-04 09:14:07 UTC. It scores 59.8 % (+400 points) \
         because it hits “Office starts a shell” (high) and “Hidden window” (medium). What weighs most: a rule of high \
         (+2500). A person must decide: the probability lies between 48.0 % and 71.0 %, and the threshold of 50.0 % is \
         within."
    );
}

#[test]
fn a_headline_is_a_sentence_whatever_the_record_lacks() {
    let mut finding = found().finding;
    finding.entities.clear();
    finding.fields.clear();
    finding.time = None;
    assert_eq!(headline::what_happened(&finding), "A process_creation record was written.");
    finding.logsource = Logsource::default();
    assert_eq!(headline::what_happened(&finding), "A windows-flat record was written.");
}

#[test]
fn steps_end_at_the_points() {
    let found = found();
    let steps = steps(&found.finding, &knowledge());
    let told: Vec<_> = steps.iter().map(|step| (step.term.as_str(), step.points, step.sum)).collect();
    assert_eq!(told, [("base", -2_000, -2_000), ("level", 2_500, 500), ("status", -100, 400)]);
}

#[test]
fn a_finding_in_full() {
    let mut out = String::new();
    text::finding(&mut out, &explained(&found()), &Terminal::plain()).expect("a string takes it");
    for part in [
        "Office starts a shell (high): 59.8 %",
        "Rules that hit (2)",
        "CommandLine contains “ -W Hidden”  (selection, value 2 of 3, bytes 20..30)",
        "powershell« -w hidden»",
        "also Office starts a shell (rule-2)",
        "T1564.003 Hidden Window (the rule says T1143, which moved)",
        "How the +400 points add up",
        "A person must decide: the probability lies between 48.0 % and 71.0 %",
        "It is 400 points above the threshold of 50.0 %. This one change would have put it below:",
        "one ancestors hit (-500), where now five ancestors hit; a person would still decide",
        "day.ndjson:12",
        "sha256:abcd",
    ] {
        assert!(out.contains(part), "{part:?} is missing in\n{out}");
    }
    assert!(!out.contains('\x1b'), "no colours in a pipe");
}

#[test]
fn the_marked_part_is_found_behind_escapes() {
    let mut found = found();
    // In the record, each backslash is two bytes.
    found.finding.fields[0].text = "C:\\a\\a.exe".into();
    found.finding.fields[0].place = place(10, 22);
    found.finding.evidence[0].quote = "\\a.exe".into();
    found.finding.evidence[0].place = Place::Text(place(15, 22));
    let mut out = String::new();
    text::finding(&mut out, &explained(&found), &Terminal::plain()).expect("a string takes it");
    assert!(out.contains("C:\\a«\\a.exe»"), "{out}");
}

#[test]
fn nothing_of_a_record_reaches_a_terminal_unclean() {
    let mut found = found();
    let evil = "\x1b]0;x\x07\u{202e}\u{9b}31m";
    found.source = evil.into();
    let finding = &mut found.finding;
    finding.map = evil.into();
    finding.entities.iter_mut().for_each(|entity| entity.name = evil.into());
    finding.fields[0].text = evil.into();
    finding.fields[0].name = evil.into();
    finding.evidence[0].quote = evil.into();
    finding.evidence[0].field = evil.into();
    finding.evidence[0].selection = evil.into();
    finding.evidence[0].predicate.operand = evil.into();
    // What a model that is not the pack's would say.
    finding.contributions[0].term = 99;
    finding.further_hits.push(evil.into());
    finding.logsource.service = Some(evil.into());
    let mut out = String::new();
    text::finding(&mut out, &explained(&found), &Terminal::plain()).expect("a string takes it");
    out.push_str(&table::findings(std::slice::from_ref(&found), 1, &knowledge(), &Terminal::plain()));
    let mut lines = Vec::new();
    json::write_line(&mut lines, &json::FindingView::new(&found, &knowledge(), Some(1))).expect("memory takes it");
    let lines = String::from_utf8(lines).expect("UTF-8");
    let page = html::finding(&explained(&found)).expect("it can be written");
    let mut rows = Vec::new();
    let mut writer = CsvWriter::new(&mut rows).expect("memory takes it");
    writer.write(&found, &knowledge()).and_then(|()| writer.flush()).expect("memory takes it");
    drop(writer);
    let rows = String::from_utf8(rows).expect("UTF-8");
    assert!(rows.contains("\\u{1b}]0;x"), "{rows}");
    let rows = rows.replace("\r\n", "\n");
    let counted = || BTreeMap::from([(evil.to_owned(), 1)]);
    let summary = Summary {
        maps: counted(),
        unscored_by_reason: counted(),
        hits_by_rule: counted(),
        faults: vec![FaultReport { call: "read", what: evil.into(), records: 1 }],
        ..Summary::default()
    };
    let problem = || vec![Problem { source: evil.into(), what: evil.into() }];
    let why = WhyPassedOver::Binary;
    let account = SourceAccount {
        passed_over: BTreeMap::from([(why, 1)]),
        passed_over_files: vec![PassedOver { source: evil.into(), why, what: evil.into() }],
        decoded: vec![Decoded { source: evil.into(), encoding: "UTF-16LE" }],
        hole_bytes: 1,
        broken: 1,
        notes: problem(),
        problems: problem(),
        ..SourceAccount::default()
    };
    let facts = summary::RunFacts {
        elapsed: Duration::from_secs(1),
        memory_bytes_peak: 1,
        below_min_score: 0,
        sources: &account,
        verbose: true,
    };
    let mut account = String::new();
    summary::summary(&mut account, &summary, &facts).expect("a string takes it");
    for why in [WhyUnscored::Fault(evil.into()), WhyUnscored::OutOfService(evil.into())] {
        account.push_str(&reason::why_unscored(&why));
    }
    for (name, text) in [("text", &out), ("json", &lines), ("html", &page), ("csv", &rows), ("summary", &account)] {
        let bad = text.chars().find(|it| *it != '\n' && glassbox_explain::clean::is_misleading(*it));
        assert_eq!(bad, None, "in {name}");
    }
    let value: serde_json::Value = serde_json::from_str(&lines).expect("JSON");
    assert_eq!(value["source"], evil, "JSON is exact");
}

#[test]
fn findings_are_ranked_by_probability_points_and_order() {
    for limit in [None, Some(3)] {
        let mut ranking = Ranking::new(limit);
        for (number, (probability, points)) in
            [(5, 1), (9, 1), (9, 2), (5, 1), (1, 9)].iter().cycle().take(500).enumerate()
        {
            let mut found = found();
            found.position = Position::Line(number as u64);
            (found.finding.probability, found.finding.points) = (*probability, *points);
            ranking.push(found);
        }
        assert_eq!(ranking.given(), 500);
        let ranked = ranking.into_ranked();
        assert_eq!(ranked.len(), limit.unwrap_or(500));
        let lines: Vec<_> = ranked.iter().take(3).map(|found| found.position).collect();
        assert_eq!(lines, [2, 7, 12].map(Position::Line));
        assert!(ranked.is_sorted_by_key(|it| std::cmp::Reverse((it.finding.probability, it.finding.points))));
    }
}

#[test]
fn a_table_has_boxes_on_a_terminal_only() {
    let plain = table::findings(&[found()], 1, &knowledge(), &Terminal::plain());
    assert!(plain.contains("Office starts a shell") && plain.contains("day.ndjson:12"), "{plain}");
    assert!(!plain.contains('│'), "{plain}");
    let narrow = Terminal { boxed: true, colour: false, width: 80 };
    let boxed = table::findings(&[found()], 1, &knowledge(), &narrow);
    assert!(boxed.contains('│'), "{boxed}");
    assert!(boxed.lines().all(|line| line.chars().count() <= 80), "{boxed}");
}

#[test]
fn nothing_of_a_record_becomes_markup() {
    let mut found = found();
    let evil = "</code><script>alert(1)</script><img src=x onerror='a'>&\"";
    found.source = evil.into();
    let finding = &mut found.finding;
    finding.entities.iter_mut().for_each(|entity| entity.name = evil.into());
    finding.fields[0].text = evil.into();
    finding.fields[0].name = evil.into();
    finding.evidence[0].quote = evil.into();
    finding.evidence[0].field = evil.into();
    finding.evidence[0].selection = evil.into();
    finding.evidence[0].predicate.operand = evil.into();
    finding.further_hits.push(evil.into());
    let mut knowledge = knowledge();
    for note in knowledge.rules.values_mut() {
        note.title = evil.into();
        note.references = vec![format!("javascript:{evil}")];
        note.false_positives = vec![evil.into()];
    }
    let page = html::finding(&Explained::new(&found, &knowledge, None)).expect("it can be written");
    for markup in ["<script", "<img", "</code><script", "onerror='"] {
        assert!(!page.contains(markup), "{markup} in {page}");
    }
    assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    assert!(!page.contains("href"), "a reference is told, never linked");
    let note = html::note("title", evil).expect("it can be written");
    assert!(!note.contains("<script") && note.contains("&#60;script"), "{note}");
}

/// Everything in an explanation that is a sentence, phrase or value, in order.
fn all_words(explained: &Explained) -> Vec<String> {
    let mut words = vec![
        explained.headline.clone(),
        explained.title.clone(),
        explained.calibration.clone(),
        explained.counterfactual.clone(),
        explained.missing_range.clone(),
    ];
    for rule in &explained.rules {
        words.extend([&rule.title, &rule.description, &rule.exceptions].map(String::clone));
        words.push(rule.facts.join(" · "));
        words.extend(rule.evidence.iter().flat_map(|it| [it.predicate.clone(), format!("({})", it.notes)]));
        words.extend(rule.references.iter().cloned());
    }
    words.extend(explained.further_rules.iter().cloned());
    words.extend(explained.steps.iter().filter(|it| it.is_known).map(|it| it.phrase.clone()));
    words.extend(explained.steps.iter().filter(|it| it.points != 0).map(|it| it.value.clone()));
    words.extend(explained.changes.iter().cloned());
    words.extend(explained.missing.iter().flat_map(|lacks| std::iter::once(&lacks.why).chain(&lacks.what)).cloned());
    words.extend(explained.attack.techniques.iter().map(|(id, name)| format!("{id} {name}")));
    words.extend(explained.fields.iter().chain(&explained.provenance).flat_map(|(name, value)| [name, value]).cloned());
    words.retain(|words| !words.is_empty());
    words
}

#[test]
fn text_page_and_json_say_the_same_words() {
    let mut found = found();
    found.finding.contributions[0].bin = None;
    found.finding.contributions[0].points = 0;
    found.finding.points = 500;
    let history = Absence::History(History::default());
    found.finding.missing = vec![
        Missing { term: 0, absence: history, points_best: -100, points_worst: -600 },
        Missing { term: 2, absence: Absence::Context, points_best: 900, points_worst: -1_500 },
        Missing { term: 3, absence: Absence::Time, points_best: 300, points_worst: 0 },
    ];
    let mut knowledge = knowledge();
    let note = knowledge.rules.get_mut("rule-1").expect("it is there");
    note.exceptions = vec!["filter_office".into(), "filter_service".into()];
    note.description = "It looks for hidden windows.".into();
    note.references = vec!["https://example.com/".into()];
    let explained = Explained::new(&found, &knowledge, Some(b"state"));
    let mut text = String::new();
    text::finding(&mut text, &explained, &Terminal { width: 4_000, ..Terminal::plain() }).expect("a string takes it");
    let page = html::finding(&explained).expect("it can be written");
    let page = page.replace("&#39;", "'").replace("&#34;", "\"").replace("&#60;", "<").replace("&#38;", "&");
    let mut lines = Vec::new();
    let view = json::ExplainedView::new(&found, &explained, &knowledge, None);
    json::write_line(&mut lines, &view).expect("memory takes it");
    let value: serde_json::Value = serde_json::from_slice(&lines).expect("JSON");
    assert_eq!(value["headline"], explained.headline, "the verdict is a part of it");
    assert!(explained.headline.ends_with(&explained.verdict), "{}", explained.headline);
    assert_eq!(value["explanation"], serde_json::to_value(&explained).expect("JSON"));
    let plain =
        |text: &str| text.replace("<span class=\"facts\">", "").split_whitespace().collect::<Vec<_>>().join(" ");
    let (text, page) = (plain(&text), plain(&page));
    let told = all_words(&explained);
    assert!(told.len() > 30, "{told:?}");
    for words in told {
        let words = plain(&words);
        assert!(text.contains(&words), "{words:?} in the text\n{text}");
        assert!(page.contains(&words), "{words:?} in the page\n{page}");
    }
    // In the same order too.
    let order = |form: &str| {
        let places = explained.missing.iter().map(|lacks| form.find(&plain(&lacks.why)).expect("it is told"));
        places.collect::<Vec<_>>()
    };
    assert!(order(&text).is_sorted() && order(&page).is_sorted() && explained.missing.len() == 3);
}
