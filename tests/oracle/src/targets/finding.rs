//! What any plugin may say of any record, against the check that the host relies on.

use std::{borrow::Cow, sync::Arc};

use arbitrary::{Result, Unstructured};
use glassbox_check::{Checked, Checker, Depth, RecordContext};
use glassbox_finding::{
    Claim, Encoding, Evidence, FieldPlace, Finding, Hit, Operator, Place, Predicate, RuleItem, Span, Step, Subject,
    TextPlace, Verdict,
};
use glassbox_maps::MapId;
use glassbox_pack::Directory;
use glassbox_rules::{FieldPredicate, Item, Node, Rule, RuleSet};
use glassbox_score::Model;

use crate::engine::small_model;

/// Records of every syntax that the check knows, with the map of each.
const RECORDS: [(&[u8], &str); 7] = [
    (br#"{"a":"C:\\new\\x.exe","b":{"c":[1,"a",null],"d":"\u00e9\ud83d\ude00"},"e":-1.5e3}"#, "json"),
    (br#"{"message":"{\"a\":\"x\\u0041\",\"b\":[\"c\"]}","Image":"%41 YQ=="}"#, "json"),
    (
        b"<Event><System><EventID>1</EventID></System><Data Name=\"Image\">a &amp; b</Data><Data><![CDATA[<x>]]></Data></Event>",
        "windows-nested",
    ),
    (b"type=USER msg=audit(1.2:3): a0=\"ls x=y\" a1=6C73 msg='op=login acct=\"root\"' key=(null)", "auditd"),
    (b"<34>1 2003-10-11T22:14:15.003Z host sshd 12 - - Failed password for root", "syslog"),
    (b"[{\"a\":\"x\"},{\"a\":[]}]", "json"),
    (b"plain text, with \xff and \xc3\xa9", "text"),
];
/// Fields that predicates are about.
const FIELDS: [&str; 7] = ["a", "b.c", "Image", "acct", "key", "message", "e"];
const OPERATORS: [Operator; 21] = [
    Operator::Equals,
    Operator::Contains,
    Operator::StartsWith,
    Operator::EndsWith,
    Operator::Like,
    Operator::Regex,
    Operator::Cidr,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
    Operator::NotEquals,
    Operator::Exists,
    Operator::Absent,
    Operator::Null,
    Operator::SameAs,
    Operator::LengthAtLeast,
    Operator::ContainsField,
    Operator::StartsWithField,
    Operator::EndsWithField,
    Operator::TimePart,
];
const ENCODINGS: [Encoding; 10] = [
    Encoding::Raw,
    Encoding::JsonString,
    Encoding::XmlText,
    Encoding::Hex,
    Encoding::CsvField,
    Encoding::Backslash,
    Encoding::Percent,
    Encoding::Base64,
    Encoding::Utf16Le,
    Encoding::Utf16Be,
];

/// A record, what a rule asks of it, and where a plugin says that it holds.
struct Case {
    record: Vec<u8>,
    map: MapId,
    field: Option<u32>,
    predicate: Predicate,
    place: Place,
}

/// Makes a record and evidence of the bytes, checks it, and looks again at whatever was believed.
///
/// # Panics
/// When something is believed that is not so.
pub fn finding(data: &[u8]) {
    let _ = made(&mut Unstructured::new(data));
}

fn made(source: &mut Unstructured<'_>) -> Result<()> {
    let (record, map) = record(source)?;
    for _ in 0..4 {
        let case = case(source, record.clone(), map)?;
        let mut checker = Checker::new(Arc::new(case.directory()), &[map.to_string()]);
        if let Some(checked) = check(&mut checker, &case, case.of_evidence()) {
            case.assert_believable(checked);
        }
        let (field, place) = (source.int_in_range(0..=FIELDS.len() as u32 - 1)?, text_place(source, &case.record)?);
        let finding = Finding { fields: vec![FieldPlace { field, place: place.clone() }], ..nothing() };
        if let Some(checked) = check(&mut checker, &case, finding)
            && checked.unchecked == 0
        {
            assert_bounded(&case.record, &place, false);
        }
    }
    Ok(())
}

/// What was checked, where it is believed. Steps are bounded whatever is said.
fn check(checker: &mut Checker, case: &Case, finding: Finding) -> Option<Checked> {
    let context = RecordContext::alone(&case.record, &[], 0);
    checker.check_finding(context, &finding, Depth::Negations).ok()
}

/// A finding that says nothing.
fn nothing() -> Finding {
    Finding {
        subject: Subject::Record(1),
        at: 1,
        alert: None,
        same_act: None,
        entities: Vec::new(),
        fields: Vec::new(),
        hits: Vec::new(),
        further_hits: Vec::new(),
        hits_total: 0,
        evidence: Vec::new(),
        base: 0,
        contributions: Vec::new(),
        points: 0,
        probability: 0,
        probability_low: 0,
        probability_high: 0,
        verdict: Verdict::Below,
        missing: Vec::new(),
    }
}

impl Case {
    /// The finding that the only rule hits, with the evidence.
    fn of_evidence(&self) -> Finding {
        let claim = Claim::Item(RuleItem { rule: 0, item: 0, predicate: 0 });
        Finding {
            hits: vec![Hit { rule: 0, evidence: vec![0], cut: false }],
            hits_total: 1,
            evidence: vec![Evidence { claim, place: self.place.clone() }],
            ..nothing()
        }
    }

    /// The directory of one rule with the predicate.
    fn directory(&self) -> Directory {
        thread_local! {
            static MODEL: Model = Model::parse(&small_model()).expect("the starter's model");
        }
        let other = self.predicate.operator.compares_fields().then_some(0);
        let predicate = FieldPredicate { field: self.field, predicate: self.predicate.clone(), other };
        let rule = Rule {
            id: "made".to_owned(),
            logsource: 0,
            level: None,
            status: None,
            tactics: 0,
            techniques: Vec::new(),
            selections: vec!["selection".to_owned()],
            items: vec![Item { selection: 0, values: 1, all: false, predicates: vec![(0, 0)] }],
            nodes: vec![Node::Item(0)],
            root: 0,
            filters: Vec::new(),
            triggers: Vec::new(),
        };
        let set = RuleSet {
            fields: FIELDS.map(str::to_owned).to_vec(),
            predicates: vec![predicate],
            logsources: vec![glassbox_finding::Logsource::default()],
            rules: vec![rule],
            ..RuleSet::default()
        };
        Directory::new(set, Vec::new(), MODEL.with(Model::clone))
    }

    /// What was believed, looked at in another way than the check does.
    fn assert_believable(&self, checked: Checked) {
        let Self { record, predicate, .. } = self;
        let fold = |text: &str| -> String {
            let lower = |it: char| it.to_lowercase().next().unwrap_or(it);
            if predicate.cased { text.to_owned() } else { text.chars().map(lower).collect() }
        };
        let operand = fold(&predicate.operand);
        let because = || format!("{predicate:?} at {:?}\nrecord: {}", self.place, String::from_utf8_lossy(record));
        match &self.place {
            Place::Text(place) => {
                let text = fold(&place.read(record).expect("within the record"));
                let holds = match predicate.operator {
                    Operator::Equals | Operator::Contains => text == operand,
                    Operator::StartsWith => text.starts_with(&operand),
                    Operator::EndsWith => text.ends_with(&operand),
                    Operator::NotEquals => text != operand,
                    Operator::Null => text == "null" || checked.unchecked > 0 || self.map.to_string() == "auditd",
                    Operator::Absent => false,
                    operator => !operator.compares_fields(),
                };
                assert!(holds, "{}", because());
                if checked.unchecked == 0 {
                    assert_bounded(record, place, predicate.operator == Operator::Contains);
                }
            }
            Place::Pair(one, other) => {
                let [one, other] = [one, other].map(|place| fold(&place.read(record).expect("within the record")));
                let holds = match predicate.operator {
                    Operator::SameAs => one == other,
                    Operator::ContainsField => one.contains(&other),
                    Operator::StartsWithField => one.starts_with(&other),
                    Operator::EndsWithField => one.ends_with(&other),
                    _ => false,
                };
                assert!(holds, "{}", because());
            }
            Place::Absent => {
                let absent = matches!(predicate.operator, Operator::Absent | Operator::Null);
                assert!(absent, "{}", because());
                if checked.unchecked == 0 {
                    assert!(!self.is_told(), "{}", because());
                }
            }
        }
    }

    /// Whether another JSON parser sees a value of the field that says that it is not absent.
    fn is_told(&self) -> bool {
        let Some(field) = self.field.map(|field| FIELDS[field as usize]) else { return false };
        let Ok(document) = serde_json::from_slice::<serde_json::Value>(&self.record) else { return false };
        let is_named = glassbox_maps::names(self.map, field).any(|name| name.to_string() == field);
        let value = document.is_object().then(|| document.get(field)).flatten();
        let Some(value) = value.filter(|_| is_named) else { return false };
        let is_nothing = value.is_null() && self.predicate.operator == Operator::Null;
        !is_nothing && !value.is_object() && !value.is_array()
    }
}

/// One of the records, perhaps with some bytes changed, or bytes of no kind at all.
fn record(source: &mut Unstructured<'_>) -> Result<(Vec<u8>, MapId)> {
    let (record, map) = source.choose(&RECORDS)?;
    let map = MapId::of_name(map).expect("a map of this name");
    if source.ratio(1, 8)? {
        let length = source.int_in_range(0..=64)?;
        return Ok((source.bytes(length.min(source.len()))?.to_vec(), map));
    }
    let mut record = record.to_vec();
    for _ in 0..source.int_in_range(0..=3)? {
        let at = source.choose_index(record.len())?;
        record[at] = source.arbitrary()?;
    }
    Ok((record, map))
}

/// A place of one or two steps that begin and end at a delimiter as a rule: others are refused at once.
fn text_place(source: &mut Unstructured<'_>, record: &[u8]) -> Result<TextPlace> {
    let mut place = TextPlace::from(step(source, record)?);
    if source.ratio(1, 4)?
        && let Some(text) = place.read(record).map(Cow::into_owned)
    {
        place.further.push(step(source, text.as_bytes())?);
    }
    Ok(place)
}

fn step(source: &mut Unstructured<'_>, text: &[u8]) -> Result<Step> {
    let end = |source: &mut Unstructured<'_>| -> Result<u32> {
        let at = source.int_in_range(0..=text.len())?;
        if source.ratio(1, 4)? {
            return Ok(at as u32);
        }
        let rest = &text[at..];
        let next = rest.iter().position(|byte| b"\"'<>[]{}=:, ".contains(byte)).unwrap_or(rest.len());
        Ok((at + next + source.int_in_range(0..=1)?) as u32)
    };
    let (one, other) = (end(source)?, end(source)?);
    let span = Span { start: one.min(other), end: one.max(other) };
    Ok(Step { span, encoding: *source.choose(&ENCODINGS)? })
}

fn case(source: &mut Unstructured<'_>, record: Vec<u8>, map: MapId) -> Result<Case> {
    let (one, other) = (text_place(source, &record)?, text_place(source, &record)?);
    let text = one.read(&record).unwrap_or_default().into_owned();
    let place = match source.int_in_range(0..=5_u8)? {
        0 => Place::Pair(one, other),
        1 => Place::Absent,
        _ => Place::Text(one),
    };
    let operand = match source.int_in_range(0..=3_u8)? {
        0 => (*source.choose(&["1", "a", "0.0.0.0/0", "a.*", "", "*", "x?", "hour >= 22"])?).to_owned(),
        _ => text,
    };
    let predicate = Predicate { operator: *source.choose(&OPERATORS)?, operand, cased: source.arbitrary()? };
    let field = match source.ratio(1, 8)? {
        true => None,
        false => Some(source.int_in_range(0..=FIELDS.len() as u32 - 1)?),
    };
    Ok(Case { record, map, field, predicate, place })
}

/// In valid JSON a whole string stands between its quotes, and a part of one between the same. Of a place of several steps
/// this is asked of the last one, in the text that the steps before it give.
fn assert_bounded(record: &[u8], place: &TextPlace, part: bool) {
    let (text, last) = match place.further.split_last() {
        None => (Cow::Borrowed(record), place.step),
        Some((last, before)) => {
            let outer = TextPlace { further: before.to_vec(), ..place.clone() };
            (Cow::Owned(outer.read(record).expect("within the record").into_owned().into_bytes()), *last)
        }
    };
    if last.encoding != Encoding::JsonString || !is_json(&text) {
        return;
    }
    let (start, end) = (last.span.start as usize, last.span.end as usize);
    let begins = text[..start].iter().rposition(|&byte| byte == b'"');
    let quoted = begins.is_some_and(|quote| part || quote + 1 == start);
    assert!(quoted && (part || text.get(end) == Some(&b'"')), "{place:?} in {}", String::from_utf8_lossy(record));
}

/// Whether a record is JSON to the check: a lone number is valid too, and a line of text, as is what begins with numbers
/// in brackets.
fn is_json(record: &[u8]) -> bool {
    match serde_json::from_slice(record) {
        Ok(serde_json::Value::Object(_)) => true,
        Ok(serde_json::Value::Array(items)) => {
            items.first().is_none_or(|first| first.is_object() || first.is_array() || first.is_string())
        }
        _ => false,
    }
}
