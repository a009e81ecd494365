//! The engine: what WebAssembly may be, how it is compiled, and the clock that interrupts it.

use std::{
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use wasmtime::{Config, Engine, EngineWeak};

use super::{Interruption, Protections};
use crate::limits::Limits;

/// How often a call looks at its deadline.
const TICK: Duration = Duration::from_millis(5);

/// An engine for these limits, ticking.
pub(super) fn engine(limits: &Limits, protections: Protections) -> wasmtime::Result<Engine> {
    let engine = Engine::new(&config(limits, protections))?;
    tick(&engine);
    Ok(engine)
}

/// An engine that compiles for the others and runs nothing.
pub(super) fn compiler(limits: &Limits, protections: Protections) -> wasmtime::Result<Engine> {
    Engine::new(&config(limits, protections))
}

fn config(limits: &Limits, protections: Protections) -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true).max_wasm_stack(limits.wasm_stack_bytes_max);
    config.epoch_interruption(protections.interruption == Interruption::Epoch);
    config.consume_fuel(protections.interruption == Interruption::Fuel);
    // Off by choice. Threads, garbage collection, exceptions and component async are not even compiled into the
    // runtime: see the features in the workspace's Cargo.toml.
    config
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_stack_switching(false)
        .wasm_shared_everything_threads(false);
    config.wasm_component_model_error_context(false).wasm_component_model_map(false);
    config.wasm_component_model_memory64(false).wasm_component_model_fixed_length_lists(false);
    // Deterministic: the same bytes on every processor.
    config.wasm_relaxed_simd(false).cranelift_nan_canonicalization(true);
    // Nobody reads a guest's addresses; without them the compiled form is smaller.
    config.generate_address_map(false).wasm_backtrace_max_frames(None);
    config
}

/// Makes the engine's epoch advance for as long as it lives, by the one thread of this process that does so.
fn tick(engine: &Engine) {
    static ENGINES: OnceLock<Mutex<Vec<EngineWeak>>> = OnceLock::new();
    let engines = ENGINES.get_or_init(|| {
        let ticking = || {
            loop {
                thread::sleep(TICK);
                if let Some(engines) = ENGINES.get() {
                    lock(engines).retain(|engine| engine.upgrade().inspect(Engine::increment_epoch).is_some());
                }
            }
        };
        // Without the clock nothing would ever stop a guest, so there is nothing to go on with.
        thread::Builder::new().name("epoch".to_owned()).spawn(ticking).expect("a thread for the sandbox's clock");
        Mutex::default()
    });
    lock(engines).push(engine.weak());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When the running call must be over.
#[derive(Debug)]
pub(super) struct Deadline {
    computing_until: Duration,
    clock_until: Instant,
}

/// The call ran into its deadline.
#[derive(Debug, thiserror::Error)]
#[error("deadline")]
pub(super) struct DeadlineReached;

impl Deadline {
    /// A deadline from now on, for a call on this thread.
    pub(super) fn new(limit_ms: u64, clock_factor: u32) -> Self {
        Self::from(computed(), Instant::now(), limit_ms, clock_factor)
    }

    pub(super) fn is_reached(&self) -> bool {
        self.is_reached_at(computed(), Instant::now())
    }

    /// `limit_ms` of computing on, and so many times longer on the clock.
    fn from(computed: Duration, now: Instant, limit_ms: u64, clock_factor: u32) -> Self {
        let limit = Duration::from_millis(limit_ms);
        Self { computing_until: computed + limit, clock_until: now + limit * clock_factor }
    }

    fn is_reached_at(&self, computed: Duration, now: Instant) -> bool {
        computed >= self.computing_until || now >= self.clock_until
    }
}

/// How long this thread has been computing: on a busy machine much less than the clock says.
#[cfg(unix)]
fn computed() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
}

/// Without such a clock, the time that passed.
#[cfg(not(unix))]
fn computed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A guest that computes is stopped by the first of the two, one that only takes time by the second: 10 ms here,
    /// and three times that.
    #[test]
    fn the_clock_ends_what_does_not_compute() {
        let (computed, now) = (Duration::from_secs(7), Instant::now());
        let deadline = Deadline::from(computed, now, 10, 3);
        let check = |computed_ms, passed_ms, reached| {
            let at = (computed + Duration::from_millis(computed_ms), now + Duration::from_millis(passed_ms));
            assert_eq!(deadline.is_reached_at(at.0, at.1), reached, "{computed_ms} ms computed in {passed_ms} ms");
        };
        check(0, 0, false);
        check(9, 29, false);
        check(10, 10, true);
        check(0, 29, false);
        check(0, 30, true);
    }
}
