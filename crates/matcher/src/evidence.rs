//! Why a rule hit: for each part of its condition that was needed, the predicate that held and where.

use glassbox_event::{Event, Kind, Reader};
use glassbox_finding::{Evidence, Operator, Place, TextPlace, quote};
use glassbox_predicate::{Subject, compare_fields};
use glassbox_rules::{Item, Node, Rule};

use crate::{Matcher, Scratch, others};

/// Pieces of evidence told of one hit. A rule may need hundreds of values; the first ones tell enough.
pub const EVIDENCE_PER_HIT_MAX: usize = 32;

/// Where a predicate was found to hold, and the text there.
struct Held {
    place: Place,
    quote: String,
}

impl Matcher {
    /// Why a rule hit the event that `run` was called with last: one piece for each part of the condition that a shortest
    /// proof needs, in the order of the condition. What rests on a negation has none.
    pub fn evidence(&self, reader: &Reader, event: &Event<'_>, scratch: &mut Scratch, rule: u32) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        let rule_data = &self.set.rules[rule as usize];
        let mut nodes = vec![rule_data.nodes.len() as u32 - 1];
        while let Some(node) = nodes.pop() {
            if evidence.len() >= EVIDENCE_PER_HIT_MAX {
                break;
            }
            match &rule_data.nodes[node as usize] {
                Node::Item(item) => {
                    let item = &rule_data.items[*item as usize];
                    evidence.extend(self.item_evidence(rule_data, item, reader, event, scratch));
                }
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

    fn item_evidence(
        &self,
        rule: &Rule,
        item: &Item,
        reader: &Reader,
        event: &Event<'_>,
        scratch: &mut Scratch,
    ) -> Option<Evidence> {
        let &(predicate, value) =
            item.predicates.iter().find(|(predicate, _)| self.predicate_holds(*predicate, event, scratch))?;
        let held = self.held(predicate, reader, event, scratch)?;
        let field_predicate = &self.set.predicates[predicate as usize];
        Some(Evidence {
            selection: rule.selections[item.selection as usize].clone(),
            field: self.field_name(predicate).to_owned(),
            predicate: field_predicate.predicate.clone(),
            value,
            values: item.values,
            place: held.place,
            quote: held.quote,
        })
    }

    /// The canonical field of a predicate, empty for a keyword.
    pub(crate) fn field_name(&self, predicate: u32) -> &str {
        self.set.predicates[predicate as usize].field.map_or("", |field| &self.set.fields[field as usize])
    }

    /// Where a predicate that holds does so.
    fn held(&self, predicate: u32, reader: &Reader, event: &Event<'_>, scratch: &mut Scratch) -> Option<Held> {
        let test = self.test(predicate)?;
        let field_predicate = &self.set.predicates[predicate as usize];
        let operator = field_predicate.predicate.operator;
        let record = event.record();
        // Only a literal anywhere is told by the part that matched; what speaks of the whole value needs all of it.
        let at = |place: TextPlace, subject: &Subject<'_>| {
            let text = subject.text();
            let range = test.find_in(subject)?;
            let part = if operator == Operator::Contains { range } else { 0..text.len() };
            let place = if part == (0..text.len()) { place } else { place.part(record, part.clone()) };
            Some(Held { place: Place::Text(place), quote: quote(&text[part]).to_owned() })
        };
        let Some(field) = field_predicate.field else {
            let mut leaves = scratch.leaves(event).iter().filter(|leaf| leaf.kind != Kind::Null);
            return leaves.find_map(|leaf| at(leaf.place, &Subject::new(leaf.text.as_str())));
        };
        let slot = field as usize;
        let whole = |place: TextPlace, text: &str| Held { place: Place::Text(place), quote: quote(text).to_owned() };
        let mut values = event.values(slot);
        match operator {
            Operator::Absent | Operator::Null => Some(match values.find(|value| value.kind == Kind::Null) {
                Some(null) => whole(null.place, &null.text()),
                None => Held { place: Place::Absent(reader.names(slot, event.schema())), quote: String::new() },
            }),
            Operator::Exists => values.next().map(|value| whole(value.place, &value.text())),
            operator if operator.compares_fields() => {
                let other = field_predicate.other.unwrap_or(field) as usize;
                let cased = field_predicate.predicate.cased;
                let known = others(event, field_predicate);
                let value = values.find(|value| value.kind != Kind::Null && known.suit(&value.text()))?;
                let text = value.text();
                let mut candidates = event.values(other).filter(|other| other.kind != Kind::Null);
                let other = candidates.find(|other| compare_fields(operator, &text, &other.text(), cased))?;
                Some(Held { place: Place::Pair(value.place, other.place), quote: quote(&text).to_owned() })
            }
            _ => scratch.decoded(event, slot).iter().find_map(|value| at(value.place, &value.subject)),
        }
    }
}
