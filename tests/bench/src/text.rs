//! A report as tables for people.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment};
use glassbox::{
    bench::Spread,
    output::{
        Terminal,
        table::{empty, render},
        terminal::Style,
    },
};
use glassbox_explain::{
    clean::clean,
    numbers::{bytes, counted, grouped},
};

use super::{
    markdown::{comparison_line, in_words, number, spread},
    report::{Aim, Report},
};

/// The report.
#[must_use]
pub fn text(report: &Report, terminal: &Terminal) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut page, report, terminal);
    page
}

fn write(page: &mut String, report: &Report, terminal: &Terminal) -> std::fmt::Result {
    let machine = &report.machine;
    writeln!(
        page,
        "glassbox {} on {} ({} cores), {}, wasmtime {}, {} rounds, one thread, medians (least to greatest)",
        machine.glassbox,
        clean(&machine.processor),
        machine.cores,
        machine.system,
        machine.wasmtime,
        report.rounds
    )?;
    for input in &report.inputs {
        writeln!(page)?;
        let about = format!(
            "{}: {}, {} ({} a record)",
            input.name,
            counted(input.records, "record"),
            bytes(input.bytes),
            bytes(input.bytes / input.records.max(1))
        );
        writeln!(page, "{}", terminal.paint(Style::Heading, &clean(&about)))?;
        page.push_str(&rows(report, &input.name, terminal));
    }
    writeln!(page, "\n{}", terminal.paint(Style::Heading, "Hits, compared with the sandbox's"))?;
    if report.comparisons.is_empty() {
        writeln!(page, "no other lane to compare with; give one with --lane")?;
    }
    for comparison in &report.comparisons {
        writeln!(page, "{}", clean(&comparison_line(comparison)))?;
    }
    writeln!(page, "\n{}", terminal.paint(Style::Heading, "Once"))?;
    page.push_str(&once(report, terminal));
    writeln!(page, "\n{}", terminal.paint(Style::Heading, "Targets"))?;
    page.push_str(&targets(report, terminal));
    Ok(())
}

/// What one input cost, by rules and lane.
fn rows(report: &Report, input: &str, terminal: &Terminal) -> String {
    let mut table = empty(terminal);
    table.set_header(["rule files", "lane", "µs a record", "least to greatest", "MB/s", "hits", "rounds", "records"]);
    for row in report.rows.iter().filter(|row| row.input == input) {
        let microseconds = row.microseconds;
        let rate = row.bytes as f64 / (microseconds.median * row.records as f64).max(f64::MIN_POSITIVE);
        let hits = if row.digest.is_empty() { String::new() } else { grouped(row.hits) };
        table.add_row([
            right(grouped(row.rule_files)),
            Cell::new(clean(&row.lane)),
            right(number(microseconds.median)),
            right(format!("{}..{}", number(microseconds.min), number(microseconds.max))),
            right(format!("{rate:.0}")),
            right(hits),
            right(microseconds.rounds.to_string()),
            right(grouped(row.records)),
        ]);
    }
    render(&table)
}

fn once(report: &Report, terminal: &Terminal) -> String {
    let mut table = empty(terminal);
    for (what, value) in in_words(report) {
        table.add_row([Cell::new(what), Cell::new(value)]);
    }
    render(&table)
}

fn targets(report: &Report, terminal: &Terminal) -> String {
    let mut table = empty(terminal);
    table.set_header(["what", "input", "measured", "aim", ""]);
    for target in &report.targets {
        table.add_row([
            Cell::new(&target.what),
            Cell::new(clean(target.input.as_deref().unwrap_or_default())),
            right(with_unit(&spread(target.measured), target.unit)),
            right(with_unit(&aim(target.aim), target.unit)),
            Cell::new(if target.is_met { "met" } else { "missed" }),
        ]);
    }
    render(&table)
}

pub(super) fn aim(aim: Aim) -> String {
    match aim {
        Aim::AtLeast(least) => format!("at least {}", plain(least)),
        Aim::AtMost(most) => format!("at most {}", plain(most)),
    }
}

/// A number as it would be written by hand.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn with_unit(text: &str, unit: &str) -> String {
    if unit.is_empty() { text.to_owned() } else { format!("{text} {unit}") }
}

fn right(text: impl Into<String>) -> Cell {
    Cell::new(text.into()).set_alignment(CellAlignment::Right)
}

/// The share of judge in read.
pub(super) fn judge_of_read(stages: &[(String, Spread)]) -> Option<f64> {
    let median = |name: &str| stages.iter().find(|(stage, _)| stage == name).map(|(_, spread)| spread.median);
    Some(median("judge")? / median("read")?)
}
