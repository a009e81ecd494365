//! An ordinary working day on the desks: logons, mail, drawings, browsers, meetings, updates.
//!
//! Nothing here belongs to the intrusion. Some of it looks as if it might, as ordinary work does.

use crate::{
    chance::{Chance, encoded_command},
    clock::{Moment, at},
    company::*,
    windows::{Logon, Process, WindowsLog},
};

const CHROME: &str = "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe";
const EDGE: &str = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe";
const OFFICE: &str = "C:\\Program Files\\Microsoft Office\\root\\Office16\\";
const POWERSHELL: &str = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
const ANTIVIRUS: &str = "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.26100.5-0\\MsMpEng.exe";
const AGENT: &str = "C:\\Program Files\\Kestrel Monitor\\kestrel-agent.exe";

/// Outside names that staff and software ask for, with their addresses.
const SITES: [(&str, &str); 10] = [
    ("www.daily-planning.example", "198.51.100.10"),
    ("meet.office-suite.example", "198.51.100.20"),
    ("mail.office-suite.example", "198.51.100.21"),
    ("files.office-suite.example", "198.51.100.22"),
    ("www.stone-and-brick.example", "203.0.113.12"),
    ("maps.ordnance.example", "203.0.113.20"),
    ("news.city-herald.example", "203.0.113.31"),
    ("cdn.browser-vendor.example", "192.0.2.140"),
    ("portal.fenwick-lowe.example", "192.0.2.12"),
    ("planning.council.example", "203.0.113.45"),
];

const PROJECTS: [&str; 6] =
    ["2417 Harbour School", "2431 Mill Lane", "2440 Library", "2452 Quay House", "2455 Chapel Row", "2460 Depot"];

const KINDS: [&str; 5] = ["Door schedule", "Site survey", "Fee proposal", "Minutes", "Window details"];

const SERVICES: [(&str, &str); 7] = [
    ("C:\\Windows\\System32\\backgroundTaskHost.exe", "-ServerName:App.AppXtk181tbxbce2qsex02s8tw7hfxa9xb3t.mca"),
    ("C:\\Windows\\System32\\taskhostw.exe", "KEYROAMING"),
    ("C:\\Windows\\System32\\SearchProtocolHost.exe", "Global\\UsGthrFltPipeMssGthrPipe_41"),
    ("C:\\Windows\\System32\\RuntimeBroker.exe", "-Embedding"),
    ("C:\\Windows\\System32\\dllhost.exe", "/Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}"),
    ("C:\\Windows\\System32\\conhost.exe", "0xffffffff -ForceV1"),
    ("C:\\Windows\\System32\\audiodg.exe", "0x4f8"),
];

/// What stands on a desk and lasts the day.
pub(crate) struct Desk {
    pub(crate) host: &'static Host,
    pub(crate) user: &'static User,
    pub(crate) explorer: Process,
    services: Process,
    browser: Process,
    word: Process,
    antivirus: Process,
    pub(crate) lsass: Process,
}

/// Every desk's day; returns the desks, for what else happens there.
pub(crate) fn write(log: &mut WindowsLog) -> Vec<Desk> {
    let mut desks = Vec::new();
    for (host, user) in DESKS {
        let mut chance = Chance::named(host.name);
        let arrival = at(7, 45, 0) + chance.between(0, 75 * 60_000);
        let desk = Desk {
            host,
            user,
            explorer: log.standing("C:\\Windows\\explorer.exe", user),
            services: log.standing("C:\\Windows\\System32\\svchost.exe", &SYSTEM),
            browser: log.standing(if user.name == HELEN.name { EDGE } else { CHROME }, user),
            word: log.standing(&format!("{OFFICE}WINWORD.EXE"), user),
            antivirus: log.standing(ANTIVIRUS, &SYSTEM),
            lsass: log.standing("C:\\Windows\\System32\\lsass.exe", &SYSTEM).numbered(644),
        };
        arrive(log, &desk, arrival);
        night(log, &desk, &mut chance);
        work(log, &desk, arrival, &mut chance);
        desks.push(desk);
    }
    accounts(log, &desks[3]);
    administration(log, &desks[0]);
    updates(log, &desks);
    monitoring(log, &desks);
    desks
}

