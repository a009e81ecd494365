//! The state that judge carries from reading to reading, and what it observes.

use glassbox_baseline::{BaselineError, Counters, Kind, Observation, Seed};
use glassbox_finding::{Restored, StateError};

/// The fact that a rule hit on a host.
pub(crate) fn rule_on_host(seed: u128, rule: &str, host: &str) -> Observation {
    Observation::new(Seed(seed), Kind::RuleOnHost, &[rule, host])
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
