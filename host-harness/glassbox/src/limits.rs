//! All limits of the host: the tables of the packages, set and listed together.

use glassbox_limits::{Limit, LimitError, LimitTable, Profile, set, set_all};

/// The limits of every package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLimits {
    /// What a plugin may use, say and be given.
    pub sandbox: glassbox_sandbox::limits::Limits,
    /// What a pack may be built from.
    pub packs: glassbox_packs::limits::Limits,
    /// What a source may become.
    pub source: glassbox_source::limits::Limits,
    /// How often a plugin may fail in a run, and what is done again.
    pub run: glassbox_run::limits::Limits,
}

impl HostLimits {
    /// The limits of a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self {
            sandbox: glassbox_sandbox::limits::Limits::of(profile),
            packs: glassbox_packs::limits::Limits::of(profile),
            source: glassbox_source::limits::Limits::of(profile),
            run: glassbox_run::limits::Limits::of(profile),
        }
    }

    fn tables(&mut self) -> [&mut dyn LimitTable; 4] {
        [&mut self.sandbox, &mut self.packs, &mut self.source, &mut self.run]
    }

    /// Every limit with its value, package by package.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static Limit, u64)> {
        let tables: [&dyn LimitTable; 4] = [&self.sandbox, &self.packs, &self.source, &self.run];
        let table = |table: &dyn LimitTable| {
            table.limits().iter().zip(table.values()).map(|(limit, (_, value))| (limit, value)).collect::<Vec<_>>()
        };
        tables.into_iter().flat_map(table).collect()
    }

    /// Sets one limit from `NAME=VALUE`.
    ///
    /// # Errors
    /// When there is no such limit, or it cannot have that value.
    pub fn set(&mut self, assignment: &str) -> Result<(), LimitError> {
        set(&mut self.tables(), assignment)
    }

    /// Sets the limits that a text names, one `NAME = VALUE` a line; `#` begins a comment.
    ///
    /// # Errors
    /// The first line that does not set a limit.
    pub fn set_all(&mut self, text: &str) -> Result<(), LimitError> {
        set_all(&mut self.tables(), text)
    }

    /// Whether the limits go together.
    ///
    /// # Errors
    /// The first two that do not.
    pub fn agree(&self) -> Result<(), LimitError> {
        self.sandbox.agree()?;
        self.run.agree()
    }
}

impl Default for HostLimits {
    fn default() -> Self {
        Self::of(Profile::Standard)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use glassbox_limits::{LimitError, Profile};

    use super::HostLimits;

    #[test]
    fn every_profile_lies_within_its_bounds_and_agrees() {
        let values = HostLimits::default().values();
        let names: BTreeSet<&str> = values.iter().map(|(limit, _)| limit.name).collect();
        assert_eq!(names.len(), values.len(), "no two limits have one name");
        for (limit, _) in values {
            for value in [limit.standard, limit.interpreter] {
                assert!(limit.bounds().contains(&value), "{}: {value}", limit.name);
            }
            assert!(limit.standard <= limit.interpreter, "{}: the interpreter has no less room", limit.name);
            assert!(!limit.about.is_empty() && !limit.about.starts_with(' '), "{}", limit.name);
        }
        for profile in Profile::ALL {
            assert_eq!(HostLimits::of(profile).agree(), Ok(()), "{profile}");
        }
    }

    #[test]
    fn every_limit_can_be_set_to_its_bounds_and_not_beyond() {
        for (limit, _) in HostLimits::default().values() {
            let set = |value: u64| {
                let mut limits = HostLimits::default();
                limits.set(&format!("{}={value}", limit.name)).map(|()| limits)
            };
            for value in [limit.least, limit.most] {
                let limits = set(value).unwrap_or_else(|error| panic!("{error}"));
                let got = limits.values().into_iter().find(|(it, _)| it.name == limit.name).map(|(_, value)| value);
                assert_eq!(got, Some(value), "{}", limit.name);
            }
            let refused = |value| matches!(set(value), Err(LimitError::OutOfBounds { name, .. }) if name == limit.name);
            assert!(refused(limit.most + 1), "{}", limit.name);
            assert!(limit.least == 0 || refused(limit.least - 1), "{}", limit.name);
        }
    }

    #[test]
    fn limits_that_contradict_each_other_are_reported() {
        let check = |text: &str, part: &str| {
            let mut limits = HostLimits::default();
            let said = limits.set_all(text).and_then(|()| limits.agree()).expect_err(text).to_string();
            assert!(said.contains(part), "{said:?} does not say {part:?}");
        };
        check("batch_bytes_max=2MiB", "from 1 to 1048576, and not to 2097152");
        check("wasm_stack_bytes_max = 4MiB # deep", "thread_stack_bytes must be at least 5242880");
        check("quarantine_ms_min=2s\nquarantine_ms_max=1s", "quarantine_ms_max must be at least 2000");
        check("batch_bytes_max=10", "batch_bytes_max must be at least 1048576");
        check("decompressed_max=1", "decompressed_bytes_max");
    }
}
