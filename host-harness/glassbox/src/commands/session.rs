//! What scoring and explaining begin with, from the command line: a deployment, sources, a state; and how a run ends.

use std::path::PathBuf;

use glassbox_deployment::{Deployment, PluginSource};
use glassbox_explain::{clean::clean, numbers::counted};
use glassbox_packs::{self as packs, Built, RuleInputs};
use glassbox_run::{OpenOptions, Opened, RunEnd};
use glassbox_source::Ledger;

use super::{
    load::{load_detector, load_plugin, named_pack},
    say,
};
use crate::{
    cli::{Detector, RuleOptions, SandboxArgs, Sources, Talk},
    exit::{Exit, Failure, OrExit},
    starter,
};

/// Rejected rules named one by one where a pack is built in passing.
const REJECTED_NAMED_MAX: usize = 3;

/// Loads what the user named, else what the binary carries.
pub(super) fn deploy(detector: &Detector, talk: Talk) -> Result<Deployment, Failure> {
    let pack = match (named_pack(detector, talk)?, detector.rules.as_slice()) {
        (Some(pack), _) => pack,
        (None, []) => starter::pack().or_exit(Exit::Pack)?.bytes,
        (None, rules) => {
            let inputs = read_inputs(rules, &detector.options, &detector.sandbox)?;
            let inside = load_plugin(PluginSource::Inside, &SandboxArgs::default(), talk)?;
            let built = packs::build_with_specimens(inputs, starter::MODEL.as_bytes(), None, &inside);
            let built = built.or_exit(Exit::Pack)?;
            tell_rejected(&built, talk)?;
            built.bytes
        }
    };
    Ok(Deployment::new(load_detector(detector, talk)?, pack)?)
}

/// Finds the sources, and reads the state.
pub(super) fn open(sources: &Sources) -> Result<Opened, Failure> {
    let limits = sources.detector.sandbox.limits().or_exit(Exit::Usage)?;
    let options = OpenOptions {
        paths: &sources.paths,
        state: sources.state.as_deref(),
        from: sources.from,
        to: sources.to,
        threads: sources.threads.map(usize::from),
        hint: sources.logsource.clone(),
        source_limits: limits.source,
        limits: limits.run,
    };
    Ok(Opened::new(&options)?)
}

/// Everything that rules are compiled from.
pub(super) fn read_inputs(
    rules: &[PathBuf],
    options: &RuleOptions,
    sandbox: &SandboxArgs,
) -> Result<RuleInputs, Failure> {
    let RuleOptions { pipelines, filters, placeholders } = options;
    let limits = sandbox.limits().or_exit(Exit::Usage)?.packs;
    RuleInputs::read(rules, filters, pipelines, placeholders, &limits).or_exit(Exit::Pack)
}

/// Rules that did not make it into a pack built in passing. Without any rule there is nothing to score with.
pub(super) fn tell_rejected(built: &Built, talk: Talk) -> Result<(), Failure> {
    let rejected: Vec<_> = built.rejected().collect();
    let named = rejected.iter().take(if talk.verbose { usize::MAX } else { REJECTED_NAMED_MAX });
    let named: Vec<_> = named
        .map(|account| format!("  {}: {}", clean(&account.place()), clean(account.rejection().unwrap_or_default())))
        .collect();
    if built.metadata.is_empty() {
        let others = built.accounts.iter().filter_map(|account| Some((account, account.passed_over()?)));
        let others = others.map(|(account, reason)| format!("  {}: {}", clean(&account.place()), clean(reason)));
        let named: Vec<_> = named.into_iter().chain(others.take(REJECTED_NAMED_MAX)).collect();
        let message = format!("no rule could be loaded; fix the rules or name others\n{}", named.join("\n"));
        // The lines are clean already, and their ends are meant.
        say(format!("glassbox: {message}"));
        return Err(Failure::new(Exit::Pack, "there is nothing to score with"));
    }
    if !rejected.is_empty() && !talk.quiet {
        let total = counted(built.rules() as u64, "rule");
        say(format!("{} of {total} rejected; `glassbox pack build` names each:\n{}", rejected.len(), named.join("\n")));
    }
    let warned = built.accounts.iter().filter(|account| !account.warnings.is_empty()).count();
    if warned > 0 && !talk.quiet {
        say(format!("{} loaded with warnings; `glassbox pack build` shows them", counted(warned as u64, "rule")));
    }
    Ok(())
}

/// The worst that happened in a run that went to its end.
pub(super) fn exit_of(end: &RunEnd, ledger: &Ledger) -> Exit {
    if end.refused {
        Exit::Plugin
    } else if !end.summary.faults.is_empty() || end.out_of_service.is_some() {
        Exit::Faulted
    } else if !ledger.problems().is_empty() {
        Exit::Unread
    } else {
        Exit::Done
    }
}

/// What must be said of a run's end whatever the format.
pub(super) fn tell_end(end: &RunEnd, talk: Talk) {
    if let Some(why) = &end.out_of_service {
        let what = if end.refused { "the plugin was refused" } else { "the plugin was taken out of service" };
        say(format!("{what}: {}; records without a score go to people", clean(why)));
    }
    if !end.restored.dropped.is_empty() && !talk.quiet {
        let dropped: Vec<_> = end.restored.dropped.iter().map(|section| clean(section)).collect();
        say(format!("of the saved state, these were dropped as their definition changed: {}", dropped.join(", ")));
    }
}
