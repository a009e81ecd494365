//! The state that judge carries from reading to reading, and what it observes.

use glassbox_baseline::{BaselineError, Counters, Kind, Observation, Seed};
use glassbox_finding::{Entity, EntityKind, Restored, StateError};

/// The fact that a rule hit on an entity.
pub(crate) fn rule_on_entity(seed: u128, rule: &str, entity: &Entity) -> Observation {
    let kind = match entity.kind {
        EntityKind::Host => "host",
        EntityKind::User => "user",
        EntityKind::Process => "process",
        EntityKind::Address => "address",
        EntityKind::Domain => "domain",
        EntityKind::Account => "account",
    };
    Observation::new(Seed(seed), Kind::RuleOnEntity, &[rule, kind, &entity.name])
}

/// Reads a saved state. One that is sound but counts other facts is dropped and named.
pub(crate) fn decode(bytes: &[u8], seed: Seed) -> Result<(Counters, Restored), StateError> {
    let section = vec!["baseline".to_owned()];
    match Counters::decode(bytes, seed) {
        Ok(counters) => Ok((counters, Restored { kept: section, dropped: Vec::new() })),
        Err(BaselineError::OtherDefinition) => {
            Ok((Counters::new(seed), Restored { kept: Vec::new(), dropped: section }))
        }
        Err(BaselineError::NotABaseline) => Err(StateError::NotAState),
        Err(BaselineError::Newer { found, supported }) => Err(StateError::Newer { found, supported }),
        Err(BaselineError::Damaged { at }) => Err(StateError::Damaged(at as u32)),
        Err(BaselineError::ForeignSeed) => Err(StateError::ForeignSeed),
    }
}
