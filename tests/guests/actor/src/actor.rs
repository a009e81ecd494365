//! The deeds.

#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    reason = "generated from the contract: the canonical ABI hands over raw pointers"
)]
mod generated {
    wit_bindgen::generate!({ world: "plugin", path: "../../../wit" });

    export!(Actor with_types_in self);

    pub(super) struct Actor;
}

use std::{cell::Cell, hint::black_box};

use generated::{
    Actor,
    exports::glassbox::siem::{
        detector::Guest,
        types::{
            Batch, ConfigureError, Contribution, Description, Encoding, EventTime, Evidence, ExplainError, Explanation,
            FeatureValue, Finding, Hit, JudgeError, Logsource, Operator, Outcome, PackSummary, Place, Predicate,
            ReadError, Reading, Restored, SchemaCount, Settings, Span, StateError, TextPlace, Unscored, UnscoredReason,
            Verdict,
        },
    },
};

/// Above the host's limit for a reading.
const HUGE_BYTES: usize = 3 << 20;

thread_local! {
    static JUDGED: Cell<u64> = const { Cell::new(0) };
}

impl Guest for Actor {
    fn describe() -> Description {
        Description { name: "actor".into(), version: "1".into(), schemas: vec!["line".into()], pack_format_max: 1 }
    }

    fn configure(_pack: Vec<u8>, _settings: Settings) -> Result<PackSummary, ConfigureError> {
        Ok(PackSummary { digest: vec![0; 32], rules: 0, fields: 0, terms: 0 })
    }

    fn read(batch: Batch) -> Result<Reading, ReadError> {
        let count = batch.ends.len() as u32;
        let mut reading = Reading {
            noted: Vec::new(),
            unscored: Vec::new(),
            outside: Vec::new(),
            quiet: 0,
            latest: None,
            schemas: vec![SchemaCount { schema: "line".into(), records: count }],
            unrouted: 0,
            body: count.to_le_bytes().to_vec(),
        };
        let mut start = 0;
        for (index, &end) in batch.ends.iter().enumerate() {
            let record = &batch.bytes[start..end as usize];
            start = end as usize;
            match record {
                b"!loop" => forever(),
                b"!eat" => eat(),
                b"!trap" => panic!("told to"),
                b"!recurse" => reading.quiet += recurse(0) as u32,
                b"!recurse-wide" => reading.quiet += recurse_wide(0) as u32,
                b"!huge" => reading.body.resize(HUGE_BYTES, 0),
                b"!large" if count > 1 => return Err(ReadError::ReadingTooLarge),
                b"!nonsense-account" => reading.quiet += 2,
                _ => match Deed::told_by(record) {
                    None => reading.quiet += 1,
                    Some(deed) => {
                        reading.noted.push(index as u32);
                        reading.body.extend((index as u32).to_le_bytes());
                        reading.body.push(deed as u8);
                    }
                },
            }
        }
        Ok(reading)
    }

    fn judge(body: Vec<u8>, _watermark: Option<EventTime>) -> Result<Outcome, JudgeError> {
        let mut outcome = Outcome { findings: Vec::new(), quiet: Vec::new() };
        let Some((count, noted)) = body.split_first_chunk::<4>() else { return Ok(outcome) };
        for entry in noted.chunks_exact(5) {
            let index = u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
            match Deed::ALL.get(usize::from(entry[4])) {
                Some(Deed::Trap) => panic!("told to"),
                Some(Deed::Loop) => forever(),
                Some(Deed::Lose) => {}
                Some(Deed::Large) if *count != [1, 0, 0, 0] => return Err(JudgeError::OutcomeTooLarge),
                Some(&deed) => outcome.findings.push(finding(index, deed)),
                None => return Err(JudgeError::Malformed(0)),
            }
        }
        JUDGED.set(JUDGED.get() + u64::from(u32::from_le_bytes(*count)));
        Ok(outcome)
    }

