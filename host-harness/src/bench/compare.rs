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
    /// The records that both worked through, in order.
    pub(super) records: &'c [&'c [u8]],
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
        let within = hits.iter().filter(|hits| (hits.record as usize) < compared.records.len());
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
        records: compared.records.len() as u64,
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
        let all = |is: fn(&Self, &[u8]) -> bool| records.iter().all(|&record| is(self, self.records[record as usize]));
        if rejected(self.other_facts) {
            Reason::RejectedByOther
        } else if rejected(self.one_facts) {
            Reason::RejectedByOne
        } else if all(|compared, record| record.len() > compared.record_bytes_max) {
            Reason::RecordTooLong
        } else if all(|_, record| is_process_audit(record)) {
            Reason::ProcessAudit
        } else if all(|_, record| repeats_key(record)) {
            Reason::RepeatedKey
        } else {
            Reason::Unexplained
        }
    }
}

/// Whether a record is a process creation of the Security log. The host looks into records here alone, after the
/// measurement, to tell people why engines differ.
fn is_process_audit(record: &[u8]) -> bool {
    let Ok(record) = serde_json::from_slice::<serde_json::Value>(record) else { return false };
    let event_id = &record["EventID"];
    let is_4688 = event_id.as_u64() == Some(4688) || event_id.as_str() == Some("4688");
    is_4688 && record["Channel"].as_str().is_some_and(|channel| channel.eq_ignore_ascii_case("security"))
}

/// Whether the outermost object has a key twice.
fn repeats_key(record: &[u8]) -> bool {
    struct Keys(bool);
    impl<'de> serde::Deserialize<'de> for Keys {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(KeyVisitor)
        }
    }
    struct KeyVisitor;
    impl<'de> serde::de::Visitor<'de> for KeyVisitor {
        type Value = Keys;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
            let mut seen = BTreeSet::new();
            let mut repeats = false;
            while let Some((key, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                repeats |= !seen.insert(key);
            }
            Ok(Keys(repeats))
        }
    }
    serde_json::from_slice::<Keys>(record).is_ok_and(|keys| keys.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::lane::RejectedRule;

    const AUDIT: &[u8] = br#"{"EventID":"4688","Channel":"Security"}"#;
    const PLAIN: &[u8] = br#"{"EventID":1,"Channel":"Security"}"#;
    const TWICE: &[u8] = br#"{"a":1,"b":{"c":1,"c":1},"a":2}"#;
    const LONG: &[u8] = &[b' '; 100];

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
            records: &[AUDIT, PLAIN, TWICE, LONG],
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
        check(&[(0, "r"), (1, "r")], &[(1, "r")], &[], &["r 1 0 1 ProcessAudit"]);
        check(&[(1, "r")], &[(2, "r")], &[], &["r 1 1 2 Unexplained"]);
        check(&[], &[(2, "s")], &[], &["s 0 1 3 RepeatedKey"]);
        check(&[], &[(3, "r")], &[], &["r 0 1 4 RecordTooLong"]);
        check(&[(1, "r")], &[], &["r.yml"], &["r 1 0 2 RejectedByOther"]);
    }
}
