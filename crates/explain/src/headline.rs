//! A finding in a few sentences that a tired analyst understands: who did what, where and when, why it scored, who decides.

use glassbox_finding::{EntityKind, Role};
use glassbox_maps::roles::fields_of;
use glassbox_report::Finding;

use crate::{
    Knowledge,
    clean::{clean, shorten},
    numbers::{percent, points},
    time, words,
};

/// Characters of one value in a sentence.
const VALUE_CHARACTERS_MAX: usize = 100;
/// Rules named in the sentence; the others are counted.
const RULES_NAMED_MAX: usize = 2;
/// Contributions named in the sentence.
const CONTRIBUTIONS_NAMED_MAX: usize = 3;

/// What happened, why it scored, and the verdict. Already cleaned.
#[must_use]
pub fn headline(finding: &Finding, knowledge: &Knowledge) -> String {
    let verdict = knowledge.model.as_ref().map(|model| words::verdict(finding, model)).unwrap_or_default();
    let headline = format!("{} {} {verdict}", what_happened(finding), why_it_scored(finding, knowledge));
    headline.trim_end().to_owned()
}

/// The first sentence: who, what, where, when.
#[must_use]
pub fn what_happened(finding: &Finding) -> String {
    let place = entity(finding, EntityKind::Host).map(|host| format!("On {host}, ")).unwrap_or_default();
    let deed = deed(finding);
    let deed = if place.is_empty() { capitalised(&deed) } else { deed };
    let when = finding.time.map(|it| format!(" at {} UTC", time::to_the_second(it))).unwrap_or_default();
    format!("{place}{deed}{when}.")
}

/// The second sentence: the weightiest rules and contributions.
#[must_use]
pub fn why_it_scored(finding: &Finding, knowledge: &Knowledge) -> String {
    let ids = knowledge.rules_of(finding);
    let named: Vec<_> = ids
        .iter()
        .take(RULES_NAMED_MAX)
        .map(|id| match knowledge.level(id) {
            "" => format!("“{}”", clean(knowledge.title(id))),
            level => format!("“{}” ({})", clean(knowledge.title(id)), clean(level)),
        })
        .collect();
    let more = ids.len().saturating_sub(named.len());
    let rules = match more {
        0 => join(&named),
        1 => format!("{} and 1 more rule", named.join(", ")),
        _ => format!("{} and {more} more rules", named.join(", ")),
    };
    let mut sorted: Vec<_> = finding.contributions.iter().filter(|it| it.points > 0).collect();
    sorted.sort_by_key(|it| std::cmp::Reverse(it.points));
    let reasons: Vec<_> = sorted
        .iter()
        .take(CONTRIBUTIONS_NAMED_MAX)
        .map(|it| format!("{} ({})", knowledge.phrase(it), points(it.points)))
        .collect();
    let because = if rules.is_empty() { String::new() } else { format!(" because it hits {rules}") };
    let most = if reasons.is_empty() { String::new() } else { format!(" What weighs most: {}.", reasons.join("; ")) };
    format!("It scores {} ({} points){because}.{most}", percent(finding.probability), points(finding.points))
}

/// The entity's name, cleaned and cut.
#[must_use]
pub fn entity(finding: &Finding, kind: EntityKind) -> Option<String> {
    let found = finding.entities.iter().find(|entity| entity.kind == kind && !entity.name.is_empty())?;
    Some(shown(&found.name))
}

/// Who did it: a user, else an account.
#[must_use]
pub fn actor(finding: &Finding) -> Option<String> {
    entity(finding, EntityKind::User).or_else(|| entity(finding, EntityKind::Account))
}

