//! What an event is about, from its canonical fields.

use glassbox_finding::{Entity, EntityKind};

use crate::Event;

/// The fields that name something, in the order in which entities are told.
pub(crate) const FIELDS: &[(&str, EntityKind)] = &[
    ("Computer", EntityKind::Host),
    ("Hostname", EntityKind::Host),
    ("host.name", EntityKind::Host),
    ("User", EntityKind::User),
    ("SubjectUserName", EntityKind::User),
    ("TargetUserName", EntityKind::User),
    ("SourceUser", EntityKind::User),
    ("AccountName", EntityKind::User),
    ("user.name", EntityKind::User),
    ("AUID", EntityKind::User),
    ("acct", EntityKind::User),
    ("USER", EntityKind::User),
    ("Image", EntityKind::Process),
    ("SourceImage", EntityKind::Process),
    ("TargetImage", EntityKind::Process),
    ("exe", EntityKind::Process),
    ("process.executable", EntityKind::Process),
    ("SourceIp", EntityKind::Address),
    ("DestinationIp", EntityKind::Address),
    ("IpAddress", EntityKind::Address),
    ("sourceIPAddress", EntityKind::Address),
    ("callerIpAddress", EntityKind::Address),
    ("client.ipAddress", EntityKind::Address),
    ("protoPayload.requestMetadata.callerIp", EntityKind::Address),
    ("sourceIPs", EntityKind::Address),
    ("ClientIP", EntityKind::Address),
    ("addr", EntityKind::Address),
    ("src_ip", EntityKind::Address),
    ("dst_ip", EntityKind::Address),
    ("QueryName", EntityKind::Domain),
    ("DestinationHostname", EntityKind::Domain),
    ("query", EntityKind::Domain),
    ("userIdentity.arn", EntityKind::Account),
    ("recipientAccountId", EntityKind::Account),
    ("actor.alternateId", EntityKind::Account),
    ("actor", EntityKind::Account),
    ("protoPayload.authenticationInfo.principalEmail", EntityKind::Account),
    ("properties.userPrincipalName", EntityKind::Account),
    ("UserId", EntityKind::Account),
    ("user.username", EntityKind::Account),
];

/// The fields that name a user, in the order in which entities are told.
pub fn user_fields() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().filter(|(_, kind)| *kind == EntityKind::User).map(|(name, _)| *name)
}

/// More than anybody reads.
const ENTITIES_MAX: usize = 16;
/// A longer text names nothing.
const NAME_BYTES_MAX: usize = 256;

pub(crate) fn of(event: &Event<'_>) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    for (&(_, kind), &slot) in FIELDS.iter().zip(&event.parts.reader.own.entities) {
        for text in event.parts.texts(slot) {
            let name = text.trim();
            let nothing = name.len() > NAME_BYTES_MAX || matches!(name, "" | "-" | "?" | "(null)" | "null" | "unset");
            // An object where a name is looked for.
            if nothing || name.starts_with(['{', '[']) {
                continue;
            }
            let known = entities.iter().any(|known| known.kind == kind && known.name.eq_ignore_ascii_case(name));
            if !known && entities.len() < ENTITIES_MAX {
                entities.push(Entity { kind, name: name.to_owned() });
            }
        }
    }
    entities
}
