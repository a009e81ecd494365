//! The account of every record: what `read` says of a batch, and what `judge` says of the records noted.

use crate::{Batch, Outcome, Reading, limits::SCHEMAS_MAX};

/// Why the account of a batch is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// A position beyond the batch.
    #[error("{list} names record {index} of a batch of {records}")]
    OutOfRange {
        /// Which list.
        list: &'static str,
        /// The position.
        index: u32,
        /// Records of the batch.
        records: usize,
    },
    /// A list that does not ascend.
    #[error("{list} does not ascend at record {index}")]
    NotAscending {
        /// Which list.
        list: &'static str,
        /// The position that is not above the one before.
        index: u32,
    },
    /// A record with two outcomes.
    #[error("record {0} has two outcomes")]
    Twice(u32),
    /// A record without an outcome.
    #[error("record {0} was noted and is neither in a finding nor quiet")]
    Lost(u32),
    /// A finding or a quiet record that was never noted.
    #[error("record {0} was judged and never noted")]
    NotNoted(u32),
    /// The outcomes are not as many as the records.
    #[error("{accounted} records are accounted for in a batch of {records}")]
    Count {
        /// Records with an outcome.
        accounted: u64,
        /// Records of the batch.
        records: usize,
    },
    /// Reading stopped beyond the record's end.
    #[error("record {index} stopped making sense at byte {at} and has {record_bytes}")]
    Beyond {
        /// The record.
        index: u32,
        /// The byte it names.
        at: u32,
        /// The record's length.
        record_bytes: usize,
    },
    /// The counts by schema contradict the account.
    #[error("{0}")]
    Schemas(&'static str),
}

impl Reading {
    /// Checks that every record of the batch is accounted for exactly once.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn check(&self, batch: &Batch) -> Result<(), AccountFault> {
        let records = batch.ends.len();
        let mut seen = vec![false; records];
        mark("noted", self.noted.iter().copied(), &mut seen)?;
        mark("unscored", self.unscored.iter().map(|unscored| unscored.index), &mut seen)?;
        mark("outside", self.outside.iter().copied(), &mut seen)?;
        let named = (self.noted.len() + self.unscored.len() + self.outside.len()) as u64;
        let accounted = named + u64::from(self.quiet);
        if accounted != records as u64 {
            return Err(AccountFault::Count { accounted, records });
        }
        for unscored in &self.unscored {
            let index = unscored.index as usize;
            let start = if index == 0 { 0 } else { batch.ends[index - 1] };
            let record_bytes = batch.ends[index].saturating_sub(start) as usize;
            if unscored.at as usize > record_bytes {
                return Err(AccountFault::Beyond { index: unscored.index, at: unscored.at, record_bytes });
            }
        }
        self.check_schemas(accounted - (self.unscored.len() + self.outside.len()) as u64)
    }

    fn check_schemas(&self, read: u64) -> Result<(), AccountFault> {
        let wrong = |what| Err(AccountFault::Schemas(what));
        if self.schemas.len() > SCHEMAS_MAX {
            return wrong("there are more schemas than a plugin may have");
        }
        if self.schemas.windows(2).any(|pair| pair[0].schema >= pair[1].schema) {
            return wrong("the schemas are not in order of name");
        }
        if self.schemas.iter().map(|count| u64::from(count.records)).sum::<u64>() != read {
            return wrong("the counts by schema do not add up to the records read");
        }
        if u64::from(self.unrouted) > read {
            return wrong("more records are unrouted than were read");
        }
        Ok(())
    }
}

impl Outcome {
    /// Checks that every noted record is in exactly one finding or quiet, in order.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn check(&self, noted: &[u32]) -> Result<(), AccountFault> {
        let mut seen = vec![false; noted.len()];
        let findings = self.findings.iter().map(|finding| finding.index);
        for (list, judged) in [("findings", findings.collect::<Vec<u32>>()), ("quiet", self.quiet.clone())] {
            let mut earlier = None;
            for index in judged {
                if earlier.is_some_and(|earlier| index <= earlier) {
                    return Err(AccountFault::NotAscending { list, index });
                }
                earlier = Some(index);
                let Ok(position) = noted.binary_search(&index) else { return Err(AccountFault::NotNoted(index)) };
                if std::mem::replace(&mut seen[position], true) {
                    return Err(AccountFault::Twice(index));
                }
            }
        }
        match seen.iter().position(|seen| !seen) {
            Some(position) => Err(AccountFault::Lost(noted[position])),
            None => Ok(()),
        }
    }
}

/// Marks the records of one list.
fn mark(list: &'static str, named: impl Iterator<Item = u32>, seen: &mut [bool]) -> Result<(), AccountFault> {
    let records = seen.len();
    let mut earlier = None;
    for index in named {
        if earlier.is_some_and(|earlier| index <= earlier) {
            return Err(AccountFault::NotAscending { list, index });
        }
        earlier = Some(index);
        let Some(seen) = seen.get_mut(index as usize) else {
            return Err(AccountFault::OutOfRange { list, index, records });
        };
        if std::mem::replace(seen, true) {
            return Err(AccountFault::Twice(index));
        }
    }
    Ok(())
}
