//! What of a regular expression decides whether it matches at all.
//!
//! Whether a match exists does not depend on how far it reaches: `-k\s\w{1,64}(\s-p)?` finds one exactly where `-k\s\w`
//! does. The longer form takes thousands of states, as `\w` knows the letters of all scripts, and then every character of
//! a value may cost a step for each.

use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

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

/// At least so many characters of a class in a row: what `.{1000,}` asks for. Counting takes one step a character, an
/// automaton a step for each of its thousands of states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The class, as ascending ranges with both ends in them.
    class: Vec<(char, char)>,
    least: usize,
}

impl Run {
    /// The run that an expression is; none for any other expression.
    pub(crate) fn of(hir: &Hir) -> Option<Self> {
        let HirKind::Repetition(Repetition { min, max, sub, .. }) = hir.kind() else { return None };
        let mut repeated = sub.kind();
        while let HirKind::Capture(capture) = repeated {
            repeated = capture.sub.kind();
        }
        let HirKind::Class(Class::Unicode(class)) = repeated else { return None };
        let class = class.iter().map(|range| (range.start(), range.end())).collect();
        (*max == Some(*min)).then_some(Self { class, least: *min as usize })
    }

    /// Where the first such run stands.
    pub(crate) fn find(&self, text: &str) -> Option<Range<usize>> {
        let (mut start, mut count) = (0, 0);
        for (at, character) in text.char_indices() {
            let end = at + character.len_utf8();
            let range = self.class.partition_point(|&(_, last)| last < character);
            if self.class.get(range).is_some_and(|&(first, _)| first <= character) {
                count += 1;
            } else {
                (start, count) = (end, 0);
            }
            if count == self.least {
                return Some(start..end);
            }
        }
        None
    }
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
        HirKind::Repetition(repetition) => Hir::repetition(Repetition { max: Some(repetition.min), ..repetition }),
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(look) => Hir::look(look),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{Operator, Predicate, Test};

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

    #[test]
    fn runs_are_counted() {
        let check = |pattern: &str, text: &str, expected| {
            let predicate = Predicate { operator: Operator::Regex, operand: pattern.to_owned(), cased: true };
            let test = predicate.compile_existence().expect("usable");
            assert!(matches!(test, Test::Run(_)), "{pattern}");
            assert_eq!(test.find(text), expected, "{pattern} on {text}");
            assert_eq!(
                predicate.compile().expect("usable").find(text).is_some(),
                expected.is_some(),
                "{pattern} on {text}"
            );
        };
        check("(.){3,}", "ab\nabc", Some(3..6));
        check(".{3}", "é.\né.é", Some(4..9));
        check("[a-c]{2,9}", "a-b-cc-", Some(4..6));
        check("[^/]{4,}", "abc/abc", None);
        check("[^/]{4,}", "", None);
    }

    proptest! {
        #[test]
        fn a_match_exists_just_where_one_did(
            pattern in prop::collection::vec("(\\(a\\|b\\*\\)|\\(ab\\?\\)|\\(\\^\\|c\\)|\\(b\\|\\$\\)|a|b|c|\\.|\\[ab\\]|\\(\\\\b\\))(\\*|\\+|\\?|\\{2,3\\}|\\{2,\\})?", 1..6),
            text in "[abc ]{0,12}",
        ) {
            let predicate = Predicate { operator: Operator::Regex, operand: pattern.concat(), cased: true };
            let (whole, existence) = (predicate.compile(), predicate.compile_existence());
            let (whole, existence) = (whole.expect("usable"), existence.expect("usable"));
            prop_assert_eq!(existence.find(&text).is_some(), whole.find(&text).is_some(), "{:?}", predicate.operand);
        }
    }
}
