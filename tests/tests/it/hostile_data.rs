//! Hostile records and an honest plugin: nothing faults, nothing is lost, nothing costs out of proportion.
//!
//! Cost is counted in fuel, which is the same on every machine.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, OnceLock},
};

use glassbox_deployment::embedded;
use glassbox_explain::clean::{clean, is_misleading};
use glassbox_finding::{Batch, UnscoredReason};
use glassbox_report::WhyUnscored;
use glassbox_sandbox::{Instance, Interruption, LoadOptions, Plugin, Protections};
use glassbox_source::{Input, Ledger, Records};
use glassbox_tests::{packs, runs};

/// The plugin that the binary carries, counting fuel.
fn counting() -> &'static Plugin {
    static PLUGIN: OnceLock<Plugin> = OnceLock::new();
    PLUGIN.get_or_init(|| {
        let protections = Protections { interruption: Interruption::Fuel, ..Protections::default() };
        let options = LoadOptions { protections, ..LoadOptions::default() };
        Plugin::load(embedded::PLUGIN, &options).expect("the plugin is admitted")
    })
}

fn configured() -> Instance {
    let mut instance = counting().start().expect("it starts");
    let answer = instance.configure(&packs::starter().bytes, runs::settings()).expect("no fault");
    answer.expect("the pack is taken");
    instance
}

/// Units of fuel to read and judge records in one batch.
fn fuel<R: AsRef<[u8]>>(records: &[R]) -> u64 {
    let mut instance = configured();
    let mut batch = Batch::default();
    records.iter().for_each(|record| batch.push(record.as_ref()));
    let reading = instance.read(&batch).expect("no fault").expect("a good batch");
    let read = instance.fuel_burnt().expect("fuel is counted");
    instance
        .judge(&reading.notes, &(1..=reading.notes.len() as u64).collect::<Vec<_>>())
        .expect("no fault")
        .expect("its own notes");
    read + instance.fuel_burnt().expect("fuel is counted")
}

/// A process creation that the starter's rules find, and one that they do not.
fn process(image: &str, user: &str) -> String {
    let record = serde_json::json!({
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS-1",
        "Provider_Name": "Microsoft-Windows-Sysmon", "UtcTime": "2026-05-04 09:14:07.250",
        "TimeCreated": "2026-05-04T09:14:07.250Z", "User": user,
        "Image": format!("C:\\Windows\\System32\\{image}"), "CommandLine": image, "OriginalFileName": image,
    });
    record.to_string()
}

