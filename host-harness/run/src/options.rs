//! How a deployment runs: nothing of it changes what is found, but for seed, window and what follows from faults.

use glassbox_finding::{Sequence, Settings};

use crate::{FaultPolicy, limits::Limits};

/// How a deployment runs.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Seed, time window and the limits that the plugin acts on.
    pub settings: Settings,
    /// Whose records they are: part of every finding's id.
    pub tenant: String,
    /// Readers that work side by side, at least 1.
    pub threads: usize,
    /// Records of a batch, at most what the limits allow.
    pub batch_records_max: usize,
    /// Bytes of a batch, at most what the limits allow. A larger record makes a batch of its own.
    pub batch_bytes_max: usize,
    /// Batches with notes between two checkpoints.
    pub checkpoint_batches: usize,
    /// Batches with findings between two findings whose explanation is checked for faithfulness; 0 for none.
    pub faithful_batches: usize,
    /// The sequence of the first record.
    pub first_sequence: Sequence,
    /// How often the plugin may fail, and what is done again.
    pub limits: Limits,
    /// What follows when one batch after another meets a fault.
    pub fault_policy: FaultPolicy,
}

impl RunOptions {
    /// One reader, batches as large as the limits allow, and no samples.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            tenant: "default".to_owned(),
            threads: 1,
            batch_records_max: usize::MAX,
            batch_bytes_max: usize::MAX,
            checkpoint_batches: 64,
            faithful_batches: 0,
            first_sequence: 1,
            limits: Limits::default(),
            fault_policy: FaultPolicy::default(),
        }
    }
}
