//! How the sandbox is set on the command line.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use glassbox_limits::Profile;

use crate::limits::HostLimits;

/// What a plugin may use. `glassbox inspect` lists every limit with its bounds.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Sandbox")]
pub struct SandboxArgs {
    /// The limits to begin with: `interpreter` for plugins that bring one along, such as those in Python.
    #[arg(long, value_name = "PROFILE", value_parser = profile(), default_value = Profile::Standard.name(), hide_default_value = true)]
    pub profile: Profile,
    /// Set limits from a file: one NAME = VALUE a line, `#` for comments.
    #[arg(long, value_name = "FILE")]
    pub sandbox_limits: Option<PathBuf>,
    /// Set one limit, such as memory_bytes_max=128MiB. May be given more than once; the last one counts.
    #[arg(long, value_name = "NAME=VALUE")]
    pub sandbox_limit: Vec<String>,
}

/// Reads a profile's name.
fn profile() -> impl TypedValueParser<Value = Profile> {
    let names = Profile::ALL.map(|profile| PossibleValue::new(profile.name()).help(profile.about()));
    let named = |name: String| Profile::ALL.into_iter().find(|profile| profile.name() == name).unwrap_or_default();
    PossibleValuesParser::new(names).map(named)
}

impl SandboxArgs {
    /// The profile's limits, then the file's, then those given one by one.
    ///
    /// # Errors
    /// When a limit cannot be set so, or two do not go together.
    pub fn limits(&self) -> anyhow::Result<HostLimits> {
        let mut limits = HostLimits::of(self.profile);
        if let Some(path) = &self.sandbox_limits {
            let name = path.display().to_string();
            let text = fs::read_to_string(path).with_context(|| format!("the limits {name} cannot be read"))?;
            limits.set_all(&text).context(name)?;
        }
        for assignment in &self.sandbox_limit {
            limits.set(assignment)?;
        }
        limits.agree()?;
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::SandboxArgs;
    use glassbox_limits::Profile;

    #[test]
    fn the_profile_comes_first_then_the_file_then_single_limits() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("limits");
        std::fs::write(&path, "# ours\nmemory_bytes_max = 32MiB\nbatch_ms_max = 5s\n").expect("the folder takes it");
        let mut args = SandboxArgs {
            profile: Profile::Interpreter,
            sandbox_limits: Some(path.clone()),
            sandbox_limit: vec!["batch_ms_max=7".to_owned(), "batch_ms_max=8".to_owned()],
        };
        let limits = args.limits().expect("they can be set");
        let limits = limits.sandbox;
        assert_eq!((limits.component_bytes_max, limits.memory_bytes_max, limits.batch_ms_max), (32 << 20, 32 << 20, 8));
        args.sandbox_limit.push("batch_ms_max".to_owned());
        assert!(args.limits().expect_err("no assignment").to_string().contains("NAME=VALUE"));
        std::fs::write(&path, "batch_ms_max = soon").expect("the folder takes it");
        let said = format!("{:#}", args.limits().expect_err("no number"));
        assert!(said.contains("limits: line 1: `soon` is not a value of batch_ms_max"), "{said}");
    }
}
