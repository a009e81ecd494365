//! Event time as people write it: RFC 3339, in UTC. Knows no clock.

use glassbox_finding::EventTime;
use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// RFC 3339 in UTC, with as many digits below the second as there are: `2026-05-04T09:14:07.25Z`.
///
/// An instant outside the years -9999 to 9999 is shown as its microseconds.
#[must_use]
pub fn rfc3339(time: EventTime) -> String {
    Timestamp::from_microsecond(time).map_or_else(|_| format!("{time} µs since 1970"), |it| it.to_string())
}

/// Date and time to the second, in UTC: `2026-05-04 09:14:07`.
#[must_use]
pub fn to_the_second(time: EventTime) -> String {
    let floor = time.div_euclid(1_000_000);
    Timestamp::from_second(floor)
        .map_or_else(|_| format!("{time} µs"), |it| Offset::UTC.to_datetime(it).to_string().replace('T', " "))
}

/// The day, in UTC: `2 May 2026`.
#[must_use]
pub fn day(time: EventTime) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let Ok(instant) = Timestamp::from_second(time.div_euclid(1_000_000)) else { return format!("{time} µs") };
    let date = Offset::UTC.to_datetime(instant).date();
    let month = MONTHS.get((date.month() - 1) as usize).copied().unwrap_or_default();
    format!("{} {month} {}", date.day(), date.year())
}

/// Why a text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a time: write a date (2026-05-04), a date and time (2026-05-04T09:14:07, taken as UTC) \
     or one with its offset (2026-05-04T11:14:07+02:00)"
)]
pub struct NotATime(String);

/// The instant that `text` names: a date, which is its first instant, a date and time, or one with an offset.
/// Without an offset it is UTC.
///
/// # Errors
/// When it is none of these.
pub fn parse(text: &str) -> Result<EventTime, NotATime> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_microsecond());
    }
    let local: DateTime = text.parse().map_err(|_| NotATime(text.to_owned()))?;
    let instant = Offset::UTC.to_timestamp(local).map_err(|_| NotATime(text.to_owned()))?;
    Ok(instant.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::{day, parse, rfc3339, to_the_second};

    #[test]
    fn times_as_people_write_them() {
        let check = |text: &str, expected: &str| {
            let time = parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(rfc3339(time), expected, "{text}");
            assert_eq!(parse(expected), Ok(time), "and back");
        };
        check("1970-01-01", "1970-01-01T00:00:00Z");
        check("2024-02-29", "2024-02-29T00:00:00Z");
        check("2026-05-04T09:14", "2026-05-04T09:14:00Z");
        check("2026-05-04 09:14:07.25", "2026-05-04T09:14:07.25Z");
        check("2026-05-04T09:14:07Z", "2026-05-04T09:14:07Z");
        check("2026-05-04T09:14:07.123456Z", "2026-05-04T09:14:07.123456Z");
        check("2026-05-04T01:14:07+02:00", "2026-05-03T23:14:07Z");
        check(" 1601-01-01T00:00:00Z ", "1601-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused_with_examples() {
        for text in ["", "yesterday", "2026-13-01", "2025-02-29", "04.05.2026", "1714813200"] {
            let message = parse(text).expect_err(text).to_string();
            assert!(message.contains("2026-05-04T09:14:07"), "{message}");
        }
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(day(1_777_886_047_250_000), "4 May 2026");
        assert_eq!(day(-1), "31 December 1969");
        assert_eq!(day(i64::MAX), "9223372036854775807 µs");
    }

    #[test]
    fn to_the_second_rounds_towards_the_past() {
        assert_eq!(to_the_second(1_500_000), "1970-01-01 00:00:01");
        assert_eq!(to_the_second(-1), "1969-12-31 23:59:59");
        assert_eq!(to_the_second(i64::MAX), "9223372036854775807 µs");
        assert_eq!(rfc3339(i64::MIN), "-9223372036854775808 µs since 1970");
    }
}
