//! A report as Markdown: what `BENCHMARKS.md` holds.

use std::{collections::BTreeMap, fmt::Write as _};

use glassbox::bench::Spread;
use glassbox_explain::numbers::{bytes, counted, grouped};

use super::{
    report::{Comparison, Reason, Report},
    targets::names,
    text::{aim, judge_of_read, with_unit},
};

/// What stands before the figures, and how they are made again.
const PREFACE: &str = include_str!("preface.md");

/// Differing rules named one by one; the JSON format has all of them.
const RULES_NAMED_MAX: usize = 12;

/// The report.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut page = PREFACE.to_owned();
    // Writing to a string cannot fail.
    let _ = write(&mut page, report);
    page
}

fn write(page: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(page, "\n## Targets\n\n| what | input | measured | aim | |\n|---|---|---|---|---|")?;
    for target in &report.targets {
        let input = target.input.as_deref().unwrap_or_default();
        let measured = with_unit(&spread(target.measured), target.unit);
        let aim = with_unit(&aim(target.aim), target.unit);
        let met = if target.is_met { "met" } else { "**missed**" };
        writeln!(page, "| {} | {} | {measured} | {aim} | {met} |", cell(&target.what), cell(input))?;
    }
    writeln!(page, "\n## Microseconds a record, one thread")?;
    for input in &report.inputs {
        write_input(page, report, &input.name)?;
    }
    write_hits(page, report)?;
    writeln!(page, "\n## Once\n\n| what | |\n|---|---|")?;
    for (what, value) in in_words(report) {
        writeln!(page, "| {} | {} |", cell(&what), cell(&value))?;
    }
    write_versions(page, report)
}

/// A table of one input: a line a lane, a column a rule set.
fn write_input(page: &mut String, report: &Report, name: &str) -> std::fmt::Result {
    let Some(input) = report.inputs.iter().find(|input| input.name == name) else { return Ok(()) };
    writeln!(
        page,
        "\n### {}\n\n{}, {} ({} a record){}.\n",
        cell(name),
        counted(input.records, "record"),
        bytes(input.bytes),
        bytes(input.bytes / input.records.max(1)),
        input.note.as_deref().map(|note| format!("; {note}")).unwrap_or_default()
    )?;
    let rows: Vec<_> = report.rows.iter().filter(|row| row.input == name).collect();
    let all = report.rule_sets.last().map_or(0, |set| set.files);
    let mut lanes: Vec<&str> = Vec::new();
    // In the order of the last set, which has all lanes.
    for row in rows.iter().filter(|row| row.rule_files == all) {
        lanes.push(&row.lane);
    }
    let sets: Vec<u64> = report.rule_sets.iter().map(|set| set.files).collect();
    let heads: Vec<String> = sets.iter().map(|files| format!("{} rules", grouped(*files))).collect();
    writeln!(page, "| lane | {} | hits, all rules |", heads.join(" | "))?;
    writeln!(page, "|---|{}---:|", "---:|".repeat(sets.len()))?;
    for lane in lanes {
        let of = |files: &u64| rows.iter().find(|row| row.lane == lane && row.rule_files == *files);
        let cells: Vec<String> =
            sets.iter().map(|files| of(files).map(|row| spread(row.microseconds)).unwrap_or_default()).collect();
        let sample = of(&all).filter(|row| row.records < input.records);
        let sample = sample
            .map(|row| format!(" (the first {}, {})", counted(row.records, "record"), rounds(row.microseconds.rounds)));
        let hits = of(&all).filter(|row| !row.digest.is_empty()).map(|row| grouped(row.hits)).unwrap_or_default();
        writeln!(page, "| {}{} | {} | {hits} |", cell(lane), sample.unwrap_or_default(), cells.join(" | "))?;
    }
    Ok(())
}

fn rounds(count: u32) -> String {
    counted(count.into(), "round")
}

fn write_hits(page: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(page, "\n## Hits, compared\n")?;
    let all = report.rule_sets.last().map_or(0, |set| set.files);
    for comparison in &report.comparisons {
        writeln!(page, "- {}", cell(&comparison_line(comparison)))?;
        if comparison.rule_files != all {
            continue;
        }
        for difference in comparison.differences.iter().take(RULES_NAMED_MAX) {
            let file = difference.file.rsplit('/').next().unwrap_or_default();
            writeln!(
                page,
                "  - `{file}`: {} only ours, {} only theirs, first in line {}; {}",
                difference.only_one,
                difference.only_other,
                difference.line,
                difference.reason.words()
            )?;
        }
        let more = comparison.differences.len().saturating_sub(RULES_NAMED_MAX);
        if more > 0 {
            writeln!(page, "  - and {} more, which `--format json` names", counted(more as u64, "rule"))?;
        }
    }
    Ok(())
}

