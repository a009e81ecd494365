//! The classes of a batch's records: few distinct ones, found fast.

use glassbox_event::{Event, Source};
use glassbox_finding::{Class, EventTime, Logsource};
use glassbox_maps::MapId;
use glassbox_matcher::Considered;

/// The distinct classes met so far, in the order in which they were met.
#[derive(Debug, Default)]
pub(crate) struct Classes {
    list: Vec<Class>,
    /// The map of each.
    maps: Vec<MapId>,
    /// The one met last: records of a class come in runs.
    last: usize,
}

impl Classes {
    /// The position of an event's class.
    pub(crate) fn of(&mut self, event: &Event<'_>, considered: Considered, time: Option<EventTime>) -> u32 {
        let (map, source) = (event.map(), event.source());
        let (routed, blind, timed) = (considered.considered > 0, considered.blind, time.is_some());
        let is = |at: usize| {
            let class = &self.list[at];
            self.maps[at] == map
                && (class.routed, class.blind, class.timed) == (routed, blind, timed)
                && is_source(&class.logsource, source)
        };
        if !self.list.is_empty() && is(self.last) {
            return self.last as u32;
        }
        let known = (0..self.list.len()).find(|&at| is(at));
        self.last = known.unwrap_or_else(|| {
            let logsource = logsource_of(source);
            self.list.push(Class { map: map.position() as u32, logsource, routed, blind, timed });
            self.maps.push(map);
            self.list.len() - 1
        });
        self.last as u32
    }

    pub(crate) fn into_list(self) -> Vec<Class> {
        self.list
    }
}

fn is_source(logsource: &Logsource, source: Source<'_>) -> bool {
    logsource.category.as_deref() == source.categories.iter().next()
        && logsource.service.as_deref() == source.service
        && logsource.product.as_deref() == source.product
}

/// An event's source in the contract's terms: of several categories the most specific.
fn logsource_of(source: Source<'_>) -> Logsource {
    Logsource {
        product: source.product.map(Into::into),
        category: source.categories.iter().next().map(Into::into),
        service: source.service.map(Into::into),
    }
}
