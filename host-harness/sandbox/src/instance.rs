//! An instance of a plugin: the calls of the contract, each within its limits.

use std::{convert::Infallible, sync::Arc};

use anyhow::anyhow;
use glassbox_finding::{
    Batch, ConfigureError, Description, EventTime, ExplainError, Explanation, JudgeError, Notes, Origin, Outcome,
    PackSummary, ReadError, Reading, Restored, Sequence, Settings, StateError, View, limits::MAPS_MAX,
};
use wasmtime::{Store, Trap, UpdateDeadline};

use super::{
    Fault, Interruption, Protections,
    bindings::{self, Origins, PluginBindings, PluginPre},
    clean,
    engine::{Deadline, DeadlineReached},
    limiter::{Limiter, Refusal},
    recording::{self, Call, Recorder, Tape},
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
    limits: Arc<Limits>,
    protections: Protections,
    /// What the running or last call was given.
    fuel_given: u64,
    /// Where its calls are written down.
    tape: Option<Tape>,
}

/// What bounds one call.
#[derive(Clone, Copy)]
struct Bounds {
    call: &'static str,
    time: Named<u64>,
    output: Named<usize>,
}

/// A limit's value with its name.
#[derive(Clone, Copy)]
struct Named<T> {
    value: T,
    limit: &'static str,
}

/// A limit by its name.
macro_rules! named {
    ($limits:expr, $name:ident) => {
        Named { value: $limits.$name, limit: stringify!($name) }
    };
}

impl Instance {
    pub(super) fn start(
        pre: &PluginPre<Guard>,
        limits: &Arc<Limits>,
        protections: Protections,
        recorder: Option<&Arc<Recorder>>,
    ) -> Result<Self, Fault> {
        let bounds =
            Bounds { call: "start", time: named!(limits, start_ms_max), output: named!(limits, summary_bytes_max) };
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
        let mut instance =
            Self { store, bindings: None, limits: Arc::clone(limits), protections, fuel_given: 0, tape: None };
        // Before anything of the guest runs.
        instance.arm(bounds);
        let started = pre.instantiate(&mut instance.store).map_err(|error| instance.fault(bounds, &error));
        instance.tape = recorder.map(Tape::new);
        if let Some(tape) = &instance.tape {
            let told = started.as_ref().map_or_else(recording::fault_told, |_| serde_json::json!({ "ok": null }));
            tape.write(|_| Call::Start, told);
        }
        instance.bindings = Some(started?);
        Ok(instance)
    }

    /// Writes a call down, where calls are.
    fn write<T: recording::Told, E: ToString>(
        &self,
        call: impl FnOnce(&mut dyn FnMut(&[u8]) -> String) -> Call,
        answer: &Result<Result<T, E>, Fault>,
    ) {
        if let Some(tape) = &self.tape {
            tape.write(call, recording::answer(answer));
        }
    }

    /// The limits that it runs within.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Who the plugin says it is.
    ///
    /// # Errors
    /// A fault.
    pub fn describe(&mut self) -> Result<Description, Fault> {
        let answer = self.call_describe().map(Ok::<_, Infallible>);
        self.write(|_| Call::Describe, &answer);
        answer.map(|Ok(description)| description)
    }

    fn call_describe(&mut self) -> Result<Description, Fault> {
        let (time, output) = (named!(self.limits, explain_ms_max), named!(self.limits, summary_bytes_max));
        let bounds = Bounds { call: "describe", time, output };
        let description: Description =
            self.call(bounds, |bindings, store| Ok(bindings.glassbox_siem_detector().call_describe(store)?.into()))?;
        let text = |text: &str| clean(text, 64);
        Ok(Description {
            name: text(&description.name),
            version: text(&description.version),
            maps: description.maps.iter().take(MAPS_MAX).map(|name| text(name)).collect(),
            pack_format_max: description.pack_format_max,
        })
    }

    /// Loads a pack: once, on a fresh instance. The limits in the settings are those that the plugin was loaded with.
    ///
    /// # Errors
    /// A fault, or why the plugin refuses the pack.
    pub fn configure(&mut self, pack: &[u8], settings: Settings) -> Result<Result<PackSummary, ConfigureError>, Fault> {
        let answer = self.call_configure(pack, settings);
        self.write(
            |keep| Call::Configure {
                pack: keep(pack),
                seed: format!("{:032x}", settings.seed),
                from: settings.from,
                to: settings.to,
            },
            &answer,
        );
        answer
    }

