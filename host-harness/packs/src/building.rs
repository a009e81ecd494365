//! Packs, built in memory from rules and a model.

use std::sync::Arc;

use glassbox_check::Checker;
use glassbox_finding::{ConfigureError, Settings};
use glassbox_pack::{Builder, CONTEXT, Directory, KnownAnswer, METADATA, MODEL, PackError, Provenance, RULES};
use glassbox_rules::{
    Rule, RuleMetadata, RuleSet,
    compile::{Compiled, RuleAccount, specimen},
};
use glassbox_sandbox::{Fault, Instance, Plugin, Terms};
use glassbox_score::{Context, ContextError, Model, ModelError};

use crate::{
    known::{KnownAnswerError, check_known_answers},
    rule_inputs::RuleInputs,
};

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

/// Why a pack cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The model cannot be used.
    #[error("the model")]
    Model(#[source] ModelError),
    /// What the organisation says about itself cannot be used.
    #[error("the context")]
    Context(#[source] ContextError),
    /// The pack cannot be written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The plugin that confirms known answers failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The plugin that confirms known answers refuses the pack.
    #[error(transparent)]
    Refused(#[from] ConfigureError),
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
) -> Result<Built, BuildError> {
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
) -> Result<Built, BuildError> {
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
fn specimens(instance: &mut Instance, mut checker: Checker, maps: usize) -> Result<Vec<KnownAnswer>, BuildError> {
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
    fn new(inputs: &RuleInputs, model: &[u8], context: Option<&[u8]>) -> Result<Self, BuildError> {
        let model = Model::parse(model).map_err(BuildError::Model)?;
        context.map(Context::parse).transpose().map_err(BuildError::Context)?;
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

    fn seal(&self, known: &[KnownAnswer]) -> Result<Built, BuildError> {
        let mut builder = Builder::new();
        builder.provenance(&self.provenance)?;
        builder.section(RULES, self.set.encode())?;
        builder.section(
            METADATA,
            serde_json::to_vec(&self.metadata).map_err(|error| PackError::invalid(METADATA, error))?,
        )?;
        builder.section(MODEL, self.model.to_json().map_err(BuildError::Model)?.into_bytes())?;
        builder.known_answers(known)?;
        if let Some(context) = &self.context {
            builder.section(CONTEXT, context.clone())?;
        }
        Ok(Built { bytes: builder.build(), metadata: self.metadata.clone(), accounts: self.accounts.clone() })
    }
}
