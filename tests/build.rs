//! Builds the guests that misbehave, as the host's build script builds the real one.

#[path = "../host-harness/build/guest.rs"]
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
    let component = guest::component("tests/guests/actor", "glassbox-guest-actor")?;
    fs::write(guest::out()?.join("actor.wasm"), component).context("writing actor.wasm")
}
