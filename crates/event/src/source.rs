//! What produced an event: from the record's own words, and from the operator's hint where it has none.

use glassbox_finding::Logsource;

use crate::{
    Categories, Schema, Source, ecs,
    event::Parts,
    markers::{self, Texts},
    windows::{self, Marks},
};

/// The fields that are read here.
pub(crate) const FIELDS: &[&str] = &[
    "Channel",
    "Provider_Name",
    "EventID",
    "EventType",
    "type",
    "apiVersion",
    "category",
    "protoPayload.serviceName",
    "_path",
    "program",
    "host.os.type",
    "host.os.family",
    "host.os.platform",
    "host.os.kernel",
    "event.category",
    "event.type",
    "event.action",
];

/// What a record says about its source.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) product: Option<&'static str>,
    pub(crate) service: Service,
    pub(crate) services: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    /// Whether the record says enough that a hint about service and category must not change it.
    pub(crate) settled: bool,
    /// The kinds of event that it is.
    pub(crate) kinds: u8,
}

/// A service's name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Service {
    #[default]
    None,
    Known(&'static str),
    /// As the value of this slot says.
    Slot(usize),
}

/// What the record says about its source.
pub(crate) fn origin(parts: &Parts<'_>, seen: u64) -> Origin {
    match parts.schema {
        Schema::WindowsFlat | Schema::WindowsNested | Schema::WindowsEcs | Schema::SysmonLinux => of_windows(parts),
        Schema::Auditd | Schema::AuditdJson => known("linux", "auditd"),
        Schema::Syslog => of_syslog(parts),
        Schema::Ecs => of_ecs(parts, seen),
        Schema::CloudTrail => known("aws", "cloudtrail"),
        Schema::Json => of_json(parts, seen),
        Schema::Text => Origin::default(),
    }
}

fn known(product: &'static str, service: &'static str) -> Origin {
    Origin { product: Some(product), service: Service::Known(service), settled: true, ..Origin::default() }
}

fn of_windows(parts: &Parts<'_>) -> Origin {
    let own = &parts.reader.own;
    let texts = [own.channel, own.provider, own.event_id, own.event_type].map(|slot| parts.first_text(slot));
    let [channel, provider, event_id, event_type] = texts.each_ref().map(Option::as_deref);
    let origin = windows::origin(&Marks { channel, provider, event_id, event_type });
    Origin {
        product: Some(origin.product),
        service: origin.service.map_or(Service::None, Service::Known),
        services: origin.services,
        categories: origin.categories,
        settled: origin.channel || origin.service.is_some(),
        kinds: origin.kinds,
    }
}

fn of_ecs(parts: &Parts<'_>, seen: u64) -> Origin {
    let own = &parts.reader.own;
    let texts = own.system.map(|slot| parts.first_text(slot));
    let product = ecs::product(texts.each_ref().map(Option::as_deref));
    let mut said = if markers::has_question(seen) { ecs::QUESTION } else { 0 };
    for (&slot, (_, vocabulary)) in own.happened.iter().zip(ecs::VOCABULARIES) {
        said |= parts.texts(slot).fold(0, |said, word| said | ecs::meaning(vocabulary, &word));
    }
    let hinted = parts.hint.product.as_deref();
    let categories = ecs::categories(said, product.or(hinted) == Some("windows"));
    // Without a category it may be a log that was only collected on this host: a hint that names no system knows of what.
    let collected = categories.is_empty() && hinted.is_some_and(|product| !ecs::is_system(product));
    Origin {
        product: product.filter(|_| !collected),
        categories,
        settled: product.is_some() && !categories.is_empty(),
        ..Origin::default()
    }
}

fn of_json(parts: &Parts<'_>, seen: u64) -> Origin {
    let own = &parts.reader.own;
    let texts = [own.api_version, own.category, own.google_service].map(|slot| parts.first_text(slot));
    let [api_version, category, google_service] = texts.each_ref().map(Option::as_deref);
    let Some(known) = markers::known(seen, &Texts { api_version, category, google_service }) else {
        return Origin::default();
    };
    let service = match known.product {
        "zeek" => Service::Slot(own.zeek_path),
        _ => known.service.map_or(Service::None, Service::Known),
    };
    Origin {
        product: Some(known.product),
        service,
        services: &[],
        categories: known.categories,
        settled: true,
        kinds: known.kinds,
    }
}

fn of_syslog(parts: &Parts<'_>) -> Origin {
    let program = parts.first_text(parts.reader.own.program).unwrap_or_default();
    // A path, or a part of a suite: `postfix/smtpd`, `/usr/sbin/cron`.
    let name = program.rsplit('/').next().unwrap_or_default();
    let (service, services): (_, &'static [&'static str]) = match name {
        "sshd" | "sshd-session" | "sshd-auth" => ("sshd", &["auth", "syslog"]),
        "sudo" => ("sudo", &["auth", "syslog"]),
        "su" | "login" | "systemd-logind" | "passwd" | "useradd" | "userdel" | "usermod" | "groupadd" | "groupdel"
        | "gdm-password" | "polkitd" | "pkexec" => ("auth", &["syslog"]),
        "cron" | "CRON" | "crond" | "CROND" | "crontab" | "anacron" => ("cron", &["syslog"]),
        "vsftpd" => ("vsftpd", &["syslog"]),
        "clamd" | "freshclam" | "clamscan" | "clamav" => ("clamav", &["syslog"]),
        "guacd" => ("guacamole", &["syslog"]),
        "systemd" | "kernel" | "rsyslogd" | "syslogd" | "dhclient" | "NetworkManager" => ("syslog", &[]),
        // Devices of other kinds write such headers too: here the hint decides.
        _ => return Origin { settled: false, ..Origin::default() },
    };
    Origin { services, ..known("linux", service) }
}

/// The source, completed by the hint. A hint about another product is not about this record.
pub(crate) fn complete<'a>(parts: &Parts<'a>, origin: &Origin) -> Source<'a> {
    let Logsource { product, category, service } = parts.hint;
    let mut source = Source {
        product: origin.product,
        service: match origin.service {
            Service::None => None,
            Service::Known(service) => Some(service),
            Service::Slot(slot) => parts.first_plain_text(slot),
        },
        services: origin.services,
        categories: Categories::Known(origin.categories),
    };
    let foreign = origin.product.is_some() && product.is_some() && product.as_deref() != origin.product;
    if !origin.settled && !foreign {
        source.product = source.product.or(product.as_deref());
        source.service = source.service.or(service.as_deref());
        if let (true, Some(category)) = (origin.categories.is_empty(), category) {
            source.categories = Categories::Hinted(category);
        }
    }
    let silent = source.product.is_none() && source.service.is_none() && category.is_none();
    if parts.schema == Schema::Syslog && silent {
        source.product = Some("linux");
        source.service = Some("syslog");
    }
    source
}
