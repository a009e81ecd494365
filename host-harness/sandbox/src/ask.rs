//! One record asked of a configured instance, through the calls and checks of a run.

use glassbox_finding::{Batch, Checker, Finding, Logsource, Unscored};

use crate::{Fault, Instance, account};

/// What a plugin says of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The finding, where there is one.
    pub finding: Option<Finding>,
    /// Why the record was not scored, where it was not.
    pub unscored: Option<Unscored>,
    /// Whether it lies outside the time window.
    pub outside: bool,
    /// Whether no rule is about its logsource.
    pub unrouted: bool,
}

impl Answer {
    /// The rules that hit, those told in full first.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        let finding = self.finding.iter();
        finding.flat_map(|it| it.hits.iter().map(|hit| &hit.rule).chain(&it.further_hits)).map(String::as_str)
    }

    /// Whether this rule hit.
    #[must_use]
    pub fn hits(&self, rule: &str) -> bool {
        self.rules().any(|hit| hit == rule)
    }
}

/// Asks what a record is. The instance counts it among what it has seen.
///
/// # Errors
/// A fault of the plugin, an answer that does not hold included; the instance is of no use then.
pub fn ask(instance: &mut Instance, checker: &mut Checker, record: &[u8], hint: &Logsource) -> Result<Answer, Fault> {
    let mut batch = Batch { hint: hint.clone(), ..Batch::default() };
    batch.push(record);
    // Of a single record nothing is too large by number.
    let reading = account::read(instance, &batch)?.unwrap_or_default();
    let mut answer = Answer {
        finding: None,
        unscored: reading.unscored.first().copied(),
        outside: !reading.outside.is_empty(),
        unrouted: reading.unrouted > 0,
    };
    if answer.unscored.is_none() && !answer.outside {
        let outcome =
            account::judge(instance, checker, None, &reading, |_| record).map_err(account::Unjudged::into_fault)?;
        answer.finding = outcome.findings.into_iter().next();
    }
    Ok(answer)
}
