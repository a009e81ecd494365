//! Public data sets, read without the plugin: every record is read, with the schema that it has.

use std::collections::BTreeMap;

use glassbox_event::{Event, Kind, Reader, Schema, Scratch};
use glassbox_finding::Logsource;
use glassbox_tests::data;

const FIELDS: [&str; 21] = [
    "EventID",
    "Provider_Name",
    "Channel",
    "Computer",
    "Image",
    "CommandLine",
    "ParentImage",
    "ParentCommandLine",
    "User",
    "TargetObject",
    "Details",
    "TargetFilename",
    "QueryName",
    "ScriptBlockText",
    "SubjectUserName",
    "ServiceName",
    "DestinationIp",
    "IpAddress",
    "Hashes",
    "eventName",
    "EventType",
];
/// The position of `EventType` there.
const EVENT_TYPE: usize = 20;

/// Service and categories, and every value of the fields, for comparison.
fn summary(event: &Event<'_>) -> (String, Vec<Vec<String>>) {
    let source = event.source();
    let parts = [source.product, source.service].into_iter().flatten().chain(source.categories.iter());
    // A place that is empty is null in some forms of a record and not there in others.
    let there = |slot| event.values(slot).filter(|value| value.kind != Kind::Null);
    let values = |slot| there(slot).map(|value| value.text().into_owned()).collect();
    (parts.collect::<Vec<_>>().join(" "), (0..FIELDS.len()).map(values).collect())
}

/// The last member of a line that holds a record and its labels: the record as it is written there.
fn event_of(line: &[u8]) -> Vec<u8> {
    const KEY: &[u8] = b", \"event\": ";
    let at = line.windows(KEY.len()).position(|window| window == KEY).expect("a record in the line");
    line[at + KEY.len()..line.len() - 1].to_vec()
}

/// Reads every record, and counts by schema and source; `inner` is whether the record is the member `event` of a line.
fn count(path: &str, inner: bool) -> BTreeMap<(Schema, String), usize> {
    let reader = Reader::new(&FIELDS);
    let (mut scratch, hint) = (Scratch::default(), Logsource::default());
    let mut counts = BTreeMap::new();
    for (number, line) in data::lines(&data::folder().join(path)).enumerate() {
        let line = if inner { event_of(&line) } else { line };
        if line.len() > glassbox_event::limits::RECORD_BYTES_MAX {
            assert!(reader.read(&line, &hint, &mut scratch).is_err());
            *counts.entry((Schema::Text, "(too large)".to_owned())).or_default() += 1;
            continue;
        }
        let event = reader.read(&line, &hint, &mut scratch).unwrap_or_else(|error| panic!("{path}:{number}: {error}"));
        for value in (0..FIELDS.len()).flat_map(|slot| event.values(slot)) {
            assert_eq!(value.place.read(&line).expect("within"), value.text());
        }
        let (source, _) = summary(&event);
        *counts.entry((event.schema(), source)).or_default() += 1;
    }
    eprintln!("{path}");
    for ((schema, source), count) in &counts {
        eprintln!("{count:7} {} {source}", schema.name());
    }
    counts
}

/// How many records of a set have a schema.
fn of_schema(counts: &BTreeMap<(Schema, String), usize>, schema: Schema) -> usize {
    counts.iter().filter(|((found, source), _)| *found == schema && source != "(too large)").map(|(_, n)| n).sum()
}

fn check_all_of(path: &str, inner: bool, schema: Schema) {
    let counts = count(path, inner);
    let all: usize = counts.values().sum();
    assert!(all > 100, "{all} records in {path}");
    let too_large: usize = counts.iter().filter(|((_, source), _)| source == "(too large)").map(|(_, n)| n).sum();
    assert_eq!(of_schema(&counts, schema) + too_large, all);
    assert!(too_large * 1000 <= all, "{too_large} records of {path} are too large");
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn flat_windows_records() {
    for path in ["corpus/bench20k.ndjson.zst", "corpus/evtx-all.ndjson.zst", "corpus/splunk.ndjson.zst"] {
        check_all_of(path, false, Schema::WindowsFlat);
    }
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn cloud_records() {
    check_all_of("corpus/cloudtrail.ndjson.zst", false, Schema::CloudTrail);
    let counts = count("corpus/panther_tests.ndjson.zst", true);
    let of = |source: &str| counts.iter().filter(|((_, found), _)| found == source).map(|(_, n)| n).sum::<usize>();
    for (source, least) in [
        ("aws cloudtrail", 440),
        ("gcp gcp.audit", 100),
        ("github audit", 90),
        ("okta okta", 35),
        ("azure activitylogs", 190),
        ("azure signinlogs", 15),
        ("azure auditlogs", 15),
        ("kubernetes audit application", 15),
    ] {
        assert!(of(source) >= least, "{} of {source}", of(source));
    }
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn winlogbeat_records() {
    check_all_of("amides/process_creation.ndjson", true, Schema::WindowsEcs);
    let reader = Reader::new(&["Image", "CommandLine", "ParentImage", "ParentCommandLine", "Computer"]);
    let (mut scratch, hint) = (Scratch::default(), Logsource::default());
    for line in data::lines(&data::folder().join("amides/process_creation.ndjson")) {
        let line: serde_json::Value = serde_json::from_slice(&line).expect("a line");
        let record = line["event"].to_string();
        let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect("a record");
        let process = &line["event"]["process"];
        for (slot, expected) in [
            &process["executable"],
            &process["command_line"],
            &process["parent"]["executable"],
            &process["parent"]["command_line"],
            &line["event"]["winlog"]["computer_name"],
        ]
        .into_iter()
        .enumerate()
        {
            let found: Vec<String> = event.values(slot).map(|value| value.text().into_owned()).collect();
            assert_eq!(found, [expected.as_str().expect("a text")]);
        }
        assert!(event.time().is_some());
    }
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn the_same_records_flat_and_nested() {
    let corpus = data::folder().join("corpus");
    let reader = Reader::new(&FIELDS);
    let (mut one, mut other, hint) = (Scratch::default(), Scratch::default(), Logsource::default());
    for set in ["bench20k", "evtx-all"] {
        let flat = data::lines(&corpus.join(format!("{set}.ndjson.zst")));
        let nested = data::lines(&corpus.join(format!("nested/{set}.ndjson.zst")));
        let (mut records, mut compared) = (0, 0);
        for (flat, nested) in flat.zip(nested) {
            records += 1;
            let (Ok(flat_event), Ok(nested_event)) =
                (reader.read(&flat, &hint, &mut one), reader.read(&nested, &hint, &mut other))
            else {
                // Too large, in one form or in both.
                continue;
            };
            compared += 1;
            assert_eq!(nested_event.schema(), Schema::WindowsNested);
            let (flat_source, flat_values) = summary(&flat_event);
            let (nested_source, nested_values) = summary(&nested_event);
            let shown = || format!("{set}:{records}: {}", String::from_utf8_lossy(&flat));
            // The nested set was made without the members that its source kept beside the event's own data.
            if flat_event.values(EVENT_TYPE).count() == nested_event.values(EVENT_TYPE).count() {
                assert_eq!(flat_source, nested_source, "{}", shown());
            }
            for (slot, (flat, nested)) in flat_values.iter().zip(&nested_values).enumerate().take(EVENT_TYPE) {
                assert_eq!(flat, nested, "{} in {}", FIELDS[slot], shown());
            }
            assert_eq!(flat_event.time(), nested_event.time(), "{}", shown());
        }
        assert!(records > 10_000 && compared * 1_000 > records * 999, "{compared} of {records} in {set}");
    }
}
