//! What a plugin may say of small records under small rule sets, and what each untruth is answered with.

mod carried;
mod claims;
mod conditions;
mod explanations;
mod limits;
mod outcomes;
mod places;
mod properties;
mod readings;

use std::sync::Arc;

use glassbox_finding::*;
use glassbox_maps::MapId;
use glassbox_pack::directory::Directory;
use glassbox_rules::compile::{Context, RuleFile, compile_with};
use glassbox_score::Model;

use crate::*;

/// A directory of one rule for each detection, and of filters.
fn directory_with(detections: &[&str], filters: &[&str]) -> Arc<Directory> {
    let indent = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let rules: Vec<RuleFile> = detections
        .iter()
        .enumerate()
        .map(|(number, detection)| {
            let head = format!("title: T\nid: rule-{number}\nlogsource:\n    product: windows\ndetection:\n");
            RuleFile { path: format!("{number}.yml"), text: head + &indent(detection) }
        })
        .collect();
    let filters = filters
        .iter()
        .enumerate()
        .map(|(number, filter)| {
            let head = format!("title: F{number}\nlogsource:\n    product: windows\nfilter:\n    rules: any\n");
            RuleFile { path: format!("filter-{number}.yml"), text: head + &indent(filter) }
        })
        .collect();
    let compiled = compile_with(&rules, &Context { filters, ..Context::default() });
    for account in &compiled.accounts {
        assert_eq!(account.rejection(), None);
    }
    Arc::new(Directory::new(compiled.set, Vec::new(), model()))
}

fn directory(detections: &[&str]) -> Arc<Directory> {
    directory_with(detections, &[])
}

/// A model with a term of each kind that is checked by the record, and one that can be missing.
fn model() -> Model {
    let json = serde_json::json!({
        "format": 1, "name": "small", "base": -3000, "threshold": 500_000,
        "terms": [
            {"name": "parent", "title": "parent", "feature": {"kind": "field-class", "fields": ["ParentImage"]},
             "missing": {"points": 11, "phrase": "p"}, "bins": [
                {"name": "office", "points": 500, "phrase": "p",
                 "any": [{"operator": "ends-with", "operands": ["\\winword.exe", "\\excel.exe"]}]},
                {"name": "other", "points": 0, "phrase": "p"}]},
            {"name": "length", "title": "length", "feature": {"kind": "field-length", "fields": ["CommandLine"]},
             "missing": {"points": 1, "phrase": "p"}, "monotone": "increasing", "bins": [
                {"name": "short", "points": 0, "phrase": "p", "at_least": 0},
                {"name": "long", "points": 40, "phrase": "p", "at_least": 20}]},
            {"name": "hits", "title": "h", "feature": {"kind": "hit-count"}, "monotone": "increasing", "bins": [
                {"name": "one", "points": 0, "phrase": "p", "at_least": 0},
                {"name": "more", "points": 100, "phrase": "p", "at_least": 2}]},
        ],
        "calibration": [
            {"points": -2000, "probability": 100_000, "low": 50_000, "high": 200_000},
            {"points": 0, "probability": 500_000, "low": 400_000, "high": 600_000},
            {"points": 2000, "probability": 900_000, "low": 800_000, "high": 950_000}]
    });
    Model::parse(json.to_string().as_bytes()).expect("a model")
}

fn maps() -> Vec<String> {
    MapId::all().map(|map| map.to_string()).collect()
}

fn map(name: &str) -> u32 {
    maps().iter().position(|known| known == name).expect("a map") as u32
}

fn checker(directory: &Arc<Directory>) -> Checker {
    Checker::new(Arc::clone(directory), &maps())
}

/// A finding about record 7 that claims nothing.
fn blank() -> Finding {
    Finding {
        subject: Subject::Record(7),
        at: 7,
        alert: None,
        same_act: None,
        entities: Vec::new(),
        fields: Vec::new(),
        hits: Vec::new(),
        further_hits: Vec::new(),
        hits_total: 0,
        evidence: Vec::new(),
        base: -3000,
        contributions: Vec::new(),
        points: -3000,
        probability: 100_000,
        probability_low: 50_000,
        probability_high: 200_000,
        verdict: Verdict::Below,
        missing: Vec::new(),
    }
}

/// A record and a place in it: what is between `«` and `»`, which are not part of the record.
fn marked(marked: &str, encoding: Encoding) -> (String, TextPlace) {
    let start = marked.find('«').expect("a beginning");
    let end = marked.find('»').expect("an end") - '«'.len_utf8();
    let step = Step { span: Span { start: start as u32, end: end as u32 }, encoding };
    (marked.replace(['«', '»'], ""), TextPlace::from(step))
}

fn item(rule: u32, item: u32, predicate: u32) -> Claim {
    Claim::Item(RuleItem { rule, item, predicate })
}

/// What a check said: the number of unchecked pieces, or words of the fault.
type Expected<'e> = Result<u32, &'e str>;

fn compare<E: std::fmt::Display>(found: Result<Checked, E>, expected: Expected<'_>, what: &str) {
    match (found, expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found.unchecked, expected, "unchecked pieces: {what}"),
        (Err(found), Err(expected)) => {
            let found = found.to_string();
            assert!(found.contains(expected), "{what}\nsays: {found}\nand not: {expected}");
        }
        (Ok(found), Err(expected)) => panic!("{what}\nis taken ({found:?}) and not refused: {expected}"),
        (Err(found), Ok(_)) => panic!("{what}\nis refused: {found}"),
    }
}

const RAW: Encoding = Encoding::Raw;
const JSON: Encoding = Encoding::JsonString;
const XML: Encoding = Encoding::XmlText;
