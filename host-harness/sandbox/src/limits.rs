//! Every limit of the runtime: its name with the unit last, its value in each profile, the bounds within which an
//! operator may set it, and why it is there.
//!
//! What a finding may hold is limited in `glassbox_finding::limits`, which guest and host share.

use std::{fmt, ops::RangeInclusive};

use glassbox_finding::GuestLimits;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// For whom the limits are made. The operator chooses one, never the plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// A plugin compiled from a language like Rust or C.
    #[default]
    Standard,
    /// A plugin that brings an interpreter along: Python, JavaScript.
    Interpreter,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Interpreter];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Interpreter => "interpreter",
        }
    }

    /// What it is for.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Standard => "A plugin compiled from a language like Rust or C",
            Self::Interpreter => "A plugin that brings an interpreter along: Python, JavaScript",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One limit, as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Limit {
    /// Its name, the unit last.
    pub name: &'static str,
    /// What it limits.
    pub about: &'static str,
    /// Its value in the profile `standard`.
    pub standard: u64,
    /// Its value in the profile `interpreter`.
    pub interpreter: u64,
    /// The least value that it may be set to.
    pub least: u64,
    /// The greatest value that it may be set to.
    pub most: u64,
}

impl Limit {
    /// What it may be set to.
    #[must_use]
    pub fn bounds(&self) -> RangeInclusive<u64> {
        self.least..=self.most
    }
}

/// The struct, its profiles and its table from one list: name, type, values of both profiles, bounds.
macro_rules! limits {
    ($($(#[doc = $about:literal])+
       $name:ident: $type:ty = $standard:expr, $interpreter:expr, [$least:expr, $most:expr];)+) => {
        /// What a plugin may use, say and be given, and how often it may fail.
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct Limits { $($(#[doc = $about])+ pub $name: $type,)+ }

        /// All limits, in order.
        pub const LIMITS: &[Limit] = &[$(Limit {
            name: stringify!($name),
            about: concat!($($about),+).trim_ascii_start(),
            standard: $standard,
            interpreter: $interpreter,
            least: $least,
            most: $most,
        },)+];

        impl Limits {
            /// The limits of a profile.
            #[must_use]
            pub fn of(profile: Profile) -> Self {
                match profile {
                    Profile::Standard => Self { $($name: $standard as $type,)+ },
                    Profile::Interpreter => Self { $($name: $interpreter as $type,)+ },
                }
            }

            /// Every limit with its value, in order.
            #[must_use]
            pub fn values(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name as u64),)+]
            }

            /// Sets a limit whose value is known to lie within its bounds.
            fn put(&mut self, name: &str, value: u64) {
                match name {
                    $(stringify!($name) => self.$name = value as $type,)+
                    _ => unreachable!("the name was found in the table made of the same list"),
                }
            }
        }
    };
}

limits! {
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
    /// Steps that all rules together may take on one record; rules beyond are left undecided.
    record_steps_max: u64 = 1 << 26, 1 << 26, [1, 1 << 40];
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
    /// Milliseconds of the longest quarantine. A plugin without a fault for so long begins anew.
    quarantine_ms_max: u64 = 3_600_000, 3_600_000, [1, 604_800_000];
    /// Of so many batches one is read again on a fresh instance, which must say the same; 0 to read none again.
    reread_batches: u64 = 256, 256, [0, 1_000_000_000];
    /// Bytes of notes kept since the last checkpoint, to be judged again after a fault.
    replay_bytes_max: usize = 16 * MIB, 16 * MIB, [0, GIB];
    /// Bytes that one compressed source may become when it is unpacked; more is taken for a bomb.
    decompressed_bytes_max: u64 = 64 * GIB, 64 * GIB, [KIB, 1 << 50];
    /// How many times larger than its compressed bytes a source may become.
    decompressed_ratio_max: u64 = 1_000, 1_000, [1, 1_000_000];
    /// Bytes that a source may become before its ratio is looked at: small files of equal lines compress without bound.
    decompressed_bytes_free: u64 = 64 * MIB, 64 * MIB, [0, GIB];
    /// Compressions and archives inside each other that are opened.
    unpacked_layers_max: usize = 4, 4, [0, 16];
    /// Files of one archive that are read.
    archive_members_max: u64 = 100_000, 100_000, [0, 100_000_000];
    /// Bytes of a zip archive that comes as a stream or inside another archive: it is copied to a temporary file first.
    archive_spooled_bytes_max: u64 = GIB, GIB, [0, 1 << 40];
    /// Compiled components kept in the cache; the ones used longest ago go first.
    cache_entries_max: usize = 16, 16, [1, 10_000];
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(Profile::Standard)
    }
}

