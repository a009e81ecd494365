//! What produced an event in the Elastic Common Schema: the host's system to products, the schema's words for what
//! happened to categories.
//!
//! Not for Windows events of Winlogbeat's, which name their channel. What Sigma has no category for gives none.
//!
//! Sources: the schema's categorization fields (event.category, event.type), which every producer shares, and for
//! event.action, which is free, the words of Elastic Endpoint and Auditbeat.

/// What the words of a record say, as bits.
mod said {
    pub(super) const PROCESS: u32 = 1;
    pub(super) const FILE: u32 = 1 << 1;
    pub(super) const REGISTRY: u32 = 1 << 2;
    pub(super) const NETWORK: u32 = 1 << 3;
    pub(super) const DNS: u32 = 1 << 4;
    pub(super) const START: u32 = 1 << 5;
    pub(super) const END: u32 = 1 << 6;
    pub(super) const CREATION: u32 = 1 << 7;
    pub(super) const CHANGE: u32 = 1 << 8;
    pub(super) const DELETION: u32 = 1 << 9;
    pub(super) const CONNECTION: u32 = 1 << 10;
    /// A program is run, whatever the type says.
    pub(super) const EXECUTION: u32 = 1 << 11;
    /// Something else than a program's start, whatever the type says.
    pub(super) const NO_EXECUTION: u32 = 1 << 12;
    /// A connection is opened, whatever the type says.
    pub(super) const OPENING: u32 = 1 << 13;
    pub(super) const LOOKUP: u32 = 1 << 14;
    /// The record has a question of DNS.
    pub(super) const QUESTION: u32 = 1 << 15;
}

/// What a record says that has a question of DNS.
pub const QUESTION: u32 = said::QUESTION;

/// A word and what it says, as bits.
pub type Row = (&'static str, u32);

/// The fields that say what happened, each with its words.
pub const VOCABULARIES: [(&str, &[Row]); 3] =
    [("event.category", CATEGORIES), ("event.type", TYPES), ("event.action", ACTIONS)];

const CATEGORIES: &[Row] = &[
    ("process", said::PROCESS),
    ("file", said::FILE),
    ("registry", said::REGISTRY),
    ("network", said::NETWORK),
    ("dns", said::DNS),
];

const TYPES: &[Row] = &[
    ("start", said::START),
    ("end", said::END),
    ("creation", said::CREATION),
    ("change", said::CHANGE),
    ("deletion", said::DELETION),
    ("connection", said::CONNECTION),
];

const ACTIONS: &[Row] = &[
    ("exec", said::EXECUTION),
    ("executed", said::EXECUTION),
    ("start", said::EXECUTION),
    ("process_started", said::EXECUTION),
    // A copy of a process has the command line of the one it was copied from, which was reported when that one started.
    ("fork", said::NO_EXECUTION),
    // What ran already when the agent started.
    ("already_running", said::NO_EXECUTION),
    ("existing_process", said::NO_EXECUTION),
    ("load_module", said::NO_EXECUTION),
    ("memfd_create", said::NO_EXECUTION),
    ("mprotect", said::NO_EXECUTION),
    ("ptrace", said::NO_EXECUTION),
    ("remote_thread", said::NO_EXECUTION),
    ("shmget", said::NO_EXECUTION),
    ("creation", said::CREATION),
    ("created", said::CREATION),
    // As Sysmon's event 11, which is a file created or written over.
    ("overwrite", said::CREATION),
    ("modification", said::CHANGE),
    ("deletion", said::DELETION),
    ("deleted", said::DELETION),
    ("connection_attempted", said::OPENING),
    ("connection_accepted", said::OPENING),
    ("lookup_requested", said::LOOKUP),
    ("lookup_result", said::LOOKUP),
];

/// What a word of a vocabulary says; 0 for a word that is not in it.
#[must_use]
pub fn meaning(vocabulary: &[Row], word: &str) -> u32 {
    vocabulary.iter().find(|(row, _)| *row == word).map_or(0, |(_, says)| *says)
}

/// The categories of an event of which all this is said. Of a record about several things the first here counts.
#[must_use]
pub fn categories(all: u32, windows: bool) -> &'static [&'static str] {
    let any = |says: u32| all & says != 0;
    let starts = any(said::EXECUTION) || any(said::START) && !any(said::NO_EXECUTION);
    if any(said::PROCESS) && starts {
        return &["process_creation"];
    }
    if any(said::REGISTRY) && windows {
        if any(said::CHANGE) {
            return &["registry_set", "registry_event"];
        } else if any(said::CREATION) {
            return &["registry_add", "registry_event"];
        } else if any(said::DELETION) {
            return &["registry_delete", "registry_event"];
        }
    }
    if any(said::FILE) && any(said::CREATION | said::DELETION) {
        return match (any(said::CREATION), any(said::DELETION)) {
            // Changes within a moment, reported as one event.
            (true, true) => &["file_event", "file_delete"],
            (true, false) => &["file_event"],
            _ => &["file_delete"],
        };
    }
    if any(said::NETWORK | said::DNS) {
        return network_categories(all, windows);
    }
    &[]
}

