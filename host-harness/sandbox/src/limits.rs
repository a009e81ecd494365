//! The sandbox's limits: what a plugin may use, say and be given.
//!
//! What a finding may hold is limited in `glassbox_finding::limits`, which guest and host share.

use glassbox_finding::GuestLimits;
use glassbox_limits::{GIB, KIB, MIB, leaves_room};
pub use glassbox_limits::{Limit, LimitError, Profile};

glassbox_limits::limits! {
    /// What a plugin may use, say and be given.
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Limits;
    /// Bytes of a component's file; checked before anything else.
    component_bytes_max: usize = 8 * MIB, 32 * MIB, [KIB, 256 * MIB];
    /// Core modules inside a component.
    core_modules_max: usize = 16, 128, [1, 1_000];
    /// Components nested inside a component.
    nested_components_max: usize = 16, 64, [0, 1_000];
    /// Levels of components inside components.
    component_depth_max: usize = 2, 4, [0, 16];
    /// Functions of a component, over all its core modules.
    functions_max: usize = 20_000, 100_000, [1, 1_000_000];
    /// Bytes of one function's body.
    function_bytes_max: usize = 512 * KIB, 4 * MIB, [64, 7 * MIB];
    /// Local variables of one function, parameters not counted.
    function_locals_max: usize = 10_000, 50_000, [0, 50_000];
    /// Blocks inside blocks of one function.
    block_depth_max: usize = 2_000, 20_000, [1, 1_000_000];
    /// Targets of all branch tables of one function.
    branch_targets_max: usize = 20_000, 200_000, [0, 10_000_000];
    /// Seconds of computing for compiling a component, over all threads of the compiler.
    compile_s_max: u64 = 60, 300, [1, 3_600];
    /// Bytes of memory for compiling a component.
    compile_memory_bytes_max: u64 = GIB, 4 * GIB, [32 * MIB, 64 * GIB];
    /// Bytes of a component's compiled form.
    compiled_bytes_max: usize = 128 * MIB, 512 * MIB, [KIB, 4 * GIB];
    /// Bytes over all linear memories of an instance.
    memory_bytes_max: usize = 64 * MIB, 256 * MIB, [64 * KIB, 4 * GIB];
    /// Linear memories of an instance.
    memories_max: usize = 16, 64, [1, 100];
    /// Elements over all tables of an instance.
    table_elements_max: usize = 20_000, 100_000, [0, 10_000_000];
    /// Tables of an instance.
    tables_max: usize = 16, 64, [0, 100];
    /// Core instances inside an instance.
    core_instances_max: usize = 32, 256, [1, 1_000];
    /// Bytes of stack for WebAssembly frames.
    wasm_stack_bytes_max: usize = 512 * KIB, 2 * MIB, [16 * KIB, 16 * MIB];
    /// Bytes of stack of a thread that calls a plugin: what WebAssembly may use and ample room for the host.
    thread_stack_bytes: usize = 4 * MIB, 8 * MIB, [2 * MIB, 64 * MIB];
    /// Milliseconds of computing for making an instance, its start functions included.
    start_ms_max: u64 = 1_000, 5_000, [1, 600_000];
    /// Milliseconds of computing for `configure`.
    configure_ms_max: u64 = 2_000, 10_000, [1, 600_000];
    /// Milliseconds of computing for `read` and for `judge`, each.
    batch_ms_max: u64 = 1_000, 10_000, [1, 600_000];
    /// Milliseconds of computing for `explain`, and for `describe`.
    explain_ms_max: u64 = 1_000, 5_000, [1, 600_000];
    /// Milliseconds of computing for `save` and for `restore`, each.
    state_ms_max: u64 = 1_000, 5_000, [1, 600_000];
    /// How many times longer than its milliseconds of computing a call may take on the clock: a busy machine fails no
    /// honest plugin, and no call lasts forever.
    clock_factor_max: u32 = 10, 10, [1, 1_000];
    /// Units of fuel that a millisecond of computing stands for, where fuel interrupts instead of the clock.
    fuel_per_ms: u64 = 1_000_000, 1_000_000, [1, 1_000_000_000];
    /// Bytes of one record; a longer one is not handed over.
    record_bytes_max: usize = MIB, MIB, [1, MIB];
    /// Bytes of a batch.
    batch_bytes_max: usize = MIB, MIB, [1, MIB];
    /// Records of a batch.
    batch_records_max: usize = 1_000, 1_000, [1, 1_000];
    /// Bytes of all notes of a reading.
    reading_bytes_max: usize = 2 * MIB, 2 * MIB, [KIB, 64 * MIB];
    /// Bytes of an outcome, as the host holds it.
    outcome_bytes_max: usize = 16 * MIB, 16 * MIB, [KIB, 256 * MIB];
    /// Bytes of an explanation, as the host holds it.
    explanation_bytes_max: usize = MIB, MIB, [KIB, 16 * MIB];
    /// Bytes of a saved state.
    state_bytes_max: usize = 32 * MIB, 32 * MIB, [KIB, GIB];
    /// Bytes of a description, a summary of a pack, or an account of what was restored.
    summary_bytes_max: usize = 64 * KIB, 64 * KIB, [KIB, MIB];
    /// Bytes of one text of a guest that reaches a person: a trap's message, an error's reason.
    text_bytes_max: usize = 512, 512, [32, 64 * KIB];
    /// Compiled components kept in the cache; the ones used longest ago go first.
    cache_entries_max: usize = 16, 16, [1, 10_000];
}

impl Limits {
    /// Whether the limits go together.
    ///
    /// # Errors
    /// The first two that do not.
    pub fn agree(&self) -> Result<(), LimitError> {
        let stack = ("wasm_stack_bytes_max", self.wasm_stack_bytes_max as u64);
        leaves_room(stack, MIB, ("thread_stack_bytes", self.thread_stack_bytes as u64))?;
        let record = ("record_bytes_max", self.record_bytes_max as u64);
        leaves_room(record, 0, ("batch_bytes_max", self.batch_bytes_max as u64))
    }

    /// The limits that a plugin is given to act on.
    #[must_use]
    pub fn of_guest(&self) -> GuestLimits {
        // Their bounds lie within 32 bits.
        GuestLimits {
            batch_records_max: self.batch_records_max as u32,
            batch_bytes_max: self.batch_bytes_max as u32,
            record_bytes_max: self.record_bytes_max as u32,
            notes_bytes_max: self.reading_bytes_max as u32,
            ..GuestLimits::DEFAULT
        }
    }
}
