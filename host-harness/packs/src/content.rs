//! What a pack says, read on the host: the file, its rules' metadata, its model, and the texts that explain a finding.

use std::{fs, io, path::Path};

use glassbox_explain::{Knowledge, RuleNote, knowledge};
use glassbox_pack::{CONTEXT, KnownAnswer, METADATA, MODEL, Pack, PackError, sha256, to_hex};
use glassbox_rules::RuleMetadata;
use glassbox_score::{Context, ContextError, Model, ModelError};

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The file cannot be read.
    #[error("the pack {path} cannot be read")]
    Unreadable {
        /// Where it is.
        path: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The file is not an undamaged pack.
    #[error("{path}")]
    NotAPack {
        /// Where it is.
        path: String,
        /// What is wrong with it.
        #[source]
        error: PackError,
    },
    /// The pack, or a section of it, is damaged, absent or something else.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// What the organisation says about itself cannot be used.
    #[error(transparent)]
    Context(#[from] ContextError),
}

/// A text that is not a list of known answers.
#[derive(Debug, thiserror::Error)]
#[error("a list of known answers was expected: name, record, hint, expect")]
pub struct NotKnownAnswers(#[source] serde_json::Error);

/// A pack's bytes from a file, whole and undamaged.
///
/// # Errors
/// When the file cannot be read or is not a pack.
pub fn read_pack(path: &Path) -> Result<Vec<u8>, ContentError> {
    let name = || path.display().to_string();
    let bytes = fs::read(path).map_err(|error| ContentError::Unreadable { path: name(), error })?;
    Pack::parse(&bytes).map_err(|error| ContentError::NotAPack { path: name(), error })?;
    Ok(bytes)
}

/// Reads known answers: a JSON list of name, record, hint and expected rules.
///
/// # Errors
/// When they are something else.
pub fn read_known_answers(json: &[u8]) -> Result<Vec<KnownAnswer>, NotKnownAnswers> {
    serde_json::from_slice(json).map_err(NotKnownAnswers)
}

/// The rules' metadata in a pack.
///
/// # Errors
/// When the section is absent or something else.
pub fn metadata(pack: &Pack<'_>) -> Result<Vec<RuleMetadata>, ContentError> {
    let section = pack.require(METADATA)?;
    Ok(serde_json::from_slice(section).map_err(|error| PackError::invalid(METADATA, error))?)
}

/// The model in a pack.
///
/// # Errors
/// When the section is absent or not a model.
pub fn model(pack: &Pack<'_>) -> Result<Model, ContentError> {
    Ok(Model::parse(pack.require(MODEL)?)?)
}

/// What findings are explained with.
///
/// # Errors
/// When the pack lacks a section or one is broken.
pub fn knowledge(pack: &Pack<'_>, plugin_digest: &str) -> Result<Knowledge, ContentError> {
    let model = model(pack)?;
    let context = pack.optional(CONTEXT)?.map(Context::parse).transpose()?.unwrap_or_default();
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
