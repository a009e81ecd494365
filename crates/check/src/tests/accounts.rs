//! Every record has exactly one outcome.

use super::*;

fn batch() -> Batch {
    let mut batch = Batch::default();
    for record in ["one", "two", "three", "four", "five"] {
        batch.push(record.as_bytes());
    }
    batch
}

fn reading() -> Reading {
    Reading {
        noted: vec![0, 3],
        unscored: vec![Unscored { index: 1, reason: UnscoredReason::Malformed, at: 3 }],
        outside: vec![4],
        quiet: 1,
        schemas: vec![
            SchemaCount { schema: "json".into(), records: 1 },
            SchemaCount { schema: "text".into(), records: 2 },
        ],
        unrouted: 1,
        ..Reading::default()
    }
}

#[test]
fn a_reading_accounts_for_every_record_once() {
    assert_eq!(reading().check(&batch()), Ok(()));
    assert_eq!(Reading::default().check(&Batch::default()), Ok(()));
    let check = |change: fn(&mut Reading), expected: &str| {
        let mut reading = reading();
        change(&mut reading);
        let fault = reading.check(&batch()).expect_err(expected).to_string();
        assert!(fault.contains(expected), "{fault}");
    };
    check(|reading| reading.quiet = 0, "4 records are accounted for in a batch of 5");
    check(|reading| reading.quiet = u32::MAX, "in a batch of 5");
    check(|reading| reading.noted = vec![3, 0], "noted does not ascend at record 0");
    check(|reading| reading.noted = vec![3, 3], "noted does not ascend at record 3");
    check(|reading| reading.noted = vec![0, 5], "noted names record 5 of a batch of 5");
    check(|reading| reading.outside = vec![3], "record 3 has two outcomes");
    check(|reading| reading.unscored[0].at = 4, "record 1 stopped making sense at byte 4 and has 3");
    check(|reading| reading.schemas[0].records = 2, "do not add up");
    check(|reading| reading.schemas.swap(0, 1), "not in order of name");
    check(|reading| reading.unrouted = 4, "more records are unrouted");
}

#[test]
fn an_outcome_decides_every_noted_record_once() {
    let outcome = |findings: &[u32], quiet: &[u32]| Outcome {
        findings: findings.iter().map(|&index| Finding { index, ..finding() }).collect(),
        quiet: quiet.to_vec(),
    };
    let noted = [1, 4, 6];
    assert_eq!(outcome(&[4], &[1, 6]).check(&noted), Ok(()));
    assert_eq!(outcome(&[1, 4, 6], &[]).check(&noted), Ok(()));
    assert_eq!(outcome(&[4], &[1]).check(&noted), Err(AccountFault::Lost(6)));
    assert_eq!(outcome(&[4], &[1, 4]).check(&noted), Err(AccountFault::Twice(4)));
    assert_eq!(outcome(&[2], &[]).check(&noted), Err(AccountFault::NotNoted(2)));
    let twice = AccountFault::NotAscending { list: "findings", index: 4 };
    assert_eq!(outcome(&[4, 4], &[]).check(&noted), Err(twice));
    assert_eq!(outcome(&[], &[6, 1]).check(&noted), Err(AccountFault::NotAscending { list: "quiet", index: 1 }));
}
