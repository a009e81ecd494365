//! When something was observed, as far as counting needs to know.

use glassbox_finding::EventTime;

/// 1 January 2000, in seconds since 1970.
const FIRST_SECOND: i64 = 946_684_800;
/// 1 January 2100, in seconds since 1970.
const END_SECOND: i64 = 4_102_444_800;

/// A second of the years 2000 to 2099. What claims another time is wrong or forged, and is counted without a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u32);

impl Moment {
    /// The second of an event time; none outside those years.
    #[must_use]
    pub fn of(time: EventTime) -> Option<Self> {
        let second = time.div_euclid(1_000_000);
        (FIRST_SECOND..END_SECOND).contains(&second).then_some(Self(second as u32))
    }

    /// The second of these many seconds since 1970; none outside those years.
    #[must_use]
    pub fn of_second(second: u32) -> Option<Self> {
        (FIRST_SECOND..END_SECOND).contains(&i64::from(second)).then_some(Self(second))
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn second(self) -> u32 {
        self.0
    }

    /// Hours since 1970.
    #[must_use]
    pub fn hour(self) -> u32 {
        self.0 / 3_600
    }

    /// Days since 1970.
    #[must_use]
    pub fn day(self) -> u32 {
        self.0 / 86_400
    }

    /// The hour of the day, UTC.
    #[must_use]
    pub fn hour_of_day(self) -> u32 {
        self.hour() % 24
    }
}

/// The event time at which an hour since 1970 begins; none for hour 0, which stands for no time.
pub(crate) fn time_of_hour(hour: u32) -> Option<EventTime> {
    (hour > 0).then_some(i64::from(hour) * 3_600_000_000)
}

/// Which days had sightings, each at its number modulo 32: at least so many different ones. Nothing shifts, so that no
/// forged day makes others forgotten, and shards merge in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Days(pub(crate) u32);

impl Days {
    pub(crate) fn see(&mut self, moment: Moment) {
        self.0 |= 1 << (moment.day() % 32);
    }

    pub(crate) fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
