//! Known answers: records that must hit, and records that must stay quiet. Whoever fails one is not put into service.

use glassbox_check::Checker;
use glassbox_finding::Origin;
use glassbox_pack::KnownAnswer;
use glassbox_sandbox::{Fault, Instance, account::Terms, ask, clean};

/// Bytes of the rules named in an error.
const RULES_BYTES_MAX: usize = 512;

/// How a plugin with a pack failed a known answer.
#[derive(Debug, thiserror::Error)]
pub enum KnownAnswerError {
    /// A rule that must hit did not.
    #[error("known answer `{name}` failed: the record must hit rule `{rule}` and does not")]
    Missed {
        /// The known answer.
        name: String,
        /// The rule.
        rule: String,
    },
    /// A record that must stay quiet does not.
    #[error("known answer `{name}` failed: the record must stay quiet and hits {}", named(.rules))]
    Noisy {
        /// The known answer.
        name: String,
        /// The rules that hit.
        rules: Vec<String>,
    },
    /// The record was not scored.
    #[error("known answer `{name}` failed: the record was not scored, {why}")]
    Unscored {
        /// The known answer.
        name: String,
        /// Why not.
        why: String,
    },
    /// The plugin failed on the record.
    #[error("known answer `{name}` failed: {fault}")]
    Fault {
        /// The known answer.
        name: String,
        /// What happened.
        fault: Fault,
    },
}

fn named(rules: &[String]) -> String {
    // The plugin's own words.
    let names = || clean(&rules.join("`, `"), RULES_BYTES_MAX);
    if rules.is_empty() { "no rule, yet is a finding".to_owned() } else { format!("`{}`", names()) }
}

/// Asks a configured instance every known answer, one by one. Its state afterwards is of no use.
///
/// # Errors
/// The first answer that is not the known one.
pub fn check_known_answers(
    instance: &mut Instance,
    checker: &mut Checker,
    terms: Terms<'_>,
    known: &[KnownAnswer],
) -> Result<(), KnownAnswerError> {
    known.iter().try_for_each(|answer| check(instance, checker, terms, answer))
}

fn check(
    instance: &mut Instance,
    checker: &mut Checker,
    terms: Terms<'_>,
    answer: &KnownAnswer,
) -> Result<(), KnownAnswerError> {
    let name = || answer.name.clone();
    let (bytes, bytes_max) = (answer.record.len(), instance.limits().record_bytes_max);
    if bytes > bytes_max {
        let why = format!("as it has {bytes} bytes, and record_bytes_max is {bytes_max}");
        return Err(KnownAnswerError::Unscored { name: name(), why });
    }
    let said = ask(instance, checker, terms, &answer.record, &Origin::hinted(&answer.hint));
    let said = said.map_err(|fault| KnownAnswerError::Fault { name: name(), fault })?;
    if let Some(unscored) = said.unscored {
        return Err(KnownAnswerError::Unscored { name: name(), why: unscored.reason.to_string() });
    }
    if said.outside {
        return Err(KnownAnswerError::Unscored { name: name(), why: "it lies outside the time window".to_owned() });
    }
    let id = |rule| terms.directory.rule(rule).map(|rule| rule.id.clone());
    let hits: Vec<String> = said.rules().filter_map(id).collect();
    if answer.expect.is_empty() && said.finding.is_some() {
        return Err(KnownAnswerError::Noisy { name: name(), rules: hits });
    }
    match answer.expect.iter().find(|&rule| !hits.contains(rule)) {
        Some(rule) => Err(KnownAnswerError::Missed { name: name(), rule: rule.clone() }),
        None => Ok(()),
    }
}
