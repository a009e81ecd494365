//! What a predicate says, in words.

use glassbox_finding::{Operator, Predicate};

use crate::clean::{clean, shorten};

/// Characters of an operand.
const OPERAND_CHARACTERS_MAX: usize = 120;

/// A predicate in words: `ends with “\cmd.exe”`.
#[must_use]
pub fn in_words(predicate: &Predicate) -> String {
    let operand = shorten(&predicate.operand, OPERAND_CHARACTERS_MAX);
    let operand = clean(&operand);
    let words = match predicate.operator {
        Operator::Equals => "is",
        Operator::Contains => "contains",
        Operator::StartsWith => "begins with",
        Operator::EndsWith => "ends with",
        Operator::Like => "fits the pattern",
        Operator::Regex => "matches the expression",
        Operator::Cidr => "lies in the network",
        Operator::Less => "is less than",
        Operator::LessOrEqual => "is at most",
        Operator::Greater => "is greater than",
        Operator::GreaterOrEqual => "is at least",
        Operator::NotEquals => "is not",
        Operator::Exists => return "is present".to_owned(),
        Operator::Absent => return "is absent".to_owned(),
        Operator::Null => return "is absent or null".to_owned(),
        Operator::SameAs => return format!("is the same as {operand}"),
        Operator::LengthAtLeast => return format!("has at least {operand} characters"),
        Operator::ContainsField => return format!("contains the value of {operand}"),
        Operator::StartsWithField => return format!("begins with the value of {operand}"),
        Operator::EndsWithField => return format!("ends with the value of {operand}"),
        Operator::TimePart => return format!("is a time with {operand}"),
    };
    // An expression says itself whether case counts.
    let cased =
        if predicate.cased && predicate.operator != Operator::Regex { ", upper and lower case told apart" } else { "" };
    format!("{words} “{operand}”{cased}")
}
