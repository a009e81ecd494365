//! Other engines on rules and events of small alphabets: where they are known to differ, case by case and with the
//! specification's words; everywhere else they must agree.

use arbitrary::{Arbitrary, Unstructured};
use glassbox_finding::Logsource;
use glassbox_oracle::{
    engine,
    ground::{Ground, RSIGMA, RSIGMA_FIELDS, SIGMA_RUST},
    naive,
    rivals::{Rsigma, SigmaRust},
    sigma::{CATEGORY, Case},
};
use glassbox_rules::compile::RuleFile;
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::Value as Json;

/// What an engine says of one rule and one event: it holds, it does not, or the rule is refused.
type Said = Option<bool>;

const HOLDS: Said = Some(true);
const FAILS: Said = Some(false);
const REFUSED: Said = None;

/// Why we say what we say.
enum Words {
    /// The specification's rules document, version 2.1, in short quotation.
    Specification(&'static str),
    /// The specification is silent: the decision in the table of `glassbox_rules`.
    Decision(&'static str),
}
use Words::{Decision, Specification};

/// A construct that not all engines take in the same way: detection, event, what each says.
struct Difference {
    detection: &'static str,
    event: &'static str,
    ours: Said,
    rsigma: Said,
    sigma_rust: Said,
    words: Words,
}

const fn differs(
    detection: &'static str,
    event: &'static str,
    [ours, rsigma, sigma_rust]: [Said; 3],
    words: Words,
) -> Difference {
    Difference { detection, event, ours, rsigma, sigma_rust, words }
}

const DIFFERENCES: &[Difference] = &[
    differs(
        r#"{"s":{"F|endswith":"1?"},"condition":"s"}"#,
        r#"{"F":"0x10"}"#,
        [HOLDS, FAILS, HOLDS],
        Specification("endswith: the value is expected at the end of the field's content"),
    ),
    differs(
        r#"{"s":{"F|startswith":"?a"},"condition":"s"}"#,
        r#"{"F":"bac"}"#,
        [HOLDS, FAILS, HOLDS],
        Specification("startswith: the value is expected at the beginning of the field's content"),
    ),
    differs(
        r#"{"k":["word"],"condition":"k"}"#,
        r#"{"F":"some words"}"#,
        [HOLDS, HOLDS, FAILS],
        Specification("searching for keywords across an entire event"),
    ),
    differs(
        r#"{"k":["1"],"condition":"k"}"#,
        r#"{"F":1}"#,
        [HOLDS, FAILS, HOLDS],
        Specification("searching for keywords across an entire event"),
    ),
    differs(
        r#"{"s":{"F":null},"condition":"s"}"#,
        r#"{"G":1}"#,
        [HOLDS, HOLDS, FAILS],
        Specification("a null value is defined with null; negated, it says not null"),
    ),
    differs(
        r#"{"s":{"F":null},"condition":"s"}"#,
        r#"{"F":[null,"a"]}"#,
        [HOLDS, FAILS, FAILS],
        Decision("a list in the record holds when any element does"),
    ),
    differs(
        r#"{"s":{"F|exists":true},"condition":"s"}"#,
        r#"{"F":null}"#,
        [HOLDS, FAILS, HOLDS],
        Specification("exists verifies the presence of a field, not its value, be it empty or null"),
    ),
    differs(
        r#"{"s":{"F|exists":true},"condition":"s"}"#,
        r#"{"F":[]}"#,
        [FAILS, HOLDS, HOLDS],
        Decision("a list in the record holds when any element does, and there is none"),
    ),
    differs(
        r#"{"s":{"F|neq":"a"},"condition":"s"}"#,
        r#"{"F":null}"#,
        [HOLDS, HOLDS, REFUSED],
        Decision("neq negates its line, so an absent field satisfies it"),
    ),
    differs(
        r#"{"s":{"F|neq":"a"},"condition":"s"}"#,
        r#"{"G":"b"}"#,
        [HOLDS, FAILS, REFUSED],
        Decision("neq negates its line, so an absent field satisfies it"),
    ),
    differs(
        r#"{"s":{"F":1},"condition":"s"}"#,
        r#"{"F":"1"}"#,
        [HOLDS, HOLDS, FAILS],
        Decision("numbers and booleans are compared as text"),
    ),
    differs(
        r#"{"s":{"F":1},"condition":"s"}"#,
        r#"{"F":1.0}"#,
        [HOLDS, HOLDS, FAILS],
        Decision("a whole number is compared as one, with or without a fraction of zeros"),
    ),
    differs(
        r#"{"s":{"F":true},"condition":"s"}"#,
        r#"{"F":"1"}"#,
        [FAILS, HOLDS, FAILS],
        Decision("numbers and booleans are compared as text"),
    ),
    differs(
        r#"{"s":{"F":"true"},"condition":"s"}"#,
        r#"{"F":["true","x"]}"#,
        [HOLDS, HOLDS, FAILS],
        Decision("a list in the record holds when any element does"),
    ),
    differs(
        r#"{"s":{"F|gt":1},"condition":"s"}"#,
        r#"{"F":"0x10"}"#,
        [HOLDS, FAILS, FAILS],
        Decision("gt gte lt lte compare numbers exactly, as Windows writes them too"),
    ),
    differs(
        r#"{"s":{"F|gt":1},"condition":"s"}"#,
        r#"{"F":"10"}"#,
        [HOLDS, HOLDS, FAILS],
        Decision("numbers that come as strings are numbers"),
    ),
    differs(
        r#"{"s":{"F|cidr":"10.0.0.0/8"},"condition":"s"}"#,
        r#"{"F":"::ffff:10.1.0.9"}"#,
        [HOLDS, FAILS, FAILS],
        Specification("cidr supports both IPv4 and IPv6 notations"),
    ),
    differs(
        r#"{"s":{"F|cidr":"fe80::/10"},"condition":"s"}"#,
        r#"{"F":"fe80::1%3"}"#,
        [HOLDS, FAILS, FAILS],
        Specification("cidr supports both IPv4 and IPv6 notations"),
    ),
    differs(
        r#"{"s":{"F|fieldref":"G"},"condition":"s"}"#,
        r#"{"F":null,"G":null}"#,
        [FAILS, HOLDS, HOLDS],
        Decision("an absent field satisfies nothing but null and exists: false"),
    ),
    differs(
        r#"{"s":{"F|fieldref":"G"},"condition":"s"}"#,
        r#"{"F":"a","G":["b","a"]}"#,
        [HOLDS, FAILS, FAILS],
        Decision("a list in the record holds when any element does"),
    ),
    differs(
        r#"{"s":{"F|fieldref":"G"},"condition":"s"}"#,
        r#"{"F":"a","G":"A"}"#,
        [HOLDS, HOLDS, FAILS],
        Specification("default Sigma behavior is case-insensitive matching"),
    ),
    differs(
        r#"{"s":{"F|windash|contains":" /x"},"condition":"s"}"#,
        r#"{"F":"a -x"}"#,
        [HOLDS, FAILS, HOLDS],
        Specification("windash converts the characters interchangeably and uses all possible permutations"),
    ),
    differs(
        r#"{"s":{"F|re|i":"a"},"condition":"s"}"#,
        r#"{"F":"A"}"#,
        [HOLDS, HOLDS, REFUSED],
        Specification("i: to enable case-insensitive matching"),
    ),
    differs(
        r#"{"s":{"F|neq":"a"},"condition":"s"}"#,
        r#"{"F":"b"}"#,
        [HOLDS, HOLDS, REFUSED],
        Specification("neq: the field is different from the specified values"),
    ),
    differs(
        r#"{"s":{"F":"a"},"_t":{"F":"b"},"condition":"1 of them"}"#,
        r#"{"F":"b"}"#,
        [FAILS, FAILS, HOLDS],
        Specification("across all defined search identifiers not starting with an underscore"),
    ),
    differs(
        r#"{"k":{"|all":["a","b"]},"condition":"k"}"#,
        r#"{"F":"a","G":"b"}"#,
        [HOLDS, FAILS, FAILS],
        Specification("searching for keywords across an entire event; to have an and operator, we use '|all'"),
    ),
];

fn text(detection: &str) -> String {
    format!(r#"{{"title":"made","id":"0","logsource":{{"category":"{CATEGORY}"}},"detection":{detection}}}"#)
}

fn ours(rule: &str, event: &Json) -> Said {
    let (mut engine, rejected) = engine::of_rules(&[RuleFile { path: "made.yml".to_owned(), text: rule.to_owned() }]);
    let hint = Logsource { category: Some(CATEGORY.to_owned()), ..Logsource::default() };
    let record = event.to_string();
    let found = engine.findings(&hint, &[record.as_bytes()]);
    rejected.is_empty().then(|| found[0].is_some())
}

fn rsigma(rule: &str, event: &Json) -> Said {
    let engine = Rsigma::new([rule]);
    (!engine.loaded.is_empty()).then(|| !engine.hits(event).is_empty())
}

fn sigma_rust(rule: &str, event: &Json) -> Said {
    let engine = SigmaRust::new([rule]);
    (!engine.loaded().is_empty()).then(|| !engine.hits(event).is_empty())
}

#[test]
fn known_differences_are_as_they_are_told() {
    let mut wrong = Vec::new();
    for Difference { detection, event: record, ours: our_answer, rsigma: theirs, sigma_rust: others, words } in
        DIFFERENCES
    {
        let (rule, event): (String, Json) = (text(detection), record.parse().expect("an event"));
        let told = [*our_answer, *theirs, *others];
        let said = [ours(&rule, &event), rsigma(&rule, &event), sigma_rust(&rule, &event)];
        let (Specification(words) | Decision(words)) = words;
        assert!(told[1] != told[0] || told[2] != told[0], "{detection} on {record}: no difference is told");
        if said != told {
            wrong.push(format!("{detection} on {record} ({words})\n  told {told:?}\n  said {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Compares on the ground that an engine shares; counts what held, so that agreement says something.
fn agrees_on(ground: Ground, asked: fn(&str, &Json) -> Said, cases: u32) {
    let config =
        ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(0), ..ProptestConfig::default() };
    let (mut pairs, mut held) = (0, 0);
    let counts = std::cell::RefCell::new((&mut pairs, &mut held));
    proptest!(config, |(bytes in prop::collection::vec(any::<u8>(), 64..768))| {
        let Ok(case) = Case::arbitrary(&mut Unstructured::new(&bytes)) else { return Ok(()) };
        let case = ground.narrow(&case);
        for rule in case.rules.iter().filter(|rule| rule.category == CATEGORY) {
            let text = rule.to_yaml("0");
            for event in &case.events {
                let expected = naive::holds(rule, event);
                let said = asked(&text, event);
                prop_assert_eq!(said, Some(expected), "{}\n{}", text, event);
                let mut counts = counts.borrow_mut();
                *counts.0 += 1;
                *counts.1 += usize::from(expected);
            }
        }
    });
    assert!(pairs > cases as usize && held * 10 > pairs, "{held} of {pairs} pairs held");
}

#[test]
fn rsigma_agrees_on_common_ground() {
    agrees_on(RSIGMA, rsigma, 1_500);
    agrees_on(RSIGMA_FIELDS, rsigma, 500);
}

#[test]
fn sigma_rust_agrees_on_common_ground() {
    agrees_on(SIGMA_RUST, sigma_rust, 1_500);
}

#[test]
fn we_agree_with_ourselves_on_it() {
    agrees_on(RSIGMA, ours, 300);
}
