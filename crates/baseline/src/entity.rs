//! What a host or user does: how much, on how many days, at which hours of the day.

use crate::{
    BaselineError, Moment,
    bytes::Reader,
    moment::Days,
    table::{Sketch, Table},
};

/// What is known of a host or user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entity {
    times: u32,
    days: Days,
    last_hour: u32,
    /// Sightings by hour of the day, UTC.
    hours: [u16; 24],
}

impl Entity {
    pub(crate) fn see(&mut self, moment: Option<Moment>) {
        self.times = self.times.saturating_add(1);
        if let Some(moment) = moment {
            self.days.see(moment);
            self.last_hour = self.last_hour.max(moment.hour());
            let hour = &mut self.hours[moment.hour_of_day() as usize];
            *hour = hour.saturating_add(1);
        }
    }

    /// Sightings.
    #[must_use]
    pub fn times(&self) -> u32 {
        self.times
    }

    /// Days with sightings, of 32 at most.
    #[must_use]
    pub fn days(&self) -> u32 {
        self.days.count()
    }

    /// Sightings with a time, those in an hour of the day and in the ones beside it, and all.
    #[must_use]
    pub fn around_hour(&self, hour: u32) -> (u32, u32) {
        let at = |hour: u32| u32::from(self.hours[(hour % 24) as usize]);
        let all = self.hours.iter().map(|&times| u32::from(times)).sum();
        (at(hour + 23) + at(hour) + at(hour + 1), all)
    }
}

impl Sketch for Entity {
    const BYTES_MAX: usize = 60;
    const IS_COUNT: bool = false;

    fn weight(&self) -> u32 {
        self.last_hour
    }

    fn merge(&mut self, other: &Self) {
        self.times = self.times.saturating_add(other.times);
        self.days.merge(other.days);
        self.last_hour = self.last_hour.max(other.last_hour);
        self.hours.iter_mut().zip(other.hours).for_each(|(mine, theirs)| *mine = mine.saturating_add(theirs));
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.times.to_le_bytes());
        bytes.extend(self.days.0.to_le_bytes());
        bytes.extend(self.last_hour.to_le_bytes());
        self.hours.iter().for_each(|times| bytes.extend(times.to_le_bytes()));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        let mut entity =
            Self { times: reader.u32()?, days: Days(reader.u32()?), last_hour: reader.u32()?, hours: [0; 24] };
        for times in &mut entity.hours {
            *times = reader.u16()?;
        }
        Ok(entity)
    }
}

/// Bytes of a saved table.
pub(crate) const fn bytes_max(capacity: usize) -> usize {
    Table::<Entity>::bytes_max(capacity)
}
