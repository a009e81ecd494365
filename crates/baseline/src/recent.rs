//! What hit on a host or user lately: in this half day and the one before it.

use crate::{BaselineError, Key, Moment, bytes::Reader, distinct::Distinct, table::Sketch};

/// Hours of a period. What hit is remembered for one to two of them.
const PERIOD_HOURS: u32 = 12;
/// Tactics told apart, by their place in the matrix.
const TACTICS_MAX: usize = 16;

/// What one record adds.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'m> {
    /// The rules that hit it.
    pub rules: &'m [Key],
    /// Their tactics, one bit each in the order of the matrix.
    pub tactics: u32,
    /// What saw it: one bit for each kind of source.
    pub detectors: u32,
    /// The host that it happened on.
    pub host: Option<Key>,
}

/// What hit in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks {
    rules: Distinct<1>,
    tactics: u32,
    detectors: u32,
    hosts: Distinct<1>,
}

/// What hit lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// The period, since 1970; 0 for none.
    period: u32,
    now: Marks,
    before: Marks,
    /// For each tactic, the longest row of ascending tactics that hit one after another and ends with it. It is forgotten
    /// once a whole period passes without a hit.
    rows: [u8; TACTICS_MAX],
}

impl Marks {
    fn and(&self, other: &Self) -> Self {
        let mut both = *self;
        both.rules.merge(&other.rules);
        both.hosts.merge(&other.hosts);
        both.tactics |= other.tactics;
        both.detectors |= other.detectors;
        both
    }
}

impl Recent {
    /// As it is at a later moment. At an earlier one it is what it was later.
    pub(crate) fn at(&self, moment: Moment) -> Self {
        let period = moment.hour() / PERIOD_HOURS;
        match period.saturating_sub(self.period) {
            0 => *self,
            1 => Self { period, now: Marks::default(), before: self.now, rows: self.rows },
            _ => Self { period, ..Self::default() },
        }
    }

    pub(crate) fn mark(&mut self, moment: Moment, mark: &Mark<'_>) {
        *self = self.at(moment);
        mark.rules.iter().for_each(|&rule| self.now.rules.see(rule));
        self.now.tactics |= mark.tactics;
        self.now.detectors |= mark.detectors;
        if let Some(host) = mark.host {
            self.now.hosts.see(host);
        }
        self.rows = self.rows_with(mark.tactics);
    }

    /// The rows once these tactics have hit too. Those of one record do not follow each other.
    fn rows_with(&self, tactics: u32) -> [u8; TACTICS_MAX] {
        let mut rows = self.rows;
        let mut longest = 0;
        for (place, row) in rows.iter_mut().enumerate() {
            let before = self.rows[place];
            if tactics >> place & 1 == 1 {
                *row = before.max(longest + 1);
            }
            longest = longest.max(before);
        }
        rows
    }

    /// Different tactics that hit, these ones included.
    #[must_use]
    pub fn tactics_with(&self, tactics: u32) -> u32 {
        (self.now.and(&self.before).tactics | tactics).count_ones()
    }

    /// The longest row of tactics that hit one after another in the order of the matrix, once these have hit too.
    #[must_use]
    pub fn tactics_in_order_with(&self, tactics: u32) -> u32 {
        self.rows_with(tactics).into_iter().max().unwrap_or(0).into()
    }

    /// Different rules that hit, these ones included; estimated.
    #[must_use]
    pub fn rules_with(&self, rules: &[Key]) -> u32 {
        let mut all = self.now.and(&self.before).rules;
        rules.iter().for_each(|&rule| all.see(rule));
        all.count()
    }

    /// Different kinds of sources in which rules hit, this one included.
    #[must_use]
    pub fn detectors_with(&self, detectors: u32) -> u32 {
        (self.now.and(&self.before).detectors | detectors).count_ones()
    }

    /// Different hosts on which rules hit, this one included; estimated.
    #[must_use]
    pub fn hosts_with(&self, host: Option<Key>) -> u32 {
        let mut all = self.now.and(&self.before).hosts;
        if let Some(host) = host {
            all.see(host);
        }
        all.count()
    }
}

impl Sketch for Recent {
    const BYTES: usize = 4 + 2 * 24 + TACTICS_MAX;
    const IS_COUNT: bool = false;

    fn weight(&self) -> u32 {
        self.period
    }

    fn merge(&mut self, other: &Self) {
        // The earlier one as it is in the other's period.
        let later = self.period.max(other.period);
        let moment = Moment::of_second(later.saturating_mul(PERIOD_HOURS * 3_600));
        let (mine, theirs) = moment.map_or((*self, *other), |moment| (self.at(moment), other.at(moment)));
        self.period = later;
        self.now = mine.now.and(&theirs.now);
        self.before = mine.before.and(&theirs.before);
        for (place, row) in self.rows.iter_mut().enumerate() {
            *row = mine.rows[place].max(theirs.rows[place]);
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.period.to_le_bytes());
        for marks in [&self.now, &self.before] {
            bytes.extend(marks.rules.0[0].to_le_bytes());
            bytes.extend(marks.tactics.to_le_bytes());
            bytes.extend(marks.detectors.to_le_bytes());
            bytes.extend(marks.hosts.0[0].to_le_bytes());
        }
        bytes.extend(self.rows);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        let period = reader.u32()?;
        let mut marks = || {
            Ok(Marks {
                rules: Distinct([reader.u64()?]),
                tactics: reader.u32()?,
                detectors: reader.u32()?,
                hosts: Distinct([reader.u64()?]),
            })
        };
        let (now, before) = (marks()?, marks()?);
        Ok(Self { period, now, before, rows: reader.take()? })
    }
}
