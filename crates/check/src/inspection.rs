//! One record under inspection: where places are, and whether they are values of the fields that they are said to be of.

use std::borrow::Cow;

use glassbox_finding::{Encoding, Span, Step, TextPlace, Within, limits::STEPS_MAX, quote};
use glassbox_maps::MapId;
use glassbox_pack::directory::Directory;

use crate::{
    fault::{At, PlaceFault},
    names::{Field, Names, Standing},
    predicates::Predicates,
    texts::{RecordContext, Text, Texts, Way},
    tree::{Form, Kind, ROOT, Value, cuts_no_word},
};

/// Steps that are taken for one finding: about one for each byte that is looked at, and for each state of an expression
/// that is followed over it. What is left then is unchecked.
pub const FINDING_STEPS_MAX: u64 = 1 << 30;

/// Counts steps that are about to be taken, unless they are more than are left.
pub(crate) fn take(steps: &mut u64, cost: u64) -> bool {
    let is_left = *steps + cost <= FINDING_STEPS_MAX;
    *steps += if is_left { cost } else { 0 };
    is_left
}

/// How much of a value a place must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    Whole,
    /// Any part that splits no escape.
    Part,
}

/// Which values a place may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Any value of the field at this position in the directory, null too.
    Field(u32),
    /// Any value of the field but null.
    Present(u32),
    /// A null of the field.
    Null(u32),
    /// Any value that is not null and no object, whatever its field.
    Any,
}

/// A place that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// The position of its text.
    pub(crate) text: usize,
    /// Where in it.
    pub(crate) step: Step,
}

/// A record under inspection.
#[derive(Debug)]
pub(crate) struct Inspection<'c, 'r> {
    pub(crate) directory: &'c Directory,
    pub(crate) maps: &'c [Option<MapId>],
    pub(crate) record: RecordContext<'r>,
    pub(crate) names: &'c mut Names,
    pub(crate) predicates: &'c mut Predicates,
    pub(crate) texts: &'c mut Texts,
    pub(crate) steps: u64,
    /// Pieces that could not be held to the record.
    pub(crate) unchecked: u32,
    /// Whether the present piece is one of them.
    pub(crate) is_unchecked: bool,
}

