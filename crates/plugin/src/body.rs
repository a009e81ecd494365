//! What read hands to judge: for each noted record all that judging needs, as bytes that mean nothing to the host.

use glassbox_finding::{Entity, EventTime, Evidence, JudgeError, Logsource, QuotedField};
use glassbox_score::ContentFeatures;
use serde::{Deserialize, Serialize};

/// What read took from one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Body {
    /// The digest of the pack; the seed is in the observations.
    pub(crate) made_under: [u8; 32],
    /// Records of the batch.
    pub(crate) records: u32,
    /// The earliest event time of the batch.
    pub(crate) earliest: Option<EventTime>,
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
    /// Evidence of the hits that are told in full.
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) content: ContentFeatures,
}

/// A rule that hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotedHit {
    /// The rule's position in the pack.
    pub(crate) rule: u32,
    /// Where its evidence begins and ends.
    pub(crate) evidence: (u32, u32),
    /// The observation of this rule on this entity; none where the record names none.
    pub(crate) observation: Option<u64>,
}

impl Body {
    pub(crate) fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("plain data encodes")
    }

    /// Reads a body and checks every position in it.
    pub(crate) fn decode(bytes: &[u8], made_under: &[u8; 32], rules: usize) -> Result<Self, JudgeError> {
        let malformed = |rest: usize| JudgeError::Malformed((bytes.len() - rest) as u32);
        let (body, rest): (Self, &[u8]) = postcard::take_from_bytes(bytes).map_err(|_| malformed(bytes.len()))?;
        if !rest.is_empty() {
            return Err(malformed(rest.len()));
        }
        if body.made_under != *made_under {
            return Err(JudgeError::Foreign);
        }
        let mut next = 0;
        for noted in &body.noted {
            let within = |hit: &NotedHit| {
                let (start, end) = hit.evidence;
                (hit.rule as usize) < rules && start <= end && end as usize <= noted.evidence.len()
            };
            if noted.index < next || noted.index >= body.records || !noted.hits.iter().all(within) {
                return Err(malformed(0));
            }
            next = noted.index + 1;
        }
        Ok(body)
    }
}
