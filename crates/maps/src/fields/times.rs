//! When an event happened: the places of [`TIME`], of which the first that can be read counts.

use super::{AUDITD, AUDITD_JSON, Alias, CLOUDTRAIL, FLAT, JSON, NESTED, ONLY_ECS, SYSLOG, TIME, WINLOGBEAT, after};

pub(super) const TIMES: &[Alias] = &[
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
