//! The compiler: Sigma YAML to rule set. For the host only.
//!
//! Files become documents (`yaml`, `collection`), documents become rules and filters whose modifiers are applied and
//! whose lines are known (`rule`, `detection`, `modifier`, `grammar`). Filters are put upon rules, pipelines change
//! them, placeholders get their values; what is left becomes predicates and nodes (`condition`, `item`).
//!
//! Every rule given is accounted for: loaded, or rejected with a reason and a line. Nothing is degraded silently: a
//! construct that cannot be kept exactly rejects its rule.

mod collection;
mod condition;
mod detection;
mod everyday;
mod filter;
mod grammar;
mod item;
mod modifier;
mod pipeline;
mod rule;
mod scalar;
mod specimen;
mod text;
mod trigger;
mod value;
mod yaml;

pub use pipeline::{Pipeline, PipelineError};
pub use specimen::specimen;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use glassbox_finding::Logsource;
use glassbox_predicate::{Operator, regex_cost, required_literals};
use serde::Serialize;

use crate::{
    metadata::RuleMetadata,
    set::{self, FieldPredicate, Rule, RuleFilter, RuleSet, check_condition, limits},
};
use collection::Document;
use filter::Filter;
use rule::{Header, LogSource};

/// Bytes that the automata of all regular expressions of a rule set may take together: a plugin has 64 MiB, and its
/// matcher, its records and its state need most of them.
pub const REGEXES_BYTES_MAX: usize = 16 << 20;

/// A file of rules.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Its name, as the user gave it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What rules are compiled with besides themselves.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// What changes rules. They are applied by priority, then by name of file.
    pub pipelines: Vec<Pipeline>,
    /// Files of filters for the rules. Filters may also stand among the rules.
    pub filters: Vec<RuleFile>,
    /// Values of placeholders, by name.
    pub placeholders: BTreeMap<String, Vec<String>>,
}

/// What became of everything that was given.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The rules that were loaded.
    pub set: RuleSet,
    /// What they say about themselves, in the same order.
    pub metadata: Vec<RuleMetadata>,
    /// One account a rule or filter given, in the order given, filters of their own files last.
    pub accounts: Vec<RuleAccount>,
}

/// What became of one rule or filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleAccount {
    /// The file.
    pub file: String,
    /// The line, from 1: of what a rejected rule was rejected for, else where the rule begins.
    pub line: Option<u32>,
    /// The rule's id, if it got so far.
    pub id: Option<String>,
    /// The rule's title, if it got so far.
    pub title: Option<String>,
    /// Loaded, or why not.
    pub outcome: RuleOutcome,
    /// What was not understood and matching does not need.
    pub warnings: Vec<String>,
}

/// Loaded, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum RuleOutcome {
    /// In the rule set.
    Loaded,
    /// A filter, put upon rules.
    Filter {
        /// How many.
        rules: u32,
    },
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
            RuleOutcome::Rejected { reason } => Some(reason),
            _ => None,
        }
    }

    /// Upon how many rules the filter was put; none if it is no filter.
    #[must_use]
    pub fn filtered(&self) -> Option<u32> {
        match self.outcome {
            RuleOutcome::Filter { rules } => Some(rules),
            _ => None,
        }
    }

    /// The file, and behind a colon the line.
    #[must_use]
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

/// Why one rule cannot be compiled, and which line says so.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rejection {
    line: Option<u32>,
    reason: String,
}

impl Rejection {
    fn at(line: u32, reason: impl Into<String>) -> Self {
        Self { line: Some(line), reason: reason.into() }
    }

    /// For whoever does not know the line: its caller does.
    fn nowhere(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into() }
    }

    fn or_at(self, line: u32) -> Self {
        Self { line: self.line.or(Some(line)), ..self }
    }

    fn within(self, what: fmt::Arguments<'_>) -> Self {
        Self { reason: format!("{what}: {}", self.reason), ..self }
    }

    /// The line is one of another file.
    fn from(self, origin: &str) -> Self {
        let line = self.line.map(|line| format!(", line {line}")).unwrap_or_default();
        Self { line: None, reason: format!("{origin}{line}: {}", self.reason) }
    }
}

/// Compiles rules. Order in, order out; the same files give the same set.
#[must_use]
pub fn compile(files: &[RuleFile]) -> Compiled {
    compile_with(files, &Context::default())
}

