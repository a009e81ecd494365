//! The compiled rule set: what a pack carries and the matcher loads.

use glassbox_finding::Logsource;
use glassbox_predicate::{Literal, Operator, Placed, Predicate};
use serde::{Deserialize, Serialize};

use crate::metadata::{Level, Status};

/// What a rule set may hold at most. A pack is untrusted input.
pub mod limits {
    /// Rules.
    pub const RULES_MAX: usize = 100_000;
    /// Bytes of a rule's id: findings name it, and may hold only so much.
    pub const ID_BYTES_MAX: usize = 256;
    /// Distinct predicates.
    pub const PREDICATES_MAX: usize = 1_000_000;
    /// How deep a condition may nest.
    pub const CONDITION_DEPTH_MAX: u32 = 64;
    /// Nodes of one condition.
    pub const CONDITION_NODES_MAX: usize = 10_000;
    /// Predicates and nodes of one condition, each counted as often as ways lead to it: what deciding it may take.
    pub const CONDITION_STEPS_MAX: u64 = 250_000;
}

/// Rules, with what they have in common held once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleSet {
    /// The canonical fields that predicates mention; positions are slots.
    pub fields: Vec<String>,
    /// Distinct predicates on fields.
    pub predicates: Vec<FieldPredicate>,
    /// For predicates that are regular expressions, ascending by position: folded literals, of which one stands in every
    /// text that the expression fits.
    pub required: Vec<(u32, Vec<String>)>,
    /// Distinct logsources.
    pub logsources: Vec<Logsource>,
    /// The rules, in the order given.
    pub rules: Vec<Rule>,
    /// The filters that were applied to rules.
    pub filters: Vec<Filter>,
}

/// A Sigma filter: an exception that takes hits of rules away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Its title.
    pub title: String,
    /// The file that it comes from, as the user gave it.
    pub file: String,
}

/// A predicate on a field's values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldPredicate {
    /// Position in the set's fields; none for a keyword, which any value may hold.
    pub field: Option<u32>,
    /// What must hold of a value.
    pub predicate: Predicate,
    /// For operators that compare fields: position of the other field.
    pub other: Option<u32>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The id that findings name.
    pub id: String,
    /// Position in the set's logsources.
    pub logsource: u32,
    /// How severe.
    pub level: Option<Level>,
    /// How mature.
    pub status: Option<Status>,
    /// The ATT&CK tactics named by tags: bit i is the tactic with index i.
    pub tactics: u32,
    /// Distinct ATT&CK techniques named by tags, as numbers: technique times 1,000 plus sub-technique.
    pub techniques: Vec<u32>,
    /// Names of selections, for evidence.
    pub selections: Vec<String>,
    /// The rule's items: a field with its list of values.
    pub items: Vec<Item>,
    /// The conditions of the rule and of the filters on it: children come before their parent.
    pub nodes: Vec<Node>,
    /// The node of the rule's own condition.
    pub root: u32,
    /// The filters on the rule, each with the node that must hold, or else the filter takes the hit away.
    pub filters: Vec<RuleFilter>,
    /// Predicates with literals, of which one holds wherever the rule does; empty where there is no such set. Ascending.
    pub triggers: Vec<u32>,
}

/// A filter on a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFilter {
    /// Position in the set's filters.
    pub filter: u32,
    /// The node of the filter's condition in the rule's nodes.
    pub node: u32,
}

/// One line of a selection: a field with the values that it may or must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Position in the rule's selections.
    pub selection: u32,
    /// How many values the rule lists on this line.
    pub values: u32,
    /// Whether the line needs all of its values, so that this item is about one of several that must hold.
    pub all: bool,
    /// For each predicate its position in the set's predicates and the value that it comes from, from 0. One value can
    /// stand for several predicates, as `base64offset` does for three.
    pub predicates: Vec<(u32, u32)>,
}

/// A node of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// Holds when any predicate of the item does.
    Item(u32),
    /// Holds when at least so many of these nodes do.
    AtLeast(u32, Vec<u32>),
    /// Holds when the node does not.
    Not(u32),
}

