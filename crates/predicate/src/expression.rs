//! Regular expressions, and what matching one may cost.

use std::{ops::Range, sync::OnceLock};

use memchr::memmem;
use regex_automata::{
    meta,
    nfa::thompson::{NFA, WhichCaptures},
    util::syntax,
};
use regex_syntax::hir::Hir;

use crate::{
    PredicateError, Subject, Test,
    existence::{Run, existence},
    needed::Needed,
    required::literals_of,
};

/// The most bytes that one compiled regular expression may take.
pub const REGEX_BYTES_MAX: usize = 4 << 20;
/// The most states that the automaton of one regular expression may have: where no faster way is left, each character
/// of a value costs at most one step a state. Rules written with care stay far below (of SigmaHQ's 183 expressions, half
/// have fewer than 200 states, and one more than 10,000); a bounded repetition of `\w`, which knows the letters of all
/// scripts, soon goes beyond.
pub const REGEX_STATES_MAX: usize = 22_000;

/// What matching an expression may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpressionCost {
    /// States of its automaton.
    pub states: usize,
    /// Bytes of its automaton.
    pub bytes: usize,
}

/// What matching an expression may cost, told from its automaton and not by the clock.
///
/// # Errors
/// When it does not compile, or would take too many bytes or states.
pub fn regex_cost(pattern: &str) -> Result<ExpressionCost, PredicateError> {
    // The same errors in the same words as for matching.
    compile_regex(pattern)?;
    let nfa = NFA::compiler()
        .syntax(syntax())
        .configure(NFA::config().nfa_size_limit(Some(REGEX_BYTES_MAX)).which_captures(WhichCaptures::Implicit))
        .build(pattern)
        .map_err(|_| PredicateError::RegexTooLarge { limit: REGEX_BYTES_MAX })?;
    let states = nfa.states().len();
    if states > REGEX_STATES_MAX {
        return Err(PredicateError::RegexTooSlow { states, limit: REGEX_STATES_MAX });
    }
    Ok(ExpressionCost { states, bytes: nfa.memory_usage() })
}

fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(true).utf8(true)
}

/// Compiles one regular expression with the limits that every rule is held to.
///
/// The syntax is that of the `regex` crate (linear time: no look-around, no back-references), flags inside the
/// expression; matching is unanchored.
///
/// # Errors
/// When it does not parse or would be too large.
pub fn compile_regex(pattern: &str) -> Result<meta::Regex, PredicateError> {
    builder().build(pattern).map_err(|error| refused(&error))
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
        let needed = parser().parse(pattern).map_or_else(|_| Needed::default(), |hir| Needed::of(&hir));
        let source = Source::Pattern(pattern.to_owned());
        let expression = Self { needed, one_of: Vec::new(), source, regex: OnceLock::new() };
        expression.compile()?;
        Ok(expression)
    }

    /// Makes it ready, where it is not yet.
    pub(crate) fn compile(&self) -> Result<&meta::Regex, PredicateError> {
        let regex = self.regex.get_or_init(|| match &self.source {
            Source::Pattern(pattern) => compile_regex(pattern),
            Source::Existence(hir) => builder().build_from_hir(hir).map_err(|error| refused(&error)),
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
    // What does not parse gives the same errors in the same words.
    let Ok(hir) = parser().parse(pattern) else { return Expression::new(pattern).map(Box::new).map(Test::Regex) };
    let one_of = literals_of(&hir).unwrap_or_default();
    let hir = existence(hir);
    if let Some(run) = Run::of(&hir) {
        return Ok(Test::Run(run));
    }
    let (needed, source) = (Needed::of(&hir), Source::Existence(hir));
    Ok(Test::Regex(Box::new(Expression { needed, one_of, source, regex: OnceLock::new() })))
}

fn parser() -> regex_syntax::Parser {
    regex_syntax::ParserBuilder::new().unicode(true).utf8(true).build()
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
            Some(syntax) => first_line_of(&syntax.to_string()),
            None => error.to_string(),
        }),
    }
}

/// The parser's message is drawn over several lines; its last line is the reason.
fn first_line_of(message: &str) -> String {
    let reason = message.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(message);
    reason.trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_counted_in_states() {
        let few = regex_cost("[a-z]{2}").expect("a small expression");
        let more = regex_cost("[a-z]{20}").expect("a small expression");
        assert!(few.states < more.states && few.bytes < more.bytes && more.states < 100, "{few:?} {more:?}");
        // The letters of all scripts.
        let letters = regex_cost("\\w{20}").expect("within the limits");
        assert!(letters.states > 1_000, "{letters:?}");
        let error = regex_cost("\\w{70}").expect_err("too many states");
        assert!(matches!(error, PredicateError::RegexTooSlow { limit: REGEX_STATES_MAX, .. }), "{error}");
        assert!(error.to_string().contains("22000 are allowed"), "{error}");
        assert!(matches!(regex_cost("(?:\\pL{100}){1000}"), Err(PredicateError::RegexTooLarge { .. })));
        assert!(matches!(regex_cost("(?=a)"), Err(PredicateError::Regex(_))));
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
