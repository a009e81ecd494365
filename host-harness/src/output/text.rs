//! A finding in full, for people: what happened, the rules with their evidence, how the points add up, ATT&CK, what
//! was missing, and where everything came from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write},
    ops::Range,
};

use glassbox_finding::{Evidence, Finding, Operator, Place, Predicate, QuotedField, TextPlace};
use serde::Serialize;

use super::{
    Knowledge, Terminal,
    clean::{clean, shorten},
    headline,
    knowledge::in_matrix_order,
    numbers::{self, percent},
    reason, table,
    terminal::Style,
};
use crate::report::Found;

/// Characters of a value shown on each side of the part that a predicate held on.
const AROUND_CHARACTERS_MAX: usize = 60;
/// Characters of an operand.
const OPERAND_CHARACTERS_MAX: usize = 120;
/// Characters of a quoted field.
const FIELD_CHARACTERS_MAX: usize = 300;
/// Characters of a contribution's value.
const VALUE_CHARACTERS_MAX: usize = 48;
/// Characters of the part of a value that a predicate held on.
const QUOTE_CHARACTERS_MAX: usize = 160;
/// The name of the first step.
const BASE: &str = "base";

/// One step on the way from nothing to the points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step<'a> {
    /// The term; `base` for the model's base.
    pub term: &'a str,
    /// What it means.
    pub phrase: String,
    /// The feature's value.
    pub value: &'a str,
    /// Its points.
    pub points: i32,
    /// The sum so far; after the last step, the finding's points.
    pub sum: i64,
}

/// The base, then the contributions, the largest first whatever their sign.
#[must_use]
pub fn steps<'a>(finding: &'a Finding, knowledge: &Knowledge) -> Vec<Step<'a>> {
    let mut sorted: Vec<_> = finding.contributions.iter().collect();
    sorted.sort_by(|a, b| b.points.unsigned_abs().cmp(&a.points.unsigned_abs()).then_with(|| a.term.cmp(&b.term)));
    let mut sum = i64::from(finding.base);
    let base = Step { term: BASE, phrase: "where every finding starts".into(), value: "", points: finding.base, sum };
    let rest = sorted.into_iter().map(|it| {
        sum += i64::from(it.points);
        let phrase = knowledge.phrase(&it.term, &it.bin);
        Step { term: &it.term, phrase, value: &it.value, points: it.points, sum }
    });
    std::iter::once(base).chain(rest).collect()
}

/// Writes the finding in full.
///
/// # Errors
/// Never, when writing to a string.
pub fn finding(out: &mut dyn Write, found: &Found, knowledge: &Knowledge, terminal: &Terminal) -> fmt::Result {
    let page = Page { found, finding: &found.finding, knowledge, terminal };
    page.headline(out)?;
    page.rules(out)?;
    page.points(out)?;
    page.attack(out)?;
    page.missing(out)?;
    page.fields(out)?;
    page.provenance(out)
}

struct Page<'a> {
    found: &'a Found,
    finding: &'a Finding,
    knowledge: &'a Knowledge,
    terminal: &'a Terminal,
}

