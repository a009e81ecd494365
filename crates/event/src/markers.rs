//! Which keys tell a JSON record's schema and source, and what they tell.
//!
//! A marker is a key's presence, whatever its value. Only the document's own structure counts: what stands below a
//! Windows event's data cannot change how the event is read.

use crate::{Schema, fields::kind};

macro_rules! markers {
    ($($name:ident = $($path:literal),+;)+) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "counts the markers, in order")]
        enum Position { $($name),+ }
        $(const $name: u64 = 1 << Position::$name as u64;)+
        /// The paths of each marker's bit.
        pub(crate) const PATHS: &[(u64, &[&str])] = &[$(($name, &[$($path),+])),+];
    };
}

markers! {
    SYSTEM = "Event.System", "Event.System.EventID", "Event.System.Channel", "System.EventID", "System.Channel", "System.Provider";
    WINLOG = "winlog.channel", "winlog.event_id", "winlog.provider_name", "winlog.event_data", "event_data", "winlog.api";
    EVENT_ID = "EventID", "EventId", "event_id";
    CHANNEL = "Channel", "LogName", "log_name", "channel";
    PROVIDER = "Provider_Name", "SourceName", "ProviderName", "Provider", "provider_name", "source_name";
    EVENT_NAME = "eventName";
    EVENT_SOURCE = "eventSource";
    EVENT_VERSION = "eventVersion";
    AWS = "awsRegion", "userIdentity", "recipientAccountId";
    AUDITBEAT = "auditd.message_type", "auditd.data", "auditd.sequence";
    AUDIT_ID = "ID";
    AUDIT_RECORDS = "SYSCALL", "EXECVE", "PATH", "CWD", "SOCKADDR", "PROCTITLE";
    AUDIT_TYPE = "type";
    AUDIT_FIELDS = "a0", "auid", "nametype", "argc", "proctitle", "ses", "syscall";
    EVENT_TYPE = "eventType";
    ACTOR = "actor";
    OUTCOME = "outcome", "published";
    ACTION = "action";
    GITHUB = "org", "repo", "business";
    PROTO_PAYLOAD = "protoPayload.methodName", "protoPayload.serviceName", "protoPayload.@type";
    AZURE_OPERATION = "operationName";
    AZURE_CATEGORY = "category";
    AZURE_SCOPE = "resourceId", "tenantId";
    WORKLOAD = "Workload", "RecordType";
    OPERATION = "Operation";
    CREATION_TIME = "CreationTime";
    VERB = "verb";
    OBJECT_REF = "objectRef";
    KUBERNETES_AUDIT = "auditID", "stage", "requestReceivedTimestamp", "sourceIPs";
    API_VERSION = "apiVersion";
    ZEEK_PATH = "_path";
    AUDIT_TYPE_ACTION = "auditType.action";
    AUDIT_TYPE_CATEGORY = "auditType.category";
    CANARY_LOGTYPE = "logtype";
    CANARY_NODE = "node_id";
    CANARY_HOST = "src_host", "dst_host";
    ONELOGIN_TYPE = "event_type_id";
    ONELOGIN_ACTOR = "actor_user_id", "actor_user_name", "account_id";
    ECS_VERSION = "ecs.version";
    ECS_EVENT = "event.category", "event.kind";
    ECS_SYSTEM = "host.os.type", "host.os.family", "host.os.platform", "host.os.kernel", "host.os.name";
    ECS_QUESTION = "dns.question", "dns.question.name";
    TIMESTAMP = "@timestamp";
}

/// The schema that the markers tell; whether `type` names an auditd record is the caller's to find out.
pub(crate) fn schema(seen: u64, is_audit_type: impl FnOnce() -> bool) -> Schema {
    let has = |bits: u64| seen & bits == bits;
    let any = |bits: u64| seen & bits != 0;
    if any(SYSTEM) {
        Schema::WindowsNested
    } else if any(WINLOG) {
        Schema::WindowsEcs
    } else if has(EVENT_ID) && any(CHANNEL | PROVIDER) {
        Schema::WindowsFlat
    } else if has(EVENT_NAME | EVENT_SOURCE) && any(EVENT_VERSION | AWS) {
        Schema::CloudTrail
    } else if any(AUDITBEAT) || has(AUDIT_ID | AUDIT_RECORDS) || has(AUDIT_TYPE) && any(AUDIT_FIELDS) && is_audit_type()
    {
        Schema::AuditdJson
    } else if (any(ECS_VERSION) || any(ECS_EVENT) && any(ECS_SYSTEM) && any(TIMESTAMP)) && !is_of_product(seen) {
        Schema::Ecs
    } else {
        Schema::Json
    }
}

