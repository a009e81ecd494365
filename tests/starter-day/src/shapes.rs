//! Windows events in the three forms in which collectors deliver them.
//!
//! Not a collector: it writes the keys that such programs write, and only those that a reader could want.

use std::collections::BTreeMap;

use crate::{
    clock::{self, Moment},
    company::Shape,
    feed::Entry,
    json::{Json, object},
    windows::{Channel, Event},
};

impl Channel {
    fn name(self) -> &'static str {
        match self {
            Channel::Sysmon => "Microsoft-Windows-Sysmon/Operational",
            Channel::Security => "Security",
            Channel::System => "System",
            Channel::PowerShell => "Microsoft-Windows-PowerShell/Operational",
        }
    }

    fn provider(self) -> &'static str {
        match self {
            Channel::Sysmon => "Microsoft-Windows-Sysmon",
            Channel::Security => "Microsoft-Windows-Security-Auditing",
            Channel::System => "Service Control Manager",
            Channel::PowerShell => "Microsoft-Windows-PowerShell",
        }
    }
}

/// The events of all machines whose agent writes this shape, in order, numbered and written down.
pub(crate) fn written(events: &[Entry<Event>], shape: Shape) -> Vec<Entry<Vec<u8>>> {
    let mut numbers: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut written = Vec::new();
    for entry in events.iter().filter(|entry| entry.body.host.shape == shape) {
        let event = &entry.body;
        let number = numbers
            .entry((event.host.name, event.channel.name()))
            .or_insert(184_000 + event.channel.name().len() as u32 * 1_733);
        *number += 1;
        let json = match shape {
            Shape::Flat => flat(event, entry.moment, *number),
            Shape::Nested => nested(event, entry.moment, *number),
            Shape::Ecs => ecs(event, entry.moment, *number),
        };
        written.push(Entry { moment: entry.moment, label: entry.label, body: json.text().into_bytes() });
    }
    written
}

/// One flat object. Every 41st event has its id as a string: such feeds exist, and readers must cope.
fn flat(event: &Event, moment: Moment, number: u32) -> Json {
    let id = Json::from(event.id);
    let mut pairs = vec![
        ("TimeCreated".to_string(), clock::iso(moment).into()),
        ("Channel".to_string(), event.channel.name().into()),
        ("Provider_Name".to_string(), event.channel.provider().into()),
        ("EventID".to_string(), if number.is_multiple_of(41) { id.stringly() } else { id }),
        ("Computer".to_string(), event.host.full_name().into()),
        ("EventRecordID".to_string(), number.into()),
    ];
    pairs.extend(event.fields.iter().map(|(key, value)| (key.to_string(), value.stringly())));
    Json::Object(pairs)
}

/// The tree of an EVTX file: attributes apart, numbers as numbers.
fn nested(event: &Event, moment: Moment, number: u32) -> Json {
    let time = clock::iso(moment).replace('Z', "0000Z");
    let id = match event.channel {
        Channel::System => object! { "#attributes": object! { "Qualifiers": 16384_u32 }, "#text": event.id },
        _ => Json::from(event.id),
    };
    let fields = event.fields.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
    let data = if event.id == 1102 {
        ("UserData", object! { "LogFileCleared": Json::Object(fields) })
    } else {
        ("EventData", Json::Object(fields))
    };
    let provider = if event.id == 1102 { "Microsoft-Windows-Eventlog" } else { event.channel.provider() };
    let system = object! {
        "Provider": object! { "#attributes": object! { "Name": provider } },
        "EventID": id,
        "Level": 4_u32,
        "TimeCreated": object! { "#attributes": object! { "SystemTime": time } },
        "EventRecordID": number,
        "Channel": event.channel.name(),
        "Computer": event.host.full_name(),
    };
    let tree = vec![
        ("#attributes".to_string(), object! { "xmlns": "http://schemas.microsoft.com/win/2004/08/events/event" }),
        ("System".to_string(), system),
        (data.0.to_string(), data.1),
    ];
    object! { "Event": Json::Object(tree) }
}

/// Where Winlogbeat moves the fields of a process start.
const PROCESS_FIELDS: [(&str, &str); 8] = [
    ("ProcessGuid", "entity_id"),
    ("ProcessId", "pid"),
    ("Image", "executable"),
    ("CommandLine", "command_line"),
    ("CurrentDirectory", "working_directory"),
    ("ParentProcessGuid", "parent.entity_id"),
    ("ParentImage", "parent.executable"),
    ("ParentCommandLine", "parent.command_line"),
];

/// Elastic Common Schema as Winlogbeat writes it: process starts mapped, everything else below `winlog`.
fn ecs(event: &Event, moment: Moment, number: u32) -> Json {
    let starts = event.channel == Channel::Sysmon && event.id == 1;
    let mut process = Vec::new();
    let mut parent = Vec::new();
    let mut rest = Vec::new();
    for (key, value) in &event.fields {
        let target = PROCESS_FIELDS.iter().find(|(from, _)| starts && from == key);
        match target.map(|(_, to)| *to) {
            Some(to) => match to.strip_prefix("parent.") {
                Some(to) => parent.push((to.to_string(), value.clone())),
                None => process.push((to.to_string(), value.clone())),
            },
            None => rest.push((key.to_string(), value.stringly())),
        }
    }
    let mut pairs = vec![
        ("@timestamp".to_string(), clock::iso(moment).into()),
        ("agent".to_string(), object! { "type": "winlogbeat", "version": "9.1.4", "name": event.host.name }),
        ("ecs".to_string(), object! { "version": "8.0.0" }),
        (
            "event".to_string(),
            object! { "code": event.id.to_string(), "kind": "event", "provider": event.channel.provider() },
        ),
        ("host".to_string(), object! { "name": event.host.full_name(), "os": object! { "type": "windows" } }),
    ];
    if starts {
        process.push(("parent".to_string(), Json::Object(parent)));
        pairs.push(("process".to_string(), Json::Object(process)));
    }
    let winlog = object! {
        "channel": event.channel.name(),
        "computer_name": event.host.full_name(),
        "event_data": Json::Object(rest),
        "event_id": event.id.to_string(),
        "provider_name": event.channel.provider(),
        "record_id": number,
    };
    pairs.push(("winlog".to_string(), winlog));
    Json::Object(pairs)
}
