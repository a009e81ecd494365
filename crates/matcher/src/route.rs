//! Which rules are about an event, by its logsource.

use glassbox_event::Source;
use glassbox_finding::Logsource;
use glassbox_rules::RuleSet;

use crate::{
    index::{self, Index},
    trigger::Triggers,
};

/// Routes kept at most. Sources come from records, and records can say anything.
const ROUTES_MAX: usize = 256;

/// The rules that are about one kind of source.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// By logsource of the rule set.
    logsources: Vec<bool>,
    /// By field of the rule set: whether a considered rule reads it.
    fields: Vec<bool>,
    /// How many rules.
    pub(crate) considered: u32,
    /// Rules that no literal announces: considered for every such event.
    pub(crate) always: Vec<u32>,
    /// The keywords of considered rules, if any has some.
    pub(crate) keywords: Option<Keywords>,
}

/// Keywords, which any value may hold.
#[derive(Debug)]
pub(crate) struct Keywords {
    /// Finds them in values.
    pub(crate) index: Index,
    /// Finds parts of them in raw records.
    parts: Option<Index>,
}

impl Keywords {
    fn new(set: &RuleSet, mut predicates: Vec<u32>) -> Option<Self> {
        if predicates.is_empty() {
            return None;
        }
        predicates.sort_unstable();
        predicates.dedup();
        let literals: Vec<u32> = predicates
            .iter()
            .copied()
            .filter(|&predicate| index::finds(&set.predicates[predicate as usize].predicate))
            .collect();
        Some(Self { index: Index::new(set, &literals), parts: Index::of_plain_parts(set, &literals) })
    }

    /// Whether any value of the record may hold a keyword. Telling that none does spares the walk over all values.
    pub(crate) fn may_stand_in(&self, record: &[u8], folded: &mut Vec<u8>) -> bool {
        let Some(parts) = &self.parts else { return true };
        // Other forms than JSON write text in other ways.
        if record.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return true;
        }
        // Behind an escape any letter may hide, and behind these two an ASCII one: they fold to `i` and `k`.
        let hides = ["\\u", "\u{130}", "\u{212A}"];
        if hides.iter().any(|hidden| memchr::memmem::find(record, hidden.as_bytes()).is_some()) {
            return true;
        }
        folded.clear();
        folded.extend_from_slice(record);
        folded.make_ascii_lowercase();
        let mut found = false;
        parts.scan(folded, &mut |_, _| found = true);
        found
    }
}

/// Routes by source, made when a source is first seen.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    /// Ascending by key.
    routes: Vec<(Key, Route)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    product: Option<String>,
    service: Option<String>,
    services: &'static [&'static str],
    categories: Vec<String>,
}

impl Route {
    pub(crate) fn new(set: &RuleSet, triggers: &Triggers, source: Source<'_>) -> Self {
        let logsources: Vec<bool> = set.logsources.iter().map(|logsource| is_about(logsource, source)).collect();
        let mut keywords = Vec::new();
        let mut route = Self { fields: vec![false; set.fields.len()], ..Self::default() };
        for (position, rule) in set.rules.iter().enumerate() {
            if !logsources[rule.logsource as usize] {
                continue;
            }
            route.considered += 1;
            if triggers.is_untriggered(position as u32) {
                route.always.push(position as u32);
            }
            for &(predicate, _) in rule.items.iter().flat_map(|item| &item.predicates) {
                match set.predicates[predicate as usize].field {
                    Some(field) => route.fields[field as usize] = true,
                    None => keywords.push(predicate),
                }
            }
        }
        route.logsources = logsources;
        route.keywords = Keywords::new(set, keywords);
        route
    }

    /// A route that considers every rule.
    pub(crate) fn of_everything(set: &RuleSet) -> Self {
        Self {
            logsources: vec![true; set.logsources.len()],
            fields: vec![true; set.fields.len()],
            considered: set.rules.len() as u32,
            always: Vec::new(),
            keywords: Keywords::new(
                set,
                (0..set.predicates.len() as u32).filter(|&p| set.predicates[p as usize].field.is_none()).collect(),
            ),
        }
    }

    /// Whether rules of this logsource are considered.
    pub(crate) fn considers(&self, logsource: u32) -> bool {
        self.logsources[logsource as usize]
    }

    /// Whether a considered rule reads this field.
    pub(crate) fn reads(&self, field: usize) -> bool {
        self.fields[field]
    }
}

/// Whether a rule's logsource is that of an event: in every part that the rule states.
pub(crate) fn is_about(logsource: &Logsource, source: Source<'_>) -> bool {
    let Logsource { product, category, service } = logsource;
    product.as_deref().is_none_or(|product| source.product == Some(product))
        && service
            .as_deref()
            .is_none_or(|service| source.service == Some(service) || source.services.contains(&service))
        && category.as_deref().is_none_or(|category| source.categories.iter().any(|known| known == category))
}

impl Routes {
    /// Gives the route of a source to `then`.
    pub(crate) fn with<T>(
        &mut self,
        set: &RuleSet,
        triggers: &Triggers,
        source: Source<'_>,
        then: impl FnOnce(&Route) -> T,
    ) -> T {
        let search = |source: Source<'_>| self.routes.binary_search_by(|(key, _)| key.compare(source));
        let (source, found) = match search(source) {
            Ok(position) => (source, Ok(position)),
            // A service can be any text of a record: those that no rule names share one route.
            Err(_) => {
                let named =
                    |service: &&str| set.logsources.iter().any(|known| known.service.as_deref() == Some(*service));
                let source = Source { service: source.service.filter(named), ..source };
                (source, search(source))
            }
        };
        match found {
            Ok(position) => then(&self.routes[position].1),
            Err(position) => {
                let route = Route::new(set, triggers, source);
                let result = then(&route);
                if self.routes.len() < ROUTES_MAX {
                    self.routes.insert(position, (Key::of(source), route));
                }
                result
            }
        }
    }
}

impl Key {
    fn of(source: Source<'_>) -> Self {
        Self {
            product: source.product.map(Into::into),
            service: source.service.map(Into::into),
            services: source.services,
            categories: source.categories.iter().map(Into::into).collect(),
        }
    }

    fn compare(&self, source: Source<'_>) -> std::cmp::Ordering {
        self.service
            .as_deref()
            .cmp(&source.service)
            .then_with(|| self.product.as_deref().cmp(&source.product))
            .then_with(|| self.services.cmp(source.services))
            .then_with(|| self.categories.iter().map(String::as_str).cmp(source.categories.iter()))
    }
}
