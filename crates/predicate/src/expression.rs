//! Regular expressions, and what matching one may cost.

use std::{ops::Range, sync::OnceLock};

use memchr::memmem;
use regex_automata::{
    meta,
    nfa::thompson::{NFA, WhichCaptures},
    util::syntax,
};
use regex_syntax::hir::{Hir, HirKind};

use crate::{
    PredicateError, Subject, Test,
    existence::{Run, existence},
    needed::Needed,
    pcre::translate,
    required::literals_of,
};

/// The most bytes that one compiled regular expression may take.
pub const REGEX_BYTES_MAX: usize = 4 << 20;
/// The most states that the automaton of one regular expression may have.
pub const REGEX_STATES_MAX: usize = 22_000;
/// The most steps that one character of a value may take in one regular expression where no faster way is left. A step
/// takes about three nanoseconds, so a value of 64 KiB takes at most about half a second. Rules written with care stay far
/// below: of SigmaHQ's expressions half take at most 12, and one more than 500.
pub const REGEX_STEPS_MAX: usize = 2_500;

/// What matching an expression may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpressionCost {
    /// States of its automaton.
    pub states: usize,
    /// Bytes of its automaton.
    pub bytes: usize,
    /// Steps that a character of a value may take: how many states can be alive at once.
    pub steps: usize,
}

/// What telling whether an expression matches may cost, told from its automaton and not by the clock.
///
/// Whether there is a match is all that rules ask of most records, so repetitions at the ends count as often as they must
/// occur: `.{0,1000}keyword.{0,1000}` costs what `keyword` does.
///
/// # Errors
/// When it does not compile, or would take too many bytes, states or steps.
pub fn regex_cost(pattern: &str) -> Result<ExpressionCost, PredicateError> {
    let hir = existence(parse(pattern)?);
    if Run::of(&hir).is_some() {
        return Ok(ExpressionCost { states: 1, bytes: 0, steps: 1 });
    }
    let nfa = NFA::compiler()
        .syntax(syntax())
        .configure(NFA::config().nfa_size_limit(Some(REGEX_BYTES_MAX)).which_captures(WhichCaptures::Implicit))
        .build_from_hir(&hir)
        .map_err(|_| PredicateError::RegexTooLarge { limit: REGEX_BYTES_MAX })?;
    let states = nfa.states().len();
    if states > REGEX_STATES_MAX {
        return Err(PredicateError::RegexTooManyStates { states, limit: REGEX_STATES_MAX });
    }
    let steps = steps(&hir);
    if steps > REGEX_STEPS_MAX {
        return Err(PredicateError::RegexTooSlow { steps, limit: REGEX_STEPS_MAX });
    }
    Ok(ExpressionCost { states, bytes: nfa.memory_usage(), steps })
}

/// How many states of an expression's automaton can be alive at once, at most.
///
/// Each repetition of a class is a state of its own, and on the right text all of them are alive. Of a literal's characters
/// only those are alive together that end a beginning of the literal: one, unless it repeats itself.
fn steps(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(literal) => {
            let text = &literal.0;
            let period = (1..text.len()).find(|&period| text[period..] == text[..text.len() - period]);
            text.len().div_ceil(period.unwrap_or(text.len()).max(1)).max(1)
        }
        HirKind::Capture(capture) => steps(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(0, |sum, part| sum.saturating_add(steps(part)))
        }
        HirKind::Repetition(repetition) => {
            let (least, most) = (repetition.min, repetition.max.unwrap_or(repetition.min.saturating_add(1)));
            let optional = most.saturating_sub(least) as usize;
            steps(&repetition.sub).saturating_mul(most as usize).saturating_add(optional)
        }
    }
}

fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(true).utf8(true)
}

/// Compiles one regular expression with the limits that every rule is held to.
///
/// The syntax is PCRE's as far as it can be matched in linear time (no look-around, no back-references), with flags inside
/// the expression; matching is unanchored.
///
/// # Errors
/// When it does not parse or would be too large.
pub fn compile_regex(pattern: &str) -> Result<meta::Regex, PredicateError> {
    build(&parse(pattern)?)
}

/// Reads an expression in PCRE's syntax.
pub(crate) fn parse(pattern: &str) -> Result<Hir, PredicateError> {
    let mut parser = regex_syntax::ParserBuilder::new().unicode(true).utf8(true).build();
    parser.parse(&translate(pattern)?).map_err(|error| PredicateError::Regex(reason_of(&error.to_string())))
}

fn build(hir: &Hir) -> Result<meta::Regex, PredicateError> {
    builder().build_from_hir(hir).map_err(|error| refused(&error))
}

/// A regular expression behind what it cannot do without: most texts lack it.
#[derive(Clone, Debug)]
pub struct Expression {
    needed: Needed,
    /// One of them stands in every folded text that matches; none where that cannot be said.
    one_of: Vec<String>,
    source: Source,
    /// Made when the first text has what is needed.
    regex: OnceLock<Result<meta::Regex, PredicateError>>,
}

#[derive(Clone, Debug)]
enum Source {
    /// It tells where it matches.
    Pattern(String),
    /// It tells whether it does: of whatever the pattern matches, a part matches this.
    Existence(Hir),
}

impl Expression {
    /// Compiles an expression that tells where it matches.
    pub(crate) fn new(pattern: &str) -> Result<Self, PredicateError> {
        let needed = Needed::of(&parse(pattern)?);
        let source = Source::Pattern(pattern.to_owned());
        let expression = Self { needed, one_of: Vec::new(), source, regex: OnceLock::new() };
        expression.compile()?;
        Ok(expression)
    }

