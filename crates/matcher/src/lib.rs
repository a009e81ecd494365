//! Rule set and event to hits, with evidence; and which rules came near.
//!
//! One pass over each value finds the literals of all rules at once (`glassbox_predicate::index`): those that announce a
//! rule, and whatever else a look at the value's ends can tell. Only rules of the event's logsource are considered
//! (`route`), and of those only the ones of which a necessary predicate was seen (`trigger`). Their conditions are decided
//! on bits; predicates that were not looked for are tested when a condition asks for them, which few do; where many of a
//! field are asked for, all of them are looked for at once. Evidence is gathered for hits alone.
//!
//! For the guest only: the host never links this crate.
//!
//! Invariants: no input or output; the same event gives the same hits in the same order, whatever came before.

mod evidence;
mod memo;
mod nearest;
mod pairs;
mod program;
mod route;
mod trigger;

pub use evidence::HitEvidence;

use std::cell::OnceCell;

use glassbox_event::{Event, Kind, Leaf, Value};
use glassbox_finding::Step;
use glassbox_predicate::{Index, Operator, OtherValues, Placed, Subject, Test, index, is_ascii};
use glassbox_rules::{FieldPredicate, Node, Rule, RuleFilter, RuleSet};

use memo::{Memo, Question};
use program::Programs;
use route::{Route, Routes};
use trigger::Triggers;

/// A rule set made ready to match.
#[derive(Debug)]
pub struct Matcher {
    set: RuleSet,
    /// By field: what is looked for in every value.
    always: Vec<Literals>,
    /// By field: what is looked for when somebody asks which rules came near, as then nearly all of it is asked for.
    on_demand: Vec<Literals>,
    /// By predicate.
    sought: Vec<Sought>,
    triggers: Triggers,
    programs: Programs,
    /// Predicates made ready, once they are asked for: most never are.
    tests: Vec<OnceCell<Option<Box<Test>>>>,
    /// The route that considers every rule, once somebody asks which came near.
    everything: OnceCell<Route>,
    /// Of the rule set: tells what was remembered for it from what was for another one.
    fingerprint: u64,
}

/// Predicates of a field that literals tell of.
#[derive(Debug, Default)]
struct Literals {
    predicates: Vec<u32>,
    /// What finds the literals, made when the first value comes: many a field of a pack never has one.
    index: OnceCell<Index>,
}

impl Literals {
    fn index(&self, set: &RuleSet) -> &Index {
        self.index.get_or_init(|| Index::new(&set.literals_of(&self.predicates)))
    }
}

/// How it is found out whether a predicate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sought {
    /// Its literals are looked for in every value.
    Always,
    /// It has literals, but they may stand anywhere and announce no rule: it is tested when a condition asks.
    OnDemand,
    /// It has no literals: it is tested when a condition asks.
    Untold,
}

/// What one event after another is matched in.
#[derive(Debug, Default)]
pub struct Scratch {
    predicates: Bits,
    /// Predicates that were tested for this event because a condition asked.
    tested: Bits,
    /// Predicates that were tested on the value at hand.
    tried: Bits,
    rules: Bits,
    candidates: Vec<u32>,
    hits: Vec<u32>,
    suppressed: Vec<(u32, u32)>,
    leaves: Option<Vec<Leaf>>,
    /// The slots that were asked for.
    decoded: Vec<DecodedSlot>,
    texts: Texts,
    /// The longest value that was decoded: whoever asks for it next needs not decode it again.
    longest: Texts,
    routes: Routes,
    memo: Memo,
    /// The set that routes and memo are of.
    made_for: u64,
}

/// A slot's values, and how far the predicates on them are known.
#[derive(Debug)]
struct DecodedSlot {
    slot: usize,
    values: Vec<Decoded>,
    /// Predicates that were tested on demand.
    tested: u32,
    /// Whether the literals of all predicates were looked for.
    complete: bool,
}

/// So many predicates of one field are tested on demand in one event; if more are asked for, looking for all at once is
/// cheaper.
const TESTED_MAX: u32 = 24;

/// A value of an event that is not null, decoded once for all who ask.
#[derive(Debug)]
pub struct Decoded {
    /// The text.
    pub subject: Subject<'static>,
    /// Where it stands in the record.
    pub place: Step,
}