    fn call_configure(
        &mut self,
        pack: &[u8],
        settings: Settings,
    ) -> Result<Result<PackSummary, ConfigureError>, Fault> {
        let (time, output) = (named!(self.limits, configure_ms_max), named!(self.limits, summary_bytes_max));
        let bounds = Bounds { call: "configure", time, output };
        let settings = Settings { limits: self.limits.of_guest(), ..settings };
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
        let answer = self.call_read(batch);
        self.write(|keep| Call::read(batch, keep), &answer);
        answer
    }

    fn call_read(&mut self, batch: &Batch) -> Result<Result<Reading, ReadError>, Fault> {
        // Besides the notes every record can be mentioned a few times.
        let value = self.limits.reading_bytes_max + self.limits.summary_bytes_max;
        let output = Named { value, limit: "reading_bytes_max" };
        let bounds = Bounds { call: "read", time: named!(self.limits, batch_ms_max), output };
        let origins = Origins::new(&batch.origins);
        let params = origins.params();
        let answer: Result<Reading, ReadError> = self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_read(store, bindings::batch(batch, &params))?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })?;
        let limit_bytes = self.limits.reading_bytes_max;
        if answer.as_ref().is_ok_and(|reading| reading.notes.bytes.len() > limit_bytes) {
            self.bindings = None;
            return Err(Fault::OutputTooLarge { call: "read", limit_bytes, limit: "reading_bytes_max" });
        }
        Ok(answer)
    }

    /// Judges notes, each with its sequence.
    ///
    /// # Errors
    /// A fault, or why the plugin refuses the notes.
    pub fn judge(&mut self, notes: &Notes, sequences: &[Sequence]) -> Result<Result<Outcome, JudgeError>, Fault> {
        let answer = self.call_judge(notes, sequences);
        self.write(
            |keep| Call::Judge { notes: keep(&notes.bytes), ends: notes.ends.clone(), sequences: sequences.to_vec() },
            &answer,
        );
        answer
    }

    fn call_judge(&mut self, notes: &Notes, sequences: &[Sequence]) -> Result<Result<Outcome, JudgeError>, Fault> {
        let (time, output) = (named!(self.limits, batch_ms_max), named!(self.limits, outcome_bytes_max));
        let bounds = Bounds { call: "judge", time, output };
        self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_judge(store, notes.into(), sequences)?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })
    }

    /// Says that time has passed without a record: to an instant or, without one, to the end of input.
    ///
    /// # Errors
    /// A fault, or why the plugin refuses.
    pub fn advance(&mut self, at: Sequence, to: Option<EventTime>) -> Result<Result<Outcome, JudgeError>, Fault> {
        let (time, output) = (named!(self.limits, batch_ms_max), named!(self.limits, outcome_bytes_max));
        let bounds = Bounds { call: "advance", time, output };
        let answer = self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_advance(store, at, to)?;
            Ok(answer.map(Into::into).map_err(Into::into))
        });
        self.write(|_| Call::Advance { at, to }, &answer);
        answer
    }

    /// Explains one record against the current state.
    ///
    /// # Errors
    /// A fault, or why the record cannot be explained.
    pub fn explain(&mut self, record: &[u8], origin: &Origin) -> Result<Result<Explanation, ExplainError>, Fault> {
        let answer = self.call_explain(record, origin);
        self.write(|keep| Call::Explain { record: keep(record), origin: origin.clone() }, &answer);
        answer
    }

    fn call_explain(&mut self, record: &[u8], origin: &Origin) -> Result<Result<Explanation, ExplainError>, Fault> {
        let (time, output) = (named!(self.limits, explain_ms_max), named!(self.limits, explanation_bytes_max));
        let bounds = Bounds { call: "explain", time, output };
        let origins = Origins::new(std::slice::from_ref(origin));
        let params = origins.params();
        self.call(bounds, |bindings, store| {
            let answer = bindings.glassbox_siem_detector().call_explain(store, record, params[0].clone())?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })
    }

    /// Which map, logsource, time and values the records of a batch have; fields are positions in the directory.
    ///
    /// # Errors
    /// A fault, or why the plugin refuses the batch.
    pub fn view(&mut self, batch: &Batch, fields: &[u32]) -> Result<Result<View, ReadError>, Fault> {
        let answer = self.call_view(batch, fields);
        self.write(
            |keep| {
                let batch = Call::read(batch, keep);
                Call::View { batch: Box::new(batch), fields: fields.to_vec() }
            },
            &answer,
        );
        answer
    }

    fn call_view(&mut self, batch: &Batch, fields: &[u32]) -> Result<Result<View, ReadError>, Fault> {
        let (time, output) = (named!(self.limits, batch_ms_max), named!(self.limits, outcome_bytes_max));
        let bounds = Bounds { call: "view", time, output };
        let origins = Origins::new(&batch.origins);
        let params = origins.params();
        self.call(bounds, |bindings, store| {
            let batch = bindings::batch(batch, &params);
            let answer = bindings.glassbox_siem_detector().call_view(store, batch, fields)?;
            Ok(answer.map(Into::into).map_err(Into::into))
        })
    }

    /// The state.
    ///
    /// # Errors
    /// A fault, or why there is none.
    pub fn save(&mut self) -> Result<Result<Vec<u8>, StateError>, Fault> {
        let answer = self.call_save();
        self.write(|_| Call::Save, &answer);
        answer
    }

    fn call_save(&mut self) -> Result<Result<Vec<u8>, StateError>, Fault> {
        let (time, output) = (named!(self.limits, state_ms_max), named!(self.limits, state_bytes_max));
        let bounds = Bounds { call: "save", time, output };
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
        let answer = self.call_restore(state);
        self.write(|keep| Call::Restore { state: keep(state) }, &answer);
        answer
    }

    fn call_restore(&mut self, state: &[u8]) -> Result<Result<Restored, StateError>, Fault> {
        let (time, output) = (named!(self.limits, state_ms_max), named!(self.limits, summary_bytes_max));
        let bounds = Bounds { call: "restore", time, output };
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

    /// Units of fuel that the last call burnt; none where fuel is not counted.
    #[must_use]
    pub fn fuel_burnt(&self) -> Option<u64> {
        let left = self.store.get_fuel().ok()?;
        Some(self.fuel_given.saturating_sub(left))
    }

    fn arm(&mut self, bounds: Bounds) {
        match self.protections.interruption {
            Interruption::Epoch => {
                self.store.data_mut().deadline = Deadline::new(bounds.time.value, self.limits.clock_factor_max);
                self.store.set_epoch_deadline(1);
            }
            Interruption::Fuel => {
                self.fuel_given = bounds.time.value.saturating_mul(self.limits.fuel_per_ms);
                // It fails only where the engine counts no fuel, and this one does.
                let _ = self.store.set_fuel(self.fuel_given);
            }
            Interruption::None => {}
        }
        self.store.set_hostcall_fuel(bounds.output.value);
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
        let Bounds { call, time, output } = bounds;
        match self.store.data().limiter.refusal() {
            Some(Refusal::Memory(wanted_bytes)) => {
                return Fault::Memory { call, wanted_bytes, limit_bytes: self.limits.memory_bytes_max };
            }
            Some(Refusal::Table(wanted)) => {
                return Fault::Table { call, wanted, limit: self.limits.table_elements_max };
            }
            None => {}
        }
        let deadline = || Fault::Deadline { call, limit_ms: time.value, limit: time.limit };
        if error.downcast_ref::<DeadlineReached>().is_some() {
            return deadline();
        }
        let said = clean(&format!("{error:#}"), self.limits.text_bytes_max);
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => deadline(),
            Some(Trap::OutOfFuel) => Fault::Fuel { call, fuel: self.fuel_given, limit: time.limit },
            Some(Trap::StackOverflow) => Fault::Stack { call, limit_bytes: self.limits.wasm_stack_bytes_max },
            Some(trap) if is_of_the_boundary(*trap) => Fault::ContractBroken { call, what: said },
            Some(trap) => {
                let message = clean(&trap.to_string(), self.limits.text_bytes_max);
                Fault::Trap { call, message: message.trim_start_matches("wasm trap: ").to_owned() }
            }
            // These two have no type of their own.
            None if said.contains("fuel allocated for hostcalls") => {
                Fault::OutputTooLarge { call, limit_bytes: output.value, limit: output.limit }
            }
            None if said.contains("resource limit exceeded") => {
                Fault::Parts { limit: limit_of_parts(&said), what: said }
            }
            None if error.downcast_ref::<std::io::Error>().is_some() => Fault::Host { call, error: anyhow!(said) },
            None => Fault::ContractBroken { call, what: said },
        }
    }
}

/// The limit that a message of the runtime about too many parts is about.
fn limit_of_parts(said: &str) -> &'static str {
    [("memory", "memories_max"), ("table", "tables_max")]
        .into_iter()
        .find_map(|(part, limit)| said.contains(part).then_some(limit))
        .unwrap_or("core_instances_max")
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
