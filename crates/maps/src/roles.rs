//! Roles of fields: which fields name the host, the user, the program and so on, what entities they name, and which are
//! quoted in a finding. The one table of this; everything that shows, counts or explains fields goes by it.

use glassbox_finding::{EntityKind, Role};

/// What a canonical field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The canonical name.
    pub name: &'static str,
    /// What its value is in the event.
    pub role: Option<Role>,
    /// What kind of entity it names.
    pub entity: Option<EntityKind>,
    /// Its place among the fields that tell what happened, lowest first; these are quoted in every finding that has them.
    pub quoted: Option<u8>,
}

impl Field {
    const fn new(name: &'static str) -> Self {
        Self { name, role: None, entity: None, quoted: None }
    }

    const fn is(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    const fn names(self, entity: EntityKind) -> Self {
        Self { entity: Some(entity), ..self }
    }

    const fn quoted(self, place: u8) -> Self {
        Self { quoted: Some(place), ..self }
    }
}

const fn host(name: &'static str) -> Field {
    Field::new(name).is(Role::Host).names(EntityKind::Host)
}

const fn user(name: &'static str) -> Field {
    Field::new(name).is(Role::User).names(EntityKind::User)
}

const fn program(name: &'static str) -> Field {
    Field::new(name).is(Role::Image).names(EntityKind::Process)
}

const fn address(name: &'static str) -> Field {
    Field::new(name).names(EntityKind::Address)
}

const fn account(name: &'static str) -> Field {
    Field::new(name).names(EntityKind::Account)
}

const fn only(name: &'static str, role: Role) -> Field {
    Field::new(name).is(role)
}

const fn quoted(name: &'static str, place: u8) -> Field {
    Field::new(name).quoted(place)
}

/// The table. Among fields of one role, and among those of one kind of entity, the most telling comes first.
pub const FIELDS: [Field; 65] = [
    host("Computer"),
    host("Hostname"),
    host("host.name"),
    user("User").quoted(4),
    user("SubjectUserName").quoted(17),
    user(LOGGED_ON).quoted(18),
    user("SourceUser"),
    user("AccountName"),
    user("user.name"),
    user("AUID"),
    user("acct"),
    user("USER"),
    // Who asked a cloud.
    account("userIdentity.arn").is(Role::User).quoted(30),
    program("Image").quoted(0),
    program("SourceImage").quoted(5),
    Field::new("TargetImage").names(EntityKind::Process).quoted(6),
    only("NewProcessName", Role::Image),
    program("exe"),
    Field::new("process.executable").names(EntityKind::Process),
    only("ParentImage", Role::Parent).quoted(2),
    address("SourceIp"),
    only("QueryName", Role::Domain).names(EntityKind::Domain).quoted(11),
    only("DestinationHostname", Role::Destination).names(EntityKind::Domain).quoted(10),
    address("DestinationIp").is(Role::Destination).quoted(9),
    address("IpAddress").quoted(20),
    address("sourceIPAddress").quoted(15),
    address("callerIpAddress"),
    address("client.ipAddress"),
    address("protoPayload.requestMetadata.callerIp"),
    address("sourceIPs"),
    address("ClientIP"),
    address("addr"),
    address("src_ip"),
    address("dst_ip"),
    only("DestinationPort", Role::Port).quoted(22),
    only("query", Role::Domain).names(EntityKind::Domain),
    only("Signature", Role::Signature),
    only("ProcessGuid", Role::Process),
    only("SourceProcessGUID", Role::Process),
    only("SourceProcessGuid", Role::Process),
    only("ParentProcessGuid", Role::ParentProcess),
    account("recipientAccountId"),
    account("actor.alternateId"),
    account("actor"),
    account("protoPayload.authenticationInfo.principalEmail"),
    account("properties.userPrincipalName"),
    account("UserId"),
    account("user.username"),
    quoted("CommandLine", 1),
    quoted("ParentCommandLine", 3),
    quoted("TargetFilename", 7),
    quoted("TargetObject", 8),
    quoted("ServiceName", 12),
    quoted("eventName", 13),
    quoted("eventSource", 14),
    quoted("message", 16),
    quoted("ProcessName", 19),
    quoted("LogonType", 21),
    quoted("PipeName", 23),
    quoted("ImageLoaded", 24),
    quoted("Details", 25),
    quoted("Payload", 26),
    quoted("EventID", 27),
    quoted("requestParameters.bucketName", 28),
    quoted("requestParameters.key", 29),
];

/// Who logged on, where a record is about that: its subject is the service that let them.
pub const LOGGED_ON: &str = "TargetUserName";

const QUOTED: usize = {
    let (mut count, mut row) = (0, 0);
    while row < FIELDS.len() {
        count += FIELDS[row].quoted.is_some() as usize;
        row += 1;
    }
    count
};

/// The fields that tell what happened, most telling first: quoted in every finding that has them, whether or not a rule
/// looked at them.
pub const QUOTED_FIELDS: [&str; QUOTED] = {
    let (mut names, mut row) = ([""; QUOTED], 0);
    while row < FIELDS.len() {
        if let Some(place) = FIELDS[row].quoted {
            names[place as usize] = FIELDS[row].name;
        }
        row += 1;
    }
    names
};

/// The kinds of entities, in the order in which entities are listed.
const ENTITY_KINDS: [EntityKind; 6] = [
    EntityKind::Host,
    EntityKind::User,
    EntityKind::Process,
    EntityKind::Address,
    EntityKind::Domain,
    EntityKind::Account,
];

/// The fields that name entities, in the order in which entities are listed: kind by kind, most telling first.
pub fn entity_fields() -> impl Iterator<Item = (&'static str, EntityKind)> {
    ENTITY_KINDS.into_iter().flat_map(|kind| {
        FIELDS.iter().filter(move |field| field.entity == Some(kind)).map(move |field| (field.name, kind))
    })
}

/// The fields of a role, most telling first.
pub fn fields_of(role: Role) -> impl Iterator<Item = &'static str> {
    FIELDS.iter().filter(move |field| field.role == Some(role)).map(|field| field.name)
}

