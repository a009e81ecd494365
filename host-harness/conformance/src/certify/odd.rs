//! Properties of what no honest source or host sends: odd records and batches, damaged or foreign notes, damaged states.

use std::iter;

use glassbox_explain::numbers::counted;
use glassbox_finding::{Batch, Notes, Origin, Sequence, Settings};
use glassbox_pack::{Builder, Pack, PackError, Provenance, SECTIONS};
use glassbox_sandbox::account as calls;

use super::{
    CertifyOptions, Measures, Verdict,
    properties::{Trial, ensure, failed, verdict},
    serve::{Way, batch_of, batches, saved, serve},
};

/// Places of notes or a state at which it is spoilt.
const SPOILT: usize = 64;
/// Notes that are spoilt together.
const NOTES_MAX: usize = 50;

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

pub(super) fn odd_records(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let subject = trial.subject;
        let records = oddities(subject.deployment.plugin().limits().record_bytes_max);
        let odd = CertifyOptions { records: &records, origin: subject.origin.clone(), ..*subject };
        let mut measures = Measures::default();
        for batch_records in [1, records.len()] {
            let way = Way { batch_records, ..trial.full() };
            serve(&odd, way, &mut measures).map_err(|error| Verdict::Failed(format!("of the odd records, {error}")))?;
        }
        Ok(format!("{}, alone and together", counted(records.len() as u64, "odd record")))
    })
}

/// Batches of four bytes that contradict themselves, with what is wrong.
fn contradictions() -> Vec<(&'static str, Batch)> {
    let batch = |ends: &[u32], origins: usize, origin_of: &[u32]| Batch {
        bytes: b"abcd".to_vec(),
        ends: ends.to_vec(),
        origins: vec![Origin::default(); origins],
        origin_of: origin_of.to_vec(),
    };
    vec![
        ("ends that descend", batch(&[2, 1, 4], 1, &[0, 0, 0])),
        ("an end beyond the bytes", batch(&[2, 9], 1, &[0, 0])),
        ("bytes behind the last end", batch(&[2], 1, &[0])),
        ("bytes and no ends", batch(&[], 1, &[])),
        ("a record without an origin", batch(&[2, 4], 1, &[0])),
        ("an origin that is not listed", batch(&[2, 4], 1, &[0, 1])),
        ("no origins", batch(&[2, 4], 0, &[0, 0])),
    ]
}

pub(super) fn odd_batches(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let mut instance = trial.configured()?;
        let odd = contradictions();
        for (what, batch) in &odd {
            let answer = instance.read(batch).map_err(|fault| failed(&fault))?;
            ensure(answer.is_err(), || format!("it reads a batch with {what}"))?;
            let answer = instance.view(batch, &[]).map_err(|fault| failed(&fault))?;
            ensure(answer.is_err(), || format!("it views a batch with {what}"))?;
        }
        let mut good = Batch::of(Origin::default());
        good.push(b"ab");
        good.push(b"cd");
        let terms = trial.subject.deployment.terms();
        let good = calls::read(&mut instance, &good, terms).map_err(|fault| failed(&fault))?;
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

/// Notes whose bytes are spoilt, each between the ends that they had; and notes whose ends are.
fn damaged(notes: &Notes) -> Vec<Notes> {
    let with_bytes = |bytes: Vec<u8>| {
        let length = bytes.len() as u32;
        let mut ends: Vec<u32> = notes.ends.iter().map(|&end| end.min(length)).collect();
        if let Some(last) = ends.last_mut() {
            *last = length;
        }
        Notes { bytes, ends }
    };
    let with_ends = |ends: Vec<u32>| Notes { bytes: notes.bytes.clone(), ends };
    let beyond = notes.ends.iter().map(|end| end + 1).collect();
    let reversed = notes.ends.iter().rev().copied().collect();
    let huge = vec![u32::MAX; notes.len()];
    let empty = vec![0; notes.len()];
    let ends = [beyond, reversed, huge, empty].into_iter().map(with_ends);
    spoilt(&notes.bytes).into_iter().map(with_bytes).chain(ends).collect()
}

pub(super) fn spoilt_notes(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let mut good = Notes::default();
        trial.served()?.notes().take(NOTES_MAX).for_each(|(_, note)| good.push(note));
        if good.is_empty() {
            return Err(Verdict::Skipped("no record has a note".to_owned()));
        }
        let (damaged, foreign) = (damaged(&good), foreign(trial)?);
        let mut instance = trial.configured()?;
        let mut first = 0;
        // The sequences ascend from call to call.
        let mut sequences = |notes: &Notes| -> Vec<Sequence> {
            let next = first + notes.len() as Sequence;
            (std::mem::replace(&mut first, next)..next).collect()
        };
        let how =
            iter::repeat_n("damaged", damaged.len()).zip(&damaged).chain(foreign.iter().map(|(how, it)| (*how, it)));
        let mut count = 0;
        for (how, notes) in how {
            let answer = instance.judge(notes, &sequences(notes));
            answer.map(|_| ()).map_err(|fault| Verdict::Failed(format!("with {how} notes, {fault}")))?;
            count += 1;
        }
        let answer = instance.judge(&good, &sequences(&good)).map_err(|fault| failed(&fault))?;
        ensure(answer.is_ok(), || "it refuses good notes after spoilt ones".to_owned())?;
        Ok(format!("{count} lists of notes, those of another seed and another pack among them"))
    })
}

