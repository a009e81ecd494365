//! Under which names everything in a record is found, and where a field is looked for.

use glassbox_event::{Kind, Reader, Schema, Scratch};
use glassbox_finding::Logsource;

#[test]
fn leaves_have_canonical_names() {
    let check_leaves = |record: &str, expected: &[(&str, &str)]| {
        let reader = Reader::new(&["Unwanted"]);
        let mut scratch = Scratch::default();
        let hint = Logsource::default();
        let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect("a record");
        let leaves = event.leaves();
        let found: Vec<(&str, &str)> = leaves.iter().map(|leaf| (leaf.name.as_str(), leaf.text.as_str())).collect();
        assert_eq!(found, expected, "{record}");
        for leaf in &leaves {
            assert_eq!(leaf.place.read(record.as_bytes()).expect("within"), leaf.text);
        }
    };
    check_leaves(
        r##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"p"}},"EventID":{"#text":1},"Channel":"System"},
            "EventData":{"Foo":"a\"b","Data":[{"@Name":"Bar","#text":"c"},"d",{"@Name":"Baz","#text":"e"}],
            "Deep":{"x":[1,[2,{"y":null}]]}}}}"##,
        &[
            ("Provider_Name", "p"),
            ("EventID", "1"),
            ("Channel", "System"),
            ("Foo", "a\"b"),
            ("Bar", "c"),
            ("Data", "d"),
            ("Baz", "e"),
            ("Deep.x", "1"),
            ("Deep.x", "2"),
            ("Deep.x.y", "null"),
        ],
    );
    check_leaves(
        r#"{"Channel":"Security","EventID":4688,"NewProcessName":"n","SourceName":"s","zeta":true}"#,
        &[("Channel", "Security"), ("EventID", "4688"), ("Image", "n"), ("Provider_Name", "s"), ("zeta", "true")],
    );
    check_leaves("plain text \n", &[("message", "plain text")]);
    check_leaves(r#"{"a.b":{"c":1},"a":{"b.c":2}}"#, &[("a.b.c", "1"), ("a.b.c", "2")]);
}

#[test]
fn names_looked_for() {
    let reader = Reader::new(&["Image", "Computer", "winlog.event_data.Foo"]);
    assert_eq!(reader.names(0, Schema::WindowsFlat), ["Image", "NewProcessName"]);
    assert_eq!(
        reader.names(0, Schema::WindowsNested),
        [
            "Event.EventData.Image",
            "Event.UserData.*.Image",
            "Image",
            "NewProcessName",
            "Event.EventData.NewProcessName",
            "Event.UserData.*.NewProcessName"
        ]
    );
    assert_eq!(reader.names(0, Schema::WindowsEcs)[..2], ["process.executable", "winlog.event_data.Image"]);
    assert_eq!(reader.names(1, Schema::WindowsFlat)[..2], ["Computer", "ComputerName"]);
    assert_eq!(reader.names(2, Schema::WindowsEcs), ["winlog.event_data.Foo"]);
    assert!(reader.names(3, Schema::Json).is_empty());
}

#[test]
fn kinds() {
    let reader = Reader::new(&["a"]);
    let mut scratch = Scratch::default();
    let hint = Logsource::default();
    let event = reader.read(br#"{"a":["t",1,true,null,[],{"b":1}]}"#, &hint, &mut scratch).expect("a record");
    let kinds: Vec<Kind> = event.values(0).map(|value| value.kind).collect();
    assert_eq!(kinds, [Kind::Text, Kind::Number, Kind::Bool, Kind::Null, Kind::Object]);
}
