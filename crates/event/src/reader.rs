//! From a record's bytes to an event: one pass collects, then the schema is recognised, then fields get their slots.

use std::collections::BTreeMap;

use glassbox_finding::{Logsource, UnscoredReason};

use crate::{
    Event, Schema, Unreadable,
    collect::{Collected, Collector, Pairs},
    ecs,
    event::{Letters, Parts},
    fields::{SYSTEM, TABLES, TIME, bit},
    form::{self, Form},
    json::Buffers,
    limits::RECORD_BYTES_MAX,
    markers,
    plan::Plans,
    source,
    trie::{Recent, Trie, context, context_of, node_of},
};

/// Reads records, looking for a fixed set of fields.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) trie: Trie,
    pub(crate) pairs: Pairs,
    /// The caller's fields, then the reader's own.
    pub(crate) names: Vec<String>,
    /// How many of them are the caller's.
    pub(crate) fields: usize,
    /// For each node the range of its targets.
    ranges: Vec<(u32, u32)>,
    /// In order of node, then rank.
    targets: Vec<Target>,
    pub(crate) own: Own,
    /// Of the fields, in their order: tells the plans of this reader from those of another one.
    fingerprint: u64,
}

/// The slots that the reader reads itself.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) time: usize,
    pub(crate) channel: usize,
    pub(crate) provider: usize,
    pub(crate) event_id: usize,
    pub(crate) event_type: usize,
    pub(crate) kind_of_record: usize,
    pub(crate) api_version: usize,
    pub(crate) category: usize,
    pub(crate) google_service: usize,
    pub(crate) zeek_path: usize,
    pub(crate) program: usize,
    /// As `ecs::SYSTEM_FIELDS`.
    pub(crate) system: [usize; 4],
    /// As `ecs::VOCABULARIES`.
    pub(crate) happened: [usize; 3],
    pub(crate) entities: Vec<usize>,
}

/// A slot that takes a node's values, under these conditions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    node: u32,
    pub(crate) slot: u32,
    schemas: u16,
    pub(crate) kinds: u8,
    contexts: u8,
    /// The lowest rank that has a value wins.
    pub(crate) rank: u8,
}

impl Target {
    pub(crate) fn takes(&self, state: u32, schema: Schema, kinds: u8) -> bool {
        self.contexts >> context_of(state) & 1 == 1
            && self.schemas & bit(schema) != 0
            && (self.kinds == 0 || self.kinds & kinds != 0)
    }

    /// Whether the slot's field has this very name.
    pub(crate) fn is_own_name(&self) -> bool {
        matches!(self.rank, RANK_DATA | RANK_ROOT)
    }
}

