//! `glassbox score`: records in, findings out.

use std::{
    io::{self, BufWriter, IsTerminal},
    time::Instant,
};

use glassbox_deployment::state_file::StateFile;
use glassbox_explain::{Knowledge, clean::clean, numbers::grouped, reason};
use glassbox_report::{Sink, StoredFinding, UnscoredRecord};
use glassbox_run::{FaultPolicy, Opened, RunEnd, monotonic, run};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    say,
    session::{deploy, exit_of, open, tell_end},
};
use crate::{
    cli::{OnFaults, ScoreArgs},
    exit::{Exit, Failure, OrExit},
    output::{
        Terminal,
        format::{FindingWriter, Layout, Out},
        json::SummaryView,
        summary::{self, RunFacts},
    },
};

/// Unscored records told one by one with `--verbose`.
const UNSCORED_TOLD_MAX: u64 = 20;

pub(super) fn run_score(args: &ScoreArgs) -> Result<Exit, Failure> {
    let talk = args.sources.talk;
    let opened = open(&args.sources)?;
    let deployment = deploy(&args.sources.detector, talk)?;
    let mut options = opened.options();
    if args.on_faults == OnFaults::Quarantine {
        options.fault_policy = FaultPolicy::Quarantine(monotonic);
    }

    let out: Out = Box::new(BufWriter::new(io::stdout()));
    let layout = Layout { terminal: Terminal::of_stdout(), listed_max: args.limit };
    let began = Instant::now();
    let mut sink = ScoreSink {
        knowledge: deployment.knowledge(),
        writer: (args.format.open)(out, layout)?,
        min_score: args.min_score,
        below_min_score: 0,
        unscored_told: if talk.verbose { 0 } else { UNSCORED_TOLD_MAX },
        bar: bar(&opened, args),
        opened: &opened,
    };
    let inputs = opened.inputs(opened.records(&deployment));
    let ran = run(&deployment, options, opened.state.clone(), inputs, &mut sink);
    sink.bar.finish_and_clear();
    let end = ran?;
    let elapsed = began.elapsed();

    let account = opened.ledger.snapshot();
    let below_min_score = sink.below_min_score;
    let view = SummaryView {
        summary: &end.summary,
        below_min_score,
        sources: &account,
        plugin_digest: &deployment.knowledge().plugin_digest,
        pack_digest: &deployment.knowledge().pack_digest,
    };
    sink.writer.finish(deployment.knowledge(), view)?;
    tell_end(&end, talk);
    if !talk.quiet {
        let facts = RunFacts {
            elapsed,
            below_min_score,
            sources: &account,
            memory_bytes_peak: end.memory_bytes_peak,
            verbose: talk.verbose,
        };
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = summary::summary(&mut text, &end.summary, &facts);
        say(text.trim_end());
    } else {
        account
            .problems
            .iter()
            .for_each(|problem| say(format!("{}: {}", clean(&problem.source), clean(&problem.what))));
    }
    save_state(args, &opened, &end)?;
    Ok(exit_of(&end, &opened.ledger))
}

/// Keeps the state, unless the plugin never served.
fn save_state(args: &ScoreArgs, opened: &Opened, end: &RunEnd) -> Result<(), Failure> {
    match &args.sources.state {
        Some(path) if !end.refused => {
            let file = StateFile { seed: opened.settings.seed, state: Some(end.state.clone()) };
            Ok(file.write(path).or_exit(Exit::Failed)?)
        }
        _ => Ok(()),
    }
}

struct ScoreSink<'a> {
    knowledge: &'a Knowledge,
    writer: Box<dyn FindingWriter>,
    min_score: u32,
    below_min_score: u64,
    unscored_told: u64,
    bar: ProgressBar,
    opened: &'a Opened,
}

impl Sink for ScoreSink<'_> {
    fn found(&mut self, found: StoredFinding, _record: &[u8]) -> anyhow::Result<()> {
        if found.finding.probability < self.min_score {
            self.below_min_score += 1;
            return Ok(());
        }
        Ok(self.writer.found(found, self.knowledge)?)
    }

    fn unscored(&mut self, record: UnscoredRecord) -> anyhow::Result<()> {
        if self.unscored_told < UNSCORED_TOLD_MAX {
            self.unscored_told += 1;
            let place = reason::place(&record.source, record.position);
            self.bar.suspend(|| say(format!("unscored: {place}: {}", reason::why_unscored(&record.why))));
        }
        Ok(self.writer.unscored(record)?)
    }

    fn progress(&mut self, records: u64, _bytes: u64) {
        self.bar.set_position(self.opened.ledger.bytes());
        self.bar.set_message(format!("{} records", grouped(records)));
        // What cannot be written now fails again at the end, where it can be told.
        let _ = self.writer.flush();
    }
}

/// A progress bar on standard error, where people see it and it does not run into what is written.
fn bar(opened: &Opened, args: &ScoreArgs) -> ProgressBar {
    let streams = args.format.streams && io::stdout().is_terminal();
    if args.sources.talk.quiet || streams || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (length, template) = match opened.plan.bytes() {
        Some(bytes) => (Some(bytes), "{bar:30} {percent}% of {total_bytes}, {msg}, {elapsed}"),
        None => (None, "{spinner} {bytes} read, {msg}, {elapsed}"),
    };
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
