//! The stateful half: noted records to findings, in record order.

use glassbox_baseline::{Counters, Observation};
use glassbox_finding::{Finding, Hit};
use glassbox_rules::RuleSet;
use glassbox_score::{HitFacts, Inputs, Model, Repetition};

use crate::body::{Body, Noted, NotedHit};

/// Judges one reading and counts what it observed.
pub(crate) fn judge(body: Body, set: &RuleSet, model: &Model, state: &mut Counters) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(body.noted.len());
    let mut records_done = 0;
    for noted in body.noted {
        // Counted record by record, so that it makes no difference how records fell into batches.
        state.see_records(u64::from(noted.index - records_done), None);
        records_done = noted.index;
        findings.push(finding(&noted, set, model, state));
        for observation in noted.hits.iter().filter_map(|hit| hit.observation) {
            state.observe(Observation(observation));
        }
    }
    state.see_records(u64::from(body.records - records_done), body.earliest);
    findings
}

/// The finding for one noted record against the state as it is.
pub(crate) fn finding(noted: &Noted, set: &RuleSet, model: &Model, state: &Counters) -> Finding {
    let positions: Vec<Vec<u32>> = noted.hits.iter().map(|hit| (hit.evidence.0..hit.evidence.1).collect()).collect();
    let facts: Vec<HitFacts<'_>> =
        noted.hits.iter().zip(&positions).map(|(hit, evidence)| hit_facts(set, hit, evidence)).collect();
    let mut evidence = noted.evidence.clone();
    let scored = model.score(&Inputs {
        hits: &facts,
        content: &noted.content,
        repetition: repetition(&noted.hits, state),
        evidence_before: evidence.len() as u32,
    });
    evidence.extend(scored.evidence);
    let id = |hit: &NotedHit| set.rules[hit.rule as usize].id.clone();
    let full = noted.hits.len().min(glassbox_finding::limits::HITS_FULL_MAX);
    let mut finding = Finding {
        index: noted.index,
        time: noted.time,
        schema: noted.schema.clone(),
        logsource: noted.logsource.clone(),
        entities: noted.entities.clone(),
        fields: noted.fields.clone(),
        hits: noted.hits[..full].iter().zip(positions).map(|(hit, evidence)| Hit { rule: id(hit), evidence }).collect(),
        further_hits: noted.hits[full..].iter().map(id).collect(),
        evidence,
        base: scored.base,
        contributions: scored.contributions,
        points: scored.points,
        probability: scored.probability,
        missing: scored.missing,
    };
    glassbox_finding::fit(&mut finding);
    finding
}

fn hit_facts<'h>(set: &'h RuleSet, hit: &NotedHit, evidence: &'h [u32]) -> HitFacts<'h> {
    let rule = &set.rules[hit.rule as usize];
    HitFacts { level: rule.level, status: rule.status, tactics: rule.tactics, techniques: &rule.techniques, evidence }
}

/// The history of the hit that was seen least on this entity.
fn repetition(hits: &[NotedHit], state: &Counters) -> Option<Repetition> {
    hits.iter()
        .enumerate()
        .filter_map(|(position, hit)| Some((state.times(Observation(hit.observation?)), position)))
        .min()
        .map(|(times, hit)| Repetition { hit, times: times.into(), records: state.records() })
}
