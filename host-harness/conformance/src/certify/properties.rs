//! The properties, in the order in which they are tried.

use glassbox_finding::{Batch, ExplainError, JudgeError, Logsource, ReadError, StateError, check_explanation};
use glassbox_packs::check_known_answers;
use glassbox_sandbox::{Fault, Instance, account};

use super::{
    CertifyOptions, Measures, SETTINGS, Verdict,
    serve::{Served, Way, batch_of, batches, configured, restored, saved, serve},
};

/// Records explained at most.
const EXPLAINED_MAX: usize = 200;
/// Places of a reading or a state at which it is spoilt.
const SPOILT: usize = 64;

type Check = fn(&mut Trial<'_>) -> Verdict;

/// Every property: name, what it says, how it is tried.
pub(super) const ALL: &[(&str, &str, Check)] = &[
    ("introduction", "It says who it is before it is configured, and the same each time", introduction),
    ("order", "Before it is configured it refuses work and does not fail", order),
    ("configuration", "It loads the pack, and refuses or takes any other bytes without failing", configuration),
    ("known-answers", "It gives the pack's known answers", known_answers),
    ("accounting", "Every record is accounted for, every sum adds up, all evidence is in the record", accounting),
    ("determinism", "A fresh instance says the same bytes of the same records, and so does the same one", determinism),
    ("splits", "It says the same however the records are split into batches", splits),
    ("readers", "It says the same when one instance reads and another one judges", readers),
    ("checkpoints", "It says the same when its state is saved and restored on the way", checkpoints),
    ("explanation", "It explains any record, truthfully, and changes nothing by it", explanation),
    ("odd-records", "No record makes it fail, whatever its bytes", odd_records),
    ("odd-batches", "A batch that is none is refused, and the next one is read", odd_batches),
    ("spoilt-readings", "No bytes make judge fail: it judges them or refuses them", spoilt_readings),
    ("spoilt-states", "No bytes make restore fail: it takes them or refuses them, and then goes on", spoilt_states),
    ("fuel", "No record takes more fuel than the budget", fuel),
];

/// What is known while properties are tried.
pub(super) struct Trial<'s> {
    subject: &'s CertifyOptions<'s>,
    /// What it said in full batches; none before, or where it failed.
    served: Option<Served>,
    pub(super) measures: Measures,
}

const NOT_SERVED: &str = "it failed on these records before";

impl<'s> Trial<'s> {
    pub(super) fn new(subject: &'s CertifyOptions<'s>) -> Self {
        Self { subject, served: None, measures: Measures::default() }
    }

    pub(super) fn findings(&self) -> usize {
        self.served.as_ref().map_or(0, |served| served.findings.len())
    }

    fn full(&self) -> Way {
        Way { batch_records: self.subject.plugin.limits().batch_records_max, apart: false, restore_every: None }
    }

    /// Serves in another way, which must give what was said before.
    fn same(&mut self, way: Way, how: &str) -> Result<(), Verdict> {
        let Some(before) = &self.served else { return Err(Verdict::Skipped(NOT_SERVED.to_owned())) };
        // What other ways take is not told; only what a record takes alone.
        let mut measures = Measures::default();
        let served = serve(self.subject, way, &mut measures);
        if way.batch_records == 1 {
            self.measures.record_fuel_greatest = measures.record_fuel_greatest;
            self.measures.record_costliest = measures.record_costliest;
        }
        let served = served.map_err(|error| Verdict::Failed(format!("{how}, {error}")))?;
        match difference(before, &served) {
            None => Ok(()),
            Some(what) => Err(Verdict::Failed(format!("{how}, {what}"))),
        }
    }

    fn start(&self) -> Result<Instance, Verdict> {
        self.subject.plugin.start().map_err(|fault| failed(&fault))
    }

    fn configured(&self) -> Result<Instance, Verdict> {
        configured(self.subject).map_err(Verdict::Failed)
    }
}

