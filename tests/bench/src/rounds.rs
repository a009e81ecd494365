//! The rounds: every lane once a round, on every input, for one set of rules after another.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, anyhow, bail};
use glassbox::bench::Spread;
use glassbox_packs::{Built, NamedFile};
use glassbox_sandbox::Plugin;

use super::{
    Plan, Plugins,
    compare::{Compared, compare},
    files_by_rule,
    input::Input,
    lane::{EngineFacts, Lane, Ran, RecordHits},
    own::{Alone, Floor, NATIVE_NAME, SANDBOXED_NAME, SandboxedLane, own_facts, with_rules},
    paths,
    process::Process,
    report::{Comparison, LaneRow, Row},
    targets::{Roles, Rounds, names},
};

/// The names of this process's lanes.
const OWN: [&str; 8] = [
    names::FRAMING,
    names::PARSING,
    names::SANDBOX,
    names::HUNDRED,
    names::NO_INTERRUPTION,
    names::NO_LIMITER,
    names::NO_CHECKS,
    names::NO_PROTECTION,
];

/// Everything that is measured in rounds.
pub(super) struct Bench<'b> {
    plan: &'b Plan,
    plugins: &'b Plugins,
    inputs: &'b [Input],
    folder: &'b Path,
    processes: Vec<(String, Process)>,
    /// The pack of a hundred rules, once it was measured.
    hundred: Option<Vec<u8>>,
    pub(super) roles: Roles,
    pub(super) lanes: Vec<LaneRow>,
    pub(super) rows: Vec<Row>,
    pub(super) rounds: Rounds,
    pub(super) comparisons: Vec<Comparison>,
}

/// A lane, in this process or another.
enum AnyLane<'l> {
    Floor(Box<Floor>),
    Sandboxed(Box<SandboxedLane>),
    Process(&'l mut Process),
}

impl AnyLane<'_> {
    fn run(&mut self) -> anyhow::Result<Ran> {
        match self {
            Self::Floor(lane) => lane.run().map_err(|what| anyhow!(what)),
            Self::Sandboxed(lane) => lane.run().map_err(|what| anyhow!(what)),
            Self::Process(lane) => lane.run(),
        }
    }

    fn hits(&mut self) -> anyhow::Result<Vec<RecordHits>> {
        match self {
            Self::Floor(lane) => Ok(lane.hits()),
            Self::Sandboxed(lane) => Ok(lane.hits()),
            Self::Process(lane) => lane.hits(),
        }
    }

    fn memory_bytes(&self) -> Option<u64> {
        match self {
            Self::Sandboxed(lane) => Some(lane.memory_bytes_peak()).filter(|bytes| *bytes > 0),
            Self::Floor(_) | Self::Process(_) => None,
        }
    }
}

/// A lane with what it did on one input.
struct Measuring<'l> {
    name: String,
    lane: AnyLane<'l>,
    sample: Option<u64>,
    ran: Vec<Ran>,
    hits: Vec<RecordHits>,
}

impl<'b> Bench<'b> {
    /// Starts the lanes of other processes.
    pub(super) fn new(
        plan: &'b Plan,
        plugins: &'b Plugins,
        inputs: &'b [Input],
        folder: &'b Path,
    ) -> anyhow::Result<Self> {
        let mut processes: Vec<(String, Process)> = Vec::new();
        for (name, command) in &plan.lanes {
            if processes.iter().any(|(known, _)| known == name) || OWN.contains(&name.as_str()) {
                bail!("two lanes are called {name}; give each a name of its own");
            }
            processes.push((name.clone(), Process::start(name, command)?));
        }
        if let Some((name, _)) = plan.samples.iter().find(|(name, _)| !plan.lanes.iter().any(|(lane, _)| lane == name))
        {
            bail!("--sample names lane {name}, which is not among those given with --lane");
        }
        Ok(Self {
            plan,
            plugins,
            inputs,
            folder,
            processes,
            hundred: None,
            roles: Roles::default(),
            lanes: Vec::new(),
            rows: Vec::new(),
            rounds: Rounds::new(),
            comparisons: Vec::new(),
        })
    }

