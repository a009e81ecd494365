//! What holds of every record: no bytes make the reader fail otherwise than as defined, and of valid JSON it sees every
//! scalar as another parser does.

use glassbox_event::{Kind, Reader, Scratch};
use glassbox_finding::{Logsource, UnscoredReason};
use proptest::prelude::*;
use serde_json::Value;

/// Fields that reach deep into every schema's map.
const FIELDS: [&str; 12] =
    ["a", "b", "a.b", "Image", "CommandLine", "Data", "EventID", "type", "a0", "message", "requestParameters", "name"];

/// Reads a record, and checks what must hold of any event.
fn check(record: &[u8], reader: &Reader, scratch: &mut Scratch) -> Result<(), TestCaseError> {
    let hint = Logsource::default();
    let event = match reader.read(record, &hint, scratch) {
        Ok(event) => event,
        Err(error) => {
            prop_assert!(error.at as usize <= record.len());
            prop_assert!(error.reason != UnscoredReason::TooLarge);
            return Ok(());
        }
    };
    let mut present = Vec::new();
    for slot in 0..FIELDS.len() {
        for value in event.values(slot) {
            let place = value.place.read(record);
            prop_assert_eq!(place, Some(value.text()));
        }
        if event.has_values(slot) {
            present.push(slot);
        }
    }
    prop_assert_eq!(event.present_slots().collect::<Vec<_>>(), present);
    for leaf in event.leaves() {
        let place = leaf.place.read(record);
        prop_assert_eq!(place.as_deref(), Some(leaf.text.as_str()));
    }
    let _ = (event.time(), event.source());
    Ok(())
}

/// Pieces that records are made of.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b"\"",
        b"\\",
        b"\\u",
        b"d800",
        b" ",
        b"\n",
        b"1",
        b"-",
        b".",
        b"e",
        b"true",
        b"null",
        b"\"a\"",
        b"\"a.b\"",
        b"\"Image\"",
        b"\"EventID\":1",
        b"\"Channel\":\"Security\"",
        b"\"Event\":{\"System\":{",
        b"\"EventData\":{\"Data\":[",
        b"\"@Name\":\"Image\"",
        b"\"#text\":\"x\"",
        b"\xff",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"<",
        b">",
        b"/",
        b"<Event>",
        b"</Event>",
        b"<EventData>",
        b"<Data Name=\"Image\">",
        b"</Data>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"&amp;",
        b"&#x41;",
        b"=",
        b"'",
        b"type=EXECVE msg=audit(1364481363.2:1): ",
        b"a0=",
        b"6C73",
        b"msg='",
        b"\x1d",
        b"node=x ",
        b"<34>1 ",
        b"2003-10-11T22:14:15.003Z ",
        b"Jan  2 03:04:05 ",
        b"host ",
        b"sudo: ",
        b"USER=",
        b";",
        b"[x@1 k=",
        b"-",
    ];
    prop_oneof![8 => proptest::sample::select(known).prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..6)]
}

fn json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        3 => proptest::sample::select(&["a", "b", "a.b", "Image", "Event", "System", "EventData", "Data", "winlog", "\"", "\\"][..])
            .prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // The other parser rounds what has more digits.
        (any::<i32>(), 0..6_i32).prop_map(|(number, shift)| Value::from(f64::from(number) / 2_f64.powi(shift))),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A number or literal as it is read: a whole number without a fraction of zeros.
fn written(value: &Value) -> String {
    let text = value.to_string();
    String::from_utf8_lossy(glassbox_predicate::whole_number(text.as_bytes())).into_owned()
}

/// The texts of the scalars, as the other parser has them.
fn scalars(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| scalars(member, texts)),
        Value::Array(elements) => elements.iter().for_each(|element| scalars(element, texts)),
        Value::String(text) => texts.push(text.clone()),
        other => texts.push(written(other)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(record in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&record, &Reader::new(&FIELDS), &mut Scratch::default())?;
    }

    #[test]
    fn no_pieces_make_it_panic(
        records in prop::collection::vec(prop::collection::vec(piece(), 0..24), 1..4),
        begin in proptest::sample::select(&["", "{", "[{", "{\"Event\":{", "<Event>", "type=EXECVE msg=audit(1.0:1): ", "<1>1 "][..]),
    ) {
        let (reader, mut scratch) = (Reader::new(&FIELDS), Scratch::default());
        for pieces in records {
            let record = [begin.as_bytes(), &pieces.concat()].concat();
            check(&record, &reader, &mut scratch)?;
        }
    }

    #[test]
    fn valid_json_is_read_whole(value in json(), pretty in any::<bool>()) {
        let value = Value::from(serde_json::Map::from_iter([("a".to_owned(), value)]));
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.expect("it can be written");
        let (reader, mut scratch, hint) = (Reader::new(&FIELDS), Scratch::default(), Logsource::default());
        check(text.as_bytes(), &reader, &mut scratch)?;
        let event = reader.read(text.as_bytes(), &hint, &mut scratch).expect("valid JSON is read");
        let leaves: Vec<String> = event.leaves().into_iter().map(|leaf| leaf.text).collect();
        let mut expected = Vec::new();
        // Both parsers are given the same text; the other one may keep members in another order.
        scalars(&serde_json::from_str(&text).expect("it was written"), &mut expected);
        let mut leaves = leaves;
        leaves.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(leaves, expected);
    }

    #[test]
    fn valid_json_cut_short_is_malformed(value in json(), cut in any::<prop::sample::Index>()) {
        let text = format!("{{\"a\":{value}}}");
        let ends: Vec<usize> = (1..text.len()).filter(|&end| text.is_char_boundary(end)).collect();
        let cut = &text[..ends[cut.index(ends.len())]];
        let (reader, mut scratch, hint) = (Reader::new(&FIELDS), Scratch::default(), Logsource::default());
        let error = reader.read(cut.as_bytes(), &hint, &mut scratch).expect_err("it is cut short");
        prop_assert_eq!((error.reason, error.at as usize), (UnscoredReason::Malformed, cut.len()));
    }

    #[test]
    fn values_of_a_field_are_those_at_its_path(value in json()) {
        let document = Value::from(serde_json::Map::from_iter([("requestParameters".to_owned(), value.clone())]));
        let text = document.to_string();
        let (reader, mut scratch, hint) = (Reader::new(&FIELDS), Scratch::default(), Logsource::default());
        let event = reader.read(text.as_bytes(), &hint, &mut scratch).expect("valid JSON is read");
        let found: Vec<(Kind, String)> = event.values(10).map(|value| (value.kind, value.text().into_owned())).collect();
        match &value {
            Value::Object(_) => {
                let raw = value.to_string();
                prop_assert_eq!(found, [(Kind::Object, raw)]);
            }
            Value::Array(elements) if !elements.iter().any(|element| element.is_object() || element.is_array()) => {
                prop_assert_eq!(found.len(), elements.len());
            }
            Value::Array(_) => {}
            Value::String(text) => prop_assert_eq!(found, [(Kind::Text, text.clone())]),
            other => prop_assert_eq!(&found[0].1, &written(other)),
        }
    }
}
