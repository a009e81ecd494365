//! What the host knows of rules and terms, from the pack: it joins this to findings, which carry only ids.

use std::collections::BTreeMap;

use glassbox_attack::{TACTICS, Tag, parse_tag, resolve_numbered, tactics_of_tags};
use glassbox_finding::Contribution;
use glassbox_report::{Finding, Hit};
use glassbox_rules::{Alternatives, Origin, OriginKind};
use glassbox_score::{Context, Model};
use serde::Serialize;

use crate::clean::clean;

/// The version of ATT&CK that names come from.
pub const ATTACK_VERSION: &str = glassbox_attack::VERSION;

/// All that is known beside the findings themselves.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// Rules by id.
    pub rules: BTreeMap<String, RuleNote>,
    /// What the pack says of the organisation.
    pub context: Context,
    /// The model that scored, by which contributions are named.
    pub model: Option<Model>,
    /// SHA-256 of the model's bytes in the pack, in hexadecimal.
    pub model_digest: String,
    /// SHA-256 of the plugin, in hexadecimal.
    pub plugin_digest: String,
    /// SHA-256 of the pack, in hexadecimal.
    pub pack_digest: String,
    /// The version of ATT&CK that names come from.
    pub attack_version: String,
}

/// What people are told of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleNote {
    /// Its title.
    pub title: String,
    /// `informational` to `critical`, as the rule has it.
    pub level: String,
    /// Such as `stable`, as the rule has it.
    pub status: String,
    /// The file that it came from, as it was named when the pack was built.
    pub file: String,
    /// What it finds.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who wrote it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// What is known to look the same and be harmless.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub false_positives: Vec<String>,
    /// Selections that it rules out: where it hits, none of them holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
    /// Selections that filters and pipelines brought, by their name in the rule set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, Origin>,
    /// Groups of selections of which some are enough.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternatives>,
    /// Where to read more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// ATT&CK techniques.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub techniques: Vec<Technique>,
    /// Names of ATT&CK tactics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tactics: Vec<String>,
}

impl RuleNote {
    /// What people call a selection: one that a filter or a pipeline brought by that.
    #[must_use]
    pub fn selection(&self, name: &str) -> String {
        let Some(Origin { kind, title, selection }) = self.origins.get(name) else { return clean(name).into_owned() };
        let kind = match kind {
            OriginKind::Filter => "filter",
            OriginKind::Pipeline => "pipeline",
        };
        let selection = selection.as_ref().map(|name| format!(": {}", clean(name))).unwrap_or_default();
        format!("{kind} “{}”{selection}", clean(title))
    }

    /// Where a selection failed: of several of which some are enough, all are named, and it as the nearest.
    #[must_use]
    pub fn failed_selection(&self, name: &str) -> String {
        let has = |group: &&Alternatives| !group.negated && group.selections.iter().any(|it| it == name);
        let own = self.selection(name);
        let Some(group) = self.alternatives.iter().find(has) else { return own };
        let names: Vec<_> = group.selections.iter().map(|name| self.selection(name)).collect();
        let few = if group.at_least == 1 { "none of".to_owned() } else { format!("fewer than {} of", group.at_least) };
        format!("{}: {few} {}; nearest {own}", clean(&group.written), names.join(", "))
    }
}

/// A technique of ATT&CK as a rule names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Technique {
    /// The current id, such as `T1059.001`.
    pub id: String,
    /// Its name; empty where ATT&CK does not know it.
    pub name: String,
    /// The id that the rule names, where it has moved since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// How weighty a level is; unknown ones weigh nothing.
#[must_use]
pub fn level_weight(level: &str) -> u8 {
    match level {
        "critical" => 5,
        "high" => 4,
        "medium" => 3,
        "low" => 2,
        "informational" => 1,
        _ => 0,
    }
}

