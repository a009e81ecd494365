//! Fields of Windows events, flat and nested, and of what Sysmon for Linux writes.

use super::{Alias, FLAT, NESTED, WINDOWS, after, before, before_of_variant, of_variant};
use crate::Variant::{Defender, PowerShellClassic, ProcessAudit};

pub(super) const FLAT_EVENTS: &[Alias] = &[
    after(FLAT, "Provider_Name", &["SourceName", "ProviderName", "Provider", "provider_name", "source_name"]),
    after(FLAT, "Channel", &["LogName", "log_name", "channel"]),
    after(FLAT, "EventID", &["EventId", "event_id"]),
    after(FLAT, "Computer", &["ComputerName", "MachineName", "Hostname", "computer_name", "hostname"]),
    after(FLAT, "ComputerName", &["Computer", "Hostname"]),
    after(FLAT, "EventRecordID", &["RecordNumber", "RecordId"]),
];

pub(super) const NESTED_EVENTS: &[Alias] = &[
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

pub(super) const VARIANTS: &[Alias] = &[
    of_variant(WINDOWS, ProcessAudit, "Image", &["~NewProcessName"]),
    of_variant(WINDOWS, ProcessAudit, "ParentImage", &["~ParentProcessName"]),
    // The audit's own `ProcessId` is the parent's.
    before_of_variant(WINDOWS, ProcessAudit, "ProcessId", &["~NewProcessId"]),
    of_variant(WINDOWS, ProcessAudit, "ParentProcessId", &["~ProcessId"]),
    of_variant(WINDOWS, ProcessAudit, "User", &["~SubjectUserName"]),
    of_variant(WINDOWS, ProcessAudit, "LogonId", &["~SubjectLogonId"]),
    of_variant(WINDOWS, ProcessAudit, "IntegrityLevel", &["~MandatoryLabel"]),
    of_variant(WINDOWS, Defender, "ThreatName", &["~Threat Name"]),
    of_variant(WINDOWS, Defender, "Signature", &["~Threat Name", "~ThreatName"]),
    of_variant(WINDOWS, Defender, "Filename", &["~Path"]),
    of_variant(WINDOWS, Defender, "ProcessName", &["~Process Name"]),
    of_variant(WINDOWS, Defender, "OldValue", &["~Old Value"]),
    of_variant(WINDOWS, Defender, "NewValue", &["~New Value"]),
    of_variant(WINDOWS, Defender, "Feature_Name", &["~Feature Name"]),
    // Flat records may have the provider under `SourceName`.
    before_of_variant(WINDOWS, Defender, "SourceName", &["~Source Name"]),
    // Some collectors keep the strings only as part of the rendered message.
    of_variant(WINDOWS, PowerShellClassic, "Data", &["~Message", "message"]),
];
