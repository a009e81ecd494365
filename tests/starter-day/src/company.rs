//! Fenwick & Lowe Architects: its people, machines and addresses. All of it invented.
//!
//! Addresses are of RFC 1918, RFC 5737 and RFC 3849; names end in `.example` (RFC 2606).

/// How the agent on a machine writes Windows records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One flat object a line.
    Flat,
    /// An array of objects as readers of EVTX files write them.
    Nested,
    /// Elastic Common Schema, as Winlogbeat writes.
    Ecs,
}

/// A Windows machine.
pub(crate) struct Host {
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) shape: Shape,
    /// A controller is audited by the Security log alone; the rest have Sysmon.
    pub(crate) sysmon: bool,
}

impl Host {
    /// The full name within the company's zone.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.corp.fenwick-lowe.example", self.name)
    }
}

const fn host(name: &'static str, address: &'static str, shape: Shape, sysmon: bool) -> Host {
    Host { name, address, shape, sysmon }
}

pub(crate) static DC01: Host = host("FL-DC01", "10.20.0.10", Shape::Nested, false);
pub(crate) static FS01: Host = host("FL-FS01", "10.20.0.20", Shape::Nested, true);
pub(crate) static ADM01: Host = host("FL-ADM-01", "10.20.1.5", Shape::Flat, true);
pub(crate) static WS011: Host = host("FL-WS-011", "10.20.1.11", Shape::Flat, true);
pub(crate) static WS014: Host = host("FL-WS-014", "10.20.1.14", Shape::Flat, true);
pub(crate) static WS017: Host = host("FL-WS-017", "10.20.1.17", Shape::Flat, true);
pub(crate) static WS019: Host = host("FL-WS-019", "10.20.1.19", Shape::Flat, true);
pub(crate) static LT021: Host = host("FL-LT-021", "10.20.1.21", Shape::Ecs, true);

/// The controller, for the address that answers names and logons.
pub(crate) const NAME_SERVER: &str = "10.20.0.10";
/// The vulnerability scanner.
pub(crate) const SCANNER: &str = "10.20.0.40";
/// The backup server.
pub(crate) const BACKUP: &str = "10.20.0.25";
/// What the outside sees of the office.
pub(crate) const OFFICE_NAT: &str = "192.0.2.10";

/// The intruder's host that serves the payload and takes the beacons.
pub(crate) const INTRUDER_CONTROL: &str = "203.0.113.66";
/// The intruder's host that takes the stolen archive.
pub(crate) const INTRUDER_DROP: &str = "203.0.113.80";
/// Where the intruder calls AWS from.
pub(crate) const INTRUDER_CLOUD: &str = "198.51.100.77";
/// The name of the control host.
pub(crate) const INTRUDER_NAME: &str = "cdn.paper-drafts.example";

/// An account.
pub(crate) struct User {
    pub(crate) name: &'static str,
    pub(crate) domain: &'static str,
    pub(crate) sid: &'static str,
}

impl User {
    /// `DOMAIN\name`
    pub(crate) fn account(&self) -> String {
        format!("{}\\{}", self.domain, self.name)
    }
}

const fn person(name: &'static str, sid: &'static str) -> User {
    User { name, domain: "FENLOWE", sid }
}

pub(crate) static TOM: User = person("tom.ashdown", "S-1-5-21-2127521184-1604012920-1887927527-1114");
pub(crate) static PRIYA: User = person("priya.raman", "S-1-5-21-2127521184-1604012920-1887927527-1111");
pub(crate) static HELEN: User = person("helen.marsh", "S-1-5-21-2127521184-1604012920-1887927527-1117");
pub(crate) static JOAO: User = person("joao.pereira", "S-1-5-21-2127521184-1604012920-1887927527-1119");
pub(crate) static SOFIA: User = person("sofia.lindqvist", "S-1-5-21-2127521184-1604012920-1887927527-1121");
pub(crate) static MAREK: User = person("marek.dvorak", "S-1-5-21-2127521184-1604012920-1887927527-1105");
pub(crate) static ADM_MAREK: User = person("adm-mdvorak", "S-1-5-21-2127521184-1604012920-1887927527-1106");
pub(crate) static SVC_BACKUP: User = person("svc-backup", "S-1-5-21-2127521184-1604012920-1887927527-1131");
pub(crate) static SYSTEM: User = User { name: "SYSTEM", domain: "NT AUTHORITY", sid: "S-1-5-18" };

/// Who sits where.
pub(crate) static DESKS: [(&Host, &User); 6] =
    [(&ADM01, &MAREK), (&WS011, &PRIYA), (&WS014, &TOM), (&WS017, &HELEN), (&WS019, &JOAO), (&LT021, &SOFIA)];