/// Buffers for one value's text.
#[derive(Debug, Default)]
struct Texts {
    /// Of the longest: slot and beginning of the value; none where it is none of this event.
    of: Option<(usize, u32)>,
    decoded: String,
    /// Of the longest: as long as `decoded` if that is ASCII.
    folded: String,
    /// Predicates found on the value at hand, and the rules that they announce.
    predicates: Vec<u32>,
    rules: Vec<u32>,
}

/// How an event was routed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Considered {
    /// Rules about this logsource.
    pub considered: u32,
    /// Rules about another logsource.
    pub other_logsource: u32,
    /// Whether rules were considered and not one field that they read was present.
    pub blind: bool,
}

impl Matcher {
    /// Makes a sound rule set ready.
    #[must_use]
    pub fn new(set: RuleSet) -> Self {
        let triggers = Triggers::new(&set);
        let of_each_field = || -> Vec<Literals> { set.fields.iter().map(|_| Literals::default()).collect() };
        let (mut always, mut on_demand) = (of_each_field(), of_each_field());
        let sought: Vec<Sought> = (0..set.predicates.len() as u32)
            .map(|predicate| {
                let Some(placed) = set.placed(predicate) else { return Sought::Untold };
                let Some(field) = set.predicates[predicate as usize].field else { return Sought::Always };
                if placed == Placed::Anywhere && triggers.of(predicate).is_empty() {
                    on_demand[field as usize].predicates.push(predicate);
                    return Sought::OnDemand;
                }
                always[field as usize].predicates.push(predicate);
                Sought::Always
            })
            .collect();
        let programs = Programs::new(&set, &sought);
        let tests = (0..set.predicates.len()).map(|_| OnceCell::new()).collect();
        let fingerprint =
            set.rules.iter().fold(1, |hash: u64, rule| hash.rotate_left(7) ^ index::hash(rule.id.as_bytes())) | 1;
        Self { set, always, on_demand, sought, triggers, programs, tests, everything: OnceCell::new(), fingerprint }
    }

    /// The rule set.
    #[must_use]
    pub fn set(&self) -> &RuleSet {
        &self.set
    }

    /// Matches one event; the positions of the rules that hit, ascending, are then in `scratch.hits()`.
    ///
    /// The event must be read with the set's fields as its first slots.
    pub fn run(&self, event: &Event<'_>, scratch: &mut Scratch) -> Considered {
        scratch.begin(self);
        let mut routes = std::mem::take(&mut scratch.routes);
        let considered = routes.with(&self.set, &self.triggers, event.source(), |route| {
            if route.considered > 0 {
                self.find(event, route, scratch);
                self.decide(event, scratch);
            }
            Considered {
                considered: route.considered,
                other_logsource: self.set.rules.len() as u32 - route.considered,
                blind: route.considered > 0 && route.is_blind_to(event),
            }
        });
        scratch.routes = routes;
        considered
    }

    /// Finds the literals of all considered rules, and with them the candidates.
    fn find(&self, event: &Event<'_>, route: &Route, scratch: &mut Scratch) {
        for &field in &route.fields {
            let slot = field as usize;
            if self.always[slot].predicates.is_empty() {
                continue;
            }
            for value in event.values(slot).filter(|value| value.kind != Kind::Null) {
                self.find_in_value(slot, &value, event.is_ascii(), route, scratch);
            }
        }
        if let Some(keywords) = &route.keywords
            && keywords.may_stand_in(event)
        {
            let leaves = event.leaves();
            for leaf in leaves.iter().filter(|leaf| leaf.kind != Kind::Null) {
                self.find_in(&keywords.index, &leaf.text, event.is_ascii(), route, scratch);
                scratch.take_found();
            }
            scratch.leaves = Some(leaves);
        }
        for &rule in &route.always {
            scratch.consider(rule);
        }
    }