    fn explain(_bytes: Vec<u8>, _hint: Logsource) -> Result<Explanation, ExplainError> {
        Err(ExplainError::Unscored(Unscored { index: 0, reason: UnscoredReason::Malformed, at: 0 }))
    }

    fn save() -> Result<Vec<u8>, StateError> {
        Ok(JUDGED.get().to_le_bytes().to_vec())
    }

    fn restore(state: Vec<u8>) -> Result<Restored, StateError> {
        let judged = state.try_into().map_err(|_| StateError::NotAState)?;
        JUDGED.set(u64::from_le_bytes(judged));
        Ok(Restored { kept: vec!["judged".into()], dropped: Vec::new() })
    }
}

/// What judge does of a noted record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Find,
    Sum,
    OutsideEvidence,
    FalseQuote,
    Probability,
    Trap,
    Loop,
    Lose,
    Large,
}

impl Deed {
    const ALL: [Self; 9] = [
        Self::Find,
        Self::Sum,
        Self::OutsideEvidence,
        Self::FalseQuote,
        Self::Probability,
        Self::Trap,
        Self::Loop,
        Self::Lose,
        Self::Large,
    ];

    fn told_by(record: &[u8]) -> Option<Self> {
        Some(match record {
            b"!find" => Self::Find,
            b"!nonsense-sum" => Self::Sum,
            b"!nonsense-evidence" => Self::OutsideEvidence,
            b"!nonsense-quote" => Self::FalseQuote,
            b"!nonsense-probability" => Self::Probability,
            b"!judge-trap" => Self::Trap,
            b"!judge-loop" => Self::Loop,
            b"!judge-lose" => Self::Lose,
            b"!judge-large" => Self::Large,
            _ => return None,
        })
    }
}

/// A finding that holds on any record that begins with `!`, but for what the deed spoils.
fn finding(index: u32, deed: Deed) -> Finding {
    let end = if deed == Deed::OutsideEvidence { 1 << 20 } else { 1 };
    let quote = if deed == Deed::FalseQuote { "?" } else { "!" };
    let evidence = Evidence {
        selection: "selection".into(),
        field: String::new(),
        predicate: Predicate { operator: Operator::Contains, operand: quote.into(), cased: false },
        value: 0,
        values: 1,
        place: Place::Text(TextPlace { span: Span { start: 0, end }, encoding: Encoding::Raw }),
        quote: quote.into(),
    };
    let contribution =
        Contribution { term: 0, bin: Some(1), value: FeatureValue::Shown, points: 700, evidence: vec![0] };
    Finding {
        index,
        time: None,
        schema: "line".into(),
        logsource: Logsource { product: None, category: None, service: None },
        entities: Vec::new(),
        fields: Vec::new(),
        hits: vec![Hit { rule: "told".into(), evidence: vec![0] }],
        further_hits: Vec::new(),
        evidence: vec![evidence],
        base: -200,
        contributions: vec![contribution],
        points: if deed == Deed::Sum { 501 } else { 500 },
        probability: if deed == Deed::Probability { 1_000_001 } else { 620_000 },
        probability_low: 600_000,
        probability_high: 640_000,
        verdict: Verdict::Above,
        missing: Vec::new(),
    }
}

fn forever() -> ! {
    loop {
        black_box(());
    }
}

fn eat() -> ! {
    let mut eaten = Vec::new();
    loop {
        eaten.push(black_box(vec![1_u8; 1 << 20]));
    }
}

/// Uses up the stack of calls. Not a loop in disguise: what each call returns is still worked on.
#[allow(unconditional_recursion, reason = "told to")]
fn recurse(depth: usize) -> usize {
    black_box(recurse(black_box(depth) + 1)) + 1
}

/// Uses up the stack of values, which lies in linear memory: each call keeps a page of them.
#[allow(unconditional_recursion, reason = "told to")]
fn recurse_wide(depth: usize) -> usize {
    let kept = black_box([depth as u8; 4096]);
    recurse_wide(depth + 1) + usize::from(black_box(kept)[depth % 4096])
}