fn arrive(log: &mut WindowsLog, desk: &Desk, arrival: Moment) {
    let Desk { host, user, explorer, .. } = desk;
    let screen = Logon { kind: 2, package: "Negotiate", from: "127.0.0.1", workstation: host.name };
    for attempt in 1..=typing_errors(user) {
        log.at(host, arrival - attempt * 7_300).fails_to_log_on(user.name, &screen, "0xc000006a");
    }
    log.at(host, arrival).logs_on(user, &screen);
    let server = Logon { kind: 3, package: "Kerberos", from: host.address, workstation: "-" };
    log.at(&DC01, arrival + 300).logs_on(user, &server);
    log.at(&FS01, arrival + 2_300).logs_on(user, &server);
    log.at(&DC01, arrival + 10_400).logs_off(user, 3);
    let chat = format!("C:\\Users\\{}\\AppData\\Local\\Microsoft\\TeamDesk\\teamdesk.exe", user.name);
    log.at(host, arrival + 8_000).starts(
        explorer,
        "C:\\Windows\\System32\\userinit.exe",
        "C:\\Windows\\system32\\userinit.exe",
    );
    let client = log.at(host, arrival + 15_000).starts(explorer, &chat, &format!("\"{chat}\" --autostart"));
    log.at(host, arrival + 15_900).resolves(&client, "meet.office-suite.example", "198.51.100.20");
    log.at(host, arrival + 16_200).connects(&client, "198.51.100.20", "meet.office-suite.example", 443);
    let mail = format!("{OFFICE}OUTLOOK.EXE");
    let outlook = log.at(host, arrival + 40_000).starts(explorer, &mail, &format!("\"{mail}\""));
    log.at(host, arrival + 41_000).connects(&outlook, "198.51.100.21", "mail.office-suite.example", 443);
}

/// How often this user mistypes the password in the morning; Helen's was changed the day before.
fn typing_errors(user: &User) -> u32 {
    match user.name {
        name if name == HELEN.name => 3,
        name if name == PRIYA.name || name == SOFIA.name => 1,
        _ => 0,
    }
}

/// Maintenance while nobody is there.
fn night(log: &mut WindowsLog, desk: &Desk, chance: &mut Chance) {
    let mut moment = at(0, 10, 0) + chance.between(0, 1_800_000);
    while moment < at(7, 0, 0) {
        let (image, arguments) = chance.pick(&SERVICES);
        log.at(desk.host, moment).starts_as(&SYSTEM, &desk.services, image, &format!("{image} {arguments}"));
        if chance.happens(40) {
            log.at(desk.host, moment + 700).resolves(&desk.services, "update.os-vendor.example", "198.51.100.30");
            log.at(desk.host, moment + 950).connects(&desk.services, "198.51.100.30", "update.os-vendor.example", 443);
        }
        moment += chance.between(1_500_000, 4_800_000);
    }
}

fn work(log: &mut WindowsLog, desk: &Desk, arrival: Moment, chance: &mut Chance) {
    let leaving = at(17, 15, 0) + chance.between(0, 70 * 60_000);
    let mut moment = arrival + 90_000;
    while moment < leaving {
        let lunch = moment > at(12, 20, 0) && moment < at(13, 5, 0);
        match chance.between(0, 100) {
            0..26 => browse(log, desk, moment, chance),
            26..42 => draw_or_write(log, desk, moment, chance),
            42..52 => housekeeping(log, desk, moment, chance),
            52..62 => settings(log, desk, moment, chance),
            62..72 => shared_drive(log, desk, moment, chance),
            72..80 => inspection(log, desk, moment, chance),
            80..88 => unlock(log, desk, moment),
            _ => modules(log, desk, moment, chance),
        }
        moment += chance.between(100_000, 440_000) * if lunch { 3 } else { 1 };
    }
    log.at(desk.host, leaving).logs_off(desk.user, 2);
    log.at(&FS01, leaving + 1_700).logs_off(desk.user, 3);
}

