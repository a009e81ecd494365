//! What a text must have before a regular expression can match it, cheaply told: most texts lack something.
//!
//! Speaks of ASCII texts alone. Of any other text nothing is said: `(?i)s` fits `\u{17F}` too.

use memchr::memmem;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::Subject;

/// The most literals that are looked for.
const LITERALS_MAX: usize = 4;
/// Shorter runs stand nearly everywhere.
const RUN_MIN: usize = 4;

/// What every ASCII text has that an expression matches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needed {
    /// The expression matches no ASCII text.
    foreign: bool,
    /// All of them stand in the folded text.
    literals: Vec<memmem::Finder<'static>>,
    runs: Vec<AsciiRun>,
}

/// So many characters of a class in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AsciiRun {
    /// The class, a bit a character.
    class: [u64; 2],
    least: usize,
}

impl Needed {
    /// What an expression needs.
    pub(crate) fn of(hir: &Hir) -> Self {
        let mut collected = Collected::default();
        collected.add(hir);
        let Collected { foreign, mut literals, runs, .. } = collected;
        literals.sort_unstable_by(|left: &String, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        let mut kept: Vec<String> = Vec::new();
        for literal in literals {
            if kept.len() < LITERALS_MAX && !kept.iter().any(|longer| longer.contains(&literal)) {
                kept.push(literal);
            }
        }
        let literals = kept.iter().map(|literal| memmem::Finder::new(literal).into_owned()).collect();
        Self { foreign, literals, runs }
    }

    /// Whether a text may match. What takes least is asked first.
    pub(crate) fn may_match(&self, subject: &Subject<'_>) -> bool {
        if !subject.is_ascii() {
            return true;
        }
        let folded = subject.folded().as_bytes();
        !self.foreign
            && self.literals.iter().all(|literal| literal.find(folded).is_some())
            && self.runs.iter().all(|run| run.stands_in(subject.text().as_bytes()))
    }
}

impl AsciiRun {
    fn new(class: u128, least: usize) -> Self {
        Self { class: [class as u64, (class >> 64) as u64], least }
    }

    /// Looks from the end of where a run could be: mostly a look at every so many characters is enough.
    fn stands_in(self, text: &[u8]) -> bool {
        let mut end = self.least;
        while let Some(run) = text.get(end - self.least..end) {
            match run.iter().rposition(|&byte| self.class[usize::from(byte >> 6 & 1)] >> (byte & 63) & 1 == 0) {
                Some(other) => end += other + 1,
                None => return true,
            }
        }
        false
    }
}

#[derive(Default)]
struct Collected {
    foreign: bool,
    literals: Vec<String>,
    runs: Vec<AsciiRun>,
    /// The literal that is being put together.
    open: String,
}

impl Collected {
    fn add(&mut self, hir: &Hir) {
        self.part(hir);
        self.end();
    }

    /// Ends a literal.
    fn end(&mut self) {
        let literal = std::mem::take(&mut self.open);
        self.literals.extend(Some(literal).filter(|literal| !literal.is_empty()));
    }

    /// A part that follows what was collected before.
    fn part(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) if text.is_ascii() => self.open.push_str(&text.to_ascii_lowercase()),
                _ => self.foreign = true,
            },
            HirKind::Class(class) => {
                let class = ascii_of(class);
                self.foreign |= class == 0;
                match letter_of(class) {
                    Some(letter) => self.open.push(letter),
                    None => self.end(),
                }
            }
            HirKind::Capture(capture) => self.part(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.part(part)),
            HirKind::Repetition(repetition) => {
                self.end();
                if repetition.min > 0 {
                    self.add(&repetition.sub);
                }
                if let HirKind::Class(class) = repetition.sub.kind()
                    && repetition.min as usize >= RUN_MIN
                {
                    self.runs.push(AsciiRun::new(ascii_of(class), repetition.min as usize));
                }
            }
            HirKind::Alternation(_) => self.end(),
        }
    }
}