/// Why bytes are no rule set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleSetError {
    /// The bytes do not decode.
    #[error("the rule set does not decode: {0}")]
    Encoding(String),
    /// Something is wrong with the set as a whole.
    #[error("the rule set is not sound: {0}")]
    Unsound(&'static str),
    /// Something is wrong with one rule.
    #[error("rule {rule} is not sound: {reason}")]
    UnsoundRule {
        /// The rule's id.
        rule: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl RuleSet {
    /// The folded literals of which a value must hold one for the predicate at a position; none where the predicate can
    /// hold without any.
    #[must_use]
    pub fn literals(&self, position: u32) -> Vec<Literal> {
        self.predicates[position as usize].predicate.literals(self.required_by(position))
    }

    /// Where a predicate's literals must stand; none if it has none.
    #[must_use]
    pub fn placed(&self, position: u32) -> Option<Placed> {
        self.predicates[position as usize].predicate.placed(self.required_by(position))
    }

    fn required_by(&self, position: u32) -> &[String] {
        let required = self.required.binary_search_by_key(&position, |(predicate, _)| *predicate);
        required.map_or(&[], |at| &self.required[at].1)
    }

    /// The literals of several predicates, each with its predicate.
    #[must_use]
    pub fn literals_of(&self, predicates: &[u32]) -> Vec<(u32, Literal)> {
        let of = |&predicate| self.literals(predicate).into_iter().map(move |literal| (predicate, literal));
        predicates.iter().flat_map(of).collect()
    }

    /// The set as canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("plain data encodes")
    }

    /// Reads a set and checks that it is sound: every index in range, no cycle, within limits.
    ///
    /// # Errors
    /// When the bytes do not decode to a sound set.
    pub fn decode(bytes: &[u8]) -> Result<Self, RuleSetError> {
        let (set, rest): (Self, _) =
            postcard::take_from_bytes(bytes).map_err(|error| RuleSetError::Encoding(error.to_string()))?;
        if !rest.is_empty() {
            return Err(RuleSetError::Encoding(format!("{} bytes are left over", rest.len())));
        }
        set.check()?;
        Ok(set)
    }

    /// Checks that the set is sound.
    ///
    /// # Errors
    /// When an index is out of range, a condition has a cycle or a limit is passed.
    pub fn check(&self) -> Result<(), RuleSetError> {
        if self.rules.len() > limits::RULES_MAX || self.predicates.len() > limits::PREDICATES_MAX {
            return Err(RuleSetError::Unsound("it has more rules or predicates than the limit"));
        }
        let mut names: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(RuleSetError::Unsound("a field is listed twice"));
        }
        let in_range = |field: Option<u32>| field.is_none_or(|field| (field as usize) < self.fields.len());
        for predicate in &self.predicates {
            if !in_range(predicate.field) || !in_range(predicate.other) {
                return Err(RuleSetError::Unsound("a predicate names a field that is not listed"));
            }
            if predicate.predicate.operator.compares_fields() != predicate.other.is_some() {
                return Err(RuleSetError::Unsound("a comparison of fields lacks the other field"));
            }
        }
        let known = self.required.iter().all(|&(predicate, ref literals)| {
            let regex = |it: &FieldPredicate| it.predicate.operator == Operator::Regex;
            self.predicates.get(predicate as usize).is_some_and(regex) && !literals.iter().any(String::is_empty)
        });
        if !known || !self.required.is_sorted_by(|left, right| left.0 < right.0) {
            return Err(RuleSetError::Unsound("literals are required of what is no regular expression"));
        }
        // A finding that names one rule twice, or a rule by a text of a megabyte, would be refused by the host.
        let mut ids: Vec<&str> = self.rules.iter().map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(RuleSetError::Unsound("two rules have one id"));
        }
        self.rules.iter().try_for_each(|rule| {
            self.check_rule(rule).map_err(|reason| RuleSetError::UnsoundRule {
                rule: rule.id.chars().take(limits::ID_BYTES_MAX).collect(),
                reason,
            })
        })
    }

    fn check_rule(&self, rule: &Rule) -> Result<(), &'static str> {
        if rule.id.is_empty() || rule.id.len() > limits::ID_BYTES_MAX {
            return Err("its id is empty or longer than the limit");
        }
        if rule.logsource as usize >= self.logsources.len() {
            return Err("its logsource is not listed");
        }
        for item in &rule.items {
            if item.selection as usize >= rule.selections.len() {
                return Err("an item names a selection that is not listed");
            }
            if item.predicates.is_empty() {
                return Err("an item has no predicate");
            }
            if item
                .predicates
                .iter()
                .any(|&(predicate, value)| predicate as usize >= self.predicates.len() || value >= item.values)
            {
                return Err("an item names a predicate or value that is not listed");
            }
        }
        let out_of_range = |&predicate: &u32| predicate as usize >= self.predicates.len();
        if rule.triggers.iter().any(out_of_range) || !rule.triggers.is_sorted_by(|left, right| left < right) {
            return Err("its triggers are not ascending or not listed");
        }
        let nodes = rule.nodes.len();
        if rule.root as usize >= nodes || rule.filters.iter().any(|filter| filter.node as usize >= nodes) {
            return Err("its condition or a filter's names a node that is not listed");
        }
        if rule.filters.iter().any(|filter| filter.filter as usize >= self.filters.len()) {
            return Err("it names a filter that is not listed");
        }
        let item_predicates: Vec<usize> = rule.items.iter().map(|item| item.predicates.len()).collect();
        check_condition(&rule.nodes, &item_predicates)
    }
}

/// Checks a condition over items with so many predicates each.
pub(crate) fn check_condition(nodes: &[Node], item_predicates: &[usize]) -> Result<(), &'static str> {
    if nodes.is_empty() || nodes.len() > limits::CONDITION_NODES_MAX {
        return Err("its condition is empty or larger than the limit");
    }
    let mut depths: Vec<u32> = Vec::with_capacity(nodes.len());
    let mut steps: Vec<u64> = Vec::with_capacity(nodes.len());
    for (position, node) in nodes.iter().enumerate() {
        let (children, own) = match node {
            Node::Item(item) => match item_predicates.get(*item as usize) {
                Some(&predicates) => (&[][..], predicates as u64),
                None => return Err("its condition names an item that is not listed"),
            },
            Node::AtLeast(_, children) => (&children[..], 1),
            Node::Not(child) => (std::slice::from_ref(child), 1),
        };
        if children.iter().any(|&child| child as usize >= position) {
            return Err("its condition has a cycle");
        }
        let depth = children.iter().map(|&child| depths[child as usize]).max().map_or(0, |depth| depth + 1);
        if depth > limits::CONDITION_DEPTH_MAX {
            return Err("its condition nests deeper than the limit");
        }
        depths.push(depth);
        // Nodes are shared, so a small condition can unfold to an exponentially large one.
        let sum = children.iter().fold(own, |sum, &child| sum.saturating_add(steps[child as usize]));
        if sum > limits::CONDITION_STEPS_MAX {
            return Err("its condition takes more steps than the limit");
        }
        steps.push(sum);
    }
    Ok(())
}