/// A connection's end alone is not a connection: its beginning was reported.
fn network_categories(all: u32, windows: bool) -> &'static [&'static str] {
    let any = |says: u32| all & says != 0;
    let begins = any(said::START | said::CONNECTION);
    if any(said::OPENING) {
        &["network_connection"]
    } else if any(said::LOOKUP | said::DNS) || any(said::QUESTION) && (begins || !any(said::END)) {
        // Sigma has the category for Windows only.
        if windows { &["dns_query"] } else { &[] }
    } else if begins {
        &["network_connection"]
    } else {
        &[]
    }
}

/// The fields that name the host's system, the plainest first.
pub const SYSTEM_FIELDS: [&str; 4] = ["host.os.type", "host.os.family", "host.os.platform", "host.os.kernel"];

/// The product that the texts of [`SYSTEM_FIELDS`] name: the first that is known.
#[must_use]
pub fn product(texts: [Option<&str>; 4]) -> Option<&'static str> {
    let [names @ .., kernel] = texts;
    names.into_iter().flatten().find_map(system).or_else(|| kernel.and_then(kernel_system))
}

/// Whether a product is a system that a host runs.
#[must_use]
pub fn is_system(product: &str) -> bool {
    matches!(product, "linux" | "windows" | "macos")
}

fn system(name: &str) -> Option<&'static str> {
    let one_of = |names: &[&str]| names.iter().any(|row| row.eq_ignore_ascii_case(name));
    if one_of(&["windows"]) {
        Some("windows")
    } else if one_of(&["macos", "darwin", "osx"]) {
        Some("macos")
    } else {
        one_of(LINUX).then_some("linux")
    }
}

/// The text of a kernel is a version; some versions name their system.
fn kernel_system(version: &str) -> Option<&'static str> {
    let lower = version.to_ascii_lowercase();
    let holds = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if holds(&["windows", "winbuild"]) {
        Some("windows")
    } else if holds(&["darwin"]) {
        Some("macos")
    } else {
        holds(&["linux", "-generic", " smp "]).then_some("linux")
    }
}

/// Families and distributions, as `os-release` and the agents name them.
const LINUX: &[&str] = &[
    "linux",
    "debian",
    "ubuntu",
    "redhat",
    "rhel",
    "centos",
    "fedora",
    "rocky",
    "almalinux",
    "amazon",
    "amzn",
    "ol",
    "oracle",
    "suse",
    "sles",
    "sled",
    "opensuse",
    "opensuse-leap",
    "opensuse-tumbleweed",
    "arch",
    "manjaro",
    "alpine",
    "gentoo",
    "nixos",
    "raspbian",
    "kali",
    "linuxmint",
    "pop",
    "photon",
    "mariner",
    "azurelinux",
    "bottlerocket",
    "flatcar",
    "coreos",
    "cos",
    "scientific",
    "cloudlinux",
    "mageia",
    "slackware",
    "void",
    "wolfi",
];