fn browse(log: &mut WindowsLog, desk: &Desk, moment: Moment, chance: &mut Chance) {
    let browser = &desk.browser;
    let image = browser.image.as_str();
    let (site, address) = chance.pick(&SITES);
    let tab = chance.between(20, 900);
    let command = format!(
        "\"{image}\" --type=renderer --lang=en-GB --renderer-client-id={tab} --mojo-platform-channel-handle=4{tab}"
    );
    log.at(desk.host, moment).starts(browser, image, &command);
    log.at(desk.host, moment + 120).resolves(browser, site, address);
    log.at(desk.host, moment + 190).connects(browser, address, site, 443);
    if chance.happens(12) {
        let file = format!("C:\\Users\\{}\\Downloads\\planning-notice-{tab}.pdf", desk.user.name);
        log.at(desk.host, moment + 22_000).writes(browser, &file);
    }
}

fn draw_or_write(log: &mut WindowsLog, desk: &Desk, moment: Moment, chance: &mut Chance) {
    let project = chance.pick(&PROJECTS);
    let kind = chance.pick(&KINDS);
    let draws = desk.user.name == PRIYA.name || desk.user.name == TOM.name;
    let (image, ending) = if draws && chance.happens(60) {
        ("C:\\Program Files\\Autodesk\\AutoCAD 2026\\acad.exe".to_string(), "dwg")
    } else if chance.happens(50) {
        (format!("{OFFICE}WINWORD.EXE"), "docx")
    } else {
        (format!("{OFFICE}EXCEL.EXE"), "xlsx")
    };
    let file = format!("P:\\{project}\\{kind}.{ending}");
    let program = log.at(desk.host, moment).starts(&desk.explorer, &image, &format!("\"{image}\" \"{file}\""));
    log.at(desk.host, moment + 45_000).writes(&program, &format!("P:\\{project}\\~${kind}.{ending}"));
    log.at(desk.host, moment + 88_000).connects(&program, FS01.address, "FL-FS01.corp.fenwick-lowe.example", 445);
}

fn housekeeping(log: &mut WindowsLog, desk: &Desk, moment: Moment, chance: &mut Chance) {
    let (image, arguments) = chance.pick(&SERVICES);
    log.at(desk.host, moment).starts(&desk.services, image, &format!("{image} {arguments}"));
}

fn settings(log: &mut WindowsLog, desk: &Desk, moment: Moment, chance: &mut Chance) {
    let rid = &desk.user.sid[desk.user.sid.len() - 4..];
    let number = chance.between(10, 99);
    let key =
        format!("HKU\\S-1-5-21-{rid}\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\{number}");
    if chance.happens(50) {
        log.at(desk.host, moment).creates_key(&desk.explorer, &key);
    } else {
        log.at(desk.host, moment).sets(&desk.explorer, &format!("{key}\\MRUListEx"), "Binary Data");
    }
}

fn shared_drive(log: &mut WindowsLog, desk: &Desk, moment: Moment, chance: &mut Chance) {
    let kerberos = Logon { kind: 3, package: "Kerberos", from: desk.host.address, workstation: "-" };
    log.at(&FS01, moment).logs_on(desk.user, &kerberos);
    if chance.happens(70) {
        log.at(&FS01, moment + chance.between(60_000, 900_000)).logs_off(desk.user, 3);
    }
}

fn inspection(log: &mut WindowsLog, desk: &Desk, moment: Moment, chance: &mut Chance) {
    let access = chance.pick(&["0x1000", "0x1400", "0x101000", "0x1010"]);
    log.at(desk.host, moment).opens(&desk.antivirus, &desk.lsass, access);
}

fn unlock(log: &mut WindowsLog, desk: &Desk, moment: Moment) {
    let screen = Logon { kind: 7, package: "Negotiate", from: "127.0.0.1", workstation: desk.host.name };
    log.at(desk.host, moment).logs_on(desk.user, &screen);
}

fn modules(log: &mut WindowsLog, desk: &Desk, moment: Moment, chance: &mut Chance) {
    let library = chance.pick(&["mso.dll", "riched20.dll", "wwlib.dll", "oart.dll"]);
    log.at(desk.host, moment).loads(&desk.word, &format!("{OFFICE}{library}"));
}

