//! The logsource of a Windows record: what Glassbox finds out by itself and other engines must be told.
//!
//! The same facts as in `crates/event/src/windows.rs`, so that every engine considers the same rules for a record.

use std::collections::HashMap;

use ahash::RandomState;
use rsigma_parser::LogSource;
use serde_json::Value;

/// A category that a record can have beside another one. Engines know one category a record, so rules of this one are
/// told apart by a dimension of their own.
pub const SECOND_CATEGORY: &str = "registry_event";

/// Channels, and providers for records without one, to services.
const SERVICES: &[(&str, &str)] = &[
    ("Microsoft-Windows-Sysmon/Operational", "sysmon"),
    ("Security", "security"),
    ("System", "system"),
    ("Application", "application"),
    ("Microsoft-Windows-PowerShell/Operational", "powershell"),
    ("PowerShellCore/Operational", "powershell"),
    ("Windows PowerShell", "powershell-classic"),
    ("Microsoft-Windows-Windows Defender/Operational", "windefend"),
    ("Microsoft-Windows-TaskScheduler/Operational", "taskscheduler"),
    ("Microsoft-Windows-WMI-Activity/Operational", "wmi"),
    ("Microsoft-Windows-Bits-Client/Operational", "bits-client"),
    ("Microsoft-Windows-DNS Client Events/Operational", "dns-client"),
    ("Microsoft-Windows-DNS-Client/Operational", "dns-client"),
    ("Microsoft-Windows-NTLM/Operational", "ntlm"),
    ("Microsoft-Windows-DHCP-Server/Operational", "dhcp"),
    ("DNS Server", "dns-server"),
    ("Microsoft-Windows-DNS-Server/Analytical", "dns-server-analytic"),
    ("Microsoft-Windows-DriverFrameworks-UserMode/Operational", "driver-framework"),
    ("Microsoft-Windows-PrintService/Admin", "printservice-admin"),
    ("Microsoft-Windows-PrintService/Operational", "printservice-operational"),
    ("Microsoft-Windows-SmbClient/Security", "smbclient-security"),
    ("Microsoft-Windows-SmbClient/Connectivity", "smbclient-connectivity"),
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
    ("Microsoft-Windows-AppXDeploymentServer/Operational", "appxdeployment-server"),
    ("Microsoft-Windows-LSA/Operational", "lsa-server"),
    ("Microsoft-Windows-AppxPackaging/Operational", "appxpackaging-om"),
    ("Microsoft-Windows-AppModel-Runtime/Admin", "appmodel-runtime"),
    ("Microsoft-Windows-CAPI2/Operational", "capi2"),
    ("Microsoft-ServiceBus-Client/Admin", "microsoft-servicebus-client"),
    ("Microsoft-ServiceBus-Client/Operational", "microsoft-servicebus-client"),
    ("Microsoft-IIS-Configuration/Operational", "iis-configuration"),
    ("Microsoft-Windows-Sysmon", "sysmon"),
    ("Microsoft-Windows-Security-Auditing", "security"),
    ("Microsoft-Windows-PowerShell", "powershell"),
    ("PowerShell", "powershell-classic"),
    ("Microsoft-Windows-Windows Defender", "windefend"),
];

