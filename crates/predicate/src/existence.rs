//! What of a regular expression decides whether it matches at all.
//!
//! Whether a match exists does not depend on how far it reaches: `-k\s\w{1,64}(\s-p)?` finds one exactly where `-k\s\w`
//! does. The longer form takes thousands of states, as `\w` knows the letters of all scripts, and then every character of
//! a value may cost a step for each.

use regex_syntax::hir::{Hir, HirKind, Repetition};

/// Which end of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// An expression that finds a match in the same texts, though perhaps a shorter one.
pub(crate) fn existence(hir: Hir) -> Hir {
    trimmed(trimmed(hir, End::Last), End::First)
}

/// Without what may be left out at an end: of whatever matches, a part matches this.
fn trimmed(hir: Hir, end: End) -> Hir {
    match hir.into_kind() {
        HirKind::Concat(mut parts) => {
            if end == End::First {
                parts.reverse();
            }
            while let Some(part) = parts.pop() {
                let part = trimmed(part, end);
                if !matches!(part.kind(), HirKind::Empty) {
                    parts.push(part);
                    break;
                }
            }
            if end == End::First {
                parts.reverse();
            }
            Hir::concat(parts)
        }
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(|part| trimmed(part, end)).collect()),
        HirKind::Capture(capture) => trimmed(*capture.sub, end),
        HirKind::Repetition(Repetition { min: 0, .. }) => Hir::empty(),
        HirKind::Repetition(Repetition { min: 1, sub, .. }) => trimmed(*sub, end),
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { max: Some(repetition.min), greedy: true, ..repetition })
        }
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(look) => Hir::look(look),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{Operator, Predicate};

    fn check(pattern: &str, expected: &str) {
        let hir = regex_syntax::parse(pattern).expect("an expression");
        assert_eq!(
            super::existence(hir).to_string(),
            regex_syntax::parse(expected).expect("one").to_string(),
            "{pattern}"
        );
    }

    #[test]
    fn ends_are_trimmed() {
        check("abc", "abc");
        check(r"-k\s\w{1,64}(?:\s?(?:-p|-s))?", r"-k\s\w");
        check("(.){200,}", "(.){200}");
        check("a*b+c*", "b");
        check("x(ab?|c+)", "x(?:a|c)");
        check("(?:ab*|c*)d", "(?:ab*|)d");
        check(r"a+b?$", r"ab?$");
        check(r"^\s*a+\b", r"^\s*a+\b");
        check("(a|b*)", "(?:a|)");
        check("a*", "");
    }

    proptest! {
        #[test]
        fn a_match_exists_just_where_one_did(
            pattern in prop::collection::vec("(\\(a\\|b\\*\\)|\\(ab\\?\\)|\\(\\^\\|c\\)|\\(b\\|\\$\\)|a|b|c|\\.|\\\\b)(\\*|\\+|\\?|\\{2,3\\}|\\{2,\\})?", 1..6),
            text in "[abc ]{0,12}",
        ) {
            let predicate = Predicate { operator: Operator::Regex, operand: pattern.concat(), cased: true };
            let (whole, existence) = (predicate.compile(), predicate.compile_existence());
            let (whole, existence) = (whole.expect("usable"), existence.expect("usable"));
            prop_assert_eq!(existence.find(&text).is_some(), whole.find(&text).is_some(), "{:?}", predicate.operand);
        }
    }
}