/// The techniques and tactics that a rule's tags name, under their current ids and names.
#[must_use]
pub fn attack(tags: &[String]) -> (Vec<Technique>, Vec<String>) {
    let technique = |tag: &String| {
        let Some(Tag::Technique(number)) = parse_tag(tag) else { return None };
        let resolved = resolve_numbered(number);
        let (id, name) = match resolved.current {
            Some(current) => (current.id.to_owned(), current.name.to_owned()),
            None => (number.to_string(), String::new()),
        };
        Some(Technique { id, name, was: resolved.redirected_from.map(|former| former.to_string()) })
    };
    let mut techniques: Vec<_> = tags.iter().filter_map(technique).collect();
    techniques.sort();
    techniques.dedup();
    let tactics = tactics_of_tags(tags.iter().map(String::as_str));
    (techniques, tactics.iter().map(|tactic| tactic.name.to_owned()).collect())
}

/// Names of tactics in the order of the matrix, each once.
#[must_use]
pub fn in_matrix_order<'a>(tactics: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<_> = tactics.collect();
    names.sort_by_key(|name| (TACTICS.iter().position(|tactic| tactic.name == *name), *name));
    names.dedup();
    names
}

impl Knowledge {
    /// What is known of a rule.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&RuleNote> {
        self.rules.get(id)
    }

    /// The rule's title, or its id where nothing is known.
    #[must_use]
    pub fn title<'a>(&'a self, id: &'a str) -> &'a str {
        self.rule(id).map_or(id, |note| note.title.as_str())
    }

    /// The rule's level; empty where nothing is known.
    #[must_use]
    pub fn level(&self, id: &str) -> &str {
        self.rule(id).map_or("", |note| note.level.as_str())
    }

    /// The names of a contribution's term and bin; their numbers where the model does not know them.
    #[must_use]
    pub fn names(&self, contribution: &Contribution) -> (String, String) {
        let term = self.model.as_ref().and_then(|model| model.terms().get(contribution.term as usize));
        let bin = term.and_then(|term| term.bin_name(contribution.bin));
        let number = |bin: u32| format!("bin {bin}");
        let bin = bin.map(str::to_owned).or_else(|| contribution.bin.map(number)).unwrap_or_default();
        (term.map_or_else(|| format!("term {}", contribution.term), |term| term.name.clone()), bin)
    }

    /// What a contribution means: the model's own phrase, else the names of its term and bin.
    #[must_use]
    pub fn phrase(&self, contribution: &Contribution) -> String {
        let term = self.model.as_ref().and_then(|model| model.terms().get(contribution.term as usize));
        match term.and_then(|term| term.phrase(contribution.bin)) {
            Some(phrase) => clean(phrase).into_owned(),
            None => {
                let (term, bin) = self.names(contribution);
                if bin.is_empty() { term } else { format!("{term}: {bin}") }
            }
        }
    }

    /// The model's name and what it says of its points.
    #[must_use]
    pub fn model_note(&self) -> String {
        self.model.as_ref().map(|model| format!("{}: {}", model.name(), model.note())).unwrap_or_default()
    }

    /// The rules that are told in full, the weightiest first.
    #[must_use]
    pub fn hits_of<'a>(&self, finding: &'a Finding) -> Vec<&'a Hit> {
        let mut hits: Vec<_> = finding.hits.iter().collect();
        // Stable, as among the ids of all.
        hits.sort_by_key(|hit| std::cmp::Reverse(level_weight(self.level(&hit.rule))));
        hits
    }

    /// Ids of all rules that a finding names, the weightiest first.
    #[must_use]
    pub fn rules_of<'a>(&self, finding: &'a Finding) -> Vec<&'a str> {
        let full = finding.hits.iter().map(|hit| hit.rule.as_str());
        let mut ids: Vec<_> = full.chain(finding.further_hits.iter().map(String::as_str)).collect();
        // Stable: among equals the pack's order stays.
        ids.sort_by_key(|id| std::cmp::Reverse(level_weight(self.level(id))));
        ids
    }

    /// The level of the weightiest rule.
    #[must_use]
    pub fn top_level(&self, finding: &Finding) -> &str {
        self.rules_of(finding).first().map_or("", |id| self.level(id))
    }
}