impl Page<'_> {
    fn heading(&self, out: &mut dyn Write, text: &str) -> fmt::Result {
        writeln!(out, "\n{}", self.terminal.paint(Style::Heading, text))
    }

    fn prose(&self, out: &mut dyn Write, indent: usize, text: &str) -> fmt::Result {
        prose(out, self.terminal, indent, text)
    }

    fn headline(&self, out: &mut dyn Write) -> fmt::Result {
        let ids = self.knowledge.rules_of(self.finding);
        let title = ids.first().map_or_else(|| "A finding without a rule".into(), |id| clean(self.knowledge.title(id)));
        let level = self.knowledge.top_level(self.finding);
        let score = percent(self.finding.probability);
        let line = if level.is_empty() { format!("{title}: {score}") } else { format!("{title} ({level}): {score}") };
        writeln!(out, "{}", self.terminal.paint(Style::of_level(level).unwrap_or(Style::Heading), &line))?;
        self.prose(out, 0, &headline::headline(self.finding, self.knowledge))
    }

    fn rules(&self, out: &mut dyn Write) -> fmt::Result {
        if self.finding.hits.is_empty() {
            return Ok(());
        }
        self.heading(out, &format!("Rules that hit ({})", self.finding.hits.len() + self.finding.further_hits.len()))?;
        for hit in &self.finding.hits {
            self.rule(out, &hit.rule)?;
            for &at in &hit.evidence {
                if let Some(evidence) = self.finding.evidence.get(at as usize) {
                    self.evidence(out, evidence)?;
                }
            }
        }
        for id in &self.finding.further_hits {
            writeln!(out, "  also {} ({})", clean(self.knowledge.title(id)), clean(id))?;
        }
        Ok(())
    }

    fn rule(&self, out: &mut dyn Write, id: &str) -> fmt::Result {
        let Some(note) = self.knowledge.rule(id) else {
            return writeln!(out, "  {}", self.terminal.paint(Style::Heading, &clean(id)));
        };
        writeln!(out, "  {}", self.terminal.paint(Style::Heading, &clean(&note.title)))?;
        let facts = [note.level.as_str(), note.status.as_str(), id, note.file.as_str()];
        let facts: Vec<_> = facts.into_iter().filter(|fact| !fact.is_empty()).map(clean).collect();
        writeln!(out, "    {}", self.terminal.paint(Style::Faint, &facts.join(" · ")))?;
        if !note.description.is_empty() {
            self.prose(out, 4, &note.description)?;
        }
        if !note.false_positives.is_empty() {
            self.prose(out, 4, &format!("May be harmless: {}", note.false_positives.join("; ")))?;
        }
        for reference in &note.references {
            writeln!(out, "    {}", clean(reference))?;
        }
        Ok(())
    }

    fn evidence(&self, out: &mut dyn Write, evidence: &Evidence) -> fmt::Result {
        let field = if evidence.field.is_empty() { "any value".into() } else { clean(&evidence.field) };
        write!(out, "    {} {field} {}", self.terminal.paint(Style::Faint, "·"), predicate(&evidence.predicate))?;
        let mut notes = Vec::new();
        if !evidence.selection.is_empty() {
            notes.push(clean(&evidence.selection).into_owned());
        }
        if evidence.values > 1 {
            notes.push(format!("value {} of {}", u64::from(evidence.value) + 1, evidence.values));
        }
        match &evidence.place {
            Place::Text(place) => notes.push(span(place)),
            Place::Pair(one, other) => notes.push(format!("{} and {}", span(one), span(other))),
            Place::Absent(names) => {
                let names: Vec<_> = names.iter().map(|name| clean(name)).collect();
                notes.push(format!("nothing under {}", names.join(", ")));
            }
        }
        writeln!(out, "{}", self.terminal.paint(Style::Faint, &format!("  ({})", notes.join(", "))))?;
        if let Place::Text(place) | Place::Pair(place, _) = &evidence.place {
            writeln!(out, "        {}", self.marked(evidence, place))?;
        }
        Ok(())
    }

    /// The value with the part marked that the predicate held on.
    fn marked(&self, evidence: &Evidence, place: &TextPlace) -> String {
        let mut fields = self.finding.fields.iter();
        let field = fields.find(|field| field.name == evidence.field && lies_in(place, &field.place));
        let around = field.and_then(|field| Some((field.text.as_str(), offset_in(field, place, &evidence.quote)?)));
        let (text, at) = around.unwrap_or((&evidence.quote, 0));
        let told = told_part(evidence);
        let (start, end) = (at + told.start, at + told.end);
        let before = &text[..start];
        let skip = before.chars().count().saturating_sub(AROUND_CHARACTERS_MAX);
        let before: String = before.chars().skip(skip).collect();
        let left = if skip > 0 { "…" } else { "" };
        let quote = shorten(&text[start..end], QUOTE_CHARACTERS_MAX);
        let right = shorten(&text[end..], AROUND_CHARACTERS_MAX);
        format!("{left}{}{}{}", clean(&before), self.terminal.mark(&clean(&quote)), clean(&right))
    }

    fn points(&self, out: &mut dyn Write) -> fmt::Result {
        self.heading(out, &format!("How the {} points add up", numbers::points(self.finding.points)))?;
        let mut table = table::empty(self.terminal);
        table.set_header(["points", "sum", "because", "value"]);
        let (weighty, idle): (Vec<_>, Vec<_>) =
            steps(self.finding, self.knowledge).into_iter().partition(|step| step.points != 0 || step.term == BASE);
        for step in weighty {
            table.add_row([
                numbers::points(step.points),
                format!("{:+}", step.sum),
                clean(&step.phrase).into_owned(),
                shorten(clean(step.value).trim(), VALUE_CHARACTERS_MAX).into_owned(),
            ]);
        }
        out.write_str(&table::render(&table))?;
        if !idle.is_empty() {
            let idle: Vec<_> = idle.iter().map(|step| step.phrase.as_str()).collect();
            self.prose(out, 0, &format!("Looked at, and worth nothing: {}.", idle.join("; ")))?;
        }
        let probability = percent(self.finding.probability);
        self.prose(out, 0, &format!("{:+} points are {probability} by the model's calibration.", self.finding.points))
    }

    fn attack(&self, out: &mut dyn Write) -> fmt::Result {
        let ids = self.knowledge.rules_of(self.finding);
        let notes = || ids.iter().filter_map(|id| self.knowledge.rule(id));
        let tactics = in_matrix_order(notes().flat_map(|note| &note.tactics).map(String::as_str));
        // Several rules may name the same technique, by an old id and by the new one.
        let mut techniques: BTreeMap<&str, (&str, BTreeSet<&str>)> = BTreeMap::new();
        for technique in notes().flat_map(|note| &note.techniques) {
            let known = techniques.entry(&technique.id).or_insert((&technique.name, BTreeSet::new()));
            known.1.extend(technique.was.as_deref());
        }
        if tactics.is_empty() && techniques.is_empty() {
            return Ok(());
        }
        self.heading(out, &format!("ATT&CK {}", self.knowledge.attack_version))?;
        if !tactics.is_empty() {
            let tactics: Vec<_> = tactics.into_iter().map(|tactic| clean(tactic)).collect();
            self.prose(out, 2, &format!("Tactics: {}", tactics.join(", ")))?;
        }
        for (id, (name, were)) in techniques {
            let name = if name.is_empty() { "not in this version of ATT&CK" } else { name };
            let were: Vec<_> = were.into_iter().collect();
            let moved = if were.is_empty() {
                String::new()
            } else {
                format!(" (the rule says {}, which moved)", were.join(", "))
            };
            writeln!(out, "  {} {}{}", clean(id), clean(name), clean(&moved))?;
        }
        Ok(())
    }

    fn missing(&self, out: &mut dyn Write) -> fmt::Result {
        if self.finding.missing.is_empty() {
            return Ok(());
        }
        self.heading(out, "What was missing")?;
        for missing in &self.finding.missing {
            let fields: Vec<_> = missing.fields.iter().map(|field| clean(field)).collect();
            let feature = self.knowledge.features.get(&missing.feature).unwrap_or(&missing.feature);
            let text = format!(
                "{}: the record has no {}; it could have given {:+} at best and {:+} at worst",
                clean(feature),
                fields.join(" or "),
                missing.points_best,
                missing.points_worst
            );
            self.prose(out, 2, &text)?;
        }
        Ok(())
    }

    fn fields(&self, out: &mut dyn Write) -> fmt::Result {
        if self.finding.fields.is_empty() {
            return Ok(());
        }
        self.heading(out, "From the record")?;
        fields(out, &self.finding.fields)
    }

    fn provenance(&self, out: &mut dyn Write) -> fmt::Result {
        self.heading(out, "Where this comes from")?;
        let known = |digest: &str| if digest.is_empty() { "unknown".to_owned() } else { format!("sha256:{digest}") };
        let rows = [
            ("record", reason::place(&self.found.source, self.found.position)),
            ("record digest", known(&self.found.record_digest)),
            ("finding", self.found.id.clone()),
            ("schema", clean(&self.finding.schema).into_owned()),
            ("pack", known(&self.knowledge.pack_digest)),
            ("plugin", known(&self.knowledge.plugin_digest)),
            ("model", clean(&self.knowledge.model).into_owned()),
        ];
        for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
            let text = format!("{name:<14} {value}");
            let options = textwrap::Options::new(self.terminal.prose_width().max(96));
            for line in textwrap::wrap(&text, options.initial_indent("  ").subsequent_indent("                 ")) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// Quoted fields, one a line.
pub(super) fn fields(out: &mut dyn Write, fields: &[QuotedField]) -> fmt::Result {
    let width = fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0).min(28);
    for field in fields {
        let text = shorten(&field.text, FIELD_CHARACTERS_MAX);
        let cut = if field.cut { " (cut)" } else { "" };
        writeln!(out, "  {:<width$}  {}{cut}", clean(&field.name), clean(&text))?;
    }
    Ok(())
}

