//! What an organisation says about itself: what it means, and what is refused.

use serde_json::json;

use crate::*;

fn stated() -> serde_json::Value {
    json!({
        "format": 1,
        "assets": [
            {"hosts": ["DC*", "dns-?"], "role": "domain-controller", "criticality": "critical"},
            {"hosts": ["*"], "role": "workstation", "criticality": "low"}],
        "administration_tools": [
            {"name": "Agent", "programs": ["C:\\Program Files\\Agent\\*"], "hosts": ["SRV*"], "users": ["*\\svc-agent"]}],
        "maintenance_windows": [
            {"name": "night", "days": ["sat"], "from": "22:00", "to": "02:00"},
            {"name": "noon", "from": "12:00", "to": "13:00"}],
        "feared_techniques": ["T1003", "T1059.001"],
        "rule_records": {"r": {"true_positives": 1, "false_positives": 97}, "few": {"true_positives": 4}}
    })
}

fn context() -> Context {
    Context::parse(stated().to_string().as_bytes()).expect("a context")
}

#[test]
fn hosts_are_of_the_first_asset_that_fits() {
    let context = context();
    assert_eq!(context.asset("dc01.corp.example").map(|it| it.role.as_str()), Some("domain-controller"));
    assert_eq!(context.asset("DNS-1").map(|it| it.criticality), Some(Criticality::Critical));
    assert_eq!(context.asset("DNS-12").map(|it| it.criticality), Some(Criticality::Low));
    assert!(Context::default().asset("DC01").is_none());
}

#[test]
fn a_tool_is_known_by_program_place_and_user() {
    let context = context();
    let program = r"c:\program files\agent\run.exe";
    assert!(context.is_tool(program, Some("SRV7"), Some(r"CORP\svc-agent")));
    assert!(!context.is_tool(program, Some("WS7"), Some(r"CORP\svc-agent")));
    assert!(!context.is_tool(program, Some("SRV7"), Some(r"CORP\anna")));
    assert!(!context.is_tool(program, Some("SRV7"), None));
    assert!(!context.is_tool(r"C:\Temp\Agent\run.exe", Some("SRV7"), Some(r"CORP\svc-agent")));
}

#[test]
fn maintenance_may_pass_midnight() {
    let context = context();
    let check = |hours: i64, expected: bool| {
        // Saturday, 3 January 1970.
        let time = (2 * 24 + hours) * 3_600_000_000;
        assert_eq!(context.is_maintenance(time), expected, "{hours} hours after Saturday began");
    };
    check(1, false);
    check(12, true);
    check(13, false);
    check(22, true);
    check(25, true);
    check(26, false);
    check(46, false);
}

#[test]
fn fears_hold_for_sub_techniques_and_records_need_some_hits() {
    let context = context();
    assert!(context.is_feared(&[1_027_000, 1_003_006]));
    assert!(context.is_feared(&[1_059_001]));
    assert!(!context.is_feared(&[1_059_003, 1_027_000]));
    assert_eq!(context.record("r").and_then(|record| record.true_thousandths()), Some(20));
    assert_eq!(context.record("few").and_then(|record| record.true_thousandths()), None);
    assert_eq!(context.record("other"), None);
}

#[test]
fn what_is_wrong_is_named() {
    let check = |pointer: &str, value: serde_json::Value, expected: &str| {
        let mut stated = stated();
        *stated.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
        let error = Context::parse(stated.to_string().as_bytes()).expect_err(pointer).to_string();
        assert!(error.contains(expected), "{pointer}: {error}");
    };
    check("/format", json!(2), "format 2 and this version reads 1");
    check("/assets/0/criticality", json!("huge"), "unknown variant `huge`");
    check("/assets/1/hosts", json!([]), "entry 2 of `assets` of the context: `hosts` is empty");
    check("/administration_tools/0/name", json!(""), "`name` has 0 bytes");
    check("/maintenance_windows/0/from", json!("24:00"), "write 01:00 to 04:30");
    check("/maintenance_windows/1/to", json!("12:00"), "is no time of day");
    check(
        "/feared_techniques/0",
        json!("1003"),
        "entry 1 of `feared_techniques` of the context: `1003` is no technique",
    );
    check("/rule_records/r/true_positives", json!(-1), "cannot be read");
    let large = vec![b' '; CONTEXT_BYTES_MAX + 1];
    assert!(matches!(Context::parse(&large), Err(ContextError::TooLarge { .. })));
}
