//! The compiler: Sigma YAML to rule set. For the host only.
//!
//! Files become documents (`yaml`, `collection`), documents become rules and filters whose modifiers are applied and
//! whose lines are known (`rule`, `detection`, `modifier`, `grammar`). Filters are put upon rules, pipelines change
//! them, placeholders get their values; what is left becomes predicates and nodes (`condition`, `item`).
//!
//! Every rule given is accounted for: loaded, or rejected with a reason and a line. Nothing is degraded silently: a
//! construct that cannot be kept exactly rejects its rule.

mod account;
mod budget;
mod collection;
mod condition;
mod correlation;
mod detection;
mod encoding;
mod everyday;
mod filter;
mod grammar;
mod item;
mod logsources;
mod modifier;
mod pipeline;
mod rule;
mod scalar;
mod specimen;
mod text;
mod trigger;
mod value;
mod yaml;

pub use account::{RuleAccount, RuleOutcome};
pub use budget::{LOGSOURCE_STEPS_MAX, REGEXES_BYTES_MAX};
pub use pipeline::{Pipeline, PipelineError};
pub use specimen::specimen;

use std::collections::{BTreeMap, HashMap};

use glassbox_finding::Logsource;
use glassbox_predicate::{Operator, required_literals};

use crate::{
    metadata::RuleMetadata,
    set::{self, FieldPredicate, Rule, RuleFilter, RuleSet, check_condition, limits},
};
use account::Rejection;
use budget::Budget;
use collection::Document;
use correlation::Correlation;
use filter::Filter;
use rule::{Header, LogSource};

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
    /// What files are called in ids that are made up, by path; a file without an entry goes by its path.
    pub names: BTreeMap<String, String>,
    /// The logsources that records have by themselves. A rule for another one is loaded with a warning; nothing is said
    /// where this is empty.
    pub logsources: Vec<Logsource>,
}

