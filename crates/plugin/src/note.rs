//! Notes: what read hands to judge of one record each, as bytes that mean nothing to the host.
//!
//! A note is a tag that tells under which pack, seed and plugin it was made, the record's observations in numbers alone,
//! and, where a rule hit, everything that judging needs of the record. Most notes have observations alone.

use glassbox_finding::{Entity, Evidence, FieldPlace, Role};
use glassbox_score::ContentFeatures;
use serde::{Deserialize, Serialize};

use crate::observe::Observed;

/// No evidence for a part.
pub(crate) const NO_GROUND: u16 = u16::MAX;
/// Bytes of the tag.
const TAG_BYTES: usize = 4;

/// A record that carries hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    /// What kind of source saw it, as a hash.
    pub(crate) detector: u64,
    pub(crate) entities: Vec<Entity>,
    pub(crate) fields: Vec<FieldPlace>,
    /// All rules that hit, ascending.
    pub(crate) hits: Vec<u32>,
    /// For each hit that is listed with evidence, where its evidence ends, and whether some was left out.
    pub(crate) shown: Vec<(u16, bool)>,
    /// Evidence of the hits that are listed with theirs, then that for the parts of observations.
    pub(crate) evidence: Vec<Evidence>,
    /// For each part of observations the position of its evidence.
    pub(crate) grounds: [u16; Role::COUNT],
    pub(crate) content: ContentFeatures,
    pub(crate) context: NotedContext,
}

/// What the pack's context says of a record, as far as its text decides it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotedContext {
    /// The asset that the host belongs to.
    pub(crate) asset: Option<u32>,
    pub(crate) is_tool: Option<bool>,
    pub(crate) is_maintenance: Option<bool>,
}

/// What judge does for one record, in judge order.
pub(crate) struct Note {
    pub(crate) observed: Observed,
    pub(crate) noted: Option<Noted>,
}

/// Why bytes are no note of this plugin with this pack and seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoteError {
    /// Made under another pack, seed or plugin.
    Foreign,
    /// Not made by `read`.
    Malformed,
}

/// How many of each thing positions in a note may refer to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) rules: usize,
    pub(crate) fields: usize,
}

impl Note {
    /// Appends a note to `bytes`.
    pub(crate) fn write(tag: u32, observed: &Observed, noted: Option<&Noted>, bytes: &mut Vec<u8>) {
        bytes.extend(tag.to_le_bytes());
        observed.write(bytes);
        if let Some(noted) = noted {
            // Plain data always encodes; the buffer grows as needed.
            let taken = std::mem::take(bytes);
            *bytes = postcard::to_extend(noted, taken).expect("plain data encodes");
        }
    }

    /// Reads a note and checks every position in it.
    pub(crate) fn read(bytes: &[u8], tag: u32, counts: Counts) -> Result<Self, NoteError> {
        let (stated, mut rest) = bytes.split_first_chunk::<TAG_BYTES>().ok_or(NoteError::Malformed)?;
        if u32::from_le_bytes(*stated) != tag {
            return Err(NoteError::Foreign);
        }
        let observed = Observed::read(&mut rest).ok_or(NoteError::Malformed)?;
        if rest.is_empty() {
            return Ok(Self { observed, noted: None });
        }
        let (noted, rest): (Noted, _) = postcard::take_from_bytes(rest).map_err(|_| NoteError::Malformed)?;
        if !rest.is_empty() || !noted.is_sound(counts) {
            return Err(NoteError::Malformed);
        }
        Ok(Self { observed, noted: Some(noted) })
    }
}

impl Noted {
    fn is_sound(&self, counts: Counts) -> bool {
        let evidence = self.evidence.len();
        let rules = self.hits.iter().all(|&rule| (rule as usize) < counts.rules);
        let ends = self.shown.iter().map(|&(end, _)| usize::from(end));
        let shown = self.shown.len() <= self.hits.len()
            && self.shown.is_sorted_by_key(|&(end, _)| end)
            && ends.into_iter().all(|end| end <= evidence);
        let grounds = self.grounds.iter().all(|&at| at == NO_GROUND || usize::from(at) < evidence);
        let slots = self.content.slots().all(|slot| (slot as usize) < counts.fields);
        rules && shown && grounds && slots && evidence < usize::from(NO_GROUND)
    }

    /// Where the evidence of a hit begins and ends; empty for one that is listed without.
    pub(crate) fn evidence_of(&self, hit: usize) -> std::ops::Range<u32> {
        let end = |hit: usize| self.shown.get(hit).map_or(0, |&(end, _)| u32::from(end));
        if hit >= self.shown.len() {
            return 0..0;
        }
        let start = if hit == 0 { 0 } else { end(hit - 1) };
        start..end(hit)
    }

    /// The position of the evidence for a part.
    pub(crate) fn ground(&self, part: Role) -> Option<u32> {
        let at = self.grounds[part as usize];
        (at != NO_GROUND).then_some(at.into())
    }
}
