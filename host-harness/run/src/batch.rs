//! Records to batches: what crosses the boundary together, and where each record came from.

use std::ops::Range;

use glassbox_finding::{Batch, Logsource};
use glassbox_report::{Position, SourceRecord};
use glassbox_sandbox::limits::Limits;

use crate::Service;

/// A batch and what the host knows of its records.
pub struct Work {
    /// The batch's place in the run.
    pub number: u64,
    /// What the plugin is given.
    pub batch: Batch,
    /// All records, in order, those that are not handed over as well.
    pub entries: Vec<BatchRecord>,
}

/// Where a record came from.
pub struct BatchRecord {
    /// Position of its source in the run's list of sources.
    pub source: u32,
    /// Where in the source.
    pub position: Position,
    /// Its bytes, as many as there are.
    pub bytes: u64,
    /// Whether it is in the batch; otherwise it is longer than a record may be.
    pub given: bool,
}

impl Work {
    /// The record at an index of the batch.
    pub fn record(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.batch.ends[index - 1] };
        &self.batch.bytes[start as usize..self.batch.ends[index] as usize]
    }

    /// The place among all records of the one at an index of the batch.
    pub fn place(&self, index: usize) -> usize {
        if self.entries.len() == self.batch.ends.len() {
            return index;
        }
        let given = self.entries.iter().enumerate().filter(|(_, entry)| entry.given);
        given.map(|(place, _)| place).nth(index).unwrap_or(self.entries.len())
    }

    /// A batch of some of the records.
    pub fn part(&self, range: Range<usize>) -> Batch {
        let start = if range.start == 0 { 0 } else { self.batch.ends[range.start - 1] };
        let ends: Vec<u32> = self.batch.ends[range].iter().map(|end| end - start).collect();
        let end = start + ends.last().copied().unwrap_or_default();
        let bytes = self.batch.bytes[start as usize..end as usize].to_vec();
        Batch { bytes, ends, hint: self.batch.hint.clone() }
    }
}

/// Groups records.
pub struct Batches<R> {
    records: R,
    /// Read, and the first one of the next batch.
    ahead: Option<SourceRecord>,
    failed: Option<anyhow::Error>,
    number: u64,
    hint: Logsource,
    records_max: usize,
    bytes_max: usize,
    record_bytes_max: usize,
}

impl<R: Iterator<Item = anyhow::Result<SourceRecord>>> Batches<R> {
    pub(super) fn new(service: &Service<'_>, records: R) -> Self {
        let limits = service.plugin.limits();
        Self {
            records_max: service.batch_records_max.clamp(1, limits.batch_records_max),
            bytes_max: service.batch_bytes_max.clamp(1, limits.batch_bytes_max),
            ..Self::within(limits, service.hint.clone(), records)
        }
    }

    /// Batches as large as the limits allow.
    pub fn within(limits: &Limits, hint: Logsource, records: R) -> Self {
        Self {
            records,
            ahead: None,
            failed: None,
            number: 0,
            hint,
            records_max: limits.batch_records_max,
            bytes_max: limits.batch_bytes_max,
            record_bytes_max: limits.record_bytes_max,
        }
    }

    /// What stopped the records before their end.
    pub(super) fn end(self) -> anyhow::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    fn next_record(&mut self) -> Option<SourceRecord> {
        if self.failed.is_some() {
            return None;
        }
        match self.ahead.take().map(Ok).or_else(|| self.records.next())? {
            Ok(record) => Some(record),
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }
}

impl<R: Iterator<Item = anyhow::Result<SourceRecord>>> Iterator for Batches<R> {
    type Item = Work;

