//! The run over all simulations, and what each finding is ordered by.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
};

use anyhow::{Result, ensure};
use glassbox_explain::knowledge;
use glassbox_finding::{EntityKind, Verdict};
use glassbox_report::{Finding, Position, Sink, SourceRecord, StoredFinding, UnscoredRecord};
use glassbox_run::{self as run, RunOptions, inputs};
use glassbox_score::{Feature, Level, Model};
use glassbox_tests::{packs, runs};

use crate::simulations::{Simulation, technique};

/// Hours over which level scores are added up.
const WINDOW_HOURS: i64 = 24;

/// What is kept of a finding.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The simulation, in the order in which they happened.
    pub(crate) simulation: u32,
    pub(crate) points: i32,
    pub(crate) verdict: Verdict,
    /// Whether something that the score leans on could not be computed.
    pub(crate) is_lacking: bool,
    /// Whether a rule that hit names a technique of the simulation; none where the simulation is not labelled.
    pub(crate) agrees: Option<bool>,
    /// The highest level, as a rank.
    pub(crate) level: u32,
    /// The level scores of all hits on the host within the window, this finding's included.
    pub(crate) risk: f64,
    /// How often the rarest of its rules hit before.
    pub(crate) seen: u64,
    /// Points by family of features.
    pub(crate) families: BTreeMap<&'static str, i32>,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) simulations: usize,
    pub(crate) labelled_simulations: usize,
    pub(crate) records: u64,
    pub(crate) unscored: u64,
    pub(crate) rules: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) state_bytes: usize,
    pub(crate) memory_bytes: u64,
}

/// Orders that findings are compared by besides points.
struct Rivals {
    levels: BTreeMap<String, Option<Level>>,
    techniques: BTreeMap<String, BTreeSet<u32>>,
    hits: BTreeMap<String, u64>,
    /// For each host the time and level score of each finding within the window.
    windows: BTreeMap<String, VecDeque<(i64, f64)>>,
}

/// Runs all simulations one after another with one state.
pub(crate) fn measure(data: &Path, simulations: &[Simulation]) -> Result<Measured> {
    let built = packs::sigma(data);
    let deployment = runs::deployment(runs::plugin(), &built.bytes);
    let model = deployment.directory().model();
    let mut rivals = Rivals::new(built);
    let mut measured = Measured { simulations: simulations.len(), rules: built.metadata.len(), ..Measured::default() };
    let mut state = None;
    for (number, simulation) in simulations.iter().enumerate() {
        let options = RunOptions { threads: 2, first_sequence: measured.records + 1, ..runs::options() };
        let sources = runs::sources([format!("simulation {number}")]);
        let records =
            (1..).zip(simulation.lines()).map(|(line, bytes)| Ok(SourceRecord::new(0, Position::Line(line), bytes)));
        measured.labelled_simulations += usize::from(!simulation.techniques.is_empty());
        let mut rows = Rows { simulation, number: number as u32, model, rivals: &mut rivals, rows: Vec::new() };
        let end = run::run(&deployment, options, state.take(), inputs(sources, records), &mut rows)?;
        measured.rows.append(&mut rows.rows);
        // A finding whose points do not add up, or are not the model's, would be a fault.
        ensure!(end.summary.faults.is_empty() && end.out_of_service.is_none(), "{:?}", end.summary.faults);
        measured.records += end.summary.records;
        measured.unscored += end.summary.unscored;
        measured.state_bytes = end.state.len();
        measured.memory_bytes = measured.memory_bytes.max(end.memory_bytes_peak);
        state = Some(end.state);
        eprintln!(
            "{} of {}: {} records, {} findings so far",
            number + 1,
            simulations.len(),
            measured.records,
            measured.rows.len()
        );
    }
    Ok(measured)
}

struct Rows<'a> {
    simulation: &'a Simulation,
    number: u32,
    model: &'a Model,
    rivals: &'a mut Rivals,
    rows: Vec<Row>,
}

