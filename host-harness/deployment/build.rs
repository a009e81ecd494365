//! Builds the guest and turns it into the component that the host carries.
//!
//! How a guest is built says `build/guest.rs`, which the tests' build script includes, too.

#[path = "build/guest.rs"]
mod guest;

use std::{fs, process::exit};

use anyhow::{Context, Result};

fn main() {
    if let Err(error) = build() {
        // The first line is shown as cargo's own error, all of it among the script's output.
        let error = format!("{error:#}");
        println!("cargo::error={}", error.lines().next().unwrap_or_default());
        eprintln!("{error}");
        exit(1);
    }
}

fn build() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let component = guest::component("crates/plugin", "glassbox-plugin")?;
    fs::write(guest::out()?.join("plugin.wasm"), component).context("writing plugin.wasm")
}
