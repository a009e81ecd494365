//! The plugin as plain Rust: the contract's functions on one configured value.

use glassbox_baseline::{Baseline, Seed};
use glassbox_event::Schema;
use glassbox_finding::{
    Batch, ConfigureError, Description, EventTime, ExplainError, Explanation, JudgeError, Logsource, Outcome,
    PackSummary, ReadError, Reading, Restored, Settings, StateError, Unscored, limits::FINDING_BYTES_MAX,
};
use glassbox_pack::{CONTEXT, MODEL, Pack, RULES};
use glassbox_rules::RuleSet;
use glassbox_score::{Context, Model};

use crate::{
    body::{Body, Entry},
    judge::JudgeHalf,
    read::{BATCH_RECORDS_MAX, ReadHalf, Scratch},
    state,
};

/// A configured plugin.
#[derive(Debug)]
pub struct Detector {
    half: ReadHalf,
    judging: JudgeHalf,
    state: Baseline,
    scratch: Scratch,
    made_under: [u8; 32],
}

impl Detector {
    /// Who the plugin says it is.
    #[must_use]
    pub fn describe() -> Description {
        Description {
            name: "glassbox".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schemas: Schema::ALL.iter().map(|schema| schema.name().to_owned()).collect(),
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
        let made_under = pack.digest();
        let (rules, terms) = (set.rules.len() as u32, model.terms().len() as u32);
        let half = ReadHalf::new(set, &model, context.clone(), *settings, made_under)
            .map_err(|error| invalid(MODEL, error.to_string()))?;
        let judging = JudgeHalf::new(half.matcher.set(), model, context, settings.seed);
        let summary = PackSummary { digest: made_under.to_vec(), rules, fields: half.fields() as u32, terms };
        let state = Baseline::new(Seed(settings.seed));
        Ok((Self { half, judging, state, scratch: Scratch::default(), made_under }, summary))
    }

    /// Reads a batch.
    ///
    /// # Errors
    /// When the batch is not one.
    pub fn read(&mut self, batch: &Batch) -> Result<Reading, ReadError> {
        self.half.read(batch, &mut self.scratch)
    }

    /// Judges a reading's body.
    ///
    /// # Errors
    /// When the body is not one that `read` made under the same pack and seed.
    pub fn judge(&mut self, body: &[u8], _watermark: Option<EventTime>) -> Result<Outcome, JudgeError> {
        if body.is_empty() {
            return Ok(Outcome::default());
        }
        let set = self.half.matcher.set();
        let entries = Body::decode(body, &self.made_under, set.rules.len())?;
        if entries.len() > BATCH_RECORDS_MAX {
            return Err(JudgeError::OutcomeTooLarge);
        }
        // So many findings of the largest size stay below what an outcome may hold.
        const { assert!(BATCH_RECORDS_MAX * FINDING_BYTES_MAX <= 16 << 20) };
        let mut outcome = Outcome::default();
        for entry in entries {
            let index = entry.observed.index;
            match self.judging.judge(entry, set, &mut self.state) {
                Some(finding) => outcome.findings.push(finding),
                None => outcome.quiet.push(index),
            }
        }
        Ok(outcome)
    }

    /// Explains one record against the state as it is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn explain(&mut self, record: &[u8], hint: &Logsource) -> Result<Explanation, ExplainError> {
        let (mut explanation, observed, noted) = self
            .half
            .explain(record, hint, &mut self.scratch)
            .map_err(|error| ExplainError::Unscored(Unscored { index: 0, reason: error.reason, at: error.at }))?;
        let set = self.half.matcher.set();
        explanation.finding = self.judging.explain(Entry { observed, noted }, set, &self.state);
        Ok(explanation)
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
