//! Under which names a canonical field occurs, map by map.
//!
//! Canonical names are those that Sigma's public rules use. A field is always looked for under its own name; the tables
//! here add what producers call it instead. Of the places in order, the first that has a value counts: a record that has
//! both `SourceName` and `Provider_Name` has one provider, not two.

mod cloud;
mod ecs;
mod linux;
mod times;
mod windows;

use std::sync::LazyLock;

use crate::{
    Container, Containers, MapId, Place, Schema, Schemas, Variant,
    path::{self, CONTAINERS, Name},
};

/// The field that says when an event happened. No record and no rule has a field of this name, so it has no places but
/// those of the tables. All its values count, in order of rank: the first that can be read is the time.
pub const TIME: &str = "\u{1}time";

/// Further places of one field.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// The canonical name.
    pub field: &'static str,
    /// In records of these schemas.
    pub schemas: Schemas,
    /// In records of this variant alone; none for every record of the schemas.
    pub variant: Option<Variant>,
    /// Places that come before the field's own name, in the path language.
    before: &'static [&'static str],
    /// Places that count where the field's own name has no value.
    after: &'static [&'static str],
}

/// The order of precedence of a field's places: the lowest rank that has a value wins.
pub mod rank {
    /// Of the first place before the own name that only a variant has.
    pub(super) const BEFORE_OF_VARIANT: u8 = 10;
    /// The field's own name in a container.
    pub const OWN_IN_DATA: u8 = 20;
    /// The field's own name at the root.
    pub const OWN_AT_ROOT: u8 = 30;
    /// Of the first place behind the own name that only a variant has.
    pub(super) const AFTER_OF_VARIANT: u8 = 40;
    /// Of the first place behind the own name.
    pub(super) const AFTER: u8 = 60;

    /// Whether it is the rank of the field's own name.
    #[inline]
    #[must_use]
    pub const fn is_own_name(rank: u8) -> bool {
        matches!(rank, OWN_IN_DATA | OWN_AT_ROOT)
    }
}

/// A place of a field and its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked<'f> {
    /// The lowest rank that has a value wins.
    pub rank: u8,
    /// The place.
    pub place: Place<'f>,
}

impl Alias {
    /// Whether it holds for records of a map.
    #[must_use]
    pub fn is_of(&self, map: MapId) -> bool {
        self.schemas.has(map.schema()) && (self.variant.is_none() || self.variant == map.variant())
    }

    /// The places, by ascending rank.
    pub fn places<'f>(&self) -> impl Iterator<Item = Ranked<'f>> + use<'f> {
        let (before, after) = match self.variant {
            None => (0, rank::AFTER),
            Some(_) => (rank::BEFORE_OF_VARIANT, rank::AFTER_OF_VARIANT),
        };
        let ranked = (before..).zip(self.before).chain((after..).zip(self.after));
        ranked.flat_map(|(rank, text)| Place::parse(text).map(move |place| Ranked { rank, place }))
    }
}

/// Rules for Google's audit name the envelope of its export, and most records come without it.
const GOOGLE_ENVELOPE: &str = "data.protoPayload.";
/// What such fields are below then.
const GOOGLE_PAYLOAD: &str = "protoPayload.";

/// The places of a field under its own name, in records of every map.
pub fn own_places(field: &str) -> impl Iterator<Item = Ranked<'_>> {
    let own = Place::of_path(field);
    let is_at_root = own.containers() == Containers::ROOT;
    let in_data =
        Ranked { rank: rank::OWN_IN_DATA, place: if is_at_root { own.within(Containers::DATA) } else { own } };
    let at_root = is_at_root.then_some(Ranked { rank: rank::OWN_AT_ROOT, place: own });
    let inner = field.strip_prefix(GOOGLE_ENVELOPE).filter(|_| is_at_root);
    let inner = inner.map(|inner| Ranked { rank: rank::AFTER, place: Place::below(GOOGLE_PAYLOAD, inner) });
    let places = std::iter::once(in_data).chain(at_root).chain(inner);
    places.filter(move |_| field != TIME)
}