/// A product that a JSON record's keys tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) product: &'static str,
    pub(crate) service: Option<&'static str>,
    pub(crate) categories: &'static [&'static str],
    pub(crate) kinds: u8,
}

impl Known {
    const fn new(product: &'static str, service: &'static str) -> Self {
        Self { product, service: Some(service), categories: &[], kinds: 0 }
    }

    const fn with(self, categories: &'static [&'static str], kinds: u8) -> Self {
        Self { categories, kinds, ..self }
    }
}

/// The markers that must all be seen, those of which one must be (0 asks for none), and what they tell.
const ROWS: &[(u64, u64, Known)] = &[
    (EVENT_TYPE | ACTOR, OUTCOME, Known::new("okta", "okta")),
    (PROTO_PAYLOAD, 0, Known::new("gcp", "gcp.audit").with(&[], kind::GOOGLE)),
    (VERB | OBJECT_REF, KUBERNETES_AUDIT, KUBERNETES),
    (AZURE_OPERATION | AZURE_CATEGORY, AZURE_SCOPE, Known { service: None, ..AZURE }),
    (WORKLOAD | OPERATION | CREATION_TIME, 0, Known::new("m365", "audit")),
    (ACTION | ACTOR, GITHUB, Known::new("github", "audit")),
    (ZEEK_PATH, 0, Known { service: None, ..Known::new("zeek", "").with(&[], kind::ZEEK) }),
    (AUDIT_TYPE_ACTION | AUDIT_TYPE_CATEGORY, 0, Known::new("bitbucket", "audit")),
    (CANARY_LOGTYPE | CANARY_NODE, CANARY_HOST, Known { service: None, ..CANARY }),
    (ONELOGIN_TYPE, ONELOGIN_ACTOR, Known::new("onelogin", "onelogin.events")),
];

const KUBERNETES: Known = Known::new("kubernetes", "audit").with(&["application"], kind::KUBERNETES);
const AZURE: Known = Known::new("azure", "").with(&[], kind::AZURE);
const CANARY: Known = Known::new("opencanary", "").with(&["application"], 0);

/// Whether a record has the keys of a product of its own. Shippers put the common schema's keys around what they ship,
/// which stays what it is.
fn is_of_product(seen: u64) -> bool {
    seen & API_VERSION != 0 || row(seen).is_some()
}

/// Whether a record holds a question of DNS in the common schema.
pub(crate) fn has_question(seen: u64) -> bool {
    seen & ECS_QUESTION != 0
}

/// Texts that refine what the markers tell.
pub(crate) struct Texts<'t> {
    pub(crate) api_version: Option<&'t str>,
    pub(crate) category: Option<&'t str>,
    pub(crate) google_service: Option<&'t str>,
}

fn row(seen: u64) -> Option<Known> {
    let found = ROWS.iter().find(|(all, any, _)| seen & all == *all && (*any == 0 || seen & any != 0));
    found.map(|(_, _, known)| *known)
}

/// The product that the markers of a plain JSON record tell.
pub(crate) fn known(seen: u64, texts: &Texts<'_>) -> Option<Known> {
    if texts.api_version.is_some_and(|version| version.starts_with("audit.k8s.io/")) {
        return Some(KUBERNETES);
    }
    let mut known = row(seen)?;
    if known.product == "azure" {
        known.service = texts.category.and_then(azure_service);
    } else if known.product == "gcp" {
        known.service = match texts.google_service {
            Some("login.googleapis.com") => Some("google_workspace.login"),
            Some("admin.googleapis.com") => Some("google_workspace.admin"),
            _ => known.service,
        };
    }
    Some(known)
}

/// The categories of Azure's diagnostic logs.
fn azure_service(category: &str) -> Option<&'static str> {
    Some(match category {
        "SignInLogs"
        | "NonInteractiveUserSignInLogs"
        | "ServicePrincipalSignInLogs"
        | "ManagedIdentitySignInLogs"
        | "ADFSSignInLogs" => "signinlogs",
        "AuditLogs" => "auditlogs",
        "RiskyUsers" | "UserRiskEvents" | "RiskyServicePrincipals" | "ServicePrincipalRiskEvents" => "riskdetection",
        "Administrative" | "Security" | "ServiceHealth" | "Alert" | "Recommendation" | "Policy" | "Autoscale"
        | "ResourceHealth" => "activitylogs",
        _ => return None,
    })
}
