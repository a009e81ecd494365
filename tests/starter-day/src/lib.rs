//! Makes the starter day: the records of one day at an invented company with one intrusion in it, and their labels.
//!
//! `glassbox-starter-day FOLDER` writes the files that `host-harness/glassbox/starter/records` and `labels.tsv` hold. It knows no
//! clock and draws its chance from fixed seeds, so it writes the same bytes every time; a test compares them.
//! Not a simulator of Windows, Linux or AWS: it writes what their logs would say, as far as a reader of logs can tell.

mod chance;
mod clock;
mod cloud;
mod company;
mod feed;
mod intrusion;
mod intrusion_beyond;
mod json;
mod linux;
mod office_day;
mod server_day;
mod shapes;
mod windows;

use std::io;
use std::path::Path;

use clock::at;
use company::Shape;
use feed::{DayFile, Entry, Framing};

/// Writes `records/*` and `labels.tsv` into a folder.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write_day(folder: &Path) -> io::Result<()> {
    let records = folder.join("records");
    std::fs::create_dir_all(&records)?;
    let mut labels = String::from("file\tposition\tstage\ttechnique\tnote\n");
    for file in day() {
        std::fs::write(records.join(file.name), &file.bytes)?;
        labels.push_str(&file.labels);
    }
    std::fs::write(folder.join("labels.tsv"), labels)
}

/// The day, file by file.
fn day() -> Vec<DayFile> {
    let mut log = windows::WindowsLog::new();
    let desks = office_day::write(&mut log);
    server_day::write(&mut log);
    intrusion::write(&mut log, &desks);
    let events = log.feed.sorted();

    let mut linux = linux::LinuxLog::new();
    linux::write(&mut linux);
    intrusion_beyond::linux(&mut linux);

    let mut cloud = cloud::CloudLog::new();
    cloud::write(&mut cloud);
    intrusion_beyond::cloud(&mut cloud);

    let workstations = with_dirt(shapes::written(&events, Shape::Flat), workstation_dirt());
    let lines = with_dirt(linux.lines.sorted(), linux_dirt());
    vec![
        DayFile::new("windows-workstations.ndjson", Framing::Lines, &workstations),
        DayFile::new("windows-server.json", Framing::Array, &shapes::written(&events, Shape::Nested)),
        DayFile::new("windows-laptop-ecs.ndjson", Framing::Lines, &shapes::written(&events, Shape::Ecs)),
        DayFile::new("linux.log", Framing::Lines, &lines),
        DayFile::new("linux-endpoint-ecs.ndjson", Framing::Lines, &linux.endpoint.sorted()),
        DayFile::new("cloudtrail.json", Framing::Records, &cloud.feed.sorted()),
    ]
}

/// Puts dirt among the records, at its moments.
fn with_dirt(mut entries: Vec<Entry<Vec<u8>>>, dirt: Vec<(u32, &[u8])>) -> Vec<Entry<Vec<u8>>> {
    entries.extend(dirt.into_iter().map(|(moment, body)| Entry { moment, label: None, body: body.to_vec() }));
    entries.sort_by_key(|entry| entry.moment);
    entries
}

/// What real feeds of Windows records have in them, too: a cut line, a file name in Latin-1, an empty object.
fn workstation_dirt() -> Vec<(u32, &'static [u8])> {
    vec![
        (
            at(6, 14, 9),
            br#"{"TimeCreated":"2026-11-17T06:14:09.218Z","Channel":"Microsoft-Windows-Sysmon/Operational","Provider_Name":"Microsoft-Windows-Sysmon","EventID":1,"Computer":"FL-WS-0"#,
        ),
        (
            at(11, 52, 40),
            b"{\"TimeCreated\":\"2026-11-17T11:52:40.007Z\",\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"Provider_Name\":\"Microsoft-Windows-Sysmon\",\"EventID\":11,\"Computer\":\"FL-WS-011.corp.fenwick-lowe.example\",\"EventRecordID\":\"247001\",\"Image\":\"C:\\\\Windows\\\\explorer.exe\",\"TargetFilename\":\"P:\\\\2440 Library\\\\Caf\xe9 terrace.dwg\"}",
        ),
        (at(18, 30, 0), b"{}"),
    ]
}

/// What real feeds of Linux lines have in them, too: a cut audit record, bytes that are no text, an empty line's worth.
fn linux_dirt() -> Vec<(u32, &'static [u8])> {
    vec![
        (at(5, 40, 2), b"type=SYSCALL msg=audit(17948940"),
        (at(12, 9, 33), b"Nov 17 12:09:33 fl-web01 portal[1188]: upload name \xff\xfe\x00\x81 refused"),
        (at(22, 1, 15), b"-- MARK --"),
    ]
}
