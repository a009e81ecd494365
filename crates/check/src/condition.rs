//! Whether rules hold: the positive part of every hit from its evidence, and, where that is asked for, that no negated part
//! and no filter evidently fails.
//!
//! A negated part fails evidently where the record has a value of the field that the predicate holds of. The values of a
//! field are those that come first by the map: a reader takes no others. What is not evident counts as unknown, and an
//! unknown part breaks no condition.

use glassbox_finding::{Claim, Evidence, Finding, Hit, Operator, Within};
use glassbox_predicate::OtherValues;
use glassbox_rules::{FieldPredicate, Node, Rule};

use crate::{
    claims::is_of_text,
    finding::Violation,
    inspection::{Inspection, take},
    names::Standing,
    predicates::Which,
    texts::Way,
    tree::{Form, Kind, Value, Written},
};

/// Whether a node of a condition holds, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Holds,
    Fails,
    Unknown,
}

/// Buffers for conditions.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    /// For each node of a rule.
    truths: Vec<Truth>,
    /// For each node of a rule: whether it is below a negation.
    negated: Vec<bool>,
    /// Positions of a field's values in the record's text.
    values: Vec<usize>,
}

impl Conditions {
    /// Checks that a hit's positive part follows from its evidence, every negation taken to hold.
    pub(crate) fn check_hit(&mut self, rule: &Rule, hit: &Hit, evidence: &[Evidence]) -> bool {
        let shown = |item: u32| {
            hit.evidence.iter().any(|&position| {
                let claim = evidence.get(position as usize).map(|piece| piece.claim);
                matches!(claim, Some(Claim::Item(at)) if at.rule == hit.rule && at.item == item)
            })
        };
        let nodes = &rule.nodes[..=rule.root as usize];
        self.truths.clear();
        for node in nodes {
            let truth = match node {
                Node::Item(item) if shown(*item) => Truth::Holds,
                Node::Item(_) => Truth::Fails,
                Node::Not(_) => Truth::Holds,
                Node::AtLeast(count, children) => at_least(*count, children, &self.truths),
            };
            self.truths.push(truth);
        }
        self.truths[rule.root as usize] == Truth::Holds
    }

    /// Checks the negated parts of every hit and the filters on its rule.
    pub(crate) fn check_negations(
        &mut self,
        inspection: &mut Inspection<'_, '_>,
        finding: &Finding,
    ) -> Result<(), Violation> {
        for position in finding.rules() {
            let Some(rule) = inspection.directory.rule(position) else { continue };
            let has_negation = rule.nodes.iter().any(|node| matches!(node, Node::Not(_)));
            if !has_negation {
                continue;
            }
            if !inspection.may_go_on() {
                inspection.unchecked += 1;
                return Ok(());
            }
            self.evaluate(inspection, rule);
            if self.truths[rule.root as usize] == Truth::Fails {
                let failed = self.failed_item(rule, rule.root);
                return Err(Violation::Negated { rule: position, item: failed });
            }
            let failed = rule.filters.iter().find(|filter| self.truths[filter.node as usize] == Truth::Fails);
            if let Some(filter) = failed {
                return Err(Violation::Filtered { rule: position, filter: filter.filter });
            }
        }
        Ok(())
    }

    /// What is evident of every node of a rule.
    fn evaluate(&mut self, inspection: &mut Inspection<'_, '_>, rule: &Rule) {
        self.negated.clear();
        self.negated.resize(rule.nodes.len(), false);
        for (position, node) in rule.nodes.iter().enumerate().rev() {
            let (is_negated, children) = match node {
                Node::Item(_) => continue,
                Node::Not(child) => (true, std::slice::from_ref(child)),
                Node::AtLeast(_, children) => (self.negated[position], &children[..]),
            };
            for &child in children {
                self.negated[child as usize] |= is_negated;
            }
        }
        self.truths.clear();
        for (position, node) in rule.nodes.iter().enumerate() {
            let truth = match node {
                Node::Item(item) if self.negated[position] => {
                    let predicates = rule.items.get(*item as usize).map_or(&[][..], |item| &item.predicates);
                    let holds = predicates.iter().any(|&(predicate, _)| self.evidently_holds(inspection, predicate));
                    if holds { Truth::Holds } else { Truth::Unknown }
                }
                Node::Item(_) => Truth::Unknown,
                Node::Not(child) => match self.truths[*child as usize] {
                    Truth::Holds => Truth::Fails,
                    Truth::Fails => Truth::Holds,
                    Truth::Unknown => Truth::Unknown,
                },
                Node::AtLeast(count, children) => at_least(*count, children, &self.truths),
            };
            self.truths.push(truth);
        }
    }

    /// The first item below a node that made it fail.
    fn failed_item(&self, rule: &Rule, root: u32) -> u32 {
        let is_below = |node: u32| node <= root && self.negated[node as usize];
        let held = rule.nodes.iter().zip(0..).filter(|&(_, node)| is_below(node));
        let mut items = held.filter_map(|(node, position)| match node {
            Node::Item(item) if self.truths[position as usize] == Truth::Holds => Some(*item),
            _ => None,
        });
        items.next().unwrap_or(0)
    }

