//! The plugin as plain Rust: the contract's functions on one configured value.

use glassbox_baseline::{Baseline, Seed};
use glassbox_finding::{
    Batch, ConfigureError, Description, EventTime, ExplainError, Explanation, FieldPlace, JudgeError, NO_CLASS, Notes,
    Origin, Outcome, PackSummary, ReadError, Reading, RecordView, Restored, Sequence, Settings, StateError, TextPlace,
    Unscored, View,
    limits::{VIEW_FIELDS_MAX, VIEW_VALUES_MAX},
};
use glassbox_maps::MapId;
use glassbox_matcher::Considered;
use glassbox_pack::{CONTEXT, MODEL, Pack, RULES, directory};
use glassbox_rules::RuleSet;
use glassbox_score::{Context, Model};

use crate::{
    classes::Classes,
    judge::Judge,
    note::{Counts, Note, NoteError},
    read::{Explained, NO_HINT, RecordReader, Scratch, check_batch},
    state,
};

/// A configured plugin.
#[derive(Debug)]
pub struct Detector {
    reader: RecordReader,
    judge: Judge,
    state: Baseline,
    scratch: Scratch,
    settings: Settings,
}

impl Detector {
    /// Who the plugin says it is.
    #[must_use]
    pub fn describe() -> Description {
        Description {
            name: "glassbox".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            maps: MapId::all().map(|map| map.to_string()).collect(),
            pack_format_max: glassbox_pack::FORMAT,
        }
    }

    /// Loads a pack.
    ///
    /// # Errors
    /// When the pack or the settings cannot be used.
    pub fn configure(pack: &[u8], settings: &Settings) -> Result<(Self, PackSummary), ConfigureError> {
        if let (Some(from), Some(to)) = (settings.from, settings.to)
            && to < from
        {
            return Err(ConfigureError::EmptyWindow);
        }
        let pack = Pack::parse_table(pack)?;
        let invalid =
            |section: &str, reason: String| ConfigureError::InvalidSection { section: section.into(), reason };
        let set = RuleSet::decode(pack.require(RULES)?).map_err(|error| invalid(RULES, error.to_string()))?;
        let model = Model::open(pack.require(MODEL)?).map_err(|error| invalid(MODEL, error.to_string()))?;
        let context = pack.optional(CONTEXT)?.map(Context::parse).transpose();
        let context = context.map_err(|error| invalid(CONTEXT, error.to_string()))?.unwrap_or_default();
        let digest = pack.digest();
        let reader = RecordReader::new(set, &model, context.clone(), *settings, &digest)
            .map_err(|error| invalid(MODEL, error.to_string()))?;
        let summary = directory::summary(digest, reader.matcher.set(), &model, reader.fields);
        let judge = Judge::new(reader.matcher.set(), model, context, settings.seed);
        let state = Baseline::new(Seed(settings.seed));
        Ok((Self { reader, judge, state, scratch: Scratch::default(), settings: *settings }, summary))
    }

    /// Reads a batch.
    ///
    /// # Errors
    /// When the batch is not one.
    pub fn read(&mut self, batch: &Batch) -> Result<Reading, ReadError> {
        self.reader.read(batch, &mut self.scratch)
    }

    /// Judges notes in judge order.
    ///
    /// # Errors
    /// When a note is not one that `read` made under the same pack and seed, or when sequences do not ascend; nothing is
    /// judged then.
    pub fn judge(&mut self, notes: &Notes, sequences: &[Sequence]) -> Result<Outcome, JudgeError> {
        if let Some(position) = notes.first_bad_end() {
            return Err(JudgeError::Malformed(position as u32));
        }
        if notes.len() > self.settings.limits.batch_records_max as usize {
            return Err(JudgeError::OutcomeTooLarge);
        }
        check_sequences(notes.len(), sequences)?;
        let set = self.reader.matcher.set();
        let counts = Counts { rules: set.rules.len(), fields: self.reader.fields };
        let mut read = Vec::with_capacity(notes.len());
        for (position, note) in notes.iter().enumerate() {
            read.push(Note::read(note, self.reader.tag, counts).map_err(|error| match error {
                NoteError::Foreign => JudgeError::Foreign(position as u32),
                NoteError::Malformed => JudgeError::Malformed(position as u32),
            })?);
        }
        let mut outcome = Outcome::default();
        for (note, &at) in read.into_iter().zip(sequences) {
            match self.judge.judge(note, at, set, &mut self.state) {
                Some(finding) => outcome.findings.push(finding),
                None => outcome.quiet += 1,
            }
        }
        Ok(outcome)
    }

