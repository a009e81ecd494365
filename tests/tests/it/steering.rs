//! Text of a guest through the command, in every form of output there is: nothing of it steers a terminal.

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

use glassbox_explain::clean::is_misleading;
use glassbox_tests::hostile::{self, Hostile};

const RULE: &str = "title: Told\nid: 11111111-2222-4333-8444-555555555555\nstatus: test\nlevel: high\n\
                    logsource: {category: process_creation, product: windows}\n\
                    detection:\n  selection:\n    Image|endswith: '\\evil.exe'\n  condition: selection\n";

/// The command, in a process of its own.
fn glassbox(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_under_attack"));
    command.env("GLASSBOX_COMMAND", "1").env("XDG_CACHE_HOME", folder).env_remove("NO_COLOR");
    command.args(args).current_dir(folder).output().expect("the command starts")
}

/// All that a command says of the guest, after it was looked at.
fn said(folder: &Path, guest: Hostile, args: &[&str]) -> String {
    fs::write(folder.join("guest.wasm"), guest.bytes).expect("the folder takes it");
    let output = glassbox(folder, args);
    assert!(output.status.code().is_some_and(|code| code < 100), "{}, {args:?}: {}", guest.name, output.status);
    let text = |bytes| String::from_utf8(bytes).expect("glassbox writes UTF-8");
    let all = text(output.stdout) + &text(output.stderr);
    assert!(!all.is_empty(), "{}, {args:?}", guest.name);
    // CSV ends its lines in both.
    let bad = all.replace("\r\n", "\n").chars().find(|&it| it != '\n' && is_misleading(it));
    assert_eq!(bad, None, "{}, {args:?}: {all:?}", guest.name);
    all
}

#[test]
fn what_a_guest_says_steers_no_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("rule.yml"), RULE).expect("the folder takes it");
    fs::write(folder.join("day.log"), "!one\n!two\n").expect("the folder takes it");
    let commands: &[&[&str]] = &[
        &["inspect", "guest.wasm"],
        &["inspect", "guest.wasm", "--format", "json"],
        &["score", "day.log", "--rules", "rule.yml", "--plugin", "guest.wasm"],
        &["score", "day.log", "--rules", "rule.yml", "--plugin", "guest.wasm", "--format", "json"],
        &["score", "day.log", "--rules", "rule.yml", "--plugin", "guest.wasm", "--format", "ndjson"],
        &["score", "day.log", "--rules", "rule.yml", "--plugin", "guest.wasm", "--format", "csv"],
        &["explain", "day.log", "--line", "1", "--rules", "rule.yml", "--plugin", "guest.wasm"],
        &["explain", "day.log", "--line", "1", "--rules", "rule.yml", "--plugin", "guest.wasm", "--format", "html"],
        &["certify", "guest.wasm", "--records", "day.log"],
        &["certify", "guest.wasm", "--records", "day.log", "--format", "json"],
        &["certify", "guest.wasm", "--records", "day.log", "--format", "junit"],
        &["record", "day.log", "--rules", "rule.yml", "--plugin", "guest.wasm", "-o", "recording"],
    ];
    for guest in [hostile::TEXTS_THAT_STEER, hostile::TRAP_TEXT, hostile::ESCAPE_SEQUENCES] {
        for args in commands {
            let _ = said(folder, guest, args);
        }
    }
    // It was there to be cleaned, and is told.
    let refused = said(folder, hostile::ESCAPE_SEQUENCES, commands[2]);
    assert!(refused.contains("\\u{1b}[2J") && refused.contains("\\u{202e}"), "{refused}");
    let described = said(folder, hostile::TEXTS_THAT_STEER, commands[8]);
    assert!(described.contains("\\u{1b}[2J\\u{1b}]0;x\\u{7}"), "{described}");
    let trapped = said(folder, hostile::TRAP_TEXT, commands[8]);
    assert!(trapped.contains("trapped in read"), "{trapped}");
}

#[test]
fn what_a_record_says_steers_neither_terminal_nor_spreadsheet() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("rule.yml"), RULE).expect("the folder takes it");
    let evil = "\u{1b}[2J\u{202e}\u{200b}\u{9b}31m\u{feff}";
    let record = serde_json::json!({
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": format!("=WS{evil}"),
        "Provider_Name": "Microsoft-Windows-Sysmon", "UtcTime": "2026-05-04 09:14:07.250",
        "User": format!("+ACME\\{evil}anna"), "Image": format!("C:\\{evil}\\evil.exe"),
        "CommandLine": format!("@SUM(1) {evil}\r\n=cmd|'/c calc'!A1"), "OriginalFileName": evil,
    });
    // The name of the file is the attacker's, too, where logs are unpacked.
    let name = format!("={evil}.ndjson");
    fs::write(folder.join(&name), format!("{record}\n")).expect("the folder takes it");
    let day = format!("./{name}");
    let say = |args: &[&str]| said(folder, hostile::HONEST, &[args, &[day.as_str()]].concat());
    let score = |format| say(&["score", "--rules", "rule.yml", "--format", format]);
    for format in ["table", "json", "ndjson"] {
        assert!(score(format).contains("Told"), "{format}");
    }
    for format in ["text", "json", "html"] {
        let explained = say(&["explain", "--line", "1", "--rules", "rule.yml", "--format", format]);
        assert!(explained.contains("evil.exe"), "{format}");
    }
    let rows = score("csv");
    assert!(rows.contains(",'=WS") && rows.contains(",'+ACME"), "{rows}");
    let formula = |cell: &str| cell.trim_start_matches('"').starts_with(['=', '+', '@']);
    assert!(!rows.lines().flat_map(|row| row.split(',')).any(formula), "{rows}");
}