impl<'c> Inspection<'c, '_> {
    /// Checks one piece, and counts it where it could not be held to the record.
    pub(crate) fn piece<T>(&mut self, check: impl FnOnce(&mut Self) -> Result<T, PlaceFault>) -> Result<T, PlaceFault> {
        self.is_unchecked = false;
        let checked = check(self)?;
        self.unchecked += u32::from(self.is_unchecked);
        Ok(checked)
    }

    /// Whether steps are left; the present piece is unchecked if not.
    pub(crate) fn may_go_on(&mut self) -> bool {
        let is_left = self.steps <= FINDING_STEPS_MAX;
        self.is_unchecked |= !is_left;
        is_left
    }

    /// The field at a position, in records of the map at another; none where the map is not known here.
    pub(crate) fn field(&self, position: u32, map: u32) -> Option<Field<'c>> {
        let id = self.maps.get(map as usize).copied().flatten()?;
        Some(Field { position, name: self.directory.field(position)?, map, id })
    }

    /// Checks that a place is of one of these values; gives where it is, or none where its bytes are not available.
    pub(crate) fn stands(&mut self, place: &TextPlace, extent: Extent, of: Of) -> Result<Option<Found>, PlaceFault> {
        if place.further.len() >= STEPS_MAX {
            return Err(PlaceFault::TooManySteps { count: place.further.len() + 1, limit: STEPS_MAX });
        }
        let (mut way, mut step) = (Way::to(place.within), place.step);
        for &next in &place.further {
            let longer = way.with(step);
            way = longer.ok_or(PlaceFault::TooManySteps { count: place.further.len() + 1, limit: STEPS_MAX })?;
            step = next;
        }
        let Some(text) = self.text(way)? else { return Ok(None) };
        self.is_value(Found { text, step }, extent, of)?;
        Ok(Some(Found { text, step }))
    }

    /// The position of the text at the end of a way; none where its bytes are not available, or no steps are left.
    pub(crate) fn text(&mut self, way: Way) -> Result<Option<usize>, PlaceFault> {
        if let Some(known) = self.texts.find(way) {
            return Ok(Some(known));
        }
        if !self.may_go_on() {
            return Ok(None);
        }
        let Some((before, step)) = way.split_last() else { return self.base(way) };
        let Some(outer) = self.text(before)? else { return Ok(None) };
        let (is_held, carrier) = self.carries(Found { text: outer, step })?;
        let text = self.texts.get(outer);
        let map = text.map;
        let decoded = text.at(step, &self.record).map(Cow::into_owned).unwrap_or_default();
        self.steps += 2 * decoded.len() as u64;
        let at = self.texts.take();
        let id = self.maps.get(map as usize).copied().flatten();
        let text = self.texts.get_mut(at);
        text.tree.read(decoded.as_bytes(), id);
        (text.way, text.decoded, text.map, text.is_held, text.carrier) = (way, decoded, map, is_held, carrier);
        Ok(Some(at))
    }

    /// The text of what `within` names.
    fn base(&mut self, way: Way) -> Result<Option<usize>, PlaceFault> {
        let Some((bytes, map)) = self.record.base(way.within) else {
            if matches!(way.within, Within::Other(_)) {
                self.is_unchecked = true;
                return Ok(None);
            }
            return Err(PlaceFault::NoRecord);
        };
        self.steps += bytes.len() as u64;
        let at = self.texts.take();
        let id = self.maps.get(map as usize).copied().flatten();
        let text = self.texts.get_mut(at);
        text.tree.read(bytes, id);
        text.decoded.clear();
        text.carrier.clear();
        (text.way, text.map, text.is_held) = (way, map, true);
        Ok(Some(at))
    }

    /// Checks that a place may hold a text with values of its own: whether its syntax marks it, and the keys to it.
    fn carries(&self, found: Found) -> Result<(bool, Vec<String>), PlaceFault> {
        let text = self.texts.get(found.text);
        let bytes = text.bytes(&self.record);
        let at = self.at(found);
        let Span { start, end } = found.step.span;
        let inside = found.step.span.of(bytes);
        inside.ok_or(PlaceFault::Outside { at, bytes: bytes.len() })?;
        // Where the whole record is encoded, it is not one of its own values.
        let is_recoded = matches!(found.step.encoding, Encoding::Utf16Le | Encoding::Utf16Be);
        if is_recoded && start <= 3 && end as usize == bytes.len() {
            return Ok((text.is_held, text.carrier.clone()));
        }
        let is_of = |value: &Value| value.kind != Kind::Hidden && value.reads_as(found.step, bytes);
        let value = text.tree.whole(found.step.span).map(|at| text.tree.values[at]).find(is_of);
        match (value, text.tree.form) {
            (Some(value), Form::Marked) => {
                let keys = text.tree.path(bytes, value.node).into_iter().map(Cow::into_owned);
                Ok((text.is_held, text.carrier.iter().cloned().chain(keys).collect()))
            }
            (None, Form::Marked) if (end as usize) > text.tree.from => Err(PlaceFault::NotAValue { at }),
            (_, Form::Broken) => Err(PlaceFault::NotAValue { at }),
            _ if cuts_no_word(bytes, found.step.span) => Ok((false, text.carrier.clone())),
            _ => Err(PlaceFault::NotAValue { at }),
        }
    }

    /// Checks that a place is one of these values, or a part of one.
    fn is_value(&mut self, found: Found, extent: Extent, of: Of) -> Result<(), PlaceFault> {
        let record = self.record;
        let at = self.at(found);
        let text = self.texts.get(found.text);
        let bytes = text.bytes(&record);
        let inside = found.step.span.of(bytes);
        inside.ok_or(PlaceFault::Outside { at, bytes: bytes.len() })?;
        let (form, from, is_held) = (text.tree.form, text.tree.from, text.is_held);
        self.is_unchecked |= !is_held && !matches!(of, Of::Any);
        if form == Form::Unmarked || form == Form::Marked && (found.step.span.end as usize) <= from && from > 0 {
            return self.is_word(found, extent, of);
        }
        let held = if form == Form::Broken { Err(None) } else { self.find_value(found, extent, of) };
        let fault = match held {
            Ok(()) => return Ok(()),
            // It may be a part of the line that a reader knows.
            Err(_) if form == Form::Line => return self.is_word(found, extent, of),
            Err(Some(fault)) => fault,
            Err(None) if extent == Extent::Whole => PlaceFault::NotAValue { at },
            Err(None) => PlaceFault::NotInAValue { at },
        };
        Err(fault)
    }

    /// What is asked of places where no syntax marks values.
    fn is_word(&mut self, found: Found, extent: Extent, of: Of) -> Result<(), PlaceFault> {
        self.is_unchecked |= !matches!(of, Of::Any);
        let text = self.texts.get(found.text);
        let bytes = text.bytes(&self.record);
        if matches!(of, Of::Null(_)) && found.step.span.of(bytes) != Some(b"null") {
            return Err(PlaceFault::Null { at: self.at(found), is_null: false });
        }
        match extent {
            Extent::Whole if !cuts_no_word(bytes, found.step.span) => Err(PlaceFault::NotAValue { at: self.at(found) }),
            _ => Ok(()),
        }
    }

    /// Looks for a value at a place. The fault is what is nearest to being one, or none where nothing is.
    fn find_value(&mut self, found: Found, extent: Extent, of: Of) -> Result<(), Option<PlaceFault>> {
        let at = self.at(found);
        let record = self.record;
        let wanted = match of {
            Of::Field(field) | Of::Present(field) | Of::Null(field) => Some(field),
            Of::Any => None,
        };
        let map = self.texts.get(found.text).map;
        let field = wanted.and_then(|position| self.field(position, map));
        if extent == Extent::Part {
            // Those around it are looked for among all before it.
            self.steps += self.texts.get(found.text).tree.values.len() as u64;
        }
        let mut fault = None;
        let mut next = 0;
        loop {
            let text = self.texts.get(found.text);
            let bytes = text.bytes(&record);
            let Some(value) = candidate(text, bytes, found.step, extent, next) else { return Err(fault) };
            next += 1 + value.1;
            self.steps += 1 + value.1 as u64;
            let value = value.0;
            let is_null = value.kind == Kind::Null;
            if is_null != matches!(of, Of::Null(_)) && !matches!(of, Of::Field(_)) {
                fault.get_or_insert(PlaceFault::Null { at, is_null });
                continue;
            }
            if wanted.is_none() {
                if matches!(value.kind, Kind::Container | Kind::PairName) {
                    continue;
                }
                return Ok(());
            }
            let Some(field) = field else {
                self.is_unchecked = true;
                return Ok(());
            };
            match self.standing(found.text, value.node, field) {
                Standing::Of(_) => return Ok(()),
                Standing::TooLong => {
                    self.is_unchecked = true;
                    return Ok(());
                }
                Standing::Foreign => {
                    if matches!(fault, None | Some(PlaceFault::Null { .. })) {
                        let path = self.path(found.text, value.node);
                        fault = Some(PlaceFault::OtherField { at, path, field: field.name.to_owned() });
                    }
                }
            }
        }
    }

    /// How a node of a text stands to a field.
    pub(crate) fn standing(&mut self, text: usize, node: u32, field: Field<'_>) -> Standing {
        let Text { way, decoded, tree, carrier, .. } = self.texts.get_mut(text);
        let bytes = match way.len() {
            0 => self.record.base(way.within).map_or(&[][..], |(bytes, _)| bytes),
            _ => decoded.as_bytes(),
        };
        match self.names.standing(field, tree, bytes, node, &mut self.steps) {
            Standing::Foreign if !carrier.is_empty() => {
                let keys = tree.path(bytes, node);
                self.steps += crate::names::PATH_BYTES_MAX as u64;
                Names::standing_below(field, carrier, &keys)
            }
            standing => standing,
        }
    }

    /// The keys to a node of a text, as people are shown them.
    fn path(&self, text: usize, node: u32) -> String {
        let text = self.texts.get(text);
        let keys = if node == ROOT { Vec::new() } else { text.tree.path(text.bytes(&self.record), node) };
        quote(&keys.join(".")).to_owned()
    }

    /// Where a place is, for messages.
    pub(crate) fn at(&self, found: Found) -> At {
        let way = self.texts.get(found.text).way;
        At { within: way.within, steps: way.len(), span: found.step.span }
    }
}

/// The first value at or behind the candidate with this number that a place may be, and how many were passed over.
fn candidate(text: &Text, bytes: &[u8], step: Step, extent: Extent, from: usize) -> Option<(Value, usize)> {
    let tree = &text.tree;
    let is_of = |value: &Value| {
        value.kind != Kind::Hidden
            && value.reads_as(step, bytes)
            && (extent == Extent::Whole || value.is_aligned(step, bytes))
    };
    let first = |positions: &mut dyn Iterator<Item = usize>| {
        let values = positions.map(|at| tree.values[at]).enumerate();
        values.skip(from).find(|(_, value)| is_of(value)).map(|(number, value)| (value, number - from))
    };
    match extent {
        Extent::Whole => first(&mut tree.whole(step.span)),
        Extent::Part => first(&mut tree.around(step.span)),
    }
}
