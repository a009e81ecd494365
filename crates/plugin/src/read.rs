//! The stateless half: batch to reading. A pure function of pack, settings and bytes.

use std::collections::BTreeMap;

use glassbox_event::{Event, Reader, Scratch as EventScratch, Unreadable};
use glassbox_finding::{
    Batch, EventTime, Evidence, Explanation, Logsource, QuotedField, ReadError, Reading, SchemaCount, Settings,
    TextPlace, Unscored, cut,
    limits::{EXPLAINED_FIELDS_MAX, FIELD_TEXT_BYTES_MAX, HITS_FULL_MAX},
};
use glassbox_maps::roles::QUOTED_FIELDS as TELLING_FIELDS;
use glassbox_matcher::{Considered, Matcher, Scratch as MatchScratch};
use glassbox_rules::RuleSet;
use glassbox_score::{Context, Extractor, FieldValues, Model, ModelError, Origin, Subject};

use crate::{
    body::{Body, NO_GROUND, Noted, NotedContext, NotedHit},
    observe::{Observed, Observer, Part},
};

/// The most records of a batch.
pub(crate) const BATCH_RECORDS_MAX: usize = 1_000;
/// The most bytes of a batch.
pub(crate) const BATCH_BYTES_MAX: usize = 1 << 20;
/// The most bytes of a reading's body: what a reading may have, less the account of the records.
const BODY_BYTES_MAX: usize = (2 << 20) - (64 << 10);
/// The most fields that one finding quotes.
const QUOTED_FIELDS_MAX: usize = 16;

/// What reading needs, made from pack and settings. Reading changes nothing in it.
#[derive(Debug)]
pub(crate) struct ReadHalf {
    reader: Reader,
    /// The slot of each canonical field.
    slot_of: BTreeMap<String, usize>,
    /// Those of `TELLING_FIELDS`.
    telling: [usize; TELLING_FIELDS.len()],
    pub(crate) matcher: Matcher,
    extractor: Extractor,
    observer: Observer,
    context: Context,
    settings: Settings,
    made_under: [u8; 32],
}

/// Buffers that one record after another is read in.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    event: EventScratch,
    matching: MatchScratch,
    observing: Vec<u8>,
}

impl Scratch {
    /// Forgets what was found in records before.
    pub(crate) fn forget(&mut self) {
        self.matching.forget();
    }
}

impl ReadHalf {
    pub(crate) fn new(
        set: RuleSet,
        model: &Model,
        context: Context,
        settings: Settings,
        made_under: [u8; 32],
    ) -> Result<Self, ModelError> {
        let mut slots = set.fields.clone();
        let extractor = Extractor::new(model, &mut slots);
        let observer = Observer::new(settings.seed, &mut slots);
        let telling = TELLING_FIELDS.map(|field| {
            slots.iter().position(|slot| slot == field).unwrap_or_else(|| {
                slots.push(field.to_owned());
                slots.len() - 1
            })
        });
        let reader = Reader::new(&slots);
        let slot_of = slots.into_iter().zip(0..).collect();
        Ok(Self {
            reader,
            slot_of,
            telling,
            matcher: Matcher::new(set),
            extractor,
            observer,
            context,
            settings,
            made_under,
        })
    }

    /// Distinct fields that are looked for in a record.
    pub(crate) fn fields(&self) -> usize {
        self.slot_of.len()
    }

    pub(crate) fn read(&self, batch: &Batch, scratch: &mut Scratch) -> Result<Reading, ReadError> {
        check_batch(batch)?;
        let mut reading = Reading::default();
        let mut body = Body { made_under: self.made_under, records: batch.ends.len() as u32, ..Body::default() };
        for (index, record) in batch.records().enumerate() {
            let index = index as u32;
            let event = match self.reader.read(record, &batch.hint, &mut scratch.event) {
                Ok(event) => event,
                Err(Unreadable { reason, at }) => {
                    reading.unscored.push(Unscored { index, reason, at });
                    continue;
                }
            };
            let time = event.time();
            reading.latest = reading.latest.max(time);
            if self.is_outside(time) {
                reading.outside.push(index);
                continue;
            }
            count_schema(&mut reading.schemas, event.schema().name());
            let considered = self.matcher.run(&event, &mut scratch.matching);
            reading.unrouted += u32::from(considered.considered == 0);
            let observed = if scratch.matching.hits().is_empty() {
                self.observer.observe(&event, index, &mut scratch.observing)
            } else {
                body.noted.push(self.note(&event, &mut scratch.matching, index));
                Some(self.observer.observe_hit(&event, index, &mut scratch.observing))
            };
            match observed {
                Some(observed) => {
                    reading.noted.push(index);
                    observed.write(&mut body.observed);
                }
                None => reading.quiet += 1,
            }
        }
        reading.body = body.encode();
        if reading.body.len() > BODY_BYTES_MAX {
            return Err(ReadError::ReadingTooLarge);
        }
        Ok(reading)
    }

