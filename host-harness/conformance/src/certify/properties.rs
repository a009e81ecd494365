//! The properties, in the order in which they are tried: the list, and those about what the plugin says of records.

use glassbox_check::RecordContext;
use glassbox_explain::numbers::counted;
use glassbox_finding::{Batch, ExplainError, JudgeError, Origin, ReadError, StateError};
use glassbox_pack::Pack;
use glassbox_sandbox::{Fault, Instance, account as calls};

use super::{
    CertifyOptions, Measures, Verdict,
    account::{Account, Numbering, Served, difference, difference_in_accounts},
    calls::{sequences, ticks, views},
    odd::{odd_batches, odd_records, spoilt_notes, spoilt_states},
    serve::{Way, at, batch_of, batches, configured, restored, saved, serve},
};

/// Records explained at most.
const EXPLAINED_MAX: usize = 200;
/// Records of a batch that is cut at every position.
const CUT_RECORDS_MAX: usize = 48;
/// Maps of the plugin that the certificate names.
const MAPS_NAMED_MAX: usize = 8;

type Check = fn(&mut Trial<'_>) -> Verdict;

/// Every property: name, what it says, how it is tried.
pub(super) const ALL: &[(&str, &str, Check)] = &[
    ("introduction", "It says who it is before it is configured, and the same each time", introduction),
    ("order", "Before it is configured it refuses work and does not fail", order),
    ("configuration", "It loads the pack, and refuses or takes any other bytes without failing", configuration),
    ("known-answers", "It gives the pack's known answers", known_answers),
    ("accounting", "Every record is accounted for, every sum adds up, all evidence is in the record", accounting),
    ("determinism", "A fresh instance says the same bytes of the same records, and so does the same one", determinism),
    ("splits", "Every record gets the same note and the same account however the records are split", splits),
    ("readers", "It says the same when notes are made apart, in another order, and judged in other groups", readers),
    (
        "sequences",
        "It says the same under other sequences, and refuses those that are missing or out of order",
        sequences,
    ),
    ("checkpoints", "It says the same when its state is saved and restored on the way", checkpoints),
    ("ticks", "Time that passes and the end of input never make it fail, and have the same outcome each time", ticks),
    ("explanation", "It explains any record, truthfully, and changes nothing by it", explanation),
    (
        "views",
        "A view has the classes and times of the reading, its values are in the record, it changes nothing",
        views,
    ),
    ("odd-records", "No record makes it fail, whatever its bytes", odd_records),
    ("odd-batches", "A batch that contradicts itself is refused, and the next one is read", odd_batches),
    ("spoilt-notes", "No notes make judge fail: it judges or refuses those that are damaged or foreign", spoilt_notes),
    ("spoilt-states", "No bytes make restore fail: it takes them or refuses them, and then goes on", spoilt_states),
    ("fuel", "No record takes more fuel than the budget, nor the first of a kind more than its own", fuel),
];

/// What is known while properties are tried.
pub(super) struct Trial<'s> {
    pub(super) subject: &'s CertifyOptions<'s>,
    /// What it said in full batches; none before, or where it failed.
    pub(super) served: Option<Served>,
    pub(super) measures: Measures,
}

impl<'s> Trial<'s> {
    pub(super) fn new(subject: &'s CertifyOptions<'s>) -> Self {
        Self { subject, served: None, measures: Measures::default() }
    }

    /// How many findings there are, and how many pieces of them are unchecked.
    pub(super) fn findings(&self) -> (usize, u64) {
        self.served.as_ref().map_or((0, 0), |served| (served.findings.len(), served.unchecked))
    }

    /// Full batches, each judged as soon as it is read, with sequences from 0.
    pub(super) fn full(&self) -> Way {
        Way {
            batch_records: self.subject.deployment.plugin().limits().batch_records_max,
            notes_apart: None,
            restore_every: None,
            numbering: Numbering { first: 0, step: 1 },
        }
    }

    /// What it said in full batches.
    pub(super) fn served(&self) -> Result<&Served, Verdict> {
        self.served.as_ref().ok_or_else(|| Verdict::Skipped("it failed on these records before".to_owned()))
    }

