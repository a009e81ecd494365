//! What produced a line with a syslog header: programs to services.

use super::{Origin, Service};

/// The field that decides.
pub const FIELD: &str = "program";

/// What the name of a program says about the source; nothing for programs that are not listed: devices of other kinds
/// write such headers too.
#[must_use]
pub fn origin(program: &str) -> Origin {
    // A path, or a part of a suite: `postfix/smtpd`, `/usr/sbin/cron`.
    let name = program.rsplit('/').next().unwrap_or_default();
    let row = PROGRAMS.iter().find(|(programs, ..)| programs.contains(&name));
    row.map_or(Origin::default(), |&(_, service, services)| Origin {
        product: Some("linux"),
        service: Service::Known(service),
        services,
        settled: true,
        ..Origin::default()
    })
}

/// Programs, the service that they are of, and the further ones.
const PROGRAMS: &[(&[&str], &str, &[&str])] = &[
    (&["sshd", "sshd-session", "sshd-auth"], "sshd", &["auth", "syslog"]),
    (&["sudo"], "sudo", &["auth", "syslog"]),
    (
        &[
            "su",
            "login",
            "systemd-logind",
            "passwd",
            "useradd",
            "userdel",
            "usermod",
            "groupadd",
            "groupdel",
            "gdm-password",
            "polkitd",
            "pkexec",
        ],
        "auth",
        &["syslog"],
    ),
    (&["cron", "CRON", "crond", "CROND", "crontab", "anacron"], "cron", &["syslog"]),
    (&["vsftpd"], "vsftpd", &["syslog"]),
    (&["clamd", "freshclam", "clamscan", "clamav"], "clamav", &["syslog"]),
    (&["guacd"], "guacamole", &["syslog"]),
    (&["systemd", "kernel", "rsyslogd", "syslogd", "dhclient", "NetworkManager"], "syslog", &[]),
];
