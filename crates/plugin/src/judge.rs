//! The stateful half: observations and noted records to findings and a new state, in record order.

use glassbox_baseline::{Baseline, Key, KeyMaker, Kind, Mark, Seed};
use glassbox_finding::{Absence, Finding, Hit, Logsource, limits::HITS_FULL_MAX};
use glassbox_rules::RuleSet;
use glassbox_score::{Circumstances, Context, Grounds, HitFacts, Inputs, Level, Model, RuleRecord};

use crate::{
    body::{Entry, Noted, NotedHit},
    observe::{FACTS, Observed, Part, Slot},
    past::JudgedPast,
};

/// What judging needs beside the state, made from pack and settings.
#[derive(Debug)]
pub(crate) struct JudgeHalf {
    model: Model,
    context: Context,
    keys: KeyMaker,
    rules: Vec<RuleFacts>,
}

/// What judging needs of a rule beside what the rule set says.
#[derive(Debug)]
struct RuleFacts {
    key: Key,
    record: Option<RuleRecord>,
    is_feared: bool,
}

/// All rules that hit a record, by what they are counted as.
#[derive(Clone, Debug)]
pub(crate) struct HitKeys {
    /// The rules.
    pub(crate) rules: Vec<Key>,
    /// Those of medium level and above, and of none: lower ones hit all day, and say nothing about what goes on.
    pub(crate) weighty: Vec<Key>,
    /// Each on this host, or else this user; empty where the record names neither.
    pub(crate) on_entity: Vec<Key>,
    /// The tactics of the weighty ones.
    pub(crate) tactics: u32,
    /// What kind of source saw it.
    pub(crate) detector: Key,
}

impl JudgeHalf {
    pub(crate) fn new(set: &RuleSet, model: Model, context: Context, seed: u128) -> Self {
        let keys = KeyMaker::new(Seed(seed));
        let facts = |rule: &glassbox_rules::Rule| RuleFacts {
            key: keys.fact(Kind::Rule, &[rule.id.as_bytes()]),
            record: context.record(&rule.id),
            is_feared: context.is_feared(&rule.techniques),
        };
        let rules = set.rules.iter().map(facts).collect();
        Self { model, context, keys, rules }
    }

    /// Judges one record: its finding from the state before it, if a rule hit it; then counts what it observed.
    pub(crate) fn judge(&self, entry: Entry, set: &RuleSet, state: &mut Baseline) -> Option<Finding> {
        let Entry { observed, noted } = entry;
        let finding = noted.map(|noted| {
            let hits = self.hit_keys(&noted.hits, &noted.logsource, &observed, set);
            let finding = self.finding(noted, &observed, &hits, set, state);
            count_hits(&hits, &observed, state);
            finding
        });
        count(&observed, state);
        finding
    }

    /// The finding for one record against the state as it is.
    pub(crate) fn explain(&self, entry: Entry, set: &RuleSet, state: &Baseline) -> Option<Finding> {
        let Entry { observed, noted } = entry;
        noted.map(|noted| {
            let hits = self.hit_keys(&noted.hits, &noted.logsource, &observed, set);
            self.finding(noted, &observed, &hits, set, state)
        })
    }

    fn hit_keys(&self, hits: &[NotedHit], source: &Logsource, observed: &Observed, set: &RuleSet) -> HitKeys {
        let rules: Vec<Key> = hits.iter().map(|hit| self.rules[hit.rule as usize].key).collect();
        let on = |entity: Key| {
            let key =
                |rule: &Key| self.keys.fact(Kind::RuleOnEntity, &[&rule.0.to_le_bytes(), &entity.0.to_le_bytes()]);
            rules.iter().map(key).collect()
        };
        let on_entity = observed.subject().map(on).unwrap_or_default();
        let is_weighty =
            |hit: &&NotedHit| set.rules[hit.rule as usize].level.is_none_or(|level| level >= Level::Medium);
        let weighty = hits.iter().filter(is_weighty).map(|hit| self.rules[hit.rule as usize].key).collect();
        let tactics = hits.iter().filter(is_weighty).fold(0, |all, hit| all | set.rules[hit.rule as usize].tactics);
        let parts = [&source.product, &source.service, &source.category];
        let parts = parts.map(|part| part.as_deref().unwrap_or_default().as_bytes());
        let detector = self.keys.entity("detector", &parts.concat());
        HitKeys { rules, weighty, on_entity, tactics, detector }
    }

