//! A report of the benchmark as tables for people.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment};
use glassbox_explain::{
    clean::clean,
    numbers::{bytes, counted, grouped},
};

use super::{Measured, Report};
use crate::output::{
    Terminal,
    table::{empty, render},
    terminal::Style,
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
        "glassbox {} on {} ({} cores), {}, wasmtime {}\n{} from {} ({} of pack); {}, one thread, medians (least to greatest)",
        machine.glassbox,
        clean(&machine.processor),
        machine.cores,
        machine.system,
        machine.wasmtime,
        counted(report.rules, "rule"),
        counted(report.rule_files, "file"),
        bytes(report.pack_bytes),
        counted(report.rounds.into(), "round"),
    )?;
    for input in &report.inputs {
        let about = format!(
            "{}: {}, {} ({} a record)",
            input.name,
            counted(input.records, "record"),
            bytes(input.bytes),
            bytes(input.bytes / input.records.max(1))
        );
        writeln!(page, "\n{}", terminal.paint(Style::Heading, &clean(&about)))?;
        page.push_str(&rows(input, terminal));
    }
    Ok(())
}

/// What one input costs, lane by lane.
fn rows(input: &Measured, terminal: &Terminal) -> String {
    let mut table = empty(terminal);
    table.set_header([
        "lane",
        "µs a record",
        "least to greatest",
        "of all protections",
        "MB/s",
        "read, judge",
        "findings",
        "guest memory",
    ]);
    for row in &input.lanes {
        let microseconds = row.microseconds;
        let rate = input.bytes as f64 / (microseconds.median * input.records as f64).max(f64::MIN_POSITIVE);
        let stages = row.stages.iter().filter(|(name, _)| *name != "framing");
        let stages: Vec<_> = stages.map(|(_, spread)| format!("{:.2}", spread.median)).collect();
        table.add_row([
            Cell::new(row.lane),
            right(format!("{:.2}", microseconds.median)),
            right(format!("{:.2}..{:.2}", microseconds.min, microseconds.max)),
            right(format!("{:.2}", row.of_all.median)),
            right(format!("{rate:.0}")),
            right(stages.join(", ")),
            right(grouped(row.findings)),
            right(row.guest_memory_bytes_peak.map(bytes).unwrap_or_default()),
        ]);
    }
    render(&table)
}

fn right(text: impl Into<String>) -> Cell {
    Cell::new(text.into()).set_alignment(CellAlignment::Right)
}
