//! What the compiler keeps for explanations: where selections come from, which of them are alternatives, and which lines need
//! all of their values.

use super::*;
use crate::{Alternatives, Origin, OriginKind};

#[test]
fn selections_that_others_put_there_keep_their_origin() {
    let filter = "title: Our build hosts\nlogsource: {product: windows}\nfilter:\n    rules: any\n    known: {C: w}\n    \
                  condition: not known\n";
    let pipeline = "name: Tenants\ntransformations:\n    - type: add_condition\n      conditions: {Tenant: blue}\n    \
                    - type: add_condition\n      name: extra\n      conditions: {X: y}\n";
    let file = |path: &str, text: &str| RuleFile { path: path.into(), text: text.into() };
    let context = Context {
        filters: vec![file("f.yml", filter)],
        pipelines: vec![Pipeline::read(&file("p.yml", pipeline)).expect("a pipeline")],
        ..Context::default()
    };
    let compiled = compile_with(&[file("r.yml", &rule("sel:\n    F: a\ncondition: sel"))], &context);
    let origin = |kind: OriginKind, title: &str, selection: Option<&str>| Origin {
        kind,
        title: title.into(),
        selection: selection.map(str::to_owned),
    };
    let origins = &compiled.metadata[0].origins;
    assert_eq!(origins.len(), 3, "{origins:?}");
    let filter = origin(OriginKind::Filter, "Our build hosts", Some("known"));
    assert_eq!(origins.get("_filter_1_known"), Some(&filter));
    assert_eq!(origins.get("_condition_1"), Some(&origin(OriginKind::Pipeline, "Tenants", None)));
    assert_eq!(origins.get("extra"), Some(&origin(OriginKind::Pipeline, "Tenants", Some("extra"))));
    // The names are those of the rule set.
    assert!(origins.keys().all(|name| compiled.set.rules[0].selections.contains(name)));
    assert_eq!(compile_text(&rule("sel:\n    F: a\ncondition: sel")).metadata[0].origins.len(), 0);
}

#[test]
fn groups_of_alternatives_are_kept() {
    let check = |condition: &str, expected: &[(&str, u32, &[&str], bool)]| {
        let detection =
            format!("sel_b: {{F: b}}\nsel_a: {{F: a}}\nsel_c: {{F: c}}\nmust: {{G: d}}\ncondition: {condition}");
        let compiled = compile_text(&rule(&detection));
        assert_eq!(compiled.accounts[0].rejection(), None, "{condition}");
        let expected: Vec<Alternatives> = expected
            .iter()
            .map(|&(written, at_least, selections, negated)| Alternatives {
                written: written.into(),
                at_least,
                selections: selections.iter().map(|&name| name.to_owned()).collect(),
                negated,
            })
            .collect();
        assert_eq!(compiled.metadata[0].alternatives, expected, "{condition}");
    };
    let all: &[&str] = &["sel_a", "sel_b", "sel_c"];
    check("must", &[]);
    check("all of sel_*", &[]);
    check("must and 1 of sel_*", &[("1 of sel_*", 1, all, false)]);
    check("must and any of sel_*", &[("1 of sel_*", 1, all, false)]);
    check("must and 2 of sel_*", &[("2 of sel_*", 2, all, false)]);
    check("must and not 1 of sel_*", &[("1 of sel_*", 1, all, true)]);
    check("must and (sel_b or sel_a)", &[("sel_b or sel_a", 1, &["sel_b", "sel_a"], false)]);
    check("1 of must*", &[]);
    check("must or (sel_a and sel_b)", &[]);
}

#[test]
fn lines_that_need_all_of_their_values_say_so() {
    let check = |line: &str, expected: &[(u32, bool)]| {
        let compiled = compile_text(&rule(&format!("sel:\n    {line}\ncondition: sel")));
        let items = &compiled.set.rules[0].items;
        assert_eq!(items.iter().map(|item| (item.values, item.all)).collect::<Vec<_>>(), expected, "{line}");
    };
    check("F|contains: [a, b]", &[(2, false)]);
    check("F|contains|all: [a, b]", &[(2, true), (2, true)]);
    check("F|contains|all: [a]", &[(1, false)]);
    check("F|contains: a", &[(1, false)]);
}