/// Notes made under another seed, and under another pack.
fn foreign(trial: &Trial<'_>) -> Result<Vec<(&'static str, Notes)>, Verdict> {
    let subject = trial.subject;
    let (settings, pack) = (subject.settings(), subject.deployment.pack());
    let other_seed = Settings { seed: settings.seed ^ 1, ..settings };
    let other_pack =
        repacked(pack).map_err(|error| Verdict::Failed(format!("the pack cannot be built again: {error}")))?;
    let first = batches(subject, 0..subject.records.len(), NOTES_MAX).into_iter().next().unwrap_or_default();
    let batch = batch_of(subject, &first);
    let mut foreign = Vec::new();
    for (how, pack, settings) in [("another seed's", pack, other_seed), ("another pack's", &other_pack, settings)] {
        let mut instance = trial.start()?;
        let answer = instance.configure(pack, settings).map_err(|fault| failed(&fault))?;
        answer.map_err(|error| Verdict::Failed(format!("it refuses {how} configuration: {error}")))?;
        let reading = calls::read(&mut instance, &batch, subject.deployment.terms()).map_err(|fault| failed(&fault))?;
        foreign.extend(reading.map(|reading| (how, reading.notes)));
    }
    Ok(foreign)
}

/// A pack with the same content and another identity: it says that something else built it.
fn repacked(pack: &[u8]) -> Result<Vec<u8>, PackError> {
    let parsed = Pack::parse(pack)?;
    let mut builder = Builder::new();
    let provenance = Provenance { built_by: "certification".to_owned(), ..parsed.provenance()? };
    builder.provenance(&provenance)?;
    for name in SECTIONS.into_iter().filter(|&name| name != glassbox_pack::PROVENANCE) {
        if let Some(content) = parsed.optional(name)? {
            builder.section(name, content.to_vec())?;
        }
    }
    Ok(builder.build())
}

pub(super) fn spoilt_states(trial: &mut Trial<'_>) -> Verdict {
    verdict(|| {
        let served = trial.served()?;
        let states = spoilt(&served.state);
        let mut instance = trial.configured()?;
        for state in &states {
            instance.restore(state).map(|_| ()).map_err(|fault| failed(&fault))?;
        }
        // Whatever it took over, a good state can be restored.
        let answer = instance.restore(&served.state).map_err(|fault| failed(&fault))?;
        ensure(answer.is_ok(), || "it refuses a good state after spoilt ones".to_owned())?;
        let again = saved(&mut instance).map_err(Verdict::Failed)?;
        ensure(again == served.state, || "after spoilt states a good one is restored differently".to_owned())?;
        Ok(format!("{} spoilt states", states.len()))
    })
}

#[cfg(test)]
mod tests {
    use glassbox_finding::first_bad_end;

    use super::*;

    #[test]
    fn every_odd_batch_contradicts_itself() {
        for (what, batch) in contradictions() {
            let has_origins =
                batch.origin_of.len() == batch.len() && (0..batch.len()).all(|at| batch.origin(at).is_some());
            let is_good = first_bad_end(&batch.ends, batch.bytes.len()).is_none() && has_origins;
            assert!(!is_good, "{what}");
        }
    }

    #[test]
    fn damaged_notes_differ_from_the_good_ones() {
        let mut notes = Notes::default();
        [&b"first"[..], b"second", b"third"].into_iter().for_each(|note| notes.push(note));
        let damaged = damaged(&notes);
        assert!(damaged.iter().all(|damaged| *damaged != notes));
        let keep_their_layout = damaged.iter().filter(|damaged| damaged.first_bad_end().is_none()).count();
        assert!(keep_their_layout > damaged.len() / 2, "most are damaged in their bytes alone");
    }

    #[test]
    fn a_pack_that_is_built_again_has_another_identity() {
        let mut builder = Builder::new();
        builder.provenance(&Provenance::default()).expect("sound");
        builder.section(glassbox_pack::RULES, b"rules".to_vec()).expect("sound");
        let pack = builder.build();
        let other = repacked(&pack).expect("sound");
        let (pack, other) = (Pack::parse(&pack).expect("sound"), Pack::parse(&other).expect("sound"));
        assert_ne!(pack.digest(), other.digest());
        assert_eq!(pack.require(glassbox_pack::RULES), other.require(glassbox_pack::RULES));
    }
}
