//! `glassbox pack`: builds a pack with an account of every rule, and shows what is in one.

use std::{collections::BTreeMap, fmt::Write as _, fs, io::Write as _, path::Path};

use anyhow::Context;
use glassbox_deployment::{Deployment, PluginSource};
use glassbox_explain::{
    clean::{clean, shorten},
    knowledge::level_weight,
    numbers::{self, counted, grouped},
};
use glassbox_finding::Settings;
use glassbox_pack::{KnownAnswer, Pack, Provenance, sha256, to_hex};
use glassbox_packs::{self as packs, Built};
use glassbox_rules::{
    RuleMetadata,
    compile::{RuleAccount, RuleOutcome},
};
use serde::Serialize;

use super::{load::load_plugin, print, say, session::read_inputs};
use crate::{
    cli::{BuildArgs, TextFormat},
    exit::{Exit, Failure, OrExit},
    output::{Terminal, json, table},
    starter,
};

#[derive(Serialize)]
struct BuildView<'a> {
    pack: Option<String>,
    sha256: String,
    bytes: usize,
    loaded: usize,
    rejected: usize,
    rules: &'a [RuleAccount],
}

/// `glassbox pack build`.
pub(super) fn build(args: &BuildArgs) -> Result<Exit, Failure> {
    let inputs = read_inputs(&args.rules, &args.options, &args.sandbox)?;
    let read = |path: &Path| fs::read(path).with_context(|| format!("{} cannot be read", path.display()));
    let model = match &args.model {
        Some(path) => read(path).or_exit(Exit::Pack)?,
        None => starter::MODEL.as_bytes().to_vec(),
    };
    let context = args.context.as_deref().map(read).transpose().or_exit(Exit::Pack)?;
    let context = context.as_deref();
    inputs.warnings().for_each(|warning| say(clean(&warning)));
    let known = match &args.known {
        Some(path) => read(path)
            .and_then(|json| packs::read_known_answers(&json).with_context(|| path.display().to_string()))
            .map(Some)
            .or_exit(Exit::Pack)?,
        None => None,
    };
    let built = match &known {
        Some(known) => packs::build(inputs, &model, context, known),
        None => {
            let inside = load_plugin(PluginSource::Inside, &args.sandbox, args.talk)?;
            packs::build_with_specimens(inputs, &model, context, &inside)
        }
    };
    let built = built.or_exit(Exit::Pack)?;
    let rejected = built.rejected().count();
    let withheld = built.metadata.is_empty() || (args.strict && rejected > 0);
    if !withheld {
        try_pack(&built, known.as_deref().unwrap_or_default(), args)?;
        write_whole(&args.output, &built.bytes)?;
    }
    let view = BuildView {
        pack: (!withheld).then(|| args.output.display().to_string()),
        sha256: to_hex(&sha256(&built.bytes)),
        bytes: built.bytes.len(),
        loaded: built.accounts.iter().filter(|account| account.outcome == RuleOutcome::Loaded).count(),
        rejected,
        rules: &built.accounts,
    };
    match args.format {
        TextFormat::Json => json::write_pretty(&mut std::io::stdout().lock(), &view)?,
        TextFormat::Text => print(&account(&view, &built.metadata, args))?,
    }
    if built.metadata.is_empty() {
        return Err(Failure::new(Exit::Pack, "no rule could be loaded, so no pack was written; fix the rules above"));
    }
    if withheld {
        let what = format!("{} rejected, so with --strict no pack was written", counted(rejected as u64, "rule"));
        return Err(Failure::new(Exit::Pack, what));
    }
    Ok(if rejected > 0 { Exit::Rejected } else { Exit::Done })
}

/// A pack is written only when the plugin inside loads it and gives its known answers.
fn try_pack(built: &Built, known: &[KnownAnswer], args: &BuildArgs) -> Result<(), Failure> {
    let plugin = load_plugin(PluginSource::Inside, &args.sandbox, args.talk)?;
    let deployment = Deployment::new(plugin, built.bytes.clone())?.with_known_answers(known.to_vec());
    let refused = "the pack was built, and the plugin refuses it, so it was not written";
    let mut instance = deployment.start(Settings::default()).context(refused).or_exit(Exit::Pack)?;
    deployment.check_known_answers(&mut instance).context("the pack was not written").or_exit(Exit::Pack)
}

/// As a whole or not at all: beside it first, then in its place.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let write = || -> anyhow::Result<()> {
        let mut builder = tempfile::Builder::new();
        // A pack is no secret, unlike what temporary files are made for.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    Ok(write().with_context(|| format!("the pack cannot be written to {}", path.display()))?)
}

