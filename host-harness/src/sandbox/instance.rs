//! An instance of a plugin: the calls of the contract, each within its limits.

use anyhow::anyhow;
use glassbox_finding::{
    Batch, ConfigureError, Description, EventTime, ExplainError, Explanation, JudgeError, Logsource, Outcome,
    PackSummary, ReadError, Reading, Restored, Settings, StateError,
};
use wasmtime::{Store, Trap, UpdateDeadline};

use super::{
    Fault, Protections,
    bindings::{PluginBindings, PluginPre},
    clean,
    engine::{Deadline, DeadlineReached},
    limiter::{Limiter, Refusal},
};
use crate::limits::Limits;

/// What the host keeps with an instance.
pub(super) struct Guard {
    limiter: Limiter,
    deadline: Deadline,
}

/// A running plugin. It belongs to one tenant and one thread at a time.
///
/// A call's outer error is a fault: the instance is gone, and every further call fails. The inner one is what the
/// plugin itself answers.
pub struct Instance {
    store: Store<Guard>,
    bindings: Option<PluginBindings>,
    limits: Limits,
}

/// What bounds one call.
#[derive(Clone, Copy)]
struct Bounds {
    call: &'static str,
    limit_ms: u64,
    output_bytes_max: usize,
}

impl Instance {
    pub(super) fn start(pre: &PluginPre<Guard>, limits: &Limits, protections: Protections) -> Result<Self, Fault> {
        let bounds = Bounds { call: "start", limit_ms: limits.start_ms_max, output_bytes_max: 0 };
        let guard = Guard { limiter: Limiter::new(limits), deadline: Deadline::new(0, 1) };
        let mut store = Store::new(pre.engine(), guard);
        if protections.limiter {
            store.limiter(|guard| &mut guard.limiter);
        }
        store.epoch_deadline_callback(|store| {
            if store.data().deadline.is_reached() {
                Err(DeadlineReached.into())
            } else {
                Ok(UpdateDeadline::Continue(1))
            }
        });
        let mut instance = Self { store, bindings: None, limits: limits.clone() };
        // Before anything of the guest runs.
        instance.arm(bounds);
        match pre.instantiate(&mut instance.store) {
            Ok(bindings) => instance.bindings = Some(bindings),
            Err(error) => return Err(instance.fault(bounds, &error)),
        }
        Ok(instance)
    }

    /// Who the plugin says it is.
    ///
    /// # Errors
    /// A fault.
    pub fn describe(&mut self) -> Result<Description, Fault> {
        let bounds = self.bounds("describe", self.limits.explain_ms_max, self.limits.summary_bytes_max);
        let description: Description =
            self.call(bounds, |bindings, store| Ok(bindings.glassbox_siem_detector().call_describe(store)?.into()))?;
        let text = |text: &str| clean(text, 64);
        Ok(Description {
            name: text(&description.name),
            version: text(&description.version),
            schemas: description.schemas.iter().map(|name| text(name)).collect(),
            pack_format_max: description.pack_format_max,
        })
    }

