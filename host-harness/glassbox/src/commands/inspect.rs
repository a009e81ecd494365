//! `glassbox inspect`: what a plugin is, told from its bytes, and the limits that it would run under.

use std::fmt::Write as _;

use anyhow::Context;
use glassbox_deployment::{PluginSource, Sourced, find_plugin};
use glassbox_explain::{
    clean::clean,
    numbers::{self, grouped},
};
use glassbox_limits::{Limit, Profile};
use glassbox_sandbox::{Facts, Plugin};
use serde::Serialize;

use super::{print, say};
use crate::{
    cli::{InspectArgs, TextFormat},
    exit::{Exit, Failure, OrExit},
    output::json,
};

#[derive(Serialize)]
struct InspectView<'a> {
    plugin: &'a str,
    facts: &'a Facts,
    /// Why it would not be admitted; none where it would.
    refused: Option<String>,
    profile: Profile,
    limits: Vec<LimitView>,
}

/// A limit with its value here.
#[derive(Serialize)]
struct LimitView {
    name: &'static str,
    value: u64,
    least: u64,
    most: u64,
    about: &'static str,
}

pub(super) fn run(args: &InspectArgs) -> Result<Exit, Failure> {
    let Sourced { name, bytes, .. } =
        find_plugin(args.plugin.as_deref().map_or(PluginSource::Inside, PluginSource::File))?;
    let name = name.unwrap_or_else(|| "the plugin inside this glassbox".to_owned());
    let limits = args.sandbox.limits().or_exit(Exit::Usage)?;
    let facts = Plugin::inspect(&bytes).with_context(|| name.clone()).or_exit(Exit::Plugin)?;
    let refused = Plugin::admissible(&bytes, &facts, &limits.sandbox).err().map(|error| error.to_string());
    let view = InspectView {
        plugin: &name,
        facts: &facts,
        refused,
        profile: args.sandbox.profile,
        limits: limits
            .values()
            .into_iter()
            .map(|(&Limit { name, least, most, about, .. }, value)| LimitView { name, value, least, most, about })
            .collect(),
    };
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
    // Writing to a string cannot fail.
    let _ =
        writeln!(text, "\nLimits that it runs under (profile {}), with the bounds they may be set in", view.profile);
    for LimitView { name, value, least, most, .. } in &view.limits {
        let bounds = format!("{} to {}", grouped(*least), grouped(*most));
        let _ = writeln!(text, "  {name:<30} {:>14}  {bounds}", grouped(*value));
    }
    text
}
