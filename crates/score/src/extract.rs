//! The reading half of the features: what needs the record's text. Only records with hits come here.

use std::{cell::OnceCell, ops::Range};

use glassbox_finding::{FeatureValue, Logsource, Step};
use glassbox_predicate::{Index, Operator, Predicate, Subject, Test, required_literals};
use serde::{Deserialize, Serialize};

use crate::{Feature, Model, Term, measure};

/// Where values come from: a record's fields by slot.
pub trait FieldValues {
    /// Gives every value of the field in this slot that is not null, with its text and where it stands.
    fn for_each<'v>(&'v self, slot: usize, each: &mut dyn FnMut(&'v Subject<'static>, Step));
}

/// What produced a record, as far as is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'o> {
    /// Such as `windows`.
    pub product: Option<&'o str>,
    /// Such as `security`.
    pub service: Option<&'o str>,
    /// Such as `process_creation`; one record may be of several.
    pub categories: &'o [&'o str],
}

impl Origin<'_> {
    /// Whether this is the logsource, in every part that it states.
    #[must_use]
    pub fn is(&self, logsource: &Logsource) -> bool {
        let Logsource { product, category, service } = logsource;
        product.as_deref().is_none_or(|product| self.product == Some(product))
            && service.as_deref().is_none_or(|service| self.service == Some(service))
            && category.as_deref().is_none_or(|category| self.categories.contains(&category))
    }
}

/// What the features of one record's content are. Judging needs nothing else of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentFeatures {
    /// The terms that are about this record's logsource: one bit a term.
    pub(crate) applies: u64,
    /// What was found, by ascending term. A term of content that applies and has none is missing.
    pub(crate) found: Vec<Content>,
}

/// What one feature found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The term's position in the model.
    pub(crate) term: u8,
    /// The bin's position in the term.
    pub(crate) bin: u8,
    /// What was measured; what was not is shown by its evidence.
    pub(crate) value: FeatureValue,
    /// What in the record made it so; none where nothing is given for it and nothing matched.
    pub(crate) found: Option<Found>,
}

/// What in a record a feature rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The field, by its slot.
    pub(crate) field: u32,
    /// Which of the bin's predicates; none for a bin that takes the rest, and for measures.
    pub(crate) predicate: Option<u16>,
    /// Where.
    pub(crate) place: Step,
}

/// A model's content features, made ready to be computed for many records.
#[derive(Debug)]
pub struct Extractor {
    terms: Vec<Prepared>,
    /// The predicates of all classes.
    predicates: Vec<Predicate>,
    /// Made when the first record comes: many a reader never meets a hit.
    classes: OnceCell<Classes>,
}

#[derive(Debug)]
struct Prepared {
    applies_to: Vec<Logsource>,
    slots: Vec<usize>,
    kind: Kind,
    /// The bins that give points: what they rest on is told even where no predicate matched.
    gives: u64,
}

#[derive(Debug)]
enum Kind {
    /// Decided by hits, history or other terms.
    Judged,
    /// The predicates of each bin.
    Class(Vec<Range<usize>>),
    /// A measure of the text, and the least number of each bin.
    Measured(fn(&str) -> u64, Vec<u64>),
}

/// What tells quickly which predicates of classes cannot hold of a text: nearly all of them.
#[derive(Debug, Default)]
struct Classes {
    index: Index,
    /// Predicates that no literal announces, as bits.
    unannounced: Vec<u64>,
    /// Predicates made ready, once they are asked for; none for one that cannot be used.
    tests: Vec<OnceCell<Option<Test>>>,
}

/// A value of a record, looked at once for all terms.
struct Looked<'v> {
    slot: usize,
    subject: &'v Subject<'static>,
    place: Step,
    /// Predicates that may hold of it, as bits.
    possible: Vec<u64>,
}

/// The best value of a field so far.
struct Best {
    bin: usize,
    predicate: Option<u16>,
    number: Option<u64>,
    place: Step,
}

