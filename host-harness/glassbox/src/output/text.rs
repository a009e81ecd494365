//! A finding in full, for people: what happened, the rules with their evidence, how the points add up, ATT&CK, what
//! was missing, and where everything came from.

use std::fmt::{self, Write};

use glassbox_explain::{
    clean::{clean, shorten},
    explained::{self, Attack, Explained, ExplainedEvidence, ExplainedRule, Lacks, Marked},
    numbers,
};
use glassbox_report::QuotedField;

use crate::output::{Terminal, table, terminal::Style};

/// Characters of a contribution's value.
const VALUE_CHARACTERS_MAX: usize = 120;

/// Writes a finding in full.
///
/// # Errors
/// Never, when writing to a string.
pub fn finding(out: &mut dyn Write, explained: &Explained, terminal: &Terminal) -> fmt::Result {
    let page = Page { explained, terminal };
    page.headline(out)?;
    page.rules(out)?;
    page.points(out)?;
    page.counterfactual(out)?;
    page.attack(out)?;
    page.missing(out)?;
    page.fields(out)?;
    page.provenance(out)
}

struct Page<'a> {
    explained: &'a Explained,
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
        let Explained { title, level, probability, headline, .. } = self.explained;
        let level_note = if level.is_empty() { String::new() } else { format!(" ({level})") };
        let line = format!("{title}{level_note}: {probability}");
        writeln!(out, "{}", self.terminal.paint(Style::of_level(level).unwrap_or(Style::Heading), &line))?;
        self.prose(out, 0, headline)
    }

    fn rules(&self, out: &mut dyn Write) -> fmt::Result {
        let Explained { rules, further_rules, .. } = self.explained;
        if rules.is_empty() {
            return Ok(());
        }
        self.heading(out, &format!("Rules that hit ({})", rules.len() + further_rules.len()))?;
        for rule in rules {
            self.rule(out, rule)?;
        }
        for rule in further_rules {
            writeln!(out, "  also {rule}")?;
        }
        for suppressed in &self.explained.suppressed {
            writeln!(out, "  {suppressed}")?;
        }
        Ok(())
    }

    fn rule(&self, out: &mut dyn Write, rule: &ExplainedRule) -> fmt::Result {
        writeln!(out, "  {}", self.terminal.paint(Style::Heading, &rule.title))?;
        if !rule.facts.is_empty() {
            writeln!(out, "    {}", self.terminal.paint(Style::Faint, &rule.facts.join(" · ")))?;
        }
        if !rule.description.is_empty() {
            self.prose(out, 4, &rule.description)?;
        }
        if !rule.false_positives.is_empty() {
            self.prose(out, 4, &format!("May be harmless: {}", rule.false_positives.join("; ")))?;
        }
        for reference in &rule.references {
            writeln!(out, "    {reference}")?;
        }
        for ExplainedEvidence { predicate, notes, value } in &rule.evidence {
            let notes = self.terminal.paint(Style::Faint, &format!("  ({notes})"));
            writeln!(out, "    {} {predicate}{notes}", self.terminal.paint(Style::Faint, "·"))?;
            if let Some(Marked { before, part, after }) = value {
                writeln!(out, "        {before}{}{after}", self.terminal.mark(part))?;
            }
        }
        if !rule.exceptions.is_empty() {
            self.prose(out, 6, &rule.exceptions)?;
        }
        Ok(())
    }

    fn points(&self, out: &mut dyn Write) -> fmt::Result {
        let steps = &self.explained.steps;
        let points = steps.last().map_or(0, |step| step.sum);
        self.heading(out, &format!("How the {points:+} points add up"))?;
        let mut table = table::empty(self.terminal);
        table.set_header(["points", "sum", "because", "value"]);
        let (weighty, idle): (Vec<_>, Vec<_>) =
            steps.iter().partition(|step| step.points != 0 || step.term == steps[0].term);
        for step in weighty {
            table.add_row([
                numbers::points(step.points),
                format!("{:+}", step.sum),
                step.phrase.clone(),
                shorten(step.value.trim(), VALUE_CHARACTERS_MAX).into_owned(),
            ]);
        }
        out.write_str(&table::render(&table))?;
        // What could not be computed is told with what was missing.
        let idle: Vec<_> = idle.iter().filter(|step| step.is_known).map(|step| step.phrase.as_str()).collect();
        if !idle.is_empty() {
            self.prose(out, 0, &format!("Looked at, and worth nothing: {}.", idle.join("; ")))?;
        }
        self.prose(out, 0, &self.explained.calibration)?;
        self.prose(out, 0, &self.explained.left_out)
    }

    fn counterfactual(&self, out: &mut dyn Write) -> fmt::Result {
        let Explained { counterfactual, changes, .. } = self.explained;
        if counterfactual.is_empty() {
            return Ok(());
        }
        self.heading(out, "What would have put it below the threshold")?;
        self.prose(out, 2, counterfactual)?;
        changes.iter().try_for_each(|change| self.prose(out, 4, &format!("· {change}")))
    }

    fn attack(&self, out: &mut dyn Write) -> fmt::Result {
        let Attack { version, tactics, techniques } = &self.explained.attack;
        if tactics.is_empty() && techniques.is_empty() {
            return Ok(());
        }
        self.heading(out, &format!("ATT&CK {version}"))?;
        if !tactics.is_empty() {
            self.prose(out, 2, &format!("Tactics: {}", tactics.join(", ")))?;
        }
        techniques.iter().try_for_each(|(id, name)| writeln!(out, "  {id} {name}"))
    }

    fn missing(&self, out: &mut dyn Write) -> fmt::Result {
        if self.explained.missing.is_empty() {
            return Ok(());
        }
        self.heading(out, "What was missing")?;
        self.prose(out, 2, &self.explained.missing_range)?;
        for Lacks { why, what } in &self.explained.missing {
            self.prose(out, 2, why)?;
            what.iter().try_for_each(|what| self.prose(out, 4, &format!("· {what}")))?;
        }
        Ok(())
    }

    fn fields(&self, out: &mut dyn Write) -> fmt::Result {
        if self.explained.fields.is_empty() {
            return Ok(());
        }
        self.heading(out, "From the record")?;
        rows(out, self.explained.fields.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    fn provenance(&self, out: &mut dyn Write) -> fmt::Result {
        self.heading(out, "Where this comes from")?;
        for (name, value) in &self.explained.provenance {
            let text = format!("{name:<14} {value}");
            let options = textwrap::Options::new(self.terminal.prose_width().max(96));
            for line in textwrap::wrap(&text, options.initial_indent("  ").subsequent_indent("                 ")) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// Names and texts, one pair a line.
fn rows<'r>(out: &mut dyn Write, rows: impl Iterator<Item = (&'r str, &'r str)> + Clone) -> fmt::Result {
    let width = rows.clone().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(28);
    let mut rows = rows;
    rows.try_for_each(|(name, text)| writeln!(out, "  {name:<width$}  {text}"))
}

/// Quoted fields, one a line.
pub(super) fn fields(out: &mut dyn Write, fields: &[QuotedField]) -> fmt::Result {
    let texts: Vec<_> = fields.iter().map(explained::field).collect();
    rows(out, texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

/// Running text, wrapped to the terminal.
pub(super) fn prose(out: &mut dyn Write, terminal: &Terminal, indent: usize, text: &str) -> fmt::Result {
    let blanks = " ".repeat(indent);
    if text.is_empty() {
        return Ok(());
    }
    // Line ends of a rule's description are where its author's editor broke lines, or paragraphs.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = clean(&text);
    let width = terminal.prose_width();
    // Looking into words for where to break them takes most of the time, and no character is wider than its bytes are
    // many.
    let is_wide = text.split(' ').any(|word| indent + word.len() > width);
    let options = textwrap::Options::new(width).initial_indent(&blanks).subsequent_indent(&blanks).break_words(is_wide);
    for line in textwrap::wrap(&text, options) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
