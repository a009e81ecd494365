//! Every limit of the runtime: its name with the unit last, its first value, and why it is there.
//!
//! What a finding may hold is limited in `glassbox_finding::limits`, which guest and host share. What a source may
//! unpack to is limited where sources are read.

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What a plugin may use, say and be given, and how often it may fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a component's file; checked before anything is compiled.
    pub component_bytes_max: usize,
    /// Bytes over all linear memories of an instance.
    pub memory_bytes_max: usize,
    /// Linear memories of an instance.
    pub memories_max: usize,
    /// Elements over all tables of an instance.
    pub table_elements_max: usize,
    /// Tables of an instance.
    pub tables_max: usize,
    /// Core instances inside an instance.
    pub core_instances_max: usize,
    /// Bytes of stack for WebAssembly frames.
    pub wasm_stack_bytes_max: usize,
    /// Bytes of stack of a thread that calls a plugin: what WebAssembly may use and ample room for the host.
    pub thread_stack_bytes: usize,
    /// Milliseconds of computing for making an instance, its start functions included.
    pub start_ms_max: u64,
    /// Milliseconds of computing for `configure`.
    pub configure_ms_max: u64,
    /// Milliseconds of computing for `read` and for `judge`, each.
    pub batch_ms_max: u64,
    /// Milliseconds of computing for `explain`, and for `describe`.
    pub explain_ms_max: u64,
    /// Milliseconds of computing for `save` and for `restore`, each.
    pub state_ms_max: u64,
    /// How many times longer than its milliseconds of computing a call may take on the clock: a busy machine fails no
    /// honest plugin, and no call lasts forever.
    pub clock_factor_max: u32,
    /// Bytes of one record; a longer one is not handed over.
    pub record_bytes_max: usize,
    /// Bytes of a batch.
    pub batch_bytes_max: usize,
    /// Records of a batch.
    pub batch_records_max: usize,
    /// Bytes of a reading.
    pub reading_bytes_max: usize,
    /// Bytes of an outcome, as the host holds it.
    pub outcome_bytes_max: usize,
    /// Bytes of an explanation, as the host holds it.
    pub explanation_bytes_max: usize,
    /// Bytes of a saved state.
    pub state_bytes_max: usize,
    /// Bytes of a description, a summary of a pack, or an account of what was restored.
    pub summary_bytes_max: usize,
    /// Bytes of one text of a guest that reaches a person: a trap's message, an error's reason.
    pub text_bytes_max: usize,
    /// Calls that may fault while the records at fault of one batch are looked for.
    pub faulted_calls_per_batch_max: u32,
    /// Batches in a row that meet a fault before the plugin is out of service.
    pub faulted_batches_in_a_row_max: u32,
    /// Bytes of readings kept since the last checkpoint, to be judged again after a fault.
    pub replay_bytes_max: usize,
    /// Compiled components kept in the cache; the ones used longest ago go first.
    pub cache_entries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes_max: 8 * MIB,
            memory_bytes_max: 64 * MIB,
            memories_max: 16,
            table_elements_max: 20_000,
            tables_max: 16,
            core_instances_max: 32,
            wasm_stack_bytes_max: 512 * KIB,
            thread_stack_bytes: 4 * MIB,
            start_ms_max: 1_000,
            configure_ms_max: 2_000,
            batch_ms_max: 1_000,
            explain_ms_max: 1_000,
            state_ms_max: 1_000,
            clock_factor_max: 10,
            record_bytes_max: 64 * KIB,
            batch_bytes_max: MIB,
            batch_records_max: 1_000,
            reading_bytes_max: 2 * MIB,
            outcome_bytes_max: 16 * MIB,
            explanation_bytes_max: MIB,
            state_bytes_max: 32 * MIB,
            summary_bytes_max: 64 * KIB,
            text_bytes_max: 512,
            faulted_calls_per_batch_max: 24,
            faulted_batches_in_a_row_max: 3,
            replay_bytes_max: 16 * MIB,
            cache_entries_max: 16,
        }
    }
}