impl Sink for Rows<'_> {
    fn found(&mut self, found: StoredFinding, _record: &[u8]) -> Result<()> {
        let finding = &found.finding;
        let rules: Vec<&String> = finding.hits.iter().map(|hit| &hit.rule).chain(&finding.further_hits).collect();
        let labelled = !self.simulation.techniques.is_empty();
        let mut families = BTreeMap::new();
        for contribution in &finding.contributions {
            let term = &self.model.terms()[contribution.term as usize];
            *families.entry(family(&term.feature, self.model)).or_default() += contribution.points;
        }
        self.rows.push(Row {
            simulation: self.number,
            points: finding.points,
            verdict: finding.verdict,
            is_lacking: finding.missing.iter().any(|it| self.model.terms()[it.term as usize].abstain_when_missing),
            agrees: labelled.then(|| self.rivals.agree(&rules, &self.simulation.techniques)),
            level: self.rivals.level(&rules),
            risk: self.rivals.risk(finding, &rules),
            seen: self.rivals.seen(&rules),
            families,
        });
        Ok(())
    }

    fn unscored(&mut self, _record: UnscoredRecord) -> Result<()> {
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}

impl Rivals {
    fn new(built: &glassbox_packs::Built) -> Self {
        let techniques = |tags: &[String]| {
            let (techniques, _) = knowledge::attack(tags);
            techniques.iter().filter_map(|it| technique(&it.id)).collect()
        };
        Self {
            levels: built.metadata.iter().map(|rule| (rule.id.clone(), rule.level)).collect(),
            techniques: built.metadata.iter().map(|rule| (rule.id.clone(), techniques(&rule.tags))).collect(),
            hits: BTreeMap::new(),
            windows: BTreeMap::new(),
        }
    }

    fn agree(&self, rules: &[&String], techniques: &BTreeSet<u32>) -> bool {
        rules.iter().filter_map(|rule| self.techniques.get(*rule)).any(|known| !known.is_disjoint(techniques))
    }

    fn level(&self, rules: &[&String]) -> u32 {
        rules.iter().filter_map(|rule| self.levels.get(*rule).copied().flatten()).max().map_or(0, |it| it as u32 + 1)
    }

    /// Risk-based alerting: the level scores of what hit on the host lately. The scores are of the kind that products
    /// ship with.
    fn risk(&mut self, finding: &Finding, rules: &[&String]) -> f64 {
        let score = |level: Option<Level>| match level {
            Some(Level::Critical) => 100.0,
            Some(Level::High) => 70.0,
            Some(Level::Medium) => 40.0,
            Some(Level::Low) => 20.0,
            Some(Level::Informational) | None => 5.0,
        };
        let own: f64 = rules.iter().map(|rule| score(self.levels.get(*rule).copied().flatten())).sum();
        let host = finding.entities.iter().find(|entity| entity.kind == EntityKind::Host);
        let host = host.map(|host| host.name.to_lowercase()).unwrap_or_default();
        let window = self.windows.entry(host).or_default();
        let now = finding.time.unwrap_or_else(|| window.back().map_or(0, |(time, _)| *time));
        window.push_back((now, own));
        window.retain(|(time, _)| now.saturating_sub(*time) <= WINDOW_HOURS * 3_600_000_000);
        window.iter().map(|(_, score)| score).sum()
    }

    fn seen(&mut self, rules: &[&String]) -> u64 {
        let rarest = rules.iter().map(|rule| self.hits.get(*rule).copied().unwrap_or(0)).min().unwrap_or(0);
        for &rule in rules {
            *self.hits.entry(rule.clone()).or_default() += 1;
        }
        rarest
    }
}

/// The family of a feature, as the evaluation leaves them out one after another.
fn family(feature: &Feature, model: &Model) -> &'static str {
    match feature {
        Feature::RuleLevel {}
        | Feature::RuleStatus {}
        | Feature::HitCount {}
        | Feature::TacticCount {}
        | Feature::TechniqueCount {}
        | Feature::RuleRecord {} => "rules",
        Feature::SeenBefore { .. } | Feature::SeenOnHosts { .. } => "rarity",
        Feature::Burst {} | Feature::HourHabit { .. } | Feature::Beacon { .. } => "volume, time, network",
        Feature::SoFar { .. } | Feature::AncestorHits {} => "entity so far",
        Feature::AssetCriticality {}
        | Feature::AssetRole {}
        | Feature::AdministrationTool {}
        | Feature::MaintenanceWindow {}
        | Feature::FearedTechnique {} => "context",
        Feature::FieldClass { .. }
        | Feature::FieldLength { .. }
        | Feature::FieldEntropy { .. }
        | Feature::GeneratedName { .. } => "content",
        // A pair goes where its second term goes: what it adds is not there without it.
        Feature::Pair { second, .. } => model.term(second).map_or("content", |term| family(&term.feature, model)),
    }
}