    /// Loads a pack: once, on a fresh instance.
    ///
    /// # Errors
    /// A fault, or why the plugin refuses the pack.
    pub fn configure(&mut self, pack: &[u8], settings: Settings) -> Result<Result<PackSummary, ConfigureError>, Fault> {
        let bounds = self.bounds("configure", self.limits.configure_ms_max, self.limits.summary_bytes_max);
        let answer: Result<PackSummary, ConfigureError> = self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_configure(store, pack, settings.into())?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })?;
        let text = |text: String| clean(&text, self.limits.text_bytes_max);
        Ok(answer.map_err(|error| match error {
            ConfigureError::Damaged(section) => ConfigureError::Damaged(text(section)),
            ConfigureError::MissingSection(section) => ConfigureError::MissingSection(text(section)),
            ConfigureError::InvalidSection { section, reason } => {
                ConfigureError::InvalidSection { section: text(section), reason: text(reason) }
            }
            other => other,
        }))
    }

    /// Reads a batch.
    ///
    /// # Errors
    /// A fault, or why the plugin refuses the batch.
    pub fn read(&mut self, batch: &Batch) -> Result<Result<Reading, ReadError>, Fault> {
        // Besides the body every record can be mentioned once.
        let output_bytes_max = self.limits.reading_bytes_max + self.limits.summary_bytes_max;
        let bounds = self.bounds("read", self.limits.batch_ms_max, output_bytes_max);
        let answer: Result<Reading, ReadError> = self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_read(store, batch.into())?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })?;
        let limit_bytes = self.limits.reading_bytes_max;
        if answer.as_ref().is_ok_and(|reading| reading.body.len() > limit_bytes) {
            self.bindings = None;
            return Err(Fault::OutputTooLarge { call: "read", limit_bytes });
        }
        Ok(answer)
    }

    /// Judges a reading's body.
    ///
    /// # Errors
    /// A fault, or why the plugin refuses the reading.
    pub fn judge(&mut self, body: &[u8], watermark: Option<EventTime>) -> Result<Result<Outcome, JudgeError>, Fault> {
        let bounds = self.bounds("judge", self.limits.batch_ms_max, self.limits.outcome_bytes_max);
        self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_judge(store, body, watermark)?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })
    }

    /// Explains one record against the current state.
    ///
    /// # Errors
    /// A fault, or why the record cannot be explained.
    pub fn explain(&mut self, record: &[u8], hint: &Logsource) -> Result<Result<Explanation, ExplainError>, Fault> {
        let bounds = self.bounds("explain", self.limits.explain_ms_max, self.limits.explanation_bytes_max);
        self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_explain(store, record, hint.into())?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })
    }

    /// The state.
    ///
    /// # Errors
    /// A fault, or why there is none.
    pub fn save(&mut self) -> Result<Result<Vec<u8>, StateError>, Fault> {
        let bounds = self.bounds("save", self.limits.state_ms_max, self.limits.state_bytes_max);
        self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_save(store)?;
            Ok(answer.map_err(Into::into))
        })
    }

    /// Takes over a saved state.
    ///
    /// # Errors
    /// A fault, or why the plugin refuses the state.
    pub fn restore(&mut self, state: &[u8]) -> Result<Result<Restored, StateError>, Fault> {
        let bounds = self.bounds("restore", self.limits.state_ms_max, self.limits.summary_bytes_max);
        let answer: Result<Restored, StateError> = self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_restore(store, state)?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })?;
        let texts = |names: &[String]| names.iter().map(|name| clean(name, self.limits.text_bytes_max)).collect();
        Ok(answer.map(|restored| Restored { kept: texts(&restored.kept), dropped: texts(&restored.dropped) }))
    }

    /// Bytes that its memories hold, which is the most they ever held: they do not shrink.
    #[must_use]
    pub fn memory_bytes_peak(&self) -> u64 {
        self.store.data().limiter.memory_bytes() as u64
    }

    fn bounds(&self, call: &'static str, limit_ms: u64, output_bytes_max: usize) -> Bounds {
        Bounds { call, limit_ms, output_bytes_max }
    }

    fn arm(&mut self, bounds: Bounds) {
        self.store.data_mut().deadline = Deadline::new(bounds.limit_ms, self.limits.clock_factor_max);
        self.store.set_epoch_deadline(1);
        self.store.set_hostcall_fuel(bounds.output_bytes_max);
    }

    /// One call: its allocation callbacks and its post-return function are guest code as well, within the same limits.
    fn call<T>(
        &mut self,
        bounds: Bounds,
        call: impl FnOnce(&PluginBindings, &mut Store<Guard>) -> wasmtime::Result<T>,
    ) -> Result<T, Fault> {
        // Taken out, and put back only after success: a fault ends the instance.
        let Some(bindings) = self.bindings.take() else {
            return Err(Fault::Host { call: bounds.call, error: anyhow!("the instance has met a fault before") });
        };
        self.arm(bounds);
        match call(&bindings, &mut self.store) {
            Ok(answer) => {
                self.bindings = Some(bindings);
                Ok(answer)
            }
            Err(error) => Err(self.fault(bounds, &error)),
        }
    }

    /// Names what happened.
    fn fault(&self, bounds: Bounds, error: &wasmtime::Error) -> Fault {
        let Bounds { call, limit_ms, output_bytes_max } = bounds;
        match self.store.data().limiter.refusal() {
            Some(Refusal::Memory(wanted_bytes)) => {
                return Fault::Memory { call, wanted_bytes, limit_bytes: self.limits.memory_bytes_max };
            }
            Some(Refusal::Table(wanted)) => {
                return Fault::Table { call, wanted, limit: self.limits.table_elements_max };
            }
            None => {}
        }
        if error.downcast_ref::<DeadlineReached>().is_some() {
            return Fault::Deadline { call, limit_ms };
        }
        let said = clean(&format!("{error:#}"), self.limits.text_bytes_max);
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => Fault::Deadline { call, limit_ms },
            Some(Trap::StackOverflow) => Fault::Stack { call, limit_bytes: self.limits.wasm_stack_bytes_max },
            Some(trap) if is_of_the_boundary(*trap) => Fault::ContractBroken { call, what: said },
            Some(trap) => {
                let message = clean(&trap.to_string(), self.limits.text_bytes_max);
                Fault::Trap { call, message: message.trim_start_matches("wasm trap: ").to_owned() }
            }
            // These two have no type of their own.
            None if said.contains("fuel allocated for hostcalls") => {
                Fault::OutputTooLarge { call, limit_bytes: output_bytes_max }
            }
            None if said.contains("resource limit exceeded") => Fault::Parts(said),
            None if error.downcast_ref::<std::io::Error>().is_some() => Fault::Host { call, error: anyhow!(said) },
            None => Fault::ContractBroken { call, what: said },
        }
    }
}

/// Whether the trap says that a value cannot cross the boundary, rather than that the guest's code failed.
fn is_of_the_boundary(trap: Trap) -> bool {
    matches!(
        trap,
        Trap::CannotEnterComponent
            | Trap::CannotLeaveComponent
            | Trap::InvalidChar
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer
    )
}
