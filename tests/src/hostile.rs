//! The hostile guests, each built by the build script, and what the oracle says of an attack by one.

use serde::{Deserialize, Serialize};

/// A guest that tries what no plugin should.
#[derive(Clone, Copy, Debug)]
pub struct Hostile {
    /// Its name, which is that of its file and of its test.
    pub name: &'static str,
    /// What it tries.
    pub tries: &'static str,
    /// The component, or what passes itself off as one.
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/hostile.rs"));

/// What a host under attack saw. It is a process of its own, so that whatever it does not survive is seen as well.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Why the guest was not admitted; none where it ran.
    pub refused: Option<String>,
    /// The faults in the run's summary and of calls outside of one, as the audit output has them: call and text.
    pub faults: Vec<(String, String)>,
    /// Why the guest went out of service.
    pub out_of_service: Option<String>,
    /// Records handed to the guest.
    pub records: u64,
    /// Records with a finding, quiet ones, unscored ones and those outside: together all of them.
    pub accounted: u64,
    /// Unscored records among them.
    pub unscored: u64,
    /// Findings among them.
    pub findings: u64,
    /// Whether an honest plugin that ran at the same time said the same bytes as before the attack.
    pub others_same: bool,
    /// Whether an honest plugin says the same bytes after the attack.
    pub healthy_after: bool,
    /// Bytes that the process held more at most during the attack than it holds while the honest plugin runs alone.
    pub growth_bytes: u64,
}
