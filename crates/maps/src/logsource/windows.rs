//! What produced a Windows event, or one of Sysmon for Linux: channels and providers to services, event ids to categories.
//!
//! A channel that Sigma has no service for gives none.

use super::{Origin, Service};
use crate::Variant;

/// The fields that decide, in the order of [`origin`]'s texts: channel, provider, event id, and the type of a registry
/// event.
pub const FIELDS: [&str; 4] = ["Channel", "Provider_Name", "EventID", "EventType"];

/// What the texts of [`FIELDS`] say about the source.
#[must_use]
pub fn origin(texts: [Option<&str>; 4]) -> Origin {
    let [channel, provider, event_id, event_type] = texts;
    let named = channel.filter(|channel| !channel.is_empty());
    let row = match (named, provider) {
        (Some(channel), _) => find(CHANNELS, channel),
        (None, Some(provider)) => find(PROVIDERS, provider),
        (None, None) => None,
    };
    let origin = Origin { product: Some("windows"), settled: named.is_some(), ..Origin::default() };
    let Some(&(_, service)) = row else { return origin };
    let id = event_id.and_then(|id| id.trim().parse::<u32>().ok()).unwrap_or(u32::MAX);
    let origin = Origin { service: Service::Known(service), settled: true, ..origin };
    if service == "sysmon" {
        let is_linux = channel
            .or(provider)
            .is_some_and(|name| name.len() > LINUX.len() && name.as_bytes()[..LINUX.len()].eq_ignore_ascii_case(LINUX));
        let product = Some(if is_linux { "linux" } else { "windows" });
        return Origin { product, categories: sysmon_categories(id, event_type.unwrap_or_default()), ..origin };
    }
    let Some(row) = SERVICES.iter().find(|row| row.service == service) else { return origin };
    let event = row.events.iter().find(|(first, last, _)| (*first..=*last).contains(&id));
    let of_variant = row.variant.filter(|_| event.is_some() || !row.variant_of_events);
    Origin {
        services: row.services,
        categories: event.map_or(&[], |(_, _, categories)| categories),
        variant: of_variant,
        ..origin
    }
}

/// What channels and providers of Sysmon for Linux begin with.
const LINUX: &[u8] = b"linux";

/// A service that is more than a name.
struct Details {
    service: &'static str,
    /// Other names in use for it.
    services: &'static [&'static str],
    /// The variant of its records.
    variant: Option<Variant>,
    /// Whether only those of its events that are listed are of the variant.
    variant_of_events: bool,
    /// The first and the last id of events, and their categories.
    events: &'static [(u32, u32, &'static [&'static str])],
}

const fn details(service: &'static str, events: &'static [(u32, u32, &'static [&'static str])]) -> Details {
    Details { service, services: &[], variant: None, variant_of_events: false, events }
}

const SERVICES: &[Details] = &[
    Details {
        variant: Some(Variant::ProcessAudit),
        variant_of_events: true,
        ..details("security", &[(4688, 4688, &["process_creation"])])
    },
    details("powershell", &[(4103, 4103, &["ps_module"]), (4104, 4104, &["ps_script"])]),
    Details {
        variant: Some(Variant::PowerShellClassic),
        ..details(
            "powershell-classic",
            &[
                (400, 400, &["ps_classic_start"]),
                (600, 600, &["ps_classic_provider_start"]),
                (800, 800, &["ps_classic_script"]),
            ],
        )
    },
    // The ids of Microsoft Defender Antivirus that name a threat or a path.
    Details {
        variant: Some(Variant::Defender),
        ..details(
            "windefend",
            &[(1006, 1012, &["antivirus"]), (1017, 1019, &["antivirus"]), (1115, 1116, &["antivirus"])],
        )
    },
    Details { services: &["servicebus-client"], ..details("microsoft-servicebus-client", &[]) },
];

/// The categories of Sysmon's events, by id. A deletion that was only detected (26) is a `file_delete` too: rules of that
/// category mean both.
const SYSMON: [&[&str]; 30] = [
    &[],
    &["process_creation"],
    &["file_change"],
    &["network_connection"],
    &["sysmon_status"],
    &["process_termination"],
    &["driver_load"],
    &["image_load"],
    &["create_remote_thread"],
    &["raw_access_thread"],
    &["process_access"],
    &["file_event"],
    &["registry_event"],
    &["registry_set", "registry_event"],
    &["registry_rename", "registry_event"],
    &["create_stream_hash"],
    &["sysmon_status"],
    &["pipe_created"],
    &["pipe_created"],
    &["wmi_event"],
    &["wmi_event"],
    &["wmi_event"],
    &["dns_query"],
    &["file_delete"],
    &["clipboard_change"],
    &["process_tampering"],
    &["file_delete_detected", "file_delete"],
    &["file_block_executable"],
    &["file_block_shredding"],
    &["file_executable_detected"],
];

/// The id of Sysmon's events about registry objects, of several categories by type. One whose type is not given is neither
/// an addition nor a deletion.
const SYSMON_REGISTRY_OBJECT: u32 = 12;

/// The id with which Sysmon reports its errors.
const SYSMON_ERROR: u32 = 255;

fn sysmon_categories(id: u32, event_type: &str) -> &'static [&'static str] {
    match (id, event_type) {
        (SYSMON_REGISTRY_OBJECT, "CreateKey") => &["registry_add", "registry_event"],
        (SYSMON_REGISTRY_OBJECT, "DeleteKey" | "DeleteValue") => &["registry_delete", "registry_event"],
        (SYSMON_ERROR, _) => &["sysmon_error"],
        _ => SYSMON.get(id as usize).copied().unwrap_or_default(),
    }
}

/// A name and its service; names are compared without regard to case.
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
