//! Files of several documents: actions, and lines that count through the file.

use super::*;

fn file(text: &str) -> Compiled {
    compile(&[RuleFile { path: "rules.yml".into(), text: text.into() }])
}

/// Title, line and rejection of each account.
fn accounts(text: &str) -> Vec<(String, u32, String)> {
    let account = |account: &RuleAccount| {
        let rejection = account.rejection().unwrap_or_default().to_owned();
        (account.title.clone().unwrap_or_default(), account.line.unwrap_or_default(), rejection)
    };
    file(text).accounts.iter().map(account).collect()
}

/// The predicates of every rule, as `title: field operand`.
fn predicates_by_rule(text: &str) -> Vec<String> {
    let compiled = file(text);
    let told = |(rule, metadata): (&Rule, &RuleMetadata)| {
        let predicates = rule.items.iter().flat_map(|item| &item.predicates).map(|&(position, _)| {
            let predicate = &compiled.set.predicates[position as usize];
            let field = predicate.field.map_or("*", |field| &compiled.set.fields[field as usize]);
            format!(" {field}={}", predicate.predicate.operand)
        });
        format!("{}:{}", metadata.title, predicates.collect::<String>())
    };
    compiled.set.rules.iter().zip(&compiled.metadata).map(told).collect()
}

#[test]
fn actions_join_documents() {
    let text = "\
action: global
title: G
logsource: {product: windows}
detection:
    condition: sel
---
title: R
detection:
    sel: {F: 1}
    condition: other
---
action: repeat
title: S
detection:
    sel: {F: 2}
---
action: repeat
detection:
    sel: {H: 3}
---
action: reset
---
title: N
logsource: {product: linux}
detection:
    sel: {F: 4}
    condition: sel
";
    // The template wins, as in SigmaHQ's tooling, and what is repeated is merged mapping by mapping.
    assert_eq!(predicates_by_rule(text), ["G: F=1", "S: F=2", "S: F=2 H=3", "N: F=4"]);
}

#[test]
fn lines_count_through_the_file() {
    let good = "title: A\nlogsource: {product: x}\ndetection:\n    s: {F: 1}\n    condition: s\n";
    let bad = good.replace("F: 1", "F|re: '('").replace("title: A", "title: B");
    let seen = accounts(&format!("{good}---\n{bad}---\n# a comment\n{good}---\n"));
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert_eq!((&*seen[0].0, seen[0].1, &*seen[0].2), ("A", 1, ""));
    assert_eq!((&*seen[1].0, seen[1].1), ("B", 10));
    assert_eq!((&*seen[2].0, seen[2].1, &*seen[2].2), ("A", 14, ""));
}

#[test]
fn what_stands_behind_broken_yaml_is_not_read() {
    let good = "title: A\nlogsource: {product: x}\ndetection:\n    s: {F: 1}\n    condition: s\n";
    let seen = accounts(&format!("{good}---\ntitle: [\n---\n{good}"));
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(seen[0].2, "");
    assert!(seen[1].2.contains("nothing behind it in this file was read"), "{seen:?}");
}

#[test]
fn carriage_returns_and_a_byte_order_mark_change_nothing() {
    let text = "\u{feff}title: A\r\nlogsource: {product: x}\r\ndetection:\r\n  s:\r\n    F: 'a '\r\n  condition: s\r\n";
    assert_eq!(predicates_by_rule(text), ["A: F=a "]);
}

#[test]
fn what_matching_does_not_need_is_a_warning_with_its_line() {
    let text = "title: A\nlevel: grave\nstatus: STABLE\nlogsource: {product: x, definition: y}\n\
                detection:\n  s: {F: 1}\n  condition: s\n";
    let compiled = file(text);
    assert_eq!(compiled.accounts[0].rejection(), None);
    let warning = "line 2: `grave` is not a level; there are informational, low, medium, high, critical";
    assert_eq!(compiled.accounts[0].warnings, [warning]);
    assert_eq!(compiled.metadata[0].status, Some(crate::Status::Stable));
}
