//! The state that judge carries from reading to reading, as it crosses the boundary.

use glassbox_baseline::{Baseline, BaselineError, Decoded, Seed};
use glassbox_finding::{Restored, StateError};

/// Reads a saved state. Sections that count what is defined differently now are dropped and named.
pub(crate) fn decode(bytes: &[u8], seed: Seed) -> Result<(Baseline, Restored), StateError> {
    match Baseline::decode(bytes, seed) {
        Ok(Decoded { baseline, kept, dropped }) => Ok((baseline, Restored { kept, dropped })),
        Err(BaselineError::NotABaseline) => Err(StateError::NotAState),
        Err(BaselineError::Newer { found, supported }) => Err(StateError::Newer { found, supported }),
        Err(BaselineError::Damaged { at }) => Err(StateError::Damaged(at as u32)),
        Err(BaselineError::ForeignSeed) => Err(StateError::ForeignSeed),
    }
}
