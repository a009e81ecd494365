//! What an organisation says about itself, as the pack carries it: its hosts, tools, maintenance windows, what it fears
//! most, and how the hits of its rules were disposed of.

use std::collections::BTreeMap;

use glassbox_finding::EventTime;
use glassbox_predicate::{Operator, Predicate, Test};
use serde::{Deserialize, Serialize};

/// The format of the JSON.
pub const CONTEXT_FORMAT: u32 = 1;
/// Bytes of a context's JSON.
pub const CONTEXT_BYTES_MAX: usize = 4 << 20;
/// Entries of each list, and patterns of one entry.
pub const CONTEXT_ENTRIES_MAX: usize = 10_000;
/// Bytes of a name or pattern.
const TEXT_BYTES_MAX: usize = 256;
/// Dispositions below which the record of a rule says nothing.
pub const DISPOSITIONS_MIN: u32 = 5;

/// A checked context. It exists only by [`Context::parse`], or empty by default.
#[derive(Clone, Debug, Default)]
pub struct Context {
    stated: Stated,
    assets: Vec<Vec<Test>>,
    tools: Vec<ToolTests>,
}

#[derive(Clone, Debug)]
struct ToolTests {
    programs: Vec<Test>,
    hosts: Vec<Test>,
    users: Vec<Test>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    format: u32,
    #[serde(default)]
    assets: Vec<Asset>,
    #[serde(default)]
    administration_tools: Vec<Tool>,
    #[serde(default)]
    maintenance_windows: Vec<Maintenance>,
    #[serde(default)]
    feared_techniques: Vec<String>,
    #[serde(default)]
    rule_records: BTreeMap<String, RuleRecord>,
}

/// Hosts of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Names of hosts, with `*` and `?`. The first asset that fits a host counts.
    pub hosts: Vec<String>,
    /// What they are for, such as `domain-controller`.
    pub role: String,
    /// How bad it is to lose one.
    pub criticality: Criticality,
}

/// How bad it is to lose a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Criticality {
    /// Replaced within the day.
    Low,
    /// One person's or team's work stands still.
    Medium,
    /// A part of the business stands still.
    High,
    /// The business is at risk.
    Critical,
}

/// A tool of administrators whose work looks like an attack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// What people call it.
    pub name: String,
    /// Paths of its programs, or of what starts them, with `*` and `?`.
    pub programs: Vec<String>,
    /// Where it may run; everywhere where empty.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Who may run it; everybody where empty.
    #[serde(default)]
    pub users: Vec<String>,
}

/// A time in which unusual work is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// What people call it.
    pub name: String,
    /// Days of the week, `mon` to `sun`; every day where empty.
    #[serde(default)]
    pub days: Vec<Day>,
    /// When it begins, `hh:mm`, UTC.
    pub from: String,
    /// When it ends; the next day where that is earlier than `from`.
    pub to: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// How the hits of a rule were disposed of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRecord {
    /// True ones.
    #[serde(default)]
    pub true_positives: u32,
    /// False ones.
    #[serde(default)]
    pub false_positives: u32,
    /// True ones of nothing bad.
    #[serde(default)]
    pub benign_true_positives: u32,
}

/// Why a context is refused: the place, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// Longer than a context may be.
    #[error("the context has {bytes} bytes; make it at most {CONTEXT_BYTES_MAX}")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON, or not a context's.
    #[error("the context cannot be read: {0}")]
    Json(String),
    /// Written in a format that this version does not read.
    #[error("the context has format {found} and this version reads {CONTEXT_FORMAT}; use the version for it")]
    Format {
        /// The format found.
        found: u32,
    },
    /// An entry that cannot be used.
    #[error("{place} of the context: {reason}")]
    Entry {
        /// The list and the number of the entry, from 1.
        place: String,
        /// What is wrong and what to do.
        reason: String,
    },
}

impl Criticality {
    /// Every criticality, the lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["low", "medium", "high", "critical"][self as usize]
    }
}

impl RuleRecord {
    /// How many of a thousand hits are true, with one hit of each kind added so that few hits do not say much; none of too
    /// few dispositions.
    #[must_use]
    pub fn true_thousandths(&self) -> Option<u32> {
        let Self { true_positives, false_positives, benign_true_positives } = *self;
        let all = u64::from(true_positives) + u64::from(false_positives) + u64::from(benign_true_positives);
        let enough = all >= u64::from(DISPOSITIONS_MIN);
        enough.then(|| ((u64::from(true_positives) + 1) * 1_000 / (all + 2)) as u32)
    }
}

