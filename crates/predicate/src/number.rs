//! Numbers as text: compared exactly while they are integers, as f64 otherwise.

use std::cmp::Ordering;

/// A number read from text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Integer(i128),
    Float(f64),
}

/// Reads a number; none for text that is no finite number.
///
/// Decimal notation, and hexadecimal with `0x`, as Windows writes masks and identifiers.
pub(crate) fn parse(text: &str) -> Option<Number> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i128::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with(['-', '+'])).map(Number::Integer);
    }
    if let Ok(integer) = text.parse::<i128>() {
        return Some(Number::Integer(integer));
    }
    // `parse` would take "inf" and "nan" for numbers.
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<f64>().ok().filter(|float| float.is_finite()).map(Number::Float)
}

/// Compares two numbers written as text; none where either is no finite number.
#[must_use]
pub fn compare_numbers(left: &str, right: &str) -> Option<Ordering> {
    match (parse(left)?, parse(right)?) {
        (Number::Integer(left), Number::Integer(right)) => Some(left.cmp(&right)),
        (left, right) => as_float(left).partial_cmp(&as_float(right)),
    }
}

fn as_float(number: Number) -> f64 {
    match number {
        Number::Integer(integer) => integer as f64,
        Number::Float(float) => float,
    }
}
