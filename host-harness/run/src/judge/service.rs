//! Whether the plugin serves: what faulted batches lead to, and the way back.

use std::sync::atomic::Ordering;

use super::{Docket, Judge};
use crate::{quarantine::FaultPolicy, reader::Failure};

impl Judge<'_> {
    /// Faulted batches end the service, or interrupt it.
    pub(super) fn count_fault(&mut self, asked: bool, docket: &Docket<'_>) {
        match &docket.faulted {
            Some(failure) => {
                self.faulted_in_a_row += 1;
                // Told at least once, also where every record could be scored in the end.
                if !docket.reported {
                    self.tally.report(failure, 0);
                }
                let (in_a_row, limits) = (self.faulted_in_a_row, &self.lane.options.limits);
                match self.lane.options.fault_policy {
                    // Already out of service, by this very batch.
                    _ if self.out_of_service.is_some() => {}
                    FaultPolicy::EndService if in_a_row >= limits.faulted_batches_in_a_row_max => {
                        self.give_up(format!("{in_a_row} batches in a row met a fault, the last: {}", failure.what));
                    }
                    FaultPolicy::EndService => {}
                    FaultPolicy::Quarantine(clock) => {
                        let now = clock();
                        // However slowly they come: whoever takes half a minute to fail meets no three faults in a minute.
                        let in_a_row = in_a_row >= limits.faulted_batches_in_a_row_max;
                        let begun = self.quarantine.fault(now, limits);
                        if let Some(length) = begun.or_else(|| in_a_row.then(|| self.quarantine.begin(now, limits))) {
                            self.seclude(length.as_secs(), &failure.what);
                        }
                    }
                }
            }
            None if asked => {
                self.faulted_in_a_row = 0;
                self.quarantine.went_well();
            }
            None => {}
        }
    }

    /// The plugin cannot serve any more; where a quarantine may help, it is tried again after one.
    pub(super) fn give_up(&mut self, why: String) {
        match self.lane.options.fault_policy {
            FaultPolicy::Quarantine(clock) if !self.refused && self.out_of_service.is_none() => {
                let length = self.quarantine.begin(clock(), &self.lane.options.limits);
                self.seclude(length.as_secs(), &why);
            }
            _ => {
                self.out_of_service.get_or_insert(why);
                self.stop.store(true, Ordering::Relaxed);
            }
        }
    }

    fn seclude(&mut self, seconds: u64, why: &str) {
        let what = format!("quarantined for {seconds} s, the last fault: {why}");
        self.tally.report(&Failure { call: "quarantine", what: what.clone() }, 0);
        self.secluded = Some(what.clone());
        self.out_of_service = Some(what);
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Serves again once a quarantine is over: from the last checkpoint, where the instance is gone.
    pub(super) fn end_quarantine(&mut self) {
        let FaultPolicy::Quarantine(clock) = self.lane.options.fault_policy else { return };
        if self.refused || self.out_of_service.is_none() || !self.quarantine.ends(clock()) {
            return;
        }
        self.out_of_service = None;
        self.faulted_in_a_row = 0;
        if self.instance.is_none() {
            self.recover(&Failure { call: "start", what: "it did not start again after its quarantine".to_owned() });
        }
        if self.out_of_service.is_none() {
            self.stop.store(false, Ordering::Relaxed);
        }
    }
}
