//! What any plugin may say of any record, against the check that the host relies on.

use arbitrary::{Result, Unstructured};
use glassbox_finding::{
    Checker, Encoding, Evidence, Finding, Hit, Logsource, Operator, Place, Predicate, QuotedField, Span, TextPlace,
    Verdict, quote,
};

/// Records of every syntax that the check knows.
const RECORDS: [&[u8]; 6] = [
    br#"{"a":"C:\\new\\x.exe","b":{"c":[1,"a",null],"d":"\u00e9\ud83d\ude00"},"e":-1.5e3}"#,
    b"<Event><System><EventID>1</EventID></System><Data Name=\"Image\">a &amp; b</Data><Data><![CDATA[<x>]]></Data></Event>",
    b"type=USER msg=audit(1.2:3): a0=\"ls x=y\" a1=6C73 msg='op=login acct=\"root\"' key=(null)",
    b"<34>1 2003-10-11T22:14:15.003Z host sshd 12 - - Failed password for root",
    b"[{\"a\":\"x\"},{\"a\":[]}]",
    b"plain text, with \xff and \xc3\xa9",
];
const OPERATORS: [Operator; 17] = [
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
];
const ENCODINGS: [Encoding; 4] = [Encoding::Raw, Encoding::JsonString, Encoding::XmlText, Encoding::Hex];

/// Makes a record and evidence of the bytes, checks it, and looks again at whatever was believed.
///
/// # Panics
/// When something is believed that is not so.
pub fn finding(data: &[u8]) {
    let _ = made(&mut Unstructured::new(data));
}

fn made(source: &mut Unstructured<'_>) -> Result<()> {
    let record = record(source)?;
    let mut checker = Checker::default();
    for _ in 0..4 {
        let evidence = evidence(source, &record)?;
        if checker.check_evidence(&record, &evidence).is_ok() {
            assert_believable(&record, &evidence);
        }
        let place = text_place(source, &record)?;
        let text = place.read(&record).unwrap_or_default().into_owned();
        let field = QuotedField { name: "F".to_owned(), text, cut: false, place };
        if checker.check(&record, &finding_of(evidence, field)).is_ok() {
            assert_bounded(&record, place, false);
        }
    }
    Ok(())
}

