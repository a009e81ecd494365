//! Where things lie in records, and what is claimed of them.

use std::borrow::Cow;

use glassbox_predicate::TextPlace as Step;
use serde::{Deserialize, Serialize};

use super::Sequence;
use crate::limits::STEPS_MAX;

/// Whose bytes a place is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Within {
    /// The finding's own record.
    #[default]
    Own,
    /// The frame of the origin of that record.
    Frame,
    /// Another record.
    Other(Sequence),
}

/// Where text lies: at most [`STEPS_MAX`] steps, each in the text that the step before gave.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextPlace {
    /// Whose bytes.
    pub within: Within,
    /// The first step.
    pub step: Step,
    /// The steps inside it; nearly always none.
    pub further: Vec<Step>,
}

impl From<Step> for TextPlace {
    fn from(step: Step) -> Self {
        Self { within: Within::Own, step, further: Vec::new() }
    }
}

impl TextPlace {
    /// All steps in order.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        std::iter::once(self.step).chain(self.further.iter().copied())
    }

    /// The text, from the bytes that `within` names; none where a span lies outside, or where there are too many steps.
    #[must_use]
    pub fn read<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        if self.further.len() >= STEPS_MAX {
            return None;
        }
        let mut text = self.step.read(bytes)?;
        for step in &self.further {
            text = Cow::Owned(step.read(text.as_bytes())?.into_owned());
        }
        Some(text)
    }
}

/// Where a predicate was found to hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In this text.
    Text(TextPlace),
    /// In both texts: a field and the field that it was compared with.
    Pair(TextPlace, TextPlace),
    /// In the absence of the field.
    Absent,
}

impl Place {
    /// The texts that it names: none, one or two.
    pub fn texts(&self) -> impl Iterator<Item = &TextPlace> {
        let (one, other) = match self {
            Self::Text(place) => (Some(place), None),
            Self::Pair(one, other) => (Some(one), Some(other)),
            Self::Absent => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// What a piece of evidence is evidence of. All numbers are positions in the pack's directory, or in what a position
/// there names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// A predicate of a rule's item holds.
    Item(RuleItem),
    /// A value falls into a term's bin.
    Bin(TermBin),
    /// The field at this position has this value: it names what the finding is about.
    Role(u32),
}

/// A predicate of an item of a rule: one line of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RuleItem {
    /// The rule.
    pub rule: u32,
    /// The item in the rule.
    pub item: u32,
    /// The predicate in the item.
    pub predicate: u32,
}

/// A bin of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TermBin {
    /// The term.
    pub term: u32,
    /// The bin in the term.
    pub bin: u32,
    /// The predicate in the bin; none for a bin that rests on a value without one.
    pub predicate: Option<u32>,
    /// The field.
    pub field: u32,
}

/// Why something is so.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is evidence of.
    pub claim: Claim,
    /// Where it holds.
    pub place: Place,
}