/// All tables, in the order in which places of equal rank count.
const TABLES: [&[Alias]; 9] = [
    windows::FLAT_EVENTS,
    windows::NESTED_EVENTS,
    ecs::COMMON_SCHEMA,
    windows::VARIANTS,
    linux::LINES,
    cloud::SERVICES,
    cloud::MONITOR,
    times::TIMES,
    ecs::OTHER_PRODUCERS,
];

/// Every row of the tables.
pub fn aliases() -> impl Iterator<Item = &'static Alias> {
    TABLES.into_iter().flatten()
}

/// The rows by field, those of one field in the order of the tables.
static BY_FIELD: LazyLock<Vec<&'static Alias>> = LazyLock::new(|| {
    let mut rows: Vec<_> = aliases().collect();
    rows.sort_by_key(|alias| alias.field);
    rows
});

/// The places where records of a map may have a field: its own name's, then those of the tables.
pub fn places(map: MapId, field: &str) -> impl Iterator<Item = Ranked<'_>> {
    let first = BY_FIELD.partition_point(|alias| alias.field < field);
    let aliases = BY_FIELD[first..].iter().take_while(move |alias| alias.field == field);
    own_places(field).chain(aliases.filter(move |alias| alias.is_of(map)).flat_map(|alias| alias.places()))
}

/// Everything that a record of a map may call a field, first what counts first.
pub fn names(map: MapId, field: &str) -> impl Iterator<Item = Name<'_>> {
    let mut places: Vec<Ranked<'_>> = places(map, field).collect();
    places.sort_by_key(|ranked| ranked.rank);
    places.into_iter().flat_map(|Ranked { place, .. }| {
        let root = place.containers().has(Container::Root).then_some(Name { top: None, place });
        let tops = CONTAINERS.into_iter().filter(move |top| place.containers().has(top.container));
        tops.map(move |top| Name { top: Some(top), place }).chain(root)
    })
}

/// Whether a value at a path is one of a field's, in records of a map: whether a reader may take it for the field.
///
/// The path is the keys from the root to the value, array indexes left out; what a key is in which syntax, and what keys
/// are equal, the head of the module `path` says. It is yes for every place that a reader takes a value of the field from,
/// also where the reader would take another value first.
#[must_use]
pub fn accepts(map: MapId, field: &str, path: &[&str]) -> bool {
    path::tops(path).any(|(container, keys)| {
        places(map, field).any(|Ranked { place, .. }| place.has_below(container, keys.clone()))
    })
}

const FLAT: Schemas = Schemas::only(Schema::WindowsFlat);
const NESTED: Schemas = Schemas::only(Schema::WindowsNested).and(Schemas::only(Schema::SysmonLinux));
const WINLOGBEAT: Schemas = Schemas::only(Schema::WindowsEcs);
const ONLY_ECS: Schemas = Schemas::only(Schema::Ecs);
const ECS: Schemas = WINLOGBEAT.and(ONLY_ECS);
const WINDOWS: Schemas = Schemas::WINDOWS;
const CLOUDTRAIL: Schemas = Schemas::only(Schema::CloudTrail);
const AUDITD: Schemas = Schemas::only(Schema::Auditd);
const AUDITD_JSON: Schemas = Schemas::only(Schema::AuditdJson);
const SYSLOG: Schemas = Schemas::only(Schema::Syslog);
const TEXT: Schemas = Schemas::only(Schema::Text);
const JSON: Schemas = Schemas::only(Schema::Json);

type Places = &'static [&'static str];

const fn before(schemas: Schemas, field: &'static str, places: Places) -> Alias {
    Alias { field, schemas, variant: None, before: places, after: &[] }
}

const fn after(schemas: Schemas, field: &'static str, places: Places) -> Alias {
    Alias { field, schemas, variant: None, before: &[], after: places }
}

const fn before_of_variant(schemas: Schemas, variant: Variant, field: &'static str, places: Places) -> Alias {
    Alias { field, schemas, variant: Some(variant), before: places, after: &[] }
}

const fn of_variant(schemas: Schemas, variant: Variant, field: &'static str, places: Places) -> Alias {
    Alias { field, schemas, variant: Some(variant), before: &[], after: places }
}
