//! SigmaHQ's own tests: for each of 146 rules, records that must hit it. Without the sandbox, for speed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use glassbox_finding::Logsource;
use glassbox_tests::{data, native, packs};
use host_harness::{limits::Limits, source::Framer};

/// One test.
struct Regression {
    name: String,
    rule: String,
    /// Records that hit; where none is stated, at least one does.
    matches: Option<usize>,
    records: PathBuf,
}

/// Tests that state one match, and whose records beyond the first satisfy the rule as plainly: three tools dropped,
/// three values set below the key, two values of the list set.
const MORE_THAN_STATED: [(&str, usize); 3] = [
    ("file_event_win_cred_dump_tools_dropped_files", 3),
    ("registry_set_change_security_zones", 3),
    ("registry_set_disable_administrative_share", 2),
];

impl Regression {
    /// The test described by an `info.yml`; none where no JSON lies beside it.
    fn read(info: &Path) -> Option<Self> {
        let folder = info.parent()?;
        let name = folder.file_name()?.to_string_lossy().into_owned();
        let text = fs::read_to_string(info).expect("a file");
        // The rule's id is the one below `rule_metadata`; the first in the file is the test's own.
        let value = |after: &str, key: &str| {
            let (_, rest) = text.split_once(after)?;
            let line = rest.lines().find_map(|line| line.trim_start_matches([' ', '-']).strip_prefix(key))?;
            Some(line.trim().trim_matches('\'').to_owned())
        };
        let rule = value("rule_metadata:", "id:").unwrap_or_else(|| panic!("{name}: no rule"));
        let stated = value("regression_tests_info:", "match_count:").map(|count| count.parse().expect("a number"));
        let more = MORE_THAN_STATED.iter().find(|(more, _)| *more == name).map(|&(_, count)| count);
        let beside = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let Some(records) = beside.filter(|path| path.extension().is_some_and(|it| it == "json")).min() else {
            eprintln!("{name}: no records in JSON");
            return None;
        };
        Some(Self { name, rule, matches: more.or(stated), records })
    }
}

/// Every `info.yml` below a folder, in order.
fn infos(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut entries: Vec<PathBuf> = entries.collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            infos(&path, found);
        } else if path.ends_with("info.yml") {
            found.push(path);
        }
    }
}

#[test]
fn every_rule_hits_what_its_authors_say() {
    let Some(data) = data::folder() else { return };
    let mut found = Vec::new();
    infos(&data.join("sigma/regression_data"), &mut found);
    let tests: Vec<_> = found.iter().filter_map(|info| Regression::read(info)).collect();
    assert!(tests.len() >= 146, "{} tests", tests.len());
    let mut detector = native::detector(&packs::sigma_all(&data).bytes);
    let mut failed = Vec::new();
    for Regression { name, rule, matches, records } in &tests {
        let file = fs::File::open(records).expect("a file");
        let framer = Framer::open(file, Limits::default().record_bytes_max).expect("JSON");
        let records: Vec<_> = framer.map(|framed| framed.bytes).collect();
        let native = native::run(&mut detector, &Logsource::default(), &records, 100);
        let hits = native.findings.iter().filter(|it| native::rules(it.as_ref()).contains(rule.as_str())).count();
        if matches.map_or(hits == 0, |matches| hits != matches) {
            failed.push(format!("{name}: {hits} hits in {} records, {matches:?} stated", records.len()));
        }
    }
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), tests.len(), failed.join("\n"));
}
