//! Places of several steps: records in values of records, and text in text.

use super::*;

/// The place of the last of several texts, each the decoded value of the step before, and what the first is in.
struct Nest {
    steps: Vec<Step>,
    /// The text that the steps lead to.
    inner: String,
}

impl Nest {
    fn of(record: &str) -> Self {
        Self { steps: Vec::new(), inner: record.to_owned() }
    }

    /// One step to `part` of the text so far.
    fn to(mut self, part: &str, encoding: Encoding) -> Self {
        let start = self.inner.find(part).expect("in the text") as u32;
        let step = Step { span: Span { start, end: start + part.len() as u32 }, encoding };
        self.inner = step.read(self.inner.as_bytes()).expect("within").into_owned();
        self.steps.push(step);
        self
    }

    fn place(&self) -> TextPlace {
        TextPlace { within: Within::Own, step: self.steps[0], further: self.steps[1..].to_vec() }
    }
}

fn check(map_name: &str, record: &[u8], place: TextPlace, field: &str, expected: Expected<'_>) {
    let directory = directory(&[&format!("sel:\n    '{field}|exists': true\ncondition: sel")]);
    let field = directory.field_position(field).expect("a field");
    let again = FieldPlace { field, place: place.clone() };
    let finding = Finding { fields: vec![FieldPlace { field, place }, again], ..blank() };
    let context = RecordContext::alone(record, b"", map(map_name));
    let what = String::from_utf8_lossy(record).into_owned();
    compare(checker(&directory).check_finding(context, &finding, Depth::Claims), expected, &what);
}

const CARRIER: &str = r#"{"host":"h","message":"{\"Image\":\"C:\\\\a.exe\",\"User\":\"u\"}"}"#;
const MESSAGE: &str = r#"{\"Image\":\"C:\\\\a.exe\",\"User\":\"u\"}"#;

#[test]
fn json_in_a_json_string() {
    let inner = || Nest::of(CARRIER).to(MESSAGE, JSON);
    let flat = |nest: Nest, expected| check("windows-flat", CARRIER.as_bytes(), nest.place(), "Image", expected);
    flat(inner().to(r"C:\\a.exe", JSON), Ok(0));
    flat(inner().to(r"C:\\a", JSON), Err("bytes 10 to 15 of the text that step 1 gives in the record"));
    flat(inner().to("u", JSON), Err("`message.User`").or(Err("does not call")));
    flat(
        Nest::of(CARRIER).to(r#"{\"Image\":\"C:\\\\a.exe\""#, JSON).to("Image", JSON),
        Err("not the whole of a value"),
    );
    // The carrier itself must be a whole value.
    flat(Nest::of(CARRIER).to(r#"\"u\""#, JSON).to("u", JSON), Err("not the whole of a value"));
    // A carrier's own key counts as well.
    let record = r#"{"requestParameters":"{\"key\":\"k\"}"}"#;
    let nest = Nest::of(record).to(r#"{\"key\":\"k\"}"#, JSON).to("\"k\"", RAW);
    let place = nest.place();
    let inside = Step {
        span: Span { start: place.further[0].span.start + 1, end: place.further[0].span.end - 1 },
        encoding: JSON,
    };
    let place = TextPlace { further: vec![inside], ..place };
    check("cloudtrail", record.as_bytes(), place, "requestParameters.key", Ok(0));
}

#[test]
fn deeper_nests() {
    let innermost = r#"{"Image":"x"}"#;
    let quoted = |text: &str| serde_json::to_string(text).expect("a string");
    let mut texts = vec![innermost.to_owned()];
    for _ in 0..4 {
        let inside = quoted(texts.last().expect("a text"));
        texts.push(format!(r#"{{"m":{inside}}}"#));
    }
    texts.reverse();
    let mut nest = Nest::of(&texts[0]);
    for inside in &texts[1..] {
        let written = quoted(inside);
        nest = nest.to(&written[1..written.len() - 1], JSON);
    }
    assert_eq!(nest.inner, innermost);
    let nest = nest.to("x", JSON);
    assert_eq!(nest.steps.len(), 5);
    check("windows-flat", texts[0].as_bytes(), nest.place(), "Image", Ok(0));
    let nest = nest.to("x", RAW);
    check("windows-flat", texts[0].as_bytes(), nest.place(), "Image", Err("it has 6 steps, more than 5"));
}

#[test]
fn other_syntaxes_in_values() {
    let xml = "<Event><EventData><Data Name='Image'>/bin/ls</Data></EventData></Event>";
    let record = format!(r#"{{"message":"{xml}"}}"#);
    let nest = Nest::of(&record).to(xml, JSON).to("/bin/ls", RAW);
    check("windows-nested", record.as_bytes(), nest.place(), "Image", Ok(0));
    check("windows-nested", record.as_bytes(), nest.place(), "User", Err("does not call"));
    let line = "type=EXECVE msg=audit(1.2:3): a0=6C73";
    let record = format!(r#"{{"message":"{line}"}}"#);
    let nest = Nest::of(&record).to(line, JSON).to("6C73", Encoding::Hex);
    check("auditd", record.as_bytes(), nest.place(), "a0", Ok(0));
    check("auditd", record.as_bytes(), nest.place(), "a1", Err("does not call"));
}

#[test]
fn text_behind_encodings_that_mark_nothing_is_unchecked() {
    let table = [
        (r#"{"a":"bHM="}"#, "bHM=", Encoding::Base64, "ls"),
        (r#"{"a":"6C73"}"#, "6C73", Encoding::Hex, "ls"),
        (r#"{"a":"l%73"}"#, "l%73", Encoding::Percent, "ls"),
        (r#"{"a":"x,\"l\"\"s\",y"}"#, "l\"\"s", Encoding::CsvField, "l\"s"),
        (r#"{"a":"k=l\\s"}"#, r"l\s", Encoding::Backslash, "ls"),
    ];
    for (record, part, encoding, expected) in table {
        let value = &record[6..record.len() - 2];
        let nest = Nest::of(record).to(value, JSON).to(part, encoding);
        assert_eq!(nest.inner, expected);
        check("json", record.as_bytes(), nest.place(), "a", Ok(2));
    }
    let nest = Nest::of(r#"{"a":"a word"}"#).to("a word", JSON).to("wor", RAW);
    check("json", br#"{"a":"a word"}"#, nest.place(), "a", Err("not the whole of a value"));
}

#[test]
fn records_in_utf16() {
    let text = r#"{"Image":"x"}"#;
    for (encoding, big) in [(Encoding::Utf16Le, false), (Encoding::Utf16Be, true)] {
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let record: Vec<u8> = text.encode_utf16().flat_map(unit).collect();
        let whole = Step { span: Span { start: 0, end: record.len() as u32 }, encoding };
        let part = Step { span: Span { start: 10, end: 11 }, encoding: JSON };
        let place = TextPlace { within: Within::Own, step: whole, further: vec![part] };
        check("windows-flat", &record, place.clone(), "Image", Ok(0));
        check("windows-flat", &record, place, "User", Err("does not call"));
    }
}
