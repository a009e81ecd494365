//! The Elastic Common Schema without Winlogbeat's keys: what is recognised as it, what its words say about the source,
//! under which names its values are found.

use glassbox_event::{Reader, Schema, Scratch};
use glassbox_finding::Logsource;

/// Process starts of the starter's Linux host.
const STARTER: &str = include_str!("../../../host-harness/glassbox/starter/records/linux-endpoint-ecs.ndjson");

/// Product, service and categories, with commas between; `-` for a product or service that is not known.
fn source_of(record: &str, hint: &Logsource) -> (Schema, String) {
    let reader = Reader::new::<&str>(&[]);
    let mut scratch = Scratch::default();
    let event = reader.read(record.as_bytes(), hint, &mut scratch).expect(record);
    let source = event.source();
    let parts = [source.product, source.service].into_iter().map(|part| part.unwrap_or("-"));
    (event.schema(), parts.chain(source.categories.iter()).collect::<Vec<_>>().join(","))
}

fn check_source(record: &str, expected: &str) {
    check_hinted(record, &Logsource::default(), expected);
}

fn check_hinted(record: &str, hint: &Logsource, expected: &str) {
    assert_eq!(source_of(record, hint), (Schema::Ecs, expected.to_owned()), "{record} with {hint:?}");
}

fn check_schema(record: &str, expected: Schema) {
    assert_eq!(source_of(record, &Logsource::default()).0, expected, "{record}");
}

fn check_fields(record: &str, fields: &[(&str, &[&str])]) {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let reader = Reader::new(&names);
    let (mut scratch, hint) = (Scratch::default(), Logsource::default());
    let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect(record);
    assert_eq!(event.schema(), Schema::Ecs, "{record}");
    for (slot, (name, expected)) in fields.iter().enumerate() {
        let texts: Vec<String> = event.values(slot).map(|value| value.text().into_owned()).collect();
        assert_eq!(texts, *expected, "{name} in {record}");
        for value in event.values(slot) {
            assert_eq!(value.place.read(record.as_bytes()).expect("within the record"), value.text(), "{name}");
        }
    }
}

fn hint(product: &str, category: Option<&str>, service: Option<&str>) -> Logsource {
    let [product, category, service] = [Some(product), category, service].map(|part| part.map(str::to_owned));
    Logsource { product, category, service }
}

