//! Properties of the calls beside reading: sequences that judge is given, ticks, views.

use glassbox_check::Checker;
use glassbox_explain::numbers::counted;
use glassbox_finding::{
    Batch, EventTime, Finding, JudgeError, NO_CLASS, Notes, ReadError, Sequence, View, limits::VIEW_FIELDS_MAX,
};
use glassbox_sandbox::{Instance, account as calls};

use super::{
    Verdict,
    account::Numbering,
    properties::{Trial, ensure, failed, verdict},
    serve::{Way, at, batch_of, batches, restored, saved},
};

/// Records of a batch that is viewed.
const VIEWED_RECORDS_MAX: usize = 50;
/// Notes given with sequences that are refused.
const NOTES_MAX: usize = 50;
/// Sequences as a long stream with ticks and records without notes would have them.
const LATE: Numbering = Numbering { first: (1 << 40) + 7, step: 3 };

pub(super) fn sequences(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        trial.same(Way { numbering: LATE, batch_records: 50, ..trial.full() }, "under other sequences")?;
        let refused = bad_sequences(trial)?;
        Ok(format!("from {} in steps of {}; {refused} wrong lists of sequences are refused", LATE.first, LATE.step))
    })
}

/// Gives good notes with wrong sequences. Gives how many such lists were refused.
fn bad_sequences(trial: &Trial<'_>) -> Result<usize, Verdict> {
    let served = trial.served()?;
    let mut notes = Notes::default();
    served.notes().take(NOTES_MAX).for_each(|(_, note)| notes.push(note));
    if notes.is_empty() {
        return Err(Verdict::Skipped("no record has a note to give with wrong sequences".to_owned()));
    }
    let mut instance = restored(trial.subject, &served.state).map_err(Verdict::Failed)?;
    let lists = wrong_sequences(trial.subject.records.len() as Sequence + 1, notes.len());
    for (what, list) in &lists {
        let answer = instance.judge(&notes, list);
        let answer = answer.map_err(|fault| Verdict::Failed(format!("with {what}, {fault}")))?;
        ensure(matches!(answer, Err(JudgeError::BadSequence(_))), || format!("it does not refuse {what}"))?;
    }
    let state = saved(&mut instance).map_err(Verdict::Failed)?;
    ensure(state == served.state, || "notes that are refused change the state".to_owned())?;
    Ok(lists.len())
}

/// Lists that are not one ascending sequence for each note, with what is wrong.
fn wrong_sequences(first: Sequence, notes: usize) -> Vec<(&'static str, Vec<Sequence>)> {
    let good: Vec<Sequence> = (first..).take(notes).collect();
    let mut lists =
        vec![("no sequences", Vec::new()), ("a sequence too many", [&good[..], &[first + notes as Sequence]].concat())];
    if notes > 1 {
        lists.push(("a sequence too few", good[1..].to_vec()));
        lists.push(("equal sequences", vec![first; notes]));
        lists.push(("sequences that descend", good.iter().rev().copied().collect()));
    }
    lists
}

/// Ticks after the last record, then the end of input: the sequences ascend, the instants do not.
fn all_ticks(latest: Option<EventTime>) -> Vec<Option<EventTime>> {
    let latest = latest.unwrap_or(0);
    let second = 1_000_000;
    let (before, after) = (latest.saturating_sub(second), latest.saturating_add(second));
    let instants = [latest, after, before, 0, EventTime::MIN, EventTime::MAX];
    instants.into_iter().map(Some).chain([None, Some(latest), None]).collect()
}

