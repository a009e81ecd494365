//! MITRE ATT&CK Enterprise: techniques, tactics, and where older ids have gone. Facts only: ids, names, which tactics a
//! technique serves; no descriptions.
//!
//! The tables are static and made when the crate is built, from `data/`. Nothing is parsed or allocated at run time.
//!
//! © 2026 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.
//! ATT&CK is a registered trademark of The MITRE Corporation.

use std::fmt;

/// The version of ATT&CK that the tables hold.
pub const VERSION: &str = "19.1";

/// A goal of an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tactic {
    /// Such as `TA0002`.
    pub id: &'static str,
    /// Such as `Execution`.
    pub name: &'static str,
    /// Sigma's tag, such as `attack.execution`.
    pub tag: &'static str,
    /// The tag that stood for it and others before version 19.
    pub former_tag: Option<&'static str>,
}

/// A way to reach a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Technique {
    /// Its id as a number.
    pub number: TechniqueNumber,
    /// Such as `T1059.001`.
    pub id: &'static str,
    /// Such as `PowerShell`.
    pub name: &'static str,
    /// The goals it serves.
    pub tactics: Tactics,
    /// Whether ATT&CK has deprecated or revoked it.
    pub deprecated: bool,
}

/// A technique's id as a number: a thousand times the technique's plus the sub-technique's, so that `T1059.001` is
/// 1059001. Any number may be made, whether or not such a technique exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TechniqueNumber(pub u32);

/// A set of tactics: bit `i` is `TACTICS[i]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tactics(pub u16);

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// What a Sigma tag of ATT&CK names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A tactic; several where the tag is a former one that was split.
    Tactics(Tactics),
    /// A technique, under the id that the tag has.
    Technique(TechniqueNumber),
}

/// What became of a technique's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The technique today; none where there is no such technique, and a deprecated one where nothing replaced it.
    pub current: Option<&'static Technique>,
    /// The id that was asked for, where another replaced it.
    pub redirected_from: Option<TechniqueNumber>,
}

/// Ids replace each other at most so often; a longer chain would be an error in the table.
const REDIRECTS_MAX: usize = 8;

/// The technique of an id, such as `T1059.001`, whether current or not.
#[must_use]
pub fn technique(id: &str) -> Option<&'static Technique> {
    technique_numbered(TechniqueNumber::parse(id)?)
}

/// The technique of a number, whether current or not.
#[must_use]
pub fn technique_numbered(number: TechniqueNumber) -> Option<&'static Technique> {
    TECHNIQUES.binary_search_by_key(&number, |technique| technique.number).ok().map(|at| &TECHNIQUES[at])
}

/// What became of an id: redirects are followed.
#[must_use]
pub fn resolve(id: &str) -> Resolved {
    match TechniqueNumber::parse(id) {
        Some(number) => resolve_numbered(number),
        None => Resolved { current: None, redirected_from: None },
    }
}

/// What became of a technique's number: redirects are followed.
#[must_use]
pub fn resolve_numbered(asked: TechniqueNumber) -> Resolved {
    let mut number = asked;
    for _ in 0..REDIRECTS_MAX {
        let Ok(at) = REDIRECTS.binary_search_by_key(&number, |redirect| redirect.0) else { break };
        number = REDIRECTS[at].1;
    }
    Resolved { current: technique_numbered(number), redirected_from: (number != asked).then_some(asked) }
}

/// The tactic of an id, such as `TA0002`.
#[must_use]
pub fn tactic(id: &str) -> Option<&'static Tactic> {
    TACTICS.iter().find(|tactic| tactic.id.eq_ignore_ascii_case(id))
}

/// What a Sigma tag names; none for tags that are not of ATT&CK, and for groups and software.
///
/// Letter case does not count, and `_` is read as `-`, as older rules write it.
#[must_use]
pub fn parse_tag(tag: &str) -> Option<Tag> {
    let name = strip_namespace(tag)?;
    if let Some(number) = TechniqueNumber::parse(name) {
        return Some(Tag::Technique(number));
    }
    let is = |tag: &str| strip_namespace(tag).is_some_and(|known| same_name(known, name));
    let mut tactics = Tactics::default();
    for (index, tactic) in TACTICS.iter().enumerate() {
        if is(tactic.tag) {
            return Some(Tag::Tactics(Tactics(1 << index)));
        }
        if tactic.former_tag.is_some_and(is) {
            tactics.0 |= 1 << index;
        }
    }
    (!tactics.is_empty()).then_some(Tag::Tactics(tactics))
}

/// The tactics that a rule's tags name together.
///
/// A former tag that was split stands for those of its parts that the rule's techniques serve, or for the first part
/// where they serve none: one old word must not count as two goals.
#[must_use]
pub fn tactics_of_tags<'t>(tags: impl IntoIterator<Item = &'t str> + Clone) -> Tactics {
    let parsed = || tags.clone().into_iter().filter_map(parse_tag);
    let mut served = Tactics::default();
    for tag in parsed() {
        if let Tag::Technique(number) = tag
            && let Some(technique) = resolve_numbered(number).current
        {
            served.0 |= technique.tactics.0;
        }
    }
    let mut named = Tactics::default();
    for tag in parsed() {
        let Tag::Tactics(tactics) = tag else { continue };
        let parts = Tactics(tactics.0 & served.0);
        named.0 |= match (tactics.len(), parts.is_empty()) {
            (0 | 1, _) => tactics.0,
            (_, false) => parts.0,
            // The lowest bit alone.
            (_, true) => tactics.0 & tactics.0.wrapping_neg(),
        };
    }
    named
}

fn strip_namespace(tag: &str) -> Option<&str> {
    const NAMESPACE: &str = "attack.";
    let (namespace, name) = tag.split_at_checked(NAMESPACE.len())?;
    namespace.eq_ignore_ascii_case(NAMESPACE).then_some(name)
}

fn same_name(known: &str, name: &str) -> bool {
    let plain = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    known.len() == name.len() && known.bytes().zip(name.bytes()).all(|(left, right)| plain(left) == plain(right))
}

impl TechniqueNumber {
    /// Reads an id such as `T1059` or `t1059.001`.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let digits = id.strip_prefix(['T', 't'])?;
        let (technique, sub) = match digits.split_once('.') {
            Some((technique, sub)) if sub.len() == 3 => (technique, sub),
            None => (digits, "0"),
            Some(_) => return None,
        };
        let number =
            |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?;
        (technique.len() == 4).then_some(())?;
        Some(Self(number(technique)? * 1000 + number(sub)?))
    }
}

impl fmt::Display for TechniqueNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1000, self.0 % 1000) {
            (technique, 0) => write!(out, "T{technique:04}"),
            (technique, sub) => write!(out, "T{technique:04}.{sub:03}"),
        }
    }
}

impl Tactics {
    /// How many there are.
    #[must_use]
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The tactics in the order of the matrix. Bits that stand for none are passed over.
    pub fn iter(self) -> impl Iterator<Item = &'static Tactic> {
        TACTICS.iter().enumerate().filter(move |(index, _)| self.0 >> index & 1 == 1).map(|(_, tactic)| tactic)
    }
}

#[cfg(test)]
mod tests;
