//! What produced a Windows event: channels and providers to services, event ids to categories.
//!
//! The names are those of Sigma's public rules. A channel that Sigma has no service for gives none.

use crate::fields::kind;

/// What a Windows event, or one of Sysmon for Linux, says about its source.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) product: &'static str,
    pub(crate) service: Option<&'static str>,
    pub(crate) services: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) kinds: u8,
    /// Whether the record names its channel.
    pub(crate) channel: bool,
}

/// The fields that decide.
pub(crate) struct Marks<'t> {
    pub(crate) channel: Option<&'t str>,
    pub(crate) provider: Option<&'t str>,
    pub(crate) event_id: Option<&'t str>,
    pub(crate) event_type: Option<&'t str>,
}

/// What the fields say about the source.
pub(crate) fn origin(marks: &Marks<'_>) -> Origin {
    let channel = marks.channel.filter(|channel| !channel.is_empty());
    let row = match (channel, marks.provider) {
        (Some(channel), _) => find(CHANNELS, channel),
        (None, Some(provider)) => find(PROVIDERS, provider),
        (None, None) => None,
    };
    let mut origin = Origin { product: "windows", channel: channel.is_some(), ..Origin::default() };
    let Some(&(_, service)) = row else { return origin };
    origin.service = Some(service);
    let id = marks.event_id.and_then(|id| id.trim().parse::<u32>().ok()).unwrap_or(u32::MAX);
    match service {
        "sysmon" => {
            origin.categories = sysmon_categories(id, marks.event_type.unwrap_or_default());
            if marks
                .channel
                .or(marks.provider)
                .is_some_and(|name| name.len() > 5 && name.as_bytes()[..5].eq_ignore_ascii_case(b"linux"))
            {
                origin.product = "linux";
            }
        }
        "security" if id == 4688 => {
            origin.categories = &["process_creation"];
            origin.kinds = kind::PROCESS_AUDIT;
        }
        "powershell" => {
            origin.categories = match id {
                4103 => &["ps_module"],
                4104 => &["ps_script"],
                _ => &[],
            };
        }
        "powershell-classic" => {
            origin.kinds = kind::POWERSHELL_CLASSIC;
            origin.categories = match id {
                400 => &["ps_classic_start"],
                600 => &["ps_classic_provider_start"],
                800 => &["ps_classic_script"],
                _ => &[],
            };
        }
        "windefend" => {
            origin.kinds = kind::DEFENDER;
            // The ids of Microsoft Defender Antivirus that name a threat or a path.
            if matches!(id, 1006..=1012 | 1017..=1019 | 1115 | 1116) {
                origin.categories = &["antivirus"];
            }
        }
        // One channel, two names in use.
        "microsoft-servicebus-client" => origin.services = &["servicebus-client"],
        _ => {}
    }
    origin
}

/// Sysmon's event ids. A deletion that was only detected (26) is a `file_delete` too: rules of that category mean both.
/// A registry object event (12) whose type is not told is neither an addition nor a deletion.
fn sysmon_categories(id: u32, event_type: &str) -> &'static [&'static str] {
    match id {
        1 => &["process_creation"],
        2 => &["file_change"],
        3 => &["network_connection"],
        4 | 16 => &["sysmon_status"],
        5 => &["process_termination"],
        6 => &["driver_load"],
        7 => &["image_load"],
        8 => &["create_remote_thread"],
        9 => &["raw_access_thread"],
        10 => &["process_access"],
        11 => &["file_event"],
        12 => match event_type {
            "CreateKey" => &["registry_add", "registry_event"],
            "DeleteKey" | "DeleteValue" => &["registry_delete", "registry_event"],
            _ => &["registry_event"],
        },
        13 => &["registry_set", "registry_event"],
        14 => &["registry_rename", "registry_event"],
        15 => &["create_stream_hash"],
        17 | 18 => &["pipe_created"],
        19..=21 => &["wmi_event"],
        22 => &["dns_query"],
        23 => &["file_delete"],
        24 => &["clipboard_change"],
        25 => &["process_tampering"],
        26 => &["file_delete_detected", "file_delete"],
        27 => &["file_block_executable"],
        28 => &["file_block_shredding"],
        29 => &["file_executable_detected"],
        255 => &["sysmon_error"],
        _ => &[],
    }
}

/// A row of a table; channels and providers are compared without regard to case.
type Row = (&'static str, &'static str);

fn find<'t>(table: &'t [Row], name: &str) -> Option<&'t Row> {
    table.iter().find(|(row, _)| row.eq_ignore_ascii_case(name))
}

