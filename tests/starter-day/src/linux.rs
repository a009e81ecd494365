//! The Linux servers' logs: raw audit records, syslog lines of two ages, and process starts in Elastic Common Schema;
//! with an ordinary day in them.
//!
//! `fl-web01` (the project portal) has the audit daemon and old syslog, `fl-git01` an endpoint agent and RFC 5424.

use crate::{
    chance::Chance,
    clock::{self, Moment, at},
    company::*,
    feed::{Feed, Label},
    json::{Json, object},
};

/// All that the Linux servers write.
pub(crate) struct LinuxLog {
    /// Lines of `linux.log`.
    pub(crate) lines: Feed<Vec<u8>>,
    /// Lines of the endpoint agent.
    pub(crate) endpoint: Feed<Vec<u8>>,
}

/// Who runs an audited program: the login user and the user it runs as.
#[derive(Clone, Copy)]
pub(crate) struct Login {
    pub(crate) auid: u32,
    pub(crate) uid: u32,
    pub(crate) session: u32,
}

/// Nobody logged in: a daemon or a cron job of root.
pub(crate) const DAEMON: Login = Login { auid: u32::MAX, uid: 0, session: u32::MAX };
/// The deployment user.
pub(crate) const DEPLOY: Login = Login { auid: 1002, uid: 1002, session: 61 };
const MAREK_ROOT: Login = Login { auid: 1001, uid: 0, session: 44 };

impl LinuxLog {
    pub(crate) fn new() -> Self {
        LinuxLog { lines: Feed::new(), endpoint: Feed::new() }
    }

    /// A line of RFC 3164 from `fl-web01`, without priority: the way such lines lie in files.
    pub(crate) fn syslog(&mut self, moment: Moment, label: Option<Label>, tag: &str, text: &str) {
        let line = format!("{} fl-web01 {tag}: {text}", clock::syslog(moment));
        self.lines.push(moment, label, line.into_bytes());
    }

    /// A line of RFC 5424 from `fl-git01`.
    pub(crate) fn syslog_new(&mut self, moment: Moment, label: Option<Label>, program: &str, id: u32, text: &str) {
        let line = format!("<86>1 {} fl-git01 {program} {id} - - {text}", clock::iso(moment));
        self.lines.push(moment, label, line.into_bytes());
    }

    /// A program starts on `fl-web01`: three audit records that share a serial number.
    pub(crate) fn executes(&mut self, moment: Moment, label: Option<Label>, login: Login, arguments: &[&str]) {
        let program = arguments[0];
        let base = program.rsplit('/').next().unwrap_or(program);
        let exe = match base {
            "sh" => "/usr/bin/dash".to_string(),
            _ => format!("/usr/bin/{base}"),
        };
        let stamp = format!("msg=audit({}:{})", clock::audit(moment), serial(moment));
        let process = 2_000 + moment / 2_900;
        let Login { auid, uid, session } = login;
        let terminal = if session == u32::MAX { "(none)" } else { "pts1" };
        let call = format!(
            "type=SYSCALL {stamp}: arch=c000003e syscall=59 success=yes exit=0 a0=55d4 a1=55e0 a2=55f8 a3=8 items=2 \
             ppid={} pid={process} auid={auid} uid={uid} gid={uid} euid={uid} suid={uid} fsuid={uid} egid={uid} \
             sgid={uid} fsgid={uid} tty={terminal} ses={session} comm=\"{base}\" exe=\"{exe}\" \
             subj=unconfined key=\"exec\"",
            process - 4
        );
        let mut list = format!("type=EXECVE {stamp}: argc={}", arguments.len());
        for (index, argument) in arguments.iter().enumerate() {
            list.push_str(&format!(" a{index}={}", audited(argument)));
        }
        let path = format!(
            "type=PATH {stamp}: item=0 name=\"{exe}\" inode={} dev=08:02 mode=0100755 ouid=0 ogid=0 rdev=00:00 \
             nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0",
            131_000 + exe.len()
        );
        for line in [call, list, path] {
            self.lines.push(moment, label, line.into_bytes());
        }
    }

