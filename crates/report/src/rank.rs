//! Findings in order of rank: probability, then points, then record order.

use std::cmp::Reverse;

use crate::{Sink, StoredFinding, UnscoredRecord};

/// Keeps the best findings, or all of them.
#[derive(Debug, Default)]
pub struct Ranking {
    kept: Vec<(u64, StoredFinding)>,
    /// Findings given, kept or not.
    given: u64,
    limit: Option<usize>,
}

impl Ranking {
    /// Keeps `limit` findings; without one, all.
    #[must_use]
    pub fn new(limit: Option<usize>) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Takes the next finding in record order.
    pub fn push(&mut self, found: StoredFinding) {
        self.kept.push((self.given, found));
        self.given += 1;
        if let Some(limit) = self.limit
            && self.kept.len() >= limit.saturating_mul(2).max(64)
        {
            self.sort();
            self.kept.truncate(limit);
        }
    }

    /// How many were given.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.given
    }

    /// The findings, the first in rank first.
    #[must_use]
    pub fn into_ranked(mut self) -> Vec<StoredFinding> {
        self.sort();
        if let Some(limit) = self.limit {
            self.kept.truncate(limit);
        }
        self.kept.into_iter().map(|(_, found)| found).collect()
    }

    fn sort(&mut self) {
        self.kept
            .sort_by_key(|(order, found)| (Reverse(found.finding.probability), Reverse(found.finding.points), *order));
    }
}

/// Findings are ranked as they come; what else a run tells is left to its summary.
impl Sink for Ranking {
    fn found(&mut self, found: StoredFinding, _record: &[u8]) -> anyhow::Result<()> {
        self.push(found);
        Ok(())
    }

    fn unscored(&mut self, _record: UnscoredRecord) -> anyhow::Result<()> {
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}
