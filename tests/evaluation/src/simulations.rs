//! The simulations, in the order in which they happened, with the techniques that they are labelled with.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use glassbox_finding::{Batch, Origin};
use glassbox_tests::{data, native, packs};

/// A simulation of an attack: some lines of a file.
#[derive(Clone, Debug)]
pub(crate) struct Simulation {
    pub(crate) file: PathBuf,
    /// Lines, from 1 and inclusive.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// Numbers of techniques without their sub-techniques, by the current ATT&CK; empty where the index has none.
    pub(crate) techniques: BTreeSet<u32>,
    /// When its first record happened.
    pub(crate) began: i64,
}

impl Simulation {
    /// Its records.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Vec<u8>> + Send + use<> {
        data::lines(&self.file).skip(self.first - 1).take(self.last + 1 - self.first)
    }
}

/// All simulations of the index that are whole recordings with their background.
pub(crate) fn in_order(data: &Path) -> Result<Vec<Simulation>> {
    let index = fs::read_to_string(data.join("corpus/INDEX.tsv")).context("the index of the corpus")?;
    let mut engine = native::engine(&packs::starter().bytes);
    let mut simulations = Vec::new();
    for line in index.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[file, first, last, _, _, techniques, ..] = columns.as_slice() else { continue };
        if !file.starts_with("mordor-") {
            continue;
        }
        let mut simulation = Simulation {
            file: data.join("corpus").join(format!("{file}.zst")),
            first: first.parse()?,
            last: last.parse()?,
            techniques: techniques.split(',').filter_map(technique).collect(),
            began: i64::MAX,
        };
        // The first record that says a time.
        let times = simulation.lines().filter_map(|record| {
            engine.detector.read(&Batch::of_one(&record, &Origin::default())).ok().and_then(|reading| reading.time(0))
        });
        simulation.began = times.take(1).next().unwrap_or(i64::MAX);
        simulations.push(simulation);
    }
    simulations.sort_by(|a, b| (a.began, &a.file, a.first).cmp(&(b.began, &b.file, b.first)));
    Ok(simulations)
}

/// The number of a technique without its sub-technique, under its current id.
pub(crate) fn technique(id: &str) -> Option<u32> {
    let resolved = glassbox_attack::resolve(id);
    let number =
        resolved.current.map(|current| current.number).or_else(|| glassbox_attack::TechniqueNumber::parse(id))?;
    Some(number.0 / 1_000)
}
