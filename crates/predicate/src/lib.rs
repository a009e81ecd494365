//! One predicate on one value: what an operator means, whether it holds, and where in the text.
//!
//! This is the single meaning of every operator: the matcher verifies its candidates here, and the host checks
//! evidence here. It knows values only as text; where the text came from is the business of `event`.
//!
//! Invariants: no input or output, no allocation on the paths that only compare ASCII text.

mod address;
mod ascii;
mod existence;
mod expression;
mod field;
mod fold;
mod glob;
pub mod index;
mod literal;
mod needed;
mod number;
mod pcre;
mod place;
mod required;
mod time;

use std::{cmp::Ordering, ops::Range};

use memchr::memmem;
use serde::{Deserialize, Serialize};

pub use address::Network;
pub use ascii::is_ascii;
pub use existence::Run;
use expression::existence_of;
pub use expression::{
    Expression, ExpressionCost, REGEX_BYTES_MAX, REGEX_STATES_MAX, REGEX_STEPS_MAX, compile_regex, regex_cost,
};
pub use field::OtherValues;
pub use fold::{Folded, Subject, fold};
pub use glob::{Glob, Part};
pub use index::Index;
pub use literal::{Literal, Placed};
pub use number::{compare_numbers, whole_number};
pub use place::{Encoding, Span, TextPlace, decode, decode_into, is_boundary};
pub use required::required_literals;
pub use time::{TimePart, parse_time};

/// How a value is compared with an operand. Mirrors `operator` of the contract, where each is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// The whole value is the operand.
    Equals,
    /// The operand lies anywhere in the value.
    Contains,
    /// The value begins with the operand.
    StartsWith,
    /// The value ends with the operand.
    EndsWith,
    /// The whole value fits a pattern of `*`, `?` and `\` escapes.
    Like,
    /// A regular expression finds a match in the value.
    Regex,
    /// The value is an address inside the network.
    Cidr,
    /// The value is a number below the operand.
    Less,
    /// The value is a number not above the operand.
    LessOrEqual,
    /// The value is a number above the operand.
    Greater,
    /// The value is a number not below the operand.
    GreaterOrEqual,
    /// The field is present and its value is not the operand.
    NotEquals,
    /// The field is present.
    Exists,
    /// The field is absent.
    Absent,
    /// The field is absent or null.
    Null,
    /// The value equals the value of the field that the operand names.
    SameAs,
    /// The value has at least this many characters.
    LengthAtLeast,
    /// The value of the field that the operand names lies anywhere in the value.
    ContainsField,
    /// The value begins with the value of the field that the operand names.
    StartsWithField,
    /// The value ends with the value of the field that the operand names.
    EndsWithField,
    /// The value is a time, and a part of it, as it is written, compares as the operand says: `hour >= 22`, `month = 2`.
    TimePart,
}

impl Operator {
    /// Whether it compares the value with that of another field, which the operand names.
    #[must_use]
    pub fn compares_fields(self) -> bool {
        matches!(self, Self::SameAs | Self::ContainsField | Self::StartsWithField | Self::EndsWithField)
    }
}

/// What holds of a value: an operator, its operand, and whether upper and lower case differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Predicate {
    /// How value and operand are compared.
    pub operator: Operator,
    /// What the value is compared with; empty where the operator takes none.
    pub operand: String,
    /// Whether upper and lower case differ.
    pub cased: bool,
}