/// Compiles rules with filters, pipelines and placeholders. Order in, order out; the same input gives the same set.
#[must_use]
pub fn compile_with(files: &[RuleFile], context: &Context) -> Compiled {
    let rules = files.iter().map(|file| (file, collection::read(&file.text), false));
    let filters = context.filters.iter().map(|file| (file, collection::read(&file.text), true));
    let read: Vec<_> = rules.chain(filters).collect();
    let mut compiler = Compiler::new(context);
    // A filter is for all rules, wherever it stands: all of them are known before the first rule is compiled.
    for (file, documents, _) in &read {
        let filters = documents.iter().filter_map(|document| match document {
            Document::Filter(filter) => Some(UsedFilter { filter: (**filter).clone(), file: &file.path, rules: 0 }),
            _ => None,
        });
        compiler.filters.extend(filters);
    }
    for (file, documents, is_for_filters) in read {
        for (position, document) in documents.into_iter().enumerate() {
            compiler.document(file, position, document, is_for_filters);
        }
    }
    compiler.compiled.set.filters = compiler.filters.iter().map(UsedFilter::named).collect();
    compiler.tell_filters();
    let set = &mut compiler.compiled.set;
    let predicates = (0..).zip(&set.predicates);
    let expressions = predicates.filter(|(_, it)| it.predicate.operator == Operator::Regex);
    set.required =
        expressions.filter_map(|(position, it)| Some((position, required_literals(&it.predicate.operand)?))).collect();
    trigger::choose(set);
    compiler.compiled
}

struct Compiler<'c> {
    compiled: Compiled,
    /// In the order in which they are applied.
    pipelines: Vec<&'c Pipeline>,
    placeholders: &'c BTreeMap<String, Vec<String>>,
    filters: Vec<UsedFilter<'c>>,
    /// The place of each id.
    ids: HashMap<String, String>,
    /// Bytes of each distinct regular expression.
    expressions: HashMap<String, usize>,
    expression_bytes: usize,
    interned: Interned,
}

struct UsedFilter<'c> {
    filter: Filter,
    file: &'c str,
    /// Upon how many rules it was put.
    rules: u32,
}

impl UsedFilter<'_> {
    fn named(&self) -> set::Filter {
        set::Filter { title: self.filter.header.title.clone(), file: self.file.to_owned() }
    }
}

/// What rules share, by content.
#[derive(Default)]
struct Interned {
    fields: BTreeMap<String, u32>,
    predicates: HashMap<FieldPredicate, u32>,
    logsources: BTreeMap<Logsource, u32>,
}

impl<'c> Compiler<'c> {
    fn new(context: &'c Context) -> Self {
        let mut pipelines: Vec<&Pipeline> = context.pipelines.iter().collect();
        pipelines.sort_by_key(|pipeline| pipeline.order());
        Self {
            compiled: Compiled::default(),
            pipelines,
            placeholders: &context.placeholders,
            filters: Vec::new(),
            ids: HashMap::new(),
            expressions: HashMap::new(),
            expression_bytes: 0,
            interned: Interned::default(),
        }
    }

    fn document(&mut self, file: &RuleFile, position: usize, document: Document, is_for_filters: bool) {
        let (header, line, outcome) = match document {
            Document::Rule(rule) if is_for_filters => {
                let reason = "the file was given for its filters, and this is a rule; give it with the rules";
                (rule.header, Some(rule.line), RuleOutcome::Rejected { reason: reason.into() })
            }
            Document::Rule(rule) => return self.rule(file, position, *rule),
            // How many rules it was put upon is known at the end.
            Document::Filter(filter) => (filter.header, Some(filter.line), RuleOutcome::Filter { rules: 0 }),
            Document::Rejected { header, rejection } => {
                (*header, rejection.line, RuleOutcome::Rejected { reason: rejection.reason })
            }
        };
        let title = Some(header.title).filter(|title| !title.is_empty());
        let id = header.id.map(|id| id.to_lowercase());
        let account = RuleAccount { file: file.path.clone(), line, id, title, outcome, warnings: header.warnings };
        self.compiled.accounts.push(account);
    }

    fn tell_filters(&mut self) {
        let filters = self.compiled.accounts.iter_mut().filter(|account| account.filtered().is_some());
        for (account, used) in filters.zip(&self.filters) {
            account.outcome = RuleOutcome::Filter { rules: used.rules };
            if used.rules == 0 {
                account.warnings.push("the filter is for none of the rules given".into());
            }
        }
    }

