//! What must hold of a model before it may score: names, ranges, bins that divide, constraints that are kept.

use std::collections::BTreeSet;

use glassbox_predicate::Operator;

use crate::{
    BINS_MAX, Bin, Criticality, Feature, Level, MISSING, ModelError, Monotone, POINTS_MAX, PREDICATES_MAX, Status,
    TERMS_MAX, Term, WarmUp, model::PairTable,
};

/// Bytes of the name of a term or bin.
const NAME_BYTES_MAX: usize = 40;
/// Bytes of a title or phrase.
const PHRASE_BYTES_MAX: usize = 200;
/// Fields of one feature.
const FIELDS_MAX: usize = 8;
/// Bytes of a field's name.
const FIELD_BYTES_MAX: usize = 100;
/// The most days that are told apart.
const DAYS_MAX: u32 = 32;

pub(crate) fn check_points(place: &str, points: i32) -> Result<(), ModelError> {
    if (-POINTS_MAX..=POINTS_MAX).contains(&points) {
        return Ok(());
    }
    Err(ModelError::Points { place: place.to_owned(), points })
}

/// Checks all terms; returns the tables of those that are pairs.
pub(crate) fn check_terms(terms: &[Term]) -> Result<Vec<Option<PairTable>>, ModelError> {
    if !(1..=TERMS_MAX).contains(&terms.len()) {
        return Err(ModelError::Terms { count: terms.len() });
    }
    let count = terms.iter().flat_map(|term| &term.bins).map(Bin::predicate_count).sum();
    if count > PREDICATES_MAX {
        return Err(ModelError::Predicates { count });
    }
    let mut names = BTreeSet::new();
    for term in terms {
        check_name(&term.name, || "a term".to_owned())?;
        if !names.insert(&term.name) {
            return Err(ModelError::DuplicateTerm { term: term.name.clone() });
        }
        check_term(term)?;
    }
    let pairs = terms.iter().map(|term| pair_table(term, terms)).collect::<Result<Vec<_>, _>>()?;
    check_paired_once(terms, &pairs)?;
    terms.iter().zip(&pairs).try_for_each(|(term, table)| {
        table.as_ref().map_or(Ok(()), |table| check_monotone_in_pair(term, table, terms))
    })?;
    Ok(pairs)
}

/// Checks that no term is in two pairs: what a change of one term would do to the points then follows from one table.
fn check_paired_once(terms: &[Term], pairs: &[Option<PairTable>]) -> Result<(), ModelError> {
    let mut paired = BTreeSet::new();
    for (term, table) in terms.iter().zip(pairs) {
        for part in table.iter().flat_map(|table| [table.first, table.second]) {
            if !paired.insert(part) {
                let reason = format!("`{}` is in another pair already; pair each term once", terms[part].name);
                return Err(ModelError::Term { term: term.name.clone(), reason });
            }
        }
    }
    Ok(())
}

fn check_name(name: &str, what: impl Fn() -> String) -> Result<(), ModelError> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(known) && name != MISSING {
        return Ok(());
    }
    Err(ModelError::Name { name: name.chars().take(NAME_BYTES_MAX).collect(), what: what() })
}

fn check_text(term: &Term, what: &str, text: &str, limit: usize) -> Result<(), ModelError> {
    if (1..=limit).contains(&text.len()) {
        return Ok(());
    }
    Err(ModelError::Text { term: term.name.clone(), what: what.to_owned(), bytes: text.len(), limit })
}

