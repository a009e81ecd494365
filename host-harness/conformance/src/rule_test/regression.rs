//! SigmaHQ's regression data: an `info.yml` names a rule, and files of records that must hit it.
//!
//! How many must is taken from SigmaHQ's own runner, which asks for one hit and reads no further, and from the
//! conventions, where `match_count` is how many are expected: at least so many. A run that is strict wants exactly so many.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use glassbox_finding::Logsource;
use glassbox_report::SourceRecord;
use glassbox_source::{Input, Ledger, Records};
use serde::Deserialize;

use super::{Expected, RuleTest, Suite, TestedRules, suite::FileError};

/// An `info.yml`. It has more to say, to people.
#[derive(Deserialize)]
struct Info {
    rule_metadata: Vec<RuleId>,
    #[serde(default)]
    regression_tests_info: Option<Vec<RegressionTest>>,
}

#[derive(Deserialize)]
struct RuleId {
    id: String,
}

#[derive(Deserialize)]
struct RegressionTest {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    match_count: Option<u64>,
    path: String,
}

/// Adds the tests of an `info.yml` to a suite. One without tests is counted there.
///
/// # Errors
/// What is wrong with the file, where, and the way out.
pub(super) fn read(suite: &mut Suite, file: &Path, text: &str, record_bytes_max: usize) -> Result<(), FileError> {
    let name = file.display().to_string();
    let info: Info = yaml_serde::from_str(text)?;
    let [RuleId { id }] = info.rule_metadata.as_slice() else {
        let what = format!("`rule_metadata` names {} rules, and a test is about one", info.rule_metadata.len());
        return Err(FileError { line: None, what });
    };
    let tests = info.regression_tests_info.unwrap_or_default();
    if tests.is_empty() {
        suite.without_tests.push(name);
        return Ok(());
    }
    let is_name = |line: &str| line.trim_start_matches([' ', '-']).starts_with("name:");
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| is_name(line));
    for test in tests {
        let line = lines.next().map_or(1, |(line, _)| line);
        let wrong = |what: String| FileError { line: Some(line), what: format!("`{}`: {what}", test.name) };
        let path = records_path(file, &test).map_err(wrong)?;
        let records = records(&path, record_bytes_max).map_err(wrong)?;
        suite.tests.push(RuleTest {
            file: name.clone(),
            line,
            name: format!("{}: {}", folder_name(file), test.name),
            subject: TestedRules::Given(id.to_lowercase()),
            // An event log says itself what wrote it; so must its JSON.
            logsource: (test.kind == "evtx").then(Logsource::default),
            source: path.display().to_string(),
            records,
            expected: match test.match_count {
                Some(0) => Expected::Quiet,
                count => Expected::Hit(count.unwrap_or_default()),
            },
            evidence: None,
        });
    }
    Ok(())
}

/// All records of a file.
fn records(path: &Path, record_bytes_max: usize) -> Result<Vec<SourceRecord>, String> {
    let input = Input::File { name: path.display().to_string(), path: path.to_owned() };
    let ledger = Arc::new(Ledger::default());
    let records = Records::new(vec![input], record_bytes_max, Arc::clone(&ledger));
    let records = records.collect::<Result<Vec<_>, _>>().map_err(|error| format!("{error:#}"))?;
    if let Some(problem) = ledger.problems().into_iter().next() {
        return Err(format!("{}: {}", problem.source, problem.what));
    }
    if records.is_empty() {
        return Err(format!("{} holds no records", path.display()));
    }
    Ok(records)
}

/// The folder that the test lies in is called as its rule's file.
fn folder_name(file: &Path) -> String {
    file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
}

/// Where a test's records are. Its path is meant from the root of the collection, which is some folder above; where no such
/// path exists, the file lies beside. An event log is read by the JSON of the same name beside it.
fn records_path(file: &Path, test: &RegressionTest) -> Result<PathBuf, String> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let stated = Path::new(&test.path);
    let beside = folder.join(stated.file_name().unwrap_or_default());
    let candidates = folder.ancestors().map(|root| root.join(stated)).chain([beside]);
    let is_event_log = |path: &Path| path.extension().is_some_and(|it| it.eq_ignore_ascii_case("evtx"));
    let mut log_seen = None;
    for candidate in candidates {
        if !is_event_log(&candidate) {
            if candidate.is_file() {
                return Ok(candidate);
            }
            continue;
        }
        let json = ["json", "jsonl", "ndjson"].map(|extension| candidate.with_extension(extension));
        if let Some(json) = json.into_iter().find(|path| path.is_file()) {
            return Ok(json);
        }
        if candidate.is_file() {
            log_seen = Some(candidate);
        }
    }
    Err(match log_seen {
        Some(log) => format!(
            "its records are in {}, which is binary; put their JSON beside it, such as evtx_dump writes: \
             evtx_dump -o jsonl --dont-show-record-number {} > {}",
            log.display(),
            log.display(),
            log.with_extension("json").display()
        ),
        None => format!(
            "`path: {}` is neither below a folder above this file nor beside it; correct the path, or add the file",
            test.path
        ),
    })
}
