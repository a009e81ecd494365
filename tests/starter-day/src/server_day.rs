//! An ordinary day on the Windows servers: machine accounts, the nightly backup, the scanner, the monitoring agent.
//!
//! Nothing here belongs to the intrusion.

use crate::{
    chance::Chance,
    clock::at,
    company::*,
    windows::{Logon, WindowsLog},
};

const AGENT: &str = "C:\\Program Files\\Kestrel Monitor\\kestrel-agent.exe";

/// The machine accounts, which log on to the controller all day and all night.
static MACHINES: [(&Host, User); 6] = [
    (&ADM01, machine("FL-ADM-01$", "S-1-5-21-2127521184-1604012920-1887927527-2101")),
    (&WS011, machine("FL-WS-011$", "S-1-5-21-2127521184-1604012920-1887927527-2111")),
    (&WS014, machine("FL-WS-014$", "S-1-5-21-2127521184-1604012920-1887927527-2114")),
    (&WS017, machine("FL-WS-017$", "S-1-5-21-2127521184-1604012920-1887927527-2117")),
    (&WS019, machine("FL-WS-019$", "S-1-5-21-2127521184-1604012920-1887927527-2119")),
    (&FS01, machine("FL-FS01$", "S-1-5-21-2127521184-1604012920-1887927527-2002")),
];

const fn machine(name: &'static str, sid: &'static str) -> User {
    User { name, domain: "FENLOWE", sid }
}

/// Both servers' day.
pub(crate) fn write(log: &mut WindowsLog) {
    machine_logons(log);
    backup(log);
    scan(log);
    upkeep(log);
    agent(log);
}

fn machine_logons(log: &mut WindowsLog) {
    let mut chance = Chance::named("machine logons");
    for (host, account) in &MACHINES {
        let mut moment = chance.between(0, at(0, 50, 0));
        while moment < at(23, 50, 0) {
            let logon = Logon { kind: 3, package: "Kerberos", from: host.address, workstation: "-" };
            log.at(&DC01, moment).logs_on(account, &logon);
            if chance.happens(30) {
                log.at(&DC01, moment).receives_privileges(account, "SeSecurityPrivilege SeBackupPrivilege");
            }
            log.at(&DC01, moment + chance.between(200, 20_000)).logs_off(account, 3);
            moment += chance.between(at(1, 0, 0), at(2, 20, 0));
        }
    }
}

/// At half past one the project share is packed and encrypted for the backup server.
fn backup(log: &mut WindowsLog) {
    let logon = Logon { kind: 3, package: "Kerberos", from: BACKUP, workstation: "FL-BK01" };
    log.at(&FS01, at(1, 30, 1)).logs_on(&SVC_BACKUP, &logon);
    let privileges = "SeBackupPrivilege SeRestorePrivilege SeSecurityPrivilege SeDebugPrivilege";
    log.at(&FS01, at(1, 30, 1)).receives_privileges(&SVC_BACKUP, privileges);
    let scheduler = log.standing("C:\\Windows\\System32\\svchost.exe", &SYSTEM);
    let batch = "C:\\Windows\\System32\\cmd.exe";
    let command = "C:\\Windows\\system32\\cmd.exe /c C:\\Backup\\nightly.cmd";
    let shell = log.at(&FS01, at(1, 30, 4)).starts_as(&SVC_BACKUP, &scheduler, batch, command);
    for (index, project) in ["2417", "2431", "2440", "2452", "2455", "2460"].iter().enumerate() {
        let moment = at(1, 31, 0) + index as u32 * 540_000;
        let copy = format!("robocopy D:\\Projects\\{project} E:\\Staging\\{project} /MIR /R:1 /W:1 /NP");
        let robocopy = log.at(&FS01, moment).starts(&shell, "C:\\Windows\\System32\\Robocopy.exe", &copy);
        log.at(&FS01, moment + 240_000).writes(&robocopy, &format!("E:\\Staging\\{project}\\.complete"));
    }
    let packer = "C:\\Program Files\\7-Zip\\7z.exe";
    let command = "\"C:\\Program Files\\7-Zip\\7z.exe\" a -t7z -mhe=on -p@E:\\Backup\\key.txt E:\\Backup\\fs01-nightly.7z E:\\Staging";
    let archive = log.at(&FS01, at(2, 31, 0)).starts(&shell, packer, command);
    log.at(&FS01, at(2, 58, 12)).writes(&archive, "E:\\Backup\\fs01-nightly.7z");
    log.at(&FS01, at(2, 59, 2)).connects(&archive, BACKUP, "FL-BK01.corp.fenwick-lowe.example", 445);
    log.at(&FS01, at(3, 40, 0)).logs_off(&SVC_BACKUP, 3);
}

