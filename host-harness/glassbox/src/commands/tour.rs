//! `glassbox` alone: the main job on what the binary carries, explained as it goes.

use std::{fmt::Write as _, time::Instant};

use glassbox_deployment::{Deployment, PluginSource};
use glassbox_explain::{explained::Explained, numbers::counted};
use glassbox_finding::Settings;
use glassbox_report::{StoredFinding, rank::Ranking};
use glassbox_run::{Opened, run};
use glassbox_source::Plan;

use super::{
    load::load_plugin,
    print,
    session::{exit_of, tell_end},
};
use crate::{
    cli::{SandboxArgs, Talk},
    exit::{Exit, Failure, OrExit},
    output::{
        Terminal,
        summary::{self, RunFacts},
        table,
        terminal::Style,
        text,
    },
    starter,
};

/// Findings listed.
const FINDINGS_LISTED: usize = 12;

pub(super) fn run_tour() -> Result<Exit, Failure> {
    let terminal = Terminal::of_stdout();
    let built = starter::pack().or_exit(Exit::Pack)?;
    let rules = counted(built.metadata.len() as u64, "Sigma rule");
    print(&format!(
        "{}\n\n",
        terminal.paint(
            Style::Heading,
            &format!("Glassbox scores a sample day of a small company with {rules}, inside a WebAssembly sandbox.")
        )
    ))?;
    let plugin = load_plugin(PluginSource::Inside, &SandboxArgs::default(), Talk::default())?;
    let deployment = Deployment::new(plugin, built.bytes)?;
    let plan = Plan::of(starter::records());
    let opened = Opened { settings: Settings::default(), ..Opened::of_plan(plan) };
    let mut ranking = Ranking::new(Some(FINDINGS_LISTED));
    let began = Instant::now();
    let inputs = opened.inputs(opened.records(&deployment));
    let end = run(&deployment, opened.options(), None, inputs, &mut ranking)?;
    let elapsed = began.elapsed();

    let given = ranking.given();
    let ranked = ranking.into_ranked();
    let mut page = String::new();
    if !ranked.is_empty() {
        page = table::findings(&ranked, 1, deployment.knowledge(), &terminal);
    }
    let more = given - ranked.len() as u64;
    // Writing to a string cannot fail.
    let _ = write_rest(&mut page, &ranked, more, &deployment, &terminal);
    let account = opened.ledger.snapshot();
    let facts = RunFacts {
        elapsed,
        below_min_score: 0,
        sources: &account,
        memory_bytes_peak: end.memory_bytes_peak,
        verbose: false,
    };
    let _ = heading(&mut page, &terminal, "The account of every record");
    let _ = summary::summary(&mut page, &end.summary, &facts);
    let _ = heading(&mut page, &terminal, "Next");
    page.push_str(NEXT);
    print(&page)?;
    tell_end(&end, Talk::default());
    Ok(exit_of(&end, &opened.ledger))
}

const NEXT: &str = "  glassbox score PATH...                 your own logs: files, folders, or - for standard input
  glassbox score PATH --rules RULES      with your own Sigma rules
  glassbox explain PATH --line N         one record in full, or why it has no finding
";

fn write_rest(
    page: &mut String,
    ranked: &[StoredFinding],
    more: u64,
    deployment: &Deployment,
    terminal: &Terminal,
) -> std::fmt::Result {
    if more > 0 {
        writeln!(page, "and {} of lower rank", counted(more, "finding"))?;
    }
    if let Some(first) = ranked.first() {
        heading(page, terminal, "The first one in full")?;
        page.push('\n');
        text::finding(page, &Explained::new(first, deployment.knowledge(), None), terminal)?;
    }
    Ok(())
}

fn heading(page: &mut String, terminal: &Terminal, text: &str) -> std::fmt::Result {
    let line = "─".repeat(terminal.prose_width().saturating_sub(text.chars().count() + 4));
    writeln!(page, "\n{}", terminal.paint(Style::Heading, &format!("── {text} {line}")))
}
