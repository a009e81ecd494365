//! Fields of auditd, as lines and as JSON, of syslog and of plain text.

use super::{AUDITD, AUDITD_JSON, Alias, SYSLOG, TEXT, after};

pub(super) const LINES: &[Alias] = &[
    after(AUDITD_JSON, "type", &["auditd.message_type"]),
    after(AUDITD_JSON, "exe", &["process.executable"]),
    after(AUDITD_JSON, "comm", &["process.name"]),
    after(AUDITD_JSON, "cwd", &["process.working_directory"]),
    after(AUDITD_JSON, "name", &["auditd.paths.name"]),
    after(AUDITD_JSON, "nametype", &["auditd.paths.nametype"]),
    after(AUDITD_JSON, "SYSCALL", &["~syscall"]),
    after(AUDITD_JSON, "key", &["tags"]),
    after(AUDITD_JSON.and(AUDITD), "Hostname", &["node", "NODE", "host.name"]),
    after(SYSLOG, "Hostname", &["hostname"]),
    after(SYSLOG, "host", &["hostname"]),
    after(SYSLOG, "process.name", &["program"]),
    after(SYSLOG, "process.pid", &["pid"]),
    after(SYSLOG.and(TEXT), "Message", &["message"]),
];
