//! How often something happens in an hour, and how often it usually does: what came before counts half with each day.

use crate::{BaselineError, Moment, bytes::Reader, table::Sketch};

/// One sighting in a decayed sum.
const ONE: u32 = 256;
/// Hours after which a sighting counts half. Halving falls on the days' bounds, so that it does not depend on the order
/// of sightings.
const HALF_LIFE_HOURS: u32 = 24;

/// A rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// The first hour seen, since 1970; 0 for none.
    first_hour: u32,
    /// The latest hour seen.
    hour: u32,
    /// Sightings in it.
    now: u32,
    /// Those before it, each in 256ths and halved for each day that began since.
    before: u32,
}

impl Rate {
    pub(crate) fn see(&mut self, moment: Moment) {
        let hour = moment.hour();
        if self.first_hour == 0 {
            *self = Self { first_hour: hour, hour, now: 0, before: 0 };
        }
        self.first_hour = self.first_hour.min(hour);
        if hour > self.hour {
            self.move_to(hour);
        }
        if hour == self.hour {
            self.now = self.now.saturating_add(1);
        } else {
            self.before = self.before.saturating_add(halved(ONE, hour, self.hour));
        }
    }

    /// Makes a later hour the present one.
    fn move_to(&mut self, hour: u32) {
        let all = self.before.saturating_add(self.now.saturating_mul(ONE));
        self.before = halved(all, self.hour, hour);
        self.hour = hour;
        self.now = 0;
    }

    /// Sightings in the hour of this moment so far, and usually in an hour in thousandths; none before anything was seen
    /// in an earlier hour.
    #[must_use]
    pub fn at(&self, moment: Moment) -> Option<(u32, u32)> {
        let mut rate = *self;
        let hour = moment.hour();
        if hour > rate.hour {
            rate.move_to(hour);
        }
        if rate.first_hour == 0 || rate.first_hour >= rate.hour {
            return None;
        }
        let now = if hour == rate.hour { rate.now } else { 0 };
        let days = rate.hour / HALF_LIFE_HOURS - rate.first_hour / HALF_LIFE_HOURS;
        // The hours that the sum is over, in the same parts, each earlier day's halved as its sightings are: of the first
        // day what was left of it, whole days after it, of this day what has passed.
        let part = |hours: u32, days: u32| (hours * ONE).checked_shr(days).unwrap_or(0);
        let hours = match days {
            0 => part(rate.hour - rate.first_hour, 0),
            _ => {
                let first = part(HALF_LIFE_HOURS - rate.first_hour % HALF_LIFE_HOURS, days);
                let whole = part(HALF_LIFE_HOURS, 0) - part(HALF_LIFE_HOURS, days - 1);
                first + whole + part(rate.hour % HALF_LIFE_HOURS, 0)
            }
        };
        let usual = u64::from(rate.before) * 1_000 / u64::from(hours.max(1));
        Some((now, usual.min(u32::MAX.into()) as u32))
    }
}

/// A sum as it is worth at a later hour.
fn halved(sum: u32, hour: u32, later: u32) -> u32 {
    sum.checked_shr(later / HALF_LIFE_HOURS - hour / HALF_LIFE_HOURS).unwrap_or(0)
}

impl Sketch for Rate {
    const BYTES_MAX: usize = 16;
    const IS_COUNT: bool = false;

    fn weight(&self) -> u32 {
        self.hour
    }

    fn merge(&mut self, other: &Self) {
        if other.first_hour == 0 {
            return;
        }
        if self.first_hour == 0 {
            *self = *other;
            return;
        }
        let mut other = *other;
        match self.hour.cmp(&other.hour) {
            std::cmp::Ordering::Less => self.move_to(other.hour),
            std::cmp::Ordering::Greater => other.move_to(self.hour),
            std::cmp::Ordering::Equal => {}
        }
        self.first_hour = self.first_hour.min(other.first_hour);
        self.now = self.now.saturating_add(other.now);
        self.before = self.before.saturating_add(other.before);
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        for number in [self.first_hour, self.hour, self.now, self.before] {
            bytes.extend(number.to_le_bytes());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        let [first_hour, hour, now, before] = [reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?];
        if first_hour == 0 || first_hour > hour {
            Err(reader.damaged())
        } else {
            Ok(Self { first_hour, hour, now, before })
        }
    }
}
