//! The reading half of the features: what needs the record's text. Only records with hits come here.

use glassbox_finding::{FeatureValue, Logsource, TextPlace, quote};
use glassbox_predicate::{Operator, Test, fold};
use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::{Feature, Model, ModelError, Term, measure};

/// Where values come from: a record's fields by slot.
pub trait FieldValues {
    /// Gives every value of the field in this slot that is not null, with its text and where it stands.
    fn for_each(&self, slot: usize, each: &mut dyn FnMut(&str, TextPlace));
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
    /// Which of the feature's fields.
    pub(crate) field: u8,
    /// Which of the bin's predicates; none for a bin that takes the rest, and for lengths.
    pub(crate) predicate: Option<u16>,
    /// Where.
    pub(crate) place: TextPlace,
    /// The text there, cut.
    pub(crate) quote: String,
}

/// A model's content features, made ready to be computed for many records.
#[derive(Clone, Debug)]
pub struct Extractor {
    terms: Vec<Prepared>,
}

#[derive(Clone, Debug)]
struct Prepared {
    applies_to: Vec<Logsource>,
    slots: Vec<usize>,
    kind: Kind,
    /// The bins that give points: what they rest on is told even where no predicate matched.
    gives: u64,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Decided by hits, history or other terms.
    Judged,
    /// The predicates of each bin.
    Class(Vec<Vec<(Operator, Test)>>),
    /// A measure of the text, and the least number of each bin.
    Measured(fn(&str) -> u64, Vec<u64>),
}

/// The best value of a field so far.
struct Best {
    bin: usize,
    predicate: Option<u16>,
    number: Option<u64>,
    place: TextPlace,
    quote: String,
}

impl Extractor {
    /// Prepares a model. Fields that it needs and that `fields` does not name yet are appended; a slot is a position
    /// in `fields`.
    ///
    /// # Errors
    /// None for a model that was parsed: its predicates were compiled then.
    pub fn new(model: &Model, fields: &mut Vec<String>) -> Result<Self, ModelError> {
        let mut slot_of = |field: &String| {
            fields.iter().position(|known| known == field).unwrap_or_else(|| {
                fields.push(field.clone());
                fields.len() - 1
            })
        };
        let mut slots = |fields: &[String]| fields.iter().map(&mut slot_of).collect::<Vec<_>>();
        let mut terms = Vec::with_capacity(model.terms.len());
        for term in &model.terms {
            let (slots, kind) = match &term.feature {
                Feature::FieldClass { fields } => {
                    let mut bins = Vec::with_capacity(term.bins.len());
                    for bin in &term.bins {
                        let tests = bin.predicates().map(|predicate| Ok((predicate.operator, predicate.compile()?)));
                        bins.push(tests.collect::<Result<_, _>>().map_err(|error| ModelError::Predicate {
                            term: term.name.clone(),
                            bin: bin.name.clone(),
                            error,
                        })?);
                    }
                    (slots(fields), Kind::Class(bins))
                }
                Feature::FieldLength { fields } => (slots(fields), measured(measure::length, term)),
                Feature::FieldEntropy { fields } => (slots(fields), measured(measure::entropy_thousandths, term)),
                Feature::GeneratedName { fields } => (slots(fields), measured(measure::generated_name, term)),
                _ => (Vec::new(), Kind::Judged),
            };
            let giving = term.bins.iter().enumerate().filter(|(_, bin)| bin.points != 0);
            let gives = giving.fold(0, |bits, (number, _)| bits | 1 << number);
            terms.push(Prepared { applies_to: term.applies_to.clone(), slots, kind, gives });
        }
        Ok(Self { terms })
    }

    /// Computes the content features of one record.
    #[must_use]
    pub fn extract(&self, record: &[u8], origin: Origin<'_>, values: &impl FieldValues) -> ContentFeatures {
        let mut features = ContentFeatures::default();
        for (number, term) in self.terms.iter().enumerate() {
            if !term.applies_to.is_empty() && !term.applies_to.iter().any(|logsource| origin.is(logsource)) {
                continue;
            }
            features.applies |= 1 << number;
            if let Some(content) = term.find(number, record, values) {
                features.found.push(content);
            }
        }
        features
    }
}

impl Prepared {
    /// What the first present field gives; none where all are absent.
    fn find(&self, term: usize, record: &[u8], values: &impl FieldValues) -> Option<Content> {
        for (field, &slot) in self.slots.iter().enumerate() {
            let mut best: Option<Best> = None;
            values.for_each(slot, &mut |text, place| {
                if !says_nothing(text) {
                    self.consider(record, text, place, &mut best);
                }
            });
            let Some(Best { bin, predicate, number, place, quote }) = best else { continue };
            let told = predicate.is_some() || self.gives >> bin & 1 == 1;
            let found = told.then_some(Found { field: field as u8, predicate, place, quote });
            let value = number.map_or(FeatureValue::Shown, FeatureValue::Number);
            return Some(Content { term: term as u8, bin: bin as u8, value, found });
        }
        None
    }

    fn consider(&self, record: &[u8], text: &str, place: TextPlace, best: &mut Option<Best>) {
        match &self.kind {
            Kind::Judged => {}
            Kind::Measured(measure, least) => {
                let number = measure(text);
                if best.as_ref().is_none_or(|best| best.number.is_none_or(|best| number > best)) {
                    let bin = least.partition_point(|&least| least <= number).saturating_sub(1);
                    let quote = quote(text).to_owned();
                    *best = Some(Best { bin, predicate: None, number: Some(number), place, quote });
                }
            }
            Kind::Class(bins) => {
                let better = &bins[..best.as_ref().map_or(bins.len(), |best| best.bin)];
                let folded = fold(text);
                let held = better.iter().enumerate().find_map(|(bin, tests)| {
                    let mut tests = tests.iter().enumerate().filter(|(_, (_, test))| may_hold(test, folded.text()));
                    tests.find_map(|(number, (operator, test))| Some((bin, number, *operator, test.find(text)?)))
                });
                let Some((bin, number, operator, part)) = held else {
                    if best.is_none() {
                        let quote = quote(text).to_owned();
                        *best = Some(Best { bin: bins.len() - 1, predicate: None, number: None, place, quote });
                    }
                    return;
                };
                // The part that matched says more than the whole; where the check needs the whole, the whole is quoted.
                let (place, quoted) = match operator {
                    Operator::Contains => (place.part(record, part.clone()), &text[part]),
                    _ => (place, text),
                };
                let quote = quote(quoted).to_owned();
                *best = Some(Best { bin, predicate: Some(number as u16), number: None, place, quote });
            }
        }
    }
}

/// Whether a test may hold on a text, told by the folded text. A class lists a hundred literals, and folding the text anew
/// for each would take longer than all else.
fn may_hold(test: &Test, folded: &str) -> bool {
    let Test::Literal { operator, operand, cased: false } = test else { return true };
    match operator {
        Operator::Equals => folded == operand,
        Operator::Contains => memmem::find(folded.as_bytes(), operand.as_bytes()).is_some(),
        Operator::StartsWith => folded.starts_with(operand),
        Operator::EndsWith => folded.ends_with(operand),
        _ => true,
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
        let found = self.found.as_ref().is_none_or(|found| {
            let predicate = found.predicate.is_none_or(|number| usize::from(number) < bin.predicate_count());
            predicate && usize::from(found.field) < term.feature.fields().len()
        });
        found && !term.feature.fields().is_empty()
    }
}