impl Extractor {
    /// Prepares a model. Fields that it needs and that `fields` does not name yet are appended; a slot is a position
    /// in `fields`.
    pub fn new(model: &Model, fields: &mut Vec<String>) -> Self {
        let mut slot_of = |field: &String| {
            fields.iter().position(|known| known == field).unwrap_or_else(|| {
                fields.push(field.clone());
                fields.len() - 1
            })
        };
        let mut predicates = Vec::new();
        let prepare = |term: &Term| {
            let kind = match &term.feature {
                Feature::FieldClass { .. } => {
                    let bins = term.bins.iter().map(|bin| {
                        let first = predicates.len();
                        predicates.extend(bin.predicates());
                        first..predicates.len()
                    });
                    Kind::Class(bins.collect())
                }
                Feature::FieldLength { .. } => measured(measure::length, term),
                Feature::FieldEntropy { .. } => measured(measure::entropy_thousandths, term),
                Feature::GeneratedName { .. } => measured(measure::generated_name, term),
                Feature::RuleLevel {}
                | Feature::RuleStatus {}
                | Feature::HitCount {}
                | Feature::TacticCount {}
                | Feature::TechniqueCount {}
                | Feature::RuleRecord {}
                | Feature::SeenBefore { .. }
                | Feature::SeenOnHosts { .. }
                | Feature::Burst {}
                | Feature::HourHabit { .. }
                | Feature::Beacon { .. }
                | Feature::SoFar { .. }
                | Feature::AncestorHits {}
                | Feature::AssetCriticality {}
                | Feature::AssetRole {}
                | Feature::AdministrationTool {}
                | Feature::MaintenanceWindow {}
                | Feature::FearedTechnique {}
                | Feature::Pair { .. } => Kind::Judged,
            };
            let fields = if matches!(kind, Kind::Judged) { &[] } else { term.feature.fields() };
            let giving = term.bins.iter().enumerate().filter(|(_, bin)| bin.points != 0);
            Prepared {
                applies_to: term.applies_to.clone(),
                slots: fields.iter().map(&mut slot_of).collect(),
                kind,
                gives: giving.fold(0, |bits, (number, _)| bits | 1 << number),
            }
        };
        let terms = model.terms.iter().map(prepare).collect();
        Self { terms, predicates, classes: OnceCell::new() }
    }

    /// The slots that values are asked of.
    pub fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.terms.iter().flat_map(|term| term.slots.iter().copied())
    }

    /// Computes the content features of one record.
    #[must_use]
    pub fn extract(&self, record: &[u8], origin: Origin<'_>, values: &impl FieldValues) -> ContentFeatures {
        let classes = self.classes.get_or_init(|| Classes::new(&self.predicates));
        let mut features = ContentFeatures::default();
        let applies = |term: &Prepared| {
            term.applies_to.is_empty() || term.applies_to.iter().any(|logsource| origin.is(logsource))
        };
        let mut looked: Vec<Looked<'_>> = Vec::new();
        for (number, term) in self.terms.iter().enumerate().filter(|(_, term)| applies(term)) {
            features.applies |= 1 << number;
            for &slot in &term.slots {
                if !looked.iter().any(|value| value.slot == slot) {
                    values.for_each(slot, &mut |subject, place| {
                        if !says_nothing(subject.text()) {
                            let possible = classes.possible(subject);
                            looked.push(Looked { slot, subject, place, possible });
                        }
                    });
                }
            }
            features.found.extend(self.find(number, record, classes, &looked));
        }
        features
    }

    /// What the first present field gives a term; none where all are absent.
    fn find(&self, number: usize, record: &[u8], classes: &Classes, looked: &[Looked<'_>]) -> Option<Content> {
        let term = &self.terms[number];
        for &slot in &term.slots {
            let mut best: Option<Best> = None;
            for value in looked.iter().filter(|value| value.slot == slot) {
                self.consider(term, record, classes, value, &mut best);
            }
            let Some(Best { bin, predicate, number: measured, place }) = best else { continue };
            let shown = predicate.is_some() || term.gives >> bin & 1 == 1;
            let found = shown.then_some(Found { field: slot as u32, predicate, place });
            let value = measured.map_or(FeatureValue::Shown, FeatureValue::Number);
            return Some(Content { term: number as u8, bin: bin as u8, value, found });
        }
        None
    }

    fn consider(&self, term: &Prepared, record: &[u8], classes: &Classes, value: &Looked<'_>, best: &mut Option<Best>) {
        let Looked { subject, place, .. } = value;
        let text = subject.text();
        match &term.kind {
            Kind::Judged => {}
            Kind::Measured(measure, least) => {
                let number = measure(text);
                if best.as_ref().is_none_or(|best| best.number.is_none_or(|best| number > best)) {
                    let bin = least.partition_point(|&least| least <= number).saturating_sub(1);
                    *best = Some(Best { bin, predicate: None, number: Some(number), place: *place });
                }
            }
            Kind::Class(bins) => {
                let better = &bins[..best.as_ref().map_or(bins.len(), |best| best.bin)];
                let held = better.iter().enumerate().find_map(|(bin, predicates)| {
                    let mut possible = predicates.clone().filter(|&predicate| value.may_satisfy(predicate));
                    let part = |predicate| Some((predicate, self.part(predicate, classes, subject)?));
                    possible.find_map(part).map(|(predicate, part)| (bin, predicate, part))
                });
                let Some((bin, predicate, part)) = held else {
                    if best.is_none() {
                        let bin = bins.len() - 1;
                        *best = Some(Best { bin, predicate: None, number: None, place: *place });
                    }
                    return;
                };
                // The part that matched says more than the whole; where the check needs the whole, it is the whole.
                let place = match self.predicates[predicate].operator {
                    Operator::Contains => place.part(record, part),
                    _ => *place,
                };
                let position = (predicate - bins[bin].start) as u16;
                *best = Some(Best { bin, predicate: Some(position), number: None, place });
            }
        }
    }

    /// The part of a text that satisfies a predicate.
    fn part(&self, predicate: usize, classes: &Classes, subject: &Subject<'_>) -> Option<Range<usize>> {
        let test = classes.tests[predicate].get_or_init(|| self.predicates[predicate].defer_existence().ok());
        test.as_ref()?.find_in(subject)
    }
}

