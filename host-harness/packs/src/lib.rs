//! Packs on the host: built from Sigma rules and a model, read for what people are told of a finding, tried with known
//! answers, signed and verified.
//!
//! It never reads a record's source, never runs a stream of records, and knows no pack of its own: who has a starter brings
//! it along.
//!
//! Building needs the rule compiler, which parses YAML; scoring needs none of it and takes a pack as bytes.

mod known;
mod rule_files;
pub mod rule_inputs;
pub mod signing;

use std::sync::Arc;

use anyhow::Context;
use glassbox_check::Checker;
use glassbox_explain::{Knowledge, RuleNote, knowledge};
use glassbox_finding::Settings;
use glassbox_pack::{Builder, CONTEXT, Directory, METADATA, MODEL, Pack, Provenance, RULES, sha256, to_hex};
use glassbox_rules::{
    Rule, RuleMetadata, RuleSet,
    compile::{Compiled, RuleAccount, RuleFile, specimen},
};
use glassbox_sandbox::{Instance, Plugin, Terms};
use glassbox_score::Model;

pub use glassbox_pack::KnownAnswer;
pub use known::{KnownAnswerError, check_known_answers};
pub use rule_inputs::RuleInputs;

pub use crate::rule_files::read_rule_files;

/// A file of rules, with its name in the pack.
#[derive(Clone, Debug)]
pub struct NamedFile {
    /// Its name in the pack: relative to what the operator gave, with `/` on every system.
    pub name: String,
    /// Its path as the operator would write it, and its text.
    pub file: RuleFile,
}

/// A pack with the account of its making.
#[derive(Clone, Debug)]
pub struct Built {
    /// The pack.
    pub bytes: Vec<u8>,
    /// What the rules say about themselves.
    pub metadata: Vec<RuleMetadata>,
    /// One account for each rule and filter given.
    pub accounts: Vec<RuleAccount>,
}

impl Built {
    /// Accounts of rules that were rejected.
    pub fn rejected(&self) -> impl Iterator<Item = &RuleAccount> {
        self.accounts.iter().filter(|account| account.rejection().is_some())
    }

    /// How many accounts are of rules, or of what should have been one.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.accounts.iter().filter(|account| account.is_rule()).count()
    }
}

/// Builds a pack in memory.
///
/// # Errors
/// When the model or the context is refused. Rejected rules are no error: they are in the accounts.
pub fn build(
    rules: impl Into<RuleInputs>,
    model: &[u8],
    context: Option<&[u8]>,
    known: &[KnownAnswer],
) -> anyhow::Result<Built> {
    Parts::new(&rules.into(), model, context)?.seal(known)
}

/// Builds a pack in memory whose known answers are made from its own rules, as the plugin confirms them.
///
/// # Errors
/// When the model or the context is refused, or the plugin refuses the pack.
pub fn build_with_specimens(
    rules: impl Into<RuleInputs>,
    model: &[u8],
    context: Option<&[u8]>,
    plugin: &Plugin,
) -> anyhow::Result<Built> {
    let parts = Parts::new(&rules.into(), model, context)?;
    let mut instance = plugin.start()?;
    let maps = instance.describe()?.maps;
    instance.configure(&parts.seal(&[])?.bytes, Settings::default())??;
    let directory = Directory::new(parts.set.clone(), parts.metadata.clone(), parts.model.clone());
    let checker = Checker::new(Arc::new(directory), &maps);
    let known = specimens(&mut instance, checker, maps.len())?;
    parts.seal(&known)
}

/// Specimens put into one pack.
const SPECIMENS_MAX: usize = 8;
/// Specimens tried for one pack.
const SPECIMENS_TRIED_MAX: usize = 128;

/// Records made from rules that hit them, and one that hits nothing.
fn specimens(instance: &mut Instance, mut checker: Checker, maps: usize) -> anyhow::Result<Vec<KnownAnswer>> {
    let directory = Arc::clone(checker.directory());
    let (set, terms) = (directory.set(), Terms { directory: &directory, maps });
    let answer = |rule: &Rule| -> Option<KnownAnswer> {
        Some(KnownAnswer {
            name: format!("made from rule {}", rule.id),
            record: serde_json::to_vec(&specimen(set, rule)?).ok()?,
            hint: set.logsources[rule.logsource as usize].clone(),
            expect: vec![rule.id.clone()],
        })
    };
    let quiet = KnownAnswer {
        name: "a record of nothing".to_owned(),
        record: br#"{"glassbox":"a record of nothing"}"#.to_vec(),
        hint: set.logsources.first().cloned().unwrap_or_default(),
        expect: Vec::new(),
    };
    let mut known = Vec::new();
    for answer in set.rules.iter().filter_map(answer).take(SPECIMENS_TRIED_MAX).chain([quiet]) {
        if known.len() >= SPECIMENS_MAX && !answer.expect.is_empty() {
            continue;
        }
        match check_known_answers(instance, &mut checker, terms, std::slice::from_ref(&answer)) {
            Ok(()) => known.push(answer),
            Err(KnownAnswerError::Fault { fault, .. }) => return Err(fault.into()),
            // The rule excludes what it asks for, or the record is of another kind than the rule's.
            Err(_) => {}
        }
    }
    Ok(known)
}

