//! Which documents wrap records, as data.
//!
//! A document is an envelope when a member of it has one of the keys below, holds what the rule says, and what stands
//! beside that member fits. What stands beside matters since ordinary records have members called `records` or `value`
//! too: a record says when something happened or who did it, an envelope does not.
//!
//! | rule | opened when |
//! |---|---|
//! | `Only` | every other member is one of those listed; there may be none |
//! | `With` | at least one member of the first list is there, and every other member is in the first or second list |
//! | `Epoch` | a member `time` is there and is a number, and every other member is one of those listed |
//! | `Quiet` | every other member is listed; or none of them, on any level above, says what an event says, and the first element says so |
//!
//! An empty array with something beside it is opened by `Only` and `With` alone. `Only` and `Quiet` hold for arrays on every
//! level of objects, everything else on the outermost one. A document that is too long to be a record is opened by its
//! key alone: whole it could only be refused.

/// What stands at a rule's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// An array; each of its elements is a record or an envelope.
    Array,
    /// An object, which is the record, or an envelope.
    Object,
}

/// What must stand beside a rule's key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beside {
    /// Nothing but these.
    Only(&'static [&'static str]),
    /// One of the first at least, and nothing but these.
    With(&'static [&'static str], &'static [&'static str]),
    /// A time that is a number, and nothing but these.
    Epoch(&'static [&'static str]),
    /// Nothing but these; or nothing that an event says, while the first element says it.
    Quiet(&'static [&'static str]),
}

/// One way in which documents wrap records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) key: &'static str,
    pub(super) holds: Holds,
    pub(super) beside: Beside,
}

const fn array(key: &'static str, beside: Beside) -> Rule {
    Rule { key, holds: Holds::Array, beside }
}

const fn object(key: &'static str, beside: Beside) -> Rule {
    Rule { key, holds: Holds::Object, beside }
}

/// Members that interfaces put beside a page of results.
const PAGE: &[&str] = &[
    "@odata.context",
    "@odata.count",
    "@odata.nextLink",
    "@odata.deltaLink",
    "nextLink",
    "nextToken",
    "NextToken",
    "nextPageToken",
    "next",
    "previous",
    "cursor",
    "count",
    "total",
    "totalCount",
    "totalResults",
    "offset",
    "limit",
    "page",
    "pageSize",
    "size",
    "more",
    "has_more",
    "hasMore",
    "links",
    "meta",
    "metadata",
    "paging",
    "pagination",
    "status",
    "success",
    "ok",
    "code",
    "error",
    "errors",
    "warnings",
    "messages",
    "kind",
    "apiVersion",
    "etag",
];