    /// Serves in another way, which must give what was said before.
    pub(super) fn same(&mut self, way: Way, how: &str) -> Result<(), Verdict> {
        self.served()?;
        // What other ways take is not reported; only what a record takes alone.
        let mut measures = Measures::default();
        let served = serve(self.subject, way, &mut measures);
        if way.batch_records == 1 {
            self.measures.record_fuel_greatest = measures.record_fuel_greatest;
            self.measures.record_costliest = measures.record_costliest;
            self.measures.first_record_fuel_greatest = measures.first_record_fuel_greatest;
            self.measures.first_record_costliest = measures.first_record_costliest;
        }
        let served = served.map_err(|error| Verdict::Failed(format!("{how}, {error}")))?;
        match difference(self.served()?, &served) {
            None => Ok(()),
            Some(what) => Err(Verdict::Failed(format!("{how}, {what}"))),
        }
    }

    pub(super) fn start(&self) -> Result<Instance, Verdict> {
        self.subject.deployment.plugin().start().map_err(|fault| failed(&fault))
    }

    pub(super) fn configured(&self) -> Result<Instance, Verdict> {
        configured(self.subject).map_err(Verdict::Failed)
    }
}

pub(super) fn failed(fault: &Fault) -> Verdict {
    Verdict::Failed(fault.to_string())
}

/// The verdict of a property that is tried in steps and stops at the first one that does not hold.
pub(super) fn verdict(tried: impl FnOnce() -> Result<String, Verdict>) -> Verdict {
    tried().map_or_else(|verdict| verdict, Verdict::Passed)
}

pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Verdict> {
    if holds { Ok(()) } else { Err(Verdict::Failed(otherwise())) }
}

fn introduction(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let mut instance = trial.start()?;
        let first = instance.describe().map_err(|fault| failed(&fault))?;
        ensure(!first.name.is_empty(), || "it gives no name".to_owned())?;
        let again = instance.describe().map_err(|fault| failed(&fault))?;
        let fresh = trial.start()?.describe().map_err(|fault| failed(&fault))?;
        ensure(first == again && first == fresh, || "it describes itself differently each time".to_owned())?;
        let maps: Vec<&str> = first.maps.iter().take(MAPS_NAMED_MAX).map(String::as_str).collect();
        let more = if first.maps.len() > maps.len() { ", ..." } else { "" };
        let count = counted(first.maps.len() as u64, "map");
        Ok(format!("{} {}, reads by {count}: {}{more}", first.name, first.version, maps.join(", ")))
    })
}

fn order(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let mut instance = trial.start()?;
        let batch = Batch::of_one(b"{}", &Origin::default());
        let refused = |call: &str, is_refused: bool| {
            ensure(is_refused, || format!("{call} does not say that it is not configured"))
        };
        let answer = instance.read(&batch).map_err(|fault| failed(&fault))?;
        refused("read", answer == Err(ReadError::NotConfigured))?;
        let answer = instance.judge(&Default::default(), &[]).map_err(|fault| failed(&fault))?;
        refused("judge", answer == Err(JudgeError::NotConfigured))?;
        let answer = instance.advance(0, None).map_err(|fault| failed(&fault))?;
        refused("advance", answer == Err(JudgeError::NotConfigured))?;
        let answer = instance.explain(b"{}", &Origin::default()).map_err(|fault| failed(&fault))?;
        refused("explain", answer == Err(ExplainError::NotConfigured))?;
        let answer = instance.view(&batch, &[]).map_err(|fault| failed(&fault))?;
        refused("view", answer == Err(ReadError::NotConfigured))?;
        let answer = instance.save().map_err(|fault| failed(&fault))?;
        refused("save", answer == Err(StateError::NotConfigured))?;
        let answer = instance.restore(&[]).map_err(|fault| failed(&fault))?;
        refused("restore", answer == Err(StateError::NotConfigured))?;
        Ok("read, judge, advance, explain, view, save and restore".to_owned())
    })
}

