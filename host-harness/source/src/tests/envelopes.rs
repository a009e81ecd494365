//! Documents that wrap records, and records that only look like them.

use std::io::{self, Read};

use super::{Pieces, frame};
use crate::{Framed, Framer};
use glassbox_report::{Frame, FrameKind};

/// The records and frames of a source, whatever pieces it comes in.
fn framed(input: &str, record_bytes_max: usize) -> Vec<Framed> {
    let all = |chunk| {
        let framer = Framer::open(Pieces { bytes: input.as_bytes(), chunk }, record_bytes_max);
        framer.expect("these bytes are not refused").collect::<Vec<_>>()
    };
    let whole = all(usize::MAX);
    let chunks = if input.len() < 10_000 { [1, 2, 3, 7, 64] } else { [1_000, 5_000, 64_000, 65_536, 100_000] };
    for chunk in chunks {
        assert_eq!(all(chunk), whole, "in pieces of {chunk}");
    }
    whole
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The records of a document, each with the document around it where that is its frame.
#[track_caller]
fn check(input: &str, expected: &[(&str, Option<&str>)]) {
    let framed = framed(input, 100_000);
    let found: Vec<_> = framed
        .iter()
        .map(|framed| {
            let frame = framed.frame.as_ref().map(|frame| {
                assert!(frame.whole);
                text(&frame.bytes)
            });
            (text(&framed.bytes), frame)
        })
        .collect();
    let expected: Vec<_> =
        expected.iter().map(|(record, frame)| ((*record).to_owned(), frame.map(str::to_owned))).collect();
    assert_eq!(found, expected);
}

/// A document that is one record.
#[track_caller]
fn check_whole(record: &str) {
    check(record, &[(record, None)]);
    // Neither in an array, nor beside another, nor over lines.
    check(&format!("[{record},{record}]"), &[(record, None), (record, None)]);
    check(&format!("{record}{record}"), &[(record, None), (record, None)]);
}

const A: &str = r#"{"time":1,"n":[{"x":"]}"}]}"#;
const B: &str = r#"{"time":2,"n":{"y":null}}"#;

#[test]
fn envelopes_by_key() {
    for key in ["Records", "records", "Events", "value", "items", "results", "result", "entries", "data"] {
        check(&format!(r#"{{"{key}":[{A},{B}]}}"#), &[(A, None), (B, None)]);
        check(&format!("{{\n  \"{key}\" : [\n {A} ,\n {B}\n ]\n}}\n"), &[(A, None), (B, None)]);
        check(&format!(r#"{{"{key}":[{{"a":1}}]}}"#), &[(r#"{"a":1}"#, None)]);
        check(&format!(r#"{{"{key}":[]}}"#), &[]);
    }
}

#[test]
fn envelopes_with_something_beside_the_records() {
    let around = |before: &str, behind: &str| {
        let frame = format!("{before}{behind}");
        check(&format!("{before}{A},{B}{behind}"), &[(A, Some(&frame)), (B, Some(&frame))]);
    };
    around(r#"{"awsAccountId":"1","Records":["#, "]}");
    around(r#"{"requestId":"r","timestamp":1,"records":["#, "]}");
    around(r#"{"records":["#, r#"],"invocationId":"i","region":"r"}"#);
    around(r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logEvents":["#, r#"],"logStream":"s"}"#);
    around(r#"{"@odata.context":"c","value":["#, r#"],"@odata.nextLink":"n"}"#);
    around(r#"{"kind":"EventList","apiVersion":"v1","metadata":{},"items":["#, "]}");
    around(r#"{"preview":false,"init_offset":0,"messages":[],"results":["#, "]}");
    around(r#"{"success":true,"errors":[],"result":["#, r#"],"result_info":{"page":1}}"#);
    around(r#"{"events":["#, r#"],"nextForwardToken":"f"}"#);
    // What stands beside is not known, and is quiet; the records are not.
    around(r#"{"exported":"by-hand","records":["#, r#"],"note":{"a":1}}"#);
    around(r#"{"response":{"body":{"value":["#, r#"]},"headers":{}}}"#);
}

#[test]
fn one_record_in_a_document() {
    let around = |before: &str, behind: &str| {
        check(&format!("{before}{A}{behind}"), &[(A, Some(&format!("{before}{behind}")))]);
        check(
            &format!("{before}{A}{behind}\n{before}{B}{behind}"),
            &[(A, Some(&format!("{before}{behind}"))), (B, Some(&format!("{before}{behind}")))],
        );
    };
    around(r#"{"_index":"i","_id":"1","_source":"#, r#","sort":[1]}"#);
    around(r#"{"version":"0","detail-type":"x","time":"t","resources":[],"detail":"#, "}");
    around(r#"{"preview":false,"offset":0,"result":"#, "}");
    around(r#"{"time":1.5,"host":"h","event":"#, "}");
    around(r#"{"event":"#, r#","sourcetype":"s","time":"1"}"#);
    check(&format!(r#"{{"_source":{A}}}"#), &[(A, None)]);
    // A string that holds a record is read through by the plugin.
    check_whole(r#"{"time":1.5,"host":"h","sourcetype":"s","event":"{\"a\":1}"}"#);
}

#[test]
fn envelopes_inside_envelopes() {
    check(
        &format!(
            r#"{{"took":1,"hits":{{"total":2,"hits":[{{"_id":"1","_source":{A}}},{{"_id":"2","_source":{B}}}]}}}}"#
        ),
        &[
            (A, Some(r#"{"took":1,"hits":{"total":2,"hits":[{"_id":"1","_source":}]}}"#)),
            (B, Some(r#"{"took":1,"hits":{"total":2,"hits":[{"_id":"2","_source":}]}}"#)),
        ],
    );
    check(
        &format!(
            r#"{{"resourceLogs":[{{"resource":{{"r":1}},"scopeLogs":[{{"scope":{{}},"logRecords":[{A},{B}]}}]}}]}}"#
        ),
        &[
            (A, Some(r#"{"resourceLogs":[{"resource":{"r":1},"scopeLogs":[{"scope":{},"logRecords":[]}]}]}"#)),
            (B, Some(r#"{"resourceLogs":[{"resource":{"r":1},"scopeLogs":[{"scope":{},"logRecords":[]}]}]}"#)),
        ],
    );
    check(&format!(r#"[{{"Records":[{A}]}},{B},[{A},{B}]]"#), &[(A, None), (B, None), (A, None), (B, None)]);
    check(&format!("{A}\n{{\"Records\":[{B}]}}\n{A}\n"), &[(A, None), (B, None), (A, None)]);
    check(&format!(r#"{{"Records":[{A}]}}{{"records":[{B}]}}"#), &[(A, None), (B, None)]);
}

#[test]
fn bulk_requests_are_documents_with_actions() {
    let action = r#"{"index":{"_index":"i","_id":"1"}}"#;
    check(
        &format!("{action}\n{A}\n{{\"create\":{{}}}}\n{B}\n{{\"delete\":{{\"_id\":\"2\"}}}}\n{action}\n{B}\n{A}\n"),
        &[(A, Some(action)), (B, Some(r#"{"create":{}}"#)), (B, Some(action)), (A, None)],
    );
    check_whole(r#"{"index":{"_index":"i","name":"x"}}"#);
    check_whole(r#"{"index":{"_index":"i"},"time":1}"#);
    check_whole(r#"{"create":1}"#);
}

#[test]
fn records_that_have_such_members_stay_whole() {
    check_whole(r#"{"eventTime":"t","records":[{"time":1},{"time":2}]}"#);
    check_whole(r#"{"user":"bob","action":"export","items":[{"sku":1},{"sku":2}]}"#);
    check_whole(r#"{"name":"x","value":[{"k":1},{"k":2}]}"#);
    check_whole(r#"{"value":[1,2,3]}"#);
    check_whole(r#"{"Records":[1]}"#);
    check_whole(r#"{"Records":{"a":[{"time":1}]}}"#);
    check_whole(r#"{"records":[{"time":1},"text"]}"#);
    check_whole(r#"{"status":"ok","data":[]}"#);
    check_whole(r#"{"@timestamp":"t","event":{"code":"1"},"host":{"name":"h"},"source":{"ip":"i"}}"#);
    check_whole(r#"{"metadata":{"eventType":"x"},"event":{"a":1}}"#);
    check_whole(r#"{"time":"2026-05-04","event":{"a":1},"source":"web"}"#);
    check_whole(r#"{"EventID":1,"result":{"code":0},"detail":{"x":1}}"#);
    check_whole(r#"{"result":{"code":0}}"#);
    check_whole(r#"{"detail":{"code":0},"source":"s"}"#);
    check_whole(r#"{"_source":{"a":1},"message":"m"}"#);
    check_whole(r#"{"eventName":"Put","requestParameters":{"items":[{"time":1}]}}"#);
    check_whole(r#"{"Event":{"System":{"EventID":1},"EventData":{"items":[{"time":1}]}}}"#);
    check_whole(r#"{"text":"\"Records\":[{"}"#);
    check_whole(r#"{"kind":"Event","stageTimestamp":"t","responseObject":{"items":[{"metadata":{"time":1}}]}}"#);
}

/// A document that is too long to be held is opened as it comes.
#[test]
fn documents_longer_than_a_record_are_opened_as_they_come() {
    let filler = "x".repeat(1_000);
    let records: Vec<String> =
        (0..300).map(|number| format!(r#"{{"time":{number},"n":[{{}}],"f":"{filler}"}}"#)).collect();
    let all = records.join(",");
    let inputs = [
        format!(r#"{{"Records":[{all}]}}"#),
        format!(r#"{{"eventTime":"t","hits":{{"total":1,"hits":[{all}]}},"took":1}}"#),
        format!(r#"{{"pad":["{}"],"value":[{all}],"x":[{{}}]}}"#, "y".repeat(200_000)),
        format!("[{{\"records\":[\n{}\n]\n}}]", records.join(",\n")),
        format!(r#"{{"a":{{"events":[{all}],"b":1}},"c":1}}"#),
    ];
    for input in inputs {
        let framer = Framer::open(Pieces { bytes: input.as_bytes(), chunk: 10_000 }, 2_000).expect("they are read");
        let found: Vec<_> = framer.map(|framed| text(&framed.bytes)).collect();
        assert_eq!(found, records, "{}", &input[..100]);
    }
    let framed = framed(&format!(r#"{{"awsAccountId":"1","Records":[{all}],"behind":1}}"#), 2_000);
    let frame = framed[299].frame.as_deref().expect("it has one");
    let kind = FrameKind::Envelope { at: 31 };
    assert_eq!(frame, &Frame { kind, bytes: br#"{"awsAccountId":"1","Records":["#.to_vec(), whole: false });
}

/// A document on one line that is made while it is read.
struct Endless {
    record: Vec<u8>,
    records: usize,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.record.len() && self.records > 0 {
            (self.at, self.records) = (0, self.records - 1);
        }
        let length = buffer.len().min(self.record.len() - self.at);
        buffer[..length].copy_from_slice(&self.record[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[test]
fn memory_is_bounded_however_long_a_document_is() {
    let record = format!(r#"{{"time":1,"f":"{}"}},"#, "x".repeat(3_000)).into_bytes();
    let long = b"\"f\":\"0123456789abcdef\\n\",".repeat(10);
    let spaces = vec![b' '; 10_000];
    for (begin, middle) in [
        (&b"{\"Records\":["[..], &record),
        (b"[", &record),
        (b"{\"a\":1,", &long),
        (b"[{\"a\":1,", &long),
        (b"{\"a\":", &spaces),
        (b"text", &spaces),
        (b"  ", &spaces),
        (b"<Event>", &spaces),
        (b"<!--", &spaces),
        (b"a,b\n1,2\n3,\"", &spaces),
        (b"#fields\n#", &spaces),
        (b"\0\0\0\0", &vec![0; 1_000]),
        (b"[1,", &b"0123456789".repeat(1_000)),
    ] {
        let reader = begin.chain(Endless { record: middle.clone(), records: (16 << 20) / middle.len(), at: 0 });
        let mut framer = Framer::open(reader, 1 << 20).expect("they are read");
        let mut memory = 0;
        while let Some(framed) = framer.next() {
            assert!(framed.bytes.len() <= (1 << 20) + 1);
            memory = memory.max(framer.memory());
        }
        assert!(memory.max(framer.memory()) < 4 << 20, "{:?} takes {memory}", String::from_utf8_lossy(begin));
    }
}

#[test]
fn a_record_longer_than_is_held_is_given_by_its_beginning_and_its_length() {
    let long = format!(r#"{{"a":"{}","b":[1]}}"#, "x".repeat(200_000));
    for input in [format!("{long}\n{A}\n"), format!("[{long},{A}]"), format!("{{\n\"l\":{long}\n}}\n{A}")] {
        let framed = framed(&input, 1_000);
        assert_eq!(framed.len(), 2);
        assert_eq!(framed[0].bytes.len(), 1_001);
        assert!(framed[0].length >= long.len() as u64 && framed[0].length <= long.len() as u64 + 8);
        assert_eq!(text(&framed[1].bytes), A);
    }
}

#[test]
fn places_in_the_source_are_those_of_the_bytes() {
    let input = format!("\n text\n{A}\n{{\"x\":\n1}} [{B}]\n{{\"aws\":1,\"Records\":[{A}, {B}]}}\n");
    for framed in framed(&input, 1_000) {
        let (start, end) = (framed.offset as usize, (framed.offset + framed.length) as usize);
        assert_eq!(text(&framed.bytes), input[start..end]);
    }
    assert_eq!(frame(input.as_bytes(), 5, 1_000).0.len(), 6);
}