    /// A watched file is opened for writing on `fl-web01`.
    pub(crate) fn touches(&mut self, moment: Moment, label: Option<Label>, name: &str, how: &str) {
        let line = format!(
            "type=PATH msg=audit({}:{}): item=1 name=\"{name}\" inode=262907 dev=08:02 mode=0100600 ouid=1002 \
             ogid=1002 rdev=00:00 nametype={how} cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0",
            clock::audit(moment),
            serial(moment)
        );
        self.lines.push(moment, label, line.into_bytes());
    }

    /// Someone logs in on `fl-web01`, as the audit system tells it.
    pub(crate) fn user_login(&mut self, moment: Moment, label: Option<Label>, id: u32, from: &str, result: &str) {
        let line = format!(
            "type=USER_LOGIN msg=audit({}:{}): pid={} uid=0 auid={id} ses=61 subj=unconfined msg='op=login id={id} \
             exe=\"/usr/sbin/sshd\" hostname={from} addr={from} terminal=/dev/pts/1 res={result}'",
            clock::audit(moment),
            serial(moment),
            1_900 + moment / 3_000
        );
        self.lines.push(moment, label, line.into_bytes());
    }

    /// A program starts on `fl-git01`, as the endpoint agent tells it.
    pub(crate) fn starts(&mut self, moment: Moment, label: Option<Label>, user: &str, parent: &str, command: &[&str]) {
        let name = command[0].rsplit('/').next().unwrap_or(command[0]);
        let process = object! {
            "args": command.iter().map(|part| Json::from(*part)).collect::<Vec<_>>(),
            "command_line": command.join(" "),
            "executable": format!("/usr/bin/{name}"),
            "name": name,
            "parent": object! { "executable": parent, "name": parent.rsplit('/').next().unwrap_or(parent) },
            "pid": 1_400 + moment / 2_700,
        };
        let record = object! {
            "@timestamp": clock::iso(moment),
            "agent": object! { "type": "endpoint", "version": "9.1.4" },
            "ecs": object! { "version": "8.11.0" },
            "event": object! {
                "action": "exec",
                "category": vec![Json::from("process")],
                "dataset": "endpoint.events.process",
                "kind": "event",
                "module": "endpoint",
                "type": vec![Json::from("start")],
            },
            "host": object! {
                "hostname": "fl-git01",
                "name": "fl-git01",
                "os": object! { "family": "debian", "platform": "debian", "type": "linux" },
            },
            "process": process,
            "user": object! { "name": user },
        };
        self.endpoint.push(moment, label, record.text().into_bytes());
    }
}

/// The audit system numbers events; a number for every tenth of a second is close enough.
fn serial(moment: Moment) -> u32 {
    410_000 + moment / 100
}

/// An argument as the audit system writes it: quoted, or in hexadecimal digits if a quote or blank is in it.
fn audited(argument: &str) -> String {
    if argument.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') {
        format!("\"{argument}\"")
    } else {
        argument.bytes().map(|byte| format!("{byte:02X}")).collect()
    }
}

/// The Linux servers' ordinary day.
pub(crate) fn write(log: &mut LinuxLog) {
    cron(log);
    night_visitors(log);
    people(log);
    portal(log);
    git_server(log);
}

fn cron(log: &mut LinuxLog) {
    for quarter in 0..96 {
        let moment = at(quarter / 4, quarter % 4 * 15, 1);
        let id = 3_000 + quarter * 17;
        if quarter % 2 == 0 {
            let text = "(root) CMD (/usr/lib/sysstat/sa1 1 1)";
            log.syslog(moment, None, &format!("CRON[{id}]"), text);
        }
        if quarter % 4 == 1 {
            let text = "(www-data) CMD (/opt/portal/bin/fetch-weather --via 'curl -s https://weather.example/v1/here')";
            log.syslog(moment + 40, None, &format!("CRON[{id}]"), text);
        }
        if quarter % 8 == 3 {
            let text = "(root) CMD (cd / && run-parts --report /etc/cron.hourly)";
            log.syslog(moment + 70, None, &format!("CRON[{id}]"), text);
            log.executes(moment + 110, None, DAEMON, &["run-parts", "--report", "/etc/cron.hourly"]);
        }
    }
    for (index, unit) in ["logrotate", "apt-daily", "man-db", "fstrim", "certbot", "e2scrub_all"].iter().enumerate() {
        let moment = at(4 + index as u32, 12, 30);
        log.syslog(moment, None, "systemd[1]", &format!("Starting {unit}.service..."));
        log.syslog(moment + 2_400, None, "systemd[1]", &format!("{unit}.service: Deactivated successfully."));
        log.syslog(moment + 2_410, None, "systemd[1]", &format!("Finished {unit}.service."));
    }
}

