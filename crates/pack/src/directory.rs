//! The directory: the lists that positions in findings refer to, in the order that guest and host agree on.
//!
//! | position of | counts in |
//! |---|---|
//! | a rule, its items, their predicates | the rule set |
//! | a filter | the rule set |
//! | a field | [`field_names`]: the rule set's fields, then the model's, then those that have a role |
//! | a term, its bins, their predicates | the model |

use glassbox_finding::{Claim, PackSummary, Predicate, RuleItem, TermBin};
use glassbox_maps::roles;
use glassbox_rules::{FieldPredicate, Filter, Item, Rule, RuleMetadata, RuleSet};
use glassbox_score::{Model, Term};

use crate::{METADATA, MODEL, Pack, PackError, RULES};

/// The names of all fields that rules, model and roles read, each once: a field's position is its place here.
#[must_use]
pub fn field_names(set: &RuleSet, model: &Model) -> Vec<String> {
    let mut names = set.fields.clone();
    let of_terms = model.terms().iter().flat_map(|term| term.feature.fields()).map(String::as_str);
    for name in of_terms.chain(roles::FIELDS.iter().map(|field| field.name)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// What positions in findings refer to, and what people are shown instead of them.
#[derive(Clone, Debug)]
pub struct Directory {
    set: RuleSet,
    metadata: Vec<RuleMetadata>,
    model: Model,
    fields: Vec<String>,
}

/// A predicate of a rule's item, with what an explanation says about it.
#[derive(Clone, Copy, Debug)]
pub struct ItemPredicate<'d> {
    /// The rule.
    pub rule: &'d Rule,
    /// The item.
    pub item: &'d Item,
    /// The selection's name.
    pub selection: &'d str,
    /// The predicate.
    pub predicate: &'d FieldPredicate,
    /// Which of the values that the rule lists, from 0.
    pub value: u32,
}

/// What a piece of evidence claims: that this predicate holds of this field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed<'d> {
    /// The field; none for a keyword, which any value may hold.
    pub field: Option<&'d str>,
    /// The predicate.
    pub predicate: std::borrow::Cow<'d, Predicate>,
    /// For predicates that compare fields, the other one.
    pub other: Option<&'d str>,
}

impl Directory {
    /// The directory of a pack.
    ///
    /// # Errors
    /// When a section is absent or cannot be used.
    pub fn open(pack: &Pack<'_>) -> Result<Self, PackError> {
        let set = RuleSet::decode(pack.require(RULES)?).map_err(|error| PackError::invalid(RULES, error))?;
        let model = Model::parse(pack.require(MODEL)?).map_err(|error| PackError::invalid(MODEL, error))?;
        let metadata: Vec<RuleMetadata> = match pack.optional(METADATA)? {
            Some(section) => serde_json::from_slice(section).map_err(|error| PackError::invalid(METADATA, error))?,
            None => Vec::new(),
        };
        Ok(Self::new(set, metadata, model))
    }

    /// The directory of a rule set and a model.
    #[must_use]
    pub fn new(set: RuleSet, metadata: Vec<RuleMetadata>, model: Model) -> Self {
        let fields = field_names(&set, &model);
        Self { set, metadata, model, fields }
    }

    /// The rule set.
    #[must_use]
    pub fn set(&self) -> &RuleSet {
        &self.set
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What rules say about themselves, in the order of the rules.
    #[must_use]
    pub fn metadata(&self) -> &[RuleMetadata] {
        &self.metadata
    }

    /// A rule.
    #[must_use]
    pub fn rule(&self, position: u32) -> Option<&Rule> {
        self.set.rules.get(position as usize)
    }

    /// The position of the rule with this id.
    #[must_use]
    pub fn rule_position(&self, id: &str) -> Option<u32> {
        self.set.rules.iter().position(|rule| rule.id == id).map(|position| position as u32)
    }

    /// A field's name.
    #[must_use]
    pub fn field(&self, position: u32) -> Option<&str> {
        self.fields.get(position as usize).map(String::as_str)
    }

    /// A field's position.
    #[must_use]
    pub fn field_position(&self, name: &str) -> Option<u32> {
        self.fields.iter().position(|field| field == name).map(|position| position as u32)
    }

    /// How many fields there are.
    #[must_use]
    pub fn fields_len(&self) -> usize {
        self.fields.len()
    }

    /// A filter.
    #[must_use]
    pub fn filter(&self, position: u32) -> Option<&Filter> {
        self.set.filters.get(position as usize)
    }

    /// A term.
    #[must_use]
    pub fn term(&self, position: u32) -> Option<&Term> {
        self.model.terms().get(position as usize)
    }

    /// A predicate of a rule's item.
    #[must_use]
    pub fn item(&self, at: RuleItem) -> Option<ItemPredicate<'_>> {
        let rule = self.rule(at.rule)?;
        let item = rule.items.get(at.item as usize)?;
        let &(predicate, value) = item.predicates.get(at.predicate as usize)?;
        let predicate = self.set.predicates.get(predicate as usize)?;
        let selection = rule.selections.get(item.selection as usize)?;
        Some(ItemPredicate { rule, item, selection, predicate, value })
    }

    /// What a claim says: a predicate, and the field of which it must hold. None where a position does not exist or does
    /// not fit.
    #[must_use]
    pub fn claimed(&self, claim: Claim) -> Option<Claimed<'_>> {
        use std::borrow::Cow;
        match claim {
            Claim::Item(at) => {
                let FieldPredicate { field, predicate, other } = self.item(at)?.predicate;
                let name = |field: Option<u32>| field.and_then(|field| self.field(field));
                Some(Claimed { field: name(*field), predicate: Cow::Borrowed(predicate), other: name(*other) })
            }
            Claim::Bin(TermBin { term, bin, predicate, field }) => {
                let term = self.term(term)?;
                let name = self.field(field).filter(|name| term.feature.fields().iter().any(|it| it == name))?;
                let predicate = term.claimed(bin as usize, predicate.map(|position| position as usize))?;
                Some(Claimed { field: Some(name), predicate: Cow::Owned(predicate), other: None })
            }
            Claim::Role(field) => {
                let name = self.field(field)?;
                let predicate = Predicate::new(glassbox_finding::Operator::Exists, "");
                Some(Claimed { field: Some(name), predicate: Cow::Owned(predicate), other: None })
            }
        }
    }

    /// What a plugin that loaded the same pack must have loaded.
    #[must_use]
    pub fn summary(&self, digest: [u8; 32]) -> PackSummary {
        summary(digest, &self.set, &self.model, self.fields.len())
    }
}

/// What a loaded pack holds.
#[must_use]
pub fn summary(digest: [u8; 32], set: &RuleSet, model: &Model, fields: usize) -> PackSummary {
    PackSummary {
        digest: digest.to_vec(),
        rules: set.rules.len() as u32,
        fields: fields as u32,
        predicates: set.predicates.len() as u32,
        filters: set.filters.len() as u32,
        terms: model.terms().len() as u32,
    }
}
