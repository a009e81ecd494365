//! The maps accept every place that the reader takes a field's value from, and nothing else where there is one value.

mod walk;

use std::collections::{BTreeMap, BTreeSet};

use glassbox_event::{Reader, Schema, Scratch};
use glassbox_finding::Logsource;
use glassbox_maps::{MapId, TIME, Variant, accepts, aliases, logsource, names, roles};
use proptest::prelude::*;
use walk::{locate, texts};

/// Every field that a table names.
fn table_fields() -> BTreeSet<String> {
    let fields = aliases().map(|alias| alias.field).chain(logsource::fields());
    let fields = fields.chain(roles::FIELDS.iter().map(|field| field.name)).filter(|field| *field != TIME);
    // Places of one field are asked for as fields of their own too, and keys that mean something to the walk.
    let places = aliases().flat_map(glassbox_maps::Alias::places);
    let places = places.map(|ranked| ranked.place.keys().collect::<Vec<_>>().join("."));
    let odd =
        ["#text", "Data", "Data.#text", "EventData", "UserData.Any", "EventData.Image", "data.protoPayload.a", "a.b"];
    fields.map(str::to_owned).chain(places).chain(odd.map(str::to_owned)).collect()
}

/// Reads a record with every field of the tables and every path of its own, and checks each value's path. Counts values by
/// map.
fn check(record: &str, counts: &mut BTreeMap<String, usize>) {
    let mut located: BTreeMap<(usize, usize), Vec<Vec<String>>> = BTreeMap::new();
    for value in locate(record) {
        located.entry((value.start, value.end)).or_default().push(value.path);
    }
    let own = located.values().flatten().flat_map(|path| [path.join("."), path.last().cloned().unwrap_or_default()]);
    let fields: Vec<String> = table_fields().into_iter().chain(own).collect::<BTreeSet<_>>().into_iter().collect();
    let (reader, mut scratch, hint) = (Reader::new(&fields), Scratch::default(), Logsource::default());
    let event = reader.read(record.as_bytes(), &hint, &mut scratch).unwrap_or_else(|error| panic!("{error}: {record}"));
    let map = event.map();
    for (slot, field) in fields.iter().enumerate() {
        for value in event.values(slot) {
            let span = value.place.span;
            let paths = located.get(&(span.start as usize, span.end as usize));
            let paths = paths.unwrap_or_else(|| panic!("no value at {span:?} of {record}"));
            let accepted = paths.iter().any(|path| accepts(map, field, &texts(path)));
            assert!(accepted, "{field} by {map} was read from one of {paths:?} of {record}");
            let named = paths.iter().any(|path| names(map, field).any(|name| name.has(&texts(path))));
            assert!(named, "{field} by {map} has no name for {paths:?}");
            *counts.entry(map.to_string()).or_default() += 1;
        }
    }
}