fn configuration(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let (deployment, settings) = (trial.subject.deployment, trial.subject.settings());
        let pack = deployment.pack();
        let mut instance = trial.start()?;
        let summary = instance.configure(pack, settings).map_err(|fault| failed(&fault))?;
        trial.measures.configure_fuel = instance.fuel_burnt().unwrap_or_default();
        let summary = summary.map_err(|error| Verdict::Failed(format!("it refuses the pack: {error}")))?;
        let digest = Pack::parse(pack).map_err(|error| Verdict::Failed(error.to_string()))?.digest();
        let expected = deployment.directory().summary(digest);
        // A plugin without a digest does not say that it read the pack.
        let says_so = summary.digest != [0; 32];
        ensure(!says_so || summary == expected, || {
            format!("it says that it loaded {summary:?}, and the pack holds {expected:?}")
        })?;
        let mut damaged = pack.to_vec();
        if let Some(byte) = damaged.get_mut(pack.len() / 2) {
            *byte ^= 0x55;
        }
        for other in [&b""[..], b"not a pack", &pack[..pack.len() / 2], &damaged] {
            let answer = trial.start()?.configure(other, settings);
            answer.map(|_| ()).map_err(|fault| Verdict::Failed(format!("with other bytes, {fault}")))?;
        }
        Ok(match says_so {
            true => format!("{} rules, {} fields, {} terms", summary.rules, summary.fields, summary.terms),
            false => "it does not say what it read of the pack".to_owned(),
        })
    })
}

fn known_answers(trial: &mut Trial<'_>) -> Verdict {
    let deployment = trial.subject.deployment;
    let count = deployment.known_answers().len();
    if count == 0 {
        return Verdict::Skipped("the pack has none; give it some with `glassbox pack build --known`".to_owned());
    }
    verdict(|| {
        let mut instance = trial.configured()?;
        let answered = deployment.check_known_answers(&mut instance);
        answered.map_err(|error| Verdict::Failed(error.to_string()))?;
        Ok(counted(count as u64, "known answer"))
    })
}

fn accounting(trial: &mut Trial<'_>) -> Verdict {
    let served = serve(trial.subject, trial.full(), &mut trial.measures);
    match served {
        Err(error) => Verdict::Failed(error),
        Ok(served) => {
            let said = format!(
                "{}: {}, {} unscored",
                counted(trial.subject.records.len() as u64, "record"),
                counted(served.findings.len() as u64, "finding"),
                served.unscored()
            );
            trial.measures.state_bytes = served.state.len();
            trial.served = Some(served);
            Verdict::Passed(said)
        }
    }
}

fn determinism(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        trial.same(trial.full(), "served again")?;
        let subject = trial.subject;
        let terms = subject.deployment.terms();
        let (mut one, mut other) = (trial.configured()?, trial.configured()?);
        let batches = batches(subject, 0..subject.records.len(), trial.full().batch_records);
        for places in &batches {
            let batch = batch_of(subject, places);
            let read = |instance: &mut Instance| calls::read(instance, &batch, terms).map_err(|fault| failed(&fault));
            let first = read(&mut one)?;
            ensure(first == read(&mut one)?, || format!("{}: read twice, they read differently", at(places)))?;
            ensure(first == read(&mut other)?, || format!("{}: a fresh instance reads them differently", at(places)))?;
        }
        Ok(format!("{} read three times, all records served twice", counted(batches.len() as u64, "batch")))
    })
}

fn splits(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        for batch_records in [1, 7, 64] {
            let way = Way { batch_records, ..trial.full() };
            trial.same(way, &format!("in batches of {batch_records}"))?;
        }
        let cuts = cut_everywhere(trial)?;
        Ok(format!("in batches of 1, 7, 64 and as many as there may be; a batch cut at {cuts} positions"))
    })
}

/// Cuts the first records at every position; each record must get the account that it got before, to the byte of its
/// note. Gives the number of positions.
fn cut_everywhere(trial: &Trial<'_>) -> Result<usize, Verdict> {
    let (subject, served) = (trial.subject, trial.served()?);
    let terms = subject.deployment.terms();
    let mut instance = trial.configured()?;
    let first = batches(subject, 0..subject.records.len(), CUT_RECORDS_MAX).into_iter().next().unwrap_or_default();
    for cut in 1..first.len() {
        for places in [&first[..cut], &first[cut..]] {
            let reading = calls::read(&mut instance, &batch_of(subject, places), terms);
            let reading = reading.map_err(|fault| Verdict::Failed(format!("cut at {cut}, {}: {fault}", at(places))))?;
            // It asks for fewer at a time, and gets them at other cuts.
            let Some(reading) = reading else { continue };
            let before = &served.accounts[places[0]..][..places.len()];
            if let Some((position, what)) = difference_in_accounts(before, &Account::of(&reading)) {
                let record = places[position] + 1;
                return Err(Verdict::Failed(format!("in a batch cut at {cut}, record {record} {what}")));
            }
        }
    }
    Ok(first.len().saturating_sub(1))
}