/// Event ids that belong to a category, by service.
const CATEGORIES: &[(&str, u32, &str)] = &[
    ("sysmon", 1, "process_creation"),
    ("sysmon", 2, "file_change"),
    ("sysmon", 3, "network_connection"),
    ("sysmon", 4, "sysmon_status"),
    ("sysmon", 16, "sysmon_status"),
    ("sysmon", 5, "process_termination"),
    ("sysmon", 6, "driver_load"),
    ("sysmon", 7, "image_load"),
    ("sysmon", 8, "create_remote_thread"),
    ("sysmon", 9, "raw_access_thread"),
    ("sysmon", 10, "process_access"),
    ("sysmon", 11, "file_event"),
    ("sysmon", 12, SECOND_CATEGORY),
    ("sysmon", 13, "registry_set"),
    ("sysmon", 14, "registry_rename"),
    ("sysmon", 15, "create_stream_hash"),
    ("sysmon", 17, "pipe_created"),
    ("sysmon", 18, "pipe_created"),
    ("sysmon", 19, "wmi_event"),
    ("sysmon", 20, "wmi_event"),
    ("sysmon", 21, "wmi_event"),
    ("sysmon", 22, "dns_query"),
    ("sysmon", 23, "file_delete"),
    ("sysmon", 24, "clipboard_change"),
    ("sysmon", 25, "process_tampering"),
    ("sysmon", 26, "file_delete"),
    ("sysmon", 27, "file_block_executable"),
    ("sysmon", 28, "file_block_shredding"),
    ("sysmon", 29, "file_executable_detected"),
    ("sysmon", 255, "sysmon_error"),
    ("security", 4688, "process_creation"),
    ("powershell", 4103, "ps_module"),
    ("powershell", 4104, "ps_script"),
    ("powershell-classic", 400, "ps_classic_start"),
    ("powershell-classic", 600, "ps_classic_provider_start"),
    ("powershell-classic", 800, "ps_classic_script"),
];

/// Every logsource that a Windows record can have, made beforehand: finding one costs two hashes and no allocation.
pub struct Routing {
    /// By name as it is mostly written, and by name in small letters.
    services: HashMap<String, &'static str, RandomState>,
    sources: Vec<LogSource>,
    by_event: HashMap<(&'static str, u32), usize, RandomState>,
    by_service: HashMap<&'static str, usize, RandomState>,
    /// The fields that routes have under other names.
    aliases: Vec<&'static [Alias]>,
}

/// The place of a logsource in the routing.
pub type Route = usize;

/// Records of Windows of which no more is known: no rule that names a service or a category is about them.
const UNKNOWN: Route = 0;
/// Registry keys made.
const KEY_ADDED: Route = 1;
/// Registry keys and values removed.
const KEY_REMOVED: Route = 2;

impl Routing {
    /// The routing.
    #[must_use]
    pub fn new() -> Self {
        let mut routing = Self {
            services: SERVICES
                .iter()
                .flat_map(|&(name, service)| [(name.to_owned(), service), (name.to_ascii_lowercase(), service)])
                .collect(),
            sources: vec![
                source(Some(""), Some("")),
                source(Some("sysmon"), Some("registry_add")),
                source(Some("sysmon"), Some("registry_delete")),
            ],
            by_event: HashMap::default(),
            by_service: HashMap::default(),
            aliases: Vec::new(),
        };
        for &(_, service) in SERVICES {
            if !routing.by_service.contains_key(service) {
                routing.by_service.insert(service, routing.sources.len());
                // A service's record without a category is none of a category: an empty name conflicts with all.
                routing.sources.push(source(Some(service), Some("")));
            }
        }
        for &(service, event_id, category) in CATEGORIES {
            routing.by_event.insert((service, event_id), routing.sources.len());
            routing.sources.push(source(Some(service), Some(category)));
        }
        let classic = Some("powershell-classic");
        let aliases = |source: &LogSource| match (source.service.as_deref(), source.category.as_deref()) {
            (Some("security"), Some("process_creation")) => PROCESS_AUDIT,
            (service, _) if service == classic => POWERSHELL_CLASSIC,
            _ => &[],
        };
        routing.aliases = routing.sources.iter().map(aliases).collect();
        routing
    }

    /// The route of a record with these fields.
    #[must_use]
    pub fn route(&self, channel: Option<&str>, provider: Option<&str>, event_id: u32, event_type: &str) -> Route {
        let name = channel.filter(|channel| !channel.is_empty()).or(provider).unwrap_or_default();
        // Few records write them in other cases.
        let service = self.services.get(name).or_else(|| self.services.get(name.to_ascii_lowercase().as_str()));
        let Some(&service) = service else { return UNKNOWN };
        if (service, event_id) == ("sysmon", 12) {
            match event_type {
                "CreateKey" => return KEY_ADDED,
                "DeleteKey" | "DeleteValue" => return KEY_REMOVED,
                _ => {}
            }
        }
        let route = self.by_event.get(&(service, event_id)).or_else(|| self.by_service.get(service));
        route.copied().unwrap_or(UNKNOWN)
    }

