//! Certification: whether a plugin keeps the contract's properties, on records at hand, and what it costs.
//!
//! Everything runs under fuel instead of the clock, so the same plugin, pack and records give the same certificate on
//! every machine. A property that fails says where; one whose ground another one has taken away is skipped.

mod properties;
mod serve;

use glassbox_finding::{Logsource, Settings};
use glassbox_pack::KnownAnswer;
use glassbox_sandbox::{Facts, Interruption, Plugin, limits::Profile};
use glassbox_score::Model;
use serde::Serialize;

/// What is certified, and on what.
pub struct CertifyOptions<'a> {
    /// The plugin, loaded with fuel for interruption.
    pub plugin: &'a Plugin,
    /// The pack's bytes.
    pub pack: &'a [u8],
    /// What the pack says must be found, and what must not.
    pub known: &'a [KnownAnswer],
    /// The regular expressions of the pack's rules; none to allow any in evidence.
    pub expressions: Option<Vec<String>>,
    /// The pack's model, which every finding must agree with; none where the plugin has another.
    pub model: Option<&'a Model>,
    /// Records to try it on.
    pub records: &'a [Vec<u8>],
    /// What the operator says produced them.
    pub hint: Logsource,
    /// Units of fuel that any one of the records may take, read and judged alone.
    pub fuel_per_record_max: u64,
    /// The profile of the plugin's limits.
    pub profile: Profile,
}

/// What came of one property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "said", rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds; on what it was tried.
    Passed(String),
    /// It does not; where.
    Failed(String),
    /// It could not be tried; why.
    Skipped(String),
}

/// A property of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What the plugin took, the same on every machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Measures {
    /// Units of fuel to load the pack.
    pub configure_fuel: u64,
    /// Units of fuel to read and judge all records in full batches.
    pub records_fuel: u64,
    /// Units of fuel that the costliest record took alone.
    pub record_fuel_greatest: u64,
    /// Which one that was, counted from 1.
    pub record_costliest: u64,
    /// Bytes that one instance held at most.
    pub memory_bytes_greatest: u64,
    /// Bytes of the largest reading.
    pub reading_bytes_greatest: usize,
    /// Bytes of the state after all records.
    pub state_bytes: usize,
}

/// The report of a certification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Whether every property that could be tried holds.
    pub certified: bool,
    /// What the plugin's bytes say.
    pub plugin: Facts,
    /// SHA-256 of the pack, in hexadecimal.
    pub pack_sha256: String,
    /// The profile of limits that it ran under.
    pub profile: Profile,
    /// Records that it was tried on.
    pub records: usize,
    /// Findings among them.
    pub findings: usize,
    /// Every property.
    pub properties: Vec<Property>,
    /// What it took.
    pub measures: Measures,
}

/// Certifies a plugin.
#[must_use]
pub fn certify(subject: &CertifyOptions<'_>) -> Certificate {
    debug_assert_eq!(subject.plugin.protections().interruption, Interruption::Fuel);
    let mut trial = properties::Trial::new(subject);
    let properties: Vec<Property> = properties::ALL
        .iter()
        .map(|&(name, about, check)| Property { name, about, verdict: check(&mut trial) })
        .collect();
    let findings = trial.findings();
    Certificate {
        certified: properties.iter().all(|property| !matches!(property.verdict, Verdict::Failed(_))),
        plugin: subject.plugin.facts().clone(),
        pack_sha256: glassbox_pack::to_hex(&glassbox_pack::sha256(subject.pack)),
        profile: subject.profile,
        records: subject.records.len(),
        findings,
        properties,
        measures: trial.measures,
    }
}

/// The tenant of a certification.
const SETTINGS: Settings = Settings { seed: 0x6365_7274_6966_6963_6174_696f_6e00_0001, from: None, to: None };
