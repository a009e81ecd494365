//! The stateful half: observations and noted records to findings and a new state, in record order.

use glassbox_baseline::{Baseline, Key, KeyMaker, Mark, Seed};
use glassbox_finding::{Absence, Evidence, Fact, Finding, Hit, Observation, Role, Sequence, Subject, listed_hits};
use glassbox_rules::RuleSet;
use glassbox_score::{Circumstances, Context, Grounds, HitFacts, Inputs, Level, Model, RuleRecord, Scored};

use crate::{
    note::{Note, Noted},
    observe::{FACTS, Observed},
    past::JudgedPast,
};

/// What judging needs beside the state, made from pack and settings.
#[derive(Debug)]
pub(crate) struct Judge {
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

impl Judge {
    pub(crate) fn new(set: &RuleSet, model: Model, context: Context, seed: u128) -> Self {
        let keys = KeyMaker::new(Seed(seed));
        let facts = |rule: &glassbox_rules::Rule| RuleFacts {
            key: keys.fact(Fact::Rule, &[rule.id.as_bytes()]),
            record: context.record(&rule.id),
            is_feared: context.is_feared(&rule.techniques),
        };
        let rules = set.rules.iter().map(facts).collect();
        Self { model, context, keys, rules }
    }

    /// Judges one record: its finding from the state before it, if a rule hit it; then counts what it observed.
    pub(crate) fn judge(&self, note: Note, at: Sequence, set: &RuleSet, state: &mut Baseline) -> Option<Finding> {
        let Note { observed, noted } = note;
        let finding = noted.map(|noted| {
            let hits = self.hit_keys(&noted, &observed, set);
            let finding = self.finding(noted, at, &observed, &hits, set, state);
            count_hits(&hits, &observed, state);
            finding
        });
        count(&observed, state);
        finding
    }

    /// The finding for one record against the state as it is.
    pub(crate) fn explain(&self, note: Note, set: &RuleSet, state: &Baseline) -> Option<Finding> {
        let Note { observed, noted } = note;
        noted.map(|noted| {
            let hits = self.hit_keys(&noted, &observed, set);
            self.finding(noted, 0, &observed, &hits, set, state)
        })
    }

    fn hit_keys(&self, noted: &Noted, observed: &Observed, set: &RuleSet) -> HitKeys {
        let hits = &noted.hits;
        let rules: Vec<Key> = hits.iter().map(|&rule| self.rules[rule as usize].key).collect();
        let on = |entity: Key| {
            let key =
                |rule: &Key| self.keys.fact(Fact::RuleOnEntity, &[&rule.0.to_le_bytes(), &entity.0.to_le_bytes()]);
            rules.iter().map(key).collect()
        };
        let on_entity = observed.subject().map(on).unwrap_or_default();
        let is_weighty = |rule: &&u32| set.rules[**rule as usize].level.is_none_or(|level| level >= Level::Medium);
        let weighty = hits.iter().filter(is_weighty).map(|&rule| self.rules[rule as usize].key).collect();
        let tactics = hits.iter().filter(is_weighty).fold(0, |all, &rule| all | set.rules[rule as usize].tactics);
        HitKeys { rules, weighty, on_entity, tactics, detector: Key(noted.detector) }
    }

    fn finding(
        &self,
        noted: Noted,
        at: Sequence,
        observed: &Observed,
        hits: &HitKeys,
        set: &RuleSet,
        state: &Baseline,
    ) -> Finding {
        let positions: Vec<u32> = (0..noted.shown.last().map_or(0, |&(end, _)| end.into())).collect();
        let numbered = noted.hits.iter().enumerate();
        let facts: Vec<HitFacts<'_>> = numbered
            .map(|(hit, &rule)| {
                let evidence = noted.evidence_of(hit);
                self.hit_facts(set, rule, &positions[evidence.start as usize..evidence.end as usize])
            })
            .collect();
        let scored = self.model.score(&Inputs {
            hits: &facts,
            content: &noted.content,
            past: &JudgedPast { state, observed, hits, noted: &noted },
            circumstances: self.circumstances(&noted),
            evidence_before: noted.evidence.len() as u32,
        });
        assemble(noted, at, scored)
    }

    fn hit_facts<'h>(&self, set: &'h RuleSet, rule: u32, evidence: &'h [u32]) -> HitFacts<'h> {
        let RuleFacts { record, is_feared, .. } = self.rules[rule as usize];
        let rule = &set.rules[rule as usize];
        HitFacts {
            level: rule.level,
            status: rule.status,
            tactics: rule.tactics,
            techniques: &rule.techniques,
            record,
            is_feared,
            evidence,
        }
    }