/// Every rule. The first that fits is taken.
pub(super) const RULES: &[Rule] = &[
    // AWS: CloudTrail's files, notifications, streams; Kinesis Data Firehose.
    array("Records", Beside::Quiet(&["awsAccountId", "digestStartTime", "region", "NextToken", "MillisBehindLatest"])),
    // Firehose, to an endpoint and to a function.
    array("records", Beside::With(&["requestId"], &["timestamp"])),
    array("records", Beside::With(&["invocationId", "deliveryStreamArn"], &["region", "sourceKinesisStreamArn"])),
    // Azure's diagnostics, and interfaces.
    array("records", Beside::Quiet(PAGE)),
    // `aws cloudtrail lookup-events`.
    array("Events", Beside::Quiet(&["NextToken"])),
    // CloudWatch's subscriptions.
    array(
        "logEvents",
        Beside::Only(&["messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "policyLevel"]),
    ),
    // `aws logs get-log-events` and `filter-log-events`.
    array(
        "events",
        Beside::Only(&["nextForwardToken", "nextBackwardToken", "nextToken", "searchedLogStreams", "count", "total"]),
    ),
    // Security Hub and GuardDuty.
    array("Findings", Beside::Only(&["NextToken"])),
    // EventBridge.
    object(
        "detail",
        Beside::With(
            &["detail-type"],
            &["version", "id", "source", "account", "time", "region", "resources", "replay-name"],
        ),
    ),
    // Elasticsearch: searches, several of them at once, and documents as its dumps have them, one a line.
    array("hits", Beside::Only(&["total", "max_score"])),
    array("responses", Beside::Only(&["took"])),
    object(
        "_source",
        Beside::Only(&[
            "_index",
            "_type",
            "_id",
            "_score",
            "_version",
            "_seq_no",
            "_primary_term",
            "_routing",
            "_ignored",
            "_shard",
            "_node",
            "found",
            "sort",
            "fields",
            "highlight",
            "ignored_field_values",
            "inner_hits",
            "matched_queries",
        ]),
    ),
    // OpenTelemetry's protocol.
    array("resourceLogs", Beside::Only(&[])),
    array("scopeLogs", Beside::Only(&["resource", "schemaUrl"])),
    array("instrumentationLibraryLogs", Beside::Only(&["resource", "schemaUrl"])),
    array("logRecords", Beside::Only(&["scope", "instrumentationLibrary", "schemaUrl"])),
    array("logs", Beside::Only(&["instrumentationLibrary"])),
    // Splunk: exports of a search, its alerts, and what its HTTP collector takes.
    object("result", Beside::With(&["preview"], &["offset", "lastrow"])),
    object("result", Beside::With(&["offset", "lastrow"], &[])),
    object("result", Beside::With(&["sid"], &["search_name", "app", "owner", "results_link"])),
    array(
        "results",
        Beside::With(&["preview", "init_offset"], &["messages", "fields", "highlighted", "post_process_count"]),
    ),
    object("event", Beside::With(&["sourcetype", "index", "fields"], &["time", "host", "source"])),
    object("event", Beside::Epoch(&["host", "source"])),
    // Google Cloud's `entries.list`, and interfaces.
    array("entries", Beside::Quiet(PAGE)),
    array("value", Beside::Quiet(PAGE)),
    array("items", Beside::Quiet(PAGE)),
    array("results", Beside::Quiet(PAGE)),
    array("result", Beside::Quiet(&["result_info", "success", "errors", "messages", "status", "id", "jsonrpc"])),
    array("data", Beside::Quiet(PAGE)),
];

/// Actions of the `_bulk` interface that a document follows, and what stands in them.
const ACTIONS: [&str; 3] = ["index", "create", "update"];
/// The action that no document follows.
const LONE_ACTION: &str = "delete";
const ACTION_MEMBERS: [&str; 10] = [
    "_index",
    "_id",
    "_type",
    "_routing",
    "routing",
    "pipeline",
    "retry_on_conflict",
    "require_alias",
    "if_seq_no",
    "if_primary_term",
];

/// Keys of members that say that something happened: when, what, by whom. In small letters.
const EVENT_WORDS: [&str; 24] = [
    "action",
    "activity",
    "command_line",
    "commandline",
    "computer",
    "event",
    "event_id",
    "event_name",
    "event_type",
    "eventdata",
    "eventid",
    "eventname",
    "eventsource",
    "eventtype",
    "host",
    "hostname",
    "operation",
    "operationname",
    "source_ip",
    "sourceipaddress",
    "src_ip",
    "user",
    "userid",
    "username",
];
/// Keys of times that do not end like most of them. In small letters.
const TIMES: [&str; 10] = [
    "created",
    "created_at",
    "createdat",
    "observedtimeunixnano",
    "occurred",
    "published",
    "timecreated",
    "timegenerated",
    "timeunixnano",
    "ts",
];
/// Keys that end like those of times, and are none.
const NO_TIMES: [&str; 8] =
    ["runtime", "uptime", "realtime", "responsetime", "querytime", "totaltime", "timeout", "timezone"];

/// Of each first byte, the lengths of the keys that begin with it, a bit each: what rules out nearly every key at once.
const LENGTHS: [u32; 256] = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < RULES.len() {
        add(&mut lengths, RULES[at].key);
        at += 1;
    }
    at = 0;
    while at < ACTIONS.len() {
        add(&mut lengths, ACTIONS[at]);
        at += 1;
    }
    add(&mut lengths, LONE_ACTION);
    lengths
};

const fn add(lengths: &mut [u32; 256], key: &str) {
    let key = key.as_bytes();
    assert!(key.len() < 32, "a bit for each length");
    lengths[key[0] as usize] |= 1 << key.len();
}

fn is_likely(key: &[u8]) -> bool {
    key.first().is_some_and(|first| key.len() < 32 && LENGTHS[usize::from(*first)] & (1 << key.len()) != 0)
}

/// Whether some rule may open a member of this key.
pub(super) fn may_open(key: &[u8], is_array: bool) -> bool {
    let holds = if is_array { Holds::Array } else { Holds::Object };
    is_likely(key)
        && (RULES.iter().any(|rule| rule.holds == holds && rule.key.as_bytes() == key)
            || (!is_array && is_action_key(key)))
}

/// Whether some rule may open a member of this key, in an object that begins with a member of that key.
pub(super) fn may_open_behind(key: &[u8], is_array: bool, first: &[u8]) -> bool {
    let is = |name: &&str| name.as_bytes() == first;
    let fits = |rule: &Rule| match rule.beside {
        _ if rule.key.as_bytes() == first => true,
        Beside::With(some, rest) => some.iter().any(is) || rest.iter().any(is),
        Beside::Epoch(rest) => first == b"time" || rest.iter().any(is),
        Beside::Only(rest) if rule.holds == Holds::Object => rest.iter().any(is),
        // Arrays may lie deeper than the object that begins so.
        Beside::Only(_) | Beside::Quiet(_) => true,
    };
    let holds = if is_array { Holds::Array } else { Holds::Object };
    RULES.iter().any(|rule| rule.holds == holds && rule.key.as_bytes() == key && fits(rule))
        || (!is_array && key == first && is_action_key(key))
}

fn is_action_key(key: &[u8]) -> bool {
    ACTIONS.iter().any(|action| action.as_bytes() == key) || key == LONE_ACTION.as_bytes()
}

/// What an action of the `_bulk` interface is followed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// A document.
    Document,
    /// Nothing.
    Nothing,
}

/// Whether an object with this one key, which holds an object with these keys, is an action.
pub(super) fn action<'a>(key: &[u8], mut members: impl Iterator<Item = &'a [u8]>) -> Option<Follows> {
    let all_known = members.all(|member| ACTION_MEMBERS.iter().any(|known| known.as_bytes() == member));
    match (all_known && is_action_key(key), key == LONE_ACTION.as_bytes()) {
        (false, _) => None,
        (true, true) => Some(Follows::Nothing),
        (true, false) => Some(Follows::Document),
    }
}

/// Whether members of this key say that something happened.
pub(super) fn says_event(key: &[u8]) -> bool {
    let Ok(key) = std::str::from_utf8(key) else { return false };
    let small = key.trim_start_matches(['@', '_']).to_ascii_lowercase();
    if EVENT_WORDS.contains(&small.as_str()) {
        return true;
    }
    let is_time = ["time", "timestamp", "datetime", "utc"].iter().any(|end| small.ends_with(end))
        || small.ends_with("date")
        || TIMES.contains(&small.as_str());
    is_time && !NO_TIMES.iter().any(|end| small.ends_with(end))
}
