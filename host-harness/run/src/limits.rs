//! The limits of a run: how often a plugin may fail, and what is done again.

use glassbox_limits::{GIB, LimitError, MIB, leaves_room};

glassbox_limits::limits! {
    /// How often a plugin may fail in a run, and what is done again.
    pub struct Limits;
    /// Calls that may fault while the records at fault of one batch are looked for.
    faulted_calls_per_batch_max: u32 = 24, 24, [1, 10_000];
    /// Batches in a row that meet a fault before the plugin is out of service, in a run over records at hand; before it
    /// is quarantined, in a run that goes on and on, however slowly they come.
    faulted_batches_in_a_row_max: u32 = 3, 3, [1, 10_000];
    /// Batches that meet a fault within the window before the plugin is quarantined, in a run that goes on and on.
    quarantine_faults_max: u32 = 3, 3, [1, 1_000];
    /// Milliseconds of the window in which faults are counted.
    quarantine_window_ms: u64 = 60_000, 60_000, [1, 86_400_000];
    /// Milliseconds of the first quarantine; each further one lasts twice as long.
    quarantine_ms_min: u64 = 60_000, 60_000, [1, 86_400_000];
    /// Milliseconds of the longest quarantine. A plugin without a fault for so long starts again with the shortest.
    quarantine_ms_max: u64 = 3_600_000, 3_600_000, [1, 604_800_000];
    /// Of so many batches one is read again on a fresh instance, which must say the same; 0 to read none again.
    reread_batches: u64 = 256, 256, [0, 1_000_000_000];
    /// Bytes of notes kept since the last checkpoint, to be judged again after a fault.
    replay_bytes_max: usize = 16 * MIB, 16 * MIB, [0, GIB];
}

impl Limits {
    /// Whether the limits go together.
    ///
    /// # Errors
    /// The first two that do not.
    pub fn agree(&self) -> Result<(), LimitError> {
        let shortest = ("quarantine_ms_min", self.quarantine_ms_min);
        leaves_room(shortest, 0, ("quarantine_ms_max", self.quarantine_ms_max))
    }
}