/// Most frequent first.
const CHANNELS: &[Row] = &[
    ("Microsoft-Windows-Sysmon/Operational", "sysmon"),
    ("Security", "security"),
    ("System", "system"),
    ("Application", "application"),
    ("Microsoft-Windows-PowerShell/Operational", "powershell"),
    ("PowerShellCore/Operational", "powershell"),
    ("Windows PowerShell", "powershell-classic"),
    ("Linux-Sysmon/Operational", "sysmon"),
    ("Microsoft-Windows-Windows Defender/Operational", "windefend"),
    ("Microsoft-Windows-TaskScheduler/Operational", "taskscheduler"),
    ("Microsoft-Windows-WMI-Activity/Operational", "wmi"),
    ("Microsoft-Windows-Bits-Client/Operational", "bits-client"),
    ("Microsoft-Windows-DNS Client Events/Operational", "dns-client"),
    ("Microsoft-Windows-DNS-Client/Operational", "dns-client"),
    ("Microsoft-Windows-NTLM/Operational", "ntlm"),
    ("Microsoft-Windows-DHCP-Server/Operational", "dhcp"),
    ("DNS Server", "dns-server"),
    ("Microsoft-Windows-DNSServer/Audit", "dns-server-audit"),
    ("Microsoft-Windows-DNSServer/Analytical", "dns-server-analytic"),
    ("Microsoft-Windows-DNS-Server/Audit", "dns-server-audit"),
    ("Microsoft-Windows-DNS-Server/Analytical", "dns-server-analytic"),
    ("Microsoft-Windows-DriverFrameworks-UserMode/Operational", "driver-framework"),
    ("Microsoft-Windows-PrintService/Admin", "printservice-admin"),
    ("Microsoft-Windows-PrintService/Operational", "printservice-operational"),
    ("Microsoft-Windows-SmbClient/Security", "smbclient-security"),
    ("Microsoft-Windows-SmbClient/Connectivity", "smbclient-connectivity"),
    ("Microsoft-Windows-SMBServer/Connectivity", "smbserver-connectivity"),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "terminalservices-localsessionmanager"),
    ("Microsoft-Windows-CodeIntegrity/Operational", "codeintegrity-operational"),
    ("Microsoft-Windows-AppLocker/MSI and Script", "applocker"),
    ("Microsoft-Windows-AppLocker/EXE and DLL", "applocker"),
    ("Microsoft-Windows-AppLocker/Packaged app-Deployment", "applocker"),
    ("Microsoft-Windows-AppLocker/Packaged app-Execution", "applocker"),
    ("MSExchange Management", "msexchange-management"),
    ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "firewall-as"),
    ("Microsoft-Windows-Security-Mitigations/Kernel Mode", "security-mitigations"),
    ("Microsoft-Windows-Security-Mitigations/User Mode", "security-mitigations"),
    ("Microsoft-Windows-Diagnosis-Scripted/Operational", "diagnosis-scripted"),
    ("Microsoft-Windows-Shell-Core/Operational", "shell-core"),
    ("OpenSSH/Operational", "openssh"),
    ("Microsoft-Windows-LDAP-Client/Debug", "ldap"),
    ("Microsoft-Windows-BitLocker/BitLocker Management", "bitlocker"),
    ("Microsoft-Windows-VHDMP/Operational", "vhdmp"),
    ("Microsoft-Windows-VHDMP-Operational", "vhdmp"),
    ("Microsoft-Windows-AppXDeploymentServer/Operational", "appxdeployment-server"),
    ("Microsoft-Windows-LSA/Operational", "lsa-server"),
    ("Microsoft-Windows-AppxPackaging/Operational", "appxpackaging-om"),
    ("Microsoft-Windows-AppModel-Runtime/Admin", "appmodel-runtime"),
    ("Microsoft-Windows-CAPI2/Operational", "capi2"),
    (
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
        "certificateservicesclient-lifecycle-system",
    ),
    ("Microsoft-Windows-Kernel-ShimEngine/Operational", "kernel-shimengine"),
    ("Microsoft-Windows-Kernel-ShimEngine/Diagnostic", "kernel-shimengine"),
    ("Microsoft-Windows-Application-Experience/Program-Telemetry", "application-experience"),
    ("Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant", "application-experience"),
    ("Microsoft-Windows-Ntfs/Operational", "ntfs"),
    ("Microsoft-Windows-Hyper-V-Worker", "hyper-v-worker"),
    ("Microsoft-Windows-Hyper-V-Worker-Admin", "hyper-v-worker"),
    ("Microsoft-Windows-Kernel-EventTracing", "kernel-event-tracing"),
    ("Microsoft-Windows-Kernel-EventTracing/Admin", "kernel-event-tracing"),
    ("Microsoft-Windows-SENSE/Operational", "sense"),
    ("Microsoft-ServiceBus-Client/Admin", "microsoft-servicebus-client"),
    ("Microsoft-ServiceBus-Client/Operational", "microsoft-servicebus-client"),
    ("Microsoft-IIS-Configuration/Operational", "iis-configuration"),
];

/// For records that do not name their channel: providers that write to one channel only.
const PROVIDERS: &[Row] = &[
    ("Microsoft-Windows-Sysmon", "sysmon"),
    ("Linux-Sysmon", "sysmon"),
    ("Microsoft-Windows-Security-Auditing", "security"),
    ("Microsoft-Windows-PowerShell", "powershell"),
    ("PowerShellCore", "powershell"),
    ("PowerShell", "powershell-classic"),
    ("Microsoft-Windows-Windows Defender", "windefend"),
    ("Microsoft-Windows-TaskScheduler", "taskscheduler"),
    ("Microsoft-Windows-WMI-Activity", "wmi"),
    ("Microsoft-Windows-Bits-Client", "bits-client"),
    ("Microsoft-Windows-DNS-Client", "dns-client"),
    ("Microsoft-Windows-NTLM", "ntlm"),
    ("Microsoft-Windows-DNS-Server-Service", "dns-server"),
    ("Microsoft-Windows-CodeIntegrity", "codeintegrity-operational"),
    ("Microsoft-Windows-AppLocker", "applocker"),
    ("Microsoft-Windows-Windows Firewall With Advanced Security", "firewall-as"),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager", "terminalservices-localsessionmanager"),
    ("Microsoft-Windows-Shell-Core", "shell-core"),
    ("Microsoft-Windows-AppXDeployment-Server", "appxdeployment-server"),
    ("Microsoft-Windows-CAPI2", "capi2"),
    ("MSExchange CmdletLogs", "msexchange-management"),
    ("OpenSSH", "openssh"),
    ("Service Control Manager", "system"),
];