fn check_term(term: &Term) -> Result<(), ModelError> {
    let wrong = |reason: &str| Err(ModelError::Term { term: term.name.clone(), reason: reason.to_owned() });
    check_text(term, "the title", &term.title, PHRASE_BYTES_MAX)?;
    check_fields(term)?;
    if !(1..=BINS_MAX).contains(&term.bins.len()) {
        return Err(ModelError::BinCount { term: term.name.clone(), count: term.bins.len() });
    }
    let mut names = BTreeSet::new();
    for bin in &term.bins {
        check_name(&bin.name, || format!("a bin of term `{}`", term.name))?;
        if !names.insert(&bin.name) {
            return Err(bin_error(term, bin, "another bin has this name; rename one"));
        }
        check_text(term, &format!("the phrase of bin `{}`", bin.name), &bin.phrase, PHRASE_BYTES_MAX)?;
        check_points(&format!("bin `{}` of term `{}`", bin.name, term.name), bin.points)?;
    }
    match &term.missing {
        Some(missing) if term.feature.may_be_missing() => {
            check_points(&format!("`missing` of term `{}`", term.name), missing.points)?;
            check_text(term, "the phrase of `missing`", &missing.phrase, PHRASE_BYTES_MAX)?;
        }
        None if !term.feature.may_be_missing() => {}
        Some(_) => return wrong("this feature is never missing; take `missing` out"),
        None => return wrong("it may be missing; say in `missing` what it gives then"),
    }
    let is_rarity =
        matches!(term.feature, Feature::SeenBefore { .. } | Feature::SeenOnHosts { .. } | Feature::HourHabit { .. });
    if is_rarity && term.missing.as_ref().is_some_and(|missing| missing.points != 0) {
        return wrong("without enough history rarity must not change the score; give its `missing` 0 points");
    }
    if term.abstain_when_missing && term.missing.is_none() {
        return wrong("this feature is never missing; take `abstain_when_missing` out");
    }
    if term.applies_to.iter().any(|source| *source == glassbox_finding::Logsource::default()) {
        return wrong("a logsource in `applies_to` is empty; give it a part, or take `applies_to` out");
    }
    check_bins(term)?;
    check_monotone(term)
}

fn check_fields(term: &Term) -> Result<(), ModelError> {
    use Feature as F;
    let wrong = |reason: String| Err(ModelError::Term { term: term.name.clone(), reason });
    let fields = term.feature.fields();
    if term.feature.content_fields().is_some() && !(1..=FIELDS_MAX).contains(&fields.len()) {
        return wrong(format!("it lists {} fields; give 1 to {FIELDS_MAX}", fields.len()));
    }
    match &term.feature {
        F::SeenBefore { warm_up, .. } | F::SeenOnHosts { warm_up, .. } | F::HourHabit { warm_up }
            if warm_up.sightings == 0 || !(1..=DAYS_MAX).contains(&warm_up.days) =>
        {
            let WarmUp { sightings, days } = warm_up;
            return wrong(format!(
                "its warm-up is {sightings} sightings on {days} days; give at least 1, and 1 to {DAYS_MAX} days"
            ));
        }
        F::Beacon { intervals: 0 } => return wrong("it tells beacons after 0 intervals; give at least 1".to_owned()),
        _ => {}
    }
    fields.iter().try_for_each(|field| check_text(term, "the name of a field", field, FIELD_BYTES_MAX))
}

fn bin_error(term: &Term, bin: &Bin, reason: impl ToString) -> ModelError {
    ModelError::Bin { term: term.name.clone(), bin: bin.name.clone(), reason: reason.to_string() }
}

/// Checks that the bins divide the values of this kind of feature.
fn check_bins(term: &Term) -> Result<(), ModelError> {
    let names: Vec<&str> = match &term.feature {
        Feature::RuleLevel {} => with_none(Level::ALL.map(Level::name)),
        Feature::RuleStatus {} => with_none(Status::ALL.map(Status::name)),
        Feature::AssetCriticality {} => Criticality::ALL.map(Criticality::name).to_vec(),
        Feature::AdministrationTool {} | Feature::MaintenanceWindow {} | Feature::FearedTechnique {} => {
            vec!["no", "yes"]
        }
        Feature::AssetRole {} => return check_roles(term),
        Feature::FieldClass { .. } => return check_classes(term),
        Feature::Pair { .. } => {
            return check_otherwise(
                term,
                |bin| bin.at_least.is_none() && bin.any.is_empty(),
                |bin| !bin.cells.is_empty(),
            );
        }
        Feature::HitCount {}
        | Feature::TacticCount {}
        | Feature::TechniqueCount {}
        | Feature::RuleRecord {}
        | Feature::SeenBefore { .. }
        | Feature::SeenOnHosts { .. }
        | Feature::Burst {}
        | Feature::HourHabit { .. }
        | Feature::Beacon { .. }
        | Feature::SoFar { .. }
        | Feature::AncestorHits {}
        | Feature::FieldLength { .. }
        | Feature::FieldEntropy { .. }
        | Feature::GeneratedName { .. } => return check_thresholds(term),
    };
    for (position, bin) in term.bins.iter().enumerate() {
        check_name_decides(term, bin)?;
        if names.get(position) != Some(&bin.name.as_str()) {
            return Err(bin_error(term, bin, format!("give exactly these bins in this order: {}", names.join(", "))));
        }
    }
    if term.bins.len() != names.len() {
        let reason = format!("bins are absent; give exactly these in this order: {}", names.join(", "));
        return Err(ModelError::Term { term: term.name.clone(), reason });
    }
    Ok(())
}

