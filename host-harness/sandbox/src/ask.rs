//! One record asked of a configured instance, through the calls and checks of a run.

use glassbox_check::{Checker, RecordBytes};
use glassbox_finding::{Batch, Class, EventTime, Finding, Origin, Suppressed, Unscored};

use crate::{
    Fault, Instance,
    account::{self, Terms},
};

/// What a plugin says of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What kind of record it is; none for an unscored one.
    pub class: Option<Class>,
    /// When it happened.
    pub time: Option<EventTime>,
    /// The finding, where there is one.
    pub finding: Option<Finding>,
    /// Hits that filters took away.
    pub suppressed: Vec<Suppressed>,
    /// Why the record was not scored, where it was not.
    pub unscored: Option<Unscored>,
    /// Whether it lies outside the time window.
    pub outside: bool,
}

impl Answer {
    /// The rules that hit, as far as the finding lists them.
    pub fn rules(&self) -> impl Iterator<Item = u32> {
        self.finding.iter().flat_map(Finding::rules)
    }

    /// Whether no rule is about its logsource.
    #[must_use]
    pub fn is_unrouted(&self) -> bool {
        self.class.as_ref().is_some_and(|class| !class.routed)
    }
}

/// Asks what a record is. The instance counts it among what it has seen.
///
/// # Errors
/// A fault of the plugin, an answer that does not hold included; the instance is of no use then.
pub fn ask(
    instance: &mut Instance,
    checker: &mut Checker,
    terms: Terms<'_>,
    record: &[u8],
    origin: &Origin,
) -> Result<Answer, Fault> {
    let batch = Batch::of_one(record, origin);
    // Of a single record nothing is too large by number.
    let reading = account::read(instance, &batch, terms)?.unwrap_or_default();
    let mut answer = Answer {
        class: reading.class(0).cloned(),
        time: reading.time(0),
        finding: None,
        suppressed: reading.suppressed.clone(),
        unscored: reading.unscored.first().copied(),
        outside: !reading.outside.is_empty(),
    };
    if let Some(class) = answer.class.as_ref().filter(|_| !answer.outside && !reading.notes.is_empty()) {
        let bytes = RecordBytes { bytes: record, frame: &origin.frame, map: class.map };
        let judged = account::judge(instance, checker, &reading.notes, &[0], &|_| Some(bytes));
        answer.finding = judged.map_err(account::Unjudged::into_fault)?.findings.into_iter().map(|(it, _)| it).next();
    }
    Ok(answer)
}