/// The scanner at three, and the internet at all hours.
fn night_visitors(log: &mut LinuxLog) {
    for (index, name) in ["admin", "oracle", "pi", "test"].iter().enumerate() {
        let moment = at(3, 20, 0) + index as u32 * 4_000;
        let id = 5_210 + index;
        let tag = format!("sshd[{id}]");
        let text = format!("Failed password for invalid user {name} from {SCANNER} port 4{id} ssh2");
        log.syslog(moment, None, &tag, &text);
        log.syslog(moment + 300, None, &tag, &format!("Connection closed by {SCANNER} port 4{id} [preauth]"));
    }
    let mut chance = Chance::named("night visitors");
    for round in 0..70 {
        let moment = chance.between(0, at(23, 59, 0));
        let from = format!("198.51.100.{}", chance.between(120, 250));
        let port = chance.between(30_000, 60_000);
        let text = format!("Connection reset by {from} port {port} [preauth]");
        log.syslog(moment, None, &format!("sshd[{}]", 7_000 + round * 13), &text);
    }
    log.syslog_new(
        at(1, 45, 3),
        None,
        "sshd",
        811,
        &format!("Accepted publickey for root from {BACKUP} port 50122 ssh2: ED25519 SHA256:u7kKq0n3b1yTn5"),
    );
    log.syslog_new(
        at(1, 45, 3),
        None,
        "sshd",
        811,
        "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)",
    );
    log.syslog_new(at(2, 10, 40), None, "sshd", 811, "pam_unix(sshd:session): session closed for user root");
    log.syslog(
        at(1, 50, 3),
        None,
        "sshd[4410]",
        &format!("Accepted publickey for root from {BACKUP} port 50177 ssh2: ED25519 SHA256:u7kKq0n3b1yTn5"),
    );
    log.executes(
        at(1, 50, 5),
        None,
        Login { auid: 0, uid: 0, session: 31 },
        &["rsync", "--server", "--sender", "-logDtpre.iLsfxC", ".", "/srv/portal"],
    );
}

/// Marek and João at work on `fl-web01`; João mistypes, and tries what he may not.
fn people(log: &mut LinuxLog) {
    let from = ADM01.address;
    log.syslog(
        at(9, 20, 2),
        None,
        "sshd[6120]",
        &format!("Accepted publickey for marek from {from} port 51811 ssh2: ED25519 SHA256:9xPq4TtmG2"),
    );
    log.user_login(at(9, 20, 2), None, 1001, from, "success");
    for (minute, command) in
        [(22, "/usr/bin/apt update"), (24, "/usr/bin/apt upgrade -y"), (31, "/usr/bin/systemctl restart nginx")]
    {
        let text = format!("   marek : TTY=pts/0 ; PWD=/home/marek ; USER=root ; COMMAND={command}");
        log.syslog(at(9, minute, 10), None, "sudo", &text);
        let parts: Vec<&str> = command.split(' ').collect();
        log.executes(at(9, minute, 10) + 60, None, MAREK_ROOT, &parts);
    }
    for minute in [33, 47] {
        log.syslog(
            at(9, minute, 0),
            None,
            "sudo",
            "   marek : TTY=pts/0 ; PWD=/home/marek ; USER=root ; COMMAND=/usr/bin/less /var/log/nginx/error.log",
        );
        log.executes(at(9, minute, 5), None, MAREK_ROOT, &["sh", "-c", "less /var/log/nginx/error.log"]);
    }
    let from = WS019.address;
    for second in [4, 11] {
        log.syslog(
            at(10, 2, second),
            None,
            "sshd[6302]",
            &format!("Failed password for joao from {from} port 52101 ssh2"),
        );
        log.user_login(at(10, 2, second), None, 1003, from, "failed");
    }
    log.syslog(at(10, 2, 19), None, "sshd[6302]", &format!("Accepted password for joao from {from} port 52101 ssh2"));
    log.user_login(at(10, 2, 19), None, 1003, from, "success");
    log.syslog(at(10, 15, 40), None, "sudo", "    joao : command not allowed ; TTY=pts/2 ; PWD=/srv/portal ; USER=root ; COMMAND=/usr/bin/systemctl restart portal");
    let joao = Login { auid: 1003, uid: 1003, session: 47 };
    for (minute, arguments) in [
        (6, &["ls", "-la", "/srv/portal"][..]),
        (9, &["tail", "-n", "200", "/var/log/portal/app.log"]),
        (13, &["git", "-C", "/srv/portal", "status"]),
        (21, &["grep", "-rn", "timeout", "/srv/portal/config"]),
        (34, &["curl", "-s", "http://127.0.0.1:8080/health"]),
    ] {
        log.executes(at(10, minute, 33), None, joao, arguments);
    }
    log.syslog(at(10, 52, 0), None, "sshd[6302]", "pam_unix(sshd:session): session closed for user joao");
}

