//! Which slots take which of a record's values: worked out once for each shape of record, not once a record.
//!
//! The shape is the sequence of places that values were found at, and which of them are null; nothing else decides
//! where a value goes. Logs are written by programs, so a few shapes make up nearly all records. How many plans are
//! kept is bounded, and a record of a new shape costs no more than working its plan out.
//!
//! Invariant: a plan is used for records of exactly its shape; it is compared, not only hashed.

use glassbox_maps::{Schema, Variant};

use crate::{
    Kind,
    collect::Collected,
    layout::{Layout, Target},
};

/// Plans kept at most; then all are forgotten.
const PLANS_MAX: usize = 256;
/// Values of the largest shape that a plan is kept for.
const SHAPE_VALUES_MAX: usize = 512;
/// Set in the entry of a value that is null; states leave it free.
const NULL: u32 = 1 << 31;

/// Where the values of records of one shape go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    shape: Vec<u32>,
    schema: Option<Schema>,
    variant: Option<Variant>,
    hash: u64,
    /// For each slot where its values begin and end in `links`.
    slots: Vec<(u32, u32)>,
    /// In the order of slots, and within a slot in the order in which values count.
    links: Vec<Link>,
    /// The caller's slots that have a value, as bits.
    present: Vec<u64>,
}

/// A value of a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// Its position among the record's values.
    pub(crate) value: u16,
    /// The rank of the place it was found at.
    pub(crate) rank: u8,
}

impl Plan {
    /// The values of a slot.
    #[inline]
    pub(crate) fn links(&self, slot: usize) -> &[Link] {
        let (start, end) = self.slots.get(slot).copied().unwrap_or_default();
        &self.links[start as usize..end as usize]
    }

    /// The caller's slots that have a value, as bits.
    #[inline]
    pub(crate) fn present(&self) -> &[u64] {
        &self.present
    }

    fn is_for(&self, hash: u64, schema: Schema, variant: Option<Variant>, values: &[Collected]) -> bool {
        self.hash == hash
            && self.variant == variant
            && self.schema == Some(schema)
            && self.shape.len() == values.len()
            && self.shape.iter().zip(values).all(|(&entry, value)| entry == entry_of(value))
    }
}

/// Plans by shape.
#[derive(Clone, Debug)]
pub(crate) struct Plans {
    kept: Vec<Plan>,
    /// Positions in `kept` plus one, by hash, with linear probing; 0 is vacant.
    table: Vec<u16>,
    /// The plan of a record whose shape is too large to be kept.
    spare: Plan,
    assigner: Assigner,
}

impl Default for Plans {
    fn default() -> Self {
        let table = vec![0; PLANS_MAX * 2];
        Self { kept: Vec::new(), table, spare: Plan::default(), assigner: Assigner::default() }
    }
}

impl Plans {
    /// Forgets all plans.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.table.fill(0);
    }

    /// The plan for values of a schema and its variant.
    pub(crate) fn plan(
        &mut self,
        layout: &Layout,
        schema: Schema,
        variant: Option<Variant>,
        values: &[Collected],
    ) -> PlanId {
        if values.len() > SHAPE_VALUES_MAX {
            self.assigner.assign(layout, schema, variant, values, &mut self.spare);
            return PlanId(None);
        }
        let hash = hash(schema, variant, values);
        let mask = self.table.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        while let Some(position) = self.table[at].checked_sub(1) {
            if self.kept[position as usize].is_for(hash, schema, variant, values) {
                return PlanId(Some(position));
            }
            at = (at + 1) & mask;
        }
        if self.kept.len() == PLANS_MAX {
            self.clear();
            at = (hash >> 32) as usize & mask;
        }
        let shape = values.iter().map(entry_of).collect();
        let mut plan = Plan { shape, schema: Some(schema), variant, hash, ..Plan::default() };
        self.assigner.assign(layout, schema, variant, values, &mut plan);
        self.kept.push(plan);
        self.table[at] = self.kept.len() as u16;
        PlanId(Some(self.kept.len() as u16 - 1))
    }

    #[inline]
    pub(crate) fn get(&self, id: PlanId) -> &Plan {
        id.0.map_or(&self.spare, |position| &self.kept[position as usize])
    }
}