impl Context {
    /// Reads a context and checks all of it.
    ///
    /// # Errors
    /// When it is none, or an entry cannot be used: the error names the entry and the way out.
    pub fn parse(json: &[u8]) -> Result<Self, ContextError> {
        if json.len() > CONTEXT_BYTES_MAX {
            return Err(ContextError::TooLarge { bytes: json.len() });
        }
        let stated: Stated = serde_json::from_slice(json).map_err(|error| ContextError::Json(error.to_string()))?;
        if stated.format != CONTEXT_FORMAT {
            return Err(ContextError::Format { found: stated.format });
        }
        let entry = |list: &str, number: usize| format!("entry {} of `{list}`", number + 1);
        check_count("assets", stated.assets.len())?;
        check_count("administration_tools", stated.administration_tools.len())?;
        check_count("maintenance_windows", stated.maintenance_windows.len())?;
        check_count("feared_techniques", stated.feared_techniques.len())?;
        let mut context = Self::default();
        for (number, asset) in stated.assets.iter().enumerate() {
            let place = entry("assets", number);
            check_text(&place, "role", &asset.role)?;
            context.assets.push(patterns(&place, "hosts", &asset.hosts, true)?);
        }
        for (number, tool) in stated.administration_tools.iter().enumerate() {
            let place = entry("administration_tools", number);
            check_text(&place, "name", &tool.name)?;
            context.tools.push(ToolTests {
                programs: patterns(&place, "programs", &tool.programs, true)?,
                hosts: patterns(&place, "hosts", &tool.hosts, false)?,
                users: patterns(&place, "users", &tool.users, false)?,
            });
        }
        for (number, window) in stated.maintenance_windows.iter().enumerate() {
            let place = entry("maintenance_windows", number);
            check_text(&place, "name", &window.name)?;
            if minute(&window.from).is_none() || minute(&window.to).is_none() || window.from == window.to {
                let reason = format!("`{}` to `{}` is no time of day; write 01:00 to 04:30", window.from, window.to);
                return Err(ContextError::Entry { place, reason });
            }
        }
        for (number, technique) in stated.feared_techniques.iter().enumerate() {
            if technique_number(technique).is_none() {
                let reason = format!("`{technique}` is no technique; write T1003 or T1003.001");
                return Err(ContextError::Entry { place: entry("feared_techniques", number), reason });
            }
        }
        context.stated = stated;
        Ok(context)
    }

    /// The first asset that a host belongs to.
    #[must_use]
    pub fn asset(&self, host: &str) -> Option<&Asset> {
        self.stated.assets.get(self.asset_position(host)?)
    }

    /// The position of the first asset that a host belongs to.
    #[must_use]
    pub fn asset_position(&self, host: &str) -> Option<usize> {
        self.assets.iter().position(|hosts| fits(hosts, host))
    }

    /// The assets.
    #[must_use]
    pub fn assets(&self) -> &[Asset] {
        &self.stated.assets
    }

    /// Whether any administration tools are known.
    #[must_use]
    pub fn knows_tools(&self) -> bool {
        !self.tools.is_empty()
    }

    /// Whether an administration tool does this: its programs, where and by whom they may run.
    #[must_use]
    pub fn is_tool(&self, program: &str, host: Option<&str>, user: Option<&str>) -> bool {
        self.tool(program, host, user).is_some()
    }

    /// The first administration tool that does this.
    #[must_use]
    pub fn tool(&self, program: &str, host: Option<&str>, user: Option<&str>) -> Option<&Tool> {
        let may = |tests: &[Test], name: Option<&str>| tests.is_empty() || name.is_some_and(|name| fits(tests, name));
        let does = |tool: &ToolTests| fits(&tool.programs, program) && may(&tool.hosts, host) && may(&tool.users, user);
        self.stated.administration_tools.get(self.tools.iter().position(does)?)
    }

    /// Whether any maintenance windows are known.
    #[must_use]
    pub fn knows_maintenance(&self) -> bool {
        !self.stated.maintenance_windows.is_empty()
    }

    /// Whether an instant lies in a maintenance window.
    #[must_use]
    pub fn is_maintenance(&self, time: EventTime) -> bool {
        self.maintenance(time).is_some()
    }