    fn next(&mut self) -> Option<Work> {
        let batch = Batch { hint: self.hint.clone(), ..Batch::default() };
        let mut work = Work { number: self.number, batch, entries: Vec::new() };
        while work.entries.len() < self.records_max {
            let Some(record) = self.next_record() else { break };
            let given = record.bytes.len() <= self.record_bytes_max;
            if given && !work.batch.ends.is_empty() && work.batch.bytes.len() + record.bytes.len() > self.bytes_max {
                self.ahead = Some(record);
                break;
            }
            if given {
                if work.batch.bytes.is_empty() && self.number > 0 {
                    // The first batch was one: most are as large as they may be.
                    work.batch.bytes.reserve(self.bytes_max);
                }
                work.batch.push(&record.bytes);
            }
            let SourceRecord { source, position, bytes } = record;
            work.entries.push(BatchRecord { source, position, bytes: bytes.len() as u64, given });
        }
        self.number += 1;
        (!work.entries.is_empty()).then_some(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(
        records_max: usize,
        bytes_max: usize,
        records: Vec<anyhow::Result<SourceRecord>>,
    ) -> Batches<impl Iterator<Item = anyhow::Result<SourceRecord>>> {
        Batches {
            records: records.into_iter(),
            ahead: None,
            failed: None,
            number: 0,
            hint: Logsource::default(),
            records_max,
            bytes_max,
            record_bytes_max: 8,
        }
    }

    fn record(bytes: &str) -> anyhow::Result<SourceRecord> {
        Ok(SourceRecord { source: 0, position: Position::Line(1), bytes: bytes.into() })
    }

    /// Batches as text: records with `|` between, one too large as `#`.
    fn check(records_max: usize, bytes_max: usize, records: &[&str], expected: &[&str]) {
        let made = batches(records_max, bytes_max, records.iter().map(|bytes| record(bytes)).collect());
        let texts: Vec<String> = made
            .map(|work| {
                let mut given = 0;
                let mut text = Vec::new();
                for entry in &work.entries {
                    if entry.given {
                        text.push(String::from_utf8_lossy(work.record(given)).into_owned());
                        given += 1;
                    } else {
                        text.push("#".to_owned());
                    }
                }
                assert_eq!(given, work.batch.ends.len());
                text.join("|")
            })
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn batches_keep_their_limits_and_lose_nothing() {
        check(10, 100, &[], &[]);
        check(10, 100, &["a", "b"], &["a|b"]);
        check(2, 100, &["a", "b", "c"], &["a|b", "c"]);
        check(10, 4, &["aa", "bb", "c"], &["aa|bb", "c"]);
        check(10, 4, &["aaaaaa", "b", ""], &["aaaaaa", "b|"]);
        check(10, 100, &["a", "123456789", "b"], &["a|#|b"]);
        check(1, 100, &["123456789"], &["#"]);
        check(10, 100, &["", "", ""], &["||"]);
    }

    #[test]
    fn a_place_counts_the_records_that_are_not_given() {
        let records = vec![record("123456789"), record("a"), record("123456789"), record("b")];
        let work = batches(10, 100, records).next().expect("one");
        assert_eq!([work.place(0), work.place(1)], [1, 3]);
        let work = batches(10, 100, vec![record("a"), record("b")]).next().expect("one");
        assert_eq!([work.place(0), work.place(1)], [0, 1]);
    }

    #[test]
    fn a_failing_source_ends_after_what_came_before() {
        let mut made = batches(10, 100, vec![record("a"), Err(anyhow::anyhow!("gone")), record("b")]);
        assert_eq!(made.next().map(|work| work.entries.len()), Some(1));
        assert!(made.next().is_none());
        assert_eq!(made.end().expect_err("it failed").to_string(), "gone");
    }

    #[test]
    fn a_part_stands_for_itself() {
        let work = batches(10, 100, vec![record("aa"), record("b"), record(""), record("cc")]).next().expect("one");
        assert_eq!(work.part(0..4), work.batch);
        let part = work.part(1..3);
        assert_eq!((part.bytes.as_slice(), part.ends.as_slice()), (b"b".as_slice(), [1, 1].as_slice()));
        assert_eq!(work.part(3..4).records().collect::<Vec<_>>(), [b"cc"]);
    }
}
