//! Every rule of SigmaHQ, where its collection is at hand: what is loaded, and why the rest is not.

use std::{collections::BTreeMap, fs, path::Path};

use super::*;

fn rule_files(folder: &Path, found: &mut Vec<RuleFile>) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rule_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            let text = fs::read_to_string(&path).expect("text");
            found.push(RuleFile { path: path.display().to_string(), text });
        }
    }
}

#[test]
fn all_of_them_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/sigma");
    let mut files = Vec::new();
    let folders = ["rules", "rules-compliance", "rules-dfir", "rules-emerging-threats", "rules-placeholder", "rules-threat-hunting"];
    for folder in folders.map(|name| folder.join(name)).iter().filter(|folder| folder.is_dir()) {
        rule_files(folder, &mut files);
    }
    let compiled = compile(&files);
    let mut costs: Vec<(usize, usize, String)> = Vec::new();
    for p in &compiled.set.predicates { if p.predicate.operator == glassbox_predicate::Operator::Regex { let c = regex_cost(&p.predicate.operand).expect("x"); costs.push((c.states, c.bytes, p.predicate.operand.clone())); } }
    costs.sort(); println!("COST n={} bytes={} top={:?}", costs.len(), costs.iter().map(|c| c.1).sum::<usize>(), &costs[costs.len()-6..]);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for account in &compiled.accounts {
        if let Some(reason) = account.rejection() {
            println!("{}: {reason}", account.place());
            *reasons.entry(reason.to_owned()).or_default() += 1;
        }
        for warning in &account.warnings { println!("W {}: {warning}", account.place()); }
    }
    println!("{} files {} loaded {} rejected", files.len(), compiled.set.rules.len(), reasons.len());
}
