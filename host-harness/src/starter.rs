//! What the binary carries beside the plugin: the starter's rules, model, sample records and known answers.
//!
//! The starter is our own work, to see Glassbox at work before it sees logs of one's own.

use crate::source::Input;

include!(concat!(env!("OUT_DIR"), "/starter.rs"));

/// The sample records, one input a file, in order of name.
#[must_use]
pub fn records() -> Vec<Input> {
    RECORDS.iter().map(|(name, bytes)| Input::Memory { name: (*name).to_owned(), bytes }).collect()
}
