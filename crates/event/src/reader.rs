//! From a record's bytes to an event: one pass collects, then the schema is recognised, then fields get their slots.

use glassbox_finding::{Logsource, UnscoredReason};
use glassbox_maps::{Schema, markers, rank};

use crate::{
    Event, Unreadable,
    buffers::Buffers,
    collect::{Collected, Collector},
    form::{self, Form},
    layout::Layout,
    limits::RECORD_BYTES_MAX,
    parts::Parts,
    plan::Plans,
    source,
    strings::Letters,
    trie::Recent,
};

/// Reads records, looking for a fixed set of fields.
#[derive(Clone, Debug)]
pub struct Reader {
    layout: Layout,
}

/// Buffers that one record after another is read into.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    buffers: Buffers,
    values: Vec<Collected>,
    plans: Plans,
    recent: Recent,
    /// The reader that plans and keys are of.
    made_for: u64,
}

impl Reader {
    /// A reader of these fields, by canonical name; slot `i` is `fields[i]`. Names must be distinct.
    pub fn new<S: AsRef<str>>(fields: &[S]) -> Self {
        Self { layout: Layout::new(fields) }
    }

    /// Reads one record. The hint fills what the record does not say about its source.
    ///
    /// # Errors
    /// When the record is empty, too long, too deep or malformed.
    pub fn read<'a>(
        &'a self,
        record: &'a [u8],
        hint: &'a Logsource,
        scratch: &'a mut Scratch,
    ) -> Result<Event<'a>, Unreadable> {
        if record.len() > RECORD_BYTES_MAX {
            return Err(Unreadable { reason: UnscoredReason::TooLarge, at: RECORD_BYTES_MAX as u32 });
        }
        let layout = &self.layout;
        let form = form::of(record)?;
        if scratch.made_for != layout.fingerprint {
            scratch.plans.clear();
            scratch.recent.clear();
            scratch.made_for = layout.fingerprint;
        }
        let Scratch { buffers, values, plans, recent, .. } = scratch;
        values.clear();
        let mut collector = Collector { trie: &layout.trie, recent, pairs: &layout.pairs, record, values, seen: 0 };
        form::scan(record, form, buffers, &mut collector)?;
        let seen = collector.seen;
        let schema = self.recognise(form, seen, record, values);
        // Which variant it is of depends on fields that every variant has in the same places.
        let mut id = plans.plan(layout, schema, None, values);
        let parts = Parts { layout, record, schema, form, hint, values, plan: plans.get(id) };
        let origin = source::origin(&parts, seen);
        if origin.variant.is_some() {
            id = plans.plan(layout, schema, origin.variant, values);
        }
        let parts = Parts { layout, record, schema, form, hint, values, plan: plans.get(id) };
        let letters = if matches!(form, Form::Json(_)) { buffers.letters() } else { Letters::Hidden };
        Ok(Event { parts, origin, letters })
    }

    fn recognise(&self, form: Form, seen: u64, record: &[u8], values: &[Collected]) -> Schema {
        match form {
            Form::Json(_) => markers::schema(seen, || {
                let mut types = values.iter().filter(|value| self.is_of(value, &[self.layout.own.audit_type], true));
                types.any(|value| {
                    let name = value.span.of(record).unwrap_or_default();
                    !name.is_empty()
                        && name.iter().all(|byte| byte.is_ascii_uppercase() || b"_[]0123456789".contains(byte))
                })
            }),
            Form::Xml(_) => {
                let [channel, provider, ..] = self.layout.own.windows;
                let mut sources = values.iter().filter(|value| self.is_of(value, &[channel, provider], false));
                let is_linux = sources.any(|value| {
                    let text = value.span.of(record).unwrap_or_default();
                    text.starts_with(b"Linux-Sysmon")
                });
                if is_linux { Schema::SysmonLinux } else { Schema::WindowsNested }
            }
            Form::Auditd(_) => Schema::Auditd,
            Form::Syslog(_) => Schema::Syslog,
            Form::Text(_) => Schema::Text,
        }
    }

    /// Whether one of the slots may take a value, or has the value's own name.
    fn is_of(&self, value: &Collected, slots: &[usize], own_name: bool) -> bool {
        let mut targets = self.layout.targets_of(value.state).iter();
        targets.any(|target| slots.contains(&(target.slot as usize)) && (!own_name || rank::is_own_name(target.rank)))
    }

    /// The names under which a slot's field is looked for in records of a schema, in order of precedence.
    ///
    /// They are paths with dots between keys; `*` is any one key.
    #[must_use]
    pub fn names(&self, slot: usize, schema: Schema) -> Vec<String> {
        self.layout.names_of(slot, schema)
    }
}
