//! `glassbox score`: records in, findings out, in one of four formats.

use std::{
    fmt::Write as _,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    time::Instant,
};

use glassbox_deployment::state_file::StateFile;
use glassbox_explain::{Knowledge, clean::clean, numbers::grouped, reason};
use glassbox_report::{Sink, StoredFinding, UnscoredRecord, rank::Ranking};
use glassbox_run::{FaultPolicy, RunEnd, monotonic, run};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    print, say,
    session::{Opened, Session, exit_of, run_failure, tell_end},
};
use crate::{
    cli::{OnFaults, ScoreArgs, ScoreFormat},
    exit::{Exit, Failure},
    output::{
        Terminal,
        csv::CsvWriter,
        json::{self, Document, FindingView, SummaryView, UnscoredView},
        summary::{self, Facts},
        table,
    },
};

/// Unscored records told one by one with `--verbose`.
const UNSCORED_TOLD_MAX: u64 = 20;

pub(super) fn run_score(args: &ScoreArgs) -> Result<Exit, Failure> {
    let talk = args.sources.talk;
    let opened = Opened::new(&args.sources)?;
    let session = Session::open(&args.sources.detector, talk)?;
    let terminal = Terminal::of_stdout();
    let mut options = opened.options();
    if args.on_faults == OnFaults::Quarantine {
        options.fault_policy = FaultPolicy::Quarantine(monotonic);
    }

    let began = Instant::now();
    let mut sink = ScoreSink {
        knowledge: &session.knowledge,
        lines: Lines::new(args)?,
        min_score: args.min_score,
        below_min_score: 0,
        unscored_told: if talk.verbose { 0 } else { UNSCORED_TOLD_MAX },
        bar: bar(&opened, args),
        opened: &opened,
    };
    let ran =
        run(&session.deployment, options, opened.state.clone(), opened.inputs(opened.records(&session)), &mut sink);
    sink.bar.finish_and_clear();
    let end = ran.map_err(run_failure)?;
    let elapsed = began.elapsed();

    let problems = opened.ledger.problems();
    let below_min_score = sink.below_min_score;
    let view = SummaryView {
        summary: &end.summary,
        below_min_score,
        problems: &problems,
        plugin_digest: &session.knowledge.plugin_digest,
        pack_digest: &session.knowledge.pack_digest,
    };
    sink.lines.finish(&session.knowledge, view, &terminal)?;
    tell_end(&end, talk);
    if !talk.quiet {
        let facts = Facts {
            elapsed,
            below_min_score,
            problems: &problems,
            skipped: opened.plan.skipped,
            memory_bytes_peak: end.memory_bytes_peak,
            verbose: talk.verbose,
        };
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = summary::summary(&mut text, &end.summary, &facts);
        say(text.trim_end());
    } else {
        problems.iter().for_each(|problem| say(format!("{}: {}", clean(&problem.source), clean(&problem.what))));
    }
    save_state(args, &opened, &end)?;
    Ok(exit_of(&end, &opened.ledger))
}

/// Keeps the state, unless the plugin never served.
fn save_state(args: &ScoreArgs, opened: &Opened, end: &RunEnd) -> Result<(), Failure> {
    match &args.sources.state {
        Some(path) if !end.refused => {
            let file = StateFile { seed: opened.settings.seed, state: Some(end.state.clone()) };
            Ok(file.write(path)?)
        }
        _ => Ok(()),
    }
}

/// What was found, on its way to standard output.
enum Lines {
    Table(Ranking),
    Json { ranking: Ranking, unscored: Vec<UnscoredRecord> },
    Ndjson(BufWriter<Stdout>),
    Csv(Box<CsvWriter<BufWriter<Stdout>>>),
}

impl Lines {
    fn new(args: &ScoreArgs) -> io::Result<Self> {
        let out = BufWriter::new(io::stdout());
        Ok(match args.format {
            ScoreFormat::Table => Self::Table(Ranking::new(Some(args.limit))),
            ScoreFormat::Json => Self::Json { ranking: Ranking::new(None), unscored: Vec::new() },
            ScoreFormat::Ndjson => Self::Ndjson(out),
            ScoreFormat::Csv => Self::Csv(Box::new(CsvWriter::new(out)?)),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Table(_) | Self::Json { .. } => Ok(()),
            Self::Ndjson(out) => out.flush(),
            Self::Csv(rows) => rows.flush(),
        }
    }

    /// Writes what had to wait for the end.
    fn finish(self, knowledge: &Knowledge, summary: SummaryView<'_>, terminal: &Terminal) -> Result<(), Failure> {
        match self {
            Self::Table(ranking) => {
                let given = ranking.given();
                let ranked = ranking.into_ranked();
                let mut text = String::new();
                if !ranked.is_empty() {
                    text = table::findings(&ranked, 1, knowledge, terminal);
                }
                let more = given - ranked.len() as u64;
                if more > 0 {
                    // Writing to a string cannot fail.
                    let _ = writeln!(text, "and {} more: see them with --limit or --format ndjson", grouped(more));
                }
                print(&text)
            }
            Self::Json { ranking, unscored } => {
                let ranked = ranking.into_ranked();
                let findings = ranked.iter().enumerate();
                let findings = findings.map(|(at, found)| FindingView::new(found, knowledge, Some(at + 1))).collect();
                let unscored = unscored.iter().map(UnscoredView::from).collect();
                let mut out = BufWriter::new(io::stdout());
                json::write_pretty(&mut out, &Document { summary, findings, unscored })?;
                Ok(out.flush()?)
            }
            Self::Ndjson(mut out) => Ok(out.flush()?),
            Self::Csv(mut rows) => Ok(rows.flush()?),
        }
    }
}

struct ScoreSink<'a> {
    knowledge: &'a Knowledge,
    lines: Lines,
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
        match &mut self.lines {
            Lines::Table(ranking) | Lines::Json { ranking, .. } => ranking.push(found),
            Lines::Ndjson(out) => json::write_line(out, &FindingView::new(&found, self.knowledge, None))?,
            Lines::Csv(rows) => rows.write(&found, self.knowledge)?,
        }
        Ok(())
    }

    fn unscored(&mut self, record: UnscoredRecord) -> anyhow::Result<()> {
        if self.unscored_told < UNSCORED_TOLD_MAX {
            self.unscored_told += 1;
            let place = reason::place(&record.source, record.position);
            self.bar.suspend(|| say(format!("unscored: {place}: {}", reason::why_unscored(&record.why))));
        }
        match &mut self.lines {
            Lines::Json { unscored, .. } => unscored.push(record),
            Lines::Ndjson(out) => json::write_line(out, &UnscoredView::from(&record))?,
            Lines::Table(_) | Lines::Csv(_) => {}
        }
        Ok(())
    }

    fn progress(&mut self, records: u64, _bytes: u64) {
        self.bar.set_position(self.opened.ledger.bytes());
        self.bar.set_message(format!("{} records", grouped(records)));
        // What cannot be written now fails again at the end, where it can be told.
        let _ = self.lines.flush();
    }
}

/// A progress bar on standard error, where people see it and it does not run into what is written.
fn bar(opened: &Opened, args: &ScoreArgs) -> ProgressBar {
    let streams = matches!(args.format, ScoreFormat::Ndjson | ScoreFormat::Csv) && io::stdout().is_terminal();
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