    /// Makes it ready, where it is not yet.
    pub(crate) fn compile(&self) -> Result<&meta::Regex, PredicateError> {
        let regex = self.regex.get_or_init(|| match &self.source {
            Source::Pattern(pattern) => compile_regex(pattern),
            Source::Existence(hir) => build(hir),
        });
        regex.as_ref().map_err(Clone::clone)
    }

    /// Bytes that it takes, not counting what matching adds.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        self.compile().map_or(0, meta::Regex::memory_usage)
    }

    /// Where it matches first; nowhere if it would be too large.
    pub(crate) fn find(&self, subject: &Subject<'_>) -> Option<Range<usize>> {
        if !self.needed.may_match(subject) {
            return None;
        }
        // Once it is made it looks for these itself; until then they save the making.
        if self.regex.get().is_none() && !self.one_of.is_empty() {
            let folded = subject.folded().as_bytes();
            self.one_of.iter().find(|literal| memmem::find(folded, literal.as_bytes()).is_some())?;
        }
        self.compile().ok()?.find(subject.text()).map(|found| found.range())
    }
}

/// As `compile_regex`, for telling whether there is a match and not how far it reaches, and to be made ready when a text
/// first has what it needs.
pub(crate) fn existence_of(pattern: &str) -> Result<Test, PredicateError> {
    let hir = parse(pattern)?;
    let one_of = literals_of(&hir).unwrap_or_default();
    let hir = existence(hir);
    if let Some(run) = Run::of(&hir) {
        return Ok(Test::Run(run));
    }
    let (needed, source) = (Needed::of(&hir), Source::Existence(hir));
    Ok(Test::Regex(Box::new(Expression { needed, one_of, source, regex: OnceLock::new() })))
}

fn builder() -> meta::Builder {
    let mut builder = meta::Regex::builder();
    builder.syntax(syntax()).configure(
        meta::Config::new().nfa_size_limit(Some(REGEX_BYTES_MAX)).onepass(false).hybrid_cache_capacity(256 << 10),
    );
    builder
}

fn refused(error: &meta::BuildError) -> PredicateError {
    match error.size_limit() {
        Some(limit) => PredicateError::RegexTooLarge { limit },
        None => PredicateError::Regex(match error.syntax_error() {
            Some(syntax) => reason_of(&syntax.to_string()),
            None => error.to_string(),
        }),
    }
}

/// The parser's message is drawn over several lines; its last line is the reason.
fn reason_of(message: &str) -> String {
    let reason = message.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(message);
    reason.trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_counted_in_states() {
        let few = regex_cost("x[a-z]{2}y").expect("a small expression");
        let more = regex_cost("x[a-z]{20}y").expect("a small expression");
        assert!(few.states < more.states && few.bytes < more.bytes && more.states < 100, "{few:?} {more:?}");
        let keyword = regex_cost("keyword").expect("a small expression");
        assert_eq!(regex_cost(".{0,1000}keyword.{0,1000}"), Ok(keyword));
        assert_eq!(regex_cost(".{1000,}"), Ok(ExpressionCost { states: 1, bytes: 0, steps: 1 }));
        assert!(regex_cost(r"\w{1,255}\.exe").expect("within the limits").states < 50);
        let error = regex_cost("a[ -~]{6000}x").expect_err("too many steps");
        assert_eq!(error, PredicateError::RegexTooSlow { steps: 6_002, limit: REGEX_STEPS_MAX });
        assert!(error.to_string().contains(&format!("{REGEX_STEPS_MAX} are allowed")), "{error}");
        let error = regex_cost("a[ -~]{50000}x").expect_err("too many states");
        assert!(matches!(error, PredicateError::RegexTooManyStates { limit: REGEX_STATES_MAX, .. }), "{error}");
        assert!(matches!(regex_cost("a(?:.{100}){1000}x"), Err(PredicateError::RegexTooLarge { .. })));
        assert!(matches!(regex_cost("(?=a)"), Err(PredicateError::RegexConstruct { .. })));
    }

    #[test]
    fn steps_count_what_can_be_alive_at_once() {
        let check =
            |pattern: &str, expected: usize| assert_eq!(steps(&parse(pattern).expect(pattern)), expected, "{pattern}");
        check("", 1);
        check("keyword", 1);
        check("aaaa", 4);
        check("abab", 2);
        check("abcab", 2);
        check("[a-z]{100}", 100);
        check("[a-z]{10,100}", 190);
        check("[a-z]+x*", 5);
        check("(?:[ab]c){10}|de", 21);
        check("(?:[ab]{1000}){1000}", 1_000_000);
    }

    #[test]
    fn an_expression_is_made_when_what_it_needs_stands() {
        let Ok(Test::Regex(expression)) = existence_of("(?i)(?:foo|bar)\\w+x") else { panic!("an expression") };
        for (text, is_made, found) in
            [("nothing", false, false), ("x", false, false), ("Foo x", true, false), ("x Bar_x", true, true)]
        {
            assert_eq!(expression.find(&Subject::new(text)).is_some(), found, "{text}");
            assert_eq!(expression.regex.get().is_some(), is_made, "{text}");
        }
        let Ok(Test::Regex(expression)) = existence_of("[a-z]\\d") else { panic!("an expression") };
        assert!(expression.find(&Subject::new("-a1")).is_some(), "it needs no literal");
        assert!(expression.memory_usage() > 100);
    }
}
