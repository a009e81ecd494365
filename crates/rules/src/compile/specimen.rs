//! Records made from rules: fields and values that satisfy a rule by construction, where that can be told.
//!
//! A pack whose author knows no answers still needs some, or nothing tells a plugin that finds from one that is always
//! quiet. A specimen may fail its rule where the rule excludes it in turn; whoever uses one tries it first.

use std::collections::BTreeMap;

use glassbox_predicate::Operator;

use crate::set::{Item, Node, Rule, RuleSet};

/// What a field must be.
#[derive(Clone, Debug, Default)]
struct Wish {
    whole: Option<String>,
    start: String,
    middle: String,
    end: String,
}

/// Fields and values that satisfy what a rule asks for; none where that cannot be told from its literals.
#[must_use]
pub fn specimen(set: &RuleSet, rule: &Rule) -> Option<BTreeMap<String, String>> {
    let nodes = [rule.root].into_iter().chain(rule.filters.iter().map(|filter| filter.node));
    let wishes =
        nodes.into_iter().try_fold(BTreeMap::new(), |wishes, node| satisfy(set, rule, node as usize, wishes))?;
    let fields = wishes.into_iter().map(|(field, wish)| (set.fields[field as usize].clone(), wish.text()));
    Some(fields.collect()).filter(|fields: &BTreeMap<_, _>| !fields.is_empty())
}

type Wishes = BTreeMap<u32, Wish>;

/// What must be wished for besides, so that a node holds. Its depth is bounded by the rule set's check.
fn satisfy(set: &RuleSet, rule: &Rule, node: usize, wishes: Wishes) -> Option<Wishes> {
    match &rule.nodes[node] {
        Node::Item(item) => satisfy_item(set, &rule.items[*item as usize], wishes),
        // What nobody wishes for is absent.
        Node::Not(_) => Some(wishes),
        Node::AtLeast(count, children) => {
            let (mut held, mut wishes) = (0, wishes);
            for &child in children {
                if held == *count {
                    break;
                }
                if let Some(more) = satisfy(set, rule, child as usize, wishes.clone()) {
                    (held, wishes) = (held + 1, more);
                }
            }
            (held == *count).then_some(wishes)
        }
    }
}

fn satisfy_item(set: &RuleSet, item: &Item, mut wishes: Wishes) -> Option<Wishes> {
    let predicate = &set.predicates[item.predicates.first()?.0 as usize];
    let wish = wishes.entry(predicate.field?).or_default();
    let operand = &predicate.predicate.operand;
    let is_new = wish.whole.is_none() && wish.start.is_empty() && wish.middle.is_empty() && wish.end.is_empty();
    match predicate.predicate.operator {
        Operator::Equals if is_new => wish.whole = Some(operand.clone()),
        Operator::StartsWith if wish.whole.is_none() && wish.start.is_empty() => wish.start.clone_from(operand),
        Operator::EndsWith if wish.whole.is_none() && wish.end.is_empty() => wish.end.clone_from(operand),
        Operator::Contains if wish.whole.is_none() => {
            wish.middle.push_str(operand);
            wish.middle.push(' ');
        }
        _ => return None,
    }
    Some(wishes)
}

impl Wish {
    fn text(self) -> String {
        self.whole.unwrap_or_else(|| self.start + &self.middle + &self.end)
    }
}
