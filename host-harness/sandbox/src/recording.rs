//! Calls of a plugin, written down as they are made, and made again.
//!
//! A recording is a stream of JSON lines under zstd: who was recorded, then each call with what went in and what came
//! out, in the order in which they ended, each with the number of its instance. Bytes stand once each, in lines of their
//! own, and calls name them by digest. Nothing in it depends on the clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use glassbox_finding::{Batch, EventTime, GuestLimits, Notes, Origin, Outcome, Reading, Sequence, Settings, View};
use glassbox_pack::to_hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Fault, Instance, Plugin};

/// The format written, and the newest one read.
const FORMAT: u32 = 2;
const LEVEL: i32 = 3;
/// Bytes of one line that are read.
const LINE_BYTES_MAX: u64 = 512 << 20;

/// A line of a recording.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// The first one: the format, and the plugin's digest.
    Recording { format: u32, plugin: String },
    /// Bytes that calls name by their digest.
    Bytes { sha256: String, base64: String },
    /// A call.
    Call { instance: u64, call: Call, answer: Value },
    /// An instance is gone.
    End { instance: u64 },
}

/// A call with what goes in. Bytes are named by digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Call {
    Start,
    Describe,
    Configure {
        pack: String,
        seed: String,
        from: Option<EventTime>,
        to: Option<EventTime>,
    },
    Read {
        bytes: String,
        ends: Vec<u32>,
        origins: Vec<Origin>,
        origin_of: Vec<u32>,
    },
    Judge {
        notes: String,
        ends: Vec<u32>,
        sequences: Vec<Sequence>,
    },
    Advance {
        at: Sequence,
        to: Option<EventTime>,
    },
    Explain {
        record: String,
        origin: Origin,
    },
    /// A batch as it is read, and the fields asked for.
    View {
        batch: Box<Call>,
        fields: Vec<u32>,
    },
    Save,
    Restore {
        state: String,
    },
}

impl Call {
    /// The call that reads a batch, whose bytes are kept.
    pub(super) fn read(batch: &Batch, keep: &mut dyn FnMut(&[u8]) -> String) -> Self {
        Self::Read {
            bytes: keep(&batch.bytes),
            ends: batch.ends.clone(),
            origins: batch.origins.clone(),
            origin_of: batch.origin_of.clone(),
        }
    }

    /// The batch that is read; none for another call.
    fn batch(&self, get: &dyn Fn(&String) -> Result<Vec<u8>, String>) -> Result<Option<Batch>, String> {
        let Self::Read { bytes, ends, origins, origin_of } = self else { return Ok(None) };
        let (ends, origins, origin_of) = (ends.clone(), origins.clone(), origin_of.clone());
        Ok(Some(Batch { bytes: get(bytes)?, ends, origins, origin_of }))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Describe => "describe",
            Self::Configure { .. } => "configure",
            Self::Read { .. } => "read",
            Self::Judge { .. } => "judge",
            Self::Advance { .. } => "advance",
            Self::View { .. } => "view",
            Self::Explain { .. } => "explain",
            Self::Save => "save",
            Self::Restore { .. } => "restore",
        }
    }
}

// ---- writing ----

/// Writes a recording, from as many threads as call the plugin.
pub struct Recorder {
    inner: Mutex<Inner>,
}

struct Inner {
    /// None once writing failed or the recording is finished.
    out: Option<zstd::Encoder<'static, File>>,
    failed: Option<io::Error>,
    known: BTreeSet<String>,
    instances: u64,
    calls: u64,
}

impl Recorder {
    /// Begins a recording of a plugin.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(path: &Path, plugin_digest: &str) -> io::Result<Arc<Self>> {
        let out = zstd::Encoder::new(File::create(path)?, LEVEL)?;
        let inner = Inner { out: Some(out), failed: None, known: BTreeSet::new(), instances: 0, calls: 0 };
        let recorder = Self { inner: Mutex::new(inner) };
        recorder.lock().line(&Line::Recording { format: FORMAT, plugin: plugin_digest.to_owned() });
        Ok(Arc::new(recorder))
    }

    /// Ends the recording; how many calls it holds.
    ///
    /// # Errors
    /// When anything of it could not be written.
    pub fn finish(&self) -> io::Result<u64> {
        let mut inner = self.lock();
        if let Some(error) = inner.failed.take() {
            return Err(error);
        }
        if let Some(out) = inner.out.take() {
            out.finish()?.sync_all()?;
        }
        Ok(inner.calls)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn line(&mut self, line: &Line) {
        let Some(out) = &mut self.out else { return };
        let written =
            serde_json::to_writer(&mut *out, line).map_err(io::Error::from).and_then(|()| out.write_all(b"\n"));
        if let Err(error) = written {
            // Told at the end: a call must not fail because it cannot be written down.
            self.failed = Some(error);
            self.out = None;
        }
    }

    /// The digest of bytes, which are written where they were not yet.
    fn bytes(&mut self, bytes: &[u8]) -> String {
        let sha256 = to_hex(&Sha256::digest(bytes));
        if self.known.insert(sha256.clone()) {
            self.line(&Line::Bytes { sha256: sha256.clone(), base64: BASE64_STANDARD.encode(bytes) });
        }
        sha256
    }
}

