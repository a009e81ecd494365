//! The state of judge, asked about one record.

use glassbox_baseline::{Baseline, Entity, Kind, Rate};
use glassbox_finding::{Absence, FeatureValue, History};
use glassbox_score::{About, Answer, Fact, Grounds, Past, Question, SoFar};

use crate::{
    body::Noted,
    judge::HitKeys,
    observe::{Observed, Part, Slot},
};

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
    fn answer_on(&self, value: Result<FeatureValue, Absence>, hits: About, parts: &[Part]) -> Answer {
        let mut grounds = Grounds::default();
        parts.iter().for_each(|&part| grounds.push(self.noted.ground(part)));
        Answer { value, hits, grounds }
    }

    fn seen(&self, fact: Fact) -> Answer {
        let about = |slot: Slot, kind: Kind, parts: &[Part]| {
            let history = |key| FeatureValue::Seen(self.state.history(kind, key, self.observed.get(Slot::Host)));
            self.answer_on(self.observed.get(slot).map(history).ok_or(Absence::Field), About::None, parts)
        };
        match fact {
            Fact::Rule => self.rarest(Kind::Rule, &[]),
            Fact::RuleOnEntity => self.rarest(Kind::RuleOnEntity, &[self.subject()]),
            Fact::Image => about(Slot::Image, Kind::Image, &[Part::Image]),
            Fact::ParentChild => about(Slot::ParentChild, Kind::ParentChild, &[Part::Parent, Part::Image]),
            Fact::UserOnHost => about(Slot::UserOnHost, Kind::UserOnHost, &[Part::User, Part::Host]),
            Fact::Destination => about(Slot::Destination, Kind::Destination, &[Part::Destination]),
            Fact::Port => about(Slot::Port, Kind::Port, &[Part::Image, Part::Port]),
            Fact::Domain => about(Slot::Domain, Kind::Domain, &[Part::Domain]),
            Fact::Signature => about(Slot::Signature, Kind::Signature, &[Part::Signature]),
        }
    }

    /// The rule that was seen least, of those that hit.
    fn rarest(&self, kind: Kind, parts: &[Part]) -> Answer {
        let keys = if kind == Kind::Rule { &self.hits.rules } else { &self.hits.on_entity };
        let histories = keys.iter().map(|&key| self.state.history(kind, key, self.observed.subject()));
        match histories.enumerate().min_by_key(|(_, history)| (history.times, history.hosts)) {
            Some((hit, history)) => self.answer_on(Ok(FeatureValue::Seen(history)), About::One(hit), parts),
            None => self.answer_on(Err(Absence::Field), About::None, &[]),
        }
    }

    /// What names the entity that is told of.
    fn subject(&self) -> Part {
        if self.observed.get(Slot::Host).is_some() { Part::Host } else { Part::User }
    }

    /// The rule whose rate stands out most, this time included.
    fn rate(&self) -> Answer {
        let Some(moment) = self.observed.moment() else { return self.absent(Absence::Time) };
        if self.hits.on_entity.is_empty() {
            return self.absent(Absence::Field);
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
            None => self.absent(Absence::History(History::default())),
        }
    }

    fn hour(&self) -> Answer {
        let Some(moment) = self.observed.moment() else { return self.absent(Absence::Time) };
        let user = self.observed.get(Slot::User).map(|key| (key, Part::User));
        let Some((key, part)) = user.or_else(|| Some((self.observed.get(Slot::Host)?, Part::Host))) else {
            return self.absent(Absence::Field);
        };
        let entity = self.state.entity(key).copied().unwrap_or_else(Entity::default);
        let hour = moment.hour_of_day();
        let (times, among) = entity.around_hour(hour);
        let value = FeatureValue::Hour { hour, times, among, days: entity.days() };
        self.answer_on(Ok(value), About::None, &[part])
    }

    fn beacon(&self, intervals_min: u32) -> Answer {
        let Some(key) = self.observed.get(Slot::Interval) else { return self.absent(Absence::Field) };
        let interval = self.state.interval(key).copied().unwrap_or_default();
        if interval.count() < intervals_min {
            let times = interval.count().into();
            return self.absent(Absence::History(History { times, among: times, ..History::default() }));
        }
        let value = FeatureValue::Number(interval.regularity_thousandths().into());
        self.answer_on(Ok(value), About::None, &[Part::Host, Part::Image, Part::Destination])
    }

    fn so_far(&self, count: SoFar) -> Answer {
        let (key, part) = match count {
            SoFar::Hosts => (self.observed.get(Slot::User), Part::User),
            _ => (self.observed.subject(), self.subject()),
        };
        let Some(key) = key else { return self.absent(Absence::Field) };
        let Some(moment) = self.observed.moment() else { return self.absent(Absence::Time) };
        let recent = self.state.recent(key, moment);
        let number = match count {
            SoFar::Rules => recent.rules_with(&self.hits.rules),
            SoFar::Tactics => recent.tactics_with(self.hits.tactics),
            SoFar::TacticsInOrder => recent.tactics_in_order_with(self.hits.tactics),
            SoFar::Detectors => recent.detectors_with(self.hits.detector),
            SoFar::Hosts => recent.hosts_with(self.observed.get(Slot::Host)),
        };
        let parts: &[Part] = if count == SoFar::Hosts { &[Part::User, Part::Host] } else { &[part] };
        let hits = if matches!(count, SoFar::Hosts | SoFar::Detectors) { About::None } else { About::All };
        self.answer_on(Ok(FeatureValue::Number(number.into())), hits, parts)
    }

    fn ancestors(&self) -> Answer {
        let (process, parent) = (self.observed.get(Slot::Process), self.observed.get(Slot::ParentProcess));
        if process.is_none() && parent.is_none() {
            return self.absent(Absence::Field);
        }
        match self.state.ancestors(process, parent) {
            (0, _) => self.absent(Absence::History(History::default())),
            (_, hit) => {
                let value = Ok(FeatureValue::Number(hit.into()));
                self.answer_on(value, About::None, &[Part::Process, Part::ParentProcess])
            }
        }
    }

    fn absent(&self, absence: Absence) -> Answer {
        self.answer_on(Err(absence), About::None, &[])
    }
}