    fn circumstances(&self, noted: &Noted) -> Circumstances<'_> {
        let asset = noted.context.asset.and_then(|asset| self.context.assets().get(asset as usize));
        let grounds = |parts: &[Role]| {
            let mut grounds = Grounds::default();
            parts.iter().for_each(|&part| grounds.push(noted.ground(part)));
            grounds
        };
        let asset =
            if noted.ground(Role::Host).is_none() { Err(Absence::Field) } else { asset.ok_or(Absence::Context) };
        let untold = |known: bool, absence: Absence| if known { absence } else { Absence::Context };
        Circumstances {
            criticality: asset.map(|asset| asset.criticality),
            role: asset.map(|asset| asset.role.as_str()),
            is_tool: noted.context.is_tool.ok_or(untold(self.context.knows_tools(), Absence::Field)),
            is_maintenance: noted.context.is_maintenance.ok_or(untold(self.context.knows_maintenance(), Absence::Time)),
            knows_fears: self.context.knows_fears(),
            host: grounds(&[Role::Host]),
            tool: grounds(&[Role::Image, Role::Parent, Role::Host, Role::User]),
        }
    }
}

/// The finding of what was noted and how it scored.
fn assemble(noted: Noted, at: Sequence, scored: Scored) -> Finding {
    let (full, further) = listed_hits(noted.hits.len());
    let hit = |(number, &rule): (usize, &u32)| Hit {
        rule,
        evidence: noted.evidence_of(number).collect(),
        cut: noted.shown.get(number).is_some_and(|&(_, cut)| cut),
    };
    let hits = noted.hits[..full].iter().enumerate().map(hit).collect();
    let further_hits = noted.hits[full..full + further].to_vec();
    let Noted { entities, fields, mut evidence, hits: all, .. } = noted;
    evidence.extend(scored.evidence);
    let mut finding = Finding {
        subject: Subject::Record(at),
        at,
        alert: None,
        same_act: None,
        entities,
        fields,
        hits,
        further_hits,
        hits_total: all.len() as u32,
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
    drop_unused_evidence(&mut finding);
    finding
}

/// Drops evidence that no hit and no contribution names, and renumbers the rest; a list names a piece once.
fn drop_unused_evidence(finding: &mut Finding) {
    const UNUSED: u32 = u32::MAX;
    let mut numbers = vec![UNUSED; finding.evidence.len()];
    let hits = finding.hits.iter().flat_map(|hit| &hit.evidence);
    for &at in hits.chain(finding.contributions.iter().flat_map(|contribution| &contribution.evidence)) {
        numbers[at as usize] = 0;
    }
    for (next, number) in (0..).zip(numbers.iter_mut().filter(|number| **number != UNUSED)) {
        *number = next;
    }
    let mut number = numbers.iter();
    finding.evidence.retain(|_: &Evidence| number.next() != Some(&UNUSED));
    let lists = finding.hits.iter_mut().map(|hit| &mut hit.evidence);
    for list in lists.chain(finding.contributions.iter_mut().map(|contribution| &mut contribution.evidence)) {
        let mut kept = 0;
        for at in 0..list.len() {
            let number = numbers[list[at] as usize];
            if !list[..kept].contains(&number) {
                list[kept] = number;
                kept += 1;
            }
        }
        list.truncate(kept);
    }
}

/// Counts what was observed of a record.
fn count(observed: &Observed, state: &mut Baseline) {
    let (host, moment) = (observed.get(Observation::Host), observed.moment());
    for entity in [host, observed.get(Observation::User)].into_iter().flatten() {
        state.see_entity(entity, moment);
    }
    for (slot, kind) in FACTS {
        if let Some(key) = observed.get(slot) {
            state.observe(kind, key, host, moment);
        }
    }
    if let (Some(key), Some(moment)) = (observed.get(Observation::Interval), moment) {
        state.see_interval(key, moment);
    }
    if let Some(process) = observed.get(Observation::Process).filter(|_| observed.is_start) {
        state.see_process(process, observed.get(Observation::ParentProcess), moment);
    }
}

/// Counts what hit a record.
fn count_hits(hits: &HitKeys, observed: &Observed, state: &mut Baseline) {
    let (host, moment) = (observed.get(Observation::Host), observed.moment());
    for &rule in &hits.rules {
        state.observe(Fact::Rule, rule, host, moment);
    }
    for &rule in &hits.on_entity {
        state.observe(Fact::RuleOnEntity, rule, host, moment);
    }
    if let Some(process) = observed.get(Observation::Process).filter(|_| !hits.weighty.is_empty()) {
        state.mark_process(process, moment);
    }
    let Some(moment) = moment else { return };
    hits.on_entity.iter().for_each(|&rule| state.see_rate(rule, moment));
    if hits.weighty.is_empty() {
        return;
    }
    let mark = Mark { rules: &hits.weighty, tactics: hits.tactics, detector: hits.detector, host };
    for entity in [host, observed.get(Observation::User)].into_iter().flatten() {
        state.mark(entity, moment, &mark);
    }
}
