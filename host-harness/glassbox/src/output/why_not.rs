//! Why a record has no finding: how it was recognised, which rules were considered, which came nearest, and what failed.

use std::fmt::{self, Write};

use glassbox_explain::{
    Knowledge,
    clean::{clean, shorten},
    knowledge::RuleNote,
    numbers::counted,
    predicate, reason, time, words,
};
use glassbox_finding::Logsource;
use glassbox_report::Position;
use glassbox_report::{Explanation, FailedPredicate, NearMiss};

use crate::output::{Terminal, terminal::Style, text};

/// Characters of a value found.
const FOUND_CHARACTERS_MAX: usize = 160;

/// Writes the explanation.
///
/// # Errors
/// Never, when writing to a string.
pub fn explanation(
    out: &mut dyn Write,
    source: &str,
    position: Position,
    explanation: &Explanation,
    knowledge: &Knowledge,
    terminal: &Terminal,
) -> fmt::Result {
    let place = reason::place(source, position);
    let heading = match &explanation.finding {
        None if !explanation.suppressed.is_empty() => {
            format!("Filters suppress every rule that hits the record at {place}")
        }
        None => format!("No rule hit the record at {place}"),
        Some(_) => format!("Rules hit the record at {place}, and it is no finding"),
    };
    writeln!(out, "{}", terminal.paint(Style::Heading, &heading))?;
    if let Some(finding) = &explanation.finding {
        let titles: Vec<_> = knowledge.rules_of(finding).iter().map(|id| clean(knowledge.title(id))).collect();
        let text = format!(
            "It hits {}. Either it lies outside --from and --to, or the plugin judged that it deserves no attention.",
            titles.join(", ")
        );
        text::prose(out, terminal, 0, &text)?;
    }
    text::prose(out, terminal, 0, &how_it_was_read(explanation))?;
    text::prose(out, terminal, 0, &what_was_considered(explanation))?;
    for suppressed in explanation.suppressed.iter().filter(|_| explanation.finding.is_none()) {
        text::prose(out, terminal, 0, &words::suppressed(suppressed, knowledge))?;
    }
    if !explanation.near_misses.is_empty() {
        writeln!(out, "\n{}", terminal.paint(Style::Heading, "Rules that came nearest"))?;
    }
    for miss in &explanation.near_misses {
        near_miss(out, miss, knowledge, terminal)?;
    }
    if !explanation.fields.is_empty() {
        writeln!(out, "\n{}", terminal.paint(Style::Heading, "What was read from the record"))?;
        text::fields(out, &explanation.fields)?;
    }
    Ok(())
}

fn how_it_was_read(explanation: &Explanation) -> String {
    let logsource = match logsource(&explanation.logsource) {
        text if text.is_empty() => "nothing tells what produced it".to_owned(),
        text => format!("its logsource is {text}"),
    };
    let others: Vec<_> = explanation
        .categories
        .iter()
        .filter(|category| Some(*category) != explanation.logsource.category.as_ref())
        .map(|category| clean(category))
        .collect();
    let others = if others.is_empty() { String::new() } else { format!(" (also of category {})", others.join(", ")) };
    let when = explanation
        .time
        .map_or_else(|| "it says no time".to_owned(), |it| format!("its time is {}", time::rfc3339(it)));
    format!("It was read as {}: {logsource}{others}; {when}.", clean(&explanation.map))
}

fn what_was_considered(explanation: &Explanation) -> String {
    let considered = counted(u64::from(explanation.considered), "rule");
    let others = counted(u64::from(explanation.other_logsource), "other");
    let hint = if explanation.considered == 0 && explanation.other_logsource > 0 {
        " If you know what wrote the record, say so: --logsource product=…,category=…,service=…"
    } else {
        ""
    };
    let verb = if explanation.considered == 1 { "was" } else { "were" };
    format!("{considered} {verb} considered; {others} are about another logsource.{hint}")
}

/// What produced a record, in words; empty where nothing is known.
pub(super) fn logsource(logsource: &Logsource) -> String {
    let parts = [("product", &logsource.product), ("category", &logsource.category), ("service", &logsource.service)];
    let known = parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", clean(value.as_ref()?))));
    known.collect::<Vec<_>>().join(", ")
}

fn near_miss(out: &mut dyn Write, miss: &NearMiss, knowledge: &Knowledge, terminal: &Terminal) -> fmt::Result {
    writeln!(out, "  {}", terminal.paint(Style::Heading, &clean(knowledge.title(&miss.rule))))?;
    let level = knowledge.level(&miss.rule);
    let level = if level.is_empty() { String::new() } else { format!("{} · ", clean(level)) };
    let other = if miss.other_logsource { " · about another logsource, so not considered" } else { "" };
    let facts = format!("{level}{} · {} of {} parts held{other}", clean(&miss.rule), miss.held, miss.needed);
    writeln!(out, "    {}", terminal.paint(Style::Faint, &facts))?;
    for failed in &miss.failed {
        failed_predicate(out, failed, knowledge.rule(&miss.rule), terminal)?;
    }
    Ok(())
}

/// What did not hold, and what is there instead.
pub(super) fn failed_predicate(
    out: &mut dyn Write,
    failed: &FailedPredicate,
    rule: Option<&RuleNote>,
    terminal: &Terminal,
) -> fmt::Result {
    let field = if failed.field.is_empty() { "any value".into() } else { clean(&failed.field) };
    let more = match failed.values {
        0 | 1 => String::new(),
        values if failed.all => format!(" (value {} of {values}, all are needed)", failed.value + 1),
        values => format!(", or any of {} more", values - 1),
    };
    let rule = rule.cloned().unwrap_or_default();
    let selection = match failed.selection.as_str() {
        "" => String::new(),
        name if failed.negated => format!("not {}: ", rule.selection(name)),
        name => format!("{}: ", rule.failed_selection(name)),
    };
    writeln!(
        out,
        "    {} {selection}{field} {}{more}",
        terminal.paint(Style::High, "✗"),
        predicate::in_words(&failed.predicate)
    )?;
    match &failed.found {
        Some(found) => writeln!(out, "        it is: {}", clean(&shorten(found, FOUND_CHARACTERS_MAX))),
        None if failed.field.is_empty() => Ok(()),
        None => writeln!(out, "        the record has no such field"),
    }
}