    /// Measures every input with one set of rules. Only with all rules also what each protection costs.
    pub(super) fn measure_set(
        &mut self,
        files: &[NamedFile],
        built: &Built,
        is_all: bool,
        tell: &mut dyn FnMut(&str),
    ) -> anyhow::Result<()> {
        let paths: Vec<PathBuf> = paths(files);
        let rule_files = files.len() as u64;
        let mut facts = BTreeMap::new();
        for (name, process) in &mut self.processes {
            tell(&format!("lane {name} loads {rule_files} files of rules"));
            facts.insert(name.clone(), process.rules(&paths)?);
        }
        facts.insert(
            names::SANDBOX.to_owned(),
            with_rules(own_facts(SANDBOXED_NAME, "in the sandbox, all protections"), built),
        );
        if is_all {
            self.note_lanes(&facts);
        } else if rule_files == 100 {
            self.hundred = Some(built.bytes.clone());
        }
        let rule_paths = files_by_rule(built, files);
        for (place, input) in self.inputs.iter().enumerate() {
            tell(&format!("{} with {rule_files} files of rules", input.name));
            let mut lanes = self.own_lanes(built, is_all)?;
            for (name, process) in &mut self.processes {
                let sample = self.plan.samples.iter().find(|(lane, _)| lane == name).map(|(_, count)| *count);
                lanes.push(Measuring::new(name, AnyLane::Process(process), sample));
            }
            for lane in &mut lanes {
                lane.input(input, self.folder)?;
            }
            work(&mut lanes, self.plan.rounds)?;
            let limits = self.plugins.all.limits();
            let comparison = Comparing {
                input: &input.name,
                rule_files,
                record_bytes: &input.record_bytes()?,
                record_bytes_max: limits.record_bytes_max,
                facts: &facts,
                rule_paths: &rule_paths,
            };
            self.comparisons.extend(comparison.all(&lanes));
            self.rows.extend(lanes.iter().map(|lane| lane.row(&input.name, rule_files)));
            if is_all {
                let times = lanes.iter().filter(|lane| lane.sample.is_none());
                self.rounds.extend(times.map(|lane| ((place, lane.name.clone()), lane.nanoseconds())));
            }
        }
        Ok(())
    }

    /// Notes what the lanes are.
    fn note_lanes(&mut self, facts: &BTreeMap<String, EngineFacts>) {
        for (lane, engine) in facts {
            let sample = self.plan.samples.iter().find(|(name, _)| name == lane).map(|(_, count)| *count);
            match engine.name.as_str() {
                NATIVE_NAME => self.roles.native = Some(lane.clone()),
                "rsigma-eval" if sample.is_none() => self.roles.rivals.push(lane.clone()),
                _ => {}
            }
            self.lanes.push(LaneRow { lane: lane.clone(), engine: engine.clone(), sample_records: sample });
        }
    }

    /// The lanes of this process.
    fn own_lanes(&self, built: &Built, is_all: bool) -> anyhow::Result<Vec<Measuring<'static>>> {
        let sandboxed = |name: &'static str, plugin: &Arc<Plugin>, checked: bool, pack: &[u8]| {
            let mut lane = SandboxedLane::new(Arc::clone(plugin), name, checked);
            lane.load(pack).map_err(|what| anyhow!("{name}: {what}"))?;
            anyhow::Ok(Measuring::new(name, AnyLane::Sandboxed(Box::new(lane)), None))
        };
        let floor = |name, does| {
            let lane = Floor { does, limits: self.plugins.all.limits().clone(), input: Arc::default() };
            Measuring::new(name, AnyLane::Floor(Box::new(lane)), None)
        };
        let pack = &built.bytes;
        let mut lanes = Vec::new();
        if is_all {
            lanes.push(floor(names::FRAMING, Alone::Framing));
            lanes.push(floor(names::PARSING, Alone::Parsing));
        }
        lanes.push(sandboxed(names::SANDBOX, &self.plugins.all, true, pack)?);
        if is_all {
            let Plugins { all, no_interruption, no_limiter, none } = self.plugins;
            lanes.push(sandboxed(names::NO_INTERRUPTION, no_interruption, true, pack)?);
            lanes.push(sandboxed(names::NO_LIMITER, no_limiter, true, pack)?);
            lanes.push(sandboxed(names::NO_CHECKS, all, false, pack)?);
            lanes.push(sandboxed(names::NO_PROTECTION, none, false, pack)?);
            if let Some(hundred) = &self.hundred {
                lanes.push(sandboxed(names::HUNDRED, all, true, hundred)?);
            }
        }
        Ok(lanes)
    }
}

