//! The index against the plain test of each predicate.

use proptest::prelude::*;

use super::*;
use crate::{Operator, Predicate, fold};

fn check(predicates: &[Predicate], text: &str) -> Result<(), TestCaseError> {
    let literals: Vec<(u32, Literal)> = (0..)
        .zip(predicates)
        .flat_map(|(number, predicate)| predicate.literals(&[]).into_iter().map(move |literal| (number, literal)))
        .collect();
    let index = Index::new(&literals);
    let tests: Vec<_> = predicates.iter().map(|predicate| predicate.compile().expect("usable")).collect();
    let mut found = vec![false; predicates.len()];
    index.scan(fold(text).text().as_bytes(), &mut |number, needs_test| {
        found[number as usize] |= !needs_test || tests[number as usize].find(text).is_some();
    });
    for (number, _) in literals {
        let number = number as usize;
        prop_assert_eq!(found[number], tests[number].find(text).is_some(), "{:?} on {:?}", &predicates[number], text);
    }
    Ok(())
}

fn predicates(operand: &'static str, count: usize) -> impl Strategy<Value = Vec<Predicate>> {
    let operators = [Operator::Equals, Operator::Contains, Operator::StartsWith, Operator::EndsWith, Operator::Like];
    let predicate = (operand, prop::sample::select(operators.to_vec()), any::<bool>())
        .prop_map(|(operand, operator, cased)| Predicate { operator, operand, cased });
    prop::collection::vec(predicate, 1..count)
}

#[test]
fn a_literal_of_any_length_is_found_at_any_position() {
    // So many of one or of two bytes that they are not looked for one by one.
    let ones: Vec<String> = ('0'..='9').map(|digit| digit.to_string()).collect();
    let twos: Vec<String> = ('0'..='9').map(|digit| format!("x{digit}")).collect();
    let more = |operands: &[&str]| operands.iter().map(|&operand| operand.to_owned()).collect();
    for operands in [
        ones.clone(),
        twos.clone(),
        [ones, twos].concat(),
        more(&["1", "x2"]),
        more(&["x1y"]),
        more(&["\u{e9}"]),
        more(&["x\u{e9}1", "\u{e9}"]),
        more(&["x\u{e9}", "x\u{e9}1234", "\u{e9}"]),
        more(&["x1yz", "x2yz12", "xyz1234", "xyz1234567"]),
        more(&["x1y", "xyz1234567"]),
    ] {
        let literals = operands.iter().zip(0..).flat_map(|(operand, number)| {
            let literals = Predicate::new(Operator::Contains, operand.as_str()).literals(&[]);
            literals.into_iter().map(move |literal| (number, literal))
        });
        let index = Index::new(&literals.collect::<Vec<_>>());
        let check = |text: &str| {
            let mut found = vec![false; operands.len()];
            index.scan(text.as_bytes(), &mut |number, _| found[number as usize] = true);
            let expected: Vec<bool> = operands.iter().map(|operand| text.contains(operand)).collect();
            assert_eq!(found, expected, "{operands:?} in {text}");
        };
        check("");
        for operand in &operands {
            // Beyond two blocks of whatever is looked at together.
            for before in 0..70 {
                let text = format!("{}{operand}{}", "-".repeat(before), "-".repeat(70 - before));
                check(&text);
                check(text.trim_end_matches('-'));
            }
        }
    }
}

#[test]
fn an_index_of_no_literals_says_so() {
    let literal = Literal { text: "a".to_owned(), place: Placed::Anywhere, needs_test: false };
    assert!(Index::new(&[]).is_empty() && !Index::new(&[(0, literal)]).is_empty());
}