/// What one instance writes to.
pub(super) struct Tape {
    recorder: Arc<Recorder>,
    instance: u64,
}

impl Tape {
    pub(super) fn new(recorder: &Arc<Recorder>) -> Self {
        let instance = {
            let mut inner = recorder.lock();
            inner.instances += 1;
            inner.instances
        };
        Self { recorder: Arc::clone(recorder), instance }
    }

    /// Writes a call down. `call` names its bytes by what it is given to keep them with.
    pub(super) fn write(&self, call: impl FnOnce(&mut dyn FnMut(&[u8]) -> String) -> Call, answer: Value) {
        let mut inner = self.recorder.lock();
        let call = call(&mut |bytes| inner.bytes(bytes));
        inner.calls += 1;
        inner.line(&Line::Call { instance: self.instance, call, answer });
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.recorder.lock().line(&Line::End { instance: self.instance });
    }
}

// ---- answers as they are compared ----

/// An answer as it stands in a recording: bytes by digest, faults and refusals in words.
pub(super) trait Told {
    fn told(&self) -> Value;
}

macro_rules! told_as_json {
    ($($type:ty),+) => {
        $(impl Told for $type {
            fn told(&self) -> Value {
                serde_json::to_value(self).unwrap_or_else(|error| Value::String(error.to_string()))
            }
        })+
    };
}

told_as_json!(
    glassbox_finding::Description,
    glassbox_finding::PackSummary,
    glassbox_finding::Explanation,
    View,
    glassbox_finding::Restored
);

impl Told for Vec<u8> {
    fn told(&self) -> Value {
        serde_json::json!({ "bytes": self.len(), "sha256": to_hex(&Sha256::digest(self)) })
    }
}

impl Told for Reading {
    fn told(&self) -> Value {
        let Self { classes, class_of, times, unscored, outside, noted, notes, suppressed, undecided } = self;
        serde_json::json!({
            "classes": classes, "class_of": class_of, "times": times, "unscored": unscored, "outside": outside,
            "noted": noted, "notes": notes.bytes.told(), "ends": notes.ends, "suppressed": suppressed,
            "undecided": undecided,
        })
    }
}

impl Told for Outcome {
    fn told(&self) -> Value {
        serde_json::json!({ "findings": self.findings, "quiet": self.quiet })
    }
}

pub(super) fn answer<T: Told, E: ToString>(answer: &Result<Result<T, E>, Fault>) -> Value {
    match answer {
        Ok(Ok(answer)) => serde_json::json!({ "ok": answer.told() }),
        Ok(Err(refusal)) => serde_json::json!({ "refused": refusal.to_string() }),
        Err(fault) => fault_told(fault),
    }
}

pub(super) fn fault_told(fault: &Fault) -> Value {
    serde_json::json!({ "fault": fault.to_string() })
}

// ---- replay ----

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It is none, or a part of one.
    #[error("line {line} of the recording: {what}; record it again")]
    Damaged {
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// A later version wrote it.
    #[error("the recording has format {0}, and this glassbox reads up to {FORMAT}; use a newer glassbox")]
    Newer(u32),
    /// It cannot be read.
    #[error("the recording cannot be read")]
    File(#[from] io::Error),
}

/// An answer that is not the recorded one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which call, counted from 1.
    pub call: u64,
    /// Its name.
    pub name: &'static str,
    /// The instance that was called, in the order of their start.
    pub instance: u64,
    /// Where in the answer, such as `ok.findings[3].points`.
    pub place: String,
    /// What was recorded there.
    pub recorded: String,
    /// What came now.
    pub replayed: String,
}

/// What came of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// The digest of the plugin that was recorded.
    pub recorded_plugin: String,
    /// Calls made.
    pub calls: u64,
    /// Answers that differed.
    pub differing: u64,
    /// The first of them.
    pub first: Option<Difference>,
}

