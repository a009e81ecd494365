//! Findings, explanations and views held to the record.

use std::sync::Arc;

use glassbox_finding::{Batch, Explanation, Finding, Subject, TextPlace, View};
use glassbox_maps::MapId;
use glassbox_pack::directory::Directory;

use crate::{
    condition::Conditions,
    fault::PlaceFault,
    inspection::Inspection,
    names::Names,
    predicates::Predicates,
    reading::{ReadingFault, check_classes},
    shape::{ShapeFault, check_shape},
    texts::{RecordBytes, RecordContext, Texts},
};

/// How far a finding is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// All that it claims, and the positive part of every hit.
    Claims,
    /// Also the negated parts of every hit, and the filters on its rule.
    Negations,
}

/// What checking found where nothing is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Pieces that could not be held to the record: its syntax has no reading of the host's own, another record is not
    /// available, the map is not known, or no steps were left.
    pub unchecked: u32,
    /// Steps that it took: about one for each byte that was looked at, and each state of an expression followed over it.
    pub steps: u64,
}

impl std::ops::AddAssign for Checked {
    fn add_assign(&mut self, other: Self) {
        self.unchecked += other.unchecked;
        self.steps += other.steps;
    }
}

/// Why a finding is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A piece of evidence does not hold.
    #[error("evidence {number}: {fault}")]
    Evidence {
        /// Which one.
        number: usize,
        /// Why.
        fault: PlaceFault,
    },
    /// A quoted field is not the whole of that field's value.
    #[error("field {number}: {fault}")]
    Field {
        /// Which one.
        number: usize,
        /// Why.
        fault: PlaceFault,
    },
    /// An entity's name is not the whole of the field's value.
    #[error("entity {number}: {fault}")]
    Entity {
        /// Which one.
        number: usize,
        /// Why.
        fault: PlaceFault,
    },
    /// An entity of a window's group is not the whole of the field's value.
    #[error("entity {number} of the window's group: {fault}")]
    Group {
        /// Which one.
        number: usize,
        /// Why.
        fault: PlaceFault,
    },
    /// The name or severity of the alert is not the whole of a value.
    #[error("the alert's {part}: {fault}")]
    Alert {
        /// Name or severity.
        part: &'static str,
        /// Why.
        fault: PlaceFault,
    },
    /// A value that an explanation says was read is not one.
    #[error("value {number} of the explanation: {fault}")]
    Read {
        /// Which one.
        number: usize,
        /// Why.
        fault: PlaceFault,
    },
    /// What a near miss found is not a value of the item's field.
    #[error("near miss {number}, failed predicate {failed}: {fault}")]
    NearMiss {
        /// Which near miss.
        number: usize,
        /// Which of its failed predicates.
        failed: usize,
        /// Why.
        fault: PlaceFault,
    },
    /// The evidence of a hit does not fulfil its rule's condition.
    #[error("rule {rule} is said to hit, and its evidence does not fulfil its condition, even if every negation holds")]
    Condition {
        /// The rule.
        rule: u32,
    },
    /// A negated part of a rule that is said to hit holds.
    #[error("rule {rule} is said to hit, and its item {item}, which must not hold, does")]
    Negated {
        /// The rule.
        rule: u32,
        /// The item.
        item: u32,
    },
    /// A filter takes the hit away.
    #[error("rule {rule} is said to hit, and filter {filter} takes the hit away")]
    Filtered {
        /// The rule.
        rule: u32,
        /// The filter.
        filter: u32,
    },
    /// The finding of an explanation is not well-formed.
    #[error("the explanation's finding: {0}")]
    Shape(ShapeFault),
    /// An explanation is not well-formed.
    #[error("the explanation {0}")]
    Explanation(String),
}