    fn rule(&mut self, file: &RuleFile, position: usize, mut rule: rule::Rule) {
        let id = match &rule.header.id {
            Some(id) => id.to_lowercase(),
            None => format!("{}#{}", file.path.rsplit(['/', '\\']).next().unwrap_or(&file.path), position + 1),
        };
        let title = Some(rule.header.title.clone());
        let warnings = std::mem::take(&mut rule.header.warnings);
        let begin = rule.line;
        let (line, outcome) = match self.load(&id, file, rule) {
            Ok(()) => (begin, RuleOutcome::Loaded),
            Err(rejection) => (rejection.line.unwrap_or(begin), RuleOutcome::Rejected { reason: rejection.reason }),
        };
        let account = RuleAccount { file: file.path.clone(), line: Some(line), id: Some(id), title, outcome, warnings };
        self.compiled.accounts.push(account);
    }

    fn load(&mut self, id: &str, file: &RuleFile, mut rule: rule::Rule) -> Result<(), Rejection> {
        let place = format!("{}:{}", file.path, rule.line);
        if id.len() > limits::ID_BYTES_MAX {
            let (bytes, max) = (id.len(), limits::ID_BYTES_MAX);
            return Err(Rejection::at(rule.line, format!("the id has {bytes} bytes, and {max} are allowed")));
        }
        if let Some(other) = self.ids.get(id) {
            return Err(Rejection::at(rule.line, format!("the id is already used by {other}")));
        }
        let mut put = Vec::new();
        for (number, used) in self.filters.iter().enumerate() {
            if used.filter.is_for(&rule) {
                used.filter.apply(number, used.file, &mut rule);
                put.push(number);
            }
        }
        pipeline::apply(&self.pipelines, self.placeholders, &mut rule)?;
        let condition = condition::lower(&rule.detections)?;
        // What the plugin would refuse must cost no more than its rule.
        let item_predicates: Vec<usize> = condition.items.iter().map(item::RawItem::predicates).collect();
        check_condition(&condition.nodes, &item_predicates).map_err(|reason| Rejection::at(rule.line, reason))?;
        let logsource = logsource(&rule.source)?;
        self.take_expressions(&condition)?;
        self.ids.insert(id.to_owned(), place);
        for number in put {
            self.filters[number].rules += 1;
        }

        let Header { level, status, .. } = rule.header;
        let set = &mut self.compiled.set;
        let interned = &mut self.interned;
        let items = condition.items.into_iter().map(|item| item.intern(interned, set)).collect();
        let (tactics, techniques) = attack(&rule.header.tags);
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
            root: condition.root,
            filters: condition
                .filters
                .into_iter()
                .map(|(number, node)| RuleFilter { filter: number as u32, node })
                .collect(),
            triggers: Vec::new(),
        });
        self.compiled.metadata.push(metadata(id, file, rule.header, logsource, condition.exceptions));
        Ok(())
    }

    /// Checks what the rule's regular expressions cost, each and together with those of the rules before.
    fn take_expressions(&mut self, condition: &condition::Lowered) -> Result<(), Rejection> {
        let mut new: HashMap<&str, usize> = HashMap::new();
        for item in &condition.items {
            for expression in item.expressions().filter(|expression| !self.expressions.contains_key(*expression)) {
                let cost = regex_cost(expression).map_err(|error| Rejection::at(item.line, error.to_string()))?;
                new.insert(expression, cost.bytes);
            }
            let bytes = self.expression_bytes + new.values().sum::<usize>();
            if bytes > REGEXES_BYTES_MAX {
                return Err(Rejection::at(
                    item.line,
                    format!(
                        "with it, the regular expressions of all rules take {bytes} bytes, and {REGEXES_BYTES_MAX} are \
                         allowed; leave out rules, or bound the repetitions in their expressions"
                    ),
                ));
            }
        }
        self.expression_bytes += new.values().sum::<usize>();
        self.expressions.extend(new.into_iter().map(|(expression, bytes)| (expression.to_owned(), bytes)));
        Ok(())
    }
}

fn metadata(id: &str, file: &RuleFile, header: Header, logsource: Logsource, exceptions: Vec<String>) -> RuleMetadata {
    RuleMetadata {
        id: id.to_owned(),
        title: header.title,
        file: file.path.clone(),
        level: header.level,
        status: header.status,
        description: header.description,
        author: header.author,
        date: if header.modified.is_empty() { header.date } else { header.modified },
        references: header.references,
        tags: header.tags,
        false_positives: header.false_positives,
        logsource,
        exceptions,
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

fn logsource(source: &LogSource) -> Result<Logsource, Rejection> {
    if let Some((name, line)) = &source.custom {
        let reason = format!(
            "the logsource has `{name}`, which nothing can be routed by; a pipeline with `change_logsource` can say \
             what it means"
        );
        return Err(Rejection::at(*line, reason));
    }
    let LogSource { product, category, service, .. } = source.clone();
    Ok(Logsource { product, category, service })
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

#[cfg(test)]
mod tests;