pub(super) fn ticks(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let served = trial.served()?;
        let latest = served.accounts.iter().filter_map(|account| account.time).max();
        let ticks = all_ticks(latest);
        let state_after = |state: &[u8]| -> Result<(Vec<Finding>, Vec<u8>), Verdict> {
            let mut instance = restored(trial.subject, state).map_err(Verdict::Failed)?;
            let mut checker = trial.subject.deployment.checker();
            let mut findings = Vec::new();
            for (at, &to) in (trial.subject.records.len() as Sequence + 1..).zip(&ticks) {
                let judged = calls::advance(&mut instance, &mut checker, at, to).map_err(|fault| failed(&fault))?;
                findings.extend(judged.findings.into_iter().map(|(finding, _)| finding));
            }
            Ok((findings, saved(&mut instance).map_err(Verdict::Failed)?))
        };
        let fresh = trial.configured().and_then(|mut it| saved(&mut it).map_err(Verdict::Failed))?;
        for state in [&served.state, &fresh] {
            let same = state_after(state)? == state_after(state)?;
            ensure(same, || "two instances in one state say different things of the same ticks".to_owned())?;
        }
        Ok(format!("{} after all records, and as many before any", counted(ticks.len() as u64, "tick")))
    })
}

pub(super) fn views(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let (subject, served) = (trial.subject, trial.served()?);
        let mut checker = subject.deployment.checker();
        let mut instance = restored(subject, &served.state).map_err(Verdict::Failed)?;
        let fields: Vec<u32> = (0..subject.deployment.directory().fields_len() as u32).collect();
        let some_fields: Vec<&[u32]> = fields.chunks(VIEW_FIELDS_MAX).collect();
        let batches = batches(subject, 0..subject.records.len(), VIEWED_RECORDS_MAX);
        let mut values = 0;
        for (number, places) in batches.iter().enumerate() {
            // The first records are viewed with all fields, later ones with some each.
            let asked = match number {
                0 => &some_fields[..],
                _ => some_fields.chunks(1).cycle().nth(number % some_fields.len().max(1)).unwrap_or_default(),
            };
            for fields in [&[][..]].into_iter().chain(asked.iter().copied()) {
                values += view(trial, &mut instance, &mut checker, places, fields)?;
            }
        }
        let state = saved(&mut instance).map_err(Verdict::Failed)?;
        ensure(state == served.state, || "a view changes the state".to_owned())?;
        Ok(format!("{} of {}", counted(values, "value"), counted(fields.len() as u64, "field")))
    })
}

/// Views records, and gives how many values there are.
fn view(
    trial: &Trial<'_>,
    instance: &mut Instance,
    checker: &mut Checker,
    places: &[usize],
    fields: &[u32],
) -> Result<u64, Verdict> {
    let wrong = |what: String| Verdict::Failed(format!("{}: {what}", at(places)));
    let batch: Batch = batch_of(trial.subject, places);
    let view = match instance.view(&batch, fields).map_err(|fault| wrong(fault.to_string()))? {
        Ok(view) => view,
        Err(ReadError::ReadingTooLarge) if places.len() > 1 => {
            // It asks for fewer at a time.
            let (first, second) = places.split_at(places.len() / 2);
            let values = view(trial, instance, checker, first, fields)?;
            return Ok(values + view(trial, instance, checker, second, fields)?);
        }
        Err(error) => return Err(wrong(format!("it refuses to view a good batch: {error}"))),
    };
    checker.check_view(&batch, fields, &view).map_err(|fault| wrong(fault.to_string()))?;
    agrees(trial, &view, places)?;
    Ok(view.records.iter().map(|record| record.values.len() as u64).sum())
}

/// Whether a view says of each record what reading said: its class and its time.
fn agrees(trial: &Trial<'_>, view: &View, places: &[usize]) -> Result<(), Verdict> {
    let served = trial.served()?;
    for (&place, seen) in places.iter().zip(&view.records) {
        let account = &served.accounts[place];
        let class = if seen.class == NO_CLASS { None } else { view.classes.get(seen.class as usize) };
        let wrong = |what: &str| format!("record {} is viewed with another {what} than it was read with", place + 1);
        ensure(class == account.class.as_ref(), || wrong("class"))?;
        ensure(seen.time == account.time.unwrap_or(0), || wrong("time"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wrong_list_of_sequences_is_a_good_one() {
        for notes in 1..5 {
            for (what, list) in wrong_sequences(9, notes) {
                let is_good = list.len() == notes && list.is_sorted_by(|one, next| one < next);
                assert!(!is_good, "{notes} notes, {what}");
            }
        }
    }
}