    fn finding(&self, noted: Noted, observed: &Observed, hits: &HitKeys, set: &RuleSet, state: &Baseline) -> Finding {
        let told: u32 = noted.hits.iter().map(|hit| hit.evidence.1).max().unwrap_or(0);
        let positions: Vec<u32> = (0..told).collect();
        let facts: Vec<HitFacts<'_>> = noted.hits.iter().map(|hit| self.hit_facts(set, hit, &positions)).collect();
        let scored = self.model.score(&Inputs {
            hits: &facts,
            content: &noted.content,
            past: &JudgedPast { state, observed, hits, noted: &noted },
            circumstances: self.circumstances(&noted),
            evidence_before: noted.evidence.len() as u32,
        });
        let id = |hit: &NotedHit| set.rules[hit.rule as usize].id.clone();
        let full = noted.hits.len().min(HITS_FULL_MAX);
        let hit = |hit: &NotedHit| Hit { rule: id(hit), evidence: (hit.evidence.0..hit.evidence.1).collect() };
        let Noted { index, time, schema, logsource, entities, fields, hits, mut evidence, .. } = noted;
        evidence.extend(scored.evidence);
        let mut finding = Finding {
            index,
            time,
            schema,
            logsource,
            entities,
            fields,
            hits: hits[..full].iter().map(hit).collect(),
            further_hits: hits[full..].iter().map(id).collect(),
            evidence,
            base: scored.base,
            contributions: scored.contributions,
            points: scored.points,
            probability: scored.probability.likely,
            probability_low: scored.probability.low,
            probability_high: scored.probability.high,
            verdict: scored.verdict,
            missing: scored.missing,
        };
        glassbox_finding::fit(&mut finding);
        finding
    }

    fn hit_facts<'h>(&self, set: &'h RuleSet, hit: &NotedHit, positions: &'h [u32]) -> HitFacts<'h> {
        let rule = &set.rules[hit.rule as usize];
        let RuleFacts { record, is_feared, .. } = self.rules[hit.rule as usize];
        let evidence = positions.get(hit.evidence.0 as usize..hit.evidence.1 as usize).unwrap_or_default();
        let techniques = &rule.techniques;
        HitFacts {
            level: rule.level,
            status: rule.status,
            tactics: rule.tactics,
            techniques,
            record,
            is_feared,
            evidence,
        }
    }

    fn circumstances(&self, noted: &Noted) -> Circumstances<'_> {
        let asset = noted.context.asset.and_then(|asset| self.context.assets().get(asset as usize));
        let grounds = |parts: &[Part]| {
            let mut grounds = Grounds::default();
            parts.iter().for_each(|&part| grounds.push(noted.ground(part)));
            grounds
        };
        let asset =
            if noted.ground(Part::Host).is_none() { Err(Absence::Field) } else { asset.ok_or(Absence::Context) };
        let untold = |known: bool, absence: Absence| if known { absence } else { Absence::Context };
        Circumstances {
            criticality: asset.map(|asset| asset.criticality),
            role: asset.map(|asset| asset.role.as_str()),
            is_tool: noted.context.is_tool.ok_or(untold(self.context.knows_tools(), Absence::Field)),
            is_maintenance: noted.context.is_maintenance.ok_or(untold(self.context.knows_maintenance(), Absence::Time)),
            knows_fears: self.context.knows_fears(),
            host: grounds(&[Part::Host]),
            tool: grounds(&[Part::Image, Part::Parent, Part::Host, Part::User]),
        }
    }
}

/// Counts what was observed of a record.
fn count(observed: &Observed, state: &mut Baseline) {
    let (host, moment) = (observed.get(Slot::Host), observed.moment());
    for entity in [host, observed.get(Slot::User)].into_iter().flatten() {
        state.see_entity(entity, moment);
    }
    for (slot, kind) in FACTS {
        if let Some(key) = observed.get(slot) {
            state.observe(kind, key, host, moment);
        }
    }
    if let (Some(key), Some(moment)) = (observed.get(Slot::Interval), moment) {
        state.see_interval(key, moment);
    }
    if let Some(process) = observed.get(Slot::Process).filter(|_| observed.is_start) {
        state.see_process(process, observed.get(Slot::ParentProcess), moment);
    }
}

/// Counts what hit a record.
fn count_hits(hits: &HitKeys, observed: &Observed, state: &mut Baseline) {
    let (host, moment) = (observed.get(Slot::Host), observed.moment());
    for &rule in &hits.rules {
        state.observe(Kind::Rule, rule, host, moment);
    }
    for &rule in &hits.on_entity {
        state.observe(Kind::RuleOnEntity, rule, host, moment);
    }
    if let Some(process) = observed.get(Slot::Process).filter(|_| !hits.weighty.is_empty()) {
        state.mark_process(process, moment);
    }
    let Some(moment) = moment else { return };
    hits.on_entity.iter().for_each(|&rule| state.see_rate(rule, moment));
    if hits.weighty.is_empty() {
        return;
    }
    let mark = Mark { rules: &hits.weighty, tactics: hits.tactics, detector: hits.detector, host };
    for entity in [host, observed.get(Slot::User)].into_iter().flatten() {
        state.mark(entity, moment, &mark);
    }
}