    /// Reads one record for an explanation: how it was routed, what judge would get, and everything that came near.
    pub(crate) fn explain(
        &self,
        record: &[u8],
        hint: &Logsource,
        scratch: &mut Scratch,
    ) -> Result<(Explanation, Observed, Option<Noted>), Unreadable> {
        let event = self.reader.read(record, hint, &mut scratch.event)?;
        let Considered { considered, other_logsource } = self.matcher.run(&event, &mut scratch.matching);
        let noted = (!scratch.matching.hits().is_empty()).then(|| self.note(&event, &mut scratch.matching, 0));
        let observed = self.observer.observe_hit(&event, 0, &mut scratch.observing);
        let near_misses = self.matcher.nearest(&event, &mut scratch.matching);
        let mut fields = Vec::new();
        for leaf in event.leaves().into_iter().take(EXPLAINED_FIELDS_MAX) {
            fields.push(quoted(&leaf.name, &leaf.text, leaf.place));
        }
        let explanation = Explanation {
            schema: event.schema().name().to_owned(),
            logsource: logsource_of(&event),
            categories: event.source().categories.iter().map(Into::into).collect(),
            time: event.time(),
            fields,
            considered,
            other_logsource,
            finding: None,
            near_misses,
        };
        Ok((explanation, observed, noted))
    }

    /// Everything that judging a record with hits needs.
    fn note(&self, event: &Event<'_>, scratch: &mut MatchScratch, index: u32) -> Noted {
        let rules = scratch.hits().to_vec();
        let mut evidence: Vec<Evidence> = Vec::new();
        let mut hits = Vec::with_capacity(rules.len());
        for (position, rule) in rules.into_iter().enumerate() {
            let start = evidence.len() as u32;
            if position < HITS_FULL_MAX {
                evidence.extend(self.matcher.evidence(&self.reader, event, scratch, rule));
            }
            hits.push(NotedHit { rule, evidence: (start, evidence.len() as u32) });
        }
        // Before the evidence for parts: those are quoted as evidence anyway.
        let fields = self.quote_fields(event, scratch, &evidence);
        let mut grounds = [NO_GROUND; Part::COUNT];
        for (part, ground) in self.observer.grounds(event) {
            grounds[part as usize] = evidence.len() as u16;
            evidence.push(ground);
        }
        for slot in self.extractor.slots() {
            scratch.decoded(event, slot);
        }
        let source = event.source();
        let categories: Vec<&str> = source.categories.iter().collect();
        let origin = Origin { product: source.product, service: source.service, categories: &categories };
        Noted {
            index,
            time: event.time(),
            schema: event.schema().name().to_owned(),
            logsource: logsource_of(event),
            content: self.extractor.extract(event.record(), origin, &Fields(scratch)),
            fields,
            entities: event.entities(),
            hits,
            evidence,
            grounds,
            context: self.context_of(event),
        }
    }

    /// What the pack's context says of a record.
    fn context_of(&self, event: &Event<'_>) -> NotedContext {
        let text = |part| self.observer.text(event, part);
        let (host, user) = (text(Part::Host), text(Part::User));
        let programs = [text(Part::Image), text(Part::Parent)];
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
    fn quote_fields(&self, event: &Event<'_>, scratch: &mut MatchScratch, evidence: &[Evidence]) -> Vec<QuotedField> {
        let mut fields: Vec<QuotedField> = Vec::new();
        let rested_on = evidence.iter().map(|evidence| evidence.field.as_str()).filter(|field| !field.is_empty());
        let rested_on = rested_on.filter_map(|field| Some((field, *self.slot_of.get(field)?)));
        for (name, slot) in rested_on.chain(TELLING_FIELDS.into_iter().zip(self.telling)) {
            if fields.len() == QUOTED_FIELDS_MAX {
                break;
            }
            if !event.has_values(slot) || fields.iter().any(|field| field.name == name) {
                continue;
            }
            let values = scratch.decoded(event, slot);
            if let Some(value) = values.first().filter(|value| !value.subject.text().is_empty()) {
                fields.push(quoted(name, value.subject.text(), value.place));
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

/// An event's values as the model's features ask for them.
struct Fields<'s>(&'s MatchScratch);

impl FieldValues for Fields<'_> {
    fn for_each<'v>(&'v self, slot: usize, each: &mut dyn FnMut(&'v Subject<'static>, TextPlace)) {
        for value in self.0.known(slot) {
            each(&value.subject, value.place);
        }
    }
}

fn quoted(name: &str, text: &str, place: TextPlace) -> QuotedField {
    let cut = cut(text, FIELD_TEXT_BYTES_MAX);
    QuotedField { name: name.to_owned(), text: cut.to_owned(), cut: cut.len() < text.len(), place }
}

/// An event's source in the contract's terms: of several categories the most specific.
fn logsource_of(event: &Event<'_>) -> Logsource {
    let source = event.source();
    Logsource {
        product: source.product.map(Into::into),
        category: source.categories.iter().next().map(Into::into),
        service: source.service.map(Into::into),
    }
}

fn check_batch(batch: &Batch) -> Result<(), ReadError> {
    if batch.ends.len() > BATCH_RECORDS_MAX || batch.bytes.len() > BATCH_BYTES_MAX {
        return Err(ReadError::BatchTooLarge);
    }
    let mut before = 0;
    for (position, &end) in batch.ends.iter().enumerate() {
        if end < before || end as usize > batch.bytes.len() {
            return Err(ReadError::BadEnds(position as u32));
        }
        before = end;
    }
    if before as usize != batch.bytes.len() {
        return Err(ReadError::BadEnds(batch.ends.len().saturating_sub(1) as u32));
    }
    Ok(())
}

fn count_schema(schemas: &mut Vec<SchemaCount>, name: &str) {
    match schemas.binary_search_by(|count| count.schema.as_str().cmp(name)) {
        Ok(position) => schemas[position].records += 1,
        Err(position) => schemas.insert(position, SchemaCount { schema: name.to_owned(), records: 1 }),
    }
}