/// Which of the plans; good until the next one is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanId(Option<u16>);

#[inline]
fn entry_of(value: &Collected) -> u32 {
    if value.kind == Kind::Null { value.state | NULL } else { value.state }
}

fn hash(schema: Schema, variant: Option<Variant>, values: &[Collected]) -> u64 {
    let seed = (schema as u64) << 8 | variant.map_or(0, |variant| variant as u64 + 1);
    values.iter().fold(seed, |hash, value| {
        (hash.rotate_left(5) ^ u64::from(entry_of(value))).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// Gives values to slots.
#[derive(Clone, Debug, Default)]
struct Assigner {
    slots: Vec<SlotState>,
    links: Vec<Chained>,
    /// Tells this record's slot states from those of records before it.
    epoch: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct SlotState {
    epoch: u32,
    rank: u8,
    /// Whether all its values are null.
    null: bool,
    first: u32,
    last: u32,
}

/// A value of a slot, and the next one.
#[derive(Clone, Copy, Debug)]
struct Chained {
    link: Link,
    next: u32,
}

/// The end of a chain.
const END: u32 = u32::MAX;

impl Assigner {
    /// Gives every value to the slots that take it: in every record of the schema first, then in the variant's only.
    fn assign(
        &mut self,
        layout: &Layout,
        schema: Schema,
        variant: Option<Variant>,
        values: &[Collected],
        plan: &mut Plan,
    ) {
        self.links.clear();
        if self.slots.len() != layout.names.len() || self.epoch == u32::MAX {
            self.slots.clear();
            self.slots.resize(layout.names.len(), SlotState::default());
            self.epoch = 0;
        }
        self.epoch += 1;
        for of_variant in [false, true] {
            if of_variant && variant.is_none() {
                break;
            }
            for (position, value) in values.iter().enumerate() {
                for target in layout.targets_of(value.state) {
                    if target.variant.is_some() == of_variant && target.takes(value.state, schema, variant) {
                        let all = target.slot as usize == layout.own.time;
                        self.link(target, position as u16, value.kind == Kind::Null, all);
                    }
                }
            }
        }
        self.fill(layout, plan);
    }

    /// Appends a value to a slot, unless the slot has one of a lower rank. A null gives way to any other value: it says
    /// that the place is empty.
    fn link(&mut self, target: &Target, value: u16, null: bool, keeps_all: bool) {
        let new = self.links.len() as u32;
        let state = &mut self.slots[target.slot as usize];
        let fresh = SlotState { epoch: self.epoch, rank: target.rank, null, first: new, last: new };
        if state.epoch != self.epoch {
            *state = fresh;
        } else if target.rank == state.rank || keeps_all {
            state.null &= null;
            self.links[state.last as usize].next = new;
            state.last = new;
        } else if if null == state.null { target.rank < state.rank } else { state.null } {
            *state = fresh;
        } else {
            return;
        }
        self.links.push(Chained { link: Link { value, rank: target.rank }, next: END });
    }

    fn fill(&self, layout: &Layout, plan: &mut Plan) {
        plan.slots.clear();
        plan.links.clear();
        plan.present.clear();
        plan.present.resize(layout.fields.div_ceil(64), 0);
        for (slot, state) in self.slots.iter().enumerate() {
            let start = plan.links.len();
            let mut next = if state.epoch == self.epoch { state.first } else { END };
            while next != END {
                let Chained { link, next: behind } = self.links[next as usize];
                plan.links.push(link);
                next = behind;
            }
            if slot == layout.own.time {
                // All of its values are kept, and the lowest rank counts first.
                plan.links[start..].sort_by_key(|link| link.rank);
            }
            if plan.links.len() > start && slot < layout.fields {
                plan.present[slot / 64] |= 1 << (slot % 64);
            }
            plan.slots.push((start as u32, plan.links.len() as u32));
        }
    }
}