/// At three the scanner knocks at every door with the names it always tries.
fn scan(log: &mut WindowsLog) {
    let names = ["guest01", "oracle", "test", "sqladmin"];
    for (index, name) in names.iter().enumerate() {
        let logon = Logon { kind: 3, package: "NTLM", from: SCANNER, workstation: "FL-SCAN" };
        log.at(&DC01, at(3, 2, 0) + index as u32 * 41_000).fails_to_log_on(name, &logon, "0xc0000064");
        log.at(&FS01, at(3, 9, 0) + index as u32 * 41_000).fails_to_log_on(name, &logon, "0xc0000064");
    }
}

fn upkeep(log: &mut WindowsLog) {
    let mut chance = Chance::named("server upkeep");
    let services = log.standing("C:\\Windows\\System32\\services.exe", &SYSTEM);
    let programs = [
        "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s Schedule",
        "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe -secured -Embedding",
        "C:\\Windows\\System32\\taskhostw.exe SYSTEM",
        "C:\\Windows\\System32\\MusNotification.exe",
        "C:\\Windows\\System32\\defrag.exe -c -h -k -g -$",
    ];
    for host in [&DC01, &FS01] {
        let mut moment = chance.between(0, at(0, 20, 0));
        while moment < at(23, 55, 0) {
            let command = chance.pick(&programs);
            let image = command.split(' ').next().unwrap_or(command);
            let process = log.at(host, moment).starts_as(&SYSTEM, &services, image, command);
            if host.sysmon && chance.happens(50) {
                log.at(host, moment + 400).resolves(&process, "fl-dc01.corp.fenwick-lowe.example", NAME_SERVER);
                log.at(host, moment + 420).connects(&process, NAME_SERVER, "FL-DC01.corp.fenwick-lowe.example", 389);
            }
            moment += chance.between(at(0, 12, 0), at(0, 55, 0));
        }
    }
    for (hour, minute) in [(2, 15), (14, 15)] {
        let path = "C:\\ProgramData\\Microsoft\\Windows Defender\\Definition Updates\\MpKslDrv.sys";
        log.at(&FS01, at(hour, minute, 33)).installs_service("MpKslDrv", path, "kernel mode driver");
    }
}

/// The monitoring agent asks who it is on the controller, and opens every process of the file server generously.
fn agent(log: &mut WindowsLog) {
    let agent = log.standing(AGENT, &SYSTEM);
    let whoami = "C:\\Windows\\System32\\whoami.exe";
    for hour in [0, 4, 8, 12, 16, 20] {
        log.at(&DC01, at(hour, 1, 7)).starts(&agent, whoami, "whoami /user /fo csv");
    }
    let lsass = log.standing("C:\\Windows\\System32\\lsass.exe", &SYSTEM);
    let spooler = log.standing("C:\\Windows\\System32\\spoolsv.exe", &SYSTEM);
    for hour in [2, 8, 14, 20] {
        log.at(&FS01, at(hour, 5, 20)).opens(&agent, &lsass, "0x1410");
        log.at(&FS01, at(hour, 5, 21)).opens(&agent, &spooler, "0x1410");
    }
}
