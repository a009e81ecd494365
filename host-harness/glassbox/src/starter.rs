//! What the binary carries beside the plugin: the starter's rules, model, sample records and known answers.
//!
//! The starter is our own work, to see Glassbox at work before it sees logs of one's own.

use anyhow::Context;
use glassbox_packs::{Built, NamedFile, build, read_known_answers};
use glassbox_rules::compile::RuleFile;
use glassbox_source::Input;

include!(concat!(env!("OUT_DIR"), "/starter.rs"));

/// The sample records, one input a file, in order of name.
#[must_use]
pub fn records() -> Vec<Input> {
    RECORDS.iter().map(|(name, bytes)| Input::Memory { name: (*name).to_owned(), bytes }).collect()
}

/// The starter's rules.
#[must_use]
pub fn rule_files() -> Vec<NamedFile> {
    let file = |(name, text): &(&str, &str)| NamedFile {
        name: (*name).to_owned(),
        file: RuleFile { path: (*name).to_owned(), text: (*text).to_owned() },
    };
    RULES.iter().map(file).collect()
}

/// Builds the starter pack. The same bytes every time.
///
/// # Errors
/// When the starter is broken, which a test rules out.
pub fn pack() -> anyhow::Result<Built> {
    let known = read_known_answers(KNOWN_ANSWERS.as_bytes()).context("the starter's known answers")?;
    Ok(build(&rule_files(), MODEL.as_bytes(), Some(CONTEXT.as_bytes()), &known)?)
}