/// The account in words: how many by level and product, then every rejected rule.
fn account(view: &BuildView<'_>, metadata: &[RuleMetadata], args: &BuildArgs) -> String {
    let terminal = Terminal::of_stdout();
    let mut text = String::new();
    if !metadata.is_empty() {
        text.push_str(&by_level_and_product(metadata, &terminal));
    }
    if args.talk.verbose {
        let mut table = table::empty(&terminal);
        table.set_header(["loaded", "title", "file"]);
        for rule in metadata {
            table.add_row([clean(&rule.id), clean(&rule.title), clean(&rule.file)]);
        }
        text.push_str(&table::render(&table));
    }
    let rejected = || view.rules.iter().filter_map(|account| Some((account, account.rejection()?)));
    if rejected().next().is_some() {
        let mut table = table::empty(&terminal);
        table.set_header(["rejected", "rule", "why"]);
        for (account, reason) in rejected() {
            let rule = account.id.as_deref().or(account.title.as_deref()).unwrap_or("?");
            table.add_row([clean(&account.place()).into_owned(), clean(rule).into_owned(), clean(reason).into_owned()]);
        }
        text.push_str(&table::render(&table));
    }
    let filters: Vec<_> = view.rules.iter().filter_map(|account| Some((account, account.filtered()?))).collect();
    for (account, rules) in &filters {
        let title = clean(account.title.as_deref().unwrap_or("?"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "filter {title}: put upon {}", counted(u64::from(*rules), "rule"));
    }
    say_warnings(view.rules, args.talk.verbose);
    let (loaded, rejected) = (grouped(view.loaded as u64), grouped(view.rejected as u64));
    let total = counted(view.rules.iter().filter(|account| account.is_rule()).count() as u64, "rule");
    let _ = writeln!(text, "{total}: {loaded} loaded, {rejected} rejected");
    let others = view.rules.iter().filter(|account| account.passed_over().is_some()).count();
    if others > 0 {
        let _ = writeln!(text, "{} passed over that hold no rule; -v names each", counted(others as u64, "file"));
    }
    if let Some(pack) = &view.pack {
        let _ = writeln!(text, "{}: {}, sha256 {}", clean(pack), numbers::bytes(view.bytes as u64), view.sha256);
    }
    text
}

/// Warnings that are shown when nobody asks for all of them.
const WARNINGS_SHOWN_MAX: usize = 20;

/// Shows what was not understood and matching does not need, and, if all is asked for, what was passed over.
fn say_warnings(accounts: &[RuleAccount], verbose: bool) {
    let warnings = accounts.iter().flat_map(|account| account.warnings.iter().map(move |it| (account, it.as_str())));
    let others = accounts.iter().filter_map(|account| Some((account, account.passed_over()?)));
    let warnings: Vec<_> = warnings.chain(others.filter(|_| verbose)).collect();
    let shown = if verbose { warnings.len() } else { warnings.len().min(WARNINGS_SHOWN_MAX) };
    for (account, warning) in &warnings[..shown] {
        say(format!("{}: {}", clean(&account.place()), clean(warning)));
    }
    if warnings.len() > shown {
        say(format!("{} more; -v shows all", counted((warnings.len() - shown) as u64, "warning")));
    }
}

/// How many rules of each level there are for each product.
fn by_level_and_product(metadata: &[RuleMetadata], terminal: &Terminal) -> String {
    let mut levels: BTreeMap<(std::cmp::Reverse<u8>, &str), u64> = BTreeMap::new();
    let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for rule in metadata {
        let level = rule.level.map_or("no level", |level| level.name());
        let product = rule.logsource.product.as_deref().unwrap_or("any product");
        *levels.entry((std::cmp::Reverse(level_weight(level)), level)).or_default() += 1;
        *counts.entry(product).or_default().entry(level).or_default() += 1;
    }
    let names: Vec<_> = levels.keys().map(|(_, level)| *level).collect();
    let mut table = table::empty(terminal);
    table.set_header(["product"].iter().chain(&names).chain(&["all"]).copied());
    for (product, by_level) in &counts {
        let cells = names.iter().map(|level| by_level.get(level).map_or_else(String::new, |count| grouped(*count)));
        let all = grouped(by_level.values().sum());
        table.add_row([clean(product).into_owned()].into_iter().chain(cells).chain([all]));
    }
    let cells = levels.values().map(|count| grouped(*count));
    let all = grouped(metadata.len() as u64);
    table.add_row(["all".to_owned()].into_iter().chain(cells).chain([all]));
    table::render(&table)
}

#[derive(Serialize)]
struct ShowView<'a> {
    pack: String,
    sha256: String,
    bytes: usize,
    provenance: &'a Provenance,
    sections: Vec<SectionView>,
    rules: &'a [RuleMetadata],
    model: ModelView<'a>,
    known_answers: &'a [KnownAnswer],
}

