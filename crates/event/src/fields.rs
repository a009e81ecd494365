//! Which raw paths a canonical field is read from, schema by schema.
//!
//! Canonical names are those that Sigma's public rules use. A field is always looked for under its own name; the
//! tables here add what producers call it instead. Of the places in order, the first that has any value counts: a
//! record that has both `SourceName` and `Provider_Name` has one provider, not two.

use crate::Schema;

/// Kinds of event that have field maps of their own, as bits.
pub(crate) mod kind {
    /// Security event 4688: Sysmon's process fields under the audit's names.
    pub(crate) const PROCESS_AUDIT: u8 = 1;
    /// Windows Defender: names with blanks.
    pub(crate) const DEFENDER: u8 = 1 << 1;
    /// Windows PowerShell, the classic channel: strings without names.
    pub(crate) const POWERSHELL_CLASSIC: u8 = 1 << 2;
    /// Zeek.
    pub(crate) const ZEEK: u8 = 1 << 3;
    /// Azure's monitor.
    pub(crate) const AZURE: u8 = 1 << 4;
    /// Google Cloud and Workspace audit.
    pub(crate) const GOOGLE: u8 = 1 << 5;
    /// Kubernetes audit.
    pub(crate) const KUBERNETES: u8 = 1 << 6;
}

/// Further places of one field.
pub(crate) struct Alias {
    /// The canonical name.
    pub(crate) field: &'static str,
    /// The schemas' bits.
    pub(crate) schemas: u16,
    /// The kinds' bits; 0 is every kind.
    pub(crate) kinds: u8,
    /// Places that count before the field's own name. `~` leads a name that is looked for wherever canonical names are;
    /// `$` stands for the system part of a Windows event.
    pub(crate) before: &'static [&'static str],
    /// Places that count where the field's own name has no value.
    pub(crate) after: &'static [&'static str],
}

/// The bit of a schema.
pub(crate) const fn bit(schema: Schema) -> u16 {
    1 << schema as u16
}

/// What `$` stands for.
pub(crate) const SYSTEM: [&str; 2] = ["Event.System.", "System."];

/// A field of the reader's own: when the event happened. All its places count, in order of rank.
pub(crate) const TIME: &str = "\u{1}time";

const FLAT: u16 = bit(Schema::WindowsFlat);
const NESTED: u16 = bit(Schema::WindowsNested) | bit(Schema::SysmonLinux);
const WINLOGBEAT: u16 = bit(Schema::WindowsEcs);
const ONLY_ECS: u16 = bit(Schema::Ecs);
const ECS: u16 = WINLOGBEAT | ONLY_ECS;
const WINDOWS: u16 = FLAT | NESTED | WINLOGBEAT;
const CLOUDTRAIL: u16 = bit(Schema::CloudTrail);
const AUDITD: u16 = bit(Schema::Auditd);
const AUDITD_JSON: u16 = bit(Schema::AuditdJson);
const SYSLOG: u16 = bit(Schema::Syslog);
const TEXT: u16 = bit(Schema::Text);
const JSON: u16 = bit(Schema::Json);

