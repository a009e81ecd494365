//! Instants as logs write them.
//!
//! Not a calendar: years 1 to 9999, no names of months or zones but UTC; what says no zone is taken as UTC.

use glassbox_finding::EventTime;

const MICROSECONDS: i64 = 1_000_000;
/// 0001-01-01T00:00:00Z, in seconds.
const SECONDS_MIN: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z, in seconds.
const SECONDS_MAX: i64 = 253_402_300_799;

/// An instant in any of the forms that are read: RFC 3339 and its near relatives, epoch numbers, auditd's stamps.
pub(crate) fn parse(text: &str) -> Option<EventTime> {
    let text = text.trim();
    let stamp = text.strip_prefix("audit(").unwrap_or(text);
    parse_date(text).or_else(|| parse_epoch(stamp))
}

/// `2022-08-03T04:43:25.799Z`, `2020-08-01 05:46:46`, `2023-01-01T00:00:00,5+01:00`.
fn parse_date(text: &str) -> Option<EventTime> {
    let bytes = text.as_bytes();
    let mut cursor = Cursor { bytes, at: 0 };
    let year = cursor.number(4)?;
    cursor.expect(b"-")?;
    let month = cursor.number(2)?;
    cursor.expect(b"-")?;
    let day = cursor.number(2)?;
    cursor.expect(b"Tt ")?;
    let hour = cursor.number(2)?;
    cursor.expect(b":")?;
    let minute = cursor.number(2)?;
    let (mut second, mut micros) = (0, 0);
    if cursor.expect(b":").is_some() {
        second = cursor.number(2)?;
        if cursor.expect(b".,").is_some() {
            micros = cursor.fraction()?;
        }
    }
    let offset_minutes = cursor.offset()?;
    if year < 1 || !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) {
        return None;
    }
    // A leap second is read as the second after it.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    instant(seconds - offset_minutes * 60, micros)
}

/// Digits with an optional fraction, in seconds, or whole milli-, micro- or nanoseconds, told apart by size. What
/// follows a colon is auditd's serial number.
fn parse_epoch(text: &str) -> Option<EventTime> {
    let text = text.split_once(':').map_or(text, |(stamp, _)| stamp);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || whole.len() > 19 || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let (seconds, micros) = match number {
        // Before 1973 there were no logs: a smaller number counts something else.
        ..100_000_000 => return None,
        100_000_000..100_000_000_000 => {
            let mut cursor = Cursor { bytes: fraction.as_bytes(), at: 0 };
            (number, if fraction.is_empty() { 0 } else { cursor.fraction()? })
        }
        100_000_000_000..100_000_000_000_000 => (number / 1000, number % 1000 * 1000),
        100_000_000_000_000..100_000_000_000_000_000 => (number / MICROSECONDS, number % MICROSECONDS),
        _ => (number / 1_000_000_000, number % 1_000_000_000 / 1000),
    };
    instant(seconds, micros)
}

fn instant(seconds: i64, micros: i64) -> Option<EventTime> {
    (SECONDS_MIN..=SECONDS_MAX).contains(&seconds).then_some(seconds * MICROSECONDS + micros)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that the leap day is last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

struct Cursor<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    fn expect(&mut self, any_of: &[u8]) -> Option<()> {
        let byte = self.bytes.get(self.at)?;
        any_of.contains(byte).then(|| self.at += 1)
    }

    fn digit(&mut self) -> Option<i64> {
        let byte = self.bytes.get(self.at).filter(|byte| byte.is_ascii_digit())?;
        self.at += 1;
        Some(i64::from(byte - b'0'))
    }

    /// Exactly this many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        (0..digits).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }

    /// Digits after the point, as microseconds; more than six are cut.
    fn fraction(&mut self) -> Option<i64> {
        let mut micros = self.digit()? * 100_000;
        let mut unit = 10_000;
        while let Some(digit) = self.digit() {
            micros += digit * unit;
            unit /= 10;
        }
        Some(micros)
    }

    /// What stands at the end: nothing, `Z`, ` UTC`, `+02:00`, `-0530`, `+02`; in minutes east.
    fn offset(&mut self) -> Option<i64> {
        let rest = &self.bytes[self.at..];
        if matches!(rest, b"" | b"Z" | b"z" | b" UTC" | b"UTC" | b" Z") {
            return Some(0);
        }
        let _ = self.expect(b" ");
        let sign = match self.bytes.get(self.at)? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.at += 1;
        let hours = self.number(2)?;
        let mut minutes = 0;
        if self.at < self.bytes.len() {
            let _ = self.expect(b":");
            minutes = self.number(2)?;
        }
        (self.at == self.bytes.len() && hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(parse(text), expected, "{text}");
    }

    #[test]
    fn instants_are_read() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2022-08-03T04:43:25.799Z", Some(1_659_501_805_799_000));
        check("2020-08-01 05:46:46", Some(1_596_260_806_000_000));
        check("2020-08-01 05:46:46.1", Some(1_596_260_806_100_000));
        check("2020-08-01T05:46:46.123456789Z", Some(1_596_260_806_123_456));
        check("2020-08-01T07:46:46+02:00", Some(1_596_260_806_000_000));
        check("2020-08-01T07:46:46 +0200", Some(1_596_260_806_000_000));
        check("2020-08-01T00:16:46-05:30", Some(1_596_260_806_000_000));
        check("2020-08-01T05:46", Some(1_596_260_760_000_000));
        check("2016-12-31T23:59:60Z", Some(1_483_228_800_000_000));
        check("2000-02-29T00:00:00Z", Some(951_782_400_000_000));
        check("0001-01-01T00:00:00Z", Some(-62_135_596_800_000_000));
        check("9999-12-31T23:59:59.999999Z", Some(253_402_300_799_999_999));
        check("audit(1364481363.243:24287)", Some(1_364_481_363_243_000));
        check("1364481363.243:24287", Some(1_364_481_363_243_000));
        check("1364481363", Some(1_364_481_363_000_000));
        check("1364481363243", Some(1_364_481_363_243_000));
        check("1364481363243123", Some(1_364_481_363_243_123));
        check("1364481363243123456", Some(1_364_481_363_243_123));
    }

    #[test]
    fn nonsense_is_no_instant() {
        for text in [
            "",
            "-",
            "2020",
            "2020-13-01T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2020-08-01T24:00:00Z",
            "2020-08-01T05:46:46.Z",
            "2020-08-01T05:46:46X",
            "2020-08-01T05:46:46+2",
            "2020-08-01T05:46:46+02:00x",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:60Z",
            "99999999999999999999",
            "1.2.3",
            "Jul 21 12:00:00",
            "２020-08-01T05:46:46",
        ] {
            check(text, None);
        }
    }
}
