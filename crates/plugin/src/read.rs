//! The stateless half: batch to reading. A pure function of pack, settings and bytes.

use glassbox_event::{Event, Reader, Scratch as EventScratch, Unreadable};
use glassbox_finding::{
    Batch, Entity, EntityKind, EventTime, Evidence, Explanation, FieldPlace, GuestLimits, Logsource, NO_CLASS, Origin,
    ReadError, ReadValue, Reading, Role, Settings, Step, Suppressed, TextPlace, Unscored, UnscoredReason,
    first_bad_end,
    limits::{ENTITIES_MAX, EVIDENCE_MAX, EXPLAINED_FIELDS_MAX, FIELDS_MAX, HITS_EVIDENCE_MAX},
    listed_hits,
};
use glassbox_maps::roles;
use glassbox_matcher::{Considered, Matcher, Scratch as MatchScratch};
use glassbox_rules::RuleSet;
use glassbox_score::{Context, Extractor, FieldValues, Model, ModelError, Origin as ModelOrigin, Subject};

use crate::{
    classes::Classes,
    note::{NO_GROUND, Note, Noted, NotedContext},
    observe::Observer,
};

/// A longer name names nothing.
const ENTITY_NAME_BYTES_MAX: usize = 256;

// One piece of evidence a role and a term, besides that of hits.
const _: () = assert!(HITS_EVIDENCE_MAX + Role::COUNT + glassbox_finding::limits::CONTRIBUTIONS_MAX <= EVIDENCE_MAX);

/// What reading needs, made from pack and settings. Reading changes nothing in it.
#[derive(Debug)]
pub(crate) struct RecordReader {
    reader: Reader,
    /// How many fields there are: slots are positions in the directory.
    pub(crate) fields: usize,
    /// The slots of fields that tell what happened, most telling first.
    quoted: Vec<usize>,
    /// The slots of fields that name entities, in the order in which entities are listed.
    entities: Vec<(usize, EntityKind)>,
    pub(crate) matcher: Matcher,
    extractor: Extractor,
    observer: Observer,
    context: Context,
    settings: Settings,
    /// What notes begin with.
    pub(crate) tag: u32,
}

/// Buffers that one record after another is read in.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) event: EventScratch,
    pub(crate) matching: MatchScratch,
    observing: Vec<u8>,
}

impl Scratch {
    /// Forgets what was found in records before.
    pub(crate) fn forget(&mut self) {
        self.matching.forget();
    }
}

/// A record read for an explanation: what it says about the record, and what judge would get.
pub(crate) struct Explained {
    pub(crate) explanation: Explanation,
    pub(crate) note: Note,
}

impl RecordReader {
    pub(crate) fn new(
        set: RuleSet,
        model: &Model,
        context: Context,
        settings: Settings,
        pack_digest: &[u8; 32],
    ) -> Result<Self, ModelError> {
        let mut fields = glassbox_pack::directory::field_names(&set, model);
        let count = fields.len();
        let extractor = Extractor::new(model, &mut fields);
        let observer = Observer::new(settings.seed, &mut fields);
        debug_assert_eq!(fields.len(), count, "every field that is read has a position in the directory");
        let slot = |name: &str| fields.iter().position(|field| field == name);
        let quoted = roles::QUOTED_FIELDS.iter().filter_map(|name| slot(name)).collect();
        let entities = roles::entity_fields().filter_map(|(name, kind)| Some((slot(name)?, kind))).collect();
        let tag = observer.tag(&[pack_digest, env!("CARGO_PKG_VERSION").as_bytes()]);
        Ok(Self {
            reader: Reader::new(&fields),
            fields: count,
            quoted,
            entities,
            matcher: Matcher::new(set),
            extractor,
            observer,
            context,
            settings,
            tag,
        })
    }

    pub(crate) fn read(&self, batch: &Batch, scratch: &mut Scratch) -> Result<Reading, ReadError> {
        check_batch(batch, &self.settings.limits)?;
        let mut reading = Reading {
            class_of: Vec::with_capacity(batch.len()),
            times: Vec::with_capacity(batch.len()),
            ..Reading::default()
        };
        let mut classes = Classes::default();
        for index in 0..batch.len() {
            let record = batch.record(index);
            let hint = batch.origin(index).map_or(&NO_HINT, |origin| &origin.hint);
            let index = index as u32;
            let event = match self.read_record(record, hint, &mut scratch.event) {
                Ok(event) => event,
                Err(Unreadable { reason, at }) => {
                    reading.unscored.push(Unscored { index, reason, at });
                    reading.class_of.push(NO_CLASS);
                    reading.times.push(0);
                    continue;
                }
            };
            let time = event.time();
            reading.times.push(time.unwrap_or(0));
            if self.is_outside(time) {
                reading.outside.push(index);
                let unmatched = Considered { considered: 0, other_logsource: 0, blind: false };
                reading.class_of.push(classes.of(&event, unmatched, time));
                continue;
            }
            let considered = self.matcher.run(&event, &mut scratch.matching);
            reading.class_of.push(classes.of(&event, considered, time));
            let suppressed = scratch.matching.suppressed().iter();
            reading.suppressed.extend(suppressed.map(|&(rule, filter)| Suppressed { index, rule, filter }));
            let bytes = &mut reading.notes.bytes;
            if scratch.matching.hits().is_empty() {
                match self.observer.observe(&event, &mut scratch.observing) {
                    Some(observed) => Note::write(self.tag, &observed, None, bytes),
                    None => continue,
                }
            } else {
                let noted = self.note(&event, &mut scratch.matching);
                let observed = self.observer.observe_hit(&event, &mut scratch.observing);
                Note::write(self.tag, &observed, Some(&noted), bytes);
            }
            if bytes.len() > self.settings.limits.notes_bytes_max as usize {
                return Err(ReadError::ReadingTooLarge);
            }
            reading.notes.ends.push(bytes.len() as u32);
            reading.noted.push(index);
        }
        reading.classes = classes.into_list();
        Ok(reading)
    }

