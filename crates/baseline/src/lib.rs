//! What is normal here: how often small facts about events were observed, on how many hosts, when and how fast, in bounded
//! and mergeable sketches.
//!
//! Whatever is counted is named by a key: a hash under the tenant's seed, never text. So a saved state tells nobody what
//! was in the logs, and nobody can prepare texts that collide. Sketches do not know what a key means; they are asked by
//! the same key.
//!
//! | section | what it holds of each key | where it is inexact |
//! |---|---|---|
//! | one for each [`Kind`] of fact | sightings, hosts, last hour | sightings too low by [`History::low_by`] at most, once it was full; hosts are estimated from the 33rd on, those of all facts of the kind from the 2,049th on |
//! | `entities` | sightings, days, hours of the day of a host or user | forgets those seen longest ago when full |
//! | `recent` | what hit on a host or user in the last half day to day | the same; rules are estimated from the 33rd of a period on, hosts and kinds of sources from the 17th on |
//! | `rates` | how often a rule hit in this hour, and usually | the same; usual rates to one part in 256 an event |
//! | `intervals` | times between connections | the same; a merge loses the interval between the shards |
//! | `processes` | who started whom, and which of them hit | forgets those seen longest ago when full |
//!
//! # Bounds
//!
//! Every section has a capacity, and [`STATE_BYTES_MAX`] is what all of them full take when saved. A full table of facts
//! makes room as Misra and Gries do ("Finding repeated elements", 1982): the median count is taken off every count, and
//! what reaches zero is forgotten. So what is common stays, whatever flood of rare facts comes, and the sum of what was
//! taken off bounds the error, before and after merging (Agarwal et al., "Mergeable summaries", PODS 2012).
//!
//! # Seeds
//!
//! Keys depend on the seed. The answers do not, while no section was ever full and counts of different hosts,
//! rules and sources are within the exact ones of the table above: the same observations give the same answers under
//! every seed.
//!
//! # Merging
//!
//! While no section was ever full, merging two shards gives the bytes of one pass over both, but for the sections whose
//! table above says otherwise.
//!
//! # Time
//!
//! Time comes from records. One that is not between 2000 and 2100 is none: see [`Moment`]. A forged time within those
//! years reaches only the keys of the record that bears it.
//!
//! Invariants: no input or output, no clock, no randomness, no float; the same observations in the same order make the
//! same bytes.

mod bytes;
mod distinct;
mod entity;
mod fact;
mod interval;
mod key;
mod moment;
mod process;
mod rate;
mod recent;
mod table;

pub use bytes::{BaselineError, Decoded, FORMAT, STATE_BYTES_MAX};
pub use entity::Entity;
pub use glassbox_finding::{Fact as Kind, History, Scope};
pub use interval::Interval;
pub use key::{Key, KeyMaker, Seed};
pub use moment::Moment;
pub use process::{ANCESTORS_MAX, Process};
pub use rate::Rate;
pub use recent::{Mark, Recent};

use fact::Facts;
use recent::Periods;
use table::Table;

/// Hosts and users remembered.
const ENTITIES_MAX: usize = 16_384;
/// Rules on entities whose rates are remembered.
const RATES_MAX: usize = 16_384;
/// Connections whose intervals are remembered.
const INTERVALS_MAX: usize = 16_384;
/// Processes remembered.
const PROCESSES_MAX: usize = 32_768;

/// What was observed so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    seed: Seed,
    facts: [Facts; Kind::COUNT],
    entities: Table<Entity>,
    recent: Table<Periods>,
    rates: Table<Rate>,
    intervals: Table<Interval>,
    processes: Table<Process>,
}

