//! The keys by which a JSON record's schema and product are recognised.
//!
//! A marker is a key's presence, whatever its value. Only the record's own structure counts: what lies below a Windows
//! event's data cannot change how the event is read.

use crate::{
    Schema, Variant,
    origin::{Origin, Service},
};

macro_rules! markers {
    ($($name:ident = $($path:literal),+;)+) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "counts the markers, in order")]
        enum Position { $($name),+ }
        $(const $name: u64 = 1 << Position::$name as u64;)+
        /// The markers: a bit, and the paths whose presence sets it.
        pub const PATHS: &[(u64, &[&str])] = &[$(($name, &[$($path),+])),+];
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

/// The schema that a JSON record's markers show; `is_audit_type` is asked whether the value of `type` names an audit record.
pub fn schema(seen: u64, is_audit_type: impl FnOnce() -> bool) -> Schema {
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

/// A product that a JSON record's keys show.
#[derive(Clone, Copy, Debug)]
struct Product {
    name: &'static str,
    service: Service,
    categories: &'static [&'static str],
    variant: Option<Variant>,
}

impl Product {
    const fn new(name: &'static str, service: Service) -> Self {
        Self { name, service, categories: &[], variant: None }
    }

    const fn known(name: &'static str, service: &'static str) -> Self {
        Self::new(name, Service::Known(service))
    }

    const fn of(self, variant: Variant) -> Self {
        Self { variant: Some(variant), ..self }
    }

    const fn with(self, categories: &'static [&'static str]) -> Self {
        Self { categories, ..self }
    }
}

/// The markers that must all be seen, those of which one must be seen (0 asks for none), and the product.
const PRODUCTS: &[(u64, u64, Product)] = &[
    (EVENT_TYPE | ACTOR, OUTCOME, Product::known("okta", "okta")),
    (PROTO_PAYLOAD, 0, Product::known("gcp", "gcp.audit").of(Variant::Google)),
    (VERB | OBJECT_REF, KUBERNETES_AUDIT, KUBERNETES),
    (AZURE_OPERATION | AZURE_CATEGORY, AZURE_SCOPE, Product::new("azure", Service::None).of(Variant::Azure)),
    (WORKLOAD | OPERATION | CREATION_TIME, 0, Product::known("m365", "audit")),
    (ACTION | ACTOR, GITHUB, Product::known("github", "audit")),
    (ZEEK_PATH, 0, Product::new("zeek", Service::Field(ZEEK_LOG)).of(Variant::Zeek)),
    (AUDIT_TYPE_ACTION | AUDIT_TYPE_CATEGORY, 0, Product::known("bitbucket", "audit")),
    (CANARY_LOGTYPE | CANARY_NODE, CANARY_HOST, Product::new("opencanary", Service::None).with(&["application"])),
    (ONELOGIN_TYPE, ONELOGIN_ACTOR, Product::known("onelogin", "onelogin.events")),
];

const KUBERNETES: Product = Product::known("kubernetes", "audit").with(&["application"]).of(Variant::Kubernetes);

/// The field whose value is the service of Zeek's records.
pub const ZEEK_LOG: &str = "_path";

/// The fields whose values refine what the markers show.
pub const REFINING_FIELDS: [&str; 3] = ["apiVersion", "category", "protoPayload.serviceName"];

/// Whether a record has the keys of a product. Shippers put the common schema's keys around what they ship, which stays
/// what it is.
fn is_of_product(seen: u64) -> bool {
    seen & API_VERSION != 0 || product(seen).is_some()
}

/// Whether a record has a question of DNS in the common schema.
#[must_use]
pub fn has_question(seen: u64) -> bool {
    seen & ECS_QUESTION != 0
}

fn product(seen: u64) -> Option<Product> {
    let found = PRODUCTS.iter().find(|(all, any, _)| seen & all == *all && (*any == 0 || seen & any != 0));
    found.map(|(_, _, product)| *product)
}

/// What the markers of a plain JSON record say about its source, with the texts of [`REFINING_FIELDS`].
#[must_use]
pub fn origin(seen: u64, texts: [Option<&str>; 3]) -> Option<Origin> {
    let [api_version, category, google_service] = texts;
    let mut product = match api_version {
        Some(version) if version.starts_with("audit.k8s.io/") => KUBERNETES,
        _ => product(seen)?,
    };
    match product.variant {
        Some(Variant::Azure) => {
            product.service = category.and_then(azure_service).map_or(Service::None, Service::Known);
        }
        Some(Variant::Google) => {
            let row = google_service.and_then(|name| GOOGLE_SERVICES.iter().find(|(row, _)| *row == name));
            product.service = row.map_or(product.service, |(_, service)| Service::Known(service));
        }
        _ => {}
    }
    let Product { name, service, categories, variant } = product;
    Some(Origin { product: Some(name), service, services: &[], categories, settled: true, variant })
}

/// Google's services that are logsources of their own.
const GOOGLE_SERVICES: &[(&str, &str)] =
    &[("login.googleapis.com", "google_workspace.login"), ("admin.googleapis.com", "google_workspace.admin")];

/// The service of a category of Azure's diagnostic logs.
fn azure_service(category: &str) -> Option<&'static str> {
    AZURE_CATEGORIES.iter().find(|(_, categories)| categories.contains(&category)).map(|(service, _)| *service)
}

/// Azure's diagnostic categories by service.
const AZURE_CATEGORIES: &[(&str, &[&str])] = &[
    (
        "signinlogs",
        &[
            "SignInLogs",
            "NonInteractiveUserSignInLogs",
            "ServicePrincipalSignInLogs",
            "ManagedIdentitySignInLogs",
            "ADFSSignInLogs",
        ],
    ),
    ("auditlogs", &["AuditLogs"]),
    ("riskdetection", &["RiskyUsers", "UserRiskEvents", "RiskyServicePrincipals", "ServicePrincipalRiskEvents"]),
    (
        "activitylogs",
        &[
            "Administrative",
            "Security",
            "ServiceHealth",
            "Alert",
            "Recommendation",
            "Policy",
            "Autoscale",
            "ResourceHealth",
        ],
    ),
];
