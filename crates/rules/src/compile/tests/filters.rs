//! Filters: which rules they are for, and what becomes of conditions.

use super::*;

const RULES: &str = "\
title: One
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
name: one
logsource: {product: windows, category: process_creation}
detection:
    selection: {F: 1}
    condition: selection
---
title: Two
id: two
logsource: {product: windows}
detection:
    selection_a: {F: 2}
    selection_b: {F: 3}
    condition: 1 of selection_*
---
title: Three
id: three
logsource: {product: linux}
detection:
    selection: {F: 4}
    condition: [selection, not selection]
";

fn filter(logsource: &str, rules: &str, detection: &str) -> String {
    let detection: String = detection.lines().map(|line| format!("    {line}\n")).collect();
    format!("title: Known good\nlogsource: {logsource}\nfilter:\n{rules}{detection}")
}

fn compiled(filter: &str) -> Compiled {
    let rules = RuleFile { path: "rules.yml".into(), text: RULES.into() };
    let filters = vec![RuleFile { path: "filter.yml".into(), text: filter.into() }];
    compile_with(&[rules], &Context { filters, ..Context::default() })
}

fn told(compiled: &Compiled) -> Vec<String> {
    compiled.set.rules.iter().map(conditions::write_all).collect()
}

/// The conditions of the three rules, and upon how many the filter was put.
fn check(filter: &str, expected: [&str; 3], rules: u32) {
    let compiled = compiled(filter);
    let account = compiled.accounts.last().expect("an account");
    assert_eq!(account.filtered(), Some(rules), "{filter}\n{account:?}");
    compiled.set.check().expect("a sound set");
    assert_eq!(told(&compiled), expected, "{filter}");
}

const PLAIN: [&str; 3] = ["selection", "1(selection_a selection_b)", "1(selection !selection)"];

#[test]
fn filters_are_put_upon_rules_by_logsource_and_name() {
    let not_service = "selection: {User: svc}\ncondition: not selection";
    let first = "2(selection !_filter_1_selection)";
    let second = "2(1(selection_a selection_b) !_filter_1_selection)";
    let third = "2(1(selection !selection) !_filter_1_selection)";
    check(&filter("{product: windows}", "    rules: any\n", not_service), [first, second, PLAIN[2]], 2);
    check(&filter("{product: Windows}", "    rules: []\n", not_service), [first, second, PLAIN[2]], 2);
    check(&filter("{product: linux}", "    rules: Any\n", not_service), [PLAIN[0], PLAIN[1], third], 1);
    check(&filter("{category: process_creation}", "    rules: any\n", not_service), [first, PLAIN[1], PLAIN[2]], 1);
    check(&filter("{product: windows}", "    rules: one\n", not_service), [first, PLAIN[1], PLAIN[2]], 1);
    check(&filter("{product: windows}", "    rules: [two, three]\n", not_service), [PLAIN[0], second, PLAIN[2]], 1);
    let by_id = "    rules:\n        - 6F3E2987-DB24-4C78-A860-B4F4095A7095\n";
    check(&filter("{product: windows}", by_id, not_service), [first, PLAIN[1], PLAIN[2]], 1);
    check(&filter("{product: macos}", "    rules: any\n", not_service), PLAIN, 0);
}

#[test]
fn patterns_of_a_filter_mean_its_own_selections() {
    let several = "selection_x: {U: 1}\nselection_y: {U: 2}\ncondition: not 1 of selection_*";
    let expected = "2(selection !1(_filter_1_selection_x _filter_1_selection_y))";
    check(&filter("{product: windows}", "    rules: one\n", several), [expected, PLAIN[1], PLAIN[2]], 1);
    let them = several.replace("selection_*", "them");
    check(&filter("{product: windows}", "    rules: one\n", &them), [expected, PLAIN[1], PLAIN[2]], 1);
}

#[test]
fn a_filter_for_no_rule_is_warned_of() {
    let compiled = compiled(&filter("{product: macos}", "    rules: any\n", "s: {U: 1}\ncondition: not s"));
    let account = compiled.accounts.last().expect("an account");
    assert_eq!(account.warnings, ["the filter is for none of the rules given"]);
}

fn check_rejected(text: &str, line: u32, reason: &str) {
    let compiled = compiled(text);
    let account = compiled.accounts.last().expect("an account");
    assert!(account.rejection().is_some_and(|seen| seen.contains(reason)), "{text}\n{account:?}");
    assert_eq!((account.file.as_str(), account.line), ("filter.yml", Some(line)), "{text}\n{account:?}");
    assert_eq!(told(&compiled), PLAIN);
}

#[test]
fn filters_that_cannot_be_used() {
    let good = filter("{product: windows}", "    rules: any\n", "s: {U: 1}\ncondition: not s");
    check_rejected(&good.replace("    rules: any\n", ""), 3, "the filter needs `rules`");
    check_rejected(&good.replace("rules: any", "rules: {a: b}"), 4, "the filter needs `rules`");
    check_rejected(&good.replace("logsource: {product: windows}\n", ""), 1, "the filter has no logsource");
    check_rejected(&good.replace("product: windows", "product: {a: b}"), 2, "`product` is a text or a list");
    check_rejected(&good.replace("not s", "not other"), 6, "`other`");
    check_rejected(&good.replace("condition: not s", "condition: [s, s]"), 3, "one condition");
    check_rejected(&good.replace("U: 1", "U|re|cased: 1"), 5, "`cased`");
    check_rejected(&good.replace("title: Known good\n", ""), 1, "has no title");
    check_rejected(RULES.split("---").next().unwrap_or_default(), 1, "give it with the rules");
}

#[test]
fn what_a_filter_does_to_a_rule_is_told_with_its_place() {
    let placeholder = filter("{product: linux}", "    rules: any\n", "s:\n    U|expand: '%x%'\ncondition: not s");
    let compiled = compiled(&placeholder);
    let account = &compiled.accounts[2];
    assert_eq!(account.line, Some(22));
    let rejection = account.rejection().unwrap_or_default();
    assert!(rejection.starts_with("filter `Known good` of filter.yml, line 6: field `U`: placeholder"), "{rejection}");
}

#[test]
fn filters_stand_among_rules_too() {
    let text = filter("{product: windows}", "    rules: any\n", "s: {U: 1}\ncondition: not s");
    let files =
        [RuleFile { path: "a-filter.yml".into(), text }, RuleFile { path: "rules.yml".into(), text: RULES.into() }];
    let compiled = compile(&files);
    assert_eq!(compiled.accounts[0].filtered(), Some(2));
    assert_eq!(told(&compiled)[0], "2(selection !_filter_1_s)");
}