/// What a pack is made of, but for its known answers.
struct Parts {
    set: RuleSet,
    metadata: Vec<RuleMetadata>,
    accounts: Vec<RuleAccount>,
    model: Model,
    /// As it was given: comments of an organisation on itself are its own.
    context: Option<Vec<u8>>,
    provenance: Provenance,
}

impl Parts {
    fn new(inputs: &RuleInputs, model: &[u8], context: Option<&[u8]>) -> anyhow::Result<Self> {
        let model = Model::parse(model).context("the model")?;
        context.map(glassbox_score::Context::parse).transpose().context("the context")?;
        let Compiled { mut set, mut metadata, accounts } = inputs.compile();
        // A pack holds no path of the machine that it was built on; accounts, which stay here, do.
        let names = inputs.names();
        for rule in &mut metadata {
            if let Some(name) = names.get(rule.file.as_str()) {
                rule.file = (*name).to_owned();
            }
        }
        for filter in &mut set.filters {
            if let Some(name) = names.get(filter.file.as_str()) {
                filter.file = (*name).to_owned();
            }
        }
        let rejected = accounts.iter().filter(|account| account.rejection().is_some()).count();
        let provenance = Provenance {
            built_by: "glassbox".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sources: inputs.sources(),
            counts: [("rules".to_owned(), metadata.len() as u64), ("rejected".to_owned(), rejected as u64)].into(),
        };
        Ok(Self { set, metadata, accounts, model, context: context.map(<[u8]>::to_vec), provenance })
    }

    fn seal(&self, known: &[KnownAnswer]) -> anyhow::Result<Built> {
        let mut builder = Builder::new();
        builder.provenance(&self.provenance)?;
        builder.section(RULES, self.set.encode())?;
        builder.section(METADATA, serde_json::to_vec(&self.metadata)?)?;
        builder.section(MODEL, self.model.to_json()?.into_bytes())?;
        builder.known_answers(known)?;
        if let Some(context) = &self.context {
            builder.section(CONTEXT, context.clone())?;
        }
        Ok(Built { bytes: builder.build(), metadata: self.metadata.clone(), accounts: self.accounts.clone() })
    }
}

/// Reads known answers: a JSON list of name, record, hint and expected rules.
///
/// # Errors
/// When they are something else.
pub fn read_known_answers(json: &[u8]) -> anyhow::Result<Vec<KnownAnswer>> {
    serde_json::from_slice(json).context("a list of known answers was expected: name, record, hint, expect")
}

/// The rules' metadata in a pack.
///
/// # Errors
/// When the section is absent or something else.
pub fn metadata(pack: &Pack<'_>) -> anyhow::Result<Vec<RuleMetadata>> {
    let section = pack.require(METADATA)?;
    serde_json::from_slice(section).with_context(|| {
        format!("section `{METADATA}` of the pack cannot be used; build it again with `glassbox pack build`")
    })
}

/// The model in a pack.
///
/// # Errors
/// When the section is absent or no model.
pub fn model(pack: &Pack<'_>) -> anyhow::Result<Model> {
    Ok(Model::parse(pack.require(MODEL)?)?)
}

/// What findings are told with.
///
/// # Errors
/// When the pack lacks a section or one is broken.
pub fn knowledge(pack: &Pack<'_>, plugin_digest: &str) -> anyhow::Result<Knowledge> {
    let model = model(pack)?;
    let context = pack.optional(CONTEXT)?.map(glassbox_score::Context::parse).transpose()?.unwrap_or_default();
    let rules = metadata(pack)?.into_iter().map(|metadata| (metadata.id.clone(), note(metadata))).collect();
    Ok(Knowledge {
        rules,
        context,
        model: Some(model),
        model_digest: to_hex(&sha256(pack.require(MODEL)?)),
        plugin_digest: plugin_digest.to_owned(),
        pack_digest: to_hex(&pack.digest()),
        attack_version: knowledge::ATTACK_VERSION.to_owned(),
    })
}

fn note(metadata: RuleMetadata) -> RuleNote {
    let (techniques, tactics) = knowledge::attack(&metadata.tags);
    RuleNote {
        title: metadata.title,
        level: metadata.level.map_or("", |level| level.name()).to_owned(),
        status: metadata.status.map_or("", |status| status.name()).to_owned(),
        file: metadata.file,
        description: metadata.description,
        author: metadata.author,
        false_positives: metadata.false_positives,
        exceptions: metadata.exceptions,
        origins: metadata.origins,
        alternatives: metadata.alternatives,
        references: metadata.references,
        techniques,
        tactics,
    }
}
