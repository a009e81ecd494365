//! Certification: whether a plugin keeps the contract's properties on given records, and what it costs.
//!
//! Everything runs under fuel instead of the clock, so the same plugin, pack, records and seed give the same certificate on
//! every machine. A property that fails says where. A property that cannot be tried, as an earlier one failed, is skipped.
//!
//! Every answer goes through the checks that are made in service, and every finding has its negated parts checked as well.

mod account;
mod calls;
mod odd;
mod properties;
mod serve;

use glassbox_deployment::Deployment;
use glassbox_finding::{Origin, Settings};
use glassbox_sandbox::{Facts, Interruption, limits::Profile};
use serde::Serialize;

/// What is certified, and on what.
pub struct CertifyOptions<'a> {
    /// The plugin, loaded with fuel for interruption, with the pack and the known answers to ask.
    pub deployment: &'a Deployment,
    /// Records to try it on.
    pub records: &'a [Vec<u8>],
    /// Where the records come from.
    pub origin: Origin,
    /// Units of fuel that reading and judging one record alone may take.
    pub fuel_per_record_max: u64,
    /// Units of fuel that the first record of a kind may take in all: a plugin may make something ready then that it needs
    /// for every record that follows. Read again, such a record must stay within `fuel_per_record_max`.
    pub fuel_first_record_max: u64,
    /// The profile of the plugin's limits.
    pub profile: Profile,
    /// The tenant's seed. Draw it with [`draw_seed`], so that no plugin can recognise certification by its seed; give the
    /// seed of an earlier certificate to repeat it.
    pub seed: u128,
}

impl CertifyOptions<'_> {
    fn settings(&self) -> Settings {
        Settings { seed: self.seed, ..Settings::default() }
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes for a seed: {0}; give a seed")]
pub struct SeedError(getrandom::Error);

/// A random seed for a certification.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn draw_seed() -> Result<u128, SeedError> {
    let mut seed = [0; 16];
    getrandom::fill(&mut seed).map_err(SeedError)?;
    Ok(u128::from_le_bytes(seed))
}

/// The result of trying one property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "said", rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds; on what it was tried.
    Passed(String),
    /// It does not hold; where.
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
    /// The result of trying it.
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
    /// Units of fuel that the costliest record took alone. For a record that exceeded the budget when it was first read,
    /// the second reading counts.
    pub record_fuel_greatest: u64,
    /// The record that took them, counted from 1.
    pub record_costliest: u64,
    /// The most units of fuel that a first reading took which exceeded the budget; 0 for none.
    pub first_record_fuel_greatest: u64,
    /// The record that took them, counted from 1; 0 for none.
    pub first_record_costliest: u64,
    /// The most bytes that one instance held.
    pub memory_bytes_greatest: u64,
    /// The most bytes that the notes of one reading had.
    pub reading_bytes_greatest: usize,
    /// Bytes of the state after all records.
    pub state_bytes: usize,
}

/// The report of a certification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Whether no property failed.
    pub certified: bool,
    /// What the plugin's bytes say.
    pub plugin: Facts,
    /// SHA-256 of the pack, in hexadecimal.
    pub pack_sha256: String,
    /// The profile of limits that it ran under.
    pub profile: Profile,
    /// The tenant's seed that it ran under, as 32 hexadecimal digits. The same seed gives the same certificate.
    pub seed: String,
    /// How many records it was tried on.
    pub records: usize,
    /// How many findings there are about them.
    pub findings: usize,
    /// Pieces of findings that could not be held to the record's syntax.
    pub unchecked: u64,
    /// Every property.
    pub properties: Vec<Property>,
    /// What it took.
    pub measures: Measures,
}

/// Certifies a plugin with a pack.
#[must_use]
pub fn certify(subject: &CertifyOptions<'_>) -> Certificate {
    let plugin = subject.deployment.plugin();
    debug_assert_eq!(plugin.protections().interruption, Interruption::Fuel);
    let mut trial = properties::Trial::new(subject);
    let properties: Vec<Property> = properties::ALL
        .iter()
        .map(|&(name, about, check)| Property { name, about, verdict: check(&mut trial) })
        .collect();
    let (findings, unchecked) = trial.findings();
    Certificate {
        certified: properties.iter().all(|property| !matches!(property.verdict, Verdict::Failed(_))),
        plugin: plugin.facts().clone(),
        pack_sha256: subject.deployment.pack_digest(),
        profile: subject.profile,
        seed: format!("{:032x}", subject.seed),
        records: subject.records.len(),
        findings,
        unchecked,
        properties,
        measures: trial.measures,
    }
}
