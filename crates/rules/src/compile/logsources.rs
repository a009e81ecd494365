//! What logsources mean to each other, and which one was probably meant.

use glassbox_finding::Logsource;

/// A logsource in words.
pub(super) fn describe(logsource: &Logsource) -> String {
    let parts = parts(logsource).into_iter().filter_map(|(name, value)| Some(format!("{name} `{}`", value?)));
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "any logsource".to_owned() } else { parts.join(", ") }
}

fn parts(logsource: &Logsource) -> [(&'static str, Option<&str>); 3] {
    [
        ("product", logsource.product.as_deref()),
        ("category", logsource.category.as_deref()),
        ("service", logsource.service.as_deref()),
    ]
}

/// Whether one record can be of both.
pub(super) fn meet(one: &Logsource, other: &Logsource) -> bool {
    let pairs = parts(one).into_iter().zip(parts(other));
    pairs.into_iter().all(|((_, one), (_, other))| one.is_none() || other.is_none() || one == other)
}

/// Whether a record of `known` is one that a rule for `wanted` is about.
fn is_within(known: &Logsource, wanted: &Logsource) -> bool {
    let pairs = parts(known).into_iter().zip(parts(wanted));
    pairs.into_iter().all(|((_, known), (_, wanted))| wanted.is_none() || wanted == known)
}

/// What to say of a rule's logsource that no record has by itself, given all that records have; none if one has it, or
/// nothing is known.
pub(super) fn unknown(wanted: &Logsource, known: &[Logsource]) -> Option<String> {
    if known.is_empty() || known.iter().any(|known| is_within(known, wanted)) {
        return None;
    }
    let said =
        format!("no record that is read here has {} by itself, so the rule is never considered", describe(wanted));
    let way_out = match nearest(wanted, known) {
        Some(nearest) => format!("the nearest known one is {}", describe(&nearest)),
        None => "check its spelling, or say what the records are with `--logsource`".to_owned(),
    };
    Some(format!("{said}; {way_out}"))
}

/// The known logsource that is nearest to what a rule says, with the parts that the rule speaks of and those that tell it
/// from others; none if none is near.
fn nearest(wanted: &Logsource, known: &[Logsource]) -> Option<Logsource> {
    let scored = known.iter().filter_map(|known| {
        let mut score = 0;
        let mut agrees = false;
        for ((_, wanted), (_, known)) in parts(wanted).into_iter().zip(parts(known)) {
            let Some(wanted) = wanted else { continue };
            let away = known.map_or(FAR, |known| away(wanted, known));
            agrees |= away < FAR;
            score += away;
        }
        agrees.then_some((score, known))
    });
    // Of those that are equally near one that says something of each part.
    let (_, best) = scored.min_by_key(|(score, known)| (*score, known.category.is_none(), (*known).clone()))?;
    let keep = |wanted: &Option<String>, known: &Option<String>| known.clone().filter(|_| wanted.is_some());
    let nearest = Logsource {
        product: keep(&wanted.product, &best.product),
        category: keep(&wanted.category, &best.category),
        service: keep(&wanted.service, &best.service),
    };
    (parts(&nearest).iter().any(|(_, value)| value.is_some())).then_some(nearest)
}

/// How far two words are apart that have nothing to do with each other.
const FAR: usize = 100;

/// How far apart two words are: typing errors, or a beginning of one another.
fn away(wanted: &str, known: &str) -> usize {
    if wanted == known {
        return 0;
    }
    let errors = distance(wanted, known);
    let is_beginning = wanted.len() >= 3 && (known.starts_with(wanted) || wanted.starts_with(known));
    if errors <= 1 + wanted.len() / 5 {
        errors
    } else if is_beginning {
        4
    } else {
        FAR
    }
}

/// The typing errors between two words: characters put in, left out, exchanged, or taken for another.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let before = &rows[i - 1];
            let replaced = before[j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut least = replaced.min(before[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logsource(text: &str) -> Logsource {
        let mut parts = text.split('/').map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
        let mut next = || parts.next().flatten();
        Logsource { product: next(), category: next(), service: next() }
    }

    #[test]
    fn the_nearest_known_logsource_is_named() {
        let known = [
            "windows/process_creation/sysmon",
            "windows/process_creation/security",
            "windows//system",
            "aws//cloudtrail",
        ];
        let known: Vec<Logsource> = known.into_iter().map(logsource).collect();
        let check = |wanted: &str, expected: Option<&str>| {
            let found = unknown(&logsource(wanted), &known);
            match expected {
                None => assert_eq!(found, None, "{wanted}"),
                Some(expected) => {
                    assert!(found.as_deref().is_some_and(|it| it.ends_with(expected)), "{wanted}: {found:?}");
                }
            }
        };
        check("windows/process_creation", None);
        check("/process_creation", None);
        check("windows", None);
        check("aws//cloudtrail", None);
        check("windows/process_creations", Some("product `windows`, category `process_creation`"));
        check("windows/proces_creation", Some("product `windows`, category `process_creation`"));
        check("win/process_creation", Some("product `windows`, category `process_creation`"));
        check("windows/process_creation/system", Some("category `process_creation`, service `security`"));
        check("aws//cloud_trail", Some("product `aws`, service `cloudtrail`"));
        check("windwos//system", Some("product `windows`, service `system`"));
        check("fruit//apple", Some("`--logsource`"));
        assert_eq!(unknown(&logsource("fruit"), &[]), None, "nothing is known");
    }

    #[test]
    fn logsources_that_one_record_can_have() {
        let check = |one: &str, other: &str, expected: bool| {
            assert_eq!(meet(&logsource(one), &logsource(other)), expected, "{one} and {other}");
        };
        check("windows", "windows/process_creation", true);
        check("windows", "/process_creation", true);
        check("windows", "linux", false);
        check("", "linux", true);
    }
}
