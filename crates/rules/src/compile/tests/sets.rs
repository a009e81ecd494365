//! Sets as a whole: accounts, limits, encoding.

use super::*;
use crate::set::Node;

#[test]
fn a_rule_beyond_the_limits_costs_no_other_rule() {
    let values: Vec<String> = (0..=limits::CONDITION_NODES_MAX).map(|value| format!("v{value}")).collect();
    let large = format!("sel:\n    F|contains|all: [{}]\ncondition: sel", values.join(", "));
    let account = &compile_text(&rule(&large)).accounts[0];
    assert!(account.rejection().is_some_and(|reason| reason.contains("larger than")), "{account:?}");
    let small = rule("sel:\n    F: a\ncondition: sel").replace("first", "second");
    let files = [rule(&large), small].map(|text| RuleFile { path: "rule.yml".into(), text });
    let compiled = compile(&files);
    assert_eq!(compiled.set.rules.len(), 1);
    compiled.set.check().expect("a sound set");
}

#[test]
fn a_condition_that_unfolds_without_end_is_not_sound() {
    let mut set = compile_text(&rule("sel:\n    F: a\ncondition: sel")).set;
    for node in 0..60 {
        set.rules[0].nodes.push(Node::AtLeast(1, vec![node, node]));
    }
    assert!(matches!(set.check(), Err(crate::RuleSetError::UnsoundRule { reason, .. }) if reason.contains("steps")));
}

#[test]
fn an_empty_id_is_none() {
    let compiled = compile_text(&rule("sel:\n    F: a\ncondition: sel").replace("id: first", "id: ' '"));
    assert_eq!(compiled.set.rules[0].id, "rule.yml#1");
}

#[test]
fn every_rule_given_is_accounted_for() {
    let one = rule("sel:\n    F: a\ncondition: sel");
    let files = [
        RuleFile { path: "one.yml".into(), text: one.clone() },
        RuleFile { path: "again.yml".into(), text: one },
        RuleFile { path: "broken.yml".into(), text: "title: [".into() },
        RuleFile { path: "empty.yml".into(), text: String::new() },
        RuleFile {
            path: "two.yml".into(),
            text: "title: A\nlogsource: {product: x}\ndetection: {s: {F: 1}, condition: s}\n---\n\
                   title: B\nlogsource: {product: x}\ndetection: {s: {F: 1}, condition: s}\nlevel: grave\n"
                .into(),
        },
    ];
    let compiled = compile(&files);
    let accounts: Vec<(&str, bool)> =
        compiled.accounts.iter().map(|account| (account.file.as_str(), account.rejection().is_none())).collect();
    assert_eq!(
        accounts,
        [
            ("one.yml", true),
            ("again.yml", false),
            ("broken.yml", false),
            ("empty.yml", true),
            ("two.yml", true),
            ("two.yml", true),
        ]
    );
    assert_eq!(
        compiled.accounts[1].rejection(),
        Some("the id is already used by one.yml:1; give this rule another one")
    );
    assert_eq!(compiled.accounts[3].passed_over(), Some("the file is empty"));
    assert_eq!(compiled.accounts[4].id.as_deref(), Some("two.yml#1"));
    assert_eq!(compiled.accounts[5].warnings.len(), 1, "{:?}", compiled.accounts[5].warnings);
    assert_eq!(compiled.set.rules.len(), compiled.metadata.len());
    // What rules share is held once.
    assert_eq!(compiled.set.predicates.len(), 2);
    assert_eq!(compiled.set.logsources.len(), 2);
}

#[test]
fn a_set_survives_its_encoding_and_damage_is_noticed() {
    let compiled =
        compile_text(&rule("sel:\n    F|contains: [a, b]\nfilter:\n    G: null\ncondition: sel and not filter"));
    let bytes = compiled.set.encode();
    assert_eq!(RuleSet::decode(&bytes).expect("a set"), compiled.set);
    for end in 0..bytes.len() {
        assert!(RuleSet::decode(&bytes[..end]).is_err(), "cut at {end}");
    }
    // Changed bytes may give another sound set; they must never give an unsound one.
    let changed = (0..bytes.len()).flat_map(|position| [(position, 0xFF), (position, 1)]).map(|(position, flip)| {
        let mut changed = bytes.clone();
        changed[position] ^= flip;
        changed
    });
    let sets: Vec<_> = changed.filter_map(|bytes| RuleSet::decode(&bytes).ok()).collect();
    assert!(!sets.is_empty(), "a letter of a name may be another one");
    sets.iter().for_each(|set| set.check().expect("decoded sets are sound"));
    let mut cyclic = compiled.set.clone();
    let last = cyclic.rules[0].nodes.len() as u32 - 1;
    cyclic.rules[0].nodes[0] = Node::Not(last);
    assert!(matches!(cyclic.check(), Err(crate::RuleSetError::UnsoundRule { .. })));
}

#[test]
fn ids_are_unique_and_bounded() {
    let set = compile_text(&rule("sel:\n    F: a\ncondition: sel")).set;
    let mut twice = set.clone();
    twice.rules.push(twice.rules[0].clone());
    assert_eq!(twice.check(), Err(crate::RuleSetError::Unsound("two rules have one id")));
    for id in [String::new(), "x".repeat(limits::ID_BYTES_MAX + 1)] {
        let mut wrong = set.clone();
        wrong.rules[0].id = id;
        assert!(
            matches!(wrong.check(), Err(crate::RuleSetError::UnsoundRule { reason, .. }) if reason.contains("its id"))
        );
    }
}

