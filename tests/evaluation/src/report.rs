//! The numbers as a document.

use std::{fmt::Write, fs, path::Path};

use anyhow::Result;
use glassbox::starter;
use glassbox_evaluate::{
    Interval, Labelled, area_under_curve, average_precision, bootstrap, brier, calibration_error, found_among_first,
    leave_one_group_out, precision_at,
};
use glassbox_explain::numbers::grouped;
use glassbox_finding::Verdict;
use glassbox_score::{Model, generated_name};
use glassbox_tests::data;

use crate::run::{Measured, Row};

/// Draws of a bootstrap.
const DRAWS: usize = 1_000;
const SEED: u64 = 20_260_805;
/// Findings that an analyst looks at first, in each simulation.
const FIRST: usize = 5;
/// Groups of equal size of which calibration is measured.
const GROUPS: usize = 10;

type Order = fn(&Row) -> f64;

const ORDERS: [(&str, Order); 4] = [
    ("Glassbox points", |row| f64::from(row.points)),
    ("Sigma level", |row| f64::from(row.level)),
    ("risk-based alerting (level scores on the host, 24 hours)", |row| row.risk),
    ("rule rarity (hits before)", |row| -(row.seen as f64)),
];

/// The document.
pub(crate) fn write(measured: &Measured, data: &Path) -> Result<String> {
    let rows: Vec<&Row> = measured.rows.iter().filter(|row| row.agrees.is_some()).collect();
    let mut text = String::new();
    heading(&mut text, measured, &rows)?;
    let said = orders(&mut text, &rows)?;
    let families = families(&mut text, &rows)?;
    text.push_str("## In words\n\n");
    said.iter().chain(&families).for_each(|sentence| text.push_str(&format!("- {sentence}\n")));
    text.push('\n');
    caveats(&mut text, &rows);
    calibration(&mut text, &rows)?;
    names(&mut text, data)?;
    Ok(text)
}

fn labelled(rows: &[&Row], order: impl Fn(&Row) -> f64) -> Vec<Labelled> {
    let one =
        |row: &&Row| Labelled { group: row.simulation, score: order(row), is_true: row.agrees.unwrap_or_default() };
    rows.iter().map(one).collect()
}

fn heading(text: &mut String, measured: &Measured, rows: &[&Row]) -> Result<()> {
    let Measured { simulations, labelled_simulations, records, unscored, rules, state_bytes, memory_bytes, .. } =
        measured;
    let agreeing = rows.iter().filter(|row| row.agrees == Some(true)).count();
    let mut labels: Vec<u32> = rows.iter().filter(|row| row.agrees == Some(true)).map(|row| row.simulation).collect();
    labels.dedup();
    writeln!(
        text,
        "# How well findings are ordered\n\n\
         Written by `cargo run -p glassbox-evaluation > EVALUATION.md`; the same data give the same \
         numbers.\n\n\
         ## What was measured\n\n\
         {} records of {simulations} simulated attacks with their background (OTRF Security-Datasets: Windows Security, \
         Sysmon, PowerShell and more) went through the component, in the order in which they happened, with one state, and \
         with the {} SigmaHQ rules of `rules/`. {} records were not scored. Every one of the {} findings adds up: the host \
         checked each sum, each contribution against the model's table, and each piece of evidence on the record's bytes. \
         The state at the end takes {} bytes; no instance held more than {} bytes of memory.\n\n\
         The points are those of the starter model, set by hand before this was first run and not changed after; what was \
         mended since is which user a record is about. Calibration alone is fitted, always on other simulations than those \
         it is tested on.\n\n\
         ## What the labels are, and what they are not\n\n\
         Of {labelled_simulations} simulations the techniques that were simulated are known. A finding counts as true \
         where a rule that hit names one of them (sub-techniques counted as their technique, ids resolved to ATT&CK {}). \
         That is a *weak* label: most of an attack's other steps (how it got in, what it ran through) hit rules that name \
         other techniques, and count as false here; and background that happens to hit a rule of the simulated technique \
         counts as true. What is called background is simulators' background of a lab, not that of an organisation: no rate \
         here is a false-alarm rate that anybody would meet. The label looks at techniques, and so do a few terms of the \
         model (how many, not which). Of {} findings in labelled simulations {} are true by it, in {} simulations.\n\n\
         Intervals hold 95 % of {} draws of whole simulations; findings of one simulation hang together.\n",
        grouped(*records),
        grouped(*rules as u64),
        grouped(*unscored),
        grouped(measured.rows.len() as u64),
        grouped(*state_bytes as u64),
        grouped(*memory_bytes),
        glassbox_attack::VERSION,
        grouped(rows.len() as u64),
        grouped(agreeing as u64),
        labels.len(),
        grouped(DRAWS as u64),
    )?;
    Ok(())
}

