//! Facts: small statements about events, how often each was seen, and on how many hosts.

use crate::{
    BaselineError, History, Key, Kind, Moment, Scope,
    bytes::Reader,
    distinct::Distinct,
    moment::{Days, time_of_hour},
    table::{Sketch, Table},
};

/// The name of the section that facts of a kind are kept in. The number at its end is that of the kind's definition: a fact
/// made of other parts, or counted in another way, gets another one, and what was counted under the old one is dropped.
pub(crate) const fn section(kind: Kind) -> &'static str {
    match kind {
        Kind::Rule => "rule/2",
        Kind::RuleOnEntity => "rule-on-entity/2",
        Kind::Image => "image/2",
        Kind::ParentChild => "parent-child/2",
        Kind::UserOnHost => "user-on-host/3",
        Kind::Destination => "destination/2",
        Kind::Port => "port/2",
        Kind::Domain => "domain/2",
        Kind::Signature => "signature/2",
    }
}

/// Facts of a kind that are kept.
pub(crate) const fn capacity(kind: Kind) -> usize {
    match kind {
        Kind::Rule | Kind::Signature | Kind::Port => 8_192,
        Kind::Image | Kind::ParentChild | Kind::UserOnHost => 16_384,
        Kind::RuleOnEntity | Kind::Destination | Kind::Domain => 32_768,
    }
}

/// Hosts of one fact that are counted exactly.
const HOSTS_EXACT_MAX: usize = 32;
/// Hosts of all facts of a kind that are counted exactly.
const ALL_HOSTS_EXACT_MAX: usize = 2_048;
/// The host of every fact about an entity: such a fact has one at most, so which one need not be kept.
const THE_HOST: Key = Key(0);

/// What is known of one fact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fact {
    times: u32,
    last_hour: u32,
    hosts: Distinct<HOSTS_EXACT_MAX>,
}

impl Fact {
    /// The most bytes of one that was seen on no more hosts than are counted exactly, or on any number of them.
    const fn bytes_max(hosts: usize) -> usize {
        8 + Distinct::<HOSTS_EXACT_MAX>::bytes(hosts)
    }
}

impl Sketch for Fact {
    const BYTES_MAX: usize = Self::bytes_max(HOSTS_EXACT_MAX);
    const IS_COUNT: bool = true;

    fn weight(&self) -> u32 {
        self.times
    }

    fn lower(&mut self, by: u32) {
        self.times = self.times.saturating_sub(by);
    }

    fn merge(&mut self, other: &Self) {
        self.times = self.times.saturating_add(other.times);
        self.hosts.merge(&other.hosts);
        self.last_hour = self.last_hour.max(other.last_hour);
    }

    fn size(&self) -> usize {
        8 + self.hosts.size()
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.times.to_le_bytes());
        bytes.extend(self.last_hour.to_le_bytes());
        self.hosts.write(bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        let fact = Self { times: reader.u32()?, last_hour: reader.u32()?, hosts: Distinct::read(reader)? };
        if fact.times == 0 { Err(reader.damaged()) } else { Ok(fact) }
    }
}

/// All facts of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    scope: Scope,
    table: Table<Fact>,
    times: u64,
    hosts: Distinct<ALL_HOSTS_EXACT_MAX>,
    days: Days,
    /// The first second seen; 0 for none.
    since: u32,
}

impl Facts {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            scope: kind.scope(),
            table: Table::new(capacity(kind)),
            times: 0,
            hosts: Distinct::default(),
            days: Days::default(),
            since: 0,
        }
    }

    pub(crate) fn observe(&mut self, fact: Key, host: Option<Key>, moment: Option<Moment>) {
        self.times = self.times.saturating_add(1);
        let known = self.table.entry(fact);
        known.times = known.times.saturating_add(1);
        if let Some(host) = host {
            known.hosts.see(match self.scope {
                Scope::Entity => THE_HOST,
                Scope::Organisation => host,
            });
            self.hosts.see(host);
        }
        if let Some(moment) = moment {
            known.last_hour = known.last_hour.max(moment.hour());
            self.days.see(moment);
            self.since = earlier(self.since, moment.second());
        }
    }

    pub(crate) fn history(&self, fact: Key) -> History {
        let known = self.table.get(fact);
        History {
            times: known.map_or(0, |known| known.times.into()),
            hosts: known.map_or(0, |known| known.hosts.count()),
            among: self.times,
            among_hosts: self.hosts.count(),
            days: self.days.count(),
            since: (self.since > 0).then_some(i64::from(self.since) * 1_000_000),
            last: known.and_then(|known| time_of_hour(known.last_hour)),
            low_by: self.table.low_by(),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.table.merge(&other.table);
        self.times = self.times.saturating_add(other.times);
        self.hosts.merge(&other.hosts);
        self.days.merge(other.days);
        self.since = match other.since {
            0 => self.since,
            since => earlier(self.since, since),
        };
    }

    pub(crate) const fn bytes_max(kind: Kind) -> usize {
        let hosts = match kind.scope() {
            Scope::Entity => 1,
            Scope::Organisation => HOSTS_EXACT_MAX,
        };
        let table = Table::<Fact>::bytes_max_of(capacity(kind), Fact::bytes_max(hosts));
        8 + 4 + 4 + Distinct::<ALL_HOSTS_EXACT_MAX>::BYTES_MAX + table
    }

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.times.to_le_bytes());
        bytes.extend(self.days.0.to_le_bytes());
        bytes.extend(self.since.to_le_bytes());
        self.hosts.write(bytes);
        self.table.write(bytes);
    }

    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), BaselineError> {
        self.times = reader.u64()?;
        self.days = Days(reader.u32()?);
        self.since = reader.u32()?;
        self.hosts = Distinct::read(reader)?;
        self.table.read(reader)
    }
}

/// The earlier of a known second, 0 for none, and another.
fn earlier(known: u32, other: u32) -> u32 {
    if known == 0 { other } else { known.min(other) }
}
