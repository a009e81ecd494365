//! Tests asked of the plugin, one record after another, through the calls and checks that `score` makes.

use std::{collections::BTreeSet, io, thread};

use glassbox_check::{Checker, RecordContext};
use glassbox_deployment::{Deployment, DeploymentError, StartError};
use glassbox_explain::reason;
use glassbox_finding::{Logsource, Origin, Settings};
use glassbox_pack::Directory;
use glassbox_packs::{self as packs, BuildError, Built, NamedFile, RuleInputs};
use glassbox_report::{Evidence, Explanation, Finding, Joined, SourceRecord, WhyUnscored, join_explanation};
use glassbox_rules::{
    RuleMetadata,
    compile::{Pipeline, RuleAccount, RuleFile, RuleOutcome},
};
use glassbox_sandbox::{Answer, Fault, Instance, Plugin, Terms, ask, broken};

use super::{
    Expected, ExpectedEvidence, FieldFound, Nearest, RuleName, RuleTest, RuleText, Suite, TestFailure, TestedRules,
    Verdict,
};

/// Records of one test that are asked for what they lack.
const RECORDS_EXPLAINED_MAX: usize = 100;

/// The rules under test.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The pack; none where every test brings its rules along.
    pub pack: Option<&'a [u8]>,
    /// What the pack's rules say about themselves.
    pub rules: &'a [RuleMetadata],
    /// One account for each rule, where the pack was built from files.
    pub accounts: &'a [RuleAccount],
    /// What it was built from.
    pub inputs: Option<&'a RuleInputs>,
}

/// How strictly tests are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether more hits than stated, and rules that are not given, fail a test.
    pub strict: bool,
}

