//! The verdicts of rule tests: in words, as JSON, and the numbers that both begin with.

use std::{
    collections::BTreeSet,
    fmt::{self, Write},
};

use glassbox_conformance::rule_test::{ExpectedEvidence, Nearest, RuleTest, Suite, TestFailure, TestedRules, Verdict};
use glassbox_explain::{
    clean::{clean, shorten},
    numbers::{counted, grouped},
    predicate,
};
use glassbox_source::Problem;
use serde::Serialize;

use crate::output::{Terminal, terminal::Style, why_not};

/// Characters of a quoted text.
const QUOTE_CHARACTERS_MAX: usize = 160;

/// Fields of a record of which nothing held.
const FIELDS_MAX: usize = 12;

/// A run of tests as it is written.
#[derive(Serialize)]
pub struct TestReport<'a> {
    /// How many of what.
    pub summary: TestSummary,
    /// Each test, in the order of their files.
    pub tests: Vec<TestView<'a>>,
    /// Files of tests that cannot be used.
    pub problems: &'a [Problem],
    /// Files that name a rule and no test.
    pub without_tests: &'a [String],
    /// Rules under test that no test is about; none where they were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncovered: Option<Vec<UncoveredRule<'a>>>,
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TestSummary {
    /// Files with tests.
    pub files: u64,
    /// Tests run or skipped.
    pub tests: u64,
    /// Tests whose rules say what they must.
    pub passed: u64,
    /// Tests whose rules do not.
    pub failed: u64,
    /// Tests whose rule is not among those given.
    pub skipped: u64,
    /// Passed tests of which more records hit than they state.
    pub more_than_stated: u64,
}

/// One test as it is written.
#[derive(Serialize)]
pub struct TestView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its file.
    pub file: &'a str,
    /// Its line.
    pub line: u64,
    /// The id of its rule, where it is one of those given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'a str>,
    /// `passed`, `failed` or `skipped`.
    pub verdict: &'static str,
    /// Records that hit, where more do than the test states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_than_stated: Option<u64>,
    /// How it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<&'a TestFailure>,
}

/// A rule that no test is about.
#[derive(Serialize)]
pub struct UncoveredRule<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its file.
    pub file: &'a str,
}

impl<'a> TestReport<'a> {
    /// Joins tests with their verdicts, one each.
    #[must_use]
    pub fn new(suite: &'a Suite, verdicts: &'a [Verdict], uncovered: Option<Vec<UncoveredRule<'a>>>) -> Self {
        let tests: Vec<_> = suite.tests.iter().zip(verdicts).map(|(test, verdict)| view(test, verdict)).collect();
        let count = |word: &str| tests.iter().filter(|test| test.verdict == word).count() as u64;
        let summary = TestSummary {
            files: suite.files,
            tests: tests.len() as u64,
            passed: count("passed"),
            failed: count("failed"),
            skipped: count("skipped"),
            more_than_stated: tests.iter().filter(|test| test.more_than_stated.is_some()).count() as u64,
        };
        Self { summary, tests, problems: &suite.problems, without_tests: &suite.without_tests, uncovered }
    }
}

fn view<'a>(test: &'a RuleTest, verdict: &'a Verdict) -> TestView<'a> {
    let (word, more_than_stated, failure) = match verdict {
        Verdict::Passed { more } => ("passed", *more, None),
        Verdict::Failed(failure) => ("failed", None, Some(&**failure)),
        Verdict::Skipped => ("skipped", None, None),
    };
    let rule = match &test.subject {
        TestedRules::Given(id) => Some(id.as_str()),
        TestedRules::Inline(_) => None,
    };
    TestView { name: &test.name, file: &test.file, line: test.line, rule, verdict: word, more_than_stated, failure }
}

