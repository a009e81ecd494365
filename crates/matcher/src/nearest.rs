//! Which rules came near without a hit, and what they lacked.

use glassbox_event::Event;
use glassbox_finding::{
    FailedPredicate, NearMiss, RuleItem, TextPlace,
    limits::{FAILED_PREDICATES_MAX, NEAR_MISSES_MAX},
};
use glassbox_rules::Node;

use crate::{
    Matcher, Scratch,
    route::{Route, is_about},
};

/// How near a node came.
#[derive(Clone, Copy, Debug, Default)]
struct Distance {
    held: u32,
    needed: u32,
}

impl Distance {
    fn lacks(self) -> u32 {
        self.needed - self.held
    }
}

impl Matcher {
    /// The rules that came nearest without a hit, nearest first: those that lack least, and of these the ones of which
    /// most held. Rules about another logsource are told only where nothing but the logsource kept them from a hit.
    ///
    /// Takes the event that `run` was called with last, and leaves its hits as they are.
    pub fn nearest(&self, event: &Event<'_>, scratch: &mut Scratch) -> Vec<NearMiss> {
        // A hit that a filter took away is reported as such.
        let mut hits = scratch.hits.clone();
        hits.extend(scratch.suppressed.iter().map(|&(rule, _)| rule));
        hits.sort_unstable();
        let everything = self.everything.get_or_init(|| Route::of_everything(&self.set));
        let own: Vec<bool> = self.set.logsources.iter().map(|known| is_about(known, event.source())).collect();
        self.find(event, everything, scratch);
        self.find_on_demand(event, scratch);
        scratch.candidates.clear();

        let mut near: Vec<(u32, Distance, bool)> = Vec::new();
        for (position, rule) in self.set.rules.iter().enumerate() {
            let position = position as u32;
            if hits.binary_search(&position).is_ok() {
                continue;
            }
            let other_logsource = !own[rule.logsource as usize];
            let root = rule.root;
            if other_logsource {
                // A rule that no literal announces would be told for every event of another logsource.
                if scratch.rules.get(position) && self.node_holds(position, root, event, scratch) {
                    near.push((position, self.distance(position, root, event, scratch), true));
                }
            } else {
                let distance = self.distance(position, root, event, scratch);
                if distance.held > 0 {
                    near.push((position, distance, false));
                }
            }
        }
        near.sort_by_key(|&(rule, distance, _)| (distance.lacks(), u32::MAX - distance.held, rule));
        near.truncate(NEAR_MISSES_MAX);
        near.into_iter()
            .map(|(rule, distance, other_logsource)| {
                let mut failed = Vec::new();
                self.failures(rule, self.set.rules[rule as usize].root, event, scratch, &mut failed);
                failed.truncate(FAILED_PREDICATES_MAX);
                NearMiss { rule, held: distance.held, needed: distance.needed, other_logsource, failed }
            })
            .collect()
    }

    /// Finds the literals that were left for conditions to ask for: nearly all of them are asked for here.
    fn find_on_demand(&self, event: &Event<'_>, scratch: &mut Scratch) {
        for (slot, literals) in self.on_demand.iter().enumerate() {
            if !literals.predicates.is_empty()
                && let Some(at) = scratch.decode(event, slot)
            {
                self.complete(at, scratch);
            }
        }
    }

    fn distance(&self, rule: u32, node: u32, event: &Event<'_>, scratch: &mut Scratch) -> Distance {
        match &self.set.rules[rule as usize].nodes[node as usize] {
            Node::Item(_) | Node::Not(_) => {
                Distance { held: u32::from(self.node_holds(rule, node, event, scratch)), needed: 1 }
            }
            Node::AtLeast(count, children) => self.best(rule, *count, children, event, scratch).into_iter().fold(
                Distance::default(),
                |sum, (_, part)| Distance {
                    held: sum.held.saturating_add(part.held),
                    needed: sum.needed.saturating_add(part.needed),
                },
            ),
        }
    }

    /// The children that come nearest, as many as must hold, in their order.
    fn best(
        &self,
        rule: u32,
        count: u32,
        children: &[u32],
        event: &Event<'_>,
        scratch: &mut Scratch,
    ) -> Vec<(u32, Distance)> {
        let mut parts: Vec<(u32, Distance)> =
            children.iter().map(|&child| (child, self.distance(rule, child, event, scratch))).collect();
        parts.sort_by_key(|&(child, distance)| (distance.lacks(), u32::MAX - distance.held, child));
        parts.truncate(count as usize);
        parts.sort_by_key(|&(child, _)| child);
        parts
    }

    fn failures(
        &self,
        rule: u32,
        node: u32,
        event: &Event<'_>,
        scratch: &mut Scratch,
        failed: &mut Vec<FailedPredicate>,
    ) {
        if failed.len() >= FAILED_PREDICATES_MAX || self.node_holds(rule, node, event, scratch) {
            return;
        }
        let rule_data = &self.set.rules[rule as usize];
        match &rule_data.nodes[node as usize] {
            Node::Item(item) => failed.push(self.failure(RuleItem { rule, item: *item, predicate: 0 }, false, event)),
            Node::AtLeast(count, children) => {
                for (child, _) in self.best(rule, *count, children, event, scratch) {
                    self.failures(rule, child, event, scratch, failed);
                }
            }
            Node::Not(child) => {
                if let Some(item) = self.first_held(rule, *child, event, scratch) {
                    failed.push(self.failure(item, true, event));
                }
            }
        }
    }

    /// The first item under a node of which a predicate holds: what a negation failed by.
    fn first_held(&self, rule: u32, node: u32, event: &Event<'_>, scratch: &mut Scratch) -> Option<RuleItem> {
        let rule_data = &self.set.rules[rule as usize];
        match &rule_data.nodes[node as usize] {
            Node::Item(item) => {
                let predicates = &rule_data.items[*item as usize].predicates;
                let held = predicates.iter().position(|&(it, _)| self.predicate_holds(it, event, scratch))?;
                Some(RuleItem { rule, item: *item, predicate: held as u32 })
            }
            Node::AtLeast(_, children) => {
                let held: Vec<u32> =
                    children.iter().copied().filter(|&child| self.node_holds(rule, child, event, scratch)).collect();
                held.into_iter().find_map(|child| self.first_held(rule, child, event, scratch))
            }
            Node::Not(_) => None,
        }
    }

    fn failure(&self, item: RuleItem, negated: bool, event: &Event<'_>) -> FailedPredicate {
        let (predicate, _) =
            self.set.rules[item.rule as usize].items[item.item as usize].predicates[item.predicate as usize];
        let field = self.set.predicates[predicate as usize].field;
        let found = field.and_then(|field| event.values(field as usize).next());
        FailedPredicate { item, negated, found: found.map(|value| TextPlace::from(value.place)) }
    }
}