/// Why a view is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewFault {
    /// Its classes do not fit its records.
    #[error("the view: {0}")]
    Classes(#[from] ReadingFault),
    /// A record has more values than may be listed.
    #[error("record {index} of the view has {count} values, more than {limit}")]
    TooMany {
        /// The record.
        index: usize,
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// A value of a field that was not asked for, or not in the order of the fields.
    #[error("value {number} of record {index} is of field {field}, which was not asked for or was asked for earlier")]
    Field {
        /// The record.
        index: usize,
        /// The value.
        number: usize,
        /// The field.
        field: u32,
    },
    /// An unscored record with values.
    #[error("record {0} of the view has no class and has values or a time")]
    Unscored(usize),
    /// A value is not the whole of one of the field's.
    #[error("value {number} of record {index}: {fault}")]
    Value {
        /// The record.
        index: usize,
        /// The value.
        number: usize,
        /// Why.
        fault: PlaceFault,
    },
}

/// Holds what a plugin says to records and the pack. One for each thread that judges: it keeps what it made of the pack's
/// predicates and of the maps, and its buffers.
#[derive(Debug)]
pub struct Checker {
    directory: Arc<Directory>,
    /// For each map of the plugin, the one of that name; none where it is not known here.
    maps: Vec<Option<MapId>>,
    names: Names,
    predicates: Predicates,
    texts: Texts,
    conditions: Conditions,
}

impl Checker {
    /// A checker for a pack, and for a plugin that reads by these maps.
    #[must_use]
    pub fn new(directory: Arc<Directory>, maps: &[String]) -> Self {
        let known: Vec<(String, MapId)> = MapId::all().map(|map| (map.to_string(), map)).collect();
        let map = |name: &String| known.iter().find(|(known, _)| known == name).map(|&(_, map)| map);
        Self {
            maps: maps.iter().map(map).collect(),
            names: Names::default(),
            predicates: Predicates::new(&directory),
            texts: Texts::default(),
            conditions: Conditions::default(),
            directory,
        }
    }

    /// The pack's directory.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Checks all places of a finding, and that its hits follow from its evidence. The finding is well-formed, as
    /// `check_outcome` ensures.
    ///
    /// # Errors
    /// The first thing that is not so.
    pub fn check_finding(
        &mut self,
        record: RecordContext<'_>,
        finding: &Finding,
        depth: Depth,
    ) -> Result<Checked, Violation> {
        let (mut inspection, conditions) = self.inspect(record);
        inspection.check_finding(finding, conditions)?;
        if depth == Depth::Negations && inspection.record.own.is_some() {
            conditions.check_negations(&mut inspection, finding)?;
        }
        Ok(inspection.checked())
    }

    /// Checks an explanation of a record, and the finding in it.
    ///
    /// # Errors
    /// The first thing that is not so.
    pub fn check_explanation(
        &mut self,
        record: RecordContext<'_>,
        explanation: &Explanation,
    ) -> Result<Checked, Violation> {
        crate::explanation::check_shape(explanation, self.maps.len(), &self.directory)?;
        if let Some(finding) = &explanation.finding {
            check_shape(finding, &self.directory).map_err(Violation::Shape)?;
            if finding.at != 0 || finding.subject != Subject::Record(0) {
                let reason = "has a finding of another sequence than 0; give it and its subject sequence 0";
                return Err(Violation::Explanation(reason.to_owned()));
            }
        }
        let (mut inspection, conditions) = self.inspect(record);
        if let Some(finding) = &explanation.finding {
            inspection.check_finding(finding, conditions)?;
        }
        inspection.check_explanation(explanation)?;
        Ok(inspection.checked())
    }

    /// Checks the view of a batch; `fields` are those that were asked for.
    ///
    /// # Errors
    /// The first thing that is not so.
    pub fn check_view(&mut self, batch: &Batch, fields: &[u32], view: &View) -> Result<Checked, ViewFault> {
        let class_of = |record: &glassbox_finding::RecordView| record.class;
        check_classes(&view.classes, view.records.iter().map(class_of), batch.len(), self.maps.len())?;
        let mut checked = Checked::default();
        for (index, seen) in view.records.iter().enumerate() {
            crate::explanation::check_view_shape(index, seen, &view.classes, fields)?;
            let Some(class) = view.classes.get(seen.class as usize) else { continue };
            let frame = batch.origin(index).map_or(&[][..], |origin| &origin.frame);
            let own = RecordBytes { bytes: batch.record(index), frame, map: class.map };
            let record = RecordContext { own: Some(own), others: &|_| None };
            let (mut inspection, _) = self.inspect(record);
            for (number, value) in seen.values.iter().enumerate() {
                let held = inspection.piece(|inspection| inspection.field_place(value.field, &value.place));
                held.map_err(|fault| ViewFault::Value { index, number, fault })?;
            }
            checked += inspection.checked();
        }
        Ok(checked)
    }

    fn inspect<'c, 'r>(&'c mut self, record: RecordContext<'r>) -> (Inspection<'c, 'r>, &'c mut Conditions) {
        self.names.begin();
        self.texts.begin();
        let Self { directory, maps, names, predicates, texts, conditions } = self;
        let inspection = Inspection {
            directory,
            maps,
            record,
            names,
            predicates,
            texts,
            steps: 0,
            unchecked: 0,
            is_unchecked: false,
        };
        (inspection, conditions)
    }
}

impl Inspection<'_, '_> {
    fn checked(&self) -> Checked {
        Checked { unchecked: self.unchecked, steps: self.steps }
    }

    fn check_finding(&mut self, finding: &Finding, conditions: &mut Conditions) -> Result<(), Violation> {
        for (number, evidence) in finding.evidence.iter().enumerate() {
            let held = self.piece(|inspection| inspection.evidence(evidence));
            held.map_err(|fault| Violation::Evidence { number, fault })?;
        }
        for hit in finding.hits.iter().filter(|hit| !hit.cut) {
            let rule = self.directory.rule(hit.rule);
            if !rule.is_some_and(|rule| conditions.check_hit(rule, hit, &finding.evidence)) {
                return Err(Violation::Condition { rule: hit.rule });
            }
        }
        for (number, field) in finding.fields.iter().enumerate() {
            let held = self.piece(|inspection| inspection.field_place(field.field, &field.place));
            held.map_err(|fault| Violation::Field { number, fault })?;
        }
        for (number, entity) in finding.entities.iter().enumerate() {
            let held = self.piece(|inspection| inspection.field_place(entity.field, &entity.place));
            held.map_err(|fault| Violation::Entity { number, fault })?;
        }
        if let Subject::Window(window) = &finding.subject {
            for (number, entity) in window.group.iter().enumerate() {
                let held = self.piece(|inspection| inspection.field_place(entity.field, &entity.place));
                held.map_err(|fault| Violation::Group { number, fault })?;
            }
        }
        if let Some(alert) = &finding.alert {
            let parts = [("name", Some(&alert.name)), ("severity", alert.severity.as_ref())];
            for (part, place) in parts.into_iter().filter_map(|(part, place)| Some((part, place?))) {
                let held = self.piece(|inspection| inspection.any_place(place));
                held.map_err(|fault| Violation::Alert { part, fault })?;
            }
        }
        Ok(())
    }

    fn check_explanation(&mut self, explanation: &Explanation) -> Result<(), Violation> {
        for (number, read) in explanation.fields.iter().enumerate() {
            let held = self.piece(|inspection| match read.field {
                Some(field) => inspection.field_place(field, &read.place),
                None => inspection.value_place(&read.place),
            });
            held.map_err(|fault| Violation::Read { number, fault })?;
        }
        for (number, near) in explanation.near_misses.iter().enumerate() {
            for (position, failed) in near.failed.iter().enumerate() {
                let held = self.piece(|inspection| inspection.failed(failed));
                held.map_err(|fault| Violation::NearMiss { number, failed: position, fault })?;
            }
        }
        Ok(())
    }

    /// Checks that what a failed predicate found is a value of its field.
    fn failed(&mut self, failed: &glassbox_finding::FailedPredicate) -> Result<(), PlaceFault> {
        let item = self.directory.item(failed.item);
        let no_such = || PlaceFault::NoSuchClaim(format!("predicate {:?}", failed.item));
        let field = item.ok_or_else(no_such)?.predicate.field;
        match (&failed.found, field) {
            (Some(place), Some(field)) => self.field_place(field, place),
            (Some(place), None) => self.value_place(place),
            (None, _) => Ok(()),
        }
    }

    /// Checks that a place is the whole of a value, which may be null.
    fn value_place(&mut self, place: &TextPlace) -> Result<(), PlaceFault> {
        match self.any_place(place) {
            Err(PlaceFault::Null { is_null: true, .. }) => Ok(()),
            held => held,
        }
    }
}
