//! Which paths are a field's and which are not, map by map.

use glassbox_maps::{MapId, Schema, TIME, Variant, accepts, aliases, names};
use proptest::prelude::*;

fn map(schema: Schema) -> MapId {
    MapId::of(schema)
}

fn check(map: MapId, field: &str, accepted: &[&[&str]], refused: &[&[&str]]) {
    for path in accepted {
        assert!(accepts(map, field, path), "{field} by {map} accepts {path:?}");
        assert!(names(map, field).any(|name| name.has(path)), "{field} by {map} has a name for {path:?}");
    }
    for path in refused {
        assert!(!accepts(map, field, path), "{field} by {map} refuses {path:?}");
        assert!(!names(map, field).any(|name| name.has(path)), "{field} by {map} has no name for {path:?}");
    }
}

#[test]
fn a_fields_own_name() {
    check(
        map(Schema::Json),
        "a.b",
        &[&["a", "b"], &["a.b"], &["a", "#text", "b"], &["a", "b", "#text"], &["EventData", "a", "b"]],
        &[
            &["a"],
            &["b"],
            &["a", "b", "c"],
            &["x", "a", "b"],
            &["b", "a"],
            &["A", "b"],
            &["a", "#text"],
            &[],
            &["a.b."],
        ],
    );
    check(map(Schema::Json), "a.#text", &[&["a", "#text"]], &[&["a"], &["#text"], &["a", "x"]]);
}

#[test]
fn containers() {
    let accepted: &[&[&str]] = &[
        &["Image"],
        &["Event", "EventData", "Image"],
        &["EventData", "Image"],
        &["Event.EventData", "Image"],
        &["EventData.Image"],
        &["Event", "UserData", "Anything", "Image"],
        &["UserData", "Anything", "Image"],
        &["winlog", "event_data", "Image"],
        &["winlog", "user_data", "Image"],
        &["auditd", "data", "Image"],
        &["SYSCALL", "Image"],
    ];
    let refused: &[&[&str]] = &[
        &["Event", "Image"],
        &["Event", "UserData", "Image"],
        &["EventData"],
        &["x", "EventData", "Image"],
        &["EventData", "x", "Image"],
        &["EventData", "EventData", "Image"],
        &["SYSCALL", "SYSCALL", "Image"],
        &["NewProcessName"],
        &["ParentImage"],
    ];
    Schema::ALL.into_iter().for_each(|schema| check(map(schema), "Image", accepted, refused));
    // Names that lead into a container themselves.
    check(
        map(Schema::Json),
        "EventData.a",
        &[&["EventData", "a"], &["Event", "EventData", "a"]],
        &[&["a"], &["winlog", "event_data", "a"], &["UserData", "x", "a"]],
    );
    check(
        map(Schema::Json),
        "UserData.Any",
        &[&["UserData", "Any"], &["UserData", "Other"]],
        &[&["UserData"], &["Any"]],
    );
}

#[test]
fn aliases_hold_in_their_schemas() {
    check(map(Schema::WindowsFlat), "Provider_Name", &[&["SourceName"], &["ProviderName"]], &[&["Name"], &["Channel"]]);
    check(
        map(Schema::WindowsNested),
        "Provider_Name",
        &[
            &["Event", "System", "Provider", "#attributes", "Name"],
            &["System", "Provider", "@Name"],
            &["Event", "System", "Provider", "#text"],
        ],
        &[&["SourceName"], &["Event", "System", "Provider", "Guid"], &["Provider", "Name"]],
    );
    check(map(Schema::Ecs), "Image", &[&["process", "executable"]], &[&["process", "parent", "executable"]]);
    check(map(Schema::Json), "Image", &[], &[&["process", "executable"]]);
    check(map(Schema::Auditd), "Hostname", &[&["node"]], &[&["hostname"]]);
    check(map(Schema::Syslog), "Hostname", &[&["hostname"]], &[&["node"], &["program"]]);
    check(map(Schema::CloudTrail), "src_ip", &[&["sourceIPAddress"]], &[&["userIdentity", "sourceIPAddress"]]);
    check(
        map(Schema::Json),
        "data.protoPayload.methodName",
        &[&["data", "protoPayload", "methodName"], &["protoPayload", "methodName"]],
        &[&["methodName"], &["data", "methodName"]],
    );
}

#[test]
fn aliases_hold_in_their_variants() {
    let audit = |schema| MapId::with(schema, Some(Variant::ProcessAudit));
    for schema in [Schema::WindowsFlat, Schema::WindowsNested, Schema::WindowsEcs, Schema::SysmonLinux] {
        let names: [&[&str]; 2] = [&["NewProcessName"], &["Event", "EventData", "NewProcessName"]];
        check(audit(schema), "Image", &names, &[&["ParentProcessName"], &["ProcessName"]]);
        check(map(schema), "Image", &[], &names);
        check(MapId::with(schema, Some(Variant::Defender)), "Image", &[], &names);
    }
    // A variant that a schema does not have changes nothing.
    check(audit(Schema::Json), "Image", &[&["Image"]], &[&["NewProcessName"]]);
    check(MapId::with(Schema::WindowsFlat, Some(Variant::Defender)), "ThreatName", &[&["Threat Name"]], &[&["Threat"]]);
    check(MapId::with(Schema::Json, Some(Variant::Zeek)), "src_ip", &[&["id.orig_h"], &["id", "orig_h"]], &[&["id"]]);
}

#[test]
fn the_time_has_no_name_of_its_own() {
    check(map(Schema::CloudTrail), TIME, &[&["eventTime"]], &[&[TIME], &["EventData", TIME], &["timestamp"]]);
    assert_eq!(names(map(Schema::Text), TIME).count(), 0);
}

#[test]
fn names_come_in_order_of_precedence() {
    let shown = |map: MapId, field: &str| names(map, field).map(|name| name.to_string()).collect::<Vec<_>>();
    let process = shown(map(Schema::WindowsEcs), "Image");
    assert_eq!(process[..2], ["process.executable", "Event.EventData.Image"]);
    assert!(process.contains(&"Event.UserData.*.Image".to_owned()) && process.contains(&"Image".to_owned()));
    assert_eq!(shown(map(Schema::Json), "UserData.Any"), ["Event.UserData.*", "UserData.*"]);
    assert_eq!(shown(map(Schema::WindowsNested), "Channel")[..2], ["Event.System.Channel", "System.Channel"]);
}

proptest! {
    /// A name is a path that is accepted, and one more key is not.
    #[test]
    fn names_are_accepted(
        alias in proptest::sample::select(aliases().collect::<Vec<_>>()),
        map in proptest::sample::select(MapId::all().collect::<Vec<_>>()),
    ) {
        for name in names(map, alias.field) {
            let path = name.to_string().replace('*', "Any");
            prop_assert!(name.has(&[&path]), "{}", path);
            prop_assert!(accepts(map, alias.field, &[&path]), "{} at {}", alias.field, path);
            prop_assert!(!accepts(map, alias.field, &[&path, "further"]), "{} below {}", alias.field, path);
        }
    }
}
