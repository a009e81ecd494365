//! Schemas of records, variants of them, and the maps that result.

use crate::path::{Container, Containers};

/// The shape of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Schema {
    /// Windows events as one flat JSON object.
    WindowsFlat,
    /// Windows events as EVTX readers write them: `Event.System`, `Event.EventData`, `#attributes`.
    WindowsNested,
    /// Windows events in the Elastic Common Schema, as Winlogbeat writes them.
    WindowsEcs,
    /// Events of any host in the Elastic Common Schema, as Elastic Endpoint and Auditbeat write them.
    Ecs,
    /// Sysmon for Linux: XML, alone or behind a syslog header.
    SysmonLinux,
    /// auditd's own lines: `type=... msg=audit(...): ...`.
    Auditd,
    /// auditd records as JSON.
    AuditdJson,
    /// Lines with a syslog header, RFC 3164 or RFC 5424.
    Syslog,
    /// AWS CloudTrail.
    CloudTrail,
    /// JSON of another kind.
    Json,
    /// Text of another kind.
    Text,
}

impl Schema {
    /// Every schema.
    pub const ALL: [Self; 11] = [
        Self::WindowsFlat,
        Self::WindowsNested,
        Self::WindowsEcs,
        Self::Ecs,
        Self::SysmonLinux,
        Self::Auditd,
        Self::AuditdJson,
        Self::Syslog,
        Self::CloudTrail,
        Self::Json,
        Self::Text,
    ];

    /// Its name, as findings have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WindowsFlat => "windows-flat",
            Self::WindowsNested => "windows-nested",
            Self::WindowsEcs => "windows-ecs",
            Self::Ecs => "ecs",
            Self::SysmonLinux => "sysmon-linux",
            Self::Auditd => "auditd",
            Self::AuditdJson => "auditd-json",
            Self::Syslog => "syslog",
            Self::CloudTrail => "cloudtrail",
            Self::Json => "json",
            Self::Text => "text",
        }
    }

    /// The containers in which producers of the schema have fields, the root among them. Readers take fields from any
    /// container.
    #[must_use]
    pub const fn containers(self) -> Containers {
        let data = match self {
            Self::WindowsNested | Self::SysmonLinux => {
                Containers::only(Container::EventData).and(Containers::only(Container::UserData))
            }
            Self::WindowsEcs => Containers::only(Container::EcsData),
            Self::AuditdJson => Containers::only(Container::AuditData),
            Self::WindowsFlat
            | Self::Ecs
            | Self::Auditd
            | Self::Syslog
            | Self::CloudTrail
            | Self::Json
            | Self::Text => Containers::ROOT,
        };
        Containers::ROOT.and(data)
    }

    /// The schema of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|schema| schema.name() == name)
    }
}

/// A set of schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schemas(u16);

impl Schemas {
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);

    /// One schema.
    #[must_use]
    pub const fn only(schema: Schema) -> Self {
        Self(1 << schema as u16)
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a schema is one of them.
    #[inline]
    #[must_use]
    pub const fn has(self, schema: Schema) -> bool {
        self.0 >> schema as u16 & 1 == 1
    }
}

/// Events of a schema that have further names for some fields. A record is of one variant at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Variant {
    /// Security event 4688: Sysmon's process fields under the names that the audit has for them.
    ProcessAudit,
    /// Windows Defender: names with blanks.
    Defender,
    /// Windows PowerShell, the classic channel: strings without names.
    PowerShellClassic,
    /// Zeek.
    Zeek,
    /// Azure's monitor.
    Azure,
    /// Google Cloud and Workspace audit.
    Google,
    /// Kubernetes audit.
    Kubernetes,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 7] = [
        Self::ProcessAudit,
        Self::Defender,
        Self::PowerShellClassic,
        Self::Zeek,
        Self::Azure,
        Self::Google,
        Self::Kubernetes,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProcessAudit => "process-audit",
            Self::Defender => "defender",
            Self::PowerShellClassic => "powershell-classic",
            Self::Zeek => "zeek",
            Self::Azure => "azure",
            Self::Google => "google",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// The schemas that it occurs in.
    #[must_use]
    pub const fn schemas(self) -> Schemas {
        match self {
            Self::ProcessAudit | Self::Defender | Self::PowerShellClassic => Schemas::WINDOWS,
            Self::Zeek | Self::Azure | Self::Google | Self::Kubernetes => Schemas::only(Schema::Json),
        }
    }
}

impl Schemas {
    /// Windows events with their fields as JSON members or XML elements; Sysmon for Linux writes the same.
    pub const WINDOWS: Self = Self::only(Schema::WindowsFlat)
        .and(Self::only(Schema::WindowsNested))
        .and(Self::only(Schema::SysmonLinux))
        .and(Self::only(Schema::WindowsEcs));
}

/// Which map a record was read with: a schema, and its variant if the record is of one.
///
/// What a map names and where: [`names`](crate::names), [`accepts`](crate::accepts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MapId {
    schema: Schema,
    variant: Option<Variant>,
}

impl MapId {
    /// The map of a schema's records that are of no variant.
    #[must_use]
    pub const fn of(schema: Schema) -> Self {
        Self { schema, variant: None }
    }

    /// The map of a schema's variant; without the variant where it does not occur in the schema.
    #[must_use]
    pub fn with(schema: Schema, variant: Option<Variant>) -> Self {
        Self { schema, variant: variant.filter(|variant| variant.schemas().has(schema)) }
    }

    /// Every map, each schema's own before those of its variants.
    pub fn all() -> impl Iterator<Item = Self> {
        Schema::ALL.into_iter().flat_map(|schema| {
            let variants = Variant::ALL.into_iter().filter(move |variant| variant.schemas().has(schema));
            std::iter::once(None).chain(variants.map(Some)).map(move |variant| Self { schema, variant })
        })
    }

    /// Its position in [`MapId::all`].
    #[must_use]
    pub fn position(self) -> usize {
        Self::all().take_while(|map| *map != self).count()
    }

    /// The map at a position.
    #[must_use]
    pub fn at(position: usize) -> Option<Self> {
        Self::all().nth(position)
    }

    /// The map of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::all().find(|map| map.to_string() == name)
    }

    /// The schema.
    #[must_use]
    pub const fn schema(self) -> Schema {
        self.schema
    }

    /// The variant.
    #[must_use]
    pub const fn variant(self) -> Option<Variant> {
        self.variant
    }
}

/// The schema's name, then the variant's: `windows-flat`, `windows-flat/process-audit`.
impl std::fmt::Display for MapId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.schema.name())?;
        self.variant.map_or(Ok(()), |variant| write!(out, "/{}", variant.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_have_positions_and_names() {
        let all: Vec<MapId> = MapId::all().collect();
        assert_eq!(all.len(), 11 + 4 * 3 + 4);
        for (position, map) in all.iter().enumerate() {
            assert_eq!((map.position(), MapId::at(position)), (position, Some(*map)));
            assert_eq!(MapId::of_name(&map.to_string()), Some(*map));
            assert_eq!(MapId::with(map.schema(), map.variant()), *map);
        }
        assert_eq!((MapId::at(all.len()), MapId::of_name("windows-flat/zeek")), (None, None));
        let name = |schema, variant| MapId::with(schema, variant).to_string();
        assert_eq!(name(Schema::WindowsFlat, Some(Variant::ProcessAudit)), "windows-flat/process-audit");
        assert_eq!(name(Schema::Syslog, Some(Variant::Zeek)), "syslog");
        for schema in Schema::ALL {
            assert_eq!(Schema::of_name(schema.name()), Some(schema));
        }
    }
}
