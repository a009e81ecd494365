//! The path language: where in a record a value lies, independent of the record's syntax.
//!
//! # Paths of values
//!
//! The path of a value is the keys from the record's root to it, array indexes left out. Keys are texts, with escapes
//! decoded. What a key is in each syntax:
//!
//! | syntax | keys |
//! |---|---|
//! | JSON | the members' names |
//! | XML | the elements' names; the value of an attribute `A` is at `#attributes`, `A` below its element |
//! | auditd's lines | one key, the text before `=`; the whole line is at `message` |
//! | syslog | `timestamp`, `hostname`, `program`, `pid`, `message`, names of structured data, `NAME` of sudo's `NAME=` |
//! | other text | `message` |
//!
//! Three rules make different writings of one thing equal:
//! - a key with dots is the path that it spells: `a.b` is `b` below `a`;
//! - `#text` is the element that it is in: `EventID`, `#text` is `EventID`;
//! - event data as pairs of name and text are under the name: see [`pairs`](crate::pairs).
//!
//! # Places of fields
//!
//! | written | means |
//! |---|---|
//! | `a.b` | `b` below `a` below the root |
//! | `~a` | `a` below the root or below any container |
//! | `$a` | `a` below the system part of a Windows event, `Event.System` or `System` |
//!
//! A *container* is an object whose members have canonical names, as `Event.EventData` is: see [`CONTAINERS`]. In a name
//! as people see it, `*` is any one key.

use std::fmt;

/// Where canonical names begin to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Container {
    /// The record itself.
    Root = 0,
    /// The event data of a Windows event.
    EventData = 1,
    /// The one element in the user data of a Windows event, whatever its name.
    UserData = 2,
    /// The event data of a Windows event in the Elastic Common Schema.
    EcsData = 3,
    /// The fields of an audit record as JSON.
    AuditData = 4,
}

impl Container {
    /// Every container.
    pub const ALL: [Self; 5] = [Self::Root, Self::EventData, Self::UserData, Self::EcsData, Self::AuditData];
}

/// A set of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Containers(u8);

impl Containers {
    /// All of them, the root too.
    pub const ALL: Self = Self(0b1_1111);
    /// All but the root.
    pub const DATA: Self = Self(0b1_1110);
    /// The root.
    pub const ROOT: Self = Self::only(Container::Root);

    /// One container.
    #[must_use]
    pub const fn only(container: Container) -> Self {
        Self(1 << container as u8)
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a container is one of them.
    #[inline]
    #[must_use]
    pub const fn has(self, container: Container) -> bool {
        self.0 >> container as u8 & 1 == 1
    }

    /// As bits, the container's number counted from the lowest.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}

/// Where a container is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerPath {
    /// The path from the root.
    pub path: &'static str,
    /// Whether the container is the member there, whatever its key, and not the object at the path.
    pub any_member: bool,
    /// The container.
    pub container: Container,
}

const fn at(path: &'static str, container: Container) -> ContainerPath {
    ContainerPath { path, any_member: false, container }
}

/// Where containers are found. None lies inside another.
pub const CONTAINERS: [ContainerPath; 14] = [
    at("Event.EventData", Container::EventData),
    at("EventData", Container::EventData),
    at("winlog.event_data", Container::EcsData),
    at("winlog.user_data", Container::EcsData),
    at("event_data", Container::EcsData),
    at("auditd.data", Container::AuditData),
    // An event of several records, each under its type, as Laurel writes it.
    at("SYSCALL", Container::AuditData),
    at("EXECVE", Container::AuditData),
    at("PATH", Container::AuditData),
    at("CWD", Container::AuditData),
    at("PROCTITLE", Container::AuditData),
    at("SOCKADDR", Container::AuditData),
    ContainerPath { path: "Event.UserData", any_member: true, container: Container::UserData },
    ContainerPath { path: "UserData", any_member: true, container: Container::UserData },
];

/// What `$` means.
const SYSTEM: [&str; 2] = ["Event.System.", "System."];

/// The key of an element's own text.
const TEXT: &str = "#text";

/// A place that a field's values may have: a path below the tops of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'f> {
    containers: Containers,
    /// Keys with a dot behind each; before the rest.
    prefix: &'static str,
    /// None for the top of a container itself.
    rest: Option<&'f str>,
}

impl<'f> Place<'f> {
    /// The place of a path without leading `~` or `$`. A path that leads into a container is a place in that container.
    #[must_use]
    pub fn of_path(path: &'f str) -> Self {
        let entered = CONTAINERS.iter().find_map(|row| {
            let rest = path.strip_prefix(row.path)?.strip_prefix('.')?;
            let rest = if row.any_member { rest.split_once('.').map(|(_, rest)| rest) } else { Some(rest) };
            Some(Self { containers: Containers::only(row.container), prefix: "", rest })
        });
        entered.unwrap_or(Self { containers: Containers::ROOT, prefix: "", rest: Some(path) })
    }

    /// The same path below other containers.
    #[must_use]
    pub(crate) fn within(self, containers: Containers) -> Self {
        Self { containers, ..self }
    }

    /// The place of a path below one of our own at the root.
    #[must_use]
    pub(crate) const fn below(prefix: &'static str, rest: &'f str) -> Self {
        Self { containers: Containers::ROOT, prefix, rest: Some(rest) }
    }