/// The portal serves, and is deployed at eleven.
fn portal(log: &mut LinuxLog) {
    let mut chance = Chance::named("portal");
    for round in 0..300 {
        let moment = chance.between(at(6, 0, 0), at(19, 0, 0));
        let text = match chance.between(0, 4) {
            0 => format!("worker {} recycled after 1000 requests", round % 4),
            1 => "GET /projects/2440/drawings 200 in 84 ms".to_string(),
            2 => format!("upload of drawing set {} finished", 7_100 + round),
            _ => "session store compacted".to_string(),
        };
        log.syslog(moment, None, "portal[1188]", &text);
    }
    let from = WS019.address;
    log.syslog(
        at(11, 3, 0),
        None,
        "sshd[6711]",
        &format!("Accepted publickey for deploy from {from} port 52440 ssh2: ED25519 SHA256:Lw3hD0pXk8"),
    );
    log.touches(at(11, 3, 9), None, "/srv/portal/releases/current", "CREATE");
    for (second, arguments) in [
        (12, &["tar", "-xzf", "/tmp/portal-2026.11.17.tgz", "-C", "/srv/portal/releases"][..]),
        (18, &["ln", "-sfn", "/srv/portal/releases/2026.11.17", "/srv/portal/current"]),
        (25, &["systemctl", "--user", "restart", "portal"]),
    ] {
        log.executes(at(11, 3, second), None, DEPLOY, arguments);
    }
    for hour in [2, 8, 14, 20] {
        log.executes(at(hour, 17, 2), None, DAEMON, &["uname", "-a"]);
    }
}

/// Builds and checks on `fl-git01`.
fn git_server(log: &mut LinuxLog) {
    let mut chance = Chance::named("git server");
    let runner = "/usr/bin/act_runner";
    for _ in 0..24 {
        let moment = chance.between(at(8, 30, 0), at(18, 0, 0));
        let branch = chance.pick(&["main", "drawing-viewer", "fix-login", "weather"]);
        log.starts(moment, None, "runner", runner, &["git", "fetch", "--depth=1", "origin", branch]);
        log.starts(moment + 4_000, None, "runner", runner, &["npm", "ci", "--no-audit"]);
        if chance.happens(50) {
            log.starts(moment + 60_000, None, "runner", runner, &["docker", "build", "-t", "portal:ci", "."]);
        }
        let text = format!("runner: job on branch {branch} accepted");
        log.syslog_new(moment, None, "act_runner", 940, &text);
    }
    log.starts(
        at(14, 40, 2),
        None,
        "runner",
        runner,
        &["sh", "-c", "curl -fsSL https://get.toolchain.example/install.sh | sh"],
    );
    for hour in [0, 6, 12, 18] {
        log.starts(at(hour, 2, 0), None, "kestrel", "/opt/kestrel/bin/kestrel-agent", &["hostname", "-f"]);
        log.starts(at(hour, 2, 1), None, "kestrel", "/opt/kestrel/bin/kestrel-agent", &["df", "-P"]);
        log.syslog_new(at(hour, 2, 3), None, "kestrel-agent", 702, "report sent, 14 checks, 0 failures");
    }
}
