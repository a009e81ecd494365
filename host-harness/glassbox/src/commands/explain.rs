//! `glassbox explain`: one record or one finding in full, or why there is none.
//!
//! A record is explained as `score` would have met it: the records before it are scored first, so that what depends
//! on history comes out the same.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use glassbox_check::{RecordContext, ValueNames};
use glassbox_deployment::Deployment;
use glassbox_explain::{clean::clean, explained::Explained, numbers::grouped, reason};
use glassbox_finding::TextPlace;
use glassbox_report::{
    Explanation, Position, Sink, SourceRecord, StoredFinding, UnscoredRecord, join_explanation, rank::Ranking,
};
use glassbox_run::{Opened, RunEnd, run};
use glassbox_sandbox::{Instance, broken};

use super::{
    print, say,
    session::{deploy, exit_of, open, tell_end},
};
use crate::{
    cli::{ExplainArgs, PageFormat},
    exit::{Exit, Failure, OrExit},
    output::{
        Terminal, html,
        json::{self, ExplainedView, UnscoredView, WhyNotView},
        text, why_not,
    },
};

/// Records explained one after another where none is chosen.
const RECORDS_EXPLAINED_MAX: usize = 20;
/// Digits of an id that are needed to choose a finding.
const ID_DIGITS_MIN: usize = 4;

pub(super) fn run_explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    let opened = open(&args.sources)?;
    if (args.line.is_some() || args.element.is_some()) && opened.plan.inputs.len() > 1 {
        let message =
            "--line and --element choose a record of one source; name one file, or choose with --rank or --id";
        return Err(Failure::new(Exit::Usage, message));
    }
    let deployment = deploy(&args.sources.detector, args.sources.talk)?;
    let explainer = Explainer { args, opened: &opened, deployment: &deployment };
    let exit = match (args.rank, args.id.as_deref()) {
        (Some(rank), _) => explainer.by_rank(rank),
        (_, Some(id)) => explainer.by_id(id),
        _ => explainer.records(),
    };
    for problem in opened.ledger.problems() {
        say(format!("{}: {}", clean(&problem.source), clean(&problem.what)));
    }
    exit
}

struct Explainer<'a> {
    args: &'a ExplainArgs,
    opened: &'a Opened,
    deployment: &'a Deployment,
}