    /// As `find_in`, for a field's value: what is known of it is not looked for again.
    #[inline]
    fn find_in_value(&self, slot: usize, value: &Value<'_>, ascii: bool, route: &Route, scratch: &mut Scratch) {
        let question = route.number.map(|route| Question::new(route, slot, value.bytes, value.place.encoding));
        if let Some(found) = question.and_then(|question| scratch.memo.get(question)) {
            let positions = scratch.memo.positions();
            for &predicate in &positions[found.predicates] {
                scratch.predicates.set(predicate);
            }
            for &rule in &positions[found.rules] {
                if !scratch.rules.get(rule) {
                    scratch.rules.set(rule);
                    scratch.candidates.push(rule);
                }
            }
            return;
        }
        let mut decoded = std::mem::take(&mut scratch.texts.decoded);
        decoded.clear();
        glassbox_predicate::decode_into(value.bytes, value.place.encoding, &mut decoded);
        self.find_in(self.always[slot].index(&self.set), &decoded, ascii, route, scratch);
        scratch.texts.decoded = decoded;
        scratch.texts.of = Some((slot, value.place.span.start));
        if let Some(question) = question {
            scratch.memo.insert(question, &scratch.texts.predicates, &scratch.texts.rules);
        }
        scratch.take_found();
        if scratch.texts.decoded.len() > scratch.longest.decoded.len() || scratch.longest.of.is_none() {
            std::mem::swap(&mut scratch.texts, &mut scratch.longest);
        }
    }

    /// Finds the predicates of considered rules that an index knows and that hold of a text, and the rules that they
    /// announce; both are then in `scratch.texts`, each once.
    ///
    /// `ascii` is whether the text is known to be ASCII.
    fn find_in(&self, index: &Index, text: &str, ascii: bool, route: &Route, scratch: &mut Scratch) {
        let Scratch { texts, tried, .. } = scratch;
        let Texts { folded, predicates, rules, .. } = texts;
        predicates.clear();
        rules.clear();
        folded.clear();
        let subject = if ascii || is_ascii(text.as_bytes()) {
            folded.push_str(text);
            folded.make_ascii_lowercase();
            Subject::folded_as(text, folded.as_str())
        } else {
            Subject::new(text)
        };
        tried.begin(self.set.predicates.len());
        index.scan(subject.folded().as_bytes(), &mut |predicate, needs_test| {
            // Once a value: a literal that stands in it a thousand times must not be tested as often.
            if tried.get(predicate) || !route.asks(predicate) {
                return;
            }
            tried.set(predicate);
            if needs_test && self.test(predicate).is_none_or(|test| test.find_in(&subject).is_none()) {
                return;
            }
            predicates.push(predicate);
            let announced = self.triggers.of(predicate).iter().copied();
            rules.extend(announced.filter(|&rule| route.considers(self.set.rules[rule as usize].logsource)));
        });
    }

    fn decide(&self, event: &Event<'_>, scratch: &mut Scratch) {
        let mut candidates = std::mem::take(&mut scratch.candidates);
        candidates.sort_unstable();
        for &rule in &candidates {
            let mut holds = |node| self.programs.holds(rule, node, &mut |it| self.predicate_holds(it, event, scratch));
            let Rule { root, filters, .. } = &self.set.rules[rule as usize];
            if holds(*root) {
                match filters.iter().find(|filter| !holds(filter.node)) {
                    None => scratch.hits.push(rule),
                    Some(RuleFilter { filter, .. }) => scratch.suppressed.push((rule, *filter)),
                }
            }
        }
        candidates.clear();
        scratch.candidates = candidates;
    }

    /// Whether a node of a rule's condition holds. Its depth is bounded by the rule set's check.
    fn node_holds(&self, rule: u32, node: u32, event: &Event<'_>, scratch: &mut Scratch) -> bool {
        let rule_data = &self.set.rules[rule as usize];
        match &rule_data.nodes[node as usize] {
            Node::Item(item) => rule_data.items[*item as usize]
                .predicates
                .iter()
                .any(|&(predicate, _)| self.predicate_holds(predicate, event, scratch)),
            Node::Not(child) => !self.node_holds(rule, *child, event, scratch),
            Node::AtLeast(count, children) => {
                let mut wanted = *count as usize;
                for (done, &child) in children.iter().enumerate() {
                    if wanted == 0 || children.len() - done < wanted {
                        break;
                    }
                    wanted -= usize::from(self.node_holds(rule, child, event, scratch));
                }
                wanted == 0
            }
        }
    }

