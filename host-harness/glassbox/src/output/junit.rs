//! The verdicts of rule tests in the XML that build servers read: one suite a file, one case a test.
//!
//! No times are written: the same run gives the same bytes.

use glassbox_explain::clean::clean;
use glassbox_source::Problem;
use serde::Serialize;

use crate::output::{
    Terminal,
    test_report::{TestReport, TestView, write_failure},
};

#[derive(Serialize)]
#[serde(rename = "testsuites")]
struct Suites {
    #[serde(rename = "@name")]
    name: &'static str,
    #[serde(rename = "@tests")]
    tests: u64,
    #[serde(rename = "@failures")]
    failures: u64,
    #[serde(rename = "@errors")]
    errors: u64,
    #[serde(rename = "@skipped")]
    skipped: u64,
    #[serde(rename = "testsuite")]
    suites: Vec<Suite>,
}

#[derive(Default, Serialize)]
struct Suite {
    #[serde(rename = "@name")]
    name: String,
    #[serde(rename = "@tests")]
    tests: u64,
    #[serde(rename = "@failures")]
    failures: u64,
    #[serde(rename = "@errors")]
    errors: u64,
    #[serde(rename = "@skipped")]
    skipped: u64,
    #[serde(rename = "testcase")]
    cases: Vec<Case>,
}

#[derive(Serialize)]
struct Case {
    #[serde(rename = "@name")]
    name: String,
    #[serde(rename = "@classname")]
    class: String,
    #[serde(rename = "@file")]
    file: String,
    #[serde(rename = "@line")]
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Trouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Trouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<Skipped>,
}

#[derive(Serialize)]
struct Trouble {
    #[serde(rename = "@message")]
    message: String,
    #[serde(rename = "$text")]
    text: String,
}

#[derive(Serialize)]
struct Skipped {
    #[serde(rename = "@message")]
    message: &'static str,
}

/// The report as a document.
///
/// # Errors
/// Never: what is written has the form of XML by its types.
pub fn document(report: &TestReport<'_>) -> anyhow::Result<String> {
    let mut suites: Vec<Suite> = Vec::new();
    for test in &report.tests {
        let suite = match suites.last_mut() {
            Some(last) if last.name == *clean(test.file) => last,
            _ => {
                suites.push(Suite { name: clean(test.file).into_owned(), ..Suite::default() });
                suites.last_mut().expect("one was just added")
            }
        };
        suite.tests += 1;
        suite.failures += u64::from(test.failure.is_some());
        suite.skipped += u64::from(test.verdict == "skipped");
        suite.cases.push(case(test));
    }
    suites.extend(report.problems.iter().map(unusable));
    let document = Suites {
        name: "glassbox test",
        tests: suites.iter().map(|suite| suite.tests).sum(),
        failures: report.summary.failed,
        errors: report.problems.len() as u64,
        skipped: report.summary.skipped,
        suites,
    };
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut serializer = quick_xml::se::Serializer::new(&mut text);
    serializer.indent(' ', 2);
    document.serialize(serializer)?;
    text.push('\n');
    Ok(text)
}

fn case(test: &TestView<'_>) -> Case {
    let failure = test.failure.map(|failure| {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write_failure(&mut text, failure, &Terminal::plain());
        Trouble { message: clean(&failure.to_string()).into_owned(), text }
    });
    let skipped = (test.verdict == "skipped").then_some(Skipped { message: "its rule is not among those given" });
    let class = clean(test.rule.unwrap_or(test.file)).into_owned();
    let (name, file) = (clean(test.name).into_owned(), clean(test.file).into_owned());
    Case { name, class, file, line: test.line, failure, error: None, skipped }
}

/// A file that cannot be used, as a suite of one test that could not be run.
fn unusable(Problem { source, what }: &Problem) -> Suite {
    let (source, what) = (clean(source).into_owned(), clean(what).into_owned());
    let error = Some(Trouble { message: what.clone(), text: what });
    let (name, file, class) = ("the file of tests".to_owned(), source.clone(), source.clone());
    let case = Case { name, class, file, line: 1, failure: None, error, skipped: None };
    Suite { name: source, tests: 1, errors: 1, cases: vec![case], ..Suite::default() }
}
