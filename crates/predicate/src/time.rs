//! Instants as logs write them.
//!
//! Not a calendar: years 1 to 9999, no names of months or zones but UTC; what says no zone is taken as UTC.

use std::fmt;

use crate::{Operator, Test};

const MICROSECONDS: i64 = 1_000_000;
/// 0001-01-01T00:00:00Z, in seconds.
const SECONDS_MIN: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z, in seconds.
const SECONDS_MAX: i64 = 253_402_300_799;

/// Reads an instant in any of the forms that are known: RFC 3339 and its near relatives, epoch numbers, auditd's stamps.
/// In microseconds since 1970, in UTC.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    parse_with_offset(text).map(|(time, _)| time)
}

/// The time on the clock that the text shows, as if it were UTC: the offset that it names is not taken off.
pub(crate) fn parse_clock(text: &str) -> Option<i64> {
    parse_with_offset(text).map(|(time, offset_minutes)| time + offset_minutes * 60 * MICROSECONDS)
}

/// An instant, and the offset of the clock that shows it, in minutes east.
fn parse_with_offset(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    let stamp = text.strip_prefix("audit(").unwrap_or(text);
    parse_date(text).or_else(|| parse_epoch(stamp).map(|time| (time, 0)))
}

/// `2022-08-03T04:43:25.799Z`, `2020-08-01 05:46:46`, `2023-01-01T00:00:00,5+01:00`.
fn parse_date(text: &str) -> Option<(i64, i64)> {
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
    Some((instant(seconds - offset_minutes * 60, micros)?, offset_minutes))
}

/// Digits with an optional fraction, in seconds, or whole milli-, micro- or nanoseconds, told apart by size. What
/// follows a colon is auditd's serial number.
fn parse_epoch(text: &str) -> Option<i64> {
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

fn instant(seconds: i64, micros: i64) -> Option<i64> {
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

/// A part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePart {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// Of the month, 1 to 31.
    Day,
    /// Of the year as ISO 8601 counts them: weeks begin on Monday, the first holds the year's first Thursday. 1 to 53.
    Week,
    /// 1 to 12.
    Month,
    /// 1 to 9999.
    Year,
}

impl TimePart {
    /// Every part.
    pub const ALL: [Self; 6] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// Sigma's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["minute", "hour", "day", "week", "month", "year"][self as usize]
    }

    /// This part of a time in microseconds since 1970, on a clock without offset.
    #[must_use]
    pub fn of(self, instant: i64) -> i64 {
        let seconds = instant.div_euclid(MICROSECONDS);
        let days = seconds.div_euclid(86_400);
        let (year, month, day) = date_of(days);
        match self {
            Self::Minute => seconds.rem_euclid(3600) / 60,
            Self::Hour => seconds.rem_euclid(86_400) / 3600,
            Self::Day => day,
            Self::Week => {
                // The week's Thursday tells the year that the week belongs to. 1970-01-01 was one.
                let thursday = (days + 3).div_euclid(7) * 7;
                let (year, ..) = date_of(thursday);
                (thursday - days_since_epoch(year, 1, 1)) / 7 + 1
            }
            Self::Month => month,
            Self::Year => year,
        }
    }
}

impl fmt::Display for TimePart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Reads `hour >= 22`, `month = 2`: a part, a sign and a number.
pub(crate) fn parse_comparison(text: &str) -> Option<Test> {
    let mut words = text.split(' ');
    let (part, sign, number) = (words.next()?, words.next()?, words.next()?);
    let part = TimePart::ALL.into_iter().find(|known| known.name() == part)?;
    let operator = match sign {
        "=" => Operator::Equals,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        _ => return None,
    };
    let number = number.parse().ok()?;
    words.next().is_none().then_some(Test::TimePart { part, operator, number })
}

/// Year, month and day of a day counted from 1970-01-01: what `days_since_epoch` undoes.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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
    use super::{TimePart, parse_clock, parse_time as parse};

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
    fn parts_of_instants() {
        let table: [(&str, [i64; 6]); 8] = [
            ("1970-01-01T00:00:00Z", [0, 0, 1, 1, 1, 1970]),
            ("2024-02-29T23:59:59.999Z", [59, 23, 29, 9, 2, 2024]),
            ("2024-03-01T01:30:00+02:00", [30, 1, 1, 9, 3, 2024]),
            ("2024-12-30T12:00:00Z", [0, 12, 30, 1, 12, 2024]),
            ("2021-01-03T12:00:00Z", [0, 12, 3, 53, 1, 2021]),
            ("2020-12-31 08:05:00", [5, 8, 31, 53, 12, 2020]),
            ("1969-12-31T23:58:00Z", [58, 23, 31, 1, 12, 1969]),
            ("9999-12-31T23:59:59Z", [59, 23, 31, 52, 12, 9999]),
        ];
        for (text, expected) in table {
            let time = parse_clock(text).expect("a time");
            assert_eq!(TimePart::ALL.map(|part| part.of(time)), expected, "{text}");
        }
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
