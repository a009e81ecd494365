//! Rules as people write them: ids, collections, correlations, logsources, files of other kinds.

use super::*;

const BODY: &str = "detection:\n    s: {F: a}\n    condition: s\n";

fn file(path: &str, text: impl Into<String>) -> RuleFile {
    RuleFile { path: path.into(), text: text.into() }
}

fn ids(compiled: &Compiled) -> Vec<&str> {
    compiled.set.rules.iter().map(|rule| rule.id.as_str()).collect()
}

#[test]
fn rules_without_an_id_are_known_by_path_and_position() {
    let without = format!("title: T\nlogsource: {{product: x}}\n{BODY}");
    let two = format!("{without}---\n{without}");
    let files =
        [file("/a/aws/rule.yml", &*two), file("/a/gcp/rule.yml", &*without), file("c:\\x\\rule.yml", &*without)];
    let ids_of = |context: &Context| ids(&compile_with(&files, context)).join(" ");
    assert_eq!(ids_of(&Context::default()), "/a/aws/rule.yml#1 /a/aws/rule.yml#2 /a/gcp/rule.yml#1 c:/x/rule.yml#1");
    let names =
        [("/a/aws/rule.yml", "aws/rule.yml"), ("/a/gcp/rule.yml", "gcp/rule.yml"), ("c:\\x\\rule.yml", "gcp/rule.yml")];
    let names = names.map(|(path, name)| (path.to_owned(), name.to_owned())).into();
    let context = Context { names, ..Context::default() };
    assert_eq!(ids_of(&context), "aws/rule.yml#1 aws/rule.yml#2 gcp/rule.yml#1 gcp/rule.yml#1~2");
}

#[test]
fn made_ids_are_bounded_and_differ() {
    let without = format!("title: T\nlogsource: {{product: x}}\n{BODY}");
    let long = |first: &str| file(&format!("{first}/{}/ö.yml", "é".repeat(400)), &*without);
    let compiled = compile(&[long("a"), long("b")]);
    assert_eq!(compiled.set.rules.len(), 2, "{:?}", compiled.accounts);
    compiled.set.check().expect("a sound set");
    assert!(ids(&compiled).iter().all(|id| id.ends_with("/ö.yml#1")), "{:?}", ids(&compiled));
}

#[test]
fn the_rules_of_a_collection_share_its_id() {
    let text = format!(
        "action: global\ntitle: T\nid: ONE\n{BODY}---\nlogsource: {{service: a}}\n---\nlogsource: {{service: b}}\n---\n\
         action: repeat\nlogsource: {{service: c}}\n"
    );
    let compiled = compile(&[file("r.yml", text)]);
    assert_eq!(ids(&compiled), ["one", "one#2", "one#3"], "{:?}", compiled.accounts);
    let repeated =
        format!("title: T\nid: one\nlogsource: {{service: a}}\n{BODY}---\naction: repeat\nlogsource: {{service: b}}\n");
    assert_eq!(ids(&compile(&[file("r.yml", &*repeated)])), ["one", "one#2"]);
    let own = repeated.replace("action: repeat\n", "action: repeat\nid: two\n");
    assert_eq!(ids(&compile(&[file("r.yml", own)])), ["one", "two"]);
    // Of rules that are no collection the second is rejected.
    let twice = format!("title: T\nid: one\nlogsource: {{service: a}}\n{BODY}");
    let compiled = compile(&[file("r.yml", format!("{twice}---\n{twice}"))]);
    assert_eq!(ids(&compiled), ["one"]);
    let reason = "the id is already used by r.yml:1; give this rule another one";
    assert_eq!(compiled.accounts[1].rejection(), Some(reason));
}

fn correlation(rules: &str, more: &str) -> String {
    format!("title: C\nid: corr\ncorrelation:\n    type: event_count\n    rules: [{rules}]\n{more}")
}

