//! What judging costs by what a record carries, and what a finding's full text costs when somebody asks for it.

use std::{collections::BTreeSet, hint::black_box, time::Instant};

use glassbox::{
    bench::{Spread, pass::records},
    output::{Terminal, text},
};
use glassbox_explain::explained::Explained;
use glassbox_finding::{Batch, Finding, Logsource, Settings};
use glassbox_pack::Pack;
use glassbox_packs::{self as packs, Built};
use glassbox_report::{Found, Position};
use glassbox_run::Batches;
use glassbox_sandbox::{Instance, Plugin};

use super::{input::Input, report::Judging};

/// Records of a kind that say what one costs.
const RECORDS_OF_A_KIND: usize = 300;
/// Findings that say what the text of one costs.
const TEXTS: usize = 1_000;

/// Records by what judge gets of them.
#[derive(Default)]
struct Kinds {
    hit: Batch,
    observed: Batch,
    quiet: Batch,
    findings: Vec<Finding>,
}

/// Measures over so many rounds. None where no record of the input is hit.
pub(super) fn measure(plugin: &Plugin, built: &Built, input: &Input, rounds: u32) -> anyhow::Result<Option<Judging>> {
    let mut instance = plugin.start()?;
    instance.configure(&built.bytes, Settings::default())??;
    let kinds = Kinds::of(&mut instance, plugin, input)?;
    if kinds.findings.is_empty() {
        return Ok(None);
    }
    let knowledge = packs::knowledge(&Pack::parse(&built.bytes)?, "")?;
    let found: Vec<Found> = kinds.findings.into_iter().map(found).collect();
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        let [hit, observed, quiet, texts] = &mut times;
        for (times, batch) in [(hit, &kinds.hit), (observed, &kinds.observed), (quiet, &kinds.quiet)] {
            times.extend(judge(&mut instance, batch)?);
        }
        let began = Instant::now();
        for found in &found {
            let mut page = String::new();
            let _ = text::finding(&mut page, &Explained::new(found, &knowledge, None), &Terminal::plain());
            black_box(page);
        }
        texts.push(began.elapsed().as_secs_f64() * 1e6 / found.len() as f64);
    }
    let [finding, observed, quiet, text] = times.map(Spread::of);
    Ok(Some(Judging { finding, observed, quiet, text }))
}

impl Kinds {
    fn of(instance: &mut Instance, plugin: &Plugin, input: &Input) -> anyhow::Result<Self> {
        let limits = plugin.limits();
        let mut kinds = Self::default();
        let framed = records(&input.bytes, limits.record_bytes_max)?.map(Ok);
        for work in Batches::within(limits, Logsource::default(), framed) {
            if work.batch.ends.is_empty() {
                continue;
            }
            let reading = instance.read(&work.batch)??;
            let outcome = instance.judge(&reading.body, None)??;
            let noted: BTreeSet<u32> = reading.noted.iter().copied().collect();
            let quiet = (0..work.batch.ends.len() as u32).filter(|index| !noted.contains(index));
            quiet.for_each(|index| add(&mut kinds.quiet, work.record(index as usize)));
            outcome.quiet.iter().for_each(|&index| add(&mut kinds.observed, work.record(index as usize)));
            for finding in outcome.findings {
                add(&mut kinds.hit, work.record(finding.index as usize));
                if kinds.findings.len() < TEXTS {
                    kinds.findings.push(finding);
                }
            }
        }
        Ok(kinds)
    }
}

fn add(batch: &mut Batch, record: &[u8]) {
    if batch.ends.len() < RECORDS_OF_A_KIND && batch.bytes.len() + record.len() <= 1 << 20 {
        batch.push(record);
    }
}

/// Microseconds that judging takes for each record of a batch, both ways over the boundary included; none of none.
fn judge(instance: &mut Instance, batch: &Batch) -> anyhow::Result<Option<f64>> {
    if batch.ends.is_empty() {
        return Ok(None);
    }
    let reading = instance.read(batch)??;
    let began = Instant::now();
    black_box(instance.judge(&reading.body, None)??);
    Ok(Some(began.elapsed().as_secs_f64() * 1e6 / batch.ends.len() as f64))
}

fn found(finding: Finding) -> Found {
    Found {
        id: String::new(),
        source: "input".to_owned(),
        position: Position::Line(1),
        record_digest: String::new(),
        finding,
    }
}