impl Explainer<'_> {
    fn by_rank(&self, rank: usize) -> Result<Exit, Failure> {
        let mut sink = Ranking::new(Some(rank));
        let end = self.run(self.opened.records(self.deployment), &mut sink)?;
        let given = sink.given();
        match sink.into_ranked().get(rank.wrapping_sub(1)) {
            Some(found) => self.print_finding(found, Some(rank), &end)?,
            None => {
                let message = format!("there is no finding of rank {rank}: there are {}", grouped(given));
                return Err(Failure::new(Exit::NotFound, message));
            }
        }
        Ok(exit_of(&end, &self.opened.ledger))
    }

    fn by_id(&self, id: &str) -> Result<Exit, Failure> {
        let id = id.to_lowercase();
        if id.len() < ID_DIGITS_MIN || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let message = format!("--id takes at least the first {ID_DIGITS_MIN} hexadecimal digits of a finding's id");
            return Err(Failure::new(Exit::Usage, message));
        }
        let mut sink = Identified { id: &id, found: Vec::new() };
        let end = self.run(self.opened.records(self.deployment), &mut sink)?;
        match sink.found.as_slice() {
            [found] => self.print_finding(found, None, &end)?,
            [] => return Err(Failure::new(Exit::NotFound, format!("no finding has an id that begins with {id}"))),
            _ => {
                let message = format!("several findings have an id that begins with {id}; give more digits");
                return Err(Failure::new(Exit::NotFound, message));
            }
        }
        Ok(exit_of(&end, &self.opened.ledger))
    }

    /// The chosen record; without a choice, the first ones.
    fn records(&self) -> Result<Exit, Failure> {
        let chosen = self.args.line.map(Position::Line).or(self.args.element.map(Position::Element));
        let taken = Arc::new(Mutex::new(Taken::default()));
        let records = Choosing { records: self.opened.records(self.deployment), chosen, taken: Arc::clone(&taken) };
        let mut sink = Met::default();
        let end = self.run(records, &mut sink)?;
        let taken = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
        if taken.records.is_empty() {
            let message = match chosen {
                Some(position) => format!("there is no record at {}", reason::position(position)),
                None => "there are no records to explain".to_owned(),
            };
            let exit = if self.opened.ledger.problems().is_empty() { Exit::NotFound } else { Exit::Unread };
            return Err(Failure::new(exit, message));
        }
        let mut instance = None;
        for (at, record) in taken.records.iter().enumerate() {
            if at > 0 && self.args.format == PageFormat::Text {
                print("\n")?;
            }
            self.print_record(record, &mut sink, &mut instance, &end)?;
        }
        if taken.more {
            say(format!(
                "there are more records; these are the first {RECORDS_EXPLAINED_MAX}. Choose one with --line or --element"
            ));
        }
        Ok(exit_of(&end, &self.opened.ledger))
    }

    fn print_record(
        &self,
        record: &SourceRecord,
        met: &mut Met,
        instance: &mut Option<Instance>,
        end: &RunEnd,
    ) -> Result<(), Failure> {
        let source = self.opened.plan.inputs[record.source as usize].name();
        let key = (source.to_owned(), record.position);
        if let Some(found) = met.found.remove(&key) {
            return self.print_finding(&found, None, end);
        }
        if let Some(unscored) = met.unscored.remove(&key) {
            return self.print_unscored(&unscored);
        }
        let instance = match instance {
            Some(instance) => instance,
            none => none.insert(self.instance(end)?),
        };
        let explanation = self.explanation(instance, record)?;
        let knowledge = self.deployment.knowledge();
        match self.args.format {
            PageFormat::Json => {
                let view = WhyNotView::new(source, record.position, &explanation, knowledge);
                Ok(json::write_line(&mut io::stdout().lock(), &view)?)
            }
            format => {
                let terminal = if format == PageFormat::Html { Terminal::plain() } else { Terminal::of_stdout() };
                let mut page = String::new();
                // Writing to a string cannot fail.
                let _ = why_not::explanation(&mut page, source, record.position, &explanation, knowledge, &terminal);
                self.print_page("Why there is no finding", &page)
            }
        }
    }

    /// An instance in the state that the run ended with.
    fn instance(&self, end: &RunEnd) -> Result<Instance, Failure> {
        let mut instance = self.deployment.start(self.opened.settings).or_exit(Exit::Plugin)?;
        if !end.state.is_empty() {
            instance.restore(&end.state).or_exit(Exit::Plugin)?.or_exit(Exit::State)?;
        }
        Ok(instance)
    }

    /// What the plugin says of a record without a finding, held to the record like a finding is.
    fn explanation(&self, instance: &mut Instance, record: &SourceRecord) -> Result<Explanation, Failure> {
        let deployment = self.deployment;
        let origin = self.opened.origin();
        let explained = instance.explain(&record.bytes, &origin).or_exit(Exit::Faulted)?.or_exit(Exit::Failed)?;
        let context = RecordContext::alone(&record.bytes, &origin.frame, explained.class.map);
        deployment
            .checker()
            .check_explanation(context, &explained)
            .map_err(|violation| broken("explain", &violation.to_string()))
            .or_exit(Exit::Faulted)?;
        let map = deployment.maps().get(explained.class.map as usize).map(String::as_str);
        let names = ValueNames::read(&record.bytes, map);
        let name = |place: &TextPlace| names.name(place).unwrap_or_default();
        Ok(join_explanation(&explained, &record.bytes, deployment.maps(), deployment.directory(), &name))
    }

    fn run(
        &self,
        records: impl Iterator<Item = anyhow::Result<SourceRecord>> + Send,
        sink: &mut dyn Sink,
    ) -> Result<RunEnd, Failure> {
        let inputs = self.opened.inputs(records);
        let (deployment, options) = (self.deployment, self.opened.options());
        let end = run(deployment, options, self.opened.state.clone(), inputs, sink)?;
        tell_end(&end, self.args.sources.talk);
        Ok(end)
    }

    fn print_finding(&self, found: &StoredFinding, rank: Option<usize>, end: &RunEnd) -> Result<(), Failure> {
        let knowledge = self.deployment.knowledge();
        let explained = Explained::new(found, knowledge, Some(&end.state));
        match self.args.format {
            PageFormat::Json => {
                let view = ExplainedView::new(found, &explained, knowledge, rank);
                Ok(json::write_line(&mut io::stdout().lock(), &view)?)
            }
            PageFormat::Html => print(&html::finding(&explained)?),
            PageFormat::Text => {
                let mut page = String::new();
                // Writing to a string cannot fail.
                let _ = text::finding(&mut page, &explained, &Terminal::of_stdout());
                print(&page)
            }
        }
    }

    /// Text as it is, or as a page.
    fn print_page(&self, title: &str, text: &str) -> Result<(), Failure> {
        match self.args.format {
            PageFormat::Html => print(&html::note(title, text)?),
            _ => print(text),
        }
    }

    fn print_unscored(&self, record: &UnscoredRecord) -> Result<(), Failure> {
        match self.args.format {
            PageFormat::Json => Ok(json::write_line(&mut io::stdout().lock(), &UnscoredView::from(record))?),
            PageFormat::Html | PageFormat::Text => {
                let place = reason::place(&record.source, record.position);
                let text = format!("The record at {place} was not scored: {}.\n", reason::why_unscored(&record.why));
                self.print_page("Why there is no score", &text)
            }
        }
    }
}