/// The share of simulations with a true finding that have one among the first of their own.
fn first_found(all: &[Labelled]) -> Option<f64> {
    found_among_first(all, FIRST)
}

fn cell(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "-".to_owned(), |it| format!("{:.3} ({:.3} to {:.3})", it.value, it.low, it.high))
}

/// The table of orders; what it says, in words.
fn orders(text: &mut String, rows: &[&Row]) -> Result<Vec<String>> {
    let mut said = Vec::new();
    text.push_str("## Orders compared\n\n");
    text.push_str(
        "AUC: how likely a true finding stands before another one. AP: the mean precision at each true finding. First 5: \
         the share of simulations with a true finding that have one among their own first five.\n\n\
         | order | AUC | AP | true of first 100 | first 5 |\n|---|---|---|---|---|\n",
    );
    let columns: Vec<Vec<Labelled>> = ORDERS.iter().map(|(_, order)| labelled(rows, order)).collect();
    for ((name, _), column) in ORDERS.iter().zip(&columns) {
        let area = bootstrap([column], DRAWS, SEED, |[all]| area_under_curve(all));
        let precision = bootstrap([column], DRAWS, SEED, |[all]| average_precision(all));
        let hundred = bootstrap([column], DRAWS, SEED, |[all]| precision_at(all, 100));
        let first = bootstrap([column], DRAWS, SEED, |[all]| first_found(all));
        writeln!(text, "| {name} | {} | {} | {} | {} |", cell(area), cell(precision), cell(hundred), cell(first))?;
    }
    text.push_str("\nGlassbox less the other, on the same draws: where the interval holds 0 there is no difference to speak of.\n\n");
    text.push_str("| other | AUC | AP | first 5 |\n|---|---|---|---|\n");
    for ((name, _), column) in ORDERS.iter().zip(&columns).skip(1) {
        let less = |measure: fn(&[Labelled]) -> Option<f64>| {
            bootstrap([&columns[0], column], DRAWS, SEED, |[ours, theirs]| Some(measure(ours)? - measure(theirs)?))
        };
        let (area, precision, first) = (less(area_under_curve), less(average_precision), less(first_found));
        writeln!(text, "| {name} | {} | {} | {} |", cell(area), cell(precision), cell(first))?;
        let words = |measure: &str, less: Option<Interval>| format!("{measure} {}", in_words(less));
        said.push(format!(
            "Glassbox against {name}: {}; {}; {}.",
            words("by AUC", area),
            words("by AP", precision),
            words("by the first five", first)
        ));
    }
    text.push('\n');
    Ok(said)
}

/// What a difference comes to.
fn in_words(less: Option<Interval>) -> &'static str {
    match less {
        Some(Interval { low, .. }) if low > 0.0 => "better",
        Some(Interval { high, .. }) if high < 0.0 => "worse",
        Some(_) => "no difference to speak of",
        None => "not measured",
    }
}

