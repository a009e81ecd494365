//! Records to batches: what crosses the boundary together, and where each record came from.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use glassbox_finding::{Batch, Origin, Sequence};
use glassbox_report::{Frame, Position, SourceRecord};

use crate::{
    Input, Lane, SourceInfo, Tick,
    ids::{SourceIdentity, source_identity},
};

/// A batch and what the host knows of its records.
#[derive(Debug)]
pub struct Work {
    /// The batch's place in the run.
    pub number: u64,
    /// What the plugin is given.
    pub batch: Batch,
    /// All records, in order, those that are not handed over as well.
    pub entries: Vec<BatchRecord>,
    /// The sources that entries name.
    pub sources: BTreeMap<u32, Arc<Source>>,
    /// The sequence of the first record of the run is added to that of an entry: how many came before this batch.
    pub before: u64,
    /// What follows the records.
    pub then: Then,
}

/// What follows the records of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Then {
    /// Time has passed.
    pub tick: Option<Tick>,
    /// A checkpoint is asked for.
    pub checkpoint: bool,
}

/// Where a record came from.
#[derive(Clone, Copy, Debug)]
pub struct BatchRecord {
    /// Its source.
    pub source: u32,
    /// Where in the source.
    pub position: Position,
    /// Its bytes, as many as there are.
    pub bytes: u64,
    /// Whether it is in the batch; otherwise it is longer than a record may be.
    pub given: bool,
}

/// A source as batches know it.
#[derive(Debug)]
pub struct Source {
    /// Its name, as it is shown.
    pub name: String,
    /// What it is known by.
    pub(crate) identity: SourceIdentity,
}

impl Source {
    /// What findings of a tick come from where there was no record yet.
    pub(crate) fn none() -> Self {
        Self { name: String::new(), identity: source_identity(&[]) }
    }
}

impl Work {
    /// The sequence of the entry at a position, in a run whose first record has `first`.
    #[must_use]
    pub fn sequence(&self, first: Sequence, entry: usize) -> Sequence {
        first + self.before + entry as u64
    }

    /// The position among all entries of the record at an index of the batch.
    #[must_use]
    pub fn entry(&self, index: usize) -> usize {
        if self.entries.len() == self.batch.len() {
            return index;
        }
        let given = self.entries.iter().enumerate().filter(|(_, entry)| entry.given);
        given.map(|(place, _)| place).nth(index).unwrap_or(self.entries.len())
    }

    /// A batch of some of the records.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Batch {
        let start = if range.start == 0 { 0 } else { self.batch.ends[range.start - 1] };
        let ends: Vec<u32> = self.batch.ends[range.clone()].iter().map(|end| end - start).collect();
        let end = start + ends.last().copied().unwrap_or_default();
        Batch {
            bytes: self.batch.bytes[start as usize..end as usize].to_vec(),
            ends,
            origins: self.batch.origins.clone(),
            origin_of: self.batch.origin_of[range].to_vec(),
        }
    }
}

/// What is known of a source before its first record.
struct Registered {
    name: String,
    origin: Origin,
    /// Once its first record came.
    source: Option<Arc<Source>>,
}

/// Groups records.
pub struct Batches<I> {
    inputs: I,
    /// Read, and the first one of the next batch.
    ahead: Option<SourceRecord>,
    failed: Option<anyhow::Error>,
    sources: Vec<Registered>,
    number: u64,
    before: u64,
    records_max: usize,
    bytes_max: usize,
    record_bytes_max: usize,
}

/// What tells origins of a batch apart.
struct OriginKey {
    source: u32,
    /// Records that share a frame share the allocation.
    frame: Option<Arc<Frame>>,
}

impl OriginKey {
    fn is(&self, other: &Self) -> bool {
        let same_frame = match (&self.frame, &other.frame) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        self.source == other.source && same_frame
    }
}

/// What comes next.
enum Next {
    Record(SourceRecord),
    Then(Then),
    End,
}

