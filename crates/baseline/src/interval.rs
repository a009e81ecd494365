//! How regular the times between connections are: counted by their order of magnitude.

use crate::{BaselineError, Moment, bytes::Reader, table::Sketch};

/// Orders of magnitude told apart, to base 2: the last one holds everything from nine hours.
const ORDERS: usize = 16;

/// The times between connections of one program to one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// The second of the last connection; 0 for none.
    last: u32,
    /// How many intervals there were of each order.
    orders: [u8; ORDERS],
}

impl Interval {
    pub(crate) fn see(&mut self, moment: Moment) {
        let second = moment.second();
        if self.last != 0 && second > self.last {
            let order = (second - self.last).ilog2().min(ORDERS as u32 - 1) as usize;
            if self.orders[order] == u8::MAX {
                self.orders.iter_mut().for_each(|count| *count /= 2);
            }
            self.orders[order] += 1;
        }
        self.last = self.last.max(second);
    }

    /// How many intervals there were.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.orders.iter().map(|&count| u32::from(count)).sum()
    }

    /// The share of intervals within one factor of 4, the best one, in thousandths: of connections at random times about
    /// 470, of those of a program that calls home at set times with some jitter nearly 1,000.
    #[must_use]
    pub fn regularity_thousandths(&self) -> u32 {
        let best = self.orders.windows(2).map(|pair| u32::from(pair[0]) + u32::from(pair[1])).max().unwrap_or(0);
        (best * 1_000).checked_div(self.count()).unwrap_or(0)
    }
}

impl Sketch for Interval {
    const BYTES_MAX: usize = 4 + ORDERS;
    const IS_COUNT: bool = false;

    fn weight(&self) -> u32 {
        self.last / 3_600
    }

    fn merge(&mut self, other: &Self) {
        self.last = self.last.max(other.last);
        self.orders.iter_mut().zip(other.orders).for_each(|(mine, theirs)| *mine = mine.saturating_add(theirs));
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.last.to_le_bytes());
        bytes.extend(self.orders);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BaselineError> {
        Ok(Self { last: reader.u32()?, orders: reader.take()? })
    }
}