/// Makes the recorded calls again and compares the answers; with `stop`, up to the first that differs.
///
/// # Errors
/// When the recording cannot be read to its end.
pub fn replay(plugin: &Plugin, recording: impl Read, stop: bool) -> Result<Replayed, ReplayError> {
    let mut lines = BufReader::new(zstd::Decoder::new(recording)?);
    let mut replayed = Replayed::default();
    let mut bytes: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut instances: BTreeMap<u64, Instance> = BTreeMap::new();
    for number in 1.. {
        let damaged = |what: String| ReplayError::Damaged { line: number, what };
        let mut text = Vec::new();
        if lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut text)? == 0 {
            if number == 1 {
                return Err(damaged("it is empty".to_owned()));
            }
            break;
        }
        let line: Line = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        match line {
            Line::Recording { format, plugin } if number == 1 => {
                if format != FORMAT {
                    return Err(ReplayError::Newer(format));
                }
                replayed.recorded_plugin = plugin;
            }
            _ if number == 1 => return Err(damaged("it does not begin like one".to_owned())),
            Line::Recording { .. } => return Err(damaged("it begins twice".to_owned())),
            Line::Bytes { sha256, base64 } => {
                let decoded = BASE64_STANDARD.decode(base64).map_err(|error| damaged(error.to_string()))?;
                if to_hex(&Sha256::digest(&decoded)) != sha256 {
                    return Err(damaged("its bytes are not those of their digest".to_owned()));
                }
                bytes.insert(sha256, decoded);
            }
            Line::End { instance } => {
                instances.remove(&instance);
            }
            Line::Call { instance, call, answer } => {
                let now = again(plugin, &mut instances, instance, &call, &bytes).map_err(damaged)?;
                replayed.calls += 1;
                if now == answer {
                    continue;
                }
                replayed.differing += 1;
                if replayed.first.is_none() {
                    let (place, recorded, now) = first_difference(&answer, &now);
                    let (call, name) = (replayed.calls, call.name());
                    replayed.first = Some(Difference { call, name, instance, place, recorded, replayed: now });
                }
                if stop {
                    break;
                }
            }
        }
    }
    Ok(replayed)
}

/// One call, made again.
fn again(
    plugin: &Plugin,
    instances: &mut BTreeMap<u64, Instance>,
    number: u64,
    call: &Call,
    bytes: &BTreeMap<String, Vec<u8>>,
) -> Result<Value, String> {
    if matches!(call, Call::Start) {
        return Ok(match plugin.start() {
            Ok(instance) => {
                instances.insert(number, instance);
                serde_json::json!({ "ok": null })
            }
            Err(fault) => fault_told(&fault),
        });
    }
    let Some(instance) = instances.get_mut(&number) else {
        // It did not start this time: whatever it said then, it says nothing now.
        return Ok(serde_json::json!({ "fault": "there is no such instance" }));
    };
    let get = |sha256: &String| bytes.get(sha256).cloned().ok_or_else(|| format!("the bytes {sha256} are missing"));
    Ok(match call {
        Call::Start => Value::Null,
        Call::Describe => answer(&instance.describe().map(Ok::<_, String>)),
        Call::Configure { pack, seed, from, to } => {
            let seed = u128::from_str_radix(seed, 16).map_err(|error| error.to_string())?;
            let settings = Settings { seed, from: *from, to: *to, limits: GuestLimits::default() };
            answer(&instance.configure(&get(pack)?, settings))
        }
        Call::Read { .. } => match call.batch(&get)? {
            Some(batch) => answer(&instance.read(&batch)),
            None => Value::Null,
        },
        Call::View { batch, fields } => {
            let batch = batch.batch(&get)?.ok_or("a view is of no batch")?;
            answer(&instance.view(&batch, fields))
        }
        Call::Judge { notes, ends, sequences } => {
            let notes = Notes { bytes: get(notes)?, ends: ends.clone() };
            answer(&instance.judge(&notes, sequences))
        }
        Call::Advance { at, to } => answer(&instance.advance(*at, *to)),
        Call::Explain { record, origin } => answer(&instance.explain(&get(record)?, origin)),
        Call::Save => answer(&instance.save()),
        Call::Restore { state } => answer(&instance.restore(&get(state)?)),
    })
}

/// The first place, in depth, at which two values differ, and what stands there.
fn first_difference(recorded: &Value, replayed: &Value) -> (String, String, String) {
    let (mut place, mut one, mut other) = (String::new(), recorded, replayed);
    loop {
        match (one, other) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
                let Some(key) = keys.into_iter().find(|key| ours.get(*key) != theirs.get(*key)) else { break };
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(key);
                (one, other) = (ours.get(key).unwrap_or(&Value::Null), theirs.get(key).unwrap_or(&Value::Null));
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                let at = ours.iter().zip(theirs).position(|(one, other)| one != other);
                let at = at.unwrap_or_else(|| ours.len().min(theirs.len()));
                place.push_str(&format!("[{at}]"));
                (one, other) = (ours.get(at).unwrap_or(&Value::Null), theirs.get(at).unwrap_or(&Value::Null));
            }
            _ => break,
        }
    }
    let shown = |value: &Value| super::clean(&value.to_string(), 400);
    (place, shown(one), shown(other))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_found_in_depth() {
        let check = |one: Value, other: Value, expected: (&str, &str, &str)| {
            let (place, recorded, replayed) = first_difference(&one, &other);
            assert_eq!((place.as_str(), recorded.as_str(), replayed.as_str()), expected);
        };
        check(json!({"ok": 1}), json!({"ok": 2}), ("ok", "1", "2"));
        check(json!({"ok": {"a": [1, {"b": 2}]}}), json!({"ok": {"a": [1, {"b": 3}]}}), ("ok.a[1].b", "2", "3"));
        check(json!({"a": [1]}), json!({"a": [1, 2]}), ("a[1]", "null", "2"));
        check(json!({"ok": 1}), json!({"fault": "x"}), ("ok", "1", "null"));
        check(json!("a"), json!("\u{1b}"), ("", "\"a\"", "\"\\u001b\""));
    }
}
