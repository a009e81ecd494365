//! `glassbox inspect`: what a plugin is, told from its bytes, and the limits that it would run under.

use std::fmt::Write as _;

use anyhow::Context;
use serde::Serialize;

use super::{print, say, session::read_plugin};
use crate::{
    cli::{InspectArgs, TextFormat},
    embedded,
    exit::{Exit, Failure, OrExit},
    limits::Limits,
    output::{
        clean::clean,
        json,
        numbers::{self, grouped},
    },
    sandbox::{Facts, Plugin},
};

#[derive(Serialize)]
struct InspectView<'a> {
    plugin: &'a str,
    facts: &'a Facts,
    /// Why it would not be admitted; none where it would.
    refused: Option<String>,
    limits: Vec<(&'static str, u64)>,
}

pub(super) fn run(args: &InspectArgs) -> Result<Exit, Failure> {
    let (name, bytes) = match &args.plugin {
        None => ("the plugin inside this glassbox".to_owned(), embedded::PLUGIN.to_vec()),
        Some(path) => (path.display().to_string(), read_plugin(path)?),
    };
    let limits = Limits::default();
    let facts = Plugin::inspect(&bytes).with_context(|| name.clone()).or_exit(Exit::Plugin)?;
    let refused = facts.admissible(&limits).err().map(|error| error.to_string());
    let view = InspectView { plugin: &name, facts: &facts, refused, limits: told(&limits) };
    match args.format {
        TextFormat::Json => json::write_pretty(&mut std::io::stdout().lock(), &view)?,
        TextFormat::Text => print(&text(&view))?,
    }
    match &view.refused {
        None => Ok(Exit::Done),
        Some(why) => {
            say(format!("this plugin would be refused: {}", clean(why)));
            Ok(Exit::Plugin)
        }
    }
}

fn text(view: &InspectView<'_>) -> String {
    let facts = view.facts;
    let list = |names: &[String]| {
        let names: Vec<_> = names.iter().map(|name| clean(name)).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    let known = |text: &Option<String>| text.as_deref().map_or_else(|| "none".to_owned(), |it| clean(it).into_owned());
    let rows = [
        ("plugin", clean(view.plugin).into_owned()),
        ("sha256", facts.digest.clone()),
        ("size", numbers::bytes(facts.size_bytes as u64)),
        ("world", known(&facts.world)),
        ("version", known(&facts.version)),
        ("imports", list(&facts.imports)),
        ("exports", list(&facts.exports)),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10} {value}");
    }
    text.push_str("\nLimits that it runs under\n");
    for (name, value) in &view.limits {
        let _ = writeln!(text, "  {name:<30} {:>12}", grouped(*value));
    }
    text
}

/// The limits by name, as `limits.rs` has them.
fn told(limits: &Limits) -> Vec<(&'static str, u64)> {
    let size = |size: usize| size as u64;
    vec![
        ("component_bytes_max", size(limits.component_bytes_max)),
        ("memory_bytes_max", size(limits.memory_bytes_max)),
        ("table_elements_max", size(limits.table_elements_max)),
        ("wasm_stack_bytes_max", size(limits.wasm_stack_bytes_max)),
        ("start_ms_max", limits.start_ms_max),
        ("configure_ms_max", limits.configure_ms_max),
        ("batch_ms_max", limits.batch_ms_max),
        ("explain_ms_max", limits.explain_ms_max),
        ("state_ms_max", limits.state_ms_max),
        ("record_bytes_max", size(limits.record_bytes_max)),
        ("batch_bytes_max", size(limits.batch_bytes_max)),
        ("batch_records_max", size(limits.batch_records_max)),
        ("reading_bytes_max", size(limits.reading_bytes_max)),
        ("outcome_bytes_max", size(limits.outcome_bytes_max)),
        ("explanation_bytes_max", size(limits.explanation_bytes_max)),
        ("state_bytes_max", size(limits.state_bytes_max)),
    ]
}
