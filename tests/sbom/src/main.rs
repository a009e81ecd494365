//! Writes the software bill of materials of what a release ships, in CycloneDX 1.6 (<https://cyclonedx.org/docs/1.6/json/>).
//!
//!     sbom PACKAGE TARGET [PACKAGE TARGET]... > glassbox.cdx.json
//!
//! Each package is shipped as it is built for a target; the plugin is shipped inside the command and is listed by its own
//! package and target, as no dependency of Cargo leads there. The bill lists what they are made of, with the checksums of
//! Cargo.lock. What only builds them (build scripts, macros' own tools) has the scope `excluded`; what only tests them is
//! not listed. The same lock file gives the same bytes: there is neither a time nor a random number in it.

mod bill;
mod metadata;

use std::{
    env, fs,
    io::{self, Write},
};

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() || !arguments.len().is_multiple_of(2) {
        bail!("usage: sbom PACKAGE TARGET [PACKAGE TARGET]... > FILE");
    }
    let mut shipped = Vec::new();
    for pair in arguments.chunks_exact(2) {
        shipped.push((pair[0].as_str(), metadata::of_target(&pair[1])?));
    }
    let lock = shipped.first().map(|(_, metadata)| metadata.workspace_root.join("Cargo.lock"));
    let lock = lock.context("there is a package")?;
    let lock = fs::read_to_string(&lock).with_context(|| lock.display().to_string())?;
    let bill = bill::of(&shipped, &metadata::checksums(&lock))?;
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &bill)?;
    writeln!(out)?;
    Ok(())
}
