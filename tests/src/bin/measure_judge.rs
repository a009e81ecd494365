//! What judging costs inside the sandbox, beside reading, and what a finding's full text costs outside it:
//!
//!     cargo run --release -p glassbox-tests --bin measure_judge [CORPUS]
//!
//! CORPUS is a file of the public corpus without `.ndjson.zst`, `bench100k` where none is named. Times depend on the machine
//! and on what else it does; the share of read is the one to compare.

#![allow(clippy::print_stdout, reason = "the numbers are what this writes")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use glassbox_finding::{Batch, Finding};
use glassbox_pack::Pack;
use glassbox_tests::{data, packs, runs};
use host_harness::{
    output::{Terminal, explained::Explained, text},
    packs::knowledge,
    report::{Found, Position},
    sandbox::Instance,
};

/// Times that each kind of reading is judged.
const ROUNDS: u32 = 20;
const BATCH_BYTES_MAX: usize = 1 << 20;
const BATCH_RECORDS_MAX: usize = 1_000;
const RECORD_BYTES_MAX: usize = 64 << 10;

fn main() -> Result<()> {
    let data = data::folder().context("there is no public data to measure on")?;
    let corpus = std::env::args().nth(1).unwrap_or_else(|| "bench100k".to_owned());
    let records = data::corpus(&data, &corpus);
    let pack = &packs::sigma(&data).bytes;
    let mut instance = runs::plugin().start()?;
    instance.configure(pack, runs::settings())??;

    let (mut read, mut judged) = (Duration::ZERO, Duration::ZERO);
    let (mut hit, mut observed, mut quiet) = (Batch::default(), Batch::default(), Batch::default());
    let mut findings: Vec<Finding> = Vec::new();
    for batch in batches(&records) {
        let start = Instant::now();
        let reading = instance.read(&batch)??;
        let middle = Instant::now();
        let outcome = instance.judge(&reading.body, None)??;
        judged += middle.elapsed();
        read += middle - start;
        let all: Vec<&[u8]> = batch.records().collect();
        outcome.findings.iter().for_each(|finding| add(&mut hit, all[finding.index as usize]));
        outcome.quiet.iter().for_each(|&index| add(&mut observed, all[index as usize]));
        let noted: std::collections::BTreeSet<u32> = reading.noted.iter().copied().collect();
        (0..all.len() as u32).filter(|at| !noted.contains(at)).for_each(|at| add(&mut quiet, all[at as usize]));
        findings.extend(outcome.findings);
    }
    println!("{corpus}: {} records, {} findings", records.len(), findings.len());
    println!("read {read:.2?}, judge {judged:.2?}: judge takes {:.2} % of read", percent(judged, read));
    for (what, batch) in
        [("a finding", &hit), ("a record with observations alone", &observed), ("any other record", &quiet)]
    {
        let (read, judged) = both(&mut instance, batch)?;
        let count = batch.ends.len() as u32 * ROUNDS;
        if count > 0 {
            println!("judge of {what}: {:.3?} ({:.2} % of its read)", judged / count, percent(judged, read));
        }
    }
    let knowledge = knowledge(&Pack::parse(pack)?, "")?;
    let found: Vec<Found> = findings.into_iter().take(2_000).map(found).collect();
    let start = Instant::now();
    for found in &found {
        let mut page = String::new();
        let _ = text::finding(&mut page, &Explained::new(found, &knowledge, None), &Terminal::plain());
        black_box(page);
    }
    println!("full text of a finding: {:.1?}", start.elapsed() / found.len().max(1) as u32);
    println!("state: {} bytes", instance.save()??.len());
    Ok(())
}

fn percent(part: Duration, whole: Duration) -> f64 {
    100.0 * part.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE)
}

fn batches(records: &[Vec<u8>]) -> Vec<Batch> {
    let mut all = vec![Batch::default()];
    for record in records.iter().filter(|record| record.len() <= RECORD_BYTES_MAX) {
        let last = all.last().expect("there is one");
        if last.ends.len() == BATCH_RECORDS_MAX || last.bytes.len() + record.len() > BATCH_BYTES_MAX {
            all.push(Batch::default());
        }
        all.last_mut().expect("there is one").push(record);
    }
    all
}

/// Adds a record while there is room: some hundred of a kind say what one costs.
fn add(batch: &mut Batch, record: &[u8]) {
    if batch.ends.len() < 300 && batch.bytes.len() + record.len() <= BATCH_BYTES_MAX {
        batch.push(record);
    }
}

/// Reads and judges the same records again and again, one after the other.
fn both(instance: &mut Instance, batch: &Batch) -> Result<(Duration, Duration)> {
    let (mut read, mut judged) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let reading = instance.read(batch)??;
        let middle = Instant::now();
        black_box(instance.judge(&reading.body, None)??);
        judged += middle.elapsed();
        read += middle - start;
    }
    Ok((read, judged))
}

fn found(finding: Finding) -> Found {
    Found {
        id: String::new(),
        source: "corpus".to_owned(),
        position: Position::Line(1),
        record_digest: String::new(),
        finding,
    }
}