impl Classes {
    fn new(predicates: &[Predicate]) -> Self {
        let mut literals = Vec::new();
        let mut unannounced = vec![0; predicates.len().div_ceil(64)];
        for (number, predicate) in predicates.iter().enumerate() {
            let required = match predicate.operator {
                Operator::Regex => required_literals(&predicate.operand).unwrap_or_default(),
                _ => Vec::new(),
            };
            let needed = predicate.literals(&required);
            if needed.is_empty() {
                unannounced[number / 64] |= 1_u64 << (number % 64);
            }
            literals.extend(needed.into_iter().map(|literal| (number as u32, literal)));
        }
        let tests = predicates.iter().map(|_| OnceCell::new()).collect();
        Self { index: Index::new(&literals), unannounced, tests }
    }

    /// The predicates that may hold of a text, as bits.
    fn possible(&self, subject: &Subject<'_>) -> Vec<u64> {
        let mut possible = self.unannounced.clone();
        self.index.scan(subject.folded().as_bytes(), &mut |number, _| {
            possible[number as usize / 64] |= 1 << (number % 64);
        });
        possible
    }
}

impl Looked<'_> {
    fn may_satisfy(&self, predicate: usize) -> bool {
        self.possible[predicate / 64] >> (predicate % 64) & 1 == 1
    }
}

/// Whether a value stands for an absent one: Windows writes `-` where it has nothing to say.
fn says_nothing(text: &str) -> bool {
    text.is_empty() || text == "-"
}

/// A measure with the bins of a term.
fn measured(measure: fn(&str) -> u64, term: &Term) -> Kind {
    Kind::Measured(measure, term.bins.iter().map(|bin| bin.at_least.unwrap_or(0)).collect())
}

impl ContentFeatures {
    /// The slots that what was found lies in.
    pub fn slots(&self) -> impl Iterator<Item = u32> {
        self.found.iter().filter_map(|content| Some(content.found.as_ref()?.field))
    }

    /// Whether every position lies within the model, as it does when the same model extracted them.
    #[must_use]
    pub fn fits(&self, model: &Model) -> bool {
        let mut next = 0;
        self.found.iter().all(|content| {
            let ascending = usize::from(content.term) >= next;
            next = usize::from(content.term) + 1;
            ascending && content.fits(model)
        })
    }
}

impl Content {
    fn fits(&self, model: &Model) -> bool {
        let Some(term) = model.terms.get(usize::from(self.term)) else { return false };
        let Some(bin) = term.bins.get(usize::from(self.bin)) else { return false };
        let found = self
            .found
            .as_ref()
            .is_none_or(|found| found.predicate.is_none_or(|number| usize::from(number) < bin.predicate_count()));
        found && !term.feature.fields().is_empty()
    }
}