/// What was done, in words that fit the kind of record.
fn deed(finding: &Finding) -> String {
    let field = |name: &str| {
        let found = finding.fields.iter().find(|field| field.name == name && !matches!(&*field.text, "" | "-"));
        found.map(|field| shown(&field.text))
    };
    let of_role = |role: Role| fields_of(role).find_map(field);
    let program = |name: &str| field(name).map(|path| file_name(&path).to_owned());
    let subject =
        program("Image").or_else(|| entity(finding, EntityKind::Process)).unwrap_or_else(|| "a program".into());
    let who = actor(finding);
    let by_user = |deed: String| match &who {
        Some(who) => format!("{deed} for {who}"),
        None => deed,
    };
    let category = finding.logsource.category.as_deref().unwrap_or_default();
    let told = match category {
        "process_creation" => {
            let program =
                field("CommandLine").or_else(|| field("Image")).or_else(|| entity(finding, EntityKind::Process));
            let parent = program_after(" from ", program_name(of_role(Role::Parent)));
            let who = who.clone().unwrap_or_else(|| "someone".into());
            program.map(|program| format!("{who} ran `{program}`{parent}"))
        }
        "network_connection" => of_role(Role::Destination).map(|to| {
            let port = of_role(Role::Port).map(|port| format!(" port {port}")).unwrap_or_default();
            by_user(format!("{subject} connected to {to}{port}"))
        }),
        "file_event" => field("TargetFilename").map(|file| by_user(format!("{subject} wrote {file}"))),
        "file_delete" => field("TargetFilename").map(|file| by_user(format!("{subject} deleted {file}"))),
        "registry_set" | "registry_event" | "registry_add" | "registry_delete" => field("TargetObject").map(|key| {
            let details = field("Details").map(|details| format!(" to `{details}`")).unwrap_or_default();
            by_user(match category {
                "registry_set" => format!("{subject} set the registry value {key}{details}"),
                "registry_add" => format!("{subject} added {key} to the registry"),
                "registry_delete" => format!("{subject} deleted {key} from the registry"),
                _ => format!("{subject} changed the registry at {key}"),
            })
        }),
        "pipe_created" => field("PipeName").map(|pipe| by_user(format!("{subject} opened the pipe {pipe}"))),
        "driver_load" => field("ImageLoaded").map(|driver| format!("the driver {driver} was loaded")),
        "create_remote_thread" => field("TargetImage").map(|target| {
            let source = program("SourceImage").unwrap_or_else(|| "a program".into());
            by_user(format!("{source} started a thread in {target}"))
        }),
        "dns_query" | "dns" => of_role(Role::Domain).map(|name| by_user(format!("{subject} looked up {name}"))),
        "image_load" => field("ImageLoaded").map(|library| by_user(format!("{subject} loaded {library}"))),
        "process_access" => field("TargetImage").map(|target| {
            let source = program("SourceImage").unwrap_or_else(|| "a program".into());
            by_user(format!("{source} opened {target}"))
        }),
        "ps_script" => field("ScriptBlockText").map(|text| by_user(format!("PowerShell ran `{text}`"))),
        "ps_module" => field("Payload").map(|text| by_user(format!("PowerShell ran `{text}`"))),
        _ => windows_event(finding, &field, who.as_deref()),
    };
    told.or_else(|| {
        let name = field("eventName")?;
        let service = field("eventSource").map(|service| format!(" of {service}")).unwrap_or_default();
        let from = field("sourceIPAddress").map(|from| format!(" from {from}")).unwrap_or_default();
        Some(format!("{} called {name}{service}{from}", who.clone().unwrap_or_else(|| "someone".into())))
    })
    .unwrap_or_else(|| something(finding, &field, who.as_deref()))
}

/// What an event of Windows tells that no category has words for.
fn windows_event(finding: &Finding, field: &dyn Fn(&str) -> Option<String>, who: Option<&str>) -> Option<String> {
    let service = finding.logsource.service.as_deref()?;
    let id = field("EventID")?;
    let subject = || field("SubjectUserName").or_else(|| who.map(str::to_owned)).unwrap_or_else(|| "someone".into());
    let target = || field("TargetUserName").unwrap_or_else(|| "someone".into());
    let from = || {
        let address = field("IpAddress").map(|address| format!(" from {address}")).unwrap_or_default();
        let kind = field("LogonType").map(|kind| format!(" (logon type {kind})")).unwrap_or_default();
        format!("{address}{kind}")
    };
    Some(match (service, &*id) {
        ("security", "1102") => format!("{} cleared the Security log", subject()),
        ("security", "4624") => format!("{} logged on{}", target(), from()),
        ("security", "4625") => format!("{} failed to log on{}", target(), from()),
        ("security", "4634" | "4647") => format!("{} logged off", target()),
        ("security", "4648") => {
            let program = program_after(" from ", program_name(field("ProcessName")));
            format!("{} used the credentials of {}{program}", subject(), target())
        }
        ("security", "4672") => format!("{} was given special privileges", subject()),
        ("security", "4720") => format!("{} created the account {}", subject(), target()),
        ("security", "4728" | "4732" | "4756") => format!("{} added a member to the group {}", subject(), target()),
        ("security", "4697") | ("system", "7045") => format!("the service {} was installed", field("ServiceName")?),
        _ => return None,
    })
}

/// A record of a kind without words of its own.
fn something(finding: &Finding, field: &dyn Fn(&str) -> Option<String>, who: Option<&str>) -> String {
    let logsource = &finding.logsource;
    let kind = logsource.service.as_deref().or(logsource.category.as_deref()).or(logsource.product.as_deref());
    let kind = kind.map_or_else(|| clean(&finding.map).into_owned(), |kind| clean(kind).into_owned());
    if let Some(message) = field("message") {
        return format!("{kind} wrote `{message}`");
    }
    let event = field("EventID").map_or_else(|| format!("a {kind} record"), |id| format!("{kind} event {id}"));
    match who {
        Some(who) => format!("{event} names {who}"),
        None => format!("{event} was written"),
    }
}

fn program_name(path: Option<String>) -> Option<String> {
    path.map(|path| file_name(&path).to_owned())
}

fn program_after(word: &str, program: Option<String>) -> String {
    program.map(|program| format!("{word}{program}")).unwrap_or_default()
}

/// The last part of a path of either kind.
fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

fn shown(text: &str) -> String {
    shorten(&clean(text), VALUE_CHARACTERS_MAX).into_owned()
}

/// `a`, `a and b`, `a, b and c`.
fn join(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn capitalised(text: &str) -> String {
    // A name keeps its case: only words of ours are raised.
    for word in ["a ", "the ", "someone "] {
        if let Some(rest) = text.strip_prefix(word) {
            return format!("{}{}{rest}", word[..1].to_uppercase(), &word[1..]);
        }
    }
    text.to_owned()
}
