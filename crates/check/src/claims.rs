//! One piece of evidence: the claim exists in the pack, the predicate holds at the place, and the place is the field's.

use std::borrow::Cow;

use glassbox_finding::{Claim, Evidence, Operator, Place, Predicate, RuleItem, TermBin, TextPlace, Within, quote};
use glassbox_predicate::compare_fields;

use crate::{
    fault::{At, PlaceFault},
    inspection::{Extent, Found, Inspection, Of, take},
    names::Standing,
    predicates::Which,
    texts::Way,
    tree::{Form, Kind},
};

/// What a piece of evidence claims.
#[derive(Clone, Copy, Debug)]
struct Claimed {
    which: Which,
    /// None for a keyword, which any value may hold.
    field: Option<u32>,
    /// For predicates that compare fields, the other one.
    other: Option<u32>,
    /// Whether null is a value of the field.
    takes_null: bool,
}

impl Claimed {
    fn of(self) -> Of {
        match self.field {
            Some(field) if self.takes_null => Of::Field(field),
            Some(field) => Of::Present(field),
            None => Of::Any,
        }
    }
}

impl Inspection<'_, '_> {
    /// Checks one piece of evidence.
    pub(crate) fn evidence(&mut self, evidence: &Evidence) -> Result<(), PlaceFault> {
        let claimed = self.claimed(evidence.claim)?;
        let directory = self.directory;
        let no_predicate = || PlaceFault::NoSuchClaim("such predicate".to_owned());
        let predicate = self.predicates.predicate(directory, claimed.which).ok_or_else(no_predicate)?;
        let (operator, cased) = (predicate.operator, predicate.cased);
        let wrong_place = Err(PlaceFault::WrongPlace { operator });
        match (&evidence.place, operator) {
            (Place::Absent, Operator::Absent | Operator::Null) => {
                let field = claimed.field.ok_or(PlaceFault::WrongPlace { operator })?;
                self.absent(field, operator == Operator::Null)
            }
            (Place::Text(place), Operator::Null) => {
                let field = claimed.field.ok_or(PlaceFault::WrongPlace { operator })?;
                self.stands(place, Extent::Whole, Of::Null(field)).map(|_| ())
            }
            (Place::Pair(one, other), _) if operator.compares_fields() => {
                let (Some(field), Some(second)) = (claimed.field, claimed.other) else { return wrong_place };
                let one = self.stands(one, Extent::Whole, Of::Present(field))?;
                let one = one.map(|one| (self.at(one), self.decoded(one).into_owned()));
                let other = self.stands(other, Extent::Whole, Of::Present(second))?;
                let (Some((at, value)), Some(other)) = (one, other) else { return Ok(()) };
                let other = self.decoded(other).into_owned();
                self.steps += (value.len() + other.len()) as u64;
                if compare_fields(operator, &value, &other, cased) { Ok(()) } else { Err(does_not_hold(at, &value)) }
            }
            (Place::Text(place), _) if !operator.compares_fields() && operator != Operator::Absent => {
                let extent = if operator == Operator::Contains { Extent::Part } else { Extent::Whole };
                match self.stands(place, extent, claimed.of())? {
                    Some(found) => self.holds(claimed.which, found, extent),
                    None => Ok(()),
                }
            }
            _ => wrong_place,
        }
    }

    /// What a claim says by the directory.
    fn claimed(&self, claim: Claim) -> Result<Claimed, PlaceFault> {
        let none = |what: String| PlaceFault::NoSuchClaim(what);
        match claim {
            Claim::Item(RuleItem { rule, item, predicate }) => {
                let position = self.directory.rule(rule).and_then(|rule| {
                    let item = rule.items.get(item as usize)?;
                    item.predicates.get(predicate as usize).map(|&(position, _)| position)
                });
                let described = || none(format!("predicate {predicate} of item {item} of rule {rule}"));
                let position = position.ok_or_else(described)?;
                let predicate = self.directory.set().predicates.get(position as usize).ok_or_else(described)?;
                let takes_null = predicate.predicate.operator == Operator::Exists;
                let (field, other) = (predicate.field, predicate.other);
                Ok(Claimed { which: Which::OfRule(position), field, other, takes_null })
            }
            Claim::Bin(TermBin { term, bin, predicate, field }) => {
                let which = self.predicates.of_bin(self.directory, term, bin, predicate);
                let which =
                    which.ok_or_else(|| none(format!("predicate {predicate:?} of bin {bin} of term {term}")))?;
                let name = self.directory.field(field);
                let fields = self.directory.term(term).map_or(&[][..], |term| term.feature.fields());
                if !name.is_some_and(|name| fields.iter().any(|known| known == name)) {
                    return Err(none(format!("term {term} that reads field {field}")));
                }
                Ok(Claimed { which, field: Some(field), other: None, takes_null: false })
            }
            Claim::Role(field) => {
                self.directory.field(field).ok_or_else(|| none(format!("field {field}")))?;
                Ok(Claimed { which: Which::Presence, field: Some(field), other: None, takes_null: false })
            }
        }
    }

