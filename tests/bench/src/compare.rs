//! Hits of two lanes on the same records, and why they differ: a fast wrong answer must show.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    lane::{EngineFacts, RecordHits},
    report::{Comparison, Difference, Reason},
};

/// What was compared, beside the hits.
pub(super) struct Compared<'c> {
    pub(super) input: &'c str,
    pub(super) rule_files: u64,
    pub(super) one: &'c str,
    pub(super) other: &'c str,
    /// The length of each record that both worked through, in order.
    pub(super) record_bytes: &'c [u64],
    /// The longest record that the first lane reads.
    pub(super) record_bytes_max: usize,
    pub(super) one_facts: &'c EngineFacts,
    pub(super) other_facts: &'c EngineFacts,
    /// The file of each rule.
    pub(super) files: &'c BTreeMap<String, String>,
}

/// Compares the hits of two lanes.
pub(super) fn compare(compared: &Compared<'_>, one: &[RecordHits], other: &[RecordHits]) -> Comparison {
    let pairs = |hits: &[RecordHits]| -> BTreeSet<(String, u64)> {
        let within = hits.iter().filter(|hits| (hits.record as usize) < compared.record_bytes.len());
        within.flat_map(|hits| hits.rules.iter().map(|rule| (rule.clone(), hits.record))).collect()
    };
    let (one, other) = (pairs(one), pairs(other));
    let mut by_rule: BTreeMap<&str, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
    for (rule, record) in one.difference(&other) {
        by_rule.entry(rule).or_default().0.push(*record);
    }
    for (rule, record) in other.difference(&one) {
        by_rule.entry(rule).or_default().1.push(*record);
    }
    let mut differences: Vec<Difference> = by_rule
        .into_iter()
        .map(|(rule, (only_one, only_other))| {
            let records: Vec<u64> = only_one.iter().chain(&only_other).copied().collect();
            Difference {
                rule: rule.to_owned(),
                file: compared.files.get(rule).cloned().unwrap_or_default(),
                only_one: only_one.len() as u64,
                only_other: only_other.len() as u64,
                line: records.iter().min().map_or(0, |record| record + 1),
                reason: compared.reason(rule, &records),
            }
        })
        .collect();
    differences.sort_by(|a, b| (a.reason, &a.rule).cmp(&(b.reason, &b.rule)));
    Comparison {
        input: compared.input.to_owned(),
        rule_files: compared.rule_files,
        one: compared.one.to_owned(),
        other: compared.other.to_owned(),
        records: compared.record_bytes.len() as u64,
        common: one.intersection(&other).count() as u64,
        differences,
    }
}

impl Compared<'_> {
    /// The reason that holds of all records.
    fn reason(&self, rule: &str, records: &[u64]) -> Reason {
        let rejected = |facts: &EngineFacts| {
            let file = self.files.get(rule);
            file.is_some_and(|file| facts.rejected.iter().any(|rejected| rejected.file == *file))
        };
        let is_too_long = |record: &u64| self.record_bytes[*record as usize] > self.record_bytes_max as u64;
        if rejected(self.other_facts) {
            Reason::RejectedByOther
        } else if rejected(self.one_facts) {
            Reason::RejectedByOne
        } else if records.iter().all(is_too_long) {
            Reason::RecordTooLong
        } else {
            Reason::Unexplained
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::RejectedRule;

    /// Compares hits of rule `r` (and `s`) on records by place; returns the differences as text.
    fn check(one: &[(u64, &str)], other: &[(u64, &str)], rejected: &[&str], expected: &[&str]) {
        let hits = |hits: &[(u64, &str)]| -> Vec<RecordHits> {
            hits.iter().map(|(record, rule)| RecordHits::new(*record, vec![(*rule).to_owned()])).collect()
        };
        let other_facts = EngineFacts {
            rejected: rejected.iter().map(|file| RejectedRule { file: (*file).into(), reason: "no".into() }).collect(),
            ..EngineFacts::default()
        };
        let compared = Compared {
            input: "day",
            rule_files: 2,
            one: "sandbox",
            other: "rival",
            record_bytes: &[10, 20, 30, 100],
            record_bytes_max: 90,
            one_facts: &EngineFacts::default(),
            other_facts: &other_facts,
            files: &[("r".to_owned(), "r.yml".to_owned())].into(),
        };
        let comparison = compare(&compared, &hits(one), &hits(other));
        let told: Vec<String> = comparison
            .differences
            .iter()
            .map(|it| format!("{} {} {} {} {:?}", it.rule, it.only_one, it.only_other, it.line, it.reason))
            .collect();
        assert_eq!(told, expected);
        assert_eq!(comparison.common, one.iter().filter(|hit| other.contains(hit)).count() as u64);
    }

    #[test]
    fn differences_have_their_reason() {
        check(&[(0, "r"), (1, "r")], &[(0, "r"), (1, "r")], &[], &[]);
        check(&[(0, "r"), (1, "r")], &[(1, "r")], &[], &["r 1 0 1 Unexplained"]);
        check(&[(1, "r")], &[(2, "r")], &[], &["r 1 1 2 Unexplained"]);
        check(&[], &[(3, "r")], &[], &["r 0 1 4 RecordTooLong"]);
        check(&[], &[(2, "r"), (3, "r")], &[], &["r 0 2 3 Unexplained"]);
        check(&[(1, "r")], &[], &["r.yml"], &["r 1 0 2 RejectedByOther"]);
    }
}