    fn predicate_holds(&self, predicate: u32, event: &Event<'_>, scratch: &mut Scratch) -> bool {
        let sought = self.sought[predicate as usize];
        if sought == Sought::Always || scratch.tested.get(predicate) {
            return scratch.predicates.get(predicate);
        }
        if sought == Sought::OnDemand
            && let Some(slot) = self.set.predicates[predicate as usize].field
            && self.is_known_by_now(slot as usize, event, scratch)
        {
            return scratch.predicates.get(predicate);
        }
        scratch.tested.set(predicate);
        let holds = self.test_on(predicate, event, scratch);
        if holds {
            scratch.predicates.set(predicate);
        }
        holds
    }

    /// Counts one more predicate asked of a slot; whether all literals were looked for there, as they are now if there
    /// were many.
    fn is_known_by_now(&self, slot: usize, event: &Event<'_>, scratch: &mut Scratch) -> bool {
        let Some(at) = scratch.decode(event, slot) else { return true };
        let known = &mut scratch.decoded[at];
        known.tested += 1;
        if known.tested > TESTED_MAX && !known.complete {
            self.complete(at, scratch);
        }
        scratch.decoded[at].complete
    }

    /// Finds the literals of a slot that were left for conditions to ask for.
    fn complete(&self, at: usize, scratch: &mut Scratch) {
        let Scratch { decoded, tried, predicates, .. } = scratch;
        let DecodedSlot { slot, values, complete, .. } = &mut decoded[at];
        let index = self.on_demand[*slot].index(&self.set);
        for Decoded { subject, .. } in values {
            tried.begin(self.set.predicates.len());
            index.scan(subject.folded().as_bytes(), &mut |predicate, needs_test| {
                if tried.get(predicate) {
                    return;
                }
                tried.set(predicate);
                if !needs_test || self.test(predicate).is_some_and(|test| test.find_in(subject).is_some()) {
                    predicates.set(predicate);
                }
            });
        }
        *complete = true;
    }

    /// Whether a predicate holds of the event, tested without any index.
    fn test_on(&self, predicate: u32, event: &Event<'_>, scratch: &mut Scratch) -> bool {
        let Some(test) = self.test(predicate) else { return false };
        let field_predicate = &self.set.predicates[predicate as usize];
        let Some(field) = field_predicate.field else {
            return scratch.leaves(event).iter().any(|leaf| leaf.kind != Kind::Null && test.find(&leaf.text).is_some());
        };
        let slot = field as usize;
        match field_predicate.predicate.operator {
            Operator::Exists => event.has_values(slot),
            Operator::Absent => !event.has_values(slot),
            Operator::Null => !event.has_values(slot) || event.values(slot).any(|value| value.kind == Kind::Null),
            Operator::NotEquals => {
                let values = scratch.decoded(event, slot);
                !values.is_empty() && values.iter().all(|value| test.find_in(&value.subject).is_some())
            }
            operator if operator.compares_fields() => {
                let others = others(event, field_predicate);
                scratch.decoded(event, slot).iter().any(|value| others.suit(value.subject.text()))
            }
            _ => scratch.decoded(event, slot).iter().any(|value| test.find_in(&value.subject).is_some()),
        }
    }

    /// A predicate made ready; none if it cannot be, which a pack that was built by the compiler never holds.
    fn test(&self, predicate: u32) -> Option<&Test> {
        let position = predicate as usize;
        let make = || self.set.predicates[position].predicate.defer_existence().ok().map(Box::new);
        self.tests[position].get_or_init(make).as_deref()
    }
}

impl Scratch {
    /// The positions of the rules that hit, ascending.
    #[must_use]
    pub fn hits(&self) -> &[u32] {
        &self.hits
    }

    /// The rules whose hit a filter took away, ascending, each with the first filter that did.
    #[must_use]
    pub fn suppressed(&self) -> &[(u32, u32)] {
        &self.suppressed
    }

    /// Forgets what was found in values before: what comes next takes as long as in a fresh scratch.
    pub fn forget(&mut self) {
        self.memo.clear();
    }

