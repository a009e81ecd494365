//! Builds the guests that misbehave: the actor, as the host's build script builds the real one, and the hostile ones,
//! each a constant of its own.

#[path = "build/at_hand.rs"]
mod at_hand;
#[path = "build/bombs.rs"]
mod bombs;
#[path = "../host-harness/deployment/build/guest.rs"]
mod guest;
#[path = "build/hostile.rs"]
mod hostile;

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
    println!("cargo::rerun-if-changed=build");
    at_hand::public_data();
    at_hand::componentize_py();
    let out = guest::out()?;
    let component = guest::component("tests/guests/actor", "glassbox-guest-actor")?;
    fs::write(out.join("actor.wasm"), component).context("writing actor.wasm")?;
    let workspace = guest::workspace()?;
    let mut guests = hostile::guests(&workspace.join("tests/guests/hostile"), &workspace.join("wit/v0.2"))?;
    guests.extend(bombs::guests(&guests)?);
    hostile::write(&guests, &out)
}