/// Records of every schema and variant.
const RECORDS: &[&str] = &[
    include_str!("../../../tests/fuzz/seeds/record/auditd-execve.txt"),
    include_str!("../../../tests/fuzz/seeds/record/auditd-user.txt"),
    include_str!("../../../tests/fuzz/seeds/record/auditd.json"),
    include_str!("../../../tests/fuzz/seeds/record/cloudtrail.json"),
    include_str!("../../../tests/fuzz/seeds/record/ecs.json"),
    include_str!("../../../tests/fuzz/seeds/record/google.json"),
    include_str!("../../../tests/fuzz/seeds/record/odd.json"),
    include_str!("../../../tests/fuzz/seeds/record/syslog-3164.txt"),
    include_str!("../../../tests/fuzz/seeds/record/syslog-5424.txt"),
    include_str!("../../../tests/fuzz/seeds/record/sysmon-linux.xml"),
    include_str!("../../../tests/fuzz/seeds/record/sysmon-syslog.txt"),
    include_str!("../../../tests/fuzz/seeds/record/text.txt"),
    include_str!("../../../tests/fuzz/seeds/record/windows-audit.json"),
    include_str!("../../../tests/fuzz/seeds/record/windows-data-list.json"),
    include_str!("../../../tests/fuzz/seeds/record/windows-ecs.json"),
    include_str!("../../../tests/fuzz/seeds/record/windows-flat.json"),
    include_str!("../../../tests/fuzz/seeds/record/windows-nested.json"),
    r#"{"Channel":"Security","EventID":4688,"NewProcessName":"n","ProcessId":1,"NewProcessId":2,"SubjectUserName":"u"}"#,
    r##"{"Event":{"System":{"Channel":"Security","EventID":{"#text":4688},"Provider":{"#attributes":{"Name":"p"}}},
        "EventData":{"NewProcessName":"n","Data":[{"@Name":"SubjectUserName","#text":"u"},{"@Name":"a.b","Value":"w"},"x"],
        "Deep":{"#text":[1,{"y":2}]}},"UserData":{"Any":{"Image":"i","Data":{"Name":"q","#text":"r"}},"#text":{"Image":3}}}}"##,
    r#"{"System":{"Provider":"p","Channel":"Security","EventID":{"Value":1}},"EventData.Image":"i","EventData":{"Image.x":1}}"#,
    r#"{"winlog":{"channel":"Security","event_id":4688,"event_data":{"NewProcessName":"n"},"user_data":{"Param1":"v"}}}"#,
    r#"{"winlog.channel":"Microsoft-Windows-Windows Defender/Operational","winlog.event_data.Threat Name":"t",
        "winlog.event_data":{"Path":"C:\\x","Process Name":"p","Old Value":1}}"#,
    r#"{"Channel":"Windows PowerShell","EventID":400,"Message":"m","message":"n"}"#,
    r#"{"_path":"http","ts":1.5,"uri":"/a","id.orig_h":"10.0.0.1","id":{"resp_h":"10.0.0.2"},"answers":["a","b"]}"#,
    r#"{"operationName":"O","category":"SignInLogs","tenantId":"t","properties":{"riskState":"r","deviceDetail":{"trustType":"x"}}}"#,
    r#"{"apiVersion":"audit.k8s.io/v1","verb":"create","objectRef":{"resource":"pods","apiGroup":"g"},
        "requestObject":{"spec":{"volumes":[{"hostPath":{"path":"/"}}],"containers":[{"securityContext":{"capabilities":{"add":["A"]}}}]}}}"#,
    r#"{"data":{"protoPayload":{"methodName":"m"}},"protoPayload":{"a":1,"methodName":"n","serviceName":"login.googleapis.com"}}"#,
    r#"{"ID":"1364481363.243:7","SYSCALL":{"pid":1,"exe":"/bin/sh","SYSCALL":"execve"},"PATH":[{"name":"a"},{"name":"b"}]}"#,
    r#"{"ecs":{"version":"8"},"event":{"category":["process"],"type":"start"},"host":{"os":{"type":"linux"},"name":"h"},
        "process":{"executable":"/bin/sh","parent":{"executable":"/sbin/init"}},"user":{"name":"u"}}"#,
    r#"[{"a":1},{"a":{"b":[2,[3]]}}]"#,
    r##"{"":1,".":2,"a.":{"":3},"\u0061.b":4,"a":{"b":5,"#text":6},"#text":7}"##,
    "<Event><System><Provider Name='Linux-Sysmon' Guid='{1}'/><EventID>1</EventID><TimeCreated SystemTime='t'/></System>\
     <EventData><Data Name='Image'>/bin/a&amp;b</Data><Data>x</Data><Data Name='User'/></EventData></Event>",
    "<Event><System><EventID Qualifiers='0'>7</EventID></System><UserData><Any><Image>i</Image></Any></UserData></Event>",
    "Jan 12 03:04:05 h sudo[12]: pi : TTY=pts/0 ; PWD=/home/pi ; USER=root ; COMMAND=/bin/sh -c x=1; y",
    "1970-01-01T00:00:01+00:00 h p: x",
    "<13>no header at all",
    "Nov 17 10:42:36 web audispd: node=web type=SYSCALL msg=audit(1.2:3): exe=\"/bin/sh\" SYSCALL=execve acct=616E6E",
    "a line of text \n",
];