    /// Time passes without a record. No window is open yet, so nothing follows.
    ///
    /// # Errors
    /// None.
    pub fn advance(&mut self, _at: Sequence, _to: Option<EventTime>) -> Result<Outcome, JudgeError> {
        Ok(Outcome::default())
    }

    /// Explains one record against the state as it is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn explain(&mut self, record: &[u8], origin: &Origin) -> Result<Explanation, ExplainError> {
        let explained = self.reader.explain(record, origin, &mut self.scratch);
        let Explained { mut explanation, note } = explained
            .map_err(|error| ExplainError::Unscored(Unscored { index: 0, reason: error.reason, at: error.at }))?;
        explanation.finding = self.judge.explain(note, self.reader.matcher.set(), &self.state);
        Ok(explanation)
    }

    /// Which map, logsource, time and values the records of a batch have.
    ///
    /// # Errors
    /// When the batch is not one, or too many fields are asked for.
    pub fn view(&mut self, batch: &Batch, fields: &[u32]) -> Result<View, ReadError> {
        check_batch(batch, &self.settings.limits)?;
        if fields.len() > VIEW_FIELDS_MAX {
            return Err(ReadError::ReadingTooLarge);
        }
        let mut view = View::default();
        let mut classes = Classes::default();
        for index in 0..batch.len() {
            let hint = batch.origin(index).map_or(&NO_HINT, |origin| &origin.hint);
            let Ok(event) = self.reader.read_record(batch.record(index), hint, &mut self.scratch.event) else {
                view.records.push(RecordView { class: NO_CLASS, ..RecordView::default() });
                continue;
            };
            let considered: Considered = self.reader.matcher.run(&event, &mut self.scratch.matching);
            let time = event.time();
            let values = fields.iter().flat_map(|&field| {
                let place = move |step| FieldPlace { field, place: TextPlace::from(step) };
                event.values(field as usize).map(move |value| place(value.place))
            });
            view.records.push(RecordView {
                class: classes.of(&event, considered, time),
                time: time.unwrap_or(0),
                values: values.take(VIEW_VALUES_MAX).collect(),
            });
        }
        view.classes = classes.into_list();
        Ok(view)
    }

    /// The state, as canonical bytes.
    ///
    /// # Errors
    /// None: a configured plugin has a state.
    pub fn save(&self) -> Result<Vec<u8>, StateError> {
        Ok(self.state.encode())
    }

    /// Takes over a saved state.
    ///
    /// # Errors
    /// When the bytes are no state, damaged, newer, or kept under another seed.
    pub fn restore(&mut self, state: &[u8]) -> Result<Restored, StateError> {
        let (state, restored) = state::decode(state, self.state.seed())?;
        self.state = state;
        // A restored plugin begins as a fresh one would, in the time it takes, too.
        self.scratch.forget();
        Ok(restored)
    }
}

fn check_sequences(notes: usize, sequences: &[Sequence]) -> Result<(), JudgeError> {
    if sequences.len() != notes {
        return Err(JudgeError::BadSequence(sequences.len().min(notes) as u32));
    }
    match sequences.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(position) => Err(JudgeError::BadSequence(position as u32 + 1)),
        None => Ok(()),
    }
}
