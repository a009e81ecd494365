//! From what records say about their source to Sigma's product, service and category. The names are those of Sigma's
//! public rules.

pub mod ecs;
pub mod syslog;
pub mod windows;

pub use crate::origin::{Origin, Service};
use crate::{Schema, markers};

/// The source of all records of a schema; none where it depends on what they say.
#[must_use]
pub fn of_schema(schema: Schema) -> Option<Origin> {
    let known = |product, service| {
        let service = Service::Known(service);
        Some(Origin { product: Some(product), service, settled: true, ..Origin::default() })
    };
    match schema {
        Schema::Auditd | Schema::AuditdJson => known("linux", "auditd"),
        Schema::CloudTrail => known("aws", "cloudtrail"),
        Schema::Text => Some(Origin::default()),
        Schema::WindowsFlat
        | Schema::WindowsNested
        | Schema::WindowsEcs
        | Schema::SysmonLinux
        | Schema::Ecs
        | Schema::Syslog
        | Schema::Json => None,
    }
}

/// The field that tells an audit record as JSON from other records with a `type`.
pub const AUDIT_TYPE_FIELD: &str = "type";

/// The fields whose values decide about schema and source.
pub fn fields() -> impl Iterator<Item = &'static str> {
    let own = windows::FIELDS.into_iter().chain([AUDIT_TYPE_FIELD]).chain(markers::REFINING_FIELDS);
    let own = own.chain([markers::ZEEK_LOG, syslog::FIELD]).chain(ecs::SYSTEM_FIELDS);
    own.chain(ecs::VOCABULARIES.into_iter().map(|(field, _)| field))
}
