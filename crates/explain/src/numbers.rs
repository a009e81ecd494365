//! Numbers as people read them, the same in every locale, without floating point.

/// A probability in per cent with one digit, rounded towards the middle so that nothing looks certain that is not.
#[must_use]
pub fn percent(millionths: u32) -> String {
    match millionths {
        0 => "0 %".to_owned(),
        1_000_000.. => "100 %".to_owned(),
        1..1_000 => "<0.1 %".to_owned(),
        _ => {
            let thousandths = if millionths >= 500_000 { millionths / 1_000 } else { millionths.div_ceil(1_000) };
            format!("{}.{} %", thousandths / 10, thousandths % 10)
        }
    }
}

/// A probability as a decimal fraction with all its digits.
#[must_use]
pub fn fraction(millionths: u32) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// Points with their sign.
#[must_use]
pub fn points(points: i32) -> String {
    format!("{points:+}")
}

/// A number with its thousands set apart.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Bytes in the largest unit that leaves at least one.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut scale = 1_u64;
    while unit + 1 < UNITS.len() && bytes / scale >= 1_000 {
        scale *= 1_000;
        unit += 1;
    }
    if unit == 0 {
        return format!("{bytes} bytes");
    }
    let tenths = u128::from(bytes) * 10 / u128::from(scale);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// `1 record`, `2 records`.
#[must_use]
pub fn counted(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", grouped(number))
}
