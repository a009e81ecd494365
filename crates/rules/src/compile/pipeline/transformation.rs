//! What a step does: the transformations that have a meaning in an engine.

use std::collections::BTreeMap;

use regex_automata::meta;

use super::{Step, ask::Noted, replace::Template};
use crate::compile::{rule::LogSource, scalar::Meaning, yaml::Entry};

/// A transformation.
#[derive(Clone, Debug)]
pub(super) enum Transformation {
    /// A field's name to one or several; none for keywords.
    FieldMapping(Vec<(Option<String>, Vec<String>)>),
    /// The beginning of a field's name to one or several.
    FieldPrefixMapping(Vec<(String, Vec<String>)>),
    FieldPrefix(String),
    FieldSuffix(String),
    DropItem,
    HashesFields(HashesFields),
    ExtractFields {
        pattern: meta::Regex,
        prefix: Option<String>,
        keep_others: bool,
    },
    WildcardPlaceholders(Which),
    ValuePlaceholders(Which),
    AddCondition(AddCondition),
    ChangeLogsource(LogSource),
    AddFields(Vec<String>),
    RemoveFields(Vec<String>),
    SetFields(Vec<String>),
    ReplaceString {
        pattern: meta::Regex,
        template: Template,
        skip_special: bool,
        interpret_special: bool,
    },
    MapString(BTreeMap<String, Vec<String>>),
    SetState {
        key: String,
        value: Noted,
    },
    /// Text to a regular expression.
    Regex {
        ignore_case: bool,
    },
    SetValue(Meaning),
    ConvertType {
        to_number: bool,
    },
    Case(Case),
    RuleFailure(String),
    ItemFailure(String),
    StrictFieldMapping,
    SetAttribute {
        name: String,
        value: String,
    },
    Nest(Vec<Step>),
}

/// How `Hashes` is taken apart.
#[derive(Clone, Debug)]
pub(super) struct HashesFields {
    pub(super) algorithms: Vec<String>,
    pub(super) prefix: String,
    pub(super) drop_algorithm: bool,
    pub(super) fields: Vec<String>,
}

/// Which placeholders are meant.
#[derive(Clone, Debug)]
pub(super) enum Which {
    All,
    Only(Vec<String>),
    AllBut(Vec<String>),
}

impl Which {
    pub(super) fn includes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|known| known == name),
            Self::AllBut(names) => !names.iter().any(|known| known == name),
        }
    }
}

/// A condition that is put upon the rule.
#[derive(Clone, Debug)]
pub(super) struct AddCondition {
    pub(super) line: u32,
    pub(super) conditions: Vec<Entry>,
    /// The selection's name; one that no rule has, where none is given.
    pub(super) name: Option<String>,
    /// Whether `$category`, `$product` and `$service` in values mean those of the rule.
    pub(super) template: bool,
    pub(super) negated: bool,
}

/// What letters become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
    Snake,
}