/// Running text, wrapped to the terminal.
pub(super) fn prose(out: &mut dyn Write, terminal: &Terminal, indent: usize, text: &str) -> fmt::Result {
    let blanks = " ".repeat(indent);
    // Line ends of a rule's description are where its author's editor broke lines, or paragraphs.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let options = textwrap::Options::new(terminal.prose_width()).initial_indent(&blanks).subsequent_indent(&blanks);
    for line in textwrap::wrap(&clean(&text), options) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A predicate in words: `ends with “\cmd.exe”`.
#[must_use]
pub fn predicate(predicate: &Predicate) -> String {
    let operand = shorten(&predicate.operand, OPERAND_CHARACTERS_MAX);
    let operand = clean(&operand);
    let words = match predicate.operator {
        Operator::Equals => "is",
        Operator::Contains => "contains",
        Operator::StartsWith => "begins with",
        Operator::EndsWith => "ends with",
        Operator::Like => "fits the pattern",
        Operator::Regex => "matches the expression",
        Operator::Cidr => "lies in the network",
        Operator::Less => "is less than",
        Operator::LessOrEqual => "is at most",
        Operator::Greater => "is greater than",
        Operator::GreaterOrEqual => "is at least",
        Operator::NotEquals => "is not",
        Operator::Exists => return "is present".to_owned(),
        Operator::Absent => return "is absent".to_owned(),
        Operator::Null => return "is absent or null".to_owned(),
        Operator::SameAs => return format!("is the same as {operand}"),
        Operator::LengthAtLeast => return format!("has at least {operand} characters"),
        Operator::ContainsField => return format!("contains the value of {operand}"),
        Operator::StartsWithField => return format!("begins with the value of {operand}"),
        Operator::EndsWithField => return format!("ends with the value of {operand}"),
        Operator::TimePart => return format!("is a time with {operand}"),
    };
    // An expression says itself whether case counts.
    let cased =
        if predicate.cased && predicate.operator != Operator::Regex { ", upper and lower case told apart" } else { "" };
    format!("{words} “{operand}”{cased}")
}

fn span(place: &TextPlace) -> String {
    format!("bytes {}..{}", place.span.start, place.span.end)
}

/// The part of the quote that the predicate is about: with some operators the place is the whole value. All of it where
/// that cannot be told, as the quote was cut.
fn told_part(evidence: &Evidence) -> Range<usize> {
    let test = evidence.predicate.compile().ok();
    test.and_then(|test| test.find(&evidence.quote)).unwrap_or(0..evidence.quote.len())
}

fn lies_in(inner: &TextPlace, outer: &TextPlace) -> bool {
    inner.encoding == outer.encoding && outer.span.start <= inner.span.start && inner.span.end <= outer.span.end
}

/// Where in the field's text the quote stands: where the bytes say it, as near as escapes allow.
fn offset_in(field: &QuotedField, place: &TextPlace, quote: &str) -> Option<usize> {
    let guess = (place.span.start - field.place.span.start) as usize;
    if field.text.get(guess..).is_some_and(|rest| rest.starts_with(quote)) {
        return Some(guess);
    }
    // Escapes only make bytes longer than text, so the place lies before the guess: take the last one there.
    field.text.match_indices(quote).map(|(at, _)| at).filter(|at| *at <= guess).last()
}