    /// The first maintenance window that an instant lies in.
    #[must_use]
    pub fn maintenance(&self, time: EventTime) -> Option<&Maintenance> {
        const MINUTES_A_DAY: i64 = 24 * 60;
        let minutes = time.div_euclid(60_000_000);
        let of_day = minutes.rem_euclid(MINUTES_A_DAY) as u32;
        // 1 January 1970 was a Thursday.
        let weekday = (minutes.div_euclid(MINUTES_A_DAY) + 3).rem_euclid(7);
        self.stated.maintenance_windows.iter().find(|window| {
            let (Some(from), Some(to)) = (minute(&window.from), minute(&window.to)) else { return false };
            let (inside, began) = match from < to {
                true => ((from..to).contains(&of_day), weekday),
                // Past midnight it began the day before.
                false if of_day < to => (true, (weekday + 6) % 7),
                false => (of_day >= from, weekday),
            };
            inside && (window.days.is_empty() || window.days.iter().any(|&day| day as i64 == began))
        })
    }

    /// Whether any techniques are feared.
    #[must_use]
    pub fn knows_fears(&self) -> bool {
        !self.stated.feared_techniques.is_empty()
    }

    /// Whether one of these techniques is feared, or is a sub-technique of one that is. They are numbers as rules have
    /// them: a thousand times the technique's plus the sub-technique's.
    #[must_use]
    pub fn is_feared(&self, techniques: &[u32]) -> bool {
        let mut feared = self.stated.feared_techniques.iter().filter_map(|technique| technique_number(technique));
        feared.any(|feared| {
            let whole = feared % 1_000 == 0;
            techniques.iter().any(|&technique| technique == feared || whole && technique / 1_000 == feared / 1_000)
        })
    }

    /// Whether a technique is feared, or is a sub-technique of one that is, by its id, such as `T1003.001`.
    #[must_use]
    pub fn is_feared_id(&self, technique: &str) -> bool {
        technique_number(technique).is_some_and(|number| self.is_feared(&[number]))
    }

    /// How the hits of a rule were disposed of.
    #[must_use]
    pub fn record(&self, rule: &str) -> Option<RuleRecord> {
        self.stated.rule_records.get(rule).copied()
    }
}

fn check_count(list: &str, count: usize) -> Result<(), ContextError> {
    if count <= CONTEXT_ENTRIES_MAX {
        return Ok(());
    }
    let reason = format!("it has {count} entries; give at most {CONTEXT_ENTRIES_MAX}");
    Err(ContextError::Entry { place: format!("`{list}`"), reason })
}

fn check_text(place: &str, what: &str, text: &str) -> Result<(), ContextError> {
    if (1..=TEXT_BYTES_MAX).contains(&text.len()) {
        return Ok(());
    }
    let reason = format!("`{what}` has {} bytes; write 1 to {TEXT_BYTES_MAX}", text.len());
    Err(ContextError::Entry { place: place.to_owned(), reason })
}

fn patterns(place: &str, what: &str, patterns: &[String], needed: bool) -> Result<Vec<Test>, ContextError> {
    check_count(what, patterns.len())?;
    let wrong = |reason: String| ContextError::Entry { place: place.to_owned(), reason };
    if needed && patterns.is_empty() {
        return Err(wrong(format!("`{what}` is empty; name at least one, `*` for all")));
    }
    patterns
        .iter()
        .map(|pattern| {
            check_text(place, what, pattern)?;
            // In a path a backslash is no escape.
            let operand = pattern.replace('\\', "\\\\");
            let predicate = Predicate { operator: Operator::Like, operand, cased: false };
            predicate.compile().map_err(|error| wrong(format!("`{pattern}` is no pattern: {error}")))
        })
        .collect()
}

fn fits(tests: &[Test], text: &str) -> bool {
    tests.iter().any(|test| test.find(text).is_some())
}

/// The minute of the day that `hh:mm` names.
fn minute(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str, limit: u32| {
        let is_two_digits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|number: &u32| is_two_digits && *number < limit)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

fn technique_number(text: &str) -> Option<u32> {
    let (technique, sub) = text.split_once('.').unwrap_or((text, "000"));
    let digits = technique.strip_prefix(['T', 't'])?;
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let known = digits.len() == 4 && sub.len() == 3 && all_digits(digits) && all_digits(sub);
    known.then(|| Some(digits.parse::<u32>().ok()? * 1_000 + sub.parse::<u32>().ok()?))?
}
