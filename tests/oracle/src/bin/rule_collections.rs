//! What becomes of collections of rules: loaded, refused and why, passed over; and what another parser makes of the refused
//! ones. `cargo run -p glassbox-oracle --features rivals --bin rule_collections -- FOLDER...`

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::Path,
};

use glassbox_rules::compile::{RuleAccount, RuleFile, RuleOutcome, compile};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let folders: Vec<String> = std::env::args().skip(1).collect();
    if folders.is_empty() {
        writeln!(out, "name the folders of rules")?;
    }
    for folder in folders {
        let mut files = Vec::new();
        read(Path::new(&folder), &mut files)?;
        report(&folder, &files, &mut out)?;
    }
    Ok(())
}

/// Every rule file below a folder, sorted by path.
fn read(folder: &Path, files: &mut Vec<RuleFile>) -> io::Result<()> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = entries?;
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            read(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            files.push(RuleFile::decode(path.display().to_string(), &fs::read(&path)?));
        }
    }
    Ok(())
}

fn report(folder: &str, files: &[RuleFile], out: &mut impl Write) -> io::Result<()> {
    let compiled = compile(files);
    let count = |is: &dyn Fn(&RuleAccount) -> bool| compiled.accounts.iter().filter(|account| is(account)).count();
    let loaded = count(&|account| account.outcome == RuleOutcome::Loaded);
    let others = count(&|account| account.passed_over().is_some());
    let refused: Vec<&RuleAccount> = compiled.accounts.iter().filter(|account| account.rejection().is_some()).collect();
    writeln!(out, "{folder}: {} files, {loaded} loaded, {} refused, {others} passed over", files.len(), refused.len())?;
    let texts: BTreeMap<&str, &str> = files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    // By reason, what it names left out: how many, and the files that another parser reads.
    let mut reasons: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for account in refused {
        let (number, read) = reasons.entry(kind(account.rejection().unwrap_or_default())).or_default();
        *number += 1;
        if is_read_elsewhere(texts.get(account.file.as_str()).copied().unwrap_or_default()) {
            read.push(account.place());
        }
    }
    for (reason, (number, read)) in reasons {
        writeln!(out, "  {number} {reason}")?;
        for place in read {
            writeln!(out, "    rsigma-parser reads {place}")?;
        }
    }
    Ok(())
}

/// A reason without what it names between backticks.
fn kind(reason: &str) -> String {
    reason.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "..." }).collect()
}

fn is_read_elsewhere(text: &str) -> bool {
    rsigma_parser::parse_sigma_yaml(text).is_ok_and(|read| !read.rules.is_empty())
}