#[test]
fn rules_of_a_correlation_do_not_fire_alone() {
    let base = format!("title: B\nid: BASE\nname: base_name\nlogsource: {{product: x}}\n{BODY}");
    let check = |correlations: &[String], expected: bool| {
        let correlations = correlations.iter().enumerate();
        let mut files: Vec<_> = correlations.map(|(number, text)| file(&format!("c{number}.yml"), &**text)).collect();
        files.insert(0, file("b.yml", &*base));
        let compiled = compile(&files);
        assert_eq!(!compiled.set.rules.is_empty(), expected, "{files:?}");
        let rejection = compiled.accounts[0].rejection().unwrap_or_default();
        let reason =
            "it is only for the correlation `C` (c0.yml:3), which is not read yet; write `generate: true` there";
        assert!(expected || rejection.starts_with(reason), "{rejection}");
        let others = &compiled.accounts[1..];
        assert!(
            others.iter().all(|it| it.rejection().is_some_and(|it| it.starts_with("correlations are not read yet")))
        );
    };
    check(&[], true);
    check(&[correlation("base_name", "")], false);
    check(&[correlation("base", "")], false);
    check(&[correlation("other", "")], true);
    check(&[correlation("base_name", "    generate: false\n")], false);
    check(&[correlation("base_name", "    generate: true\n")], true);
    check(&[correlation("base_name", "    generate: yes\n")], true);
    check(&[correlation("base_name", "generate: true\n")], true);
    check(&[correlation("base", ""), correlation("base", "    generate: true\n")], true);
}

#[test]
fn lists_in_a_logsource_load_the_rule_for_each() {
    let text = format!(
        "title: T\nid: one\nlogsource:\n    product: Windows\n    category: [ps_module, PS_Script, ps_module]\n{BODY}"
    );
    let compiled = compile(&[file("r.yml", &*text)]);
    assert_eq!(ids(&compiled), ["one", "one#2"]);
    let categories: Vec<_> = compiled.metadata.iter().filter_map(|it| it.logsource.category.as_deref()).collect();
    assert_eq!(categories, ["ps_module", "ps_script"]);
    assert_eq!(compiled.accounts[0].warnings, ["line 5: the rule is loaded once for each value of `category`"]);
    // A list of one is that one.
    let one = compile(&[file("r.yml", text.replace("[ps_module, PS_Script, ps_module]", "[a]"))]);
    assert_eq!((ids(&one), one.accounts[0].warnings.len()), (vec!["one"], 0));
    // What a pipeline refuses for one of them is told, and the others are loaded.
    let pipeline = file(
        "p.yml",
        "transformations:\n    - type: rule_failure\n      message: not this one\n      \
         rule_conditions: [{type: logsource, category: ps_module}]\n",
    );
    let context = Context { pipelines: vec![Pipeline::read(&pipeline).expect("a pipeline")], ..Context::default() };
    let compiled = compile_with(&[file("r.yml", &*text)], &context);
    assert_eq!(ids(&compiled), ["one#2"]);
    let warning = "not for product `windows`, category `ps_module`: pipeline p.yml:2: not this one";
    assert_eq!(compiled.accounts[0].warnings[1], warning);
    let many = text.replace("Windows", &format!("[{}]", (0..40).map(|it| format!("p{it}, ")).collect::<String>()));
    let rejection = compile(&[file("r.yml", many)]).accounts[0].rejection().map(str::to_owned);
    assert_eq!(rejection.as_deref(), Some("the lists stand for more than 64 logsources; split the rule"));
}

#[test]
fn other_attributes_of_a_logsource_are_warned_of() {
    let text = format!("title: T\nid: one\nlogsource:\n    product: x\n    vendor: Y\n    definition: z\n{BODY}");
    let compiled = compile(&[file("r.yml", text)]);
    assert_eq!(ids(&compiled), ["one"]);
    let warning =
        "line 5: the logsource's `vendor` is not used: records are told apart by product, category and service";
    assert_eq!(compiled.accounts[0].warnings, [warning]);
}