    /// Checks that a predicate holds on the text at a place that was found: of `contains` that it is no more than the part.
    fn holds(&mut self, which: Which, found: Found, extent: Extent) -> Result<(), PlaceFault> {
        let at = self.at(found);
        let Self { texts, predicates, directory, record, steps, .. } = self;
        let ready = predicates.ready(directory, which, steps).map_err(PlaceFault::Unusable)?;
        let text = texts.get(found.text).at(found.step, record).unwrap_or_default();
        let cost = (text.len() as u64 + 1).saturating_mul(ready.steps);
        if !take(steps, cost) {
            self.is_unchecked = true;
            return Ok(());
        }
        match ready.test.find(&text) {
            None => Err(does_not_hold(at, &text)),
            Some(part) if extent == Extent::Part && part != (0..text.len()) => {
                Err(PlaceFault::NotThePart { at, text: quote(&text).to_owned() })
            }
            Some(_) => Ok(()),
        }
    }

    /// The text at a place that was found.
    pub(crate) fn decoded(&self, found: Found) -> Cow<'_, str> {
        self.texts.get(found.text).at(found.step, &self.record).unwrap_or_default()
    }

    /// Checks that no value of the record is a field's.
    fn absent(&mut self, field: u32, null_is_absent: bool) -> Result<(), PlaceFault> {
        let Some(text) = self.text(Way::to(Within::Own))? else { return Ok(()) };
        let own = self.texts.get(text);
        let known = self.field(field, own.map);
        let Some(field) = known.filter(|_| matches!(own.tree.form, Form::Marked | Form::Line)) else {
            self.is_unchecked = true;
            return Ok(());
        };
        // Nothing is known of what a syslog header says.
        self.is_unchecked |= own.tree.from > 0;
        for number in 0..self.texts.get(text).tree.values.len() {
            let value = self.texts.get(text).tree.values[number];
            if matches!(value.kind, Kind::Hidden | Kind::Nothing | Kind::PairName)
                || value.kind == Kind::Null && null_is_absent
            {
                continue;
            }
            if !self.may_go_on() {
                return Ok(());
            }
            match self.standing(text, value.node, field) {
                Standing::Of(_) => {
                    let at = At { within: Within::Own, steps: 0, span: value.span };
                    return Err(PlaceFault::Present { field: field.name.to_owned(), at });
                }
                Standing::TooLong => self.is_unchecked = true,
                Standing::Foreign => {}
            }
        }
        Ok(())
    }

    /// Checks that a place is the whole of a field's value.
    pub(crate) fn field_place(&mut self, field: u32, place: &TextPlace) -> Result<(), PlaceFault> {
        self.directory.field(field).ok_or_else(|| PlaceFault::NoSuchClaim(format!("field {field}")))?;
        self.stands(place, Extent::Whole, Of::Field(field)).map(|_| ())
    }

    /// Checks that a place is the whole of some value.
    pub(crate) fn any_place(&mut self, place: &TextPlace) -> Result<(), PlaceFault> {
        self.stands(place, Extent::Whole, Of::Any).map(|_| ())
    }
}

fn does_not_hold(at: At, text: &str) -> PlaceFault {
    PlaceFault::DoesNotHold { at, text: quote(text).to_owned() }
}

/// Whether a predicate is of an operator that a value's text decides.
pub(crate) fn is_of_text(predicate: &Predicate) -> bool {
    use Operator as O;
    !matches!(predicate.operator, O::Exists | O::Absent | O::Null | O::NotEquals)
        && !predicate.operator.compares_fields()
}