const fn before(schemas: u16, field: &'static str, places: &'static [&'static str]) -> Alias {
    Alias { field, schemas, kinds: 0, before: places, after: &[] }
}

const fn after(schemas: u16, field: &'static str, places: &'static [&'static str]) -> Alias {
    Alias { field, schemas, kinds: 0, before: &[], after: places }
}

const fn of_kind(schemas: u16, kinds: u8, field: &'static str, places: &'static [&'static str]) -> Alias {
    Alias { field, schemas, kinds, before: &[], after: places }
}

/// The tables.
pub(crate) const TABLES: [&[Alias]; 9] =
    [WINDOWS_FLAT, WINDOWS_NESTED, WINDOWS_ECS, WINDOWS_KINDS, LINUX, CLOUD, AZURE, TIMES, OTHER_ECS];

const WINDOWS_FLAT: &[Alias] = &[
    after(FLAT, "Provider_Name", &["SourceName", "ProviderName", "Provider", "provider_name", "source_name"]),
    after(FLAT, "Channel", &["LogName", "log_name", "channel"]),
    after(FLAT, "EventID", &["EventId", "event_id"]),
    after(FLAT, "Computer", &["ComputerName", "MachineName", "Hostname", "computer_name", "hostname"]),
    after(FLAT, "ComputerName", &["Computer", "Hostname"]),
    after(FLAT, "EventRecordID", &["RecordNumber", "RecordId"]),
];

const WINDOWS_NESTED: &[Alias] = &[
    before(
        NESTED,
        "Provider_Name",
        &[
            "$Provider.#attributes.Name",
            "$Provider.@Name",
            "$Provider.Name",
            "$Provider.$.Name",
            "$Provider_attributes.Name",
            "$Provider",
        ],
    ),
    before(NESTED, "EventID", &["$EventID.Value", "$EventID._", "$EventID"]),
    before(NESTED, "Channel", &["$Channel"]),
    before(NESTED, "Computer", &["$Computer"]),
    before(NESTED, "Level", &["$Level"]),
    before(NESTED, "Keywords", &["$Keywords"]),
    before(NESTED, "EventRecordID", &["$EventRecordID"]),
    before(
        NESTED,
        "TimeCreated",
        &[
            "$TimeCreated.#attributes.SystemTime",
            "$TimeCreated.@SystemTime",
            "$TimeCreated.SystemTime",
            "$TimeCreated.$.SystemTime",
            "$TimeCreated_attributes.SystemTime",
            "$TimeCreated",
        ],
    ),
    after(NESTED, "ComputerName", &["$Computer"]),
    after(NESTED, "Version", &["$Version"]),
    after(NESTED, "Task", &["$Task"]),
    after(NESTED, "Opcode", &["$Opcode"]),
    after(NESTED, "ProviderGuid", &["$Provider.#attributes.Guid", "$Provider.@Guid", "$Provider.Guid"]),
    after(NESTED, "ProcessID", &["$Execution.#attributes.ProcessID", "$Execution.@ProcessID", "$Execution.ProcessID"]),
    after(NESTED, "ThreadID", &["$Execution.#attributes.ThreadID", "$Execution.@ThreadID", "$Execution.ThreadID"]),
    after(NESTED, "UserID", &["$Security.#attributes.UserID", "$Security.@UserID", "$Security.UserID"]),
];

/// Winlogbeat moves some fields of an event into the Elastic Common Schema and leaves the rest in `winlog.event_data`.
/// Of the four that rules rest on most the common schema's own field counts first, of the others the event's own. Fields
/// that other producers of the schema use in the same way are read for them too.
const WINDOWS_ECS: &[Alias] = &[
    before(ECS, "Image", &["process.executable"]),
    before(ECS, "CommandLine", &["process.command_line"]),
    before(ECS, "ParentImage", &["process.parent.executable"]),
    before(ECS, "ParentCommandLine", &["process.parent.command_line"]),
    before(WINLOGBEAT, "Channel", &["winlog.channel", "log_name"]),
    before(WINLOGBEAT, "EventID", &["winlog.event_id", "event.code", "event_id"]),
    before(WINLOGBEAT, "Provider_Name", &["winlog.provider_name", "event.provider", "source_name"]),
    before(WINLOGBEAT, "Computer", &["winlog.computer_name", "host.name", "host.hostname", "computer_name"]),
    before(WINLOGBEAT, "Level", &["winlog.level"]),
    before(WINLOGBEAT, "Keywords", &["winlog.keywords"]),
    before(WINLOGBEAT, "EventRecordID", &["winlog.record_id"]),
    after(WINLOGBEAT, "ComputerName", &["winlog.computer_name", "host.name"]),
    after(WINLOGBEAT, "Task", &["winlog.task"]),
    after(WINLOGBEAT, "Opcode", &["winlog.opcode"]),
    after(WINLOGBEAT, "Version", &["winlog.version"]),
    after(WINLOGBEAT, "ProviderGuid", &["winlog.provider_guid"]),
    after(WINLOGBEAT, "ProcessID", &["winlog.process.pid"]),
    after(WINLOGBEAT, "ThreadID", &["winlog.process.thread.id"]),
    after(WINLOGBEAT, "UserID", &["winlog.user.identifier"]),
    after(ECS, "Message", &["message"]),
    after(ECS, "CurrentDirectory", &["process.working_directory"]),
    after(ECS, "ProcessId", &["process.pid"]),
    after(ECS, "ProcessGuid", &["process.entity_id"]),
    after(ECS, "ParentProcessId", &["process.parent.pid"]),
    after(ECS, "ParentProcessGuid", &["process.parent.entity_id"]),
    after(ECS, "OriginalFileName", &["process.pe.original_file_name", "file.pe.original_file_name"]),
    after(ECS, "Company", &["process.pe.company", "file.pe.company"]),
    after(ECS, "Description", &["process.pe.description", "file.pe.description"]),
    after(ECS, "Product", &["process.pe.product", "file.pe.product"]),
    after(ECS, "FileVersion", &["process.pe.file_version", "file.pe.file_version"]),
    after(ECS, "Imphash", &["process.pe.imphash", "file.pe.imphash"]),
    after(ECS, "md5", &["process.hash.md5", "file.hash.md5", "hash.md5"]),
    after(ECS, "sha1", &["process.hash.sha1", "file.hash.sha1", "hash.sha1"]),
    after(ECS, "sha256", &["process.hash.sha256", "file.hash.sha256", "hash.sha256"]),
    after(ECS, "User", &["user.name"]),
    after(ECS, "TargetFilename", &["file.path"]),
    after(WINLOGBEAT, "ImageLoaded", &["dll.path", "file.path"]),
    after(ECS, "Signed", &["file.code_signature.signed"]),
    after(ECS, "Signature", &["file.code_signature.subject_name"]),
    after(ECS, "SignatureStatus", &["file.code_signature.status"]),
    after(WINLOGBEAT, "PipeName", &["file.name"]),
    after(ECS, "TargetObject", &["registry.path"]),
    after(ECS, "Details", &["registry.data.strings"]),
    after(WINLOGBEAT, "SourceImage", &["process.executable"]),
    after(ECS, "QueryName", &["dns.question.name"]),
    after(WINLOGBEAT, "QueryStatus", &["sysmon.dns.status"]),
    after(ECS, "Protocol", &["network.transport"]),
    after(ECS, "SourceIp", &["source.ip"]),
    after(ECS, "SourcePort", &["source.port"]),
    after(ECS, "SourceHostname", &["source.domain"]),
    after(ECS, "DestinationIp", &["destination.ip"]),
    after(ECS, "DestinationPort", &["destination.port"]),
    after(ECS, "DestinationHostname", &["destination.domain"]),
    after(WINLOGBEAT, "IpAddress", &["source.ip"]),
    after(WINLOGBEAT, "IpPort", &["source.port"]),
    after(ECS, "ScriptBlockText", &["powershell.file.script_block_text"]),
    after(WINLOGBEAT, "Path", &["file.path"]),
];

/// What else producers other than Winlogbeat put into the common schema.
const OTHER_ECS: &[Alias] = &[
    before(ONLY_ECS, "Computer", &["host.name", "host.hostname"]),
    before(ONLY_ECS, "EventID", &["event.code"]),
    before(ONLY_ECS, "Provider_Name", &["event.provider"]),
    after(ONLY_ECS, "ComputerName", &["host.name", "host.hostname"]),
    after(ONLY_ECS, "ImageLoaded", &["dll.path"]),
];

const WINDOWS_KINDS: &[Alias] = &[
    of_kind(WINDOWS, kind::PROCESS_AUDIT, "Image", &["~NewProcessName"]),
    of_kind(WINDOWS, kind::PROCESS_AUDIT, "ParentImage", &["~ParentProcessName"]),
    // The audit's own `ProcessId` is the parent's.
    Alias { field: "ProcessId", schemas: WINDOWS, kinds: kind::PROCESS_AUDIT, before: &["~NewProcessId"], after: &[] },
    of_kind(WINDOWS, kind::PROCESS_AUDIT, "ParentProcessId", &["~ProcessId"]),
    of_kind(WINDOWS, kind::PROCESS_AUDIT, "User", &["~SubjectUserName"]),
    of_kind(WINDOWS, kind::PROCESS_AUDIT, "LogonId", &["~SubjectLogonId"]),
    of_kind(WINDOWS, kind::PROCESS_AUDIT, "IntegrityLevel", &["~MandatoryLabel"]),
    of_kind(WINDOWS, kind::DEFENDER, "ThreatName", &["~Threat Name"]),
    of_kind(WINDOWS, kind::DEFENDER, "Signature", &["~Threat Name", "~ThreatName"]),
    of_kind(WINDOWS, kind::DEFENDER, "Filename", &["~Path"]),
    of_kind(WINDOWS, kind::DEFENDER, "ProcessName", &["~Process Name"]),
    of_kind(WINDOWS, kind::DEFENDER, "OldValue", &["~Old Value"]),
    of_kind(WINDOWS, kind::DEFENDER, "NewValue", &["~New Value"]),
    of_kind(WINDOWS, kind::DEFENDER, "Feature_Name", &["~Feature Name"]),
    // Flat records may have the provider under `SourceName`.
    Alias { field: "SourceName", schemas: WINDOWS, kinds: kind::DEFENDER, before: &["~Source Name"], after: &[] },
    // Some collectors keep the strings only as part of the rendered message.
    of_kind(WINDOWS, kind::POWERSHELL_CLASSIC, "Data", &["~Message", "message"]),
];

const LINUX: &[Alias] = &[
    after(AUDITD_JSON, "type", &["auditd.message_type"]),
    after(AUDITD_JSON, "exe", &["process.executable"]),
    after(AUDITD_JSON, "comm", &["process.name"]),
    after(AUDITD_JSON, "cwd", &["process.working_directory"]),
    after(AUDITD_JSON, "name", &["auditd.paths.name"]),
    after(AUDITD_JSON, "nametype", &["auditd.paths.nametype"]),
    after(AUDITD_JSON, "SYSCALL", &["~syscall"]),
    after(AUDITD_JSON, "key", &["tags"]),
    after(AUDITD_JSON | AUDITD, "Hostname", &["node", "NODE", "host.name"]),
    after(SYSLOG, "Hostname", &["hostname"]),
    after(SYSLOG, "host", &["hostname"]),
    after(SYSLOG, "process.name", &["program"]),
    after(SYSLOG, "process.pid", &["pid"]),
    after(SYSLOG | TEXT, "Message", &["message"]),
];

const CLOUD: &[Alias] = &[
    after(CLOUDTRAIL, "src_ip", &["sourceIPAddress"]),
    of_kind(JSON, kind::GOOGLE, "gcp.audit.method_name", &["protoPayload.methodName"]),
    of_kind(JSON, kind::GOOGLE, "data.protoPayload.logName", &["logName"]),
    of_kind(JSON, kind::GOOGLE, "protoPayload.Servicename", &["protoPayload.serviceName"]),
    of_kind(JSON, kind::GOOGLE, "eventService", &["protoPayload.serviceName"]),
    of_kind(JSON, kind::GOOGLE, "eventName", &["protoPayload.metadata.event.eventName"]),
    of_kind(JSON, kind::KUBERNETES, "apiGroup", &["objectRef.apiGroup"]),
    of_kind(JSON, kind::KUBERNETES, "hostPath", &["requestObject.spec.volumes.hostPath.path"]),
    of_kind(
        JSON,
        kind::KUBERNETES,
        "capabilities",
        &["requestObject.spec.containers.securityContext.capabilities.add"],
    ),
    of_kind(JSON, kind::ZEEK, "c-uri", &["uri"]),
    of_kind(JSON, kind::ZEEK, "c-useragent", &["user_agent"]),
    of_kind(JSON, kind::ZEEK, "cs-method", &["method"]),
    of_kind(JSON, kind::ZEEK, "cs-host", &["host"]),
    of_kind(JSON, kind::ZEEK, "sc-status", &["status_code"]),
    of_kind(JSON, kind::ZEEK, "src_ip", &["id.orig_h"]),
    of_kind(JSON, kind::ZEEK, "src_port", &["id.orig_p"]),
    of_kind(JSON, kind::ZEEK, "dst_ip", &["id.resp_h"]),
    of_kind(JSON, kind::ZEEK, "dst_port", &["id.resp_p"]),
    of_kind(JSON, kind::ZEEK, "record_type", &["qtype_name"]),
    of_kind(JSON, kind::ZEEK, "answer", &["answers"]),
];

const AZURE: &[Alias] = &[
    of_kind(JSON, kind::AZURE, "OperationName", &["operationName", "properties.activityDisplayName"]),
    of_kind(JSON, kind::AZURE, "OperationNameValue", &["operationName"]),
    of_kind(JSON, kind::AZURE, "CategoryValue", &["category"]),
    of_kind(JSON, kind::AZURE, "Category", &["properties.category", "category"]),
    of_kind(JSON, kind::AZURE, "ResourceId", &["resourceId"]),
    of_kind(JSON, kind::AZURE, "ResourceProviderValue", &["properties.resourceProviderValue"]),
    of_kind(JSON, kind::AZURE, "ResultType", &["resultType"]),
    of_kind(JSON, kind::AZURE, "ResultDescription", &["resultDescription"]),
    of_kind(JSON, kind::AZURE, "Resultdescription", &["resultDescription"]),
    of_kind(JSON, kind::AZURE, "ActivityDisplayName", &["properties.activityDisplayName", "operationName"]),
    of_kind(JSON, kind::AZURE, "LoggedByService", &["properties.loggedByService"]),
    of_kind(JSON, kind::AZURE, "TargetResources", &["properties.targetResources"]),
    of_kind(JSON, kind::AZURE, "properties.message", &["operationName"]),
    of_kind(JSON, kind::AZURE, "riskEventType", &["properties.riskEventType"]),
    of_kind(JSON, kind::AZURE, "RiskState", &["properties.riskState"]),
    of_kind(JSON, kind::AZURE, "userAgent", &["properties.userAgent"]),
    of_kind(JSON, kind::AZURE, "location", &["properties.location"]),
    of_kind(JSON, kind::AZURE, "conditionalAccessStatus", &["properties.conditionalAccessStatus"]),
    of_kind(JSON, kind::AZURE, "AuthenticationRequirement", &["properties.authenticationRequirement"]),
    of_kind(JSON, kind::AZURE, "DeviceDetail.trusttype", &["properties.deviceDetail.trustType"]),
    of_kind(JSON, kind::AZURE, "DeviceDetail.deviceId", &["properties.deviceDetail.deviceId"]),
    of_kind(JSON, kind::AZURE, "DeviceDetail.isCompliant", &["properties.deviceDetail.isCompliant"]),
    of_kind(JSON, kind::AZURE, "ResourceDisplayName", &["properties.resourceDisplayName"]),
    of_kind(JSON, kind::AZURE, "ClientApp", &["properties.clientAppUsed"]),
    of_kind(JSON, kind::AZURE, "Username", &["properties.userPrincipalName"]),
    of_kind(JSON, kind::AZURE, "homeTenantId", &["properties.homeTenantId"]),
    of_kind(JSON, kind::AZURE, "resourceTenantId", &["properties.resourceTenantId"]),
];

const TIMES: &[Alias] = &[
    after(FLAT, TIME, &["TimeCreated", "SystemTime", "@timestamp", "UtcTime", "EventTime", "_time"]),
    after(
        NESTED,
        TIME,
        &[
            "$TimeCreated.#attributes.SystemTime",
            "$TimeCreated.@SystemTime",
            "$TimeCreated.SystemTime",
            "$TimeCreated.$.SystemTime",
            "$TimeCreated_attributes.SystemTime",
            "$TimeCreated",
            "~UtcTime",
        ],
    ),
    after(WINLOGBEAT, TIME, &["@timestamp", "winlog.time_created", "~UtcTime", "event.created"]),
    after(ONLY_ECS, TIME, &["@timestamp", "event.created"]),
    after(CLOUDTRAIL, TIME, &["eventTime"]),
    after(AUDITD, TIME, &["msg", "timestamp"]),
    after(AUDITD_JSON, TIME, &["@timestamp", "msg", "ID", "timestamp", "time"]),
    after(SYSLOG, TIME, &["timestamp"]),
    after(
        JSON,
        TIME,
        &[
            "@timestamp",
            "timestamp",
            "eventTime",
            "time",
            "published",
            "CreationTime",
            "requestReceivedTimestamp",
            "ts",
            "event_time",
            "created_at",
            "date_create",
        ],
    ),
];