/// Helen in accounts lives in spreadsheets with macros, and a supplier sends another.
fn accounts(log: &mut WindowsLog, desk: &Desk) {
    for (hour, minute) in [(9, 12), (10, 5), (11, 40), (14, 22), (16, 3)] {
        let image = format!("{OFFICE}EXCEL.EXE");
        let command = format!("\"{image}\" \"P:\\Office\\Accounts\\Ledger 2026.xlsm\"");
        let excel = log.at(desk.host, at(hour, minute, 10)).starts(&desk.explorer, &image, &command);
        let engine = "C:\\Program Files\\Common Files\\Microsoft Shared\\VBA\\VBA7.1\\VBE7.DLL";
        log.at(desk.host, at(hour, minute, 16)).loads(&excel, engine);
    }
    let outlook = log.standing(&format!("{OFFICE}OUTLOOK.EXE"), desk.user);
    let saved = "C:\\Users\\helen.marsh\\AppData\\Local\\Microsoft\\Windows\\INetCache\\Content.Outlook\\8QK2M7AZ\\Price list November.xlsm";
    log.at(desk.host, at(11, 38, 41)).writes(&outlook, saved);
    let packer = "C:\\Program Files\\7-Zip\\7z.exe";
    let command = format!("\"{packer}\" a -pTender2460 \"P:\\2460 Depot\\Tender.7z\" \"P:\\2460 Depot\\Tender\"");
    log.at(desk.host, at(15, 26, 9)).starts(&desk.explorer, packer, &command);
}

/// Marek administers: PowerShell in daylight, and nothing to hide.
fn administration(log: &mut WindowsLog, desk: &Desk) {
    let host = desk.host;
    let shell = log.at(host, at(8, 58, 3)).starts(&desk.explorer, POWERSHELL, &format!("\"{POWERSHELL}\" -NoLogo"));
    let privileges =
        "SeSecurityPrivilege SeTakeOwnershipPrivilege SeLoadDriverPrivilege SeBackupPrivilege SeDebugPrivilege";
    for (hour, minute, target) in [(9, 2, &DC01), (9, 41, &FS01), (11, 15, &DC01), (14, 8, &FS01), (16, 44, &DC01)] {
        let logon = Logon { kind: 3, package: "Kerberos", from: ADM01.address, workstation: "FL-ADM-01" };
        log.at(target, at(hour, minute, 8)).logs_on(&ADM_MAREK, &logon);
        log.at(target, at(hour, minute, 8)).receives_privileges(&ADM_MAREK, privileges);
        log.at(target, at(hour, minute + 9, 30)).logs_off(&ADM_MAREK, 3);
    }
    for (minute, script) in [(6, "Check-Backups.ps1"), (44, "Report-Disks.ps1"), (51, "Sync-Printers.ps1")] {
        let command = format!("powershell.exe -ExecutionPolicy Bypass -File C:\\Admin\\{script}");
        log.at(host, at(9, minute, 20)).starts(&shell, POWERSHELL, &command);
        let text =
            format!("param([string]$Server = 'FL-FS01')\n. C:\\Admin\\Common.ps1\nWrite-Report -Name '{script}'");
        log.at(host, at(9, minute, 21)).script(&text, &format!("C:\\Admin\\{script}"));
    }
    let stale =
        "Get-ADUser -Filter * -Properties LastLogonDate | Where-Object LastLogonDate -lt (Get-Date).AddDays(-90)";
    log.at(host, at(11, 16, 12)).script(stale, "");
    log.at(host, at(11, 19, 55)).script("Get-ADComputer -Filter * | Select-Object Name, OperatingSystem", "");
    log.at(host, at(11, 22, 40)).starts(
        &shell,
        "C:\\Windows\\System32\\net.exe",
        "net group \"Domain Admins\" /domain",
    );
    log.at(host, at(14, 12, 5)).starts(&shell, "C:\\Windows\\System32\\ipconfig.exe", "ipconfig /flushdns");
    log.at(host, at(15, 2, 30)).script("Install-Module -Name ReportTables -Scope CurrentUser", "");
    log.at(host, at(15, 2, 32)).resolves(&shell, "www.module-gallery.example", "203.0.113.150");
    log.at(host, at(15, 2, 33)).connects(&shell, "203.0.113.150", "www.module-gallery.example", 443);
    log.at(host, at(15, 2, 41)).connects(&shell, "203.0.113.151", "cdn.module-gallery.example", 443);
    help_desk(log);
}