#[derive(Serialize)]
struct SectionView {
    name: &'static str,
    bytes: usize,
    sha256: String,
}

#[derive(Serialize)]
struct ModelView<'a> {
    name: &'a str,
    note: &'a str,
    base: i32,
    terms: Vec<TermView<'a>>,
}

#[derive(Serialize)]
struct TermView<'a> {
    name: &'a str,
    title: &'a str,
    bins: usize,
    points_worst: i32,
    points_best: i32,
}

/// `glassbox pack show`.
pub(super) fn show(path: &Path, format: TextFormat) -> Result<Exit, Failure> {
    let bytes = packs::read_pack(path).or_exit(Exit::Pack)?;
    let pack = Pack::parse(&bytes).or_exit(Exit::Pack)?;
    let provenance = pack.provenance().or_exit(Exit::Pack)?;
    let rules = packs::metadata(&pack).or_exit(Exit::Pack)?;
    let model = packs::model(&pack).or_exit(Exit::Pack)?;
    let known = pack.known_answers().or_exit(Exit::Pack)?;
    let section = |(name, content): (&'static str, &[u8])| SectionView {
        name,
        bytes: content.len(),
        sha256: to_hex(&sha256(content)),
    };
    let terms = model.terms().iter().map(|term| {
        let (points_worst, points_best) = term.range();
        TermView { name: &term.name, title: &term.title, bins: term.bins.len(), points_worst, points_best }
    });
    let view = ShowView {
        pack: path.display().to_string(),
        sha256: to_hex(&pack.digest()),
        bytes: bytes.len(),
        provenance: &provenance,
        sections: pack.sections().map(section).collect(),
        rules: &rules,
        model: ModelView { name: model.name(), note: model.note(), base: model.base(), terms: terms.collect() },
        known_answers: &known,
    };
    match format {
        TextFormat::Json => json::write_pretty(&mut std::io::stdout().lock(), &view)?,
        TextFormat::Text => print(&shown(&view))?,
    }
    Ok(Exit::Done)
}

fn shown(view: &ShowView<'_>) -> String {
    let terminal = Terminal::of_stdout();
    let mut text = String::new();
    let provenance = view.provenance;
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}: {}, sha256 {}", clean(&view.pack), numbers::bytes(view.bytes as u64), view.sha256);
    let files = counted(provenance.sources.len() as u64, "file");
    let _ = writeln!(text, "built by {} {} from {files}", clean(&provenance.built_by), clean(&provenance.version));
    let counts: Vec<_> =
        provenance.counts.iter().map(|(name, count)| format!("{} {}", grouped(*count), clean(name))).collect();
    let _ = writeln!(text, "{}\n", counts.join(", "));

    let mut sections = table::empty(&terminal);
    sections.set_header(["section", "bytes", "sha256"]);
    for section in &view.sections {
        sections.add_row([section.name.to_owned(), grouped(section.bytes as u64), section.sha256.clone()]);
    }
    let _ = writeln!(text, "{}", table::render(&sections));
    if !view.rules.is_empty() {
        let _ = writeln!(text, "{}", by_level_and_product(view.rules, &terminal));
        let mut statuses: BTreeMap<&str, u64> = BTreeMap::new();
        for rule in view.rules {
            *statuses.entry(rule.status.map_or("none", |status| status.name())).or_default() += 1;
        }
        let statuses: Vec<_> = statuses.iter().map(|(status, count)| format!("{status} {}", grouped(*count))).collect();
        let _ = writeln!(text, "rules by status: {}\n", statuses.join(", "));
    }
    let model = &view.model;
    let _ = writeln!(
        text,
        "model {}: base {:+}, {}",
        clean(model.name),
        model.base,
        counted(model.terms.len() as u64, "term")
    );
    let mut terms = table::empty(&terminal);
    terms.set_header(["term", "about", "bins", "points"]);
    for term in &model.terms {
        let points = format!("{:+} to {:+}", term.points_worst, term.points_best);
        terms.add_row([clean(term.name).into_owned(), clean(term.title).into_owned(), term.bins.to_string(), points]);
    }
    let _ = writeln!(text, "{}", table::render(&terms));
    let _ = writeln!(text, "{}", counted(view.known_answers.len() as u64, "known answer"));
    for answer in view.known_answers {
        let what =
            if answer.expect.is_empty() { "stays quiet".into() } else { format!("hits {}", answer.expect.join(", ")) };
        let _ = writeln!(text, "  {}: {}", clean(&answer.name), clean(&shorten(&what, 120)));
    }
    text
}