/// Why a limit cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// There is none of this name.
    #[error("there is no limit `{name}`{}; `glassbox inspect` lists them", near(.name))]
    Unknown {
        /// What was written.
        name: String,
    },
    /// It is not `NAME=VALUE`.
    #[error("`{0}` sets no limit: write NAME=VALUE, such as memory_bytes_max=128MiB or batch_ms_max=500")]
    NoAssignment(String),
    /// The value is no number in the limit's unit.
    #[error("`{value}` is no value of {name}: write a whole number{}", unit(.name))]
    NotANumber {
        /// The limit.
        name: &'static str,
        /// What was written.
        value: String,
    },
    /// The value lies outside what may be set.
    #[error("{name} may be set from {least} to {most}, and not to {value}")]
    OutOfBounds {
        /// The limit.
        name: &'static str,
        /// What was wanted.
        value: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// Two limits contradict each other.
    #[error("{lower}={low} and {upper}={high} do not go together: {upper} must be at least {needed}; set it higher")]
    Conflict {
        /// The one that needs room.
        lower: &'static str,
        /// Its value.
        low: u64,
        /// The one that gives it.
        upper: &'static str,
        /// Its value.
        high: u64,
        /// What it must be.
        needed: u64,
    },
    /// A line of a file of limits.
    #[error("line {line}: {error}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        error: Box<LimitError>,
    },
}

/// The names that a wrong one may have meant.
fn near(name: &str) -> String {
    let stem = name.split('_').next().unwrap_or_default();
    let like: Vec<_> = LIMITS.iter().map(|limit| limit.name).filter(|it| it.split('_').next() == Some(stem)).collect();
    if like.is_empty() { String::new() } else { format!(" (is it {}?)", like.join(" or ")) }
}

fn unit(name: &str) -> &'static str {
    if name.contains("_bytes") {
        " of bytes, or one with KiB, MiB or GiB"
    } else if name.contains("_ms") {
        " of milliseconds, or one with s"
    } else {
        ""
    }
}

impl Limits {
    /// Sets one limit from `NAME=VALUE`. Values may carry a unit (`64MiB`, `2s`) and `_` between digits.
    ///
    /// # Errors
    /// When there is no such limit, or it cannot have that value.
    pub fn set(&mut self, assignment: &str) -> Result<(), LimitError> {
        let (name, value) =
            assignment.split_once('=').ok_or_else(|| LimitError::NoAssignment(assignment.to_owned()))?;
        let (name, value) = (name.trim(), value.trim());
        let limit = LIMITS.iter().find(|limit| limit.name == name);
        let limit = limit.ok_or_else(|| LimitError::Unknown { name: name.to_owned() })?;
        let number = number(limit.name, value);
        let number = number.ok_or_else(|| LimitError::NotANumber { name: limit.name, value: value.to_owned() })?;
        if !limit.bounds().contains(&number) {
            let Limit { name, least, most, .. } = *limit;
            return Err(LimitError::OutOfBounds { name, value: number, least, most });
        }
        self.put(name, number);
        Ok(())
    }

    /// Sets the limits that a text names, one `NAME = VALUE` a line; `#` begins a comment.
    ///
    /// # Errors
    /// The first line that sets no limit.
    pub fn set_all(&mut self, text: &str) -> Result<(), LimitError> {
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.split('#').next().unwrap_or_default().trim();
            if !content.is_empty() {
                self.set(content).map_err(|error| LimitError::Line { line, error: Box::new(error) })?;
            }
        }
        Ok(())
    }

    /// Whether the limits go together.
    ///
    /// # Errors
    /// The first two that do not.
    pub fn agree(&self) -> Result<(), LimitError> {
        let at_least = |lower, low: u64, more: u64, upper, high: u64| {
            let needed = low + more;
            if high < needed { Err(LimitError::Conflict { lower, low, upper, high, needed }) } else { Ok(()) }
        };
        let stack = self.wasm_stack_bytes_max as u64;
        at_least("wasm_stack_bytes_max", stack, MIB, "thread_stack_bytes", self.thread_stack_bytes as u64)?;
        let (shortest, longest) = (self.quarantine_ms_min, self.quarantine_ms_max);
        at_least("quarantine_ms_min", shortest, 0, "quarantine_ms_max", longest)?;
        let (record, batch) = (self.record_bytes_max as u64, self.batch_bytes_max as u64);
        at_least("record_bytes_max", record, 0, "batch_bytes_max", batch)
    }
}

impl Limits {
    /// The limits that a plugin is given to act on.
    #[must_use]
    pub fn of_guest(&self) -> GuestLimits {
        // Their bounds lie within 32 bits.
        GuestLimits {
            batch_records_max: self.batch_records_max as u32,
            batch_bytes_max: self.batch_bytes_max as u32,
            record_bytes_max: self.record_bytes_max as u32,
            notes_bytes_max: self.reading_bytes_max as u32,
            record_steps_max: self.record_steps_max,
        }
    }
}