impl<I: Iterator<Item = anyhow::Result<Input>>> Batches<I> {
    /// Batches within the limits and options of all lanes.
    #[must_use]
    pub fn new(lanes: &[Lane<'_>], inputs: I) -> Self {
        let least = |of: &dyn Fn(&Lane<'_>) -> usize| lanes.iter().map(of).min().unwrap_or(1).max(1);
        let limits = |lane: &Lane<'_>| lane.deployment.plugin().limits().clone();
        Self::within(
            least(&|lane| lane.options.batch_records_max.min(limits(lane).batch_records_max)),
            least(&|lane| lane.options.batch_bytes_max.min(limits(lane).batch_bytes_max)),
            least(&|lane| limits(lane).record_bytes_max),
            inputs,
        )
    }

    /// Batches of at most so many records and bytes; a longer record than `record_bytes_max` is not given.
    #[must_use]
    pub fn within(records_max: usize, bytes_max: usize, record_bytes_max: usize, inputs: I) -> Self {
        Self {
            inputs,
            ahead: None,
            failed: None,
            sources: Vec::new(),
            number: 0,
            before: 0,
            records_max,
            bytes_max,
            record_bytes_max,
        }
    }

    /// What stopped the records before their end.
    pub(super) fn end(self) -> anyhow::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    fn next_input(&mut self) -> Next {
        if let Some(record) = self.ahead.take() {
            return Next::Record(record);
        }
        while self.failed.is_none() {
            match self.inputs.next() {
                None => return Next::End,
                Some(Ok(Input::Record(record))) => return Next::Record(record),
                Some(Ok(Input::Tick(tick))) => return Next::Then(Then { tick: Some(tick), checkpoint: false }),
                Some(Ok(Input::Checkpoint)) => return Next::Then(Then { tick: None, checkpoint: true }),
                Some(Ok(Input::Source(SourceInfo { name, origin }))) => {
                    self.sources.push(Registered { name, origin, source: None });
                }
                Some(Err(error)) => self.failed = Some(error),
            }
        }
        Next::End
    }

    /// The source of a record, known by its first one; a source that was never registered goes by its number.
    fn source(&mut self, record: &SourceRecord) -> Arc<Source> {
        let number = record.source as usize;
        while self.sources.len() <= number {
            let name = format!("source {}", self.sources.len());
            self.sources.push(Registered { name, origin: Origin::default(), source: None });
        }
        let Registered { name, source, .. } = &mut self.sources[number];
        let made = source
            .get_or_insert_with(|| Arc::new(Source { name: name.clone(), identity: source_identity(&record.bytes) }));
        Arc::clone(made)
    }

    fn add(&mut self, record: SourceRecord, work: &mut Work, origins: &mut Vec<OriginKey>) {
        let given = record.length <= self.record_bytes_max as u64;
        work.sources.entry(record.source).or_insert_with(|| self.source(&record));
        if given {
            if work.batch.is_empty() && self.number > 0 {
                // The first batch was one: most are as large as they may be.
                work.batch.bytes.reserve(self.bytes_max);
            }
            let origin = self.origin_of(&record, work, origins);
            work.batch.bytes.extend_from_slice(&record.bytes);
            work.batch.ends.push(work.batch.bytes.len() as u32);
            work.batch.origin_of.push(origin);
        }
        let SourceRecord { source, position, length, .. } = record;
        work.entries.push(BatchRecord { source, position, bytes: length, given });
    }

    /// The position in the batch of a record's origin: one for each source and frame.
    fn origin_of(&self, record: &SourceRecord, work: &mut Work, origins: &mut Vec<OriginKey>) -> u32 {
        let key = OriginKey { source: record.source, frame: record.frame.clone() };
        let known = origins.iter().rposition(|known| known.is(&key));
        known.unwrap_or_else(|| {
            let mut origin = self.sources[record.source as usize].origin.clone();
            if let Some(frame) = &record.frame {
                origin.frame.clone_from(&frame.bytes);
            }
            work.batch.origins.push(origin);
            origins.push(key);
            work.batch.origins.len() - 1
        }) as u32
    }
}

impl<I: Iterator<Item = anyhow::Result<Input>>> Iterator for Batches<I> {
    type Item = Work;

    fn next(&mut self) -> Option<Work> {
        let mut work = Work {
            number: self.number,
            batch: Batch::default(),
            entries: Vec::new(),
            sources: BTreeMap::new(),
            before: self.before,
            then: Then::default(),
        };
        let mut origins = Vec::new();
        while work.entries.len() < self.records_max {
            match self.next_input() {
                Next::End => break,
                Next::Then(then) => {
                    work.then = then;
                    break;
                }
                Next::Record(record) => {
                    let given = record.length <= self.record_bytes_max as u64;
                    let full = work.batch.bytes.len() + record.bytes.len() > self.bytes_max;
                    if given && !work.batch.is_empty() && full {
                        self.ahead = Some(record);
                        break;
                    }
                    self.add(record, &mut work, &mut origins);
                }
            }
        }
        if work.entries.is_empty() && work.then == Then::default() {
            return None;
        }
        self.number += 1;
        // A tick has a sequence of its own.
        self.before += work.entries.len() as u64 + u64::from(work.then.tick.is_some());
        Some(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(
        records_max: usize,
        bytes_max: usize,
        inputs: Vec<anyhow::Result<Input>>,
    ) -> Batches<impl Iterator<Item = anyhow::Result<Input>>> {
        Batches::within(records_max, bytes_max, 8, inputs.into_iter())
    }

    fn record(bytes: &str) -> anyhow::Result<Input> {
        Ok(Input::Record(SourceRecord::new(0, Position::Line(1), bytes.into())))
    }

    /// Batches as text: records with `|` between, one too large as `#`, a tick as `t`, a checkpoint as `c`.
    fn check(records_max: usize, bytes_max: usize, records: &[&str], expected: &[&str]) {
        let input = |text: &&str| match *text {
            "t" => Ok(Input::Tick(Tick::Idle(7))),
            "c" => Ok(Input::Checkpoint),
            bytes => record(bytes),
        };
        let made = batches(records_max, bytes_max, records.iter().map(input).collect());
        let mut before = 0;
        let texts: Vec<String> = made
            .map(|work| {
                let mut given = work.batch.records();
                let text = |entry: &BatchRecord| match entry.given {
                    true => String::from_utf8_lossy(given.next().expect("a record for each")).into_owned(),
                    false => "#".to_owned(),
                };
                let mut text: Vec<String> = work.entries.iter().map(text).collect();
                text.extend(work.then.tick.map(|_| "t".to_owned()));
                text.extend(work.then.checkpoint.then(|| "c".to_owned()));
                assert_eq!(work.before, before, "sequences are counted on");
                before += work.entries.len() as u64 + u64::from(work.then.tick.is_some());
                text.join("|")
            })
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn batches_keep_their_limits_and_lose_nothing() {
        check(10, 100, &[], &[]);
        check(10, 100, &["a", "b"], &["a|b"]);
        check(2, 100, &["a", "b", "d"], &["a|b", "d"]);
        check(10, 4, &["aa", "bb", "d"], &["aa|bb", "d"]);
        check(10, 4, &["aaaaaa", "b", ""], &["aaaaaa", "b|"]);
        check(10, 100, &["a", "123456789", "b"], &["a|#|b"]);
        check(1, 100, &["123456789"], &["#"]);
        check(10, 100, &["", "", ""], &["||"]);
        check(10, 100, &["a", "t", "b", "c", "c"], &["a|t", "b|c", "c"]);
    }

    #[test]
    fn a_record_has_its_place_among_those_that_are_not_given() {
        let records = vec![record("123456789"), record("a"), record("123456789"), record("b")];
        let work = batches(10, 100, records).next().expect("one");
        assert_eq!([work.entry(0), work.entry(1)], [1, 3]);
        assert_eq!(work.sequence(1, work.entry(1)), 4);
        let work = batches(10, 100, vec![record("a"), record("b")]).next().expect("one");
        assert_eq!([work.entry(0), work.entry(1)], [0, 1]);
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

    #[test]
    fn sources_are_registered_as_they_come_and_known_by_their_first_record() {
        let source = |name: &str| Ok(Input::Source(SourceInfo { name: name.into(), origin: Origin::default() }));
        let of = |source, bytes: &str| Ok(Input::Record(SourceRecord::new(source, Position::Line(1), bytes.into())));
        let inputs = vec![source("x"), of(0, "a"), of(0, "b"), source("./x"), of(1, "a"), of(2, "c")];
        let work = batches(10, 100, inputs).next().expect("one");
        let names: Vec<&str> = work.sources.values().map(|source| source.name.as_str()).collect();
        assert_eq!(names, ["x", "./x", "source 2"]);
        assert_eq!(work.sources[&0].identity, work.sources[&1].identity);
        assert_ne!(work.sources[&0].identity, work.sources[&2].identity);
    }
}