    /// Reads one record, unless it is longer than records may be.
    pub(crate) fn read_record<'a>(
        &'a self,
        record: &'a [u8],
        hint: &'a Logsource,
        scratch: &'a mut EventScratch,
    ) -> Result<Event<'a>, Unreadable> {
        let record_bytes_max = self.settings.limits.record_bytes_max;
        if record.len() > record_bytes_max as usize {
            return Err(Unreadable { reason: UnscoredReason::TooLarge, at: record_bytes_max });
        }
        self.reader.read(record, hint, scratch)
    }

    /// Reads one record for an explanation: how it was routed, what judge would get, and everything that came near.
    pub(crate) fn explain(
        &self,
        record: &[u8],
        origin: &Origin,
        scratch: &mut Scratch,
    ) -> Result<Explained, Unreadable> {
        let event = self.read_record(record, &origin.hint, &mut scratch.event)?;
        let time = event.time();
        let considered = self.matcher.run(&event, &mut scratch.matching);
        let mut classes = Classes::default();
        classes.of(&event, considered, time);
        let noted = (!scratch.matching.hits().is_empty()).then(|| self.note(&event, &mut scratch.matching));
        let observed = self.observer.observe_hit(&event, &mut scratch.observing);
        let suppressed = scratch.matching.suppressed().to_vec();
        let near_misses = self.matcher.nearest(&event, &mut scratch.matching);
        let explanation = Explanation {
            class: classes.into_list().swap_remove(0),
            time: time.unwrap_or(0),
            categories: event.source().categories.iter().map(Into::into).collect(),
            fields: self.read_values(&event),
            considered: considered.considered,
            other_logsource: considered.other_logsource,
            finding: None,
            suppressed: suppressed.into_iter().map(|(rule, filter)| Suppressed { index: 0, rule, filter }).collect(),
            near_misses,
        };
        Ok(Explained { explanation, note: Note { observed, noted } })
    }

    /// Every value of the record in its order, with the field that took it where one did.
    fn read_values(&self, event: &Event<'_>) -> Vec<ReadValue> {
        let mut taken: Vec<(Step, u32)> = Vec::new();
        for slot in event.present_slots().filter(|&slot| slot < self.fields) {
            taken.extend(event.values(slot).map(|value| (value.place, slot as u32)));
        }
        taken.sort_by_key(|&(step, slot)| (step, slot));
        let field = |step: Step| {
            let at = taken.partition_point(|&(known, _)| known < step);
            taken.get(at).filter(|&&(known, _)| known == step).map(|&(_, slot)| slot)
        };
        let leaves = event.leaves().into_iter().take(EXPLAINED_FIELDS_MAX);
        leaves.map(|leaf| ReadValue { field: field(leaf.place), place: TextPlace::from(leaf.place) }).collect()
    }

    /// Everything that judging a record with hits needs.
    fn note(&self, event: &Event<'_>, scratch: &mut MatchScratch) -> Noted {
        let hits = scratch.hits().to_vec();
        let (full, _) = listed_hits(hits.len());
        let mut evidence: Vec<Evidence> = Vec::new();
        let mut shown = Vec::with_capacity(full);
        for &rule in &hits[..full] {
            let mut of_hit = self.matcher.evidence(event, scratch, rule);
            let left = HITS_EVIDENCE_MAX - evidence.len();
            let cut = of_hit.cut || of_hit.pieces.len() > left;
            of_hit.pieces.truncate(left);
            evidence.append(&mut of_hit.pieces);
            shown.push((evidence.len() as u16, cut));
        }
        let fields = self.quoted_fields(event, scratch, &evidence);
        let mut grounds = [NO_GROUND; Role::COUNT];
        for (part, ground) in self.observer.grounds(event) {
            grounds[part as usize] = evidence.len() as u16;
            evidence.push(ground);
        }
        for slot in self.extractor.slots() {
            scratch.decoded(event, slot);
        }
        let source = event.source();
        let categories: Vec<&str> = source.categories.iter().collect();
        let origin = ModelOrigin { product: source.product, service: source.service, categories: &categories };
        Noted {
            detector: self.observer.detector(source),
            content: self.extractor.extract(event.record(), origin, &Fields(scratch)),
            entities: self.entities(event),
            fields,
            hits,
            shown,
            evidence,
            grounds,
            context: self.context_of(event),
        }
    }

    /// What the event is about, each thing once, in a fixed order of fields.
    fn entities(&self, event: &Event<'_>) -> Vec<Entity> {
        let mut names: Vec<(EntityKind, String)> = Vec::new();
        let mut entities = Vec::new();
        for &(slot, kind) in &self.entities {
            for value in event.values(slot) {
                let text = value.text();
                let name = text.trim();
                // An object may be where a name is looked for.
                if name.len() > ENTITY_NAME_BYTES_MAX || roles::is_nothing(name) || name.starts_with(['{', '[']) {
                    continue;
                }
                let known = names.iter().any(|(of, known)| *of == kind && known.eq_ignore_ascii_case(name));
                if known || entities.len() == ENTITIES_MAX {
                    continue;
                }
                names.push((kind, name.to_owned()));
                entities.push(Entity { kind, field: slot as u32, place: TextPlace::from(value.place) });
            }
        }
        entities
    }

    /// What the pack's context says of a record.
    fn context_of(&self, event: &Event<'_>) -> NotedContext {
        let text = |part| self.observer.text(event, part);
        let (host, user) = (text(Role::Host), text(Role::User));
        let programs = [text(Role::Image), text(Role::Parent)];
        let is_tool = |context: &Context| {
            programs.iter().flatten().any(|program| context.is_tool(program, host.as_deref(), user.as_deref()))
        };
        let context = &self.context;
        NotedContext {
            asset: host.as_deref().and_then(|host| context.asset_position(host)).map(|asset| asset as u32),
            is_tool: (context.knows_tools() && programs[0].is_some()).then(|| is_tool(context)),
            is_maintenance: event
                .time()
                .filter(|_| context.knows_maintenance())
                .map(|time| context.is_maintenance(time)),
        }
    }

    /// The fields that evidence rests on, and those that tell what happened.
    fn quoted_fields(&self, event: &Event<'_>, scratch: &mut MatchScratch, evidence: &[Evidence]) -> Vec<FieldPlace> {
        let mut fields: Vec<FieldPlace> = Vec::new();
        let rested_on = evidence.iter().filter_map(|evidence| self.matcher.field_of(evidence.claim));
        for slot in rested_on.chain(self.quoted.iter().copied()) {
            if fields.len() == FIELDS_MAX {
                break;
            }
            if !event.has_values(slot) || fields.iter().any(|field| field.field as usize == slot) {
                continue;
            }
            let values = scratch.decoded(event, slot);
            if let Some(value) = values.first().filter(|value| !value.subject.text().is_empty()) {
                fields.push(FieldPlace { field: slot as u32, place: TextPlace::from(value.place) });
            }
        }
        fields
    }

    /// A record without a time is inside: what cannot be placed must not be lost.
    fn is_outside(&self, time: Option<EventTime>) -> bool {
        let Settings { from, to, .. } = self.settings;
        time.is_some_and(|time| from.is_some_and(|from| time < from) || to.is_some_and(|to| time >= to))
    }
}

