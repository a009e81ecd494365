//! The state of judge, asked about one record.

use glassbox_baseline::{Baseline, Entity, Rate};
use glassbox_finding::{Absence, Fact, FeatureValue, History, Observation, Role};
use glassbox_score::{About, Answer, Grounds, Past, Question, SoFar};

use crate::{judge::HitKeys, note::Noted, observe::Observed};

/// The state before a record, and what is known of the record.
pub(crate) struct JudgedPast<'j> {
    pub(crate) state: &'j Baseline,
    pub(crate) observed: &'j Observed,
    pub(crate) hits: &'j HitKeys,
    pub(crate) noted: &'j Noted,
}

impl Past for JudgedPast<'_> {
    fn answer(&self, question: Question) -> Answer {
        match question {
            Question::Seen(fact) => self.seen(fact),
            Question::Rate => self.rate(),
            Question::Hour => self.hour(),
            Question::Beacon(intervals) => self.beacon(intervals),
            Question::SoFar(count) => self.so_far(count),
            Question::AncestorHits => self.ancestors(),
        }
    }
}

impl JudgedPast<'_> {
    fn answer_on(&self, value: Result<FeatureValue, Absence>, hits: About, parts: &[Role]) -> Answer {
        let mut grounds = Grounds::default();
        parts.iter().for_each(|&part| grounds.push(self.noted.ground(part)));
        Answer { value, hits, grounds }
    }

    fn seen(&self, fact: Fact) -> Answer {
        let about = |slot: Observation, kind: Fact, parts: &[Role]| {
            let history = |key| FeatureValue::Seen(self.state.history(kind, key, self.observed.get(Observation::Host)));
            self.answer_on(self.observed.get(slot).map(history).ok_or(Absence::Field), About::None, parts)
        };
        match fact {
            Fact::Rule => self.rarest(Fact::Rule, &[]),
            Fact::RuleOnEntity => self.rarest(Fact::RuleOnEntity, &[self.subject()]),
            Fact::Image => about(Observation::Image, Fact::Image, &[Role::Image]),
            Fact::ParentChild => about(Observation::ParentChild, Fact::ParentChild, &[Role::Parent, Role::Image]),
            Fact::UserOnHost => about(Observation::UserOnHost, Fact::UserOnHost, &[Role::User, Role::Host]),
            Fact::Destination => about(Observation::Destination, Fact::Destination, &[Role::Destination]),
            Fact::Port => about(Observation::Port, Fact::Port, &[Role::Image, Role::Port]),
            Fact::Domain => about(Observation::Domain, Fact::Domain, &[Role::Domain]),
            Fact::Signature => about(Observation::Signature, Fact::Signature, &[Role::Signature]),
        }
    }

    /// The rule that was seen least, of those that hit.
    fn rarest(&self, kind: Fact, parts: &[Role]) -> Answer {
        let keys = if kind == Fact::Rule { &self.hits.rules } else { &self.hits.on_entity };
        let histories = keys.iter().map(|&key| self.state.history(kind, key, self.observed.subject()));
        match histories.enumerate().min_by_key(|(_, history)| (history.times, history.hosts)) {
            Some((hit, history)) => self.answer_on(Ok(FeatureValue::Seen(history)), About::One(hit), parts),
            None => self.absent(Absence::Field, &[Role::Host, Role::User]),
        }
    }

    /// What names the entity that is told of.
    fn subject(&self) -> Role {
        if self.observed.get(Observation::Host).is_some() { Role::Host } else { Role::User }
    }

    /// The rule whose rate stands out most, this time included.
    fn rate(&self) -> Answer {
        let Some(moment) = self.observed.moment() else { return self.absent(Absence::Time, &[]) };
        if self.hits.on_entity.is_empty() {
            return self.absent(Absence::Field, &[Role::Host, Role::User]);
        }
        let rates = self.hits.on_entity.iter().enumerate().filter_map(|(hit, &key)| {
            let (now, usual) = self.state.rate(key).and_then(|rate: &Rate| rate.at(moment))?;
            Some((hit, now.saturating_add(1), usual))
        });
        // As numbers of the same rate's usual hour, at least one.
        let rates = rates.max_by_key(|&(hit, now, usual)| {
            (u64::from(now) * 1_000 / u64::from(usual.max(1_000)), std::cmp::Reverse(hit))
        });
        match rates {
            Some((hit, now, usual_thousandths)) => {
                let value = FeatureValue::Rate { now, usual_thousandths };
                self.answer_on(Ok(value), About::One(hit), &[self.subject()])
            }
            None => self.answer_on(Err(Absence::History(History::default())), About::All, &[self.subject()]),
        }
    }

    fn hour(&self) -> Answer {
        // Whether it is a person decides whose hours count.
        let parts = [Role::User, Role::Host];
        let Some(moment) = self.observed.moment() else { return self.absent(Absence::Time, &parts) };
        let Some(key) = self.observed.get(Observation::User).or_else(|| self.observed.get(Observation::Host)) else {
            return self.absent(Absence::Field, &parts);
        };
        let entity = self.state.entity(key).copied().unwrap_or_else(Entity::default);
        let hour = moment.hour_of_day();
        let (times, among) = entity.around_hour(hour);
        let value = FeatureValue::Hour { hour, times, among, days: entity.days() };
        self.answer_on(Ok(value), About::None, &parts)
    }

    fn beacon(&self, intervals_min: u32) -> Answer {
        let parts = [Role::Host, Role::Image, Role::Destination];
        let Some(key) = self.observed.get(Observation::Interval) else { return self.absent(Absence::Field, &parts) };
        let interval = self.state.interval(key).copied().unwrap_or_default();
        if interval.count() < intervals_min {
            let times = interval.count().into();
            return self.absent(Absence::History(History { times, among: times, ..History::default() }), &parts);
        }
        let value = FeatureValue::Number(interval.regularity_thousandths().into());
        self.answer_on(Ok(value), About::None, &parts)
    }

    fn so_far(&self, count: SoFar) -> Answer {
        let key = match count {
            SoFar::Hosts => self.observed.get(Observation::User),
            _ => self.observed.subject(),
        };
        let Some(key) = key else { return self.absent(Absence::Field, &[Role::User, Role::Host]) };
        let Some(moment) = self.observed.moment() else { return self.absent(Absence::Time, &[]) };
        let recent = self.state.recent(key, moment);
        let number = match count {
            SoFar::Rules => recent.rules_with(&self.hits.weighty),
            SoFar::Tactics => recent.tactics_with(self.hits.tactics),
            SoFar::TacticsInOrder => recent.tactics_in_order_with(self.hits.tactics),
            SoFar::Detectors if self.hits.weighty.is_empty() => recent.detectors_with(None),
            SoFar::Detectors => recent.detectors_with(Some(self.hits.detector)),
            SoFar::Hosts if self.hits.weighty.is_empty() => recent.hosts_with(None),
            SoFar::Hosts => recent.hosts_with(self.observed.get(Observation::Host)),
        };
        let subject = [self.subject()];
        let parts: &[Role] = if count == SoFar::Hosts { &[Role::User, Role::Host] } else { &subject };
        self.answer_on(Ok(FeatureValue::Number(number.into())), About::All, parts)
    }

    fn ancestors(&self) -> Answer {
        let (process, parent) =
            (self.observed.get(Observation::Process), self.observed.get(Observation::ParentProcess));
        let parts = [Role::Process, Role::ParentProcess];
        if process.is_none() && parent.is_none() {
            return self.absent(Absence::Field, &parts);
        }
        match self.state.ancestors(process, parent) {
            (0, _) => self.absent(Absence::History(History::default()), &parts),
            (_, hit) => self.answer_on(Ok(FeatureValue::Number(hit.into())), About::None, &parts),
        }
    }

    /// No value, for want of these parts as they would have to be.
    fn absent(&self, absence: Absence, parts: &[Role]) -> Answer {
        self.answer_on(Err(absence), About::None, parts)
    }
}