/// A whole number in the limit's own unit.
fn number(name: &str, text: &str) -> Option<u64> {
    let suffixes: &[(&str, u64)] = if name.contains("_bytes") {
        &[("KiB", KIB), ("MiB", MIB), ("GiB", GIB)]
    } else if name.contains("_ms") {
        &[("ms", 1), ("s", 1_000)]
    } else {
        &[]
    };
    let with_unit = suffixes.iter().find_map(|&(suffix, unit)| Some((text.strip_suffix(suffix)?.trim_end(), unit)));
    let (digits, unit) = with_unit.unwrap_or((text, 1));
    let plain: String = digits.chars().filter(|&character| character != '_').collect();
    let digits_only = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    digits_only.then(|| plain.parse::<u64>().ok())??.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_lies_within_its_bounds_and_agrees() {
        for limit in LIMITS {
            for value in [limit.standard, limit.interpreter] {
                assert!(limit.bounds().contains(&value), "{}: {value}", limit.name);
            }
            assert!(limit.standard <= limit.interpreter, "{}: the interpreter has no less room", limit.name);
            assert!(!limit.about.is_empty() && !limit.about.starts_with(' '), "{}", limit.name);
        }
        for profile in Profile::ALL {
            assert_eq!(Limits::of(profile).agree(), Ok(()), "{profile}");
        }
    }

    #[test]
    fn every_limit_can_be_set_to_its_bounds_and_not_beyond() {
        for limit in LIMITS {
            let set = |value: u64| {
                let mut limits = Limits::default();
                limits.set(&format!("{}={value}", limit.name)).map(|()| limits)
            };
            for value in [limit.least, limit.most] {
                let limits = set(value).unwrap_or_else(|error| panic!("{error}"));
                let got = limits.values().into_iter().find(|(name, _)| *name == limit.name);
                assert_eq!(got, Some((limit.name, value)));
            }
            let refused = |value| matches!(set(value), Err(LimitError::OutOfBounds { name, .. }) if name == limit.name);
            assert!(refused(limit.most + 1), "{}", limit.name);
            assert!(limit.least == 0 || refused(limit.least - 1), "{}", limit.name);
        }
    }

    #[test]
    fn values_as_people_write_them() {
        let check = |text: &str, expected: Option<u64>| {
            let mut limits = Limits::default();
            let name = text.split('=').next().unwrap_or_default().trim();
            let set = limits.set(text).map(|()| limits.values().into_iter().find(|it| it.0 == name).map(|it| it.1));
            assert_eq!(set.ok().flatten(), expected, "{text}");
        };
        check("memory_bytes_max=134217728", Some(128 * MIB));
        check("memory_bytes_max = 128MiB", Some(128 * MIB));
        check("memory_bytes_max=1 GiB", Some(GIB));
        check("memory_bytes_max=100_000", Some(100_000));
        check("batch_ms_max=2s", Some(2_000));
        check("batch_ms_max=500ms", Some(500));
        check("batch_ms_max=1MiB", None);
        check("memories_max=2s", None);
        check("memory_bytes_max=-1", None);
        check("memory_bytes_max=", None);
        check("memory_bytes_max=1e9", None);
        check("memory_bytes_max=99999999999999999999", None);
        check("memory_bytes_max=18446744073709551615GiB", None);
    }

    #[test]
    fn what_cannot_be_set_is_said_with_the_way_out() {
        let check = |text: &str, parts: &[&str]| {
            let mut limits = Limits::default();
            let said = limits.set_all(text).and_then(|()| limits.agree()).expect_err(text).to_string();
            for part in parts {
                assert!(said.contains(part), "{said:?} does not say {part:?}");
            }
        };
        check("# a file\n\nmemory_max=1", &["line 3", "no limit `memory_max`", "memory_bytes_max", "glassbox inspect"]);
        check("batch_ms_max 5", &["line 1", "NAME=VALUE"]);
        check("batch_ms_max=fast", &["`fast` is no value of batch_ms_max", "milliseconds"]);
        check("batch_bytes_max=2MiB", &["from 1 to 1048576, and not to 2097152"]);
        check("wasm_stack_bytes_max = 4MiB # deep", &["thread_stack_bytes must be at least 5242880"]);
        check("quarantine_ms_min=2s\nquarantine_ms_max=1s", &["quarantine_ms_max must be at least 2000"]);
        check("batch_bytes_max=10", &["record_bytes_max=1048576", "batch_bytes_max must be at least 1048576"]);
    }
}