/// What became of everything that was given.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The rules that were loaded.
    pub set: RuleSet,
    /// What they say about themselves, in the same order.
    pub metadata: Vec<RuleMetadata>,
    /// One account a rule or filter given, and one a file that holds neither, in the order given; files of filters last.
    pub accounts: Vec<RuleAccount>,
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
    // A filter is for all rules, and a rule is a correlation's, wherever they stand: all of them are known before the first
    // rule is compiled.
    for (file, documents, _) in &read {
        for document in documents {
            match document {
                Document::Filter(filter) => {
                    compiler.filters.push(UsedFilter { filter: (**filter).clone(), file: &file.path, rules: 0 });
                }
                Document::Correlation(correlation) => compiler.correlations.push(((**correlation).clone(), &file.path)),
                _ => {}
            }
        }
    }
    for (file, documents, is_for_filters) in read {
        for (position, document) in documents.into_iter().enumerate() {
            compiler.document(file, position, document, is_for_filters);
        }
    }
    compiler.compiled.set.filters = compiler.filters.iter().map(UsedFilter::named).collect();
    compiler.count_filtered();
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
    context: &'c Context,
    /// In the order in which they are applied.
    pipelines: Vec<&'c Pipeline>,
    filters: Vec<UsedFilter<'c>>,
    /// Correlations with their files.
    correlations: Vec<(Correlation, &'c str)>,
    /// The place of each id.
    ids: HashMap<String, String>,
    budget: Budget,
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
            context,
            pipelines,
            filters: Vec::new(),
            correlations: Vec::new(),
            ids: HashMap::new(),
            budget: Budget::default(),
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
            Document::Correlation(correlation) => {
                let reason = correlation.rejection();
                (correlation.header, Some(correlation.line), RuleOutcome::Rejected { reason })
            }
            Document::Rejected { header, rejection } => {
                (*header, rejection.line, RuleOutcome::Rejected { reason: rejection.reason })
            }
            Document::Other(reason) => (Header::default(), None, RuleOutcome::Other { reason }),
        };
        let title = Some(header.title).filter(|title| !title.is_empty());
        let id = header.id.map(|id| id.to_lowercase());
        let account = RuleAccount { file: file.path.clone(), line, id, title, outcome, warnings: header.warnings };
        self.compiled.accounts.push(account);
    }

    /// Completes the accounts of filters.
    fn count_filtered(&mut self) {
        let filters = self.compiled.accounts.iter_mut().filter(|account| account.filtered().is_some());
        for (account, used) in filters.zip(&self.filters) {
            account.outcome = RuleOutcome::Filter { rules: used.rules };
            if used.rules == 0 {
                account.warnings.push("the filter is for none of the rules given".into());
            }
        }
    }

    fn rule(&mut self, file: &RuleFile, position: usize, mut rule: rule::Rule) {
        let id = self.id(file, position, &rule);
        let title = Some(rule.header.title.clone());
        let mut warnings = std::mem::take(&mut rule.header.warnings);
        let begin = rule.line;
        let loaded = match self.kept_for(&rule) {
            Some(reason) => Err(Rejection::at(begin, reason)),
            None => self.load_each(&id, file, rule, &mut warnings),
        };
        let (line, outcome) = match loaded {
            Ok(()) => (begin, RuleOutcome::Loaded),
            Err(rejection) => (rejection.line.unwrap_or(begin), RuleOutcome::Rejected { reason: rejection.reason }),
        };
        let account = RuleAccount { file: file.path.clone(), line: Some(line), id: Some(id), title, outcome, warnings };
        self.compiled.accounts.push(account);
    }

    /// The id that findings name: the rule's own, with a number where it shares it with others of its collection, or one
    /// made of its file's name and its position there.
    fn id(&self, file: &RuleFile, position: usize, rule: &rule::Rule) -> String {
        if let Some(id) = &rule.header.id {
            let id = id.to_lowercase();
            return if rule.number > 1 { format!("{id}#{}", rule.number) } else { id };
        }
        let name = self.context.names.get(&file.path).unwrap_or(&file.path).replace('\\', "/");
        let made = made_id(&name, position + 1);
        // Folders of one name may have been given twice.
        let others = (2..).map(|copy| format!("{made}~{copy}"));
        let mut free = [made.clone()].into_iter().chain(others).filter(|id| !self.ids.contains_key(id));
        free.next().unwrap_or(made)
    }

    /// Why a rule is not loaded that only correlations refer to. One that a correlation shows as well is (*here*, even if
    /// another one does not say so).
    fn kept_for(&self, rule: &rule::Rule) -> Option<String> {
        let mut referring = self.correlations.iter().filter(|(correlation, _)| correlation.refers_to(rule)).peekable();
        let (first, file) = referring.peek()?;
        let (title, line) = (first.header.title.clone(), first.line);
        let place = format!("{file}:{line}");
        if referring.any(|(correlation, _)| correlation.generates()) {
            return None;
        }
        Some(format!(
            "it is only for the correlation `{title}` ({place}), which is not read yet; write `generate: true` there if the \
             rule is to fire on its own"
        ))
    }

    /// Loads a rule for each of its logsources. Where only some can be loaded, what is lacking is a warning.
    fn load_each(
        &mut self,
        id: &str,
        file: &RuleFile,
        mut rule: rule::Rule,
        warnings: &mut Vec<String>,
    ) -> Result<(), Rejection> {
        let more = std::mem::take(&mut rule.more_sources);
        if more.is_empty() {
            return self.load(id, file, rule, warnings);
        }
        let all = [rule.source.clone()].into_iter().chain(more);
        let mut first_rejection = None;
        let mut loaded = 0;
        for (number, source) in (1..).zip(all) {
            let id = if number == 1 { id.to_owned() } else { format!("{id}#{number}") };
            match self.load(&id, file, rule::Rule { source: source.clone(), ..rule.clone() }, warnings) {
                Ok(()) => loaded += 1,
                Err(rejection) => {
                    let logsource = Logsource::from(source);
                    warnings.push(format!("not for {}: {}", logsources::describe(&logsource), rejection.reason));
                    first_rejection = first_rejection.or(Some(rejection));
                }
            }
        }
        match first_rejection {
            Some(rejection) if loaded == 0 => Err(rejection),
            _ => Ok(()),
        }
    }

    fn load(
        &mut self,
        id: &str,
        file: &RuleFile,
        mut rule: rule::Rule,
        warnings: &mut Vec<String>,
    ) -> Result<(), Rejection> {
        let place = format!("{}:{}", file.path, rule.line);
        if id.len() > limits::ID_BYTES_MAX {
            let (bytes, max) = (id.len(), limits::ID_BYTES_MAX);
            return Err(Rejection::at(
                rule.line,
                format!("the id has {bytes} bytes, and {max} are allowed; shorten it"),
            ));
        }
        if let Some(other) = self.ids.get(id) {
            let reason = format!("the id is already used by {other}; give this rule another one");
            return Err(Rejection::at(rule.line, reason));
        }
        let mut put = Vec::new();
        for (number, used) in self.filters.iter().enumerate() {
            if used.filter.is_for(&rule) {
                used.filter.apply(number, used.file, &mut rule);
                put.push(number);
            }
        }
        pipeline::apply(&self.pipelines, &self.context.placeholders, &mut rule)?;
        let condition = condition::lower(&rule.detections)?;
        // What the plugin would refuse must cost no more than its rule.
        let item_predicates: Vec<usize> = condition.items.iter().map(item::RawItem::predicates).collect();
        check_condition(&condition.nodes, &item_predicates).map_err(|reason| Rejection::at(rule.line, reason))?;
        let logsource = routed(&rule.source)?;
        self.budget.take(&condition, &logsource)?;
        self.ids.insert(id.to_owned(), place);
        for number in put {
            self.filters[number].rules += 1;
        }
        if let Some(warning) = logsources::unknown(&logsource, &self.context.logsources) {
            warnings.push(format!("line {}: {warning}", rule.source.line));
        }

        let Header { level, status, .. } = rule.header;
        let set = &mut self.compiled.set;
        let interned = &mut self.interned;
        let items = condition.items.into_iter().map(|item| item.intern(interned, set)).collect();
        let (tactics, techniques) = attack(&rule.header.tags);
        let source = interned.logsource(logsource.clone(), set);
        let origins = rule.detections.selections.iter().filter(|it| condition.selections.contains(&it.name));
        let origins = origins.filter_map(|it| Some((it.name.clone(), it.origin.as_ref()?.origin.clone()))).collect();
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
        self.compiled.metadata.push(RuleMetadata {
            exceptions: condition.exceptions,
            alternatives: condition.alternatives,
            origins,
            ..metadata(id, file, rule.header, logsource)
        });
        Ok(())
    }
}