#[test]
fn what_is_read_is_accepted() {
    let mut counts = BTreeMap::new();
    RECORDS.iter().for_each(|record| check(record, &mut counts));
    let starter =
        ["windows-workstations.ndjson", "windows-laptop-ecs.ndjson", "linux-endpoint-ecs.ndjson", "linux.log"];
    for file in starter {
        let path = format!("{}/../../host-harness/glassbox/starter/records/{file}", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        // Some of them break text on purpose.
        String::from_utf8_lossy(&bytes).lines().step_by(40).for_each(|record| check(record, &mut counts));
    }
    for schema in Schema::ALL {
        assert!(counts.contains_key(schema.name()), "no record of {}: {counts:?}", schema.name());
    }
    for variant in Variant::ALL {
        assert!(counts.keys().any(|map| map.ends_with(variant.name())), "no record of {}: {counts:?}", variant.name());
    }
}

/// Keys that mean something, alone and together.
fn key() -> impl Strategy<Value = String> {
    let keys = [
        "Event",
        "System",
        "EventData",
        "UserData",
        "Data",
        "winlog",
        "event_data",
        "user_data",
        "auditd",
        "data",
        "SYSCALL",
        "PATH",
        "Image",
        "NewProcessName",
        "EventID",
        "Channel",
        "Provider",
        "process",
        "executable",
        "name",
        "Name",
        "@Name",
        "Value",
        "#attributes",
        "protoPayload",
        "_path",
        "uri",
        "a",
        "",
        "Any",
        "EventData.Image",
        "Event.EventData",
        "a.b",
        "winlog.event_data",
        "hostname",
        "Message",
        "message",
        "type",
    ];
    proptest::sample::select(keys.to_vec()).prop_map(str::to_owned)
}

/// A document with one scalar under these keys.
fn nested(path: &[String], leaf: serde_json::Value) -> serde_json::Value {
    path.iter().rev().fold(leaf, |inner, key| serde_json::Value::Object([(key.clone(), inner)].into_iter().collect()))
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let key = prop_oneof![4 => key(), 1 => Just("#text".to_owned())];
    let leaf = prop_oneof![Just("Image"), Just("User"), Just("a.b"), Just("Security"), Just("")];
    let leaf = leaf.prop_map(serde_json::Value::from);
    leaf.prop_recursive(5, 24, 4, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            3 => prop::collection::vec((key.clone(), inner), 1..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_of_any_json_is_accepted(value in any_json(), kind in 0..4_usize) {
        let first = ["", r#""Channel":"Security","EventID":4688,"#, r#""_path":"x","#, r#""winlog.channel":"Security","#][kind];
        let record = format!("{{{first}\"Event\":{value},\"x\":{value}}}");
        check(&record, &mut BTreeMap::new());
    }

    /// Where a record has one value, the reader takes it for a field exactly where the maps accept its path.
    #[test]
    fn what_is_accepted_is_read(
        path in prop::collection::vec(key(), 1..5),
        field in proptest::sample::select(table_fields().into_iter().filter(|field| !field.contains("#text")).collect::<Vec<_>>()),
        follow in any::<bool>(),
        pick in any::<prop::sample::Index>(),
    ) {
        let all: Vec<String> = names(MapId::of(Schema::Json), &field).map(|name| name.to_string()).collect();
        // Half of the paths are among the field's names; a key with dots is the path that it spells.
        let path = if follow { vec![all[pick.index(all.len())].replace('*', "Any")] } else { path };
        // One value, and not a pair's: a pair is more than its path.
        let record = nested(&path, serde_json::Value::from(1)).to_string();
        let (reader, mut scratch, hint) = (Reader::new(&[&field]), Scratch::default(), Logsource::default());
        let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect("valid JSON is read");
        let read = event.values(0).any(|value| value.bytes == b"1");
        prop_assert_eq!(accepts(event.map(), &field, &texts(&path)), read, "{} of {}", field, record);
    }
}

#[test]
fn where_a_reader_takes_what_from_lines() {
    let check = |record: &str, field: &str, text: &str, path: &[&str]| {
        let (reader, mut scratch, hint) = (Reader::new(&[field]), Scratch::default(), Logsource::default());
        let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect(record);
        let read: Vec<String> = event.values(0).map(|value| value.text().into_owned()).collect();
        assert_eq!(read, [text], "{field} of {record}");
        assert!(accepts(event.map(), field, path), "{field} at {path:?} by {}", event.map());
    };
    let line = "Jan 12 03:04:05 h sudo[12]: pi : TTY=pts/0 ; USER=root ; COMMAND=/bin/sh";
    check(line, "Hostname", "h", &["hostname"]);
    check(line, "process.name", "sudo", &["program"]);
    check(line, "process.pid", "12", &["pid"]);
    check(line, "USER", "root", &["USER"]);
    check(line, "Message", "pi : TTY=pts/0 ; USER=root ; COMMAND=/bin/sh", &["message"]);
    let audit = "node=web type=SYSCALL msg=audit(1.2:3): exe=\"/bin/sh\"";
    check(audit, "Hostname", "web", &["node"]);
    check(audit, "exe", "/bin/sh", &["exe"]);
    let xml = "<Event><System><Provider Name='p'/></System><UserData><A><B>c</B></A></UserData></Event>";
    check(xml, "Provider_Name", "p", &["Event", "System", "Provider", "#attributes", "Name"]);
    check(xml, "B", "c", &["Event", "UserData", "A", "B"]);
}