/// What must be known to read the orders rightly.
fn caveats(text: &mut String, rows: &[&Row]) {
    let [_, _, (_, risk), _] = ORDERS;
    let area = area_under_curve(&labelled(rows, risk)).unwrap_or(0.5);
    let chance = match area {
        ..0.5 => format!(
            " At an AUC of {area:.3} that is below chance: a host's sum over 24 hours rises with all that hits on it, and \
             background hits most. So this is not how such products are used, and says nothing of them."
        ),
        _ => String::new(),
    };
    text.push_str(&format!(
        "Risk-based alerting orders hosts rather than findings; here findings are ordered as it would bring them \
         up.{chance}\n\n\
         What hit on an entity lately is counted over simulations that share one state and a handful of host names (such as \
         WORKSTATION5): attacks that have nothing to do with each other, recorded within a day of each other, can count as one \
         entity's day. What the family “entity so far” does here says little about an organisation's hosts, for better or \
         worse.\n\n",
    ));
}

/// The table of families; what it says, in words.
fn families(text: &mut String, rows: &[&Row]) -> Result<Vec<String>> {
    text.push_str(
        "## What each family of features does\n\nThe points are a sum, so a family is left out by leaving out its \
         contributions. This pack has no context.\n\n| points | AUC | AP | first 5 |\n|---|---|---|---|\n",
    );
    let mut names: Vec<&str> = rows.iter().flat_map(|row| row.families.keys().copied()).collect();
    names.sort_unstable();
    names.dedup();
    let mut row = |name: &str, order: &dyn Fn(&Row) -> f64| -> Result<()> {
        let column = labelled(rows, order);
        let area = bootstrap([&column], DRAWS, SEED, |[all]| area_under_curve(all));
        let precision = bootstrap([&column], DRAWS, SEED, |[all]| average_precision(all));
        let first = bootstrap([&column], DRAWS, SEED, |[all]| first_found(all));
        Ok(writeln!(text, "| {name} | {} | {} | {} |", cell(area), cell(precision), cell(first))?)
    };
    row("all", &|it| it.points.into())?;
    let part = |it: &Row, name: &str| it.families.get(name).copied().unwrap_or(0);
    for name in &names {
        row(&format!("without {name}"), &|it| f64::from(it.points - part(it, name)))?;
    }
    for name in &names {
        row(&format!("{name} alone"), &|it| f64::from(part(it, name)))?;
    }
    text.push('\n');
    let all = labelled(rows, |it| it.points.into());
    let said = names.iter().filter(|name| rows.iter().any(|it| part(it, name) != 0)).map(|name| {
        let without = labelled(rows, |it| f64::from(it.points - part(it, name)));
        let gain = |measure: fn(&[Labelled]) -> Option<f64>| {
            bootstrap([&all, &without], DRAWS, SEED, |[all, without]| Some(measure(all)? - measure(without)?))
        };
        let (area, precision) = (in_words(gain(area_under_curve)), in_words(gain(average_precision)));
        format!("With the family “{name}” rather than without it: by AUC {area}; by AP {precision}.")
    });
    let alone = names.iter().filter(|name| rows.iter().any(|it| part(it, name) != 0)).map(|name| {
        let alone = labelled(rows, |it| f64::from(part(it, name)));
        let gain = |measure: fn(&[Labelled]) -> Option<f64>| {
            bootstrap([&alone, &all], DRAWS, SEED, |[alone, all]| Some(measure(alone)? - measure(all)?))
        };
        let (area, precision) = (in_words(gain(area_under_curve)), in_words(gain(average_precision)));
        format!("The family “{name}” alone against all families together: by AUC {area}; by AP {precision}.")
    });
    Ok(said.chain(alone).collect())
}