/// Why tests cannot be run. A test that fails is no error but a verdict.
#[derive(Debug, thiserror::Error)]
pub enum RuleTestError {
    /// The plugin and a pack cannot be put together.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The plugin does not start, or refuses a pack.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No pack can be built of a test's rules.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// No thread can be started.
    #[error("no thread can be started for the tests")]
    Thread(#[from] io::Error),
}

/// Runs a suite's tests: one verdict each, in their order.
///
/// # Errors
/// When the plugin does not start or refuses a pack, or the host cannot go on. What a plugin does wrong on a record fails
/// that record's test alone.
pub fn run(plugin: &Plugin, given: Given<'_>, suite: &Suite, options: Options) -> Result<Vec<Verdict>, RuleTestError> {
    let stack = plugin.limits().thread_stack_bytes;
    thread::scope(|scope| {
        let asker = thread::Builder::new().name("tests".to_owned()).stack_size(stack).spawn_scoped(scope, || {
            let mut runner = Runner { plugin, given, options, bench: None, inline: None };
            suite.tests.iter().map(|test| runner.test(test, suite)).collect()
        })?;
        asker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

struct Runner<'a> {
    plugin: &'a Plugin,
    given: Given<'a>,
    options: Options,
    /// With the pack under test, once a test needs it.
    bench: Option<Bench>,
    /// With the rules of the last test that brought some along; tests that share them follow each other.
    inline: Option<(usize, Inline)>,
}

/// Rules that a test brought along.
struct Inline {
    built: Built,
    /// None where no rule was loaded.
    bench: Option<Bench>,
}

/// A deployment that is ready to be asked.
struct Bench {
    deployment: Deployment,
    /// None after a fault, until it is needed again.
    instance: Option<Instance>,
    checker: Checker,
}

/// What the plugin said of one record.
struct Answered<'t> {
    record: &'t SourceRecord,
    /// The finding, where there is one.
    finding: Option<Finding>,
    /// Whether no rule is about its logsource.
    is_unrouted: bool,
}

impl Answered<'_> {
    /// Whether the rule with this id hit, as far as the finding lists it.
    fn hits(&self, id: &str) -> bool {
        self.finding.as_ref().is_some_and(|finding| lists(finding, id))
    }

    /// Why the rule with this id hit.
    fn evidence(&self, id: &str) -> impl Iterator<Item = &Evidence> {
        let finding = self.finding.as_ref();
        let hit = finding.and_then(|finding| finding.hits.iter().find(|hit| hit.rule == id));
        let positions = hit.map_or(&[][..], |hit| &hit.evidence);
        positions.iter().filter_map(move |&at| finding?.evidence.get(at as usize))
    }
}

/// Whether a finding lists the rule with this id.
fn lists(finding: &Finding, id: &str) -> bool {
    finding.hits.iter().any(|hit| hit.rule == id) || finding.further_hits.iter().any(|rule| rule == id)
}

impl Runner<'_> {
    fn test(&mut self, test: &RuleTest, suite: &Suite) -> Result<Verdict, RuleTestError> {
        let failed = |failure| Ok(Verdict::Failed(Box::new(failure)));
        match &test.subject {
            TestedRules::Given(id) => self.given(test, id),
            TestedRules::Inline(at) => {
                let Inline { built, bench } = self.inline(*at, &suite.rule_texts[*at])?;
                let rejected = built.rejected().next().and_then(RuleAccount::rejection).map(str::to_owned);
                // A list says which rules hit: one that cannot is fine, as long as it is not on the list.
                let rejected = match &test.expected {
                    Expected::Titles(titles) if bench.is_some() => {
                        let listed =
                            |account: &&RuleAccount| account.title.as_ref().is_some_and(|it| titles.contains(it));
                        let listed = built.rejected().find(listed);
                        listed.and_then(RuleAccount::rejection).map(str::to_owned)
                    }
                    _ => rejected,
                };
                match (&test.expected, rejected, bench) {
                    (Expected::Rejected, Some(_), _) => Ok(Verdict::Passed { more: None }),
                    (Expected::Rejected, None, _) => failed(TestFailure::RuleLoaded),
                    (_, Some(reason), _) => failed(TestFailure::RuleRejected { reason }),
                    (_, None, None) => failed(TestFailure::RuleRejected { reason: "it holds no rule".to_owned() }),
                    (_, None, Some(bench)) => {
                        let rules: Vec<&RuleMetadata> = built.metadata.iter().collect();
                        match bench.verdict(test, &rules)? {
                            Verdict::Failed(mut failure) => {
                                bench.add_nearest(test, &rules, &mut failure)?;
                                Ok(Verdict::Failed(failure))
                            }
                            passed => Ok(passed),
                        }
                    }
                }
            }
        }
    }

    fn given(&mut self, test: &RuleTest, id: &str) -> Result<Verdict, RuleTestError> {
        let failed = |failure| Ok(Verdict::Failed(Box::new(failure)));
        let rejection = self.given.rejection(id);
        let rule = self.given.rules.iter().find(|rule| rule.id == id);
        let (rule, pack) = match (&test.expected, rule, self.given.pack, rejection) {
            (Expected::Rejected, None, _, Some(_)) => return Ok(Verdict::Passed { more: None }),
            (Expected::Rejected, Some(_), ..) => return failed(TestFailure::RuleLoaded),
            (_, Some(rule), Some(pack), _) => (rule, pack),
            (_, _, _, Some(reason)) => return failed(TestFailure::RuleRejected { reason }),
            _ if self.options.strict => return failed(TestFailure::NotGiven { id: id.to_owned() }),
            _ => return Ok(Verdict::Skipped),
        };
        let bench = match &mut self.bench {
            Some(bench) => bench,
            none => none.insert(Bench::new(self.plugin, pack.to_vec())?),
        };
        let rules = [rule];
        match bench.verdict(test, &rules)? {
            Verdict::Failed(mut failure) => {
                // Alone, the rule is among those that came nearest, whatever other rules make of the record.
                match self.given.alone(rule) {
                    Some(inputs) => {
                        Bench::new(self.plugin, build(inputs)?.bytes)?.add_nearest(test, &rules, &mut failure)?;
                    }
                    None => bench.add_nearest(test, &rules, &mut failure)?,
                }
                Ok(Verdict::Failed(failure))
            }
            Verdict::Passed { more: Some(hits) } if self.options.strict => {
                let wanted = if let Expected::Hit(wanted) = test.expected { wanted } else { 0 };
                failed(TestFailure::TooMany { rule: name(rule), hits, wanted })
            }
            passed => Ok(passed),
        }
    }

