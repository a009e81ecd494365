//! What a regular expression cannot do without: literals of which one stands in every text that it fits.
//!
//! An index looks for these, with the literals of all other predicates at once, and the expression runs only where one
//! was found.

use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

use crate::{expression::parse, fold};

/// Literals that one expression may have at most: more of them announce too often.
const LITERALS_MAX: usize = 64;
/// Bytes of the shortest literal that is worth looking for.
const LITERAL_BYTES_MIN: usize = 2;

/// The literals of which one stands in every text that a regular expression fits, folded, ascending; none where it has no
/// such.
#[must_use]
pub fn required_literals(pattern: &str) -> Option<Vec<String>> {
    literals_of(&parse(pattern).ok()?)
}

/// As `required_literals`, of a parsed expression.
pub(crate) fn literals_of(hir: &Hir) -> Option<Vec<String>> {
    let mut literals = of(hir)?;
    literals.sort_unstable();
    literals.dedup();
    Some(literals)
}

fn of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Concat(parts) => of_sequence(parts),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(of(part)?);
            }
            (all.len() <= LITERALS_MAX).then_some(all)
        }
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Literal(_) | HirKind::Class(_) => {
            letters(hir).filter(|letters| letters.len() >= LITERAL_BYTES_MIN).map(|letters| vec![letters])
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The best of the runs of letters and of the parts.
fn of_sequence(parts: &[Hir]) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    let mut offer = |literals: Vec<String>| {
        let worth = |literals: &[String]| {
            let shortest = literals.iter().map(String::len).min().unwrap_or_default();
            (shortest.min(8), usize::MAX - literals.len(), shortest)
        };
        if worth(&literals).0 >= LITERAL_BYTES_MIN && best.as_ref().is_none_or(|best| worth(&literals) > worth(best)) {
            best = Some(literals);
        }
    };
    let mut run = String::new();
    for part in parts {
        if let Some(letters) = letters(part) {
            run.push_str(&letters);
            continue;
        }
        if matches!(part.kind(), HirKind::Look(_) | HirKind::Empty) {
            continue;
        }
        offer(vec![std::mem::take(&mut run)]);
        if let Some(literals) = of(part) {
            offer(literals);
        }
    }
    offer(vec![run]);
    best
}

/// The folded text that a part stands for, where it stands for one only.
fn letters(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(fold(std::str::from_utf8(&literal.0).ok()?).into_text()),
        // Upper and lower case of one letter.
        HirKind::Class(Class::Unicode(class)) => {
            let letters = class.iter().flat_map(|range| range.start()..=range.end());
            let mut folded = letters.take(5).map(|letter| fold(letter.encode_utf8(&mut [0; 4])).into_text());
            let first = folded.next()?;
            let few = class.iter().map(ClassUnicodeRange::len).sum::<usize>() <= 4;
            (few && folded.all(|other| other == first)).then_some(first)
        }
        HirKind::Capture(capture) => letters(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(letters).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::required_literals;

    fn check(pattern: &str, expected: &[&str]) {
        let found = required_literals(pattern).unwrap_or_default();
        assert_eq!(found, expected, "{pattern}");
    }

    #[test]
    fn literals_that_an_expression_needs() {
        check("", &[]);
        check("abc", &["abc"]);
        check("a", &[]);
        check(".*", &[]);
        check(r"x?abc+\d{2,}LONGER", &["longer"]);
        check("(?i)Invoke", &["invoke"]);
        check("(?i)Set-x", &["et-x"]);
        check("(?i)wget", &["wget"]);
        check("(foo|BAR)\\s", &["bar", "foo"]);
        check("(foo|.)\\s", &[]);
        check("(?:abc){2}", &["abc"]);
        check("(?:abc){0,2}", &[]);
        check(r"\bword\b", &["word"]);
        check(r"^https?://\d+", &["http"]);
        check(r"É[aA]b", &["éab"]);
        check("a(bc)d", &["abcd"]);
        check("[ab]c", &[]);
        check("(", &[]);
    }
}
