//! Findings as a table, the first in rank first: with boxes on a terminal, plain elsewhere.

use std::io::{self, Write as _};

use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use glassbox_explain::{
    Knowledge,
    clean::clean,
    headline::{actor, entity},
    numbers::{grouped, percent, points},
    reason, time,
};
use glassbox_report::{StoredFinding, rank::Ranking};

use super::{
    Terminal,
    format::{FindingWriter, Format, Layout, Out},
    json::SummaryView,
};
use glassbox_finding::EntityKind;

/// Rules named in a row where there is room; the others are counted.
const RULES_NAMED_MAX: usize = 2;
/// Columns below which a terminal is narrow.
const WIDE_COLUMNS_MIN: usize = 140;
const WIDE: [&str; 8] = ["#", "score", "points", "time (UTC)", "level", "host, user", "rules", "record"];
const NARROW: [&str; 6] = ["#", "score", "time (UTC)", "level", "host, user", "rules, record"];
/// Characters of a source's name: its end tells most.
const SOURCE_CHARACTERS_MAX: usize = 36;

/// `--format table`.
pub const FORMAT: Format = Format {
    name: "table",
    about: "For people: the first in rank, in a table",
    streams: false,
    open: |out, layout| Ok(Box::new(TableWriter { out, layout, ranking: Ranking::new(Some(layout.listed_max)) })),
};

/// Keeps the first in rank until the end.
struct TableWriter {
    out: Out,
    layout: Layout,
    ranking: Ranking,
}

impl FindingWriter for TableWriter {
    fn found(&mut self, found: StoredFinding, _knowledge: &Knowledge) -> io::Result<()> {
        self.ranking.push(found);
        Ok(())
    }

    fn finish(mut self: Box<Self>, knowledge: &Knowledge, _summary: SummaryView<'_>) -> io::Result<()> {
        let given = self.ranking.given();
        let ranked = self.ranking.into_ranked();
        if !ranked.is_empty() {
            self.out.write_all(findings(&ranked, 1, knowledge, &self.layout.terminal).as_bytes())?;
        }
        let more = given - ranked.len() as u64;
        if more > 0 {
            writeln!(self.out, "and {} more: see them with --limit or --format ndjson", grouped(more))?;
        }
        self.out.flush()
    }
}

/// An empty table in the style that fits.
#[must_use]
pub fn empty(terminal: &Terminal) -> Table {
    let mut table = Table::new();
    if terminal.boxed {
        table.load_style(presets::UTF8_FULL_CONDENSED);
    } else {
        table.load_style(presets::NOTHING);
    }
    if terminal.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    if terminal.boxed {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(terminal.width).unwrap_or(u16::MAX));
    } else {
        // One line a row, whatever its length: that is what other programs read.
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table
}

/// The table of findings. `first_rank` is the rank of the first of them.
///
/// On a narrow terminal what belongs together shares a column.
#[must_use]
pub fn findings(ranked: &[StoredFinding], first_rank: usize, knowledge: &Knowledge, terminal: &Terminal) -> String {
    let is_narrow = terminal.boxed && terminal.width < WIDE_COLUMNS_MIN;
    let mut table = empty(terminal);
    table.set_header(if is_narrow { NARROW.as_slice() } else { &WIDE });
    for (at, found) in ranked.iter().enumerate() {
        let finding = &found.finding;
        let rank = Cell::new(first_rank + at);
        let score = percent(finding.probability).replace(' ', "\u{a0}");
        let points = points(finding.points);
        let time = finding.time.map(time::to_the_second).unwrap_or_default();
        let level = level_cell(knowledge.top_level(finding));
        if is_narrow {
            let (score, time) = (format!("{score}\n{points}"), time.replace(' ', "\n"));
            let rules = format!("{}\n{}", rules(found, knowledge, 1, "\n"), place(found));
            table.add_row([rank, score.into(), time.into(), level, who(found, "\n").into(), rules.into()]);
        } else {
            let between = if terminal.boxed { "\n" } else { "; " };
            let rules = rules(found, knowledge, RULES_NAMED_MAX, between);
            let (who, place) = (who(found, between), place(found));
            table.add_row([
                rank,
                score.into(),
                points.into(),
                time.into(),
                level,
                who.into(),
                rules.into(),
                place.into(),
            ]);
        }
    }
    // Numbers, times, levels and places are never broken.
    let whole: &[usize] = if is_narrow { &[0, 1, 2, 3] } else { &[0, 1, 2, 3, 4, 7] };
    for column in whole {
        if let Some(column) = table.column_mut(*column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    render(&table)
}

/// Host and user.
fn who(found: &StoredFinding, between: &str) -> String {
    let host = entity(&found.finding, EntityKind::Host).map(|host| short_host(&host).to_owned());
    let user = actor(&found.finding).map(|user| short_user(&user).to_owned());
    host.into_iter().chain(user).collect::<Vec<_>>().join(between)
}

/// A host without its domain: the rows of a table are about few domains. An address stays whole.
fn short_host(host: &str) -> &str {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return host;
    }
    host.split('.').next().filter(|name| !name.is_empty()).unwrap_or(host)
}

/// The end of a name of AWS, which begins with its account.
fn short_user(user: &str) -> &str {
    match user.strip_prefix("arn:") {
        Some(rest) => rest.rsplit(':').next().unwrap_or(rest),
        None => user,
    }
}

/// A cell with a level in its colour.
#[must_use]
pub fn level_cell(level: &str) -> Cell {
    let cell = Cell::new(clean(level));
    match level {
        "critical" | "high" => cell.fg(Color::Red),
        "medium" => cell.fg(Color::Yellow),
        _ => cell,
    }
}

/// The table as lines, without blanks at their ends.
#[must_use]
pub fn render(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The weightiest rules, and how many more there are.
fn rules(found: &StoredFinding, knowledge: &Knowledge, named_max: usize, between: &str) -> String {
    let ids = knowledge.rules_of(&found.finding);
    let named: Vec<_> = ids.iter().take(named_max).map(|id| clean(knowledge.title(id))).collect();
    let more = match ids.len() - named.len() {
        0 => String::new(),
        more => format!(" (+{more})"),
    };
    format!("{}{more}", named.join(between))
}

/// The record by the last part of its source's path; the other formats have all of it.
fn place(found: &StoredFinding) -> String {
    let name = found.source.rsplit(['/', '\\']).next().unwrap_or_default();
    let place = reason::place(name, found.position);
    let length = place.chars().count();
    if length <= SOURCE_CHARACTERS_MAX {
        return place;
    }
    let end: String = place.chars().skip(length - (SOURCE_CHARACTERS_MAX - 1)).collect();
    format!("…{end}")
}