const RANK_DATA: u8 = 20;
const RANK_ROOT: u8 = 30;
const RANK_OF_KIND: u8 = 40;
const RANK_AFTER: u8 = 60;

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
        let mut builder = Builder::new(fields);
        builder.own_names();
        builder.tables();
        builder.finish()
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
        let form = form::of(record)?;
        if scratch.made_for != self.fingerprint {
            scratch.plans.clear();
            scratch.recent.clear();
            scratch.made_for = self.fingerprint;
        }
        let Scratch { buffers, values, plans, recent, .. } = scratch;
        values.clear();
        let mut collector = Collector { trie: &self.trie, recent, pairs: &self.pairs, record, values, seen: 0 };
        form::scan(record, form, buffers, &mut collector)?;
        let seen = collector.seen;
        let schema = self.recognise(form, seen, record, values);
        // Which kind of event it is depends on fields that every kind has in the same places.
        let mut id = plans.plan(self, schema, 0, values);
        let parts = Parts { reader: self, record, schema, form, hint, values, plan: plans.get(id) };
        let origin = source::origin(&parts, seen);
        if origin.kinds != 0 {
            id = plans.plan(self, schema, origin.kinds, values);
        }
        let parts = Parts { reader: self, record, schema, form, hint, values, plan: plans.get(id) };
        let letters = if matches!(form, Form::Json(_)) { buffers.letters() } else { Letters::Hidden };
        Ok(Event { parts, origin, letters })
    }

    fn recognise(&self, form: Form, seen: u64, record: &[u8], values: &[Collected]) -> Schema {
        match form {
            Form::Json(_) => markers::schema(seen, || {
                let mut types = values.iter().filter(|value| {
                    self.targets_of(value.state)
                        .iter()
                        .any(|target| target.slot as usize == self.own.kind_of_record && target.is_own_name())
                });
                types.any(|value| {
                    let name = value.span.of(record).unwrap_or_default();
                    !name.is_empty()
                        && name.iter().all(|byte| byte.is_ascii_uppercase() || b"_[]0123456789".contains(byte))
                })
            }),
            Form::Xml(..) => {
                let is_linux = |value: &Collected| {
                    let text = value.span.of(record).unwrap_or_default();
                    text.starts_with(b"Linux-Sysmon")
                };
                let slots = [self.own.channel as u32, self.own.provider as u32];
                let linux = values.iter().any(|value| {
                    self.targets_of(value.state).iter().any(|target| slots.contains(&target.slot)) && is_linux(value)
                });
                if linux { Schema::SysmonLinux } else { Schema::WindowsNested }
            }
            Form::Auditd(..) => Schema::Auditd,
            Form::Syslog(_) => Schema::Syslog,
            Form::Text(_) => Schema::Text,
        }
    }

    #[inline]
    pub(crate) fn targets_of(&self, state: u32) -> &[Target] {
        let (from, to) = self.ranges[node_of(state)];
        &self.targets[from as usize..to as usize]
    }

    /// The names under which a slot's field is looked for in records of a schema, in order of precedence.
    ///
    /// They are paths with dots between keys; `*` stands for any one key.
    #[must_use]
    pub fn names(&self, slot: usize, schema: Schema) -> Vec<String> {
        let mut names = Vec::new();
        if slot >= self.fields {
            return names;
        }
        let mut targets: Vec<&Target> = self
            .targets
            .iter()
            .filter(|target| target.slot as usize == slot && target.schemas & bit(schema) != 0)
            .collect();
        targets.sort_by_key(|target| target.rank);
        let contexts = match schema {
            Schema::WindowsNested | Schema::SysmonLinux => {
                1 << context::EVENT_DATA | 1 << context::USER_DATA | 1 << context::ROOT
            }
            Schema::WindowsEcs => 1 << context::ECS_DATA | 1 << context::ROOT,
            Schema::AuditdJson => 1 << context::AUDIT_DATA | 1 << context::ROOT,
            _ => 1 << context::ROOT,
        };
        for target in targets {
            let path = self.trie.path(target.node as usize);
            for place in 0..8 {
                let name = format!("{}{path}", context::prefix(place));
                if target.contexts & contexts & 1 << place != 0 && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

struct Builder {
    trie: Trie,
    names: Vec<String>,
    slots: BTreeMap<String, u32>,
    fields: usize,
    targets: Vec<Target>,
}

impl Builder {
    fn new<S: AsRef<str>>(fields: &[S]) -> Self {
        let names: Vec<String> = fields.iter().map(|field| field.as_ref().to_owned()).collect();
        let slots = names.iter().enumerate().map(|(slot, name)| (name.clone(), slot as u32)).collect();
        Self { trie: Trie::new(), fields: names.len(), names, slots, targets: Vec::new() }
    }

    /// The slot of a field; a new one where the caller does not want the field.
    fn slot(&mut self, name: &str) -> u32 {
        if let Some(&slot) = self.slots.get(name) {
            return slot;
        }
        let slot = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.slots.insert(name.to_owned(), slot);
        slot
    }

    fn own_names(&mut self) {
        for table in TABLES {
            for alias in table {
                self.slot(alias.field);
            }
        }
        for name in source::FIELDS.iter().chain(crate::entity::FIELDS.iter().map(|(name, _)| name)) {
            self.slot(name);
        }
        for slot in 0..self.names.len() as u32 {
            let name = self.names[slot as usize].clone();
            if name == TIME {
                continue;
            }
            let state = self.trie.insert(&name);
            let all = Target { node: 0, slot, schemas: u16::MAX, kinds: 0, contexts: 0, rank: RANK_DATA };
            if context_of(state) != context::ROOT {
                self.target(state, Target { contexts: 1 << context_of(state), ..all });
                continue;
            }
            self.target(state, Target { contexts: context::DATA, ..all });
            self.target(state, Target { contexts: 1 << context::ROOT, rank: RANK_ROOT, ..all });
            // Rules for Google's audit name its export's envelope, records mostly come without it.
            if let Some(inner) = name.strip_prefix("data.protoPayload.") {
                let state = self.trie.insert(&format!("protoPayload.{inner}"));
                self.target(state, Target { contexts: 1 << context::ROOT, rank: RANK_AFTER, ..all });
            }
        }
    }

    fn tables(&mut self) {
        for table in TABLES {
            for alias in table {
                let slot = self.slot(alias.field);
                let of_kind = if alias.kinds == 0 { 0 } else { 10 };
                let after = if alias.kinds == 0 { RANK_AFTER } else { RANK_OF_KIND };
                let ranked = (of_kind..).zip(alias.before).chain((after..).zip(alias.after));
                for (rank, place) in ranked {
                    let target =
                        Target { node: 0, slot, schemas: alias.schemas, kinds: alias.kinds, contexts: 0, rank };
                    self.place(place, target);
                }
            }
        }
        for &(bit, paths) in markers::PATHS {
            for path in paths {
                let state = self.trie.insert(path);
                self.trie.node_mut(state).markers |= bit;
            }
        }
    }

    fn place(&mut self, place: &str, target: Target) {
        if let Some(name) = place.strip_prefix('~') {
            let state = self.trie.insert(name);
            self.target(state, Target { contexts: context::ALL, ..target });
            return;
        }
        let paths = match place.strip_prefix('$') {
            Some(rest) => SYSTEM.iter().map(|system| format!("{system}{rest}")).collect(),
            None => vec![place.to_owned()],
        };
        for path in paths {
            let state = self.trie.insert(&path);
            self.target(state, Target { contexts: 1 << context_of(state), ..target });
        }
    }

    fn target(&mut self, state: u32, target: Target) {
        self.trie.want(state);
        self.targets.push(Target { node: node_of(state) as u32, ..target });
    }

    fn finish(mut self) -> Reader {
        let pairs = Pairs::new(&mut self.trie);
        self.targets.sort_by_key(|target| (target.node, target.rank, target.slot));
        let mut ranges = vec![(0, 0); self.trie.nodes()];
        for (at, target) in self.targets.iter().enumerate() {
            let range = &mut ranges[target.node as usize];
            if range.0 == range.1 {
                *range = (at as u32, at as u32);
            }
            range.1 += 1;
        }
        let slot = |name: &str| self.slots[name] as usize;
        let own = Own {
            time: slot(TIME),
            channel: slot("Channel"),
            provider: slot("Provider_Name"),
            event_id: slot("EventID"),
            event_type: slot("EventType"),
            kind_of_record: slot("type"),
            api_version: slot("apiVersion"),
            category: slot("category"),
            google_service: slot("protoPayload.serviceName"),
            zeek_path: slot("_path"),
            program: slot("program"),
            system: ecs::SYSTEM_FIELDS.map(slot),
            happened: ecs::VOCABULARIES.map(|(name, _)| slot(name)),
            entities: crate::entity::FIELDS.iter().map(|(name, _)| slot(name)).collect(),
        };
        let Self { trie, names, fields, targets, .. } = self;
        let fingerprint =
            names.iter().flat_map(|name| name.bytes().chain([0])).fold(fields as u64 + 1, |hash, byte| {
                (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            });
        Reader { trie, pairs, names, fields, ranges, targets, own, fingerprint }
    }
}