    /// The rules that tests bring along, compiled and loaded.
    fn inline(&mut self, at: usize, text: &RuleText) -> Result<&mut Inline, RuleTestError> {
        let inline = match self.inline.take() {
            Some((known, inline)) if known == at => inline,
            _ => {
                let built = build_text(at, text)?;
                let is_empty = built.metadata.is_empty();
                let bench = if is_empty { None } else { Some(Bench::new(self.plugin, built.bytes.clone())?) };
                Inline { built, bench }
            }
        };
        Ok(&mut self.inline.insert((at, inline)).1)
    }
}

/// Compiles the rules that a test brings along. A pipeline that cannot be used rejects them all.
fn build_text(at: usize, text: &RuleText) -> Result<Built, RuleTestError> {
    let path = format!("{}: rules {}", text.file, at + 1);
    let file = |text: &str| RuleFile { path: path.clone(), text: text.to_owned() };
    let named = |text: &str| NamedFile { name: path.clone(), file: file(text) };
    let mut inputs = RuleInputs { rules: vec![named(&text.sigma)], ..RuleInputs::default() };
    let mut refused = None;
    if let Some(pipeline) = &text.pipeline {
        match Pipeline::read(&file(pipeline)) {
            Ok(read) => inputs.pipelines.push((named(pipeline), read)),
            Err(error) => refused = Some(format!("the pipeline: {error}")),
        }
    }
    let mut built = build(inputs)?;
    if let Some(reason) = refused {
        for account in &mut built.accounts {
            account.outcome = RuleOutcome::Rejected { reason: reason.clone() };
        }
    }
    Ok(built)
}

impl Given<'_> {
    /// What a pack of one rule is built from: its file, and everything else that changes rules. None where the rules'
    /// files are not known.
    fn alone(&self, rule: &RuleMetadata) -> Option<RuleInputs> {
        let inputs = self.inputs?;
        let is_own = |file: &&NamedFile| file.file.path == rule.file || file.name == rule.file;
        let own = inputs.rules.iter().find(is_own)?;
        let filters = self.accounts.iter().filter(|account| account.filtered().is_some());
        let filter_files: BTreeSet<&str> = filters.map(|account| account.file.as_str()).collect();
        let has_filter =
            |file: &&NamedFile| filter_files.contains(file.file.path.as_str()) && file.file.path != own.file.path;
        let filters = inputs.filters.iter().chain(inputs.rules.iter().filter(has_filter));
        let filters = filters.filter(|file| file.file.path != own.file.path).cloned().collect();
        Some(RuleInputs { rules: vec![own.clone()], filters, ..inputs.clone() })
    }

    /// Why the rule with this id was rejected, if it was. A file that does not parse is known by the id in its text.
    fn rejection(&self, id: &str) -> Option<String> {
        let rejected = self.accounts.iter().filter_map(|account| Some((account, account.rejection()?)));
        let is_it = |account: &RuleAccount| match &account.id {
            Some(known) => known == id,
            None => {
                let files = self.inputs.map_or(&[][..], |inputs| &inputs.rules);
                let mut files = files.iter().filter(|file| file.file.path == account.file);
                files.any(|file| file.file.text.to_lowercase().contains(id))
            }
        };
        let found = rejected.into_iter().find(|(account, _)| is_it(account));
        found.map(|(account, reason)| format!("{}: {reason}", account.place()))
    }
}