/// The ASCII characters of a class, a bit each.
fn ascii_of(class: &Class) -> u128 {
    let up_to = |last: u32| if last >= 127 { u128::MAX } else { (1 << (last + 1)) - 1 };
    let of = |first: u32, last: u32| if first > 127 { 0 } else { up_to(last) & !((1 << first) - 1) };
    match class {
        Class::Unicode(class) => {
            class.iter().fold(0, |bits, range| bits | of(u32::from(range.start()), u32::from(range.end())))
        }
        Class::Bytes(class) => {
            class.iter().fold(0, |bits, range| bits | of(u32::from(range.start()), u32::from(range.end())))
        }
    }
}

/// The one folded letter of a class, if it has no other.
fn letter_of(class: u128) -> Option<char> {
    let last = u8::try_from(127_u32.checked_sub(class.leading_zeros())?).ok()?;
    let letter = last.to_ascii_lowercase();
    let cases = 1 << letter | 1_u128 << letter.to_ascii_uppercase();
    (class & !cases == 0).then_some(char::from(letter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(pattern: &str, literals: &[&str], runs: &[usize]) {
        let needed = Needed::of(&regex_syntax::parse(pattern).expect("an expression"));
        let found: Vec<&[u8]> = needed.literals.iter().map(memmem::Finder::needle).collect();
        assert_eq!(found, literals.iter().map(|literal| literal.as_bytes()).collect::<Vec<_>>(), "{pattern}");
        assert_eq!(needed.runs.iter().map(|run| run.least).collect::<Vec<_>>(), runs, "{pattern}");
        assert!(!needed.foreign, "{pattern}");
    }

    #[test]
    fn literals_and_runs_that_all_must_stand() {
        check("", &[], &[]);
        check(".*|a", &[], &[]);
        check("a", &["a"], &[]);
        check("(?i)set.*[kK]", &["set", "k"], &[]);
        check("(?i)echo.*Clip.*&&.*(?:Clipboard|x)", &["clip", "echo", "&&"], &[]);
        check(r"\w+`(?:\w+|-|.)`[\w+|\s]", &["`"], &[]);
        check("(?:ab)+c?(d(e|f)){2}^g", &["ab", "d", "g"], &[]);
        check("abc.*b.*bcd.*cd", &["abc", "bcd"], &[]);
        check("a.b.c.d.e", &["a", "b", "c", "d"], &[]);
        check("[ab]x{0,3}y*", &[], &[]);
        check(r"\S\s{40,}[a-z]{3}x{4}", &["x"], &[40]);
    }

    #[test]
    fn what_only_other_texts_match() {
        for pattern in ["[\u{a0}\u{2000}-\u{200b}]", "aé", "a+[é]"] {
            let needed = Needed::of(&regex_syntax::parse(pattern).expect("an expression"));
            assert!(!needed.may_match(&Subject::new("a e")), "{pattern}");
            assert!(needed.may_match(&Subject::new("é")), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn what_matches_may_match(
            pattern in prop::collection::vec("(\\(a\\|b\\)|\\(ab\\)|(\\(\\?i\\))?[aBs]|\\.|\\[ab\\]|\\[\\^a\\]|é)(\\*|\\+|\\?|\\{2,3\\}|\\{4,\\})?", 1..5),
            text in "[abABsſé ]{0,16}",
        ) {
            let pattern = pattern.concat();
            let needed = Needed::of(&regex_syntax::parse(&pattern).expect("an expression"));
            let regex = crate::compile_regex(&pattern).expect("usable");
            prop_assert!(needed.may_match(&Subject::new(text.as_str())) || !regex.is_match(&text), "{} on {}", pattern, text);
        }

        #[test]
        fn runs_are_found(text in "[ab]{0,30}", least in 1..6_usize) {
            let run = AsciiRun::new(1 << b'a', least);
            prop_assert_eq!(run.stands_in(text.as_bytes()), text.contains(&"a".repeat(least)));
        }
    }
}