#[test]
fn a_filter_keeps_to_what_its_logsource_says() {
    let filter = |logsource: &str| {
        let text = format!(
            "title: F\nlogsource: {logsource}\nfilter:\n    rules: any\n    s: {{U: 1}}\n    condition: not s\n"
        );
        file("f.yml", text)
    };
    let rule = file("r.yml", format!("title: T\nid: one\nlogsource: {{product: x, vendor: Y}}\n{BODY}"));
    let check = |logsource: &str, expected: u32| {
        let compiled = compile(&[rule.clone(), filter(logsource)]);
        assert_eq!(compiled.accounts[1].filtered(), Some(expected), "{logsource}");
    };
    check("{product: x}", 1);
    check("{product: [w, x]}", 1);
    check("{product: [w, v]}", 0);
    check("{product: x, vendor: y}", 1);
    check("{product: x, vendor: z}", 0);
    check("{vendor: y}", 1);
}

#[test]
fn logsources_that_no_record_has_are_warned_of() {
    let known = |category: &str| Logsource {
        product: Some("windows".into()),
        category: Some(category.into()),
        service: Some("sysmon".into()),
    };
    let context = Context { logsources: vec![known("process_creation"), known("dns_query")], ..Context::default() };
    let check = |logsource: &str, expected: Option<&str>| {
        let text = format!("title: T\nid: one\nlogsource: {logsource}\n{BODY}");
        let compiled = compile_with(&[file("r.yml", text)], &context);
        assert_eq!(ids(&compiled), ["one"]);
        assert_eq!(compiled.accounts[0].warnings, expected.map(str::to_owned).into_iter().collect::<Vec<_>>());
    };
    check("{product: windows, category: process_creation}", None);
    check("{category: dns_query}", None);
    check(
        "{product: windows, category: process_creations}",
        Some(
            "line 3: no record that is read here has product `windows`, category `process_creations` by itself, so the rule is \
             never considered; the nearest known one is product `windows`, category `process_creation`",
        ),
    );
}

#[test]
fn a_time_without_a_count_is_warned_of() {
    let text = format!("title: T\nid: one\nlogsource: {{product: x}}\n{BODY}    timeframe: last 2 hours\n");
    let compiled = compile(&[file("r.yml", text)]);
    assert_eq!(ids(&compiled), ["one"]);
    assert_eq!(compiled.accounts[0].warnings, ["line 7: `timeframe` is not used, as the condition counts nothing"]);
}

#[test]
fn files_of_other_kinds_are_passed_over() {
    let check = |text: &str, expected: Option<&str>| {
        let compiled = compile(&[file("r.yml", text)]);
        let [account] = &compiled.accounts[..] else { panic!("{text}: {:?}", compiled.accounts) };
        let passed_over = account.passed_over();
        assert_eq!(passed_over.is_some(), expected.is_some(), "{text}: {account:?}");
        assert!(expected.is_none_or(|expected| passed_over.is_some_and(|it| it.contains(expected))), "{account:?}");
        assert_eq!(account.is_rule(), expected.is_none());
    };
    let nothing = "no document in it has `detection`, `logsource`, `correlation` or `filter`";
    check("", Some("the file is empty"));
    check("# a comment\n---\n", Some("the file is empty"));
    check("- a\n- b\n", Some(nothing));
    check("text\n", Some(nothing));
    check("name: CI\non: [push]\njobs: {}\n", Some(nothing));
    check("id: x\ndescription: y\nrule_metadata: []\n", Some(nothing));
    check("name: p\ntransformations: []\n", Some(nothing));
    check("Name: tool\nAuthor: x\nDetections: []\n", Some(nothing));
    check("name: {{ .Values.name }}\n", Some("no rule begins in it, and in line 1 "));
    // These are meant as rules.
    check("title: T\nid: x\ndetections: {}\n", None);
    check("Title: T\nLogSource: {}\nDetection: {}\n", None);
    check("title: T\nlevel: high\n", None);
    check("title: [\n", None);
    check("logsource: {\n", None);
}

#[test]
fn presence_is_asked_in_any_spelling_of_a_boolean() {
    for (flag, expected) in [("true", "Exists"), ("yes", "Exists"), ("off", "Absent"), ("False", "Absent")] {
        check(&format!("F|exists: {flag}"), &[&format!("F {expected} ")]);
    }
}