    fn begin(&mut self, matcher: &Matcher) {
        if self.made_for != matcher.fingerprint {
            self.routes = Routes::default();
            self.memo = Memo::default();
            self.made_for = matcher.fingerprint;
        }
        self.predicates.begin(matcher.set.predicates.len());
        self.tested.begin(matcher.set.predicates.len());
        self.rules.begin(matcher.set.rules.len());
        self.hits.clear();
        self.suppressed.clear();
        self.leaves = None;
        self.decoded.clear();
        self.longest.of = None;
        self.longest.decoded.clear();
    }

    /// Takes over what `find_in` found.
    fn take_found(&mut self) {
        let Self { texts, predicates, rules, candidates, .. } = self;
        texts.predicates.iter().for_each(|&predicate| predicates.set(predicate));
        for &rule in &texts.rules {
            if !rules.get(rule) {
                rules.set(rule);
                candidates.push(rule);
            }
        }
    }

    fn consider(&mut self, rule: u32) {
        if !self.rules.get(rule) {
            self.rules.set(rule);
            self.candidates.push(rule);
        }
    }

    /// The values of a slot that are not null. Of the event that is being matched, or was last.
    pub fn decoded(&mut self, event: &Event<'_>, slot: usize) -> &[Decoded] {
        self.decode(event, slot).map_or(&[], |at| &self.decoded[at].values)
    }

    /// The values of a slot, where they were asked for of this event before.
    #[must_use]
    pub fn known(&self, slot: usize) -> &[Decoded] {
        self.decoded.iter().find(|known| known.slot == slot).map_or(&[], |known| &known.values)
    }

    /// Decodes a slot, if that was not done yet, and gives its place in `decoded`; none where it has no values.
    fn decode(&mut self, event: &Event<'_>, slot: usize) -> Option<usize> {
        if !event.has_values(slot) {
            return None;
        }
        let known = self.decoded.iter().position(|known| known.slot == slot);
        Some(known.unwrap_or_else(|| {
            let Self { decoded, longest, .. } = self;
            let values = event.values(slot).filter(|value| value.kind != Kind::Null).map(|value| Decoded {
                subject: longest.take(slot, &value).unwrap_or_else(|| Subject::new(value.text().into_owned())),
                place: value.place,
            });
            decoded.push(DecodedSlot { slot, values: values.collect(), tested: 0, complete: false });
            decoded.len() - 1
        }))
    }

    fn leaves(&mut self, event: &Event<'_>) -> &[Leaf] {
        self.leaves.get_or_insert_with(|| event.leaves())
    }
}

impl Texts {
    /// A value's text, if it is the one here.
    fn take(&mut self, slot: usize, value: &Value<'_>) -> Option<Subject<'static>> {
        self.of.take_if(|of| *of == (slot, value.place.span.start))?;
        let (text, folded) = (std::mem::take(&mut self.decoded), std::mem::take(&mut self.folded));
        Some(if folded.len() == text.len() { Subject::folded_as(text, folded) } else { Subject::new(text) })
    }
}

/// The values of the other field of a comparison.
fn others<'e>(event: &'e Event<'_>, predicate: &FieldPredicate) -> OtherValues<'e> {
    let slot = predicate.other.or(predicate.field).map_or(usize::MAX, |slot| slot as usize);
    let values = event.values(slot).filter(|value| value.kind != Kind::Null).map(|value| value.text());
    OtherValues::new(predicate.predicate.operator, predicate.predicate.cased, values)
}

/// A set of small numbers that is emptied in as much time as it was filled.
#[derive(Debug, Default)]
struct Bits {
    words: Vec<u64>,
    touched: Vec<u32>,
}

impl Bits {
    fn begin(&mut self, length: usize) {
        for word in self.touched.drain(..) {
            self.words[word as usize] = 0;
        }
        self.words.resize(length.div_ceil(64), 0);
    }

    fn get(&self, position: u32) -> bool {
        self.words[position as usize / 64] >> (position % 64) & 1 == 1
    }

    fn set(&mut self, position: u32) {
        let word = &mut self.words[position as usize / 64];
        if *word == 0 {
            self.touched.push(position / 64);
        }
        *word |= 1 << (position % 64);
    }
}

#[cfg(test)]
mod tests;