impl Bench {
    fn new(plugin: &Plugin, pack: Vec<u8>) -> Result<Self, RuleTestError> {
        let deployment = Deployment::new(plugin.clone(), pack)?;
        let instance = deployment.start(Settings::default())?;
        Ok(Self { checker: deployment.checker(), instance: Some(instance), deployment })
    }

    /// The result of a call. After a fault, what happened; the next call starts a fresh instance.
    fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Instance, &mut Checker, Terms<'_>) -> Result<T, Fault>,
    ) -> Result<Result<T, TestFailure>, RuleTestError> {
        let mut instance = match self.instance.take() {
            Some(instance) => instance,
            None => self.deployment.start(Settings::default())?,
        };
        match call(&mut instance, &mut self.checker, self.deployment.terms()) {
            Ok(answer) => {
                self.instance = Some(instance);
                Ok(Ok(answer))
            }
            Err(fault) => Ok(Err(TestFailure::Fault { what: fault.to_string() })),
        }
    }

    /// An answer with names and quotes.
    fn answered<'t>(&self, record: &'t SourceRecord, answer: &Answer) -> Answered<'t> {
        let (maps, directory) = (self.deployment.maps(), self.deployment.directory());
        let finding = answer.finding.as_ref().zip(answer.class.as_ref()).map(|(finding, class)| {
            let joined = Joined { record: &record.bytes, frame: &[], class, time: answer.time, maps, directory };
            joined.finding(finding, 0)
        });
        Answered { record, finding, is_unrouted: answer.is_unrouted() }
    }

    /// What the plugin says of a record, also where it is not a finding; none where it cannot be explained.
    fn explain(
        &mut self,
        record: &SourceRecord,
        origin: &Origin,
    ) -> Result<Result<Option<Explanation>, TestFailure>, RuleTestError> {
        let explained = self.call(|instance, checker, _| {
            let Ok(explanation) = instance.explain(&record.bytes, origin)? else { return Ok(None) };
            let context = RecordContext::alone(&record.bytes, &origin.frame, explanation.class.map);
            let checked = checker.check_explanation(context, &explanation);
            checked.map_err(|error| broken("explain", &error.to_string()))?;
            Ok(Some(explanation))
        })?;
        let (maps, directory) = (self.deployment.maps(), self.deployment.directory());
        // Values that no rule reads are not shown here, so they need no name.
        let join = |it| join_explanation(&it, &record.bytes, maps, directory, &|_| String::new());
        Ok(explained.map(|explanation| explanation.map(join)))
    }

    fn verdict(&mut self, test: &RuleTest, rules: &[&RuleMetadata]) -> Result<Verdict, RuleTestError> {
        let record_bytes_max = self.deployment.plugin().limits().record_bytes_max;
        let origin = Origin::hinted(hint(test, rules));
        let mut answered = Vec::with_capacity(test.records.len());
        for record in &test.records {
            let place = reason::place(&test.source, record.position);
            if record.bytes.len() > record_bytes_max {
                let why =
                    WhyUnscored::TooLarge { bytes: record.bytes.len() as u64, bytes_max: record_bytes_max as u64 };
                return Ok(failed(TestFailure::Unscored { record: place, reason: reason::why_unscored(&why) }));
            }
            let asked = self.call(|instance, checker, terms| ask(instance, checker, terms, &record.bytes, &origin))?;
            let answer = match asked {
                Ok(answer) => answer,
                Err(failure) => return Ok(failed(failure)),
            };
            if let Some(unscored) = answer.unscored {
                let why = WhyUnscored::Unreadable(unscored.reason, unscored.at);
                return Ok(failed(TestFailure::Unscored { record: place, reason: reason::why_unscored(&why) }));
            }
            answered.push(self.answered(record, &answer));
        }
        Ok(weigh(test, rules, &answered).map_or_else(failed, |more| Verdict::Passed { more }))
    }

    /// Adds to a failure what the record that came nearest lacks.
    fn add_nearest(
        &mut self,
        test: &RuleTest,
        rules: &[&RuleMetadata],
        failure: &mut TestFailure,
    ) -> Result<(), RuleTestError> {
        let TestFailure::Missed { rule, nearest, .. } = failure else { return Ok(()) };
        let origin = Origin::hinted(hint(test, rules));
        let fields = fields_of(self.deployment.directory(), &rule.id);
        for record in test.records.iter().take(RECORDS_EXPLAINED_MAX) {
            // A record that cannot be explained has failed for another reason already.
            let Ok(Some(explanation)) = self.explain(record, &origin)? else { continue };
            if explanation.finding.as_ref().is_some_and(|finding| lists(finding, &rule.id)) {
                continue;
            }
            let place = reason::place(&test.source, record.position);
            let found = nearest_of(place, &rule.id, &fields, explanation);
            if nearest.as_ref().is_none_or(|known| lacks(&found) < lacks(known)) {
                *nearest = Some(Box::new(found));
            }
        }
        Ok(())
    }
}