#[test]
fn what_is_the_common_schema() {
    check_schema(r#"{"ecs":{"version":"8.11.0"}}"#, Schema::Ecs);
    check_schema(r#"{"ecs.version":"8.11.0","message":"m"}"#, Schema::Ecs);
    check_schema(r#"{"@timestamp":"t","event":{"kind":"event"},"host":{"os":{"family":"debian"}}}"#, Schema::Ecs);
    check_schema(r#"{"@timestamp":"t","event.category":"file","host.os.type":"linux"}"#, Schema::Ecs);
    // Some of the marks are not enough.
    check_schema(r#"{"event":{"kind":"event"},"host":{"os":{"family":"debian"}}}"#, Schema::Json);
    check_schema(r#"{"@timestamp":"t","host":{"os":{"family":"debian"}}}"#, Schema::Json);
    check_schema(r#"{"@timestamp":"t","event":{"kind":"event"},"host":{"name":"h"}}"#, Schema::Json);
    check_schema(r#"{"@timestamp":"t","event":"start","host":"h","ecs":"1.0"}"#, Schema::Json);
    check_schema(r#"{"labels":{"ecs":{"version":"1"}}}"#, Schema::Json);
}

#[test]
fn what_stays_what_it_is_within_the_common_schema() {
    let within = |members: &str| {
        format!(r#"{{"@timestamp":"t","ecs":{{"version":"8"}},"host":{{"os":{{"type":"linux"}}}},{members}}}"#)
    };
    check_schema(&within(r#""winlog":{"channel":"Security","event_id":4624}"#), Schema::WindowsEcs);
    check_schema(&within(r#""EventID":1,"Channel":"System""#), Schema::WindowsFlat);
    check_schema(
        &within(r#""auditd":{"message_type":"syscall"},"event":{"category":["process"]}"#),
        Schema::AuditdJson,
    );
    check_schema(&within(r#""eventName":"n","eventSource":"s","awsRegion":"r""#), Schema::CloudTrail);
    let record = within(r#""eventType":"user.session.start","actor":{"id":"a"},"outcome":{"result":"SUCCESS"}"#);
    assert_eq!(source_of(&record, &Logsource::default()), (Schema::Json, "okta,okta".to_owned()));
    let record = within(r#""kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"Panic""#);
    assert_eq!(source_of(&record, &Logsource::default()), (Schema::Json, "kubernetes,audit,application".to_owned()));
}

#[test]
fn products() {
    let check_system = |os: &str, product: &str| {
        check_source(&format!(r#"{{"ecs":{{"version":"8"}},"host":{{"os":{os}}}}}"#), &format!("{product},-"));
    };
    check_system(r#"{"type":"linux"}"#, "linux");
    check_system(r#"{"type":"windows"}"#, "windows");
    check_system(r#"{"type":"macos"}"#, "macos");
    check_system(r#"{"family":"debian","platform":"ubuntu"}"#, "linux");
    check_system(r#"{"family":"redhat"}"#, "linux");
    check_system(r#"{"family":"Windows"}"#, "windows");
    check_system(r#"{"family":"darwin"}"#, "macos");
    check_system(r#"{"family":"","platform":"opensuse-leap"}"#, "linux");
    check_system(r#"{"platform":["windows"]}"#, "windows");
    check_system(r#"{"kernel":"4.15.0-112-generic"}"#, "linux");
    check_system(r#"{"kernel":"5.10.0-9-cloud-amd64 #1 SMP Debian 5.10.70-1"}"#, "linux");
    check_system(r#"{"kernel":"10.0.22621.963 (WinBuild.160101.0800)"}"#, "windows");
    check_system(r#"{"kernel":"Darwin Kernel Version 21.6.0"}"#, "macos");
    // The plainest word counts.
    check_system(r#"{"kernel":"WSL Windows","platform":"ubuntu","type":"linux"}"#, "linux");
    check_system(r#"{"type":"unix","family":"freebsd","kernel":"13.2-RELEASE"}"#, "-");
    check_system(r#"{"type":null,"family":{"name":"linux"}}"#, "-");
    check_source(r#"{"ecs":{"version":"8"}}"#, "-,-");
}

/// The categories of an event with these words, on Linux and on Windows.
fn check_categories(event: &str, linux: &str, windows: &str) {
    for (system, expected) in [("linux", linux), ("windows", windows)] {
        let record =
            format!(r#"{{"ecs":{{"version":"8"}},"host":{{"os":{{"type":"{system}"}}}},"event":{{{event}}}}}"#);
        let expected = if expected.is_empty() { format!("{system},-") } else { format!("{system},-,{expected}") };
        check_source(&record, &expected);
    }
}

#[test]
fn categories_of_processes() {
    let check_process = |event: &str, starts: bool| {
        let expected = if starts { "process_creation" } else { "" };
        check_categories(&format!(r#""category":["process"],{event}"#), expected, expected);
    };
    check_process(r#""type":["start"],"action":"exec""#, true);
    check_process(r#""type":["start"],"action":"start""#, true);
    check_process(r#""type":["start"],"action":"process_started""#, true);
    check_process(r#""type":"start""#, true);
    check_process(r#""action":"executed""#, true);
    check_process(r#""type":["start","end"],"action":["fork","exec","end"]"#, true);
    check_process(r#""type":["start"],"action":"fork""#, false);
    check_process(r#""type":["start","end"],"action":["fork","end"]"#, false);
    check_process(r#""type":["end"],"action":"end""#, false);
    check_process(r#""type":["info"],"action":"already_running""#, false);
    check_process(r#""type":["change"],"action":"uid_change""#, false);
    check_process(r#""type":{"a":"start"}"#, false);
    check_categories(r#""type":["start"],"action":"exec""#, "", "");
    check_categories(
        r#""category":["malware","process"],"type":["info","start"]"#,
        "process_creation",
        "process_creation",
    );
}

#[test]
fn categories_of_files_and_the_registry() {
    let check_file = |event: &str, expected: &str| {
        check_categories(&format!(r#""category":["file"],{event}"#), expected, expected);
    };
    check_file(r#""type":["creation"],"action":"creation""#, "file_event");
    check_file(r#""type":["change"],"action":"overwrite""#, "file_event");
    check_file(r#""type":["deletion"],"action":"deletion""#, "file_delete");
    check_file(r#""action":["created","updated"]"#, "file_event");
    check_file(r#""action":["created","deleted"]"#, "file_event,file_delete");
    check_file(r#""type":["change"],"action":"rename""#, "");
    check_file(r#""type":["start"],"action":"exec""#, "");
    let check_registry = |event: &str, windows: &str| {
        check_categories(&format!(r#""category":["registry"],{event}"#), "", windows);
    };
    check_registry(r#""type":["change"],"action":"modification""#, "registry_set,registry_event");
    check_registry(r#""type":["creation"]"#, "registry_add,registry_event");
    check_registry(r#""type":["deletion"]"#, "registry_delete,registry_event");
    check_registry(r#""type":["access"],"action":"query""#, "");
}

#[test]
fn categories_of_the_network() {
    let check_network = |event: &str, rest: &str, linux: &str, windows: &str| {
        check_categories(&format!(r#""category":["network"],{event}}},"x":{{{rest}"#), linux, windows);
    };
    let connection = "network_connection";
    check_network(r#""type":["start"],"action":"connection_attempted""#, "", connection, connection);
    check_network(r#""type":["start"],"action":"connection_accepted""#, "", connection, connection);
    check_network(r#""type":["info","connection"],"action":"network_flow""#, "", connection, connection);
    check_network(r#""type":["end"],"action":"disconnect_received""#, "", "", "");
    check_network(r#""action":["connection_attempted","disconnect_received"]"#, "", connection, connection);
    check_network(r#""type":["info","protocol"],"action":"lookup_result""#, "", "", "dns_query");
    let question = r#"},"dns":{"question":{"name":"d.example"}"#;
    check_network(r#""type":["connection","protocol"]"#, question, "", "dns_query");
    check_network(r#""type":["protocol"]"#, question, "", "dns_query");
    check_network(r#""type":["start"],"action":"connection_attempted""#, question, connection, connection);
    check_network(r#""type":["end"],"action":"disconnect_received""#, question, "", "");
    check_categories(r#""category":"dns""#, "", "dns_query");
}

#[test]
fn what_the_record_does_not_say_the_hint_does() {
    let start = r#""event":{"category":["process"],"type":["start"]}"#;
    let of_linux = format!(r#"{{"ecs":{{"version":"8"}},"host":{{"os":{{"type":"linux"}}}},{start}}}"#);
    check_hinted(&of_linux, &hint("linux", Some("file_event"), Some("auditd")), "linux,-,process_creation");
    check_hinted(&of_linux, &hint("windows", None, Some("security")), "linux,-,process_creation");
    let of_no_system = format!(r#"{{"ecs":{{"version":"8"}},{start}}}"#);
    check_source(&of_no_system, "-,-,process_creation");
    check_hinted(&of_no_system, &hint("windows", None, None), "windows,-,process_creation");
    let query = r#"{"ecs":{"version":"8"},"event":{"category":["network"],"action":"lookup_requested"}}"#;
    check_hinted(query, &hint("windows", None, None), "windows,-,dns_query");
    // Collected on a host that runs Linux.
    let collected = r#"{"ecs":{"version":"8"},"host":{"os":{"type":"linux"}},"message":"GET /"}"#;
    check_source(collected, "linux,-");
    check_hinted(collected, &hint("apache", Some("webserver"), None), "apache,-,webserver");
    check_hinted(collected, &hint("linux", None, Some("sshd")), "linux,sshd");
    check_hinted(collected, &hint("windows", None, Some("security")), "linux,-");
}

#[test]
fn fields() {
    check_fields(
        r#"{"ecs":{"version":"8"},"host":{"name":"h1","hostname":"h2","os":{"type":"windows"}},"event":{"code":"7"},
            "process":{"executable":"C:\\p.exe","command_line":"p \"x\"","args":["p","x"],"pid":7,"working_directory":"C:\\",
            "entity_id":"e","hash":{"sha256":"ab"},"pe":{"original_file_name":"P.EXE"},
            "parent":{"executable":"C:\\q.exe","command_line":"q","pid":1}},"user":{"name":"bob","domain":"d"},
            "file":{"path":"C:\\f","name":"f"},"registry":{"path":"HKLM\\a","data":{"strings":["1","2"]}},
            "dns":{"question":{"name":"d.example"}},"network":{"transport":"tcp"},"dll":{"path":"C:\\l.dll"},
            "source":{"ip":"10.0.0.1","port":1025},"destination":{"ip":"10.0.0.2","port":443,"domain":"w.example"}}"#,
        &[
            ("Image", &["C:\\p.exe"]),
            ("CommandLine", &["p \"x\""]),
            ("ParentImage", &["C:\\q.exe"]),
            ("ParentCommandLine", &["q"]),
            ("ProcessId", &["7"]),
            ("ParentProcessId", &["1"]),
            ("ProcessGuid", &["e"]),
            ("CurrentDirectory", &["C:\\"]),
            ("OriginalFileName", &["P.EXE"]),
            ("sha256", &["ab"]),
            ("User", &["bob"]),
            ("Computer", &["h1"]),
            ("EventID", &["7"]),
            ("TargetFilename", &["C:\\f"]),
            ("TargetObject", &["HKLM\\a"]),
            ("Details", &["1", "2"]),
            ("QueryName", &["d.example"]),
            ("Protocol", &["tcp"]),
            ("ImageLoaded", &["C:\\l.dll"]),
            ("SourceIp", &["10.0.0.1"]),
            ("SourcePort", &["1025"]),
            ("DestinationIp", &["10.0.0.2"]),
            ("DestinationPort", &["443"]),
            ("DestinationHostname", &["w.example"]),
            // The schema's own names.
            ("process.executable", &["C:\\p.exe"]),
            ("process.args", &["p", "x"]),
            ("host.os.type", &["windows"]),
            ("user.domain", &["d"]),
            ("PipeName", &[]),
        ],
    );
    // Keys that spell their path; a command line is not made of arguments.
    check_fields(
        r#"{"ecs.version":"8","host.hostname":"h2","process.executable":"/bin/ls","process.args":["ls","-l"],
            "process.parent":{"executable":"/bin/sh"}}"#,
        &[("Computer", &["h2"]), ("Image", &["/bin/ls"]), ("ParentImage", &["/bin/sh"]), ("CommandLine", &[])],
    );
}

#[test]
fn time_leaves_and_names() {
    let record = r#"{"@timestamp":"1970-01-01T00:00:01.000Z","ecs":{"version":"8"},"host":{"name":"h","hostname":"h"},
        "user":{"name":"bob"},"process":{"executable":"/bin/nc","name":"nc"},"destination":{"ip":"10.0.0.2"}}"#;
    let reader = Reader::new(&["Image", "Computer"]);
    let (mut scratch, hint) = (Scratch::default(), Logsource::default());
    let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect("a record");
    assert_eq!(event.time(), Some(1_000_000));
    let leaves: Vec<String> = event.leaves().into_iter().map(|leaf| leaf.name).collect();
    assert_eq!(
        leaves,
        ["@timestamp", "ecs.version", "Computer", "host.hostname", "User", "Image", "process.name", "DestinationIp"]
    );
    assert_eq!(reader.names(0, Schema::Ecs), ["process.executable", "Image"]);
    assert_eq!(reader.names(1, Schema::Ecs), ["host.name", "host.hostname", "Computer"]);
}

#[test]
fn every_record_of_the_starter() {
    let reader = Reader::new(&["CommandLine", "Image", "ParentImage", "User", "Computer"]);
    let (mut scratch, hint) = (Scratch::default(), Logsource::default());
    let mut records = 0;
    for line in STARTER.lines() {
        let event = reader.read(line.as_bytes(), &hint, &mut scratch).expect(line);
        assert_eq!(event.schema().name(), "ecs", "{line}");
        let source = event.source();
        assert_eq!((source.product, source.service), (Some("linux"), None), "{line}");
        assert_eq!(source.categories.iter().collect::<Vec<_>>(), ["process_creation"], "{line}");
        assert_eq!(event.present_slots().collect::<Vec<_>>(), [0, 1, 2, 3, 4], "{line}");
        assert!(event.values(0).all(|value| !value.text().is_empty()), "{line}");
        assert!(event.time().is_some(), "{line}");
        records += 1;
    }
    assert_eq!(records, 74);
}
