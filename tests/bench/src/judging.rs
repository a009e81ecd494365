//! What judging costs by what a record carries, and what a finding's full text costs when somebody asks for it.

use std::{collections::BTreeSet, hint::black_box, time::Instant};

use glassbox::bench::{Spread, pass::batches};
use glassbox::output::{Terminal, text};
use glassbox_deployment::Deployment;
use glassbox_explain::explained::Explained;
use glassbox_finding::{Batch, NO_CLASS, Notes, Sequence, Settings};
use glassbox_pack::Pack;
use glassbox_packs::{self as packs, Built};
use glassbox_report::{Joined, Position, StoredFinding};
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
    findings: Vec<StoredFinding>,
}

/// Measures over so many rounds. None where no record of the input is hit.
pub(super) fn measure(plugin: &Plugin, built: &Built, input: &Input, rounds: u32) -> anyhow::Result<Option<Judging>> {
    let deployment = Deployment::new(plugin.clone(), built.bytes.clone())?;
    let mut instance = deployment.start(Settings::default())?;
    let kinds = Kinds::of(&mut instance, &deployment, input)?;
    if kinds.findings.is_empty() {
        return Ok(None);
    }
    let knowledge = packs::knowledge(&Pack::parse(&built.bytes)?, "")?;
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        let [hit, observed, quiet, texts] = &mut times;
        for (times, batch) in [(hit, &kinds.hit), (observed, &kinds.observed), (quiet, &kinds.quiet)] {
            times.extend(judge(&mut instance, batch)?);
        }
        let began = Instant::now();
        for found in &kinds.findings {
            let mut page = String::new();
            let _ = text::finding(&mut page, &Explained::new(found, &knowledge, None), &Terminal::plain());
            black_box(page);
        }
        texts.push(began.elapsed().as_secs_f64() * 1e6 / kinds.findings.len() as f64);
    }
    let [finding, observed, quiet, text] = times.map(Spread::of);
    Ok(Some(Judging { finding, observed, quiet, text }))
}

impl Kinds {
    fn of(instance: &mut Instance, deployment: &Deployment, input: &Input) -> anyhow::Result<Self> {
        let mut kinds = Self::default();
        for work in batches(&input.bytes, deployment.plugin().limits())? {
            let batch = &work.batch;
            if batch.is_empty() {
                continue;
            }
            let reading = instance.read(batch)??;
            let noted: Vec<Sequence> = reading.noted.iter().map(|&index| index.into()).collect();
            let outcome = instance.judge(&reading.notes, &noted)??;
            let found: BTreeSet<Sequence> = outcome.findings.iter().map(|finding| finding.at).collect();
            for index in (0..batch.len()).filter(|&index| reading.class_of[index] != NO_CLASS) {
                let (record, sequence) = (batch.record(index), index as Sequence);
                let kind = if found.contains(&sequence) {
                    &mut kinds.hit
                } else if noted.binary_search(&sequence).is_ok() {
                    &mut kinds.observed
                } else {
                    &mut kinds.quiet
                };
                add(kind, record);
            }
            let left = TEXTS - kinds.findings.len();
            for finding in outcome.findings.iter().take(left) {
                let index = finding.at as usize;
                let Some(class) = reading.class(index) else { continue };
                let joined = Joined {
                    record: batch.record(index),
                    frame: batch.origin(index).map_or(&[], |origin| &origin.frame),
                    class,
                    time: reading.time(index),
                    maps: deployment.maps(),
                    directory: deployment.directory(),
                };
                kinds.findings.push(StoredFinding {
                    id: String::new(),
                    source: "input".to_owned(),
                    position: Position::Line(1),
                    sequence: finding.at,
                    record_digest: String::new(),
                    finding: joined.finding(finding, 0),
                });
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
    let notes: Notes = instance.read(batch)??.notes;
    let sequences: Vec<Sequence> = (1..=notes.len() as Sequence).collect();
    let began = Instant::now();
    black_box(instance.judge(&notes, &sequences)??);
    Ok(Some(began.elapsed().as_secs_f64() * 1e6 / batch.ends.len() as f64))
}