/// Every lane once untimed, to be warm and to say what it finds; then the rounds. A lane with a sample runs once.
fn work(lanes: &mut [Measuring<'_>], rounds: u32) -> anyhow::Result<()> {
    for lane in lanes.iter_mut() {
        let ran = lane.lane.run()?;
        lane.hits = lane.lane.hits()?;
        if lane.sample.is_some() {
            lane.ran.push(ran);
        }
    }
    for _ in 0..rounds {
        for lane in lanes.iter_mut().filter(|lane| lane.sample.is_none()) {
            let ran = lane.lane.run()?;
            lane.ran.push(ran);
        }
    }
    lanes.iter().try_for_each(Measuring::agrees_with_itself)
}

impl<'l> Measuring<'l> {
    fn new(name: &str, lane: AnyLane<'l>, sample: Option<u64>) -> Self {
        Self { name: name.to_owned(), lane, sample, ran: Vec::new(), hits: Vec::new() }
    }

    fn input(&mut self, input: &Input, folder: &Path) -> anyhow::Result<()> {
        let wrong = |what: String| anyhow!("{}: {what}", input.name);
        let facts = match &mut self.lane {
            AnyLane::Floor(lane) => lane.input(Arc::clone(&input.bytes)).map_err(wrong)?,
            AnyLane::Sandboxed(lane) => lane.input(Arc::clone(&input.bytes)).map_err(wrong)?,
            AnyLane::Process(lane) => match self.sample {
                Some(count) => lane.input(&input.sample(count, folder)?)?,
                None => lane.input(&input.file)?,
            },
        };
        let expected = self.sample.map_or(input.size.records, |count| count.min(input.size.records));
        if facts.records != expected {
            bail!("lane {} sees {} records in {}, and there are {expected}", self.name, facts.records, input.name);
        }
        Ok(())
    }

    /// A lane that finds something else in another round measures nothing.
    fn agrees_with_itself(&self) -> anyhow::Result<()> {
        let first = self.ran.first().with_context(|| format!("lane {} did not run; ask for a round", self.name))?;
        match self.ran.iter().find(|ran| ran.digest != first.digest || ran.records != first.records) {
            None => Ok(()),
            Some(_) => bail!("lane {} finds different things in different rounds over the same records", self.name),
        }
    }

    fn nanoseconds(&self) -> Vec<f64> {
        self.ran.iter().map(|ran| ran.nanoseconds as f64).collect()
    }

    fn row(&self, input: &str, rule_files: u64) -> Row {
        let first = self.ran.first().cloned().unwrap_or_default();
        let a_record = |nanoseconds: u64| nanoseconds as f64 / 1_000.0 / first.records.max(1) as f64;
        let stage = |place: usize| {
            let times = self.ran.iter().filter_map(|ran| ran.stages.get(place));
            (first.stages[place].name.clone(), Spread::of(times.map(|stage| a_record(stage.nanoseconds))))
        };
        Row {
            input: input.to_owned(),
            rule_files,
            lane: self.name.clone(),
            threads: 1,
            microseconds: Spread::of(self.ran.iter().map(|ran| a_record(ran.nanoseconds))),
            records: first.records,
            bytes: first.bytes,
            hits: first.hits,
            digest: first.digest.clone(),
            stages: (0..first.stages.len()).map(stage).collect(),
            guest_memory_bytes_peak: self.lane.memory_bytes(),
        }
    }
}

/// What the comparisons of one input need.
struct Comparing<'c> {
    input: &'c str,
    rule_files: u64,
    record_bytes: &'c [u64],
    record_bytes_max: usize,
    facts: &'c BTreeMap<String, EngineFacts>,
    rule_paths: &'c BTreeMap<String, String>,
}

impl Comparing<'_> {
    /// The sandbox with every lane of another process.
    fn all(&self, lanes: &[Measuring<'_>]) -> Vec<Comparison> {
        let Some(sandbox) = lanes.iter().find(|lane| lane.name == names::SANDBOX) else { return Vec::new() };
        let others = lanes.iter().filter(|lane| matches!(lane.lane, AnyLane::Process(_)));
        others
            .filter_map(|other| {
                let count = other.ran.first().map_or(0, |ran| ran.records as usize).min(self.record_bytes.len());
                let compared = Compared {
                    input: self.input,
                    rule_files: self.rule_files,
                    one: &sandbox.name,
                    other: &other.name,
                    record_bytes: &self.record_bytes[..count],
                    record_bytes_max: self.record_bytes_max,
                    one_facts: self.facts.get(&sandbox.name)?,
                    other_facts: self.facts.get(&other.name)?,
                    files: self.rule_paths,
                };
                Some(compare(&compared, &sandbox.hits, &other.hits))
            })
            .collect()
    }
}
