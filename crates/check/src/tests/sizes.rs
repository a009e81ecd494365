//! Findings cut to their limits.

use super::*;

/// A finding with more of everything than fits.
fn large(hits: u32, further: u32, operand_bytes: usize, fields: usize) -> Finding {
    let mut finding = finding();
    let wide = place(Encoding::JsonString, r"C:\\Windows\\System32\\cmd.exe");
    finding.evidence = (0..hits * 2)
        .map(|number| {
            let operand = format!("{}{number}", "x".repeat(operand_bytes));
            evidence(Operator::NotEquals, &operand, Place::Text(wide), r"C:\Windows\System32\cmd.exe")
        })
        .collect();
    finding.hits = (0..hits)
        .map(|number| Hit { rule: format!("rule-{number}"), evidence: vec![number * 2, number * 2 + 1] })
        .collect();
    finding.further_hits = (0..further).map(|number| format!("further-{number}")).collect();
    finding.fields = vec![finding.fields[0].clone(); fields];
    finding.contributions = (0..20).map(|number| contribution(number, 10, &[number % (hits * 2)])).collect();
    finding.points = finding.base + 200;
    finding.missing.clear();
    finding
}

#[test]
fn a_finding_that_fits_is_left_as_it_is() {
    let mut fitted = finding();
    fit(&mut fitted);
    assert_eq!(fitted, finding());
}

#[test]
fn hits_beyond_the_limit_are_told_by_id_in_order() {
    let mut finding = large(18, 1, 0, 0);
    fit(&mut finding);
    assert_eq!(finding.hits.len(), 16);
    assert_eq!(finding.further_hits, ["rule-16", "rule-17", "further-0"]);
    assert_eq!(finding.evidence.len(), 32);
    assert_eq!(check(RECORD, &finding), Ok(()));
}

#[test]
fn evidence_told_twice_is_kept_once() {
    let mut finding = finding();
    finding.evidence.push(finding.evidence[0].clone());
    finding.contributions[1].evidence = vec![2, 0];
    fit(&mut finding);
    assert_eq!((finding.evidence.len(), finding.contributions[1].evidence.as_slice()), (2, &[0][..]));
    assert_eq!(check(RECORD, &finding), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_cut_the_finding_fits_and_still_holds(
        hits in 1_u32..30, further in 0_u32..600, operand_bytes in 0_usize..5000, fields in 0_usize..300
    ) {
        let whole = large(hits, further, operand_bytes, fields);
        let mut finding = whole.clone();
        fit(&mut finding);
        prop_assert!(finding.size_bytes() <= limits::FINDING_BYTES_MAX);
        prop_assert_eq!(check(RECORD, &finding), Ok(()));
        prop_assert_eq!(finding.contributions.len(), whole.contributions.len());
        prop_assert_eq!(&finding.missing, &whole.missing);
        let mut again = finding.clone();
        fit(&mut again);
        prop_assert_eq!(again, finding);
    }
}
