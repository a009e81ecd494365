//! Counts what an instance holds: bytes over all its memories, elements over all its tables.
//!
//! The runtime's own limiter counts each memory apart, so many small ones would pass it.

use wasmtime::{ResourceLimiter, Result, bail};

use crate::limits::Limits;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// What all memories would have held, in bytes.
    Memory(usize),
    /// What all tables would have held, in elements.
    Table(usize),
}

/// The counter of one instance.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_bytes: usize,
    memory_bytes_max: usize,
    table_elements: usize,
    table_elements_max: usize,
    memories_max: usize,
    tables_max: usize,
    core_instances_max: usize,
    /// What the last growth added, to be taken back should it fail.
    last_growth: usize,
    refusal: Option<Refusal>,
}

impl Limiter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max: limits.memory_bytes_max,
            table_elements: 0,
            table_elements_max: limits.table_elements_max,
            memories_max: limits.memories_max,
            tables_max: limits.tables_max,
            core_instances_max: limits.core_instances_max,
            last_growth: 0,
            refusal: None,
        }
    }

    /// Bytes that all memories hold; they never shrink.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// What was refused, if anything was: the end of the instance.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }
}

impl ResourceLimiter for Limiter {
    // A refusal ends the call. Were it told to the guest as a failed growth, the same limit would show as an abort, a
    // trap or an endless loop, depending on the guest.
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        self.last_growth = desired.saturating_sub(current);
        let wanted = self.memory_bytes.saturating_add(self.last_growth);
        if wanted > self.memory_bytes_max {
            self.refusal = Some(Refusal::Memory(wanted));
            bail!("memory limit");
        }
        self.memory_bytes = wanted;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.memory_bytes -= self.last_growth;
        self.last_growth = 0;
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        self.last_growth = desired.saturating_sub(current);
        let wanted = self.table_elements.saturating_add(self.last_growth);
        if wanted > self.table_elements_max {
            self.refusal = Some(Refusal::Table(wanted));
            bail!("table limit");
        }
        self.table_elements = wanted;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.table_elements -= self.last_growth;
        self.last_growth = 0;
        Ok(())
    }

    fn instances(&self) -> usize {
        self.core_instances_max
    }

    fn tables(&self) -> usize {
        self.tables_max
    }

    fn memories(&self) -> usize {
        self.memories_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> Limiter {
        Limiter::new(&Limits { memory_bytes_max: 100, table_elements_max: 10, ..Limits::default() })
    }

    #[test]
    fn all_memories_count_together() {
        let mut limiter = limiter();
        assert!(limiter.memory_growing(0, 60, None).is_ok());
        assert!(limiter.memory_growing(0, 40, None).is_ok());
        assert_eq!(limiter.memory_bytes(), 100);
        assert!(limiter.memory_growing(40, 41, None).is_err());
        assert_eq!(limiter.refusal(), Some(Refusal::Memory(101)));
    }

    #[test]
    fn a_failed_growth_is_taken_back() {
        let mut limiter = limiter();
        assert!(limiter.memory_growing(0, 60, None).is_ok());
        assert!(limiter.memory_growing(60, 90, None).is_ok());
        assert!(limiter.memory_grow_failed(wasmtime::Error::msg("no")).is_ok());
        assert_eq!(limiter.memory_bytes(), 60);
        assert!(limiter.memory_growing(60, 100, None).is_ok());
    }

    #[test]
    fn all_tables_count_together() {
        let mut limiter = limiter();
        assert!(limiter.table_growing(0, 6, None).is_ok());
        assert!(limiter.table_growing(0, 5, None).is_err());
        assert_eq!(limiter.refusal(), Some(Refusal::Table(11)));
    }
}
