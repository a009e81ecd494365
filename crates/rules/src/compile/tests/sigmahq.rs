//! Every rule of SigmaHQ, where its collection is at hand.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::*;

const FOLDERS: [&str; 6] =
    ["rules", "rules-compliance", "rules-dfir", "rules-emerging-threats", "rules-placeholder", "rules-threat-hunting"];

fn rule_files(folder: &Path, found: &mut Vec<RuleFile>) {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            rule_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            let text = fs::read_to_string(&path).expect("text");
            found.push(RuleFile { path: path.display().to_string(), text });
        }
    }
}

fn all_files() -> Vec<RuleFile> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("GLASSBOX_DATA").map_or_else(beside, PathBuf::from).join("sigma");
    if !data.is_dir() {
        eprintln!("skipped: no data at {}; name its folder by GLASSBOX_DATA", data.display());
    }
    let mut files = Vec::new();
    for folder in FOLDERS.map(|name| data.join(name)).iter().filter(|folder| folder.is_dir()) {
        rule_files(folder, &mut files);
    }
    files
}

/// The name of the placeholder that a rejection asks for.
fn placeholder(reason: &str) -> Option<String> {
    Some(reason.split_once("placeholder `%")?.1.split_once("%`")?.0.to_owned())
}

#[test]
fn every_rule_loads_once_its_placeholders_have_values() {
    let files = all_files();
    let compiled = compile(&files);
    assert_eq!(compiled.accounts.len(), files.len());
    let mut context = Context::default();
    for account in &compiled.accounts {
        assert_eq!(account.warnings, Vec::<String>::new(), "{}", account.place());
        if let Some(reason) = account.rejection() {
            let name = placeholder(reason).unwrap_or_else(|| panic!("{}: {reason}", account.place()));
            context.placeholders.insert(name, vec!["some".into(), "values*".into()]);
        }
    }
    // A rule may have several placeholders, and names the first that lacks a value.
    for _ in 0..8 {
        let compiled = compile_with(&files, &context);
        let missing: Vec<String> =
            compiled.accounts.iter().filter_map(|account| account.rejection()).map(str::to_owned).collect();
        if missing.is_empty() {
            compiled.set.check().expect("a sound set");
            assert_eq!(compiled.set.rules.len(), files.len());
            return;
        }
        for reason in missing {
            let name = placeholder(&reason).unwrap_or_else(|| panic!("{reason}"));
            context.placeholders.insert(name, vec!["some".into()]);
        }
    }
    panic!("placeholders without end");
}

/// What another parser makes of a rule's selections, as ours tells it: how many, with how many lines and values.
#[test]
fn selections_agree_with_another_parser() {
    for file in all_files() {
        let theirs = rsigma_parser::parse_sigma_yaml(&file.text).expect("YAML");
        let ours = collection::read(&file.text);
        assert_eq!(theirs.rules.len(), ours.len(), "{}", file.path);
        for (their, our) in theirs.rules.iter().zip(ours) {
            let Document::Rule(our) = our else { panic!("{} was rejected: {our:?}", file.path) };
            assert_eq!(their.detection.named.len(), our.detections.selections.len(), "{}", file.path);
            for selection in &our.detections.selections {
                let items = selection.detection.items();
                let values: usize = items.iter().map(|item| item.values.len()).sum();
                let expected = counted(&their.detection.named[&selection.name]);
                assert_eq!((items.len(), values), expected, "{}: {}", file.path, selection.name);
            }
        }
    }
}

fn counted(detection: &rsigma_parser::Detection) -> (usize, usize) {
    use rsigma_parser::Detection;
    match detection {
        Detection::AllOf(items) => (items.len(), items.iter().map(|item| item.values.len()).sum()),
        Detection::Keywords(values) => (1, values.len()),
        Detection::AnyOf(parts) | Detection::And(parts) => {
            parts.iter().map(counted).fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
        }
        other => panic!("no part of Sigma 2.1: {other:?}"),
    }
}
