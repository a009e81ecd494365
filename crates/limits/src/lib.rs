//! Limits that an operator may set: what a limit is, tables of them, values as people write them, and errors that say the
//! way out. Each package declares its own table beside the code that the limits bound; the macro [`limits!`] makes of one
//! list the struct, its profiles and the table.
//!
//! Nothing here bounds anything by itself, and nothing reads a file.

use std::{fmt, ops::RangeInclusive};

/// 1024 bytes.
pub const KIB: u64 = 1 << 10;
/// 1024 KiB.
pub const MIB: u64 = 1 << 20;
/// 1024 MiB.
pub const GIB: u64 = 1 << 30;

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

/// One limit, as people see it.
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

/// The limits of one package, with their values.
pub trait LimitTable {
    /// What can be set, in order.
    fn limits(&self) -> &'static [Limit];

    /// Every limit with its value, in order.
    fn values(&self) -> Vec<(&'static str, u64)>;

    /// Sets a limit of this table to a value that lies within its bounds.
    fn put(&mut self, name: &str, value: u64);
}

/// Declares a table of limits from one list: a doc comment that says what is limited, the name with its unit last, the type,
/// the values of both profiles, and the bounds within which an operator may set it.
///
/// ```
/// glassbox_limits::limits! {
///     /// What a mailbox holds.
///     pub struct Limits;
///     /// Bytes of one letter.
///     letter_bytes_max: usize = 1 << 20, 1 << 20, [1, 1 << 30];
/// }
///
/// let mut limits = Limits::default();
/// limits.set("letter_bytes_max = 2MiB")?;
/// assert_eq!(limits.letter_bytes_max, 2 << 20);
/// # Ok::<(), glassbox_limits::LimitError>(())
/// ```
#[macro_export]
macro_rules! limits {
    ($(#[$meta:meta])* pub struct $limits:ident;
     $($(#[doc = $about:literal])+
       $name:ident: $type:ty = $standard:expr, $interpreter:expr, [$least:expr, $most:expr];)+) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $limits { $($(#[doc = $about])+ pub $name: $type,)+ }

        /// The limits of this table, in order.
        pub const LIMITS: &[$crate::Limit] = &[$($crate::Limit {
            name: stringify!($name),
            about: concat!($($about),+).trim_ascii_start(),
            standard: $standard,
            interpreter: $interpreter,
            least: $least,
            most: $most,
        },)+];

        impl $limits {
            /// The limits of a profile.
            #[must_use]
            pub fn of(profile: $crate::Profile) -> Self {
                match profile {
                    $crate::Profile::Standard => Self { $($name: $standard as $type,)+ },
                    $crate::Profile::Interpreter => Self { $($name: $interpreter as $type,)+ },
                }
            }

            /// Every limit with its value, in order.
            #[must_use]
            pub fn values(&self) -> Vec<(&'static str, u64)> {
                $crate::LimitTable::values(self)
            }

            /// Sets one limit from `NAME=VALUE`.
            ///
            /// # Errors
            /// When this table has no such limit, or it cannot have that value.
            pub fn set(&mut self, assignment: &str) -> Result<(), $crate::LimitError> {
                $crate::set(&mut [self], assignment)
            }

            /// Sets the limits that a text names, one `NAME = VALUE` a line; `#` begins a comment.
            ///
            /// # Errors
            /// The first line that does not set a limit.
            pub fn set_all(&mut self, text: &str) -> Result<(), $crate::LimitError> {
                $crate::set_all(&mut [self], text)
            }
        }

        impl Default for $limits {
            fn default() -> Self {
                Self::of($crate::Profile::Standard)
            }
        }

        impl $crate::LimitTable for $limits {
            fn limits(&self) -> &'static [$crate::Limit] {
                LIMITS
            }

            fn values(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name as u64),)+]
            }

            fn put(&mut self, name: &str, value: u64) {
                match name {
                    $(stringify!($name) => self.$name = value as $type,)+
                    _ => unreachable!("the name was found in the table made of the same list"),
                }
            }
        }
    };
}

/// Why a limit cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// There is none of this name.
    #[error("there is no limit `{name}`{}; `glassbox inspect` lists them", suggestion(.near))]
    Unknown {
        /// What was written.
        name: String,
        /// Limits whose names begin alike.
        near: Vec<&'static str>,
    },
    /// It is not `NAME=VALUE`.
    #[error("`{0}` does not set a limit: write NAME=VALUE, such as memory_bytes_max=128MiB or batch_ms_max=500")]
    NoAssignment(String),
    /// The value is not a number in the limit's unit.
    #[error("`{value}` is not a value of {name}: write a whole number{}", unit(.name))]
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
    #[error("{lower}={low} and {upper}={high} contradict each other: {upper} must be at least {needed}; set it higher")]
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
fn suggestion(near: &[&str]) -> String {
    if near.is_empty() { String::new() } else { format!(" (is it {}?)", near.join(" or ")) }
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

/// Sets one limit of some tables from `NAME=VALUE`. Values may carry a unit (`64MiB`, `2s`) and `_` between digits.
///
/// # Errors
/// When no table has such a limit, or it cannot have that value.
pub fn set(tables: &mut [&mut dyn LimitTable], assignment: &str) -> Result<(), LimitError> {
    let (name, value) = assignment.split_once('=').ok_or_else(|| LimitError::NoAssignment(assignment.to_owned()))?;
    let (name, value) = (name.trim(), value.trim());
    for table in tables.iter_mut() {
        if let Some(limit) = table.limits().iter().find(|limit| limit.name == name) {
            let number = number(limit.name, value);
            let number = number.ok_or_else(|| LimitError::NotANumber { name: limit.name, value: value.to_owned() })?;
            if !limit.bounds().contains(&number) {
                let Limit { name, least, most, .. } = *limit;
                return Err(LimitError::OutOfBounds { name, value: number, least, most });
            }
            table.put(name, number);
            return Ok(());
        }
    }
    let stem = |name: &str| name.split('_').next().unwrap_or_default().to_owned();
    let all = tables.iter().flat_map(|table| table.limits()).map(|limit| limit.name);
    let near = all.filter(|known| stem(known) == stem(name)).collect();
    Err(LimitError::Unknown { name: name.to_owned(), near })
}

/// Sets the limits of some tables that a text names, one `NAME = VALUE` a line; `#` begins a comment.
///
/// # Errors
/// The first line that does not set a limit.
pub fn set_all(tables: &mut [&mut dyn LimitTable], text: &str) -> Result<(), LimitError> {
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.split('#').next().unwrap_or_default().trim();
        if !content.is_empty() {
            set(tables, content).map_err(|error| LimitError::Line { line, error: Box::new(error) })?;
        }
    }
    Ok(())
}

/// Whether one limit leaves room for another: `high` is at least `low` and `more`.
///
/// # Errors
/// When it does not.
pub fn leaves_room(
    (lower, low): (&'static str, u64),
    more: u64,
    (upper, high): (&'static str, u64),
) -> Result<(), LimitError> {
    let needed = low + more;
    if high < needed { Err(LimitError::Conflict { lower, low, upper, high, needed }) } else { Ok(()) }
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
#[allow(unreachable_pub, reason = "the macro makes public tables")]
mod tests {
    use super::{GIB, KIB, LimitError, MIB, Profile};

    limits! {
        /// A table to try.
        pub struct Limits;
        /// Bytes of memory.
        memory_bytes_max: usize = 64 * MIB, 256 * MIB, [64 * KIB, 4 * GIB];
        /// Memories.
        memories_max: usize = 16, 64, [1, 100];
        /// Milliseconds of a batch.
        batch_ms_max: u64 = 1_000, 10_000, [1, 600_000];
    }

    #[test]
    fn a_profile_gives_the_values() {
        assert_eq!(Limits::of(Profile::Standard), Limits::default());
        assert_eq!(Limits::of(Profile::Interpreter).memories_max, 64);
        assert_eq!(LIMITS[1].about, "Memories.");
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
    fn what_cannot_be_set_is_reported_with_the_way_out() {
        let check = |text: &str, parts: &[&str]| {
            let said = Limits::default().set_all(text).expect_err(text).to_string();
            for part in parts {
                assert!(said.contains(part), "{said:?} does not say {part:?}");
            }
        };
        check("# a file\n\nmemory_max=1", &["line 3", "no limit `memory_max`", "memory_bytes_max", "glassbox inspect"]);
        check("batch_ms_max 5", &["line 1", "NAME=VALUE"]);
        check("batch_ms_max=fast", &["`fast` is not a value of batch_ms_max", "milliseconds"]);
        check("memories_max=101", &["from 1 to 100, and not to 101"]);
    }

    #[test]
    fn limits_that_contradict_each_other_are_named() {
        assert_eq!(super::leaves_room(("stack", 3), 1, ("thread", 4)), Ok(()));
        let said = super::leaves_room(("stack", 3), 2, ("thread", 4)).expect_err("too little");
        assert!(matches!(said, LimitError::Conflict { needed: 5, .. }));
        assert!(said.to_string().contains("thread must be at least 5"), "{said}");
    }
}