/// What the operator says where no origin does.
pub(crate) const NO_HINT: Logsource = Logsource { product: None, category: None, service: None };

/// An event's values as the model's features ask for them.
struct Fields<'s>(&'s MatchScratch);

impl FieldValues for Fields<'_> {
    fn for_each<'v>(&'v self, slot: usize, each: &mut dyn FnMut(&'v Subject<'static>, Step)) {
        for value in self.0.known(slot) {
            each(&value.subject, value.place);
        }
    }
}

/// Checks that a batch is one, and within the limits.
pub(crate) fn check_batch(batch: &Batch, limits: &GuestLimits) -> Result<(), ReadError> {
    if batch.len() > limits.batch_records_max as usize || batch.bytes.len() > limits.batch_bytes_max as usize {
        return Err(ReadError::BatchTooLarge);
    }
    if let Some(position) = first_bad_end(&batch.ends, batch.bytes.len()) {
        return Err(ReadError::BadEnds(position as u32));
    }
    let named = |position: &usize| batch.origin(*position).is_some();
    match (0..batch.len().max(batch.origin_of.len())).find(|position| !named(position)) {
        Some(position) => Err(ReadError::BadOrigin(position as u32)),
        None if batch.origin_of.len() > batch.len() => Err(ReadError::BadOrigin(batch.len() as u32)),
        None => Ok(()),
    }
}