/// An id for a rule that has none, of bounded length: of a long name its end, which tells most.
fn made_id(name: &str, position: usize) -> String {
    let id = format!("{name}#{position}");
    // Room for what makes it differ from others.
    let max = limits::ID_BYTES_MAX - 32;
    if id.len() <= max {
        return id;
    }
    // FNV-1a: what was left out still counts.
    let hash = id
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    let mut begin = id.len() - (max - 20);
    while !id.is_char_boundary(begin) {
        begin += 1;
    }
    format!("{hash:016x}.../{}", &id[begin..])
}

fn metadata(id: &str, file: &RuleFile, header: Header, logsource: Logsource) -> RuleMetadata {
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
        ..RuleMetadata::default()
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

impl From<LogSource> for Logsource {
    fn from(LogSource { product, category, service, .. }: LogSource) -> Self {
        Self { product, category, service }
    }
}

/// The logsource that a rule is considered by; it needs a part that records can be told by.
fn routed(source: &LogSource) -> Result<Logsource, Rejection> {
    let logsource = Logsource::from(source.clone());
    if logsource == Logsource::default() {
        let names: Vec<String> = source.custom.keys().map(|name| format!("`{name}`")).collect();
        let reason = format!(
            "the logsource has only {}, which no record can be told by; add a product, category or service, or say what it \
             means by a pipeline with `change_logsource`",
            names.join(", ")
        );
        return Err(Rejection::at(source.line, reason));
    }
    Ok(logsource)
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