fn finding_of(evidence: Evidence, field: QuotedField) -> Finding {
    Finding {
        index: 0,
        time: None,
        schema: "line".to_owned(),
        logsource: Logsource::default(),
        entities: Vec::new(),
        fields: vec![field],
        hits: vec![Hit { rule: "rule".to_owned(), evidence: vec![0] }],
        further_hits: Vec::new(),
        evidence: vec![evidence],
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

/// One of the records, perhaps with some bytes changed, or bytes of no kind at all.
fn record(source: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if source.ratio(1, 8)? {
        let length = source.int_in_range(0..=64)?;
        return Ok(source.bytes(length.min(source.len()))?.to_vec());
    }
    let mut record = source.choose(&RECORDS)?.to_vec();
    for _ in 0..source.int_in_range(0..=3)? {
        let at = source.choose_index(record.len())?;
        record[at] = source.arbitrary()?;
    }
    Ok(record)
}

/// A place that begins or ends at a delimiter as a rule: others are refused at once.
fn text_place(source: &mut Unstructured<'_>, record: &[u8]) -> Result<TextPlace> {
    let end = |source: &mut Unstructured<'_>| -> Result<u32> {
        let at = source.int_in_range(0..=record.len())?;
        if source.ratio(1, 4)? {
            return Ok(at as u32);
        }
        let rest = &record[at.min(record.len())..];
        let next = rest.iter().position(|byte| b"\"'<>[]{}=:, ".contains(byte)).unwrap_or(rest.len());
        Ok((at + next + source.int_in_range(0..=1)?) as u32)
    };
    let (one, other) = (end(source)?, end(source)?);
    let span = Span { start: one.min(other), end: one.max(other) };
    Ok(TextPlace { span, encoding: *source.choose(&ENCODINGS)? })
}

fn evidence(source: &mut Unstructured<'_>, record: &[u8]) -> Result<Evidence> {
    let (one, other) = (text_place(source, record)?, text_place(source, record)?);
    let place = match source.int_in_range(0..=5_u8)? {
        0 => Place::Pair(one, other),
        1 => Place::Absent(vec![(*source.choose(&["a", "b.c", "Image", "acct", "key", "x.*"])?).to_owned()]),
        _ => Place::Text(one),
    };
    let text = match &place {
        Place::Text(place) | Place::Pair(place, _) => place.read(record).unwrap_or_default().into_owned(),
        Place::Absent(_) => String::new(),
    };
    let operand = match source.int_in_range(0..=3_u8)? {
        0 => (*source.choose(&["1", "a", "0.0.0.0/0", "a.*", "", "*", "x?"])?).to_owned(),
        _ => text.clone(),
    };
    let predicate = Predicate { operator: *source.choose(&OPERATORS)?, operand, cased: source.arbitrary()? };
    let quoted = if source.ratio(1, 16)? { "other".to_owned() } else { quote(&text).to_owned() };
    Ok(Evidence {
        selection: "selection".to_owned(),
        field: "F".to_owned(),
        predicate,
        value: 0,
        values: 1,
        place,
        quote: quoted,
    })
}

/// What was believed, looked at in another way than the check does.
fn assert_believable(record: &[u8], evidence: &Evidence) {
    let lower = |text: &str| text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect::<String>();
    let fold = |text: &str| if evidence.predicate.cased { text.to_owned() } else { lower(text) };
    let operand = fold(&evidence.predicate.operand);
    let because = || format!("{evidence:?}\nrecord: {}", String::from_utf8_lossy(record));
    match &evidence.place {
        Place::Text(place) => {
            let text = place.read(record).expect("within the record");
            assert!(text.starts_with(&evidence.quote), "{}", because());
            let text = fold(&text);
            let holds = match evidence.predicate.operator {
                Operator::Equals | Operator::Contains => text == operand,
                Operator::StartsWith => text.starts_with(&operand),
                Operator::EndsWith => text.ends_with(&operand),
                Operator::NotEquals => text != operand,
                Operator::Null => text == "null",
                Operator::Absent | Operator::SameAs => false,
                _ => true,
            };
            assert!(holds, "{}", because());
            assert_bounded(record, *place, evidence.predicate.operator == Operator::Contains);
        }
        Place::Pair(left, right) => {
            let [left, right] = [left, right].map(|place| place.read(record).expect("within the record"));
            assert!(evidence.predicate.operator == Operator::SameAs && fold(&left) == fold(&right), "{}", because());
        }
        Place::Absent(names) => {
            let absent = matches!(evidence.predicate.operator, Operator::Absent | Operator::Null);
            assert!(absent && evidence.quote.is_empty(), "{}", because());
            // Another JSON parser must see nothing there either.
            if let Ok(document) = serde_json::from_slice::<serde_json::Value>(record)
                && document.is_object()
                && let Some(value) = document.get(&names[0])
            {
                let nothing = value.is_null() && evidence.predicate.operator == Operator::Null;
                let scalar = !value.is_object() && !value.is_array();
                assert!(nothing || !scalar, "{}", because());
            }
        }
    }
}

/// In valid JSON a whole string stands between its quotes, and a part of one between the same.
fn assert_bounded(record: &[u8], place: TextPlace, part: bool) {
    if place.encoding != Encoding::JsonString || !is_json(record) {
        return;
    }
    let (start, end) = (place.span.start as usize, place.span.end as usize);
    let begins = record[..start].iter().rposition(|&byte| byte == b'"');
    let quoted = begins.is_some_and(|quote| part || quote + 1 == start);
    assert!(quoted && (part || record.get(end) == Some(&b'"')), "{place:?} in {}", String::from_utf8_lossy(record));
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
