//! Processing pipelines in the YAML form of SigmaHQ's tooling: steps that change rules before they are compiled.
//!
//! A step asks conditions of the rule, of each line and of field names (`ask`), and changes what they hold of
//! (`apply`, `fields`, `values`, `replace`). Steps about query text have no meaning in an engine and are refused when
//! the pipeline is read (`read`, `read_transformation`).

mod apply;
mod ask;
mod fields;
mod read;
mod read_transformation;
mod replace;
mod transformation;
mod values;

pub(super) use apply::apply;

use std::{collections::BTreeMap, sync::Arc};

use super::RuleFile;
use ask::{FieldCondition, ItemCondition, Questions, RuleCondition};
use transformation::Transformation;

/// A pipeline, read and checked.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// What it calls itself; its file's name where it has no name.
    pub name: String,
    /// Pipelines of lower priority go first.
    pub priority: i64,
    /// What of it is not used, each with its line.
    pub warnings: Vec<String>,
    file: Arc<str>,
    vars: BTreeMap<String, Vec<String>>,
    steps: Vec<Step>,
}

/// Why a pipeline cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct PipelineError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// Why, in a clause.
    pub reason: String,
}

/// A step of a pipeline.
#[derive(Clone, Debug)]
struct Step {
    line: u32,
    id: Option<String>,
    rule: Questions<RuleCondition>,
    item: Questions<ItemCondition>,
    field: Questions<FieldCondition>,
    transformation: Transformation,
}

impl Pipeline {
    /// Reads a pipeline.
    ///
    /// # Errors
    /// When it does not parse, or holds a step or an attribute that is not known or cannot be kept.
    pub fn read(file: &RuleFile) -> Result<Self, PipelineError> {
        read::pipeline(&file.path, &file.text).map_err(|rejection| PipelineError {
            file: file.path.clone(),
            line: rejection.line.unwrap_or(1),
            reason: rejection.reason,
        })
    }

    /// What pipelines are ordered by.
    pub(super) fn order(&self) -> (i64, Arc<str>) {
        (self.priority, Arc::clone(&self.file))
    }
}
