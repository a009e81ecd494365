//! What read hands to judge: observations of all records that have any, and for each record that a rule hit all that
//! judging needs, as bytes that mean nothing to the host.

use glassbox_finding::{Entity, EventTime, Evidence, JudgeError, Logsource, QuotedField};
use glassbox_score::ContentFeatures;
use serde::{Deserialize, Serialize};

use crate::observe::{Observed, Part};

/// No evidence for a part.
pub(crate) const NO_GROUND: u16 = u16::MAX;

/// What read took from one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Body {
    /// The digest of the pack; the seed is in the observations.
    pub(crate) made_under: [u8; 32],
    /// Records of the batch.
    pub(crate) records: u32,
    /// Observations, one record's after another's: those that carry hits and those that carry none. In numbers alone, as
    /// most records that judge gets have nothing else.
    pub(crate) observed: Vec<u8>,
    /// Those that carry hits.
    pub(crate) noted: Vec<Noted>,
}

/// A record that carries hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    /// Its position in the batch.
    pub(crate) index: u32,
    pub(crate) time: Option<EventTime>,
    pub(crate) schema: String,
    pub(crate) logsource: Logsource,
    pub(crate) entities: Vec<Entity>,
    pub(crate) fields: Vec<QuotedField>,
    /// All rules that hit, in the pack's order.
    pub(crate) hits: Vec<NotedHit>,
    /// Evidence of the hits that are told in full, then that for the parts of observations.
    pub(crate) evidence: Vec<Evidence>,
    /// For each part of observations the position of its evidence.
    pub(crate) grounds: [u16; Part::COUNT],
    pub(crate) content: ContentFeatures,
    pub(crate) context: NotedContext,
}

/// A rule that hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotedHit {
    /// The rule's position in the pack.
    pub(crate) rule: u32,
    /// Where its evidence begins and ends.
    pub(crate) evidence: (u32, u32),
}

/// What the pack's context says of a record, as far as its text decides it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotedContext {
    /// The asset that the host belongs to.
    pub(crate) asset: Option<u32>,
    pub(crate) is_tool: Option<bool>,
    pub(crate) is_maintenance: Option<bool>,
}

/// What judge does for one record, in record order.
pub(crate) struct Entry {
    pub(crate) observed: Observed,
    pub(crate) noted: Option<Noted>,
}

impl Body {
    pub(crate) fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("plain data encodes")
    }

    /// Reads a body and checks every position in it.
    pub(crate) fn decode(bytes: &[u8], made_under: &[u8; 32], rules: usize) -> Result<Vec<Entry>, JudgeError> {
        let malformed = |rest: usize| JudgeError::Malformed((bytes.len() - rest) as u32);
        let (body, rest): (Self, &[u8]) = postcard::take_from_bytes(bytes).map_err(|_| malformed(bytes.len()))?;
        if !rest.is_empty() {
            return Err(malformed(rest.len()));
        }
        if body.made_under != *made_under {
            return Err(JudgeError::Foreign);
        }
        let mut entries = Vec::new();
        let mut all_noted = body.noted.into_iter().peekable();
        let mut observations = body.observed.as_slice();
        let mut next = 0;
        while !observations.is_empty() {
            let observed = Observed::read(&mut observations).ok_or(malformed(0))?;
            if observed.index < next || observed.index >= body.records {
                return Err(malformed(0));
            }
            next = observed.index + 1;
            let noted = all_noted.next_if(|noted| noted.index == observed.index);
            if noted.as_ref().is_some_and(|noted| !noted.is_sound(rules)) {
                return Err(malformed(0));
            }
            entries.push(Entry { observed, noted });
        }
        if all_noted.next().is_some() {
            return Err(malformed(0));
        }
        Ok(entries)
    }
}

impl Noted {
    fn is_sound(&self, rules: usize) -> bool {
        let count = self.evidence.len();
        let within = |hit: &NotedHit| {
            let (start, end) = hit.evidence;
            (hit.rule as usize) < rules && start <= end && end as usize <= count
        };
        self.hits.iter().all(within) && self.grounds.iter().all(|&at| at == NO_GROUND || usize::from(at) < count)
    }

    /// The position of the evidence for a part.
    pub(crate) fn ground(&self, part: Part) -> Option<u32> {
        let at = self.grounds[part as usize];
        (at != NO_GROUND).then_some(at.into())
    }
}