/// Why a predicate cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredicateError {
    /// The regular expression does not parse.
    #[error("the regular expression cannot be used: {0}")]
    Regex(String),
    /// The regular expression has a construct that is not supported, as it takes more than linear time or means nothing.
    #[error("the regular expression cannot be used: `{construct}` at character {at} {why}; {way_out}")]
    RegexConstruct {
        /// The construct, as it is written.
        construct: String,
        /// Where it begins, in characters from 1.
        at: usize,
        /// What is wrong with it, in a clause that follows it.
        why: String,
        /// What to write instead, as an instruction.
        way_out: String,
    },
    /// The compiled expression would pass the limit.
    #[error(
        "the regular expression compiles to more than {limit} bytes; give its repetitions smaller bounds, or use classes of \
         ASCII such as [A-Za-z0-9_]"
    )]
    RegexTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The automaton would have too many states.
    #[error(
        "the regular expression takes {states} states, and {limit} are allowed; give its repetitions smaller bounds, or \
         use classes of ASCII such as [a-z]"
    )]
    RegexTooManyStates {
        /// States seen.
        states: usize,
        /// The limit.
        limit: usize,
    },
    /// Following the expression through a long text would take too long.
    #[error(
        "the regular expression may take {steps} steps for each character of a value, and {limit} are allowed; give its \
         repetitions smaller bounds, or write `+` or `*` where the number does not matter"
    )]
    RegexTooSlow {
        /// Steps seen.
        steps: usize,
        /// The limit.
        limit: usize,
    },
    /// The operand is not a network in CIDR notation.
    #[error("`{0}` is not a network such as 10.0.0.0/8 or fe80::/10")]
    Network(String),
    /// The operand is not a number.
    #[error("`{0}` is not a number")]
    Number(String),
    /// The operand is no comparison of a part of a time.
    #[error("`{0}` compares no part of a time; `hour >= 22` does")]
    TimePart(String),
}

/// A predicate made ready to be tested against many values.
#[derive(Clone, Debug)]
pub enum Test {
    /// A literal that may stand anywhere.
    Contains {
        /// What finds the literal, which is folded unless cased.
        finder: Box<memmem::Finder<'static>>,
        /// Whether upper and lower case differ.
        cased: bool,
    },
    /// A literal that may not, already folded unless cased.
    Literal {
        /// One of equals, starts-with, ends-with, not-equals.
        operator: Operator,
        /// The operand, folded unless cased.
        operand: String,
        /// Whether upper and lower case differ.
        cased: bool,
    },
    /// A pattern with wildcards.
    Like(Glob),
    /// A regular expression.
    Regex(Box<Expression>),
    /// A regular expression that asks for a row of characters of one class, to be told whether it matches.
    Run(Run),
    /// A network.
    Cidr(Network),
    /// A comparison of numbers.
    Number {
        /// One of less, less-or-equal, greater, greater-or-equal.
        operator: Operator,
        /// The operand.
        operand: String,
    },
    /// A least length in characters.
    Length(usize),
    /// A comparison of a part of a time.
    TimePart {
        /// The part.
        part: TimePart,
        /// How it compares with the number.
        operator: Operator,
        /// The number.
        number: i64,
    },
    /// Decided by presence or by another field, not by one value's text.
    Presence(Operator),
}

impl Predicate {
    /// A predicate that ignores case.
    #[must_use]
    pub fn new(operator: Operator, operand: impl Into<String>) -> Self {
        Self { operator, operand: operand.into(), cased: false }
    }

    /// Makes the predicate ready to tell whether it holds. What a regular expression then finds may be a part of what it
    /// matches.
    ///
    /// # Errors
    /// As `compile`.
    pub fn compile_existence(&self) -> Result<Test, PredicateError> {
        let test = self.defer_existence()?;
        if let Test::Regex(expression) = &test {
            expression.compile()?;
        }
        Ok(test)
    }

    /// As `compile_existence`, for a predicate that is known to compile: a regular expression is made ready when it is
    /// first followed. One that cannot be holds of nothing.
    ///
    /// # Errors
    /// As `compile`, but for what is too large.
    pub fn defer_existence(&self) -> Result<Test, PredicateError> {
        match self.operator {
            Operator::Regex => existence_of(&self.operand),
            _ => self.compile(),
        }
    }