/// What attackers and broken shippers send, each with a name.
fn odd() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, close: &str, depth: usize| (open.repeat(depth) + &close.repeat(depth)).into_bytes();
    vec![
        ("depth of arrays", nested("[", "]", 30_000)),
        ("depth of objects", nested("{\"a\":", "}", 10_000)),
        ("depth without an end", "{\"a\":[".repeat(10_000).into_bytes()),
        ("depth of XML", nested("<a>", "</a>", 9_000)),
        ("a number of many digits", format!("{{\"EventID\":{}}}", "9".repeat(60_000)).into_bytes()),
        ("exponents", br#"{"EventID":1e999999999,"a":-1E-999999999,"b":0.0000001e+5}"#.to_vec()),
        ("NUL between", b"{\"EventID\":1,\0\"a\":\"\0\"}".to_vec()),
        ("nothing but NUL", vec![0; 60_000]),
        ("a byte order mark", b"\xef\xbb\xbf{\"EventID\":1}".to_vec()),
        ("UTF-16", "{\"EventID\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("lone surrogates", br#"{"Image":"\ud800\\powershell.exe","a":"\udc00\ud800","\ud83d":1}"#.to_vec()),
        ("bytes that are not UTF-8", b"{\"Image\":\"\xff\xfe\\\\x.exe\",\"\xc3\":1}".to_vec()),
        ("the same key over and over", format!("{{{}}}", vec!["\"Image\":\"x\""; 5_000].join(",")).into_bytes()),
        (
            "many keys",
            format!("{{{}}}", (0..4_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(",")).into(),
        ),
        ("escapes", format!("{{\"Image\":\"{}\"}}", "\\u005c".repeat(10_000)).into_bytes()),
        ("entities of XML", format!("<Event><a>{}</a></Event>", "&amp;".repeat(10_000)).into_bytes()),
        ("an entity that grows", b"<!DOCTYPE a [<!ENTITY b \"&c;&c;\">]><Event>&b;</Event>".to_vec()),
        ("auditd over and over", "type=EXECVE msg=audit(1.1:1): argc=99999999999 a0=".repeat(1_200).into_bytes()),
        ("text that steers", "\u{1b}[2J\u{202e}\u{200b}=cmd|'/c calc'!A1".as_bytes().to_vec()),
    ]
}

#[test]
fn odd_records_cost_no_good_one_its_finding() {
    let good = [process("whoami.exe", "ACME\\anna"), process("notepad.exe", "ACME\\ben")];
    let run = |records: &[Vec<u8>]| {
        let records = runs::records(records.iter().cloned());
        runs::run(runs::starter(), runs::options(), None, &records).expect("the run ends")
    };
    let alone = run(&good.iter().map(|record| record.clone().into_bytes()).collect::<Vec<_>>());
    assert_eq!(alone.found.len(), 1, "one of the two is found");
    let odd = odd();
    let mut records: Vec<Vec<u8>> = vec![good[0].clone().into_bytes()];
    records.extend(odd.iter().map(|(_, record)| record.clone()));
    records.push(good[1].clone().into_bytes());
    let told = run(&records);
    let summary = &told.end.summary;
    assert_eq!((summary.faults.as_slice(), told.end.out_of_service.as_ref()), ([].as_slice(), None));
    assert_eq!(summary.findings + summary.quiet + summary.unscored, records.len() as u64);
    assert_eq!(told.found[0].finding.hits, alone.found[0].finding.hits);
    assert!(!told.unscored.is_empty(), "some of them cannot be read");
    for record in &told.unscored {
        assert!(matches!(record.why, WhyUnscored::Unreadable(..)), "{record:?}");
    }
    // There is no bomb among them: at a hundred units a byte a full batch takes a fraction of its second.
    let bytes_max = 64 << 10;
    let budget = 100 * bytes_max as u64;
    for (name, record) in &odd {
        assert!(record.len() <= bytes_max, "{name} has {} bytes", record.len());
        let burnt = fuel(&[record]);
        assert!(burnt <= budget, "{name} takes {burnt} units of {budget}");
    }
}

#[test]
fn a_line_of_ten_megabytes_is_one_unscored_record() {
    let mut lines = process("whoami.exe", "ACME\\anna").into_bytes();
    lines.push(b'\n');
    lines.extend(vec![b'x'; 10 << 20]);
    lines.push(b'\n');
    lines.extend(process("whoami.exe", "ACME\\anna").into_bytes());
    // Sources in memory live as long as the program, as those of the starter do.
    let input = Input::Memory { name: "lines".to_owned(), bytes: Box::leak(lines.into_boxed_slice()) };
    let limits = runs::plugin().limits();
    let records = Records::new(vec![input], limits.record_bytes_max, Arc::new(Ledger::default()));
    let records = records.collect::<anyhow::Result<Vec<_>>>().expect("they can be read");
    assert_eq!(records.len(), 3);
    assert!(records[1].bytes.len() <= 2 * limits.record_bytes_max, "the host does not hold it all");
    let told = runs::run(runs::starter(), runs::options(), None, &records).expect("the run ends");
    assert_eq!((told.found.len(), told.unscored.len()), (2, 1));
    assert!(matches!(
        told.unscored[0].why,
        WhyUnscored::TooLarge { .. } | WhyUnscored::Unreadable(UnscoredReason::TooLarge, _)
    ));
}

/// Texts that fall together in a table hashed as the standard library does it without a seed, which is what a guest
/// would have; or texts of the same form that do not.
fn texts(colliding: bool, count: usize) -> Vec<String> {
    let falls_together = |text: &str| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish().trailing_zeros() >= 9
    };
    let all = (0_u32..).map(|number| format!("k{:08x}", number.wrapping_mul(0x9e37_79b9)));
    all.filter(|text| !colliding || falls_together(text)).take(count).collect()
}

#[test]
fn texts_that_collide_cost_at_most_twice_as_much_as_others() {
    let keys = |colliding| {
        let members: Vec<_> = texts(colliding, 2_000).iter().map(|key| format!("\"{key}\":\"v\"")).collect();
        format!("{{\"EventID\":1,\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",{}}}", members.join(","))
    };
    let values =
        |colliding| -> Vec<String> { texts(colliding, 1_000).iter().map(|user| process("whoami.exe", user)).collect() };
    let check = |what: &str, others: u64, colliding: u64| {
        assert!(colliding <= 2 * others, "{what}: {colliding} units of fuel instead of {others}");
    };
    check("keys of one record", fuel(&[keys(false)]), fuel(&[keys(true)]));
    check("users of a thousand records", fuel(&values(false)), fuel(&values(true)));
}

#[test]
fn what_a_record_says_steers_no_terminal() {
    let user = "ACME\\\u{1b}[2J\u{202e}anna\u{200b}\u{9b}31m";
    let records = runs::records([process("whoami.exe", user)]);
    let told = runs::run(runs::starter(), runs::options(), None, &records).expect("the run ends");
    let [found] = told.found.as_slice() else { panic!("{:?}", told.found) };
    let quoted = serde_json::to_string(&found.finding).expect("plain data");
    assert!(quoted.contains("anna"), "the finding quotes the user: {quoted}");
    assert!(!clean(&quoted).chars().any(is_misleading));
}