    /// The route of a parsed record.
    #[must_use]
    pub fn route_of(&self, record: &Value) -> Route {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        let event_id = record.get("EventID").and_then(|id| match id {
            Value::String(id) => id.trim().parse().ok(),
            id => id.as_u64()?.try_into().ok(),
        });
        let event_type = text("EventType").unwrap_or_default();
        self.route(text("Channel"), text("Provider_Name"), event_id.unwrap_or(u32::MAX), event_type)
    }

    /// The fields that records of a route have under other names than rules.
    #[must_use]
    pub fn aliases(&self, route: Route) -> &'static [Alias] {
        self.aliases[route]
    }

    /// The logsource of a route.
    #[must_use]
    pub fn source(&self, route: Route) -> &LogSource {
        &self.sources[route]
    }

    /// Every logsource, in the order of routes.
    #[must_use]
    pub fn sources(&self) -> &[LogSource] {
        &self.sources
    }
}

impl Default for Routing {
    fn default() -> Self {
        Self::new()
    }
}

fn source(service: Option<&str>, category: Option<&str>) -> LogSource {
    let is_registry = category.is_some_and(|category| category.starts_with("registry_"));
    let custom = [(SECOND_CATEGORY.to_owned(), if is_registry { "yes" } else { "no" }.to_owned())];
    LogSource {
        product: Some("windows".to_owned()),
        service: service.map(Into::into),
        category: category.map(Into::into),
        custom: custom.into_iter().collect(),
        ..LogSource::default()
    }
}

/// Whether another place of a field counts before the field's own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// It does.
    Before,
    /// Only where the field's own name has no value.
    After,
}

/// A field as rules name it, and the name that records have it under.
pub type Alias = (&'static str, &'static str, Counts);

/// Event 4688. The audit's own `ProcessId` is the parent's, so it comes first.
const PROCESS_AUDIT: &[Alias] = &[
    ("Image", "NewProcessName", Counts::After),
    ("ParentImage", "ParentProcessName", Counts::After),
    ("ParentProcessId", "ProcessId", Counts::After),
    ("ProcessId", "NewProcessId", Counts::Before),
    ("User", "SubjectUserName", Counts::After),
    ("LogonId", "SubjectLogonId", Counts::After),
    ("IntegrityLevel", "MandatoryLabel", Counts::After),
];

/// Some collectors keep the strings of this channel only as part of the rendered message.
const POWERSHELL_CLASSIC: &[Alias] = &[("Data", "Message", Counts::After)];

/// Gives fields the names that rules use, as Glassbox does.
pub fn rename(record: &mut Value, aliases: &[Alias]) {
    let Some(fields) = record.as_object_mut() else { return };
    for &(field, place, counts) in aliases {
        let Some(value) = fields.get(place) else { continue };
        if counts == Counts::Before || !fields.contains_key(field) {
            let value = value.clone();
            fields.insert(field.to_owned(), value);
        }
    }
}

/// Rewrites a rule's logsource so that records of two categories meet the rules of both.
pub fn widen(logsource: &mut LogSource) {
    if logsource.category.as_deref() == Some(SECOND_CATEGORY) {
        logsource.category = None;
        logsource.custom.insert(SECOND_CATEGORY.to_owned(), "yes".to_owned());
    }
}

/// Whether a rule of one logsource is for records of another: no part that both name differs.
#[must_use]
pub fn compatible(rule: &LogSource, record: &LogSource) -> bool {
    let agree = |rule: &Option<String>, record: &Option<String>| match (rule, record) {
        (Some(rule), Some(record)) => rule.eq_ignore_ascii_case(record),
        _ => true,
    };
    agree(&rule.product, &record.product)
        && agree(&rule.service, &record.service)
        && agree(&rule.category, &record.category)
        && rule.custom.iter().all(|(name, value)| record.custom.get(name).is_none_or(|other| other == value))
}