fn write_versions(page: &mut String, report: &Report) -> std::fmt::Result {
    let machine = &report.machine;
    writeln!(page, "\n## Machine and versions\n")?;
    writeln!(
        page,
        "- {}, {} cores, {} of memory, {}",
        machine.processor,
        machine.cores,
        bytes(machine.memory_bytes),
        machine.system
    )?;
    writeln!(
        page,
        "- glassbox {}, plugin `{}`, wasmtime {}, {}, {}",
        machine.glassbox,
        machine.plugin_digest.get(..16).unwrap_or_default(),
        machine.wasmtime,
        machine.compiler,
        machine.allocator
    )?;
    for lane in &report.lanes {
        let engine = &lane.engine;
        writeln!(
            page,
            "- {}: {} {} ({}), {}, {}, {} loaded, {} rejected",
            cell(&lane.lane),
            engine.name,
            engine.version,
            engine.settings,
            engine.compiler,
            engine.allocator,
            counted(engine.rules, "rule"),
            engine.rejected.len()
        )?;
    }
    writeln!(page, "- {}; each lane ran once before them", rounds(report.rounds))
}

/// What happens once, in words.
pub(super) fn in_words(report: &Report) -> Vec<(String, String)> {
    let costs = &report.costs;
    let milliseconds = |times: Spread| with_unit(&spread(times), "ms");
    let mut rows = vec![
        (
            "the pack".to_owned(),
            format!(
                "{} files of rules, {} loaded, {}",
                grouped(costs.rule_files),
                grouped(costs.rules),
                bytes(costs.pack_bytes)
            ),
        ),
        ("building it from YAML".to_owned(), milliseconds(costs.build_milliseconds)),
        ("a fresh instance".to_owned(), milliseconds(costs.instantiate_milliseconds)),
        ("a fresh instance with the pack, ready to read".to_owned(), milliseconds(costs.ready_milliseconds)),
    ];
    if let Some(first) = costs.first_verdict_milliseconds {
        rows.push(("first finding of a cold process, compiled plugin in the cache".to_owned(), milliseconds(first)));
    }
    rows.push((
        "guest memory at its peak, the pack included".to_owned(),
        format!("{:.1} MiB", costs.guest_memory_bytes_peak as f64 / f64::from(1 << 20)),
    ));
    if let Some(two) = &costs.two_threads {
        let rate = |spread: Spread| grouped(spread.median as u64);
        rows.push((
            "records a second: two threads of one run; two processes".to_owned(),
            format!("{}; {}", rate(two.threads_records_per_second), rate(two.processes_records_per_second)),
        ));
    }
    if let Some(judging) = &costs.judging {
        let microseconds = |spread: Spread| format!("{:.2} ({:.2}..{:.2}) µs", spread.median, spread.min, spread.max);
        for (what, spread) in [
            ("a finding in judge", judging.finding),
            ("a record with observations alone, in judge", judging.observed),
            ("any other record, in judge", judging.quiet),
            ("a finding's full text, on demand", judging.text),
        ] {
            rows.push((what.to_owned(), microseconds(spread)));
        }
    }
    let all = report.rule_sets.last().map_or(0, |set| set.files);
    for row in report.rows.iter().filter(|row| row.lane == names::SANDBOX && row.rule_files == all) {
        if let Some(share) = judge_of_read(&row.stages) {
            rows.push((format!("judge / read, {}", row.input), format!("{:.1} %", share * 100.0)));
        }
    }
    rows
}

/// Two lanes' hits in a line.
pub(super) fn comparison_line(comparison: &Comparison) -> String {
    let Comparison { input, rule_files, one, other, records, common, differences } = comparison;
    let head = format!(
        "{input}, {rule_files} files of rules, {}: {one} and {other} have {} in common",
        counted(*records, "record"),
        counted(*common, "hit")
    );
    if differences.is_empty() {
        return format!("{head}, and no other");
    }
    let only = |which: fn(&super::report::Difference) -> u64| grouped(differences.iter().map(which).sum());
    let mut reasons: BTreeMap<Reason, u64> = BTreeMap::new();
    for difference in differences {
        *reasons.entry(difference.reason).or_default() += difference.only_one + difference.only_other;
    }
    let reasons: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{}: {}", grouped(*count), reason.words())).collect();
    format!(
        "{head}; {} are only the first's and {} only the second's, of {} ({})",
        only(|it| it.only_one),
        only(|it| it.only_other),
        counted(differences.len() as u64, "rule"),
        reasons.join("; ")
    )
}

/// A median and its spread.
pub(super) fn spread(spread: Spread) -> String {
    if spread.rounds < 2 {
        return number(spread.median);
    }
    format!("{} ({}..{})", number(spread.median), number(spread.min), number(spread.max))
}

/// A number with about three digits that count.
pub(super) fn number(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => grouped(value.round() as u64),
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_count() {
        let check = |value: f64, expected: &str| assert_eq!(number(value), expected);
        check(0.724, "0.72");
        check(12.34, "12.3");
        check(4_512.4, "4,512");
    }

    #[test]
    fn a_comparison_says_what_differs() {
        let difference = super::super::report::Difference {
            rule: "r".to_owned(),
            file: "a/b.yml".to_owned(),
            only_one: 2,
            only_other: 0,
            line: 7,
            reason: Reason::RecordTooLong,
        };
        let comparison = Comparison {
            input: "day".to_owned(),
            rule_files: 9,
            one: "ours".to_owned(),
            other: "theirs".to_owned(),
            records: 100,
            common: 5,
            differences: vec![difference],
        };
        assert_eq!(
            comparison_line(&comparison),
            "day, 9 files of rules, 100 records: ours and theirs have 5 hits in common; 2 are only the first's and 0 only \
             the second's, of 1 rule (2: records longer than Glassbox hands over are unscored)"
        );
    }
}
