//! The account of a lane: every record counted once, and what went wrong, bounded in number and length whatever the plugin
//! calls things.

use std::{collections::BTreeMap, ops::Range};

use glassbox_deployment::Deployment;
use glassbox_finding::{NO_CLASS, Reading, limits::MAPS_MAX};
use glassbox_report::{FaultReport, Summary, WhyUnscored};

use super::{Docket, Said};
use crate::reader::Failure;

/// Different faults that a summary lists; further ones are added up in one.
const FAULTS_LISTED_MAX: usize = 100;
/// Different rules whose hits a summary counts, several times what public rule sets hold; further ones are added up.
const RULES_COUNTED_MAX: usize = 20_000;
/// The name under which everything beyond a bound is counted together.
const FURTHER: &str = "further";

/// A summary in the making.
pub(super) struct Tally {
    pub(super) summary: Summary,
    /// Sequences given so far: records and ticks.
    pub(super) sequences: u64,
}

impl Tally {
    pub(super) fn new(summary: Summary) -> Self {
        Self { summary, sequences: 0 }
    }

    pub(super) fn into_summary(self) -> Summary {
        self.summary
    }

    /// What a reading alone decides: quiet records without a note, those outside and unscored, classes, suppressed hits.
    pub(super) fn account(
        &mut self,
        range: &Range<usize>,
        reading: &Reading,
        deployment: &Deployment,
        docket: &mut Docket<'_>,
    ) {
        let summary = &mut self.summary;
        let named = reading.noted.len() + reading.outside.len() + reading.unscored.len();
        summary.quiet += (range.len() - named) as u64;
        summary.outside += reading.outside.len() as u64;
        self.classes(reading, deployment);
        for unscored in &reading.unscored {
            let why = WhyUnscored::Unreadable(unscored.reason, unscored.at);
            docket.said.insert(range.start + unscored.index as usize, Said::Unscored(why));
        }
        let directory = deployment.directory();
        for suppressed in &reading.suppressed {
            let filter = directory.filter(suppressed.filter).map_or("", |filter| filter.title.as_str());
            count(&mut self.summary.suppressed_by_filter, filter, 1, RULES_COUNTED_MAX);
            self.summary.suppressed += 1;
        }
        for undecided in &reading.undecided {
            let rule = directory.rule(undecided.rule).map_or("", |rule| rule.id.as_str());
            count(&mut self.summary.undecided_by_rule, rule, 1, RULES_COUNTED_MAX);
        }
    }

    fn classes(&mut self, reading: &Reading, deployment: &Deployment) {
        let mut counts = vec![0_u64; reading.classes.len()];
        let mut outside = reading.outside.iter().peekable();
        for (index, &class) in reading.class_of.iter().enumerate() {
            let is_outside = outside.next_if(|&&it| it as usize == index).is_some();
            if class != NO_CLASS && !is_outside {
                counts[class as usize] += 1;
            }
        }
        let summary = &mut self.summary;
        for (class, number) in reading.classes.iter().zip(counts).filter(|(_, number)| *number > 0) {
            let map = deployment.maps().get(class.map as usize).map_or(FURTHER, String::as_str);
            count(&mut summary.maps, map, number, MAPS_MAX);
            summary.unrouted += if class.routed { 0 } else { number };
            summary.blind += if class.blind { number } else { 0 };
            summary.untimed += if class.timed { 0 } else { number };
        }
        let timed = reading.times.iter().enumerate().filter_map(|(index, _)| reading.time(index));
        summary.latest = summary.latest.max(timed.max());
    }

    /// A finding's rules.
    pub(super) fn hits<'r>(&mut self, rules: impl Iterator<Item = &'r str>) {
        rules.for_each(|rule| count(&mut self.summary.hits_by_rule, rule, 1, RULES_COUNTED_MAX));
    }

    /// A fault, and how many records it cost.
    pub(super) fn report(&mut self, failure: &Failure, records: u64) {
        let faults = &mut self.summary.faults;
        if let Some(known) = faults.iter_mut().find(|known| known.call == failure.call && known.what == failure.what) {
            known.records += records;
        } else if faults.len() < FAULTS_LISTED_MAX {
            faults.push(FaultReport { call: failure.call, what: failure.what.clone(), records });
        } else {
            // Added up in one entry of its own, the last.
            let what = "further faults".to_owned();
            match faults.last_mut() {
                Some(last) if last.what == what => last.records += records,
                _ => faults.push(FaultReport { call: FURTHER, what, records }),
            }
        }
    }
}

/// Counts `number` more of a name, of which there are at most `names_max`; further ones are added up in one. Names come
/// from the pack or the plugin's description, both of which bound their length.
fn count(counts: &mut BTreeMap<String, u64>, name: &str, number: u64, names_max: usize) {
    if let Some(counted) = counts.get_mut(name) {
        *counted += number;
        return;
    }
    let name = if counts.len() < names_max { name } else { FURTHER };
    *counts.entry(name.to_owned()).or_default() += number;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_nothing_goes_uncounted() {
        let mut counts = BTreeMap::new();
        for number in 0..10 {
            count(&mut counts, &format!("name {number}"), 2, 3);
            count(&mut counts, "name 1", 1, 3);
        }
        let expected = [("name 0", 2), ("name 1", 12), ("name 2", 2), (FURTHER, 14)];
        assert_eq!(counts, expected.map(|(name, number)| (name.to_owned(), number)).into());
    }
}
