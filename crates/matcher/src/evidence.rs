//! Why a rule hit: for each part of its condition that was needed, the predicate that held and where.

use glassbox_event::{Event, Kind};
use glassbox_finding::{Claim, Evidence, Operator, Place, RuleItem, Step, TextPlace, limits::HIT_EVIDENCE_MAX};
use glassbox_predicate::{Subject, compare_fields};
use glassbox_rules::Node;

use crate::{Matcher, Scratch, others};

/// Why a rule hit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HitEvidence {
    /// One piece for each part of the condition that a shortest proof needs, in the order of the condition.
    pub pieces: Vec<Evidence>,
    /// Whether pieces were left out. A rule may need hundreds of values; the first ones say enough.
    pub cut: bool,
}

impl Matcher {
    /// Why a rule hit the event that `run` was called with last. What rests on a negation has no evidence. Filters are
    /// not part of it: that none took the hit away is their negation.
    pub fn evidence(&self, event: &Event<'_>, scratch: &mut Scratch, rule: u32) -> HitEvidence {
        let mut evidence = HitEvidence::default();
        let rule_data = &self.set.rules[rule as usize];
        let mut nodes = vec![rule_data.root];
        while let Some(node) = nodes.pop() {
            match &rule_data.nodes[node as usize] {
                Node::Item(_) if evidence.pieces.len() >= HIT_EVIDENCE_MAX => {
                    evidence.cut = true;
                    break;
                }
                Node::Item(item) => evidence.pieces.extend(self.item_evidence(rule, *item, event, scratch)),
                Node::Not(_) => {}
                Node::AtLeast(count, children) => {
                    let held: Vec<u32> = children
                        .iter()
                        .copied()
                        .filter(|&child| self.node_holds(rule, child, event, scratch))
                        .take(*count as usize)
                        .collect();
                    nodes.extend(held.into_iter().rev());
                }
            }
        }
        evidence
    }

    /// The field that a claim about a rule is about; none for a keyword, or for another claim.
    #[must_use]
    pub fn field_of(&self, claim: Claim) -> Option<usize> {
        let Claim::Item(RuleItem { rule, item, predicate }) = claim else { return None };
        let item = &self.set.rules[rule as usize].items[item as usize];
        let (predicate, _) = item.predicates[predicate as usize];
        self.set.predicates[predicate as usize].field.map(|field| field as usize)
    }

    fn item_evidence(&self, rule: u32, item: u32, event: &Event<'_>, scratch: &mut Scratch) -> Option<Evidence> {
        let predicates = &self.set.rules[rule as usize].items[item as usize].predicates;
        let held = predicates.iter().position(|&(predicate, _)| self.predicate_holds(predicate, event, scratch))?;
        let place = self.place(predicates[held].0, event, scratch)?;
        Some(Evidence { claim: Claim::Item(RuleItem { rule, item, predicate: held as u32 }), place })
    }

    /// Where a predicate that holds does so.
    fn place(&self, predicate: u32, event: &Event<'_>, scratch: &mut Scratch) -> Option<Place> {
        let test = self.test(predicate)?;
        let field_predicate = &self.set.predicates[predicate as usize];
        let operator = field_predicate.predicate.operator;
        let record = event.record();
        // Only a literal anywhere is shown by the part that matched; what speaks of the whole value needs all of it.
        let at = |place: Step, subject: &Subject<'_>| {
            let text = subject.text();
            let range = test.find_in(subject)?;
            let part = if operator == Operator::Contains { range } else { 0..text.len() };
            Some(text_place(if part == (0..text.len()) { place } else { place.part(record, part) }))
        };
        let Some(field) = field_predicate.field else {
            let mut leaves = scratch.leaves(event).iter().filter(|leaf| leaf.kind != Kind::Null);
            return leaves.find_map(|leaf| at(leaf.place, &Subject::new(leaf.text.as_str())));
        };
        let slot = field as usize;
        let mut values = event.values(slot);
        match operator {
            Operator::Absent | Operator::Null => {
                let null = values.find(|value| value.kind == Kind::Null);
                Some(null.map_or(Place::Absent, |null| text_place(null.place)))
            }
            Operator::Exists => values.next().map(|value| text_place(value.place)),
            operator if operator.compares_fields() => {
                let other = field_predicate.other.unwrap_or(field) as usize;
                let cased = field_predicate.predicate.cased;
                let known = others(event, field_predicate);
                let value = values.find(|value| value.kind != Kind::Null && known.suit(&value.text()))?;
                let text = value.text();
                let mut candidates = event.values(other).filter(|other| other.kind != Kind::Null);
                let other = candidates.find(|other| compare_fields(operator, &text, &other.text(), cased))?;
                Some(Place::Pair(TextPlace::from(value.place), TextPlace::from(other.place)))
            }
            _ => scratch.decoded(event, slot).iter().find_map(|value| at(value.place, &value.subject)),
        }
    }
}

fn text_place(step: Step) -> Place {
    Place::Text(TextPlace::from(step))
}
