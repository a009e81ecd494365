//! Facts: small statements about events, how often each was seen, and on how many hosts.

use crate::{
    BaselineError, History, Key, Kind, Moment,
    bytes::Reader,
    distinct::Distinct,
    moment::{Days, time_of_hour},
    table::{Sketch, Table},
};

/// The name of the section that facts of a kind are kept in. The number at its end is that of the kind's definition: a fact
/// made of other parts gets another one, and what was counted under the old one is dropped.
pub(crate) const fn section(kind: Kind) -> &'static str {
    match kind {
        Kind::Rule => "rule/1",
        Kind::RuleOnEntity => "rule-on-entity/1",
        Kind::Image => "image/1",
        Kind::ParentChild => "parent-child/1",
        Kind::UserOnHost => "user-on-host/2",
        Kind::Destination => "destination/1",
        Kind::Port => "port/1",
        Kind::Domain => "domain/1",
        Kind::Signature => "signature/1",
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

/// What is known of one fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fact {
    times: u32,
    hosts: Distinct<1>,
    last_hour: u32,
}

impl Sketch for Fact {
    const BYTES: usize = 16;
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

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.times.to_le_bytes());
        bytes.extend(self.hosts.0[0].to_le_bytes());
        bytes.extend(self.last_hour.to_le_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        let fact = Self { times: reader.u32()?, hosts: Distinct([reader.u64()?]), last_hour: reader.u32()? };
        if fact.times == 0 { Err(reader.damaged()) } else { Ok(fact) }
    }
}

/// All facts of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    table: Table<Fact>,
    times: u64,
    hosts: Distinct<16>,
    days: Days,
    /// The first second seen; 0 for none.
    since: u32,
}

impl Facts {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
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
            known.hosts.see(host);
            self.hosts.see(host);
        }
        if let Some(moment) = moment {
            known.last_hour = known.last_hour.max(moment.hour());
            self.days.see(moment);
            self.since = earlier(self.since, moment.second());
        }
    }

    pub(crate) fn history(&self, fact: Key) -> History {
        let known = self.table.get(fact).copied().unwrap_or_default();
        History {
            times: known.times.into(),
            hosts: known.hosts.count(),
            among: self.times,
            among_hosts: self.hosts.count(),
            days: self.days.count(),
            since: (self.since > 0).then_some(i64::from(self.since) * 1_000_000),
            last: time_of_hour(known.last_hour),
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
        8 + 128 + 4 + 4 + Table::<Fact>::bytes_max(capacity(kind))
    }

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.times.to_le_bytes());
        self.hosts.0.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes.extend(self.days.0.to_le_bytes());
        bytes.extend(self.since.to_le_bytes());
        self.table.write(bytes);
    }

    pub(crate) fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), BaselineError> {
        self.times = reader.u64()?;
        for word in &mut self.hosts.0 {
            *word = reader.u64()?;
        }
        self.days = Days(reader.u32()?);
        self.since = reader.u32()?;
        self.table.read(reader)
    }
}

/// The earlier of a known second, 0 for none, and another.
fn earlier(known: u32, other: u32) -> u32 {
    if known == 0 { other } else { known.min(other) }
}
