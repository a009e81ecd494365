//! What a reader makes of a record.

use std::borrow::Cow;

use glassbox_finding::{Step, UnscoredReason};

/// What a value was in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A string.
    Text,
    /// A number, as it was written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// An object or array of objects, as raw JSON.
    Object,
}

/// One value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// Its bytes, as they stand in the record.
    pub bytes: &'a [u8],
    /// What it was.
    pub kind: Kind,
    /// Where its text stands in the record.
    pub place: Step,
}

impl<'a> Value<'a> {
    /// Its text, decoded.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        glassbox_predicate::decode(self.bytes, self.place.encoding)
    }
}

/// A value of a record under its canonical name, whether or not any rule reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The canonical name: the field map's, or the path with dots.
    pub name: String,
    /// The text, decoded.
    pub text: String,
    /// What it was.
    pub kind: Kind,
    /// Where the text stands in the record.
    pub place: Step,
}

/// The categories of an event; several where one event is of several, as a registry value set is both `registry_set`
/// and `registry_event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Categories<'a> {
    /// From the record itself.
    Known(&'static [&'static str]),
    /// From the operator's hint.
    Hinted(&'a str),
}

impl<'a> Categories<'a> {
    /// The categories, most specific first.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let (known, hinted) = match self {
            Self::Known(known) => (known, None),
            Self::Hinted(hinted) => (&[][..], Some(hinted)),
        };
        known.iter().copied().chain(hinted)
    }
}

/// What produced an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source<'a> {
    /// Such as `windows`.
    pub product: Option<&'a str>,
    /// Such as `security`; the most specific one where the record is of several services.
    pub service: Option<&'a str>,
    /// Further services that the record is of, as a line of sshd is one of `auth` and `syslog` too.
    pub services: &'static [&'static str],
    /// Such as `process_creation`.
    pub categories: Categories<'a>,
}

/// Why a record could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason:?} at byte {at}")]
pub struct Unreadable {
    /// The reason.
    pub reason: UnscoredReason,
    /// The byte at which reading stopped.
    pub at: u32,
}
