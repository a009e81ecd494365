//! What holds of any record and any place.

use proptest::prelude::*;

use super::*;

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

fn step() -> impl Strategy<Value = Step> {
    let encoding = prop::sample::select(ENCODINGS.to_vec());
    (0..60_u32, 0..60_u32, encoding).prop_map(|(start, end, encoding)| Step { span: Span { start, end }, encoding })
}

fn place() -> impl Strategy<Value = TextPlace> {
    let within = prop_oneof![Just(Within::Own), Just(Within::Frame), (0..3_u64).prop_map(Within::Other)];
    let further = prop::collection::vec(step(), 0..6);
    (within, step(), further).prop_map(|(within, step, further)| TextPlace { within, step, further })
}

/// Records of every syntax, whole and broken.
fn record() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "\"Image\":",
        "\"a\"",
        "\\",
        "\\u00",
        "null",
        "1",
        "<Event>",
        "</Event>",
        "<EventData>",
        "<Data Name='Image'>",
        "</Data>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "/>",
        "&amp;",
        "type=A msg=audit(1:2):",
        " Image=",
        "'",
        "x",
        " ",
        "é",
        "#text",
        "\"EventData\":",
        "\"Data\":",
        "\"@Name\":",
        "\"#text\":",
        "\u{feff}",
        "\n",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_panics(record in record(), frame in record(), places in prop::collection::vec(place(), 3), of in 0..30_usize, field in 0..70_u32) {
        let directory = directory_with(
            &["sel:\n    Image|contains: a\n    User|fieldref: Image\n    Id: null\nnone:\n    Path: x\nkeywords:\n    - a\ncondition: sel and not none or keywords"],
            &["selection:\n    User: u\ncondition: not selection"],
        );
        let [one, other, third] = <[TextPlace; 3]>::try_from(places).expect("three");
        let evidence = vec![
            Evidence { claim: item(0, 0, 0), place: Place::Text(one.clone()) },
            Evidence { claim: item(0, 1, 0), place: Place::Pair(one, other.clone()) },
            Evidence { claim: item(0, 2, 0), place: Place::Absent },
            Evidence { claim: Claim::Role(field), place: Place::Text(third.clone()) },
        ];
        let map = of as u32;
        let own = RecordBytes { bytes: record.as_bytes(), frame: frame.as_bytes(), map };
        let others = |sequence| (sequence == 1).then_some(RecordBytes { bytes: frame.as_bytes(), frame: b"", map });
        let context = RecordContext { own: Some(own), others: &others };
        let mut checker = checker(&directory);
        for piece in &evidence {
            let finding = Finding { evidence: vec![piece.clone()], further_hits: vec![0], ..blank() };
            let _ = checker.check_finding(context, &finding, Depth::Negations);
        }
        let fields = vec![FieldPlace { field, place: other }];
        let alert = Some(Alert { name: third, severity: None });
        let _ = checker.check_finding(context, &Finding { evidence, fields, alert, ..blank() }, Depth::Negations);
    }

    /// In a record of four members one place alone is the value of a field: its own, whole.
    #[test]
    fn no_other_place_is_a_value_of_the_field(
        texts in prop::collection::vec("[a-z\\\\\"é&]{1,6}", 4),
        form in prop::sample::select(FORMS.to_vec()),
        ends in prop::collection::vec((0..400_u32, 0..400_u32), 8),
    ) {
        let (record, own) = assemble(&form, &texts);
        let directory = directory(&["sel:\n    CommandLine: x\ncondition: sel"]);
        let field = directory.field_position("CommandLine").expect("a field");
        let mut checker = checker(&directory);
        let mut is_taken = |span: Span| {
            let place = TextPlace::from(Step { span, encoding: form.encoding });
            let finding = Finding { fields: vec![FieldPlace { field, place }], ..blank() };
            let context = RecordContext::alone(record.as_bytes(), b"", map(form.map));
            checker.check_finding(context, &finding, Depth::Claims).is_ok()
        };
        prop_assert!(is_taken(own), "{}", record);
        let near = [-2_i64, -1, 0, 1, 2].into_iter().flat_map(|start| [-2_i64, -1, 0, 1, 2].map(|end| (start, end)));
        let near = near.map(|(start, end)| (i64::from(own.start) + start, i64::from(own.end) + end));
        let near = near.map(|(start, end)| Span { start: start as u32, end: end as u32 });
        for span in near.chain(ends.into_iter().map(|(start, end)| Span { start, end })) {
            prop_assert!(span == own || !is_taken(span), "{} {:?}", record, span);
        }
    }
}

/// How a record of members is written.
#[derive(Clone, Copy, Debug)]
struct Form {
    map: &'static str,
    encoding: Encoding,
    /// Before the first member, before a name, between name and value, behind a value, between members, at the end.
    parts: [&'static str; 6],
}

const FORMS: [Form; 5] = [
    Form { map: "windows-flat", encoding: JSON, parts: ["{", "\"", "\":\"", "\"", ",", "}"] },
    Form { map: "windows-nested", encoding: JSON, parts: ["{\"EventData\":{", "\"", "\":\"", "\"", ",", "}}"] },
    Form {
        map: "windows-nested",
        encoding: JSON,
        parts: ["{\"EventData\":{\"Data\":[", "{\"Name\":\"", "\",\"Value\":\"", "\"}", ",", "]}}"],
    },
    Form {
        map: "windows-nested",
        encoding: XML,
        parts: ["<Event><EventData>", "<Data Name='", "'>", "</Data>", "", "</EventData></Event>"],
    },
    Form {
        map: "windows-nested",
        encoding: RAW,
        parts: ["<Event><EventData>", "<Data Name=\"", "\"><![CDATA[", "]]></Data>", "", "</EventData></Event>"],
    },
];

/// A record of four members, and where the value of `CommandLine` is.
fn assemble(form: &Form, texts: &[String]) -> (String, Span) {
    let [head, before, between, behind, comma, tail] = form.parts;
    let mut record = head.to_owned();
    let mut own = Span::default();
    for (name, text) in ["Image", "User", "CommandLine", "ParentImage"].into_iter().zip(texts) {
        if record.len() > head.len() {
            record += comma;
        }
        record += before;
        record += name;
        record += between;
        let start = record.len() as u32;
        record += &match form.encoding {
            JSON => text.replace('\\', "\\\\").replace('"', "\\\""),
            XML => text.replace('&', "&amp;"),
            _ => text.clone(),
        };
        if name == "CommandLine" {
            own = Span { start, end: record.len() as u32 };
        }
        record += behind;
    }
    (record + tail, own)
}
