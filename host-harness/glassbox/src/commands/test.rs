//! `glassbox test`: rules held against records that must hit and records that must stay quiet.

use std::{collections::BTreeSet, fs, io};

use anyhow::Context;
use glassbox_conformance::rule_test::{self, Given, Options, Suite, TestFailure, TestedRules, Verdict};
use glassbox_deployment::PluginSource;
use glassbox_pack::Pack;
use glassbox_packs::{self as packs, Built, RuleInputs};
use glassbox_rules::RuleMetadata;

use super::{
    load::load_plugin,
    print,
    session::{read_inputs, tell_rejected},
};
use crate::{
    cli::{TestArgs, TextFormat},
    exit::{Exit, Failure, OrExit},
    output::{
        Terminal, json, junit,
        test_report::{self, TestReport, UncoveredRule},
    },
};

pub(super) fn run(args: &TestArgs) -> Result<Exit, Failure> {
    let source = args.plugin.as_deref().map_or(PluginSource::Inside, PluginSource::File);
    let plugin = load_plugin(source, &args.sandbox, args.talk)?;
    let mut suite = rule_test::read(&args.cases, plugin.limits().record_bytes_max).or_exit(Exit::Unread)?;
    suite.keep_only(&args.only);
    if suite.tests.is_empty() && suite.problems.is_empty() {
        let message = format!("no test has “{}” in its file, name or rule's id", args.only.join("” or “"));
        return Err(Failure::new(Exit::NotFound, message));
    }

    let mut under_test = UnderTest::default();
    if let Some(path) = &args.pack {
        let pack = packs::read_pack(path).or_exit(Exit::Pack)?;
        under_test.rules = packs::metadata(&Pack::parse(&pack).or_exit(Exit::Pack)?).or_exit(Exit::Pack)?;
        under_test.pack = Some(pack);
    } else if !args.rules.is_empty() {
        let inputs = read_inputs(&args.rules, &args.options, &args.sandbox)?;
        let built = rule_test::build(inputs.clone()).or_exit(Exit::Pack)?;
        tell_rejected(&built, args.talk)?;
        under_test.rules.clone_from(&built.metadata);
        under_test.pack = Some(built.bytes.clone());
        under_test.built = Some((built, inputs));
    }
    let built = under_test.built.as_ref();
    let given = Given {
        pack: under_test.pack.as_deref(),
        rules: &under_test.rules,
        accounts: built.map_or(&[], |(built, _)| &built.accounts),
        inputs: built.map(|(_, inputs)| inputs),
    };
    let verdicts = rule_test::run(&plugin, given, &suite, Options { strict: args.strict }).or_exit(Exit::Plugin)?;
    let uncovered = args.uncovered.then(|| uncovered(&under_test.rules, &suite));
    let report = TestReport::new(&suite, &verdicts, uncovered);
    if let Some(path) = &args.junit {
        let document = junit::document(&report)?;
        fs::write(path, document).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    match args.format {
        TextFormat::Json => json::write_pretty(&mut io::stdout().lock(), &report)?,
        TextFormat::Text => {
            let mut text = String::new();
            // Writing to a string cannot fail.
            let _ = test_report::report(&mut text, &report, &Terminal::of_stdout(), args.talk.verbose);
            print(&text)?;
        }
    }
    exit_of(args, &suite, &verdicts)
}

/// The rules under test.
#[derive(Default)]
struct UnderTest {
    pack: Option<Vec<u8>>,
    rules: Vec<RuleMetadata>,
    built: Option<(Built, RuleInputs)>,
}

/// Rules that no test is about.
fn uncovered<'a>(rules: &'a [RuleMetadata], suite: &Suite) -> Vec<UncoveredRule<'a>> {
    let covered: BTreeSet<&str> = suite
        .tests
        .iter()
        .filter_map(|test| match &test.subject {
            TestedRules::Given(id) => Some(id.as_str()),
            TestedRules::Inline(_) => None,
        })
        .collect();
    let rules = rules.iter().filter(|rule| !covered.contains(rule.id.as_str()));
    rules.map(|rule| UncoveredRule { id: &rule.id, title: &rule.title, file: &rule.file }).collect()
}

/// The worst that happened.
fn exit_of(args: &TestArgs, suite: &Suite, verdicts: &[Verdict]) -> Result<Exit, Failure> {
    let is_fault = |verdict: &Verdict| matches!(verdict, Verdict::Failed(failure) if matches!(**failure, TestFailure::Fault { .. }));
    if verdicts.iter().any(is_fault) {
        return Ok(Exit::Faulted);
    }
    if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Failed(_))) {
        return Ok(Exit::TestsFailed);
    }
    if !suite.problems.is_empty() {
        return Ok(Exit::Unread);
    }
    if verdicts.iter().all(|verdict| *verdict == Verdict::Skipped) {
        let message = match (&args.pack, args.rules.as_slice()) {
            (None, []) => "every test is about a rule, and none are given; name files or folders of rules",
            _ => "no test is about a rule that is given; name the rules' own files, or the tests' own folder",
        };
        return Err(Failure::new(Exit::NotFound, message));
    }
    Ok(Exit::Done)
}
