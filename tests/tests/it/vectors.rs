//! The vectors of `tests/vectors`, through the component: what each rule must say of each event, and why.

use std::{collections::BTreeMap, fs};

use glassbox::output::{
    Terminal,
    test_report::{self, TestReport},
};
use glassbox_conformance::rule_test::{self, Expected, Given, Options, Suite};
use glassbox_sandbox::limits::Limits;
use glassbox_tests::{runs, workspace};

/// The suite promises at least so many.
const VECTORS_MIN: usize = 300;

fn suite() -> Suite {
    let folder = workspace().join("tests/vectors");
    let suite = rule_test::read(&[folder], Limits::default().record_bytes_max).expect("the folder can be read");
    assert_eq!(suite.problems, [], "every file of vectors can be read");
    suite
}

#[test]
fn every_vector_comes_out_as_it_must() {
    let suite = suite();
    let verdicts = rule_test::run(runs::plugin(), Given::default(), &suite, Options { strict: true });
    let verdicts = verdicts.expect("the plugin starts");
    let report = TestReport::new(&suite, &verdicts, None);
    let mut text = String::new();
    test_report::report(&mut text, &report, &Terminal::plain(), false).expect("text takes everything");
    assert_eq!(report.summary.passed as usize, suite.tests.len(), "\n{text}");
}

#[test]
fn every_construct_has_a_match_its_contrary_and_an_edge() {
    let suite = suite();
    assert!(suite.tests.len() >= VECTORS_MIN, "{} vectors", suite.tests.len());
    let mut files: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for test in &suite.tests {
        let counts = files.entry(&test.file).or_default();
        match &test.expected {
            Expected::Hit(_) => counts[0] += 1,
            Expected::Titles(titles) if !titles.is_empty() => counts[0] += 1,
            Expected::Titles(_) | Expected::Quiet => counts[1] += 1,
            Expected::Rejected => counts[2] += 1,
        }
    }
    for (file, [matches, others, rejected]) in files {
        let only_rejected = matches + others == 0 && rejected > 0;
        assert!(only_rejected || (matches > 0 && others > 0), "{file}: {matches} match, {others} do not");
        let text = fs::read_to_string(file).expect("it was read before");
        assert!(only_rejected || text.contains("edge: true"), "{file} has no vector at the edge");
    }
}

#[test]
fn a_vector_that_says_otherwise_fails() {
    let mut suite = suite();
    suite.keep_only(&["vectors/modifiers/contains.yml".to_owned()]);
    for test in &mut suite.tests {
        test.evidence = None;
        test.expected = match test.expected {
            Expected::Quiet => Expected::Hit(1),
            _ => Expected::Quiet,
        };
    }
    let verdicts = rule_test::run(runs::plugin(), Given::default(), &suite, Options::default()).expect("it starts");
    let report = TestReport::new(&suite, &verdicts, None);
    assert!(!suite.tests.is_empty());
    assert_eq!(report.summary.failed as usize, suite.tests.len(), "each says the contrary of what is right");
}
