//! The tables, ids, redirects and tags.

use super::*;

#[test]
fn the_tables_are_in_order_and_whole() {
    assert!(TECHNIQUES.windows(2).all(|pair| pair[0].number < pair[1].number));
    assert!(REDIRECTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert_eq!(include_str!("../data/enterprise-19.1.tsv").lines().count(), TECHNIQUES.len() + 1);
    for technique in &TECHNIQUES {
        assert_eq!(technique.number.to_string(), technique.id);
        assert!(!technique.tactics.is_empty(), "{}", technique.id);
    }
    for (old, _) in &REDIRECTS {
        let resolved = resolve_numbered(*old);
        assert!(resolved.current.is_some(), "{old}");
        assert_eq!(resolved.redirected_from, Some(*old));
    }
}

#[test]
fn techniques_by_id() {
    let powershell = technique("t1059.001").expect("known");
    assert_eq!((powershell.id, powershell.name, powershell.deprecated), ("T1059.001", "PowerShell", false));
    assert_eq!(powershell.tactics.iter().map(|tactic| tactic.name).collect::<Vec<_>>(), ["Execution"]);
    for wrong in ["", "T", "T1059.1", "T1059.0001", "1059", "T105", "T+059", "T1059.+01", "T9999"] {
        assert_eq!(technique(wrong), None, "{wrong}");
    }
}

#[test]
fn older_ids_lead_to_what_replaced_them() {
    let resolved = resolve("T1086");
    assert_eq!(resolved.current.expect("replaced").id, "T1059.001");
    assert_eq!(resolved.redirected_from, Some(TechniqueNumber(1_086_000)));
    assert_eq!(resolve("T1059").redirected_from, None);
    assert!(resolve("T1064").current.expect("kept").deprecated);
    assert_eq!(resolve("nothing"), Resolved { current: None, redirected_from: None });
}

#[test]
fn tags() {
    let tactic = |name: &str| {
        let index = TACTICS.iter().position(|tactic| tactic.name == name).expect("a tactic");
        Tactics(1 << index)
    };
    let table = [
        ("attack.execution", Some(Tag::Tactics(tactic("Execution")))),
        ("ATTACK.Command_And_Control", Some(Tag::Tactics(tactic("Command and Control")))),
        ("attack.t1059.001", Some(Tag::Technique(TechniqueNumber(1_059_001)))),
        ("attack.T1047", Some(Tag::Technique(TechniqueNumber(1_047_000)))),
        ("attack.g0069", None),
        ("attack.s0029", None),
        ("attack.", None),
        ("cve.2021-44228", None),
        ("detection.emerging-threats", None),
    ];
    for (tag, expected) in table {
        assert_eq!(parse_tag(tag), expected, "{tag}");
    }
    let Some(Tag::Tactics(split)) = parse_tag("attack.defense_evasion") else { panic!("known") };
    assert_eq!(split.iter().map(|tactic| tactic.id).collect::<Vec<_>>(), ["TA0005", "TA0112"]);
}

#[test]
fn a_former_tactic_counts_once_unless_techniques_say_otherwise() {
    let names =
        |tags: &[&str]| tactics_of_tags(tags.iter().copied()).iter().map(|tactic| tactic.name).collect::<Vec<_>>();
    assert_eq!(names(&["attack.defense-evasion"]), ["Stealth"]);
    assert_eq!(names(&["attack.defense-evasion", "attack.t1685"]), ["Defense Impairment"]);
    assert_eq!(names(&["attack.defense-evasion", "attack.t1027", "attack.t1685"]), ["Stealth", "Defense Impairment"]);
    assert_eq!(names(&["attack.t1059", "attack.execution", "attack.impact"]), ["Execution", "Impact"]);
    assert!(names(&["attack.t1059"]).is_empty());
}