/// The first thing in which two ways of serving differ.
fn difference(one: &Served, other: &Served) -> Option<String> {
    if one == other {
        return None;
    }
    let places = |served: &Served| served.findings.iter().map(|(place, _)| *place).collect::<Vec<_>>();
    let (ours, theirs) = (places(one), places(other));
    if let Some(at) = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs) {
        return Some(format!("record {} is a finding in one way only", ours[at].min(theirs[at]) + 1));
    }
    if ours.len() != theirs.len() {
        return Some(format!("there are {} findings instead of {}", theirs.len(), ours.len()));
    }
    if let Some(((place, _), _)) = one.findings.iter().zip(&other.findings).find(|(one, other)| one != other) {
        return Some(format!("the finding of record {} is another", place + 1));
    }
    if one.unscored != other.unscored || one.outside != other.outside {
        return Some("other records are not scored".to_owned());
    }
    if (one.quiet, one.unrouted) != (other.quiet, other.unrouted) {
        return Some(format!("{} records are quiet instead of {}", other.quiet, one.quiet));
    }
    Some("the state at the end is another".to_owned())
}

fn failed(fault: &Fault) -> Verdict {
    Verdict::Failed(fault.to_string())
}

/// A property as a function that stops at what fails.
fn told(tried: impl FnOnce() -> Result<String, Verdict>) -> Verdict {
    tried().map_or_else(|verdict| verdict, Verdict::Passed)
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Verdict> {
    if holds { Ok(()) } else { Err(Verdict::Failed(otherwise())) }
}

fn introduction(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let mut instance = trial.start()?;
        let first = instance.describe().map_err(|fault| failed(&fault))?;
        ensure(!first.name.is_empty(), || "it gives no name".to_owned())?;
        let again = instance.describe().map_err(|fault| failed(&fault))?;
        let fresh = trial.start()?.describe().map_err(|fault| failed(&fault))?;
        ensure(first == again && first == fresh, || "it describes itself differently each time".to_owned())?;
        Ok(format!("{} {}, reads {}", first.name, first.version, first.schemas.join(", ")))
    })
}

fn order(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let mut instance = trial.start()?;
        let mut batch = Batch::default();
        batch.push(b"{}");
        let read = instance.read(&batch).map_err(|fault| failed(&fault))?;
        ensure(read == Err(ReadError::NotConfigured), || "read does not say that it is not configured".to_owned())?;
        let judged = instance.judge(&[], None).map_err(|fault| failed(&fault))?;
        ensure(judged == Err(JudgeError::NotConfigured), || "judge does not say that it is not configured".to_owned())?;
        let explained = instance.explain(b"{}", &Logsource::default()).map_err(|fault| failed(&fault))?;
        ensure(explained == Err(ExplainError::NotConfigured), || {
            "explain does not say that it is not configured".to_owned()
        })?;
        let saved = instance.save().map_err(|fault| failed(&fault))?;
        ensure(saved == Err(StateError::NotConfigured), || "save does not say that it is not configured".to_owned())?;
        let restored = instance.restore(&[]).map_err(|fault| failed(&fault))?;
        ensure(restored == Err(StateError::NotConfigured), || {
            "restore does not say that it is not configured".to_owned()
        })?;
        Ok("read, judge, explain, save and restore".to_owned())
    })
}

fn configuration(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let pack = trial.subject.pack;
        let mut instance = trial.start()?;
        let summary = instance.configure(pack, SETTINGS).map_err(|fault| failed(&fault))?;
        trial.measures.configure_fuel = instance.fuel_burnt().unwrap_or_default();
        let summary = summary.map_err(|error| Verdict::Failed(format!("it refuses the pack: {error}")))?;
        let mut damaged = pack.to_vec();
        if let Some(byte) = damaged.get_mut(pack.len() / 2) {
            *byte ^= 0x55;
        }
        for other in [&b""[..], b"no pack at all", &pack[..pack.len() / 2], &damaged] {
            let answer = trial.start()?.configure(other, SETTINGS);
            answer.map(|_| ()).map_err(|fault| Verdict::Failed(format!("with other bytes, {fault}")))?;
        }
        Ok(format!("{} rules, {} fields, {} terms", summary.rules, summary.fields, summary.terms))
    })
}

fn known_answers(trial: &mut Trial<'_>) -> Verdict {
    if trial.subject.known.is_empty() {
        return Verdict::Skipped("the pack has none; give it some with `glassbox pack build --known`".to_owned());
    }
    told(|| {
        let mut instance = trial.configured()?;
        let answered = check_known_answers(&mut instance, trial.subject.known);
        answered.map_err(|error| Verdict::Failed(error.to_string()))?;
        Ok(format!("{} known answers", trial.subject.known.len()))
    })
}