/// How near a record came to hitting a rule. Of a rule among others, that it is about the record's logsource is only known
/// where it came near.
fn nearest_of(record: String, rule: &str, names: &[String], explanation: Explanation) -> Nearest {
    let Explanation { logsource, considered, near_misses, fields, suppressed, .. } = explanation;
    let of_rule = suppressed.into_iter().filter(|suppressed| suppressed.rule == rule);
    let suppressed_by: Vec<String> = of_rule.map(|suppressed| suppressed.filter).collect();
    let miss = near_misses.into_iter().find(|miss| miss.rule == rule);
    let considered = miss.as_ref().map_or(considered > 0, |miss| !miss.other_logsource);
    let found = |name: &String| FieldFound {
        name: name.clone(),
        text: fields.iter().find(|field| field.name == *name).map(|field| field.text.clone()),
    };
    let fields =
        if miss.is_none() && suppressed_by.is_empty() { names.iter().map(found).collect() } else { Vec::new() };
    Nearest { record, logsource, considered, suppressed_by, miss, fields }
}

/// The fields that a rule of a pack reads.
fn fields_of(directory: &Directory, rule: &str) -> Vec<String> {
    let Some(rule) = directory.rule_position(rule).and_then(|position| directory.rule(position)) else {
        return Vec::new();
    };
    let predicates = rule.items.iter().flat_map(|item| &item.predicates);
    let fields: BTreeSet<u32> =
        predicates.filter_map(|&(predicate, _)| directory.set().predicates.get(predicate as usize)?.field).collect();
    fields.into_iter().filter_map(|field| directory.field(field)).map(str::to_owned).collect()
}

/// What orders records by how near they came.
fn lacks(nearest: &Nearest) -> (bool, u32, u32) {
    if !nearest.suppressed_by.is_empty() {
        return (false, 0, 0);
    }
    let miss = nearest.miss.as_ref();
    let (lacks, held) = miss.map_or((u32::MAX, 0), |miss| (miss.needed - miss.held, miss.held));
    (!nearest.considered, lacks, u32::MAX - held)
}

/// A model of one term, the least that a model has: whether a rule hits does not depend on its score, and the plugin takes
/// longer to load terms than the few rules of a test.
const MODEL: &[u8] = include_bytes!("model.json");

/// A pack of rules under test. It has no known answers: the pack is dropped after the tests.
///
/// # Errors
/// When the model of tests is broken, which a test rules out.
pub fn build(rules: impl Into<RuleInputs>) -> Result<Built, BuildError> {
    packs::build(rules, MODEL, None, &[])
}

fn failed(failure: TestFailure) -> Verdict {
    Verdict::Failed(Box::new(failure))
}

