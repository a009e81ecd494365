//! The compiler: Sigma YAML to rule set. For the host only; YAML is parsed by `rsigma-parser`.
//!
//! Every rule given is accounted for: loaded, or rejected with a reason. Nothing is degraded silently: a construct that
//! cannot be kept exactly rejects its rule.

mod condition;
mod everyday;
mod item;
mod literals;
mod specimen;
mod trigger;
mod value;

pub use specimen::specimen;

use std::collections::{BTreeMap, HashMap};

use glassbox_finding::Logsource;
use glassbox_predicate::Operator;
use rsigma_parser::{LogSource, SigmaRule};
use serde::Serialize;

use crate::{
    metadata::{Level, RuleMetadata, Status},
    set::{FieldPredicate, Rule, RuleSet, check_condition},
};

/// A file of rules.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Its name, as the user gave it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What became of everything that was given.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The rules that were loaded.
    pub set: RuleSet,
    /// What they say about themselves, in the same order.
    pub metadata: Vec<RuleMetadata>,
    /// One account a rule given, in the order given.
    pub accounts: Vec<RuleAccount>,
}

/// What became of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleAccount {
    /// The file.
    pub file: String,
    /// The rule's id, if it got so far.
    pub id: Option<String>,
    /// The rule's title, if it got so far.
    pub title: Option<String>,
    /// Loaded, or why not.
    pub outcome: RuleOutcome,
    /// What the parser did not understand and matching does not need.
    pub warnings: Vec<String>,
}

/// Loaded, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum RuleOutcome {
    /// In the rule set.
    Loaded,
    /// Not in the rule set.
    Rejected {
        /// Why, in a clause.
        reason: String,
    },
}

impl RuleAccount {
    /// Why the rule was rejected; none if it was loaded.
    #[must_use]
    pub fn rejection(&self) -> Option<&str> {
        match &self.outcome {
            RuleOutcome::Loaded => None,
            RuleOutcome::Rejected { reason } => Some(reason),
        }
    }
}

/// Why one rule cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("{field}: {reason}")]
    Item { field: String, reason: String },
    #[error("selection `{0}`: {1}")]
    Selection(String, String),
    #[error("the condition names `{0}`, and there is no such selection")]
    UnknownSelection(String),
    #[error("the condition's `{0}` fits no selection")]
    EmptyPattern(String),
    #[error("the condition asks for {0} of {1} selections")]
    Count(u64, usize),
    #[error("the rule has no condition")]
    NoCondition,
    #[error("the condition is larger than {0} nodes or nests deeper than {1} levels")]
    ConditionTooLarge(usize, u32),
    #[error("the id is already used by {0}")]
    DuplicateId(String),
    #[error("`timeframe` belongs to correlations, which are not read yet")]
    Timeframe,
    #[error("the logsource has `{0}`, which nothing can be routed by")]
    CustomLogsource(String),
    #[error("{0}")]
    Unsound(&'static str),
}

/// Compiles rules. Order in, order out; the same files give the same set.
#[must_use]
pub fn compile(files: &[RuleFile]) -> Compiled {
    let mut compiler = Compiler::default();
    for file in files {
        compiler.file(file);
    }
    let set = &mut compiler.compiled.set;
    let predicates = (0..).zip(&set.predicates);
    let expressions = predicates.filter(|(_, it)| it.predicate.operator == Operator::Regex);
    set.required =
        expressions.filter_map(|(position, it)| Some((position, literals::required(&it.predicate.operand)?))).collect();
    trigger::choose(set);
    compiler.compiled
}

#[derive(Default)]
struct Compiler {
    compiled: Compiled,
    /// The file of each id.
    ids: HashMap<String, String>,
    interned: Interned,
}

/// What rules share, by content.
#[derive(Default)]
struct Interned {
    fields: BTreeMap<String, u32>,
    predicates: HashMap<FieldPredicate, u32>,
    logsources: BTreeMap<Logsource, u32>,
}

impl Compiler {
    fn file(&mut self, file: &RuleFile) {
        let rejected = |reason: String| RuleAccount {
            file: file.path.clone(),
            id: None,
            title: None,
            outcome: RuleOutcome::Rejected { reason },
            warnings: Vec::new(),
        };
        let collection = match rsigma_parser::parse_sigma_yaml(&file.text) {
            Ok(collection) => collection,
            Err(error) => return self.compiled.accounts.push(rejected(error.to_string())),
        };
        let first = self.compiled.accounts.len();
        for (position, rule) in collection.rules.iter().enumerate() {
            self.rule(file, position, rule);
        }
        for correlation in &collection.correlations {
            let mut account = rejected("correlation rules are not read yet".into());
            account.id.clone_from(&correlation.id);
            account.title = Some(correlation.title.clone());
            self.compiled.accounts.push(account);
        }
        for filter in &collection.filters {
            let mut account = rejected("global filters are not read yet".into());
            account.id.clone_from(&filter.id);
            account.title = Some(filter.title.clone());
            self.compiled.accounts.push(account);
        }
        let (warnings, errors): (Vec<_>, Vec<_>) = collection.errors.into_iter().partition(|error| is_warning(error));
        self.compiled.accounts.extend(errors.into_iter().map(rejected));
        match self.compiled.accounts.get_mut(first) {
            Some(account) => account.warnings = warnings,
            None => self.compiled.accounts.push(rejected("the file holds no rule".into())),
        }
    }