fn accounting(trial: &mut Trial<'_>) -> Verdict {
    let served = serve(trial.subject, trial.full(), &mut trial.measures);
    match served {
        Err(error) => Verdict::Failed(error),
        Ok(served) => {
            let said = format!(
                "{} records: {} findings, {} quiet, {} unscored",
                trial.subject.records.len(),
                served.findings.len(),
                served.quiet,
                served.unscored.len()
            );
            trial.measures.state_bytes = served.state.len();
            trial.served = Some(served);
            Verdict::Passed(said)
        }
    }
}

fn determinism(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        trial.same(trial.full(), "served again")?;
        let subject = trial.subject;
        let (mut one, mut other) = (trial.configured()?, trial.configured()?);
        let ranges = batches(subject, trial.full().batch_records);
        for range in &ranges {
            let batch = batch_of(subject, range.clone());
            let read = |instance: &mut Instance| account::read(instance, &batch).map_err(|fault| failed(&fault));
            let first = read(&mut one)?;
            let at = || format!("records {} to {}", range.start + 1, range.end);
            ensure(first == read(&mut one)?, || format!("{}: read twice, they read differently", at()))?;
            ensure(first == read(&mut other)?, || format!("{}: a fresh instance reads them differently", at()))?;
        }
        Ok(format!("{} batches read three times, all records served twice", ranges.len()))
    })
}

fn splits(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        for batch_records in [1, 7, 64] {
            let way = Way { batch_records, ..trial.full() };
            trial.same(way, &format!("in batches of {batch_records}"))?;
        }
        Ok("in batches of 1, 7, 64 and as many as there may be".to_owned())
    })
}

fn readers(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let way = Way { apart: true, batch_records: 50, restore_every: None };
        trial.same(way, "read by one instance and judged by another")?;
        Ok("all records".to_owned())
    })
}

fn checkpoints(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let way = Way { restore_every: Some(3), batch_records: 50, ..trial.full() };
        trial.same(way, "restored after every third batch of 50")?;
        let Some(served) = &trial.served else { return Err(Verdict::Skipped(NOT_SERVED.to_owned())) };
        let again = restored(trial.subject, &served.state).and_then(|mut instance| saved(&mut instance));
        let again = again.map_err(Verdict::Failed)?;
        ensure(again == served.state, || "a state that is restored and saved is another".to_owned())?;
        Ok(format!("a state of {} bytes", served.state.len()))
    })
}

fn explanation(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let Some(served) = &trial.served else { return Err(Verdict::Skipped(NOT_SERVED.to_owned())) };
        let subject = trial.subject;
        let mut instance = restored(subject, &served.state).map_err(Verdict::Failed)?;
        let step = subject.records.len().div_ceil(EXPLAINED_MAX).max(1);
        // Findings first: they have most to explain.
        let found = served.findings.iter().map(|(place, _)| *place).take(EXPLAINED_MAX / 2);
        let places: Vec<usize> = found.chain((0..subject.records.len()).step_by(step)).collect();
        for &place in &places {
            let record = subject.records[place].as_slice();
            let answer = instance.explain(record, &subject.hint);
            let answer = answer.map_err(|fault| Verdict::Failed(format!("record {}: {fault}", place + 1)))?;
            if let Ok(explanation) = answer {
                check_explanation(record, &explanation)
                    .map_err(|error| Verdict::Failed(format!("record {}: {error}", place + 1)))?;
            }
        }
        let state = saved(&mut instance).map_err(Verdict::Failed)?;
        ensure(state == served.state, || "explaining changes the state".to_owned())?;
        Ok(format!("{} records", places.len()))
    })
}

/// Records as an attacker or a broken source would send them.
fn oddities(record_bytes_max: usize) -> Vec<Vec<u8>> {
    let nested =
        |open: &str, close: &str, depth: usize| [open.repeat(depth), close.repeat(depth)].concat().into_bytes();
    let mut long = vec![b'x'; record_bytes_max];
    long[0] = b'"';
    vec![
        Vec::new(),
        b" \t\r".to_vec(),
        vec![0; 1_000],
        vec![0xff; 1_000],
        (0..=255).collect(),
        b"\xef\xbb\xbf{}".to_vec(),
        br#"{"a":"\ud800","b":"\udc00\ud800"}"#.to_vec(),
        br#"{"a":1e999999999,"b":-0,"c":0.1e-99999,"d":99999999999999999999999999999999}"#.to_vec(),
        nested("[", "]", 30_000),
        nested("{\"a\":", "}", 10_000),
        nested("<a>", "</a>", 9_000),
        "{\"a\":{".repeat(5_000).into_bytes(),
        format!("{{{}}}", vec!["\"same\":1"; 5_000].join(",")).into_bytes(),
        b"{\"a\":\"unfinished".to_vec(),
        "type=EXECVE msg=audit(1:1): ".repeat(2_000).into_bytes(),
        "\u{202e}\u{200b}\u{feff}\u{1b}[2J".as_bytes().to_vec(),
        b"=cmd|'/c calc'!A1".to_vec(),
        long,
    ]
}