/// The fields of a role that people are pointed to where none is there: those that rules know best.
pub fn usual_fields(role: Role) -> impl Iterator<Item = &'static str> {
    // A destination is as often a name as an address.
    let usual = if role == Role::Destination { 2 } else { 1 };
    fields_of(role).take(usual)
}

/// The role of a field.
#[must_use]
pub fn role_of(field: &str) -> Option<Role> {
    FIELDS.iter().find(|row| row.name == field).and_then(|row| row.role)
}

/// Whether a text is what producers write where they have nothing to name.
#[must_use]
pub fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "-" | "?" | "(null)" | "null" | "unset")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_occurs_once_and_is_for_something() {
        for (row, field) in FIELDS.iter().enumerate() {
            assert!(field.role.is_some() || field.entity.is_some() || field.quoted.is_some(), "{}", field.name);
            assert!(FIELDS[..row].iter().all(|other| other.name != field.name), "{}", field.name);
        }
        assert!(QUOTED_FIELDS.iter().all(|name| !name.is_empty()), "no two fields have one place");
        assert_eq!(entity_fields().count(), FIELDS.iter().filter(|field| field.entity.is_some()).count());
    }

    #[test]
    fn fields_of_roles_in_their_order() {
        let check = |role: Role, expected: &[&str]| {
            assert_eq!(fields_of(role).collect::<Vec<_>>(), expected, "{role:?}");
            assert!(expected.iter().all(|field| role_of(field) == Some(role)));
        };
        check(Role::Host, &["Computer", "Hostname", "host.name"]);
        check(
            Role::User,
            &[
                "User",
                "SubjectUserName",
                "TargetUserName",
                "SourceUser",
                "AccountName",
                "user.name",
                "AUID",
                "acct",
                "USER",
                "userIdentity.arn",
            ],
        );
        check(Role::Image, &["Image", "SourceImage", "NewProcessName", "exe"]);
        check(Role::Parent, &["ParentImage"]);
        check(Role::Destination, &["DestinationHostname", "DestinationIp"]);
        check(Role::Port, &["DestinationPort"]);
        check(Role::Domain, &["QueryName", "query"]);
        check(Role::Signature, &["Signature"]);
        check(Role::Process, &["ProcessGuid", "SourceProcessGUID", "SourceProcessGuid"]);
        check(Role::ParentProcess, &["ParentProcessGuid"]);
        assert_eq!(role_of("CommandLine"), None);
    }

    #[test]
    fn entities_are_listed_kind_by_kind() {
        let check = |kind: EntityKind, expected: &[&str]| {
            let fields = entity_fields().filter(|(_, of)| *of == kind).map(|(name, _)| name);
            assert_eq!(fields.collect::<Vec<_>>(), expected, "{kind:?}");
        };
        check(EntityKind::Process, &["Image", "SourceImage", "TargetImage", "exe", "process.executable"]);
        check(EntityKind::Domain, &["QueryName", "DestinationHostname", "query"]);
        let kinds: Vec<EntityKind> = entity_fields().map(|(_, kind)| kind).collect();
        assert!(kinds.is_sorted());
    }

    #[test]
    fn what_is_quoted_first_tells_most() {
        assert_eq!(QUOTED_FIELDS[..4], ["Image", "CommandLine", "ParentImage", "ParentCommandLine"]);
        assert_eq!(QUOTED_FIELDS.last(), Some(&"userIdentity.arn"));
    }
}