    /// Makes the predicate ready.
    ///
    /// # Errors
    /// When the operand is no regular expression, network or number that the operator can take.
    pub fn compile(&self) -> Result<Test, PredicateError> {
        use Operator as O;
        let literal = || if self.cased { self.operand.clone() } else { fold(&self.operand).into_text() };
        Ok(match self.operator {
            O::Contains => {
                Test::Contains { finder: Box::new(memmem::Finder::new(&literal()).into_owned()), cased: self.cased }
            }
            O::Equals | O::StartsWith | O::EndsWith | O::NotEquals => {
                Test::Literal { operator: self.operator, operand: literal(), cased: self.cased }
            }
            O::Like => Test::Like(Glob::parse(&self.operand, self.cased)),
            O::Regex => Test::Regex(Box::new(Expression::new(&self.operand)?)),
            O::Cidr => {
                Test::Cidr(Network::parse(&self.operand).ok_or_else(|| PredicateError::Network(self.operand.clone()))?)
            }
            O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual => {
                if number::parse(&self.operand).is_none() {
                    return Err(PredicateError::Number(self.operand.clone()));
                }
                Test::Number { operator: self.operator, operand: self.operand.clone() }
            }
            O::LengthAtLeast => {
                Test::Length(self.operand.parse().map_err(|_| PredicateError::Number(self.operand.clone()))?)
            }
            O::TimePart => {
                time::parse_comparison(&self.operand).ok_or_else(|| PredicateError::TimePart(self.operand.clone()))?
            }
            O::Exists | O::Absent | O::Null | O::SameAs | O::ContainsField | O::StartsWithField | O::EndsWithField => {
                Test::Presence(self.operator)
            }
        })
    }
}

impl Test {
    /// Where in a text the predicate holds: the byte range of what satisfied it, or none.
    ///
    /// A predicate about the whole value gives the whole range. Predicates decided by presence hold on any text when
    /// they ask for presence, and on none otherwise.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        self.find_in(&Subject::new(text))
    }

    /// As `find`, for a text that other predicates are tested on too.
    #[must_use]
    pub fn find_in(&self, subject: &Subject<'_>) -> Option<Range<usize>> {
        let text = subject.text();
        // Both folded, or both as they stand.
        let compared = |cased: bool| if cased { text } else { subject.folded() };
        let original = |cased: bool, range| if cased { range } else { subject.original(range) };
        match self {
            Self::Contains { finder, cased } => {
                let at = finder.find(compared(*cased).as_bytes())?;
                Some(original(*cased, at..at + finder.needle().len()))
            }
            Self::Literal { operator, operand, cased } => {
                find_literal(*operator, operand, compared(*cased)).map(|range| original(*cased, range))
            }
            Self::Like(glob) => glob.is_match(compared(glob.cased())).then_some(0..text.len()),
            Self::Regex(expression) => expression.find(subject),
            Self::Run(run) => run.find(text),
            Self::Cidr(network) => network.contains(text).then_some(0..text.len()),
            Self::Number { operator, operand } => {
                stands(*operator, compare_numbers(text, operand)?).then_some(0..text.len())
            }
            Self::TimePart { part, operator, number } => {
                stands(*operator, part.of(time::parse_clock(text)?).cmp(number)).then_some(0..text.len())
            }
            Self::Length(least) => (text.chars().count() >= *least).then_some(0..text.len()),
            Self::Presence(Operator::Exists) => Some(0..text.len()),
            Self::Presence(_) => None,
        }
    }
}

/// Whether an order is what an operator asks for.
fn stands(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Equals => order.is_eq(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        _ => false,
    }
}

/// Compares text with a literal, both folded or both as they stand.
fn find_literal(operator: Operator, operand: &str, text: &str) -> Option<Range<usize>> {
    match operator {
        Operator::Equals => (text == operand).then_some(0..text.len()),
        Operator::NotEquals => (text != operand).then_some(0..text.len()),
        Operator::StartsWith => text.starts_with(operand).then_some(0..operand.len()),
        Operator::EndsWith => text.ends_with(operand).then(|| text.len() - operand.len()..text.len()),
        _ => None,
    }
}

/// Whether `value` stands to `other`, the value of another field, as an operator that compares fields asks: ignoring
/// case unless cased.
#[must_use]
pub fn compare_fields(operator: Operator, value: &str, other: &str, cased: bool) -> bool {
    OtherValues::new(operator, cased, [other]).suit(value)
}

#[cfg(test)]
mod tests;