#[test]
fn literals_are_known_by_what_few_of_them_share() {
    let index = |operands: &mut dyn Iterator<Item = String>| {
        let literals = operands.map(|text| (0, Literal { text, place: Placed::Anywhere, needs_test: false }));
        Index::new(&literals.collect::<Vec<_>>())
    };
    let alike = index(&mut (0..2_000).map(|number| format!("url=https://{number}.example")));
    assert!(alike.assigned.is_empty() && alike.long.most_alike() < 60, "{}", alike.long.most_alike());
    let hashes =
        index(&mut (0..2_000).map(|number| format!("md5={:016x}", hash(&[number as u8, (number >> 8) as u8]))));
    assert!(!hashes.assigned.is_empty() && hashes.long.most_alike() == 0);
    let value = |number: usize| format!("md5={:016x}", hash(&[number as u8]));
    for (count, expected) in [(ASSIGNED_MANY - 1, true), (ASSIGNED_MANY, false), (ASSIGNED_MANY + 1, false)] {
        assert_eq!(index(&mut (0..count).map(value)).assigned.is_empty(), expected, "{count}");
    }
    let alike = (0..100).map(|number| format!("url=https://{number}.example"));
    let mixed = index(&mut (0..100).map(value).chain(alike));
    assert!(!mixed.assigned.is_empty() && mixed.assigned.most_alike() <= ASSIGNED_ALIKE_MAX);
    let numbers = index(&mut (0..999).map(|number| format!("%%%{number:03}")));
    assert!(numbers.medium.most_alike() < 60, "{}", numbers.medium.most_alike());
}

#[test]
fn a_tail_begins_with_its_only_separator() {
    for (literal, expected) in [
        (r"\cmd.exe", true),
        ("/sh", true),
        (r"/a\b", true),
        (r"\a\b", false),
        ("//a", false),
        ("cmd.exe", false),
        ("", false),
    ] {
        assert_eq!(is_tail(literal.as_bytes()), expected, "{literal}");
    }
}

#[test]
fn hashes_differ_in_the_bits_that_tables_go_by() {
    // Of 65,536 places, 63 in a hundred would be taken by chance.
    for (value, at) in [([0; 2].as_slice(), [0, 1]), (&[0; 8], [4, 5]), (&[0; 8], [6, 7]), (&[0; 9], [0, 8])] {
        let mut places = std::collections::HashSet::new();
        for number in 0..=u16::MAX {
            let mut bytes = value.to_vec();
            [bytes[at[0]], bytes[at[1]]] = number.to_le_bytes();
            places.insert(hash(&bytes) as u16);
        }
        assert!(places.len() > 38_000, "{} for {} bytes", places.len(), value.len());
    }
    assert_ne!(hash(b""), hash(&[0]));
}

proptest! {
    #[test]
    fn the_index_finds_what_each_test_finds(
        predicates in predicates("[ab\\\\/*?É]{1,7}", 30),
        text in "[abAB\\\\/É]{0,24}",
    ) {
        check(&predicates, &text)?;
    }

    #[test]
    fn long_literals_are_found_at_every_position(
        predicates in predicates("[ab]{1,3}[ab\\\\]{0,3}c{0,9}[ab]{1,9}", 30),
        texts in prop::collection::vec("[ab]{0,3}[abA\\\\]{0,3}c{0,9}[abB]{0,9}", 1..4),
        chosen in any::<prop::sample::Index>(),
        before in "[abc]{0,20}",
    ) {
        // Around one of the operands, so that something is found.
        check(&predicates, &format!("{before}{}{}", chosen.get(&predicates).operand, texts.concat()))?;
        check(&predicates, &format!("{before}{}", chosen.get(&predicates).operand))?;
        check(&predicates, &format!("{}{before}", chosen.get(&predicates).operand))?;
    }

    #[test]
    fn many_short_literals_are_found(text in "[a-d]{0,40}", more in predicates("[a-d]{1,6}", 700)) {
        check(&more, &text)?;
    }

    #[test]
    fn many_assignments_are_found(
        operands in prop::collection::vec("[ab]{0,2}=[ab=]{8,12}", 64..120),
        others in predicates("[ab]{0,2}=[ab=]{6,12}", 30),
        chosen in any::<prop::sample::Index>(),
        around in "[ab=]{0,9}",
    ) {
        let assigning = operands.iter().map(|operand| Predicate::new(Operator::Contains, operand));
        let predicates: Vec<Predicate> = assigning.chain(others).collect();
        check(&predicates, &format!("{around}{}{around}", chosen.get(&predicates).operand))?;
        check(&predicates, &around)?;
    }
}
