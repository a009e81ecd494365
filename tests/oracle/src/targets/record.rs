//! One record, read by the reader alone and by the whole plugin.

use std::cell::RefCell;

use glassbox_event::{Reader, Scratch};
use glassbox_finding::{ExplainError, Logsource, Origin};
use glassbox_rules::compile::{RuleFile, compile};

use crate::engine::{self, Engine};

/// Fields that reach into every schema's map.
const FIELDS: [&str; 16] = [
    "a",
    "a.b",
    "Image",
    "CommandLine",
    "User",
    "Data",
    "EventID",
    "Channel",
    "type",
    "a0",
    "message",
    "requestParameters",
    "name",
    "program",
    "TargetObject",
    "protoPayload.methodName",
];

/// The most bytes of a record that the host hands over.
const RECORD_BYTES_MAX: usize = 64 << 10;

/// Reads the bytes as one record.
///
/// # Panics
/// When a value does not stand where it says, or something told of the record does not hold.
pub fn record(data: &[u8]) {
    let data = &data[..data.len().min(RECORD_BYTES_MAX)];
    thread_local! {
        static READ: RefCell<(Reader, Scratch)> = RefCell::new((Reader::new(&FIELDS), Scratch::default()));
        static ENGINE: RefCell<Engine> = RefCell::new(engine());
    }
    READ.with_borrow_mut(|(reader, scratch)| read(data, reader, scratch));
    ENGINE.with_borrow_mut(|engine| detect(data, engine));
}

fn read(record: &[u8], reader: &Reader, scratch: &mut Scratch) {
    let hint = Logsource::default();
    let event = match reader.read(record, &hint, scratch) {
        Ok(event) => event,
        Err(error) => return assert!(error.at as usize <= record.len(), "{error}"),
    };
    for (slot, field) in FIELDS.iter().enumerate() {
        let mut values = 0;
        for value in event.values(slot) {
            values += 1;
            assert_eq!(value.place.read(record), Some(value.text()), "{field}");
        }
        assert_eq!(event.has_values(slot), values > 0, "{field}");
    }
    for leaf in event.leaves() {
        assert_eq!(leaf.place.read(record).as_deref(), Some(leaf.text.as_str()), "{}", leaf.name);
    }
}

fn detect(record: &[u8], engine: &mut Engine) {
    let found = engine.findings(&Logsource::default(), &[record]);
    let found = found[0].as_ref();
    match engine.detector.explain(record, &Origin::default()) {
        Ok(explanation) => {
            engine.check_explanation(record, &explanation);
            let explained = explanation.finding.as_ref();
            assert_eq!(engine.ids(explained), engine.ids(found.map(|found| &found.finding)));
        }
        Err(ExplainError::Unscored(unscored)) => {
            assert!(unscored.at as usize <= record.len() && found.is_none(), "{unscored:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

/// The engine with a rule for each operator on fields of every schema, and some keywords.
fn engine() -> Engine {
    let items = [
        "'F': a",
        "'F|contains': x",
        "'F|startswith': C",
        "'F|endswith': e",
        "'F': 'a*b?'",
        "'F|re': '[a-z]+\\d'",
        "'F|cidr': '10.0.0.0/8'",
        "'F|gt': 1",
        "'F|neq': x",
        "'F|exists': true",
        "'F|exists': false",
        "'F': null",
        "'F|fieldref': Image",
        "'F|contains|cased': X",
    ];
    let rule = |id: &str, detection: &str| {
        format!(
            "title: made\nid: {id}\nlogsource: {{category: any}}\ndetection:\n    sel:\n        {detection}\n    condition: sel\n"
        )
    };
    let mut texts = vec![rule("keywords", "- a\n        - '1?'"), rule("all-keywords", "'|all': [x, e]")];
    for (number, field) in FIELDS.iter().enumerate() {
        let item = items[number % items.len()].replacen('F', field, 1);
        texts.push(rule(&format!("item-{number}"), &item));
        let item = items[(number * 5 + 3) % items.len()].replacen('F', field, 1);
        texts.push(rule(&format!("further-{number}"), &item));
    }
    let files: Vec<RuleFile> = texts.into_iter().map(|text| RuleFile { path: "made.yml".to_owned(), text }).collect();
    let (engine, rejected) = engine::of_compiled(engine::everywhere(compile(&files)));
    assert!(rejected.is_empty(), "{rejected:?}");
    engine
}