#[test]
fn expressions_of_all_rules_share_a_budget() {
    // Each is within the limits for one.
    let one = |number: usize| {
        let detection = format!("sel:\n    F|re: '{number}[^a]{{2000}}x'\ncondition: sel");
        let text = rule(&detection).replace("first", &format!("rule-{number}"));
        RuleFile { path: format!("{number}.yml"), text: text.replace("windows", &format!("product-{number}")) }
    };
    let files: Vec<_> = (0..45).map(one).collect();
    let compiled = compile(&files);
    let rejected: Vec<_> = compiled.accounts.iter().filter(|account| account.rejection().is_some()).collect();
    assert!(!rejected.is_empty() && compiled.set.rules.len() > 5, "{}", compiled.set.rules.len());
    for account in rejected {
        let reason = account.rejection().unwrap_or_default();
        assert!(reason.contains(&format!("{REGEXES_BYTES_MAX} are allowed")), "{reason}");
        assert_eq!(account.line, Some(7));
    }
    // An expression that is known costs nothing more.
    let mut again = files[0].clone();
    again.text = again.text.replace("rule-0", "rule-again");
    let compiled = compile(&[files, vec![again]].concat());
    assert_eq!(compiled.accounts.last().and_then(RuleAccount::rejection), None);
}

#[test]
fn expressions_of_one_logsource_share_a_budget() {
    // Each is within the limits for one.
    let one = |number: usize, logsource: &str| {
        let detection = format!("sel:\n    F|re: 'a[ -~]{{2000}}x{number}'\ncondition: sel");
        let text = rule(&detection).replace("first", &format!("rule-{number}"));
        RuleFile { path: format!("{number}.yml"), text: text.replace("product: windows", logsource) }
    };
    let check = |logsources: [&str; 3], expected: Option<&str>| {
        let files: Vec<_> = (0..).zip(logsources).map(|(number, logsource)| one(number, logsource)).collect();
        let compiled = compile(&files);
        let rejections: Vec<_> = compiled.accounts.iter().filter_map(RuleAccount::rejection).collect();
        assert_eq!(rejections.len(), usize::from(expected.is_some()), "{logsources:?}: {rejections:?}");
        assert!(expected.is_none_or(|expected| rejections[0].contains(expected)), "{logsources:?}: {rejections:?}");
    };
    let together =
        "rules for product `windows` may take 6006 steps for each character of a record, and 5000 are allowed";
    check(["product: windows"; 3], Some(together));
    check(["product: windows", "category: process_creation", "product: windows"], Some("product `windows`"));
    check(["product: windows", "product: linux", "product: macos"], None);
}

#[test]
fn keyword_lists_as_expressions_load() {
    let one = |number: usize| {
        let detection = format!("sel:\n    F|re: '.{{0,1000}}keyword{number:04}.{{0,1000}}'\ncondition: sel");
        RuleFile { path: format!("{number}.yml"), text: rule(&detection).replace("first", &format!("rule-{number}")) }
    };
    let files: Vec<_> = (0..1_000).map(one).collect();
    let compiled = compile(&files);
    let rejections: Vec<_> = compiled.accounts.iter().filter_map(RuleAccount::rejection).collect();
    assert_eq!(rejections, Vec::<&str>::new());
    assert_eq!(compiled.set.required.len(), 1_000, "each is looked for by its literal");
}

/// Pieces that rules and pipelines are made of, and what breaks them.
fn pieces() -> impl proptest::strategy::Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "title: T\n",
        "logsource: {product: x}\n",
        "detection:\n",
        "    sel:\n",
        "        F|re: '('\n",
        "        F|contains: [a, '*']\n",
        "    condition: sel\n",
        "    condition: 1 of (\n",
        "filter:\n",
        "    rules: any\n",
        "---\n",
        "action: global\n",
        "action: repeat\n",
        "&a ",
        "*a",
        "- ",
        "? ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "|\n",
        "\t",
        "\u{feff}",
        "!!int ",
        "%x%",
        "\"",
        "'",
        "\n",
        "  ",
        "<<: *a\n",
        "transformations:\n",
        "    - {type: field_name_mapping, mapping: {F: [a, b]}}\n",
        "    - {type: nest, items: ",
        "vars: {x: 1}\n",
        "        F|windash|base64offset|expand: -a\n",
        "        F|hour|gte: 3\n",
        "é",
        "#",
        ",",
    ]);
    proptest::strategy::Strategy::prop_map(proptest::collection::vec(piece, 0..24), |pieces| pieces.concat())
}

proptest::proptest! {
    /// Whatever the files hold, each is accounted for, and what was loaded is sound.
    #[test]
    fn any_text_is_accounted_for(text in pieces(), pipeline in pieces()) {
        let rule = rule("sel:\n    F|contains: ['*a', '%x%']\n    F|expand: '%x%'\ncondition: sel");
        let file = |path: &str, text: &str| RuleFile { path: path.into(), text: text.into() };
        let pipelines = Pipeline::read(&file("pipe.yml", &pipeline)).into_iter().collect();
        let context = Context { pipelines, filters: vec![file("filter.yml", &text)], ..Context::default() };
        let compiled = compile_with(&[file("any.yml", &text), file("rule.yml", &rule)], &context);
        for path in ["any.yml", "rule.yml", "filter.yml"] {
            proptest::prop_assert!(compiled.accounts.iter().any(|account| account.file == path));
        }
        proptest::prop_assert_eq!(compiled.set.check(), Ok(()));
        proptest::prop_assert_eq!(compiled.set.rules.len(), compiled.metadata.len());
    }
}