    /// The places that a text in the path language means.
    pub(crate) fn parse(text: &'f str) -> impl Iterator<Item = Self> {
        let (first, second) = if let Some(name) = text.strip_prefix('~') {
            (Self { containers: Containers::ALL, prefix: "", rest: Some(name) }, None)
        } else if let Some(rest) = text.strip_prefix('$') {
            let [first, second] = SYSTEM.map(|system| Self::below(system, rest));
            (first, Some(second))
        } else {
            (Self::of_path(text), None)
        };
        std::iter::once(first).chain(second)
    }

    /// The containers below which the path begins.
    #[inline]
    #[must_use]
    pub const fn containers(&self) -> Containers {
        self.containers
    }

    /// The keys of the path; none for the top of a container itself.
    pub fn keys(&self) -> impl Iterator<Item = &'f str> + Clone + use<'f> {
        self.prefix.split_terminator('.').chain(self.rest.into_iter().flat_map(|rest| rest.split('.')))
    }

    /// Whether a value at this path, keys from the root, has this place.
    #[must_use]
    pub fn has(&self, path: &[&str]) -> bool {
        tops(path).any(|(container, keys)| self.has_below(container, keys))
    }

    /// Whether the place is at these keys below the top of a container.
    pub(crate) fn has_below<'p>(&self, container: Container, mut keys: impl Iterator<Item = &'p str>) -> bool {
        if !self.containers.has(container) {
            return false;
        }
        let reaches = self.keys().all(|wanted| reach(&mut keys, wanted));
        reaches && keys.all(|key| key == TEXT)
    }
}

/// The containers that a path leads into, each with the keys behind it, and the root unless the path leads below one of
/// the others. Several only where the path has `#text`, which may be a key or the element that it is in.
pub(crate) fn tops<'p>(
    path: &'p [&'p str],
) -> impl Iterator<Item = (Container, impl Iterator<Item = &'p str> + Clone + use<'p>)> {
    let keys = move || path.iter().flat_map(|key| key.split('.'));
    let entered = move || {
        CONTAINERS.iter().filter_map(move |row| {
            let mut keys = keys();
            let reached = row.path.split('.').all(|wanted| reach(&mut keys, wanted));
            let mut below = keys.clone();
            below.next().filter(|_| reached)?;
            Some((row.container, if row.any_member { below } else { keys }))
        })
    };
    // What lies in a container is not found by its path from the root.
    let is_inside = entered().next().is_some() && keys().all(|key| key != TEXT);
    let root = (!is_inside).then(|| (Container::Root, keys()));
    root.into_iter().chain(entered())
}

/// Takes keys up to the wanted one, of which only `#text` may be skipped.
fn reach<'p>(keys: &mut impl Iterator<Item = &'p str>, wanted: &str) -> bool {
    for key in keys {
        if key == wanted {
            return true;
        }
        if key != TEXT {
            return false;
        }
    }
    false
}

/// What a record may call a field: one path, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'f> {
    pub(crate) top: Option<ContainerPath>,
    pub(crate) place: Place<'f>,
}

impl Name<'_> {
    /// Whether a value at this path, keys from the root, has this name, or the same name in another place where the
    /// container is found.
    #[must_use]
    pub fn has(&self, path: &[&str]) -> bool {
        let container = self.top.map_or(Container::Root, |top| top.container);
        tops(path).any(|(top, keys)| top == container && self.place.has_below(top, keys))
    }
}

/// Keys with dots between; `*` is any one key.
impl fmt::Display for Name<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let top = self.top.iter().flat_map(|top| [top.path, if top.any_member { "*" } else { "" }]);
        let keys = top.filter(|key| !key.is_empty()).chain(self.place.keys());
        for (number, key) in keys.enumerate() {
            if number > 0 {
                out.write_str(".")?;
            }
            out.write_str(key)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_container_lies_in_another() {
        for one in CONTAINERS {
            let behind = |other: &ContainerPath| other.path.strip_prefix(one.path).is_some_and(|rest| !rest.is_empty());
            let inside = CONTAINERS.iter().filter(|other| behind(other));
            assert!(inside.clone().all(|other| !other.path[one.path.len()..].starts_with('.')), "{}", one.path);
            assert!(one.container != Container::Root, "{}", one.path);
        }
    }

    #[test]
    fn places_of_texts() {
        let check = |text: &str, expected: &[(Containers, &str)]| {
            let places =
                Place::parse(text).map(|place| (place.containers(), place.keys().collect::<Vec<_>>().join("/")));
            let expected = expected.iter().map(|(containers, keys)| (*containers, (*keys).to_owned()));
            assert_eq!(places.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{text}");
        };
        let only = Containers::only;
        check("a.b", &[(Containers::ROOT, "a/b")]);
        check("~a.b", &[(Containers::ALL, "a/b")]);
        check("$a", &[(Containers::ROOT, "Event/System/a"), (Containers::ROOT, "System/a")]);
        check("Event.EventData.a.b", &[(only(Container::EventData), "a/b")]);
        check("Event.EventData", &[(Containers::ROOT, "Event/EventData")]);
        check("UserData.Any.a", &[(only(Container::UserData), "a")]);
        check("UserData.Any", &[(only(Container::UserData), "")]);
        check("SYSCALLS.a", &[(Containers::ROOT, "SYSCALLS/a")]);
    }
}