fn readers(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        for notes in [1, 13, 50] {
            let way = Way { batch_records: 37, notes_apart: Some(notes), ..trial.full() };
            trial.same(way, &format!("read last to first in batches of 37 and judged in groups of {notes}"))?;
        }
        Ok("read last to first by another instance, and judged in groups of 1, 13 and 50".to_owned())
    })
}

fn checkpoints(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let way = Way { restore_every: Some(3), batch_records: 50, ..trial.full() };
        trial.same(way, "restored after every third batch of 50")?;
        let served = trial.served()?;
        let again = restored(trial.subject, &served.state).and_then(|mut instance| saved(&mut instance));
        let again = again.map_err(Verdict::Failed)?;
        ensure(again == served.state, || "a state that is restored and saved again differs".to_owned())?;
        Ok(format!("a state of {} bytes", served.state.len()))
    })
}

fn explanation(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let (subject, served) = (trial.subject, trial.served()?);
        let mut checker = subject.deployment.checker();
        let mut instance = restored(subject, &served.state).map_err(Verdict::Failed)?;
        let step = subject.records.len().div_ceil(EXPLAINED_MAX).max(1);
        // Findings first: they have most to explain.
        let found = served.found().take(EXPLAINED_MAX / 2);
        let places: Vec<usize> = found.chain((0..subject.records.len()).step_by(step)).collect();
        for &place in &places {
            let wrong = |what: String| Verdict::Failed(format!("record {}: {what}", place + 1));
            let record = subject.records[place].as_slice();
            let answer = instance.explain(record, &subject.origin).map_err(|fault| wrong(fault.to_string()))?;
            let account = &served.accounts[place];
            let Ok(explanation) = answer else {
                ensure(account.unscored.is_some(), || format!("record {} is scored and not explained", place + 1))?;
                continue;
            };
            let context = RecordContext::alone(record, &subject.origin.frame, explanation.class.map);
            checker.check_explanation(context, &explanation).map_err(|error| wrong(error.to_string()))?;
            ensure(account.class.as_ref().is_none_or(|class| *class == explanation.class), || {
                format!("record {} is explained with another class than it was read with", place + 1)
            })?;
        }
        let state = saved(&mut instance).map_err(Verdict::Failed)?;
        ensure(state == served.state, || "explaining changes the state".to_owned())?;
        Ok(counted(places.len() as u64, "record"))
    })
}

fn fuel(trial: &mut Trial<'_>) -> Verdict {
    if let Err(skipped) = trial.served() {
        return skipped;
    }
    fuel_verdict(&trial.measures, trial.subject.fuel_per_record_max, trial.subject.fuel_first_record_max)
}

/// What the measures say of the budgets for any record and for the first of a kind.
fn fuel_verdict(measures: &Measures, record_max: u64, first_max: u64) -> Verdict {
    let &Measures {
        record_fuel_greatest: record,
        record_costliest,
        first_record_fuel_greatest: first,
        first_record_costliest,
        ..
    } = measures;
    let mut said = format!("record {record_costliest} takes {record} units, and the budget is {record_max}");
    if first > 0 {
        said += &format!(
            "; record {first_record_costliest} takes {first} units when it is read first, and the budget for the first of a \
             kind is {first_max}"
        );
    }
    if record > record_max || first > first_max { Verdict::Failed(said) } else { Verdict::Passed(said) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_kind_has_a_budget_of_its_own() {
        let check = |record: u64, first: u64, expected: bool| {
            let measures = Measures {
                record_fuel_greatest: record,
                record_costliest: 7,
                first_record_fuel_greatest: first,
                first_record_costliest: if first > 0 { 3 } else { 0 },
                ..Measures::default()
            };
            let verdict = fuel_verdict(&measures, 100, 1_000);
            let (passed, said) = match &verdict {
                Verdict::Passed(said) => (true, said),
                Verdict::Failed(said) => (false, said),
                Verdict::Skipped(_) => panic!("it can be tried"),
            };
            assert_eq!(passed, expected, "{verdict:?}");
            assert!(said.contains("record 7 takes") && said.contains("the budget is 100"), "{said}");
            assert_eq!(said.contains("record 3 takes"), first > 0, "{said}");
        };
        check(100, 0, true);
        check(101, 0, false);
        check(100, 1_000, true);
        check(100, 1_001, false);
        check(101, 1_000, false);
    }
}
