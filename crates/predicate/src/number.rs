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

/// The bytes of a JSON number that are compared: of a whole number those before the point, as `4624.0` is the number 4624.
#[must_use]
pub fn whole_number(number: &[u8]) -> &[u8] {
    let Some(point) = number.iter().position(|&byte| byte == b'.') else { return number };
    let is_whole = number[point + 1..].iter().all(|&byte| byte == b'0');
    if is_whole { &number[..point] } else { number }
}

fn as_float(number: Number) -> f64 {
    match number {
        Number::Integer(integer) => integer as f64,
        Number::Float(float) => float,
    }
}

#[cfg(test)]
mod tests {
    use super::whole_number;

    #[test]
    fn whole_numbers_lose_their_point() {
        for (number, expected) in [
            ("4624", "4624"),
            ("4624.0", "4624"),
            ("-3.000", "-3"),
            ("0.0", "0"),
            ("4624.01", "4624.01"),
            ("4.0e3", "4.0e3"),
            ("1e3", "1e3"),
        ] {
            assert_eq!(whole_number(number.as_bytes()), expected.as_bytes(), "{number}");
        }
    }
}