fn odd_records(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let subject = trial.subject;
        let records = oddities(subject.plugin.limits().record_bytes_max);
        let odd = CertifyOptions {
            records: &records,
            expressions: subject.expressions.clone(),
            hint: subject.hint.clone(),
            ..*subject
        };
        let mut measures = Measures::default();
        for batch_records in [1, records.len()] {
            let way = Way { batch_records, apart: false, restore_every: None };
            serve(&odd, way, &mut measures).map_err(|error| Verdict::Failed(format!("of the odd records, {error}")))?;
        }
        Ok(format!("{} odd records, alone and together", records.len()))
    })
}

fn odd_batches(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let mut instance = trial.configured()?;
        let batch =
            |bytes: &[u8], ends: &[u32]| Batch { bytes: bytes.to_vec(), ends: ends.to_vec(), ..Batch::default() };
        let odd = [batch(b"abcd", &[2, 1, 4]), batch(b"abcd", &[2, 9]), batch(b"abcd", &[2]), batch(b"abcd", &[])];
        for batch in &odd {
            let answer = instance.read(batch).map_err(|fault| failed(&fault))?;
            ensure(answer.is_err(), || format!("it reads a batch of 4 bytes with the ends {:?}", batch.ends))?;
        }
        let good = account::read(&mut instance, &batch(b"abcd", &[2, 4])).map_err(|fault| failed(&fault))?;
        ensure(good.is_some(), || "it does not read a good batch after them".to_owned())?;
        Ok(format!("{} batches", odd.len()))
    })
}

/// Some bytes, each time spoilt in another way.
fn spoilt(bytes: &[u8]) -> Vec<Vec<u8>> {
    let step = bytes.len().div_ceil(SPOILT).max(1);
    let mut all = vec![Vec::new(), vec![0xff; 100], [bytes, b"more"].concat()];
    for at in (0..bytes.len()).step_by(step) {
        all.push(bytes[..at].to_vec());
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x80;
        all.push(changed);
        let mut grown = bytes.to_vec();
        grown[at] = 0xff;
        all.push(grown);
    }
    all
}

fn spoilt_readings(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let Some(range) = batches(trial.subject, 50).into_iter().next() else {
            return Err(Verdict::Skipped("there are no records".to_owned()));
        };
        let mut instance = trial.configured()?;
        let reading = account::read(&mut instance, &batch_of(trial.subject, range)).map_err(|fault| failed(&fault))?;
        let bodies = spoilt(&reading.unwrap_or_default().body);
        for body in &bodies {
            instance.judge(body, None).map(|_| ()).map_err(|fault| failed(&fault))?;
        }
        Ok(format!("{} spoilt readings", bodies.len()))
    })
}

fn spoilt_states(trial: &mut Trial<'_>) -> Verdict {
    told(|| {
        let Some(served) = &trial.served else { return Err(Verdict::Skipped(NOT_SERVED.to_owned())) };
        let states = spoilt(&served.state);
        let mut instance = trial.configured()?;
        for state in &states {
            instance.restore(state).map(|_| ()).map_err(|fault| failed(&fault))?;
        }
        // Whatever it took over, a good state still comes back.
        let answer = instance.restore(&served.state).map_err(|fault| failed(&fault))?;
        ensure(answer.is_ok(), || "it refuses a good state after spoilt ones".to_owned())?;
        let again = saved(&mut instance).map_err(Verdict::Failed)?;
        ensure(again == served.state, || "after spoilt states a good one comes back as another".to_owned())?;
        Ok(format!("{} spoilt states", states.len()))
    })
}

fn fuel(trial: &mut Trial<'_>) -> Verdict {
    let Measures { record_fuel_greatest, record_costliest, .. } = trial.measures;
    let most = trial.subject.fuel_per_record_max;
    if trial.served.is_none() {
        return Verdict::Skipped(NOT_SERVED.to_owned());
    }
    let said = format!("record {record_costliest} takes {record_fuel_greatest} units, and the budget is {most}");
    if record_fuel_greatest > most { Verdict::Failed(said) } else { Verdict::Passed(said) }
}
