//! What must hold of a model before it may score: names, ranges, bins that divide, constraints that are kept.

use std::collections::BTreeSet;

use glassbox_finding::limits::FINDING_BYTES_MAX;
use glassbox_predicate::Operator;

use crate::{
    BINS_MAX, Bin, Feature, Level, MISSING, ModelError, Monotone, POINTS_MAX, PREDICATES_MAX, Status, TERMS_MAX, Term,
    VALUE_BYTES_MAX, model::PairTable,
};

/// Bytes of the name of a term or bin.
const NAME_BYTES_MAX: usize = 40;
/// Bytes of a title or phrase.
const PHRASE_BYTES_MAX: usize = 200;
/// Fields of one feature.
const FIELDS_MAX: usize = 8;
/// Bytes of a field's name.
const FIELD_BYTES_MAX: usize = 100;
/// Contributions are never cut off, so together they must leave half of a finding to what they rest on.
const CONTRIBUTIONS_BYTES_MAX: usize = FINDING_BYTES_MAX / 2;

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
    let bytes = terms.iter().map(contribution_bytes).sum();
    if bytes > CONTRIBUTIONS_BYTES_MAX {
        return Err(ModelError::TooTalkative { bytes, limit: CONTRIBUTIONS_BYTES_MAX });
    }
    terms.iter().map(|term| pair_table(term, terms)).collect()
}

/// The most bytes that a term's contribution can take in a finding, its evidence not counted.
fn contribution_bytes(term: &Term) -> usize {
    // Points and the lengths of three texts and a list.
    const NUMBERS_BYTES: usize = 20;
    let bin = term.bins.iter().map(|bin| bin.name.len()).max().unwrap_or(0);
    term.name.len() + bin + VALUE_BYTES_MAX + NUMBERS_BYTES
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
        None => return wrong("its fields may be absent; say in `missing` what it gives then"),
    }
    if term.applies_to.iter().any(|source| *source == glassbox_finding::Logsource::default()) {
        return wrong("a logsource in `applies_to` is empty; give it a part, or take `applies_to` out");
    }
    check_bins(term)?;
    check_monotone(term)
}

fn check_fields(term: &Term) -> Result<(), ModelError> {
    use Feature as F;
    let fields = term.feature.fields();
    let reads = matches!(term.feature, F::RuleRepetition { .. } | F::FieldClass { .. } | F::FieldLength { .. });
    if reads && !(1..=FIELDS_MAX).contains(&fields.len()) {
        let reason = format!("it lists {} fields; give 1 to {FIELDS_MAX}", fields.len());
        return Err(ModelError::Term { term: term.name.clone(), reason });
    }
    fields.iter().try_for_each(|field| check_text(term, "the name of a field", field, FIELD_BYTES_MAX))
}

fn bin_error(term: &Term, bin: &Bin, reason: impl ToString) -> ModelError {
    ModelError::Bin { term: term.name.clone(), bin: bin.name.clone(), reason: reason.to_string() }
}

/// Checks that the bins divide the values of this kind of feature.
fn check_bins(term: &Term) -> Result<(), ModelError> {
    let names: Vec<&str> = match &term.feature {
        Feature::RuleLevel {} => Level::ALL.map(Level::name).to_vec(),
        Feature::RuleStatus {} => Status::ALL.map(Status::name).to_vec(),
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
        | Feature::RuleRepetition { .. }
        | Feature::FieldLength { .. } => return check_thresholds(term),
    };
    let expected = || std::iter::once("none").chain(names.iter().copied());
    for (position, bin) in term.bins.iter().enumerate() {
        if bin.at_least.is_some() || !bin.any.is_empty() || !bin.cells.is_empty() {
            return Err(bin_error(term, bin, "its name alone decides; take `at_least`, `any` and `cells` out"));
        }
        if expected().nth(position) != Some(bin.name.as_str()) {
            let expected: Vec<&str> = expected().collect();
            return Err(bin_error(
                term,
                bin,
                format!("give exactly these bins in this order: {}", expected.join(", ")),
            ));
        }
    }
    if term.bins.len() != names.len() + 1 {
        let expected: Vec<&str> = expected().collect();
        let reason = format!("bins are absent; give exactly these in this order: {}", expected.join(", "));
        return Err(ModelError::Term { term: term.name.clone(), reason });
    }
    Ok(())
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
            predicate.compile().map_err(|error| ModelError::Predicate {
                term: term.name.clone(),
                bin: bin.name.clone(),
                error,
            })?;
            if let Some(twice) = seen.replace(predicate) {
                let reason = format!("operand `{}` stands in this term twice; keep one", twice.operand);
                return Err(bin_error(term, bin, reason));
            }
        }
    }
    Ok(())
}

fn check_monotone(term: &Term) -> Result<(), ModelError> {
    let Some(monotone) = term.monotone else { return Ok(()) };
    let ordered = match term.feature {
        Feature::FieldClass { .. } | Feature::Pair { .. } => {
            let reason = "its bins have no order to be monotone in; take `monotone` out".to_owned();
            return Err(ModelError::Term { term: term.name.clone(), reason });
        }
        // An unstated level or status is no rank.
        Feature::RuleLevel {} | Feature::RuleStatus {} => &term.bins[1..],
        _ => &term.bins[..],
    };
    for pair in ordered.windows(2) {
        let kept = match monotone {
            Monotone::Increasing => pair[0].points <= pair[1].points,
            Monotone::Decreasing => pair[0].points >= pair[1].points,
        };
        if !kept {
            let (earlier, later) = (pair[0].name.clone(), pair[1].name.clone());
            return Err(ModelError::Monotone { term: term.name.clone(), monotone, earlier, later });
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
