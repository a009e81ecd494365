//! Pipelines: each transformation and condition on one rule, and what is refused when a pipeline is read.

use super::*;

const RULE: &str = "\
title: T
id: first
name: first-name
level: high
status: test
tags: [attack.t1059]
custom: special
fields: [A, B]
logsource: {product: windows, category: process_creation}
detection:
    sel:
        A: one
        B|contains: 'two'
    other:
        C|re: 'x+'
        D: 5
        E|fieldref: A
    words:
        - key
    condition: sel and other or words
";

fn pipeline(name: &str, text: &str) -> Pipeline {
    Pipeline::read(&RuleFile { path: name.into(), text: text.into() }).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn through(rule: &str, pipelines: Vec<Pipeline>, placeholders: &[(&str, &[&str])]) -> Compiled {
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let placeholders = placeholders.iter().map(|(name, given)| ((*name).to_owned(), values(given))).collect();
    let context = Context { pipelines, placeholders, ..Context::default() };
    compile_with(&[RuleFile { path: "rule.yml".into(), text: rule.into() }], &context)
}

/// Steps, indented as a pipeline's list.
fn steps(steps: &str) -> Pipeline {
    let indented: String = steps.lines().map(|line| format!("    {line}\n")).collect();
    pipeline("pipe.yml", &format!("transformations:\n{indented}"))
}

/// The predicates of a rule after steps, as `field operator operand`.
fn check_on(rule: &str, text: &str, expected: &[&str]) {
    let compiled = through(rule, vec![steps(text)], &[]);
    assert_eq!(compiled.accounts[0].rejection(), None, "{text}");
    compiled.set.check().expect("a sound set");
    assert_eq!(told(&compiled.set), expected, "{text}");
}

fn check(text: &str, expected: &[&str]) {
    check_on(RULE, text, expected);
}

fn told(set: &RuleSet) -> Vec<String> {
    let field = |field: Option<u32>| field.map_or("*", |field| set.fields[field as usize].as_str());
    set.predicates
        .iter()
        .map(|predicate| {
            let cased = if predicate.predicate.cased { "!" } else { "" };
            let other =
                predicate.other.map_or(predicate.predicate.operand.clone(), |other| field(Some(other)).to_owned());
            format!("{} {:?}{cased} {other}", field(predicate.field), predicate.predicate.operator)
        })
        .collect()
}

const PLAIN: [&str; 6] =
    ["A Equals one", "B Contains two", "C Regex! x+", "D Equals 5", "E SameAs A", "* Contains key"];

/// The plain predicates with some of them replaced.
fn with(replaced: &[(usize, &'static str)]) -> Vec<&'static str> {
    let mut all = PLAIN.to_vec();
    for (position, predicate) in replaced {
        all[*position] = predicate;
    }
    all
}

#[test]
fn names_of_fields() {
    check("- {type: field_name_mapping, mapping: {A: a.b}}", &with(&[(0, "a.b Equals one"), (4, "E SameAs a.b")]));
    check(
        "- {type: field_name_mapping, mapping: {D: [d1, d2]}}",
        &[
            "A Equals one",
            "B Contains two",
            "C Regex! x+",
            "d1 Equals 5",
            "d2 Equals 5",
            "E SameAs A",
            "* Contains key",
        ],
    );
    check("- {type: field_name_mapping, mapping: {null: all}}", &with(&[(5, "all Contains key")]));
    check("- {type: field_name_mapping, mapping: {'null': all}}", &PLAIN);
    check(
        "- {type: field_name_prefix_mapping, mapping: {A: win.}}",
        &with(&[(0, "win. Equals one"), (4, "E SameAs win.")]),
    );
    check(
        "- {type: field_name_prefix, prefix: p.}",
        &["p.A Equals one", "p.B Contains two", "p.C Regex! x+", "p.D Equals 5", "p.E SameAs p.A", "* Contains key"],
    );
    check(
        "- {type: field_name_suffix, suffix: .s, field_name_conditions: [{type: include_fields, fields: [B]}]}",
        &with(&[(1, "B.s Contains two")]),
    );
    // Not a field of the line, but one that it is compared with.
    check(
        "- {type: field_name_suffix, suffix: .s, field_name_conditions: [{type: include_fields, fields: [A]}]}",
        &with(&[(0, "A.s Equals one"), (4, "E SameAs A.s")]),
    );
}

#[test]
fn several_fields_for_one() {
    let rule = |line: &str| RULE.replace("D: 5", line);
    let nodes = |line: &str| {
        let compiled = through(&rule(line), vec![steps("- {type: field_name_mapping, mapping: {D: [d1, d2]}}")], &[]);
        let rule = &compiled.set.rules[0];
        conditions::write_all(rule)
    };
    assert_eq!(nodes("D: 5"), "1(2(2(sel sel) 3(other 1(other other) other)) words)");
    // Neither may hold the value.
    assert_eq!(nodes("D|neq: 5"), "1(2(2(sel sel) 3(other 2(!other !other) other)) words)");
}

#[test]
fn conditions_choose_rules_lines_and_fields() {
    let changed = with(&[(0, "x Equals one"), (4, "E SameAs x")]);
    let check_if = |conditions: &str, holds: bool| {
        let step = format!("- type: field_name_mapping\n  mapping: {{A: x}}\n  {conditions}");
        check(&step, if holds { &changed } else { &PLAIN });
    };
    let table = [
        ("rule_conditions: [{type: logsource, product: windows}]", true),
        ("rule_conditions: [{type: logsource, product: Windows, category: process_creation}]", true),
        ("rule_conditions: [{type: logsource, service: sysmon}]", false),
        ("rule_conditions: [{type: contains_field, field: D}]", true),
        ("rule_conditions: [{type: contains_field, field: X}]", false),
        ("rule_conditions: [{type: contains_detection_item, field: D, value: 5}]", true),
        ("rule_conditions: [{type: contains_detection_item, field: D, value: '5'}]", false),
        ("rule_conditions: [{type: contains_detection_item, field: A, value: one}]", true),
        ("rule_conditions: [{type: is_sigma_rule}]", true),
        ("rule_conditions: [{type: is_sigma_correlation_rule}]", false),
        ("rule_conditions: [{type: tag, tag: attack.t1059}]", true),
        ("rule_conditions: [{type: tag, tag: attack.t1}]", false),
        ("rule_conditions: [{type: rule_attribute, attribute: level, value: medium, op: gte}]", true),
        ("rule_conditions: [{type: rule_attribute, attribute: level, value: critical, op: gte}]", false),
        ("rule_conditions: [{type: rule_attribute, attribute: status, value: stable, op: lt}]", true),
        ("rule_conditions: [{type: rule_attribute, attribute: title, value: T}]", true),
        ("rule_conditions: [{type: rule_attribute, attribute: custom, value: special}]", true),
        ("rule_conditions: [{type: rule_attribute, attribute: custom, value: other, op: ne}]", true),
        ("rule_conditions: [{type: rule_attribute, attribute: absent, value: other, op: ne}]", false),
        ("rule_conditions: [{type: rule_attribute, attribute: tags, value: attack.t1059, op: in}]", true),
        ("rule_conditions: [{type: rule_attribute, attribute: tags, value: attack.t1059, op: not_in}]", false),
        ("rule_conditions: [{type: processing_state, key: k, val: v}]", false),
        ("rule_conditions: [{type: processing_item_applied, processing_item_id: before}]", false),
        ("rule_conditions: [{type: logsource, product: linux}, {type: tag, tag: attack.t1059}]", false),
        ("{rule_conditions: [{type: logsource, product: linux}, {type: is_sigma_rule}], rule_cond_op: or}", true),
        ("{rule_conditions: [{type: logsource, product: linux}], rule_cond_not: true}", true),
        (
            "{rule_conditions: {a: {type: logsource, product: linux}, b: {type: is_sigma_rule}}, rule_cond_expr: not a and b}",
            true,
        ),
        ("detection_item_conditions: [{type: match_string, cond: any, pattern: 'on'}]", true),
        ("detection_item_conditions: [{type: match_string, cond: any, pattern: 'ne'}]", false),
        ("detection_item_conditions: [{type: match_value, cond: all, value: one}]", true),
        ("detection_item_conditions: [{type: contains_wildcard, cond: any}]", false),
        ("detection_item_conditions: [{type: is_null, cond: any}]", false),
        ("field_name_conditions: [{type: include_fields, fields: [A]}]", true),
        ("field_name_conditions: [{type: exclude_fields, fields: [A]}]", false),
        ("field_name_conditions: [{type: include_fields, fields: ['^[AB]$'], mode: re}]", true),
        ("field_name_conditions: [{type: exclude_fields, fields: ['.'], mode: re}]", false),
    ];
    for (conditions, holds) in table {
        // A condition on lines does not reach the line that refers to the field.
        if conditions.starts_with("detection_item") && holds {
            let step = format!("- type: field_name_mapping\n  mapping: {{A: x}}\n  {conditions}");
            check(&step, &with(&[(0, "x Equals one")]));
        } else if let Some(inner) = conditions.strip_prefix('{') {
            let inner = inner.strip_suffix('}').expect("a mapping");
            check(&format!("- {{type: field_name_mapping, mapping: {{A: x}}, {inner}}}"), &changed);
        } else {
            check_if(conditions, holds);
        }
    }
}

#[test]
fn steps_note_what_later_steps_ask_for() {
    check(
        "- {type: set_state, key: index, val: 7}\n\
         - {type: field_name_mapping, mapping: {B: x}, rule_conditions: [{type: processing_state, key: index, val: 5, op: gt}]}\n\
         - {type: field_name_mapping, mapping: {D: y}, field_name_conditions: [{type: processing_state, key: index, val: 7, op: ne}]}",
        &with(&[(1, "x Contains two")]),
    );
    check(
        "- {id: first, type: field_name_mapping, mapping: {A: x}}\n\
         - {type: field_name_suffix, suffix: .s, field_name_conditions: [{type: processing_item_applied, processing_item_id: first}]}",
        &with(&[(0, "x.s Equals one"), (4, "E SameAs x.s")]),
    );
    check(
        "- {id: first, type: set_value, value: new, detection_item_conditions: [{type: match_value, cond: any, value: 5}]}\n\
         - {type: field_name_suffix, suffix: .s, detection_item_conditions: [{type: processing_item_applied, processing_item_id: first}]}",
        &with(&[(3, "D.s Equals new")]),
    );
    check(
        "- {type: set_custom_attribute, attribute: kind, value: x}\n\
         - {type: field_name_mapping, mapping: {B: x}, rule_conditions: [{type: rule_attribute, attribute: kind, value: x}]}",
        &with(&[(1, "x Contains two")]),
    );
    check(
        "- {type: add_field, field: new}\n\
         - {type: field_name_mapping, mapping: {B: x}, rule_conditions: [{type: rule_attribute, attribute: fields, value: new, op: in}]}\n\
         - {type: remove_field, field: new}\n\
         - {type: field_name_mapping, mapping: {D: y}, rule_conditions: [{type: rule_attribute, attribute: fields, value: new, op: in}]}",
        &with(&[(1, "x Contains two")]),
    );
    check(
        "- type: nest\n  rule_conditions: [{type: logsource, product: windows}]\n  items:\n    \
         - {type: field_name_mapping, mapping: {B: x}}\n    - {type: field_name_mapping, mapping: {D: y}}",
        &with(&[(1, "x Contains two"), (3, "y Equals 5")]),
    );
}

#[test]
fn values() {
    check(
        "- {type: set_value, value: 7, field_name_conditions: [{type: include_fields, fields: [A]}]}",
        &with(&[(0, "A Equals 7"), (4, "E Equals 7")]),
    );
    check(
        "- {type: map_string, mapping: {one: [eins, 'un*']}}",
        &[
            "A Equals eins",
            "A StartsWith un",
            "B Contains two",
            "C Regex! x+",
            "D Equals 5",
            "E SameAs A",
            "* Contains key",
        ],
    );
    check("- {type: case, method: upper}", &with(&[(0, "A Equals ONE"), (1, "B Contains TWO"), (5, "* Contains KEY")]));
    check("- {type: convert_type, target_type: str}", &PLAIN);
    check(
        "- {type: regex, field_name_conditions: [{type: include_fields, fields: [B]}]}",
        &with(&[(1, "B Regex! (?is)\\A(?:.*two.*)\\z")]),
    );
    check(
        "- {type: regex, method: plain, field_name_conditions: [{type: include_fields, fields: [A]}]}",
        &with(&[(0, "A Regex! (?s)\\A(?:one)\\z")]),
    );
    check(
        "- {type: replace_string, regex: 'o(.)', replacement: '\\1\\1'}",
        &with(&[(0, "A Equals nne"), (1, "B Contains tw")]),
    );
    check(
        "- {type: replace_string, regex: 'n(?P<rest>.)', replacement: 'N\\g<rest>', skip_special: true}",
        &with(&[(0, "A Equals oNe")]),
    );
    check("- {type: replace_string, regex: '^5$', replacement: '6'}", &with(&[(3, "D Equals 6")]));
    check(
        "- {type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [B]}]}",
        &["A Equals one", "C Regex! x+", "D Equals 5", "E SameAs A", "* Contains key"],
    );
}

#[test]
fn literal_backslashes_survive_a_replacement_beside_them() {
    let rule = RULE.replace("A: one", r"A: 'C:\Windows\\*x'");
    check_on(&rule, "- {type: replace_string, regex: 'x', replacement: 'y'}", &with(&[(0, r"A Like C:\\Windows\\*y")]));
    check_on(
        &rule,
        "- {type: replace_string, regex: 'Windows', replacement: 'W\\*'}",
        &with(&[(0, r"A Like C:\\W\*\\*x")]),
    );
    let rule = RULE.replace("A: one", r"A: 'a\*b'");
    check_on(&rule, "- {type: replace_string, regex: 'b', replacement: 'c'}", &with(&[(0, "A Equals a*c")]));
}

#[test]
fn digests_get_fields_of_their_own() {
    let rule = RULE.replace(
        "D: 5",
        "Hashes|contains:\n            - 'MD5=0123456789ABCDEF0123456789ABCDEF'\n            - 'IMPHASH=aa'\n            - '0123456789012345678901234567890123456789'",
    );
    let expected = with(&[(3, "h.MD5 Equals 0123456789ABCDEF0123456789ABCDEF")]);
    let mut expected: Vec<&str> = expected;
    expected.splice(4..4, ["h.IMPHASH Equals aa", "h.SHA1 Equals 0123456789012345678901234567890123456789"]);
    check_on(&rule, "- {type: hashes_fields, valid_hash_algos: [MD5, SHA1, IMPHASH], field_prefix: h.}", &expected);
    let compiled = through(&rule, vec![steps("- {type: hashes_fields, valid_hash_algos: [MD5]}")], &[]);
    let rejection = compiled.accounts[0].rejection().unwrap_or_default();
    assert!(rejection.contains("`*IMPHASH=aa*` is no digest of a kind that is listed"), "{rejection}");
}

#[test]
fn groups_of_an_expression_get_fields_of_their_own() {
    let rule = RULE.replace("D: 5", "D: ['Dword:00001', 'Qword:7', other]");
    let step = "- {type: extract_fields, regex: '(?P<kind>[A-Za-z]+):(?P<number>[0-9]+)', field_prefix: D, preserve_unmatched: true}";
    let mut expected = PLAIN.to_vec();
    expected.splice(
        3..4,
        ["D.kind Equals Dword", "D.number Equals 00001", "D.kind Equals Qword", "D.number Equals 7", "D Equals other"],
    );
    check_on(&rule, step, &expected);
}

#[test]
fn conditions_and_logsources() {
    let compiled = through(
        RULE,
        vec![steps("- {type: add_condition, conditions: {Channel|contains: [x, '$product']}, template: true}")],
        &[],
    );
    let rule = &compiled.set.rules[0];
    let root = rule.root;
    assert_eq!(conditions::write(rule, root), "2(_condition_1 1(2(2(sel sel) 3(other other other)) words))");
    assert!(told(&compiled.set).contains(&"Channel Contains windows".to_owned()));
    let compiled =
        through(RULE, vec![steps("- {type: add_condition, conditions: {X: 1}, negated: true, name: extra}")], &[]);
    let rule = &compiled.set.rules[0];
    assert!(conditions::write_all(rule).starts_with("2(!extra "));
    let compiled = through(RULE, vec![steps("- {type: change_logsource, product: Linux, service: auditd}")], &[]);
    let expected = Logsource { product: Some("linux".into()), service: Some("auditd".into()), category: None };
    assert_eq!(compiled.set.logsources, [expected]);
    // What nothing can be routed by may be given a meaning.
    let vendor = RULE.replace("product: windows, category: process_creation", "vendor: x");
    let compiled = through(&vendor, vec![steps("- {type: change_logsource, category: process_creation}")], &[]);
    assert_eq!(compiled.accounts[0].rejection(), None);
}

#[test]
fn placeholders_get_values() {
    let rule = RULE
        .replace("A: one", "A|expand: '%x%-%y%'")
        .replace("'x+'", "'a'")
        .replace("C|re:", "C|re|expand:")
        .replace("'a'", "'^%x%$'");
    let check = |pipelines: Vec<Pipeline>, given: &[(&str, &[&str])], expected: &[&str]| {
        let compiled = through(&rule, pipelines, given);
        assert_eq!(compiled.accounts[0].rejection(), None);
        let all = told(&compiled.set);
        let seen: Vec<&str> =
            all.iter().map(String::as_str).filter(|it| it.starts_with('A') || it.starts_with('C')).collect();
        assert_eq!(seen, expected);
    };
    let both: &[(&str, &[&str])] = &[("x", &["1", "2*"]), ("y", &["z"])];
    check(Vec::new(), both, &["A Equals 1-z", "A Like 2*-z", "C Regex! ^1$", "C Regex! ^2*$"]);
    let vars = pipeline("vars.yml", "vars: {x: [a, 5], y: z}\ntransformations: [{type: value_placeholders}]");
    check(vec![vars.clone()], &[], &["A Equals a-z", "A Equals 5-z", "C Regex! ^a$", "C Regex! ^5$"]);
    // The operator's values go before a pipeline's.
    check(vec![vars], &[("x", &["b"])], &["A Equals b-z", "C Regex! ^b$"]);
    let only = pipeline("only.yml", "vars: {x: a}\ntransformations: [{type: value_placeholders, include: [x]}]");
    check(vec![only], &[("y", &["z"])], &["A Equals a-z", "C Regex! ^a$"]);
    let wild = pipeline("wild.yml", "transformations: [{type: wildcard_placeholders}]");
    check(vec![wild], &[], &["A Contains -", "C Regex! ^.*$"]);
    let rejection = |given: &[(&str, &[&str])]| through(&rule, Vec::new(), given).accounts[0].clone();
    let account = rejection(&[("x", &["1"])]);
    let expected = "field `A`: placeholder `%y%` has no value; give it with `--placeholder y=VALUE`";
    assert_eq!((account.line, account.rejection()), (Some(12), Some(expected)));
    let many: Vec<String> = (0..200).map(|value| value.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let account = rejection(&[("x", &many), ("y", &many)]);
    assert!(account.rejection().is_some_and(|reason| reason.contains("more than 10000 values")), "{account:?}");
}

#[test]
fn placeholders_as_the_other_modifiers_see_them() {
    let table: [(&str, &[&str]); 4] = [
        ("A|expand|contains: '%x%'", &["A Contains v*", "A Contains w"]),
        ("A|contains|expand: '%x%'", &["A Contains v*", "A Contains w"]),
        ("A|expand: '%x% of 100%'", &["A Equals v* of 100%", "A Equals w of 100%"]),
        ("A|expand: '%%'", &["A Equals %%"]),
    ];
    for (line, expected) in table {
        let rule = RULE.replace("A: one", line);
        let compiled = through(&rule, Vec::new(), &[("x", &["v\\*", "w"])]);
        assert_eq!(compiled.accounts[0].rejection(), None, "{line}");
        let seen: Vec<String> = told(&compiled.set).into_iter().filter(|it| it.starts_with('A')).collect();
        assert_eq!(seen, expected, "{line}");
    }
}

#[test]
fn pipelines_go_by_priority_and_then_by_name() {
    let step =
        |from: &str, to: &str| format!("transformations: [{{type: field_name_mapping, mapping: {{{from}: {to}}}}}]");
    let late = pipeline("a.yml", &format!("priority: 20\n{}", step("x", "late")));
    let early = pipeline("b.yml", &format!("name: early\npriority: 10\n{}", step("A", "x")));
    assert_eq!(early.name, "early");
    let compiled = through(RULE, vec![late.clone(), early.clone()], &[]);
    assert!(told(&compiled.set).contains(&"late Equals one".to_owned()));
    let compiled = through(RULE, vec![early, late], &[]);
    assert!(told(&compiled.set).contains(&"late Equals one".to_owned()));
}

#[test]
fn steps_may_reject_a_rule() {
    let check = |step: &str, line: u32, reason: &str| {
        let compiled = through(RULE, vec![steps(step)], &[]);
        let account = &compiled.accounts[0];
        assert!(account.rejection().is_some_and(|seen| seen.contains(reason)), "{step}\n{account:?}");
        assert_eq!(account.line, Some(line), "{step}\n{account:?}");
    };
    check("- {type: rule_failure, message: not here}", 1, "pipeline pipe.yml:2: not here");
    check(
        "- {type: detection_item_failure, message: not this, field_name_conditions: [{type: include_fields, fields: [D]}]}",
        16,
        "not this",
    );
    check("- {type: strict_field_mapping_failure}", 1, "these fields are not mapped: A, B, C, D, E");
    check(
        "- {type: field_name_mapping, mapping: {A: a, B: b, C: c, D: d}}\n- {type: strict_field_mapping_failure}",
        1,
        "not mapped: E",
    );
    check("- {type: drop_detection_item}", 20, "nothing is left of the condition");
    check("- {type: convert_type, target_type: num}", 12, "the value `one` is not a number");
}

#[test]
fn what_is_dropped_leaves_its_condition() {
    let nodes = |condition: &str| {
        let rule = RULE.replace("sel and other or words", condition);
        let step = "- {type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [A, B]}]}";
        let compiled = through(&rule, vec![steps(step)], &[]);
        let rule = compiled.set.rules.first().unwrap_or_else(|| panic!("{:?}", compiled.accounts));
        conditions::write_all(rule)
    };
    assert_eq!(nodes("sel or words"), "words");
    assert_eq!(nodes("words and not sel"), "words");
    assert_eq!(nodes("1 of sel* or words"), "words");
    // The line that is compared with a field of this name goes, too.
    assert_eq!(nodes("all of *"), "2(2(other other) words)");
}

#[test]
fn what_a_pipeline_says_of_queries_is_warned_of() {
    let check = |text: &str, expected: &[&str]| {
        let file = RuleFile { path: "pipe.yml".into(), text: text.into() };
        let pipeline = Pipeline::read(&file).unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(pipeline.warnings, expected, "{text}");
    };
    let made_for = "line 1: the pipeline is made for splunk, sqlite; it is used as if it suited these records";
    check("allowed_backends: [splunk, sqlite]\n", &[made_for]);
    check("allowed_backends: [splunk, glassbox]\n", &[]);
    check("allowed_backends: []\npostprocessing:\nfinalizers: []\n", &[]);
    let embed = "line 2: `postprocessing` changes the text of queries and is not used here";
    check("name: x\npostprocessing:\n    - {type: embed, prefix: a}\n", &[embed]);
    let concat = "line 1: `finalizers` changes the text of queries and is not used here";
    check("finalizers:\n    - {type: concat}\ntransformations: []\n", &[concat]);
}

#[test]
fn a_state_may_be_any_value() {
    let check = |value: &str, condition: &str, expected: bool| {
        let text = format!(
            "transformations:\n    - {{type: set_state, key: k, val: {value}}}\n    - type: field_name_mapping\n      \
             mapping: {{F: mapped}}\n      rule_conditions: [{{type: processing_state, key: k, {condition}}}]\n"
        );
        let file = RuleFile { path: "pipe.yml".into(), text: text.clone() };
        let pipeline = Pipeline::read(&file).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let context = Context { pipelines: vec![pipeline], ..Context::default() };
        let rule = rule("sel:\n    F: a\ncondition: sel");
        let compiled = compile_with(&[RuleFile { path: "rule.yml".into(), text: rule }], &context);
        assert_eq!(compiled.set.fields == ["mapped"], expected, "{value}, {condition}");
    };
    check("a", "val: a", true);
    check("3", "val: 2, op: gt", true);
    check("[a, b]", "val: a", false);
    check("[a, b]", "val: a, op: ne", true);
    check("[a, b]", "val: a, op: in", true);
    check("[a, b]", "val: c, op: in", false);
    check("[a, b]", "val: c, op: not_in", true);
    check("[]", "val: c, op: in", false);
    check("{a: b}", "val: a", false);
    check("[[a]]", "val: a, op: in", false);
    check("yes", "val: yes", true);
}

#[test]
fn pipelines_that_cannot_be_used() {
    let check = |text: &str, line: u32, reason: &str| {
        let error = Pipeline::read(&RuleFile { path: "pipe.yml".into(), text: text.into() }).expect_err(text);
        assert!(error.reason.contains(reason), "{text}\n{error}");
        assert_eq!(error.line, line, "{text}\n{error}");
    };
    let step = |step: &str| format!("name: x\ntransformations:\n    - {step}\n");
    check("- a\n", 1, "a pipeline is a mapping, not a list");
    check("name: a\n---\nname: b\n", 1, "one document, and here are 2");
    check("name: [\n", 1, "the YAML is broken");
    check("name: a\nvars:\n    a: '\u{FDD0}'\n", 3, "is not UTF-8; save the file as UTF-8");
    check("name: a\nname: b\n", 2, "a second time");
    check("title: a\n", 1, "a pipeline has no attribute `title`; there are name, priority");
    check("priority: high\n", 1, "a whole number");
    check("vars:\n    a: {b: c}\n", 2, "variable `a`");
    check(&step("{type: teleport}"), 3, "there is no transformation `teleport`; there are add_condition,");
    check(&step("{mapping: {a: b}}"), 3, "a step lacks `type`");
    check(&step("{type: field_name_mapping}"), 3, "lacks `mapping`");
    check(&step("{type: field_name_mapping, mapping: {a: []}}"), 3, "not to a text or texts");
    check(&step("{type: field_name_mapping, mapping: {a: b}, speed: 3}"), 3, "has no attribute `speed`");
    check(&step("{type: field_name_transform}"), 3, "needs a function in Python");
    check(&step("{type: query_expression_placeholders}"), 3, "text of queries");
    check(&step("{type: file_placeholders, path: x}"), 3, "use `vars` or `--placeholder`");
    check(&step("{type: replace_string, regex: '(', replacement: a}"), 3, "regular expression");
    check(&step("{type: replace_string, regex: 'a', replacement: '\\1'}"), 3, "no such group");
    check(&step("{type: extract_fields, regex: 'a'}"), 3, "no named group");
    check(&step("{type: convert_type, target_type: list}"), 3, "`str` or `num`");
    check(&step("{type: case, method: wild}"), 3, "`snake_case`");
    check(&step("{type: set_value, value: a, force_type: num}"), 3, "is not a number");
    check(&step("{type: value_placeholders, include: [a], exclude: [b]}"), 3, "exclude each other");
    check(&step("{type: change_logsource}"), 3, "needs a category, product or service");
    check(&step("{type: add_condition, conditions: {F|nonsense: a}}"), 3, "`nonsense`");
    check(
        &step("{type: set_state, key: a, val: b, rule_conditions: [{type: weather}]}"),
        3,
        "there is no condition on rules `weather`",
    );
    check(&step("{type: set_state, key: a, val: b, rule_cond_not: true}"), 3, "no `rule_conditions`");
    check(
        &step("{type: set_state, key: a, val: b, rule_conditions: [{type: tag, tag: x}], rule_cond_op: xor}"),
        3,
        "`and` or `or`",
    );
    check(
        &step("{type: set_state, key: a, val: b, rule_conditions: [{type: tag, tag: x}], rule_cond_expr: x}"),
        3,
        "as a mapping",
    );
    check(
        &step("{type: set_state, key: a, val: b, rule_conditions: {x: {type: tag, tag: x}}, rule_cond_expr: y}"),
        3,
        "no such condition",
    );
    check(
        &step(
            "{type: set_state, key: a, val: b, rule_conditions: {x: {type: tag, tag: x}, y: {type: tag, tag: y}}, rule_cond_expr: y}",
        ),
        3,
        "does not name condition `x`",
    );
    check(
        &step("{type: drop_detection_item, detection_item_conditions: [{type: match_string, cond: some, pattern: a}]}"),
        3,
        "`any` or `all`",
    );
    check(
        &step("{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [a], mode: glob}]}"),
        3,
        "`plain` or `re`",
    );
}
