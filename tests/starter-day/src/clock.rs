//! The one day of these records, 17 November 2026 in UTC, and the ways logs write a time of it.
//!
//! Not a calendar: a moment is the number of milliseconds since midnight, and the date is a constant.

/// Milliseconds since midnight.
pub(crate) type Moment = u32;

/// Midnight of the day, in seconds since 1970.
const MIDNIGHT_SECONDS: u32 = 1_794_873_600;

/// The moment at this time of day, with a fraction of a second that depends on it alone: nothing in a real log
/// happens on the dot, and what the intruder does must not stand out by it.
pub(crate) fn at(hour: u32, minute: u32, second: u32) -> Moment {
    assert!(hour < 24 && minute < 60 && second < 60, "no such time of day");
    let seconds = (hour * 60 + minute) * 60 + second;
    seconds * 1000 + seconds * 7_919 % 281
}

fn parts(moment: Moment) -> (u32, u32, u32, u32) {
    let seconds = moment / 1000;
    (seconds / 3600, seconds / 60 % 60, seconds % 60, moment % 1000)
}

/// `2026-11-17T10:42:03.123Z`
pub(crate) fn iso(moment: Moment) -> String {
    let (hour, minute, second, milli) = parts(moment);
    format!("2026-11-17T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// `2026-11-17T10:42:03Z`, as CloudTrail writes.
pub(crate) fn iso_seconds(moment: Moment) -> String {
    let (hour, minute, second, _) = parts(moment);
    format!("2026-11-17T{hour:02}:{minute:02}:{second:02}Z")
}

/// `2026-11-17 10:42:03.123`, as Sysmon writes.
pub(crate) fn sysmon(moment: Moment) -> String {
    let (hour, minute, second, milli) = parts(moment);
    format!("2026-11-17 {hour:02}:{minute:02}:{second:02}.{milli:03}")
}

/// `Nov 17 10:42:03`, as RFC 3164 has it: no year.
pub(crate) fn syslog(moment: Moment) -> String {
    let (hour, minute, second, _) = parts(moment);
    format!("Nov 17 {hour:02}:{minute:02}:{second:02}")
}

/// `1794911000.123`, as the Linux audit system writes.
pub(crate) fn audit(moment: Moment) -> String {
    format!("{}.{:03}", MIDNIGHT_SECONDS + moment / 1000, moment % 1000)
}
