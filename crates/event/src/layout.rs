//! Which slots may take which values: made once from the caller's fields and the maps, used for every record.

use std::collections::BTreeMap;

use glassbox_maps::{
    CONTAINERS, Container, Ranked, Schema, Schemas, TIME, Variant, aliases,
    logsource::{self, ecs, syslog, windows},
    markers, own_places,
};

use crate::{
    collect::Pairs,
    trie::{Trie, container_of, node_of},
};

/// Slots, the paths that are looked for, and which path is of which slot.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
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
    /// Of the fields, in their order: tells the plans of this layout from those of another one.
    pub(crate) fingerprint: u64,
}

/// The slots that are read to recognise a record, its source and time.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) time: usize,
    /// As `windows::FIELDS`.
    pub(crate) windows: [usize; 4],
    pub(crate) audit_type: usize,
    /// As `markers::REFINING_FIELDS`.
    pub(crate) refining: [usize; 3],
    pub(crate) program: usize,
    /// As `ecs::SYSTEM_FIELDS`.
    pub(crate) system: [usize; 4],
    /// As `ecs::VOCABULARIES`.
    pub(crate) happened: [usize; 3],
    /// Fields whose value is a service.
    services: [(&'static str, usize); 1],
}

impl Own {
    /// The slot of a field whose value is a service.
    pub(crate) fn service(&self, field: &str) -> Option<usize> {
        self.services.iter().find(|(name, _)| *name == field).map(|(_, slot)| *slot)
    }
}

/// A slot that takes a node's values, under these conditions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    node: u32,
    pub(crate) slot: u32,
    schemas: Schemas,
    pub(crate) variant: Option<Variant>,
    /// As bits.
    containers: u8,
    /// The lowest rank that has a value wins.
    pub(crate) rank: u8,
}

impl Target {
    pub(crate) fn takes(&self, state: u32, schema: Schema, variant: Option<Variant>) -> bool {
        self.containers >> container_of(state) & 1 == 1
            && self.schemas.has(schema)
            && (self.variant.is_none() || self.variant == variant)
    }
}

impl Layout {
    /// A layout for these fields, by canonical name; slot `i` is `fields[i]`.
    pub(crate) fn new<S: AsRef<str>>(fields: &[S]) -> Self {
        let mut builder = Builder::new(fields);
        builder.own_names();
        builder.tables();
        builder.finish()
    }

    #[inline]
    pub(crate) fn targets_of(&self, state: u32) -> &[Target] {
        let (from, to) = self.ranges[node_of(state)];
        &self.targets[from as usize..to as usize]
    }

    /// The names under which a slot's field is looked for in records of a schema, in order of precedence.
    pub(crate) fn names_of(&self, slot: usize, schema: Schema) -> Vec<String> {
        let mut names = Vec::new();
        if slot >= self.fields {
            return names;
        }
        let mut targets: Vec<&Target> =
            self.targets.iter().filter(|target| target.slot as usize == slot && target.schemas.has(schema)).collect();
        targets.sort_by_key(|target| target.rank);
        let usual = schema.containers().bits();
        for target in targets {
            let path = self.trie.path(target.node as usize);
            for container in Container::ALL {
                let name = format!("{}{path}", prefix(container));
                if (target.containers & usual) >> container as u8 & 1 == 1 && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// What is before a path in a container where the container is found most often.
fn prefix(container: Container) -> String {
    let row = CONTAINERS.iter().find(|row| row.container == container);
    row.map_or_else(String::new, |row| format!("{}.{}", row.path, if row.any_member { "*." } else { "" }))
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
        for name in aliases().map(|alias| alias.field).chain(logsource::fields()) {
            self.slot(name);
        }
        for slot in 0..self.names.len() as u32 {
            let name = self.names[slot as usize].clone();
            for ranked in own_places(&name) {
                self.target(slot, Schemas::ALL, None, ranked);
            }
        }
    }

    fn tables(&mut self) {
        for alias in aliases() {
            let slot = self.slot(alias.field);
            for ranked in alias.places() {
                self.target(slot, alias.schemas, alias.variant, ranked);
            }
        }
        for &(bit, paths) in markers::PATHS {
            for path in paths {
                let state = self.trie.insert(path);
                self.trie.node_mut(state).markers |= bit;
            }
        }
    }

    fn target(&mut self, slot: u32, schemas: Schemas, variant: Option<Variant>, ranked: Ranked<'_>) {
        let Ranked { rank, place } = ranked;
        let node = self.trie.insert_place(&place);
        self.trie.want_node(node as usize);
        self.targets.push(Target { node, slot, schemas, variant, containers: place.containers().bits(), rank });
    }

    fn finish(mut self) -> Layout {
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
            windows: windows::FIELDS.map(slot),
            audit_type: slot(logsource::AUDIT_TYPE_FIELD),
            refining: markers::REFINING_FIELDS.map(slot),
            program: slot(syslog::FIELD),
            system: ecs::SYSTEM_FIELDS.map(slot),
            happened: ecs::VOCABULARIES.map(|(name, _)| slot(name)),
            services: [markers::ZEEK_LOG].map(|name| (name, slot(name))),
        };
        let Self { trie, names, fields, targets, .. } = self;
        let fingerprint =
            names.iter().flat_map(|name| name.bytes().chain([0])).fold(fields as u64 + 1, |hash, byte| {
                (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            });
        Layout { trie, pairs, names, fields, ranges, targets, own, fingerprint }
    }
}