/// Writes failures, what else deserves a word, and the numbers. `verbose` tells of every test.
///
/// # Errors
/// Never, when writing to a string.
pub fn report(out: &mut dyn Write, report: &TestReport<'_>, terminal: &Terminal, verbose: bool) -> fmt::Result {
    for test in &report.tests {
        match (test.failure, test.more_than_stated) {
            (Some(failure), _) => {
                let mark = terminal.paint(Style::High, "✗");
                writeln!(out, "{mark} {}:{} {}", clean(test.file), test.line, clean(test.name))?;
                write_failure(out, failure, terminal)?;
            }
            (None, _) if !verbose => {}
            (None, more) => {
                let mark = if test.verdict == "skipped" { "-" } else { "✓" };
                let more = more.map_or_else(String::new, |hits| format!(" ({hits} records hit, more than it states)"));
                writeln!(out, "{mark} {}:{} {}{more}", clean(test.file), test.line, clean(test.name))?;
            }
        }
    }
    for Problem { source, what } in report.problems {
        let mark = terminal.paint(Style::High, "✗");
        writeln!(out, "{mark} {}: {}", clean(source), clean(what))?;
    }
    if verbose {
        for file in report.without_tests {
            writeln!(out, "- {} names a rule and no test", clean(file))?;
        }
    }
    if let Some(uncovered) = &report.uncovered {
        for rule in uncovered {
            writeln!(out, "{}  {}  {}", clean(rule.id), clean(rule.file), clean(rule.title))?;
        }
        writeln!(out, "{} without a test", counted(uncovered.len() as u64, "rule"))?;
    }
    let TestSummary { files, tests, passed, failed, skipped, more_than_stated } = report.summary;
    let mut line = format!(
        "{} of {}: {} passed, {} failed",
        counted(tests, "test"),
        counted(files, "file"),
        grouped(passed),
        grouped(failed)
    );
    if skipped > 0 {
        let _ = write!(line, ", {} skipped as their rule is not among those given", grouped(skipped));
    }
    if !report.problems.is_empty() {
        let _ = write!(line, "; {} unusable", counted(report.problems.len() as u64, "file"));
    }
    let bad = failed > 0 || !report.problems.is_empty();
    writeln!(out, "{}", terminal.paint(if bad { Style::High } else { Style::Good }, &line))?;
    if more_than_stated > 0 {
        let verb = if more_than_stated == 1 { "has" } else { "have" };
        writeln!(
            out,
            "{} {verb} more records that hit than are stated; --verbose names them, --strict fails them",
            counted(more_than_stated, "passed test")
        )?;
    }
    Ok(())
}

/// How a test failed, in lines that stand below its name.
///
/// # Errors
/// Never, when writing to a string.
pub fn write_failure(out: &mut dyn Write, failure: &TestFailure, terminal: &Terminal) -> fmt::Result {
    writeln!(out, "    {}", clean(&failure.to_string()))?;
    match failure {
        TestFailure::Missed { nearest: Some(nearest), .. } => write_nearest(out, nearest, terminal),
        TestFailure::Unexpected { evidence, .. } => evidence.iter().try_for_each(|evidence| {
            let told = ExpectedEvidence::from(evidence);
            let field = told.field.as_deref().map_or("any value".into(), clean);
            let predicate = predicate::in_words(&evidence.predicate);
            writeln!(out, "    · {}: {field} {predicate}", clean(&evidence.selection))?;
            match told.text {
                Some(text) => writeln!(out, "        it is: {}", clean(&shorten(&text, QUOTE_CHARACTERS_MAX))),
                None => writeln!(out, "        the record has no such field"),
            }
        }),
        TestFailure::OtherEvidence { evidence, wanted } => {
            let (evidence, wanted): (BTreeSet<_>, BTreeSet<_>) = (evidence.iter().collect(), wanted.iter().collect());
            wanted.difference(&evidence).try_for_each(|it| writeln!(out, "    - {}", clean(&it.to_string())))?;
            evidence.difference(&wanted).try_for_each(|it| writeln!(out, "    + {}", clean(&it.to_string())))
        }
        _ => Ok(()),
    }
}

/// What the record that came nearest lacks, and what it has instead.
fn write_nearest(out: &mut dyn Write, nearest: &Nearest, terminal: &Terminal) -> fmt::Result {
    let logsource = match why_not::logsource(&nearest.logsource) {
        text if text.is_empty() => "nothing that tells".to_owned(),
        text => text,
    };
    let held = match &nearest.miss {
        _ if !nearest.suppressed_by.is_empty() => {
            let filters: Vec<_> = nearest.suppressed_by.iter().map(|filter| format!("“{}”", clean(filter))).collect();
            format!("it hits, and the filter {} suppresses it", filters.join(", "))
        }
        Some(miss) => format!("{} of {} parts held", miss.held, miss.needed),
        None => "no part held".to_owned(),
    };
    let other = if nearest.considered { "" } else { "; the rule is about another logsource" };
    writeln!(out, "    nearest is {}, from {logsource}: {held}{other}", clean(&nearest.record))?;
    if let Some(miss) = &nearest.miss {
        return miss.failed.iter().try_for_each(|failed| why_not::failed_predicate(out, failed, None, terminal));
    }
    for field in nearest.fields.iter().take(FIELDS_MAX) {
        let name = clean(&field.name);
        match &field.text {
            Some(text) => writeln!(out, "        {name} is: {}", clean(&shorten(text, QUOTE_CHARACTERS_MAX)))?,
            None => writeln!(out, "        the record has no {name}")?,
        }
    }
    Ok(())
}