/// Marek helps Priya at her desk: two tools that intruders use as well.
fn help_desk(log: &mut WindowsLog) {
    let shell = log.standing("C:\\Windows\\System32\\cmd.exe", &PRIYA);
    log.at(&WS011, at(10, 20, 11)).starts(&shell, "C:\\Windows\\System32\\whoami.exe", "whoami");
    log.at(&WS011, at(10, 20, 40)).starts(&shell, "C:\\Windows\\System32\\ipconfig.exe", "ipconfig /all");
    log.at(&WS011, at(10, 21, 15)).starts(&shell, "C:\\Windows\\System32\\gpupdate.exe", "gpupdate /force");
}

/// Software brings itself up to date.
fn updates(log: &mut WindowsLog, desks: &[Desk]) {
    let services = log.standing("C:\\Windows\\System32\\services.exe", &SYSTEM);
    let path =
        "\"C:\\Program Files (x86)\\Google\\GoogleUpdater\\148.0.7730.0\\updater.exe\" --system --windows-service";
    for (index, desk) in desks.iter().enumerate() {
        let moment = at(12, 30, 0) + index as u32 * 217_000;
        log.at(desk.host, moment).starts_as(
            &SYSTEM,
            &services,
            "C:\\Windows\\System32\\msiexec.exe",
            "C:\\Windows\\system32\\msiexec.exe /V",
        );
        let updater = "C:\\Program Files (x86)\\Google\\GoogleUpdater\\148.0.7730.0\\updater.exe";
        let process = log.at(desk.host, moment + 9_000).starts_as(&SYSTEM, &services, updater, path);
        log.at(desk.host, moment + 9_600).resolves(&process, "cdn.browser-vendor.example", "192.0.2.140");
        if index % 2 == 0 {
            log.at(desk.host, moment + 10_000).installs_service(
                "GoogleUpdaterInternalService148",
                path,
                "user mode service",
            );
            let key = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\TeamDesk";
            log.at(desk.host, moment + 14_000).sets(
                &process,
                key,
                "\"C:\\Program Files\\TeamDesk\\teamdesk.exe\" --autostart",
            );
        }
        let definitions = "C:\\ProgramData\\Microsoft\\Windows Defender\\Definition Updates\\{7C1B}\\mpengine.dll";
        log.at(desk.host, moment + 60_000).writes(&services, definitions);
    }
    log.at(&LT021, at(12, 58, 4)).installs_service(
        "vmnetbridge",
        "System32\\drivers\\vmnetbridge.sys",
        "kernel mode driver",
    );
    let content = "<Task><Actions><Exec><Command>C:\\Program Files (x86)\\Google\\GoogleUpdater\\148.0.7730.0\\updater.exe</Command></Exec></Actions></Task>";
    log.at(&WS017, at(12, 43, 30)).registers_task(&SYSTEM, "\\GoogleSystem\\GoogleUpdater\\Task148", content);
}

/// The monitoring agent: the same noise at the same hours on the same machines.
fn monitoring(log: &mut WindowsLog, desks: &[Desk]) {
    let script = encoded_command("Get-PSDrive -PSProvider FileSystem | ConvertTo-Json -Compress");
    for host in [&WS017, &ADM01] {
        let agent = log.standing(AGENT, &SYSTEM);
        for hour in [1, 5, 9, 13, 17, 21] {
            let command = format!("powershell.exe -NoProfile -NonInteractive -EncodedCommand {script}");
            let shell = log.at(host, at(hour, 4, 12)).starts(&agent, POWERSHELL, &command);
            log.at(host, at(hour, 4, 14)).connects(&shell, "10.20.0.45", "kestrel.corp.fenwick-lowe.example", 8443);
        }
    }
    for desk in desks {
        let agent = log.standing(AGENT, &SYSTEM);
        for hour in (0..24).step_by(2) {
            log.at(desk.host, at(hour, 31, 2)).connects(
                &agent,
                "10.20.0.45",
                "kestrel.corp.fenwick-lowe.example",
                8443,
            );
        }
    }
    let antivirus = log.standing("C:\\Program Files\\Lanner Endpoint\\lanner-scan.exe", &SYSTEM);
    for (hour, minute) in [(3, 11), (10, 47), (14, 2), (19, 36)] {
        let label = Chance::named(&format!("reputation {hour}")).hex(48);
        let name = format!("{label}.rep.lanner.example");
        log.at(&WS011, at(hour, minute, 45)).resolves(&antivirus, &name, "127.0.0.2");
    }
}
