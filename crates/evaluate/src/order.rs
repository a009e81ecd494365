//! How well an order puts true findings before others. Findings of one score come in no order: each measure is what it
//! is on average over all orders of them.

use std::collections::BTreeMap;

use crate::Labelled;

/// The counts of true and other findings of each score, the highest score first.
fn by_score(findings: &[Labelled]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<&Labelled> = findings.iter().collect();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut counts: Vec<(f64, f64)> = Vec::new();
    let mut last = None;
    for finding in sorted {
        if last != Some(finding.score) {
            counts.push((0.0, 0.0));
            last = Some(finding.score);
        }
        if let Some(count) = counts.last_mut() {
            if finding.is_true { count.0 += 1.0 } else { count.1 += 1.0 }
        }
    }
    counts
}

/// The area under the receiver operating characteristic: how likely a true finding stands before another one. None
/// without both kinds.
#[must_use]
pub fn area_under_curve(findings: &[Labelled]) -> Option<f64> {
    let counts = by_score(findings);
    let (mut above, mut pairs) = (0.0, 0.0);
    for &(true_ones, others) in &counts {
        pairs += others * (above + true_ones / 2.0);
        above += true_ones;
    }
    let others: f64 = counts.iter().map(|(_, others)| others).sum();
    (above > 0.0 && others > 0.0).then(|| pairs / (above * others))
}

/// The mean of the precision at each true finding (Manning, Raghavan and Schütze, "Introduction to Information Retrieval",
/// 8.4). None without true ones.
#[must_use]
pub fn average_precision(findings: &[Labelled]) -> Option<f64> {
    let (mut seen, mut true_before, mut sum) = (0.0, 0.0, 0.0);
    for (true_ones, others) in by_score(findings) {
        let all = true_ones + others;
        // The expected precision at the places within a tie: true ones spread evenly over it.
        if true_ones > 0.0 {
            let places = all as usize;
            for place in 1..=places {
                let before = (place - 1) as f64 * if all > 1.0 { (true_ones - 1.0) / (all - 1.0) } else { 0.0 };
                sum += true_ones / all * (true_before + before + 1.0) / (seen + place as f64);
            }
        }
        seen += all;
        true_before += true_ones;
    }
    (true_before > 0.0).then(|| sum / true_before)
}

/// The share of true findings among the first so many. None of fewer findings.
#[must_use]
pub fn precision_at(findings: &[Labelled], first: usize) -> Option<f64> {
    if findings.len() < first || first == 0 {
        return None;
    }
    let mut left = first as f64;
    let mut true_ones = 0.0;
    for (here, others) in by_score(findings) {
        let taken = left.min(here + others);
        true_ones += taken * here / (here + others);
        left -= taken;
        if left <= 0.0 {
            break;
        }
    }
    Some(true_ones / first as f64)
}

/// The share of groups with a true finding that have one among their own first so many. Where findings tie at the end of
/// those, it is the chance that one of them is true. None without true findings.
#[must_use]
pub fn found_among_first(findings: &[Labelled], first: usize) -> Option<f64> {
    let mut groups: BTreeMap<u32, Vec<Labelled>> = BTreeMap::new();
    findings.iter().for_each(|finding| groups.entry(finding.group).or_default().push(*finding));
    let (mut chances, mut count) = (0.0, 0.0);
    for group in groups.values().filter(|group| group.iter().any(|finding| finding.is_true)) {
        count += 1.0;
        let mut left = first as f64;
        // The chance that none so far is true.
        let mut none = 1.0;
        for (true_ones, others) in by_score(group) {
            let all = true_ones + others;
            if left >= all {
                none *= if true_ones > 0.0 { 0.0 } else { 1.0 };
            } else {
                for place in 0..left as usize {
                    none *= (others - place as f64).max(0.0) / (all - place as f64);
                }
            }
            left -= all;
            if left <= 0.0 {
                break;
            }
        }
        chances += 1.0 - none;
    }
    (count > 0.0).then(|| chances / count)
}