    fn rule(&mut self, file: &RuleFile, position: usize, rule: &SigmaRule) {
        let id = match rule.id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
            Some(id) => id.to_lowercase(),
            None => format!("{}#{}", file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path), position + 1),
        };
        let outcome = match self.load(&id, file, rule) {
            Ok(()) => RuleOutcome::Loaded,
            Err(rejection) => RuleOutcome::Rejected { reason: rejection.to_string() },
        };
        let title = Some(rule.title.clone());
        let account = RuleAccount { file: file.path.clone(), id: Some(id), title, outcome, warnings: Vec::new() };
        self.compiled.accounts.push(account);
    }

    fn load(&mut self, id: &str, file: &RuleFile, rule: &SigmaRule) -> Result<(), Rejection> {
        if let Some(other) = self.ids.get(id) {
            return Err(Rejection::DuplicateId(other.clone()));
        }
        if rule.detection.timeframe.is_some() {
            return Err(Rejection::Timeframe);
        }
        let condition = condition::compile(&rule.detection)?;
        // What the plugin would refuse must cost no more than its rule.
        let item_predicates: Vec<usize> = condition.items.iter().map(item::RawItem::predicates).collect();
        check_condition(&condition.nodes, &item_predicates).map_err(Rejection::Unsound)?;
        let logsource = logsource(&rule.logsource)?;
        self.ids.insert(id.to_owned(), file.path.clone());

        let set = &mut self.compiled.set;
        let interned = &mut self.interned;
        let items = condition.items.into_iter().map(|item| item.intern(interned, set)).collect();
        let (tactics, techniques) = attack(&rule.tags);
        let level = rule.level.map(level);
        let status = rule.status.map(status);
        let source = interned.logsource(logsource.clone(), set);
        set.rules.push(Rule {
            id: id.to_owned(),
            logsource: source,
            level,
            status,
            tactics,
            techniques,
            selections: condition.selections,
            items,
            nodes: condition.nodes,
            triggers: Vec::new(),
        });
        self.compiled.metadata.push(RuleMetadata {
            id: id.to_owned(),
            title: rule.title.clone(),
            file: file.path.clone(),
            level,
            status,
            description: rule.description.clone().unwrap_or_default().trim().to_owned(),
            author: rule.author.clone().unwrap_or_default(),
            date: rule.modified.clone().or_else(|| rule.date.clone()).unwrap_or_default(),
            references: rule.references.clone(),
            tags: rule.tags.clone(),
            false_positives: rule.falsepositives.clone(),
            logsource,
        });
        Ok(())
    }
}

impl Interned {
    fn field(&mut self, name: &str, set: &mut RuleSet) -> u32 {
        if let Some(&slot) = self.fields.get(name) {
            return slot;
        }
        let slot = set.fields.len() as u32;
        set.fields.push(name.to_owned());
        self.fields.insert(name.to_owned(), slot);
        slot
    }

    fn predicate(&mut self, predicate: FieldPredicate, set: &mut RuleSet) -> u32 {
        *self.predicates.entry(predicate).or_insert_with_key(|predicate| {
            set.predicates.push(predicate.clone());
            set.predicates.len() as u32 - 1
        })
    }

    fn logsource(&mut self, logsource: Logsource, set: &mut RuleSet) -> u32 {
        *self.logsources.entry(logsource).or_insert_with_key(|logsource| {
            set.logsources.push(logsource.clone());
            set.logsources.len() as u32 - 1
        })
    }
}

/// Whether the parser went on with the rule: it says so only in words.
fn is_warning(error: &str) -> bool {
    ["related", "'related'", "invalid status", "invalid level", "invalid sigma-version"]
        .iter()
        .any(|beginning| error.starts_with(beginning))
}

fn logsource(source: &LogSource) -> Result<Logsource, Rejection> {
    if let Some(name) = source.custom.keys().min() {
        return Err(Rejection::CustomLogsource(name.clone()));
    }
    let lower = |part: &Option<String>| part.as_ref().map(|part| part.to_lowercase());
    Ok(Logsource {
        product: lower(&source.product),
        category: lower(&source.category),
        service: lower(&source.service),
    })
}

/// The tactics and techniques that tags name; of techniques that were replaced, those of today.
fn attack(tags: &[String]) -> (u32, Vec<u32>) {
    let tactics = glassbox_attack::tactics_of_tags(tags.iter().map(String::as_str));
    let mut techniques: Vec<u32> = tags
        .iter()
        .filter_map(|tag| match glassbox_attack::parse_tag(tag)? {
            glassbox_attack::Tag::Technique(number) => {
                let current = glassbox_attack::resolve_numbered(number).current;
                Some(current.map_or(number, |technique| technique.number).0)
            }
            glassbox_attack::Tag::Tactics(_) => None,
        })
        .collect();
    techniques.sort_unstable();
    techniques.dedup();
    (tactics.0.into(), techniques)
}

fn level(level: rsigma_parser::Level) -> Level {
    match level {
        rsigma_parser::Level::Informational => Level::Informational,
        rsigma_parser::Level::Low => Level::Low,
        rsigma_parser::Level::Medium => Level::Medium,
        rsigma_parser::Level::High => Level::High,
        rsigma_parser::Level::Critical => Level::Critical,
    }
}

fn status(status: rsigma_parser::Status) -> Status {
    match status {
        rsigma_parser::Status::Stable => Status::Stable,
        rsigma_parser::Status::Test => Status::Test,
        rsigma_parser::Status::Experimental => Status::Experimental,
        rsigma_parser::Status::Deprecated => Status::Deprecated,
        rsigma_parser::Status::Unsupported => Status::Unsupported,
    }
}

#[cfg(test)]
mod tests;
