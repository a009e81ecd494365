//! `glassbox new`: a plugin to begin with, as files.

use std::{fs, path::PathBuf};

use anyhow::Context;

use super::say;
use crate::{
    cli::NewArgs,
    exit::{Exit, Failure},
};

/// What is in the template is replaced by the plugin's name, as a package and as a library.
const NAME: &str = "{{name}}";
const LIBRARY: &str = "{{library}}";

/// The files: path and text. Those of Rust lie under another name where they are kept, lest this workspace takes them
/// for its own.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../../template/Cargo.toml.template")),
    ("src/lib.rs", include_str!("../../template/lib.rs.template")),
    ("wit/siem.wit", include_str!("../../../../wit/siem.wit")),
    ("rules/burst.yml", include_str!("../../template/burst.yml")),
    ("model.json", include_str!("../../template/model.json")),
    ("known-answers.json", include_str!("../../template/known-answers.json")),
    ("samples/day.log", include_str!("../../template/day.log")),
    ("build", include_str!("../../template/build")),
    ("README.md", include_str!("../../template/README.md")),
    (".gitignore", "target/\n*.wasm\n*.pack\n"),
];

pub(super) fn run(args: &NewArgs) -> Result<Exit, Failure> {
    let is_name = args.name.starts_with(|first: char| first.is_ascii_lowercase())
        && args.name.len() <= 40
        && args.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !is_name {
        let wrong = format!(
            "`{}` cannot be a plugin's name: use up to 40 lower-case letters, digits and `-`, a letter first",
            args.name
        );
        return Err(Failure::new(Exit::Usage, wrong));
    }
    let folder = args.into.clone().unwrap_or_else(|| PathBuf::from(".")).join(&args.name);
    if folder.exists() {
        let there = format!("{} is there already: give another name, or --into another folder", folder.display());
        return Err(Failure::new(Exit::Usage, there));
    }
    let library = args.name.replace('-', "_");
    for (path, text) in FILES {
        let path = folder.join(path);
        let write = || -> std::io::Result<()> {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, text.replace(NAME, &args.name).replace(LIBRARY, &library))?;
            #[cfg(unix)]
            if path.file_name().is_some_and(|name| name == "build") {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            }
            Ok(())
        };
        write().with_context(|| format!("{} cannot be written", path.display()))?;
    }
    say(format!("{} is a plugin; `cd {0} && ./build` builds, certifies and tries it", folder.display()));
    Ok(Exit::Done)
}
