//! Windows events: what Sysmon and the Windows channels say when something happens on a machine.
//!
//! Fields and their names are those of the real events; which are left out is a matter of size.
//! How an event is written down is the business of `shapes`.

use crate::{
    chance::Chance,
    clock::{self, Moment},
    company::{Host, SYSTEM, User},
    feed::{Feed, Label},
    json::Json,
};

/// Where Windows keeps an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Sysmon,
    Security,
    System,
    PowerShell,
}

/// One event, not yet in the shape of any agent.
pub(crate) struct Event {
    pub(crate) host: &'static Host,
    pub(crate) channel: Channel,
    pub(crate) id: u32,
    pub(crate) fields: Vec<(&'static str, Json)>,
}

/// A running process, as later events refer to it.
#[derive(Clone)]
pub(crate) struct Process {
    guid: String,
    id: u32,
    pub(crate) image: String,
    command: String,
    user: &'static User,
}

impl Process {
    /// The same process with this number.
    pub(crate) fn numbered(mut self, id: u32) -> Self {
        self.id = id;
        self
    }
}

/// All Windows events of the day.
pub(crate) struct WindowsLog {
    pub(crate) feed: Feed<Event>,
    chance: Chance,
}

/// A place and a moment, at which something is about to happen.
pub(crate) struct Scene<'log> {
    log: &'log mut WindowsLog,
    host: &'static Host,
    moment: Moment,
    label: Option<Label>,
}

/// A successful or failed logon, as far as logons differ.
pub(crate) struct Logon {
    pub(crate) kind: u32,
    pub(crate) package: &'static str,
    pub(crate) from: &'static str,
    pub(crate) workstation: &'static str,
}

impl WindowsLog {
    pub(crate) fn new() -> Self {
        WindowsLog { feed: Feed::new(), chance: Chance::named("windows log") }
    }

    /// Something benign is about to happen.
    pub(crate) fn at(&mut self, host: &'static Host, moment: Moment) -> Scene<'_> {
        Scene { log: self, host, moment, label: None }
    }

    /// A process that was there before the day began.
    pub(crate) fn standing(&mut self, image: &str, user: &'static User) -> Process {
        self.process(image, image, user)
    }

    fn process(&mut self, image: &str, command: &str, user: &'static User) -> Process {
        let hex = self.chance.hex(20);
        Process {
            guid: format!("{{5c1f2a90-{}-{}-{}-{}00}}", &hex[..4], &hex[4..8], &hex[8..10].repeat(2), &hex[10..20]),
            id: self.chance.between(180, 3900) * 4,
            image: image.to_string(),
            command: command.to_string(),
            user,
        }
    }
}

/// The last part of a Windows path.
fn base_name(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}

/// What the version information of well-known programs calls them.
fn original_name(image: &str) -> &str {
    match base_name(image) {
        "powershell.exe" => "PowerShell.EXE",
        "cmd.exe" => "Cmd.Exe",
        "WINWORD.EXE" => "WinWord.exe",
        "EXCEL.EXE" => "Excel.exe",
        "rundll32.exe" => "RUNDLL32.EXE",
        "updhelper.exe" => "-",
        other => other,
    }
}

fn digest(image: &str) -> String {
    format!("SHA256={}", Chance::named(image).hex(64).to_uppercase())
}

impl Scene<'_> {
    /// The same scene, as part of the intrusion.
    pub(crate) fn intrusion(mut self, stage: &'static str, technique: &'static str, note: &'static str) -> Self {
        self.label = Some(Label { stage, technique, note });
        self
    }

