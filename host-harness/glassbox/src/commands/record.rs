//! `glassbox record` and `glassbox replay`: the calls of a run, written down and made again.

use std::{fs::File, io, path::Path};

use anyhow::Context;
use glassbox_deployment::PluginSource;
use glassbox_explain::numbers::counted;
use glassbox_report::{Sink, StoredFinding, UnscoredRecord};
use glassbox_run::run;
use glassbox_sandbox::{Difference, Recorder, Replayed, replay};
use serde::Serialize;

use super::{
    load::load_plugin,
    print, say,
    session::{deploy, exit_of, open, tell_end},
};
use crate::{
    cli::{RecordArgs, ReplayArgs, TextFormat},
    exit::{Exit, Failure, OrExit},
    output::json,
};

/// What a run finds is not listed here.
struct Uncounted;

impl Sink for Uncounted {
    fn found(&mut self, _found: StoredFinding, _record: &[u8]) -> anyhow::Result<()> {
        Ok(())
    }

    fn unscored(&mut self, _record: UnscoredRecord) -> anyhow::Result<()> {
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}

pub(super) fn run_record(args: &RecordArgs) -> Result<Exit, Failure> {
    let talk = args.sources.talk;
    let opened = open(&args.sources)?;
    let mut deployment = deploy(&args.sources.detector, talk)?;
    let failed = || format!("the recording {} cannot be written", args.output);
    let recorder = Recorder::create(Path::new(&args.output), deployment.plugin().digest()).with_context(failed)?;
    deployment.plugin_mut().record_to(recorder.clone());
    let inputs = opened.inputs(opened.records(&deployment));
    let ran = run(&deployment, opened.options(), opened.state.clone(), inputs, &mut Uncounted);
    let end = ran?;
    let calls = recorder.finish().with_context(failed)?;
    tell_end(&end, talk);
    if !talk.quiet {
        let records = counted(end.summary.records, "record");
        let findings = counted(end.summary.findings, "finding");
        say(format!("{}: {} of the plugin, over {records} with {findings}", args.output, counted(calls, "call")));
    }
    Ok(exit_of(&end, &opened.ledger))
}

#[derive(Serialize)]
struct ReplayView<'a> {
    plugin: &'a str,
    same_plugin: bool,
    #[serde(flatten)]
    replayed: &'a Replayed,
}

pub(super) fn run_replay(args: &ReplayArgs) -> Result<Exit, Failure> {
    let name = args.recording.display().to_string();
    let source = args.plugin.as_deref().map_or(PluginSource::Inside, PluginSource::File);
    let plugin = load_plugin(source, &args.sandbox, args.talk)?;
    let file = File::open(&args.recording).with_context(|| format!("the recording {name} cannot be read"));
    let file = file.or_exit(Exit::Unread)?;
    let replayed = replay(&plugin, file, args.assert).with_context(|| name.clone()).or_exit(Exit::Unread)?;
    let same_plugin = plugin.digest() == replayed.recorded_plugin;
    let view = ReplayView { plugin: plugin.digest(), same_plugin, replayed: &replayed };
    match args.format {
        TextFormat::Json => json::write_pretty(&mut io::stdout().lock(), &view)?,
        TextFormat::Text => print(&text(&view))?,
    }
    Ok(if args.assert && replayed.differing > 0 { Exit::Differs } else { Exit::Done })
}

fn text(view: &ReplayView<'_>) -> String {
    let Replayed { recorded_plugin, calls, differing, first } = view.replayed;
    let mut text = String::new();
    if !view.same_plugin {
        text.push_str(&format!("recorded with plugin {recorded_plugin}\nreplayed on plugin   {}\n", view.plugin));
    }
    let calls = counted(*calls, "call");
    let Some(Difference { call, name, instance, place, recorded, replayed }) = first else {
        return format!("{text}{calls}, every answer is the recorded one\n");
    };
    text.push_str(&format!(
        "{calls}, {differing} answered differently; the first is call {call}, {name} of instance {instance}:\n  \
         at       {place}\n  recorded {recorded}\n  replayed {replayed}\n"
    ));
    text
}