/// Records seen on the way to the run that are to be explained.
#[derive(Default)]
struct Taken {
    records: Vec<SourceRecord>,
    /// Whether there were more than are explained.
    more: bool,
}

/// Hands records on up to the chosen one, and keeps what is to be explained.
struct Choosing<I> {
    records: I,
    chosen: Option<Position>,
    taken: Arc<Mutex<Taken>>,
}

impl<I: Iterator<Item = anyhow::Result<SourceRecord>>> Iterator for Choosing<I> {
    type Item = anyhow::Result<SourceRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if self.chosen.is_some() && !taken.records.is_empty() {
            return None;
        }
        let record = match self.records.next()? {
            Ok(record) => record,
            Err(error) => return Some(Err(error)),
        };
        if taken.records.len() >= RECORDS_EXPLAINED_MAX {
            taken.more = true;
            return None;
        }
        if self.chosen.is_none_or(|position| position == record.position) {
            taken.records.push(record.clone());
        }
        Some(Ok(record))
    }
}

/// What a run said, by place.
#[derive(Default)]
struct Met {
    found: BTreeMap<(String, Position), StoredFinding>,
    unscored: BTreeMap<(String, Position), UnscoredRecord>,
}

impl Sink for Met {
    fn found(&mut self, found: StoredFinding, _record: &[u8]) -> anyhow::Result<()> {
        self.found.insert((found.source.clone(), found.position), found);
        Ok(())
    }

    fn unscored(&mut self, record: UnscoredRecord) -> anyhow::Result<()> {
        self.unscored.insert((record.source.clone(), record.position), record);
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}

struct Identified<'a> {
    id: &'a str,
    found: Vec<StoredFinding>,
}

impl Sink for Identified<'_> {
    fn found(&mut self, found: StoredFinding, _record: &[u8]) -> anyhow::Result<()> {
        if found.id.starts_with(self.id) {
            self.found.push(found);
        }
        Ok(())
    }

    fn unscored(&mut self, _record: UnscoredRecord) -> anyhow::Result<()> {
        Ok(())
    }

    fn progress(&mut self, _records: u64, _bytes: u64) {}
}