impl Baseline {
    /// One that has seen nothing.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            facts: Kind::ALL.map(Facts::new),
            entities: Table::new(ENTITIES_MAX),
            recent: Table::new(ENTITIES_MAX),
            rates: Table::new(RATES_MAX),
            intervals: Table::new(INTERVALS_MAX),
            processes: Table::new(PROCESSES_MAX),
        }
    }

    /// The seed under which keys are made.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Counts a fact.
    pub fn observe(&mut self, kind: Kind, fact: Key, host: Option<Key>, moment: Option<Moment>) {
        self.facts[kind as usize].observe(fact, host, moment);
    }

    /// What is known of a fact. For facts about an entity, what it was seen among is what that entity did.
    #[must_use]
    pub fn history(&self, kind: Kind, fact: Key, entity: Option<Key>) -> History {
        let history = self.facts[kind as usize].history(fact);
        match (kind.scope(), entity) {
            (Scope::Entity, Some(entity)) => {
                let entity = self.entities.get(entity).copied().unwrap_or_default();
                History { among: entity.times().into(), among_hosts: 1, days: entity.days(), ..history }
            }
            _ => history,
        }
    }

    /// Counts that a host or user was seen.
    pub fn see_entity(&mut self, entity: Key, moment: Option<Moment>) {
        self.entities.entry(entity).see(moment);
    }

    /// What is known of a host or user.
    #[must_use]
    pub fn entity(&self, entity: Key) -> Option<&Entity> {
        self.entities.get(entity)
    }

    /// Marks what hit on a host or user.
    pub fn mark(&mut self, entity: Key, moment: Moment, mark: &Mark<'_>) {
        self.recent.entry(entity).mark(moment, mark);
    }

    /// What hit on a host or user lately, as it is at this moment.
    #[must_use]
    pub fn recent(&self, entity: Key, moment: Moment) -> Recent<'_> {
        self.recent.get(entity).map(|recent| recent.at(moment)).unwrap_or_default()
    }

    /// Counts towards a rate.
    pub fn see_rate(&mut self, key: Key, moment: Moment) {
        self.rates.entry(key).see(moment);
    }

    /// A rate.
    #[must_use]
    pub fn rate(&self, key: Key) -> Option<&Rate> {
        self.rates.get(key)
    }

    /// Notes a connection.
    pub fn see_interval(&mut self, key: Key, moment: Moment) {
        self.intervals.entry(key).see(moment);
    }

    /// The intervals between connections.
    #[must_use]
    pub fn interval(&self, key: Key) -> Option<&Interval> {
        self.intervals.get(key)
    }

    /// Notes that a process was started by another.
    pub fn see_process(&mut self, process: Key, parent: Option<Key>, moment: Option<Moment>) {
        self.processes.entry(process).see(parent, moment);
    }

    /// Notes that a rule hit a process.
    pub fn mark_process(&mut self, process: Key, moment: Option<Moment>) {
        self.processes.entry(process).mark(moment);
    }

    /// How many ancestors of a process are known, and how many of those were hit; at most [`ANCESTORS_MAX`] are followed.
    #[must_use]
    pub fn ancestors(&self, process: Option<Key>, parent: Option<Key>) -> (u32, u32) {
        let parent_of = |key: Key| self.processes.get(key).and_then(Process::parent);
        let mut next = parent.or_else(|| process.and_then(parent_of));
        let (mut known, mut hit) = (0, 0);
        while let Some(key) = next.filter(|_| known < ANCESTORS_MAX) {
            let Some(ancestor) = self.processes.get(key) else { break };
            known += 1;
            hit += u32::from(ancestor.hits() > 0);
            next = ancestor.parent();
        }
        (known, hit)
    }

    /// Takes over what another one saw; see the crate's words on merging.
    ///
    /// # Errors
    /// When the other was kept under another seed: its keys mean other things.
    pub fn merge(&mut self, other: &Self) -> Result<(), BaselineError> {
        if self.seed != other.seed {
            return Err(BaselineError::ForeignSeed);
        }
        for (mine, theirs) in self.facts.iter_mut().zip(&other.facts) {
            mine.merge(theirs);
        }
        self.entities.merge(&other.entities);
        self.recent.merge(&other.recent);
        self.rates.merge(&other.rates);
        self.intervals.merge(&other.intervals);
        self.processes.merge(&other.processes);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
