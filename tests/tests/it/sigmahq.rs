//! Every rule of SigmaHQ: each loads, and another parser reads it as we do.

use std::collections::BTreeMap;

use glassbox_packs::read_rule_files;
use glassbox_rules::compile::{Compiled, Context, RuleFile, compile_with};
use glassbox_tests::{data, packs};

fn files() -> Vec<RuleFile> {
    let sigma = data::folder().join("sigma");
    let folders = packs::SIGMA_FOLDERS.map(|folder| sigma.join(folder));
    let files = read_rule_files(&folders).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(files.len() > 3_500, "{} files", files.len());
    files.into_iter().map(|named| named.file).collect()
}

/// The name of the placeholder that a rejection asks for.
fn placeholder(reason: &str) -> Option<String> {
    Some(reason.split_once("placeholder `%")?.1.split_once("%`")?.0.to_owned())
}

/// All rules, with a value for every placeholder.
fn compiled(files: &[RuleFile]) -> Compiled {
    let mut context = Context::default();
    // A rule may have several placeholders, and names the first that lacks a value.
    for _ in 0..8 {
        let compiled = compile_with(files, &context);
        let missing: Vec<&str> = compiled.accounts.iter().filter_map(|account| account.rejection()).collect();
        if missing.is_empty() {
            return compiled;
        }
        for reason in missing {
            let name = placeholder(reason).unwrap_or_else(|| panic!("{reason}"));
            context.placeholders.insert(name, vec!["some".into()]);
        }
    }
    panic!("placeholders without end");
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn every_rule_loads_once_its_placeholders_have_values() {
    let files = files();
    let compiled = compiled(&files);
    assert_eq!(compiled.accounts.len(), files.len());
    for account in &compiled.accounts {
        assert_eq!(account.warnings, Vec::<String>::new(), "{}", account.place());
    }
    compiled.set.check().expect("a sound set");
    assert_eq!(compiled.set.rules.len(), files.len());
}

/// What another parser makes of a rule's selections: with how many lines and values.
#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn selections_agree_with_another_parser() {
    let files = files();
    let compiled = compiled(&files);
    let mut ours: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, metadata) in compiled.metadata.iter().enumerate() {
        ours.entry(metadata.file.as_str()).or_default().push(position);
    }
    let mut compared = 0;
    for RuleFile { path, text } in &files {
        let theirs = rsigma_parser::parse_sigma_yaml(text).expect("YAML");
        let ours = ours.get(path.as_str()).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(theirs.rules.len(), ours.len(), "{path}");
        for (their, &our) in theirs.rules.iter().zip(ours) {
            let our = &compiled.set.rules[our];
            for (selection, name) in our.selections.iter().enumerate() {
                let items = our.items.iter().filter(|item| item.selection as usize == selection);
                // A line that needs all of its values is an item for each.
                let items =
                    items.filter(|item| !item.all || item.predicates.first().is_none_or(|&(_, value)| value == 0));
                let (count, values) = items.fold((0, 0), |sum, item| (sum.0 + 1, sum.1 + item.values as usize));
                let their = their.detection.named.get(name).unwrap_or_else(|| panic!("{path}: no selection {name}"));
                assert_eq!((count, values), counted(their), "{path}: {name}");
                compared += 1;
            }
        }
    }
    assert!(compared > files.len(), "{compared} selections");
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
