//! How much of its throughput an honest plugin keeps while another one, in the same process, fails at every record and
//! is quarantined for it, as ratios measured in one run: `throughput_under_attack [SECONDS [GUEST...]]`.
//!
//! Rounds alternate: the honest plugin alone, then beside the attacker, each for so many seconds (20 unless told). A
//! quarantine begins after three faults, so what an attacker takes, it takes at the beginning: the shorter the rounds,
//! the worse the ratio. The honest plugin works on one thread for reading and one for judging; on a machine without
//! cores to spare for the attacker's two, the ratio says what the scheduler gives, too.

#![allow(clippy::print_stdout, reason = "a command says what it measured")]

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use glassbox_deployment::{Deployment, embedded};
use glassbox_finding::Settings;
use glassbox_report::{Sink, SourceRecord, StoredFinding, UnscoredRecord};
use glassbox_run::{self as run, FaultPolicy, RunOptions, inputs, monotonic};
use glassbox_sandbox::{LoadOptions, Plugin};
use glassbox_tests::{
    hostile::ALL,
    packs,
    runs::{self, Told},
    starter,
};

/// Rounds of each kind; told is the median.
const ROUNDS: usize = 3;
/// Attackers, where none is named: by time, by memory, by the stack, by answers, by traps.
const GUESTS: &[&str] = &["panic", "loop_in_read", "memory_bomb", "deep_recursion", "nested_amplification"];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(20), |text| text.parse()).context("SECONDS is a whole number")?;
    let round = Duration::from_secs(seconds);
    let named: Vec<String> = arguments.collect();
    let names: Vec<&str> = if named.is_empty() { GUESTS.to_vec() } else { named.iter().map(String::as_str).collect() };
    let honest = Plugin::load(embedded::PLUGIN, &LoadOptions::default())?;
    let honest = runs::deployment(&honest, &packs::starter().bytes);
    println!("{:<24} {:>14} {:>14} {:>8}", "attacker", "alone, 1/s", "beside, 1/s", "kept");
    for name in names {
        let guest = ALL.iter().find(|guest| guest.name == name);
        let guest = guest.with_context(|| format!("there is no guest `{name}`"))?;
        let attacker = Plugin::load(guest.bytes, &LoadOptions::default())?;
        let attacker = runs::deployment(&attacker, &packs::misbehaving().bytes);
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            alone.push(throughput(&honest, round)?);
            beside.push(attacked(&honest, &attacker, round)?);
        }
        let (alone, beside) = (median(alone), median(beside));
        println!("{name:<24} {alone:>14.0} {beside:>14.0} {:>6.1} %", 100.0 * beside / alone);
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Records of the starter that the honest plugin scores in a second.
fn throughput(honest: &Deployment, round: Duration) -> Result<f64> {
    let (begun, mut records) = (Instant::now(), 0);
    while begun.elapsed() < round {
        let told: Told = runs::run(honest, runs::options(), None, starter::records())?;
        records += told.end.summary.records;
    }
    Ok(records as f64 / begun.elapsed().as_secs_f64())
}

/// The same, while the attacker is given records for as long as the round lasts.
fn attacked(honest: &Deployment, attacker: &Deployment, round: Duration) -> Result<f64> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let attack = scope.spawn(|| {
            let options = RunOptions {
                batch_records_max: 10,
                fault_policy: FaultPolicy::Quarantine(monotonic),
                ..RunOptions::new(Settings::default())
            };
            let one = runs::records(["!record"]).remove(0);
            let records = inputs(runs::sources(["endless"]), Endless { one, over: &over });
            run::run(attacker, options, None, records, &mut Nowhere)
        });
        let throughput = throughput(honest, round);
        over.store(true, Ordering::Relaxed);
        attack.join().ok().context("the attack ended the host's thread")??;
        throughput
    })
}

/// The same record again and again, a hundred in a millisecond, until it is over.
struct Endless<'a> {
    one: SourceRecord,
    over: &'a AtomicBool,
}

impl Iterator for Endless<'_> {
    type Item = Result<SourceRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        // A source that gives records as fast as they are taken would measure itself.
        thread::sleep(Duration::from_micros(10));
        (!self.over.load(Ordering::Relaxed)).then(|| Ok(self.one.clone()))
    }
}

/// Nobody asks what the attacker says.
struct Nowhere;

impl Sink for Nowhere {
    fn found(&mut self, _found: StoredFinding, _record: &[u8]) -> Result<()> {
        Ok(())
    }

    fn unscored(&mut self, _record: UnscoredRecord) -> Result<()> {
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}
