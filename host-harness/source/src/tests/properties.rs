//! What holds of every source, however its bytes come and whatever they are.

use proptest::{prelude::*, sample::select};

use super::Pieces;
use crate::{Framed, Framer, Gaps};

/// Pieces that inputs are made of: every mark that framing goes by, and what stands between them. `Q` is in none that
/// may stand around records.
const PARTS: [&str; 56] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\0\0\0\0\0\0",
    "Q",
    "0Q",
    "-1.5e3",
    "null",
    "\"time\":1",
    "\"Records\":[{",
    "{\"records\":[",
    "\"value\":[",
    "\"event\":{",
    "\"sourcetype\":\"s\",",
    "\"_source\":{",
    "{\"index\":{}}\n",
    "{\"a\":\"Q\"}",
    "{\"time\":2,\"b\":[{\"c\":\"Q\"}]}",
    "{\n  \"a\": \"Q\"\n}",
    "[{\"x\":1},\n{\"y\":\"Q\"}]",
    "{\"hits\":{\"hits\":[",
    "<",
    "<Event>",
    "</Event>",
    "<Event a='",
    "<Events>",
    "</Events>",
    "<?xml?>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "Record 1\n",
    "#fields\ta\tb\n",
    "#close\n",
    "a,b\n1,Q\n",
    "sep=;\na;b\n1;Q\n",
    "1,\"x\nQ\"\n",
    "May  4 09:14:07 h p: Q\n",
    "<34>1 Q\n",
    "\u{feff}",
    "ü",
    "{\"a\":\"xQ\n",
    "]}\n",
    "\"\n",
    "\"Q\":",
    "<a>Q</a>",
];

fn input() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::collection::vec(select(&PARTS[..]).prop_map(|part| part.as_bytes().to_vec()), 0..40);
    prop_oneof![
        8 => parts.prop_map(|parts| parts.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// A line of text that no other form begins like, or an object that is no envelope.
fn line() -> impl Strategy<Value = String> {
    let value = prop_oneof!["[0-9]{1,3}", "\"[a-z{},:\\[\\]]{0,9}\"", "\\[\\{\"z\":1\\}\\]"];
    prop_oneof!["[a-z0-9=%.][ -~]{0,30}", value.prop_map(|value| format!("{{\"k\":{value}}}"))]
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(500)
}

fn framed(bytes: &[u8], chunk: usize, record_bytes_max: usize) -> Option<(Vec<Framed>, Gaps)> {
    let mut framer = Framer::open(Pieces { bytes, chunk }, record_bytes_max).ok()?;
    let framed = framer.by_ref().collect();
    Some((framed, framer.gaps()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn pieces_do_not_matter(bytes in input(), chunk in 1_usize..50, record_bytes_max in select(&[3_usize, 40, 1_000][..])) {
        let whole = framed(&bytes, usize::MAX, record_bytes_max);
        prop_assert_eq!(framed(&bytes, chunk, record_bytes_max), whole);
    }

    #[test]
    fn every_byte_is_in_one_record_or_between_records(bytes in input()) {
        let Some((framed, gaps)) = framed(&bytes, usize::MAX, 1_000_000) else { return Ok(()) };
        let mut is_record = vec![false; bytes.len()];
        let mut frames: Vec<u8> = Vec::new();
        let mut end = 0;
        for framed in &framed {
            let (start, length) = (framed.offset as usize, framed.length as usize);
            prop_assert!(start >= end, "{framed:?} begins before the one before ends");
            end = start + length;
            prop_assert_eq!(&bytes[start..end].to_vec(), &framed.bytes);
            is_record[start..end].fill(true);
            frames.extend(framed.frame.iter().flat_map(|frame| frame.bytes.clone()));
        }
        // What is in no record is in a frame, or was passed over behind the records of a document and counted.
        let is_lost = bytes.iter().zip(&is_record).any(|(byte, is_record)| *byte == b'Q' && !is_record);
        let is_counted = frames.contains(&b'Q') || gaps.around_bytes > 0;
        prop_assert!(!is_lost || is_counted, "lost in {:?}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn lines_of_objects_and_of_text_come_back(lines in prop::collection::vec(line(), 0..20)) {
        let text = lines.join("\n");
        let (all, _) = framed(text.as_bytes(), 7, 1_000).expect("nothing is refused");
        prop_assume!(all.iter().all(|it| it.frame.is_none()));
        let found: Vec<_> =
            all.into_iter().map(|framed| String::from_utf8(framed.bytes).expect("it is ASCII")).collect();
        prop_assert_eq!(found, lines);
    }
}
