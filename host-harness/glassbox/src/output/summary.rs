//! The account of a run in words, for standard error.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    time::Duration,
};

use glassbox_explain::{
    clean::clean,
    numbers::{bytes, counted, grouped},
};
use glassbox_report::Summary;
use glassbox_source::{Decoded, Problem, SourceAccount, WhyPassedOver};

/// What the summary is told beside the account itself.
#[derive(Clone, Copy, Debug)]
pub struct RunFacts<'a> {
    /// How long the run took.
    pub elapsed: Duration,
    /// Findings not listed as they are below `--min-score`.
    pub below_min_score: u64,
    /// What reading the sources came to.
    pub sources: &'a SourceAccount,
    /// The most memory that an instance of the plugin held, in bytes.
    pub memory_bytes_peak: u64,
    /// Whether to tell more.
    pub verbose: bool,
}

/// Writes the account.
///
/// # Errors
/// Never, when writing to a string.
pub fn summary(out: &mut dyn Write, summary: &Summary, facts: &RunFacts<'_>) -> fmt::Result {
    let millis = facts.elapsed.as_millis().max(1);
    let rate = u128::from(summary.records) * 1_000 / millis;
    writeln!(
        out,
        "{}, {} in {}.{:01} s ({} records/s, {})",
        counted(summary.records, "record"),
        bytes(summary.bytes),
        millis / 1_000,
        millis % 1_000 / 100,
        grouped(u64::try_from(rate).unwrap_or(u64::MAX)),
        counted(summary.threads as u64, "reader"),
    )?;
    write!(
        out,
        "{}, {} quiet, {} unscored",
        counted(summary.findings, "finding"),
        grouped(summary.quiet),
        grouped(summary.unscored)
    )?;
    if summary.outside > 0 {
        write!(out, ", {} outside --from and --to", grouped(summary.outside))?;
    }
    writeln!(out)?;
    if facts.below_min_score > 0 {
        writeln!(out, "{} below --min-score, not listed", counted(facts.below_min_score, "finding"))?;
    }
    if summary.unrouted > 0 {
        writeln!(out, "{} of a kind that no loaded rule is about", counted(summary.unrouted, "record"))?;
    }
    if summary.blind > 0 {
        let records = counted(summary.blind, "record");
        writeln!(out, "{records} blind: rules were considered, and not one field that they read was present")?;
    }
    if summary.suppressed > 0 {
        writeln!(out, "{} suppressed by filters:", counted(summary.suppressed, "rule hit"))?;
        for (filter, number) in &summary.suppressed_by_filter {
            writeln!(out, "  filter {}: {}", clean(filter), counted(*number, "hit"))?;
        }
    }
    for (rule, number) in &summary.undecided_by_rule {
        writeln!(out, "  rule {} left undecided on {}", clean(rule), counted(*number, "record"))?;
    }
    if summary.window_findings > 0 {
        writeln!(out, "{} about windows of records", counted(summary.window_findings, "finding"))?;
    }
    if summary.unchecked > 0 {
        let findings = counted(summary.unchecked, "finding");
        writeln!(out, "{findings} partly unchecked: the host has no reading of its own for the record's syntax")?;
    }
    for (reason, number) in &summary.unscored_by_reason {
        writeln!(out, "  unscored: {} ({})", grouped(*number), clean(reason))?;
    }
    if !summary.maps.is_empty() {
        let maps: Vec<_> =
            summary.maps.iter().map(|(map, number)| format!("{} {}", clean(map), grouped(*number))).collect();
        writeln!(out, "read as: {}", maps.join(", "))?;
    }
    if facts.verbose {
        writeln!(out, "each instance of the plugin held at most {} of memory", bytes(facts.memory_bytes_peak))?;
        let mut rules: Vec<_> = summary.hits_by_rule.iter().collect();
        rules.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        for (rule, number) in rules {
            writeln!(out, "  rule {}: {}", clean(rule), counted(*number, "finding"))?;
        }
    }
    sources(out, facts.sources, facts.verbose)?;
    for fault in &summary.faults {
        let records = counted(fault.records, "record");
        writeln!(out, "plugin fault in {}: {} ({records} unscored)", fault.call, clean(&fault.what))?;
    }
    for Problem { source, what } in &facts.sources.problems {
        writeln!(out, "{}: {}", clean(source), clean(what))?;
    }
    Ok(())
}

/// What was not read as it is, or not at all, without being a problem.
fn sources(out: &mut dyn Write, account: &SourceAccount, verbose: bool) -> fmt::Result {
    let passed_over: u64 = account.passed_over.values().sum();
    if passed_over > 0 {
        let why: Vec<_> =
            account.passed_over.iter().map(|(why, files)| format!("{} {}", grouped(*files), words(*why))).collect();
        writeln!(out, "{} passed over: {}", counted(passed_over, "file"), why.join(", "))?;
    }
    if account.hole_bytes > 0 {
        writeln!(out, "{} of NUL between records left out", bytes(account.hole_bytes))?;
    }
    if account.broken > 0 {
        writeln!(out, "{} that broke off, each given as a record", counted(account.broken, "value"))?;
    }
    let mut encodings: BTreeMap<&str, u64> = BTreeMap::new();
    account.decoded.iter().for_each(|decoded| *encodings.entry(decoded.encoding).or_default() += 1);
    for (encoding, files) in encodings {
        writeln!(out, "{} decoded from {encoding}", counted(files, "source"))?;
    }
    for Problem { source, what } in &account.notes {
        writeln!(out, "{}: {}", clean(source), clean(what))?;
    }
    if verbose {
        for file in &account.passed_over_files {
            writeln!(out, "  passed over: {}: {}", clean(&file.source), clean(&file.what))?;
        }
        for Decoded { source, encoding } in &account.decoded {
            writeln!(out, "  decoded from {encoding}: {}", clean(source))?;
        }
    }
    Ok(())
}

fn words(why: WhyPassedOver) -> &'static str {
    match why {
        WhyPassedOver::Empty => "empty",
        WhyPassedOver::Binary => "without text",
        WhyPassedOver::KnownForm => "of a form that is not read",
        WhyPassedOver::MetBefore => "met before",
        WhyPassedOver::Link => "links to nowhere or out of the folder",
        WhyPassedOver::Special => "no regular files",
        WhyPassedOver::Unreadable => "that may not be read",
        WhyPassedOver::TooDeep => "in too many folders",
    }
}