fn calibration(text: &mut String, rows: &[&Row]) -> Result<()> {
    let model = Model::parse(starter::MODEL.as_bytes())?;
    let points = labelled(rows, |row| f64::from(row.points));
    let stated = labelled(rows, |row| f64::from(model.probability(row.points).likely) / 1e6);
    let fitted = leave_one_group_out(&points);
    let share = points.iter().filter(|it| it.is_true).count() as f64 / points.len().max(1) as f64;
    let constant = labelled(rows, |_| share);
    text.push_str(
        "## Calibration\n\nThe starter's curve is set by hand; the fitted one is an isotonic table, tested by leaving one \
         simulation out. Brier: the mean squared distance of probability and label. Error: the mean distance of probability \
         and share of true findings over ten groups of equal size. A table fitted here says how often such a finding \
         carries the simulated technique, and nothing about anybody's organisation: it is not shipped.\n\n\
         | probability | Brier | error |\n|---|---|---|\n",
    );
    for (name, column) in [
        ("the starter's curve", &stated),
        ("isotonic, one simulation left out", &fitted),
        ("the base rate for all", &constant),
    ] {
        let distance = bootstrap([column], DRAWS, SEED, |[all]| brier(all));
        let error = bootstrap([column], DRAWS, SEED, |[all]| calibration_error(all, GROUPS));
        writeln!(text, "| {name} | {} | {} |", cell(distance), cell(error))?;
    }
    text.push_str("\n| verdict at the starter's threshold | findings | true by label |\n|---|---|---|\n");
    for verdict in [Verdict::Above, Verdict::TooClose, Verdict::DataMissing, Verdict::Below] {
        let of: Vec<_> = rows.iter().filter(|row| row.verdict == verdict).collect();
        let true_ones = of.iter().filter(|row| row.agrees == Some(true)).count();
        writeln!(text, "| {verdict:?} | {} | {} |", grouped(of.len() as u64), grouped(true_ones as u64))?;
    }
    text.push('\n');
    if let (Some(stated), Some(constant)) = (brier(&stated), brier(&constant)) {
        let worse = if stated > constant { "worse" } else { "better" };
        writeln!(
            text,
            "By Brier the starter's curve ({stated:.3}) is {worse} than saying the base rate for all ({constant:.3}): its \
             probabilities put findings in order, and are not to be read as rates.\n"
        )?;
    }
    let missing = rows.iter().filter(|row| row.verdict == Verdict::DataMissing).count();
    let leaned_on = model.terms().iter().filter(|term| term.abstain_when_missing);
    let leaned_on: Vec<_> = leaned_on.map(|term| format!("`{}`", term.name)).collect();
    writeln!(
        text,
        "Of {} findings {} were left to a person because data was missing. The score leans on {}: they apply to process \
         starts and script blocks alone. Findings in which one of them was missing: {}. Such a one is left to a person only \
         where the best that was missing could have put it above the threshold, or the worst below.\n",
        grouped(rows.len() as u64),
        grouped(missing as u64),
        leaned_on.join(", "),
        grouped(rows.iter().filter(|row| row.is_lacking).count() as u64)
    )?;
    Ok(())
}

fn names(text: &mut String, data: &Path) -> Result<()> {
    let people: Vec<f64> = fs::read_to_string(data.join("domains/opendns-random-domains.txt"))?
        .lines()
        .map(|name| generated_name(name) as f64)
        .collect();
    let made = data::lines(&data.join("domains/dga_domains.tsv.zst"));
    let made: Vec<f64> = made
        .filter_map(|line| Some(generated_name(String::from_utf8(line).ok()?.split_once('\t')?.1) as f64))
        .collect();
    let both = |is_true: bool| move |&score: &f64| Labelled { group: 0, score, is_true };
    let all: Vec<_> = people.iter().map(both(false)).chain(made.iter().map(both(true))).collect();
    let share = |all: &[f64], least: f64| {
        format!("{:.1} %", 100.0 * all.iter().filter(|&&it| it >= least).count() as f64 / all.len().max(1) as f64)
    };
    writeln!(
        text,
        "## Names that look made up\n\nThe feature `generated-name` alone, on {} generated domains of malware families and \
         {} ordinary registered ones: AUC {:.3}. From 500 on, the starter's first bin that gives points, lie {} of the \
         generated and {} of the ordinary; from 700 on {} and {}. Families that put words together are not told apart, and \
         are not meant to be.",
        grouped(made.len() as u64),
        grouped(people.len() as u64),
        area_under_curve(&all).unwrap_or(0.5),
        share(&made, 500.0),
        share(&people, 500.0),
        share(&made, 700.0),
        share(&people, 700.0),
    )?;
    Ok(())
}
