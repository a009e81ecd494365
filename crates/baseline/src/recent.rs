//! What hit on a host or user lately: in this half day and the one before it.

use crate::{BaselineError, Key, Moment, bytes::Reader, distinct::Distinct, table::Sketch};

/// Hours of a period. What hit is remembered for one to two of them.
const PERIOD_HOURS: u32 = 12;
/// Tactics told apart, by their place in the matrix.
const TACTICS_MAX: usize = 16;
/// Rules of a period that are counted exactly.
const RULES_EXACT_MAX: usize = 32;
/// Kinds of sources of a period that are counted exactly.
const DETECTORS_EXACT_MAX: usize = 16;
/// Hosts of a period that are counted exactly.
const HOSTS_EXACT_MAX: usize = 16;

/// What one record adds.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'m> {
    /// The rules that hit it.
    pub rules: &'m [Key],
    /// Their tactics, one bit each in the order of the matrix.
    pub tactics: u32,
    /// The kind of source that it came from.
    pub detector: Key,
    /// The host that it happened on.
    pub host: Option<Key>,
}

/// What hit in one period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Marks {
    tactics: u32,
    rules: Distinct<RULES_EXACT_MAX>,
    detectors: Distinct<DETECTORS_EXACT_MAX>,
    hosts: Distinct<HOSTS_EXACT_MAX>,
}

/// What is kept of what hit lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Periods {
    /// The period, since 1970; 0 for none.
    period: u32,
    now: Marks,
    before: Marks,
    /// For each tactic, the longest row of ascending tactics that hit one after another and ends with it. It is forgotten
    /// once a whole period passes without a hit.
    rows: [u8; TACTICS_MAX],
}

/// What hit lately, as it is at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recent<'r> {
    now: Option<&'r Marks>,
    before: Option<&'r Marks>,
    rows: [u8; TACTICS_MAX],
}

impl Marks {
    fn merge(&mut self, other: &Self) {
        self.tactics |= other.tactics;
        self.rules.merge(&other.rules);
        self.detectors.merge(&other.detectors);
        self.hosts.merge(&other.hosts);
    }

    fn size(&self) -> usize {
        4 + self.rules.size() + self.detectors.size() + self.hosts.size()
    }
}

impl Periods {
    /// As it is at a later moment. At an earlier one it is what it was later.
    pub(crate) fn at(&self, moment: Moment) -> Recent<'_> {
        match (moment.hour() / PERIOD_HOURS).saturating_sub(self.period) {
            0 => Recent { now: Some(&self.now), before: Some(&self.before), rows: self.rows },
            1 => Recent { now: None, before: Some(&self.now), rows: self.rows },
            _ => Recent::default(),
        }
    }

    /// Makes a later period the present one.
    fn move_to(&mut self, period: u32) {
        match period.saturating_sub(self.period) {
            0 => {}
            1 => {
                self.period = period;
                self.before = std::mem::take(&mut self.now);
            }
            _ => *self = Self { period, ..Self::default() },
        }
    }

    pub(crate) fn mark(&mut self, moment: Moment, mark: &Mark<'_>) {
        self.move_to(moment.hour() / PERIOD_HOURS);
        mark.rules.iter().for_each(|&rule| self.now.rules.see(rule));
        self.now.tactics |= mark.tactics;
        self.now.detectors.see(mark.detector);
        if let Some(host) = mark.host {
            self.now.hosts.see(host);
        }
        self.rows = rows_with(&self.rows, mark.tactics);
    }
}

/// The rows once these tactics have hit too. Those of one record do not follow each other.
fn rows_with(before: &[u8; TACTICS_MAX], tactics: u32) -> [u8; TACTICS_MAX] {
    let mut rows = *before;
    let mut longest = 0;
    for (place, row) in rows.iter_mut().enumerate() {
        let before = before[place];
        if tactics >> place & 1 == 1 {
            *row = before.max(longest + 1);
        }
        longest = longest.max(before);
    }
    rows
}

impl Recent<'_> {
    /// How many different keys there were in both periods, with these.
    fn count<const EXACT_MAX: usize>(
        &self,
        set: impl Fn(&Marks) -> &Distinct<EXACT_MAX>,
        with: impl IntoIterator<Item = Key>,
    ) -> u32 {
        let mut all = self.now.map(|now| set(now).clone()).unwrap_or_default();
        if let Some(before) = self.before {
            all.merge(set(before));
        }
        with.into_iter().for_each(|key| all.see(key));
        all.count()
    }

    /// Different tactics that hit, these ones included.
    #[must_use]
    pub fn tactics_with(&self, tactics: u32) -> u32 {
        let marks = [self.now, self.before].into_iter().flatten();
        marks.fold(tactics, |all, marks| all | marks.tactics).count_ones()
    }

    /// The longest row of tactics that hit one after another in the order of the matrix, once these have hit too.
    #[must_use]
    pub fn tactics_in_order_with(&self, tactics: u32) -> u32 {
        rows_with(&self.rows, tactics).into_iter().max().unwrap_or(0).into()
    }

    /// Different rules that hit, these ones included; exact up to 32, estimated above.
    #[must_use]
    pub fn rules_with(&self, rules: &[Key]) -> u32 {
        self.count(|marks| &marks.rules, rules.iter().copied())
    }

    /// Different kinds of sources in which rules hit, this one included; exact up to 16, estimated above.
    #[must_use]
    pub fn detectors_with(&self, detector: Option<Key>) -> u32 {
        self.count(|marks| &marks.detectors, detector)
    }

    /// Different hosts on which rules hit, this one included; exact up to 16, estimated above.
    #[must_use]
    pub fn hosts_with(&self, host: Option<Key>) -> u32 {
        self.count(|marks| &marks.hosts, host)
    }
}

impl Sketch for Periods {
    const BYTES_MAX: usize = 4
        + TACTICS_MAX
        + 2 * (4
            + Distinct::<RULES_EXACT_MAX>::BYTES_MAX
            + Distinct::<DETECTORS_EXACT_MAX>::BYTES_MAX
            + Distinct::<HOSTS_EXACT_MAX>::BYTES_MAX);
    const IS_COUNT: bool = false;

    fn weight(&self) -> u32 {
        self.period
    }

    fn merge(&mut self, other: &Self) {
        // The earlier one as it is in the other's period.
        let mut other = other.clone();
        let later = self.period.max(other.period);
        self.move_to(later);
        other.move_to(later);
        self.now.merge(&other.now);
        self.before.merge(&other.before);
        self.rows.iter_mut().zip(other.rows).for_each(|(mine, theirs)| *mine = theirs.max(*mine));
    }

    fn size(&self) -> usize {
        4 + TACTICS_MAX + self.now.size() + self.before.size()
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.period.to_le_bytes());
        for marks in [&self.now, &self.before] {
            bytes.extend(marks.tactics.to_le_bytes());
            marks.rules.write(bytes);
            marks.detectors.write(bytes);
            marks.hosts.write(bytes);
        }
        bytes.extend(self.rows);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        let period = reader.u32()?;
        let mut marks = || {
            Ok(Marks {
                tactics: reader.u32()?,
                rules: Distinct::read(reader)?,
                detectors: Distinct::read(reader)?,
                hosts: Distinct::read(reader)?,
            })
        };
        let (now, before) = (marks()?, marks()?);
        Ok(Self { period, now, before, rows: reader.take()? })
    }
}
