//! Accounts of batches.

use super::*;

fn batch() -> Batch {
    let mut batch = Batch::of(Origin::default());
    for record in ["{}", "x", "", "[[", "y"] {
        batch.push(record.as_bytes());
    }
    batch
}

fn class(timed: bool) -> Class {
    Class { map: 1, routed: true, timed, ..Class::default() }
}

/// Record 0 is noted, 1 quiet, 2 and 3 unscored, 4 outside.
fn reading() -> Reading {
    let mut notes = Notes::default();
    notes.push(b"note");
    let unscored = |index, reason, at| Unscored { index, reason, at };
    Reading {
        classes: vec![class(true), class(false)],
        class_of: vec![0, 1, NO_CLASS, NO_CLASS, 0],
        times: vec![5, 0, 0, 0, -5],
        unscored: vec![unscored(2, UnscoredReason::Empty, 0), unscored(3, UnscoredReason::Malformed, 2)],
        outside: vec![4],
        noted: vec![0],
        notes,
        suppressed: vec![Suppressed { index: 0, rule: 0, filter: 0 }],
        undecided: vec![Undecided { index: 0, rule: 1 }, Undecided { index: 1, rule: 0 }],
    }
}

#[test]
fn what_is_wrong_in_a_reading_is_named() {
    let rule = "one:\n    Image: a.exe\ncondition: one";
    let directory = directory_with(&[rule, rule], &["selection:\n    User: u\ncondition: not selection"]);
    assert_eq!(check_reading(&batch(), &reading(), 2, &directory), Ok(()));
    let check = |change: fn(&mut Reading), expected: &str| {
        let mut reading = reading();
        change(&mut reading);
        let fault = check_reading(&batch(), &reading, 2, &directory).expect_err(expected).to_string();
        assert!(fault.contains(expected), "{fault}\nand not: {expected}");
    };
    check(|it| it.times.truncate(4), "`times` has 4 entries for a batch of 5");
    check(|it| it.class_of.push(0), "`class-of` has 6 entries");
    check(|it| it.classes = vec![Class::default(); 1_001], "1001 classes, more than 1000");
    check(|it| it.classes[1] = class(true), "classes 0 and 1 are equal");
    check(|it| it.classes[1].map = 2, "class 1 names map 2, and the plugin describes 2");
    check(|it| (it.classes[1].blind, it.classes[1].routed) = (true, false), "class 1 is blind and not routed");
    check(|it| it.class_of[0] = 2, "record 0 is not unscored, and its class is 2");
    check(|it| it.class_of[0] = NO_CLASS, "record 0 is not unscored, and its class is 4294967295");
    check(|it| it.class_of[2] = 0, "record 2 is unscored, and its class is 0");
    check(|it| it.times[1] = 1, "record 1 has no event time by its class, and its time is 1");
    check(|it| it.times[2] = 1, "record 2 has no event time");
    check(|it| it.unscored.reverse(), "`unscored` does not ascend at record 2");
    check(|it| it.outside.push(4), "`outside` does not ascend at record 4");
    check(|it| it.outside.push(5), "`outside` names record 5 of a batch of 5");
    check(|it| it.outside = vec![3], "record 3 is in `outside` and in another list");
    check(|it| it.noted = vec![4], "record 4 is in `noted` and in another list");
    check(|it| it.unscored[1].at = 3, "reading record 3 stopped at byte 3, and the record has 2");
    check(|it| it.notes.push(b"more"), "the notes do not fit the 1 noted records: end 1");
    check(|it| it.notes.ends[0] = 9, "end 0");
    check(|it| it.notes = Notes::default(), "end 0");
    check(|it| it.suppressed[0].rule = 2, "`suppressed` names rule 2 with filter 0 for record 0");
    check(|it| it.suppressed[0].filter = 1, "rule 0 with filter 1");
    check(|it| it.suppressed[0].index = 2, "`suppressed` names record 2, which was not scored");
    check(|it| it.suppressed[0].index = 4, "`suppressed` names record 4, which was not scored");
    check(|it| it.suppressed[0].index = 5, "`suppressed` names record 5 of a batch of 5");
    check(|it| it.suppressed.push(it.suppressed[0]), "`suppressed` does not ascend at record 0");
    check(|it| it.undecided.reverse(), "`undecided` does not ascend at record 0");
    check(|it| it.undecided[1].rule = 7, "`undecided` names rule 7 for record 1");
    check(|it| it.undecided[1].index = 3, "`undecided` names record 3, which was not scored");
}

#[test]
fn an_empty_batch_has_an_empty_reading() {
    let directory = directory(&["one:\n    Image: a.exe\ncondition: one"]);
    assert_eq!(check_reading(&Batch::default(), &Reading::default(), 0, &directory), Ok(()));
}
