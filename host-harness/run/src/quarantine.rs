//! What follows from batches that meet a fault: the end of the service, or a quarantine that ends by itself.

use std::{collections::VecDeque, sync::OnceLock, time::Duration, time::Instant};

use crate::limits::Limits;

/// What follows when one batch after another meets a fault.
#[derive(Clone, Copy, Debug, Default)]
pub enum FaultPolicy {
    /// After so many in a row the plugin is out of service for the rest of the run. Decided in record order and by no
    /// clock, so the same records give the same result: for a run over records at hand.
    #[default]
    EndService,
    /// After so many within a while the plugin is quarantined, each time twice as long; then it is tried again. For a
    /// run that goes on and on, whose records nobody would otherwise score.
    Quarantine(Clock),
}

/// Time since some instant, never going back.
pub type Clock = fn() -> Duration;

/// The time since this process first asked.
#[must_use]
pub fn monotonic() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// The faults of one plugin, and whether it sits in quarantine. It knows no clock: every instant is given.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    /// Within the window, oldest first.
    faults: VecDeque<Duration>,
    last: Option<Duration>,
    /// Quarantines since the last long time without a fault.
    served: u32,
    until: Option<Duration>,
    /// Out of quarantine, and nothing went well since: one fault is enough.
    on_probation: bool,
}

impl Quarantine {
    /// A batch met a fault. How long a quarantine begins with it, if one does.
    pub(super) fn fault(&mut self, now: Duration, limits: &Limits) -> Option<Duration> {
        let quiet = Duration::from_millis(limits.quarantine_ms_max);
        if self.last.is_some_and(|last| now.saturating_sub(last) > quiet) {
            *self = Self::default();
        }
        self.last = Some(now);
        self.faults.push_back(now);
        let window = Duration::from_millis(limits.quarantine_window_ms);
        while self.faults.front().is_some_and(|&first| now.saturating_sub(first) > window) {
            self.faults.pop_front();
        }
        let too_many = self.faults.len() >= limits.quarantine_faults_max as usize;
        (too_many || self.on_probation).then(|| self.begin(now, limits))
    }

    /// Begins a quarantine, whatever went before; how long it lasts.
    pub(super) fn begin(&mut self, now: Duration, limits: &Limits) -> Duration {
        let longest = Duration::from_millis(limits.quarantine_ms_max);
        let doubled = 1_u32.checked_shl(self.served).unwrap_or(u32::MAX);
        let length = Duration::from_millis(limits.quarantine_ms_min).saturating_mul(doubled).min(longest);
        self.served = self.served.saturating_add(1);
        self.faults.clear();
        self.last = Some(now);
        self.until = Some(now + length);
        length
    }

    /// Whether a quarantine ended by now; the plugin is then on probation.
    pub(super) fn ends(&mut self, now: Duration) -> bool {
        let ends = self.until.is_some_and(|until| now >= until);
        if ends {
            self.until = None;
            self.on_probation = true;
        }
        ends
    }

    /// A batch went well.
    pub(super) fn went_well(&mut self) {
        self.on_probation = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// What happens at which second (`f` a fault, `.` a good batch, `?` asking for the end), and what comes of it:
    /// seconds of a quarantine that begins, or whether one ended.
    fn check(story: &[(u64, char, Option<u64>)]) {
        let limits = Limits::default();
        let mut quarantine = Quarantine::default();
        for &(at, what, expected) in story {
            let came = match what {
                'f' => quarantine.fault(seconds(at), &limits).map(|length| length.as_secs()),
                '?' => quarantine.ends(seconds(at)).then_some(0),
                _ => {
                    quarantine.went_well();
                    None
                }
            };
            assert_eq!(came, expected, "{what} at {at} s");
        }
    }

    #[test]
    fn three_faults_in_a_minute_begin_one() {
        check(&[(0, 'f', None), (30, 'f', None), (60, 'f', Some(60))]);
        check(&[(0, 'f', None), (30, 'f', None), (61, 'f', None), (62, 'f', Some(60))]);
        // Good batches between do not count against faults in a minute.
        check(&[(0, 'f', None), (1, '.', None), (2, 'f', None), (3, '.', None), (4, 'f', Some(60))]);
    }

    #[test]
    fn each_further_one_lasts_twice_as_long_up_to_the_longest() {
        let first = [(0, 'f', None), (0, 'f', None), (0, 'f', Some(60)), (59, '?', None), (60, '?', Some(0))];
        // On probation one fault is enough.
        let mut story = first.to_vec();
        let (mut at, mut length) = (60, 60);
        for _ in 0..8 {
            length = (length * 2).min(3_600);
            story.extend([(at, 'f', Some(length)), (at + length - 1, '?', None), (at + length, '?', Some(0))]);
            at += length;
        }
        assert_eq!(length, 3_600);
        check(&story);
    }

    #[test]
    fn a_good_batch_ends_probation_and_an_hour_without_fault_all_memory() {
        let begun = [(0, 'f', None), (0, 'f', None), (0, 'f', Some(60)), (60, '?', Some(0)), (61, '.', None)];
        let again = [(62, 'f', None), (63, 'f', None), (64, 'f', Some(120))];
        check(&[begun.as_slice(), &again].concat());
        let later = [(4_000, 'f', None), (4_000, 'f', None), (4_000, 'f', Some(60))];
        check(&[begun.as_slice(), &later].concat());
    }
}