fn name(rule: &RuleMetadata) -> RuleName {
    RuleName { id: rule.id.clone(), title: rule.title.clone() }
}

/// What is said to have produced a test's records: what the test says, else what its first rule is about.
fn hint<'t>(test: &'t RuleTest, rules: &[&'t RuleMetadata]) -> &'t Logsource {
    static UNKNOWN: Logsource = Logsource { product: None, category: None, service: None };
    test.logsource.as_ref().or(rules.first().map(|rule| &rule.logsource)).unwrap_or(&UNKNOWN)
}

/// Holds answers against what is expected: records that hit where more do than are stated, or how the test failed.
fn weigh(test: &RuleTest, rules: &[&RuleMetadata], answered: &[Answered<'_>]) -> Result<Option<u64>, TestFailure> {
    let more = match &test.expected {
        // Decided before a record is asked.
        Expected::Rejected => None,
        Expected::Hit(stated) => weigh_hits(*stated, rules, answered)?,
        Expected::Quiet => {
            weigh_quiet(test, rules, answered)?;
            None
        }
        Expected::Titles(titles) => {
            weigh_titles(titles, rules, answered)?;
            None
        }
    };
    if let Some(wanted) = &test.evidence {
        let sorted = |mut evidence: Vec<ExpectedEvidence>| {
            evidence.sort();
            evidence
        };
        let pairs = answered.iter().flat_map(|it| rules.iter().map(move |rule| (it, rule)));
        let held = pairs.flat_map(|(it, rule)| it.evidence(&rule.id)).map(ExpectedEvidence::from);
        let (evidence, wanted) = (sorted(held.collect()), sorted(wanted.clone()));
        if evidence != wanted {
            return Err(TestFailure::OtherEvidence { evidence, wanted });
        }
    }
    Ok(more)
}

/// Records that a rule hit.
fn hits(rule: &RuleMetadata, answered: &[Answered<'_>]) -> u64 {
    answered.iter().filter(|it| it.hits(&rule.id)).count() as u64
}

fn weigh_hits(stated: u64, rules: &[&RuleMetadata], answered: &[Answered<'_>]) -> Result<Option<u64>, TestFailure> {
    let wanted = stated.max(1);
    let mut more = None;
    for rule in rules {
        let hits = hits(rule, answered);
        if hits < wanted {
            return Err(TestFailure::Missed { rule: name(rule), hits, wanted, nearest: None });
        }
        // A test without a number says nothing of how many.
        if stated > 0 && hits > stated {
            more = Some(hits);
        }
    }
    Ok(more)
}

fn weigh_quiet(test: &RuleTest, rules: &[&RuleMetadata], answered: &[Answered<'_>]) -> Result<(), TestFailure> {
    let place = |it: &Answered<'_>| reason::place(&test.source, it.record.position);
    for (it, rule) in answered.iter().flat_map(|it| rules.iter().map(move |rule| (it, rule))) {
        if it.hits(&rule.id) {
            let evidence = it.evidence(&rule.id).cloned().collect();
            return Err(TestFailure::Unexpected { rule: name(rule), record: place(it), evidence });
        }
    }
    match answered.iter().find(|it| it.is_unrouted) {
        Some(it) if test.logsource.is_none() => Err(TestFailure::NotConsidered { record: place(it) }),
        _ => Ok(()),
    }
}

fn weigh_titles(titles: &[String], rules: &[&RuleMetadata], answered: &[Answered<'_>]) -> Result<(), TestFailure> {
    let sorted = |mut titles: Vec<String>| {
        titles.sort();
        titles
    };
    let hit = rules.iter().filter(|rule| hits(rule, answered) > 0).map(|rule| rule.title.clone());
    let (hit, wanted) = (sorted(hit.collect()), sorted(titles.to_vec()));
    if hit == wanted { Ok(()) } else { Err(TestFailure::OtherRules { hit, wanted }) }
}
