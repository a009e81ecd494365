//! Everything said of a batch's records, in their order, with names and texts joined.

use std::sync::Arc;

use glassbox_check::RecordBytes;
use glassbox_finding::{Reading, Sequence};
use glassbox_pack::to_hex;
use glassbox_report::{Joined, Position, StoredFinding, UnscoredRecord, WhyUnscored};
use sha2::{Digest, Sha256};

use super::{Docket, Found, Judge, Said};
use crate::{
    Event,
    batch::{BatchRecord, Source},
    ids::{record_finding_id, window_finding_id},
};

impl Judge<'_> {
    /// Everything said of a batch, and that it is settled.
    pub(super) fn tell(&mut self, docket: Docket<'_>, checkpoint: Option<Arc<[u8]>>) -> Vec<Event> {
        let Docket { work, mut said, mut windows, first_sequence, .. } = docket;
        let record_bytes_max = self.lane.deployment.plugin().limits().record_bytes_max as u64;
        let mut events = Vec::with_capacity(said.len() + 2);
        let mut index = 0;
        for (place, entry) in work.entries.iter().enumerate() {
            self.tally.summary.records += 1;
            self.tally.summary.bytes += entry.bytes;
            let what = if entry.given {
                index += 1;
                said.remove(&(index - 1))
            } else {
                Some(Said::Unscored(WhyUnscored::TooLarge { bytes: entry.bytes, bytes_max: record_bytes_max }))
            };
            let source = &work.sources[&entry.source];
            match what {
                None => {}
                Some(Said::Found(found)) => {
                    let record = work.batch.record(index - 1);
                    let frame = work.batch.origin(index - 1).map_or(&[][..], |origin| &origin.frame);
                    let sequence = work.sequence(first_sequence, place);
                    let finding = self.found(source, entry, sequence, record, frame, &found);
                    events.push(Event::Found { finding: Box::new(finding), record: record.to_vec() });
                }
                Some(Said::Unscored(why)) => {
                    self.tally.summary.unscored += 1;
                    *self.tally.summary.unscored_by_reason.entry(why.name().to_owned()).or_default() += 1;
                    let source = source.name.clone();
                    events.push(Event::Unscored(UnscoredRecord { source, position: entry.position, why }));
                }
            }
            for window in windows.remove(&place).unwrap_or_default() {
                events.push(self.window(source, entry.position, window, index.checked_sub(1), work));
            }
        }
        let last = work.entries.last();
        for window in windows.into_values().flatten() {
            let source = last.map(|entry| Arc::clone(&work.sources[&entry.source]));
            let source = source.unwrap_or_else(|| Arc::new(Source::none()));
            events.push(self.window(
                &source,
                last.map_or(Position::Line(0), |entry| entry.position),
                window,
                None,
                work,
            ));
        }
        self.tally.sequences = work.before + work.entries.len() as u64 + u64::from(work.then.tick.is_some());
        let sequence = (first_sequence + self.tally.sequences).saturating_sub(1);
        events.push(Event::Settled { sequence, checkpoint });
        events.push(Event::Progress(self.tally.summary.records, self.tally.summary.bytes));
        events
    }

    fn found(
        &mut self,
        source: &Source,
        entry: &BatchRecord,
        sequence: Sequence,
        record: &[u8],
        frame: &[u8],
        found: &Found,
    ) -> StoredFinding {
        let Found { finding, unchecked, class, time, suppressed } = found;
        let deployment = self.lane.deployment;
        let (maps, directory) = (deployment.maps(), deployment.directory());
        let joined = Joined { record, frame, class, time: *time, maps, directory };
        let mut finding = joined.finding(finding, *unchecked);
        finding.suppressed = joined.suppressed(suppressed.iter());
        let summary = &mut self.tally.summary;
        summary.findings += 1;
        summary.unchecked += u64::from(*unchecked > 0);
        let rules = finding.hits.iter().map(|hit| hit.rule.as_str());
        self.tally.hits(rules.chain(finding.further_hits.iter().map(String::as_str)));
        let record_digest: [u8; 32] = Sha256::digest(record).into();
        let id = record_finding_id(&self.lane.options.tenant, &source.identity, entry.position, &record_digest);
        StoredFinding {
            id,
            source: source.name.clone(),
            position: entry.position,
            sequence,
            record_digest: to_hex(&record_digest),
            finding,
        }
    }

    /// A finding about a window, with the record that completed it, if one did.
    fn window(
        &mut self,
        source: &Source,
        position: Position,
        found: Found,
        index: Option<usize>,
        work: &crate::Work,
    ) -> Event {
        let Found { finding, unchecked, class, .. } = found;
        let record = index.map_or(&[][..], |index| work.batch.record(index));
        let frame = index.and_then(|index| work.batch.origin(index)).map_or(&[][..], |origin| &origin.frame);
        let deployment = self.lane.deployment;
        let (maps, directory) = (deployment.maps(), deployment.directory());
        let joined = Joined { record, frame, class: &class, time: None, maps, directory };
        let mut joined = joined.finding(&finding, unchecked);
        self.tally.summary.window_findings += 1;
        self.tally.summary.unchecked += u64::from(unchecked > 0);
        let window = joined.window.as_ref();
        let group: Vec<String> =
            window.map(|window| window.group.iter().map(|entity| entity.name.clone()).collect()).unwrap_or_default();
        let rules: Vec<String> = joined.hits.iter().map(|hit| hit.rule.clone()).collect();
        let (from, to) = window.map_or((0, 0), |window| (window.from, window.to));
        joined.time = Some(to);
        self.tally.hits(rules.iter().map(String::as_str));
        let stored = StoredFinding {
            id: window_finding_id(&self.lane.options.tenant, &group, from, to, &rules),
            source: source.name.clone(),
            position,
            sequence: finding.at,
            record_digest: to_hex(&Sha256::digest(record)),
            finding: joined,
        };
        Event::Found { finding: Box::new(stored), record: record.to_vec() }
    }
}

impl Docket<'_> {
    /// What a finding about the record with a sequence is held to; none where the part has no such record.
    pub(super) fn record_bytes<'c>(
        &'c self,
        reading: &Reading,
        start: usize,
        sequence: Sequence,
    ) -> Option<RecordBytes<'c>> {
        let index = self.index(sequence).filter(|&index| index >= start)?;
        let frame = self.work.batch.origin(index).map_or(&[][..], |origin| &origin.frame);
        let map = reading.class(index - start)?.map;
        Some(RecordBytes { bytes: self.work.batch.record(index), frame, map })
    }

    /// The index in the batch of the record with a sequence; none where the batch has no such record.
    pub(super) fn index(&self, sequence: Sequence) -> Option<usize> {
        let offset = sequence.checked_sub(self.work.sequence(self.first_sequence, 0))?;
        let entry = usize::try_from(offset).ok().filter(|&entry| entry < self.work.entries.len())?;
        if self.work.entries.len() == self.work.batch.len() {
            return Some(entry);
        }
        (0..self.work.batch.len()).find(|&index| self.work.entry(index) == entry)
    }
}
