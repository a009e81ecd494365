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
    fn many_short_literals_are_found(text in "[a-d]{0,12}", more in predicates("[a-d]{1,6}", 700)) {
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