    fn emit(self, channel: Channel, id: u32, fields: Vec<(&'static str, Json)>) {
        let event = Event { host: self.host, channel, id, fields };
        self.log.feed.push(self.moment, self.label, event);
    }

    /// A Sysmon event about a process, with the fields that all of them begin with.
    fn sysmon(self, id: u32, process: &Process, more: Vec<(&'static str, Json)>) {
        let mut fields = vec![
            ("UtcTime", clock::sysmon(self.moment).into()),
            ("ProcessGuid", (&process.guid).into()),
            ("ProcessId", process.id.into()),
            ("Image", (&process.image).into()),
        ];
        fields.extend(more);
        self.emit(Channel::Sysmon, id, fields);
    }

    /// A process starts (Sysmon 1, or Security 4688 where there is no Sysmon), under its parent's account.
    pub(crate) fn starts(self, parent: &Process, image: &str, command: &str) -> Process {
        self.starts_as(parent.user, parent, image, command)
    }

    /// A process starts under an account of its own.
    pub(crate) fn starts_as(self, user: &'static User, parent: &Process, image: &str, command: &str) -> Process {
        let process = self.log.process(image, command, user);
        let level = if user.sid == SYSTEM.sid { "System" } else { "Medium" };
        if self.host.sysmon {
            let more = vec![
                ("OriginalFileName", original_name(image).into()),
                ("CommandLine", command.into()),
                ("CurrentDirectory", "C:\\Windows\\system32\\".into()),
                ("User", user.account().into()),
                ("IntegrityLevel", level.into()),
                ("Hashes", digest(image).into()),
                ("ParentProcessGuid", (&parent.guid).into()),
                ("ParentProcessId", parent.id.into()),
                ("ParentImage", (&parent.image).into()),
                ("ParentCommandLine", (&parent.command).into()),
            ];
            self.sysmon(1, &process, more);
        } else {
            let fields = vec![
                ("SubjectUserSid", user.sid.into()),
                ("SubjectUserName", user.name.into()),
                ("SubjectDomainName", user.domain.into()),
                ("NewProcessId", format!("0x{:x}", process.id).into()),
                ("NewProcessName", image.into()),
                ("TokenElevationType", "%%1936".into()),
                ("ProcessId", format!("0x{:x}", parent.id).into()),
                ("CommandLine", command.into()),
                ("ParentProcessName", (&parent.image).into()),
            ];
            self.emit(Channel::Security, 4688, fields);
        }
        process
    }

    /// A connection goes out (Sysmon 3).
    pub(crate) fn connects(self, process: &Process, address: &str, name: &str, port: u32) {
        let source_port = self.log.chance.between(49_700, 65_000);
        let more = vec![
            ("User", process.user.account().into()),
            ("Protocol", if port == 53 { "udp" } else { "tcp" }.into()),
            ("Initiated", "true".into()),
            ("SourceIp", self.host.address.into()),
            ("SourceHostname", self.host.full_name().into()),
            ("SourcePort", source_port.into()),
            ("DestinationIp", address.into()),
            ("DestinationHostname", name.into()),
            ("DestinationPort", port.into()),
        ];
        self.sysmon(3, process, more);
    }

    /// A name is resolved (Sysmon 22).
    pub(crate) fn resolves(self, process: &Process, name: &str, answer: &str) {
        let more = vec![
            ("QueryName", name.into()),
            ("QueryStatus", "0".into()),
            ("QueryResults", format!("::ffff:{answer};").into()),
            ("User", process.user.account().into()),
        ];
        self.sysmon(22, process, more);
    }

    /// A file is created (Sysmon 11).
    pub(crate) fn writes(self, process: &Process, file: &str) {
        let created = clock::sysmon(self.moment);
        let more = vec![
            ("TargetFilename", file.into()),
            ("CreationUtcTime", created.into()),
            ("User", process.user.account().into()),
        ];
        self.sysmon(11, process, more);
    }

    /// A library is loaded (Sysmon 7).
    pub(crate) fn loads(self, process: &Process, library: &str) {
        let more = vec![
            ("ImageLoaded", library.into()),
            ("Hashes", digest(library).into()),
            ("Signed", "true".into()),
            ("Signature", "Microsoft Corporation".into()),
            ("SignatureStatus", "Valid".into()),
            ("User", process.user.account().into()),
        ];
        self.sysmon(7, process, more);
    }

    /// A registry value is set (Sysmon 13).
    pub(crate) fn sets(self, process: &Process, key: &str, details: &str) {
        let more = vec![
            ("EventType", "SetValue".into()),
            ("TargetObject", key.into()),
            ("Details", details.into()),
            ("User", process.user.account().into()),
        ];
        self.sysmon(13, process, more);
    }

    /// A registry key is created (Sysmon 12).
    pub(crate) fn creates_key(self, process: &Process, key: &str) {
        let more = vec![
            ("EventType", "CreateKey".into()),
            ("TargetObject", key.into()),
            ("User", process.user.account().into()),
        ];
        self.sysmon(12, process, more);
    }

    /// One process opens another (Sysmon 10).
    pub(crate) fn opens(self, source: &Process, target: &Process, access: &str) {
        let fields = vec![
            ("UtcTime", clock::sysmon(self.moment).into()),
            ("SourceProcessGUID", (&source.guid).into()),
            ("SourceProcessId", source.id.into()),
            ("SourceImage", (&source.image).into()),
            ("TargetProcessGUID", (&target.guid).into()),
            ("TargetProcessId", target.id.into()),
            ("TargetImage", (&target.image).into()),
            ("GrantedAccess", access.into()),
            ("CallTrace", "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4|C:\\Windows\\System32\\KERNELBASE.dll+2c13e".into()),
            ("SourceUser", source.user.account().into()),
            ("TargetUser", target.user.account().into()),
        ];
        self.emit(Channel::Sysmon, 10, fields);
    }

    /// PowerShell compiles a script (4104).
    pub(crate) fn script(self, text: &str, path: &str) {
        let fields = vec![
            ("MessageNumber", 1_u32.into()),
            ("MessageTotal", 1_u32.into()),
            ("ScriptBlockText", text.into()),
            ("ScriptBlockId", self.log.chance.uuid().into()),
            ("Path", path.into()),
        ];
        self.emit(Channel::PowerShell, 4104, fields);
    }

    /// Someone logs on (4624).
    pub(crate) fn logs_on(self, user: &User, logon: &Logon) {
        let id = format!("0x{}", self.log.chance.hex(6));
        let fields = vec![
            ("SubjectUserSid", if logon.kind == 3 { "S-1-0-0" } else { SYSTEM.sid }.into()),
            ("SubjectUserName", "-".into()),
            ("TargetUserSid", user.sid.into()),
            ("TargetUserName", user.name.into()),
            ("TargetDomainName", user.domain.into()),
            ("TargetLogonId", id.into()),
            ("LogonType", logon.kind.into()),
            ("LogonProcessName", if logon.kind == 3 { logon.package } else { "User32" }.into()),
            ("AuthenticationPackageName", logon.package.into()),
            ("WorkstationName", logon.workstation.into()),
            ("IpAddress", logon.from.into()),
            ("IpPort", self.log.chance.between(49_700, 65_000).into()),
        ];
        self.emit(Channel::Security, 4624, fields);
    }

    /// Someone logs off (4634).
    pub(crate) fn logs_off(self, user: &User, kind: u32) {
        let fields = vec![
            ("TargetUserSid", user.sid.into()),
            ("TargetUserName", user.name.into()),
            ("TargetDomainName", user.domain.into()),
            ("TargetLogonId", format!("0x{}", self.log.chance.hex(6)).into()),
            ("LogonType", kind.into()),
        ];
        self.emit(Channel::Security, 4634, fields);
    }

    /// Someone fails to log on (4625); the sub-status says why.
    pub(crate) fn fails_to_log_on(self, name: &str, logon: &Logon, sub_status: &str) {
        let fields = vec![
            ("TargetUserSid", "S-1-0-0".into()),
            ("TargetUserName", name.into()),
            ("TargetDomainName", "FENLOWE".into()),
            ("Status", "0xc000006d".into()),
            ("FailureReason", if sub_status == "0xc0000064" { "%%2313" } else { "%%2304" }.into()),
            ("SubStatus", sub_status.into()),
            ("LogonType", logon.kind.into()),
            ("AuthenticationPackageName", logon.package.into()),
            ("WorkstationName", logon.workstation.into()),
            ("IpAddress", logon.from.into()),
        ];
        self.emit(Channel::Security, 4625, fields);
    }

    /// A logon receives privileges (4672).
    pub(crate) fn receives_privileges(self, user: &User, privileges: &str) {
        let fields = vec![
            ("SubjectUserSid", user.sid.into()),
            ("SubjectUserName", user.name.into()),
            ("SubjectDomainName", user.domain.into()),
            ("SubjectLogonId", format!("0x{}", self.log.chance.hex(6)).into()),
            ("PrivilegeList", privileges.into()),
        ];
        self.emit(Channel::Security, 4672, fields);
    }

    /// A scheduled task is registered (4698).
    pub(crate) fn registers_task(self, user: &User, task: &str, content: &str) {
        let fields = vec![
            ("SubjectUserSid", user.sid.into()),
            ("SubjectUserName", user.name.into()),
            ("SubjectDomainName", user.domain.into()),
            ("TaskName", task.into()),
            ("TaskContent", content.into()),
        ];
        self.emit(Channel::Security, 4698, fields);
    }

    /// The security log is cleared (1102).
    pub(crate) fn clears_security_log(self, user: &User) {
        let fields = vec![
            ("SubjectUserSid", user.sid.into()),
            ("SubjectUserName", user.name.into()),
            ("SubjectDomainName", user.domain.into()),
        ];
        self.emit(Channel::Security, 1102, fields);
    }

    /// A service is installed (7045).
    pub(crate) fn installs_service(self, name: &str, path: &str, kind: &str) {
        let fields = vec![
            ("ServiceName", name.into()),
            ("ImagePath", path.into()),
            ("ServiceType", kind.into()),
            ("StartType", if kind.contains("kernel") { "system start" } else { "demand start" }.into()),
            ("AccountName", "LocalSystem".into()),
        ];
        self.emit(Channel::System, 7045, fields);
    }
}