fn with_none<const N: usize>(names: [&'static str; N]) -> Vec<&'static str> {
    std::iter::once("none").chain(names).collect()
}

fn check_name_decides(term: &Term, bin: &Bin) -> Result<(), ModelError> {
    if bin.at_least.is_some() || !bin.any.is_empty() || !bin.cells.is_empty() {
        return Err(bin_error(term, bin, "its name alone decides; take `at_least`, `any` and `cells` out"));
    }
    Ok(())
}

/// Every role but the last bin's is one that a context names.
fn check_roles(term: &Term) -> Result<(), ModelError> {
    term.bins.iter().try_for_each(|bin| check_name_decides(term, bin))
}

fn check_thresholds(term: &Term) -> Result<(), ModelError> {
    let mut earlier: Option<u64> = None;
    for bin in &term.bins {
        if !bin.any.is_empty() || !bin.cells.is_empty() {
            return Err(bin_error(term, bin, "a number decides; take `any` and `cells` out"));
        }
        match (earlier, bin.at_least) {
            (_, None) => return Err(bin_error(term, bin, "a number decides; give `at_least`")),
            (None, Some(least)) if least > 0 => {
                return Err(bin_error(
                    term,
                    bin,
                    format!("numbers below {least} have no bin; begin with `at_least` 0"),
                ));
            }
            (Some(earlier), Some(least)) if least <= earlier => {
                let reason = format!("`at_least` {least} overlaps the bin before, from {earlier}; make them ascend");
                return Err(bin_error(term, bin, reason));
            }
            (_, least) => earlier = least,
        }
    }
    Ok(())
}

/// Checks that every bin but the last says when it holds, and the last takes the rest.
fn check_otherwise(term: &Term, own: impl Fn(&Bin) -> bool, says: impl Fn(&Bin) -> bool) -> Result<(), ModelError> {
    for (position, bin) in term.bins.iter().enumerate() {
        let last = position + 1 == term.bins.len();
        if !own(bin) {
            return Err(bin_error(term, bin, "classes use `any` alone, pairs `cells` alone; take the others out"));
        }
        if says(bin) == last {
            let reason = if last {
                "the last bin takes what no other does; add one without `any` and `cells`"
            } else {
                "it does not say when it holds, and only the last bin may do so"
            };
            return Err(bin_error(term, bin, reason));
        }
    }
    Ok(())
}

fn check_classes(term: &Term) -> Result<(), ModelError> {
    check_otherwise(term, |bin| bin.at_least.is_none() && bin.cells.is_empty(), |bin| bin.predicate_count() > 0)?;
    let mut seen = BTreeSet::new();
    for bin in &term.bins {
        for predicate in bin.predicates() {
            use Operator as O;
            if matches!(predicate.operator, O::NotEquals | O::Exists | O::Absent | O::Null | O::SameAs) {
                let reason = "this operator does not tell classes apart; use one that looks at the value";
                return Err(bin_error(term, bin, reason));
            }
            if let Some(twice) = seen.replace(predicate) {
                let reason = format!("operand `{}` stands in this term twice; keep one", twice.operand);
                return Err(bin_error(term, bin, reason));
            }
        }
    }
    Ok(())
}

/// Checks that the operands of all classes are what their operators take.
pub(crate) fn check_predicates(terms: &[Term]) -> Result<(), ModelError> {
    for (term, bin) in terms.iter().flat_map(|term| term.bins.iter().map(move |bin| (term, bin))) {
        let wrong = |error| {
            let error = Box::new(error);
            ModelError::Predicate { term: term.name.clone(), bin: bin.name.clone(), error }
        };
        bin.predicates().try_for_each(|predicate| predicate.compile().map(drop)).map_err(wrong)?;
    }
    Ok(())
}

fn check_monotone(term: &Term) -> Result<(), ModelError> {
    let wrong = |reason: String| Err(ModelError::Term { term: term.name.clone(), reason });
    if let (Some(sense), stated) = (term.feature.sense(), term.monotone)
        && stated != Some(sense)
    {
        return wrong(format!("this feature has only one sense; state `\"monotone\": \"{sense}\"`"));
    }
    let Some(monotone) = term.monotone else { return Ok(()) };
    if matches!(term.feature, Feature::FieldClass { .. } | Feature::Pair { .. } | Feature::AssetRole {}) {
        return wrong("its bins have no order to be monotone in; take `monotone` out".to_owned());
    }
    match broken(term, monotone, |bin| term.bins[bin].points) {
        None => Ok(()),
        Some((earlier, later)) => {
            let (earlier, later) = (term.bins[earlier].name.clone(), term.bins[later].name.clone());
            Err(ModelError::Monotone { term: term.name.clone(), monotone, earlier, later })
        }
    }
}

/// The first two bins, one after the other, whose points break the order.
fn broken(term: &Term, monotone: Monotone, points: impl Fn(usize) -> i32) -> Option<(usize, usize)> {
    // An unstated level or status is no rank.
    let first = usize::from(matches!(term.feature, Feature::RuleLevel {} | Feature::RuleStatus {}));
    let mut ordered = (first..term.bins.len()).zip(first + 1..term.bins.len());
    ordered.find(|&(earlier, later)| match monotone {
        Monotone::Increasing => points(earlier) > points(later),
        Monotone::Decreasing => points(earlier) < points(later),
    })
}

/// Checks that a pair does not turn round what its terms must keep to: a bin's points are its own and the pair's, whatever
/// the other term's bin is.
fn check_monotone_in_pair(pair: &Term, table: &PairTable, terms: &[Term]) -> Result<(), ModelError> {
    for (at, partner) in [(table.first, table.second), (table.second, table.first)] {
        let term = &terms[at];
        let Some(monotone) = term.monotone else { continue };
        for (with, other) in terms[partner].bins.iter().enumerate() {
            let points = |bin: usize| {
                let cell = if at == table.first { table.cell(bin, with) } else { table.cell(with, bin) };
                term.bins[bin].points + pair.bins[cell].points
            };
            if let Some((earlier, later)) = broken(term, monotone, points) {
                let reason = format!(
                    "with bin `{}` of `{}` it turns `{}` round: bins `{}` and `{}` give {} and {} points with it, and they \
                     must be {monotone}; change its bins for them",
                    other.name,
                    terms[partner].name,
                    term.name,
                    term.bins[earlier].name,
                    term.bins[later].name,
                    points(earlier),
                    points(later),
                );
                return Err(ModelError::Term { term: pair.name.clone(), reason });
            }
        }
    }
    Ok(())
}

/// The table of a pair; none for other terms.
fn pair_table(term: &Term, terms: &[Term]) -> Result<Option<PairTable>, ModelError> {
    let Feature::Pair { first, second } = &term.feature else { return Ok(None) };
    let wrong = |reason: String| ModelError::Term { term: term.name.clone(), reason };
    let find = |name: &String| {
        let position = terms.iter().position(|other| other.name == *name);
        let position = position.ok_or_else(|| wrong(format!("there is no term `{name}` to pair; name one that is")))?;
        if matches!(terms[position].feature, Feature::Pair { .. }) {
            return Err(wrong(format!("`{name}` is a pair itself; pair two terms that are not")));
        }
        Ok(position)
    };
    let (first, second) = (find(first)?, find(second)?);
    if first == second {
        return Err(wrong("it pairs a term with itself; name two".to_owned()));
    }
    let second_bins = terms[second].bins.len();
    let otherwise = (term.bins.len() - 1) as u8;
    let mut bins = vec![otherwise; terms[first].bins.len() * second_bins];
    for (number, bin) in term.bins.iter().enumerate() {
        for cells in &bin.cells {
            for (a, b) in cells.first.iter().flat_map(|a| cells.second.iter().map(move |b| (a, b))) {
                let a = bin_position(term, bin, &terms[first], a)?;
                let b = bin_position(term, bin, &terms[second], b)?;
                let cell = &mut bins[a * second_bins + b];
                if *cell != otherwise {
                    let (a, b) = (&terms[first].bins[a].name, &terms[second].bins[b].name);
                    return Err(bin_error(term, bin, format!("the cell of `{a}` and `{b}` is taken; keep it once")));
                }
                *cell = number as u8;
            }
        }
    }
    Ok(Some(PairTable { first, second, second_bins, bins }))
}

fn bin_position(term: &Term, bin: &Bin, other: &Term, name: &str) -> Result<usize, ModelError> {
    let position = other.bins.iter().position(|known| known.name == name);
    position.ok_or_else(|| bin_error(term, bin, format!("term `{}` has no bin `{name}`; name one it has", other.name)))
}