    /// Whether a predicate of the rule set evidently holds of the record.
    fn evidently_holds(&mut self, inspection: &mut Inspection<'_, '_>, predicate: u32) -> bool {
        let Some(known) = inspection.directory.set().predicates.get(predicate as usize) else { return false };
        let Ok(Some(text)) = inspection.text(Way::to(Within::Own)) else { return false };
        let form = inspection.texts.get(text).tree.form;
        let from = inspection.texts.get(text).tree.from;
        if !matches!(form, Form::Marked | Form::Line) || from > 0 {
            return false;
        }
        let Some(field) = known.field else {
            self.values.clear();
            let values = inspection.texts.get(text).tree.values.iter().enumerate();
            self.values.extend(values.filter(|(_, value)| is_text(value)).map(|(position, _)| position));
            return is_of_text(&known.predicate) && self.any_holds(inspection, text, predicate, known);
        };
        if !self.values_of(inspection, text, field) {
            return false;
        }
        let value = |position: &usize| inspection.texts.get(text).tree.values[*position];
        match known.predicate.operator {
            Operator::Exists => !self.values.is_empty(),
            Operator::Absent => self.values.is_empty(),
            Operator::Null => {
                self.values.is_empty() || self.values.iter().any(|position| value(position).kind == Kind::Null)
            }
            Operator::NotEquals => {
                let mut texts = self.values.iter().map(value).filter(|value| value.kind != Kind::Null).peekable();
                let has_texts = texts.peek().is_some();
                has_texts && texts.all(|value| is_text(&value)) && self.all_hold(inspection, text, predicate)
            }
            operator if operator.compares_fields() => self.compares(inspection, text, known),
            _ => self.any_holds(inspection, text, predicate, known),
        }
    }

    /// Finds the values of a field that a reader takes; false where that cannot be told.
    fn values_of(&mut self, inspection: &mut Inspection<'_, '_>, text: usize, field: u32) -> bool {
        self.values.clear();
        let map = inspection.texts.get(text).map;
        let Some(field) = inspection.field(field, map) else { return false };
        // A null gives way to any other value.
        let mut best = (true, u8::MAX);
        for position in 0..inspection.texts.get(text).tree.values.len() {
            let value = inspection.texts.get(text).tree.values[position];
            if matches!(value.kind, Kind::Hidden | Kind::PairName) {
                continue;
            }
            if !inspection.may_go_on() {
                return false;
            }
            match inspection.standing(text, value.node, field) {
                Standing::Foreign => {}
                Standing::TooLong => return false,
                Standing::Of(rank) => {
                    let new = (value.kind == Kind::Null, rank);
                    if new < best {
                        if new.1 != best.1 {
                            self.values.clear();
                        }
                        best = new;
                    } else if new.1 != best.1 {
                        continue;
                    }
                    self.values.push(position);
                }
            }
        }
        true
    }

    /// Whether a predicate holds of one of the values.
    fn any_holds(
        &self,
        inspection: &mut Inspection<'_, '_>,
        text: usize,
        predicate: u32,
        known: &FieldPredicate,
    ) -> bool {
        is_of_text(&known.predicate)
            && self.values.iter().any(|&position| test(inspection, text, predicate, position) == Some(true))
    }

    /// Whether a predicate holds of all values that are not null.
    fn all_hold(&self, inspection: &mut Inspection<'_, '_>, text: usize, predicate: u32) -> bool {
        self.values.iter().all(|&position| {
            let kind = inspection.texts.get(text).tree.values[position].kind;
            kind == Kind::Null || test(inspection, text, predicate, position) == Some(true)
        })
    }

    /// Whether one of the values stands to one of the other field's as the operator asks.
    fn compares(&mut self, inspection: &mut Inspection<'_, '_>, text: usize, known: &FieldPredicate) -> bool {
        let own = std::mem::take(&mut self.values);
        let is_known = known.other.is_some_and(|other| self.values_of(inspection, text, other));
        if !is_known {
            return false;
        }
        let texts = |positions: &[usize]| {
            let of_text = inspection.texts.get(text);
            let values = positions.iter().map(|&position| of_text.tree.values[position]).filter(is_text);
            values.filter_map(|value| of_text.at(step_of(&value), &inspection.record)).collect::<Vec<_>>()
        };
        let others = OtherValues::new(known.predicate.operator, known.predicate.cased, texts(&self.values));
        let holds = texts(&own).iter().any(|value| others.suit(value));
        inspection.steps += inspection.texts.get(text).bytes(&inspection.record).len() as u64 * 4;
        holds
    }
}

/// Whether at least so many of some nodes hold.
fn at_least(count: u32, children: &[u32], truths: &[Truth]) -> Truth {
    let number = |wanted: Truth| children.iter().filter(|&&child| truths[child as usize] == wanted).count();
    let (holding, unknown) = (number(Truth::Holds), number(Truth::Unknown));
    if holding >= count as usize {
        Truth::Holds
    } else if holding + unknown < count as usize {
        Truth::Fails
    } else {
        Truth::Unknown
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value.kind, Kind::Scalar | Kind::Nothing)
}

/// The place of a value, read as it is written. Digits may be read in two ways.
fn step_of(value: &Value) -> glassbox_finding::Step {
    let encoding = match value.written {
        Written::Escaped(encoding) => encoding,
        Written::Plain | Written::Digits => glassbox_finding::Encoding::Raw,
    };
    glassbox_finding::Step { span: value.span, encoding }
}

/// Whether a predicate of the rule set holds of a value; none where that cannot be told.
fn test(inspection: &mut Inspection<'_, '_>, text: usize, predicate: u32, position: usize) -> Option<bool> {
    let Inspection { texts, predicates, directory, record, steps, .. } = inspection;
    let text = texts.get(text);
    let value = text.tree.values[position];
    if !is_text(&value) || value.written == Written::Digits {
        return None;
    }
    let ready = predicates.ready(directory, Which::OfRule(predicate), steps).ok()?;
    let text = text.at(step_of(&value), record)?;
    let cost = (text.len() as u64 + 1).saturating_mul(ready.steps);
    take(steps, cost).then(|| ready.test.find(&text).is_some())
}
